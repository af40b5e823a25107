package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/jackc/pgx/v5"
)

// RequestJoin makes a folder for a new desk of a site in a shared database, and
// asks there to be admitted. The fingerprint that it gives has to be shown: a
// desk of the site is told it by hand. Doing it again in the same folder with the
// same passphrase gives the same fingerprint.
func RequestJoin(ctx context.Context, dir string, passphrase []byte, dsn string, opts Options) (print string, err error) {
	print, err = requestJoin(ctx, dir, passphrase, dsn, opts.withDefaults())
	if err != nil {
		return "", fmt.Errorf("asking to be admitted: %w", err)
	}
	return print, nil
}

func requestJoin(ctx context.Context, dir string, passphrase []byte, dsn string, opts Options) (_ string, err error) {
	config, err := parseDSN(dsn)
	if err != nil {
		return "", err
	}
	if s, err := joining(dir, passphrase, opts); err == nil {
		print, err := s.ask(ctx)
		return print, errors.Join(err, s.releaseJoin())
	} else if !errors.Is(err, ErrNoStore) {
		return "", err
	}
	link := serverLink{config: config}
	defer link.drop()
	id, err := link.siteID(ctx)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", mapDiskFull(err)
	}
	s, err := begin(dir, opts)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, s.releaseJoin()) }()
	if err := beginCreation(dir); err != nil {
		return "", mapDiskFull(err)
	}
	if err := s.makeJoin(id, passphrase, dsn, opts); err != nil {
		return "", errors.Join(err, clearRemains(dir))
	}
	return s.ask(ctx)
}

// siteID reads which site a database holds. The admission proves it.
func (d *serverLink) siteID(ctx context.Context) (id [idSize]byte, err error) {
	c, err := d.connected(ctx)
	if err != nil {
		return id, err
	}
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	var b []byte
	if err := c.QueryRow(ctx, `SELECT store FROM sleutelbord_head WHERE id = 1`).Scan(&b); err != nil {
		if err := classifyShared(unlessCancelled(ctx, err)); !errors.Is(err, ErrTampered) && !errors.Is(err, pgx.ErrNoRows) {
			return id, err
		}
		return id, fmt.Errorf("the database holds no site: %w", ErrNotShared)
	}
	return id, fixed(id[:], b, "the id of the site")
}

// makeJoin makes the keys of a desk that is not admitted yet.
func (s *Store) makeJoin(id [idSize]byte, passphrase []byte, dsn string, opts Options) error {
	key := newDataKey()
	defer key.wipe()
	own, err := wrapPassphrase(id, slot{id: newSlotID(), name: opts.first(), role: roleCaretaker, kdf: opts.cost()}, passphrase, key)
	if err != nil {
		return err
	}
	if s.keys, err = key.expand(id); err != nil {
		return err
	}
	s.shared = &shared{id: id}
	if err := s.keepSettings(&settings{State: stateJoining, DSN: dsn}); err != nil {
		return err
	}
	if err := s.newShared(id, s.shared.settings); err != nil {
		return err
	}
	return writeHeader(s.dir, header{store: id, slots: []slot{own}})
}

// joining opens the folder of a desk that has asked to be admitted; a folder that
// is something else is [ErrNoStore] or [ErrExists].
func joining(dir string, passphrase []byte, opts Options) (_ *Store, err error) {
	if Exists(dir) {
		return nil, fmt.Errorf("a store in %s: %w", dir, ErrExists)
	}
	for _, name := range []string{keysName, sharedName, creatingName} {
		if _, err := os.Lstat(filepath.Join(dir, name)); errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%s: %w", dir, ErrNoStore)
		}
	}
	s, err := begin(dir, opts)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.releaseJoin())
		}
	}()
	h, err := readHeader(dir)
	if err != nil {
		return nil, err
	}
	var key dataKey
	err = attempt(dir, opts.Clock(), func() error {
		key, _, err = h.unlock("", passphrase)
		return err
	})
	if err != nil {
		return nil, err
	}
	s.data = key
	if s.keys, err = key.expand(h.store); err != nil {
		return nil, err
	}
	tied, err := readSettings(dir, h.store, &s.keys.shared)
	if err == nil && (tied == nil || tied.State != stateJoining && tied.State != stateShared) {
		err = fmt.Errorf("%s is not one of a new desk: %w", sharedName, ErrDamaged)
	}
	if err != nil {
		return nil, err
	}
	return s, s.newShared(h.store, tied)
}

// releaseJoin gives back what a desk that is not admitted holds.
func (s *Store) releaseJoin() error { return errors.Join(s.releaseRecords(), s.lock.Close()) }

// ask puts the desk's key where the site's desks find it.
func (s *Store) ask(ctx context.Context) (string, error) {
	sh := s.shared
	public, err := s.keys.deskPublic()
	if err != nil {
		return "", err
	}
	c, err := sh.db.connected(ctx)
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	_, err = c.Exec(ctx, `INSERT INTO sleutelbord_joins (desk, request) VALUES ($1, $2) ON CONFLICT (desk) DO NOTHING`,
		sh.desk[:], append([]byte{joinVersion}, public...))
	return fingerprint(sh.id, public), classifyShared(unlessCancelled(ctx, err))
}

// FinishJoin opens the records of a desk that was admitted, with the code that
// the admitting desk has shown, and leaves the folder ready for [Open].
// [ErrNotAdmitted] is one that was not yet, [ErrJoinCode] a code that does not
// belong to the keys which the database holds for this desk. Interrupted, it can
// be done again.
func FinishJoin(ctx context.Context, dir string, passphrase []byte, code string, opts Options) error {
	if err := finishJoin(ctx, dir, passphrase, code, opts.withDefaults()); err != nil {
		return fmt.Errorf("joining the site: %w", err)
	}
	return nil
}

func finishJoin(ctx context.Context, dir string, passphrase []byte, typed string, opts Options) (err error) {
	s, err := joining(dir, passphrase, opts)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.releaseJoin()) }()
	got, err := s.admitted(ctx, typed)
	if err != nil {
		return err
	}
	for _, name := range []string{databaseName, databaseName + "-wal", counterName} { // of an attempt before
		if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if s.sealer, err = newSealer(s.keys); err != nil {
		return err
	}
	s.tally = newTally(&s.keys.tally)
	if s.db, err = openDatabase(dir, &s.keys.page, s.opts.vfs, s.tally); err != nil {
		return mapDiskFull(err)
	}
	if err := s.firstReplica(ctx, got); err != nil {
		return err
	}
	if err := s.watch(ctx, s.shared.id, opts.CounterDir, true); err != nil {
		return err
	}
	if err := s.firstSlots(ctx, got.Operator, passphrase, opts); err != nil {
		return err
	}
	return finishCreation(dir)
}

// admitted takes the keys that were sealed to this desk, if the code proves that
// they are the admitting desk's.
func (s *Store) admitted(ctx context.Context, typed string) (slotContent, error) {
	sh := s.shared
	c, err := sh.db.connected(ctx)
	if err != nil {
		return slotContent{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	var version int64
	var n int64
	err = c.QueryRow(ctx, `SELECT coalesce(max(version), 0), count(*) FROM sleutelbord_keys WHERE desk = $1`, sh.desk[:]).Scan(&version, &n)
	if err != nil {
		return slotContent{}, classifyShared(unlessCancelled(ctx, err))
	}
	if n == 0 || version < 1 || version > 0xFFFF {
		return slotContent{}, ErrNotAdmitted
	}
	got, plain, err := s.fetchSlot(ctx, uint16(version))
	if err != nil {
		return slotContent{}, err
	}
	defer clear(plain)
	public, err := s.keys.deskPublic()
	if err != nil {
		return slotContent{}, err
	}
	if !sameCode(typed, admission(sh.id, public, plain)) {
		return slotContent{}, ErrJoinCode
	}
	next := *sh.settings
	next.State = stateShared
	next.Keys = map[uint16][]byte{uint16(version): got.Key}
	return got, s.keepSettings(&next)
}

// firstReplica takes the records over.
func (s *Store) firstReplica(ctx context.Context, got slotContent) error {
	sh := s.shared
	if err := s.migrateTo(ctx, 1); err != nil { // a table of versions to begin with
		return err
	}
	sh.position = -1
	if err := s.pull(ctx); err != nil {
		return err
	}
	if sh.position < got.Position {
		return fmt.Errorf("the log ends at %d, this desk was admitted at %d: %w", sh.position, got.Position, ErrOlderDatabase)
	}
	if err := s.keepColumns(ctx, got.Column, got.Lookup); err != nil {
		return err
	}
	if err := s.bringSchema(ctx); err != nil {
		return err
	}
	if err := s.checkBelongs(ctx, sh.id); err != nil {
		return err
	}
	return s.loadCustody(ctx)
}

// firstSlots replaces the slot of the request by that of the operator whom the
// admitting desk has named, and adds that of the root.
func (s *Store) firstSlots(ctx context.Context, operator string, passphrase []byte, opts Options) error {
	var o Operator
	if err := s.View(ctx, func(tx *Tx) (err error) { o, err = tx.operator(operator); return err }); err != nil {
		return err
	}
	id := s.shared.id
	own, err := wrapPassphrase(id, slot{id: o.slot, name: o.Name, role: o.Role.number(), kdf: opts.cost()}, passphrase, s.data)
	if err != nil {
		return err
	}
	h := header{store: id, slots: []slot{own}}
	c, err := s.readCustody(ctx)
	if err != nil {
		return err
	}
	defer c.wipe()
	if c.kind == SoftwareCustody { // a token gives no root to seal to
		recovery, err := wrapRecovery(id, c.root, s.data)
		if err != nil {
			return err
		}
		if err := h.put(recovery); err != nil {
			return err
		}
	}
	return writeHeader(s.dir, h)
}
