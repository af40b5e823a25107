package store

import (
	"fmt"
	"os"
	"path/filepath"
)

// PutAside gives the folder dir of records that cannot be used the name to, which
// must not be there yet, so that others can come in their place. Nothing in it
// is changed. [ErrLocked] is a program that has them open.
func PutAside(dir, to string) error {
	if err := putAside(dir, to); err != nil {
		return fmt.Errorf("putting the records aside: %w", err)
	}
	return nil
}

func putAside(dir, to string) error {
	if _, err := os.Lstat(to); err == nil {
		return ErrExists
	}
	// The lock is given back before, as Windows renames no folder with an open file.
	lock, err := takeLock(dir)
	if err != nil {
		return err
	}
	if err := lock.Close(); err != nil {
		return err
	}
	if err := os.Rename(dir, to); err != nil {
		return err
	}
	return syncDir(filepath.Dir(dir))
}
