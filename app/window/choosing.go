package window

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// The toolkit's own choices, checks and lists swallow the keys that they do not
// know. Those of the window pass Escape on, so that it goes back whatever has
// the focus, and take Enter wherever they take Space.

// hear gives a key to one of them, Enter as Space, and keeps Escape from it.
func hear(e *fyne.KeyEvent, escape func(), typed func(*fyne.KeyEvent)) {
	switch e.Name {
	case fyne.KeyEscape:
		escape()
	case fyne.KeyReturn, fyne.KeyEnter:
		typed(&fyne.KeyEvent{Name: fyne.KeySpace})
	default:
		typed(e)
	}
}

// choice is a choice among names, of which one is shown.
type choice struct {
	widget.Select
	escape func()
}

// newSelect is a choice whose names and callback are set by the caller.
func (w *Window) newSelect(names []string) *choice {
	c := &choice{escape: w.stepBack}
	c.Options, c.PlaceHolder = names, w.t("select.placeholder")
	c.ExtendBaseWidget(c)
	return c
}

// newChoice is a choice among names.
func (w *Window) newChoice(names []string, chosen int, change func(i int)) *choice {
	c := w.newSelect(names)
	if chosen >= 0 {
		c.SetSelectedIndex(chosen)
	}
	c.OnChanged = func(string) { w.jobs.guard(func() { change(c.SelectedIndex()) }) }
	return c
}

// TypedKey implements [fyne.Focusable].
func (c *choice) TypedKey(e *fyne.KeyEvent) {
	hear(e, c.escape, c.Select.TypedKey)
}

// tick is a box that is ticked, or not.
type tick struct {
	widget.Check
	escape func()
}

// newTick is a box to tick; change may be nil.
func (w *Window) newTick(text string, change func(on bool)) *tick {
	t := &tick{escape: w.stepBack}
	t.Text = text
	if change != nil {
		t.OnChanged = func(on bool) { w.jobs.guard(func() { change(on) }) }
	}
	t.ExtendBaseWidget(t)
	return t
}

// TypedKey implements [fyne.Focusable].
func (t *tick) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyEscape:
		t.escape()
	case fyne.KeyReturn, fyne.KeyEnter:
		t.TypedRune(' ')
	}
}

// list is a list of lines, of which one is taken.
type list struct {
	widget.List
	escape func()
}

// newList is a list of as many lines as length says, which make makes and show
// fills; chosen, if not nil, is told which one is taken.
func (w *Window) newList(length func() int, make func() fyne.CanvasObject, show func(i int, o fyne.CanvasObject), chosen func(i int)) *list {
	l := &list{escape: w.stepBack}
	l.Length, l.CreateItem, l.UpdateItem = length, make, show
	if chosen != nil {
		l.OnSelected = func(i int) { w.jobs.guard(func() { chosen(i) }) }
	}
	l.ExtendBaseWidget(l)
	return l
}

// TypedKey implements [fyne.Focusable].
func (l *list) TypedKey(e *fyne.KeyEvent) {
	hear(e, l.escape, l.List.TypedKey)
}
