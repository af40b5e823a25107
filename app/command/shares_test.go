package command

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// picturesCommand is the script command pictures: pictures DIR makes N.png of the
// page of share N in a folder.
func picturesCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: pictures DIR")
	}
	for n, file := range sheets(ts, args[0]) {
		ts.Check(exec.Command("pdftoppm", "-r", "110", "-png", "-singlefile", file, filepath.Join(ts.MkAbs(args[0]), fmt.Sprint(n+1))).Run())
	}
}

// typedCommand is the script command typed: typed DIR FILE N M [wrong] writes to a
// file what somebody types who copies the shares N and M from their pages, with
// a slip in the second line if asked to.
func typedCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 4 {
		ts.Fatalf("usage: typed DIR FILE N M [wrong]")
	}
	var typed []string
	for _, n := range args[2:4] {
		rows, err := rowsOf(sheets(ts, args[0])[n[0]-'1'])
		ts.Check(err)
		typed = append(typed, rows...)
	}
	if len(args) > 4 {
		typed[1] = "?" + typed[1][1:]
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(strings.Join(typed, "\n")+"\n"), 0o600))
}

// rowsOf are the lines of a share, as somebody types them from its page.
func rowsOf(page string) (rows []string, err error) {
	text, err := exec.Command("pdftotext", "-layout", page, "-").Output()
	for row := range strings.Lines(string(text)) {
		if w := strings.Fields(row); len(w) >= 5 && len(w[0]) == 1 && len(w[4]) == 4 && strings.ToUpper(row) == row {
			rows = append(rows, strings.ToLower(strings.Join(w[1:5], "")))
		}
	}
	return rows, err
}

// sheets are the pages in a folder, by share.
func sheets(ts *testscript.TestScript, dir string) []string {
	files, err := filepath.Glob(filepath.Join(ts.MkAbs(dir), "*.pdf"))
	ts.Check(err)
	return files
}

// TestSharesAreNotShown: with the debug log, and with everything that can go
// wrong, nothing of a share and no passphrase stands in log, output or errors. Only to
// somebody at the terminal a line is suggested, which is on the paper before them.
func TestSharesAreNotShown(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	known := secrets{"passphrase": []byte("correct horse battery staple"), "new passphrase": []byte("quite another set of words")}
	for name, pass := range map[string]string{"passphrase": "passphrase", "new": "new passphrase"} {
		if err := os.WriteFile(at(name), known[pass], 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var shown bytes.Buffer
	env := testEnv(&shown, &shown)
	env.store.CounterDir = at("counter")
	env.Getenv = func(name string) string {
		return map[string]string{passphraseFileVar: at("passphrase"), newFileVar: at("new")}[name]
	}
	run := func(want int, args ...string) {
		t.Helper()
		if got := Run(t.Context(), append(args, "--store", at("store"), "--verbose", "--log", at("log")), env); got != want {
			t.Fatalf("%v: exit code %d, want %d\n%s", args, got, want, &shown)
		}
	}
	run(exitOK, "init", "--site", "Practice", "--practice")
	for _, set := range []string{"a", "b"} {
		if err := os.Mkdir(at(set), 0o700); err != nil {
			t.Fatal(err)
		}
		run(exitOK, "site", "shares", "make", "--threshold", "2", "--of", "2", at(set))
	}
	run(exitFiles, "site", "shares", "make", "--threshold", "2", "--of", "2", at("nowhere"))
	var rows []string
	files, err := filepath.Glob(at("[ab]/*.pdf"))
	if err != nil || len(files) != 4 {
		t.Fatal(files, err)
	}
	for i, f := range files {
		of, err := rowsOf(f)
		if err != nil || len(of) != 6 {
			t.Fatal(len(of), err)
		}
		for n, row := range of[1:] { // the first is the same for all, and tells nothing
			known[fmt.Sprintf("share %d, line %d", i, n+2)] = []byte(strings.ToUpper(row))
			known[fmt.Sprintf("share %d, line %d in groups", i, n+2)] = []byte(strings.ToUpper(row[:4] + " " + row[4:8] + " " + row[8:12] + " " + row[12:]))
		}
		rows = append(rows, of...)
	}
	slip := func(row int) []string {
		wrong := slices.Clone(rows[:12])
		wrong[row] = wrong[row][:5] + "?" + wrong[row][6:]
		return wrong
	}
	typed := func(want int, lines []string, args ...string) {
		t.Helper()
		env.Stdin = strings.NewReader(strings.Join(lines, "\n") + "\n")
		run(want, append([]string{"site"}, args...)...)
	}
	typed(exitOK, rows[:12], "shares", "rehearse")
	for row := range 12 {
		typed(exitFiles, slip(row), "shares", "rehearse")
	}
	typed(exitFiles, append(slices.Clone(rows[:6]), rows[18:]...), "shares", "rehearse") // of two sets
	typed(exitFiles, rows[:9], "shares", "rehearse")
	run(exitOK, "site", "backup", at("b.backup"))
	typed(exitOK, rows[12:], "restore", at("b.backup"), "--to", at("restored"), "--shares")
	typed(exitFiles, rows[:6], "restore", at("b.backup"), "--to", at("other"), "--shares")
	typed(exitOK, rows[:12], "shares", "restore")
	log, err := os.ReadFile(at("log"))
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range [][]byte{log, shown.Bytes()} {
		if len(text) < 1000 {
			t.Errorf("only %d bytes were written", len(text))
		}
		for _, what := range known.found(text) {
			t.Errorf("shown: %s", what)
		}
	}
	// At a terminal the slip is put right, and the lost line is taken by an empty one.
	env.CanAsk = func() bool { return true }
	again := slip(8)
	env.Getenv = func(name string) string { return map[string]string{passphraseFileVar: at("new")}[name] }
	before := shown.Len()
	typed(exitOK, slices.Insert(again, 9, ""), "shares", "rehearse")
	if text := shown.String()[before:]; !strings.Contains(text, "Line 3, group 2: look again.") || !strings.Contains(text, "restore this very site") {
		t.Error(text)
	}
	t.Logf("%d secrets looked for", len(known))
}
