package paper

import "strings"

// wrap breaks text into lines that fit into width millimetres in the present
// font: between words, and inside one that is longer than a line.
func (d *Document) wrap(text string, width float64) []string {
	var lines []string
	for part := range strings.SplitSeq(text, "\n") {
		line := ""
		for word := range strings.FieldsSeq(part) {
			next := word
			if line != "" {
				next = line + " " + word
			}
			if d.pdf.GetStringWidth(next) <= width {
				line = next
				continue
			}
			if line != "" {
				lines = append(lines, line)
			}
			var broken []string
			broken, line = d.breakWord(word, width)
			lines = append(lines, broken...)
		}
		lines = append(lines, line)
	}
	return lines
}

// breakWord cuts a word into whole lines and the rest.
func (d *Document) breakWord(word string, width float64) (lines []string, rest string) {
	for _, r := range word {
		if rest != "" && d.pdf.GetStringWidth(rest+string(r)) > width {
			lines = append(lines, rest)
			rest = ""
		}
		rest += string(r)
	}
	return lines, rest
}

// write puts text at x, line by line, over as many pages as it takes.
func (d *Document) write(role, text string, x, width float64) {
	h := d.lineHeight()
	d.tags.element(role, func() {
		for _, line := range d.wrap(text, width) {
			d.room(h)
			d.pdf.SetX(x)
			d.line(line, width, "L")
			d.pdf.SetY(d.pdf.GetY() + h)
		}
	})
}

// line writes one line where the pen is, as content of the open element. The
// space behind it parts it from the next line for those who copy the text.
func (d *Document) line(text string, width float64, align string) {
	x, y := d.pdf.GetXY()
	d.tags.content(d, func() { d.pdf.CellFormat(width, d.lineHeight(), text, "", 0, align, false, 0, "") })
	d.pdf.SetXY(x, y)
}

// Title writes the kicker and the title of the document, with a line of text
// below it, which may be "".
func (d *Document) Title(below string) {
	if d.meta.Kicker != "" {
		d.font(d.sizes.small, true, accent)
		d.write("P", strings.ToUpper(d.meta.Kicker), d.left, d.width)
		d.gap(0.6)
	}
	d.font(d.sizes.title, true, ink)
	d.write("H1", d.meta.Title, d.left, d.width)
	if below != "" {
		d.gap(0.8)
		d.font(d.sizes.text, false, muted)
		d.write("P", below, d.left, d.width)
	}
	d.gap(3)
}

// Heading begins a part of the document.
func (d *Document) Heading(text string) {
	d.room(22)
	d.gap(3)
	d.font(d.sizes.heading, true, accent)
	d.write("H2", text, d.left, d.width)
	d.gap(1.2)
}

// SmallHeading begins a part of a part.
func (d *Document) SmallHeading(text string) {
	d.room(16)
	d.gap(1.6)
	d.font(d.sizes.smallHeading, true, ink)
	d.write("H3", text, d.left, d.width)
	d.gap(0.6)
}

// Text writes a paragraph.
func (d *Document) Text(text string) {
	d.font(d.sizes.text, false, ink)
	d.write("P", text, d.left, d.width)
	d.gap(1.6)
}

// Small writes a paragraph in small letters.
func (d *Document) Small(text string) {
	d.font(d.sizes.small, false, muted)
	d.write("P", text, d.left, d.width)
	d.gap(1.2)
}

// List writes items with a sign before each: "•", or "1." and so on where
// numbered is true.
func (d *Document) List(numbered bool, items ...string) {
	const indent = 5.0
	d.tags.element("L", func() {
		for i, item := range items {
			sign := "•"
			if numbered {
				sign = string(rune('1'+i)) + "."
			}
			d.font(d.sizes.text, false, ink)
			h := d.lineHeight()
			lines := d.wrap(item, d.width-indent)
			d.room(min(float64(len(lines)), 3) * h)
			d.tags.element("LI", func() {
				d.font(d.sizes.text, true, accent)
				d.tags.element("Lbl", func() { d.pdf.SetX(d.left); d.line(sign, indent, "L") })
				d.font(d.sizes.text, false, ink)
				d.write("LBody", item, d.left+indent, d.width-indent)
			})
			d.gap(0.7)
		}
	})
	d.gap(1)
}
