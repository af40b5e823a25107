package token

import (
	"errors"
	"fmt"
	"path/filepath"
	"sync"

	"sleutelbord/store"

	"github.com/miekg/pkcs11"
)

// cryptoki is what is used of a PKCS#11 library (v3.0, section 5), so that
// tests can make it misbehave.
type cryptoki interface {
	Initialize(opts ...pkcs11.InitializeOption) error
	Finalize() error
	Destroy()
	GetSlotList(tokenPresent bool) ([]uint, error)
	GetTokenInfo(slot uint) (pkcs11.TokenInfo, error)
	GetMechanismList(slot uint) ([]*pkcs11.Mechanism, error)
	OpenSession(slot uint, flags uint) (pkcs11.SessionHandle, error)
	CloseSession(s pkcs11.SessionHandle) error
	Login(s pkcs11.SessionHandle, user uint, pin string) error
	Logout(s pkcs11.SessionHandle) error
	CreateObject(s pkcs11.SessionHandle, template []*pkcs11.Attribute) (pkcs11.ObjectHandle, error)
	DestroyObject(s pkcs11.SessionHandle, o pkcs11.ObjectHandle) error
	GetAttributeValue(s pkcs11.SessionHandle, o pkcs11.ObjectHandle, a []*pkcs11.Attribute) ([]*pkcs11.Attribute, error)
	FindObjectsInit(s pkcs11.SessionHandle, template []*pkcs11.Attribute) error
	FindObjects(s pkcs11.SessionHandle, most int) ([]pkcs11.ObjectHandle, bool, error)
	FindObjectsFinal(s pkcs11.SessionHandle) error
	SignInit(s pkcs11.SessionHandle, m []*pkcs11.Mechanism, o pkcs11.ObjectHandle) error
	Sign(s pkcs11.SessionHandle, message []byte) ([]byte, error)
	EncryptInit(s pkcs11.SessionHandle, m []*pkcs11.Mechanism, o pkcs11.ObjectHandle) error
	Encrypt(s pkcs11.SessionHandle, message []byte) ([]byte, error)
}

// Driver reaches for tokens. It implements [store.Tokens]. A process may have
// one only, since a library can be started once per process.
type Driver struct {
	load func(path string) (cryptoki, error)

	mu        sync.Mutex
	libraries map[string]*library // by path
}

var _ store.Tokens = (*Driver)(nil)

// New makes the driver.
func New() *Driver { return &Driver{load: load, libraries: make(map[string]*library)} }

func load(path string) (cryptoki, error) {
	if c := pkcs11.New(path); c != nil {
		return c, nil
	}
	return nil, fmt.Errorf("%w: %s is missing, or no PKCS#11 library", store.ErrTokenModule, path)
}

// library is a library that was loaded.
type library struct {
	mu  sync.Mutex // held for every act from beginning to end
	api cryptoki
	// started counts how often the library was started: sessions from before
	// the last time are gone, and their numbers may be somebody else's.
	started int
	// logouts counts how often somebody was logged out: the numbers of objects
	// that a session found before may be somebody else's.
	logouts int
	running bool
	users   int // guarded by Driver.mu
}

// acquire gives the library of a path, loading it for its first user.
func (d *Driver) acquire(path string) (*library, error) {
	if !filepath.IsAbs(path) {
		return nil, fmt.Errorf("%w: the path %q is not absolute", store.ErrTokenModule, path)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	l := d.libraries[path]
	if l == nil {
		api, err := d.load(path)
		if err != nil {
			return nil, err
		}
		l = &library{api: api}
		d.libraries[path] = l
	}
	l.users++
	return l, nil
}

// release gives a library back; its last user unloads it.
func (d *Driver) release(path string, l *library) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if l.users--; l.users > 0 {
		return
	}
	delete(d.libraries, path)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.running {
		_ = l.api.Finalize() // it is unloaded next
		l.running = false
	}
	l.api.Destroy()
}

// with calls f while it has a library for itself, started.
func (d *Driver) with(path string, f func(*library) error) error {
	l, err := d.acquire(path)
	if err != nil {
		return err
	}
	defer d.release(path, l)
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.start(); err != nil {
		return err
	}
	return f(l)
}

// start starts the library unless it runs.
func (l *library) start() error {
	if l.running {
		return nil
	}
	err := l.api.Initialize()
	if err != nil && !errors.Is(err, pkcs11.Error(pkcs11.CKR_CRYPTOKI_ALREADY_INITIALIZED)) {
		return fmt.Errorf("%w: starting it: %w", store.ErrTokenModule, err)
	}
	l.running = true
	l.started++
	return nil
}

// restart ends the library and starts it again, so that it looks for tokens anew.
func (l *library) restart() error {
	if l.running {
		_ = l.api.Finalize() // whatever it says, it is started anew
		l.running = false
	}
	return l.start()
}
