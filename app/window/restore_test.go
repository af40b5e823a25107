package window

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sleutelbord/app/desk"
	"sleutelbord/lock/carrier"
	"sleutelbord/nfc/softcard"
	"sleutelbord/store"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/storage"
	"fyne.io/fyne/v2/test"
)

const freshPhrase = "lantaarn koffie trapje zeehond kabel"

// backedUp makes a site with two of three sheets, and a backup.
func backedUp(t *testing.T) (r *rig, sheets []sheet, backup string) {
	t.Helper()
	r = newRig(t, nil)
	r.site()
	_, sheets = r.makeSheets("2", "3")
	dir := t.TempDir()
	r.w.shell.settings.made[subSafe].(*safePage).care.backupTo(dir)
	r.until("the backup", func() bool { return r.w.asked != nil })
	files, err := filepath.Glob(filepath.Join(dir, "*.backup"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	return r, sheets, files[0]
}

// dropBackup drops a file where a backup is asked for.
func (r *rig) dropBackup(file string) {
	r.Helper()
	r.w.dropped([]fyne.URI{storage.NewFileURI(file)})
	r.until("the file", func() bool { return !r.w.start.working })
}

// newPassphrase types a new passphrase twice.
func (r *rig) newPassphrase() {
	test.Type(r.w.start.passphrase, freshPhrase)
	test.Type(r.w.start.again, freshPhrase)
}

func TestRestoreWithPassphrase(t *testing.T) {
	_, _, backup := backedUp(t)
	r := newRig(t, nil)
	r.tap(r.w.start.restoreFrom)
	s := r.w.start
	stranger := filepath.Join(t.TempDir(), "x.backup")
	if err := os.WriteFile(stranger, []byte("something else"), 0o600); err != nil {
		t.Fatal(err)
	}
	r.dropBackup(stranger)
	if s.step != stepFile || !s.note.Visible() {
		t.Errorf("no backup: step %s, %q", s.step, r.texts())
	}
	r.dropBackup(backup)
	if s.step != stepBackup || !r.shows("Reservekopie van") || !r.shows(filepath.Base(backup)) {
		t.Fatalf("step %s, %q", s.step, r.texts())
	}
	test.Type(s.passphrase, "iets anders")
	r.tap(s.rescue.yes)
	r.until("the refusal", func() bool { return !s.working })
	if !r.shows("Deze wachtzin klopt niet") || s.passphrase.Text != "" || store.Exists(r.dir) {
		t.Errorf("a wrong passphrase: %q", r.texts())
	}
	test.Type(s.passphrase, phrase)
	s.passphrase.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	r.until("the records", func() bool { return s.step == stepRestored })
	if !r.shows("Campus Noord, zoals het was op") || !r.shows("tellen 64 hoger verder") || !r.shows("Doe dit nu") {
		t.Errorf("the restored desk says %q", r.texts())
	}
	r.w.win.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	r.until("the board", func() bool { return r.w.shell != nil })
	if r.w.site.RolledBack || r.w.asked != nil {
		t.Errorf("a restored desk asks: %q", r.texts())
	}
	for _, secret := range []string{phrase, "iets anders"} {
		if strings.Contains(r.log.String(), secret) {
			t.Error("a passphrase is in the log")
		}
	}
}

// TestRestoreAgain: somebody says that the backup was restored before.
func TestRestoreAgain(t *testing.T) {
	_, _, backup := backedUp(t)
	r := newRig(t, nil)
	r.tap(r.w.start.restoreFrom)
	r.dropBackup(backup)
	s := r.w.start
	s.rescue.again.SetSelectedIndex(2)
	test.Type(s.passphrase, phrase)
	r.tap(s.rescue.yes)
	r.until("the records", func() bool { return s.step == stepRestored })
	if !r.shows("tellen 192 hoger verder") {
		t.Errorf("the restored desk says %q", r.texts())
	}
}

// TestRestoreWithSheets: a new computer, the passphrase lost.
func TestRestoreWithSheets(t *testing.T) {
	_, sheets, backup := backedUp(t)
	r := newRig(t, nil)
	r.tap(r.w.start.restoreFrom)
	r.dropBackup(backup)
	s := r.w.start
	r.tap(s.rescue.sheets)
	if s.step != stepShares || !s.rescue.yes.Disabled() {
		t.Fatalf("step %s", s.step)
	}
	r.w.escape() // nothing was entered: back at once
	if s.step != stepWelcome || r.w.entry != nil {
		t.Fatalf("Escape leads to %s\n%s", s.step, r.log)
	}
	r.tap(s.restoreFrom)
	r.dropBackup(backup)
	r.tap(s.rescue.sheets)
	r.typeSheet(sheets[1])
	r.photograph(sheets[0].photo)
	if !r.shows("2 van 2 bladen zijn gelezen") || !s.rescue.yes.Disabled() {
		t.Errorf("both sheets: %q", r.texts())
	}
	s.rescue.name.SetText("")
	test.Type(s.rescue.name, "berta")
	r.newPassphrase()
	r.tap(s.rescue.yes)
	r.until("the records", func() bool { return s.step == stepRestored })
	if !r.shows("berta meldt zich aan met de nieuwe wachtzin") {
		t.Errorf("the restored desk says %q", r.texts())
	}
	r.tap(s.first.(*button))
	r.until("the board", func() bool { return r.w.shell != nil })
	if me := r.w.desk.Me(); me.Name != "berta" || me.Role != store.Custodian {
		t.Errorf("%+v", me)
	}
	r.nowhere(sheets)
	if strings.Contains(r.log.String(), freshPhrase) || r.shows(freshPhrase) {
		t.Error("the passphrase is shown or logged")
	}
}

// TestOpenWithSheets: the sheets open the records that are here.
func TestOpenWithSheets(t *testing.T) {
	other, foreign, _ := backedUp(t)
	_ = other
	first, sheets, _ := backedUp(t)
	if err := first.w.desk.Close(); err != nil {
		t.Fatal(err)
	}
	first.w.desk = nil
	r := newRig(t, func(o *Options) { o.Dir = first.dir })
	s := r.w.start
	r.tap(s.forgotten)
	for _, f := range foreign[:2] {
		r.photograph(f.photo)
	}
	r.newPassphrase()
	r.tap(s.rescue.yes)
	r.until("the refusal", func() bool { return !s.working })
	if !r.shows("Deze delen horen bij een ander terrein") || !s.rescue.yes.Disabled() || r.w.entry.taken != 0 {
		t.Errorf("another site's sheets: %q", r.texts())
	}
	r.typeSheet(sheets[2])
	r.typeSheet(sheets[1])
	s.again.SetText(freshPhrase + "x")
	if !s.rescue.yes.Disabled() {
		t.Error("two passphrases that differ are taken")
	}
	s.again.SetText(freshPhrase)
	r.tap(s.rescue.yes)
	r.until("the board", func() bool { return r.w.shell != nil })
	if !r.shows("De administratie is weer open") || !r.shows("custodian meldt zich aan") {
		t.Errorf("opened: %q", r.texts())
	}
	r.nowhere(sheets)
	if err := r.w.desk.Close(); err != nil {
		t.Fatal(err)
	}
	r.w.desk = nil
	again := newRig(t, func(o *Options) { o.Dir, o.Passphrase = r.dir, []byte(freshPhrase) })
	again.w.o.Dir = first.dir
	if _, err := desk.Open(t.Context(), desk.Options{Dir: first.dir, Passphrase: []byte(phrase), Log: r.w.o.Log, Store: r.w.o.Store}); desk.Explain(err).Code != desk.CodeWrongPassphrase {
		t.Errorf("the forgotten passphrase: %v", err)
	}
	d, err := desk.Open(t.Context(), desk.Options{Dir: first.dir, Passphrase: []byte(freshPhrase), Log: r.w.o.Log, Store: r.w.o.Store})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestLockedAndForgotten: a desk has locked itself, and nobody knows the
// passphrase. The sheets of another site change nothing; its own open it.
func TestLockedAndForgotten(t *testing.T) {
	_, foreign, _ := backedUp(t)
	r, sheets, _ := backedUp(t)
	r.w.escape()
	was := r.w.desk
	r.w.idle.lock()
	s := r.w.start
	r.until("the locked desk", was.Locked)
	r.tap(s.forgotten)
	r.byKeyboard("forgotten")
	r.w.escape()
	if s.step != stepUnlock || r.w.desk != was {
		t.Fatalf("Escape leads to %s", s.step)
	}
	r.tap(s.forgotten)
	r.photograph(foreign[0].photo)
	r.photograph(foreign[1].photo)
	r.newPassphrase()
	r.tap(s.rescue.yes)
	r.until("the refusal", func() bool { return !s.working })
	if !r.shows("Deze delen horen bij een ander terrein") || r.w.desk != was || !was.Locked() {
		t.Errorf("another site's sheets: %q", r.texts())
	}
	r.photograph(sheets[0].photo)
	r.photograph(sheets[2].photo)
	r.tap(s.rescue.yes)
	r.until("the board", func() bool { return r.w.shell != nil })
	if !r.shows("De administratie is weer open") || r.w.desk == was || r.w.desk.Locked() {
		t.Errorf("opened: %q", r.texts())
	}
	r.w.escape()
	r.w.idle.lock()
	s = r.w.start
	test.Type(s.passphrase, freshPhrase)
	r.tap(s.open)
	r.until("the board", func() bool { return r.w.shell != nil })
	r.nowhere(sheets)
	if strings.Contains(r.log.String(), freshPhrase) {
		t.Error("the passphrase is logged")
	}
}

// TestLockedAndTaken: the new passphrase is to be that of somebody who is no
// custodian. The records are closed by then, and the first screen goes on.
func TestLockedAndTaken(t *testing.T) {
	r, sheets, _ := backedUp(t)
	r.w.escape()
	if err := r.w.desk.AddOperator(t.Context(), desk.NewOperator{Name: "Anna", Role: store.Caretaker, Passphrase: []byte(secondPhrase)}, desk.Approval{}); err != nil {
		t.Fatal(err)
	}
	r.w.idle.lock()
	r.until("the locked desk", r.w.desk.Locked)
	s := r.w.start
	r.tap(s.forgotten)
	r.photograph(sheets[0].photo)
	r.photograph(sheets[1].photo)
	s.rescue.name.SetText("Anna")
	r.newPassphrase()
	r.tap(s.rescue.yes)
	r.until("the refusal", func() bool { return !s.working })
	if r.w.desk != nil || r.w.shell != nil {
		t.Fatalf("the window shows %q", r.texts())
	}
	s.rescue.entry.leave(s.begun)
	r.settle()
	if r.w.asked != nil {
		r.w.onYes()
	}
	test.Type(s.passphrase, phrase)
	r.tap(s.open)
	r.until("the board", func() bool { return r.w.shell != nil })
}

// TestFire: the desk burns. On a new one the records come back from a backup and
// two sheets, a tag is handed out, and the real locks open for it and for what
// was handed out before.
func TestFire(t *testing.T) {
	old := newRig(t, nil)
	old.demo(90)
	before := old.handOut(home)
	old.visited(homeDoors...)
	_, sheets := old.makeSheets("2", "3")
	to := t.TempDir()
	old.w.shell.settings.made[subSafe].(*safePage).care.backupTo(to)
	old.until("the backup", func() bool { return old.w.asked != nil })
	files, err := filepath.Glob(filepath.Join(to, "*.backup"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	old.w.escape()
	old.handOut(home) // which the backup does not know, and the locks do
	old.visited(homeDoors...)
	if err := os.RemoveAll(old.dir); err != nil {
		t.Fatal(err)
	}

	r := newRig(t, nil)
	r.campus, r.doors = old.campus, old.doors
	r.tap(r.w.start.restoreFrom)
	r.dropBackup(files[0])
	s := r.w.start
	r.tap(s.rescue.sheets)
	r.photograph(sheets[0].photo)
	r.typeSheet(sheets[2])
	r.newPassphrase()
	r.tap(s.rescue.yes)
	r.until("the records", func() bool { return s.step == stepRestored })
	if !r.shows("1 tag geldt als in gebruik") || !r.shows("ontvangstbewijs") && !r.shows("ontvangstbewijzen") {
		t.Errorf("the restored desk says %q", r.texts())
	}
	r.tap(s.first.(*button))
	r.until("the board", func() bool { return r.w.shell != nil && len(r.w.shell.board.rows) > 0 })
	card := r.handOut(home)
	dir := t.TempDir()
	for range 2 { // the first time the locks say how far they are
		r.stick(dir)
		for _, id := range homeDoors {
			_, _, _ = r.door(id).Exchange(t.Context(), carrier.OpenFolder(dir)) // what counts is whether it opens
		}
	}
	opens := func(id string, c *softcard.Card) bool {
		c.Reset()
		d, err := r.door(id).Try(c)
		if err != nil {
			t.Fatalf("lock %s: %v", id, err)
		}
		return d.Open
	}
	for _, id := range homeDoors {
		if !opens(id, card) || !opens(id, before) {
			t.Errorf("lock %s stays shut for a tag that was handed out", id)
		}
	}
}

// TestRestoreBesideDamage: records that were damaged are found to be so, and the
// backup takes their place; they are kept.
func TestRestoreBesideDamage(t *testing.T) {
	first, _, backup := backedUp(t)
	if err := first.w.desk.Close(); err != nil {
		t.Fatal(err)
	}
	first.w.desk = nil
	if err := os.WriteFile(filepath.Join(first.dir, "store.db"), []byte(strings.Repeat("damage", 4096)), 0o600); err != nil {
		t.Fatal(err)
	}
	r := newRig(t, func(o *Options) { o.Dir = first.dir })
	s := r.w.start
	if s.restoreFrom.Visible() {
		t.Error("restoring is offered before anything is wrong")
	}
	test.Type(s.passphrase, phrase)
	r.tap(s.open)
	r.until("the damage", func() bool { return s.restoreFrom.Visible() })
	if !r.shows("beschadigd") {
		t.Errorf("damaged records: %q", r.texts())
	}
	r.tap(s.restoreFrom)
	if !r.shows("blijft bewaard onder een andere naam") {
		t.Errorf("before restoring: %q", r.texts())
	}
	r.dropBackup(backup)
	test.Type(s.passphrase, phrase)
	r.tap(s.rescue.yes)
	r.until("the records", func() bool { return s.step == stepRestored })
	aside, err := filepath.Glob(first.dir + ".aside-*")
	if err != nil || len(aside) != 1 || !r.shows(aside[0]) {
		t.Errorf("aside: %v %v, it says %q", aside, err, r.texts())
	}
	r.tap(s.first.(*button))
	r.until("the board", func() bool { return r.w.shell != nil })
}
