package token

import (
	"crypto"
	"crypto/ed25519"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"slices"

	"sleutelbord/nfc/keytag"
	"sleutelbord/store"

	"github.com/miekg/pkcs11"
)

// custody is the keys of one set in one token. It implements [store.TokenCustody].
type custody struct {
	d   *Driver
	lib *library
	ref store.TokenRef

	// The rest is guarded by lib.mu.
	pin     []byte
	refused error    // what a PIN that is not tried again came to
	s       *session // nil: not connected
	masters [4]pkcs11.ObjectHandle
	closed  bool
}

// Open gives the custody of the keys that ref names. It loads the library and
// doesn't look for the token yet.
func (d *Driver) Open(ref store.TokenRef, pin []byte) (store.TokenCustody, error) {
	l, err := d.acquire(ref.Module)
	if err != nil {
		return nil, err
	}
	return &custody{d: d, lib: l, ref: ref, pin: slices.Clone(pin)}, nil
}

// do calls f with a session in which the keys were seen. If the session turns
// out to be gone it tries once more with a new one.
func (c *custody) do(f func(s *session) error) error {
	c.lib.mu.Lock()
	defer c.lib.mu.Unlock()
	if c.closed {
		return store.ErrClosed
	}
	if c.s != nil && c.s.usable() {
		err := f(c.s)
		if !lost(err) {
			return explain(err)
		}
	}
	if err := c.connect(); err != nil {
		return err
	}
	err := f(c.s)
	if lost(err) {
		c.disconnect()
	}
	return explain(err)
}

func (c *custody) disconnect() {
	if c.s != nil {
		c.s.close()
		c.s = nil
	}
}

// connect opens a session and makes sure that the keys are the site's.
func (c *custody) connect() (err error) {
	c.disconnect()
	if c.refused != nil {
		return c.refused
	}
	if err := c.lib.start(); err != nil {
		return err
	}
	s, err := c.lib.open(c.ref, c.pin, false, sparing)
	if err != nil {
		if errors.Is(err, store.ErrTokenPIN) {
			c.refused = err
		}
		return err
	}
	c.s = s
	if err := c.recognise(); err != nil {
		c.disconnect()
		return explain(err)
	}
	return nil
}

// recognise finds the masters and compares their key check values.
func (c *custody) recognise() error {
	for i, want := range c.ref.Checks {
		m := keytag.Master(i + 1)
		o, found, err := c.s.object(pkcs11.CKO_SECRET_KEY, objectID(c.ref.Set, kindMaster, uint16(m)))
		if err != nil {
			return err
		}
		if !found {
			return fmt.Errorf("%w: %v is not there", store.ErrTokenOther, m)
		}
		kcv, err := c.s.diversify(o, [keytag.InputSize]byte{})
		if err != nil {
			return err
		}
		if subtle.ConstantTimeCompare(kcv[:len(want)], want[:]) != 1 {
			return fmt.Errorf("%w: %v has another key check value", store.ErrTokenOther, m)
		}
		c.masters[i] = o
	}
	return nil
}

// Probe reaches for the token and computes a key check value.
func (c *custody) Probe() error {
	_, err := c.KeyCheckValue(keytag.MasterPICC)
	return err
}

// Diversify has the token compute.
func (c *custody) Diversify(m keytag.Master, input [keytag.InputSize]byte) (key [16]byte, err error) {
	if m < keytag.MasterPICC || m > keytag.MasterZone {
		return key, fmt.Errorf("deriving a key: there is no %v", m)
	}
	err = c.do(func(s *session) (err error) {
		key, err = s.diversify(c.masters[m-1], input)
		return err
	})
	if err != nil {
		return [16]byte{}, fmt.Errorf("deriving a key: %w", err)
	}
	return key, nil
}

// KeyCheckValue has the token compute; see [store.Custody].
func (c *custody) KeyCheckValue(m keytag.Master) ([3]byte, error) {
	k, err := c.Diversify(m, [keytag.InputSize]byte{})
	if err != nil {
		return [3]byte{}, fmt.Errorf("key check value: %w", err)
	}
	defer clear(k[:])
	return [3]byte(k[:3]), nil
}

// Signer is the key of a version, if it was imported. It doesn't reach for the
// token yet.
func (c *custody) Signer(version uint16) (crypto.Signer, error) {
	c.lib.mu.Lock()
	defer c.lib.mu.Unlock()
	if c.closed {
		return nil, fmt.Errorf("signing: %w", store.ErrClosed)
	}
	public, ok := c.ref.Signer(version)
	if !ok {
		return nil, fmt.Errorf("signing: version %d: %w", version, store.ErrTokenSigner)
	}
	return &signer{c: c, version: version, public: public}, nil
}

// Close logs out, and lets go of the library.
func (c *custody) Close() {
	c.lib.mu.Lock()
	if c.closed {
		c.lib.mu.Unlock()
		return
	}
	c.closed = true
	c.disconnect()
	clear(c.pin)
	c.lib.mu.Unlock()
	c.d.release(c.ref.Module, c.lib)
}

// Format hides the PIN from every verb of package fmt.
func (c *custody) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, "[token custody]") }

// signer is an Ed25519 key in a token.
type signer struct {
	c       *custody
	version uint16
	public  ed25519.PublicKey
}

func (s *signer) Public() crypto.PublicKey { return s.public }

// Sign signs a message, which must not be a digest. A signature that does not
// fit the public key is not given away.
func (s *signer) Sign(_ io.Reader, message []byte, opts crypto.SignerOpts) (sig []byte, err error) {
	if opts != nil && opts.HashFunc() != 0 {
		return nil, errors.New("signing: Ed25519 signs messages, not digests")
	}
	err = s.c.do(func(in *session) error {
		o, found, err := in.object(pkcs11.CKO_PRIVATE_KEY, objectID(s.c.ref.Set, kindSigner, s.version))
		if err != nil {
			return err
		}
		if !found {
			return fmt.Errorf("%w: signing key %d is not there", store.ErrTokenOther, s.version)
		}
		sig, err = in.sign(o, ckmEdDSA, message)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("signing: %w", err)
	}
	if !ed25519.Verify(s.public, message, sig) {
		return nil, fmt.Errorf("signing: %w: signing key %d", store.ErrTokenOther, s.version)
	}
	return sig, nil
}

// Format hides what is behind the key from every verb of package fmt.
func (s *signer) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[signing key]") }
