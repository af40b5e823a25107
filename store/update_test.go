package store

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// earlier copies the records that a program of an earlier version has written.
func earlier(t *testing.T, version string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "records")
	must(t, os.CopyFS(dir, os.DirFS(filepath.Join("..", "app", "desk", "testdata", "schema-"+version))))
	return dir
}

var earlierPassphrase = []byte("correct horse battery staple")

// Records of an older version are kept as they were before they are updated,
// and the copy is what the older program can go on with.
func TestUpdateKeepsACopy(t *testing.T) {
	dir := earlier(t, "2")
	now := time.Now()
	opts := Options{TestKDF: true, Clock: func() time.Time { return now }}
	before, err := os.ReadFile(filepath.Join(dir, keysName))
	must(t, err)
	s, err := Open(t.Context(), dir, earlierPassphrase, opts)
	must(t, err)
	must(t, s.Close())

	records, keys := keptNames(2)
	kept, err := os.ReadFile(filepath.Join(dir, keys))
	must(t, err)
	if string(kept) != string(before) {
		t.Error("the key slots were not kept as they were")
	}
	back := filepath.Join(t.TempDir(), "back")
	must(t, os.Mkdir(back, 0o700))
	for from, to := range map[string]string{records: databaseName, keys: keysName} {
		b, err := os.ReadFile(filepath.Join(dir, from))
		must(t, err)
		must(t, os.WriteFile(filepath.Join(back, to), b, 0o600))
	}
	files, err := schemaFiles()
	must(t, err)
	known, err := newestOf(files)
	must(t, err)
	if known <= 2 {
		t.Fatalf("the newest schema is %d", known)
	}
	again, err := Open(t.Context(), back, earlierPassphrase, opts)
	must(t, err)
	defer func() { must(t, again.Close()) }()
	if !again.RolledBack() {
		t.Error("records that were put back are not noticed")
	}
	must(t, again.View(t.Context(), func(tx *Tx) error {
		if err := tx.VerifyJournal(); err != nil {
			return err
		}
		tags, err := tx.Tags()
		if err == nil && len(tags) != 2 {
			t.Errorf("%d tags in the copy", len(tags))
		}
		return err
	}))

	// Opening again makes no other copy; after two weeks there is none.
	s, err = Open(t.Context(), dir, earlierPassphrase, opts)
	must(t, err)
	must(t, s.Close())
	if all, _ := filepath.Glob(filepath.Join(dir, "before-update-*")); len(all) != 2 {
		t.Errorf("copies: %q", all)
	}
	now = now.Add(keptFor + time.Minute)
	s, err = Open(t.Context(), dir, earlierPassphrase, opts)
	must(t, err)
	must(t, s.Close())
	if all, _ := filepath.Glob(filepath.Join(dir, "before-update-*")); len(all) != 0 {
		t.Errorf("copies after two weeks: %q", all)
	}
}

// Without a copy nothing is updated: here a folder stands in its way.
func TestUpdateNeedsTheCopy(t *testing.T) {
	dir := earlier(t, "2")
	records, _ := keptNames(2)
	must(t, os.MkdirAll(filepath.Join(dir, records+".new", "in the way"), 0o700))
	before, err := os.ReadFile(filepath.Join(dir, keysName))
	must(t, err)
	if _, err := Open(t.Context(), dir, earlierPassphrase, Options{TestKDF: true}); err == nil {
		t.Fatal("the records were updated without a copy")
	}
	must(t, os.RemoveAll(filepath.Join(dir, records+".new")))
	after, err := os.ReadFile(filepath.Join(dir, keysName))
	must(t, err)
	if string(after) != string(before) {
		t.Error("the key slots were changed")
	}
	if _, err := os.Stat(filepath.Join(dir, records)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a copy: %v", err)
	}
	s, err := Open(t.Context(), dir, earlierPassphrase, Options{TestKDF: true})
	must(t, err)
	must(t, s.Close())
}

// New records have nothing to keep.
func TestNewRecordsKeepNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "records")
	root, err := GenerateRoot(rand.Reader)
	must(t, err)
	s, err := Create(t.Context(), dir, testSite(), root, earlierPassphrase, Options{TestKDF: true})
	must(t, err)
	must(t, s.Close())
	if all, _ := filepath.Glob(filepath.Join(dir, "before-update-*")); len(all) != 0 {
		t.Errorf("copies: %q", all)
	}
}

// What an interrupted restoring of an older backup leaves is cleared away.
func TestRemainsOfAnUpdateAreCleared(t *testing.T) {
	dir := t.TempDir()
	records, keys := keptNames(2)
	for _, name := range []string{creatingName, databaseName, records, records + ".new", keys} {
		must(t, os.WriteFile(filepath.Join(dir, name), []byte("x"), 0o600))
	}
	must(t, clearRemains(dir))
	left, err := os.ReadDir(dir)
	must(t, err)
	if len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}
