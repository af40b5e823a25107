package window

import (
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
	more, err := desk.NewDemoCampus(1)
	if err != nil {
		t.Fatal(err)
	}
	list := write("list.CSV", strings.NewReplacer("Boulevard 3", "Achterpad 2", ",E1,", ",X1,", ",C1-1,", ",X2,", ",H1-101,", ",X3,").Replace(string(more.CSV)))
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
		if p == nil || p.take != nil || r.w.asked == nil && len(p.rows) == 0 {
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
