package softcard

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"encoding/binary"
	"hash/crc32"
)

// kind is the crypto method of a key, as bits 7 and 6 of the second settings
// byte of an application and of the PICC key number in ChangeKey give it.
type kind byte

const (
	kindDES    kind = 0x00 // DES and 2K3DES: 16 bytes, DES written twice
	kind3K3DES kind = 0x40 // 24 bytes
	kindAES    kind = 0x80 // 16 bytes
)

func (k kind) valid() bool { return k == kindDES || k == kind3K3DES || k == kindAES }

// size is the number of key bytes.
func (k kind) size() int {
	if k == kind3K3DES {
		return 24
	}
	return 16
}

// key is a key in its slot.
type key struct {
	kind  kind
	bytes []byte
	// aesVersion is the version of an AES key; the others carry theirs in the
	// key bytes.
	aesVersion byte
}

// version is what GetKeyVersion answers. For DES keys it is the low bits of the
// first eight bytes, the first byte's bit most significant.
func (k key) version() byte {
	if k.kind == kindAES {
		return k.aesVersion
	}
	var v byte
	for _, b := range k.bytes[:8] {
		v = v<<1 | b&1
	}
	return v
}

// single tells whether a 16-byte key is a DES key written twice. The comparison
// includes the version bits (NXP MF3ICD81 rev 3.5, 8.1).
func (k key) single() bool {
	return k.kind == kindDES && [8]byte(k.bytes[:8]) == [8]byte(k.bytes[8:16])
}

func (k key) block() cipher.Block { return newBlock(k.kind, k.bytes) }

func (k key) clone() key {
	k.bytes = append([]byte(nil), k.bytes...)
	return k
}

// newBlock makes the cipher of a key of 8 or 16 (DES), 24 (3K3DES) or 16 (AES)
// bytes. Other lengths are a mistake in this package and panic.
func newBlock(k kind, b []byte) cipher.Block {
	var block cipher.Block
	var err error
	switch {
	case k == kindAES:
		block, err = aes.NewCipher(b)
	case len(b) == 8:
		block, err = des.NewCipher(b)
	case len(b) == 16:
		block, err = des.NewTripleDESCipher(append(append([]byte(nil), b...), b[:8]...))
	default:
		block, err = des.NewTripleDESCipher(b)
	}
	if err != nil {
		panic("softcard: key of impossible length: " + err.Error())
	}
	return block
}

// encrypt is CBC encryption of whole blocks; the new initial vector is the last
// ciphertext block.
func encrypt(b cipher.Block, iv, plain []byte) (out, next []byte) {
	out = make([]byte, len(plain))
	cipher.NewCBCEncrypter(b, iv).CryptBlocks(out, plain)
	return out, lastBlock(b, iv, out)
}

// decrypt is CBC decryption of whole blocks.
func decrypt(b cipher.Block, iv, data []byte) (out, next []byte) {
	out = make([]byte, len(data))
	cipher.NewCBCDecrypter(b, iv).CryptBlocks(out, data)
	return out, lastBlock(b, iv, data)
}

func lastBlock(b cipher.Block, iv, data []byte) []byte {
	if len(data) == 0 {
		return append([]byte(nil), iv...)
	}
	return append([]byte(nil), data[len(data)-b.BlockSize():]...)
}

// encipherReceived undoes what a D40 reader did, which deciphers in both
// directions: the card enciphers each block and then chains
// (NXP MF3ICD81 rev 3.5, 8.2.1).
func encipherReceived(b cipher.Block, data []byte) []byte {
	n := b.BlockSize()
	out := make([]byte, len(data))
	previous := make([]byte, n)
	for i := 0; i < len(data); i += n {
		b.Encrypt(out[i:i+n], data[i:i+n])
		for j := range n {
			out[i+j] ^= previous[j]
		}
		previous = data[i : i+n]
	}
	return out
}

// cmac is the CMAC of NIST SP 800-38B with an initial vector, zero in the
// standard, running in an EV1 session.
func cmac(b cipher.Block, iv, message []byte) []byte {
	n := b.BlockSize()
	k1 := make([]byte, n)
	b.Encrypt(k1, k1)
	double(k1)
	m := append([]byte(nil), message...)
	if len(m) == 0 || len(m)%n != 0 {
		double(k1)
		m = pad80(m, n)
	}
	last := m[len(m)-n:]
	for i := range last {
		last[i] ^= k1[i]
	}
	out, _ := encrypt(b, iv, m)
	return out[len(out)-n:]
}

// double multiplies by x in GF(2^64) or GF(2^128).
func double(b []byte) {
	r := byte(0x1B)
	if len(b) == 16 {
		r = 0x87
	}
	r &= -(b[0] >> 7)
	for i := range b[:len(b)-1] {
		b[i] = b[i]<<1 | b[i+1]>>7
	}
	b[len(b)-1] = b[len(b)-1]<<1 ^ r
}

// odd keeps the bytes 1, 3, ... 15 of a 16-byte CMAC (NXP AN12343 rev 1.1, 5.3).
func odd(mac []byte) []byte {
	out := make([]byte, 0, 8)
	for i := 1; i < len(mac); i += 2 {
		out = append(out, mac[i])
	}
	return out
}

// pad80 pads with 80 00.. to a multiple of n, always at least one byte
// (ISO/IEC 9797-1 padding method 2).
func pad80(b []byte, n int) []byte {
	b = append(b, 0x80)
	return padZero(b, n)
}

// padZero pads with zeros to a multiple of n, nothing where none is needed.
func padZero(b []byte, n int) []byte {
	for len(b)%n != 0 {
		b = append(b, 0)
	}
	return b
}

// crc16 is the CRC_A of ISO/IEC 14443-3, low byte first.
func crc16(data ...[]byte) []byte {
	crc := uint16(0x6363)
	for _, part := range data {
		for _, b := range part {
			crc ^= uint16(b)
			for range 8 {
				carry := crc & 1
				crc >>= 1
				if carry == 1 {
					crc ^= 0x8408
				}
			}
		}
	}
	return binary.LittleEndian.AppendUint16(nil, crc)
}

// crc32jam is CRC-32 of IEEE 802.3 without the final inversion, low byte first.
func crc32jam(data ...[]byte) []byte {
	crc := uint32(0)
	for _, part := range data {
		crc = crc32.Update(crc, crc32.IEEETable, part)
	}
	return binary.LittleEndian.AppendUint32(nil, ^crc)
}

// rotated is b with its first byte moved to the end.
func rotated(b []byte) []byte {
	return append(append([]byte(nil), b[1:]...), b[0])
}

func roundUp(n, block int) int { return (n + block - 1) / block * block }
