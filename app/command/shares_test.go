package command

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

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
		file := sheets(ts, args[0])[n[0]-'1']
		text, err := exec.Command("pdftotext", "-layout", file, "-").Output()
		ts.Check(err)
		for row := range strings.Lines(string(text)) {
			if w := strings.Fields(row); len(w) >= 5 && len(w[0]) == 1 && len(w[4]) == 4 && strings.ToUpper(row) == row {
				typed = append(typed, strings.ToLower(strings.Join(w[1:5], "")))
			}
		}
	}
	if len(args) > 4 {
		typed[1] = "?" + typed[1][1:]
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(strings.Join(typed, "\n")+"\n"), 0o600))
}

// sheets are the pages in a folder, by share.
func sheets(ts *testscript.TestScript, dir string) []string {
	files, err := filepath.Glob(filepath.Join(ts.MkAbs(dir), "*.pdf"))
	ts.Check(err)
	return files
}
