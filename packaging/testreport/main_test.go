package main

import (
	"io"
	"strings"
	"testing"
)

func events(lines ...string) *report {
	r := newReport(io.Discard)
	// A strings.Reader does not fail.
	_ = r.read(strings.NewReader(strings.Join(lines, "\n")))
	return r
}

func printed(r *report) string {
	var b strings.Builder
	r.print(&b)
	return b.String()
}

const (
	passed = `{"Action":"pass","Package":"m/a","Test":"TestGood","Elapsed":0}`
	ok     = `{"Action":"output","Package":"m/a","Output":"ok  \tm/a\t0.010s\n"}`
	okEnd  = `{"Action":"pass","Package":"m/a","Elapsed":0.01}`
)

func TestAllIsWell(t *testing.T) {
	r := events(
		`{"Action":"output","Package":"m/a","Test":"TestGood","Output":"    a_test.go:12: 42 things\n"}`,
		`{"Action":"output","Package":"m/a","Test":"TestGood","Output":"    a_test.go:13: no figure\n"}`,
		passed, ok, okEnd,
		`{"Action":"output","Package":"m/b","Output":"?   \tm/b\t[no test files]\n"}`,
		`{"Action":"skip","Package":"m/b","Elapsed":0}`,
	)
	want := "Figures:\n  a TestGood: 42 things\n\nok  \tm/a\t0.010s\n?   \tm/b\t[no test files]\n" +
		"PASS: 1 tests passed, 0 failed, 0 skipped, in 1 packages; 1 packages have none\n"
	if got := printed(r); got != want || !r.good() {
		t.Errorf("printed %q, want %q", got, want)
	}
}

func TestWhatIsWrongIsShown(t *testing.T) {
	for name, c := range map[string]struct {
		lines []string
		shown string
	}{
		"test fails": {[]string{
			passed,
			`{"Action":"output","Package":"m/a","Test":"TestBad","Output":"    a_test.go:9: is wrong\n"}`,
			`{"Action":"fail","Package":"m/a","Test":"TestBad","Elapsed":0}`,
			`{"Action":"output","Package":"m/a","Output":"FAIL\tm/a\t0.010s\n"}`,
			`{"Action":"fail","Package":"m/a","Elapsed":0.01}`,
		}, "is wrong"},
		"build fails": {[]string{
			passed, ok, okEnd,
			`{"ImportPath":"m/c","Action":"build-output","Output":"c.go:1:1: does not compile\n"}`,
			`{"ImportPath":"m/c","Action":"build-fail"}`,
			`{"Action":"fail","Package":"m/c","Elapsed":0,"FailedBuild":"m/c"}`,
		}, "does not compile"},
		"go cannot start": {[]string{passed, ok, okEnd, "go: cannot find module"}, "cannot find module"},
		"test is skipped": {[]string{`{"Action":"skip","Package":"m/a","Test":"TestLazy"}`}, "SKIPPED: m/a TestLazy"},
		"nothing ran":     {nil, "0 tests passed"},
	} {
		r := events(c.lines...)
		if got := printed(r); !strings.Contains(got, c.shown) || r.good() || !strings.Contains(got, "FAIL: ") {
			t.Errorf("%s: good is %v, printed %q", name, r.good(), got)
		}
	}
}

func TestTargets(t *testing.T) {
	r := events(
		`{"Action":"output","Package":"m/a","Output":"FuzzOne\n"}`,
		`{"Action":"output","Package":"m/b","Output":"FuzzTwo\n"}`,
		ok,
	)
	var b strings.Builder
	r.printTargets(&b)
	if got, want := b.String(), "m/a FuzzOne\nm/b FuzzTwo\n"; got != want {
		t.Errorf("printed %q, want %q", got, want)
	}
}
