package window

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// stepForm is a step of a sub-page of the settings.
type stepForm interface {
	object() fyne.CanvasObject
	focus() fyne.Focusable
}

// stepped is a sub-page of the settings that is a list, and in its place a step
// while one is open.
type stepped[F interface {
	comparable
	stepForm
}] struct {
	w    *Window
	name subName
	root *fyne.Container
	form F // the step that is open, nil for the list

	show func() // shows the list as it is known
	read func() // reads the list, and shows it
}

func (p *stepped[F]) init(w *Window, name subName, show, read func()) {
	p.w, p.name, p.root, p.show, p.read = w, name, container.NewStack(), show, read
}

func (p *stepped[F]) object() fyne.CanvasObject { return p.root }

// listed tells whether no step is open.
func (p *stepped[F]) listed() bool {
	var none F
	return p.form == none
}

// shown implements [subpage].
func (p *stepped[F]) shown() {
	if !p.listed() {
		p.w.win.Canvas().Focus(p.form.focus())
		return
	}
	p.w.win.Canvas().Focus(p.w.shell.settings.items[p.name]) // the buttons of the list are made anew when it has been read
	p.read()
}

// renew implements [renewing].
func (p *stepped[F]) renew() {
	if p.listed() {
		p.read()
	}
}

// back implements [stepping].
func (p *stepped[F]) back() bool {
	if p.listed() {
		return false
	}
	p.leave()
	return true
}

// leave goes back to the list.
func (p *stepped[F]) leave() {
	var none F
	p.form = none
	p.show()
	p.shown()
}

// step opens a step.
func (p *stepped[F]) step(f F) {
	p.form = f
	p.put(f.object())
	p.w.win.Canvas().Focus(f.focus())
}

// put shows what the sub-page holds.
func (p *stepped[F]) put(o fyne.CanvasObject) {
	p.root.Objects = []fyne.CanvasObject{o}
	p.root.Refresh()
}
