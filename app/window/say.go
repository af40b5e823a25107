package window

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"sleutelbord/app/desk"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
)

// problem is what happened and what to do, in words.
type problem struct {
	code     desk.Code
	args     map[string]any
	what, do string
}

// explain puts an error into words. Its details go to the log.
func (w *Window) explain(err error) problem {
	p := desk.Explain(err)
	w.o.Log.WithField("code", p.Code).WithError(err).Info("told the person at the desk")
	return w.problemWords(p.Code, p.Args)
}

// problemWords are the words of a problem code.
func (w *Window) problemWords(code desk.Code, args map[string]any) problem {
	key := "problem." + string(code)
	if !w.words.Has(key) {
		w.o.Log.WithField("code", code).Error("no words for this problem")
		key = "problem.internal"
	}
	return problem{code: code, args: args, what: w.words.T(key, args), do: w.words.T(key+".do", args)}
}

// complain shows an error that no screen has a place for.
func (w *Window) complain(err error) {
	if err == nil {
		return
	}
	p := w.explain(err)
	if p.code == "cancelled" {
		return
	}
	w.tell(toneBad, "warn", p.what, p.do)
}

// tell shows a message that is read and closed.
func (w *Window) tell(t tone, icon, what, do string) {
	ok := w.newButton(primaryButton, "", w.t("button.understood"), w.closeQuestion)
	w.question(t, icon, what, do, ok, nil, ok)
}

// ask asks before something is done that cannot be taken back. The safe choice
// has the focus. what names what is destroyed.
func (w *Window) ask(icon, what, consequence, yes string, do func()) {
	no := w.newButton(plainButton, "", w.t("button.no-go-back"), w.closeQuestion)
	act := w.newButton(dangerButton, "", yes, func() {
		w.closeQuestion()
		do()
	})
	w.onYes = func() { act.Tapped(nil) }
	w.question(toneWarn, icon, what, consequence, no, act, no)
}

// question shows one question or message above everything else.
func (w *Window) question(t tone, icon, what, more string, left, right *button, focus fyne.Focusable) {
	buttons := []*button{left}
	if right != nil {
		buttons = append(buttons, right)
	}
	w.put(t, icon, what, more, focus, buttons...)
}

// put is [Window.question] with any number of buttons.
func (w *Window) put(t tone, icon, what, more string, focus fyne.Focusable, choices ...*button) {
	if w.asked != nil {
		w.asked.Hide()
	}
	text := column(8, para(what, toneInfo, theme.SizeNameSubHeadingText))
	if more != "" {
		text.Add(para(more, tonePlain, theme.SizeNameText))
	}
	medal := newSurface(t.soft(), "", 26, 12, newGlyph(icon, t.fore(), 28))
	body := container.NewBorder(nil, nil, container.NewVBox(medal), nil, padded(2, 0, 14, 0, text))
	buttons := container.NewHBox(layout.NewSpacer())
	for i, b := range choices {
		if i > 0 {
			buttons.Add(gap(4, 1))
		}
		buttons.Add(b)
	}
	content := container.NewBorder(nil, buttons, nil, nil, body)
	d := dialog.NewCustomWithoutButtons("", padded(0, 8, 12, 12, content), w.win)
	d.Resize(fyne.NewSize(sized(520), sized(240)))
	w.asked = d
	d.Show()
	w.win.Canvas().Focus(focus)
}

// closeQuestion takes the open question or message away.
func (w *Window) closeQuestion() {
	if w.asked == nil {
		return
	}
	d := w.asked
	w.asked, w.onYes = nil, nil
	d.Hide()
}

// homeName is how people call a home: "Calslaan 12-204".
func homeName(h desk.Hook) string { return joinHome(h.Building, h.Name) }

// refName is [homeName] of a reference BUILDING/HOME.
func refName(ref string) string {
	building, home, _ := strings.Cut(ref, "/")
	return joinHome(building, home)
}

// joinHome joins building and home: with a hyphen between two numbers, else
// with a space.
func joinHome(building, home string) string {
	digit := func(r rune) bool { return r >= '0' && r <= '9' }
	last, _ := utf8.DecodeLastRuneInString(building)
	first, _ := utf8.DecodeRuneInString(home)
	if digit(last) && digit(first) {
		return building + "-" + home
	}
	return strings.TrimSpace(building + " " + home)
}

// tagName is how people call a tag: "tag 2 of Calslaan 12-204".
func (w *Window) tagName(t desk.TagView) string {
	return w.t("tag.of", "ordinal", t.Ordinal, "home", refName(t.Home))
}

// tagTitle is [Window.tagName] at the beginning of a line.
func (w *Window) tagTitle(t desk.TagView) string {
	name := w.tagName(t)
	first, n := utf8.DecodeRuneInString(name)
	return string(unicode.ToUpper(first)) + name[n:]
}

// count is a text with a number.
func (w *Window) count(key string, n int) string { return w.t(key, "n", n) }

// sequence is the number of a bundle, or a dash for none.
func sequence(n uint32) string {
	if n == 0 {
		return "–"
	}
	return fmt.Sprint(n)
}

// showFiles shows a dialog for files, nearly as large as the window. The toolkit
// knows its least size only once it is shown.
func (w *Window) showFiles(d *dialog.FileDialog) {
	d.Show()
	d.Resize(w.win.Canvas().Size().SubtractWidthHeight(sized(120), sized(90)))
}

// askFolder asks for a folder, and calls then with the one that is chosen. yes
// is the text of the button that chooses.
func (w *Window) askFolder(yes string, then func(dir string)) {
	d := dialog.NewFolderOpen(func(dir fyne.ListableURI, err error) {
		w.jobs.guard(func() {
			switch {
			case err != nil:
				w.complain(err)
			case dir != nil:
				then(dir.Path())
			}
		})
	}, w.win)
	d.SetConfirmText(yes)
	w.showFiles(d)
}
