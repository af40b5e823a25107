package desfire

import (
	"errors"
	"slices"
	"testing"

	"sleutelbord/nfc"
)

// guarded tells whether a change to the answer's data cannot go unseen.
func guarded(ch channel, c command) bool {
	switch ch.(type) {
	case *d40:
		return c.in == guardMAC || c.in == guardFull
	case *ev1:
		return c.in != guardNone
	default:
		return c.in != guardNone && c.in != guardPlain
	}
}

// fault changes the APDUs of a right answer into all the wrong answers of one
// kind.
type fault struct {
	name string
	// blind: only to be seen where the answer is guarded.
	blind bool
	make  func(apdus [][]byte) [][][]byte
}

func copyAll(apdus [][]byte) [][]byte {
	out := make([][]byte, len(apdus))
	for i := range apdus {
		out[i] = slices.Clone(apdus[i])
	}
	return out
}

func faults() []fault {
	return []fault{
		{"a flipped bit in each byte of data", true, func(apdus [][]byte) (all [][][]byte) {
			for i, a := range apdus {
				for j := range len(a) - 2 {
					wrong := copyAll(apdus)
					wrong[i][j] ^= 1 << (j % 8)
					all = append(all, wrong)
				}
			}
			return all
		}},
		{"a flipped bit of the last status", false, func(apdus [][]byte) (all [][][]byte) {
			for bit := range 16 {
				wrong := copyAll(apdus)
				last := wrong[len(wrong)-1]
				last[len(last)-2+bit/8] ^= 1 << (bit % 8)
				all = append(all, wrong)
			}
			return all
		}},
		{"cut to each shorter length", true, func(apdus [][]byte) (all [][][]byte) {
			for n := range len(apdus[len(apdus)-1]) - 2 {
				wrong := copyAll(apdus)
				last := wrong[len(wrong)-1]
				wrong[len(wrong)-1] = append(slices.Clone(last[:n]), 0x91, 0x00)
				all = append(all, wrong)
			}
			return all
		}},
		{"no status word", false, func(apdus [][]byte) [][][]byte {
			return [][][]byte{{{}}, {{0x91}}, append(copyAll(apdus[:len(apdus)-1]), []byte{0x00})}
		}},
		{"bytes too many", true, func(apdus [][]byte) (all [][][]byte) {
			for _, n := range []int{1, 8, 16, 100} {
				wrong := copyAll(apdus)
				last := wrong[len(wrong)-1]
				wrong[len(wrong)-1] = append(append(last[:len(last)-2:len(last)-2], make([]byte, n)...), 0x91, 0x00)
				all = append(all, wrong)
			}
			return all
		}},
		{"an empty frame more", false, func(apdus [][]byte) [][][]byte {
			return [][][]byte{append([][]byte{{0x91, 0xAF}}, copyAll(apdus)...)}
		}},
		{"a frame of zeros more", true, func(apdus [][]byte) [][][]byte {
			return [][][]byte{append([][]byte{append(make([]byte, 16), 0x91, 0xAF)}, copyAll(apdus)...)}
		}},
		{"an endless chain", false, func([][]byte) [][][]byte {
			return [][][]byte{slices.Repeat([][]byte{{0x00, 0x91, 0xAF}}, 200_000)}
		}},
		{"refusals", false, func([][]byte) (all [][][]byte) {
			for _, st := range []byte{0x0E, 0x1C, 0x1E, 0x40, 0x7E, 0x9D, 0x9E, 0xA0, 0xAE, 0xBE, 0xCA, 0xDE, 0xEE, 0xF0, 0x55} {
				all = append(all, [][]byte{{0x91, st}})
			}
			return append(all, [][]byte{{0x6D, 0x00}}, [][]byte{{0x67, 0x00}}, [][]byte{{0x90, 0x00}})
		}},
	}
}

// TestFaults: no wrong answer to any command in any session is taken, and the
// session is over afterwards.
func TestFaults(t *testing.T) {
	tried := 0
	for _, g := range generations() {
		for _, c := range calls(g.kind) {
			if c.refuses(g) {
				continue
			}
			right, safe := rightAnswer(t, g, c)
			for _, f := range faults() {
				if f.blind && !safe {
					continue
				}
				for i, wrong := range f.make(right) {
					s, p := c.prepared(t, g)
					p.mangle = func([][]byte) [][]byte { return wrong }
					_, err := c.do(s)
					checkFault(t, g.name+"/"+c.name+"/"+f.name, i, s, err)
					tried++
				}
			}
		}
	}
	t.Logf("%d wrong answers", tried)
}

func rightAnswer(t *testing.T, g generation, c call) (apdus [][]byte, safe bool) {
	t.Helper()
	s, p := c.prepared(t, g)
	p.mangle = func(a [][]byte) [][]byte {
		apdus, safe = copyAll(a), guarded(p.twin, p.expect)
		return a
	}
	if _, err := c.do(s); err != nil {
		t.Fatalf("%s/%s: %v", g.name, c.name, err)
	}
	return apdus, safe
}

func checkFault(t *testing.T, what string, i int, s *Session, err error) {
	t.Helper()
	var refusal *nfc.StatusError
	switch {
	case err == nil:
		t.Errorf("%s %d: taken", what, i)
	case s.alive():
		t.Errorf("%s %d: session goes on after %v", what, i, err)
	case !errors.Is(err, nfc.ErrProtocol) && !errors.As(err, &refusal):
		t.Errorf("%s %d: neither refusal nor protocol: %v", what, i, err)
	case errors.Is(err, nfc.ErrProtocol) && errors.As(err, &refusal):
		t.Errorf("%s %d: both refusal and protocol: %v", what, i, err)
	}
}

// TestFaultsWhileSending: the tag answers before the whole command is said.
func TestFaultsWhileSending(t *testing.T) {
	for name, answers := range map[string][][]byte{
		"done early":          {{0x91, 0x00}},
		"done early, data":    {{1, 2, 3, 0x91, 0x00}},
		"data while sending":  {{1, 2, 3, 0x91, 0xAF}, {0x91, 0x00}},
		"waits for more":      {{0x91, 0xAF}, {0x91, 0xAF}},
		"waits with data":     {{0x91, 0xAF}, {1, 0x91, 0xAF}, {0x91, 0xAF}},
		"no status at second": {{0x91, 0xAF}, {}},
	} {
		card := New(&script{answers: answers})
		err := card.WriteData(1, Plain, 0, make([]byte, 80))
		if !errors.Is(err, nfc.ErrProtocol) {
			t.Errorf("%s: %v", name, err)
		}
	}
	card := New(&script{answers: [][]byte{{0x91, 0xAF}, {0x91, 0xEE}}})
	err := card.WriteData(1, Plain, 0, make([]byte, 80))
	var refusal *nfc.StatusError
	if !errors.As(err, &refusal) || refusal.Command != 0x3D || !errors.Is(err, nfc.ErrTagFault) {
		t.Errorf("refusal of the second frame: %v", err)
	}
}

// script answers what it is told to, whatever it is asked.
type script struct {
	answers [][]byte
	sent    [][]byte
}

func (s *script) Transmit(cmd []byte) ([]byte, error) {
	s.sent = append(s.sent, slices.Clone(cmd))
	if len(s.answers) == 0 {
		return nil, nfc.ErrTagRemoved
	}
	a := s.answers[0]
	s.answers = s.answers[1:]
	return a, nil
}

// TestUnpaddedRest: data and checksum that fill the blocks exactly, without
// padding, when the length was left to the chip.
func TestUnpaddedRest(t *testing.T) {
	for _, g := range generations()[:6] {
		n := 8
		if g.kind == TypeAES {
			n = 16
		}
		plain := record[:4*n-4]
		if _, legacy := g.open().(*d40); legacy {
			plain = record[:4*n-2]
		}
		read := func(tail []byte) error {
			s, p := g.session(t)
			p.answer = func(c command) []byte { return plain }
			p.mangle = func([][]byte) [][]byte {
				twin := g.open()
				if _, err := twin.protect(p.expect); err != nil {
					t.Fatal(err)
				}
				c := p.expect
				c.marked = false
				sealed := answerOf(twin, c, plain)
				return p.cut(append(sealed, tail...))
			}
			b, err := s.ReadData(1, Full, 0, 0)
			if err == nil && !slices.Equal(b, plain) {
				t.Errorf("%s: read %x", g.name, b)
			}
			return err
		}
		if err := read(nil); err != nil {
			t.Errorf("%s: %v", g.name, err)
		}
		if err := read(make([]byte, n)); !errors.Is(err, nfc.ErrProtocol) {
			t.Errorf("%s with a block more: %v", g.name, err)
		}
	}
}
