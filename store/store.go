package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"sleutelbord/nfc/keytag"
)

// Options are what a program can choose about a store. The zero Options are
// right for real programs.
type Options struct {
	// Clock tells the day that the journal notes; nil is the computer's clock.
	Clock Clock
	// CounterDir is a second folder for the change counter, outside of the
	// store's and of whatever is copied with it; "" is none. A store that was
	// used with one can be opened without it and on other computers.
	CounterDir string
	// Operator is the sign-in name of who opens the store, compared without case.
	// "" means whoever's passphrase it is. For Create, and for a store that had no
	// operators yet, it names the first; "" is then [FirstOperator].
	Operator string
	// TestKDF makes Create protect the data key by next to nothing, so that
	// tests are fast. Real programs never set it. Open looks at it only for new
	// slots: what a passphrase costs stands in its slot.
	TestKDF bool

	// Tokens reaches for the token of a site whose keys are in one; nil is a
	// program that cannot. Records open without it, and without the token.
	Tokens Tokens

	// onNetwork replaces networkFS in tests.
	onNetwork func(dir string) (string, error)
	// vfs replaces encryptedVFS in tests.
	vfs string
}

// cost is what guessing a new passphrase costs.
func (o Options) cost() kdf {
	if o.TestKDF {
		return testKDF
	}
	return strongKDF
}

// first is the sign-in name of a store's first operator.
func (o Options) first() string {
	if o.Operator == "" {
		return FirstOperator
	}
	return o.Operator
}

func (o Options) withDefaults() Options {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.onNetwork == nil {
		o.onNetwork = networkFS
	}
	if o.vfs == "" {
		o.vfs = encryptedVFS
	}
	return o
}

// Store is an open store. It is safe for concurrent use; views and updates
// happen one after the other, so each should be short.
type Store struct {
	dir     string
	opts    Options
	clock   Clock
	data    dataKey // wraps into new slots
	opener  Operator
	lock    *folderLock
	db      *sql.DB
	keys    *storeKeys
	sealer  *sealer
	counter *counter
	tally   *tally
	custody switchCustody
	moving  sync.Mutex // serialises changes of the custody
	touches touchLog

	shared  *shared // nil: a site with one desk
	watched watchers

	rolledBack atomic.Bool
	turn       chan struct{} // holds a token while a change or a new header is being written
	slots      sync.Mutex    // serialises changes of store.keys
	copying    sync.Mutex    // held while a backup is made

	mu     sync.RWMutex // held for reading by everything that uses the store
	closed bool
	sealed atomic.Bool // changes with mu held

	front sync.Mutex // guards opener
}

// Custody computes with the site's keys.
func (s *Store) Custody() Custody { return &s.custody }

// RolledBack tells whether the records were once found to be older than the
// change counter says, or without a counter: somebody put an old copy back.
// Until epochs and generations have been raised, keys handed out since that
// copy could be handed out again, so nothing should be issued.
func (s *Store) RolledBack() bool { return s.rolledBack.Load() }

// View calls f with a consistent picture of the records. f must not keep its
// Tx, and must use neither View nor Update of the same store: they would wait for f
// to return.
func (s *Store) View(ctx context.Context, f func(*Tx) error) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.mu.RUnlock()
	return s.view(ctx, f)
}

// view is View for whoever keeps the store open.
func (s *Store) view(ctx context.Context, f func(*Tx) error) error {
	t, err := s.db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return fmt.Errorf("reading the records: %w", classify(err))
	}
	defer func() { _ = t.Rollback() }() // nothing to keep
	return f(s.newTx(ctx, t, false))
}

// Update calls f and makes its changes durable, all or none: when Update
// returns nil they survive a power cut, and when it returns an error, or f
// panics, none of them happened. (Only where the commit itself failed, on a
// full or broken disk, and the program then ends without Close, or Close finds
// no room either, may the changes be found after all, and whole.) Ids and row versions that f's calls
// have set are then set back. f must use neither View nor Update of the same store:
// they would wait for f to return.
func (s *Store) Update(ctx context.Context, f func(*Tx) error) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.mu.RUnlock()
	return s.update(ctx, f)
}

// update is Update for whoever keeps the store open.
func (s *Store) update(ctx context.Context, f func(*Tx) error) error {
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := s.counter.settle(); err != nil {
		return fmt.Errorf("changing the records: %w", mapDiskFull(err))
	}
	if s.shared != nil {
		return s.updateShared(ctx, f)
	}
	t, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("changing the records: %w", classify(err))
	}
	tx := s.newTx(ctx, t, true)
	committed := false
	defer func() {
		if !committed {
			_ = t.Rollback() // after a failed commit there is nothing left to roll back
			tx.undo()
		}
	}()
	n, err := tx.run(f)
	if err != nil {
		return err
	}
	if err := t.Commit(); err != nil {
		forgetFailed(s.db, s.dir)
		return fmt.Errorf("committing: %w", classify(err))
	}
	committed = true
	s.counter.put(n)
	s.acknowledge(tx)
	return nil
}

// run calls f, does what belongs to every change, and gives its number.
func (tx *Tx) run(f func(*Tx) error) (uint64, error) {
	if err := f(tx); err != nil {
		return 0, err
	}
	if err := tx.dateStale(); err != nil {
		return 0, err
	}
	return tx.countChange()
}

// acknowledge does what follows from a commit.
func (s *Store) acknowledge(tx *Tx) {
	s.touches.add(tx.touch)
	for _, f := range tx.dones {
		f()
	}
	s.tellWatchers()
}

// enter keeps the store from being closed until mu is unlocked.
func (s *Store) enter() error {
	s.mu.RLock()
	if s.closed {
		s.mu.RUnlock()
		return ErrClosed
	}
	if s.sealed.Load() {
		s.mu.RUnlock()
		return ErrSealed
	}
	return nil
}

// Close waits for what is going on, closes the records and wipes the keys.
// Closing twice does nothing.
func (s *Store) Close() error {
	s.stopListening()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	if s.sealed.Load() {
		return closing(s.lock.Close())
	}
	return closing(s.release())
}

func closing(err error) error {
	if err != nil {
		return fmt.Errorf("closing the records: %w", err)
	}
	return nil
}

// release gives everything back that opening has taken.
func (s *Store) release() error {
	return errors.Join(s.releaseRecords(), s.lock.Close())
}

// releaseRecords closes everything but the lock, in reverse order of opening.
func (s *Store) releaseRecords() error {
	s.shared.quiet()
	var errs []error
	if s.shared != nil {
		s.shared.db.drop()
	}
	if s.db != nil {
		errs = append(errs, s.db.Close())
	}
	if s.counter != nil {
		errs = append(errs, s.counter.settle(), s.counter.sync(), s.counter.close())
	}
	s.custody.wipe()
	if s.sealer != nil {
		s.sealer.wipe()
	}
	s.tally = nil
	if s.keys != nil {
		s.keys.wipe()
	}
	s.data.wipe()
	return errors.Join(errs...)
}

// today is the day that the journal notes.
func (s *Store) today() (keytag.Day, error) { return keytag.DayOf(s.clock()) }
