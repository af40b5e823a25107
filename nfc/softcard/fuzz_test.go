package softcard

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// script is how the fuzzer writes several commands into one input: a length byte
// before each. Length 255 resets the card.
func script(commands ...[]byte) []byte {
	var b []byte
	for _, c := range commands {
		b = append(append(b, byte(len(c))), c...)
	}
	return b
}

// fuzzCard has an application of free access with a file of every type, and one
// with keys.
func fuzzCard(t testing.TB, chip Chip) *Card {
	c := isoCard(t, chip)
	c.random = zeros{}
	x := newTerminal(t, c)
	x.enter(9, 9, 9)
	x.must(0xCD, 1, 3, 0x00, 0x00, 200, 0, 0)
	x.must(0xCC, 2, 1, 0x0E, 0xEE, 0, 0, 0, 0, 9, 0, 0, 0, 5, 0, 0, 0, 3)
	x.must(0xC0, 3, 0, 0xEE, 0xEE, 5, 0, 0, 4, 0, 0)
	x.enter(0, 0, 0)
	return c
}

// zeros is a random source that a fuzzer can follow: all its sessions have the
// same keys.
type zeros struct{}

func (zeros) Read(b []byte) (int, error) {
	clear(b)
	return len(b), nil
}

func seeds(f *testing.F) {
	for _, name := range []string{"ev1-wrapped-transcripts.json", "ev3-card-transcripts.json"} {
		var v struct{ Transcripts []transcript }
		vectors(f, name, &v)
		for _, tr := range v.Transcripts {
			var all [][]byte
			for _, op := range tr.Ops {
				for _, fr := range append(op.APDUs, op.Frames...) {
					all = append(all, unhex(f, fr[0]))
				}
			}
			f.Add(byte(len(all)), script(all...))
		}
	}
	// With zeros for challenges and the DES zero key, a fixed second step opens
	// a session: the deciphered challenges are known.
	block := newBlock(kindDES, make([]byte, 16))
	token := decipherToSend(block, make([]byte, 16))
	f.Add(byte(0), script([]byte{0x5A, 9, 9, 9}, []byte{0x0A, 0}, join([]byte{0xAF}, token),
		[]byte{0xBD, 1, 0, 0, 0, 0, 0, 0}, []byte{0xAF}, []byte{0xAF}, []byte{0xAF}, []byte{0xAF}))
	first, iv := encrypt(block, make([]byte, 8), make([]byte, 8))
	token, _ = encrypt(block, iv, make([]byte, 16))
	f.Add(byte(1), script([]byte{0x5A, 9, 9, 9}, []byte{0x1A, 0}, join([]byte{0xAF}, token), []byte{0x6F}, []byte{0x6C, 2}, first))
	f.Add(byte(2), script([]byte{0x5A, 1, 2, 3}, unhex(f, "3d01000000100000"), unhex(f, "af"), []byte{0xC7}, []byte{0xA7}))
	f.Add(byte(2), script(unhex(f, "00a4040003415050"), unhex(f, "00a4020c02e104"), unhex(f, "00e20000020102"), unhex(f, "00b2000500")))
}

// FuzzTransmit: whatever comes, the card answers with at least a status, never
// panics, never grows past its memory, and stays a card that its own file format
// takes.
func FuzzTransmit(f *testing.F) {
	seeds(f)
	var cards []*Card
	for _, chip := range chips {
		cards = append(cards, fuzzCard(f, chip))
	}
	f.Fuzz(func(t *testing.T, which byte, b []byte) {
		c := cards[int(which)%len(cards)].Clone()
		for len(b) > 0 {
			if b[0] == 0xFF {
				c.Reset()
				b = b[1:]
				continue
			}
			n := min(int(b[0]), len(b)-1)
			answer, err := c.Transmit(b[1 : 1+n])
			if err != nil || len(answer) == 0 || len(answer) > longestAnswer+2 {
				t.Fatalf("command %X: answer %X, %v", b[1:1+n], answer, err)
			}
			b = b[1+n:]
		}
		sane(t, c)
	})
}

// sane checks that the card is one that a file can hold, within its memory.
func sane(t *testing.T, c *Card) {
	t.Helper()
	if free := c.image.free(); free < 0 || free > blocks[c.image.memory]*blockSize {
		t.Fatalf("%d bytes free", free)
	}
	b, err := encodeImage(c.image)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := decodeImage(b); err != nil {
		t.Fatalf("%v: %s", err, b)
	}
	if len(b) > 100_000 {
		t.Fatalf("image of %d bytes", len(b))
	}
	if c.inbound != nil && len(c.inbound.body) > 16*c.image.memory {
		t.Fatalf("%d bytes gathered", len(c.inbound.body))
	}
}

// TestNoise sends many commands of known instructions with random parameters, by
// a fixed seed: more of the chip is reached in a test run than bytes alone would.
func TestNoise(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	var known []byte
	for ins := range 256 {
		if _, ok := commands[byte(ins)]; ok {
			known = append(known, byte(ins))
		}
	}
	answers := map[byte]int{}
	for _, chip := range chips {
		c := fuzzCard(t, chip)
		for range 30000 {
			command := []byte{known[rnd.IntN(len(known))]}
			switch rnd.IntN(12) {
			case 0:
				command = join([]byte{0x5A}, [][]byte{{9, 9, 9}, {1, 2, 3}, {0, 0, 0}}[rnd.IntN(3)])
			case 1:
				command = []byte{0xAF}
			default:
				for range rnd.IntN(20) {
					command = append(command, [...]byte{0, 1, 2, 3, 4, 0xE, 0xEE, byte(rnd.Uint32())}[rnd.IntN(8)])
				}
			}
			got, err := c.Transmit(command)
			if err != nil || len(got) == 0 {
				t.Fatalf("%X: %X, %v", command, got, err)
			}
			answers[got[0]]++
		}
		sane(t, c)
	}
	for _, st := range []status{statusOK, statusMore, statusIllegal, statusLength, statusWrongKey, statusBoundary, statusNoFile, statusParameter} {
		if answers[byte(st)] == 0 {
			t.Errorf("status %02X never came", byte(st))
		}
	}
	t.Logf("%d kinds of answers", len(answers))
}

func BenchmarkAuthenticateAndRead(b *testing.B) {
	x := blank(b, Config{Chip: EV3})
	x.must(0xCA, 1, 2, 3, 0x0F, 0x8E)
	x.enter(1, 2, 3)
	x.login()
	x.must(0xCD, 1, 3, 0x00, 0x00, 160, 0, 0)
	want := bytes.Repeat([]byte{0}, 160)
	for b.Loop() {
		x.enter(1, 2, 3)
		x.login()
		x.readBack(full, isoLE(1, 0, 160), want)
	}
}

func BenchmarkClone(b *testing.B) {
	c := fuzzCard(b, EV3)
	for b.Loop() {
		c.Clone()
	}
}
