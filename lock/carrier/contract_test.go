package carrier_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"testing"
	"time"

	"sleutelbord/lock"
	"sleutelbord/lock/bundle"
	"sleutelbord/lock/carrier"
	"sleutelbord/nfc/desfire"
)

// medium is a carrier in use, as the suite sees it: what a desk needs of it,
// what a lock needs of it, and what anybody can do to it.
type medium interface {
	// put brings bundles, as a desk does.
	put(t *testing.T, bundles ...carrier.Sealed)
	// receipts reads back what lies there as a lock's receipts, unverified;
	// want tells when enough has come.
	receipts(t *testing.T, name bundle.LockName, want func([]byte) bool) []byte
	// visit gives the lock's end of the carrier to f until f has seen enough.
	visit(t *testing.T, name bundle.LockName, f func(carrier.Lockside) (enough bool))
	// smuggle puts any bytes where a lock looks for its bundle.
	smuggle(t *testing.T, name bundle.LockName, data []byte)
	// forge puts any 29 bytes where the desk looks for a lock's receipt.
	forge(t *testing.T, name bundle.LockName, receipt []byte)
}

// media are the carriers. Each gets a site of its own.
func media() map[string]func(t *testing.T, s *site) medium {
	return map[string]func(t *testing.T, s *site) medium{
		"folder": newFolder, "update card": newCard, "mqtt": newBroker,
	}
}

// TestContract holds every carrier to the same contract.
func TestContract(t *testing.T) {
	for name, open := range media() {
		t.Run(name, func(t *testing.T) {
			for _, c := range []struct {
				name string
				run  func(*testing.T, *site, medium)
			}{
				{"newest bundle and its receipt", newest},
				{"nothing there", nothing},
				{"older bundles", older},
				{"the same again", again},
				{"bundles that are none", damaged},
				{"bundles of others", others},
				{"false receipts", falseReceipts},
			} {
				t.Run(c.name, func(t *testing.T) {
					s := newSite(t)
					c.run(t, s, open(t, s))
				})
			}
		})
	}
}

// site is a site with its signer and two locks.
type site struct {
	id     bundle.SiteID
	signer ed25519.PrivateKey
	a, b   *door
}

// door is a real lock and what its desk knows of it.
type door struct {
	*lock.Lock
	key bundle.LockKey
}

func newSite(t *testing.T) *site {
	t.Helper()
	_, signer, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s := &site{signer: signer}
	if _, err := rand.Read(s.id[:]); err != nil {
		t.Fatal(err)
	}
	s.a, s.b = newDoor(t, "A-1"), newDoor(t, "B-2")
	return s
}

func newDoor(t *testing.T, name string) *door {
	t.Helper()
	n, err := bundle.ParseLockName(name)
	if err != nil {
		t.Fatal(err)
	}
	key, err := bundle.GenerateKey(n, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	l, err := lock.Open(lock.Config{Name: n, Key: key.Private(), Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return &door{l, key}
}

// public is the signer, as an installer writes it down.
func (s *site) public() bundle.SignerKey {
	return bundle.SignerKey(s.signer.Public().(ed25519.PublicKey))
}

func receiptKeyOf(n bundle.LockName) bundle.ReceiptKey {
	sum := sha256.Sum256([]byte(n.Canonical()))
	return bundle.NewReceiptKey([16]byte(sum[:16]))
}

// seal makes a bundle of this site, or of a thief's.
func (s *site) seal(t *testing.T, d *door, sequence uint32, by ed25519.PrivateKey) carrier.Sealed {
	t.Helper()
	data, err := bundle.Seal(bundle.Bundle{
		Site: s.id, Lock: d.Name().ID(), Sequence: sequence, Issued: 1, ReceiptKey: receiptKeyOf(d.Name()),
		Locators: []bundle.Locator{{Version: 1, Key: desfire.NewAESKey([16]byte{1}, 1)}},
	}, by, d.key.Public(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return carrier.Sealed{Name: d.Name(), Data: data}
}

func (s *site) newest(t *testing.T, d *door, sequence uint32) carrier.Sealed {
	t.Helper()
	return s.seal(t, d, sequence, s.signer)
}

// patience bounds every wait; nothing waits for so long.
const patience = 20 * time.Second

// take lets a door visit the carrier until it works with a bundle, and holds
// the receipt that the desk reads then to be its own.
func (s *site) take(t *testing.T, m medium, d *door, sequence uint32) {
	t.Helper()
	m.visit(t, d.Name(), func(c carrier.Lockside) bool {
		if _, _, err := d.Exchange(t.Context(), c); err != nil && d.Sequence() >= sequence {
			t.Errorf("lock %v: %v", d.Name(), err)
		}
		return d.Sequence() >= sequence
	})
	if d.Sequence() != sequence {
		t.Fatalf("lock %v works with %d, want %d", d.Name(), d.Sequence(), sequence)
	}
	s.confirmed(t, m, d, sequence)
}

// confirmed reads receipts at the desk until one proves the sequence.
func (s *site) confirmed(t *testing.T, m medium, d *door, sequence uint32) {
	t.Helper()
	want := bundle.NewReceipt(receiptKeyOf(d.Name()), d.Name().ID(), sequence)
	if got := m.receipts(t, d.Name(), func(b []byte) bool { return bytes.Equal(b, want[:]) }); !bytes.Equal(got, want[:]) {
		t.Fatalf("lock %v: receipt % X, want % X", d.Name(), got, want)
	}
}

// refuse lets a door visit the carrier until it has refused what lies there.
func (s *site) refuse(t *testing.T, m medium, d *door, want ...error) {
	t.Helper()
	before := d.Sequence()
	m.visit(t, d.Name(), func(c carrier.Lockside) bool {
		_, applied, err := d.Exchange(t.Context(), c)
		if applied {
			t.Errorf("lock %v took it", d.Name())
			return true
		}
		for _, w := range want {
			if errors.Is(err, w) {
				return true
			}
		}
		return false
	})
	if d.Sequence() != before {
		t.Errorf("lock %v works with %d, before it was %d", d.Name(), d.Sequence(), before)
	}
}

func newest(t *testing.T, s *site, m medium) {
	m.put(t, s.newest(t, s.a, 1), s.newest(t, s.b, 7))
	s.take(t, m, s.a, 1)
	s.take(t, m, s.b, 7)
	m.put(t, s.newest(t, s.a, 2), s.newest(t, s.b, 8))
	s.take(t, m, s.b, 8)
	m.put(t, s.newest(t, s.a, 3), s.newest(t, s.b, 9))
	s.take(t, m, s.a, 3)
	s.take(t, m, s.b, 9)
}

func nothing(t *testing.T, s *site, m medium) {
	m.put(t, s.newest(t, s.b, 1))
	m.visit(t, s.a.Name(), func(c carrier.Lockside) bool {
		found, applied, err := s.a.Exchange(t.Context(), c)
		if found || applied || err != nil {
			t.Errorf("found %v, applied %v, %v", found, applied, err)
		}
		return true
	})
	s.take(t, m, s.b, 1)
}

func older(t *testing.T, s *site, m medium) {
	old := s.newest(t, s.a, 4)
	m.put(t, s.newest(t, s.a, 5))
	s.take(t, m, s.a, 5)
	m.put(t, old)
	s.refuse(t, m, s.a, bundle.ErrOlder)
	s.confirmed(t, m, s.a, 5)
	m.put(t, s.newest(t, s.a, 6))
	s.take(t, m, s.a, 6)
}

func again(t *testing.T, s *site, m medium) {
	one := s.newest(t, s.a, 1)
	for range 3 {
		m.put(t, one)
		s.take(t, m, s.a, 1)
	}
}

func damaged(t *testing.T, s *site, m medium) {
	sequence := uint32(1)
	m.put(t, s.newest(t, s.a, sequence))
	s.take(t, m, s.a, sequence)
	for i, spoil := range []func([]byte) []byte{
		func(b []byte) []byte { return b[:len(b)-1] },
		func(b []byte) []byte { return b[:len(b)/2] },
		func(b []byte) []byte { return b[:1] },
		func(b []byte) []byte { return append(b, 0) },
		func(b []byte) []byte { b[len(b)/2] ^= 1; return b },
		func(b []byte) []byte { b[len(b)-1] ^= 0x80; return b },
		func(b []byte) []byte { clear(b); return b },
		func(b []byte) []byte { _, _ = rand.Read(b); return b },
	} {
		sequence++
		m.smuggle(t, s.a.Name(), spoil(s.newest(t, s.a, sequence).Data))
		s.refuse(t, m, s.a, bundle.ErrDamaged, bundle.ErrKey)
		s.confirmed(t, m, s.a, sequence-1)
		m.put(t, s.newest(t, s.a, sequence))
		s.take(t, m, s.a, sequence)
		if t.Failed() {
			t.Fatalf("damage %d", i)
		}
	}
}

func others(t *testing.T, s *site, m medium) {
	m.put(t, s.newest(t, s.a, 1), s.newest(t, s.b, 1))
	s.take(t, m, s.a, 1)
	s.take(t, m, s.b, 1)
	m.smuggle(t, s.a.Name(), s.newest(t, s.b, 9).Data)
	s.refuse(t, m, s.a, bundle.ErrLock)
	_, thief, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	m.smuggle(t, s.a.Name(), s.seal(t, s.a, 9, thief).Data)
	s.refuse(t, m, s.a, bundle.ErrSigner)
	s.confirmed(t, m, s.a, 1)
	m.put(t, s.newest(t, s.a, 2), s.newest(t, s.b, 2))
	s.take(t, m, s.a, 2)
	s.take(t, m, s.b, 2)
}

// falseReceipts: whatever lies in the place of a receipt comes to the desk as
// it is, where it is refused, and is in nobody's way.
func falseReceipts(t *testing.T, s *site, m medium) {
	id := s.a.Name().ID()
	m.put(t, s.newest(t, s.a, 2), s.newest(t, s.b, 2))
	s.take(t, m, s.a, 2)
	replayed := bundle.NewReceipt(receiptKeyOf(s.a.Name()), id, 1)
	forged := bundle.NewReceipt(bundle.NewReceiptKey([16]byte{1}), id, 9)
	another := bundle.NewReceipt(receiptKeyOf(s.b.Name()), s.b.Name().ID(), 2)
	for _, r := range []bundle.Receipt{replayed, forged, another} {
		m.forge(t, s.a.Name(), r[:])
		if got := m.receipts(t, s.a.Name(), func(b []byte) bool { return bytes.Equal(b, r[:]) }); !bytes.Equal(got, r[:]) {
			t.Errorf("the desk reads % X, not % X", got, r)
		}
		sequence, err := r.Verify(receiptKeyOf(s.a.Name()), id)
		if genuine := r == replayed; genuine != (err == nil) || genuine && sequence != 1 {
			t.Errorf("%d, %v", sequence, err)
		}
	}
	m.put(t, s.newest(t, s.a, 3), s.newest(t, s.b, 3))
	s.take(t, m, s.a, 3)
}
