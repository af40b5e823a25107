package store

import (
	"context"
	"errors"
	"fmt"
)

// Seal waits for what is going on, closes the records and wipes the keys, as
// [Store.Close] does, but keeps the store's lock: no other program takes the
// records, and [Store.Unseal] opens them again. Until then everything else is
// [ErrSealed]. Sealing twice does nothing. Wiping is as good as a language with
// a garbage collector allows: what the store keeps is overwritten, copies that
// the runtime or a library has made are not.
func (s *Store) Seal() error {
	s.stopListening()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	if s.sealed.Swap(true) {
		return nil
	}
	if err := s.releaseRecords(); err != nil {
		return fmt.Errorf("locking the records: %w", err)
	}
	return nil
}

// Sealed tells whether the store is sealed. It waits for nothing.
func (s *Store) Sealed() bool { return s.sealed.Load() }

// Unseal opens a sealed store with the passphrase of the operator named, or of
// who had it open if name is "". Errors are those of [Open]; the store then
// stays sealed. A store that is not sealed is left alone, but the passphrase
// has to be right.
func (s *Store) Unseal(ctx context.Context, name string, passphrase []byte) error {
	if name == "" {
		name = s.Operator().Name
	}
	err := s.unseal(ctx, name, passphrase)
	if errors.Is(err, errNotSealed) {
		_, err = s.VerifyOperator(ctx, name, passphrase)
	}
	return err
}

var errNotSealed = errors.New("the desk is not locked")

func (s *Store) unseal(ctx context.Context, name string, passphrase []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	if !s.sealed.Load() {
		return errNotSealed
	}
	opts := s.opts
	opts.Operator = name
	s.db, s.keys, s.sealer, s.counter, s.shared = nil, nil, nil, nil, nil
	if err := s.openRecords(ctx, byPassphrase(s.dir, opts, passphrase)); err != nil {
		_ = s.releaseRecords() // the error that counts is the first
		return fmt.Errorf("unlocking the records: %w", err)
	}
	s.sealed.Store(false)
	return nil
}
