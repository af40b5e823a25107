package paper

import "errors"

var errColumns = errors.New("columns do not fit on one page")

// Fact is something with its value.
type Fact struct{ Name, Value string }

// Facts writes names and values in two columns, of which the first is share of
// the width wide. A fact without a value gets a dash.
func (d *Document) Facts(share float64, facts ...Fact) {
	d.tags.element("Table", func() {
		for _, f := range facts {
			d.fact(share, f)
		}
	})
	d.gap(1.4)
}

func (d *Document) fact(share float64, f Fact) {
	const gap = 3.0
	first := d.width * share
	if f.Value == "" {
		f.Value = "–"
	}
	d.font(d.sizes.text, false, muted)
	h := d.lineHeight()
	names := d.wrap(f.Name, first-gap)
	d.font(d.sizes.text, false, ink)
	values := d.wrap(f.Value, d.width-first)
	d.room(float64(max(len(names), len(values))) * h)
	y := d.pdf.GetY()
	end := y
	d.tags.element("TR", func() {
		d.font(d.sizes.text, false, muted)
		d.write("TH", f.Name, d.left, first-gap)
		end = d.pdf.GetY()
		if end > y {
			d.pdf.SetY(y)
		}
		d.font(d.sizes.text, false, ink)
		d.write("TD", f.Value, d.left+first, d.width-first)
	})
	d.pdf.SetY(max(end, d.pdf.GetY()) + 0.7)
}

// Column is a column of a table.
type Column struct {
	Head string
	// Share is its part of the width; all together are 1.
	Share float64
	// Right aligns it at the right, as numbers are.
	Right bool
}

// Table writes a table; its head is repeated on every page.
func (d *Document) Table(columns []Column, rows [][]string) {
	d.tags.element("Table", func() {
		d.head(columns)
		for i, cells := range rows {
			h := d.rowHeight(columns, cells)
			if d.pdf.GetY()+h > d.bottom() {
				d.addPage()
				d.head(columns)
			}
			d.row(columns, cells, h, i%2 == 1)
		}
	})
	d.gap(3)
}

// cellPad is the room round a cell's text.
const cellPad = 1.3

func (d *Document) cellLines(c Column, text string) []string {
	return d.wrap(text, d.width*c.Share-2*cellPad)
}

func (d *Document) rowHeight(columns []Column, cells []string) float64 {
	d.font(d.sizes.table, false, ink)
	lines := 1
	for i, c := range columns {
		lines = max(lines, len(d.cellLines(c, cells[i])))
	}
	return float64(lines)*d.lineHeight() + 2*cellPad
}

func (d *Document) head(columns []Column) {
	d.font(d.sizes.table, true, accent)
	lines := 1
	for _, c := range columns {
		lines = max(lines, len(d.cellLines(c, c.Head)))
	}
	h := float64(lines)*d.lineHeight() + 2*cellPad
	d.room(h + 12)
	y := d.pdf.GetY()
	d.tags.artifact(d, func() {
		d.stroke(accent, 0.4)
		d.pdf.Line(d.left, y+h, d.left+d.width, y+h)
	})
	heads := make([]string, len(columns))
	for i, c := range columns {
		heads[i] = c.Head
	}
	d.cells("TH", columns, heads, y)
	d.pdf.SetY(y + h)
}

func (d *Document) row(columns []Column, cells []string, h float64, shaded bool) {
	y := d.pdf.GetY()
	d.tags.artifact(d, func() {
		if shaded {
			d.fill(pale)
			d.pdf.Rect(d.left, y, d.width, h, "F")
		}
		d.stroke(rule, 0.1)
		d.pdf.Line(d.left, y+h, d.left+d.width, y+h)
	})
	d.font(d.sizes.table, false, ink)
	d.cells("TD", columns, cells, y)
	d.pdf.SetY(y + h)
}

// cells writes the cells of one row, whose room has been made.
func (d *Document) cells(role string, columns []Column, cells []string, y float64) {
	x := d.left
	d.tags.element("TR", func() {
		for i, c := range columns {
			align := "L"
			if c.Right {
				align = "R"
			}
			width := d.width*c.Share - 2*cellPad
			d.tags.element(role, func() {
				for n, line := range d.cellLines(c, cells[i]) {
					d.pdf.SetXY(x+cellPad, y+cellPad+float64(n)*d.lineHeight())
					d.line(line, width, align)
				}
			})
			x += d.width * c.Share
		}
	})
}
