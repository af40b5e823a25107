package desfire

import (
	"bytes"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
)

// KeyType is the cipher of a key.
type KeyType byte

// Key types, from the shortest to the longest history of use.
const (
	TypeDES    KeyType = iota // 8 bytes; on the chip stored twice in 16
	Type2K3DES                // 16 bytes
	Type3K3DES                // 24 bytes
	TypeAES                   // 16 bytes, version kept apart
)

// Size is the length of a key of this type in bytes.
func (t KeyType) Size() int { return [...]int{8, 16, 24, 16}[t&3] }

func (t KeyType) String() string { return [...]string{"DES", "2K3DES", "3K3DES", "AES"}[t&3] }

// Key is a key of the chip with its version. It never shows its bytes: not
// when printed, not when logged, not as JSON; [Key.Reveal] is the only way out.
type Key struct {
	kind    KeyType
	version byte
	b       [24]byte
}

// NewKey makes a key of the given type from Size bytes. For AES the version is
// kept beside the key. For the DES types the version is written into bit 0 of
// the first eight bytes, as the chip keeps it (most significant bit in byte 0).
func NewKey(t KeyType, b []byte, version byte) (Key, error) {
	if t > TypeAES || len(b) != t.Size() {
		return Key{}, fmt.Errorf("new %v key: %d bytes given", t, len(b))
	}
	k := Key{kind: t}
	copy(k.b[:], b)
	return k.WithVersion(version), nil
}

// NewAESKey makes an AES-128 key.
func NewAESKey(b [16]byte, version byte) Key {
	k := Key{kind: TypeAES, version: version}
	copy(k.b[:], b[:])
	return k
}

// Keys of a chip as it leaves the factory, and of one prepared for AES.
var (
	ZeroDES = Key{kind: TypeDES}
	ZeroAES = Key{kind: TypeAES}
)

// Type is the key's cipher.
func (k Key) Type() KeyType { return k.kind }

// Version is the key version that GetKeyVersion shows for this key.
func (k Key) Version() byte { return k.version }

// WithVersion is the same key with another version.
func (k Key) WithVersion(v byte) Key {
	k.version = v
	if k.kind != TypeAES {
		for i := range 8 {
			k.b[i] = k.b[i]&^1 | v>>(7-i)&1
		}
	}
	return k
}

// Equal compares type and bytes in constant time; versions of AES keys do not
// count.
func (k Key) Equal(o Key) bool {
	return k.kind == o.kind && subtle.ConstantTimeCompare(k.b[:], o.b[:]) == 1
}

// IsZero tells whether all the key's bytes are zero.
func (k Key) IsZero() bool { return bytes.Equal(k.b[:], make([]byte, 24)) }

// Reveal gives a copy of the key's bytes. The name is meant to be searched for.
func (k Key) Reveal() []byte { return append([]byte(nil), k.b[:k.kind.Size()]...) }

const redacted = "[key]"

// String hides the key.
func (k Key) String() string { return redacted }

// GoString hides the key.
func (k Key) GoString() string { return redacted }

// Format hides the key from every verb of package fmt.
func (k Key) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte(redacted)) }

// LogValue hides the key from package slog.
func (k Key) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalJSON refuses: a key has no place in JSON.
func (k Key) MarshalJSON() ([]byte, error) { return nil, errors.New("a key cannot be written as JSON") }
