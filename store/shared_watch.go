package store

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"sleutelbord/internal/mistake"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// watchers are told when records have changed.
type watchers struct {
	mu   sync.Mutex
	next int
	all  map[int]func()
}

// OnChange calls f after every change of the records, by this desk or another,
// until stop is called. f must return quickly, and must not use the store: it may
// start something that does. Changes that follow each other closely may be
// one call.
func (s *Store) OnChange(f func()) (stop func()) {
	w := &s.watched
	w.mu.Lock()
	defer w.mu.Unlock()
	id := w.next
	w.next++
	if w.all == nil {
		w.all = make(map[int]func())
	}
	w.all[id] = f
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.all, id)
	}
}

func (s *Store) tellWatchers() {
	s.watched.mu.Lock()
	all := slices.Collect(maps.Values(s.watched.all))
	s.watched.mu.Unlock()
	for _, f := range all {
		f()
	}
}

// Times of listening.
const (
	pollTime    = 15 * time.Second // where nobody wakes the desk
	gatherTime  = 2 * time.Millisecond
	retryFirst  = 500 * time.Millisecond
	retryLongst = 30 * time.Second
	// compactAfter is how long the log may grow before a desk writes a snapshot.
	compactAfter = 2000
	// compactKeeps is how many entries stay in it for desks that are a little behind.
	compactKeeps = 200
)

// startListening follows the log in the background, until stopListening.
func (s *Store) startListening() {
	sh := s.shared
	ctx, stop := context.WithCancel(context.Background())
	sh.stop = stop
	sh.ending.Go(func() {
		s.listen(ctx)
	})
}

// stopListening ends that, before whoever closes the store takes its lock.
func (s *Store) stopListening() {
	s.mu.RLock()
	sh := s.shared
	s.mu.RUnlock()
	sh.quiet()
}

// quiet waits for the end of listening; without a shared site there is none.
func (sh *shared) quiet() {
	if sh == nil || sh.stop == nil {
		return
	}
	sh.stop()
	sh.ending.Wait()
}

// listen keeps a connection on which other desks wake this one.
func (s *Store) listen(ctx context.Context) {
	wait := retryFirst
	for ctx.Err() == nil {
		started := time.Now()
		err := mistake.Guard(func() error { return s.listenOnce(ctx) })
		if err != nil && ctx.Err() == nil {
			s.shared.note(err)
			if errors.Is(err, ErrMoved) {
				return
			}
		}
		if time.Since(started) > retryLongst {
			wait = retryFirst
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
		wait = min(2*wait, retryLongst)
	}
}

func (s *Store) listenOnce(ctx context.Context) error {
	dial, cancel := context.WithTimeout(ctx, dialTime)
	c, err := pgx.ConnectConfig(dial, s.shared.db.config)
	cancel()
	if err != nil {
		return classifyShared(err)
	}
	defer func() {
		end, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = c.Close(end) // the server finds out by itself
	}()
	if notifies(c) {
		if _, err := c.Exec(ctx, `LISTEN `+changedChannel); err != nil {
			return classifyShared(err)
		}
	}
	for {
		if err := s.Refresh(ctx); err != nil {
			return err
		}
		if err := s.withTurn(ctx, func() error { return s.tidy(ctx) }); err != nil {
			return err
		}
		if err := s.awaitChange(ctx, c); err != nil {
			return classifyShared(err)
		}
	}
}

// awaitChange returns when another desk has changed something, or when it is
// time to look. What this desk itself has changed does not count, and what came
// close together counts once.
func (s *Store) awaitChange(ctx context.Context, c *pgx.Conn) error {
	wait, others := pollTime, false
	for {
		n, err := awaitNotification(ctx, c, wait)
		switch {
		case err != nil:
			return err
		case n == nil && others:
			return nil
		case n == nil:
			return c.Ping(ctx)
		case n.PID != s.shared.db.session.Load():
			wait, others = gatherTime, true
		}
	}
}

// awaitNotification waits for so long; nil is that none came.
func awaitNotification(ctx context.Context, c *pgx.Conn, wait time.Duration) (*pgconn.Notification, error) {
	end, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	n, err := c.WaitForNotification(end)
	if err != nil && ctx.Err() == nil && end.Err() != nil {
		return nil, nil
	}
	return n, err
}

// Refresh takes over what other desks have changed. A site with one desk has
// nothing to do.
func (s *Store) Refresh(ctx context.Context) error {
	return s.withTurn(ctx, func() error {
		if s.shared == nil {
			return nil
		}
		if s.shared.settings.State == stateMoved {
			return ErrMoved
		}
		return s.pull(ctx)
	})
}

// withTurn runs f while nothing else changes the store.
func (s *Store) withTurn(ctx context.Context, f func() error) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.mu.RUnlock()
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	return f()
}

// SharedProblem is what keeps this desk from following the shared database, or
// nil. Until it is over nothing can be changed.
func (s *Store) SharedProblem() error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.shared == nil {
		return nil
	}
	if p := s.shared.fault.Load(); p != nil {
		return *p
	}
	return nil
}

// tidy does what is due after following the log.
func (s *Store) tidy(ctx context.Context) error {
	if err := s.scrub(ctx); err != nil {
		return err
	}
	if s.shared.position-s.shared.snapshot < compactAfter {
		return nil
	}
	return s.compact(ctx, compactKeeps)
}

// scrubLog takes what was erased out of the log, unless another desk has.
func (s *Store) scrubLog(ctx context.Context) error {
	if s.shared == nil || s.shared.snapshot == s.shared.position {
		return nil
	}
	return s.compact(ctx, 0)
}

// Compact replaces the log in the shared database by a snapshot, so that what was
// erased from the records does not stay there. Desks that are behind take the
// snapshot over.
func (s *Store) Compact(ctx context.Context) error {
	return s.withTurn(ctx, func() error {
		if s.shared == nil {
			return ErrNotShared
		}
		return s.compact(ctx, 0)
	})
}

func (s *Store) compact(ctx context.Context, keep int64) error {
	sh := s.shared
	head, err := sh.db.begin(ctx, sh.id, beginChange)
	if err != nil {
		return err
	}
	defer sh.db.end() // does nothing after the commit
	if err := errors.Join(s.follow(ctx, head), sh.usable()); err != nil {
		return err
	}
	version, key := sh.settings.newest()
	if err := s.replaceSnapshot(ctx, version, key); err != nil {
		return err
	}
	var b pgx.Batch
	b.Queue(`DELETE FROM sleutelbord_log WHERE position <= $1`, sh.position-keep)
	b.Queue(`COMMIT`)
	if err := sh.db.batch(ctx, &b); err != nil {
		return err
	}
	sh.snapshot = sh.position
	return nil
}

// replaceSnapshot puts a snapshot at the replica's position in the place of others.
func (s *Store) replaceSnapshot(ctx context.Context, version uint16, key siteKey) error {
	sh := s.shared
	var b pgx.Batch
	b.Queue(`DELETE FROM sleutelbord_snapshot`)
	b.Queue(`UPDATE sleutelbord_head SET snapshot = $1 WHERE id = 1`, sh.position)
	if err := sh.db.batch(ctx, &b); err != nil {
		return err
	}
	return s.putSnapshot(ctx, sh.position, sh.head, version, key)
}
