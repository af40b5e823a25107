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

// ReadFile reads a regular file of at most limit bytes; a longer one is an
// error, and so is anything that could keep the reader waiting, such as a pipe.
func (OS) ReadFile(name string, limit int64) (data []byte, err error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("reading %s: not a regular file", name)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // opened for reading: nothing can be lost
	data, err = io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(data)) > limit {
		return nil, fmt.Errorf("reading %s: longer than %d bytes", name, limit)
	}
	return data, err
}
