package desfire

import (
	"crypto/cipher"
	"crypto/subtle"
)

// cmacSubkeys gives K1 and K2 of NIST SP 800-38B, 6.1, for a block cipher of
// 8 or 16 bytes.
func cmacSubkeys(b cipher.Block) (k1, k2 []byte) {
	l := make([]byte, b.BlockSize())
	b.Encrypt(l, l)
	k1 = doubled(l)
	return k1, doubled(k1)
}

// doubled multiplies by x in the field of the block size.
func doubled(in []byte) []byte {
	out := make([]byte, len(in))
	for i := range in {
		out[i] = in[i] << 1
		if i+1 < len(in) {
			out[i] |= in[i+1] >> 7
		}
	}
	if in[0]&0x80 != 0 {
		rb := byte(0x87)
		if len(in) == 8 {
			rb = 0x1B
		}
		out[len(out)-1] ^= rb
	}
	return out
}

// macKey computes CMACs under one key.
type macKey struct {
	block  cipher.Block
	k1, k2 []byte
}

func newMACKey(k Key) macKey {
	b := k.block()
	k1, k2 := cmacSubkeys(b)
	return macKey{block: b, k1: k1, k2: k2}
}

// sum is the CMAC of the concatenation of parts (NIST SP 800-38B, 6.2), one
// block long, except that the chain starts at iv instead of zero; nil is zero.
func (m macKey) sum(iv []byte, parts ...[]byte) []byte {
	n := m.block.BlockSize()
	msg := make([]byte, 0, 64)
	for _, p := range parts {
		msg = append(msg, p...)
	}
	last := m.k1
	if len(msg) == 0 || len(msg)%n != 0 {
		msg = padMarked(msg, n)
		last = m.k2
	}
	subtle.XORBytes(msg[len(msg)-n:], msg[len(msg)-n:], last)
	state := make([]byte, n)
	copy(state, iv)
	for ; len(msg) > 0; msg = msg[n:] {
		subtle.XORBytes(state, state, msg[:n])
		m.block.Encrypt(state, state)
	}
	return state
}
