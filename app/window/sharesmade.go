package window

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"sleutelbord/app/desk"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
)

// sheetFolder begins the names of folders with sheets that are only meant to be
// printed.
const sheetFolder = "sleutelbord-sheets-"

// makeSheetFolder makes a folder that nobody else reads and that is erased soon.
// Where the system has one in memory for each person, it is there, so that no
// disk ever has the sheets.
func (w *Window) makeSheetFolder() error {
	w.eraseSheets()
	dir, err := os.MkdirTemp(w.o.Getenv("XDG_RUNTIME_DIR"), sheetFolder)
	if err != nil {
		dir, err = os.MkdirTemp("", sheetFolder)
	}
	if err != nil {
		return fmt.Errorf("making a folder for the sheets: %w", err)
	}
	w.sheets = dir
	return nil
}

// eraseSheets removes the sheets that were only meant to be printed.
func (w *Window) eraseSheets() {
	if w.sheets == "" {
		return
	}
	if err := os.RemoveAll(w.sheets); err != nil {
		w.o.Log.WithError(err).Error("removing the sheets")
	}
	w.sheets = ""
}

// showMade shows the sheets that were made, to be printed or saved, and then
// checked.
func (m *sheetMaker) showMade() {
	w := m.w
	rows := column(4)
	for i := range m.made.Of {
		text := w.t("shares.sheet", "share", i+1, "of", m.made.Of)
		if name := m.keepers[i].Text; name != "" {
			text = w.t("shares.sheet.for", "share", i+1, "of", m.made.Of, "name", name)
		}
		rows.Add(marked("receipt", colorMuted, 18, newWord(text, theme.SizeNameText, theme.ColorNameForeground, false).shrinking()))
	}
	m.note = container.NewStack()
	m.note.Hide()
	m.print = w.newButton(primaryButton, "print", w.t("shares.print"), m.printAll).grown()
	m.save = w.newButton(plainButton, "file", w.t("shares.save"), m.chooseFolder)
	m.check = w.newButton(plainButton, "check", w.t("shares.check"), m.askAgain).grown()
	m.check.enable(m.kept)
	m.later = w.newButton(quietButton, "back", w.t("shares.later"), m.away)
	m.put(para(w.t("shares.made", "set", m.made.Set, "check", m.made.Check), toneInfo, theme.SizeNameText), rows,
		flowing(8, m.print, m.save), m.note,
		para(w.t("shares.check.do", "need", m.made.Threshold), tonePlain, theme.SizeNameText),
		flowing(8, m.check, m.later))
	m.shown()
}

// handedOver says where the sheets are now; from then on they can be checked.
func (m *sheetMaker) handedOver(text, do string) {
	m.kept = true
	m.note.Objects = []fyne.CanvasObject{newSurface(colorGoodSoft, "", 10, 10, column(4,
		marked("done", theme.ColorNameSuccess, 20, newWord(text, theme.SizeNameText, theme.ColorNameForeground, true).shrinking()),
		para(do, toneInfo, theme.SizeNameText)))}
	m.note.Show()
	m.print.as(plainButton) // the next step is the check
	m.check.as(primaryButton).enable(true)
	m.root.Refresh()
	m.w.win.Canvas().Focus(m.check)
}

// printAll brings the sheets to the printer.
func (m *sheetMaker) printAll() {
	w, files := m.w, m.made.Files
	m.wait(true)
	var printer string
	w.jobs.run(func(ctx context.Context) (err error) {
		printer, err = w.bringToPrinter(ctx, files...)
		return err
	}, func(err error) {
		m.wait(false)
		switch {
		case err != nil:
			w.o.Log.WithError(err).Warn("printing the sheets")
			w.tell(toneBad, "warn", w.t("print.failed"), w.t("shares.print.failed.do"))
		case printer == "":
			m.handedOver(w.t("print.opened"), w.t("shares.opened.do"))
		default:
			m.handedOver(w.t("print.sent"), w.t("print.sent.do", "printer", printer))
		}
	})
}

// chooseFolder asks where the sheets are to be saved.
func (m *sheetMaker) chooseFolder() { m.w.askFolder(m.w.t("locks.write.here"), m.saveTo) }

// saveTo saves the sheets in a folder.
func (m *sheetMaker) saveTo(dir string) {
	w, files := m.w, m.made.Files
	m.wait(true)
	var saved []string
	w.jobs.run(func(context.Context) (err error) {
		saved, err = copySheets(files, dir)
		return err
	}, func(err error) {
		m.wait(false)
		if err != nil {
			w.complain(err)
			return
		}
		m.saved = append(m.saved, saved...)
		m.handedOver(w.t("shares.saved", "dir", dir), w.t("shares.saved.do"))
	})
}

// copySheets copies files into a folder, all or none, and never over another.
func copySheets(files []string, dir string) (made []string, err error) {
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("saving the sheets: %w", err), removeFiles(made))
			made = nil
		}
	}()
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			return made, err
		}
		to := filepath.Join(dir, filepath.Base(f))
		out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return made, err
		}
		made = append(made, to)
		_, err = out.Write(b)
		clear(b)
		if err = errors.Join(err, out.Sync(), out.Close()); err != nil {
			return made, err
		}
	}
	return made, nil
}

// removeFiles removes files; those that are gone already are no mistake.
func removeFiles(files []string) error {
	var errs []error
	for _, f := range files {
		if err := os.Remove(f); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

func (m *sheetMaker) wait(on bool) {
	m.working = on
	for _, b := range []*button{m.print, m.save, m.later} {
		b.enable(!on)
	}
	m.check.enable(!on && m.kept)
}

// askAgain has the sheets entered again, which proves that what is on paper
// restores the site.
func (m *sheetMaker) askAgain() {
	w := m.w
	var done desk.Rehearsed
	m.entry = w.newSharesEntry(m.made.Set, func() {
		m.entry.run(func(ctx context.Context, e *desk.EnteredShares) (err error) {
			done, err = w.desk.Rehearse(ctx, e)
			return err
		}, func(err error) {
			if err == nil {
				m.entry = nil
				m.proven(done)
			}
		})
	})
	back := w.newButton(quietButton, "back", w.t("button.back"), m.away)
	m.put(para(w.t("shares.check.type", "need", m.made.Threshold), toneInfo, theme.SizeNameText), m.entry.object(), container.NewHBox(back))
	m.entry.shown()
}

// proven is the end: the sheets restore this site.
func (m *sheetMaker) proven(done desk.Rehearsed) {
	w := m.w
	w.eraseSheets()
	m.done = w.newButton(primaryButton, "next", w.t("button.done"), m.end).grown()
	all := []fyne.CanvasObject{w.rehearsedReport(done), para(w.t("shares.done.do"), tonePlain, theme.SizeNameText)}
	if len(m.saved) > 0 {
		m.erase = w.newButton(plainButton, "cross", w.t("shares.erase"), m.eraseSaved)
		all = append(all, para(w.t("shares.saved.do"), toneWarn, theme.SizeNameText), container.NewHBox(m.erase))
	}
	m.put(append(all, container.NewHBox(m.done))...)
	m.shown()
}

// eraseSaved removes the files that somebody chose to have.
func (m *sheetMaker) eraseSaved() {
	files := m.saved
	m.erase.enable(false)
	m.w.jobs.run(func(context.Context) error { return removeFiles(files) }, func(err error) {
		if err != nil {
			m.erase.enable(true)
			m.w.complain(err)
			return
		}
		m.saved = nil
		m.erase.say("check", m.w.t("shares.erased"))
		m.w.win.Canvas().Focus(m.done)
	})
}

// rehearsedReport says what a rehearsal has proven.
func (w *Window) rehearsedReport(done desk.Rehearsed) fyne.CanvasObject {
	facts := column(4)
	for _, text := range []string{
		w.t("rehearsed.keys", "check", done.Check), w.t("rehearsed.open"), w.t("rehearsed.nothing"),
	} {
		facts.Add(marked("check", theme.ColorNameSuccess, 20, para(text, toneInfo, theme.SizeNameText)))
	}
	next := w.t("rehearsed.never")
	if done.Next != "" {
		next = w.t("rehearsed.next", "date", w.words.Date(done.Next))
	}
	facts.Add(para(next, tonePlain, theme.SizeNameText))
	t, title := toneGood, w.t("rehearsed", "set", done.Set)
	if !done.Known {
		t = toneWarn
		facts.Add(para(w.t("rehearsed.unknown"), toneWarn, theme.SizeNameText))
	}
	return newSurface(t.soft(), "", 12, 14, column(8,
		marked("shield", t.fore(), 26, para(title, toneInfo, theme.SizeNameSubHeadingText)), facts))
}
