package window

import (
	"sleutelbord/app/desk"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// stepList shows the steps of a running act in words, and a bar.
type stepList struct {
	w    *Window
	bar  *widget.ProgressBar
	note *word
	rows *fyne.Container
	last *glyph
	text *word
	step string
}

func newStepList(w *Window) *stepList {
	s := &stepList{w: w, bar: widget.NewProgressBar(), rows: column(5)}
	s.note = newWord("", theme.SizeNameText, theme.ColorNameForeground, true)
	s.note.Hide()
	s.bar.TextFormatter = func() string { return "" }
	return s
}

func (s *stepList) object() fyne.CanvasObject {
	return container.New(atLeast{340}, column(12, s.note, s.bar, s.rows))
}

// say shows a line above the steps.
func (s *stepList) say(text string) {
	s.note.set(text)
	s.note.Show()
}

// begin shows that a step has begun, and so that the one before is done; a step
// that is told again has only come further.
func (s *stepList) begin(g desk.Progress) {
	if g.Total > 0 {
		s.bar.SetValue(float64(g.Index) / float64(g.Total))
	}
	if s.step == string(g.Step) {
		return
	}
	s.step = string(g.Step)
	if s.last != nil {
		s.last.set("check", theme.ColorNameSuccess)
		s.text.paint(s.text.text, colorMuted)
	}
	s.last = newGlyph("dot", theme.ColorNamePrimary, 18)
	s.text = newWord(s.w.t("step."+string(g.Step)), theme.SizeNameText, theme.ColorNameForeground, false)
	s.rows.Add(line(10, s.last, s.text))
	s.rows.Refresh()
}
