package softcard

import (
	"bytes"
	"errors"
	"testing"

	"sleutelbord/nfc"
)

// TestActivate: a new anticollision logs out and deselects; only losing the field
// draws a new random UID.
func TestActivate(t *testing.T) {
	x := blank(t, Config{Chip: EV1})
	c := x.c
	uid, ats, err := c.Activate()
	if err != nil || !bytes.Equal(uid, c.UID()) || !bytes.Equal(ats, defaultATS) {
		t.Fatalf("%X, %X, %v", uid, ats, err)
	}
	x.login()
	x.secret(0x5C, 0x00, []byte{configRandomUID})
	if uid, _, _ = c.Activate(); !bytes.Equal(uid, c.UID()) {
		t.Errorf("%X before the field was ever lost", uid)
	}
	x.scheme = 0
	x.wants(statusWrongKey, 0x51)
	c.Reset()
	first, _, _ := c.Activate()
	again, _, _ := c.Activate()
	if len(first) != 4 || first[0] != 0x08 || !bytes.Equal(first, again) {
		t.Errorf("random UID %X, then %X with the field on", first, again)
	}
	uid[0] ^= 0xFF // what is given is a copy
	c.Reset()
	if after, _, _ := c.Activate(); bytes.Equal(first, after) {
		t.Errorf("random UID %X again after the field was lost", after)
	}
	c.Arm(LeaveBefore(1))
	if _, err := c.Transmit([]byte{0x60}); !errors.Is(err, nfc.ErrTagRemoved) {
		t.Errorf("leaving: %v", err)
	}
	if _, _, err := c.Activate(); !errors.Is(err, nfc.ErrTagRemoved) {
		t.Errorf("away: %v", err)
	}
}
