package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

func ownKeysCell() cell { return cell{"own_keys", "columns", 1, 0} }

// adoptColumns takes over the keys of sealed columns where they are those of a
// site that this desk has joined.
func (s *Store) adoptColumns(ctx context.Context) error {
	var n int
	err := s.db.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_schema WHERE name = 'own_keys'`).Scan(&n)
	if err != nil || n == 0 {
		return classify(err)
	}
	var sealed []byte
	err = s.db.QueryRowContext(ctx, `SELECT columns FROM own_keys`).Scan(&sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return classify(err)
	}
	b, err := s.sealer.open(ownKeysCell(), sealed)
	if err != nil {
		return err
	}
	defer clear(b)
	if len(b) != 2*keySize {
		return ownKeysCell().damaged()
	}
	return s.useColumns(b)
}

// useColumns makes these the keys of sealed columns and of their lookup.
func (s *Store) useColumns(b []byte) (err error) {
	copy(s.keys.column[:], b)
	copy(s.keys.lookup[:], b[keySize:])
	s.sealer, err = newSealer(s.keys)
	return err
}

// keepColumns makes them so for good.
func (s *Store) keepColumns(ctx context.Context, column, lookup []byte) error {
	b := append(append(make([]byte, 0, 2*keySize), column...), lookup...)
	defer clear(b)
	sealed := s.sealer.seal(ownKeysCell(), b)
	if _, err := s.db.ExecContext(ctx, `INSERT INTO own_keys (id, columns) VALUES (1, $1)`, sealed); err != nil {
		return classify(err)
	}
	return s.useColumns(b)
}

// newShared ties a store to the database of its settings.
func (s *Store) newShared(id [idSize]byte, tied *settings) error {
	config, err := parseDSN(tied.DSN)
	if err != nil {
		return err
	}
	public, err := s.keys.deskPublic()
	if err != nil {
		return err
	}
	s.shared = &shared{id: id, desk: deskID(public), db: serverLink{config: config}, settings: tied}
	return nil
}

// connectShared finds out how far the replica is, follows the log, and updates
// the schema of all desks if this program brings a newer one. Without the database
// a replica that needs no update can be read.
func (s *Store) connectShared(ctx context.Context, id [idSize]byte, tied *settings) error {
	if err := s.newShared(id, tied); err != nil {
		return err
	}
	sh := s.shared
	if err := s.readPosition(ctx); err != nil {
		return err
	}
	if err := s.tally.hold(ctx, s.db); err != nil {
		return err
	}
	err := s.resolveMove(ctx)
	if err != nil || s.shared == nil {
		return err
	}
	if sh.settings.State != stateMoved {
		err = s.pull(ctx)
	}
	if err == nil {
		err = s.bringSchema(ctx)
	}
	if err == nil {
		return nil
	}
	have, schemaErr := schemaVersion(ctx, s.db)
	known, knownErr := knownSchema()
	if schemaErr != nil || knownErr != nil || have != known || !readable(err) {
		return errors.Join(err, schemaErr, knownErr)
	}
	return nil // what it met stands in fault, and every change says so
}

// readable tells whether the replica can be read while nothing can be changed.
func readable(err error) bool {
	for _, is := range []error{ErrUnreachable, ErrDenied, ErrCertificate, ErrBusy, ErrOlderDatabase, ErrTampered, ErrRemoved, ErrMoved} {
		if errors.Is(err, is) {
			return true
		}
	}
	return false
}

// readPosition reads how far the replica is.
func (s *Store) readPosition(ctx context.Context) error {
	var head []byte
	err := s.db.QueryRowContext(ctx, `SELECT position, head FROM replica ORDER BY position DESC LIMIT 1`).Scan(&s.shared.position, &head)
	if errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("the records do not know their shared database: %w", ErrDamaged)
	}
	if err != nil {
		return classify(err)
	}
	return fixed(s.shared.head[:], head, "the head of the log")
}

// bringSchema updates the schema of all desks, as an entry of the log. Desks with an
// older program stop there, and say so.
func (s *Store) bringSchema(ctx context.Context) error {
	have, err := schemaVersion(ctx, s.db)
	if err != nil {
		return err
	}
	known, err := knownSchema()
	if err != nil || have == known || s.shared.settings.State == stateMoved {
		return err
	}
	sh := s.shared
	head, err := sh.db.begin(ctx, sh.id, beginChange)
	if err != nil {
		return err
	}
	defer sh.db.end() // does nothing after the commit
	if err := s.follow(ctx, head); err != nil {
		return err
	}
	e, err := sh.newEntry(bodyHead{kind: entrySchema, schema: uint16(known)}, nil)
	if err != nil {
		return err
	}
	if err := sh.publish(ctx, e); err != nil {
		return err
	}
	return s.pull(ctx)
}

// knownSchema is the newest schema of this program.
func knownSchema() (int64, error) {
	files, err := schemaFiles()
	if err != nil {
		return 0, err
	}
	return newestOf(files)
}

// watchShared is [Store.watch] of a shared site: an older replica follows the log,
// so what is still behind the counter is the database.
func (s *Store) watchShared(ctx context.Context, have, high uint64, flagged bool) error {
	s.rolledBack.Store(flagged)
	s.counter.last = max(have, high)
	if high > have && s.shared.fault.Load() == nil {
		err := s.updateShared(ctx, func(tx *Tx) error {
			_, err := tx.exec(`UPDATE meta SET change_counter = $1, rolled_back = 1`, int64(high))
			return err
		})
		if err != nil && !readable(err) {
			return err
		}
		s.rolledBack.Store(true)
	}
	if err := s.counter.write(); err != nil {
		return mapDiskFull(err)
	}
	s.startListening()
	return mapDiskFull(s.counter.sync())
}

// resolveMove finds out in the database whether a move that was interrupted has
// happened. It leaves a store of one desk without shared.
func (s *Store) resolveMove(ctx context.Context) error {
	sh := s.shared
	switch sh.settings.State {
	case stateMovingIn:
		_, err := sh.db.begin(ctx, sh.id, beginRead)
		sh.db.end()
		next := *sh.settings
		next.State = stateShared
		switch {
		case err == nil:
			return s.keepSettings(&next)
		case errors.Is(err, ErrTampered): // no tables, or another site's
			return s.leaveShared(ctx)
		}
		return err
	case stateOutDone:
		return s.leaveShared(ctx)
	case stateOut:
		if err := s.pull(ctx); err != nil {
			return err
		}
		if sh.settings.State == stateOutDone {
			return s.leaveShared(ctx)
		}
		if sh.settings.State == stateMoved {
			return nil
		}
		next := *sh.settings
		next.State = stateShared
		return s.keepSettings(&next)
	}
	return nil
}

// leaveShared makes the folder a site of its own again.
func (s *Store) leaveShared(ctx context.Context) error {
	if err := removeSettings(s.dir); err != nil {
		return err
	}
	s.shared.db.drop()
	s.shared = nil
	if _, err := s.db.ExecContext(ctx, `DELETE FROM replica`); err != nil { // would mean nothing any more
		return classify(err)
	}
	return s.migrateTo(ctx, newestSchema)
}

// queueHead makes the one row of the log's head.
func queueHead(b *pgx.Batch, store [idSize]byte, head [32]byte) {
	b.Queue(`INSERT INTO sleutelbord_head (id, format, store, position, head, snapshot) VALUES (1, $1, $2, 0, $3, 0)`,
		sharedFormat, store[:], head[:])
}
