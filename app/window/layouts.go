package window

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
)

// gap is empty space of a height and width.
func gap(width, height float32) fyne.CanvasObject {
	r := canvas.NewRectangle(color.Transparent)
	r.SetMinSize(fyne.NewSize(sized(width), sized(height)))
	return r
}

// column stacks objects with a space between.
func column(space float32, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(stacked{space}, objects...)
}

// stacked is the layout of a [column]. Each object is given its width before
// it is asked for its height, as the height of text that wraps depends on it.
type stacked struct{ space float32 }

// Layout implements [fyne.Layout].
func (s stacked) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	y := float32(0)
	for _, o := range objects {
		if !o.Visible() {
			continue
		}
		o.Resize(fyne.NewSize(size.Width, o.MinSize().Height))
		h := o.MinSize().Height
		o.Resize(fyne.NewSize(size.Width, h))
		o.Move(fyne.NewPos(0, y))
		y += h + sized(s.space)
	}
}

// MinSize implements [fyne.Layout].
func (s stacked) MinSize(objects []fyne.CanvasObject) (m fyne.Size) {
	for _, o := range objects {
		if !o.Visible() {
			continue
		}
		if m.Height > 0 {
			m.Height += sized(s.space)
		}
		child := o.MinSize()
		m.Width = max(m.Width, child.Width)
		m.Height += child.Height
	}
	return m
}

// beneath puts the last object at the bottom, at its own height, and gives the
// rest to the first, with nothing between.
type beneath struct{}

// Layout implements [fyne.Layout].
func (beneath) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	h := objects[1].MinSize().Height
	objects[0].Resize(fyne.NewSize(size.Width, size.Height-h))
	objects[0].Move(fyne.Position{})
	objects[1].Resize(fyne.NewSize(size.Width, h))
	objects[1].Move(fyne.NewPos(0, size.Height-h))
}

// MinSize implements [fyne.Layout].
func (beneath) MinSize(objects []fyne.CanvasObject) fyne.Size {
	a, b := objects[0].MinSize(), objects[1].MinSize()
	return fyne.NewSize(max(a.Width, b.Width), a.Height+b.Height)
}

// atLeft puts the first object at the left, at its own width, and gives the
// rest to the second, with nothing between.
type atLeft struct{}

// Layout implements [fyne.Layout].
func (atLeft) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	w := objects[0].MinSize().Width
	objects[0].Resize(fyne.NewSize(w, size.Height))
	objects[0].Move(fyne.Position{})
	objects[1].Resize(fyne.NewSize(size.Width-w, size.Height))
	objects[1].Move(fyne.NewPos(w, 0))
}

// MinSize implements [fyne.Layout].
func (atLeft) MinSize(objects []fyne.CanvasObject) fyne.Size {
	a, b := objects[0].MinSize(), objects[1].MinSize()
	return fyne.NewSize(a.Width+b.Width, max(a.Height, b.Height))
}

// line lays objects side by side with a space between, each in the middle of
// the line's height.
func line(space float32, objects ...fyne.CanvasObject) *fyne.Container {
	for i, o := range objects {
		if _, spacer := o.(layout.SpacerObject); !spacer {
			objects[i] = container.New(middle{}, o)
		}
	}
	return container.New(layout.NewCustomPaddedHBoxLayout(sized(space)), objects...)
}

// middle gives an object its full width and puts it in the middle of the
// height.
type middle struct{}

// Layout implements [fyne.Layout].
func (middle) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for _, o := range objects {
		h := o.MinSize().Height
		o.Move(fyne.NewPos(0, (size.Height-h)/2))
		o.Resize(fyne.NewSize(size.Width, h))
	}
}

// MinSize implements [fyne.Layout].
func (middle) MinSize(objects []fyne.CanvasObject) (s fyne.Size) {
	for _, o := range objects {
		s = s.Max(o.MinSize())
	}
	return s
}

// padded puts space round an object.
func padded(top, bottom, left, right float32, o fyne.CanvasObject) *fyne.Container {
	return container.New(layout.NewCustomPaddedLayout(sized(top), sized(bottom), sized(left), sized(right)), o)
}

// tight stacks two lines of text without a space between.
type tight struct{}

// Layout implements [fyne.Layout].
func (tight) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	y := float32(0)
	for _, o := range objects {
		if !o.Visible() {
			continue
		}
		h := o.MinSize().Height
		o.Move(fyne.NewPos(0, y))
		o.Resize(fyne.NewSize(size.Width, h))
		y += h
	}
}

// MinSize implements [fyne.Layout].
func (tight) MinSize(objects []fyne.CanvasObject) (s fyne.Size) {
	for _, o := range objects {
		if !o.Visible() {
			continue
		}
		m := o.MinSize()
		s.Width = max(s.Width, m.Width)
		s.Height += m.Height
	}
	return s
}

// atLeast gives an object at least a width.
type atLeast struct{ width float32 }

// Layout implements [fyne.Layout].
func (a atLeast) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	layout.NewStackLayout().Layout(objects, size)
}

// MinSize implements [fyne.Layout].
func (a atLeast) MinSize(objects []fyne.CanvasObject) fyne.Size {
	s := layout.NewStackLayout().MinSize(objects)
	s.Width = max(s.Width, sized(a.width))
	return s
}

// beside lays visible objects side by side, each in the middle of the height.
type beside struct{ space float32 }

// Layout implements [fyne.Layout].
func (b beside) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	x := float32(0)
	for _, o := range objects {
		if !o.Visible() {
			continue
		}
		m := o.MinSize()
		o.Move(fyne.NewPos(x, (size.Height-m.Height)/2))
		o.Resize(m)
		if m.Width > 0 {
			x += m.Width + sized(b.space)
		}
	}
}

// MinSize implements [fyne.Layout].
func (b beside) MinSize(objects []fyne.CanvasObject) (s fyne.Size) {
	for _, o := range objects {
		if !o.Visible() {
			continue
		}
		m := o.MinSize()
		if m.Width > 0 {
			if s.Width > 0 {
				s.Width += sized(b.space)
			}
			s.Width += m.Width
		}
		s.Height = max(s.Height, m.Height)
	}
	return s
}

// atLeastSize gives an object at least a size.
type atLeastSize struct{ size fyne.Size }

// Layout implements [fyne.Layout].
func (a atLeastSize) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for _, o := range objects {
		o.Resize(size)
		o.Move(fyne.Position{})
	}
}

// MinSize implements [fyne.Layout].
func (a atLeastSize) MinSize(objects []fyne.CanvasObject) fyne.Size {
	s := fyne.NewSize(sized(a.size.Width), sized(a.size.Height))
	for _, o := range objects {
		s = s.Max(o.MinSize())
	}
	return s
}

// atMost gives an object at most a width.
type atMost struct{ width float32 }

// Layout implements [fyne.Layout].
func (a atMost) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for _, o := range objects {
		o.Move(fyne.Position{})
		o.Resize(fyne.NewSize(min(size.Width, sized(a.width)), size.Height))
	}
}

// MinSize implements [fyne.Layout].
func (a atMost) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return layout.NewStackLayout().MinSize(objects)
}

// columns lays objects out in parts of the width.
type columns struct{ parts []float32 }

// Layout implements [fyne.Layout].
func (c columns) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	x := float32(0)
	for i, o := range objects {
		width := size.Width * c.parts[i]
		o.Move(fyne.NewPos(x, 0))
		o.Resize(fyne.NewSize(width-sized(8), size.Height))
		x += width
	}
}

// MinSize implements [fyne.Layout].
func (c columns) MinSize(objects []fyne.CanvasObject) (s fyne.Size) {
	for _, o := range objects {
		s.Height = max(s.Height, o.MinSize().Height)
	}
	s.Width = sized(560)
	return s
}

// twoColumns gives the first object two fifths of the width, between bounds,
// and the second the rest.
type twoColumns struct{}

// Layout implements [fyne.Layout].
func (twoColumns) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	left := min(max(size.Width*0.38, sized(340)), sized(470))
	objects[0].Move(fyne.NewPos(0, 0))
	objects[0].Resize(fyne.NewSize(left, size.Height))
	objects[1].Move(fyne.NewPos(left, 0))
	objects[1].Resize(fyne.NewSize(size.Width-left, size.Height))
}

// MinSize implements [fyne.Layout].
func (twoColumns) MinSize(objects []fyne.CanvasObject) fyne.Size {
	a, b := objects[0].MinSize(), objects[1].MinSize()
	return fyne.NewSize(sized(340)+min(b.Width, sized(420)), min(max(a.Height, b.Height), sized(300)))
}

// halves gives the first object a part of the width, and the second the rest,
// or what it needs at least.
type halves struct{ part float32 }

// Layout implements [fyne.Layout].
func (h halves) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	left := max(min(size.Width*h.part, size.Width-objects[1].MinSize().Width), sized(340))
	objects[0].Move(fyne.NewPos(0, 0))
	objects[0].Resize(fyne.NewSize(left, size.Height))
	objects[1].Move(fyne.NewPos(left, 0))
	objects[1].Resize(fyne.NewSize(size.Width-left, size.Height))
}

// MinSize implements [fyne.Layout].
func (h halves) MinSize(objects []fyne.CanvasObject) fyne.Size {
	a, b := objects[0].MinSize(), objects[1].MinSize()
	return fyne.NewSize(sized(340)+min(b.Width, sized(420)), min(max(a.Height, b.Height), sized(300)))
}
