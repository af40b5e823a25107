package paper

// Label is what stands on a small sticker: a name, and a line below it, which
// may be "".
type Label struct{ Name, Below string }

// Sheets of labels, in millimetres: 5 columns and 13 rows of 38.1 by 21.2, as
// they are sold for office printers. Whoever has plain paper cuts along the lines.
const (
	labelWidth, labelHeight = 38.1, 21.2
	labelLeft, labelTop     = 4.75, 10.7
	labelColumns, labelRows = 5, 13
	labelStep               = labelWidth + 2.5
)

// Labels makes sheets of labels, row by row. Nothing else stands on them.
func Labels(m Meta, labels []Label) ([]byte, error) {
	d := New(m)
	for i, l := range labels {
		place := i % (labelColumns * labelRows)
		if i > 0 && place == 0 {
			d.addPage()
		}
		d.label(l, labelLeft+float64(place%labelColumns)*labelStep, labelTop+float64(place/labelColumns)*labelHeight)
	}
	d.parts = nil // no feet: they would lie on labels
	return d.Bytes()
}

// label writes one label, and the corners at which it is cut.
func (d *Document) label(l Label, x, y float64) {
	d.tags.artifact(d, func() {
		d.stroke(rule, 0.1)
		d.pdf.Rect(x, y, labelWidth, labelHeight, "D")
	})
	const side = 3.0
	d.font(15, true, ink)
	top := y + (labelHeight-d.lineHeight())/2
	var below []string
	if l.Below != "" {
		d.font(8, false, ink)
		below = d.wrap(l.Below, labelWidth-2*side)
		below = below[:min(len(below), 2)]
		top = y + 2.4
	}
	d.font(15, true, ink)
	d.tags.element("P", func() {
		d.pdf.SetXY(x+side, top)
		d.line(l.Name, labelWidth-2*side, "C")
	})
	d.pdf.SetY(top + d.lineHeight())
	d.font(8, false, ink)
	for _, text := range below {
		at := d.pdf.GetY()
		d.tags.element("P", func() {
			d.pdf.SetXY(x+side, at)
			d.line(text, labelWidth-2*side, "C")
		})
		d.pdf.SetY(at + d.lineHeight())
	}
}
