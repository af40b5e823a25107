package store

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Create makes the store of a new site in dir, which must be empty or not be
// there yet, and opens it. The passphrase is that of the first operator, a
// custodian whose sign-in name is in the options. The site's RowVersion is not looked at. The caller
// keeps root and passphrase and wipes them. On an error dir holds no store;
// [ErrExists] is one with something in it, see also [ErrNetworkFS] and [ErrLocked].
func Create(ctx context.Context, dir string, site Site, root Root, passphrase []byte, opts Options) (*Store, error) {
	s, err := create(ctx, dir, site, root, passphrase, opts.withDefaults())
	if err != nil {
		return nil, fmt.Errorf("creating the records: %w", err)
	}
	return s, nil
}

func create(ctx context.Context, dir string, site Site, root Root, passphrase []byte, opts Options) (_ *Store, err error) {
	h, key, err := newHeader(passphrase, root, opts)
	if err != nil {
		return nil, err
	}
	defer key.wipe()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, mapDiskFull(err)
	}
	s, err := begin(dir, opts)
	if err != nil {
		return nil, err
	}
	if err := beginCreation(dir); err != nil {
		return nil, errors.Join(mapDiskFull(err), s.release())
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.releaseRecords(), clearRemains(dir), s.lock.Close())
		}
	}()
	if err := s.connect(ctx, h.store, key); err != nil {
		return nil, err
	}
	if err := s.fill(ctx, h, site, root); err != nil {
		return nil, err
	}
	if err := s.watch(ctx, h.store, opts.CounterDir, true); err != nil {
		return nil, err
	}
	if err := s.keepRoot(root); err != nil {
		return nil, err
	}
	if err := s.admit(ctx, &h, 0); err != nil {
		return nil, err
	}
	if err := writeHeader(dir, h); err != nil {
		return nil, err
	}
	return s, finishCreation(dir)
}

// newHeader makes a data key, its first operator's slot and that of the root.
func newHeader(passphrase []byte, root Root, opts Options) (header, dataKey, error) {
	var h header
	_, _ = rand.Read(h.store[:]) // never returns an error
	key := newDataKey()
	s, err := wrapPassphrase(h.store, slot{id: newSlotID(), name: opts.first(), role: roleCustodian, kdf: opts.cost()}, passphrase, key)
	if err == nil {
		h.slots = []slot{s}
		s, err = wrapRecovery(h.store, root, key)
	}
	if err != nil {
		key.wipe()
		return header{}, dataKey{}, err
	}
	h.slots = append(h.slots, s)
	return h, key, nil
}

// Open opens the store in dir with the passphrase of the operator whom the
// options name, or of any if they name none. Errors to tell apart: [ErrNoStore],
// [ErrPassphrase], [ErrNoOperator] and [ErrTooSoon] (nothing was changed), [ErrLocked], [ErrNetworkFS],
// [ErrNewerSchema], [ErrDamaged]. The caller keeps the passphrase and wipes it.
// After a crash it repairs what the crash left; no acknowledged change is lost.
func Open(ctx context.Context, dir string, passphrase []byte, opts Options) (*Store, error) {
	opts = opts.withDefaults()
	return openBy(ctx, dir, opts, byPassphrase(dir, opts, passphrase))
}

func byPassphrase(dir string, opts Options, passphrase []byte) unlocker {
	return func(h *header) (key dataKey, i int, err error) {
		err = attempt(dir, opts.Clock(), func() error {
			key, i, err = h.unlock(opts.Operator, passphrase)
			return err
		})
		if err == nil && h.old {
			err = h.rename(opts, passphrase, key)
		}
		return key, i, err
	}
}

// OpenWithRoot opens the store in dir with the site's root, put together from
// shares: for when no custodian has a passphrase any more, and for restoring a
// backup. [ErrWrongRoot] is the root of another site; other errors are those of
// [Open]. [Store.Operator] is then nobody; [Store.ResetOperator] makes a
// custodian. The caller keeps root and wipes it.
func OpenWithRoot(ctx context.Context, dir string, root Root, opts Options) (*Store, error) {
	return openBy(ctx, dir, opts, func(h *header) (dataKey, int, error) {
		key, err := h.unlockRoot(root)
		return key, -1, err
	})
}

// CheckRoot tells whether [OpenWithRoot] would take a root for the records in
// dir, which may be open: it changes nothing. [ErrWrongRoot] is the root of
// another site.
func CheckRoot(dir string, root Root) error {
	h, err := readHeader(dir)
	if err != nil {
		return fmt.Errorf("checking the site root: %w", err)
	}
	key, err := h.unlockRoot(root)
	key.wipe()
	if err != nil {
		return fmt.Errorf("checking the site root: %w", err)
	}
	return nil
}

// unlocker finds the data key in the slots, and tells the slot of the operator
// who opens the store, or -1.
type unlocker func(h *header) (key dataKey, slot int, err error)

// rename gives the only slot of a header of version 1 a name and a role.
func (h *header) rename(opts Options, passphrase []byte, key dataKey) error {
	s := h.slots[0]
	s.name, s.role = opts.first(), roleCustodian
	s, err := wrapPassphrase(h.store, s, passphrase, key)
	h.slots[0] = s
	return err
}

func openBy(ctx context.Context, dir string, opts Options, unlock unlocker) (*Store, error) {
	s, err := open(ctx, dir, opts.withDefaults(), unlock)
	if err != nil {
		return nil, fmt.Errorf("opening the records: %w", err)
	}
	return s, nil
}

func open(ctx context.Context, dir string, opts Options, unlock unlocker) (_ *Store, err error) {
	if !Exists(dir) {
		return nil, fmt.Errorf("%s: %w", dir, ErrNoStore)
	}
	s, err := begin(dir, opts)
	if err != nil {
		return nil, err
	}
	if err := s.openRecords(ctx, unlock); err != nil {
		return nil, errors.Join(err, s.release())
	}
	return s, nil
}

// openRecords opens everything that [Store.releaseRecords] gives back.
func (s *Store) openRecords(ctx context.Context, unlock unlocker) error {
	h, err := readHeader(s.dir)
	if err != nil {
		return err
	}
	key, by, err := unlock(&h)
	if err != nil {
		return err
	}
	defer key.wipe()
	if info, err := os.Stat(filepath.Join(s.dir, databaseName)); err != nil || info.Size() == 0 {
		return fmt.Errorf("%s is missing or empty: %w", databaseName, ErrDamaged)
	}
	if err := errors.Join(cutTails(s.dir), removeSnapshot(filepath.Join(s.dir, snapshotName)), s.dropKept()); err != nil {
		return err
	}
	if err := s.connect(ctx, h.store, key); err != nil {
		return err
	}
	if err := s.checkBelongs(ctx, h.store); err != nil {
		return err
	}
	if err := s.watch(ctx, h.store, s.opts.CounterDir, false); err != nil {
		return err
	}
	if err := s.loadCustody(ctx); err != nil {
		return err
	}
	return s.admit(ctx, &h, by)
}

// begin looks where dir lies and takes the lock.
func begin(dir string, opts Options) (*Store, error) {
	name, err := opts.onNetwork(dir)
	if err != nil {
		return nil, err
	}
	if name != "" {
		return nil, fmt.Errorf("%s lies on %s: %w", dir, name, ErrNetworkFS)
	}
	lock, err := takeLock(dir)
	if err != nil {
		return nil, mapDiskFull(err)
	}
	return newStoreAt(dir, opts, lock), nil
}

func newStoreAt(dir string, opts Options, lock *folderLock) *Store {
	s := &Store{dir: dir, opts: opts, clock: opts.Clock, lock: lock, turn: make(chan struct{}, 1)}
	s.custody.k = noKeeper{ErrClosed}
	return s
}

// connect opens the database with the data key and updates its schema.
func (s *Store) connect(ctx context.Context, id [idSize]byte, key dataKey) (err error) {
	s.data = key.clone()
	if s.keys, err = key.expand(id); err != nil {
		return err
	}
	tied, err := readSettings(s.dir, id, &s.keys.shared)
	if err != nil {
		return err
	}
	if s.sealer, err = newSealer(s.keys); err != nil {
		return err
	}
	s.tally = newTally(&s.keys.tally)
	if s.db, err = openDatabase(s.dir, &s.keys.page, s.opts.vfs, s.tally); err != nil {
		return mapDiskFull(err)
	}
	if err := s.db.PingContext(ctx); err != nil {
		return fmt.Errorf("connecting to the database: %w", classify(err))
	}
	var mode string
	if err := s.db.QueryRowContext(ctx, `PRAGMA journal_mode`).Scan(&mode); err != nil {
		return fmt.Errorf("connecting to the database: %w", classify(err))
	}
	if mode != "wal" {
		return fmt.Errorf("the file system cannot keep a write-ahead log (journal mode %q): choose a folder on a disk of this computer", mode)
	}
	if err := s.adoptColumns(ctx); err != nil {
		return err
	}
	if tied != nil {
		err = s.connectShared(ctx, id, tied)
	} else {
		err = s.bringUp(ctx)
	}
	if err != nil {
		return err
	}
	// The log is there from here on until the database is closed. Its name has to
	// survive a power cut too, which SQLite leaves to the file system.
	return syncDir(s.dir)
}

// fill writes the first rows of a new store.
func (s *Store) fill(ctx context.Context, h header, site Site, root Root) error {
	if !root.valid() {
		return fmt.Errorf("there is no site root: %w", ErrInvalid)
	}
	t, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return classify(err)
	}
	defer func() { _ = t.Rollback() }() // does nothing after the commit
	tx := s.newTx(ctx, t, true)
	head := journalStart(h.store)
	if _, err := tx.exec(`INSERT INTO meta (id, store_id, change_counter, rolled_back, journal_seq, journal_head, tally)
		VALUES (1, $1, 0, 0, 0, $2, zeroblob(32))`, h.store[:], head[:]); err != nil {
		return err
	}
	sealed := s.sealer.seal(rootCell(1), root.b[:])
	if _, err := tx.exec(`INSERT INTO custody (id, kind, root, row_version) VALUES (1, $1, $2, 1)`, SoftwareCustody, sealed); err != nil {
		return err
	}
	if err := tx.insertSite(site); err != nil {
		return err
	}
	if err := tx.enrol(h); err != nil {
		return err
	}
	if err := recount(ctx, t, ""); err != nil { // the schema brings rows too
		return err
	}
	return classify(t.Commit())
}

// checkBelongs makes sure that header and database are of one store.
func (s *Store) checkBelongs(ctx context.Context, id [idSize]byte) error {
	var b []byte
	err := s.db.QueryRowContext(ctx, `SELECT store_id FROM meta`).Scan(&b)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return classify(err)
	}
	if subtle.ConstantTimeCompare(b, id[:]) != 1 {
		return fmt.Errorf("%s and %s belong to different stores: %w", keysName, databaseName, ErrDamaged)
	}
	return nil
}

// watch compares the change counter of the records with the one outside, and
// keeps a rollback in mind until it is dealt with.
func (s *Store) watch(ctx context.Context, id [idSize]byte, outside string, isNew bool) error {
	paths, err := counterPaths(s.dir, outside, id)
	if err != nil {
		return mapDiskFull(err)
	}
	c, high, found, err := openCounter(id, s.keys.counter, paths)
	if err != nil {
		return mapDiskFull(err)
	}
	s.counter = c
	var have int64
	var flagged bool
	err = s.db.QueryRowContext(ctx, `SELECT change_counter, rolled_back FROM meta`).Scan(&have, &flagged)
	if err != nil {
		return classify(err)
	}
	if s.shared != nil {
		return s.watchShared(ctx, uint64(have), high, flagged)
	}
	if !isNew && (!found || high > uint64(have)) {
		flagged = true
		have = int64(max(high, uint64(have))) + 1
		if _, err := s.db.ExecContext(ctx, `UPDATE meta SET change_counter = $1, rolled_back = 1`, have); err != nil {
			return classify(err)
		}
	}
	s.rolledBack.Store(flagged)
	c.put(uint64(have))
	if err := c.settle(); err != nil {
		return mapDiskFull(err)
	}
	return mapDiskFull(c.sync())
}

// loadCustody opens the site root, or prepares to reach for the token.
func (s *Store) loadCustody(ctx context.Context) error {
	c, err := s.readCustody(ctx)
	if err != nil {
		return err
	}
	defer c.wipe()
	if c.kind == SoftwareCustody {
		return s.keepRoot(c.root)
	}
	if err := s.emptyLog(ctx); err != nil {
		return err
	}
	s.custody.to(s.openToken(*c.notes.Current))
	return nil
}

// keepRoot makes this program's memory the custody of a root.
func (s *Store) keepRoot(root Root) error {
	c, err := newSoftCustody(root)
	if err != nil {
		return err
	}
	s.custody.to(c)
	return nil
}

// readRoot opens the site root, which the caller wipes. Where the keys are in a
// token it is [ErrRootAway].
func (s *Store) readRoot(ctx context.Context) (Root, error) {
	c, err := s.readCustody(ctx)
	if err != nil {
		return Root{}, err
	}
	if c.kind != SoftwareCustody {
		c.wipe()
		return Root{}, ErrRootAway
	}
	return c.root, nil
}
