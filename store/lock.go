package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// takeLock makes this program the only one with the store open. The lock ends
// when the file is closed.
func takeLock(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, lockName), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := lockFile(f); err != nil {
		return nil, errors.Join(fmt.Errorf("locking the store: %w", err), f.Close())
	}
	return f, nil
}

// mapDiskFull adds [ErrFull] to errors of a full disk.
func mapDiskFull(err error) error {
	if err != nil && isDiskFull(err) {
		return fmt.Errorf("%w (%w)", ErrFull, err)
	}
	return err
}
