package window

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// marked puts an icon before what may wrap or be cut.
func marked(icon string, name fyne.ThemeColorName, size float32, o fyne.CanvasObject) fyne.CanvasObject {
	return container.NewBorder(nil, nil, container.NewVBox(newGlyph(icon, name, size)), nil, padded(0, 0, 8, 0, o))
}

// flow lays objects side by side, each at its own size, and goes on in the next
// line where the width does not take them. Like text that wraps it knows its
// height once it has a width, which a [column] gives it first.
type flow struct {
	space float32
	width float32 // that it was given last
}

// flowing lays objects out by [flow].
func flowing(space float32, objects ...fyne.CanvasObject) *fyne.Container {
	f := &fyne.Container{Layout: &flow{space: space}, Objects: objects}
	f.Refresh()
	return f
}

// Layout implements [fyne.Layout].
func (f *flow) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	f.width = size.Width
	f.place(objects, func(o fyne.CanvasObject, at fyne.Position, size fyne.Size) {
		o.Move(at)
		o.Resize(size)
	})
}

// MinSize implements [fyne.Layout].
func (f *flow) MinSize(objects []fyne.CanvasObject) (s fyne.Size) {
	f.place(objects, func(_ fyne.CanvasObject, at fyne.Position, size fyne.Size) {
		s.Width = max(s.Width, size.Width)
		s.Height = max(s.Height, at.Y+size.Height)
	})
	return s
}

// place tells where each visible object belongs. Objects of one line have the
// height of the highest.
func (f *flow) place(objects []fyne.CanvasObject, put func(fyne.CanvasObject, fyne.Position, fyne.Size)) {
	space := sized(f.space)
	var line []fyne.CanvasObject
	var x, y, h float32
	end := func() {
		at := fyne.NewPos(0, y)
		for _, o := range line {
			m := o.MinSize()
			put(o, at, fyne.NewSize(m.Width, h))
			at.X += m.Width + space
		}
		y += h + space
		line, x, h = nil, 0, 0
	}
	for _, o := range objects {
		if !o.Visible() {
			continue
		}
		m := o.MinSize()
		if len(line) > 0 && f.width > 0 && x+m.Width > f.width+0.5 {
			end()
		}
		line, x, h = append(line, o), x+m.Width+space, max(h, m.Height)
	}
	if len(line) > 0 {
		end()
	}
}

// pairs lays objects out two in a line, or one where a line is narrower than
// both need. Like [flow] it knows its height once it has a width.
type pairs struct {
	space, least float32
	width        float32
}

// Layout implements [fyne.Layout].
func (p *pairs) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	p.width = size.Width
	n, width := p.columns()
	y, h := float32(0), float32(0)
	for i, o := range objects {
		if i%n == 0 && i > 0 {
			y, h = y+h+sized(p.space), 0
		}
		m := o.MinSize()
		o.Move(fyne.NewPos(float32(i%n)*(width+sized(p.space)), y))
		o.Resize(fyne.NewSize(width, m.Height))
		h = max(h, m.Height)
	}
}

// columns are how many there are, and how wide.
func (p *pairs) columns() (n int, width float32) {
	if two := (p.width - sized(p.space)) / 2; two >= sized(p.least) {
		return 2, two
	}
	return 1, p.width
}

// MinSize implements [fyne.Layout].
func (p *pairs) MinSize(objects []fyne.CanvasObject) (s fyne.Size) {
	n, _ := p.columns()
	h := float32(0)
	for i, o := range objects {
		m := o.MinSize()
		s.Width = max(s.Width, m.Width)
		if h = max(h, m.Height); i%n == n-1 || i == len(objects)-1 {
			if s.Height > 0 {
				s.Height += sized(p.space)
			}
			s.Height, h = s.Height+h, 0
		}
	}
	return s
}
