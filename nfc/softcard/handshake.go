package softcard

import (
	"crypto/cipher"
	"crypto/subtle"
)

// Authentication commands.
const (
	insAuthLegacy   = 0x0A
	insAuthISO      = 0x1A
	insAuthAES      = 0xAA
	insAuthFirst    = 0x71
	insAuthNonFirst = 0x77
)

// handshake is an authentication between its two steps.
type handshake struct {
	ins   byte
	keyNo byte
	key   key
	block cipher.Block
	rndB  []byte
	iv    []byte
	// caps are the reader's capabilities of AuthenticateEV2First, 6 bytes.
	caps []byte
	// before is the session that AuthenticateEV2NonFirst continues.
	before *ev2
}

// keyAt gives a key of the level one is at. Key numbers of the PICC have no
// other key than 0.
func (c *Card) keyAt(no byte) (*key, status) {
	switch {
	case c.app == nil && no == 0:
		return &c.image.key, statusOK
	case c.app != nil && int(no) < len(c.app.keys):
		return &c.app.keys[no], statusOK
	}
	return nil, statusNoSuchKey
}

// suits tells which kinds of key an authentication command takes.
func suits(ins byte, k kind) bool {
	switch ins {
	case insAuthLegacy:
		return k == kindDES
	case insAuthISO:
		return k == kindDES || k == kind3K3DES
	}
	return k == kindAES
}

// beginHandshake is the first step of every authentication: the card sends its
// enciphered challenge. The session there was ends here, but an open transaction
// lives on.
func (c *Card) beginHandshake(m message) (answer, status) {
	h := &handshake{ins: m.ins, keyNo: m.header[0]}
	rest := m.data
	if h.ins == insAuthFirst {
		caps, st := readerCapabilities(rest)
		if st != statusOK {
			return answer{}, st
		}
		h.caps, rest = caps, nil
	}
	if len(rest) != 0 {
		return answer{}, statusLength
	}
	k, st := c.keyAt(h.keyNo)
	if st != statusOK {
		return answer{}, st
	}
	if !suits(h.ins, k.kind) {
		return answer{}, statusWrongKey
	}
	if h.ins == insAuthNonFirst {
		if h.before = c.liveEV2(); h.before == nil {
			return answer{}, statusWrongKey
		}
	}
	h.key, h.block = k.clone(), k.block()
	h.rndB = make([]byte, challengeSize(k.kind))
	c.draw(h.rndB)
	var sent []byte
	sent, h.iv = encrypt(h.block, make([]byte, h.block.BlockSize()), h.rndB)
	c.session, c.pending = nil, h
	return answer{data: sent}, statusMore
}

func (c *Card) liveEV2() *ev2 {
	if c.session == nil {
		return nil
	}
	s, _ := c.session.channel.(*ev2)
	return s
}

// readerCapabilities reads lenCap and up to six bytes, filled up with zeros.
func readerCapabilities(b []byte) ([]byte, status) {
	if len(b) < 1 || b[0] > 6 || len(b) != 1+int(b[0]) {
		return nil, statusLength
	}
	if b[0] > 0 && b[1]&0x02 != 0 {
		return nil, statusParameter // asks for LRP
	}
	caps := make([]byte, 6)
	copy(caps, b[1:])
	return caps, statusOK
}

func challengeSize(k kind) int {
	if k == kindDES {
		return 8
	}
	return 16
}

// finishHandshake is the second step: the reader has shown that it knows the key,
// or not.
func (c *Card) finishHandshake(body []byte) ([]byte, status) {
	h := c.pending
	c.pending = nil
	n := len(h.rndB)
	if len(body) != 2*n {
		return c.fail(statusLength)
	}
	plain, iv := h.decipher(body)
	rndA := plain[:n]
	if subtle.ConstantTimeCompare(plain[n:], rotated(h.rndB)) != 1 {
		c.image.failures++
		c.touch()
		return c.fail(statusWrongKey)
	}
	proof := rotated(rndA)
	var ch channel
	switch h.ins {
	case insAuthLegacy:
		ch = d40{block: newBlock(kindDES, sessionKey(h.key, rndA, h.rndB))}
	case insAuthISO, insAuthAES:
		ch = newEV1(newBlock(h.key.kind, sessionKey(h.key, rndA, h.rndB)))
	default:
		ch, proof = c.ev2Session(h, rndA, proof)
	}
	sent, _ := encrypt(h.block, iv, proof)
	c.session = &session{keyNo: h.keyNo, channel: ch}
	return sent, statusOK
}

// decipher takes the reader's token apart; the initial vector runs on through
// ISO and AES authentication, and is zero in the others.
func (h *handshake) decipher(body []byte) (plain, iv []byte) {
	zero := make([]byte, h.block.BlockSize())
	switch h.ins {
	case insAuthLegacy:
		return encipherReceived(h.block, body), zero
	case insAuthISO, insAuthAES:
		return decrypt(h.block, h.iv, body)
	}
	plain, _ = decrypt(h.block, zero, body)
	return plain, zero
}

// sessionKey is made of pieces of both challenges (NXP MF3ICD81 rev 3.5, 7.3.8).
func sessionKey(k key, a, b []byte) []byte {
	first := join(a[:4], b[:4])
	switch {
	case k.kind == kindAES:
		return join(first, a[12:16], b[12:16])
	case k.kind == kind3K3DES:
		return join(first, a[6:10], b[6:10], a[12:16], b[12:16])
	case k.single():
		return first
	}
	return join(first, a[4:8], b[4:8])
}

// ev2Session derives the keys of an EV2 session (NXP AN12343 rev 1.1, 5.2). First
// draws a transaction identifier and starts the counter, NonFirst keeps both.
func (c *Card) ev2Session(h *handshake, rndA, proof []byte) (channel, []byte) {
	s := &ev2{
		enc: newBlock(kindAES, derive(h.block, 0xA55A, rndA, h.rndB)),
		mac: newBlock(kindAES, derive(h.block, 0x5AA5, rndA, h.rndB)),
	}
	if h.before != nil {
		s.ti, s.counter = h.before.ti, h.before.counter
		return s, proof
	}
	c.draw(s.ti[:])
	return s, join(s.ti[:], proof, make([]byte, 6), h.caps)
}

// derive is the CMAC over label 0001 0080 and the session vector: pieces of both
// challenges, the middle ones joined by exclusive or.
func derive(k cipher.Block, label uint16, a, b []byte) []byte {
	v := []byte{byte(label >> 8), byte(label), 0x00, 0x01, 0x00, 0x80}
	v = append(v, a[:2]...)
	for i := range 6 {
		v = append(v, a[2+i]^b[i])
	}
	v = append(v, b[6:16]...)
	v = append(v, a[8:16]...)
	return cmac(k, make([]byte, 16), v)
}
