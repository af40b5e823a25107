package store

import (
	"context"
	"fmt"

	"sleutelbord/nfc/keytag"
)

// Check reads everything and tells whether it is what was written, as far as
// that can be told: pages, references between records, sealed columns and the
// journal. With 100,000 homes it takes some seconds. What is wrong is [ErrDamaged].
func (s *Store) Check(ctx context.Context) error {
	return s.check(ctx, checkPages, checkReferences, checkSealed, (*Tx).VerifyJournal, checkTally)
}

// CheckSum is the part of [Store.Check] that finds whatever became of the file since
// it was written, without opening every seal and verifying every signature: a
// few times as fast.
func (s *Store) CheckSum(ctx context.Context) error {
	return s.check(ctx, checkPages, checkTally)
}

func (s *Store) check(ctx context.Context, parts ...func(*Tx) error) error {
	err := s.View(ctx, func(tx *Tx) error {
		for _, f := range parts {
			if err := f(tx); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("checking the records: %w", err)
	}
	return nil
}

func checkPages(tx *Tx) error {
	found, err := list(tx, func(r row) (s string, err error) {
		err = r.Scan(&s)
		return s, err
	}, `PRAGMA integrity_check`)
	if err != nil {
		return err
	}
	if len(found) != 1 || found[0] != "ok" {
		return fmt.Errorf("%d faults in the pages of the database: %w", len(found), ErrDamaged)
	}
	return nil
}

func checkReferences(tx *Tx) error {
	broken, err := list(tx, func(r row) (s string, err error) {
		err = r.Scan(&s)
		return s, err
	}, `SELECT DISTINCT "table" FROM pragma_foreign_key_check`)
	if err != nil {
		return err
	}
	if len(broken) > 0 {
		return fmt.Errorf("records of %v refer to records that are not there: %w", broken, ErrDamaged)
	}
	return nil
}

// checkSealed opens every sealed column.
func checkSealed(tx *Tx) error {
	if _, err := tx.Operators(); err != nil {
		return err
	}
	if _, err := list(tx, tx.scanTenancy, selectTenancy); err != nil {
		return err
	}
	tags, err := list(tx, tx.scanTag, selectTag)
	if err != nil {
		return err
	}
	for _, t := range tags {
		if t.Number == (keytag.Number{}) {
			continue
		}
		found, err := tx.TagByNumber(t.Number)
		if err != nil || found.ID != t.ID {
			return fmt.Errorf("tag %d is not found by its number: %w", t.ID, ErrDamaged)
		}
	}
	_, err = list(tx, tx.scanPlan, selectPlan)
	return err
}
