package store

import (
	"context"
	"fmt"

	"sleutelbord/nfc/keytag"
)

// TenanciesOfHome are all tenancies of a home that are still known, by id.
func (tx *Tx) TenanciesOfHome(home int64) ([]Tenancy, error) {
	all, err := list(tx, tx.scanTenancy, selectTenancy+`WHERE home = $1 ORDER BY id`, home)
	if err != nil {
		return nil, fmt.Errorf("tenancies of home %d: %w", home, err)
	}
	return all, nil
}

// Tenancies are all tenancies that are still known, by id.
func (tx *Tx) Tenancies() ([]Tenancy, error) {
	all, err := list(tx, tx.scanTenancy, selectTenancy+`ORDER BY id`)
	if err != nil {
		return nil, fmt.Errorf("reading the tenancies: %w", err)
	}
	return all, nil
}

// TenanciesEndedBefore are those that ended before a day, the first ended first.
func (tx *Tx) TenanciesEndedBefore(day keytag.Day) ([]Tenancy, error) {
	all, err := list(tx, tx.scanTenancy, selectTenancy+`WHERE end_day > 0 AND end_day < $1 ORDER BY end_day, id`, day)
	if err != nil {
		return nil, fmt.Errorf("reading ended tenancies: %w", err)
	}
	return all, nil
}

// eraseSteps forget a tenancy, in the order in which rows refer to each other.
// A seat keeps its counters, which are about no person and keep old keys dead.
var eraseSteps = []string{
	`UPDATE seats SET tag = NULL, row_version = row_version + 1 WHERE tag IN (SELECT id FROM tags WHERE tenancy = $1)`,
	`DELETE FROM campaign_tags WHERE tag IN (SELECT id FROM tags WHERE tenancy = $1)`,
	`DELETE FROM batch WHERE tag IN (SELECT id FROM tags WHERE tenancy = $1)`,
	`DELETE FROM plans WHERE tag IN (SELECT id FROM tags WHERE tenancy = $1)`,
	`DELETE FROM tag_slots WHERE tag IN (SELECT id FROM tags WHERE tenancy = $1)`,
	`DELETE FROM objections WHERE tenancy = $1`,
	`UPDATE tags SET replaces = NULL WHERE replaces IN (SELECT id FROM tags WHERE tenancy = $1)`,
}

// EraseTenancy forgets an ended tenancy and everything that hangs on it: its
// tags, what they carried, their plans, its objections. Counters stay. A
// tenancy that runs, or has a tag that is still in use, is [ErrInvalid]. It
// tells how many tags it had. [Store.Scrub] then takes what was erased out of
// the free places of the file.
func (tx *Tx) EraseTenancy(id int64) (tags int, err error) {
	if tags, err = tx.eraseTenancy(id); err != nil {
		return 0, fmt.Errorf("erasing tenancy %d: %w", id, err)
	}
	return tags, nil
}

func (tx *Tx) eraseTenancy(id int64) (int, error) {
	t, err := tx.Tenancy(id)
	if err != nil {
		return 0, err
	}
	inUse, err := one(tx, number, `SELECT count(*) FROM tags WHERE tenancy = $1 AND state IN ('reserved', 'writing', 'issued')`, id)
	if err != nil {
		return 0, err
	}
	if t.End == 0 || inUse > 0 {
		return 0, fmt.Errorf("it has not ended: %w", ErrInvalid)
	}
	for _, step := range eraseSteps {
		if _, err := tx.exec(step, id); err != nil {
			return 0, err
		}
	}
	n, err := tx.exec(`DELETE FROM tags WHERE tenancy = $1`, id)
	if err != nil {
		return 0, err
	}
	if _, err := tx.exec(`DELETE FROM tenancies WHERE id = $1`, id); err != nil {
		return 0, err
	}
	tx.touched(t.Home)
	// Whether it is due already is each desk's own affair.
	_, err = tx.exec(`UPDATE meta SET scrub = 1`)
	return int(n), err
}

// InsertErasure notes that something was erased, and sets its ID.
func (tx *Tx) InsertErasure(e *Erasure) error {
	id, err := tx.nextID("erasures")
	if err == nil {
		_, err = tx.exec(`INSERT INTO erasures (id, day, reason, tenancies, tags) VALUES ($1, $2, $3, $4, $5)`,
			id, e.Day, e.Reason, e.Tenancies, e.Tags)
	}
	if err != nil {
		return fmt.Errorf("noting an erasure: %w", err)
	}
	inserted(tx, &e.ID, id, nil)
	return nil
}

// Erasures are all erasures, oldest first.
func (tx *Tx) Erasures() ([]Erasure, error) {
	all, err := list(tx, func(r row) (e Erasure, err error) {
		err = r.Scan(&e.ID, &e.Day, &e.Reason, &e.Tenancies, &e.Tags)
		return e, err
	}, `SELECT id, day, reason, tenancies, tags FROM erasures ORDER BY id`)
	if err != nil {
		return nil, fmt.Errorf("reading the erasures: %w", err)
	}
	return all, nil
}

// Scrub writes the records' file anew if something was erased since it was last
// done, so that nothing of it stays in free places or in the write-ahead log.
// Deleting alone overwrites a row, but not the copies that the database makes
// when it moves rows between pages. On a shared site it also takes what was erased
// out of the log, and every other desk rewrites its own file. If the computer stops meanwhile, the next
// Scrub does it.
func (s *Store) Scrub(ctx context.Context) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.mu.RUnlock()
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	return s.scrub(ctx)
}

// scrub is Scrub for whoever has the turn.
func (s *Store) scrub(ctx context.Context) error {
	var due bool
	if err := s.db.QueryRowContext(ctx, `SELECT scrub FROM meta`).Scan(&due); err != nil {
		return fmt.Errorf("rewriting the records: %w", classify(err))
	}
	if !due {
		return nil
	}
	for _, step := range []string{`VACUUM`, `PRAGMA wal_checkpoint(TRUNCATE)`} {
		if _, err := s.db.ExecContext(ctx, step); err != nil {
			return fmt.Errorf("rewriting the records: %w", classify(err))
		}
	}
	if err := s.scrubLog(ctx); err != nil {
		return fmt.Errorf("rewriting the records: %w", err)
	}
	if _, err := s.db.ExecContext(ctx, `UPDATE meta SET scrub = 0`); err != nil {
		return fmt.Errorf("rewriting the records: %w", classify(err))
	}
	return nil
}
