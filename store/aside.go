package store

import (
	"errors"
	"fmt"
	"io/fs"
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

// PutBack undoes [PutAside] where no others came in their place: dir is empty, not
// there, or has what a creation left that was interrupted, which is deleted.
// [ErrExists] is anything else there, [ErrLocked] a program that is at it.
func PutBack(from, dir string) error {
	err := makeRoom(dir)
	if err == nil {
		err = os.Rename(from, dir)
	}
	if err == nil {
		err = syncDir(filepath.Dir(dir))
	}
	if err != nil {
		return fmt.Errorf("putting the records back: %w", err)
	}
	return nil
}

// makeRoom deletes a folder without records.
func makeRoom(dir string) error {
	if Exists(dir) {
		return ErrExists
	}
	lock, err := takeLock(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := errors.Join(clearRemains(dir), lock.Close()); err != nil {
		return err
	}
	if err := os.Remove(filepath.Join(dir, lockName)); err != nil {
		return err
	}
	return os.Remove(dir) // nothing, if there is anything in it again
}
