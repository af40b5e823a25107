package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// keptFor is how long the records as they were before an update are kept. It
// ends well before the shortest period of retention: what is erased must not
// live on in a copy.
const keptFor = 14 * 24 * time.Hour

// keptPrefix is what the names of copies begin with.
const keptPrefix = "before-update-"

// keptNames are the files of a copy of the records of a schema version.
func keptNames(version int64) (records, keys string) {
	before := keptPrefix + strconv.FormatInt(version, 10)
	return before + ".db", before + ".keys"
}

// bringUp brings the schema up to date. Of records of an older version a copy is
// made first, with which the program that wrote them can go on: see
// docs/operations.md. Nothing is changed if there is no room for it.
func (s *Store) bringUp(ctx context.Context) error {
	known, err := knownSchema()
	if err != nil {
		return err
	}
	var tables int
	err = s.db.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_schema WHERE name = 'schema_version'`).Scan(&tables)
	if err != nil {
		return classify(err)
	}
	if tables > 0 { // a new store has none yet
		have, err := schemaVersion(ctx, s.db)
		if err != nil {
			return err
		}
		if have > 0 && have < known {
			if err := s.keepBefore(ctx, have); err != nil {
				return fmt.Errorf("keeping the records as they are before updating them: %w", mapDiskFull(err))
			}
		}
	}
	return s.migrateTo(ctx, newestSchema)
}

// keepBefore copies records and key slots. A copy that is there already is
// whole, and of the records before an update that was interrupted: it stays.
func (s *Store) keepBefore(ctx context.Context, version int64) error {
	records, keys := keptNames(version)
	records, keys = filepath.Join(s.dir, records), filepath.Join(s.dir, keys)
	if _, err := os.Stat(records); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	b, err := os.ReadFile(filepath.Join(s.dir, keysName))
	if err != nil {
		return err
	}
	if err := writeSynced(keys, b); err != nil {
		return err
	}
	unfinished := records + ".new"
	if err := s.vacuumInto(ctx, unfinished); err != nil {
		return errors.Join(err, removeSnapshot(unfinished))
	}
	if err := syncFile(unfinished); err != nil {
		return err
	}
	if err := os.Rename(unfinished, records); err != nil {
		return err
	}
	return syncDir(s.dir)
}

// dropKept removes copies whose time is over. One that cannot be removed now is
// tried again at the next opening.
func (s *Store) dropKept() error {
	all, err := filepath.Glob(filepath.Join(s.dir, keptPrefix+"*"))
	if err != nil {
		return err
	}
	for _, name := range all {
		info, err := os.Stat(name)
		if err != nil {
			return err
		}
		if s.clock().Sub(info.ModTime()) > keptFor {
			if err := os.Remove(name); err != nil {
				return err
			}
		}
	}
	return nil
}

// syncFile makes what was written to a file durable.
func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
