package desk_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sleutelbord/app/desk"
	"sleutelbord/store"
)

// TestKeepers: who gets a page stands on it, and nowhere in the records.
func TestKeepers(t *testing.T) {
	c := newCampus(t, 1)
	names := []string{"A. de Vries-Ångström", " ", strings.Repeat("Wijnand ", 7)}
	made := must(c.desk.MakeShares(c.ctx, desk.SharesSpec{Threshold: 2, Of: 4, Dir: t.TempDir(), Lang: "nl", Keepers: names}))
	for i, file := range made.Files {
		text := string(must(exec.Command("pdftotext", "-layout", file, "-").Output()))
		named := i < len(names) && strings.TrimSpace(names[i]) != ""
		if strings.Count(text, "Bewaard door") != 1 || named && !strings.Contains(strings.Join(strings.Fields(text), " "), strings.Fields(names[i])[0]) {
			t.Errorf("page %d: %s", i+1, text)
		}
		if strings.Count(text, "\f") != 1 {
			t.Errorf("page %d takes %d pages", i+1, strings.Count(text, "\f"))
		}
	}
	entries := must(c.desk.Journal(c.ctx, 10))
	for _, e := range entries {
		if strings.Contains(e.Subject, "Vries") {
			t.Errorf("the journal names a keeper: %+v", e)
		}
	}
	long := desk.SharesSpec{Threshold: 2, Of: 2, Dir: t.TempDir(), Keepers: []string{strings.Repeat("é", desk.MaxKeeper+1)}}
	if _, err := c.desk.MakeShares(c.ctx, long); code(err) != desk.CodeWrongInput {
		t.Errorf("a name that is too long: %v", err)
	}
}

// TestTakeBack: a page that was entered by mistake is forgotten, and the others stay.
func TestTakeBack(t *testing.T) {
	c := newCampus(t, 1)
	_, first := c.pages(2, 2)
	_, second := c.pages(2, 2)
	e := entered(t, first[0], second[1])
	e.TakeBack()
	if got := must(e.ReadFile(first[1])); got.Missing != 0 {
		t.Errorf("%+v", got)
	}
	must(c.desk.Rehearse(c.ctx, e))
	if _, err := e.Type("nothing of a share"); err == nil || e.Line() != 1 {
		t.Errorf("line %d: %v", e.Line(), err)
	}
	for range 4 {
		e.TakeBack()
	}
	if got := must(e.ReadFile(first[1])); got.Missing != 1 || got.Again {
		t.Errorf("after all were taken back: %+v", got)
	}
}

// TestLookAtBackup: a backup says of which day it is and which shares open it.
func TestLookAtBackup(t *testing.T) {
	c := newCampus(t, 1)
	made, _ := c.pages(2, 3)
	file := must(c.desk.BackupTo(c.ctx, t.TempDir())).File
	seen := must(desk.LookAtBackup(file))
	if seen.Day != "2026-11-21" || len(seen.Sets) != 1 || seen.Sets[0].Set != made.Set || seen.Sets[0].Threshold != 2 {
		t.Errorf("%+v", seen)
	}
	if _, err := desk.LookAtBackup(made.Files[0]); code(err) != desk.CodeNoBackup {
		t.Errorf("a page: %v", err)
	}
	if _, err := desk.LookAtBackup(file + ".gone"); code(err) != desk.CodeNoBackup {
		t.Errorf("no file: %v", err)
	}
}

// TestRestoreBesideDamage: records that were damaged are put aside, and stay as
// they are where the backup cannot take their place.
func TestRestoreBesideDamage(t *testing.T) {
	c := newCampus(t, 1)
	file := must(c.desk.BackupTo(c.ctx, t.TempDir())).File
	o := c.options()
	restore := func(pass string) (desk.Restored, error) {
		r := desk.RestoreOptions{Options: o, Backup: file, PutAside: true}
		r.Passphrase = []byte(pass)
		d, done, err := desk.Restore(c.ctx, r)
		if err == nil {
			c.desk = d
		}
		return done, err
	}
	if _, err := restore(string(o.Passphrase)); code(err) != desk.CodeStoreInUse {
		t.Errorf("records that are open: %v", err)
	}
	if err := c.desk.Close(); err != nil {
		t.Fatal(err)
	}
	db := filepath.Join(o.Dir, "store.db")
	damage := bytes.Repeat([]byte("damage"), 4096)
	if err := os.WriteFile(db, damage, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := desk.Open(c.ctx, o); code(err) != desk.CodeStoreDamaged {
		t.Errorf("damaged records: %v", err)
	}
	if _, err := restore("quite another passphrase"); code(err) != desk.CodeWrongPassphrase {
		t.Errorf("a wrong passphrase: %v", err)
	}
	if now, err := os.ReadFile(db); err != nil || !bytes.Equal(now, damage) {
		t.Errorf("the damaged records are not where they were: %v", err)
	}
	done := must(restore(string(o.Passphrase)))
	if kept, err := os.ReadFile(filepath.Join(done.Aside, "store.db")); err != nil || !bytes.Equal(kept, damage) {
		t.Errorf("aside in %q: %v", done.Aside, err)
	}
	must(c.desk.Board(c.ctx))
}

// TestRestoreCut ends the program while a backup takes the place of other records:
// they are back at the next start. Once the restored ones are whole, those stay.
func TestRestoreCut(t *testing.T) {
	c := newCampus(t, 1)
	file := must(c.desk.BackupTo(c.ctx, t.TempDir())).File
	o := c.options()
	if err := c.desk.Close(); err != nil {
		t.Fatal(err)
	}
	before := must(os.ReadFile(filepath.Join(o.Dir, "store.db")))
	r := desk.RestoreOptions{Options: o, Backup: file, PutAside: true}
	r.Clock = func() time.Time {
		if aside := must(filepath.Glob(o.Dir + ".aside-*")); len(aside) > 0 {
			panic("the program ends here")
		}
		return c.now
	}
	func() {
		defer func() {
			if recover() == nil {
				t.Fatal("the restoring went on")
			}
		}()
		_, _, _ = desk.Restore(c.ctx, r)
	}()
	// The program that is there still has its lock; the next one sees a copy without.
	at := t.TempDir()
	if err := os.CopyFS(at, os.DirFS(filepath.Dir(o.Dir))); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(at, filepath.Base(o.Dir))
	aside := must(filepath.Glob(dir + ".aside-*"))
	if _, err := os.Stat(filepath.Join(dir, "store.db")); err != nil || len(aside) != 1 || store.Exists(dir) {
		t.Fatalf("cut at another moment: %v, %v", aside, err)
	}
	for range 2 {
		if err := desk.SettleAside(o.Dir); err != nil {
			t.Errorf("while a program is at it: %v", err)
		}
		if err := desk.SettleAside(dir); err != nil {
			t.Fatal(err)
		}
		if left := must(filepath.Glob(dir + ".aside-*")); len(left) > 0 {
			t.Errorf("left aside: %v", left)
		}
		if now := must(os.ReadFile(filepath.Join(dir, "store.db"))); !bytes.Equal(now, before) {
			t.Error("other records are back")
		}
	}
	if left := must(filepath.Glob(o.Dir + ".aside-*")); len(left) != 1 {
		t.Errorf("while a program is at it: %v", left)
	}

	// A program that ends when the restored records are whole leaves the others aside.
	if err := os.CopyFS(aside[0], os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	if err := desk.SettleAside(dir); err != nil {
		t.Fatal(err)
	}
	if left := must(filepath.Glob(dir + ".aside-*")); !slices.Equal(left, []string{strings.TrimSuffix(aside[0], "-unfinished")}) || !store.Exists(dir) {
		t.Errorf("left aside: %v", left)
	}
	// What people put into the folder meanwhile is never deleted.
	if err := os.Rename(strings.TrimSuffix(aside[0], "-unfinished"), aside[0]); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(dir, dir+".moved"); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "photos"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := desk.SettleAside(dir); code(err) == "" {
		t.Error("a folder with something else in it is no problem")
	}
	if _, err := os.Stat(filepath.Join(dir, "photos")); err != nil {
		t.Error(err)
	}
	o.Dir = dir + ".moved"
	o.Clock = func() time.Time { return c.now }
	c.desk = must(desk.Open(c.ctx, o))
}
