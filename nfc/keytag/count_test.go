package keytag_test

import (
	"testing"

	"sleutelbord/nfc/keytag"
	"sleutelbord/nfc/softcard"
)

// TestCommands holds the exact number of commands and bytes of every plan: a
// change here is a change of docs/tag.md.
func TestCommands(t *testing.T) {
	for _, c := range []struct {
		name           string
		chip           softcard.Chip
		aes            bool
		prepare        func(*softcard.Card)
		run            func(*softcard.Card) error
		commands       int
		toTag, fromTag int
	}{
		{"issue, five slots, factory-new EV1", softcard.EV1, false, nil, issueFive, 49, 1018, 682},
		{"issue, five slots, factory-new EV2", softcard.EV2, false, nil, issueFive, 50, 1115, 780},
		{"issue, five slots, factory-new EV3", softcard.EV3, false, nil, issueFive, 50, 1115, 780},
		{"issue, five slots, EV3 with AES key", softcard.EV3, true, nil, issueFive, 51, 1235, 854},
		{"wipe EV1", softcard.EV1, false, writeFive, tryWipe, 13, 240, 170},
		{"wipe EV2", softcard.EV2, false, writeFive, tryWipe, 12, 268, 224},
		{"wipe EV3", softcard.EV3, false, writeFive, tryWipe, 12, 268, 224},
		{"renew, five slots, EV1", softcard.EV1, false, writeFive, renewFive, 62, 1260, 992},
		{"renew, five slots, EV3", softcard.EV3, false, writeFive, renewFive, 65, 1461, 1206},
		{"recognise a blank EV3", softcard.EV3, false, nil, look, 8, 61, 118},
		{"issue, five slots, EV1 with AES key", softcard.EV1, true, nil, issueFive, 50, 1079, 724},
		{"recognise a blank EV1", softcard.EV1, false, nil, look, 7, 54, 60},
		{"inspect EV1", softcard.EV1, false, writeFive, look, 16, 168, 306},
		{"check without a key EV1", softcard.EV1, false, writeFive, check, 23, 149, 103},
		{"inspect EV3", softcard.EV3, false, writeFive, look, 19, 212, 448},
		{"check without a key EV3", softcard.EV3, false, writeFive, check, 23, 149, 103},
	} {
		card := blank(t, softcard.Config{Chip: c.chip, PICCKeyAES: c.aes})
		if c.prepare != nil {
			c.prepare(card)
		}
		lay(card).ResetCount()
		if err := c.run(card); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		commands, toTag, fromTag := card.Count()
		if commands != c.commands || toTag != c.toTag || fromTag != c.fromTag {
			t.Errorf("%s: %d commands, %d bytes to the tag, %d from it", c.name, commands, toTag, fromTag)
		}
	}
}

func issueFive(c *softcard.Card) error { return tryIssue(c, cutRecord) }

func renewFive(c *softcard.Card) error { return tryRenew(c, record(10, 5)) }

func writeFive(c *softcard.Card) {
	if err := issueFive(lay(c)); err != nil {
		panic(err)
	}
}

func look(c *softcard.Card) error {
	_, err := ours.Recognise(c, keytag.ExpectAnything)
	return err
}

func check(c *softcard.Card) error {
	_, err := keytag.Check(c, keytag.DefaultAID, nil)
	return err
}
