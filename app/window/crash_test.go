package window

import (
	"context"
	"encoding/hex"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

// reports are the crash reports in a folder.
func reports(t *testing.T, dir string) (all []string) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "crash-*.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 && runtime.GOOS != "windows" {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
		all = append(all, string(b))
	}
	return all
}

// planted is a secret of sixteen bytes, as keys are.
type planted [16]byte

var secret = planted{0xde, 0xad, 0xbe, 0xef, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}

// burst panics with a secret in the value, in the arguments and in an index.
//
//go:noinline
func burst(key planted, home string, also *planted) {
	if home == "index" {
		var none []int
		_ = none[int(key[0])]
	}
	panic(append([]byte(home), also[:]...))
}

// A mistake of the program, wherever it happens, ends one act and leaves one
// report without anything secret in it.
func TestCrashReport(t *testing.T) {
	r := newRig(t, nil)
	r.demo(20)
	shown := func() { r.until("the report", func() bool { return r.w.asked != nil && r.shows("Verslag kopiëren") }) }
	test.Tap(r.w.newButton(plainButton, "", "x", func() { burst(secret, "Calslaan 12/204", &secret) }))
	shown()
	r.w.closeQuestion()
	r.w.jobs.run(func(context.Context) error { burst(secret, "index", &secret); return nil }, r.w.complain)
	shown()

	all := reports(t, r.dir)
	if len(all) != 2 {
		t.Fatalf("%d reports", len(all))
	}
	for _, text := range append(all, r.log.String()) {
		for _, no := range []string{
			"Calslaan", r.dir, "Campus Noord", "practice", string(secret[:]), hex.EncodeToString(secret[:4]), "0xde", "222", "efbeadde",
		} {
			if strings.Contains(text, no) {
				t.Errorf("a report has %q in it:\n%s", no, text)
			}
		}
	}
	for _, yes := range []string{"window.burst", "crash_test.go", "[]uint8", "Sleutelbord test", runtime.GOOS} {
		if !strings.Contains(all[0], yes) {
			t.Errorf("the report lacks %q:\n%s", yes, all[0])
		}
	}
	if !strings.Contains(all[1], "runtime.boundsError") {
		t.Errorf("the report does not say what kind of mistake:\n%s", all[1])
	}
}

func TestCrashReportIsShown(t *testing.T) {
	var opened *showing
	r := newRig(t, func(o *Options) {
		opened = &showing{App: o.App}
		o.App = opened
	})
	r.demo(20)
	bad := r.w.newButton(plainButton, "", "x", func() { panic("x") })
	for range 3 {
		test.Tap(bad)
	}
	r.until("the report", func() bool { return r.shows("Verslag kopiëren") })
	buttons := make(map[string]*button)
	walk(r.w.Canvas(), func(o fyne.CanvasObject) {
		if b, ok := o.(*button); ok {
			buttons[b.text] = b
		}
	})
	r.tap(buttons["Verslag kopiëren"])
	all := reports(t, r.dir)
	if len(all) != 1 || r.app.Clipboard().Content() != all[0] {
		t.Errorf("%d reports of one mistake; copied: %q", len(all), r.app.Clipboard().Content())
	}
	r.tap(buttons["Map openen"])
	if want := (&url.URL{Scheme: "file", Path: r.dir}).String(); !slices.Equal(opened.shown, []string{want}) {
		t.Errorf("opened %q, not %q", opened.shown, want)
	}
	r.tap(buttons["Begrepen"])
	if r.w.asked != nil {
		t.Error("the message stays")
	}
}

// Without records there is another place for reports, which is not in their
// way; and where none can be written, the window goes on.
func TestCrashBeforeThereIsASite(t *testing.T) {
	cache := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", cache)
	t.Setenv("HOME", cache)
	r := newRig(t, nil)
	path, err := r.w.Crashed("x")
	if err != nil || !strings.HasPrefix(path, cache) {
		t.Errorf("%s, %v", path, err)
	}
	if _, err := os.Stat(r.dir); err == nil {
		t.Error("there is a folder of records now")
	}
	for range maxReports {
		_, err = r.w.Crashed("x")
	}
	if err == nil || len(reports(t, filepath.Dir(path))) != maxReports {
		t.Errorf("%v after %d reports", err, len(reports(t, filepath.Dir(path))))
	}
	if err := os.RemoveAll(filepath.Dir(path)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Dir(path), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	test.Tap(r.w.newButton(plainButton, "", "x", func() { panic("x") }))
	r.until("the line in the log", func() bool { return strings.Contains(r.log.String(), "could not be written") })
	if r.w.asked == nil {
		t.Error("nothing is said")
	}
}

// within tells whether one of the functions that are running in this goroutine
// has a name.
func within(name string) bool {
	pcs := make([]uintptr, 32)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs)])
	for {
		f, more := frames.Next()
		if strings.Contains(f.Function, name) {
			return true
		}
		if !more {
			return false
		}
	}
}

// A mistake in a goroutine of the desk ends the act and leaves a report, and not
// the process: what was begun is not half done, and works once it is well again.
func TestCrashInTheDesk(t *testing.T) {
	var bad atomic.Bool
	r := newRig(t, func(o *Options) {
		o.Clock = func() time.Time {
			if bad.Load() && within("sealAll") {
				panic(secret)
			}
			return time.Now()
		}
	})
	r.demo(20)
	r.handOut("Boulevard 3/101")
	dir := t.TempDir()
	bad.Store(true)
	r.w.shell.turnTo(pageLocks)
	r.w.shell.locks.writeTo(dir)
	r.until("the report", func() bool { return r.w.asked != nil && r.shows("Verslag kopiëren") })
	r.until("the end of the act", func() bool { return !r.w.shell.locks.working })
	all := reports(t, r.dir)
	if len(all) != 1 || !strings.Contains(all[0], "sealAll") || !strings.Contains(all[0], "window.planted") {
		t.Fatalf("%d reports: %q", len(all), all)
	}
	for _, no := range []string{"Boulevard", "222", hex.EncodeToString(secret[:4]), "practice"} {
		if strings.Contains(all[0]+r.log.String(), no) {
			t.Errorf("the report has %q in it", no)
		}
	}
	if !strings.Contains(r.log.String(), "panic in the window") {
		t.Error("the log says nothing")
	}
	r.w.closeQuestion()
	bad.Store(false)
	r.stick(dir)
	if n := r.w.shell.locks.bundled.Written; n == 0 {
		t.Errorf("%+v afterwards", r.w.shell.locks.bundled)
	}
}
