package window

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"sleutelbord/internal/mistake"
	"sleutelbord/store"
)

// maxReports is how many reports a day are kept; a mistake that comes again
// and again fills no disk.
const maxReports = 20

// report is what the developers need to know of a mistake. It names no home,
// no tag, no person, no key and no place in which the records are.
func (w *Window) report(m *mistake.Error) string {
	var b strings.Builder
	line := func(what, is string) { fmt.Fprintf(&b, "%-9s %s\n", what+":", is) }
	line("program", "Sleutelbord "+w.o.Version)
	line("made with", w.madeWith())
	line("system", runtime.GOOS+"/"+runtime.GOARCH)
	line("day", time.Now().Format(time.DateOnly))
	line("language", w.words.Lang())
	line("mistake", m.Kind)
	b.WriteString("\n")
	b.WriteString(m.Trace() + "\n")
	return b.String()
}

// reportFolder is where reports are written: beside the records, or where the
// system keeps what programs can do without, as long as there are none.
func (w *Window) reportFolder() (string, error) {
	if w.throwaway == "" && store.Exists(w.o.Dir) {
		return w.o.Dir, nil
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, "sleutelbord")
	return dir, os.MkdirAll(dir, 0o700)
}

// writeReport writes a report into a file of its own.
func writeReport(dir, text string) (path string, err error) {
	for n := 1; n <= maxReports; n++ {
		path = filepath.Join(dir, fmt.Sprintf("crash-%s-%d.txt", time.Now().Format(time.DateOnly), n))
		f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return "", fmt.Errorf("writing a crash report: %w", err)
		}
		_, err = f.WriteString(text)
		return path, errors.Join(err, f.Close())
	}
	return "", fmt.Errorf("writing a crash report: there are %d of today already", maxReports)
}

// Crashed writes a report of a panic that ended the window, and gives its path.
// It is called by the function that recovered.
func (w *Window) Crashed(p any) (path string, err error) {
	dir, err := w.reportFolder()
	if err != nil {
		return "", fmt.Errorf("writing a crash report: %w", err)
	}
	return writeReport(dir, w.report(mistake.Caught(p)))
}

// caught writes a report of a mistake, and shows it. The same mistake is
// reported once, as long as the window is open.
func (w *Window) caught(m *mistake.Error) {
	key := m.Kind + "\n" + m.Trace()
	if w.reported[key] {
		return
	}
	w.reported[key] = true
	text := w.report(m)
	var path string
	w.jobs.keep(func(context.Context) error {
		dir, err := w.reportFolder()
		if err == nil {
			path, err = writeReport(dir, text)
		}
		return err
	}, func(err error) {
		if err != nil {
			w.o.Log.WithError(err).Error("a crash report could not be written")
			return
		}
		w.showReport(path, text)
	})
}

// showReport shows that there is a report, which goes nowhere by itself.
func (w *Window) showReport(path, text string) {
	p := w.problemWords("internal", nil)
	understood := w.newButton(primaryButton, "", w.t("button.understood"), w.closeQuestion)
	copied := w.newButton(plainButton, "file", w.t("crash.copy"), nil)
	copied.tapped = func() {
		w.jobs.guard(func() {
			w.o.App.Clipboard().SetContent(text)
			copied.say("done", w.t("crash.copied"))
		})
	}
	open := w.newButton(plainButton, "", w.t("crash.open"), func() {
		if err := w.openFile(filepath.Dir(path)); err != nil {
			w.complain(err)
		}
	})
	w.put(toneBad, "warn", p.what, p.do+"\n\n"+w.t("crash.report", "file", path), understood, open, copied, understood)
}
