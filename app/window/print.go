package window

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"sleutelbord/app/printer"
)

// printPaper brings papers (PDF files) to people: to the system's printer where
// there is one, else to the program that shows such files, from which they are
// printed. It says which of the two it was. Files may be removed afterwards
// only if they went to a printer: see [Window.bringToPrinter].
func (w *Window) printPaper(files ...string) {
	var name string
	w.jobs.run(func(ctx context.Context) (err error) {
		name, err = w.bringToPrinter(ctx, files...)
		return err
	}, func(err error) {
		switch {
		case err != nil:
			w.sayNotPrinted(err, files[0])
		case name == "":
			w.tell(toneInfo, "print", w.t("print.opened"), w.t("print.opened.do"))
		default:
			w.tell(toneGood, "print", w.t("print.sent"), w.t("print.sent.do", "printer", name))
		}
	})
}

// sayNotPrinted says that papers reached neither a printer nor a screen, and
// where the first of them lies.
func (w *Window) sayNotPrinted(err error, file string) {
	w.o.Log.WithError(err).Warn("printing")
	w.tell(toneBad, "warn", w.t("print.failed"), w.t("print.failed.do", "file", file))
}

// bringToPrinter sends files to the system's printer and names it; the
// printing service has then taken them over. Where there is no printer, the files are
// shown, and the name is "". It is called in the background.
func (w *Window) bringToPrinter(ctx context.Context, files ...string) (name string, err error) {
	if name = printer.Name(ctx); name != "" {
		if err = printer.Send(ctx, name, files...); err == nil {
			return name, nil
		}
		w.o.Log.WithError(err).Warn("the printer is passed by")
	}
	for _, f := range files {
		if err := w.openFile(f); err != nil {
			return "", err
		}
	}
	return "", nil
}

// openFile has the system show a file with the program that it has for it.
func (w *Window) openFile(file string) error {
	abs, err := filepath.Abs(file)
	if err == nil {
		_, err = os.Stat(abs)
	}
	if err != nil {
		return fmt.Errorf("showing a file: %w", err)
	}
	path := filepath.ToSlash(abs)
	if !strings.HasPrefix(path, "/") { // C:/…
		path = "/" + path
	}
	if err := w.o.App.OpenURL(&url.URL{Scheme: "file", Path: path}); err != nil {
		return fmt.Errorf("showing a file: %w", err)
	}
	return nil
}
