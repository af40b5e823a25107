package window

import "fyne.io/fyne/v2"

// safePage is the sub-page of what must not be lost: backups, and one's own
// passphrase.
type safePage struct {
	w    *Window
	root fyne.CanvasObject
	care *care
}

func newSafePage(w *Window) *safePage {
	p := &safePage{w: w, care: newCare(w)}
	p.root = column(14, p.care.card, p.care.passphrase)
	return p
}

func (p *safePage) object() fyne.CanvasObject { return p.root }

// shown implements [subpage].
func (p *safePage) shown() { p.w.win.Canvas().Focus(p.care.backup) }
