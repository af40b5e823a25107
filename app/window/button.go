package window

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// buttonKind is how loud a button is.
type buttonKind int

const (
	plainButton   buttonKind = iota
	primaryButton            // the likeliest act of a screen
	quietButton              // no plane until the pointer is over it
	dangerButton             // destroys something
	navButton                // in the navigation
	listButton               // in a list at the side
)

// button is a target of at least 40 units, with an icon, a text, and the
// shortcut that does the same. It can be reached and pressed by keyboard;
// Escape on it is passed on.
type button struct {
	widget.BaseWidget
	kind     buttonKind
	icon     string
	text     string
	shortcut string
	big      bool
	left     bool // text to the left instead of the middle
	active   bool // a button of a list whose page is shown
	marked   bool // something is to be done there
	off      bool
	tapped   func()
	escape   func()
	step     func(by int) // the arrows up and down; nil if they do nothing

	hovered, focused bool
}

var (
	_ fyne.Focusable    = (*button)(nil)
	_ desktop.Hoverable = (*button)(nil)
)

// newButton makes a button whose callbacks are guarded by w.
func (w *Window) newButton(kind buttonKind, icon, text string, tapped func()) *button {
	b := &button{kind: kind, icon: icon, text: text}
	b.tapped = func() { w.jobs.guard(tapped) }
	b.escape = w.stepBack
	b.ExtendBaseWidget(b)
	return b
}

// keyed shows the shortcut that does the same as the button.
func (b *button) keyed(shortcut string) *button {
	b.shortcut = shortcut
	return b
}

// grown makes the button big.
func (b *button) grown() *button {
	b.big = true
	return b
}

// aligned puts the text to the left.
func (b *button) aligned() *button {
	b.left = true
	return b
}

// as changes how much the button stands out: one of a screen is the primary one.
func (b *button) as(kind buttonKind) *button {
	if b.kind != kind {
		b.kind = kind
		b.Refresh()
	}
	return b
}

// enable switches the button on or off.
func (b *button) enable(on bool) {
	if b.off == on {
		b.off = !on
		b.Refresh()
	}
}

// say changes icon and text.
func (b *button) say(icon, text string) {
	if b.icon != icon || b.text != text {
		b.icon, b.text = icon, text
		b.Refresh()
	}
}

// setActive marks the button of the page that is shown.
func (b *button) setActive(on bool) {
	b.active = on
	b.Refresh()
}

// setMark marks the button of a page where something is to be done.
func (b *button) setMark(on bool) {
	if b.marked != on {
		b.marked = on
		b.Refresh()
	}
}

// Tapped implements [fyne.Tappable].
func (b *button) Tapped(*fyne.PointEvent) {
	if !b.off {
		b.tapped()
	}
}

// Disabled tells whether the button does nothing at present.
func (b *button) Disabled() bool { return b.off }

// MouseIn implements [desktop.Hoverable].
func (b *button) MouseIn(*desktop.MouseEvent) { b.hovered = true; b.Refresh() }

// MouseMoved implements [desktop.Hoverable].
func (b *button) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements [desktop.Hoverable].
func (b *button) MouseOut() { b.hovered = false; b.Refresh() }

// FocusGained implements [fyne.Focusable].
func (b *button) FocusGained() { b.focused = true; b.Refresh() }

// FocusLost implements [fyne.Focusable].
func (b *button) FocusLost() { b.focused = false; b.Refresh() }

// TypedRune implements [fyne.Focusable].
func (b *button) TypedRune(rune) {}

// TypedKey implements [fyne.Focusable].
func (b *button) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeySpace, fyne.KeyReturn, fyne.KeyEnter:
		b.Tapped(nil)
	case fyne.KeyEscape:
		b.escape()
	case fyne.KeyUp, fyne.KeyDown:
		if b.step != nil {
			b.step(map[fyne.KeyName]int{fyne.KeyUp: -1, fyne.KeyDown: 1}[e.Name])
		}
	}
}

// CreateRenderer implements [fyne.Widget].
func (b *button) CreateRenderer() fyne.WidgetRenderer {
	r := &buttonRenderer{
		b:     b,
		plane: canvas.NewRectangle(color.Transparent),
		ring:  canvas.NewRectangle(color.Transparent),
		img:   canvas.NewImageFromResource(nil),
		mark:  canvas.NewImageFromResource(nil),
		text:  canvas.NewText("", color.Black),
		hint:  canvas.NewText("", color.Black),
	}
	r.img.FillMode, r.mark.FillMode = canvas.ImageFillContain, canvas.ImageFillContain
	r.Refresh()
	return r
}

type buttonRenderer struct {
	b           *button
	plane, ring *canvas.Rectangle
	img, mark   *canvas.Image
	text, hint  *canvas.Text
}

func (r *buttonRenderer) iconSize() float32 {
	if r.b.big {
		return sized(24)
	}
	return sized(20)
}

func (r *buttonRenderer) markSize() float32 { return sized(17) }

func (r *buttonRenderer) padding() float32 {
	if r.b.kind == navButton || r.b.big {
		return sized(16)
	}
	return sized(13)
}

func (r *buttonRenderer) MinSize() fyne.Size {
	height := sized(40)
	if r.b.big {
		height = sized(54)
	}
	width := 2*r.padding() + r.contentWidth()
	if r.b.shortcut != "" {
		width += r.hint.MinSize().Width + sized(18)
	}
	return fyne.NewSize(width, height)
}

// contentWidth is the width of icon and text.
func (r *buttonRenderer) contentWidth() float32 {
	width := r.text.MinSize().Width
	if r.b.icon != "" {
		width += r.iconSize()
		if r.b.text != "" {
			width += sized(10)
		}
	}
	if r.b.marked {
		width += sized(8) + r.markSize()
	}
	return width
}

func (r *buttonRenderer) Layout(size fyne.Size) {
	r.plane.Resize(size)
	r.ring.Move(fyne.NewPos(1, 1))
	r.ring.Resize(size.SubtractWidthHeight(2, 2))
	// A layout may have no room at all; what is smaller than nothing cannot be drawn.
	r.plane.Hidden = size.Width <= 0 || size.Height <= 0
	r.ring.Hidden = size.Width <= 2 || size.Height <= 2
	x := r.padding()
	free := size.Width
	hint := r.hint.MinSize()
	if r.b.shortcut != "" {
		r.hint.Move(fyne.NewPos(size.Width-r.padding()-hint.Width, (size.Height-hint.Height)/2))
		r.hint.Resize(hint)
	}
	if !r.b.left && r.b.kind != navButton && r.b.shortcut == "" {
		x = max(x, (free-r.contentWidth())/2)
	}
	if r.b.icon != "" {
		s := r.iconSize()
		r.img.Move(fyne.NewPos(x, (size.Height-s)/2))
		r.img.Resize(fyne.NewSquareSize(s))
		x += s + sized(10)
	}
	text := r.text.MinSize()
	r.text.Move(fyne.NewPos(x, (size.Height-text.Height)/2))
	r.text.Resize(text)
	mark := r.markSize()
	r.mark.Move(fyne.NewPos(x+text.Width+sized(8), (size.Height-mark)/2))
	r.mark.Resize(fyne.NewSquareSize(mark))
}

func (r *buttonRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.plane, r.ring, r.img, r.text, r.mark, r.hint}
}

func (r *buttonRenderer) Destroy() {}

func (r *buttonRenderer) Refresh() {
	plane, fore, hint := r.colors()
	r.plane.FillColor = plane
	r.plane.CornerRadius = sized(10)
	r.plane.StrokeWidth = 0
	if r.b.kind == plainButton || r.b.kind == dangerButton {
		r.plane.StrokeWidth = 1
		r.plane.StrokeColor = paint(colorEdge)
	}
	r.ring.StrokeWidth = 0
	r.ring.CornerRadius = sized(9)
	if r.b.focused {
		r.ring.StrokeWidth = 2
		r.ring.StrokeColor = r.ringColor()
	}
	r.img.Hidden = r.b.icon == ""
	if r.b.icon != "" {
		r.img.Resource = picture(r.b.icon, fore, r.iconSize())
	}
	r.mark.Hidden = !r.b.marked
	if r.b.marked {
		r.mark.Resource = picture("warn", r.markColor(), r.markSize())
	}
	r.text.Text = r.b.text
	r.text.Color = paint(fore)
	r.text.TextStyle = fyne.TextStyle{Bold: r.b.active || r.b.kind != quietButton && r.b.kind != navButton && r.b.kind != listButton}
	r.text.TextSize = theme.Size(theme.SizeNameText)
	if r.b.big {
		r.text.TextSize = theme.Size(theme.SizeNameSubHeadingText)
	}
	r.hint.Text = r.b.shortcut
	r.hint.Color = paint(hint)
	r.hint.TextSize = theme.Size(theme.SizeNameCaptionText)
	r.Layout(r.b.Size())
	for _, o := range r.Objects() {
		o.Refresh()
	}
}

// colors are the plane, the text and the shortcut's text.
func (r *buttonRenderer) colors() (plane color.Color, fore, hint fyne.ThemeColorName) {
	b := r.b
	switch {
	case b.kind == navButton:
		return r.navColors()
	case b.kind == listButton:
		return r.listColors()
	case b.off:
		return paint(theme.ColorNameDisabledButton), theme.ColorNameDisabled, theme.ColorNameDisabled
	case b.kind == primaryButton:
		plane = paint(theme.ColorNamePrimary)
		if b.hovered {
			plane = blend(plane, paint(theme.ColorNameForegroundOnPrimary), 0.12)
		}
		return plane, theme.ColorNameForegroundOnPrimary, theme.ColorNameForegroundOnPrimary
	}
	fore, plane = theme.ColorNameForeground, paint(colorCard)
	switch b.kind {
	case dangerButton:
		fore = theme.ColorNameError
	case quietButton:
		fore, plane = theme.ColorNamePrimary, color.Transparent
	}
	if b.hovered {
		plane = blend(paint(colorCard), paint(theme.ColorNamePrimary), 0.1)
	}
	return plane, fore, colorMuted
}

func (r *buttonRenderer) navColors() (plane color.Color, fore, hint fyne.ThemeColorName) {
	switch {
	case r.b.active:
		return paint(colorNavActive), colorNavText, colorNavMuted
	case r.b.hovered:
		return paint(colorNavHover), colorNavText, colorNavMuted
	}
	return color.Transparent, colorNavMuted, colorNavMuted
}

func (r *buttonRenderer) listColors() (plane color.Color, fore, hint fyne.ThemeColorName) {
	switch {
	case r.b.active:
		return paint(colorInfoSoft), theme.ColorNamePrimary, colorMuted
	case r.b.hovered:
		return blend(paint(theme.ColorNameBackground), paint(theme.ColorNamePrimary), 0.08), theme.ColorNameForeground, colorMuted
	}
	return color.Transparent, theme.ColorNameForeground, colorMuted
}

// markColor is the colour of the mark, which is a shape of its own besides.
func (r *buttonRenderer) markColor() fyne.ThemeColorName {
	if r.b.kind == navButton {
		return colorNavText
	}
	return theme.ColorNameWarning
}

func (r *buttonRenderer) ringColor() color.Color {
	switch r.b.kind {
	case navButton:
		return paint(colorNavText)
	case primaryButton:
		return paint(colorBrassSoft)
	}
	return paint(colorRing)
}

// blend is a with a part of b, both taken as opaque.
func blend(a, b color.Color, part float32) color.Color {
	ar, ag, ab, _ := a.RGBA()
	br, bg, bb, _ := b.RGBA()
	mix := func(x, y uint32) uint8 { return uint8((float32(x)*(1-part) + float32(y)*part) / 257) }
	return color.NRGBA{R: mix(ar, br), G: mix(ag, bg), B: mix(ab, bb), A: 0xff}
}
