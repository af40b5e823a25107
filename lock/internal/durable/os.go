package durable

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// OS is the computer's own file system.
type OS struct{}

// Create makes a new, empty file. What was there before is removed first, so
// that the file has the wanted mode and is nobody else's link.
func (OS) Create(name string, mode fs.FileMode) (File, error) {
	if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
}

// Rename replaces to by from.
func (OS) Rename(from, to string) error { return os.Rename(from, to) }

// Remove deletes a file.
func (OS) Remove(name string) error { return os.Remove(name) }

// SyncName makes name durable in its directory.
func (OS) SyncName(name string) error { return syncName(name) }

// ReadFile reads a regular file of at most limit bytes. A longer one is
// [ErrTooLong]; anything that could keep the reader waiting, such as a pipe, is
// [ErrNoFile], and is not waited for, whatever takes the file's place meanwhile.
func (OS) ReadFile(name string, limit int64) (data []byte, err error) {
	f, err := os.OpenFile(name, os.O_RDONLY|noWait, 0)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // opened for reading: nothing can be lost
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("reading %s: %w", name, ErrNoFile)
	}
	data, err = io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(data)) > limit {
		return nil, fmt.Errorf("reading %s: %w: more than %d bytes", name, ErrTooLong, limit)
	}
	return data, err
}
