package softcard

import (
	"bytes"
	"crypto/cipher"
	"encoding/binary"
	"testing"
)

// terminal is the reader's side of the line for tests: what a client has to do,
// told in the fewest words and from the other end than the card's code.
type terminal struct {
	t     testing.TB
	c     *Card
	wrap  bool
	split int // data bytes per frame to the card

	scheme byte // authentication command of the live session, 0 for none
	block  cipher.Block
	iv     []byte
	mac    cipher.Block
	ti     []byte
	ctr    uint16
}

func newTerminal(t testing.TB, c *Card) *terminal {
	return &terminal{t: t, c: c, wrap: true, split: 52}
}

// frame is one APDU in the terminal's framing.
func (x *terminal) frame(ins byte, body []byte) ([]byte, status) {
	x.t.Helper()
	command := join([]byte{ins}, body)
	if x.wrap {
		command, _ = wrapped(command, []byte{0})
	}
	got, err := x.c.Transmit(command)
	if err != nil {
		x.t.Fatalf("command %02X: %v", ins, err)
	}
	if x.wrap {
		n := len(got) - 2
		if n < 0 || got[n] != 0x91 {
			x.t.Fatalf("command %02X: answer %X", ins, got)
		}
		return got[:n], status(got[n+1])
	}
	return got[1:], status(got[0])
}

// raw sends a command in as many frames as it takes and collects the answer.
func (x *terminal) raw(ins byte, body []byte) ([]byte, status) {
	x.t.Helper()
	first := min(x.split, len(body))
	data, st := x.frame(ins, body[:first])
	for body = body[first:]; len(body) > 0; {
		if st != statusMore {
			return nil, st
		}
		n := min(x.split, len(body))
		data, st = x.frame(insMore, body[:n])
		body = body[n:]
	}
	for st == statusMore {
		var more []byte
		more, st = x.frame(insMore, nil)
		data = join(data, more)
	}
	return data, st
}

// auth authenticates and starts a session.
func (x *terminal) auth(ins, keyNo byte, k kind, raw []byte) status {
	x.t.Helper()
	secret := key{kind: k, bytes: doubled(raw)}
	block := secret.block()
	zero := make([]byte, block.BlockSize())
	body := []byte{keyNo}
	if ins == insAuthFirst {
		body = append(body, 0)
	}
	e, st := x.frame(ins, body)
	if st != statusMore {
		return st
	}
	rndB, iv := decrypt(block, zero, e)
	rndA := bytes.Repeat([]byte{0x5A, 0x17, 0xC3}, 6)[:len(rndB)]
	token := join(rndA, rotated(rndB))
	switch ins {
	case insAuthLegacy:
		token = decipherToSend(block, token)
	case insAuthISO, insAuthAES:
		token, iv = encrypt(block, iv, token)
	default:
		token, _ = encrypt(block, zero, token)
	}
	if ins != insAuthISO && ins != insAuthAES {
		iv = zero
	}
	e, st = x.frame(insMore, token)
	if st != statusOK {
		x.scheme = 0
		return st
	}
	proof, _ := decrypt(block, iv, e)
	x.start(ins, block, secret, rndA, rndB, proof)
	return st
}

func (x *terminal) start(ins byte, block cipher.Block, secret key, rndA, rndB, proof []byte) {
	x.t.Helper()
	x.scheme = ins
	if ins == insAuthFirst {
		x.ti, proof, x.ctr = proof[:4], proof[4:20], 0
	}
	if !bytes.Equal(proof, rotated(rndA)) {
		x.t.Fatalf("the card does not prove its key")
	}
	if ins == insAuthFirst || ins == insAuthNonFirst {
		x.block = newBlock(kindAES, derive(block, 0xA55A, rndA, rndB))
		x.mac = newBlock(kindAES, derive(block, 0x5AA5, rndA, rndB))
		return
	}
	x.block = newBlock(secret.kind, sessionKey(secret, rndA, rndB))
	x.iv = make([]byte, x.block.BlockSize())
}

// decipherToSend is CBC with the cipher's decipher direction, as a D40 reader
// sends.
func decipherToSend(b cipher.Block, plain []byte) []byte {
	out := make([]byte, len(plain))
	previous := make([]byte, 8)
	for i := 0; i < len(plain); i += 8 {
		for j := range 8 {
			out[i+j] = plain[i+j] ^ previous[j]
		}
		b.Decrypt(out[i:i+8], out[i:i+8])
		previous = out[i : i+8]
	}
	return out
}

// do sends a command within the live session, or without one, and takes the
// protection off its answer. n is the expected number of data bytes of an
// enciphered answer.
func (x *terminal) do(ins byte, header, data []byte, in, out protection, n int) ([]byte, status) {
	x.t.Helper()
	body := join(header, x.protect(ins, header, data, in))
	got, st := x.raw(ins, body)
	if !st.success() {
		if x.scheme != insAuthLegacy {
			x.scheme = 0
		}
		return nil, st
	}
	return x.unprotect(got, st, out, n), st
}

func (x *terminal) protect(ins byte, header, data []byte, in protection) []byte {
	all := join([]byte{ins}, header, data)
	switch x.scheme {
	case insAuthLegacy:
		switch {
		case in == full:
			return decipherToSend(x.block, padZero(join(data, crc16(data)), 8))
		case in == maced:
			return join(data, d40{x.block}.mac(data))
		}
	case insAuthISO, insAuthAES:
		if in == full {
			var e []byte
			e, x.iv = encrypt(x.block, x.iv, padZero(join(data, crc32jam(all)), x.block.BlockSize()))
			return e
		}
		x.iv = cmac(x.block, x.iv, all)
		if in == maced {
			return join(data, x.iv[:8])
		}
	case insAuthFirst, insAuthNonFirst:
		if in == bare {
			return data
		}
		if in == full {
			data, _ = encrypt(x.block, x.vector(0xA5, 0x5A), pad80(append([]byte(nil), data...), 16))
		}
		return join(data, x.sign(ins, join(header, data)))
	}
	return data
}

func (x *terminal) vector(a, b byte) []byte {
	v := join([]byte{a, b}, x.ti, binary.LittleEndian.AppendUint16(nil, x.ctr), make([]byte, 8))
	x.block.Encrypt(v, v)
	return v
}

func (x *terminal) sign(code byte, data []byte) []byte {
	return odd(cmac(x.mac, make([]byte, 16), join([]byte{code}, binary.LittleEndian.AppendUint16(nil, x.ctr), x.ti, data)))
}

func (x *terminal) unprotect(got []byte, st status, out protection, n int) []byte {
	x.t.Helper()
	switch x.scheme {
	case insAuthLegacy:
		return x.unprotectD40(got, out, n)
	case insAuthISO, insAuthAES:
		return x.unprotectEV1(got, st, out, n)
	case insAuthFirst, insAuthNonFirst:
		return x.unprotectEV2(got, st, out)
	}
	return got
}

func (x *terminal) unprotectD40(got []byte, out protection, n int) []byte {
	x.t.Helper()
	switch {
	case out == full:
		plain, _ := decrypt(x.block, make([]byte, 8), got)
		if len(plain) < n+2 || !bytes.Equal(plain[n:n+2], crc16(plain[:n])) || !isPadding(plain[n+2:], true) {
			x.t.Fatalf("answer %x: wrong CRC", plain)
		}
		return plain[:n]
	case out == maced:
		data, _, st := checkMAC(got, 4, d40{x.block}.mac)
		if st != statusOK {
			x.t.Fatalf("answer %x: wrong MAC", got)
		}
		return data
	}
	return got
}

func (x *terminal) unprotectEV1(got []byte, st status, out protection, n int) []byte {
	x.t.Helper()
	if out == full {
		var plain []byte
		plain, x.iv = decrypt(x.block, x.iv, got)
		if len(plain) < n+4 || !bytes.Equal(plain[n:n+4], crc32jam(plain[:n], []byte{byte(st)})) || !isPadding(plain[n+4:], true) {
			x.t.Fatalf("answer %x: wrong CRC", plain)
		}
		return plain[:n]
	}
	if len(got) < 8 {
		x.t.Fatalf("answer %x: no MAC", got)
	}
	data := got[:len(got)-8]
	x.iv = cmac(x.block, x.iv, join(data, []byte{byte(st)}))
	if !bytes.Equal(x.iv[:8], got[len(data):]) {
		x.t.Fatalf("answer %x: wrong MAC", got)
	}
	return data
}

func (x *terminal) unprotectEV2(got []byte, st status, out protection) []byte {
	x.t.Helper()
	x.ctr++
	if out == bare {
		return got
	}
	data, _, ok := checkMAC(got, 8, func(d []byte) []byte { return x.sign(byte(st), d) })
	if ok != statusOK {
		x.t.Fatalf("answer %x: wrong MAC", got)
	}
	if out == full && len(data) > 0 {
		plain, _ := decrypt(x.block, x.vector(0x5A, 0xA5), data)
		var fine bool
		if data, fine = unpad80(plain); !fine {
			x.t.Fatalf("answer %x: wrong padding", plain)
		}
	}
	return data
}

// must sends a command that has to succeed, with the session's usual protection.
func (x *terminal) must(ins byte, header ...byte) []byte {
	x.t.Helper()
	data, st := x.do(ins, header, nil, standard, standard, 0)
	if !st.success() {
		x.t.Fatalf("command %02X %X: status %02X", ins, header, byte(st))
	}
	return data
}

// enter selects an application, which ends the session.
func (x *terminal) enter(aid ...byte) {
	x.t.Helper()
	x.scheme = 0
	x.must(0x5A, aid...)
}

// wants sends a command that has to answer st.
func (x *terminal) wants(st status, ins byte, header ...byte) {
	x.t.Helper()
	if _, got := x.do(ins, header, nil, standard, standard, 0); got != st {
		x.t.Errorf("command %02X %X: status %02X, want %02X", ins, header, byte(got), byte(st))
	}
}

// secret sends enciphered data that have to be accepted.
func (x *terminal) secret(ins, header byte, data []byte) {
	x.t.Helper()
	if st := x.trySecret(ins, header, data); st != statusOK {
		x.t.Fatalf("command %02X %02X: status %02X", ins, header, byte(st))
	}
}

func (x *terminal) trySecret(ins, header byte, data []byte) status {
	x.t.Helper()
	_, st := x.do(ins, []byte{header}, data, full, standard, 0)
	return st
}

// changeKey sends ChangeKey; old is nil for the session's own key.
func (x *terminal) changeKey(no byte, fresh key, old []byte) status {
	x.t.Helper()
	data := append([]byte(nil), fresh.bytes...)
	for i := range old {
		data[i] ^= old[i]
	}
	if fresh.kind == kindAES {
		data = append(data, fresh.aesVersion)
	}
	var body []byte
	head := []byte{0xC4, no}
	switch x.scheme {
	case insAuthLegacy:
		data = join(data, crc16(data))
		if old != nil {
			data = join(data, crc16(fresh.bytes))
		}
		body = decipherToSend(x.block, padZero(data, 8))
	case insAuthISO, insAuthAES:
		data = join(data, crc32jam(head, data))
		if old != nil {
			data = join(data, crc32jam(fresh.bytes))
		}
		body, x.iv = encrypt(x.block, x.iv, padZero(data, x.block.BlockSize()))
	default:
		if old != nil {
			data = join(data, crc32jam(fresh.bytes))
		}
		e, _ := encrypt(x.block, x.vector(0xA5, 0x5A), pad80(data, 16))
		body = join(e, x.sign(0xC4, join([]byte{no}, e)))
	}
	got, st := x.raw(0xC4, join([]byte{no}, body))
	if st != statusOK || old == nil {
		x.scheme = 0
		if st == statusOK && len(got) != 0 {
			x.t.Errorf("changing the own key answers %X, want nothing", got)
		}
		return st
	}
	x.unprotect(got, st, standard, 0)
	return st
}

// isoLE makes an offset and a length for read and write commands.
func isoLE(no byte, offset, length int) []byte { return join([]byte{no}, le24(offset), le24(length)) }
