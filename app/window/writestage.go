package window

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
)

// banner is the icon, the big words and the explanation of a phase.
func (p *writePane) banner(icon string, t tone, what, do string) *fyne.Container {
	plane, line := t.soft(), t.fore()
	if t == toneGood {
		plane, line, icon = theme.ColorNameSuccess, theme.ColorNameForegroundOnSuccess, "check"
	}
	medal := container.NewCenter(newSurface(plane, "", 56, 26, newGlyph(icon, line, 60)))
	body := column(4, medal, gap(1, 6), centred(what, theme.ColorNameForeground, sizeBig, true))
	if do != "" {
		body.Add(gap(1, 2))
		color := colorMuted
		if t == toneGood {
			color = theme.ColorNameForeground
		}
		body.Add(centred(do, color, theme.SizeNameSubHeadingText, false))
	}
	return body
}

// inRows are buttons in the middle, two beside each other.
func inRows(buttons []*button) fyne.CanvasObject {
	rows := column(8)
	for pair := range slices.Chunk(buttons, 2) {
		row := container.NewHBox(layout.NewSpacer())
		for i, b := range pair {
			if i > 0 {
				row.Add(gap(4, 1))
			}
			row.Add(b)
		}
		row.Add(layout.NewSpacer())
		rows.Add(row)
	}
	return rows
}

// put shows the stage of a phase, with its buttons below.
func (p *writePane) put(t tone, body fyne.CanvasObject, buttons ...*button) {
	edge := colorEdge
	fill := colorCard
	if t == toneGood {
		edge, fill = theme.ColorNameSuccess, colorGoodSoft
	}
	inner := container.NewVBox(layout.NewSpacer(), body)
	if len(buttons) > 0 {
		inner.Add(gap(1, 14))
		inner.Add(inRows(buttons))
	}
	p.more = nil
	if p.act.more != nil && p.phase != phaseWriting {
		p.more = p.act.more(p.phase)
		row := centredRow(8)
		for _, b := range p.more {
			row.Add(b)
		}
		inner.Add(gap(1, 14))
		inner.Add(row)
	}
	inner.Add(layout.NewSpacer())
	scroll := container.NewVScroll(inner)
	p.stage.Objects = []fyne.CanvasObject{newSurface(fill, edge, 16, 20, scroll)}
	p.stage.Refresh()
	p.focus()
}
