package window

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// progress is a thin bar that says how much of something is done.
type progress struct {
	widget.BaseWidget
	part float64 // 0 to 1
}

func newProgress() *progress {
	p := &progress{}
	p.ExtendBaseWidget(p)
	return p
}

// set changes how much is done.
func (p *progress) set(part float64) {
	if part = min(max(part, 0), 1); part != p.part {
		p.part = part
		p.Refresh()
	}
}

// CreateRenderer implements [fyne.Widget].
func (p *progress) CreateRenderer() fyne.WidgetRenderer {
	r := &progressRenderer{p: p, all: canvas.NewRectangle(nil), done: canvas.NewRectangle(nil)}
	r.Refresh()
	return r
}

type progressRenderer struct {
	p         *progress
	all, done *canvas.Rectangle
}

func (r *progressRenderer) Layout(s fyne.Size) {
	r.all.Resize(s)
	r.done.Resize(fyne.NewSize(s.Width*float32(r.p.part), s.Height))
}

func (r *progressRenderer) MinSize() fyne.Size { return fyne.NewSize(sized(40), sized(6)) }

func (r *progressRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.all, r.done} }
func (r *progressRenderer) Destroy()                     {}
func (r *progressRenderer) Refresh() {
	r.all.FillColor, r.done.FillColor = paint(colorPlainSoft), paint(theme.ColorNamePrimary)
	if r.p.part >= 1 {
		r.done.FillColor = paint(theme.ColorNameSuccess)
	}
	r.all.CornerRadius, r.done.CornerRadius = sized(3), sized(3)
	r.Layout(r.p.Size())
	r.all.Refresh()
	r.done.Refresh()
}
