//go:build !windows

package carrier

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"sleutelbord/lock/bundle"
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
	mustBe(t, "reaching", f.Reach(), ErrGone)
	g := made(t)
	if err := syscall.Mkfifo(filepath.Join(g.Dir(), "A.bundle"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err = g.ReadBundle(door)
	mustBe(t, "a pipe", err, bundle.ErrDamaged)
	if err := os.Mkdir(filepath.Join(g.Dir(), "B.bundle"), 0o755); err != nil {
		t.Fatal(err)
	}
	_, err = g.ReadBundle(name(t, "B"))
	mustBe(t, "a folder", err, bundle.ErrDamaged)
	if err := os.WriteFile(filepath.Join(g.Dir(), "C.bundle"), make([]byte, bundle.MaxSize+1), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err = g.ReadBundle(name(t, "C"))
	mustBe(t, "a long file", err, bundle.ErrDamaged)
	list, err := g.List()
	if err != nil || len(list) != 3 {
		t.Fatal(list, err)
	}
	for _, e := range list {
		mustBe(t, "listed "+e.Name.String(), e.Err, bundle.ErrDamaged)
	}
}
