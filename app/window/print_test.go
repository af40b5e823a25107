package window

import (
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
)

// showing is an application that notes which files it is asked to show.
type showing struct {
	fyne.App
	shown []string
	err   error
}

func (s *showing) OpenURL(u *url.URL) error {
	s.shown = append(s.shown, u.String())
	return s.err
}

// printing puts a printing service in the place of the system's: lpstat says
// what is given, and lp keeps what it is sent in the folder that is returned.
func printing(t *testing.T, standard, all string, refuses bool) (folder string) {
	t.Helper()
	bin, folder := t.TempDir(), t.TempDir()
	lp := "#!/bin/sh\nprintf '%s ' \"$@\" >>'" + folder + "/asked'\n"
	if refuses {
		lp += "exit 1\n"
	} else {
		lp += "shift 3\ncat \"$@\" >>'" + folder + "/paper'\n"
	}
	lpstat := "#!/bin/sh\ncase $1 in -d) echo '" + standard + "' ;; -e) printf '" + all + "' ;; esac\n"
	for name, text := range map[string]string{"lp": lp, "lpstat": lpstat} {
		if err := os.WriteFile(filepath.Join(bin, name), []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	return folder
}

// paper is a file to print.
func paper(t *testing.T, name, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestPrinting(t *testing.T) {
	for name, c := range map[string]struct {
		standard, all string
		refuses       bool
		printer       string // "" : the papers are shown
	}{
		"the chosen printer": {"system default destination: Balie", `Kantoor\nBalie\n`, false, "Balie"},
		"the first printer":  {"no system default destination", `Kantoor\nBalie\n`, false, "Kantoor"},
		"no printer":         {"no system default destination", "", false, ""},
		"it refuses":         {"system default destination: Balie", "", true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			folder := printing(t, c.standard, c.all, c.refuses)
			var app *showing
			r := newRig(t, func(o *Options) { app = &showing{App: o.App}; o.App = app })
			files := []string{paper(t, "één blad.pdf", "one "), paper(t, "-d.pdf", "two")}
			r.w.printPaper(files...)
			r.until("the answer", func() bool { return r.w.asked != nil })
			got, _ := os.ReadFile(filepath.Join(folder, "paper")) // not there where nothing was sent
			asked, _ := os.ReadFile(filepath.Join(folder, "asked"))
			if c.printer != "" {
				if string(got) != "one two" || !strings.HasPrefix(string(asked), "-d "+c.printer+" --") || !r.shows(c.printer) || len(app.shown) > 0 {
					t.Errorf("lp %s printed %q, shown %q, it says %q", asked, got, app.shown, r.texts())
				}
				return
			}
			var want []string
			for _, f := range files {
				want = append(want, (&url.URL{Scheme: "file", Path: f}).String())
			}
			if !slices.Equal(app.shown, want) || !r.shows("Het papier staat open") || len(got) > 0 {
				t.Errorf("shown %q, not %q; it says %q", app.shown, want, r.texts())
			}
		})
	}
}

// TestNotPrinted: with neither a printer nor a program that shows papers, the
// window says where they are.
func TestNotPrinted(t *testing.T) {
	printing(t, "", "", false)
	r := newRig(t, func(o *Options) { o.App = &showing{App: o.App, err: errors.New("no program")} })
	file := paper(t, "blad.pdf", "one")
	r.w.printPaper(file)
	r.until("the answer", func() bool { return r.w.asked != nil })
	if !r.shows("kan niet worden afgedrukt") || !r.shows(file) {
		t.Errorf("it says %q", r.texts())
	}
	r.w.escape()
	r.w.printPaper(file + ".gone")
	r.until("the answer", func() bool { return r.w.asked != nil })
	if !r.shows("kan niet worden afgedrukt") {
		t.Errorf("a file that is gone: %q", r.texts())
	}
}
