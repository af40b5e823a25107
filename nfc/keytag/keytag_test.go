package keytag_test

import (
	"crypto/sha256"
	"fmt"
	"testing"

	"sleutelbord/nfc"
	"sleutelbord/nfc/desfire"
	"sleutelbord/nfc/keytag"
	"sleutelbord/nfc/softcard"
)

// custody derives from masters that are made of a site's name.
type custody string

func (c custody) Diversify(m keytag.Master, input [keytag.InputSize]byte) ([16]byte, error) {
	sum := sha256.Sum256([]byte(string(c) + m.String()))
	k := desfire.DiversifyAES128(desfire.NewAESKey([16]byte(sum[:16]), 0), input[:])
	return [16]byte(k.Reveal()), nil
}

func site(name string, locators ...byte) keytag.Site {
	if len(locators) == 0 {
		locators = []byte{1}
	}
	return keytag.Site{
		Keys:        keytag.Keys{Custody: custody(name), AID: keytag.DefaultAID, Locators: locators},
		PracticeKey: softcard.PracticePublicKey(),
	}
}

var ours = site("ours")

// record is a record of n slots.
func record(number byte, n int) keytag.Record {
	r := keytag.Record{Number: keytag.Number{0: number, 11: 0x77}}
	for i := range n {
		r.Slots = append(r.Slots, keytag.Claims{
			Zone: keytag.Zone(100 + i), Version: 1, Epoch: uint16(3 * i), Seat: uint16(8 * i), Generation: uint16(i), NotAfter: keytag.Day(i * 700),
		})
	}
	return r
}

func blank(t *testing.T, c softcard.Config) *softcard.Card {
	t.Helper()
	card, err := softcard.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return card
}

func recognise(t *testing.T, s keytag.Site, c nfc.Transceiver, e keytag.Expect) *keytag.Laid {
	t.Helper()
	l, err := s.Recognise(c, e)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// lay is one laying of the tag: it comes back after a power-on.
func lay(c *softcard.Card) *softcard.Card {
	c.Disarm()
	c.Return()
	c.Reset()
	return c
}

func issue(t *testing.T, s keytag.Site, c *softcard.Card, r keytag.Record) {
	t.Helper()
	if err := recognise(t, s, lay(c), keytag.ExpectAnything).Issue(r, keytag.Observer{}); err != nil {
		t.Fatal(err)
	}
}

var chips = []softcard.Chip{softcard.EV1, softcard.EV2, softcard.EV3}

func genuineOf(c softcard.Chip) keytag.Genuine {
	if c == softcard.EV1 {
		return keytag.GenuineUncertain
	}
	return keytag.GenuinePractice
}

func TestIssueInspectWipe(t *testing.T) {
	for _, chip := range chips {
		for _, aes := range []bool{false, true} {
			t.Run(fmt.Sprintf("%v aes=%v", chip, aes), func(t *testing.T) {
				c := blank(t, softcard.Config{Chip: chip, PICCKeyAES: aes})
				for round := range 3 {
					l := recognise(t, ours, lay(c), keytag.ExpectAnything)
					if l.State != keytag.Blank || l.Genuine != genuineOf(chip) {
						t.Fatalf("round %d: a blank tag is %s, %s", round, l.State, l.Genuine)
					}
					r := record(byte(round), 5)
					if err := l.Issue(r, keytag.Observer{}); err != nil {
						t.Fatal(err)
					}
					l = recognise(t, ours, lay(c), keytag.ExpectAnything)
					if l.State != keytag.Complete || l.Number != r.Number || len(l.Record.Slots) != 5 || l.Genuine != genuineOf(chip) {
						t.Fatalf("round %d: a written tag is %s, %s, %d slots", round, l.State, l.Genuine, len(l.Record.Slots))
					}
					report, err := keytag.Check(lay(c), keytag.DefaultAID, softcard.PracticePublicKey())
					if err != nil || !report.Passed() {
						t.Fatalf("check: %v %+v", err, report)
					}
					expect := keytag.ExpectOurs
					if round == 1 {
						expect = keytag.ExpectAnything
					}
					if err := recognise(t, ours, lay(c), expect).Wipe(keytag.Observer{}); err != nil {
						t.Fatal(err)
					}
				}
				if n := c.AuthenticationFailures(); n != 0 {
					t.Errorf("%d authentications with wrong keys", n)
				}
			})
		}
	}
}
