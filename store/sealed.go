package store

import (
	"context"
	"fmt"
)

// Seal waits for what is going on, closes the records and wipes the keys, as
// [Store.Close] does, but keeps the store's lock: no other program takes the
// records, and [Store.Unseal] opens them again. Until then everything else is
// [ErrSealed]. Sealing twice does nothing. Wiping is as good as a language with
// a garbage collector allows: what the store keeps is overwritten, copies that
// the runtime or a library has made are not.
func (s *Store) Seal() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	if s.sealed {
		return nil
	}
	s.sealed = true
	if err := s.releaseRecords(); err != nil {
		return fmt.Errorf("locking the records: %w", err)
	}
	return nil
}

// Sealed tells whether the store is sealed.
func (s *Store) Sealed() bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.sealed
}

// Unseal opens a sealed store with the passphrase of the operator named, or of
// who had it open if name is "". Errors are those of [Open]; the store then
// stays sealed. A store that is not sealed is left alone, but the passphrase
// has to be right.
func (s *Store) Unseal(ctx context.Context, name string, passphrase []byte) error {
	if name == "" {
		name = s.Operator().Name
	}
	if !s.Sealed() {
		_, err := s.VerifyOperator(ctx, name, passphrase)
		return err
	}
	s.unsealing.Lock()
	defer s.unsealing.Unlock()
	opts := s.opts
	opts.Operator = name
	// The records are opened beside the sealed store, which others may ask.
	n := newStoreAt(s.dir, opts, nil)
	if err := n.openRecords(ctx, byPassphrase(s.dir, opts, passphrase)); err != nil {
		_ = n.releaseRecords() // the error that counts is the first
		return fmt.Errorf("unlocking the records: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || !s.sealed {
		_ = n.releaseRecords()
		return ErrClosed
	}
	s.take(n)
	return nil
}

// take takes over what n has opened.
func (s *Store) take(n *Store) {
	s.db, s.keys, s.sealer, s.counter, s.data = n.db, n.keys, n.sealer, n.counter, n.data
	s.rolledBack.Store(n.rolledBack.Load())
	s.sealed = false
	s.custody.to(n.custody.k)
	s.front.Lock()
	defer s.front.Unlock()
	s.opener = n.opener
}
