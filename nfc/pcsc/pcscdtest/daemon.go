//go:build linux

// Package pcscdtest gives tests a real smart card service: package pcscd for
// the length of a test, and cards to lay on its virtual reader. The service is
// Debian's pcscd with vsmartcard-vpcd; a test fails where they are missing.
package pcscdtest

import (
	"context"
	"sync"
	"testing"
	"time"

	"sleutelbord/nfc/pcsc/pcscd"
)

// Daemon is a pcscd that ends with its test.
type Daemon struct {
	*pcscd.Daemon
	tb testing.TB
}

// one lets one Daemon live at a time in a process; see package pcscd.
var one sync.Mutex

// Start starts a pcscd with a virtual reader of two slots. It has to come
// before the first use of PC/SC in a test program.
func Start(tb testing.TB) *Daemon {
	tb.Helper()
	one.Lock()
	tb.Cleanup(one.Unlock)
	d, err := pcscd.Start()
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := d.Close(); err != nil {
			tb.Error(err)
		}
		if tb.Failed() {
			tb.Logf("pcscd wrote:\n%s", d.Log())
		}
	})
	return &Daemon{d, tb}
}

// Resume starts pcscd again after Kill.
func (d *Daemon) Resume() {
	d.tb.Helper()
	if err := d.Daemon.Resume(); err != nil {
		d.tb.Fatal(err)
	}
}

// ResumeWithout starts pcscd again after Kill, as if the reader had been
// unplugged.
func (d *Daemon) ResumeWithout() {
	d.tb.Helper()
	if err := d.Daemon.ResumeWithout(); err != nil {
		d.tb.Fatal(err)
	}
}

// Lay lays a card on slot 0 or 1: serve connects it to the reader and runs
// until its context is done, as softcard's ServeVPCD and [Card.Serve] do. The
// card stays until take is called, or the test ends.
func (d *Daemon) Lay(slot int, serve func(ctx context.Context, addr string) error) (take func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	addr := d.Addr(slot)
	go func() { ended <- serve(ctx, addr) }()
	take = sync.OnceFunc(func() {
		cancel()
		// An error here is how a card learns that pcscd was killed.
		<-ended
	})
	d.tb.Cleanup(take)
	return take
}

// Mark is a moment, for [Daemon.Noticed].
type Mark int

// Mark gives the present moment.
func (d *Daemon) Mark() Mark { return Mark(d.Log().Len()) }

// Noticed waits until pcscd itself has noticed, since mark, that a card came
// to the slot or left it, and says when that was. pcscd looks at the virtual
// reader every 400 ms, unlike at a real one; what a program takes counts from
// here.
func (d *Daemon) Noticed(mark Mark, slot int, present bool) time.Time {
	d.tb.Helper()
	words := "Card Removed From "
	if present {
		words = "Card inserted into "
	}
	at, err := d.Log().Await(int(mark), 5*time.Second, words+d.Reader(slot))
	if err != nil {
		d.tb.Fatal(err)
	}
	return at
}
