package desfire

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/subtle"
	"fmt"

	"sleutelbord/nfc"
)

// block is the key's cipher.
func (k Key) block() cipher.Block {
	var b cipher.Block
	var err error
	switch k.kind {
	case TypeDES:
		b, err = des.NewCipher(k.b[:8])
	case Type2K3DES:
		b, err = des.NewTripleDESCipher(append(k.Reveal(), k.b[:8]...))
	case Type3K3DES:
		b, err = des.NewTripleDESCipher(k.b[:24])
	default:
		b, err = aes.NewCipher(k.b[:16])
	}
	if err != nil {
		panic(err) // the lengths above are right
	}
	return b
}

// cbcEncrypt and cbcDecrypt work on whole blocks and leave src as it is.
func cbcEncrypt(b cipher.Block, iv, src []byte) []byte {
	dst := make([]byte, len(src))
	cipher.NewCBCEncrypter(b, iv).CryptBlocks(dst, src)
	return dst
}

func cbcDecrypt(b cipher.Block, iv, src []byte) []byte {
	dst := make([]byte, len(src))
	cipher.NewCBCDecrypter(b, iv).CryptBlocks(dst, src)
	return dst
}

// cbcSendD40 is how a D40 reader sends: chained as in CBC encryption, but with
// the block cipher's decryption, because the chip can only encipher. NXP
// MF3ICD81 rev 3.5, 8.8; libfreefare names it "send, decypher".
func cbcSendD40(b cipher.Block, src []byte) []byte {
	n := b.BlockSize()
	dst := make([]byte, len(src))
	last := make([]byte, n)
	for i := 0; i+n <= len(src); i += n {
		subtle.XORBytes(last, last, src[i:i+n])
		b.Decrypt(last, last)
		copy(dst[i:], last)
	}
	return dst
}

// padZero fills data up to whole blocks of n bytes with zeros.
func padZero(data []byte, n int) []byte {
	return append(data, make([]byte, (n-len(data)%n)%n)...)
}

// padMarked appends 80 and then zeros up to whole blocks of n bytes: ISO/IEC
// 9797-1:2011, padding method 2.
func padMarked(data []byte, n int) []byte { return padZero(append(data, 0x80), n) }

// unpadMarked undoes padMarked.
func unpadMarked(data []byte, n int) ([]byte, error) {
	end := len(bytes.TrimRight(data, "\x00")) - 1
	if end < 0 || data[end] != 0x80 || len(data)-end > n {
		return nil, fmt.Errorf("%w: wrong padding", nfc.ErrProtocol)
	}
	return data[:end], nil
}

// rotated is b with its first byte at the end: what each side does to the
// other's challenge.
func rotated(b []byte) []byte { return append(append([]byte(nil), b[1:]...), b[0]) }

func equalSecret(a, b []byte) bool { return subtle.ConstantTimeCompare(a, b) == 1 }

// checkedPlain takes the checksum of size bytes and the padding off an
// enciphered answer of D40 or EV1 to c, already deciphered into whole blocks
// of n bytes. sum gives the checksum of the data.
//
// Where the reader asked for a length, padding is zeros and only one place is
// possible for the checksum. Where it left the length to the card, the padding
// is 80 and zeros; recorded traffic does not show what a chip does when data
// and checksum fill the blocks exactly, so that no padding at all is taken as
// well. Each place is tried once, and the checksum decides.
func checkedPlain(c command, plain []byte, n, size int, sum func([]byte) []byte) ([]byte, error) {
	var ends []int
	if c.marked {
		if p, err := unpadMarked(plain, n); err == nil {
			ends = append(ends, len(p))
		}
		ends = append(ends, len(plain))
	} else if end := c.min + size; c.min == c.max && len(padZero(make([]byte, end), n)) == len(plain) {
		if len(bytes.TrimRight(plain[end:], "\x00")) != 0 {
			return nil, fmt.Errorf("%w: wrong padding", nfc.ErrProtocol)
		}
		ends = append(ends, end)
	} else {
		return nil, fmt.Errorf("%w: %d enciphered bytes for %s of data", nfc.ErrProtocol, len(plain), span(c.min, c.max))
	}
	for _, end := range ends {
		if end >= size && equalSecret(sum(plain[:end-size]), plain[end-size:end]) {
			return plain[: end-size : end-size], nil
		}
	}
	return nil, fmt.Errorf("%w: wrong checksum", nfc.ErrProtocol)
}
