package window

import "fyne.io/fyne/v2"

// Keys under which the window's size is remembered. Its place is not: the
// toolkit neither tells it nor takes one, and leaves it to the system.
const (
	prefWidth  = "width"
	prefHeight = "height"
	prefFull   = "full"
)

// Sizes of a window that nobody has resized, and of the smallest that is
// believed: less is a mistake that would hide the window.
var (
	firstSize = fyne.NewSize(1280, 760)
	leastSize = fyne.NewSize(640, 400)
	mostSize  = fyne.NewSize(16_000, 16_000)
)

// rememberedSize is the size that the window had when it was closed.
func (w *Window) rememberedSize() fyne.Size {
	p := w.o.App.Preferences()
	s := fyne.NewSize(float32(p.FloatWithFallback(prefWidth, float64(firstSize.Width))), float32(p.FloatWithFallback(prefHeight, float64(firstSize.Height))))
	// Written so that what is not a number is refused, too.
	if s.Width >= leastSize.Width && s.Height >= leastSize.Height && s.Width <= mostSize.Width && s.Height <= mostSize.Height {
		return s
	}
	return firstSize
}

// rememberSize keeps the size for the next start.
func (w *Window) rememberSize() {
	p := w.o.App.Preferences()
	p.SetBool(prefFull, w.win.FullScreen())
	if w.win.FullScreen() {
		return // the size to go back to is the one from before
	}
	s := w.win.Canvas().Size()
	p.SetFloat(prefWidth, float64(s.Width))
	p.SetFloat(prefHeight, float64(s.Height))
}
