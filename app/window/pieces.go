package window

import (
	"bytes"
	"fmt"
	"image/color"

	"sleutelbord/assets"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// paint is the colour of a name in the present theme.
func paint(name fyne.ThemeColorName) color.Color { return theme.Color(name) }

// picture is an icon of ours in a colour of the theme.
func picture(icon string, name fyne.ThemeColorName, size float32) fyne.Resource {
	r, g, b, _ := paint(name).RGBA()
	hex := fmt.Sprintf("#%02x%02x%02x", r>>8, g>>8, b>>8)
	// Fyne's painter takes the width of a line in pixels, whatever the size of
	// the picture.
	width := fmt.Sprintf(`stroke-width="%.2f"`, lineWidth*size/24*pixels())
	svg := bytes.ReplaceAll(assets.Icon(icon), []byte("currentColor"), []byte(hex))
	svg = bytes.ReplaceAll(svg, []byte(`stroke-width="1.75"`), []byte(width))
	return fyne.NewStaticResource(fmt.Sprintf("%s-%s-%g-%s.svg", icon, hex, size, width), svg)
}

// lineWidth is the width of the icons' lines, in units of which an icon has 24.
const lineWidth = 1.75

// pixels is how many pixels a unit of the window has.
func pixels() float32 {
	if all := fyne.CurrentApp().Driver().AllWindows(); len(all) > 0 && all[0].Canvas() != nil {
		return all[0].Canvas().Scale()
	}
	return 1
}

// glyph is an icon that follows the theme.
type glyph struct {
	widget.BaseWidget
	icon string
	name fyne.ThemeColorName
	size float32
}

func newGlyph(icon string, name fyne.ThemeColorName, size float32) *glyph {
	g := &glyph{icon: icon, name: name, size: size}
	g.ExtendBaseWidget(g)
	return g
}

// set changes icon and colour.
func (g *glyph) set(icon string, name fyne.ThemeColorName) {
	if g.icon == icon && g.name == name {
		return
	}
	g.icon, g.name = icon, name
	g.Refresh()
}

// CreateRenderer implements [fyne.Widget].
func (g *glyph) CreateRenderer() fyne.WidgetRenderer {
	img := canvas.NewImageFromResource(nil)
	img.FillMode = canvas.ImageFillContain
	r := &glyphRenderer{g: g, img: img}
	r.Refresh()
	return r
}

type glyphRenderer struct {
	g   *glyph
	img *canvas.Image
}

func (r *glyphRenderer) Layout(s fyne.Size)           { r.img.Resize(s) }
func (r *glyphRenderer) MinSize() fyne.Size           { return fyne.NewSquareSize(sized(r.g.size)) }
func (r *glyphRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.img} }
func (r *glyphRenderer) Destroy()                     {}
func (r *glyphRenderer) Refresh() {
	p := picture(r.g.icon, r.g.name, sized(r.g.size))
	if r.img.Resource != nil && r.img.Resource.Name() == p.Name() {
		return // reading a drawing is the dearest part of a list that scrolls
	}
	r.img.Resource = p
	r.img.Refresh()
}

// word is one line of text in a colour and size of the theme. Text that does
// not fit ends in an ellipsis if shrink is set; else it is as wide as it is.
type word struct {
	widget.BaseWidget
	text   string
	size   fyne.ThemeSizeName
	name   fyne.ThemeColorName
	bold   bool
	shrink bool
	align  fyne.TextAlign
}

func newWord(text string, size fyne.ThemeSizeName, name fyne.ThemeColorName, bold bool) *word {
	w := &word{text: text, size: size, name: name, bold: bold}
	w.ExtendBaseWidget(w)
	return w
}

// shrinking is w with an ellipsis where it does not fit.
func (w *word) shrinking() *word {
	w.shrink = true
	return w
}

// set changes the text.
func (w *word) set(text string) {
	if w.text != text {
		w.text = text
		w.Refresh()
	}
}

// paint changes text and colour.
func (w *word) paint(text string, name fyne.ThemeColorName) {
	if w.text != text || w.name != name {
		w.text, w.name = text, name
		w.Refresh()
	}
}

// CreateRenderer implements [fyne.Widget].
func (w *word) CreateRenderer() fyne.WidgetRenderer {
	r := &wordRenderer{w: w, text: canvas.NewText(w.text, paint(w.name))}
	r.Refresh()
	return r
}

type wordRenderer struct {
	w    *word
	text *canvas.Text
}

func (r *wordRenderer) Layout(s fyne.Size) {
	r.text.Resize(s)
	if !r.w.shrink {
		return
	}
	if cut := ellipsis(r.w.text, s.Width, r.text.TextSize, r.text.TextStyle); cut != r.text.Text {
		r.text.Text = cut
		r.text.Refresh()
	}
}

func (r *wordRenderer) MinSize() fyne.Size {
	full := fyne.MeasureText(r.w.text, r.text.TextSize, r.text.TextStyle)
	if r.w.shrink {
		full.Width = min(full.Width, sized(40))
	}
	return full
}

func (r *wordRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.text} }
func (r *wordRenderer) Destroy()                     {}
func (r *wordRenderer) Refresh() {
	r.text.Text = r.w.text
	r.text.Color = paint(r.w.name)
	r.text.TextSize = theme.Size(r.w.size)
	r.text.TextStyle = fyne.TextStyle{Bold: r.w.bold}
	r.text.Alignment = r.w.align
	r.Layout(r.w.Size())
	r.text.Refresh()
}

// ellipsis is text, cut so that it fits into width.
func ellipsis(text string, width, size float32, style fyne.TextStyle) string {
	if width <= 0 || fyne.MeasureText(text, size, style).Width <= width {
		return text
	}
	runes := []rune(text)
	lo, hi := 0, len(runes)
	for lo < hi {
		mid := (lo + hi + 1) / 2
		if fyne.MeasureText(string(runes[:mid])+"…", size, style).Width <= width {
			lo = mid
		} else {
			hi = mid - 1
		}
	}
	return string(runes[:lo]) + "…"
}

// surface is a rounded plane in a colour of the theme, with something on it.
type surface struct {
	widget.BaseWidget
	fill, edge fyne.ThemeColorName
	radius     float32
	pad        float32
	content    fyne.CanvasObject
	plane      *canvas.Rectangle
}

func newSurface(fill, edge fyne.ThemeColorName, radius, pad float32, content fyne.CanvasObject) *surface {
	s := &surface{fill: fill, edge: edge, radius: radius, pad: pad, content: content, plane: canvas.NewRectangle(color.Transparent)}
	s.ExtendBaseWidget(s)
	return s
}

// newCard is a white plane with an edge.
func newCard(content fyne.CanvasObject) *surface {
	return newSurface(colorCard, colorEdge, 14, 16, content)
}

// paint changes the colours.
func (s *surface) paint(fill, edge fyne.ThemeColorName) {
	if s.fill != fill || s.edge != edge {
		s.fill, s.edge = fill, edge
		s.coat()
	}
}

// coat puts the colours on the plane.
func (s *surface) coat() {
	s.plane.FillColor = paint(s.fill)
	s.plane.CornerRadius = sized(s.radius)
	s.plane.StrokeWidth = 0
	if s.edge != "" {
		s.plane.StrokeWidth = 1
		s.plane.StrokeColor = paint(s.edge)
	}
	s.plane.Refresh()
}

// CreateRenderer implements [fyne.Widget].
func (s *surface) CreateRenderer() fyne.WidgetRenderer {
	s.coat()
	return &surfaceRenderer{s}
}

type surfaceRenderer struct{ s *surface }

func (r *surfaceRenderer) Layout(size fyne.Size) {
	pad := sized(r.s.pad)
	r.s.plane.Resize(size)
	r.s.content.Move(fyne.NewPos(pad, pad))
	r.s.content.Resize(size.SubtractWidthHeight(2*pad, 2*pad))
}

func (r *surfaceRenderer) MinSize() fyne.Size {
	pad := sized(r.s.pad)
	return r.s.content.MinSize().AddWidthHeight(2*pad, 2*pad)
}

func (r *surfaceRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.s.plane, r.s.content}
}
func (r *surfaceRenderer) Destroy() {}
func (r *surfaceRenderer) Refresh() {
	r.s.coat()
	r.s.content.Refresh()
}

// newBadge is a pill with an icon and a word.
func newBadge(icon, text string, t tone) fyne.CanvasObject {
	line := container.New(layout.NewCustomPaddedHBoxLayout(sized(5)),
		container.NewCenter(newGlyph(icon, t.fore(), 15)),
		container.NewCenter(newWord(text, theme.SizeNameCaptionText, t.fore(), true)))
	pill := newSurface(t.soft(), "", 13, 0, container.New(layout.NewCustomPaddedLayout(sized(4), sized(4), sized(9), sized(11)), line))
	return pill
}

// prose is text that wraps.
type prose struct {
	*widget.RichText
	part *widget.TextSegment
}

// newProse is text that wraps, in a colour and size of the theme.
func newProse(text string, size fyne.ThemeSizeName, name fyne.ThemeColorName, style fyne.TextStyle, align fyne.TextAlign) *prose {
	part := &widget.TextSegment{Text: text, Style: widget.RichTextStyle{Alignment: align, ColorName: name, SizeName: size, TextStyle: style}}
	p := &prose{RichText: widget.NewRichText(part), part: part}
	p.Wrapping = fyne.TextWrapWord
	return p
}

// set changes the text.
func (p *prose) set(text string) {
	p.part.Text = text
	p.Refresh()
}

// para is text that wraps, flush with what stands above and below it.
// [toneInfo] is the normal colour of text.
func para(text string, t tone, size fyne.ThemeSizeName) fyne.CanvasObject {
	name := t.fore()
	if t == toneInfo {
		name = theme.ColorNameForeground
	}
	strong := size == theme.SizeNameSubHeadingText
	return flush(newProse(text, size, name, fyne.TextStyle{Bold: strong}, fyne.TextAlignLeading).RichText)
}

// centred is [para] in the middle.
func centred(text string, name fyne.ThemeColorName, size fyne.ThemeSizeName, bold bool) fyne.CanvasObject {
	return flush(newProse(text, size, name, fyne.TextStyle{Bold: bold}, fyne.TextAlignCenter).RichText)
}

// flush takes away the padding that a text has round it.
func flush(o fyne.CanvasObject) fyne.CanvasObject {
	in := theme.Size(theme.SizeNameInnerPadding)
	return container.New(layout.NewCustomPaddedLayout(-in*0.7, -in*0.7, -in, -in), o)
}

// bordered draws a line round a choice, which has none of its own.
func bordered(o fyne.CanvasObject) fyne.CanvasObject {
	return newSurface(colorClear, theme.ColorNameInputBorder, 9, 1, o)
}
