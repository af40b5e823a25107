package bundle

import (
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"

	"golang.org/x/crypto/chacha20poly1305"
)

// Code points of RFC 9053: tables 6, 14, 17 and 18.
const (
	algChaCha20Poly1305 = 24
	algECDHESHKDF256    = -25
	keyTypeOKP          = 1
	curveX25519         = 4
)

// encryptTag is CBOR tag 96, COSE_Encrypt (RFC 9052, 2).
var encryptTag = []byte{0xD8, 0x60}

// container is COSE_Encrypt (RFC 9052, 5.1) to one recipient.
type container struct {
	_          struct{} `cbor:",toarray"`
	Protected  []byte
	Header     ivHeader
	Ciphertext []byte
	Recipients []recipient
}

type ivHeader struct {
	IV []byte `cbor:"5,keyasint"`
}

// recipient is COSE_recipient for direct key agreement (RFC 9052, 8.5.4).
type recipient struct {
	_          struct{} `cbor:",toarray"`
	Protected  []byte
	Header     ephemeralHeader
	Ciphertext []byte
}

type ephemeralHeader struct {
	Key coseKey `cbor:"-1,keyasint"`
}

type coseKey struct {
	Type  int    `cbor:"1,keyasint"`
	Curve int    `cbor:"-1,keyasint"`
	X     []byte `cbor:"-2,keyasint"`
}

type algHeader struct {
	Alg int `cbor:"1,keyasint"`
}

// What every container says alike.
var (
	contentHeader   = encode(algHeader{algChaCha20Poly1305})
	recipientHeader = encode(algHeader{algECDHESHKDF256})
	contentContext  = string(kdfContext(algChaCha20Poly1305, 8*chacha20poly1305.KeySize, recipientHeader))
)

func newContainer(iv, ciphertext []byte, ephemeral *ecdh.PublicKey) container {
	return container{
		Protected:  contentHeader,
		Header:     ivHeader{iv},
		Ciphertext: ciphertext,
		Recipients: []recipient{{
			Protected:  recipientHeader,
			Header:     ephemeralHeader{coseKey{Type: keyTypeOKP, Curve: curveX25519, X: ephemeral.Bytes()}},
			Ciphertext: []byte{},
		}},
	}
}

// partyInfo is PartyInfo of RFC 9053, 5.2, all of it nil: the two parties are
// in the external data of the encryption.
type partyInfo struct {
	_                      struct{} `cbor:",toarray"`
	Identity, Nonce, Other []byte
}

// kdfContext is COSE_KDF_Context of RFC 9053, 5.2, for a content key of bits.
func kdfContext(alg, bits int, protected []byte) []byte {
	type suppPubInfo struct {
		_         struct{} `cbor:",toarray"`
		Bits      int
		Protected []byte
	}
	return encode(struct {
		_       struct{} `cbor:",toarray"`
		Alg     int
		PartyU  partyInfo
		PartyV  partyInfo
		SuppPub suppPubInfo
	}{Alg: alg, SuppPub: suppPubInfo{Bits: bits, Protected: protected}})
}

// contentKey is ECDH-ES + HKDF-256 without salt (RFC 9053, 5.1 and 6.3.1).
// A public key of low order, which makes the shared secret all zero, is an
// error (RFC 7748, 6.1; RFC 9053, 6.3.1).
func contentKey(own *ecdh.PrivateKey, other *ecdh.PublicKey, context string, size int) ([]byte, error) {
	secret, err := own.ECDH(other)
	if err != nil {
		return nil, errors.New("key agreement gives all zeros")
	}
	defer clear(secret)
	return hkdf.Key(sha256.New, secret, nil, context, size)
}

// encryptAAD is Enc_structure of RFC 9052, 5.3.
func encryptAAD(protected, external []byte) []byte {
	return encode(struct {
		_         struct{} `cbor:",toarray"`
		Context   string
		Protected []byte
		External  []byte
	}{Context: "Encrypt", Protected: protected, External: external})
}

// newAEAD gives the cipher between own and other.
func newAEAD(own *ecdh.PrivateKey, other *ecdh.PublicKey) (cipher.AEAD, error) {
	key, err := contentKey(own, other, contentContext, chacha20poly1305.KeySize)
	if err != nil {
		return nil, err
	}
	defer clear(key)
	return chacha20poly1305.New(key)
}

// encrypt makes the encoded container of plaintext for to; external is
// authenticated with it. rand gives 32 bytes for the ephemeral key and 12 for
// the nonce.
func encrypt(plaintext, external []byte, to *ecdh.PublicKey, rand io.Reader) ([]byte, error) {
	seed, iv := make([]byte, 32), make([]byte, chacha20poly1305.NonceSize)
	defer clear(seed)
	if _, err := io.ReadFull(rand, seed); err != nil {
		return nil, fmt.Errorf("reading random bytes: %w", err)
	}
	if _, err := io.ReadFull(rand, iv); err != nil {
		return nil, fmt.Errorf("reading random bytes: %w", err)
	}
	ephemeral, err := ecdh.X25519().NewPrivateKey(seed)
	if err != nil {
		return nil, fmt.Errorf("making ephemeral key: %w", err)
	}
	c := newContainer(iv, nil, ephemeral.PublicKey())
	aead, err := newAEAD(ephemeral, to)
	if err != nil {
		return nil, err
	}
	c.Ciphertext = aead.Seal(nil, iv, plaintext, encryptAAD(c.Protected, external))
	return append(encryptTag[:2:2], encode(c)...), nil
}

// decrypt opens what encrypt made. Anything but a container of exactly the
// form of this format is [ErrDamaged]; one that does not open is [ErrKey].
func decrypt(data, external []byte, key *ecdh.PrivateKey) ([]byte, error) {
	c, ephemeral, err := parseContainer(data)
	if err != nil {
		return nil, fmt.Errorf("%w: container: %w", ErrDamaged, err)
	}
	aead, err := newAEAD(key, ephemeral)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	plaintext, err := aead.Open(nil, c.Header.IV, c.Ciphertext, encryptAAD(c.Protected, external))
	if err != nil {
		return nil, ErrKey
	}
	return plaintext, nil
}

func parseContainer(data []byte) (container, *ecdh.PublicKey, error) {
	var c container
	body, err := tagged(data, encryptTag)
	if err != nil {
		return c, nil, err
	}
	if err := strictly(body, &c); err != nil {
		return c, nil, err
	}
	if len(c.Header.IV) != chacha20poly1305.NonceSize || len(c.Recipients) != 1 {
		return c, nil, errors.New("wrong nonce, or not one recipient")
	}
	ephemeral, err := ecdh.X25519().NewPublicKey(c.Recipients[0].Header.Key.X)
	if err != nil {
		return c, nil, err
	}
	// All that is fixed in the format: algorithms, key type, curve.
	fixed := newContainer(c.Header.IV, c.Ciphertext, ephemeral)
	if string(encode(fixed)) != string(body) {
		return c, nil, errors.New("algorithms are not those of the format")
	}
	return c, ephemeral, nil
}
