package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/fxamacker/cbor/v2"
	"github.com/jackc/pgx/v5"
	"github.com/ncruces/go-sqlite3"
	sqlitedriver "github.com/ncruces/go-sqlite3/driver"
)

// A snapshot is the records at a position of the log, so that a new desk, or one
// that was away, need not follow it from the beginning, and so that what was
// erased does not stay in the log for ever. It stands in parts of about partSize.
const (
	partSize = 512 << 10
	maxParts = 1 << 20
)

// part is some rows of a table.
type part struct {
	_       struct{} `cbor:",toarray"`
	Table   string
	Columns []string
	Rows    [][]any
}

// ownTables are the tables that every desk keeps for itself.
var ownTables = []string{"replica", "own_keys", "schema_version"}

// recordTables are the tables that all desks have alike.
func recordTables(tx *Tx) ([]string, error) {
	all, err := list(tx, scanString, `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite~_%' ESCAPE '~' ORDER BY name`)
	return slices.DeleteFunc(all, func(n string) bool { return slices.Contains(ownTables, n) }), err
}

func scanString(r row) (s string, err error) {
	err = r.Scan(&s)
	return s, err
}

// eachPart gives the records in parts.
func eachPart(tx *Tx, f func(part) error) error {
	tables, err := recordTables(tx)
	if err != nil {
		return err
	}
	for _, table := range tables {
		// The tally is each desk's own, as its key is.
		columns, err := list(tx, scanString, `SELECT name FROM pragma_table_info($1) WHERE NOT ($1 = 'meta' AND name = 'tally')`, table)
		if err != nil {
			return err
		}
		p, size := part{Table: table, Columns: columns}, 0
		values, to := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			to[i] = &values[i]
		}
		err = tx.each(func(r row) error {
			if err := r.Scan(to...); err != nil {
				return err
			}
			p.Rows = append(p.Rows, slices.Clone(values))
			if size += sizeOf(values); size < partSize {
				return nil
			}
			full := p
			p.Rows, size = nil, 0
			return f(full)
		}, `SELECT `+quoteAll(columns)+` FROM `+quote(table))
		if err == nil {
			err = f(p) // also without rows: it says that the table is there
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func sizeOf(values []any) int {
	n := 8 * len(values)
	for _, v := range values {
		switch v := v.(type) {
		case string:
			n += len(v)
		case []byte:
			n += len(v)
		}
	}
	return n
}

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func quoteAll(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = quote(n)
	}
	return strings.Join(quoted, ", ")
}

// putSnapshot writes the records as a snapshot at a position into the
// transaction that is open in the database.
func (s *Store) putSnapshot(ctx context.Context, position int64, head [32]byte, version uint16, key siteKey) error {
	sh := s.shared
	return s.view(ctx, func(tx *Tx) error {
		schema, err := one(tx, number, `SELECT max(version) FROM schema_version`)
		if err != nil {
			return err
		}
		n := int64(0)
		send := func(kind byte, content []byte) error {
			n++
			body, err := sealBody(key, snapshotPlace(sh.id, position, head, n), bodyHead{kind, version, uint16(schema)}, content)
			if err != nil {
				return err
			}
			var b pgx.Batch
			b.Queue(`INSERT INTO sleutelbord_snapshot (position, part, head, body) VALUES ($1, $2, $3, $4)`, position, n, head[:], body)
			return sh.db.batch(ctx, &b)
		}
		err = eachPart(tx, func(p part) error {
			content, err := cbor.Marshal(p)
			if err != nil {
				return fmt.Errorf("writing %s: %w", p.Table, err)
			}
			return send(snapshotPart, content)
		})
		if err != nil {
			return err
		}
		return send(snapshotFinal, nil)
	})
}

func snapshotPlace(store [idSize]byte, position int64, head [32]byte, n int64) place {
	return place{store: store, before: head, position: position, id: []byte("part " + strconv.FormatInt(n, 10))}
}

// snapshotRow is one part as it stands in the database.
type snapshotRow struct{ head, body []byte }

func (sh *shared) snapshotRow(ctx context.Context, position, n int64) (snapshotRow, error) {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	rows, err := sh.db.conn.Query(ctx, `SELECT head, body FROM sleutelbord_snapshot WHERE position = $1 AND part = $2`, position, n)
	if err != nil {
		return snapshotRow{}, classifyShared(err)
	}
	all, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (p snapshotRow, err error) {
		err = r.Scan(&p.head, &p.body)
		return p, err
	})
	if err != nil {
		return snapshotRow{}, classifyShared(unlessCancelled(ctx, err))
	}
	if len(all) == 0 || len(all[0].head) != 32 {
		return snapshotRow{}, fmt.Errorf("part %d of the snapshot at %d is missing: %w", n, position, ErrTampered)
	}
	return all[0], nil
}

// openPart opens one part, and tells whether it is the last.
func (sh *shared) openPart(position, n int64, r snapshotRow) (h bodyHead, content []byte, err error) {
	if h, err = readBody(r.body); err != nil {
		return h, nil, err
	}
	key, ok := sh.settings.key(h.key)
	if !ok {
		return h, nil, fmt.Errorf("the snapshot is sealed with key %d: %w", h.key, ErrTampered)
	}
	if h.kind < snapshotPart {
		return h, nil, fmt.Errorf("part %d of the snapshot at %d: %w", n, position, ErrTampered)
	}
	content, err = openBody(key, snapshotPlace(sh.id, position, [32]byte(r.head), n), h, r.body)
	return h, content, err
}

// loadSnapshot replaces the replica by a snapshot that is ahead of it, in one step.
func (s *Store) loadSnapshot(ctx context.Context, position int64) error {
	sh := s.shared
	first, err := sh.snapshotRow(ctx, position, 1)
	if err != nil {
		return err
	}
	h, err := readBody(first.body)
	if err == nil {
		err = s.climb(ctx, h.key)
	}
	if err == nil {
		h, _, err = sh.openPart(position, 1, first)
	}
	if err != nil {
		return err
	}
	if err := s.snapshotSchema(ctx, int64(h.schema)); err != nil {
		return err
	}
	err = s.withoutTriggers(ctx, func(t *sql.Tx) error {
		tx := s.newTx(ctx, t, true)
		before, err := one(tx, number, `SELECT coalesce(max(change_counter), 0) FROM meta`)
		if err != nil {
			return err
		}
		if err := s.loadParts(tx, position); err != nil {
			return err
		}
		after, err := one(tx, number, `SELECT change_counter FROM meta`)
		if err != nil {
			return err
		}
		if after < before {
			return fmt.Errorf("the snapshot at %d is older than this desk: %w", position, ErrOlderDatabase)
		}
		if _, err := tx.exec(`DELETE FROM replica`); err != nil {
			return err
		}
		if _, err = tx.exec(`INSERT INTO replica (position, head) VALUES ($1, $2)`, position, first.head); err != nil {
			return err
		}
		return s.tally.recount(ctx, t)
	})
	if err != nil {
		return fmt.Errorf("taking over the records: %w", err)
	}
	sh.position, sh.head = position, [32]byte(first.head)
	s.touches.add(touch{all: true})
	return nil
}

// snapshotSchema makes the replica fit a snapshot.
func (s *Store) snapshotSchema(ctx context.Context, wanted int64) error {
	have, err := schemaVersion(ctx, s.db)
	if err != nil {
		return err
	}
	if wanted < have {
		return fmt.Errorf("a snapshot of schema %d, records of %d: %w", wanted, have, ErrTampered)
	}
	return s.migrateTo(ctx, wanted)
}

func (s *Store) loadParts(tx *Tx, position int64) error {
	tables, err := recordTables(tx)
	if err != nil {
		return err
	}
	if _, err := tx.exec(`PRAGMA defer_foreign_keys = ON`); err != nil {
		return err
	}
	for _, t := range tables {
		if _, err := tx.exec(`DELETE FROM ` + quote(t)); err != nil {
			return err
		}
	}
	for n := int64(1); n <= maxParts; n++ {
		r, err := s.shared.snapshotRow(tx.ctx, position, n)
		if err != nil {
			return err
		}
		h, content, err := s.shared.openPart(position, n, r)
		if err != nil {
			return err
		}
		if h.kind == snapshotFinal {
			return nil
		}
		if err := loadPart(tx, tables, content); err != nil {
			return err
		}
	}
	return fmt.Errorf("a snapshot of more than %d parts: %w", maxParts, ErrTampered)
}

// decodePart reads a part strictly.
func decodePart(content []byte, tables []string) (part, error) {
	var p part
	if err := strictCBOR.Unmarshal(content, &p); err != nil {
		return part{}, fmt.Errorf("reading a snapshot (%v): %w", err, ErrTampered)
	}
	if !slices.Contains(tables, p.Table) || len(p.Columns) == 0 {
		return part{}, fmt.Errorf("a snapshot of table %q: %w", p.Table, ErrTampered)
	}
	for _, values := range p.Rows {
		if len(values) != len(p.Columns) {
			return part{}, fmt.Errorf("a row of %d values in %s: %w", len(values), p.Table, ErrTampered)
		}
		if err := plainValues(values); err != nil {
			return part{}, err
		}
	}
	return p, nil
}

func loadPart(tx *Tx, tables []string, content []byte) error {
	p, err := decodePart(content, tables)
	if err != nil {
		return err
	}
	marks := make([]string, len(p.Columns))
	for i := range marks {
		marks[i] = "$" + strconv.Itoa(i+1)
	}
	query := `INSERT INTO ` + quote(p.Table) + ` (` + quoteAll(p.Columns) + `) VALUES (` + strings.Join(marks, ", ") + `)`
	for _, values := range p.Rows {
		if _, err := tx.exec(query, values...); err != nil {
			return fmt.Errorf("%s: %w", p.Table, err)
		}
	}
	return nil
}

// withoutTriggers runs f in a transaction in which rows are stored as they are.
func (s *Store) withoutTriggers(ctx context.Context, f func(*sql.Tx) error) error {
	c, err := s.db.Conn(ctx)
	if err != nil {
		return classify(err)
	}
	defer func() { _ = c.Close() }() // gives it back
	if err := s.enableTriggers(c, false); err != nil {
		return err
	}
	defer func() { _ = s.enableTriggers(c, true) }() // a connection without triggers is not used again
	t, err := c.BeginTx(ctx, nil)
	if err != nil {
		return classify(err)
	}
	defer func() { _ = t.Rollback() }() // does nothing after the commit
	if err := f(t); err != nil {
		return err
	}
	return classify(t.Commit())
}

// enableTriggers switches the triggers of the schema, and those of the tally,
// which the switch leaves alone.
func (s *Store) enableTriggers(c *sql.Conn, on bool) error {
	return c.Raw(func(raw any) error {
		conn := raw.(sqlitedriver.Conn).Raw()
		_, err := conn.Config(sqlite3.DBCONFIG_ENABLE_TRIGGER, on)
		switch {
		case err == nil && on && s.tally.held.Load():
			err = s.tally.arm(conn)
		case err == nil && !on:
			err = disarm(conn)
		}
		if err != nil {
			return errors.Join(driver.ErrBadConn, err)
		}
		return nil
	})
}
