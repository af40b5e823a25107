package command

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"
	"testing"

	"sleutelbord/app/desk"
	"sleutelbord/assets"
)

// Every problem of the desk has an exit code of its own choosing, and words.
func TestEveryProblemIsSorted(t *testing.T) {
	en := assets.Words(assets.Source)
	for _, code := range desk.Codes() {
		exit, ok := exits[code]
		if !ok {
			t.Errorf("%s has no exit code", code)
		}
		if exit == exitOK || exit == exitRefused {
			t.Errorf("%s has exit code %d, which is no error", code, exit)
		}
		for _, key := range []string{"problem." + string(code), "problem." + string(code) + ".do"} {
			if !en.Has(key) {
				t.Errorf("there are no words for %s", key)
			}
		}
	}
}

// What went wrong inside is for the log, not for people.
func TestInternalErrorsAreNotShown(t *testing.T) {
	p := explain(fmt.Errorf("reading page 7: %w", errors.New("secret detail")))
	if p.Code != desk.CodeInternal || p.exit != exitInternal {
		t.Fatalf("got %+v", p)
	}
	if strings.Contains(p.Message+p.Do, "detail") {
		t.Fatalf("shows %q", p.Message)
	}
}

// Whatever there was no room for, making room is what helps.
func TestFullDiskIsSaid(t *testing.T) {
	full := &fs.PathError{Op: "write", Path: "somewhere", Err: syscall.ENOSPC}
	for _, err := range []error{full, errCardFile.because(full), errLockFiles.because(full), fmt.Errorf("storing: %w", full)} {
		if p := explain(err); p.Code != desk.CodeDiskFull || p.exit != exitFiles {
			t.Errorf("%v: %+v", err, p)
		}
	}
	if p := explain(errOutput.because(full)); p.Code != "output" {
		t.Errorf("of the output: %+v", p)
	}
}

func TestProblemListsRows(t *testing.T) {
	rows := []desk.RowError{{Line: 3, Column: "kind", Text: "is wrong"}, {Line: 9, Column: "lock", Text: "is twice there"}}
	p := explain(fmt.Errorf("importing: %w", &desk.ImportError{Rows: rows}))
	if p.exit != exitImport || len(p.Rows) != 2 {
		t.Fatalf("got %+v", p)
	}
	var b strings.Builder
	if err := p.write(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"line 3, kind: is wrong\n", "line 9, lock: is twice there\n"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in %q", want, b.String())
		}
	}
}

func TestDefaultStore(t *testing.T) {
	for _, c := range []struct {
		goos string
		vars map[string]string
		want string
	}{
		{"linux", map[string]string{"HOME": "/home/ann"}, "/home/ann/.local/share/sleutelbord"},
		{"linux", map[string]string{"HOME": "/home/ann", "XDG_DATA_HOME": "/data"}, "/data/sleutelbord"},
		{"linux", map[string]string{"HOME": "/home/ann", "XDG_DATA_HOME": "relative"}, "/home/ann/.local/share/sleutelbord"},
		{"linux", nil, ""},
		{"darwin", map[string]string{"HOME": "/Users/ann"}, "/Users/ann/Library/Application Support/sleutelbord"},
		{"windows", map[string]string{"LocalAppData": "/c/ann"}, "/c/ann/sleutelbord"},
		{"windows", map[string]string{"HOME": "/home/ann"}, ""},
	} {
		got, err := defaultStore(c.goos, func(name string) string { return c.vars[name] })
		if got != c.want || (err != nil) != (c.want == "") {
			t.Errorf("%s %v: got %q and %v, want %q", c.goos, c.vars, got, err, c.want)
		}
	}
}

// Of very many mistakes the first are said, and how many there are more; who
// reads JSON gets all of them.
func TestProblemListsFirstRows(t *testing.T) {
	wrong := &desk.ImportError{}
	for i := range 60 {
		wrong.Rows = append(wrong.Rows, desk.RowError{Line: i + 2, Column: "kind", Text: "is no kind"})
	}
	for n, want := range map[int]string{60: "and 10 more mistakes;", 51: "and 1 more mistake;", 50: ""} {
		p := explain(&desk.ImportError{Rows: wrong.Rows[:n]})
		var b strings.Builder
		if err := p.write(&b); err != nil {
			t.Fatal(err)
		}
		if said := strings.Count(b.String(), "is no kind"); said != 50 || len(p.Rows) != n || !strings.Contains(b.String(), want) || want == "" && strings.Contains(b.String(), "more mistake") {
			t.Errorf("of %d mistakes, %d are said:\n%s", n, said, b.String())
		}
	}
}
