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

// TestPutBack: records come back into a folder without any, and nothing that
// belongs to somebody else makes room for them.
func TestPutBack(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "records")
	s := createIn(t, dir)
	closeStore(t, s)
	aside := dir + ".aside"
	must(t, PutAside(dir, aside))
	must(t, PutBack(aside, dir)) // not there
	must(t, PutAside(dir, aside))
	must(t, os.Mkdir(dir, 0o700))
	wantErr(t, "from nowhere", PutBack(aside+"2", dir), os.ErrNotExist)
	must(t, os.Mkdir(dir, 0o700))
	lock, err := takeLock(dir)
	must(t, err)
	must(t, beginCreation(dir))
	must(t, os.WriteFile(filepath.Join(dir, databaseName), []byte("half"), 0o600))
	wantErr(t, "while one is made", PutBack(aside, dir), ErrLocked)
	must(t, lock.Close())
	must(t, os.WriteFile(filepath.Join(dir, "letter.txt"), []byte("dear"), 0o600))
	wantErr(t, "beside a letter", PutBack(aside, dir), ErrExists)
	must(t, os.Remove(filepath.Join(dir, "letter.txt")))
	must(t, PutBack(aside, dir)) // what was half made is gone
	s = openIn(t, dir)
	wantErr(t, "onto records", PutBack(aside, dir), ErrExists)
	must(t, s.Check(t.Context()))
}
