package window

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// marked puts an icon before what may wrap or be cut.
func marked(icon string, name fyne.ThemeColorName, size float32, o fyne.CanvasObject) fyne.CanvasObject {
	return container.NewBorder(nil, nil, container.NewVBox(newGlyph(icon, name, size)), nil, padded(0, 0, 8, 0, o))
}

// flow lays objects side by side, each as wide as it needs, and goes on in the next
// line where the width does not take them. Objects of one line have the height of
// the highest. Like text that wraps it knows its height once it has a width, which a
// [column] gives it first; until then it asks for a line for each.
type flow struct {
	space   float32
	centred bool    // lines stand in the middle
	width   float32 // that it was given last
}

// flowing lays objects out by [flow].
func flowing(space float32, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(&flow{space: space}, objects...)
}

// centredRow is [flowing] with its lines in the middle.
func centredRow(space float32, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(&flow{space: space, centred: true}, objects...)
}

// flowLine is a line of a [flow].
type flowLine struct {
	objects []fyne.CanvasObject
	size    fyne.Size
}

// lines are the visible objects in lines that fit into the width.
func (f *flow) lines(objects []fyne.CanvasObject) (all []flowLine) {
	for _, o := range objects {
		if !o.Visible() {
			continue
		}
		m := o.MinSize()
		if n := len(all); n > 0 && all[n-1].size.Width+sized(f.space)+m.Width <= f.width+0.5 {
			l := &all[n-1]
			l.objects = append(l.objects, o)
			l.size = fyne.NewSize(l.size.Width+sized(f.space)+m.Width, max(l.size.Height, m.Height))
		} else {
			all = append(all, flowLine{[]fyne.CanvasObject{o}, m})
		}
	}
	return all
}

// Layout implements [fyne.Layout].
func (f *flow) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	f.width = size.Width
	y := float32(0)
	for _, l := range f.lines(objects) {
		x := float32(0)
		if f.centred {
			x = max(0, (size.Width-l.size.Width)/2)
		}
		for _, o := range l.objects {
			w := o.MinSize().Width
			o.Move(fyne.NewPos(x, y))
			o.Resize(fyne.NewSize(w, l.size.Height))
			x += w + sized(f.space)
		}
		y += l.size.Height + sized(f.space)
	}
}

// MinSize implements [fyne.Layout].
func (f *flow) MinSize(objects []fyne.CanvasObject) (s fyne.Size) {
	for i, l := range f.lines(objects) {
		if i > 0 {
			s.Height += sized(f.space)
		}
		s.Height += l.size.Height
		for _, o := range l.objects {
			s.Width = max(s.Width, o.MinSize().Width)
		}
	}
	return s
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
