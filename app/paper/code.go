package paper

import (
	"fmt"

	"golang.org/x/image/font/gofont/gomonobold"
)

// Square is a picture of black and white squares, such as a QR code, without
// the white around it.
type Square interface {
	// Modules is how many squares there are in a row.
	Modules() int
	// Black tells of one of them whether it is black, from the top left.
	Black(x, y int) bool
}

// Code writes lines of characters that people will type, large, numbered, in a
// font in which no two characters look alike, with the same as a picture beside
// it. Both are on one page.
func (d *Document) Code(lines []string, picture Square) {
	const size, step, pad, number = 17.0, 10.2, 6.0, 9.0
	side := float64(len(lines))*step + 2*pad - 7
	h := float64(len(lines))*step + 2*pad
	d.room(h + 3)
	y := d.pdf.GetY()
	d.tags.artifact(d, func() {
		d.fill(tint)
		d.pdf.RoundedRect(d.left, y, d.width, h, 2.2, "1234", "F")
		d.fill(colour{0xff, 0xff, 0xff})
		d.pdf.RoundedRect(d.left+d.width-side-3.5, y+3.5, side, side, 1.4, "1234", "F")
		d.squares(picture, d.left+d.width-side-3.5, y+3.5, side)
	})
	d.pdf.AddUTF8FontFromBytes("Code", "B", gomonobold.TTF)
	for i, text := range lines {
		top := y + pad + float64(i)*step
		d.tags.artifact(d, func() {
			d.font(d.sizes.text, true, accent)
			d.pdf.SetXY(d.left+pad, top)
			d.pdf.CellFormat(number, step, fmt.Sprint(i+1), "", 0, "L", false, 0, "")
		})
		d.tags.element("P", func() {
			d.pdf.SetFont("Code", "B", size)
			d.pdf.SetTextColor(ink.r, ink.g, ink.b)
			d.tags.content(d, func() {
				d.pdf.SetXY(d.left+pad+number, top)
				d.pdf.CellFormat(0, step, text, "", 0, "L", false, 0, "")
			})
		})
	}
	d.pdf.SetY(y + h + 3)
}

// squares draws a picture into a white square, with the four squares of white
// around it that readers want (ISO/IEC 18004, 5.3.8). Black squares of a row are one shape:
// seams between them would show on screens.
func (d *Document) squares(picture Square, left, top, side float64) {
	n := picture.Modules()
	unit := side / float64(n+8)
	d.fill(colour{0, 0, 0})
	for y := range n {
		for x := 0; x < n; x++ {
			from := x
			for x < n && picture.Black(x, y) {
				x++
			}
			if x > from {
				d.pdf.Rect(left+float64(4+from)*unit, top+float64(4+y)*unit, float64(x-from)*unit, unit*1.01, "F")
			}
		}
	}
}

// Blanks writes labels with a line behind each, to be filled in by hand.
func (d *Document) Blanks(labels ...string) {
	const gap = 6.0
	each := (d.width - gap*float64(len(labels)-1)) / float64(len(labels))
	d.font(d.sizes.small, false, muted)
	h := 3 * d.lineHeight()
	d.room(h)
	y := d.pdf.GetY() + h - d.lineHeight()
	for i, label := range labels {
		x := d.left + float64(i)*(each+gap)
		d.tags.artifact(d, func() {
			d.stroke(muted, 0.2)
			d.pdf.Line(x, y-0.6, x+each, y-0.6)
		})
		d.pdf.SetY(y)
		d.write("P", label, x, each)
	}
}
