package desfire

import (
	"fmt"

	"sleutelbord/nfc"
)

// ev1 is the secure messaging of AuthenticateISO and AuthenticateAES: NXP
// MF3ICD81 rev 3.5, 8.8 ("EV1 secure messaging").
//
// One IV runs through the session, zero at first. Every command and every
// answer goes through the CMAC or through CBC, and leaves the IV behind for
// the next: the CMAC's result, or the last enciphered block. Continuation
// frames and their status do not count.
//
//	command, plain:  CMAC(INS ‖ parameters ‖ data) is computed, not sent
//	command, MAC:    its first 8 bytes are appended
//	command, full:   data ‖ CRC-32(INS ‖ parameters ‖ data) ‖ 00…, enciphered
//	answer, else:    data ‖ first 8 bytes of CMAC(data ‖ status)
//	answer, full:    data ‖ CRC-32(data ‖ status) ‖ padding, enciphered
type ev1 struct {
	key macKey
	iv  []byte
}

const macSize = 8

func newEV1(session Key) *ev1 {
	k := newMACKey(session)
	return &ev1{key: k, iv: make([]byte, k.block.BlockSize())}
}

func (e *ev1) protect(c command) ([]byte, error) {
	msg := c.message()
	head := msg[1 : 1+len(c.head)]
	switch c.out {
	case guardFull:
		data := append([]byte(nil), c.data...)
		return e.seal(head, append(data, crc32LE(msg)...)), nil
	case guardKey:
		return e.seal(head, append([]byte(nil), c.data...)), nil
	}
	e.iv = e.key.sum(e.iv, msg)
	if c.out == guardMAC {
		msg = append(msg, e.iv[:macSize]...)
	}
	return msg[1:], nil
}

func (e *ev1) seal(head, data []byte) []byte {
	n := e.key.block.BlockSize()
	sealed := cbcEncrypt(e.key.block, e.iv, padZero(data, n))
	e.iv = sealed[len(sealed)-n:]
	return append(append([]byte(nil), head...), sealed...)
}

func (e *ev1) open(c command, status byte, reply []byte) ([]byte, error) {
	switch c.in {
	case guardNone:
		return reply, nil
	case guardFull:
		return e.unseal(c, status, reply)
	}
	n := len(reply) - macSize
	if n < 0 {
		return nil, fmt.Errorf("%w: no room for a MAC in %d bytes", nfc.ErrProtocol, len(reply))
	}
	iv := e.key.sum(e.iv, reply[:n], []byte{status})
	switch {
	case equalSecret(iv[:macSize], reply[n:]):
		e.iv = iv
		return reply[:n:n], nil
	case c.in == guardSigned:
		return e.unseal(c, status, reply) // enciphered instead; both are 64 bytes
	}
	return nil, fmt.Errorf("%w: wrong MAC", nfc.ErrProtocol)
}

func (e *ev1) unseal(c command, status byte, reply []byte) ([]byte, error) {
	n := e.key.block.BlockSize()
	if len(reply) == 0 || len(reply)%n != 0 {
		return nil, fmt.Errorf("%w: %d enciphered bytes", nfc.ErrProtocol, len(reply))
	}
	plain := cbcDecrypt(e.key.block, e.iv, reply)
	e.iv = append([]byte(nil), reply[len(reply)-n:]...)
	return checkedPlain(c, plain, n, 4, func(data []byte) []byte { return crc32LE(data, []byte{status}) })
}

func (e *ev1) keyData(k keyChange) []byte {
	out := append([]byte(nil), k.material...)
	out = append(out, crc32LE([]byte{k.ins, k.no}, k.material)...)
	if k.fresh != nil {
		out = append(out, crc32LE(k.fresh)...)
	}
	return out
}
