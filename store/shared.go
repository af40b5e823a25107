package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
)

// shared is a store's part in a site of several desks. The records lie on every
// desk, as those of a site with one desk do; what changes them goes through the log
// in the database first, one change after the other. All of it but the
// settings' state is used by whoever has the store's turn.
type shared struct {
	id   [idSize]byte
	desk [deskIDSize]byte
	db   serverLink

	settings *settings
	// position and head are those of the replica.
	position int64
	head     [32]byte

	// snapshot is where the newest one is, as far as is known.
	snapshot int64

	fault  atomic.Pointer[error] // what following the log met last
	stop   context.CancelFunc
	ending sync.WaitGroup
}

// Shared tells whether the site is in a shared database.
func (s *Store) Shared() bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.shared != nil
}

// updateShared is [Store.Update] of a shared site, with statements that belong
// into the same transaction of the database. The caller has the turn.
func (s *Store) updateShared(ctx context.Context, f func(*Tx) error, beside ...func(*pgx.Batch)) error {
	sh := s.shared
	if err := sh.usable(); err != nil {
		return err
	}
	head, err := sh.db.begin(ctx, sh.id, beginChange)
	if err != nil {
		return err
	}
	defer sh.db.end() // does nothing after the commit
	if err := s.follow(ctx, head); err != nil {
		return err
	}
	if err := sh.usable(); err != nil {
		return err
	}
	t, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("changing the records: %w", classify(err))
	}
	tx := s.newTx(ctx, t, true)
	tx.recorder = newChangeLog()
	acknowledged := false
	defer func() {
		_ = t.Rollback() // does nothing after the commit
		if !acknowledged {
			tx.undo()
		}
	}()
	n, err := tx.run(f)
	if err != nil {
		return err
	}
	if err := s.commitShared(ctx, tx, t, beside); err != nil {
		return fmt.Errorf("committing: %w", err)
	}
	acknowledged = true
	s.counter.put(n)
	s.acknowledge(tx)
	return nil
}

// commitShared puts a change into the log and, when it stands there, commits it
// here. From there on it has happened: if this desk cannot keep it now, it
// follows the log later.
func (s *Store) commitShared(ctx context.Context, tx *Tx, t *sql.Tx, beside []func(*pgx.Batch)) error {
	sh := s.shared
	content, err := tx.recorder.encode()
	if err != nil {
		return err
	}
	schema, err := one(tx, number, `SELECT max(version) FROM schema_version`)
	if err != nil {
		return err
	}
	e, err := sh.newEntry(bodyHead{kind: entryChange, schema: uint16(schema)}, content)
	if err != nil {
		return err
	}
	if err := sh.moveTo(ctx, t, e); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	if err := sh.publish(ctx, e, beside...); err != nil {
		return err
	}
	if err := t.Commit(); err != nil {
		return s.catchUpAfter(e)
	}
	sh.position, sh.head = e.at.position, e.after
	return nil
}

// catchUpAfter makes good for a commit that this desk could not keep although
// it stands in the log. That the disk is full does not make it undone.
func (s *Store) catchUpAfter(e entry) error {
	ctx, cancel := context.WithTimeout(context.Background(), settleTime)
	defer cancel()
	if err := s.pull(ctx); err != nil {
		s.shared.fault.Store(&err)
	}
	return nil
}

// entry is a new entry of the log.
type entry struct {
	at    place
	body  []byte
	after [32]byte
}

const entryIDSize = 16

// newEntry seals the next entry after the replica's position.
func (sh *shared) newEntry(h bodyHead, content []byte) (entry, error) {
	version, key := sh.settings.newest()
	h.key = version
	return sh.sealEntry(h, key, content)
}

func (sh *shared) sealEntry(h bodyHead, key siteKey, content []byte) (entry, error) {
	id := make([]byte, entryIDSize)
	_, _ = rand.Read(id) // never returns an error
	e := entry{at: place{store: sh.id, before: sh.head, position: sh.position + 1, id: id}}
	var err error
	e.body, err = sealBody(key, e.at, h, content)
	e.after = e.at.next(e.body)
	return e, err
}

// keptHeads is how many heads a desk remembers, to tell an older database from
// another one.
const keptHeads = 1000

// moveTo notes in the replica that it holds an entry.
func (sh *shared) moveTo(ctx context.Context, t *sql.Tx, e entry) error {
	if _, err := t.ExecContext(ctx, `INSERT INTO replica (position, head) VALUES ($1, $2)`, e.at.position, e.after[:]); err != nil {
		return classify(err)
	}
	_, err := t.ExecContext(ctx, `DELETE FROM replica WHERE position <= $1`, e.at.position-keptHeads)
	return classify(err)
}

// publish writes an entry, with other statements before it, and commits. An
// error means that nothing of it has happened, or that nobody knows yet, which is
// [ErrUnreachable]: the entry is then found, or not, when the log is followed.
func (sh *shared) publish(ctx context.Context, e entry, before ...func(*pgx.Batch)) error {
	var b pgx.Batch
	for _, f := range before {
		f(&b)
	}
	queueEntry(&b, e)
	return sh.commit(ctx, &b, e)
}

// queueEntry puts an entry at the end of the log.
func queueEntry(b *pgx.Batch, e entry) {
	b.Queue(`INSERT INTO sleutelbord_log (position, entry, body) VALUES ($1, $2, $3)`, e.at.position, e.at.id, e.body)
	b.Queue(`UPDATE sleutelbord_head SET position = $1, head = $2 WHERE id = 1`, e.at.position, e.after[:])
}

// commit sends the last statements of a transaction that holds an entry, and
// commits it; errors are those of publish.
func (sh *shared) commit(ctx context.Context, b *pgx.Batch, e entry) error {
	if notifies(sh.db.conn) {
		b.Queue(`NOTIFY ` + changedChannel)
	}
	b.Queue(`COMMIT`)
	// A person who gives up now would not learn whether it has happened.
	err := sh.db.batch(context.WithoutCancel(ctx), b)
	if err == nil {
		return nil
	}
	if !sh.db.conn.IsClosed() {
		return err // the server has said no
	}
	switch sh.db.settle(sh.id, e.at.position, e.at.id) {
	case has:
		return nil
	case hasNot:
		return err
	}
	return fmt.Errorf("whether this happened is found out when the database answers again: %w", err)
}

// notifies tells whether a server can wake other desks; one that cannot is
// asked by them from time to time.
func notifies(c *pgx.Conn) bool { return c.PgConn().ParameterStatus("crdb_version") == "" }

// usable tells why nothing can be changed.
func (sh *shared) usable() error {
	switch sh.settings.State {
	case stateShared:
		return nil
	case stateMoved, stateOutDone:
		return ErrMoved
	}
	return ErrUnreachable // it stands in the database what is so
}

// followTo is follow, after which the connection is free, whatever happens.
func (s *Store) followTo(ctx context.Context, head headRow) error {
	defer s.shared.db.end()
	return s.follow(ctx, head)
}

// pull follows the log to its end. The caller has the turn.
func (s *Store) pull(ctx context.Context) error {
	sh := s.shared
	head, err := sh.db.begin(ctx, sh.id, beginRead)
	if err == nil {
		err = s.followTo(ctx, head)
	}
	if err == nil || !errors.Is(err, context.Canceled) {
		sh.note(err)
	}
	return err
}

func (sh *shared) note(err error) {
	if err == nil {
		sh.fault.Store(nil)
		return
	}
	sh.fault.Store(&err)
}

// Operator is who opened the store in which the transaction is.
func (tx *Tx) Operator() Operator { return tx.s.Operator() }
