package store

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// TestPutAside: records are only moved where nobody has them open and nothing
// stands in the way.
func TestPutAside(t *testing.T) {
	parent := t.TempDir()
	dir, to := filepath.Join(parent, "records"), filepath.Join(parent, "aside")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "store.db"), []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	lock, err := takeLock(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := PutAside(dir, to); !errors.Is(err, ErrLocked) {
		t.Errorf("records that are open: %v", err)
	}
	if err := lock.Close(); err != nil {
		t.Fatal(err)
	}
	if err := PutAside(dir, parent); !errors.Is(err, ErrExists) {
		t.Errorf("a name that is taken: %v", err)
	}
	if err := PutAside(dir, to); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(filepath.Join(to, "store.db")); err != nil || string(b) != "damaged" {
		t.Errorf("%q, %v", b, err)
	}
	if err := PutAside(dir, to+"2"); err == nil {
		t.Error("records that are gone are put aside")
	}
}
