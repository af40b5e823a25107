package window

import (
	"os"
	"strings"
	"testing"

	"fyne.io/fyne/v2/test"
)

// What ought to be done stands in the settings, and a backup takes its place.
func TestCareAndBackup(t *testing.T) {
	r := newRig(t, nil)
	r.site()
	s, care := sub[*sitePage](r, subSite), sub[*safePage](r, subSafe).care
	r.w.shell.settings.open(subSite)
	due := func() int { return strings.Count(strings.Join(r.texts(), "\n"), "reservekopie van de gegevens") }
	r.until("what is due", func() bool { return s.due.card.Visible() && due() == 1 })
	dir := t.TempDir()
	care.backupTo(dir)
	r.until("the backup", func() bool { return r.w.asked != nil && !care.backup.Disabled() })
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 1 || !r.shows("De reservekopie is gemaakt en teruggelezen") || !r.shows(files[0].Name()) {
		t.Errorf("%v, %v, it says %q", files, err, r.texts())
	}
	r.w.escape()
	r.until("one thing less", func() bool { return due() == 0 })
	// In the folder of the records it would be lost with them.
	care.backupTo(r.dir)
	r.until("the refusal", func() bool { return r.w.asked != nil })
	if r.shows("De reservekopie is gemaakt") {
		t.Error("a backup in the folder of the records is taken")
	}
}

func TestChangePassphrase(t *testing.T) {
	r := newRig(t, nil)
	r.site()
	const fresh = "lantaarn koffie trapje zeehond kabel"
	c := sub[*safePage](r, subSafe).care
	test.Type(c.old, "iets anders")
	test.Type(c.fresh, "welkom01")
	test.Type(c.again, "welkom01")
	if !c.change.Disabled() {
		t.Error("a weak passphrase can be taken")
	}
	c.fresh.SetText(fresh)
	c.again.SetText(fresh)
	r.tap(c.change)
	r.until("the refusal", func() bool { return r.w.asked != nil })
	if !r.shows("Deze wachtzin klopt niet") || c.old.Text != "" {
		t.Errorf("a wrong one says %q", r.texts())
	}
	r.w.escape()
	test.Type(c.old, phrase)
	r.tap(c.change)
	r.until("the change", func() bool { return r.shows("Uw wachtzin is gewijzigd") })
	if c.fresh.Text != "" || strings.Contains(r.log.String(), fresh) || r.shows(fresh) {
		t.Error("the passphrase stays on the window or in the log")
	}
	if err := r.w.desk.Close(); err != nil {
		t.Fatal(err)
	}
	r.w.desk = nil
	again := newRig(t, func(o *Options) { o.Dir, o.Passphrase = r.dir, []byte(fresh) })
	again.until("the board", func() bool { return again.w.shell != nil })
}
