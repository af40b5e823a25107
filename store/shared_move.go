package store

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// MoveToDatabase moves the site in dir, which is not open, to an empty
// PostgreSQL database; from then on the folder is its first desk, under this
// name. dsn are connection settings as a URL or as words; [ErrSettings],
// [ErrUnverified] and [ErrTaken] are what may be wrong with them. Interrupted at
// any point, the next [Open] finds out in the database whether it has happened.
func MoveToDatabase(ctx context.Context, dir string, passphrase []byte, dsn, name string, opts Options, also func(*Tx) error) error {
	if _, err := parseDSN(dsn); err != nil {
		return fmt.Errorf("moving the site: %w", err)
	}
	s, err := Open(ctx, dir, passphrase, opts)
	if err != nil {
		return err
	}
	err = s.withTurn(ctx, func() error { return s.moveIn(ctx, dsn, name, also) })
	if err := errors.Join(err, s.Close()); err != nil {
		return fmt.Errorf("moving the site: %w", err)
	}
	return nil
}

func (s *Store) moveIn(ctx context.Context, dsn, name string, also func(*Tx) error) (err error) {
	switch {
	case s.shared != nil && s.shared.settings.State == stateMoved:
		return ErrMoved
	case s.shared != nil:
		return fmt.Errorf("the site is in a database already: %w", ErrExists)
	case s.Operator().Role != Custodian:
		return fmt.Errorf("only a custodian moves a site: %w", ErrInvalid)
	}
	var id [idSize]byte
	if err := s.db.QueryRowContext(ctx, `SELECT store_id FROM meta`).Scan(scanInto(id[:], "the store id")); err != nil {
		return classify(err)
	}
	key := newSiteKey()
	tied := &settings{
		State: stateMovingIn, DSN: dsn, Keys: map[uint16][]byte{1: key[:]},
	}
	if err := s.newShared(id, tied); err != nil {
		return err
	}
	sh := s.shared
	_, _ = rand.Read(sh.head[:]) // never returns an error
	if err := s.requireEmpty(ctx); err != nil {
		return err
	}
	if err := s.keepSettings(tied); err != nil {
		return err
	}
	if err := s.noteFirstDesk(ctx, name, also); err != nil {
		s.shared = nil
		return errors.Join(err, removeSettings(s.dir))
	}
	if err := s.fillDatabase(ctx); err != nil {
		return err // Open finds out
	}
	next := *sh.settings
	next.State = stateShared
	return s.keepSettings(&next)
}

// scanner copies a value of known length.
type scanner struct {
	to   []byte
	what string
}

func scanInto(to []byte, what string) *scanner { return &scanner{to, what} }

// Scan implements [sql.Scanner].
func (s *scanner) Scan(v any) error {
	b, ok := v.([]byte)
	if !ok {
		return fmt.Errorf("%s is a %T: %w", s.what, v, ErrDamaged)
	}
	return fixed(s.to, b, s.what)
}

// requireEmpty makes sure that no site is overwritten.
func (s *Store) requireEmpty(ctx context.Context) error {
	c, err := s.shared.db.connected(ctx)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	var n int64
	err = c.QueryRow(ctx, `SELECT count(*) FROM information_schema.tables
		WHERE table_schema = current_schema() AND table_name IN ('sleutelbord_head', 'sleutelbord_log')`).Scan(&n)
	if err != nil {
		return classifyShared(unlessCancelled(ctx, err))
	}
	if n > 0 {
		return ErrTaken
	}
	return nil
}

// noteFirstDesk makes the folder's records the first replica.
func (s *Store) noteFirstDesk(ctx context.Context, name string, also func(*Tx) error) error {
	public, err := s.keys.deskPublic()
	if err != nil {
		return err
	}
	t, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return classify(err)
	}
	defer func() { _ = t.Rollback() }() // does nothing after the commit
	tx := s.newTx(ctx, t, true)
	if _, err := tx.exec(`DELETE FROM replica`); err != nil {
		return err
	}
	if _, err := tx.exec(`INSERT INTO replica (position, head) VALUES (0, $1)`, s.shared.head[:]); err != nil {
		return err
	}
	if err := tx.onlyDesk(name, public); err != nil {
		return err
	}
	n, err := tx.run(func(tx *Tx) error { return call(also, tx) })
	if err != nil {
		return err
	}
	if err := t.Commit(); err != nil {
		return classify(err)
	}
	s.counter.put(n)
	return nil
}

// onlyDesk makes this desk the only one that reads, whatever others there were
// before the site left another database.
func (tx *Tx) onlyDesk(name string, public []byte) error {
	all, err := tx.desks()
	if err != nil {
		return err
	}
	known := false
	for _, d := range all {
		switch {
		case d.Here:
			known = true
			continue
		case d.Removed > 0:
			continue
		}
		if err := tx.endDesk(d.ID, nil); err != nil {
			return err
		}
	}
	if known {
		return nil
	}
	return tx.insertDesk(name, public)
}

// fillDatabase makes the tables and the first snapshot in one transaction.
func (s *Store) fillDatabase(ctx context.Context) error {
	sh := s.shared
	c, err := sh.db.connected(ctx)
	if err != nil {
		return err
	}
	if _, err := c.Exec(ctx, `BEGIN;`+sharedSchema); err != nil {
		return classifyShared(unlessCancelled(ctx, err))
	}
	defer sh.db.end() // does nothing after the commit
	version, key := sh.settings.newest()
	var b pgx.Batch
	queueHead(&b, sh.id, sh.head)
	if err := s.queueSlots(ctx, &b, version, key, 0, sh.head); err != nil {
		return err
	}
	if err := sh.db.batch(ctx, &b); err != nil {
		return err
	}
	if err := s.putSnapshot(ctx, 0, sh.head, version, key); err != nil {
		return err
	}
	var end pgx.Batch
	end.Queue(`COMMIT`)
	return sh.db.batch(ctx, &end)
}

// MoveFromDatabase makes the folder of this desk the site's only store again. All
// other desks stop at the last entry of the log. Interrupted at any point, the
// next [Open] finds out in the database whether it has happened.
func MoveFromDatabase(ctx context.Context, dir string, passphrase []byte, opts Options, also func(*Tx) error) error {
	s, err := Open(ctx, dir, passphrase, opts)
	if err != nil {
		return err
	}
	err = s.withTurn(ctx, func() error { return s.moveOut(ctx, also) })
	if err := errors.Join(err, s.Close()); err != nil {
		return fmt.Errorf("moving the site: %w", err)
	}
	// The log says by now that the folder is the site; opening it believes that.
	if s, err = Open(ctx, dir, passphrase, opts); err != nil {
		return err
	}
	return s.Close()
}

func (s *Store) moveOut(ctx context.Context, also func(*Tx) error) error {
	sh := s.shared
	switch {
	case sh == nil:
		return ErrNotShared
	case s.Operator().Role != Custodian:
		return fmt.Errorf("only a custodian moves a site: %w", ErrInvalid)
	}
	if err := sh.usable(); err != nil {
		return err
	}
	if also != nil {
		if err := s.updateShared(ctx, also); err != nil {
			return err
		}
	}
	next := *sh.settings
	next.State = stateOut
	if err := s.keepSettings(&next); err != nil {
		return err
	}
	if err := s.publishMoved(ctx); err != nil {
		return errors.Join(err, s.stay(err))
	}
	return s.pull(ctx)
}

// stay takes the mark of a move back that has certainly not happened.
func (s *Store) stay(why error) error {
	if errors.Is(why, ErrUnreachable) {
		return nil // the next Open finds out
	}
	back := *s.shared.settings
	back.State = stateShared
	return s.keepSettings(&back)
}

func (s *Store) publishMoved(ctx context.Context) error {
	sh := s.shared
	head, err := sh.db.begin(ctx, sh.id, beginChange)
	if err != nil {
		return err
	}
	defer sh.db.end() // does nothing after the commit
	if err := s.follow(ctx, head); err != nil {
		return err
	}
	schema, err := schemaVersion(ctx, s.db)
	if err != nil {
		return err
	}
	e, err := sh.newEntry(bodyHead{kind: entryMoved, schema: uint16(schema)}, sh.desk[:])
	if err != nil {
		return err
	}
	return sh.publish(ctx, e)
}

// MendDatabase puts the records of this desk into a database in which an old copy
// was put back, if this desk knows all that the copy holds. Desks that know more
// have to do it instead: they are told that the database is older than they.
func (s *Store) MendDatabase(ctx context.Context) error {
	err := s.withTurn(ctx, func() error {
		sh := s.shared
		if sh == nil {
			return ErrNotShared
		}
		head, err := sh.db.begin(ctx, sh.id, beginChange)
		if err != nil {
			return err
		}
		defer sh.db.end() // does nothing after the commit
		switch err := s.follow(ctx, head); {
		case err == nil:
			return ErrNothingToMend
		case !errors.Is(err, ErrOlderDatabase):
			return err
		}
		return s.mend(ctx)
	})
	if err != nil {
		return fmt.Errorf("mending the shared database: %w", err)
	}
	return nil
}

func (s *Store) mend(ctx context.Context) error {
	sh := s.shared
	version, key := sh.settings.newest()
	schema, err := schemaVersion(ctx, s.db)
	if err != nil {
		return err
	}
	var b pgx.Batch
	b.Queue(`DELETE FROM sleutelbord_log`)
	if err := sh.queueLinks(&b, uint16(schema)); err != nil {
		return err
	}
	b.Queue(`UPDATE sleutelbord_head SET position = $1, head = $2 WHERE id = 1`, sh.position, sh.head[:])
	if err := s.queueSlots(ctx, &b, version, key, sh.position, sh.head); err != nil {
		return err
	}
	if err := sh.db.batch(ctx, &b); err != nil {
		return err
	}
	if err := s.replaceSnapshot(ctx, version, key); err != nil {
		return err
	}
	var end pgx.Batch
	end.Queue(`COMMIT`)
	if err := sh.db.batch(ctx, &end); err != nil {
		return err
	}
	return s.pull(ctx)
}
