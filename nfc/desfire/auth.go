package desfire

import (
	"crypto/cipher"
	"fmt"
	"io"
	"slices"

	"sleutelbord/nfc"
)

// Authentication commands: NXP MF3ICD81 rev 3.5, 9.3.1 and 9.3.2; MF3D(H)x2
// for EV2.
const (
	insAuthLegacy      = 0x0A
	insAuthISO         = 0x1A
	insAuthAES         = 0xAA
	insAuthEV2First    = 0x71
	insAuthEV2NonFirst = 0x77
)

// handshake is one mutual authentication in two passes: the chip sends a
// challenge, the reader answers it together with its own, the chip answers.
type handshake struct {
	what  string
	ins   byte
	first []byte // parameters of the first pass
	size  int    // of the challenge, in bytes
	proof int    // length of the chip's answer
	// answer turns the chip's enciphered challenge into the second pass.
	answer func(challenge []byte) []byte
}

// shake runs h and gives the chip's last answer. A wrong key is
// [nfc.ErrWrongKey].
func (l link) shake(h handshake) ([]byte, error) {
	challenge, err := l.frame(h.ins, h.ins, h.first)
	if err == nil && (!challenge.more() || len(challenge.data) != h.size) {
		err = fmt.Errorf("%w: challenge of %d bytes", nfc.ErrProtocol, len(challenge.data))
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", h.what, err)
	}
	proof, err := l.frame(h.ins, insMore, h.answer(challenge.data))
	if err == nil && (proof.more() || len(proof.data) != h.proof) {
		err = fmt.Errorf("%w: proof of %d bytes", nfc.ErrProtocol, len(proof.data))
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", h.what, err)
	}
	return proof.data, nil
}

// challenge draws the reader's challenge, n bytes.
func (c *Card) challenge(n int) ([]byte, error) {
	b := make([]byte, n)
	if _, err := io.ReadFull(c.random, b); err != nil {
		return nil, fmt.Errorf("drawing a challenge: %w", err)
	}
	return b, nil
}

// prepare ends the live session and checks what an authentication was given.
func (c *Card) prepare(what string, keyNo byte, k Key, types ...KeyType) error {
	c.live = nil
	if keyNo > 0x0F {
		return fmt.Errorf("%s: there is no such key", what)
	}
	if slices.Contains(types, k.kind) {
		return nil
	}
	return fmt.Errorf("%s: key is %v", what, k.kind)
}

func authenticating(keyNo byte) string { return fmt.Sprintf("authenticating with key %d", keyNo) }

func unproven(what string) error {
	return fmt.Errorf("%s: %w: tag does not know the key", what, nfc.ErrProtocol)
}

// AuthenticateLegacy authenticates with a DES or 2K3DES key as the first
// DESFire did (D40). It ends any live session. A wrong key is
// [nfc.ErrWrongKey].
//
// The reader only deciphers: it sends D(RndA ‖ RndB rotated), chained, and
// deciphers RndA rotated.
//
// Source: NXP MF3ICD81 rev 3.5, 9.3.1 (0A).
func (c *Card) AuthenticateLegacy(keyNo byte, k Key) (*Session, error) {
	what := authenticating(keyNo)
	if err := c.prepare(what, keyNo, k, TypeDES, Type2K3DES); err != nil {
		return nil, err
	}
	rndA, err := c.challenge(8)
	if err != nil {
		return nil, err
	}
	b := k.block()
	rndB := make([]byte, 8)
	proof, err := c.link.shake(handshake{
		what: what, ins: insAuthLegacy, first: []byte{keyNo}, size: 8, proof: 8,
		answer: func(challenge []byte) []byte {
			b.Decrypt(rndB, challenge)
			return cbcSendD40(b, append(append([]byte(nil), rndA...), rotated(rndB)...))
		},
	})
	if err != nil {
		return nil, err
	}
	if !equalSecret(cbcDecrypt(b, make([]byte, 8), proof), rotated(rndA)) {
		return nil, unproven(what)
	}
	return c.begin(keyNo, k.kind, newD40(sessionKey(k, rndA, rndB))), nil
}

// AuthenticateISO authenticates with a DES, 2K3DES or 3K3DES key into an EV1
// session. It ends any live session. A wrong key is [nfc.ErrWrongKey].
//
// Source: NXP MF3ICD81 rev 3.5, 9.3.2 (1A).
func (c *Card) AuthenticateISO(keyNo byte, k Key) (*Session, error) {
	what := authenticating(keyNo)
	if err := c.prepare(what, keyNo, k, TypeDES, Type2K3DES, Type3K3DES); err != nil {
		return nil, err
	}
	size := 8
	if k.kind == Type3K3DES {
		size = 16
	}
	return c.authenticateEV1(what, insAuthISO, keyNo, k, size)
}

// AuthenticateAES authenticates with an AES key into an EV1 session. It ends
// any live session. A wrong key is [nfc.ErrWrongKey].
//
// Source: NXP MF3ICD81 rev 3.5, 9.3.2 (AA).
func (c *Card) AuthenticateAES(keyNo byte, k Key) (*Session, error) {
	what := authenticating(keyNo)
	if err := c.prepare(what, keyNo, k, TypeAES); err != nil {
		return nil, err
	}
	return c.authenticateEV1(what, insAuthAES, keyNo, k, 16)
}

// authenticateEV1: ordinary CBC whose IV runs through all three messages.
func (c *Card) authenticateEV1(what string, ins, keyNo byte, k Key, size int) (*Session, error) {
	rndA, err := c.challenge(size)
	if err != nil {
		return nil, err
	}
	b := k.block()
	var rndB, iv []byte
	proof, err := c.link.shake(handshake{
		what: what, ins: ins, first: []byte{keyNo}, size: size, proof: size,
		answer: func(challenge []byte) []byte {
			rndB = cbcDecrypt(b, make([]byte, b.BlockSize()), challenge)
			out := cbcEncrypt(b, lastBlock(b, challenge), append(append([]byte(nil), rndA...), rotated(rndB)...))
			iv = lastBlock(b, out)
			return out
		},
	})
	if err != nil {
		return nil, err
	}
	if !equalSecret(cbcDecrypt(b, iv, proof), rotated(rndA)) {
		return nil, unproven(what)
	}
	return c.begin(keyNo, k.kind, newEV1(sessionKey(k, rndA, rndB))), nil
}

func lastBlock(b cipher.Block, data []byte) []byte { return data[len(data)-b.BlockSize():] }

// sessionKey puts together the session key of D40 and EV1 from pieces of both
// challenges: NXP MF3ICD81 rev 3.5, 8.7. A 2K3DES key whose halves are the
// same DES key makes a DES session.
func sessionKey(k Key, a, b []byte) Key {
	s := Key{kind: k.kind}
	if k.kind == Type2K3DES && k.isSingleDES() {
		s.kind = TypeDES
	}
	pieces := [][]byte{a[:4], b[:4]}
	switch s.kind {
	case Type2K3DES:
		pieces = append(pieces, a[4:8], b[4:8])
	case Type3K3DES:
		pieces = append(pieces, a[6:10], b[6:10], a[12:16], b[12:16])
	case TypeAES:
		pieces = append(pieces, a[12:16], b[12:16])
	}
	at := 0
	for _, p := range pieces {
		at += copy(s.b[at:], p)
	}
	return s
}

// isSingleDES tells whether both halves of a 2K3DES key are one DES key; bit 0
// of each byte is no part of it.
func (k Key) isSingleDES() bool {
	var diff byte
	for i := range 8 {
		diff |= (k.b[i] ^ k.b[8+i]) &^ 1
	}
	return diff == 0
}
