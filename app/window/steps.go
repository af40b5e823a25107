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
	rows *fyne.Container
	last *glyph
	text *word
}

func newStepList(w *Window) *stepList {
	s := &stepList{w: w, bar: widget.NewProgressBar(), rows: column(5)}
	s.bar.TextFormatter = func() string { return "" }
	return s
}

func (s *stepList) object() fyne.CanvasObject {
	return container.New(atLeast{340}, column(12, s.bar, s.rows))
}

// begin shows that a step has begun, and so that the one before is done.
func (s *stepList) begin(g desk.Progress) {
	if s.last != nil {
		s.last.set("check", theme.ColorNameSuccess)
		s.text.paint(s.text.text, colorMuted)
	}
	s.last = newGlyph("dot", theme.ColorNamePrimary, 18)
	s.text = newWord(s.w.t("step."+string(g.Step)), theme.SizeNameText, theme.ColorNameForeground, false)
	s.rows.Add(line(10, s.last, s.text))
	if g.Total > 0 {
		s.bar.SetValue(float64(g.Index) / float64(g.Total))
	}
	s.rows.Refresh()
}
