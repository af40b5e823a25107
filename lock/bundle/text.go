package bundle

import (
	"crypto/ecdh"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// Key texts: 32 key bytes and 3 check bytes in base32 (RFC 4648, 6), 56
// characters in seven groups of eight with hyphens. Base32 has no 0, 1, 8 and
// 9, so that they cannot be taken for O, I, B and g, and a spreadsheet cannot
// take the text for a number. The check bytes are the start of SHA-256 over a
// label and the key.
const (
	publicLabel = "sleutelbord lock public 1"
	secretLabel = "sleutelbord lock secret 1"
	checkSize   = 3
	groupSize   = 8
	textSize    = 56
)

// ErrKeyText is a key with a typing mistake, or something else than a key.
var ErrKeyText = errors.New("lock key is mistyped")

func checkBytes(label string, key []byte) []byte {
	sum := sha256.Sum256(append([]byte(label), key...))
	return sum[:checkSize]
}

func keyText(label string, key []byte) string {
	s := base32.StdEncoding.EncodeToString(append(append([]byte(nil), key...), checkBytes(label, key)...))
	var groups []string
	for ; len(s) > 0; s = s[groupSize:] {
		groups = append(groups, s[:groupSize])
	}
	return strings.Join(groups, "-")
}

func parseKeyText(label, s string) ([]byte, error) {
	if len(s) != textSize {
		return nil, fmt.Errorf("%w: %d characters instead of %d", ErrKeyText, len(s), textSize)
	}
	b, err := base32.StdEncoding.DecodeString(s)
	if err != nil || len(b) != 32+checkSize {
		return nil, fmt.Errorf("%w: only A to Z and 2 to 7 may stand in it", ErrKeyText)
	}
	if subtle.ConstantTimeCompare(b[32:], checkBytes(label, b[:32])) != 1 {
		return nil, fmt.Errorf("%w: the check digits do not agree with it", ErrKeyText)
	}
	return b[:32], nil
}

// PublicText is a lock's public key as it stands in the list of locks, with
// check digits.
func PublicText(k *ecdh.PublicKey) string { return keyText(publicLabel, k.Bytes()) }

// ParsePublicKey reads what [PublicText] writes, in either case, with hyphens
// and spaces where the typist wants them. It also takes plain 64 hexadecimal
// digits, which have no check digits. A point of low order, with which no
// secret can be agreed, is refused (RFC 7748, 6.1).
func ParsePublicKey(s string) (*ecdh.PublicKey, error) {
	s = strings.ToUpper(strings.NewReplacer("-", "", " ", "").Replace(s))
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != 32 {
		if b, err = parseKeyText(publicLabel, s); err != nil {
			return nil, err
		}
	}
	k, err := ecdh.X25519().NewPublicKey(b)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKeyText, err)
	}
	if lowOrder(k) {
		return nil, fmt.Errorf("%w: it is a point of low order", ErrKeyText)
	}
	return k, nil
}

// lowOrder tries an agreement: every private key is a multiple of 8, so that
// any one of them finds the points of low order.
func lowOrder(k *ecdh.PublicKey) bool {
	probe, err := ecdh.X25519().NewPrivateKey(append([]byte{1}, make([]byte, 31)...))
	if err != nil {
		return true
	}
	_, err = probe.ECDH(k)
	return err != nil
}
