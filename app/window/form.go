package window

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
)

// sheetForm is a sheet of lines: a name, and beside it a choice or a fact.
type sheetForm struct {
	w   *Window
	box *fyne.Container
}

func newSheetForm(w *Window) *sheetForm {
	return &sheetForm{w: w, box: container.New(layout.NewFormLayout())}
}

// choice adds a line with a choice.
func (f *sheetForm) choice(key string, o fyne.CanvasObject) {
	f.box.Add(padded(8, 0, 0, 20, newWord(f.w.t(key), theme.SizeNameText, theme.ColorNameForeground, false)))
	f.box.Add(padded(2, 4, 0, 0, bordered(o)))
}

// fact adds a line with something that is so.
func (f *sheetForm) fact(key, value string) {
	f.box.Add(padded(3, 3, 0, 20, newWord(f.w.t(key), theme.SizeNameText, colorMuted, false)))
	f.box.Add(padded(3, 3, 0, 0, newWord(value, theme.SizeNameText, theme.ColorNameForeground, false).shrinking()))
}

// captioned is a thing with its name in small letters above it.
func (w *Window) captioned(key string, o fyne.CanvasObject) fyne.CanvasObject {
	return column(3, newWord(w.t(key), theme.SizeNameCaptionText, colorMuted, false).shrinking(), o)
}
