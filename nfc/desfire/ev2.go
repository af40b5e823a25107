package desfire

import (
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"fmt"

	"sleutelbord/nfc"
)

// ev2 is the secure messaging of AuthenticateEV2: NXP AN12343 rev 1.1, 5;
// MF3D(H)x2 product data sheet "EV2 secure messaging".
//
// Two session keys, a transaction identifier TI of the chip's choice and a
// counter of commands, which is n for command n and n+1 for its answer and
// counts plain ones too.
//
//	MAC(x)   = every second byte, from the second, of CMAC(Kmac, x)
//	command  = INS, parameters ‖ data ‖ MAC(INS ‖ n ‖ TI ‖ parameters ‖ data)
//	answer   = data ‖ MAC(status ‖ n+1 ‖ TI ‖ data)
//	full:      data ‖ 80 00… enciphered in place, before the MAC
//	IV       = E(Kenc, A5 5A ‖ TI ‖ n ‖ 00…); of an answer 5A A5 and n+1
//
// n is 16 bits, least significant byte first.
type ev2 struct {
	enc     cipher.Block
	mac     macKey
	ti      [4]byte
	counter uint16
}

// newEV2 derives the session keys from the authenticated key and both
// challenges: AN12343 rev 1.1, table 16 (SV1, SV2).
func newEV2(k Key, rndA, rndB [16]byte, ti [4]byte, counter uint16) *ev2 {
	var x [26]byte
	copy(x[:], rndA[:8])
	for i := range 6 {
		x[2+i] ^= rndB[i]
	}
	copy(x[8:], rndB[6:])
	copy(x[18:], rndA[8:])
	m := newMACKey(k)
	kenc := m.sum(nil, []byte{0xA5, 0x5A, 0x00, 0x01, 0x00, 0x80}, x[:])
	kmac := m.sum(nil, []byte{0x5A, 0xA5, 0x00, 0x01, 0x00, 0x80}, x[:])
	return &ev2{
		enc:     NewAESKey([16]byte(kenc), 0).block(),
		mac:     newMACKey(NewAESKey([16]byte(kmac), 0)),
		ti:      ti,
		counter: counter,
	}
}

func (e *ev2) count(n uint16) []byte { return binary.LittleEndian.AppendUint16(nil, n) }

// sum is the truncated MAC over code ‖ n ‖ TI ‖ data, where code is the
// instruction or the status.
func (e *ev2) sum(code byte, n uint16, data []byte) []byte {
	full := e.mac.sum(nil, []byte{code}, e.count(n), e.ti[:], data)
	out := make([]byte, macSize)
	for i := range out {
		out[i] = full[2*i+1]
	}
	return out
}

func (e *ev2) iv(label [2]byte, n uint16) []byte {
	b := make([]byte, 16)
	copy(b, label[:])
	copy(b[2:], e.ti[:])
	copy(b[6:], e.count(n))
	e.enc.Encrypt(b, b)
	return b
}

var (
	ivCommand = [2]byte{0xA5, 0x5A}
	ivAnswer  = [2]byte{0x5A, 0xA5}
)

func (e *ev2) protect(c command) ([]byte, error) {
	if e.counter == 0xFFFF {
		return nil, errors.New("command counter of the session is used up")
	}
	n := e.counter
	e.counter++
	out := append([]byte(nil), c.head...)
	switch {
	case c.out == guardPlain:
		return append(out, c.data...), nil
	case len(c.data) > 0 && (c.out == guardFull || c.out == guardKey):
		padded := padMarked(append([]byte(nil), c.data...), 16)
		out = append(out, cbcEncrypt(e.enc, e.iv(ivCommand, n), padded)...)
	default:
		out = append(out, c.data...)
	}
	return append(out, e.sum(c.ins, n, out)...), nil
}

// open is called after protect has counted, so that the counter is n+1.
func (e *ev2) open(c command, status byte, reply []byte) ([]byte, error) {
	if c.in == guardPlain || c.in == guardNone {
		return reply, nil
	}
	n := len(reply) - macSize
	if n < 0 {
		return nil, fmt.Errorf("%w: no room for a MAC in %d bytes", nfc.ErrProtocol, len(reply))
	}
	data := reply[:n:n]
	if !equalSecret(e.sum(status, e.counter, data), reply[n:]) {
		return nil, fmt.Errorf("%w: wrong MAC", nfc.ErrProtocol)
	}
	if c.in != guardFull && (c.in != guardSigned || n == c.max) {
		return data, nil
	}
	if n == 0 || n%16 != 0 {
		return nil, fmt.Errorf("%w: %d enciphered bytes", nfc.ErrProtocol, n)
	}
	return unpadMarked(cbcDecrypt(e.enc, e.iv(ivAnswer, e.counter), data), 16)
}

func (e *ev2) keyData(k keyChange) []byte {
	out := append([]byte(nil), k.material...)
	if k.fresh != nil {
		out = append(out, crc32LE(k.fresh)...)
	}
	return out
}
