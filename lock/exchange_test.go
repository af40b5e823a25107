package lock

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"testing"
	"time"

	"sleutelbord/lock/bundle"
	"sleutelbord/lock/carrier"
	"sleutelbord/lock/carrier/updatecard"
	"sleutelbord/nfc"
	"sleutelbord/nfc/keytag"
	"sleutelbord/nfc/softcard"
)

type cardCustody struct{}

func (cardCustody) Diversify(m keytag.Master, input [keytag.InputSize]byte) ([16]byte, error) {
	sum := sha256.Sum256(fmt.Appendf(nil, "%v %x", m, input))
	return [16]byte(sum[:16]), nil
}

// updateCard is a card that a desk wrote with these bundles.
func updateCard(t *testing.T, chip softcard.Chip, bundles ...carrier.Sealed) *softcard.Card {
	t.Helper()
	card, err := softcard.New(softcard.Config{Chip: chip})
	if err != nil {
		t.Fatal(err)
	}
	c, err := updatecard.Site{Custody: cardCustody{}, Tags: keytag.DefaultAID}.Recognise(card)
	if err == nil {
		_, err = c.Clear()
	}
	if err == nil {
		_, err = c.Write(bundles, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return card
}

func (b *bench) sealed(by string, sequence uint32) carrier.Sealed {
	b.t.Helper()
	return carrier.Sealed{Name: b.key.Name(), Data: b.seal(by, b.bundleFor(sequence, nil))}
}

// cardReceipt is the sequence of the receipt in the first slot, 0 if none.
func (b *bench) cardReceipt(card *softcard.Card) uint32 {
	b.t.Helper()
	card.Reset()
	c, err := updatecard.Site{Custody: cardCustody{}, Tags: keytag.DefaultAID}.Recognise(card)
	if err != nil {
		b.t.Fatal(err)
	}
	receipts, err := c.Receipts()
	if err != nil {
		b.t.Fatal(err)
	}
	if len(receipts) == 0 {
		return 0
	}
	sequence, err := bundle.Receipt(receipts[0].Data).Verify(bundle.NewReceiptKey(seeded16("receipt")), b.key.Name().ID())
	if err != nil {
		b.t.Fatal(err)
	}
	return sequence
}

// TestRunUpdateCard lays update cards between key tags before a door that
// starts with nothing.
func TestRunUpdateCard(t *testing.T) {
	for _, chip := range []softcard.Chip{softcard.EV1, softcard.EV2, softcard.EV3} {
		r := newRunning(t)
		r.start(t, time.Hour)
		tag := homeTag(t, 3, 0, 0)
		first, second := updateCard(t, chip, r.sealed("site", 5)), updateCard(t, chip, r.sealed("site", 6))
		thief := updateCard(t, chip, r.sealed("thief", 9))
		other := updateCard(t, chip, carrier.Sealed{Name: lockName(t, "K0-102"), Data: sealFor(t, "K0-102")})
		for i, step := range []struct {
			card    *softcard.Card
			want    Reason
			trouble error
			receipt uint32
		}{
			{other, CardNothing, nil, 0},
			{tag, NoBundle, nil, 0},
			{first, CardApplied, nil, 5},
			{tag, Passed, nil, 0},
			{first, CardKnown, nil, 5},
			{second, CardApplied, nil, 6},
			{first, CardRefused, bundle.ErrOlder, 6},
			{thief, CardRefused, bundle.ErrSigner, 6},
			{other, CardNothing, nil, 0},
			{tag, Passed, nil, 0},
			{second, CardKnown, nil, 6},
		} {
			r.reader.Lay(step.card)
			d := next(t, "decision", r.decided)
			if d.Reason != step.want || d.Open != (step.want == Passed) {
				t.Fatalf("%v, step %d: %v, want %v", chip, i, d, step.want)
			}
			r.reader.Take()
			if step.trouble != nil {
				mustBe(t, "trouble", next(t, "trouble", r.trouble), step.trouble)
			}
			if step.card != tag && step.card != other && r.cardReceipt(step.card) != step.receipt {
				t.Errorf("%v, step %d: receipt %d, want %d", chip, i, r.cardReceipt(step.card), step.receipt)
			}
			if step.card == other && step.card.AuthenticationFailures() != 0 {
				t.Error("keys were tried on an update card")
			}
		}
		for _, want := range []uint32{5, 6} {
			if n := next(t, "bundle", r.applied); n != want {
				t.Errorf("bundle %d told, want %d", n, want)
			}
		}
		if len(r.trouble) != 0 || len(r.applied) != 0 || len(r.opened) != 2 {
			t.Errorf("%d troubles, %d bundles, %d openings too many", len(r.trouble), len(r.applied), len(r.opened))
		}
	}
}

func sealFor(t *testing.T, name string) []byte {
	t.Helper()
	b := &bench{t: t, key: lockKey(t, name)}
	return b.seal("site", b.bundleFor(1, nil))
}

// TestUpdateCardPulledAway takes the card away at every command: the lock says
// that it left, works on with a whole bundle, and the next laying ends it.
func TestUpdateCardPulledAway(t *testing.T) {
	b := newBench(t, Config{})
	mustBe(t, "bundle", b.send("site", 1, nil), nil)
	sequence := uint32(1)
	for n := 1; ; n++ {
		sequence++
		card := updateCard(t, softcard.EV3, b.sealed("site", sequence))
		card.Reset()
		card.Arm(softcard.LeaveBefore(n))
		_, _, refused, err := b.TryCard(t.Context(), card)
		if err == nil {
			if n < 10 {
				t.Errorf("only %d commands", n)
			}
			return
		}
		if !nfc.IsLine(err) || refused != nil {
			t.Fatal(err, refused)
		}
		if s := b.Sequence(); s != sequence && s != sequence-1 {
			t.Fatalf("sequence %d", s)
		}
		card.Disarm()
		card.Return()
		d, is, refused, err := b.TryCard(t.Context(), card)
		if !is || refused != nil || err != nil || d.Reason != CardApplied && d.Reason != CardKnown {
			t.Fatal(d, is, refused, err)
		}
		if b.Sequence() != sequence || b.cardReceipt(card) != sequence {
			t.Fatalf("laid again: sequence %d, receipt %d, want %d", b.Sequence(), b.cardReceipt(card), sequence)
		}
	}
}

// TestTornCardAtTheDoor: a card that the desk has not finished is told, and a
// key tag is never asked for bundles.
func TestTornCardAtTheDoor(t *testing.T) {
	b := newBench(t, Config{})
	card, err := softcard.New(softcard.Config{})
	mustBe(t, "card", err, nil)
	c, err := updatecard.Site{Custody: cardCustody{}, Tags: keytag.DefaultAID}.Recognise(card)
	if err == nil {
		_, err = c.Clear()
	}
	mustBe(t, "clearing", err, nil)
	card.Reset()
	d, is, refused, err := b.TryCard(t.Context(), card)
	if d.Reason != CardUnfinished || d.Open || !is || refused != nil || err != nil {
		t.Error(d, is, refused, err)
	}
	tag := homeTag(t, 3, 0, 0)
	tag.ResetCount()
	_, is, _, err = b.TryCard(t.Context(), tag)
	if n, _, _ := tag.Count(); is || err != nil || n != 1 {
		t.Errorf("a key tag: %v after %d commands, %v", is, n, err)
	}
}

// remote is a carrier that nobody brings by hand.
type remote struct {
	data   []byte
	signer bundle.SignerKey
	left   *bundle.Receipt
}

func (r *remote) Bundles(context.Context, bundle.LockName) ([][]byte, error) {
	return [][]byte{r.data}, nil
}

func (r *remote) Leave(_ context.Context, _ bundle.LockName, got bundle.Receipt) error {
	r.left = &got
	return nil
}

func (r *remote) Vouches(signer bundle.SignerKey) bool { return signer == r.signer }

// TestFirstSignerByHand: a network cannot make itself the master of a lock
// that trusts nobody yet, or was reset; afterwards it is a carrier like others.
func TestFirstSignerByHand(t *testing.T) {
	b := newBench(t, Config{})
	net := &remote{data: b.seal("thief", b.bundleFor(1, nil))}
	for range 2 {
		_, applied, err := b.Exchange(t.Context(), net)
		if applied || !errors.Is(err, bundle.ErrSigner) || b.Sequence() != 0 {
			t.Fatal(applied, err)
		}
		mustBe(t, "reset", b.Reset(), nil)
	}
	net.signer = signerKey("site") // as the installer wrote it down
	_, applied, err := b.Exchange(t.Context(), net)
	if applied || !errors.Is(err, bundle.ErrSigner) || net.left != nil {
		t.Fatal(applied, err)
	}
	net.data = b.seal("site", b.bundleFor(1, nil))
	if found, applied, err := b.Exchange(t.Context(), net); !found || !applied || err != nil || net.left == nil {
		t.Fatal(found, applied, err)
	}
	net.signer, net.data = bundle.SignerKey{}, b.seal("site", b.bundleFor(2, nil))
	if _, applied, err := b.Exchange(t.Context(), net); !applied || err != nil {
		t.Fatal(applied, err)
	}
}
