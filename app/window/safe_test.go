package window

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sleutelbord/app/desk"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/storage"
	"fyne.io/fyne/v2/test"
)

// sheet is a sheet of paper as somebody has it before them: what is typed from
// it, and a photo of it.
type sheet struct {
	lines []string
	photo string
	text  string // all of it
}

// sheetsIn reads the pages in a folder, by number.
func sheetsIn(t testing.TB, dir string) (all []sheet) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.pdf"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no pages in %s: %v", dir, err)
	}
	for _, f := range files {
		text, err := exec.Command("pdftotext", "-layout", f, "-").Output()
		if err != nil {
			t.Fatal(err)
		}
		s := sheet{photo: filepath.Join(t.TempDir(), "photo"), text: string(text)}
		for row := range strings.Lines(string(text)) {
			if w := strings.Fields(row); len(w) >= 5 && len(w[0]) == 1 && len(w[1]) == 4 && len(w[4]) == 4 && strings.ToUpper(row) == row {
				s.lines = append(s.lines, strings.Join(w[1:5], " "))
			}
		}
		if len(s.lines) != desk.LinesOfShare {
			t.Fatalf("%s has %d lines", f, len(s.lines))
		}
		if out, err := exec.Command("pdftoppm", "-r", "110", "-png", "-singlefile", f, s.photo).CombinedOutput(); err != nil {
			t.Fatalf("%v %s", err, out)
		}
		s.photo += ".png"
		all = append(all, s)
	}
	return all
}

// safe opens the sub-page of what must not be lost.
func (r *rig) safe() *safePage {
	r.Helper()
	r.w.shell.settings.goTo(subSafe)
	p := r.w.shell.settings.made[subSafe].(*safePage)
	r.until("what is kept", func() bool { return p.loaded })
	return p
}

// typeSheet types a sheet line by line.
func (r *rig) typeSheet(s sheet) {
	r.Helper()
	for _, l := range s.lines {
		test.Type(r.w.entry.field, strings.ToLower(strings.ReplaceAll(l, " ", "")))
		r.settle()
	}
}

// photograph drops a photo of a sheet on the window.
func (r *rig) photograph(photos ...string) {
	r.Helper()
	e := r.w.entry
	var files []fyne.URI
	for _, p := range photos {
		files = append(files, storage.NewFileURI(p))
	}
	r.w.dropped(files)
	r.until("the photo", func() bool { return !e.working })
}

// makeSheets makes a set in the window and saves it in a folder, unchecked.
func (r *rig) makeSheets(need, of string) (*sheetMaker, []sheet) {
	r.Helper()
	p := r.safe()
	r.tap(p.make)
	m := p.act.(*sheetMaker)
	m.of.SetSelected(of)
	m.need.SetSelected(need)
	r.tap(m.make)
	r.until("the sheets", func() bool { return m.print != nil })
	dir := r.TempDir()
	m.saveTo(dir)
	r.until("the files", func() bool { return m.kept && !m.working })
	return m, sheetsIn(r.TB, dir)
}

// TestSheets: two of three sheets are made, saved, checked by entering them
// again, and rehearsed.
func TestSheets(t *testing.T) {
	runtime := t.TempDir()
	r := newRig(t, func(o *Options) {
		was := o.Getenv
		o.Getenv = func(name string) string {
			if name == "XDG_RUNTIME_DIR" {
				return runtime
			}
			return was(name)
		}
	})
	r.site()
	p := r.safe()
	if !r.shows("Er zijn nog geen bladen") || !p.rehearse.Disabled() {
		t.Errorf("before, it says %q", r.texts())
	}
	r.tap(p.make)
	m := p.act.(*sheetMaker)
	if !r.shows("Elke 2 van de 3 bladen herstellen de sleutels") {
		t.Errorf("it begins with %q", r.texts())
	}
	m.need.SetSelected("4")
	if !m.make.Disabled() || !r.shows("Er zijn meer bladen nodig dan er zijn") {
		t.Errorf("4 of 3: %q", r.texts())
	}
	m.need.SetSelected("3")
	if !r.shows("Alle 3 bladen zijn nodig") {
		t.Errorf("3 of 3: %q", r.texts())
	}
	m.need.SetSelected("2")
	test.Type(m.keepers[0], "Anna de Wit")
	test.Type(m.keepers[2], strings.Repeat("lang ", 40))
	if n := len(m.keepers[2].Text); n != desk.MaxKeeper {
		t.Errorf("a name of %d letters", n)
	}
	r.tap(m.make)
	r.until("the sheets", func() bool { return m.print != nil })
	if !m.check.Disabled() || !r.shows("Deel 1 van 3: Anna de Wit") {
		t.Errorf("made: %q", r.texts())
	}
	temporary, err := os.ReadDir(runtime)
	if err != nil || len(temporary) != 1 {
		t.Fatalf("sheets in %v, %v", temporary, err)
	}
	dir := t.TempDir()
	m.saveTo(dir)
	r.until("the files", func() bool { return m.kept && !m.working })
	m.saveTo(dir) // never over what is there
	r.until("the refusal", func() bool { return r.w.asked != nil })
	r.w.escape()
	sheets := sheetsIn(t, dir)
	if !strings.Contains(sheets[0].text, "Anna de Wit") || strings.Contains(sheets[1].text, "Anna") {
		t.Error("the names are not on the right sheets")
	}
	r.tap(m.check)
	r.typeSheet(sheets[2])
	if !r.shows("1 van 2 bladen is gelezen") {
		t.Errorf("after one sheet: %q", r.texts())
	}
	r.typeSheet(sheets[0])
	r.until("the proof", func() bool { return m.done != nil })
	if !r.shows("herstelt dit terrein") || r.w.entry != nil {
		t.Errorf("checked: %q", r.texts())
	}
	if left, err := os.ReadDir(runtime); err != nil || len(left) != 0 {
		t.Errorf("left in the temporary folder: %v, %v", left, err)
	}
	r.tap(m.erase)
	r.until("the files gone", func() bool { return m.saved == nil })
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("left in the folder: %v, %v", left, err)
	}
	r.tap(m.done)
	r.until("the set", func() bool { return len(p.sets) == 1 })
	if p.act != nil || p.sets[0].Rehearsed == "" || !r.shows("elke 2 van 3 bladen") || !r.shows("geoefend") {
		t.Errorf("afterwards: %+v %q", p.sets, r.texts())
	}
	for _, d := range r.duties() {
		if d.Code != desk.DutyNoBackup {
			t.Errorf("still due: %+v", d)
		}
	}
	r.nowhere(sheets)
}

// TestSheetsOfANewSite: they are offered when the site is made, and checked
// before its board is shown.
func TestSheetsOfANewSite(t *testing.T) {
	r := newRig(t, nil)
	r.tap(r.w.start.make)
	s := r.w.start
	test.Type(s.name, "Campus Noord")
	test.Type(s.passphrase, phrase)
	test.Type(s.again, phrase)
	r.tap(s.make)
	r.until("the sheets of the new site", func() bool { return s.step == stepSheets })
	if s.passphrase.Text != "" || s.again.Text != "" || !r.shows("De sleutels op papier zetten") || !r.shows("Later") {
		t.Errorf("the new site says %q", r.texts())
	}
	m := s.maker
	r.tap(m.make)
	r.until("the sheets", func() bool { return m.print != nil })
	dir := t.TempDir()
	m.saveTo(dir)
	r.until("the files", func() bool { return m.kept && !m.working })
	sheets := sheetsIn(t, dir)
	r.tap(m.check)
	r.photograph(sheets[1].photo, sheets[0].photo)
	r.until("the proof", func() bool { return m.done != nil })
	r.tap(m.done)
	r.until("the board", func() bool { return r.w.shell != nil })
	if _, ok := r.w.shell.board.pane.(*importer); !ok {
		t.Errorf("an empty site shows %T", r.w.shell.board.pane)
	}
	for _, d := range r.duties() {
		if d.Code != desk.DutyNoBackup {
			t.Errorf("still due: %+v", d)
		}
	}
	r.nowhere(sheets)
}

// duties are what the desk reminds of.
func (r *rig) duties() []desk.Duty {
	r.Helper()
	due, err := r.w.desk.Reminders(r.Context())
	if err != nil {
		r.Fatal(err)
	}
	return due
}

// nowhere checks that nothing of the sheets stands on the window or in the log:
// no two groups in a row, as one alone can happen to be in a word.
func (r *rig) nowhere(all []sheet) {
	r.Helper()
	bare := strings.NewReplacer(" ", "", "-", "", "\n", "")
	shown := bare.Replace(strings.ToUpper(strings.Join(r.texts(), "\n") + r.log.String()))
	for i, s := range all {
		for n, l := range s.lines[1:] { // the first begins alike on all, and tells nothing
			groups := strings.Fields(l)
			for g := range groups[1:] {
				if strings.Contains(shown, groups[g]+groups[g+1]) {
					r.Errorf("two groups of line %d of sheet %d are shown or logged", n+2, i+1)
				}
			}
		}
	}
}

// TestSlips: what goes wrong with typing is told at once, with its place.
func TestSlips(t *testing.T) {
	r := newRig(t, nil)
	r.site()
	m, sheets := r.makeSheets("2", "3")
	r.tap(m.check)
	e := r.w.entry
	one := sheets[0].lines
	test.Type(e.field, one[0])
	if e.e.Line() != 2 || e.field.Text != "" {
		t.Fatalf("line %d, %d letters left", e.e.Line(), len(e.field.Text))
	}
	e.field.TypedShortcut(&fyne.ShortcutUndo{})
	if e.field.Text != "" {
		t.Error("a line that was taken can be brought back")
	}
	// Another letter in the third group.
	wrong := []byte(one[1])
	for wrong[11] == one[1][11] {
		wrong[11] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"[(strings.IndexByte("0123456789ABCDEFGHJKMNPQRSTVWXYZ", wrong[11])+7)%32]
	}
	test.Type(e.field, string(wrong))
	if !r.shows("Regel 2, groep 3: vergelijk die met het blad") || !r.shows("Staat er "+one[1][10:14]+"?") || e.e.Line() != 2 {
		t.Errorf("a slip says %q", r.texts())
	}
	r.tap(e.accept)
	if e.e.Line() != 3 || e.field.Text != "" || e.noteBox.Visible() {
		t.Errorf("line %d after the suggestion", e.e.Line())
	}
	test.Type(e.field, one[3])
	if !r.shows("Dit is regel 4 van het blad. Typ regel 3.") {
		t.Errorf("another line says %q", r.texts())
	}
	e.field.SetText("")
	test.Type(e.field, "3 "+one[2]) // with its number, as on the sheet
	if e.e.Line() != 4 {
		t.Errorf("line %d", e.e.Line())
	}
	test.Type(e.field, one[3][:10])
	e.field.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if !r.shows("Regel 4 is niet zoals op het blad") {
		t.Errorf("half a line says %q", r.texts())
	}
	e.field.SetText("")
	for _, l := range sheets[1].lines[3:] {
		test.Type(e.field, l)
	}
	if !r.shows("ze zijn niet van één blad") || e.e.Line() != 1 {
		t.Errorf("lines of two sheets say %q", r.texts())
	}
	// Escape asks before it forgets, and the safe answer has the focus.
	r.typeSheet(sheets[1])
	r.w.escape()
	if r.w.asked == nil || r.w.win.Canvas().Focused() == nil {
		t.Fatal("Escape forgets without asking")
	}
	r.w.escape()
	if e.taken != 1 || r.w.entry != e {
		t.Error("the safe answer forgets")
	}
	r.w.escape()
	r.w.onYes()
	if r.w.entry != nil || m.entry != nil || !r.shows("De bladen controleren") {
		t.Errorf("left: %q", r.texts())
	}
	e.takeLine(one[0])
	if e.e.Line() != 1 && r.w.entry != nil {
		t.Error("an entry that was left goes on")
	}
	r.nowhere(sheets)
}

// TestRehearsal: photos, the same one twice, one of another set, one of another
// site, something else, and then enough.
func TestRehearsal(t *testing.T) {
	other := newRig(t, nil)
	other.site()
	_, foreign := other.makeSheets("2", "2")

	r := newRig(t, nil)
	r.site()
	m, older := r.makeSheets("2", "3")
	r.tap(m.later)
	m, sheets := r.makeSheets("2", "3")
	r.tap(m.check)
	r.photograph(older[0].photo)
	if !r.shows("nodig is set " + m.made.Set) {
		t.Errorf("a sheet of the set before, where the new one is checked: %q", r.texts())
	}
	r.w.escape()
	r.tap(m.later)
	p := r.safe()
	r.tap(p.rehearse)
	e := r.w.entry
	r.photograph(sheets[1].photo, sheets[1].photo)
	if e.taken != 1 || !r.shows("Deel 2 was al gelezen") {
		t.Errorf("twice the same: %q", r.texts())
	}
	r.photograph(older[0].photo)
	if e.taken != 1 || !r.shows("Het is niet meegeteld") {
		t.Errorf("of another set: %q", r.texts())
	}
	list := filepath.Join(t.TempDir(), "blank.png")
	if err := os.WriteFile(list, []byte("\x89PNG"), 0o600); err != nil {
		t.Fatal(err)
	}
	r.photograph(list)
	if e.taken != 1 || !r.shows("blank.png:") {
		t.Errorf("no sheet: %q", r.texts())
	}
	r.photograph(sheets[2].photo)
	act := p.act.(*rehearsal)
	r.until("the proof", func() bool { return act.entry == nil })
	if !r.shows("Set "+m.made.Set+" herstelt dit terrein") || !r.shows("De volgende oefening is op") || !r.shows(m.made.Check) {
		t.Errorf("the report says %q", r.texts())
	}
	r.tap(act.done)
	r.until("the date", func() bool { return len(p.sets) == 2 && p.sets[1].Rehearsed != "" })

	r.tap(p.rehearse)
	e = r.w.entry
	r.photograph(foreign[0].photo)
	r.photograph(foreign[1].photo)
	r.until("the refusal", func() bool { return e.noteBox.Visible() && !e.working })
	if !r.shows("ander terrein") || e.taken != 0 {
		t.Errorf("another site's sheets: %q", r.texts())
	}
	r.w.escape()
	if p.act != nil || r.w.asked != nil {
		t.Error("Escape asks although nothing is entered")
	}
	r.nowhere(append(append(sheets, older...), foreign...))
}

// TestLockedWhileEntering: what was entered is gone when the desk locks itself,
// and so are sheets that were only meant to be printed.
func TestLockedWhileEntering(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	r := newRig(t, nil)
	r.site()
	m, sheets := r.makeSheets("2", "3")
	r.tap(m.check)
	e := r.w.entry
	r.typeSheet(sheets[0])
	r.w.idle.lock()
	if r.w.entry != nil || !e.over || e.e.Line() != 1 || r.w.sheets != "" {
		t.Error("a locked desk has sheets")
	}
	if left, err := filepath.Glob(filepath.Join(os.Getenv("TMPDIR"), sheetFolder+"*")); err != nil || len(left) > 0 {
		t.Errorf("left: %v %v", left, err)
	}
	r.until("locked", func() bool { return r.w.desk.Locked() })
}

// TestPrintedSheets: sheets go to the printer and are then erased; without a
// printer they are shown.
func TestPrintedSheets(t *testing.T) {
	folder := printing(t, "system default destination: Balie", "", false)
	r := newRig(t, nil)
	r.site()
	p := r.safe()
	r.tap(p.make)
	m := p.act.(*sheetMaker)
	r.tap(m.make)
	r.until("the sheets", func() bool { return m.print != nil })
	r.w.escape()
	if r.w.asked == nil || !r.shows("Stoppen zonder de bladen te hebben afgedrukt?") {
		t.Errorf("sheets that nobody has are left without a word: %q", r.texts())
	}
	r.w.escape()
	r.tap(m.print)
	r.until("the printer", func() bool { return m.kept && !m.working })
	printed, err := os.ReadFile(filepath.Join(folder, "paper"))
	if err != nil || strings.Count(string(printed), "%PDF-") != 3 || !r.shows("Balie") {
		t.Errorf("%d bytes printed, %v; it says %q", len(printed), err, r.texts())
	}
	dir := r.w.sheets
	r.tap(m.later)
	if _, err := os.Stat(dir); !os.IsNotExist(err) || p.act != nil {
		t.Errorf("the sheets stay: %v", err)
	}
	due := fmt.Sprint(r.duties())
	if !strings.Contains(due, string(desk.DutyUnproven)) {
		t.Errorf("unchecked sheets: due is %s", due)
	}
}
