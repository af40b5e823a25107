package softcard

import (
	"crypto/cipher"
	"crypto/subtle"
	"encoding/binary"
)

// protection is what one direction of a command asks of the session.
type protection byte

const (
	// bare is file data in plain mode: an EV2 session adds nothing to it.
	bare protection = iota
	// standard is what a session gives every command: nothing in D40, the
	// running CMAC in EV1, a MAC in EV2.
	standard
	// maced is file data with a MAC in every kind of session.
	maced
	// full is enciphered.
	full
)

// plan is how a command travels, found from its header before its data are
// looked at.
type plan struct {
	in, out protection
	// need is the number of data bytes after the header; -1 takes what comes.
	need int
	// trailer says that a second CRC follows the message's own (ChangeKey of
	// another key).
	trailer bool
	// measure finds the number of data bytes in a deciphered command whose
	// length only its content tells.
	measure func(plain []byte) int
}

// inbound is a command as it arrived: instruction, clear header and the rest.
type inbound struct {
	ins          byte
	header, body []byte
	plan         plan
}

// channel is the secure messaging of a session, on the card's side.
type channel interface {
	// size is the number of bytes that n data bytes take on their way to the card.
	size(p plan, n int) int
	// open takes the protection off a command.
	open(in inbound) (data, trailer []byte, st status)
	// seal protects an answer with status st; pad is set where the reader
	// cannot know the answer's length, so that enciphered data end in 80.
	seal(p protection, data []byte, st status, pad bool) []byte
	// frame is the most bytes that one frame of an answer carries.
	frame(p protection) int
	// crc is the check value over a new key within ChangeKey.
	crc(data []byte) []byte
	clone() channel
}

// Largest pieces in which real chips hand out an answer.
const (
	frameClear = 59
	frameDES   = 56
	frameAES   = 48
)

// unprotected is the channel of a card without a session.
type unprotected struct{}

func (unprotected) size(_ plan, n int) int { return n }

func (unprotected) open(in inbound) (data, trailer []byte, st status) {
	return in.body, nil, statusOK
}

func (unprotected) seal(_ protection, data []byte, _ status, _ bool) []byte { return data }
func (unprotected) frame(protection) int                                    { return frameClear }
func (unprotected) crc(data []byte) []byte                                  { return crc32jam(data) }
func (unprotected) clone() channel                                          { return unprotected{} }

// d40 is the messaging after Authenticate 0A (NXP MF3ICD81 rev 3.5, 8.2.1): the
// initial vector is zero for every message, MACs have four bytes and cover
// file data only, the CRC has 16 bits.
type d40 struct{ block cipher.Block }

func (d d40) size(p plan, n int) int {
	switch p.in {
	case maced:
		return n + 4
	case full:
		return roundUp(n+crcBytes(p, 2), 8)
	}
	return n
}

// crcBytes is how many bytes of CRC a command carries, n each.
func crcBytes(p plan, n int) int {
	if p.trailer {
		return 2 * n
	}
	return n
}

func (d d40) mac(data []byte) []byte {
	out, _ := encrypt(d.block, make([]byte, 8), padZero(append([]byte(nil), data...), 8))
	if len(out) == 0 {
		return make([]byte, 4)
	}
	return out[len(out)-8 : len(out)-4]
}

func (d d40) open(in inbound) (data, trailer []byte, st status) {
	switch in.plan.in {
	case maced:
		return checkMAC(in.body, 4, d.mac)
	case full:
		if len(in.body) == 0 || len(in.body)%8 != 0 {
			return nil, nil, statusLength
		}
		return splitPlain(in, encipherReceived(d.block, in.body), 2, func(data []byte) []byte { return crc16(data) })
	}
	return in.body, nil, statusOK
}

func (d d40) seal(p protection, data []byte, _ status, pad bool) []byte {
	switch {
	case len(data) == 0:
		return nil
	case p == maced:
		return append(append([]byte(nil), data...), d.mac(data)...)
	case p == full:
		plain := append(append([]byte(nil), data...), crc16(data)...)
		out, _ := encrypt(d.block, make([]byte, 8), padAnswer(plain, 8, pad))
		return out
	}
	return data
}

func (d d40) frame(p protection) int {
	if p == maced || p == full {
		return frameDES
	}
	return frameClear
}

func (d d40) crc(data []byte) []byte { return crc16(data) }
func (d d40) clone() channel         { return d }

// ev1 is the messaging after Authenticate 1A and AA (NXP MF3ICD81 rev 3.5,
// 8.2.2): one initial vector runs through everything, each command and each
// answer goes through the CMAC, the CRC has 32 bits.
type ev1 struct {
	block cipher.Block
	iv    []byte
}

func newEV1(block cipher.Block) *ev1 {
	return &ev1{block: block, iv: make([]byte, block.BlockSize())}
}

func (e *ev1) size(p plan, n int) int {
	switch p.in {
	case maced:
		return n + 8
	case full:
		return roundUp(n+crcBytes(p, 4), e.block.BlockSize())
	}
	return n
}

// mac moves the initial vector along and gives the eight bytes of it that travel.
func (e *ev1) mac(parts ...[]byte) []byte {
	e.iv = cmac(e.block, e.iv, join(parts...))
	return e.iv[:8]
}

func (e *ev1) open(in inbound) (data, trailer []byte, st status) {
	ins := []byte{in.ins}
	switch in.plan.in {
	case maced:
		return checkMAC(in.body, 8, func(data []byte) []byte { return e.mac(ins, in.header, data) })
	case full:
		if len(in.body) == 0 || len(in.body)%e.block.BlockSize() != 0 {
			return nil, nil, statusLength
		}
		plain, iv := decrypt(e.block, e.iv, in.body)
		e.iv = iv
		return splitPlain(in, plain, 4, func(data []byte) []byte { return crc32jam(ins, in.header, data) })
	}
	e.mac(ins, in.header, in.body)
	return in.body, nil, statusOK
}

func (e *ev1) seal(p protection, data []byte, st status, pad bool) []byte {
	if p == full && len(data) > 0 {
		plain := join(data, crc32jam(data, []byte{byte(st)}))
		out, iv := encrypt(e.block, e.iv, padAnswer(plain, e.block.BlockSize(), pad))
		e.iv = iv
		return out
	}
	return join(data, e.mac(data, []byte{byte(st)}))
}

func (e *ev1) frame(protection) int {
	if e.block.BlockSize() == 16 {
		return frameAES
	}
	return frameDES
}

func (e *ev1) crc(data []byte) []byte { return crc32jam(data) }

func (e *ev1) clone() channel {
	return &ev1{block: e.block, iv: append([]byte(nil), e.iv...)}
}

// ev2 is the messaging after AuthenticateEV2First and NonFirst (NXP AN12343
// rev 1.1, chapter 5): a command counter instead of a running initial vector,
// MACs of eight bytes, padding with 80.
type ev2 struct {
	enc, mac cipher.Block
	ti       [4]byte
	counter  uint16
}

// macSize is the length of a MAC that travels.
const macSize = 8

func (e *ev2) size(p plan, n int) int {
	switch {
	case p.in == bare:
		return n
	case p.in == full:
		if p.trailer {
			n += 4
		}
		return roundUp(n+1, 16) + macSize
	}
	return n + macSize
}

// iv is the initial vector of one direction (NXP AN12343 rev 1.1, 5.3.2):
// label A55A to the card, 5AA5 from it.
func (e *ev2) iv(label uint16) []byte {
	b := make([]byte, 16)
	binary.BigEndian.PutUint16(b, label)
	copy(b[2:], e.ti[:])
	binary.LittleEndian.PutUint16(b[6:], e.counter)
	e.enc.Encrypt(b, b)
	return b
}

// sign is the MAC over code (instruction or status), counter, transaction
// identifier and data.
func (e *ev2) sign(code byte, parts ...[]byte) []byte {
	head := binary.LittleEndian.AppendUint16([]byte{code}, e.counter)
	head = append(head, e.ti[:]...)
	return odd(cmac(e.mac, make([]byte, 16), append(head, join(parts...)...)))
}

func (e *ev2) open(in inbound) (data, trailer []byte, st status) {
	if e.counter == 0xFFFF {
		return nil, nil, statusWrongKey // the counter is used up: the session is over
	}
	if in.plan.in == bare {
		return in.body, nil, statusOK
	}
	body, _, st := checkMAC(in.body, macSize, func(data []byte) []byte { return e.sign(in.ins, in.header, data) })
	if st != statusOK || in.plan.in != full {
		return body, nil, st
	}
	if len(body) == 0 || len(body)%16 != 0 {
		return nil, nil, statusLength
	}
	plain, _ := decrypt(e.enc, e.iv(0xA55A), body)
	data, ok := unpad80(plain)
	if !ok {
		return nil, nil, statusIntegrity
	}
	if in.plan.trailer {
		if len(data) < 4 {
			return nil, nil, statusLength
		}
		data, trailer = data[:len(data)-4], data[len(data)-4:]
	}
	if in.plan.need >= 0 && len(data) != in.plan.need {
		return nil, nil, statusLength
	}
	return data, trailer, statusOK
}

func (e *ev2) seal(p protection, data []byte, st status, _ bool) []byte {
	e.counter++
	if p == bare {
		return data
	}
	if p == full && len(data) > 0 {
		data, _ = encrypt(e.enc, e.iv(0x5AA5), pad80(append([]byte(nil), data...), 16))
	}
	return join(data, e.sign(byte(st), data))
}

func (e *ev2) frame(p protection) int {
	if p == bare {
		return frameClear
	}
	return frameAES
}

func (e *ev2) crc(data []byte) []byte { return crc32jam(data) }

func (e *ev2) clone() channel {
	c := *e
	return &c
}

// checkMAC splits a MAC of n bytes off body and compares it.
func checkMAC(body []byte, n int, sum func(data []byte) []byte) (data, trailer []byte, st status) {
	if len(body) < n {
		return nil, nil, statusLength
	}
	data, got := body[:len(body)-n], body[len(body)-n:]
	if subtle.ConstantTimeCompare(sum(data), got) != 1 {
		return nil, nil, statusIntegrity
	}
	return data, nil, statusOK
}

// splitPlain takes data, CRC of n bytes, second CRC if there is one, and padding
// of a deciphered command apart.
func splitPlain(in inbound, plain []byte, n int, crc func(data []byte) []byte) (data, trailer []byte, st status) {
	size := in.plan.need
	if in.plan.measure != nil {
		size = in.plan.measure(plain)
	}
	end := size + crcBytes(in.plan, n)
	if size < 0 || end > len(plain) {
		return nil, nil, statusIntegrity
	}
	if subtle.ConstantTimeCompare(crc(plain[:size]), plain[size:size+n]) != 1 {
		return nil, nil, statusIntegrity
	}
	if !isPadding(plain[end:], in.plan.measure != nil) {
		return nil, nil, statusIntegrity
	}
	return plain[:size], plain[size+n : end], statusOK
}

// isPadding accepts zeros and, where the length was not known beforehand, also
// 80 00...
func isPadding(b []byte, marked bool) bool {
	if marked && len(b) > 0 && b[0] == 0x80 {
		b = b[1:]
	}
	for _, v := range b {
		if v != 0 {
			return false
		}
	}
	return true
}

func padAnswer(b []byte, n int, marked bool) []byte {
	if marked {
		return pad80(b, n)
	}
	return padZero(b, n)
}

// unpad80 takes the padding 80 00.. off.
func unpad80(b []byte) ([]byte, bool) {
	for i := len(b) - 1; i >= 0 && i >= len(b)-16; i-- {
		switch b[i] {
		case 0x00:
		case 0x80:
			return b[:i], true
		default:
			return nil, false
		}
	}
	return nil, false
}

func join(parts ...[]byte) []byte {
	var out []byte
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}
