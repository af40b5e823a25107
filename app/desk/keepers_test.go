package desk_test

import (
	"os/exec"
	"strings"
	"testing"

	"sleutelbord/app/desk"
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
