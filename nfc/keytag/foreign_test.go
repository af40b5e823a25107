package keytag_test

import (
	"testing"

	"sleutelbord/nfc"
	"sleutelbord/nfc/desfire"
	"sleutelbord/nfc/keytag"
	"sleutelbord/nfc/softcard"
)

// zeroSession authenticates at chip level with whichever zero key the tag has.
func zeroSession(card *desfire.Card) (*desfire.Session, error) {
	if err := card.SelectApplication(desfire.PICCLevel); err != nil {
		return nil, err
	}
	s, err := card.GetKeySettings()
	if err != nil {
		return nil, err
	}
	if s.Type == desfire.TypeAES {
		return card.AuthenticateAES(0, desfire.ZeroAES)
	}
	return card.AuthenticateISO(0, desfire.ZeroDES)
}

// proveUsable uses a wiped tag as any other system would: an application of
// its own, whose keys are zero.
func proveUsable(t *testing.T, name string, c nfc.Transceiver) {
	t.Helper()
	card := desfire.New(c)
	s, err := zeroSession(card)
	if err != nil {
		t.Errorf("%s: another system: %v", name, err)
		return
	}
	settings, err := s.GetKeySettings()
	if err != nil || settings.Settings != keytag.BlankSettings {
		t.Errorf("%s: chip settings %02X, %v", name, settings.Settings, err)
	}
	aid := desfire.AID{0xF1, 0x23, 0x45}
	for _, err := range []error{
		s.CreateApplication(aid, 0x0F, 1, desfire.TypeAES),
		card.SelectApplication(aid),
	} {
		if err != nil {
			t.Errorf("%s: another system: %v", name, err)
			return
		}
	}
	if v, err := card.GetKeyVersion(0); err != nil || v != 0 {
		t.Errorf("%s: default key has version %d, %v", name, v, err)
	}
	if _, err := card.AuthenticateAES(0, desfire.ZeroAES); err != nil {
		t.Errorf("%s: default key is not zero: %v", name, err)
	}
}

func TestForeignTagsAreLeftAlone(t *testing.T) {
	transit := blank(t, softcard.Config{Chip: softcard.EV2})
	s, err := zeroSession(desfire.New(transit))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.CreateApplication(desfire.AID{1, 2, 3}, 0x0F, 1, desfire.TypeAES); err != nil {
		t.Fatal(err)
	}

	locked := blank(t, softcard.Config{Chip: softcard.EV3, PICCKeyAES: true})
	s, err = zeroSession(desfire.New(locked))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.ChangeKey(0, desfire.NewAESKey([16]byte{1, 2, 3}, 7), desfire.ZeroAES); err != nil {
		t.Fatal(err)
	}

	theirs := blank(t, softcard.Config{Chip: softcard.EV3})
	issue(t, site("theirs"), theirs, record(1, 2))

	newer := blank(t, softcard.Config{Chip: softcard.EV3})
	issue(t, site("ours", 2), newer, record(1, 2))

	for _, c := range []struct {
		name  string
		card  *softcard.Card
		state keytag.State
		wrong int
	}{
		{"transit card", transit, keytag.Foreign, 0},
		{"card with a key of its own", locked, keytag.Locked, 1},
		{"tag of another site", theirs, keytag.OtherSite, 1},
		{"tag of a locator that this site does not hold", newer, keytag.OtherSite, 0},
	} {
		for _, e := range []keytag.Expect{keytag.ExpectAnything, keytag.ExpectOurs} {
			before := c.card.AuthenticationFailures()
			l := recognise(t, ours, lay(c.card), e)
			if l.State != c.state {
				t.Errorf("%s is %s", c.name, l.State)
			}
			if n := c.card.AuthenticationFailures() - before; n > 2 || e == keytag.ExpectAnything && n != c.wrong {
				t.Errorf("%s: %d wrong keys", c.name, n)
			}
			if err := l.Issue(record(1, 1), keytag.Observer{}); err == nil {
				t.Errorf("%s was written", c.name)
			}
			if err := l.Wipe(keytag.Observer{}); err == nil {
				t.Errorf("%s was wiped", c.name)
			}
		}
	}
}
