package bundle

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// LockName is the text id of a lock, as it stands on its label and in the list
// of locks: 1 to 32 of A-Z a-z 0-9 . _ - and safe as a file name everywhere.
// Names that differ only in case are the same lock; compare with
// [LockName.Is]. The zero LockName is no lock.
type LockName struct{ s string }

// ParseLockName reads a lock's id: the first character is a letter or digit,
// the last is no dot, and it is no name that Windows keeps for a device.
func ParseLockName(s string) (LockName, error) {
	if len(s) < 1 || len(s) > 32 {
		return LockName{}, fmt.Errorf("lock id %q: 1 to 32 characters are wanted", s)
	}
	for i := range len(s) {
		if !nameByte(s[i], i == 0) {
			return LockName{}, fmt.Errorf("lock id %q: character %d may not stand there (letters, digits, and after the first . _ -)", s, i+1)
		}
	}
	if s[len(s)-1] == '.' {
		return LockName{}, fmt.Errorf("lock id %q ends in a dot", s)
	}
	if deviceName(s) {
		return LockName{}, fmt.Errorf("lock id %q is the name of a device on Windows", s)
	}
	return LockName{s}, nil
}

func nameByte(c byte, first bool) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	}
	return !first && (c == '.' || c == '_' || c == '-')
}

// deviceName tells names that open a device instead of a file, with any
// extension. Source: Microsoft, Win32 "Naming Files, Paths, and Namespaces".
func deviceName(s string) bool {
	base, _, _ := strings.Cut(strings.ToUpper(s), ".")
	switch base {
	case "CON", "PRN", "AUX", "NUL":
		return true
	}
	return len(base) == 4 && (strings.HasPrefix(base, "COM") || strings.HasPrefix(base, "LPT")) &&
		'0' <= base[3] && base[3] <= '9'
}

// String is the name as it was written.
func (n LockName) String() string { return n.s }

// IsZero tells whether n is no lock.
func (n LockName) IsZero() bool { return n.s == "" }

// Is tells whether both name the same lock.
func (n LockName) Is(o LockName) bool { return strings.EqualFold(n.s, o.s) }

// Canonical is the spelling by which names are compared: upper case.
func (n LockName) Canonical() string { return strings.ToUpper(n.s) }

// ID is the lock's id in bundles and receipts.
func (n LockName) ID() LockID {
	sum := sha256.Sum256([]byte("sleutelbord lock 1" + n.Canonical()))
	return LockID(sum[:8])
}

// MarshalText writes the name.
func (n LockName) MarshalText() ([]byte, error) { return []byte(n.s), nil }

// UnmarshalText reads a name as [ParseLockName] does.
func (n *LockName) UnmarshalText(b []byte) error {
	p, err := ParseLockName(string(b))
	if err != nil {
		return err
	}
	*n = p
	return nil
}

// LockID is a lock in bundles and receipts: the first 8 bytes of SHA-256 over
// "sleutelbord lock 1" and the lock's name in upper case.
type LockID [8]byte

// String is the id in hexadecimal.
func (l LockID) String() string { return hex.EncodeToString(l[:]) }
