package token

import (
	"crypto/subtle"
	"fmt"

	"sleutelbord/nfc/keytag"
	"sleutelbord/store"

	"github.com/miekg/pkcs11"
)

const block = 16 // of AES, in bytes

// diversify computes AN10922 for AES-128: AES-CMAC of 01 ‖ input.
func (s *session) diversify(key pkcs11.ObjectHandle, input [keytag.InputSize]byte) (out [block]byte, err error) {
	m := append([]byte{1}, input[:]...)
	var b []byte
	switch {
	case s.cmac:
		b, err = s.sign(key, pkcs11.CKM_AES_CMAC, m)
	case s.cbc || s.ecb:
		b, err = s.cmacByBlocks(key, m)
	default:
		return out, fmt.Errorf("%w: it has neither CMAC nor CBC nor ECB", store.ErrTokenRefused)
	}
	defer clear(b)
	if err != nil {
		return out, err
	}
	if len(b) != block {
		return out, fmt.Errorf("%w: a MAC of %d bytes", store.ErrTokenRefused, len(b))
	}
	return [block]byte(b), nil
}

// sign is one signature, or MAC, by a mechanism without parameters.
func (s *session) sign(key pkcs11.ObjectHandle, mechanism uint, message []byte) ([]byte, error) {
	if err := s.api.SignInit(s.handle, []*pkcs11.Mechanism{pkcs11.NewMechanism(mechanism, nil)}, key); err != nil {
		return nil, err
	}
	return s.api.Sign(s.handle, message)
}

// cmacByBlocks is AES-CMAC, RFC 4493, section 2.4, of a message that does not
// end with a whole block.
func (s *session) cmacByBlocks(key pkcs11.ObjectHandle, message []byte) ([]byte, error) {
	zero := make([]byte, block)
	l, err := s.encrypt(key, zero)
	if err != nil {
		return nil, err
	}
	k2 := double(double([block]byte(l)))
	clear(l)
	defer clear(k2[:])
	m := append(message[:len(message):len(message)], 0x80)
	for len(m)%block != 0 {
		m = append(m, 0)
	}
	last := m[len(m)-block:]
	subtle.XORBytes(last, last, k2[:])
	if s.cbc {
		c, err := s.encrypt(key, m)
		if err != nil {
			return nil, err
		}
		return c[len(c)-block:], nil
	}
	x := zero
	for ; len(m) > 0; m = m[block:] {
		subtle.XORBytes(x, x, m[:block])
		if x, err = s.encrypt(key, x); err != nil {
			return nil, err
		}
	}
	return x, nil
}

// encrypt enciphers whole blocks, by CBC with a zero vector or one block by ECB.
func (s *session) encrypt(key pkcs11.ObjectHandle, m []byte) ([]byte, error) {
	mechanism := pkcs11.NewMechanism(pkcs11.CKM_AES_ECB, nil)
	if s.cbc {
		mechanism = pkcs11.NewMechanism(pkcs11.CKM_AES_CBC, make([]byte, block))
	}
	if err := s.api.EncryptInit(s.handle, []*pkcs11.Mechanism{mechanism}, key); err != nil {
		return nil, err
	}
	c, err := s.api.Encrypt(s.handle, m)
	if err != nil {
		return nil, err
	}
	if len(c) != len(m) {
		return nil, fmt.Errorf("%w: %d bytes enciphered to %d", store.ErrTokenRefused, len(m), len(c))
	}
	return c, nil
}

// double multiplies by x in GF(2^128), RFC 4493, section 2.3.
func double(b [block]byte) (out [block]byte) {
	carry := byte(0)
	for i := block - 1; i >= 0; i-- {
		out[i] = b[i]<<1 | carry
		carry = b[i] >> 7
	}
	out[block-1] ^= 0x87 & -carry
	return out
}
