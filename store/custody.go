package store

import (
	"crypto"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"

	"sleutelbord/nfc/desfire"
	"sleutelbord/nfc/keytag"
)

// Custody computes with the keys of a site without giving them away, wherever
// they are kept. Everything is derived from the site root:
//
//	KM_picc, KM_app, KM_locator, KM_zone = HKDF-SHA256(secret = root, salt = empty, info = label, 16 bytes)
//	with the labels "picc", "application", "locator" and "zone" in ASCII, and
//	Ed25519 seed = HKDF-SHA256(secret = root, salt = empty, info = "sign" ‖ version, 32 bytes)
//	with the version in two bytes, big-endian.
//
// HKDF is RFC 5869; an empty salt there is 32 zero bytes. After [Store.Close]
// every method returns [ErrClosed]. Safe for concurrent use.
type Custody interface {
	keytag.Custody

	// Signer is the site's Ed25519 key of a version (RFC 8032), which signs
	// bundles. Its Public is an [ed25519.PublicKey]; it signs messages, not
	// digests. After [Store.Close] it returns [ErrClosed].
	Signer(version uint16) (crypto.Signer, error)

	// KeyCheckValue is what may be shown of a master to compare it by: the first
	// three bytes of AES-CMAC(master, 01 ‖ 28 zero bytes). No key of a tag is
	// derived with purpose 00, so it tells nothing about any.
	KeyCheckValue(m keytag.Master) ([3]byte, error)
}

// keeper is a custody that the store can end.
type keeper interface {
	Custody
	// wipe forgets the keys; every method returns [ErrClosed] from then on.
	wipe()
}

// switchCustody is the custody that a store hands out. What is behind it
// changes when the keys move, so that nobody holds one that is no longer.
type switchCustody struct {
	mu sync.RWMutex
	k  keeper
}

func (c *switchCustody) Diversify(m keytag.Master, input [keytag.InputSize]byte) ([16]byte, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.k.Diversify(m, input)
}

func (c *switchCustody) Signer(version uint16) (crypto.Signer, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	s, err := c.k.Signer(version)
	if err != nil {
		return nil, err
	}
	return &switchSigner{c: c, version: version, public: s.Public()}, nil
}

func (c *switchCustody) KeyCheckValue(m keytag.Master) ([3]byte, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.k.KeyCheckValue(m)
}

// to puts another custody behind it and wipes the one before.
func (c *switchCustody) to(k keeper) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.k.wipe()
	c.k = k
}

func (c *switchCustody) wipe() { c.to(noKeeper{ErrClosed}) }

// Format hides the keys from every verb of package fmt.
func (c *switchCustody) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, "[custody]") }

// switchSigner signs with what is behind the custody at that moment.
type switchSigner struct {
	c       *switchCustody
	version uint16
	public  crypto.PublicKey
}

func (s *switchSigner) Public() crypto.PublicKey { return s.public }

func (s *switchSigner) Sign(rand io.Reader, message []byte, opts crypto.SignerOpts) ([]byte, error) {
	s.c.mu.RLock()
	defer s.c.mu.RUnlock()
	k, err := s.c.k.Signer(s.version)
	if err != nil {
		return nil, err
	}
	return k.Sign(rand, message, opts)
}

// Format hides the key from every verb of package fmt.
func (s *switchSigner) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[signing key]") }

// softCustody keeps the keys in this program's memory.
type softCustody struct {
	mu      sync.RWMutex
	root    Root
	masters [4]desfire.Key // by keytag.Master - 1
	// signers are those that were asked for: deriving one takes as long as
	// signing, and every bundle is signed.
	signers map[uint16]*signer
	closed  bool
}

// newSoftCustody derives the masters of a root, of which it keeps a copy.
func newSoftCustody(root Root) (*softCustody, error) {
	if !root.valid() {
		return nil, errors.New("deriving the master keys: there is no site root")
	}
	own, err := newRoot(root.b[:])
	if err != nil {
		return nil, err
	}
	c := &softCustody{root: own}
	for i := range c.masters {
		b, err := own.derive(keytag.Master(i+1).String(), 16)
		if err != nil {
			return nil, err
		}
		c.masters[i] = desfire.NewAESKey([16]byte(b), 0)
		clear(b)
	}
	return c, nil
}

// derive is HKDF-SHA256 of the root without salt.
func (r Root) derive(info string, n int) ([]byte, error) {
	b, err := hkdf.Key(sha256.New, r.b[:], nil, info, n)
	if err != nil {
		return nil, fmt.Errorf("deriving from the site root: %w", err)
	}
	return b, nil
}

// Diversify derives the AES-128 key of an input below one of the masters by
// NXP AN10922 rev 2.2, 2.2; see [desfire.DiversifyAES128]. An unknown master
// is an error.
func (c *softCustody) Diversify(m keytag.Master, input [keytag.InputSize]byte) ([16]byte, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	switch {
	case c.closed:
		return [16]byte{}, fmt.Errorf("deriving a key: %w", ErrClosed)
	case m < keytag.MasterPICC || m > keytag.MasterZone:
		return [16]byte{}, fmt.Errorf("deriving a key: there is no %v", m)
	}
	b := desfire.DiversifyAES128(c.masters[m-1], input[:]).Reveal()
	key := [16]byte(b)
	clear(b)
	return key, nil
}

// Signer derives the key of a version.
func (c *softCustody) Signer(version uint16) (crypto.Signer, error) {
	c.mu.RLock()
	s, closed := c.signers[version], c.closed
	c.mu.RUnlock()
	if s != nil && !closed {
		return s, nil
	}
	return c.deriveSigner(version)
}

func (c *softCustody) deriveSigner(version uint16) (crypto.Signer, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, fmt.Errorf("signing: %w", ErrClosed)
	}
	seed, err := c.root.derive(signerInfo(version), ed25519.SeedSize)
	if err != nil {
		return nil, err
	}
	defer clear(seed)
	s := &signer{key: ed25519.NewKeyFromSeed(seed)}
	if c.signers == nil {
		c.signers = make(map[uint16]*signer)
	}
	c.signers[version] = s
	return s, nil
}

func signerInfo(version uint16) string {
	return string(binary.BigEndian.AppendUint16([]byte("sign"), version))
}

// KeyCheckValue computes the check value as any custody that diversifies can.
func (c *softCustody) KeyCheckValue(m keytag.Master) ([3]byte, error) {
	k, err := c.Diversify(m, [keytag.InputSize]byte{})
	if err != nil {
		return [3]byte{}, fmt.Errorf("key check value: %w", err)
	}
	defer clear(k[:])
	return [3]byte(k[:3]), nil
}

func (c *softCustody) wipe() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	c.root.Wipe()
	clear(c.masters[:])
	c.signers = nil
}

// Format hides the custody's keys from every verb of package fmt.
func (c *softCustody) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, "[custody]") }

// signer hides an Ed25519 key, which would print its bytes.
type signer struct{ key ed25519.PrivateKey }

func (s *signer) Public() crypto.PublicKey { return s.key.Public() }

func (s *signer) Sign(rand io.Reader, message []byte, opts crypto.SignerOpts) ([]byte, error) {
	return s.key.Sign(rand, message, opts)
}

// Format hides the key from every verb of package fmt.
func (s *signer) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[signing key]") }

// MarshalJSON refuses: a key has no place in JSON.
func (s *signer) MarshalJSON() ([]byte, error) {
	return nil, errors.New("a key cannot be written as JSON")
}

var _ keeper = (*softCustody)(nil)
