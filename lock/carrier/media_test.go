package carrier_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"sleutelbord/lock/bundle"
	"sleutelbord/lock/carrier"
	"sleutelbord/lock/carrier/mqtt"
	"sleutelbord/lock/carrier/mqtt/mosquittotest"
	"sleutelbord/lock/carrier/updatecard"
	"sleutelbord/nfc/desfire"
	"sleutelbord/nfc/keytag"
	"sleutelbord/nfc/softcard"
)

type folderMedium struct{ *carrier.Folder }

func newFolder(t *testing.T, _ *site) medium {
	f := carrier.OpenFolder(filepath.Join(t.TempDir(), "stick"))
	if err := os.MkdirAll(f.Dir(), 0o755); err != nil {
		t.Fatal(err)
	}
	return folderMedium{f}
}

func (f folderMedium) put(t *testing.T, bundles ...carrier.Sealed) {
	t.Helper()
	for _, b := range bundles {
		if err := f.WriteBundle(b.Name, b.Data); err != nil {
			t.Fatal(err)
		}
	}
}

func (f folderMedium) receipts(t *testing.T, name bundle.LockName, _ func([]byte) bool) []byte {
	t.Helper()
	r, err := f.ReadReceipt(name)
	if err != nil {
		t.Fatal(err)
	}
	return r[:]
}

func (f folderMedium) visit(t *testing.T, name bundle.LockName, see func(carrier.Lockside) bool) {
	t.Helper()
	if !see(f.Folder) {
		t.Fatalf("lock %v has not seen what it should", name)
	}
}

func (f folderMedium) smuggle(t *testing.T, name bundle.LockName, data []byte) {
	t.Helper()
	f.write(t, name, ".bundle", data)
}

func (f folderMedium) forge(t *testing.T, name bundle.LockName, receipt []byte) {
	t.Helper()
	f.write(t, name, ".receipt", receipt)
}

func (f folderMedium) write(t *testing.T, name bundle.LockName, ending string, data []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(f.Dir(), name.String()+ending), data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// cardMedium is an update card that goes from the desk to the doors and back.
type cardMedium struct {
	site updatecard.Site
	card *softcard.Card
	// own is the desk's card while somebody else's lies before the door.
	own *softcard.Card
}

type custody bundle.SiteID

func (c custody) Diversify(m keytag.Master, input [keytag.InputSize]byte) ([16]byte, error) {
	sum := sha256.Sum256(fmt.Appendf(nil, "%x %v %x", bundle.SiteID(c), m, input))
	return [16]byte(sum[:16]), nil
}

func newCard(t *testing.T, s *site) medium {
	c := &cardMedium{site: updatecard.Site{ID: s.id, Custody: custody(s.id), Tags: keytag.DefaultAID}}
	var err error
	if c.own, err = softcard.New(softcard.Config{}); err != nil {
		t.Fatal(err)
	}
	c.card = c.own
	return c
}

func (c *cardMedium) recognise(t *testing.T) *updatecard.Card {
	t.Helper()
	c.card.Reset()
	laid, err := c.site.Recognise(c.card)
	if err != nil {
		t.Fatal(err)
	}
	return laid
}

func (c *cardMedium) put(t *testing.T, bundles ...carrier.Sealed) {
	t.Helper()
	c.card = c.own
	laid := c.recognise(t)
	_, err := laid.Clear()
	if err == nil {
		_, err = laid.Write(bundles, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func (c *cardMedium) receipts(t *testing.T, name bundle.LockName, _ func([]byte) bool) []byte {
	t.Helper()
	all, err := c.recognise(t).Receipts()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range all {
		if r.Lock == name.ID() {
			return r.Data[:]
		}
	}
	return nil
}

func (c *cardMedium) visit(t *testing.T, name bundle.LockName, see func(carrier.Lockside) bool) {
	t.Helper()
	c.card.Reset()
	at, err := updatecard.OpenAtLock(c.card, keytag.DefaultAID)
	if err != nil {
		t.Fatal(err)
	}
	if !see(at) {
		t.Fatalf("lock %v has not seen what it should", name)
	}
}

// smuggle makes a card that looks like the desk's: a stranger cannot write on
// that one.
func (c *cardMedium) smuggle(t *testing.T, name bundle.LockName, data []byte) {
	t.Helper()
	var err error
	if c.card, err = softcard.New(softcard.Config{}); err != nil {
		t.Fatal(err)
	}
	list, err := updatecard.List{Site: c.site.ID, Slots: []updatecard.Slot{{Lock: name.ID(), Size: len(data)}}}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	free := desfire.AccessRights{Read: 0xE, Write: 0xE, ReadWrite: 0xE, Change: 0xE}
	d := desfire.New(c.card)
	steps := []func() error{
		func() error { return d.CreateApplication(updatecard.AID, 0x0F, 1, desfire.TypeAES) },
		func() error { return d.SelectApplication(updatecard.AID) },
	}
	for no, content := range map[byte][]byte{0x00: list, 0x01: data, 0x11: make([]byte, bundle.ReceiptSize)} {
		steps = append(steps,
			func() error { return d.CreateStdDataFile(no, desfire.Plain, free, len(content)) },
			func() error { return d.WriteData(no, desfire.Plain, 0, content) })
	}
	for _, step := range steps {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
}

func (c *cardMedium) forge(t *testing.T, name bundle.LockName, receipt []byte) {
	t.Helper()
	for i, s := range c.recognise(t).List.Slots {
		if s.Lock == name.ID() {
			c.card.Reset()
			d := desfire.New(c.card)
			err := d.SelectApplication(updatecard.AID)
			if err == nil {
				err = d.WriteData(byte(0x11+i), desfire.Plain, 0, receipt)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
}

// brokerMedium is a broker between a desk and locks that stay connected.
type brokerMedium struct {
	site   *site
	broker *mosquittotest.Broker
	desk   *mqtt.Deskside
	locks  map[bundle.LockID]*mqtt.Lockside
	last   map[bundle.LockID][]byte
}

func newBroker(t *testing.T, s *site) medium {
	b := &brokerMedium{site: s, broker: mosquittotest.Start(t), locks: map[bundle.LockID]*mqtt.Lockside{}, last: map[bundle.LockID][]byte{}}
	var err error
	if b.desk, err = mqtt.ConnectDesk(brokerConfig(t, b.broker.ConfigFile("desk")), s.id); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.desk.Close() })
	b.compare(t)
	for _, d := range []*door{s.a, s.b} {
		id := d.Name().ID()
		c := brokerConfig(t, b.broker.ConfigFile(id.String(),
			fmt.Sprintf("%q: %q", "site", s.id), fmt.Sprintf("%q: %q", "signer", s.public())))
		if b.locks[id], err = mqtt.ConnectLock(c, d.Name()); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = b.locks[id].Close() })
	}
	return b
}

func brokerConfig(t *testing.T, path string) mqtt.Config {
	t.Helper()
	c, err := mqtt.ReadConfig(path)
	if err != nil {
		t.Fatal(err)
	}
	c.MaxDelay = 300 * time.Millisecond
	return c
}

// compare waits for the connection and asks for both locks.
func (b *brokerMedium) compare(t *testing.T) map[bundle.LockID]bundle.Header {
	t.Helper()
	select {
	case <-b.desk.Up():
	case <-time.After(patience):
		t.Fatal("no connection")
	}
	have := map[bundle.LockID]bundle.Header{}
	err := b.desk.Compare(t.Context(), []bundle.LockID{b.site.a.Name().ID(), b.site.b.Name().ID()}, b.site.public(),
		func(l bundle.LockID, h bundle.Header) { have[l] = h })
	if err != nil {
		t.Fatal(err)
	}
	return have
}

func (b *brokerMedium) put(t *testing.T, bundles ...carrier.Sealed) {
	t.Helper()
	if n, err := b.desk.Deliver(t.Context(), bundles); err != nil || n != len(bundles) {
		t.Fatalf("%d delivered of %d, %v", n, len(bundles), err)
	}
}

func (b *brokerMedium) receipts(t *testing.T, name bundle.LockName, want func([]byte) bool) []byte {
	t.Helper()
	late := time.After(patience)
	for {
		got, _ := b.desk.Receipts()
		for _, r := range got {
			b.last[r.Lock] = r.Data
		}
		if last := b.last[name.ID()]; want(last) {
			return last
		}
		select {
		case <-b.desk.Woken():
		case <-late:
			return b.last[name.ID()]
		}
	}
}

func (b *brokerMedium) visit(t *testing.T, name bundle.LockName, see func(carrier.Lockside) bool) {
	t.Helper()
	l := b.locks[name.ID()]
	for late := time.After(patience); ; {
		if see(l) {
			return
		}
		select {
		case <-l.Woken():
		case <-late:
			s, _ := l.State()
			t.Fatalf("lock %v has not seen what it should; its connection is %+v", name, s)
		}
	}
}

func (b *brokerMedium) smuggle(t *testing.T, name bundle.LockName, data []byte) {
	t.Helper()
	b.broker.Publish(fmt.Sprintf("sleutelbord/1/%v/%v/bundle", b.site.id, name.ID()), data, true)
}

func (b *brokerMedium) forge(t *testing.T, name bundle.LockName, receipt []byte) {
	t.Helper()
	b.broker.Publish(fmt.Sprintf("sleutelbord/1/%v/%v/receipt", b.site.id, name.ID()), bytes.Clone(receipt), true)
}
