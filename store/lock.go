package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// folderLock is the lock of a folder that this program has.
type folderLock struct{ f *os.File }

// Close lets go of the lock, also where a program that is just being started
// has the file as well, until it runs: closing alone would leave it locked.
func (l *folderLock) Close() error { return errors.Join(unlockFile(l.f), l.f.Close()) }

// takeLock makes this program the only one with the store open.
func takeLock(dir string) (*folderLock, error) {
	f, err := os.OpenFile(filepath.Join(dir, lockName), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := lockFile(f); err != nil {
		return nil, errors.Join(fmt.Errorf("locking the store: %w", err), f.Close())
	}
	return &folderLock{f}, nil
}

// mapDiskFull adds [ErrFull] to errors of a full disk.
func mapDiskFull(err error) error {
	if err != nil && isDiskFull(err) {
		return fmt.Errorf("%w (%w)", ErrFull, err)
	}
	return err
}
