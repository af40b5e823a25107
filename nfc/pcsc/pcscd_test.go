//go:build cgo && linux

package pcsc_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sleutelbord/nfc"
	"sleutelbord/nfc/pcsc"
	"sleutelbord/nfc/pcsc/pcscdtest"
)

// atr is that of a DESFire on a contactless reader.
var atr = []byte{0x3B, 0x81, 0x80, 0x01, 0x80, 0x80}

var ok = []byte{0x90, 0x00}

func echo(command []byte) []byte { return append(bytes.Clone(command), ok...) }

func echoCard() *pcscdtest.Card { return &pcscdtest.Card{ATR: atr, Answer: echo} }

// opened is a reader whose states are recorded.
type opened struct {
	nfc.Reader
	t      *testing.T
	states chan told
}

type told struct {
	nfc.State
	at time.Time
}

func open(t *testing.T, name string) *opened {
	t.Helper()
	r, err := pcsc.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	return watch(t, r)
}

func watch(t *testing.T, r nfc.Reader) *opened {
	o := &opened{Reader: r, t: t, states: make(chan told, 1000)}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- r.Watch(ctx, func(s nfc.State) { o.states <- told{s, time.Now()} }) }()
	t.Cleanup(func() {
		cancel()
		<-ended
		r.Close()
	})
	return o
}

// until gives the first state from now on that is as want says.
func (o *opened) until(what string, want func(nfc.State) bool) told {
	o.t.Helper()
	limit := time.After(8 * time.Second)
	for {
		select {
		case s := <-o.states:
			if want(s.State) {
				return s
			}
		case <-limit:
			o.t.Fatalf("reader never became %s", what)
		}
	}
}

func (o *opened) untilPresent() told {
	o.t.Helper()
	return o.until("occupied", func(s nfc.State) bool { return s.Present })
}

func (o *opened) untilEmpty() told {
	o.t.Helper()
	return o.until("empty", func(s nfc.State) bool { return s.Attached && !s.Present })
}

func (o *opened) untilAway(is error) told {
	o.t.Helper()
	return o.until("detached", func(s nfc.State) bool { return !s.Attached && errors.Is(s.Err, is) })
}

func TestListAndOpenByPart(t *testing.T) {
	d := pcscdtest.Start(t)
	names, err := pcsc.List()
	if err != nil {
		t.Fatal(err)
	}
	want := []string{d.Reader(0), d.Reader(1)}
	if !slices.Equal(names, want) {
		t.Fatalf("list is %q, want %q", names, want)
	}

	for part, name := range map[string]string{"": want[0], "00 01": want[1], "pcd 00 00": want[0], want[1]: want[1]} {
		r, err := pcsc.Open(part)
		if err != nil {
			t.Errorf("open %q: %v", part, err)
			continue
		}
		// The name is known once the reader was seen; Watch begins with that.
		o := watch(t, r)
		o.untilEmpty()
		if r.Name() != name {
			t.Errorf("open %q gives %q, want %q", part, r.Name(), name)
		}
	}

	_, err = pcsc.Open("virtual")
	if !errors.Is(err, pcsc.ErrAmbiguous) || !strings.Contains(err.Error(), want[0]) || !strings.Contains(err.Error(), want[1]) {
		t.Errorf("ambiguous part: %v", err)
	}
	_, err = pcsc.Open("ACR122")
	if !errors.Is(err, nfc.ErrNoReader) || !strings.Contains(err.Error(), want[0]) {
		t.Errorf("part of no reader: %v", err)
	}
}

func TestNoReaderAndNoService(t *testing.T) {
	d := pcscdtest.Start(t)
	d.Kill()
	if _, err := pcsc.List(); !errors.Is(err, nfc.ErrNoService) {
		t.Errorf("list without service: %v", err)
	}
	if _, err := pcsc.Open(""); !errors.Is(err, nfc.ErrNoService) {
		t.Errorf("open without service: %v", err)
	}
	d.ResumeWithout()
	if names, err := pcsc.List(); err != nil || len(names) != 0 {
		t.Errorf("list without reader: %q, %v", names, err)
	}
	if _, err := pcsc.Open(""); !errors.Is(err, nfc.ErrNoReader) {
		t.Errorf("open without reader: %v", err)
	}
}

// TestWatchIsFast lays and takes a tag again and again, and demands each event
// within 300 ms of the moment at which pcscd knew.
func TestWatchIsFast(t *testing.T) {
	const rounds, limit = 5, 300 * time.Millisecond
	d := pcscdtest.Start(t)
	r := open(t, "00 00")
	r.untilEmpty()
	var worst time.Duration
	check := func(mark pcscdtest.Mark, present bool, got told) {
		t.Helper()
		late := got.at.Sub(d.Noticed(mark, 0, present))
		worst = max(worst, late)
		if late > limit {
			t.Errorf("told %v after pcscd noticed, limit %v", late, limit)
		}
	}
	for i := range uint64(rounds) {
		mark := d.Mark()
		take := d.Lay(0, echoCard().Serve)
		got := r.untilPresent()
		check(mark, true, got)
		if !got.Attached || got.Err != nil || !bytes.Equal(got.ATR, atr) || got.Presentation != i+1 {
			t.Errorf("round %d: state is %+v", i, got.State)
		}
		mark = d.Mark()
		take()
		got = r.untilEmpty()
		check(mark, false, got)
		if got.ATR != nil || got.Err != nil {
			t.Errorf("round %d: empty state is %+v", i, got.State)
		}
	}
	t.Logf("%d times laid and taken, told at most %v after pcscd noticed", rounds, worst)
}

func TestWatchBeginsWithThePresent(t *testing.T) {
	d := pcscdtest.Start(t)
	d.Lay(1, echoCard().Serve)
	first := open(t, d.Reader(1))
	first.untilPresent()
	// The same reader again, and a reader that is opened only now.
	for _, r := range []*opened{watch(t, first.Reader), open(t, d.Reader(1))} {
		if s := <-r.states; !s.Present || s.Presentation != 1 {
			t.Errorf("first state is %+v", s.State)
		}
	}
}

func TestTwoSlotsAreTwoReaders(t *testing.T) {
	d := pcscdtest.Start(t)
	left, right := open(t, d.Reader(0)), open(t, d.Reader(1))
	left.untilEmpty()
	right.untilEmpty()
	d.Lay(1, echoCard().Serve)
	right.untilPresent()
	if err := left.Transact(t.Context(), nothing); !errors.Is(err, nfc.ErrNoTag) {
		t.Errorf("transaction on the empty slot: %v", err)
	}
	if err := right.Transact(t.Context(), nothing); err != nil {
		t.Errorf("transaction on the other: %v", err)
	}
	select {
	case s := <-left.states:
		t.Errorf("the empty slot reported %+v", s.State)
	default:
	}
}

func nothing(nfc.Transceiver) error { return nil }

func TestTransactBeginsAndEndsWithAReset(t *testing.T) {
	d := pcscdtest.Start(t)
	card := echoCard()
	d.Lay(0, card.Serve)
	r := open(t, "00 00")
	r.untilPresent()
	var kept nfc.Transceiver
	for range 2 {
		before := card.Resets()
		err := r.Transact(t.Context(), func(tr nfc.Transceiver) error {
			kept = tr
			if card.Resets() == before || card.CommandsSinceReset() != 0 {
				t.Errorf("tag was not reset before: %d resets, %d commands since", card.Resets()-before, card.CommandsSinceReset())
			}
			before = card.Resets()
			command := []byte{0x90, 0x60, 0, 0, 0}
			got, err := tr.Transmit(command)
			if !bytes.Equal(got, echo(command)) {
				t.Errorf("answer is %X", got)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if card.Resets() == before || card.CommandsSinceReset() != 0 {
			t.Errorf("tag was not reset after")
		}
	}
	if _, err := kept.Transmit([]byte{0x90, 0x60, 0, 0, 0}); !nfc.IsLine(err) {
		t.Errorf("command after the transaction: %v", err)
	}
	if card.CommandsSinceReset() != 0 {
		t.Error("command after the transaction reached the tag")
	}
}

func TestTransactResetsHoweverItEnds(t *testing.T) {
	d := pcscdtest.Start(t)
	card := echoCard()
	d.Lay(0, card.Serve)
	r := open(t, "00 00")
	r.untilPresent()
	boom := errors.New("boom")
	use := func(tr nfc.Transceiver) {
		if _, err := tr.Transmit([]byte{0x90, 0x60, 0, 0, 0}); err != nil {
			t.Error(err)
		}
	}
	if err := r.Transact(t.Context(), func(tr nfc.Transceiver) error { use(tr); return boom }); !errors.Is(err, boom) {
		t.Errorf("error of the function became %v", err)
	}
	if card.CommandsSinceReset() != 0 {
		t.Error("tag was not reset after an error")
	}
	func() {
		defer func() { recover() }()
		r.Transact(t.Context(), func(tr nfc.Transceiver) error { use(tr); panic(boom) })
	}()
	if card.CommandsSinceReset() != 0 {
		t.Error("tag was not reset after a panic")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.Transact(ctx, func(nfc.Transceiver) error { t.Error("ran"); return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled context: %v", err)
	}
}

func TestTransactIsExclusive(t *testing.T) {
	d := pcscdtest.Start(t)
	d.Lay(0, echoCard().Serve)
	one, two := open(t, "00 00"), open(t, "00 00")
	one.untilPresent()
	two.untilPresent()
	var inside, overlaps atomic.Int32
	run := func(r *opened, ended chan<- error) {
		for range 5 {
			err := r.Transact(t.Context(), func(tr nfc.Transceiver) error {
				if inside.Add(1) != 1 {
					overlaps.Add(1)
				}
				defer inside.Add(-1)
				for range 20 {
					if _, err := tr.Transmit([]byte{0x90, 0x60, 0, 0, 0}); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				ended <- err
				return
			}
		}
		ended <- nil
	}
	ended := make(chan error)
	go run(one, ended)
	go run(two, ended)
	for range 2 {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	if overlaps.Load() != 0 {
		t.Errorf("transactions overlapped %d times", overlaps.Load())
	}
}

// TestBusyReader has the reader held by another client of pcscd, which lets go
// only after the first attempt gave up.
func TestBusyReader(t *testing.T) {
	d := pcscdtest.Start(t)
	card := echoCard()
	d.Lay(0, card.Serve)
	holder, r := open(t, "00 00"), open(t, "00 00")
	r.untilPresent()
	holding, letGo, ended := make(chan struct{}), make(chan struct{}), make(chan error)
	go func() {
		ended <- holder.Transact(t.Context(), func(nfc.Transceiver) error {
			close(holding)
			<-letGo
			return nil
		})
	}()
	<-holding

	ctx, cancel := context.WithTimeout(t.Context(), 150*time.Millisecond)
	defer cancel()
	err := r.Transact(ctx, func(nfc.Transceiver) error { t.Error("ran beside the holder"); return nil })
	if !errors.Is(err, nfc.ErrReaderBusy) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("with a deadline: %v", err)
	}
	began := time.Now()
	err = r.Transact(t.Context(), func(nfc.Transceiver) error { t.Error("ran beside the holder"); return nil })
	if took := time.Since(began); !errors.Is(err, nfc.ErrReaderBusy) || took > 5*time.Second {
		t.Errorf("without a deadline: %v after %v", err, took)
	}
	close(letGo)
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if err := r.Transact(t.Context(), nothing); err != nil {
		t.Errorf("after the holder let go: %v", err)
	}
}

func TestTagPulledAwayInTheMiddle(t *testing.T) {
	d := pcscdtest.Start(t)
	commands := 0
	card := &pcscdtest.Card{ATR: atr, Answer: func(c []byte) []byte {
		if commands++; commands == 3 {
			return nil
		}
		return echo(c)
	}}
	d.Lay(0, card.Serve)
	r := open(t, "00 00")
	r.untilPresent()
	err := r.Transact(t.Context(), func(tr nfc.Transceiver) error {
		for i := range 10 {
			if _, err := tr.Transmit([]byte{0x90, byte(i), 0, 0, 0}); err != nil {
				if i != 2 {
					t.Errorf("command %d broke", i)
				}
				if _, again := tr.Transmit([]byte{0x90, 0x60, 0, 0, 0}); !errors.Is(again, nfc.ErrTagRemoved) {
					t.Errorf("command after the break: %v", again)
				}
				return err
			}
		}
		return nil
	})
	if !errors.Is(err, nfc.ErrTagRemoved) {
		t.Errorf("tag pulled away: %v", err)
	}
	r.untilEmpty()
	if err := r.Transact(t.Context(), nothing); !errors.Is(err, nfc.ErrNoTag) {
		t.Errorf("afterwards: %v", err)
	}
	d.Lay(0, echoCard().Serve)
	r.untilPresent()
	if err := r.Transact(t.Context(), nothing); err != nil {
		t.Errorf("next tag: %v", err)
	}
}

// TestTagGoneBeforeItIsNoticed transacts in the 400 ms in which pcscd does not
// yet know that the tag is gone.
func TestTagGoneBeforeItIsNoticed(t *testing.T) {
	d := pcscdtest.Start(t)
	take := d.Lay(0, echoCard().Serve)
	r := open(t, "00 00")
	r.untilPresent()
	take()
	err := r.Transact(t.Context(), func(nfc.Transceiver) error { t.Error("ran without a tag"); return nil })
	if !errors.Is(err, nfc.ErrNoTag) {
		t.Errorf("got %v", err)
	}
}

func TestServiceKilledAndStartedAgain(t *testing.T) {
	d := pcscdtest.Start(t)
	d.Lay(0, echoCard().Serve)
	r := open(t, "00 00")
	first := r.untilPresent()

	err := r.Transact(t.Context(), func(tr nfc.Transceiver) error {
		d.Kill()
		_, err := tr.Transmit([]byte{0x90, 0x60, 0, 0, 0})
		return err
	})
	if !errors.Is(err, nfc.ErrNoService) {
		t.Errorf("service killed in a transaction: %v", err)
	}
	r.untilAway(nfc.ErrNoService)
	if err := r.Transact(t.Context(), nothing); !errors.Is(err, nfc.ErrNoService) {
		t.Errorf("transaction without service: %v", err)
	}

	d.Resume()
	r.untilEmpty()
	d.Lay(0, echoCard().Serve)
	if again := r.untilPresent(); again.Presentation <= first.Presentation {
		t.Errorf("presentation went from %d to %d", first.Presentation, again.Presentation)
	}
	if err := r.Transact(t.Context(), nothing); err != nil {
		t.Errorf("after the return: %v", err)
	}
}

func TestReaderUnpluggedAndBack(t *testing.T) {
	d := pcscdtest.Start(t)
	r := open(t, "00 01")
	r.untilEmpty()
	d.Kill()
	d.ResumeWithout()
	r.untilAway(nfc.ErrNoReader)
	if err := r.Transact(t.Context(), nothing); !errors.Is(err, nfc.ErrNoReader) {
		t.Errorf("transaction without reader: %v", err)
	}
	if r.Name() != d.Reader(1) {
		t.Errorf("name became %q", r.Name())
	}
	d.Kill()
	d.Resume()
	d.Lay(1, echoCard().Serve)
	r.untilPresent()
	if err := r.Transact(t.Context(), nothing); err != nil {
		t.Errorf("after the return: %v", err)
	}
}

// TestFollow begins before there is a service and a reader.
func TestFollow(t *testing.T) {
	d := pcscdtest.Start(t)
	d.Kill()
	f, err := pcsc.Follow("")
	if err != nil {
		t.Fatal(err)
	}
	r := watch(t, f)
	r.untilAway(nfc.ErrNoService)
	if r.Name() != "" {
		t.Errorf("name is %q", r.Name())
	}
	d.ResumeWithout()
	r.untilAway(nfc.ErrNoReader)
	d.Kill()
	d.Resume()
	r.untilEmpty()
	if r.Name() != d.Reader(0) {
		t.Errorf("name is %q", r.Name())
	}
}

func TestLongAndSlowAnswers(t *testing.T) {
	d := pcscdtest.Start(t)
	long := bytes.Repeat([]byte{0xA5}, 256)
	d.Lay(0, (&pcscdtest.Card{ATR: atr, Answer: func(c []byte) []byte {
		switch c[1] {
		case 1:
			return append(bytes.Clone(long), ok...)
		case 2:
			<-time.After(time.Second)
		}
		return ok
	}}).Serve)
	r := open(t, "00 00")
	r.untilPresent()
	err := r.Transact(t.Context(), func(tr nfc.Transceiver) error {
		got, err := tr.Transmit([]byte{0x90, 1, 0, 0, 0})
		if err != nil || len(got) != 258 || !bytes.Equal(got[:256], long) {
			t.Errorf("long answer: %d bytes, %v", len(got), err)
		}
		if got, err = tr.Transmit([]byte{0x90, 2, 0, 0, 0}); err != nil || !bytes.Equal(got, ok) {
			t.Errorf("slow answer: %X, %v", got, err)
		}
		if _, err = tr.Transmit(nil); err == nil {
			t.Error("empty command was sent")
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
