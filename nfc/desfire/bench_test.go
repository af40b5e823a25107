package desfire

import (
	"testing"

	"sleutelbord/nfc"
)

// BenchmarkCommand is the client's own time for one command: protect, frame,
// collect, check. The tag answers at once from memory.
func BenchmarkCommand(b *testing.B) {
	for _, g := range generations() {
		for _, c := range calls(g.kind) {
			switch c.name {
			case "GetKeyVersion", "ReadData full", "WriteData full", "ChangeKey other":
				b.Run(g.name+"/"+c.name, func(b *testing.B) { benchmarkCall(b, g, c) })
			}
		}
	}
}

func benchmarkCall(b *testing.B, g generation, c call) {
	s, p := c.prepared(b, g)
	var apdus [][]byte
	line := nfc.TransceiverFunc(func(cmd []byte) ([]byte, error) {
		a, err := p.Transmit(cmd)
		apdus = append(apdus, a)
		return a, err
	})
	s.card.link.t = line
	if _, err := c.do(s); err != nil {
		b.Fatal(err)
	}
	at := 0
	s.card.link.t = nfc.TransceiverFunc(func([]byte) ([]byte, error) {
		at++
		return apdus[at-1], nil
	})
	s.run = s.protected
	fresh := g.open()
	b.ReportAllocs()
	for b.Loop() {
		at, s.ch, s.card.live = 0, cloneChannel(fresh), s
		if _, err := c.do(s); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkAuthentication is the client's own time for one authentication.
func BenchmarkAuthentication(b *testing.B) {
	for _, w := range ways() {
		b.Run(w.kind.String()+map[byte]string{
			insAuthLegacy: " 0A", insAuthISO: " 1A", insAuthAES: " AA", insAuthEV2First: " 71",
		}[w.ins], func(b *testing.B) {
			d := w.door(b)
			zero := constant{}
			var apdus [][]byte
			record := nfc.TransceiverFunc(func(cmd []byte) ([]byte, error) {
				a, err := d.Transmit(cmd)
				apdus = append(apdus, a)
				return a, err
			})
			if _, err := w.do(New(record, WithRandom(zero)), d.key); err != nil {
				b.Fatal(err)
			}
			at := 0
			card := New(nfc.TransceiverFunc(func([]byte) ([]byte, error) {
				at++
				return append([]byte(nil), apdus[at-1]...), nil
			}), WithRandom(zero))
			b.ReportAllocs()
			for b.Loop() {
				at = 0
				if _, err := w.do(card, d.key); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// constant is a challenge that never changes.
type constant struct{}

func (constant) Read(b []byte) (int, error) {
	clear(b)
	return len(b), nil
}
