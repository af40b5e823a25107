package desfire

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"sleutelbord/nfc"
)

// fuzzParser: a parser takes any bytes without a panic; what it refuses is a
// protocol error.
func fuzzParser[T any](f *testing.F, parse func([]byte) (T, error), check func(*testing.T, []byte, T), seeds ...[]byte) {
	f.Helper()
	for _, s := range append(seeds, nil, make([]byte, 100)) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		before := slices.Clone(b)
		v, err := parse(b)
		if !bytes.Equal(b, before) {
			t.Error("the answer was changed")
		}
		switch {
		case err == nil:
			check(t, b, v)
		case !errors.Is(err, nfc.ErrProtocol):
			t.Errorf("%v", err)
		}
	})
}

func FuzzParseVersion(f *testing.F) {
	fuzzParser(f, parseVersion, func(t *testing.T, b []byte, v Version) {
		if v.StorageBytes() <= 0 || v.UID != [7]byte(b[14:]) || v.Chip() > EV3 {
			t.Errorf("%+v", v)
		}
	}, []byte("\x04\x01\x01\x33\x00\x18\x05\x04\x01\x01\x03\x00\x18\x05\x04\x64\xd5\x9a\xdd\x1e\x90\x21\x13\x62\x30\x30\x40\x24"))
}

func FuzzParseAIDs(f *testing.F) {
	fuzzParser(f, parseAIDs, func(t *testing.T, b []byte, aids []AID) {
		var again []byte
		for _, a := range aids {
			again = append(again, a.wire()...)
		}
		if !bytes.Equal(again, b) {
			t.Errorf("% X became %v", b, aids)
		}
	}, []byte{1, 0x3B, 0xF5}, []byte{1, 2, 3, 0, 0, 0})
}

func FuzzParseKeySettings(f *testing.F) {
	fuzzParser(f, parseKeySettings, func(t *testing.T, b []byte, k KeySettings) {
		if k.MaxKeys > 15 || k.Type.typeBits() != b[1]&0xC0 || k.Settings != b[0] {
			t.Errorf("% X became %+v", b, k)
		}
	}, []byte{0x0F, 0x01}, []byte{0x0B, 0x8E}, []byte{0x0B, 0x92, 0, 0, 2, 16, 0}, []byte{0, 0xC0})
}

func FuzzParseFileSettings(f *testing.F) {
	fuzzParser(f, parseFileSettings, func(t *testing.T, b []byte, s FileSettings) {
		if !s.Comm.valid() || !s.Access.valid() || !bytes.Equal(s.Access.wire(), b[2:4]) || s.Options&3 != 0 || s.Size < 0 {
			t.Errorf("% X became %+v", b, s)
		}
	}, []byte{0, 3, 0xFF, 0x1F, 160, 0, 0}, []byte{0, 0x80, 0x2E, 0x1F, 1, 0, 0, 1, 0x11, 0x22},
		[]byte{2, 3, 0x2E, 0x1F, 0xFF, 0xFF, 0xFF, 0xFF, 2, 0, 0, 0, 9, 9, 9, 9, 1}, []byte{3, 0, 0x2E, 0x1F, 4, 0, 0, 5, 0, 0, 6, 0, 0})
}

// FuzzForgedAnswer: an answer of any bytes to any command in any session is
// taken only if it is what the holder of the session's key says. gen and which
// choose session and command, flip is XORed into the right answer.
func FuzzForgedAnswer(f *testing.F) {
	gens := generations()
	n := len(calls(TypeAES))
	for g := range gens {
		for c := range n {
			f.Add(byte(g), byte(c), []byte{}, []byte{0x01})
		}
	}
	f.Add(byte(6), byte(8), []byte{0x91}, []byte{})
	f.Fuzz(func(t *testing.T, gen, which byte, tail, flip []byte) {
		g := gens[int(gen)%len(gens)]
		c := calls(g.kind)[int(which)%n]
		if c.refuses(g) {
			return
		}
		s, p := c.prepared(t, g)
		var forged []byte
		p.frame = 200
		p.mangle = func(apdus [][]byte) [][]byte {
			for _, a := range apdus {
				forged = append(forged, a[:len(a)-2]...)
			}
			for i := range min(len(flip), len(forged)) {
				forged[i] ^= flip[i]
			}
			forged = append(forged, tail...)
			return p.cut(forged)
		}
		var taken []byte
		run := s.run
		s.run = func(cmd command) ([]byte, error) {
			var err error
			taken, err = run(cmd)
			return taken, err
		}
		_, err := c.do(s)
		if err != nil {
			return
		}
		twin := g.open()
		if _, err := twin.protect(p.expect); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(answerOf(twin, p.expect, taken), forged) && !unpadded(g, p.expect, taken, forged) {
			t.Errorf("%s/%s: took %x as %x", g.name, c.name, forged, taken)
		}
	})
}

// unpadded: see [checkedPlain] about lengths left to the chip; and the answer
// to Read_Sig may be enciphered.
func unpadded(g generation, c command, plain, forged []byte) bool {
	twin := g.open()
	if _, err := twin.protect(c); err != nil {
		return false
	}
	if c.in == guardSigned {
		c.in = guardFull
	}
	c.marked = false
	return bytes.Equal(answerOf(twin, c, plain), forged)
}

// FuzzClient: a whole conversation with a tag that answers whatever it likes.
// Each byte of plan is one call on the card or the session that there is;
// answers are cut from the second argument, each led by its length.
func FuzzClient(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, []byte("\x02\x91\x00\x03\x42\x91\x00"))
	f.Add([]byte{0x40, 0x80, 0xC0, 0xC1, 3}, append(append([]byte{10}, record[:8]...), 0x91, 0xAF, 10, 1, 2, 3, 4, 5, 6, 7, 8, 0x91, 0x00))
	f.Add([]byte{0x80, 0x80}, bytes.Repeat([]byte{3, 0, 0x91, 0xAF}, 30))
	f.Fuzz(func(t *testing.T, plan, answers []byte) {
		line := &loose{answers: answers}
		card := New(line, WithRandom(bytes.NewReader(bytes.Repeat(record, 40))))
		var s *Session
		all := ways()
		for _, step := range plan[:min(len(plan), 64)] {
			switch {
			case step >= 0xF0:
				_ = card.SelectApplication(AID{step})
			case step >= 0xC0 || s == nil && step >= 0x80:
				w := all[int(step)%len(all)]
				if next, err := w.do(card, testKey(w.kind, step)); err == nil {
					s = next
				}
			case s != nil:
				list := calls(TypeAES)
				_, err := list[int(step)%len(list)].do(s)
				var refusal *nfc.StatusError
				if s.alive() && (errors.Is(err, nfc.ErrProtocol) || errors.As(err, &refusal) || nfc.IsLine(err)) {
					t.Errorf("session goes on after %v", err)
				}
			default:
				plainCall(card, step)
			}
		}
	})
}

func plainCall(card *Card, step byte) {
	switch step % 8 {
	case 0:
		_, _ = card.GetVersion()
	case 1:
		_, _ = card.GetApplicationIDs()
	case 2:
		_, _ = card.GetKeySettings()
	case 3:
		_, _ = card.GetFileSettings(1)
	case 4:
		_, _ = card.GetFileIDs()
	case 5:
		_, _ = card.ReadData(1, Plain, 0, 0)
	case 6:
		_ = card.WriteData(1, Plain, 0, record)
	case 7:
		_, _ = card.ReadSignature()
	}
}

// loose answers from a heap of bytes: a length, then that many.
type loose struct{ answers []byte }

func (l *loose) Transmit([]byte) ([]byte, error) {
	if len(l.answers) == 0 {
		return nil, nfc.ErrTagRemoved
	}
	n := min(int(l.answers[0]), len(l.answers)-1)
	a := l.answers[1 : 1+n]
	l.answers = l.answers[1+n:]
	return slices.Clone(a), nil
}
