package desk_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"sleutelbord/app/desk"
	"sleutelbord/nfc/softcard"
)

// TestOldPageMakesNoBackup puts every page of an older file of the records back
// that has changed since: no backup is made of such records, which would take
// the place of a good one, and the check says what is wrong.
func TestOldPageMakesNoBackup(t *testing.T) {
	const page = 4096
	c := newCampus(t, 2)
	tag := c.issue(c.blank(softcard.EV3), home101).Tag.ID
	file := filepath.Join(c.dir, "store.db")
	if err := c.desk.Close(); err != nil {
		t.Fatal(err)
	}
	old := must(os.ReadFile(file))
	c.reopen()
	if err := c.desk.CheckRecords(c.ctx); err != nil {
		t.Fatal(err)
	}
	must(c.desk.RevokeLost(c.ctx, tag))
	must(c.desk.BackupTo(c.ctx, filepath.Join(t.TempDir(), "good")))
	whole := c.everything(tag)
	if err := c.desk.Close(); err != nil {
		t.Fatal(err)
	}
	kept := t.TempDir()
	copyRecords(t, c.dir, kept)
	now := must(os.ReadFile(file))
	refused := 0
	for at := 0; at+page <= min(len(old), len(now)); at += page {
		if bytes.Equal(old[at:at+page], now[at:at+page]) {
			continue
		}
		copyRecords(t, kept, c.dir)
		if err := os.WriteFile(file, append(append(bytes.Clone(now[:at]), old[at:at+page]...), now[at+page:]...), 0o600); err != nil {
			t.Fatal(err)
		}
		if c.openedOlder(at) {
			continue
		}
		to := filepath.Join(t.TempDir(), "bad")
		switch err := c.desk.CheckRecords(c.ctx); {
		case err == nil: // the page of an index, with the same entries in another order
			if got := c.everything(tag); got != whole {
				t.Errorf("page %d: not noticed:\n%s\n%s", at/page, got, whole)
			}
		case code(err) != desk.CodeStoreDamaged:
			t.Errorf("page %d: the check: %v", at/page, err)
		default:
			if _, err := c.desk.BackupTo(c.ctx, to); code(err) != desk.CodeStoreDamaged {
				t.Errorf("page %d: a backup: %v", at/page, err)
			}
			if _, err := os.Stat(to); err == nil {
				t.Errorf("page %d: half a backup is left", at/page)
			}
			refused++
		}
		if err := c.desk.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if refused < 5 {
		t.Errorf("only %d pages were tried", refused)
	}
	t.Logf("%d old pages, and no backup of any", refused)
}

// everything is what the desk says of its records.
func (c *campus) everything(tag string) string {
	c.t.Helper()
	return string(must(json.Marshal([]any{
		must(c.desk.Board(c.ctx)), must(c.desk.Tags(c.ctx)), must(c.desk.Statement(c.ctx, tag)),
		must(c.desk.Locks(c.ctx)), must(c.desk.Journal(c.ctx, 0)),
	})))
}

// openedOlder opens records with an old page. It tells whether the desk has
// said already that they are damaged or older than they ought to be.
func (c *campus) openedOlder(at int) bool {
	c.t.Helper()
	var err error
	c.desk, err = desk.Open(c.ctx, c.options())
	if err != nil {
		if code(err) != desk.CodeStoreDamaged {
			c.t.Errorf("byte %d: %v", at, err)
		}
		return true
	}
	if !must(c.desk.Site(c.ctx)).RolledBack {
		return false
	}
	if err := c.desk.Close(); err != nil {
		c.t.Fatal(err)
	}
	return true
}
