package paper

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"

	"sleutelbord/assets"

	"codeberg.org/go-pdf/fpdf"
)

// Meta is what a document says of itself.
type Meta struct {
	Title string
	// Kicker stands above the title, small: what kind of paper this is.
	Kicker string
	// Lang is the language of all text, such as "nl".
	Lang string
	// Site is whose document it is; it stands at the foot of every page.
	Site string
	// Day is the day of the document; of its clock nothing is kept.
	Day time.Time
	// Foot stands at the foot of every page, in the middle.
	Foot string
	// Page is the word for a page number, with {n} and {of}.
	Page string
	// Narrow leaves less room round the text, for what must fit on one page.
	Narrow bool
}

// Sizes in millimetres.
const (
	pageWidth, pageHeight = 210.0, 297.0
	footHeight            = 16.0

	pointsPerMM = 72 / 25.4
)

// sizes of letters in points, and how far lines and blocks stand apart.
type sizes struct {
	title, heading, smallHeading, text, small, table float64
	lines, blocks                                    float64
}

var (
	normal  = sizes{21, 13, 10.5, 9.6, 8.2, 8.4, 1.42, 1}
	compact = sizes{18, 11.2, 9.6, 8.5, 7.6, 8.2, 1.36, 0.7}
)

type colour struct{ r, g, b int }

// The colours of the window, on white paper.
var (
	ink    = colour{0x17, 0x28, 0x2c}
	muted  = colour{0x52, 0x60, 0x64}
	accent = colour{0x0d, 0x62, 0x6c}
	pale   = colour{0xf5, 0xf2, 0xec}
	tint   = colour{0xe7, 0xf0, 0xf0}
	rule   = colour{0xcf, 0xc8, 0xba}
	amber  = colour{0x8f, 0x53, 0x00}
	straw  = colour{0xfb, 0xf1, 0xdf}
)

// Document is a document that is being written, from the top of its first page
// down. It is not safe for concurrent use. Its methods remember the first error,
// which [Document.Bytes] returns.
type Document struct {
	meta  Meta
	pdf   *fpdf.Fpdf
	left  float64 // of the column that is written now, in mm
	width float64
	size  float64
	bold  bool
	ink   colour
	sizes sizes
	tags  tags
	parts []int // first page of each document in the file
}

// New begins a document.
func New(m Meta) *Document {
	p := fpdf.New("P", "mm", "A4", "")
	d := &Document{meta: m, pdf: p, tags: newTags(), sizes: normal}
	side := 22.0
	if m.Narrow {
		side = 17
	}
	d.left, d.width = side, pageWidth-2*side
	p.SetMargins(side, 18, side)
	p.SetAutoPageBreak(false, 0)
	p.SetCellMargin(0)
	p.SetCatalogSort(true)
	day := time.Date(m.Day.Year(), m.Day.Month(), m.Day.Day(), 0, 0, 0, 0, time.UTC)
	p.SetCreationDate(day)
	p.SetModificationDate(day)
	p.SetTitle(m.Title, true)
	p.SetAuthor(m.Site, true)
	p.SetCreator("Sleutelbord", true)
	p.SetProducer("Sleutelbord", true)
	p.SetLang(m.Lang)
	p.AddUTF8FontFromBytes("Inter", "", assets.PaperFont(false))
	p.AddUTF8FontFromBytes("Inter", "B", assets.PaperFont(true))
	d.addPage()
	d.parts = []int{1}
	return d
}

// Part begins another document in the same file, on a page of its own, such as
// the next of many receipts. Pages are counted anew.
func (d *Document) Part(title string) {
	d.meta.Title, d.sizes = title, normal
	d.addPage()
	_, top, _, _ := d.pdf.GetMargins()
	d.pdf.SetY(top)
	d.parts = append(d.parts, d.pdf.PageCount())
}

// Bytes ends the document and gives the file.
func (d *Document) Bytes() ([]byte, error) {
	d.feet()
	if !d.tags.closed() {
		d.pdf.SetError(errors.New("an element was not closed"))
	}
	var buf bytes.Buffer
	if err := d.pdf.Output(&buf); err != nil {
		return nil, fmt.Errorf("writing the document: %w", err)
	}
	b, err := d.tags.addTo(buf.Bytes(), d.pdf.PageCount())
	if err != nil {
		return nil, fmt.Errorf("writing the document: %w", err)
	}
	return b, nil
}

// Compact makes everything from here on smaller and closer, for what must fit on
// one page.
func (d *Document) Compact() { d.sizes = compact }

// gap leaves room between blocks.
func (d *Document) gap(h float64) { d.Space(h * d.sizes.blocks) }

// Pages is how many pages there are by now.
func (d *Document) Pages() int { return d.pdf.PageCount() }

func (d *Document) addPage() {
	d.pdf.AddPage()
	d.tags.beginPage()
	if d.pdf.PageCount() > 1 {
		d.pdf.SetY(20)
	}
}

// bottom is where text must end.
func (d *Document) bottom() float64 { return pageHeight - footHeight - 4 }

// room begins a new page where h millimetres do not fit on this one.
func (d *Document) room(h float64) {
	if d.pdf.GetY()+h > d.bottom() {
		d.addPage()
	}
}

// Space leaves h millimetres free.
func (d *Document) Space(h float64) { d.pdf.SetY(d.pdf.GetY() + h) }

// feet writes the foot of every page, which is decoration.
func (d *Document) feet() {
	for i, first := range d.parts {
		after := d.pdf.PageCount() + 1
		if i+1 < len(d.parts) {
			after = d.parts[i+1]
		}
		for n := first; n < after; n++ {
			d.pdf.SetPage(n)
			d.tags.artifact(d, func() { d.foot(n-first+1, after-first) })
		}
	}
}

func (d *Document) foot(n, of int) {
	side, _, _, _ := d.pdf.GetMargins()
	width := pageWidth - 2*side
	y := pageHeight - footHeight
	d.stroke(rule, 0.2)
	d.pdf.Line(side, y, side+width, y)
	d.font(normal.small-0.8, false, muted)
	page := strings.NewReplacer("{n}", fmt.Sprint(n), "{of}", fmt.Sprint(of)).Replace(d.meta.Page)
	d.pdf.SetXY(side, y+2)
	d.pdf.CellFormat(width, 4, d.meta.Site, "", 0, "L", false, 0, "")
	d.pdf.SetXY(side, y+2)
	d.pdf.CellFormat(width, 4, d.meta.Foot, "", 0, "C", false, 0, "")
	d.pdf.SetXY(side, y+2)
	d.pdf.CellFormat(width, 4, page, "", 0, "R", false, 0, "")
}

// font chooses how the next text looks.
func (d *Document) font(size float64, bold bool, c colour) {
	style := ""
	if bold {
		style = "B"
	}
	d.pdf.SetFont("Inter", style, size)
	d.pdf.SetTextColor(c.r, c.g, c.b)
	d.size, d.bold, d.ink = size, bold, c
}

func (d *Document) stroke(c colour, width float64) {
	d.pdf.SetDrawColor(c.r, c.g, c.b)
	d.pdf.SetLineWidth(width)
}

func (d *Document) fill(c colour) { d.pdf.SetFillColor(c.r, c.g, c.b) }

// lineHeight is the distance of two lines of the present font, in mm.
func (d *Document) lineHeight() float64 { return d.size * d.sizes.lines / pointsPerMM }
