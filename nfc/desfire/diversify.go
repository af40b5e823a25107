package desfire

import "crypto/aes"

// DiversifyAES128 derives an AES-128 key from master by NXP AN10922 rev 2.2,
// 2.2: the CMAC under master of 01 ‖ input, always padded to 32 bytes, with the
// subkey K1 only where no padding was needed. input is 1 to 31 bytes; other
// lengths are a mistake of the caller and panic. The derived key has version 0.
func DiversifyAES128(master Key, input []byte) Key {
	if master.kind != TypeAES || len(input) < 1 || len(input) > 31 {
		panic("desfire: AN10922 AES-128 wants an AES master key and 1 to 31 bytes of input")
	}
	block, err := aes.NewCipher(master.b[:16])
	if err != nil {
		panic(err) // an AES key is 16 bytes long
	}
	var m [32]byte
	m[0] = 0x01
	copy(m[1:], input)
	k1, k2 := cmacSubkeys(block)
	last := k1
	if n := 1 + len(input); n < len(m) {
		m[n] = 0x80
		last = k2
	}
	for i := range last {
		m[16+i] ^= last[i]
	}
	var out [16]byte
	block.Encrypt(out[:], m[:16])
	for i := range out {
		out[i] ^= m[16+i]
	}
	block.Encrypt(out[:], out[:])
	return NewAESKey(out, 0)
}
