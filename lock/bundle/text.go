package bundle

import (
	"crypto/ecdh"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
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
	alphabet    = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
)

// ErrKeyText is a key with a typing mistake, or something else than a key.
var ErrKeyText = errors.New("lock key is mistyped")

// KeyFault is what is wrong with the text of a key.
type KeyFault string

// Faults of the text of a key.
const (
	KeyLength KeyFault = "length" // too short or too long
	KeyLetter KeyFault = "letter" // a character that cannot stand in it
	KeyDigits KeyFault = "digits" // the check digits do not agree with it
	KeyWeak   KeyFault = "weak"   // typed well, and no key that can be used
)

// KeyTextError says what is wrong with the text of a public key, and where. It
// wraps [ErrKeyText].
type KeyTextError struct {
	Fault KeyFault
	// Group is the group of eight characters that is mistyped, from 1; 0 where
	// that cannot be told.
	Group int
	// Length is the number of characters without hyphens and spaces.
	Length int
}

// Error implements error.
func (e *KeyTextError) Error() string {
	where := ""
	if e.Group > 0 {
		where = fmt.Sprintf(" (group %d)", e.Group)
	}
	switch e.Fault {
	case KeyLength:
		return fmt.Sprintf("%v: %d characters instead of %d%s", ErrKeyText, e.Length, textSize, where)
	case KeyLetter:
		return fmt.Sprintf("%v: only A to Z and 2 to 7 may stand in it%s", ErrKeyText, where)
	case KeyDigits:
		return fmt.Sprintf("%v: the check digits do not agree with it%s", ErrKeyText, where)
	}
	return fmt.Sprintf("%v: it is a point of low order", ErrKeyText)
}

// Unwrap implements errors.Unwrap.
func (e *KeyTextError) Unwrap() error { return ErrKeyText }

func checkBytes(label string, key []byte) []byte {
	sum := sha256.Sum256(append([]byte(label), key...))
	return sum[:checkSize]
}

func keyText(label string, key []byte) string {
	s := base32.StdEncoding.EncodeToString(append(append([]byte(nil), key...), checkBytes(label, key)...))
	return strings.Join(inGroups(s), "-")
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
//
// What is wrong comes back as *[KeyTextError].
func ParsePublicKey(s string) (*ecdh.PublicKey, error) {
	typed := s
	s = strings.ToUpper(strings.NewReplacer("-", "", " ", "").Replace(s))
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != 32 {
		if b, err = parseKeyText(publicLabel, s); err != nil {
			return nil, faultOf(typed, s)
		}
	}
	k, err := ecdh.X25519().NewPublicKey(b)
	if err != nil || lowOrder(k) {
		return nil, &KeyTextError{Fault: KeyWeak, Length: len(s)}
	}
	return k, nil
}

// faultOf says what is wrong with a text that is no public key: plain is typed
// in capitals, without hyphens and spaces.
func faultOf(typed, plain string) *KeyTextError {
	e := &KeyTextError{Fault: KeyDigits, Length: utf8.RuneCountInString(plain)}
	groups := strings.FieldsFunc(typed, func(r rune) bool { return r == '-' || r == ' ' })
	if len(groups) == 1 && e.Length == textSize {
		groups = inGroups(plain)
	}
	bad := func(wrong func(group string) bool) int {
		if len(groups) != textSize/groupSize {
			return 0
		}
		return 1 + slices.IndexFunc(groups, wrong)
	}
	switch {
	case e.Length != textSize:
		e.Fault, e.Group = KeyLength, bad(func(g string) bool { return utf8.RuneCountInString(g) != groupSize })
	case strings.Trim(plain, alphabet) != "":
		e.Fault, e.Group = KeyLetter, bad(func(g string) bool { return strings.Trim(strings.ToUpper(g), alphabet) != "" })
	default:
		e.Group = mistyped(plain)
	}
	return e
}

// inGroups cuts a text without hyphens, of any characters, into groups of eight.
func inGroups(plain string) []string {
	var groups []string
	for part := range slices.Chunk([]rune(plain), groupSize) {
		groups = append(groups, string(part))
	}
	return groups
}

// mistyped finds the group in which one wrong character, or two that changed
// places, explain why the check digits do not agree; 0 if nothing so simple
// does, or more than one group could be it. The check digits are long enough
// that a wrong group is named once in ten thousand times. It never says what was
// meant: that is read from the label again.
func mistyped(plain string) int {
	found := 0
	try := func(at int, candidate []byte) bool {
		if _, err := parseKeyText(publicLabel, string(candidate)); err != nil {
			return true
		}
		group := at/groupSize + 1
		same := found == 0 || found == group
		found = group
		return same
	}
	for i := range plain {
		for c := range len(alphabet) {
			b := []byte(plain)
			b[i] = alphabet[c]
			if !try(i, b) {
				return 0
			}
		}
		if i > 0 {
			b := []byte(plain)
			b[i-1], b[i] = b[i], b[i-1]
			if !try(i-1, b) {
				return 0
			}
		}
	}
	return found
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
