package paper

// Kind is how a box looks and what it is for.
type Kind int

// Kinds of boxes.
const (
	// Plain is something to notice.
	Plain Kind = iota
	// Question is a judgement that a person has to make.
	Question
)

// Box writes a heading, which may be "", and a text on a ground of their own, all
// on one page.
func (d *Document) Box(k Kind, heading, text string) {
	const pad = 3.4
	ground, edge, head := tint, accent, accent
	if k == Question {
		ground, edge, head = straw, amber, amber
	}
	inner := d.width - 2*pad - 1
	d.font(d.sizes.text, true, head)
	h := 2 * pad
	if heading != "" {
		h += float64(len(d.wrap(heading, inner)))*d.lineHeight() + 0.6
	}
	d.font(d.sizes.text, false, ink)
	h += float64(len(d.wrap(text, inner))) * d.lineHeight()
	d.room(h + 2)
	y := d.pdf.GetY()
	d.tags.artifact(d, func() {
		d.fill(ground)
		d.pdf.Rect(d.left, y, d.width, h, "F")
		d.fill(edge)
		d.pdf.Rect(d.left, y, 1, h, "F")
	})
	d.pdf.SetY(y + pad)
	if heading != "" {
		d.font(d.sizes.text, true, head)
		d.write("P", heading, d.left+pad+1, inner)
		d.gap(0.6)
	}
	d.font(d.sizes.text, false, ink)
	d.write("P", text, d.left+pad+1, inner)
	d.pdf.SetY(y + h + 2.6)
}

// Columns writes two columns beside each other, the left one share of the width
// wide; both must fit on what is left of the page. It goes on below the longer one.
func (d *Document) Columns(share float64, left, right func()) {
	const gap = 8.0
	l, w, y := d.left, d.width, d.pdf.GetY()
	page := d.pdf.PageCount()
	d.width = (w - gap) * share
	left()
	end := d.pdf.GetY()
	d.pdf.SetY(y)
	d.left, d.width = l+(w-gap)*share+gap, (w-gap)*(1-share)
	right()
	d.left, d.width = l, w
	d.pdf.SetY(max(end, d.pdf.GetY()))
	if d.pdf.PageCount() != page {
		d.pdf.SetError(errColumns)
	}
}

// Rule draws a thin line over the whole width.
func (d *Document) Rule() {
	y := d.pdf.GetY() + 1
	d.tags.artifact(d, func() {
		d.stroke(rule, 0.2)
		d.pdf.Line(d.left, y, d.left+d.width, y)
	})
	d.pdf.SetY(y + 2)
}
