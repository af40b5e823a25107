// Package durable replaces files so that a crash or a pulled-out stick leaves
// either the old file or the new one, never a part.
//
// The order is: write the new content under another name, sync it, close it,
// rename it over the old file, and make the new name durable. A file that is
// left over under the other name is nobody's, and the next write replaces it.
package durable

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
)

// PartSuffix ends the names of files that are still being written.
const PartSuffix = ".part"

// Errors of reading.
var (
	ErrNoFile  = errors.New("not a regular file")
	ErrTooLong = errors.New("longer than it may be")
)

// File is a file being written.
type File interface {
	io.Writer
	Sync() error
	Close() error
}

// FS is the part of a file system that writing needs. The tests have one that
// can crash.
type FS interface {
	// Create makes a new, empty file in place of one that may be there.
	Create(name string, mode fs.FileMode) (File, error)
	// Rename replaces the file to by the file from.
	Rename(from, to string) error
	Remove(name string) error
	// SyncName makes the name of a file durable, once it was renamed.
	SyncName(name string) error
	ReadFile(name string, limit int64) ([]byte, error)
}

// WriteFile replaces the file name by one with the given content. When it
// returns nil, the content is on the disk. After an error the old content
// stands, or, where only the last step went wrong, the new one.
func WriteFile(fsys FS, name string, data []byte, mode fs.FileMode) error {
	part := name + PartSuffix
	if err := writePart(fsys, part, data, mode); err != nil {
		return errors.Join(fmt.Errorf("writing %s: %w", name, err), removePart(fsys, part))
	}
	if err := fsys.Rename(part, name); err != nil {
		return errors.Join(fmt.Errorf("writing %s: %w", name, err), removePart(fsys, part))
	}
	if err := fsys.SyncName(name); err != nil {
		return fmt.Errorf("making %s durable: %w", name, err)
	}
	return nil
}

func writePart(fsys FS, part string, data []byte, mode fs.FileMode) error {
	f, err := fsys.Create(part, mode)
	if err != nil {
		return err
	}
	if _, err := f.Write(data); err != nil {
		return errors.Join(err, f.Close())
	}
	if err := f.Sync(); err != nil {
		return errors.Join(err, f.Close())
	}
	return f.Close()
}

func removePart(fsys FS, part string) error {
	if err := fsys.Remove(part); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
