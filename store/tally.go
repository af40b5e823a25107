package store

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"database/sql"
	"encoding/binary"
	"fmt"
	"hash"
	"math/bits"
	"strings"
	"sync/atomic"

	"github.com/ncruces/go-sqlite3"
	sqlitedriver "github.com/ncruces/go-sqlite3/driver"
)

// The tally is the sum, modulo 2^256, of HMAC-SHA256(key "tally" of the data key, row)
// over every row of every table but meta, where it stands beside the change
// counter. A row is
//
//	table ‖ its values in the order of the columns
//
// each a byte for its kind and, but for NULL, a length (8) and the bytes of it. So a page
// put back alone, whatever it holds, does not add up, and a page of meta put back is
// behind the change counter outside.
//
// Who has the disk and not the key knows neither what a row adds nor the sum, and
// cannot choose old pages that add up to the same: what they try is right
// by chance once in 2^256. Who has the key writes what they like anyway.
//
// The rows that a statement changes are taken out of the sum and put into it by
// triggers of the connection, which stand in no file. So whatever changes a row counts: a
// statement of this program, a trigger of the schema, a statement that is taken back.
type tally struct {
	mac  hash.Hash
	buf  []byte
	held atomic.Bool // triggers are made on every new connection
}

func newTally(key *[keySize]byte) *tally { return &tally{mac: hmac.New(sha256.New, key[:])} }

// tallySize is the length of a sum in bytes.
const tallySize = sha256.Size

// sum is a number modulo 2^256, the lowest part first.
type sum [tallySize / 8]uint64

func readSum(b []byte) (s sum) {
	for i := range s {
		s[i] = binary.LittleEndian.Uint64(b[8*i:])
	}
	return s
}

func (s sum) bytes() []byte {
	b := make([]byte, 0, tallySize)
	for _, v := range s {
		b = binary.LittleEndian.AppendUint64(b, v)
	}
	return b
}

func (s *sum) add(other sum) {
	var carry uint64
	for i := range s {
		s[i], carry = bits.Add64(s[i], other[i], carry)
	}
}

func (s *sum) subtract(other sum) {
	var borrow uint64
	for i := range s {
		s[i], borrow = bits.Sub64(s[i], other[i], borrow)
	}
}

// row is what a row adds. The first value names the table.
func (t *tally) row(values []sqlite3.Value) sum {
	t.buf = t.buf[:0]
	for _, v := range values {
		kind := v.Type()
		t.buf = append(t.buf, byte(kind))
		switch kind {
		case sqlite3.NULL:
		case sqlite3.INTEGER:
			t.buf = binary.BigEndian.AppendUint64(t.buf, 8)
			t.buf = binary.BigEndian.AppendUint64(t.buf, uint64(v.Int64()))
		default:
			b := v.RawBlob()
			t.buf = binary.BigEndian.AppendUint64(t.buf, uint64(len(b)))
			t.buf = append(t.buf, b...)
		}
	}
	t.mac.Reset()
	_, _ = t.mac.Write(t.buf) // never returns an error
	clear(t.buf)
	t.buf = t.mac.Sum(t.buf[:0])
	return readSum(t.buf)
}

// register gives a connection what triggers and the check compute with:
//
//	tally_in(sum, row…)   the sum with the row
//	tally_out(sum, row…)  the sum without the row
//	tally_of(row…)        the sum of many rows
func (t *tally) register(c *sqlite3.Conn) error {
	const flags = sqlite3.DETERMINISTIC | sqlite3.INNOCUOUS
	change := func(by func(s *sum, row sum)) sqlite3.ScalarFunction {
		return func(ctx sqlite3.Context, arg ...sqlite3.Value) {
			b := arg[0].RawBlob()
			if len(b) != tallySize {
				ctx.ResultError(fmt.Errorf("the sum over the records has %d bytes", len(b)))
				return
			}
			s := readSum(b)
			by(&s, t.row(arg[1:]))
			ctx.ResultBlob(s.bytes())
		}
	}
	if err := c.CreateFunction("tally_in", -1, flags, change((*sum).add)); err != nil {
		return err
	}
	if err := c.CreateFunction("tally_out", -1, flags, change((*sum).subtract)); err != nil {
		return err
	}
	if err := c.CreateWindowFunction("tally_of", -1, flags, func() sqlite3.AggregateFunction { return &tallyOf{t: t} }); err != nil {
		return err
	}
	if t.held.Load() {
		return t.arm(c)
	}
	return nil
}

// tallyOf sums up the rows of a query.
type tallyOf struct {
	t *tally
	s sum
}

// Step adds a row.
func (a *tallyOf) Step(_ sqlite3.Context, arg ...sqlite3.Value) { a.s.add(a.t.row(arg)) }

// Value gives the sum.
func (a *tallyOf) Value(ctx sqlite3.Context) { ctx.ResultBlob(a.s.bytes()) }

// talliedTable is a table with its columns.
type talliedTable struct {
	name    string
	columns []string
}

// row names a row's values for SQL: from is "NEW.", "OLD." or nothing.
func (t talliedTable) row(from string) string {
	all := []string{"'" + strings.ReplaceAll(t.name, "'", "''") + "'"}
	for _, c := range t.columns {
		all = append(all, from+quote(c))
	}
	return strings.Join(all, ", ")
}

// talliedQuery gives every column of every table but meta.
const talliedQuery = `SELECT t.name, c.name FROM sqlite_schema t, pragma_table_info(t.name) c
	WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite~_%' ESCAPE '~' AND t.name <> 'meta' ORDER BY t.name, c.cid`

func groupColumns(all []talliedTable, table, column string) []talliedTable {
	if n := len(all); n == 0 || all[n-1].name != table {
		all = append(all, talliedTable{name: table})
	}
	last := &all[len(all)-1]
	last.columns = append(last.columns, column)
	return all
}

// arm makes the triggers of a connection.
func (t *tally) arm(c *sqlite3.Conn) error {
	st, _, err := c.Prepare(talliedQuery)
	if err != nil {
		return err
	}
	var tables []talliedTable
	for st.Step() {
		tables = groupColumns(tables, st.ColumnText(0), st.ColumnText(1))
	}
	if err := st.Close(); err != nil {
		return err
	}
	var all strings.Builder
	for _, table := range tables {
		for _, at := range []struct{ event, sum string }{
			{"INSERT", `tally_in(tally, ` + table.row("NEW.") + `)`},
			{"DELETE", `tally_out(tally, ` + table.row("OLD.") + `)`},
			{"UPDATE", `tally_in(tally_out(tally, ` + table.row("OLD.") + `), ` + table.row("NEW.") + `)`},
		} {
			fmt.Fprintf(&all, "CREATE TEMP TRIGGER %s AFTER %s ON main.%s BEGIN UPDATE meta SET tally = %s; END;\n",
				quote(triggerName(at.event, table.name)), at.event, quote(table.name), at.sum)
		}
	}
	return c.Exec(all.String())
}

func triggerName(event, table string) string { return "tally_" + strings.ToLower(event) + "_" + table }

// disarm takes the triggers away.
func disarm(c *sqlite3.Conn) error {
	st, _, err := c.Prepare(`SELECT name FROM temp.sqlite_schema WHERE type = 'trigger'`)
	if err != nil {
		return err
	}
	var names []string
	for st.Step() {
		names = append(names, st.ColumnText(0))
	}
	if err := st.Close(); err != nil {
		return err
	}
	for _, name := range names {
		if err := c.Exec(`DROP TRIGGER temp.` + quote(name)); err != nil {
			return err
		}
	}
	return nil
}

// onConnection runs f with the one connection of the database itself.
func onConnection(ctx context.Context, db *sql.DB, f func(*sqlite3.Conn) error) error {
	c, err := db.Conn(ctx)
	if err != nil {
		return classify(err)
	}
	defer func() { _ = c.Close() }() // gives it back
	return classify(c.Raw(func(raw any) error { return f(raw.(sqlitedriver.Conn).Raw()) }))
}

// release lets the schema be changed: until it is held again, the sum means
// nothing, and says so.
func (t *tally) release(ctx context.Context, db *sql.DB) error {
	t.held.Store(false)
	if err := onConnection(ctx, db, disarm); err != nil {
		return err
	}
	known, err := knowsTally(ctx, db)
	if err != nil || !known {
		return err
	}
	_, err = db.ExecContext(ctx, `UPDATE meta SET tally = NULL`)
	return classify(err)
}

// hold keeps the sum from now on, and computes it where it is not known. Records
// of a schema without one are left alone.
func (t *tally) hold(ctx context.Context, db *sql.DB) error {
	known, err := knowsTally(ctx, db)
	if err != nil || !known || t.held.Load() {
		return err
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return classify(err)
	}
	defer func() { _ = tx.Rollback() }() // does nothing after the commit
	if err := recount(ctx, tx, ` AND tally IS NULL`); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return classify(err)
	}
	if err := onConnection(ctx, db, t.arm); err != nil {
		return err
	}
	t.held.Store(true)
	return nil
}

// knowsTally tells whether the schema has a place for the sum.
func knowsTally(ctx context.Context, db *sql.DB) (bool, error) {
	var n int
	err := db.QueryRowContext(ctx, `SELECT count(*) FROM pragma_table_info('meta') WHERE name = 'tally'`).Scan(&n)
	return n > 0, classify(err)
}

// recount computes the sum anew where triggers were switched off.
func (t *tally) recount(ctx context.Context, tx *sql.Tx) error {
	if !t.held.Load() {
		return nil
	}
	return recount(ctx, tx, "")
}

// recount computes the sum anew, if meta fits the condition.
func recount(ctx context.Context, tx *sql.Tx, condition string) error {
	var due int
	if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM meta WHERE id = 1`+condition).Scan(&due); err != nil || due == 0 {
		return classify(err)
	}
	s, err := sumRecords(ctx, tx)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `UPDATE meta SET tally = $1`, s.bytes())
	return classify(err)
}

// sumRecords sums up all rows.
func sumRecords(ctx context.Context, tx *sql.Tx) (s sum, err error) {
	tables, err := talliedTables(ctx, tx)
	if err != nil {
		return s, err
	}
	for _, t := range tables {
		var b []byte
		if err := tx.QueryRowContext(ctx, `SELECT tally_of(`+t.row("")+`) FROM `+quote(t.name)).Scan(&b); err != nil {
			return s, fmt.Errorf("summing up %s: %w", t.name, classify(err))
		}
		s.add(readSum(b))
	}
	return s, nil
}

func talliedTables(ctx context.Context, tx *sql.Tx) (all []talliedTable, err error) {
	rows, err := tx.QueryContext(ctx, talliedQuery)
	if err != nil {
		return nil, classify(err)
	}
	defer func() { _ = rows.Close() }() // Err says what counts
	for rows.Next() {
		var table, column string
		if err := rows.Scan(&table, &column); err != nil {
			return nil, classify(err)
		}
		all = groupColumns(all, table, column)
	}
	return all, classify(rows.Err())
}

// checkTally tells whether every row is the one that was written last.
func checkTally(tx *Tx) error {
	var want []byte
	if err := tx.sql.QueryRowContext(tx.ctx, `SELECT tally FROM meta`).Scan(&want); err != nil {
		return tx.why(err)
	}
	have, err := sumRecords(tx.ctx, tx.sql)
	if err != nil {
		return tx.why(err)
	}
	if subtle.ConstantTimeCompare(want, have.bytes()) != 1 {
		return fmt.Errorf("the records do not add up: part of them is older than the rest: %w", ErrDamaged)
	}
	return nil
}
