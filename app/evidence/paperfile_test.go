package evidence_test

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"sleutelbord/app/evidence"
)

// TestWritePaper: a paper takes the place of the one before, for its owner alone, and
// one that cannot be written leaves nothing behind.
func TestWritePaper(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "receipt.pdf")
	if err := os.WriteFile(file, []byte("an old paper that is longer"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := evidence.WritePaper(file, []byte("paper")); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(file)
	if err != nil || string(got) != "paper" {
		t.Errorf("it holds %q, %v", got, err)
	}
	if i, err := os.Stat(file); err != nil || runtime.GOOS != "windows" && i.Mode().Perm() != 0o600 {
		t.Errorf("its mode is %v, %v", i.Mode(), err)
	}
	taken := filepath.Join(dir, "taken")
	if err := os.MkdirAll(filepath.Join(taken, "inside"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := evidence.WritePaper(taken, []byte("paper")); err == nil {
		t.Error("a paper took the place of a folder")
	}
	if err := evidence.WritePaper(filepath.Join(dir, "missing", "receipt.pdf"), nil); err == nil {
		t.Error("a paper was written into a folder that is not there")
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 2 {
		t.Errorf("%v are left, %v", entries, err)
	}
}
