package lock

import (
	"os"
	"path/filepath"
	"time"

	"sleutelbord/lock/internal/durable"
)

// timeless is the computer's file system without the time of the last write:
// the date of the state file would otherwise tell when a new tag was first
// used. What the system keeps beside that date and nobody can set (the change
// time of a Unix inode) is told in docs/lock.md.
type timeless struct{ durable.OS }

// noTime is what every date says: 2020-01-01.
var noTime = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)

// Rename replaces to by from, and takes the dates off the file and off the
// directory, which changed with it.
func (timeless) Rename(from, to string) error {
	if err := os.Chtimes(from, noTime, noTime); err != nil {
		return err
	}
	if err := os.Rename(from, to); err != nil {
		return err
	}
	return os.Chtimes(filepath.Dir(to), noTime, noTime)
}
