package window

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// radio is a choice among a few names, all of which are shown. One that is
// chosen stays so until another one is.
type radio struct {
	widget.BaseWidget
	names    []string
	selected string
	flat     bool // side by side
	change   func()
	lines    []*radioLine
}

// newRadio is a choice of which nothing is chosen yet; change may be nil.
func (w *Window) newRadio(names []string, change func()) *radio {
	r := &radio{names: names, change: func() {
		w.jobs.guard(func() {
			if change != nil {
				change()
			}
		})
	}}
	for i, name := range names {
		l := &radioLine{group: r, at: i, name: name, escape: w.stepBack}
		l.ExtendBaseWidget(l)
		r.lines = append(r.lines, l)
	}
	r.ExtendBaseWidget(r)
	return r
}

// choose chooses a name; one that is not among them changes nothing.
func (r *radio) choose(name string) {
	for _, l := range r.lines {
		if l.name == name && r.selected != name {
			r.selected = name
			r.Refresh()
			r.change()
			return
		}
	}
}

// CreateRenderer implements [fyne.Widget].
func (r *radio) CreateRenderer() fyne.WidgetRenderer {
	box := container.NewVBox()
	if r.flat {
		box = container.NewHBox()
	}
	for _, l := range r.lines {
		box.Add(l)
	}
	return widget.NewSimpleRenderer(box)
}

// Refresh draws the lines again.
func (r *radio) Refresh() {
	for _, l := range r.lines {
		l.Refresh()
	}
	r.BaseWidget.Refresh()
}

// radioLine is one of the names.
type radioLine struct {
	widget.BaseWidget
	group            *radio
	at               int
	name             string
	escape           func()
	hovered, focused bool
}

var (
	_ fyne.Focusable    = (*radioLine)(nil)
	_ desktop.Hoverable = (*radioLine)(nil)
)

// Tapped implements [fyne.Tappable].
func (l *radioLine) Tapped(*fyne.PointEvent) {
	if c := fyne.CurrentApp().Driver().CanvasForObject(l); c != nil {
		c.Focus(l)
	}
	l.group.choose(l.name)
}

// MouseIn implements [desktop.Hoverable].
func (l *radioLine) MouseIn(*desktop.MouseEvent) { l.hovered = true; l.Refresh() }

// MouseMoved implements [desktop.Hoverable].
func (l *radioLine) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements [desktop.Hoverable].
func (l *radioLine) MouseOut() { l.hovered = false; l.Refresh() }

// FocusGained implements [fyne.Focusable].
func (l *radioLine) FocusGained() { l.focused = true; l.Refresh() }

// FocusLost implements [fyne.Focusable].
func (l *radioLine) FocusLost() { l.focused = false; l.Refresh() }

// TypedRune implements [fyne.Focusable].
func (l *radioLine) TypedRune(r rune) {
	if r == ' ' {
		l.Tapped(nil)
	}
}

// TypedKey implements [fyne.Focusable]: the arrows go to the neighbour and
// choose it.
func (l *radioLine) TypedKey(e *fyne.KeyEvent) {
	at := l.at
	switch e.Name {
	case fyne.KeyEscape:
		l.escape()
		return
	case fyne.KeyUp, fyne.KeyLeft:
		at--
	case fyne.KeyDown, fyne.KeyRight:
		at++
	case fyne.KeyReturn, fyne.KeyEnter:
	default:
		return
	}
	if at >= 0 && at < len(l.group.lines) {
		l.group.lines[at].Tapped(nil)
	}
}

// CreateRenderer implements [fyne.Widget].
func (l *radioLine) CreateRenderer() fyne.WidgetRenderer {
	r := &radioRenderer{l: l, halo: canvas.NewCircle(color.Transparent), ring: canvas.NewCircle(color.Transparent), dot: canvas.NewCircle(color.Transparent), text: canvas.NewText(l.name, color.Black)}
	r.paint()
	return r
}

type radioRenderer struct {
	l               *radioLine
	halo, ring, dot *canvas.Circle
	text            *canvas.Text
}

func (r *radioRenderer) paint() {
	r.halo.FillColor, r.dot.FillColor = color.Transparent, color.Transparent
	r.ring.StrokeColor, r.ring.StrokeWidth = paint(colorMuted), sized(1.75)
	if r.l.group.selected == r.l.name {
		r.ring.StrokeColor, r.dot.FillColor = paint(theme.ColorNamePrimary), paint(theme.ColorNamePrimary)
	}
	switch {
	case r.l.focused:
		r.halo.FillColor = paint(theme.ColorNameFocus)
	case r.l.hovered:
		r.halo.FillColor = paint(theme.ColorNameHover)
	}
	r.text.Color, r.text.TextSize = paint(theme.ColorNameForeground), theme.Size(theme.SizeNameText)
}

func (r *radioRenderer) Layout(s fyne.Size) {
	for c, d := range map[*canvas.Circle]float32{r.halo: sized(30), r.ring: sized(18), r.dot: sized(9)} {
		c.Resize(fyne.NewSquareSize(d))
		c.Move(fyne.NewPos(sized(15)-d/2, (s.Height-d)/2))
	}
	r.text.Move(fyne.NewPos(sized(34), 0))
	r.text.Resize(s.SubtractWidthHeight(sized(34), 0))
}

func (r *radioRenderer) MinSize() fyne.Size {
	text := r.text.MinSize()
	return fyne.NewSize(text.Width+sized(44), max(text.Height, sized(34)))
}

func (r *radioRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.halo, r.ring, r.dot, r.text}
}
func (r *radioRenderer) Destroy() {}
func (r *radioRenderer) Refresh() {
	r.paint()
	for _, o := range r.Objects() {
		o.Refresh()
	}
}
