package store

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
)

const rootSize = 32

// Root is the root of a site's keys: 32 random bytes from which every other
// key of the site is derived. It never shows its bytes. Copies of a Root share
// them, so that [Root.Wipe] wipes all copies. The zero Root is no root.
type Root struct{ b *[rootSize]byte }

// GenerateRoot makes a root from 32 bytes of rand, which real programs read
// from crypto/rand.
func GenerateRoot(rand io.Reader) (Root, error) {
	r := Root{b: new([rootSize]byte)}
	if _, err := io.ReadFull(rand, r.b[:]); err != nil {
		r.Wipe()
		return Root{}, fmt.Errorf("making the site root: %w", err)
	}
	return r, nil
}

// newRoot copies 32 bytes.
func newRoot(b []byte) (Root, error) {
	if len(b) != rootSize {
		return Root{}, fmt.Errorf("site root of %d bytes: %w", len(b), ErrDamaged)
	}
	r := Root{b: new([rootSize]byte)}
	copy(r.b[:], b)
	return r, nil
}

// Wipe overwrites the root with zeros; it is no root from then on.
func (r Root) Wipe() {
	if r.b != nil {
		clear(r.b[:])
	}
}

// valid tells a root from the zero Root and a wiped one.
func (r Root) valid() bool { return r.b != nil && *r.b != [rootSize]byte{} }

const redacted = "[site root]"

// String hides the root.
func (r Root) String() string { return redacted }

// GoString hides the root.
func (r Root) GoString() string { return redacted }

// Format hides the root from every verb of package fmt.
func (r Root) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, redacted) }

// LogValue hides the root from package slog.
func (r Root) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalJSON refuses: a root has no place in JSON.
func (r Root) MarshalJSON() ([]byte, error) {
	return nil, errors.New("a site root cannot be written as JSON")
}
