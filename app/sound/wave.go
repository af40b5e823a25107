package sound

import (
	"encoding/binary"
	"math"
	"time"
)

const (
	rate   = 44_100 // samples a second
	volume = 0.35   // of what can be said in 16 bits
	// soft is how long a note swells and, at its end, fades: a tone that stops
	// at once makes a click.
	soft = 12 * time.Millisecond
)

// note is a tone of a length; a pitch of 0 is silence.
type note struct {
	pitch  float64 // in hertz
	length time.Duration
}

// melodies are told apart without looking: what is good rises, what is wrong
// falls and lies low, and the call to take the tag away is one note.
var melodies = map[Kind][]note{
	Ready: {{659.3, 90 * time.Millisecond}, {0, 15 * time.Millisecond}, {987.8, 190 * time.Millisecond}},
	Wrong: {{311.1, 140 * time.Millisecond}, {0, 40 * time.Millisecond}, {233.1, 260 * time.Millisecond}},
	Take:  {{784.0, 130 * time.Millisecond}},
}

// wave is a melody as a WAV file: RIFF, one channel, 16 bits.
// Multimedia Programming Interface and Data Specifications 1.0, "Waveform
// Audio File Format".
func wave(melody []note) []byte {
	var samples []byte
	for _, n := range melody {
		samples = append(samples, n.samples()...)
	}
	b := append([]byte("RIFF"), binary.LittleEndian.AppendUint32(nil, uint32(36+len(samples)))...)
	b = append(b, "WAVEfmt "...)
	b = binary.LittleEndian.AppendUint32(b, 16)
	b = binary.LittleEndian.AppendUint16(b, 1) // PCM
	b = binary.LittleEndian.AppendUint16(b, 1)
	b = binary.LittleEndian.AppendUint32(b, rate)
	b = binary.LittleEndian.AppendUint32(b, 2*rate)
	b = binary.LittleEndian.AppendUint16(b, 2)
	b = binary.LittleEndian.AppendUint16(b, 16)
	b = append(b, "data"...)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(samples)))
	return append(b, samples...)
}

// samples are a note with one overtone, which small loudspeakers need to make
// a low one heard.
func (n note) samples() []byte {
	count := int(n.length * rate / time.Second)
	edge := int(soft * rate / time.Second)
	b := make([]byte, 0, 2*count)
	for i := range count {
		at := 2 * math.Pi * n.pitch * float64(i) / rate
		level := min(1, float64(i)/float64(edge), float64(count-i)/float64(edge))
		v := volume * level * (0.75*math.Sin(at) + 0.25*math.Sin(2*at))
		b = binary.LittleEndian.AppendUint16(b, uint16(int16(v*math.MaxInt16)))
	}
	return b
}
