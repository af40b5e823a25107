// Testreport reads what go test -json writes, from standard input, and tells a
// person: each package as it ends on standard error, then, on standard output,
// the figures that tests found, what failed and all that it wrote, the lines
// that go test itself closes with, and counts. It exits with 1 if anything
// failed, or if nothing was tested.
//
// A figure is a line that a test logs and that begins with a number.
//
// With -targets it reads go test -json -list instead, and prints a package
// and a name for each.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
)

func main() {
	targets := flag.Bool("targets", false, "print package and name of what go test -list found")
	flag.Parse()
	out := bufio.NewWriter(os.Stdout)
	progress := io.Writer(os.Stderr)
	if *targets {
		progress = io.Discard
	}
	r := newReport(progress)
	err := r.read(os.Stdin)
	if *targets {
		r.printTargets(out)
	} else {
		r.print(out)
	}
	if err == nil {
		err = out.Flush()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "testreport:", err)
	}
	if err != nil || !*targets && !r.good() {
		os.Exit(1)
	}
}

// event is one line of go test -json; see go doc test2json.
type event struct {
	Action     string
	Package    string
	ImportPath string
	Test       string
	Output     string
	Elapsed    float64
}

// key names a test, or a package where test is empty.
type key struct{ pkg, test string }

type report struct {
	progress io.Writer
	// output is what each test and package has written.
	output map[key][]string
	// failed are tests, and packages that failed outside any test.
	failed  []key
	figures []string
	// closing is go test's own line for each package.
	closing []string
	targets []string
	// build is what the compiler wrote.
	build                    []string
	packages, passed, lacked int
	skipped                  []key
}

func newReport(progress io.Writer) *report {
	return &report{progress: progress, output: map[key][]string{}}
}

func (r *report) read(in io.Reader) error {
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			r.line(line)
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// line takes one line. What is not an event comes from go itself, such as a
// package that cannot be loaded, and counts as a failure of the build.
func (r *report) line(line []byte) {
	var e event
	if json.Unmarshal(line, &e) != nil {
		r.build = append(r.build, string(line))
		return
	}
	k := key{e.Package, e.Test}
	switch e.Action {
	case "build-output":
		r.build = append(r.build, e.Output)
	case "output":
		r.text(k, e.Output)
	case "pass", "skip":
		r.ended(k, e)
	case "fail":
		r.failed = append(r.failed, k)
		r.ended(k, e)
	}
}

var (
	// figure is a logged line that begins with a number.
	figure = regexp.MustCompile(`^\s+\w+_test\.go:\d+: (\d.*)`)
	// closing is what go test prints for a package at the end.
	closing = regexp.MustCompile(`^(ok|FAIL|---|\?)? *\t`)
	// target is what go test -list prints.
	target = regexp.MustCompile(`^(Fuzz|Test|Benchmark|Example)\w*\n$`)
)

func (r *report) text(k key, text string) {
	r.output[k] = append(r.output[k], text)
	if m := figure.FindStringSubmatch(text); m != nil {
		r.figures = append(r.figures, fmt.Sprintf("%s %s: %s", short(k.pkg), k.test, m[1]))
	}
	if k.test != "" {
		return
	}
	if closing.MatchString(text) {
		r.closing = append(r.closing, text)
	}
	if target.MatchString(text) {
		r.targets = append(r.targets, k.pkg+" "+strings.TrimSpace(text))
	}
}

func (r *report) ended(k key, e event) {
	switch {
	case k.test == "" && e.Action == "skip":
		r.lacked++
	case k.test == "":
		r.packages++
		fmt.Fprintf(r.progress, "%s %s %.1fs\n", e.Action, short(k.pkg), e.Elapsed)
	case e.Action == "skip":
		r.skipped = append(r.skipped, k)
	case e.Action == "pass":
		r.passed++
	}
}

// good tells whether all is well.
func (r *report) good() bool {
	return len(r.failed) == 0 && len(r.build) == 0 && r.passed > 0
}

func (r *report) print(w io.Writer) {
	if len(r.figures) > 0 {
		slices.Sort(r.figures)
		fmt.Fprintf(w, "Figures:\n  %s\n\n", strings.Join(r.figures, "\n  "))
	}
	for _, k := range r.failed {
		fmt.Fprintf(w, "FAILED: %s %s\n%s\n", k.pkg, k.test, strings.Join(r.output[k], ""))
	}
	for _, line := range r.build {
		fmt.Fprint(w, line)
	}
	for _, k := range r.skipped {
		fmt.Fprintf(w, "SKIPPED: %s %s\n", k.pkg, k.test)
	}
	slices.SortFunc(r.closing, func(a, b string) int { return strings.Compare(afterTab(a), afterTab(b)) })
	for _, line := range r.closing {
		fmt.Fprint(w, line)
	}
	failed := 0
	for _, k := range r.failed {
		if k.test != "" {
			failed++
		}
	}
	verdict := "PASS"
	if !r.good() {
		verdict = "FAIL"
	}
	fmt.Fprintf(w, "%s: %d tests passed, %d failed, %d skipped, in %d packages; %d packages have none\n",
		verdict, r.passed, failed, len(r.skipped), r.packages, r.lacked)
}

func (r *report) printTargets(w io.Writer) {
	for _, t := range r.targets {
		fmt.Fprintln(w, t)
	}
}

// short is a package's path inside the module.
func short(pkg string) string {
	if _, inside, ok := strings.Cut(pkg, "/"); ok {
		return inside
	}
	return pkg
}

func afterTab(line string) string {
	_, after, _ := strings.Cut(line, "\t")
	return after
}
