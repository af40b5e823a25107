package desfire

import (
	"errors"
	"testing"

	"sleutelbord/nfc"
)

// drip answers every frame with a few bytes and asks for the next, for ever.
type drip struct {
	bytes  int
	frames int
}

func (d *drip) Transmit([]byte) ([]byte, error) {
	d.frames++
	return append(make([]byte, d.bytes), 0x91, 0xAF), nil
}

// TestDrip: a tag that answers in crumbs is given up on as soon as it has had
// the frames that a whole answer could need.
func TestDrip(t *testing.T) {
	for name, c := range map[string]struct {
		act   func(*Card) error
		limit int // of the answer
		most  int // frames
	}{
		"reading 29 bytes":  {func(c *Card) error { _, err := c.ReadData(1, Plain, 0, 29); return err }, 29, 8},
		"reading 960 bytes": {func(c *Card) error { _, err := c.ReadData(1, Plain, 0, 960); return err }, 960, 66},
		"reading a chip":    {func(c *Card) error { _, err := c.ReadData(1, Plain, 0, 8192); return err }, 8192, 518},
		"list":              {func(c *Card) error { _, err := c.GetApplicationIDs(); return err }, 3 * maxAIDs, 3*maxAIDs/5 + 20},
		"version":           {func(c *Card) error { _, err := c.GetVersion(); return err }, 28, 16},
	} {
		for _, size := range []int{0, 1, 2, 15, 16} {
			d := &drip{bytes: size}
			if err := c.act(New(d)); !errors.Is(err, nfc.ErrProtocol) {
				t.Errorf("%s, %d bytes a frame: %v", name, size, err)
			}
			if d.frames > c.most {
				t.Errorf("%s, %d bytes a frame: %d frames, %d are enough", name, size, d.frames, c.most)
			}
		}
	}
}
