package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// Tx is what a function given to [Store.View] or [Store.Update] works with.
// It must not be kept or used by several goroutines at once. Methods that
// find one record return [ErrNotFound]; lists are empty instead.
type Tx struct {
	s     *Store
	ctx   context.Context
	sql   *sql.Tx
	write bool
	stmts map[string]*sql.Stmt // a long transaction runs the same few statements
	undos []func()
	dones []func()
	touch touch

	before int64 // commits before this transaction, -1 until it is asked for

	// recorder notes every change for the log of a shared site.
	recorder *changeLog
}

func (s *Store) newTx(ctx context.Context, t *sql.Tx, write bool) *Tx {
	return &Tx{s: s, ctx: ctx, sql: t, write: write, stmts: make(map[string]*sql.Stmt), before: -1}
}

// onUndo notes how to set back what a call has put into a caller's struct.
func (tx *Tx) onUndo(f func()) { tx.undos = append(tx.undos, f) }

// onCommit notes what is true as soon as the changes are durable.
func (tx *Tx) onCommit(f func()) { tx.dones = append(tx.dones, f) }

func (tx *Tx) undo() {
	for i := len(tx.undos) - 1; i >= 0; i-- {
		tx.undos[i]()
	}
}

// why gives an error of the database its meaning. What a cancelled context
// leads to is the cancellation.
func (tx *Tx) why(err error) error {
	if err != nil && tx.ctx.Err() != nil {
		return context.Cause(tx.ctx)
	}
	return classify(err)
}

// stmt prepares a query once per transaction.
func (tx *Tx) stmt(query string) (*sql.Stmt, error) {
	if st := tx.stmts[query]; st != nil {
		return st, nil
	}
	st, err := tx.sql.PrepareContext(tx.ctx, query)
	if err != nil {
		return nil, tx.why(err)
	}
	tx.stmts[query] = st
	return st, nil
}

// exec runs a change and tells how many rows it touched.
func (tx *Tx) exec(query string, args ...any) (int64, error) {
	if !tx.write {
		return 0, ErrReadOnly
	}
	st, err := tx.stmt(query)
	if err != nil {
		return 0, err
	}
	r, err := st.ExecContext(tx.ctx, args...)
	if err != nil {
		return 0, tx.why(err)
	}
	n, err := r.RowsAffected()
	if err == nil && tx.recorder != nil {
		err = tx.recorder.add(query, n, args)
	}
	return n, err
}

// row is what one row of a result is read from.
type row interface{ Scan(dest ...any) error }

// each calls f for every row of a query.
func (tx *Tx) each(f func(row) error, query string, args ...any) (err error) {
	st, err := tx.stmt(query)
	if err != nil {
		return err
	}
	rows, err := st.QueryContext(tx.ctx, args...)
	if err != nil {
		return tx.why(err)
	}
	defer func() { err = errors.Join(err, tx.why(rows.Close())) }()
	n := int64(0)
	for ; rows.Next(); n++ {
		if err := f(rows); err != nil {
			return tx.why(err)
		}
	}
	if err := rows.Err(); err != nil {
		return tx.why(err)
	}
	if tx.recorder != nil && changes(query) {
		return tx.recorder.add(query, n, args)
	}
	return nil
}

// list reads all rows of a query.
func list[T any](tx *Tx, scan func(row) (T, error), query string, args ...any) (all []T, err error) {
	err = tx.each(func(r row) error {
		v, err := scan(r)
		if err == nil {
			all = append(all, v)
		}
		return err
	}, query, args...)
	if err != nil {
		return nil, err
	}
	return all, nil
}

// one reads the only row of a query.
func one[T any](tx *Tx, scan func(row) (T, error), query string, args ...any) (T, error) {
	var zero T
	all, err := list(tx, scan, query, args...)
	if err != nil {
		return zero, err
	}
	if len(all) == 0 {
		return zero, ErrNotFound
	}
	return all[0], nil
}

// number reads one number.
func number(r row) (n int64, err error) {
	err = r.Scan(&n)
	return n, err
}

// nextID takes the next id of a table. Ids are never used twice.
func (tx *Tx) nextID(table string) (int64, error) {
	if !tx.write {
		return 0, ErrReadOnly
	}
	return one(tx, number, `UPDATE sequences SET next = next + 1 WHERE name = $1 RETURNING next - 1`, table)
}

// countChange raises the change counter of the records.
func (tx *Tx) countChange() (uint64, error) {
	n, err := one(tx, number, `UPDATE meta SET change_counter = change_counter + 1 RETURNING change_counter`)
	if err != nil {
		return 0, fmt.Errorf("counting the change: %w", err)
	}
	return uint64(n), nil
}

// commits counts the commits before this transaction.
func (tx *Tx) commits() (n int64, err error) {
	if tx.before < 0 {
		tx.before, err = one(tx, number, `SELECT change_counter FROM meta`)
	}
	return tx.before, err
}

// replaced judges an update that was bound to a row version: no row touched
// means that there is none with this id, or that it has another version.
func (tx *Tx) replaced(touched int64, version *int64, exists string, args ...any) error {
	if touched == 0 {
		if _, err := one(tx, number, exists, args...); err != nil {
			return err
		}
		return ErrConflict
	}
	*version++
	tx.onUndo(func() { *version-- })
	return nil
}

// inserted puts id and first row version into a caller's struct.
func inserted[ID any](tx *Tx, id *ID, value ID, version *int64) {
	oldID := *id
	*id = value
	var oldVersion int64
	if version != nil {
		oldVersion, *version = *version, 1
	}
	tx.onUndo(func() {
		*id = oldID
		if version != nil {
			*version = oldVersion
		}
	})
}

// fixed copies a stored value of known length.
func fixed(to, from []byte, what string) error {
	if len(from) != len(to) {
		return fmt.Errorf("%s has %d bytes instead of %d: %w", what, len(from), len(to), ErrDamaged)
	}
	copy(to, from)
	return nil
}

// orNull stores the id 0, which is no record, as NULL.
func orNull(id int64) any {
	if id == 0 {
		return nil
	}
	return id
}

// flag stores a truth value as 0 or 1.
func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
