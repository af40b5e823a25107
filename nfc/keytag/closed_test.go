package keytag_test

import (
	"errors"
	"testing"

	"sleutelbord/nfc"
	"sleutelbord/nfc/desfire"
	"sleutelbord/nfc/keytag"
	"sleutelbord/nfc/softcard"
)

// TestClosedDirectory: a DESFire whose directory wants a key is somebody's, and
// no key is tried on it.
func TestClosedDirectory(t *testing.T) {
	for _, chip := range chips {
		c := blank(t, softcard.Config{Chip: chip, PICCKeyAES: true})
		s, err := zeroSession(desfire.New(c))
		if err != nil {
			t.Fatal(err)
		}
		for _, err := range []error{
			s.CreateApplication(desfire.AID{1, 2, 3}, 0x0F, 1, desfire.TypeAES),
			s.ChangeKeySettings(0x09),
			s.ChangeKey(0, desfire.NewAESKey([16]byte{1, 2, 3}, 7), desfire.ZeroAES),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
		for _, e := range []keytag.Expect{keytag.ExpectAnything, keytag.ExpectOurs} {
			l, err := ours.Recognise(lay(c), e)
			if err != nil || l.State != keytag.Locked {
				t.Errorf("%v with a closed directory is %+v, %v", chip, l, err)
			}
		}
		report, err := keytag.Check(lay(c), keytag.DefaultAID, nil)
		if err != nil || report.Ours || report.Passed() || len(report.Findings) != 1 || report.Findings[0].ID != keytag.FindDirectory {
			t.Errorf("%v with a closed directory: %+v, %v", chip, report, err)
		}
		if n := c.AuthenticationFailures(); n != 0 {
			t.Errorf("%v with a closed directory: %d wrong keys", chip, n)
		}
	}
}

// TestNumberRefused: a copy that does not know how to tell its number under
// protection is not shown to be genuine, and can be wiped all the same.
func TestNumberRefused(t *testing.T) {
	const getCardUID = 0x51
	for _, complete := range []bool{false, true} {
		c := blank(t, softcard.Config{Chip: softcard.EV3})
		writeFive(c)
		if !complete {
			lay(c).Arm(softcard.LeaveAfter(9))
			if tryWipe(c) == nil {
				t.Fatal("wiped in spite of everything")
			}
		}
		copied := nfc.TransceiverFunc(func(b []byte) ([]byte, error) {
			if b[1] == getCardUID {
				c.Arm(softcard.Refuse(1, 0x1C))
			}
			return c.Transmit(b)
		})
		lay(c)
		l, err := ours.Recognise(copied, keytag.ExpectAnything)
		if err != nil || l.Genuine != keytag.GenuineNo {
			t.Fatalf("a copy is %+v, %v", l, err)
		}
		if err := l.Wipe(keytag.Observer{}); err != nil {
			t.Errorf("wiping a copy: %v", err)
		}
	}
}

// TestNumberLost: what breaks on the way is no verdict over the chip.
func TestNumberLost(t *testing.T) {
	c := blank(t, softcard.Config{Chip: softcard.EV3})
	writeFive(c)
	for n := range length(t, c, act{run: look}) {
		lay(c).Arm(softcard.LoseAnswer(n + 1))
		if _, err := ours.Recognise(c, keytag.ExpectAnything); !errors.Is(err, nfc.ErrLine) {
			t.Errorf("answer %d lost: %v", n+1, err)
		}
	}
}
