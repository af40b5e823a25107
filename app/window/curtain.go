package window

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// curtain is the window's content at the start: it is empty until the driver
// asks how large it must be to be shown, and is then made.
//
// Making a screen needs the fonts, and reading those, the system's among them,
// takes as long as the driver needs to begin with OpenGL. The driver does that
// in Show, before it asks for the size, so both can be done at once.
type curtain struct {
	root *fyne.Container
	make func() fyne.CanvasObject // nil once it is made, or before it may be
}

func newCurtain() *curtain {
	c := &curtain{}
	c.root = container.New(c)
	return c
}

// raise makes what is behind the curtain, if nobody has asked for it yet.
func (c *curtain) raise() {
	if c.make == nil {
		return
	}
	behind := c.make
	c.make = nil
	o := behind()
	c.root.Objects = []fyne.CanvasObject{o}
	o.Resize(c.root.Size())
}

// MinSize implements [fyne.Layout].
func (c *curtain) MinSize([]fyne.CanvasObject) (size fyne.Size) {
	c.raise()
	for _, o := range c.root.Objects {
		size = size.Max(o.MinSize())
	}
	return size
}

// Layout implements [fyne.Layout].
func (c *curtain) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for _, o := range objects {
		o.Resize(size)
	}
}
