//go:build !windows

package carrier

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"sleutelbord/lock/internal/durable/durabletest"
)

// TestFaults gives each step each error of a bad stick.
func TestFaults(t *testing.T) {
	door := name(t, "A")
	for _, c := range []struct {
		errno syscall.Errno
		want  error
	}{
		{syscall.ENOSPC, ErrFull},
		{syscall.EDQUOT, ErrFull},
		{syscall.EROFS, ErrReadOnly},
		{syscall.EACCES, ErrReadOnly},
		{syscall.EPERM, ErrReadOnly},
		{syscall.EIO, ErrGone},
		{syscall.ENODEV, ErrGone},
		{syscall.ENOENT, ErrGone},
	} {
		for at := 1; ; at++ {
			f := made(t)
			f.fs = &durabletest.Disk{FailAt: at, Failure: c.errno}
			err := f.WriteBundle(door, sealed(t, door, 1))
			if err == nil {
				break
			}
			if !errors.Is(err, c.want) || !errors.Is(err, c.errno) {
				t.Errorf("%v at step %d: %v, want %v", c.errno, at, err, c.want)
			}
			if c.want != ErrFull && !errors.Is(err, ErrFolder) {
				t.Errorf("%v is not %v", err, ErrFolder)
			}
		}
	}
}

// TestNoFolder: a file where the folder ought to be, and a pipe where a bundle
// ought to be, which must not keep a lock waiting.
func TestNoFolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	f, door := OpenFolder(path), name(t, "A")
	_, err := f.ReadBundle(door)
	mustBe(t, "reading", err, ErrGone)
	mustBe(t, "writing", f.WriteBundle(door, sealed(t, door, 1)), ErrGone)
	mustBe(t, "making", f.Make(), ErrGone)
	g := made(t)
	if err := syscall.Mkfifo(filepath.Join(g.Dir(), "A.bundle"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := g.ReadBundle(door); err == nil {
		t.Error("a pipe is read")
	}
}
