package bundle

import (
	"bytes"
	"crypto/ecdh"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"strings"

	"sleutelbord/lock/internal/durable"
)

// LockKey is the key pair that a lock is born with. The secret half never
// leaves the lock; it is shown by nothing but [LockKey.File].
type LockKey struct {
	name LockName
	key  *ecdh.PrivateKey
}

// GenerateKey makes the key pair of a new lock from 32 bytes of rand
// (crypto/rand.Reader but for tests).
func GenerateKey(name LockName, rand io.Reader) (LockKey, error) {
	b := make([]byte, 32)
	defer clear(b)
	if _, err := io.ReadFull(rand, b); err != nil {
		return LockKey{}, fmt.Errorf("generating lock key: %w", err)
	}
	k, err := ecdh.X25519().NewPrivateKey(b)
	if err != nil {
		return LockKey{}, fmt.Errorf("generating lock key: %w", err)
	}
	return LockKey{name, k}, nil
}

// Name is the lock that the key was made for.
func (k LockKey) Name() LockName { return k.name }

// Private is the secret half, for [Open].
func (k LockKey) Private() *ecdh.PrivateKey { return k.key }

// Public is the half that the desk needs.
func (k LockKey) Public() *ecdh.PublicKey { return k.key.PublicKey() }

// String hides the secret half.
func (k LockKey) String() string { return "[key of lock " + k.name.String() + "]" }

// GoString hides the secret half.
func (k LockKey) GoString() string { return k.String() }

// Format hides the secret half from every verb of package fmt.
func (k LockKey) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte(k.String())) }

// LogValue hides the secret half from package slog.
func (k LockKey) LogValue() slog.Value { return slog.StringValue(k.String()) }

// MarshalJSON refuses: a key has no place in JSON.
func (k LockKey) MarshalJSON() ([]byte, error) {
	return nil, errors.New("a lock key cannot be written as JSON")
}

const keyFileTitle = "sleutelbord lock key 1"

// maxKeyFile is more than any key file has.
const maxKeyFile = 512

// File is the key file of the lock, secret half included:
//
//	sleutelbord lock key 1
//	lock NAME
//	secret 56 characters in groups of eight
//	public 56 characters in groups of eight
//
// Each line ends in a line feed.
func (k LockKey) File() []byte {
	return fmt.Appendf(nil, "%s\nlock %s\nsecret %s\npublic %s\n",
		keyFileTitle, k.name, keyText(secretLabel, k.key.Bytes()), PublicText(k.Public()))
}

// ErrKeyFile is a file that is no lock key file, or was changed.
var ErrKeyFile = errors.New("not a lock key file")

// ParseKeyFile reads a key file strictly: what parses is written by
// [LockKey.File] in the same bytes. Errors never quote the file.
func ParseKeyFile(data []byte) (LockKey, error) {
	lines := strings.Split(string(data), "\n")
	if len(data) > maxKeyFile || len(lines) != 5 || lines[0] != keyFileTitle {
		return LockKey{}, fmt.Errorf("%w: the first line is not %q, or there are not four lines", ErrKeyFile, keyFileTitle)
	}
	id, ok := strings.CutPrefix(lines[1], "lock ")
	name, err := ParseLockName(id)
	if !ok || err != nil {
		return LockKey{}, fmt.Errorf("%w: line 2 names no lock", ErrKeyFile)
	}
	text, _ := strings.CutPrefix(lines[2], "secret ")
	secret, err := parseKeyText(secretLabel, strings.ReplaceAll(text, "-", ""))
	if err != nil {
		return LockKey{}, fmt.Errorf("%w: line 3: %w", ErrKeyFile, err)
	}
	defer clear(secret)
	key, err := ecdh.X25519().NewPrivateKey(secret)
	if err != nil {
		return LockKey{}, fmt.Errorf("%w: line 3", ErrKeyFile)
	}
	k := LockKey{name, key}
	if !bytes.Equal(k.File(), data) {
		return LockKey{}, fmt.Errorf("%w: the lines do not agree, or stand otherwise than they are written", ErrKeyFile)
	}
	return k, nil
}

// WriteKeyFile writes a new key file that only its owner can read. A file that
// is there already is never replaced: fs.ErrExist.
func WriteKeyFile(path string, k LockKey) error {
	if _, err := os.Lstat(path); err == nil {
		return &fs.PathError{Op: "writing lock key", Path: path, Err: fs.ErrExist}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("writing lock key: %w", err)
	}
	if err := durable.WriteFile(durable.OS{}, path, k.File(), 0o600); err != nil {
		return fmt.Errorf("writing lock key: %w", err)
	}
	return nil
}

// ReadKeyFile reads a key file. Except on Windows, a file that others than its
// owner can read is refused, unless the service manager hands it over.
func ReadKeyFile(path string) (LockKey, error) {
	if err := durable.CheckPrivate(path); err != nil {
		return LockKey{}, fmt.Errorf("reading lock key: %w", err)
	}
	data, err := durable.OS{}.ReadFile(path, maxKeyFile)
	if err != nil {
		return LockKey{}, fmt.Errorf("reading lock key: %w", err)
	}
	defer clear(data)
	k, err := ParseKeyFile(data)
	if err != nil {
		return LockKey{}, fmt.Errorf("reading lock key %s: %w", path, err)
	}
	return k, nil
}
