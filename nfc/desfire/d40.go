package desfire

import (
	"crypto/cipher"
	"fmt"

	"sleutelbord/nfc"
)

// d40 is the secure messaging of AuthenticateLegacy: NXP MF3ICD81 rev 3.5, 8.8
// ("backwards compatible mode"); what a file's data looks like by libfreefare,
// mifare_desfire_crypto.c.
//
// Only file data and administration are protected; other commands and all
// plain answers travel bare. Each message stands alone, with a zero IV. The
// chip can only encipher, so that the reader deciphers in both directions.
//
//	MAC:  data ‖ first 4 bytes of the last block of CBC(data ‖ 00…)
//	full: data ‖ CRC-16(data) ‖ 00…, the parameters before it in clear
type d40 struct{ block cipher.Block }

const macSizeD40 = 4

func newD40(session Key) *d40 { return &d40{block: session.block()} }

func (d *d40) zeroIV() []byte { return make([]byte, d.block.BlockSize()) }

func (d *d40) mac(data []byte) []byte {
	n := d.block.BlockSize()
	padded := padZero(append([]byte(nil), data...), n)
	if len(padded) == 0 {
		padded = make([]byte, n)
	}
	sealed := cbcEncrypt(d.block, d.zeroIV(), padded)
	return sealed[len(sealed)-n:][:macSizeD40]
}

func (d *d40) protect(c command) ([]byte, error) {
	out := append([]byte(nil), c.head...)
	data := append([]byte(nil), c.data...)
	switch c.out {
	case guardMAC:
		data = append(data, d.mac(data)...)
	case guardFull:
		data = d.seal(append(data, crc16(data)...))
	case guardKey:
		data = d.seal(data)
	}
	return append(out, data...), nil
}

func (d *d40) seal(data []byte) []byte {
	return cbcSendD40(d.block, padZero(data, d.block.BlockSize()))
}

func (d *d40) open(c command, _ byte, reply []byte) ([]byte, error) {
	switch c.in {
	case guardMAC:
		n := len(reply) - macSizeD40
		if n < 0 || !equalSecret(d.mac(reply[:n]), reply[n:]) {
			return nil, fmt.Errorf("%w: wrong MAC", nfc.ErrProtocol)
		}
		return reply[:n:n], nil
	case guardFull:
		n := d.block.BlockSize()
		if len(reply) == 0 || len(reply)%n != 0 {
			return nil, fmt.Errorf("%w: %d enciphered bytes", nfc.ErrProtocol, len(reply))
		}
		return checkedPlain(c, cbcDecrypt(d.block, d.zeroIV(), reply), n, 2, crc16)
	}
	return reply, nil
}

func (d *d40) keyData(k keyChange) []byte {
	out := append([]byte(nil), k.material...)
	out = append(out, crc16(k.material)...)
	if k.fresh != nil {
		out = append(out, crc16(k.fresh)...)
	}
	return out
}
