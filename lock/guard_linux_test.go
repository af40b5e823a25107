package lock

import (
	"path/filepath"
	"syscall"
	"testing"
)

// A program that is just being started has all open files until it runs. The
// guard of a state directory does not outlast its lock through them.
func TestGuardEndsWithItsLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "guard")
	g, err := takeGuard(path)
	if err != nil {
		t.Fatal(err)
	}
	copied, err := syscall.Dup(int(g.f.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = syscall.Close(copied) }() // what is left of it at the end
	if _, err := takeGuard(path); err == nil {
		t.Fatal("the directory is guarded twice")
	}
	if err := g.release(); err != nil {
		t.Fatal(err)
	}
	again, err := takeGuard(path)
	if err != nil {
		t.Fatalf("after releasing: %v", err)
	}
	if err := again.release(); err != nil {
		t.Error(err)
	}
}
