package updatecard_test

import (
	"errors"
	"fmt"
	"testing"

	"sleutelbord/lock/bundle"
	"sleutelbord/lock/carrier"
	"sleutelbord/lock/carrier/updatecard"
	"sleutelbord/nfc"
	"sleutelbord/nfc/keytag"
	"sleutelbord/nfc/softcard"
)

var cuts = []struct {
	name  string
	fault func(n int) softcard.Fault
}{
	{"leaves before", softcard.LeaveBefore},
	{"leaves after", softcard.LeaveAfter},
	{"loses the answer of", softcard.LoseAnswer},
	{"corrupts the answer of", softcard.Corrupt},
	{"damages", softcard.CorruptCommand},
}

// act is something that the desk does with a card, and that can be cut.
type act struct {
	name    string
	prepare func(t *testing.T, c *softcard.Card)
	run     func(c *softcard.Card) error
	// prove is what holds after success.
	prove func(t *testing.T, what string, c *softcard.Card)
}

func erase(c *softcard.Card) error {
	card, err := ours.Recognise(c)
	if err != nil {
		return err
	}
	return card.Erase()
}

func acts(old, fresh []carrier.Sealed) []act {
	again := func(c *softcard.Card) error {
		n, err := write(ours, c, fresh)
		if err == nil && n < len(fresh) {
			// A damaged size reads as a chip that is full, and is told.
			err = nfc.ErrNoSpace
		}
		return err
	}
	written := func(t *testing.T, c *softcard.Card) { mustWrite(t, c, old) }
	good := func(t *testing.T, what string, c *softcard.Card) { carries(t, what, c, fresh) }
	return []act{
		{"write", func(*testing.T, *softcard.Card) {}, again, good},
		{"write again", written, again, good},
		{"erase", written, erase, isBlank},
	}
}

// isBlank: any other system can use the card.
func isBlank(t *testing.T, what string, c *softcard.Card) {
	t.Helper()
	card, err := theirs.Recognise(lay(c))
	if err != nil || card.State != updatecard.Blank {
		t.Fatalf("%s: to others it is %v, %v", what, card, err)
	}
	if n, err := write(theirs, lay(c.Clone()), sealedFor(t, 1, 0, 1)); err != nil || n != 1 {
		t.Fatalf("%s: others cannot write it: %v", what, err)
	}
}

// TestCuts cuts every act at every command. Whatever the card is then, no lock
// takes anything but a whole bundle from it, the desk writes it again, and
// erases it again, and never tries more than two keys.
func TestCuts(t *testing.T) {
	old, fresh := sealedFor(t, 2, 0, 1), sealedFor(t, 2, 3, 2)
	total := 0
	for _, chip := range chips {
		for _, aes := range []bool{false, true} {
			for _, a := range acts(old, fresh) {
				base := blank(t, softcard.Config{Chip: chip, PICCKeyAES: aes})
				a.prepare(t, base)
				whole := lay(base.Clone())
				whole.ResetCount()
				mustBe(t, a.name, a.run(whole), nil)
				commands, _, _ := whole.Count()
				for _, c := range cuts {
					for n := 1; n <= commands; n += underRace {
						what := fmt.Sprintf("%v aes=%v %s: %s command %d of %d", chip, aes, a.name, c.name, n, commands)
						cutAt(t, what, lay(base.Clone()), a, c.fault(n), old, fresh)
						total++
					}
				}
			}
		}
	}
	t.Logf("%d cuts", total)
}

func cutAt(t *testing.T, what string, card *softcard.Card, a act, f softcard.Fault, old, fresh []carrier.Sealed) {
	t.Helper()
	wrong := func(before int) {
		if n := card.AuthenticationFailures() - before; n > 2 {
			t.Errorf("%s: %d wrong keys", what, n)
		}
	}
	failures := card.AuthenticationFailures()
	card.Arm(f)
	err := a.run(card)
	wrong(failures)
	if err == nil {
		a.prove(t, what+", done all the same", card)
		return
	}
	harmless(t, what, lay(card), old, fresh)
	failures = card.AuthenticationFailures()
	erased := lay(card.Clone())
	mustBe(t, what+": erasing after it", erase(erased), nil)
	isBlank(t, what+": erased", erased)
	mustWrite(t, card, fresh)
	wrong(failures)
	carries(t, what+": written again", card, fresh)
}

// harmless: a lock finds a whole bundle on a torn card, or none.
func harmless(t *testing.T, what string, card *softcard.Card, old, fresh []carrier.Sealed) {
	t.Helper()
	a, err := updatecard.OpenAtLock(card, keytag.DefaultAID)
	if errors.Is(err, updatecard.ErrNone) || errors.Is(err, updatecard.ErrUnfinished) {
		return
	}
	if err != nil {
		t.Fatalf("%s: at the lock: %v", what, err)
	}
	for i, b := range fresh {
		got, err := a.Bundles(t.Context(), b.Name)
		if err != nil {
			t.Fatalf("%s: at the lock: %v", what, err)
		}
		for _, data := range got {
			// Only where reading back was cut is a damaged frame still there.
			if _, err := bundle.ParseHeader(data); err == nil && string(data) != string(old[i].Data) && string(data) != string(b.Data) {
				if _, err := bundle.Verify(data, signerOf(t, b.Data)); err == nil {
					t.Fatalf("%s: a lock reads something else", what)
				}
			}
		}
	}
}

func signerOf(t *testing.T, data []byte) bundle.SignerKey {
	t.Helper()
	h, err := bundle.ParseHeader(data)
	if err != nil {
		t.Fatal(err)
	}
	return h.Signer
}

// TestCutsAtTheLock: a card that is pulled away at any command of the lock
// does its work when it is laid again.
func TestCutsAtTheLock(t *testing.T) {
	bundles := sealedFor(t, 3, 5, 1)
	door := bundles[1].Name
	receipt := bundle.NewReceipt(receiptKey, door.ID(), 1)
	visit := func(c *softcard.Card) error {
		a, err := updatecard.OpenAtLock(c, keytag.DefaultAID)
		if err != nil {
			return err
		}
		got, err := a.Bundles(t.Context(), door)
		if err != nil {
			return err
		}
		if len(got) != 1 || string(got[0]) != string(bundles[1].Data) {
			return bundle.ErrDamaged
		}
		return a.Leave(t.Context(), door, receipt)
	}
	for _, chip := range chips {
		base := blank(t, softcard.Config{Chip: chip})
		mustWrite(t, base, bundles)
		whole := lay(base.Clone())
		whole.ResetCount()
		mustBe(t, "visit", visit(whole), nil)
		commands, _, _ := whole.Count()
		if chip == softcard.EV3 {
			t.Logf("a lock sends %d commands for a bundle of %d bytes", commands, len(bundles[1].Data))
		}
		for _, c := range cuts {
			for n := 1; n <= commands; n++ {
				card := lay(base.Clone())
				card.Arm(c.fault(n))
				_ = visit(card) // whatever came of it, the next laying counts
				mustBe(t, fmt.Sprintf("%v %s command %d, laid again", chip, c.name, n), visit(lay(card)), nil)
				if n := card.AuthenticationFailures(); n != 0 {
					t.Errorf("a lock tried %d keys on an update card", n)
				}
			}
		}
		whole.ResetCount()
		mustBe(t, "second visit", visit(lay(whole)), nil)
		if again, _, _ := whole.Count(); again != commands-1 {
			t.Errorf("%d commands instead of %d: the same receipt is written again", again, commands-1)
		}
	}
}

// TestCrumbs: a card that answers in crumbs is given up.
func TestCrumbs(t *testing.T) {
	sent := 0
	crumbs := nfc.TransceiverFunc(func(command []byte) ([]byte, error) {
		sent++
		switch {
		case command[1] == 0x5A && command[5] == keytag.DefaultAID[2]:
			return []byte{0x91, 0xA0}, nil
		case command[1] == 0x5A:
			return []byte{0x91, 0x00}, nil
		}
		return []byte{0x00, 0x91, 0xAF}, nil
	})
	_, err := updatecard.OpenAtLock(crumbs, keytag.DefaultAID)
	mustBe(t, "crumbs", err, updatecard.ErrUnfinished)
	if sent > updatecard.MaxCommands {
		t.Errorf("%d commands, %d are the most", sent, updatecard.MaxCommands)
	}
}
