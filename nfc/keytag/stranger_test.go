package keytag_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"encoding/hex"
	"hash/crc32"
	"testing"
)

// What stands in docs/tag.md about sessions, written down a second time with
// nothing but the standard library, as a lock maker would: it recomputes every
// byte of a door check from the keys and the random numbers alone.

// sessionVector are the values between the keys and the bytes on the line.
type sessionVector struct {
	KeyNo byte   `json:"key_no"`
	Key   string `json:"key"`
	RndA  string `json:"rnd_a"`
	RndB  string `json:"rnd_b"`
	// TI, Enc and MAC are of EV2 and EV3, Session of EV1.
	TI      string `json:"ti,omitempty"`
	Enc     string `json:"k_enc,omitempty"`
	MAC     string `json:"k_mac,omitempty"`
	Session string `json:"k_session,omitempty"`
}

// readVector is how the record travels, in the first session of a door check.
type readVector struct {
	// IV deciphers the answer.
	IV string `json:"iv"`
	// Plain is the answer deciphered: record and padding; on EV1 with the CRC
	// between them.
	Plain string `json:"plain"`
}

func block(key []byte) cipher.Block {
	b, err := aes.NewCipher(key)
	if err != nil {
		panic(err)
	}
	return b
}

func encipher(key, iv, data []byte) []byte {
	out := make([]byte, len(data))
	cipher.NewCBCEncrypter(block(key), iv).CryptBlocks(out, data)
	return out
}

func decipher(key, iv, data []byte) []byte {
	out := make([]byte, len(data))
	cipher.NewCBCDecrypter(block(key), iv).CryptBlocks(out, data)
	return out
}

func rotated(b []byte) []byte { return append(append([]byte(nil), b[1:]...), b[0]) }

func xor(a, b []byte) []byte {
	out := make([]byte, len(a))
	for i := range a {
		out[i] = a[i] ^ b[i]
	}
	return out
}

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// cmac is RFC 4493, with an IV in the place of its first zero block.
func cmac(key, iv, m []byte) []byte {
	sub := func(b []byte) []byte {
		out := make([]byte, 16)
		for i := range 16 {
			out[i] = b[i] << 1
			if i < 15 {
				out[i] |= b[i+1] >> 7
			}
		}
		if b[0]&0x80 != 0 {
			out[15] ^= 0x87
		}
		return out
	}
	k := sub(encipher(key, make([]byte, 16), make([]byte, 16)))
	if len(m) == 0 || len(m)%16 != 0 {
		k = sub(k)
		m = append(join(m), 0x80)
		m = append(m, make([]byte, (16-len(m)%16)%16)...)
	}
	last := len(m) - 16
	m = join(m[:last], xor(m[last:], k))
	out := encipher(key, iv, m)
	return out[last:]
}

// stranger recomputes a door check.
type stranger struct {
	t    *testing.T
	air  [][2]string
	next int
	rndA []string
	rndB []string
	ev1  bool
}

var noIV = make([]byte, 16)

// say takes the next command and its answer, and holds the command against
// what it ought to be.
func (s *stranger) say(ins byte, data []byte) (answer []byte, status byte) {
	s.t.Helper()
	want := []byte{0x90, ins, 0, 0}
	if len(data) > 0 {
		want = join(want, []byte{byte(len(data))}, data)
	}
	want = append(want, 0)
	if s.next == len(s.air) {
		s.t.Fatalf("no command left; wanted %x", want)
	}
	pair := s.air[s.next]
	s.next++
	if got := unhex(s.t, pair[0]); !bytes.Equal(got, want) {
		s.t.Fatalf("command %d is %x, by the text it is %x", s.next, got, want)
	}
	answer = unhex(s.t, pair[1])
	n := len(answer) - 2
	if answer[n] != 0x91 {
		s.t.Fatalf("answer %x", answer)
	}
	return answer[:n], answer[n+1]
}

// authenticate is AuthenticateEV2First, or AuthenticateAES on an EV1.
func (s *stranger) authenticate(no byte, key []byte) sessionVector {
	s.t.Helper()
	var challenge []byte
	status := byte(0x1C)
	if !s.ev1 {
		challenge, status = s.say(0x71, []byte{no, 0})
	}
	if status == 0x1C {
		s.ev1 = true
		challenge, status = s.say(0xAA, []byte{no})
	}
	if status != 0xAF {
		s.t.Fatalf("status %02X", status)
	}
	a, b := unhex(s.t, s.rndA[0]), decipher(key, noIV, challenge)
	s.rndA = s.rndA[1:]
	if want := unhex(s.t, s.rndB[0]); !bytes.Equal(b, want) {
		s.t.Fatalf("RndB %x, want %x", b, want)
	}
	s.rndB = s.rndB[1:]
	v := sessionVector{KeyNo: no, Key: hex.EncodeToString(key), RndA: hex.EncodeToString(a), RndB: hex.EncodeToString(b)}
	if s.ev1 {
		token := encipher(key, challenge, join(a, rotated(b)))
		proof, _ := s.say(0xAF, token)
		if !bytes.Equal(decipher(key, token[16:], proof), rotated(a)) {
			s.t.Fatal("the proof is wrong")
		}
		v.Session = hex.EncodeToString(join(a[:4], b[:4], a[12:], b[12:]))
		return v
	}
	proof, _ := s.say(0xAF, encipher(key, noIV, join(a, rotated(b))))
	plain := decipher(key, noIV, proof)
	if !bytes.Equal(plain, join(unhex(s.t, s.rndB[0]), rotated(a), make([]byte, 12))) {
		s.t.Fatalf("the proof is %x", plain)
	}
	s.rndB = s.rndB[1:]
	x := join(a[:2], xor(a[2:8], b[:6]), b[6:], a[8:])
	v.TI = hex.EncodeToString(plain[:4])
	v.Enc = hex.EncodeToString(cmac(key, noIV, join([]byte{0xA5, 0x5A, 0, 1, 0, 0x80}, x)))
	v.MAC = hex.EncodeToString(cmac(key, noIV, join([]byte{0x5A, 0xA5, 0, 1, 0, 0x80}, x)))
	return v
}

// readRecord is ReadData of file 01, all 160 bytes, as the first command of
// the session v.
func (s *stranger) readRecord(v sessionVector) (record []byte, r readVector) {
	s.t.Helper()
	parameters := []byte{1, 0, 0, 0, 160, 0, 0}
	data, sum := parameters, func(byte, uint16, []byte) []byte { return nil }
	if !s.ev1 {
		sum = func(code byte, n uint16, data []byte) []byte {
			m := cmac(unhex(s.t, v.MAC), noIV, join([]byte{code}, binary.LittleEndian.AppendUint16(nil, n), unhex(s.t, v.TI), data))
			var short []byte
			for i := 1; i < 16; i += 2 {
				short = append(short, m[i])
			}
			return short
		}
		data = join(parameters, sum(0xBD, 0, parameters))
	}
	answer, status := s.say(0xBD, data)
	for status == 0xAF {
		var more []byte
		more, status = s.say(0xAF, nil)
		answer = join(answer, more)
	}
	if status != 0 {
		s.t.Fatalf("status %02X", status)
	}
	var key, iv []byte
	if s.ev1 {
		key = unhex(s.t, v.Session)
		iv = cmac(key, noIV, join([]byte{0xBD}, parameters))
	} else {
		n := len(answer) - 8
		if !bytes.Equal(sum(0, 1, answer[:n]), answer[n:]) {
			s.t.Fatal("the MAC of the answer is wrong")
		}
		answer = answer[:n]
		key = unhex(s.t, v.Enc)
		iv = encipher(key, noIV, join([]byte{0x5A, 0xA5}, unhex(s.t, v.TI), []byte{1, 0}, make([]byte, 8)))
	}
	plain := decipher(key, iv, answer)
	record = plain[:160]
	rest := append([]byte{0x80}, make([]byte, 15)...)
	if s.ev1 {
		crc := ^crc32.ChecksumIEEE(append(join(record), 0))
		rest = append(binary.LittleEndian.AppendUint32(nil, crc), make([]byte, 12)...)
	}
	if !bytes.Equal(plain[160:], rest) {
		s.t.Fatalf("behind the record stands %x, by the text it is %x", plain[160:], rest)
	}
	return record, readVector{hex.EncodeToString(iv), hex.EncodeToString(plain)}
}

// explain adds to v what lies between the keys and the bytes on the line, all
// of it computed anew.
func (v *doorVector) explain(t *testing.T, locator, slot string, record string) {
	t.Helper()
	s := stranger{t: t, air: v.Air, rndA: v.RndA, rndB: v.RndB}
	if _, status := s.say(0x5A, []byte{0x01, 0x3B, 0xF5}); status != 0 {
		t.Fatalf("status %02X", status)
	}
	first := s.authenticate(1, unhex(t, locator))
	got, read := s.readRecord(first)
	if hex.EncodeToString(got) != record {
		t.Errorf("%s: record %x", v.Chip, got)
	}
	second := s.authenticate(3, unhex(t, slot))
	if s.next != len(v.Air) {
		t.Errorf("%s: %d of %d commands explained", v.Chip, s.next, len(v.Air))
	}
	v.Sessions, v.Read = []sessionVector{first, second}, read
}
