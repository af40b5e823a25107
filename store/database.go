package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// The shared database holds nothing that its administrator could read:
//
//	sleutelbord_head      the one row that writers lock, and where the log ends
//	sleutelbord_log       entries, sealed and chained; see shared_log.go
//	sleutelbord_snapshot  the records as they were at a position, sealed in parts
//	sleutelbord_keys      versions of the site key, sealed to each desk
//	sleutelbord_links     which key follows which, sealed with the one before
//	sleutelbord_joins     public keys of desks that ask to be admitted
//
// It needs row locks, and nothing else that is PostgreSQL's own.
const sharedSchema = `
CREATE TABLE sleutelbord_head (
    id       BIGINT PRIMARY KEY CHECK (id = 1),
    format   BIGINT NOT NULL,
    store    BYTEA  NOT NULL,
    position BIGINT NOT NULL,
    head     BYTEA  NOT NULL,
    snapshot BIGINT NOT NULL
);
CREATE TABLE sleutelbord_log (
    position BIGINT PRIMARY KEY,
    entry    BYTEA  NOT NULL,
    body     BYTEA  NOT NULL
);
CREATE TABLE sleutelbord_snapshot (
    position BIGINT NOT NULL,
    part     BIGINT NOT NULL,
    head     BYTEA  NOT NULL,
    body     BYTEA  NOT NULL,
    PRIMARY KEY (position, part)
);
CREATE TABLE sleutelbord_keys (
    version BIGINT NOT NULL,
    desk    BYTEA  NOT NULL,
    sealed  BYTEA  NOT NULL,
    PRIMARY KEY (version, desk)
);
CREATE TABLE sleutelbord_links (
    version BIGINT PRIMARY KEY,
    body    BYTEA  NOT NULL
);
CREATE TABLE sleutelbord_joins (
    desk    BYTEA PRIMARY KEY,
    request BYTEA NOT NULL
);`

// sharedFormat is the version of these tables.
const sharedFormat = 1

// changedChannel is where desks tell each other that the log has grown.
const changedChannel = "sleutelbord_changed"

// Times that the way to the database may take.
const (
	dialTime   = 5 * time.Second
	answerTime = 20 * time.Second // of one exchange, waiting for another desk included
	settleTime = 15 * time.Second // to find out whether a commit has happened
)

// sessionSettings end what a desk that has died would hold on to.
var sessionSettings = map[string]string{
	"application_name":                    "sleutelbord",
	"lock_timeout":                        "15s",
	"statement_timeout":                   "60s",
	"idle_in_transaction_session_timeout": "300s",
	"tcp_keepalives_idle":                 "15",
	"tcp_keepalives_interval":             "5",
	"tcp_keepalives_count":                "3",
}

// parseDSN reads connection settings, as a URL or as words, and refuses those
// that would talk to whoever answers. Its errors repeat nothing of them.
func parseDSN(dsn string) (*pgx.ConnConfig, error) {
	c, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, ErrSettings
	}
	fallbacks := c.Fallbacks[:0]
	for _, f := range c.Fallbacks {
		if f.TLSConfig != nil || local(f.Host) {
			fallbacks = append(fallbacks, f)
		}
	}
	c.Fallbacks = fallbacks
	if !local(c.Host) && (c.TLSConfig == nil || c.TLSConfig.InsecureSkipVerify || c.TLSConfig.ServerName == "") {
		return nil, ErrUnverified
	}
	c.ConnectTimeout = dialTime
	// One exchange for each statement, and nothing that a pooler in between forgets.
	c.DefaultQueryExecMode = pgx.QueryExecModeExec
	maps.Copy(c.RuntimeParams, sessionSettings)
	return c, nil
}

// local tells whether a host is this computer: a socket, or a loopback address,
// behind which a tunnel may begin.
func local(host string) bool {
	if filepath.IsAbs(host) || host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// serverLink is the desk's connection for its own changes. It is used by one
// goroutine at a time.
type serverLink struct {
	config *pgx.ConnConfig
	conn   *pgx.Conn
	// session is the number of conn at the server, for the goroutine that listens.
	session atomic.Uint32
}

// connected gives a connection, a new one if the old was lost.
func (d *serverLink) connected(ctx context.Context) (*pgx.Conn, error) {
	if d.conn != nil && !d.conn.IsClosed() {
		return d.conn, nil
	}
	ctx, cancel := context.WithTimeout(ctx, dialTime)
	defer cancel()
	c, err := pgx.ConnectConfig(ctx, d.config)
	if err != nil {
		return nil, classifyShared(unlessCancelled(ctx, err))
	}
	d.conn = c
	d.session.Store(c.PgConn().PID())
	return c, nil
}

// unlessCancelled keeps a person's own wish to stop apart from a time that ran out.
func unlessCancelled(ctx context.Context, err error) error {
	if err != nil && errors.Is(ctx.Err(), context.Canceled) {
		return context.Cause(ctx)
	}
	return err
}

// drop gives the connection up, and with it what was going on in it.
func (d *serverLink) drop() {
	if d.conn == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = d.conn.Close(ctx) // the server finds out by itself
	d.conn = nil
}

// headRow is the one row of sleutelbord_head.
type headRow struct {
	position, snapshot int64
	head               [32]byte
}

const selectHead = `SELECT format, store, position, head, snapshot FROM sleutelbord_head WHERE id = 1`

func scanHeadRow(r pgx.Row, store [idSize]byte) (h headRow, err error) {
	var format int64
	var id, head []byte
	if err := r.Scan(&format, &id, &h.position, &head, &h.snapshot); err != nil {
		if errors.Is(err, pgx.ErrNoRows) {
			return headRow{}, fmt.Errorf("the head of the log is missing: %w", ErrTampered)
		}
		return headRow{}, classifyShared(err)
	}
	switch {
	case format > sharedFormat:
		return headRow{}, ErrNewerSchema
	case format != sharedFormat || !bytes.Equal(id, store[:]) || len(head) != 32 || h.position < 0:
		return headRow{}, fmt.Errorf("the head of the log: %w", ErrTampered)
	}
	copy(h.head[:], head)
	return h, nil
}

// How a transaction begins: to change something, alone, or to read one picture.
const (
	beginChange = `BEGIN ISOLATION LEVEL READ COMMITTED`
	beginRead   = `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY`
)

// begin opens a transaction and reads the head, locking it for a change. A
// connection that has died unnoticed is replaced once: nothing was done in it.
func (d *serverLink) begin(ctx context.Context, store [idSize]byte, how string) (headRow, error) {
	query := selectHead
	if how == beginChange {
		query += ` FOR UPDATE`
	}
	for again := d.conn != nil; ; again = false {
		h, err := d.tryBegin(ctx, store, how, query)
		if err == nil {
			return h, nil
		}
		d.drop()
		var refused *pgconn.PgError
		stale := errors.Is(err, ErrUnreachable) && (!errors.As(err, &refused) || refused.Code[:2] == "57")
		if !again || !stale {
			return headRow{}, err
		}
	}
}

func (d *serverLink) tryBegin(ctx context.Context, store [idSize]byte, how, query string) (headRow, error) {
	c, err := d.connected(ctx)
	if err != nil {
		return headRow{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	var b pgx.Batch
	b.Queue(how)
	b.Queue(query)
	results := c.SendBatch(ctx, &b)
	if _, err := results.Exec(); err != nil {
		_ = results.Close() // the first error counts
		return headRow{}, classifyShared(unlessCancelled(ctx, err))
	}
	h, err := scanHeadRow(results.QueryRow(), store)
	if closing := results.Close(); err == nil && closing != nil {
		err = classifyShared(closing)
	}
	return h, unlessCancelled(ctx, err)
}

// end closes a transaction that is not to be committed.
func (d *serverLink) end() {
	if d.conn == nil || d.conn.IsClosed() {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), answerTime)
	defer cancel()
	if _, err := d.conn.Exec(ctx, `ROLLBACK`); err != nil {
		d.drop()
	}
}

// batch sends statements in one exchange. Their errors are classified.
func (d *serverLink) batch(ctx context.Context, b *pgx.Batch) error {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	return classifyShared(d.conn.SendBatch(ctx, b).Close())
}

// logRow is an entry of the log as it stands there.
type logRow struct {
	position int64
	id, body []byte
}

// fetchAtOnce is how many entries are fetched at a time.
const fetchAtOnce = 200

// after fetches the next entries after a position.
func (d *serverLink) after(ctx context.Context, position int64) ([]logRow, error) {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	rows, err := d.conn.Query(ctx, `SELECT position, entry, body FROM sleutelbord_log WHERE position > $1 ORDER BY position LIMIT $2`,
		position, fetchAtOnce)
	if err != nil {
		return nil, classifyShared(err)
	}
	all, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (l logRow, err error) {
		err = r.Scan(&l.position, &l.id, &l.body)
		return l, err
	})
	return all, classifyShared(unlessCancelled(ctx, err))
}

// outcome of a commit.
type outcome int

const (
	hasNot outcome = iota
	has
	isUnknown
)

// settle finds out whether an entry was committed, on a new connection. The
// lock on the head waits for a commit that is still under way.
func (d *serverLink) settle(store [idSize]byte, position int64, id []byte) outcome {
	ctx, cancel := context.WithTimeout(context.Background(), settleTime)
	defer cancel()
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, time.Second) {
		d.drop()
		if o := d.trySettle(ctx, store, position, id); o != isUnknown {
			return o
		}
		select {
		case <-ctx.Done():
			return isUnknown
		case <-time.After(wait):
		}
	}
}

func (d *serverLink) trySettle(ctx context.Context, store [idSize]byte, position int64, id []byte) outcome {
	h, err := d.begin(ctx, store, beginChange)
	if err != nil {
		return isUnknown
	}
	defer d.end()
	if h.position < position {
		return hasNot
	}
	rows, err := d.after(ctx, position-1)
	switch {
	case err != nil || len(rows) == 0 || rows[0].position != position:
		return isUnknown // a snapshot has swallowed it: following the log tells
	case bytes.Equal(rows[0].id, id):
		return has
	}
	return hasNot
}
