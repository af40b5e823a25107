package window

import (
	"context"
	"strconv"

	"sleutelbord/app/evidence"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// choicesPage shows what tenants chose and what became of tags, by building, as the
// interim evaluation counts it.
type choicesPage struct {
	w     *Window
	root  *fyne.Container
	turn  turn
	paper *button
	seen  evidence.Evaluation
}

func newChoicesPage(e *evidencePage) *choicesPage {
	w := e.w
	p := &choicesPage{w: w, root: container.NewStack()}
	p.paper = w.newButton(plainButton, "file", w.t("evidence.evaluation.paper"), func() { e.open(evidenceDocuments) })
	return p
}

func (p *choicesPage) object() fyne.CanvasObject { return p.root }

// shown implements [subpage].
func (p *choicesPage) shown() {
	p.w.win.Canvas().Focus(p.paper)
	p.load()
}

// load counts.
func (p *choicesPage) load() {
	read(p.w, &p.turn, func(ctx context.Context) (evidence.Evaluation, error) {
		return evidence.NewEvaluation(ctx, p.w.desk)
	}, func(e evidence.Evaluation) {
		p.seen = e
		p.show(e)
	})
}

func (p *choicesPage) show(e evidence.Evaluation) {
	w := p.w
	few := w.t("evidence.hidden", "small", e.SmallCount)
	objections := w.t("evidence.few", "small", e.SmallCount)
	if e.Objections != nil {
		objections = strconv.Itoa(*e.Objections)
	}
	p.root.Objects = []fyne.CanvasObject{column(14,
		w.section("person", w.t("evidence.choices"), "", w.countTable(e.Choices, "choice.")),
		w.section("tag", w.t("evidence.tags"), "", w.countTable(e.Tags, "evidence.tags.")),
		newCard(column(8,
			para(w.t("evidence.counts", "objections", objections, "erased", e.Erased), tonePlain, theme.SizeNameText),
			para(few, tonePlain, theme.SizeNameCaptionText), container.NewHBox(p.paper))))}
	p.root.Refresh()
}

// countTable is a table of numbers by building; a number that is hidden is a dot.
func (w *Window) countTable(c evidence.Counts, key string) fyne.CanvasObject {
	parts := make([]float32, 0, len(c.Columns)+2)
	parts = append(parts, 0.22)
	head := []fyne.CanvasObject{newWord("", theme.SizeNameCaptionText, colorMuted, false)}
	for _, name := range append(append([]string{}, c.Columns...), "") {
		text := w.t("evidence.all")
		if name != "" {
			text = w.t(key + name)
		}
		x := newWord(text, theme.SizeNameCaptionText, colorMuted, false).shrinking()
		x.align = fyne.TextAlignTrailing
		head = append(head, x)
		parts = append(parts, 0.78/float32(len(c.Columns)+1))
	}
	rows := column(4, container.New(narrow{columns{parts}}, head...))
	for i, cells := range c.Cells {
		name, bold := w.t("evidence.all"), true
		if i < len(c.Rows) {
			name, bold = c.Rows[i], false
		} else {
			rows.Add(widget.NewSeparator())
		}
		line := []fyne.CanvasObject{newWord(name, theme.SizeNameText, theme.ColorNameForeground, bold).shrinking()}
		for j, n := range cells {
			text := "·"
			if n != nil {
				text = strconv.Itoa(*n)
			}
			x := newWord(text, theme.SizeNameText, theme.ColorNameForeground, bold || j == len(cells)-1)
			x.align = fyne.TextAlignTrailing
			line = append(line, x)
		}
		rows.Add(container.New(narrow{columns{parts}}, line...))
	}
	return rows
}

// narrow is [columns] for a table that may be squeezed.
type narrow struct{ columns }

// MinSize implements [fyne.Layout].
func (n narrow) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(sized(320), n.columns.MinSize(objects).Height)
}
