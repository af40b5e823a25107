package keytag_test

import (
	"errors"
	"testing"

	"sleutelbord/nfc/keytag"
	"sleutelbord/nfc/softcard"
)

// TestRenew writes a tag anew with the next locator version, and once more with
// the one before; what shows without a key is that of any tag of the version.
func TestRenew(t *testing.T) {
	both := site("ours", 2, 1)
	for _, chip := range chips {
		c := blank(t, softcard.Config{Chip: chip})
		issue(t, ours, c, record(1, 5))
		for i, version := range []byte{2, 1, 0} {
			l := recognise(t, both, lay(c), keytag.ExpectAnything)
			if version != 0 {
				if err := l.WriteLocator(version); err != nil {
					t.Fatal(err)
				}
			}
			r := record(byte(20+i), 3+i)
			if err := l.Renew(r, keytag.Observer{}); err != nil {
				t.Fatal(err)
			}
			want := version
			if want == 0 {
				want = 2
			}
			l = recognise(t, both, lay(c), keytag.ExpectAnything)
			if l.State != keytag.Complete || l.Number != r.Number || l.Locator() != want || len(l.Record.Slots) != len(r.Slots) {
				t.Errorf("%v: the tag that was written anew is %s, %v, locator %d", chip, l.State, l.Number, l.Locator())
			}
			report, err := keytag.Check(lay(c), keytag.DefaultAID, softcard.PracticePublicKey())
			if err != nil || !report.Passed() {
				t.Errorf("%v: check: %v %+v", chip, err, report)
			}
		}
		if l := recognise(t, ours, lay(c), keytag.ExpectAnything); l.State != keytag.OtherSite {
			t.Errorf("%v: without locator version 2 the tag is %s", chip, l.State)
		}
	}
}

func TestRenewRefused(t *testing.T) {
	c := blank(t, softcard.Config{Chip: softcard.EV3})
	l := recognise(t, ours, lay(c), keytag.ExpectAnything)
	if err := l.Renew(record(1, 1), keytag.Observer{}); !errors.Is(err, keytag.ErrState) {
		t.Errorf("a blank tag: %v", err)
	}
	issue(t, ours, c, record(1, 2))
	l = recognise(t, ours, lay(c), keytag.ExpectOurs)
	if err := l.Renew(record(2, 1), keytag.Observer{}); !errors.Is(err, keytag.ErrState) {
		t.Errorf("with the short look: %v", err)
	}
	l = recognise(t, ours, lay(c), keytag.ExpectAnything)
	if err := l.Renew(record(1, 1), keytag.Observer{}); !errors.Is(err, keytag.ErrState) {
		t.Errorf("with the same number: %v", err)
	}
	if err := l.Renew(record(2, 13), keytag.Observer{}); err == nil {
		t.Error("with thirteen slots")
	}
	if err := l.WriteLocator(9); err == nil {
		t.Error("with a locator that the site does not have")
	}
	stop := errors.New("stop")
	err := l.Renew(record(2, 1), keytag.Observer{Begin: func(int, int, keytag.StepName) error { return stop }})
	if !errors.Is(err, stop) || l.State != keytag.Complete {
		t.Errorf("stopped before the first command: %v, %s", err, l.State)
	}
	proveGood(t, "left alone", lay(c), record(1, 2).Number)
}
