package window

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sleutelbord/app/desk"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/storage"
)

// A dialog for files opens, shows the system's folders and is closed again.
func TestFileDialogOpens(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	if err := os.Mkdir(filepath.Join(home, "Documenten"), 0o700); err != nil {
		t.Fatal(err)
	}
	r := newRig(t, nil)
	r.demo(20)
	for name, open := range map[string]func(){
		"import":  newImporter(r.w).chooseFile,
		"bundles": r.w.shell.locks.chooseFolder,
	} {
		open()
		r.settle()
		if r.w.Canvas().Overlays().Top() == nil || r.w.asked != nil || !r.shows("Annuleren") {
			t.Errorf("%s: the window shows %q", name, r.texts())
		}
		at := r.w.shell.current
		r.w.Canvas().(interface{ OnTypedKey() func(*fyne.KeyEvent) }).OnTypedKey()(&fyne.KeyEvent{Name: fyne.KeyEscape})
		if r.w.Canvas().Overlays().Top() != nil || r.w.shell.current != at {
			t.Errorf("%s: Escape does not close the choice of files, and only that", name)
		}
	}
}

// anotherList is a list of one home that the practice campus has not.
func anotherList(t *testing.T) []byte {
	t.Helper()
	more, err := desk.NewDemoCampus(1)
	if err != nil {
		t.Fatal(err)
	}
	return []byte(strings.NewReplacer("Boulevard 3", "Achterpad 2", ",E1,", ",X1,", ",C1-1,", ",X2,", ",H1-101,", ",X3,").Replace(string(more.CSV)))
}

// What is dropped on the window is looked at as a list; what is none says so,
// and changes nothing.
func TestDrop(t *testing.T) {
	r := newRig(t, nil)
	r.demo(20)
	dir := t.TempDir()
	write := func(name, text string) fyne.URI {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return storage.NewFileURI(path)
	}
	list := write("list.CSV", string(anotherList(t)))
	picture := write("picture.png", "\x89PNG\r\n\x1a\n\x00\x00\x00")
	empty := write("empty.csv", "")
	drop := func(files ...fyne.URI) *importer {
		r.w.shell.board.leavePane()
		r.w.dropped(files)
		p, _ := r.w.shell.board.pane.(*importer)
		if p != nil {
			r.until("what was dropped was read", func() bool { return !p.working })
		}
		return p
	}
	for name, files := range map[string][]fyne.URI{
		"a picture": {picture}, "an empty list": {empty}, "a folder": {storage.NewFileURI(dir)},
		"nothing there": {storage.NewFileURI(filepath.Join(dir, "gone.csv"))},
	} {
		p := drop(files...)
		if p == nil || p.take != nil || r.w.asked == nil && p.wrong == nil {
			t.Errorf("%s: the window shows %q", name, r.texts())
		}
		r.w.closeQuestion()
	}
	if p := drop(); p != nil {
		t.Error("nothing dropped shows something")
	}
	if p := drop(picture, list); p == nil || p.take == nil || !r.shows("1 nieuwe woning") {
		t.Errorf("a list: the window shows %q", r.texts())
	}
	site, err := r.w.desk.Site(t.Context())
	if err != nil || site.Homes != 20 {
		t.Errorf("%d homes, %v", site.Homes, err)
	}
	if strings.Contains(r.log.String(), "panic") {
		t.Error(r.log)
	}
}

// A list in which everything is wrong shows the first of it, says how much more
// there is, and saves all of it where somebody asks for it.
func TestManyMistakes(t *testing.T) {
	const rows = 100_000
	r := newRig(t, nil)
	r.demo(20)
	var b strings.Builder
	b.WriteString("building,floor,home,lock,zone,kind,public_key\n")
	for i := range rows {
		fmt.Fprintf(&b, "Calslaan,1,%d,L%d,door %d,gate,\n", i, i, i)
	}
	dir := t.TempDir()
	list := filepath.Join(dir, "list.csv")
	if err := os.WriteFile(list, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	p := newImporter(r.w)
	r.w.shell.board.show(p)
	p.read(list)
	r.until("the mistakes", func() bool { return p.wrong != nil })
	all := len(p.wrong.rows)
	if all < rows || p.wrong.list.Length() != mostMistakes || !r.shows(r.w.count("import.more", all-mostMistakes)) {
		t.Fatalf("%d mistakes; the window shows %q", all, r.texts())
	}
	r.byKeyboard("mistakes")
	r.picture("import-many-mistakes")

	p.wrong.saveTo(filepath.Join(dir, "nowhere", "mistakes.txt"))
	r.until("the complaint", func() bool { return r.w.asked != nil })
	r.w.closeQuestion()
	file := filepath.Join(dir, "mistakes.txt")
	p.wrong.saveTo(file)
	r.until("the file", func() bool { return r.w.asked != nil })
	text, err := os.ReadFile(file)
	if err != nil || strings.Count(string(text), "\n") != all {
		t.Errorf("%d of %d mistakes in the file, %v", strings.Count(string(text), "\n"), all, err)
	}
	if first, _, _ := strings.Cut(string(text), "\n"); first != "Regel 2, kolom kind: “gate” is geen soort. De soorten zijn home, shared en service." {
		t.Errorf("the file begins with %q", first)
	}
}

// A list that is right makes adding it the one thing that stands out.
func TestOnePrimaryButton(t *testing.T) {
	r := newRig(t, nil)
	r.demo(20)
	list := filepath.Join(t.TempDir(), "list.csv")
	if err := os.WriteFile(list, anotherList(t), 0o600); err != nil {
		t.Fatal(err)
	}
	p := newImporter(r.w)
	r.w.shell.board.show(p)
	p.read(list)
	r.until("the preview", func() bool { return p.take != nil })
	if p.take.kind != primaryButton || p.choose.kind != plainButton {
		t.Errorf("to add is a button of kind %v, to choose one of kind %v", p.take.kind, p.choose.kind)
	}
	r.byKeyboard("preview")
	r.picture("import-preview")
}
