package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
)

// follow brings the replica to the head of the log. The caller has the turn
// and a transaction in the database in which head was read.
func (s *Store) follow(ctx context.Context, head headRow) error {
	sh := s.shared
	before := sh.position
	sh.snapshot = head.snapshot
	for sh.position < head.position {
		rows, err := sh.db.after(ctx, sh.position)
		if err != nil {
			return err
		}
		if len(rows) == 0 || rows[0].position != sh.position+1 {
			if head.snapshot <= sh.position {
				return fmt.Errorf("entry %d of the log is missing: %w", sh.position+1, ErrTampered)
			}
			if err := s.loadSnapshot(ctx, head.snapshot); err != nil {
				return err
			}
			continue
		}
		for _, r := range rows {
			if r.position > head.position {
				break
			}
			if err := s.apply(ctx, r); err != nil {
				return fmt.Errorf("following the log: %w", err)
			}
		}
	}
	switch {
	case sh.position > head.position:
		return s.judgeOlder(ctx, head)
	case sh.head != head.head:
		return fmt.Errorf("head of the log at %d: %w", head.position, ErrTampered)
	}
	if sh.position != before {
		return s.afterFollowing(ctx)
	}
	return nil
}

// judgeOlder tells a database in which an old copy was put back from one with
// another history.
func (s *Store) judgeOlder(ctx context.Context, head headRow) error {
	var b []byte
	err := s.db.QueryRowContext(ctx, `SELECT head FROM replica WHERE position = $1`, head.position).Scan(&b)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return classify(err)
	}
	if err == nil && !bytes.Equal(b, head.head[:]) {
		return fmt.Errorf("the log has another entry %d than this desk: %w", head.position, ErrTampered)
	}
	return fmt.Errorf("the log ends at %d, this desk is at %d: %w", head.position, s.shared.position, ErrOlderDatabase)
}

// afterFollowing takes over what the store keeps in mind of the records.
func (s *Store) afterFollowing(ctx context.Context) error {
	var counter int64
	var rolledBack bool
	err := s.db.QueryRowContext(ctx, `SELECT change_counter, rolled_back FROM meta`).Scan(&counter, &rolledBack)
	if err != nil {
		return classify(err)
	}
	s.rolledBack.Store(rolledBack)
	if s.counter != nil && uint64(counter) > s.counter.last {
		s.counter.put(uint64(counter))
	}
	s.tellWatchers()
	return nil
}

// apply changes the replica as an entry says.
func (s *Store) apply(ctx context.Context, r logRow) error {
	sh := s.shared
	if r.position != sh.position+1 {
		return fmt.Errorf("entry %d comes after %d: %w", r.position, sh.position, ErrTampered)
	}
	e := entry{at: place{store: sh.id, before: sh.head, position: r.position, id: r.id}, body: r.body}
	e.after = e.at.next(e.body)
	h, err := readBody(r.body)
	if err != nil {
		return err
	}
	newest, _ := sh.settings.newest()
	key, ok := sh.settings.key(h.key)
	if !ok || h.key < newest {
		return fmt.Errorf("entry %d is sealed with key %d: %w", r.position, h.key, ErrTampered)
	}
	content, err := openBody(key, e.at, h, r.body)
	if err != nil {
		return err
	}
	if err := s.prepareSchema(ctx, h); err != nil {
		return err
	}
	if err := s.prepareEntry(ctx, h, content); err != nil {
		return err
	}
	return s.replay(ctx, e, h, content)
}

// prepareSchema makes sure that the replica has the schema of an entry.
func (s *Store) prepareSchema(ctx context.Context, h bodyHead) error {
	have, err := schemaVersion(ctx, s.db)
	if err != nil {
		return err
	}
	switch {
	case int64(h.schema) == have:
		return nil
	case int64(h.schema) < have || h.kind != entrySchema:
		return fmt.Errorf("an entry of schema %d among records of %d: %w", h.schema, have, ErrTampered)
	}
	return s.migrateTo(ctx, int64(h.schema))
}

// migrateTo brings the replica to a schema that the log has come to.
func (s *Store) migrateTo(ctx context.Context, version int64) error {
	files, err := schemaFiles()
	if err != nil {
		return err
	}
	due, err := migrationDue(ctx, s.db, files, version)
	if err != nil {
		return err
	}
	if due {
		if err := s.tally.release(ctx, s.db); err != nil {
			return err
		}
	}
	if err := migrateTo(ctx, s.db, files, version); err != nil {
		return classify(err)
	}
	return s.tally.hold(ctx, s.db)
}

// prepareEntry does what does not stand in the records.
func (s *Store) prepareEntry(ctx context.Context, h bodyHead, content []byte) error {
	sh := s.shared
	switch h.kind {
	case entryChange, entrySchema:
		return nil
	case entryMoved:
		next := *sh.settings
		next.State = stateMoved
		if sh.settings.State == stateOut && bytes.Equal(content, sh.desk[:]) {
			next.State = stateOutDone
		}
		return s.keepSettings(&next)
	case entryRekey:
		return s.announced(ctx, content)
	}
	return fmt.Errorf("an entry of kind %d: %w", h.kind, ErrTampered)
}

// keepSettings makes new settings durable.
func (s *Store) keepSettings(next *settings) error {
	if err := writeSettings(s.dir, s.shared.id, &s.keys.shared, next); err != nil {
		return err
	}
	s.shared.settings = next
	return nil
}

// replay runs the statements of an entry, and notes that it was done.
func (s *Store) replay(ctx context.Context, e entry, h bodyHead, content []byte) error {
	t, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return classify(err)
	}
	defer func() { _ = t.Rollback() }() // does nothing after the commit
	tx := s.newTx(ctx, t, true)
	if h.kind == entryChange {
		c, err := decodeChange(content)
		if err != nil {
			return err
		}
		if err := replayChange(tx, c); err != nil {
			return fmt.Errorf("entry %d: %w", e.at.position, err)
		}
	}
	if err := s.shared.moveTo(ctx, t, e); err != nil {
		return err
	}
	if err := t.Commit(); err != nil {
		return classify(err)
	}
	s.shared.position, s.shared.head = e.at.position, e.after
	s.touches.add(tx.touch)
	return nil
}

// aboutHomes are the tables from which what is said about homes is read.
var aboutHomes = regexp.MustCompile(`\b(buildings|homes|tenancies|tags)\b`)

// replayChange does what another desk has done. A statement that touches other
// rows than there means that the records of the two differ.
func replayChange(tx *Tx, c change) error {
	for _, st := range c.Steps {
		query := c.Queries[st.Query]
		if !changes(query) {
			return fmt.Errorf("a statement that changes nothing: %w", ErrTampered)
		}
		if aboutHomes.MatchString(query) {
			tx.touchedAll() // which home it is does not stand in every statement
		}
		n, err := tx.exec(query, st.Args...)
		if err != nil {
			return err
		}
		if n != st.Rows {
			return fmt.Errorf("a change of %d rows touched %d: %w", st.Rows, n, ErrDamaged)
		}
	}
	return nil
}

// schemaVersion is how many steps of the schema were applied.
func schemaVersion(ctx context.Context, db *sql.DB) (v int64, err error) {
	err = db.QueryRowContext(ctx, `SELECT max(version) FROM schema_version`).Scan(&v)
	return v, classify(err)
}
