package identify_test

import (
	"errors"
	"testing"

	"sleutelbord/nfc"
	"sleutelbord/nfc/identify"
	"sleutelbord/nfc/identify/identifytest"
	"sleutelbord/nfc/softcard"
)

// TestThings lays everything on a reader that people lay there: each is named,
// by few commands that carry no key, and storage cards by none.
func TestThings(t *testing.T) {
	seen := map[identify.What]bool{}
	for _, thing := range identifytest.Things() {
		r := identifytest.NewReader(thing)
		what, err := identify.Look(r)
		if err != nil || what != thing.What {
			t.Errorf("%s is %q, %v", thing.Name, what, err)
		}
		seen[what] = true
		sent := r.Sent()
		if c := identifytest.Harmful(sent); c != nil {
			t.Errorf("%s was sent % X", thing.Name, c)
		}
		if len(sent) > identify.MaxCommands {
			t.Errorf("%s was sent %d commands", thing.Name, len(sent))
		}
		if identify.FromATR(r.ATR()) == what && len(sent) > 0 {
			t.Errorf("%s was sent %d commands although its answer to reset names it", thing.Name, len(sent))
		}
	}
	for _, w := range identify.All() {
		if !seen[w] {
			t.Errorf("no thing is a %s", w)
		}
	}
	t.Logf("%d things", len(identifytest.Things()))
}

// A DESFire that can be used is nothing to this package, after its version.
func TestUsableDESFire(t *testing.T) {
	for _, chip := range []softcard.Chip{softcard.EV1, softcard.EV2, softcard.EV3} {
		card, err := softcard.New(softcard.Config{Chip: chip})
		if err != nil {
			t.Fatal(err)
		}
		what, err := identify.Look(card)
		if commands, _, _ := card.Count(); err != nil || what != identify.Nothing || commands != 3 {
			t.Errorf("%v is %q after %d commands, %v", chip, what, commands, err)
		}
	}
}

// The line may break at every command; its error comes back.
func TestTakenAway(t *testing.T) {
	for _, thing := range identifytest.Things() {
		whole := identifytest.NewReader(thing)
		if _, err := identify.Look(whole); err != nil {
			t.Fatal(err)
		}
		for at := range whole.Sent() {
			r, n := identifytest.NewReader(thing), 0
			_, err := identify.Look(nfc.TransceiverFunc(func(c []byte) ([]byte, error) {
				if n++; n > at {
					return nil, nfc.ErrTagRemoved
				}
				return r.Transmit(c)
			}))
			if !errors.Is(err, nfc.ErrTagRemoved) {
				t.Errorf("%s, taken away at command %d: %v", thing.Name, at+1, err)
			}
		}
	}
}

func TestATRsThatAreNone(t *testing.T) {
	for _, atr := range [][]byte{
		nil,
		{0x3B},
		{0x3B, 0x81, 0x80, 0x01, 0x80, 0x80},
		{0x3B, 0x8F, 0x80, 0x01, 0x80, 0x4F, 0x0C, 0xA0, 0x00, 0x00, 0x03, 0x06, 0x03, 0x00},
		{0x3B, 0x8F, 0x80, 0x01, 0x80, 0x4F, 0x0C, 0xA0, 0x00, 0x00, 0x03, 0x07, 0x03, 0x00, 0x01, 0, 0, 0, 0, 0x6B},
		{0x3B, 0x8F, 0x80, 0x01, 0x80, 0x4F, 0x0C, 0xA0, 0x00, 0x00, 0x03, 0x06, 0x04, 0x00, 0x00, 0, 0, 0, 0, 0x6C},
	} {
		if w := identify.FromATR(atr); w != identify.Nothing {
			t.Errorf("% X is %s", atr, w)
		}
	}
}

// FuzzLook lets a card answer anything: it gets harmless commands only, and
// never more than the most.
func FuzzLook(f *testing.F) {
	for _, thing := range identifytest.Things() {
		r := identifytest.NewReader(thing)
		var said []byte
		_, err := identify.Look(nfc.TransceiverFunc(func(c []byte) ([]byte, error) {
			b, err := r.Transmit(c)
			said = append(append(said, byte(len(b))), b...)
			return b, err
		}))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(r.ATR(), said)
	}
	known := map[identify.What]bool{identify.Nothing: true}
	for _, w := range identify.All() {
		known[w] = true
	}
	f.Fuzz(func(t *testing.T, atr, said []byte) {
		card := &scripted{atr: atr, said: said}
		what, err := identify.Look(card)
		if err != nil || !known[what] {
			t.Errorf("%q, %v", what, err)
		}
		if c := identifytest.Harmful(card.sent); c != nil || len(card.sent) > identify.MaxCommands {
			t.Errorf("%d commands, % X among them", len(card.sent), c)
		}
	})
}

// scripted answers what stands in said, each answer behind its length.
type scripted struct {
	atr, said []byte
	sent      [][]byte
}

func (s *scripted) ATR() []byte { return s.atr }

func (s *scripted) Transmit(c []byte) ([]byte, error) {
	s.sent = append(s.sent, c)
	if len(s.said) == 0 {
		return nil, nil
	}
	n := min(int(s.said[0]), len(s.said)-1)
	answer := s.said[1 : 1+n]
	s.said = s.said[1+n:]
	return answer, nil
}
