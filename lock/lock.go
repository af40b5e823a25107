package lock

import (
	"crypto/ecdh"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"sleutelbord/lock/bundle"
	"sleutelbord/lock/carrier/updatecard"
	"sleutelbord/lock/internal/durable"
	"sleutelbord/nfc/desfire"
	"sleutelbord/nfc/keytag"
)

// ErrInUse is a state directory that another lock process works with.
var ErrInUse = errors.New("state of the lock is in use by another process")

// Files of the state directory.
const (
	stateFileName = "state"
	guardFileName = "in-use"
)

// Config is what a lock is built with.
type Config struct {
	Name bundle.LockName
	// Key is the lock's own X25519 key; the desk has its public half.
	Key *ecdh.PrivateKey
	// Dir is the state directory, for this lock and this process alone. It is
	// made if it is missing: that is a new lock, which trusts its first signer.
	Dir string
	// AID is the application of the site's tags; zero is [keytag.DefaultAID].
	AID desfire.AID
	// Clock is the lock's clock; nil is [NoClock].
	Clock Clock

	fs durable.FS // the system's if nil
}

// ParseAID reads the application of a site's tags, six hexadecimal digits, for
// [Config].
func ParseAID(s string) (desfire.AID, error) { return updatecard.ParseTags(s) }

// Lock is one door. Its methods may be called by several goroutines, for a
// door with two readers.
type Lock struct {
	name  bundle.LockName
	key   *ecdh.PrivateKey
	aid   desfire.AID
	clock Clock
	fs    durable.FS
	file  string
	guard guard

	mu      sync.Mutex
	state   state          // as it stands on the disk
	content *bundle.Bundle // of state.Bundle; nil if there is none
}

// Open starts a lock from its state directory. A state that is damaged or of
// another lock is [ErrState], and one in use [ErrInUse].
func Open(c Config) (*Lock, error) {
	l, err := open(c)
	if err != nil {
		return nil, fmt.Errorf("starting lock %v: %w", c.Name, err)
	}
	return l, nil
}

func open(c Config) (*Lock, error) {
	if c.Name.IsZero() || c.Key == nil || c.Key.Curve() != ecdh.X25519() {
		return nil, errors.New("a lock needs a name and an X25519 key")
	}
	l := &Lock{
		name: c.Name, key: c.Key, aid: c.AID, clock: c.Clock, fs: c.fs,
		file: filepath.Join(c.Dir, stateFileName),
	}
	if l.aid == desfire.PICCLevel {
		l.aid = keytag.DefaultAID
	}
	if l.clock == nil {
		l.clock = NoClock()
	}
	if l.fs == nil {
		l.fs = timeless{}
	}
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return nil, err
	}
	g, err := takeGuard(filepath.Join(c.Dir, guardFileName))
	if err != nil {
		return nil, err
	}
	l.guard = g
	if err := l.load(); err != nil {
		return nil, errors.Join(err, g.release())
	}
	return l, nil
}

// load reads the state file, or begins one if there is none.
func (l *Lock) load() error {
	l.state = state{Lock: l.name.ID()}
	data, err := l.fs.ReadFile(l.file, maxState)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading state: %w", err)
	}
	s, err := parseState(data)
	if err != nil {
		return err
	}
	if s.Lock != l.name.ID() {
		return fmt.Errorf("%w: it is of lock %v, this is %v", ErrState, s.Lock, l.name.ID())
	}
	l.state = s
	if s.Bundle == nil {
		return nil
	}
	signer, _ := s.signer()
	b, err := bundle.Open(s.Bundle, bundle.TrustSigners(signer), s.Lock, l.key)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrState, err)
	}
	if known, ok := s.lineOf(signer); !ok || known.Sequence != b.Sequence {
		return fmt.Errorf("%w: bundle and sequence do not belong together", ErrState)
	}
	l.content = &b
	return nil
}

// Close lets go of the state directory. There is nothing left to write.
func (l *Lock) Close() error { return l.guard.release() }

// Name is the lock's name.
func (l *Lock) Name() bundle.LockName { return l.name }

// Sequence is that of the bundle that the lock works with; 0 while it has none
// and opens for nobody.
func (l *Lock) Sequence() uint32 {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.content == nil {
		return 0
	}
	return l.content.Sequence
}

// Receipt is the receipt of the bundle applied last; false before the first.
// A lock that refuses a bundle answers with this one again.
func (l *Lock) Receipt() (bundle.Receipt, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.state.Receipt == nil {
		return bundle.Receipt{}, false
	}
	return *l.state.Receipt, true
}

// Apply takes a bundle over: keys, floors, trust and sequence in one durable
// write. The bundle that the lock has already is no error. Errors wrap those of
// package bundle, with [bundle.ErrOlder] for a sequence that has been; the
// state is then what it was.
func (l *Lock) Apply(data []byte) error {
	return l.apply(data, func(bundle.SignerKey) bool { return true })
}

// apply is Apply. vouches tells whether a lock that trusts nobody yet may trust
// this signer.
func (l *Lock) apply(data []byte, vouches func(bundle.SignerKey) bool) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	next, b, changed, err := l.state.accept(data, l.content, func(t bundle.Trust) (bundle.Bundle, error) {
		if h, err := bundle.ParseHeader(data); err == nil && t.IsFirst() && !vouches(h.Signer) {
			t = bundle.TrustSigners()
		}
		return bundle.Open(data, t, l.state.Lock, l.key)
	})
	if err == nil && changed {
		err = l.store(next)
	}
	if err != nil {
		return fmt.Errorf("applying bundle: %w", err)
	}
	l.content = &b
	return nil
}

// Reset forgets the trusted signer and the keys. It is for the button on the
// secured side, with the lock open. Sequence and floors stay, and hold again
// when a signer of the same site comes back; until a bundle has been applied
// the lock opens for no tag.
func (l *Lock) Reset() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	next := l.state
	next.Bundle = nil
	if err := l.store(next); err != nil {
		return fmt.Errorf("resetting lock: %w", err)
	}
	l.content = nil
	return nil
}

// store makes s durable and works with it from then on. l.mu is held.
func (l *Lock) store(s state) error {
	data, err := encodeState(s)
	if err != nil {
		return err
	}
	if err := durable.WriteFile(l.fs, l.file, data, 0o600); err != nil {
		return fmt.Errorf("storing state: %w", err)
	}
	l.state = s
	return nil
}
