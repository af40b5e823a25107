package store

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// Names of the files of a store; see the package comment.
const (
	keysName     = "store.keys"
	databaseName = "store.db"
	counterName  = "store.counter"
	lockName     = "store.lock"
	creatingName = "store.creating"
	setsName     = "store.shares"
)

// ownNames is everything that an interrupted creation may leave.
var ownNames = []string{
	keysName, keysName + ".new", databaseName, databaseName + "-wal", databaseName + "-journal",
	counterName, lockName, creatingName, attemptsName, attemptsName + ".new", sharedName, sharedName + ".new",
	snapshotName, snapshotName + "-journal", setsName, setsName + ".new",
}

// Exists tells whether dir holds a store whose creation was finished.
func Exists(dir string) bool {
	_, err := os.Lstat(filepath.Join(dir, keysName))
	if err != nil {
		return false
	}
	_, err = os.Lstat(filepath.Join(dir, creatingName))
	return errors.Is(err, fs.ErrNotExist)
}

// beginCreation takes an empty folder, or one with the remains of a creation
// that was interrupted, and marks it. The caller holds the lock.
func beginCreation(dir string) error {
	if Exists(dir) {
		return fmt.Errorf("a store in %s: %w", dir, ErrExists)
	}
	if err := clearRemains(dir); err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Join(dir, creatingName), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	return syncDir(dir)
}

// clearRemains deletes what an interrupted creation left. Without its mark
// nothing is deleted: records that have lost their header are for a backup to
// restore, not for a new site to overwrite.
func clearRemains(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	_, err = os.Lstat(filepath.Join(dir, creatingName))
	marked := err == nil
	for _, e := range entries {
		if name := e.Name(); name != lockName && (!marked || !isOwn(name)) {
			return fmt.Errorf("%s is not empty: %w", dir, ErrExists)
		}
	}
	if !marked {
		return nil
	}
	for _, e := range entries {
		name := e.Name()
		if name == lockName || name == creatingName {
			continue
		}
		if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return os.Remove(filepath.Join(dir, creatingName))
}

func isOwn(name string) bool {
	return slices.Contains(ownNames, name) || strings.HasPrefix(name, keptPrefix)
}

// finishCreation removes the mark: from here on the store exists.
func finishCreation(dir string) error {
	if err := syncDir(dir); err != nil {
		return err
	}
	if err := os.Remove(filepath.Join(dir, creatingName)); err != nil {
		return err
	}
	return syncDir(dir)
}

// writeHeader replaces store.keys in one step: after a crash it holds either
// the old slots or the new ones.
func writeHeader(dir string, h header) error {
	path := filepath.Join(dir, keysName)
	if err := writeSynced(path+".new", h.encode()); err != nil {
		return fmt.Errorf("writing the key slots: %w", mapDiskFull(err))
	}
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("writing the key slots: %w", err)
	}
	return syncDir(dir)
}

func writeSynced(path string, b []byte) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if _, err := f.Write(b); err != nil {
		return errors.Join(err, f.Close())
	}
	return errors.Join(f.Sync(), f.Close())
}

// readHeader reads store.keys.
func readHeader(dir string) (header, error) {
	f, err := os.Open(filepath.Join(dir, keysName))
	if errors.Is(err, fs.ErrNotExist) {
		return header{}, fmt.Errorf("%s: %w", dir, ErrNoStore)
	}
	if err != nil {
		return header{}, fmt.Errorf("reading the key slots: %w", err)
	}
	b, err := io.ReadAll(io.LimitReader(f, maxHeaderSize+1))
	if err := errors.Join(err, f.Close()); err != nil {
		return header{}, fmt.Errorf("reading the key slots: %w", err)
	}
	return parseHeader(b)
}

// syncDir makes names in a folder durable. Windows has no such call and
// orders renames by itself.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// blockSize is what the page encryption writes and reads at a time.
const blockSize = 4096

// cutTails shortens the journals of the database to whole blocks. A torn last
// block belongs to a commit that was never acknowledged, and cannot be
// deciphered: it would keep the database from opening.
func cutTails(dir string) error {
	for _, suffix := range []string{"-wal", "-journal"} {
		path := filepath.Join(dir, databaseName+suffix)
		info, err := os.Stat(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return fmt.Errorf("cutting a torn journal: %w", err)
		}
		if info.Size()%blockSize == 0 {
			continue
		}
		if err := truncateSynced(path, info.Size()&^(blockSize-1)); err != nil {
			return fmt.Errorf("cutting a torn journal: %w", err)
		}
	}
	return nil
}

func truncateSynced(path string, size int64) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	if err := f.Truncate(size); err != nil {
		return errors.Join(err, f.Close())
	}
	return errors.Join(f.Sync(), f.Close())
}
