package store

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"
)

// A program that is just being started has all open files until it runs. The
// lock of a folder does not outlast its store through them.
func TestLockEndsWithItsStore(t *testing.T) {
	dir := t.TempDir()
	lock, err := takeLock(dir)
	if err != nil {
		t.Fatal(err)
	}
	copied := copyOf(t, filepath.Join(dir, lockName))
	defer func() { _ = unix.Close(copied) }() // what is left of it at the end
	if _, err := takeLock(dir); err == nil {
		t.Fatal("the folder is locked twice")
	}
	if err := lock.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := takeLock(dir)
	if err != nil {
		t.Fatalf("after closing: %v", err)
	}
	if err := again.Close(); err != nil {
		t.Error(err)
	}
}

// copyOf copies the descriptor that this process has of a file, as forking does.
func copyOf(t *testing.T, path string) int {
	t.Helper()
	all, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		if to, err := os.Readlink("/proc/self/fd/" + e.Name()); err != nil || to != path {
			continue
		}
		fd, err := strconv.Atoi(e.Name())
		if err != nil {
			t.Fatal(err)
		}
		copied, err := unix.Dup(fd)
		if err != nil {
			t.Fatal(err)
		}
		return copied
	}
	t.Fatalf("%s is not open", path)
	return 0
}
