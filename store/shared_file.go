package store

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/crypto/chacha20poly1305"
)

// sharedName is the file that ties a folder to a shared database:
//
//	"SLBDSHR1" ‖ nonce (24) ‖ XChaCha20-Poly1305(key "shared" of the data key, JSON of settings)
//
// with the store id as additional data.
const (
	sharedName    = "store.shared"
	sharedMagic   = "SLBDSHR1"
	maxSharedFile = 1 << 20
)

// sharedState is how far a folder is tied to its database.
type sharedState string

const (
	stateMovingIn sharedState = "moving in" // whether it did stands in the database
	stateJoining  sharedState = "joining"   // waits to be admitted
	stateShared   sharedState = "shared"
	stateOut      sharedState = "moving out" // whether it did stands in the database
	stateOutDone  sharedState = "moved out"  // this folder is the site; the file is about to go
	stateMoved    sharedState = "moved"      // the site is elsewhere now
)

// settings are what a desk keeps of its shared database.
type settings struct {
	State sharedState `json:"state"`
	DSN   string      `json:"dsn"` // with the password
	// Keys are the versions of the site key that this desk has got.
	Keys map[uint16][]byte `json:"keys,omitempty"`
}

// Format hides the settings from every verb of package fmt.
func (s *settings) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[settings]") }

// check looks for what every state needs.
func (s *settings) check() error {
	whole := s.DSN != ""
	for v, k := range s.Keys {
		whole = whole && v > 0 && len(k) == keySize
	}
	switch s.State {
	case stateJoining:
	case stateMovingIn, stateShared, stateOut, stateOutDone, stateMoved:
		whole = whole && len(s.Keys) > 0
	default:
		whole = false
	}
	if !whole {
		return fmt.Errorf("%s is not complete: %w", sharedName, ErrDamaged)
	}
	return nil
}

// newest is the newest version of the site key.
func (s *settings) newest() (version uint16, key siteKey) {
	for v := range s.Keys {
		version = max(version, v)
	}
	copy(key[:], s.Keys[version])
	return version, key
}

// key is one version of the site key.
func (s *settings) key(version uint16) (siteKey, bool) {
	b, ok := s.Keys[version]
	var k siteKey
	copy(k[:], b)
	return k, ok
}

// readSettings reads the file of a folder; one without is nil.
func readSettings(dir string, store [idSize]byte, key *[keySize]byte) (*settings, error) {
	f, err := os.Open(filepath.Join(dir, sharedName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the settings of the shared database: %w", err)
	}
	b, err := io.ReadAll(io.LimitReader(f, maxSharedFile+1))
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("reading the settings of the shared database: %w", err)
	}
	s, err := parseSettings(b, store, key)
	if err != nil {
		return nil, fmt.Errorf("reading the settings of the shared database: %w", err)
	}
	return s, nil
}

func parseSettings(b []byte, store [idSize]byte, key *[keySize]byte) (*settings, error) {
	n := len(sharedMagic) + chacha20poly1305.NonceSizeX
	if len(b) < n || len(b) > maxSharedFile || string(b[:len(sharedMagic)]) != sharedMagic {
		return nil, fmt.Errorf("%s has %d bytes: %w", sharedName, len(b), ErrDamaged)
	}
	aead, err := chacha20poly1305.NewX(key[:])
	if err != nil {
		return nil, err
	}
	plain, err := aead.Open(nil, b[len(sharedMagic):n], b[n:], store[:])
	if err != nil {
		return nil, fmt.Errorf("%s is not what was written: %w", sharedName, ErrDamaged)
	}
	defer clear(plain)
	s := new(settings)
	if err := json.Unmarshal(plain, s); err != nil {
		return nil, fmt.Errorf("%s: %w", sharedName, ErrDamaged) // the cause could quote it
	}
	return s, s.check()
}

// writeSettings replaces the file in one step.
func writeSettings(dir string, store [idSize]byte, key *[keySize]byte, s *settings) error {
	plain, err := json.Marshal(s)
	if err != nil {
		return errors.New("writing the settings of the shared database") // the cause could quote it
	}
	defer clear(plain)
	aead, err := chacha20poly1305.NewX(key[:])
	if err != nil {
		return err
	}
	b := append([]byte(sharedMagic), make([]byte, chacha20poly1305.NonceSizeX)...)
	_, _ = rand.Read(b[len(sharedMagic):]) // never returns an error
	b = aead.Seal(b, b[len(sharedMagic):], plain, store[:])
	path := filepath.Join(dir, sharedName)
	if err := writeSynced(path+".new", b); err != nil {
		return fmt.Errorf("writing the settings of the shared database: %w", mapDiskFull(err))
	}
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("writing the settings of the shared database: %w", err)
	}
	return syncDir(dir)
}

// removeSettings makes a folder hold a site of its own again.
func removeSettings(dir string) error {
	if err := os.Remove(filepath.Join(dir, sharedName)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return syncDir(dir)
}
