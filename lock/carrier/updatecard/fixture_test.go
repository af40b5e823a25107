package updatecard_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"testing"

	"sleutelbord/lock/bundle"
	"sleutelbord/lock/carrier"
	"sleutelbord/lock/carrier/updatecard"
	"sleutelbord/nfc"
	"sleutelbord/nfc/desfire"
	"sleutelbord/nfc/keytag"
	"sleutelbord/nfc/softcard"
)

// custody stands in for that of a site.
type custody string

func (c custody) Diversify(m keytag.Master, input [keytag.InputSize]byte) ([16]byte, error) {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %v %x", string(c), m, input))
	return [16]byte(sum[:16]), nil
}

func siteOf(name string) updatecard.Site {
	sum := sha256.Sum256([]byte(name))
	return updatecard.Site{ID: bundle.SiteID(sum[:8]), Custody: custody(name), Tags: keytag.DefaultAID}
}

var ours, theirs = siteOf("ours"), siteOf("theirs")

func blank(t testing.TB, c softcard.Config) *softcard.Card {
	t.Helper()
	card, err := softcard.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return card
}

func lockName(t testing.TB, s string) bundle.LockName {
	t.Helper()
	n, err := bundle.ParseLockName(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// sealedFor makes bundles of locks L1, L2 and so on; each has so many floors.
func sealedFor(t testing.TB, n, floors int, sequence uint32) []carrier.Sealed {
	t.Helper()
	_, signer, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	all := make([]carrier.Sealed, n)
	for i := range all {
		name := lockName(t, fmt.Sprintf("L%d", i+1))
		key, err := bundle.GenerateKey(name, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		zone := bundle.Zone{ID: 1, Version: 1, Key: desfire.NewAESKey([16]byte{1}, 1), Floor: bundle.Floor{Seats: map[uint16]uint16{}}}
		for seat := range floors {
			zone.Floor.Seats[uint16(seat)] = 1
		}
		data, err := bundle.Seal(bundle.Bundle{
			Site: ours.ID, Lock: name.ID(), Sequence: sequence, Issued: 1, ReceiptKey: receiptKey,
			Locators: []bundle.Locator{{Version: 1, Key: desfire.NewAESKey([16]byte{1}, 1)}}, Zones: []bundle.Zone{zone},
		}, signer, key.Public(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		all[i] = carrier.Sealed{Name: name, Data: data}
	}
	return all
}

var receiptKey = bundle.NewReceiptKey([16]byte{9})

// lay is a card after a hand has laid it down.
func lay(c *softcard.Card) *softcard.Card {
	c.Disarm()
	c.Return()
	c.Reset()
	return c
}

// write does what a desk does with a card.
func write(s updatecard.Site, t nfc.Transceiver, bundles []carrier.Sealed) (int, error) {
	c, err := s.Recognise(t)
	if err != nil {
		return 0, err
	}
	if _, err := c.Receipts(); err != nil {
		return 0, err
	}
	if _, err := c.Clear(); err != nil {
		return 0, err
	}
	return c.Write(bundles, nil)
}

func mustWrite(t testing.TB, card *softcard.Card, bundles []carrier.Sealed) {
	t.Helper()
	if n, err := write(ours, lay(card), bundles); err != nil || n != len(bundles) {
		t.Fatalf("%d bundles written of %d: %v", n, len(bundles), err)
	}
}

func mustBe(t testing.TB, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) || (err == nil) != (want == nil) {
		t.Fatalf("%s: %v, want %v", what, err, want)
	}
}

// carries holds a card against the bundles that it ought to carry, from the
// lock's side, with a receipt left for each and read back at the desk.
func carries(t testing.TB, what string, card *softcard.Card, bundles []carrier.Sealed) {
	t.Helper()
	for _, b := range bundles {
		a, err := updatecard.OpenAtLock(lay(card), keytag.DefaultAID)
		if err != nil {
			t.Fatalf("%s: at lock %v: %v", what, b.Name, err)
		}
		got, err := a.Bundles(t.Context(), b.Name)
		if err != nil || len(got) != 1 || string(got[0]) != string(b.Data) {
			t.Fatalf("%s: lock %v reads %d bundles, %v", what, b.Name, len(got), err)
		}
		if err := a.Leave(t.Context(), b.Name, bundle.NewReceipt(receiptKey, b.Name.ID(), 7)); err != nil {
			t.Fatalf("%s: lock %v: %v", what, b.Name, err)
		}
	}
	c, err := ours.Recognise(lay(card))
	if err != nil || c.State != updatecard.Written {
		t.Fatalf("%s: back at the desk: %v, %v", what, c, err)
	}
	receipts, err := c.Receipts()
	if err != nil || len(receipts) != len(bundles) {
		t.Fatalf("%s: %d receipts, %v", what, len(receipts), err)
	}
	for i, r := range receipts {
		if r.Lock != bundles[i].Name.ID() || bundle.Receipt(r.Data) != bundle.NewReceipt(receiptKey, r.Lock, 7) {
			t.Errorf("%s: receipt %d is of lock %v", what, i, r.Lock)
		}
	}
}

var chips = []softcard.Chip{softcard.EV1, softcard.EV2, softcard.EV3}
