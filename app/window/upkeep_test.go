package window

import (
	"os"
	"testing"

	"sleutelbord/app/desk"
)

// TestBackupIsMade: whoever opens the window has the backup of the day made.
func TestBackupIsMade(t *testing.T) {
	first := newRig(t, nil)
	first.site()
	dir := t.TempDir()
	if _, err := first.w.desk.ChangeUpkeep(t.Context(), func(u *desk.Upkeep) { u.BackupDays, u.BackupFolder = 1, dir }); err != nil {
		t.Fatal(err)
	}
	if err := first.w.desk.Close(); err != nil {
		t.Fatal(err)
	}
	first.w.desk = nil
	r := newRig(t, func(o *Options) { o.Dir, o.Passphrase = first.dir, []byte(phrase) })
	r.until("the board", func() bool { return r.w.shell != nil })
	r.until("the backup", func() bool {
		files, err := os.ReadDir(dir)
		r.w.jobs.onMain(func() {}) // until looks again after each piece of work
		return err == nil && len(files) == 1 && len(files[0].Name()) > 20 && files[0].Name()[len(files[0].Name())-7:] == ".backup"
	})
}

// TestDueIsShown: the settings say what is to be done, and no more when it is done.
func TestDueIsShown(t *testing.T) {
	r := newRig(t, nil)
	r.site()
	s := sub[*sitePage](r, subSite)
	r.until("what is due", func() bool { return s.due.card.Visible() })
	r.picture("settings-due")
	if !r.shows("De sleutels van het terrein staan nog niet op papier") || !r.shows("Er is nog geen reservekopie") {
		t.Errorf("the settings say %q", r.texts())
	}
	if _, err := r.w.desk.BackupTo(t.Context(), t.TempDir()); err != nil {
		t.Fatal(err)
	}
	r.w.shell.turnTo(pageSettings)
	r.until("the backup", func() bool { return !r.shows("Er is nog geen reservekopie") })
}
