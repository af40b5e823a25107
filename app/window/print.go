package window

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// printPatience is how long a printing service may take to answer before the
// paper is shown instead.
const printPatience = 20 * time.Second

// printPaper brings papers (PDF files) to people: to the system's printer where
// there is one, else to the program that shows such files, from which they are
// printed. It says which of the two it was. Files may be removed afterwards
// only if they went to a printer: see [Window.bringToPrinter].
func (w *Window) printPaper(files ...string) {
	var printer string
	w.jobs.run(func(ctx context.Context) (err error) {
		printer, err = w.bringToPrinter(ctx, files...)
		return err
	}, func(err error) {
		switch {
		case err != nil:
			w.sayNotPrinted(err, files[0])
		case printer == "":
			w.tell(toneInfo, "print", w.t("print.opened"), w.t("print.opened.do"))
		default:
			w.tell(toneGood, "print", w.t("print.sent"), w.t("print.sent.do", "printer", printer))
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
func (w *Window) bringToPrinter(ctx context.Context, files ...string) (printer string, err error) {
	if printer = systemPrinter(ctx); printer != "" {
		if err = sendTo(ctx, printer, files); err == nil {
			return printer, nil
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

// systemPrinter is the printer of this computer that a paper goes to unless told
// otherwise, or "": the one that was chosen in the system, else the first. Systems
// without the printing service of Linux and macOS have none here.
func systemPrinter(ctx context.Context) string {
	if _, err := exec.LookPath("lp"); err != nil {
		return ""
	}
	if out, err := ask(ctx, "lpstat", "-d"); err == nil {
		if _, name, found := strings.Cut(out, ": "); found {
			return firstLine(name)
		}
	}
	out, err := ask(ctx, "lpstat", "-e")
	if err != nil {
		return ""
	}
	return firstLine(out)
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return strings.TrimSpace(line)
}

// sendTo hands files to the printing service, which copies them.
func sendTo(ctx context.Context, printer string, files []string) error {
	_, err := ask(ctx, "lp", append([]string{"-d", printer, "--"}, files...)...)
	return err
}

// ask runs one of the system's programs, whose words are then English, and gives
// what it says.
func ask(ctx context.Context, program string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, printPatience)
	defer cancel()
	c := exec.CommandContext(ctx, program, args...)
	c.Env = append(os.Environ(), "LC_ALL=C")
	c.WaitDelay = time.Second
	out, err := c.Output()
	if err != nil {
		return "", fmt.Errorf("asking %s: %w", program, err)
	}
	return string(out), nil
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
