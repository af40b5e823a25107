package desfire

import "crypto/cipher"

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
