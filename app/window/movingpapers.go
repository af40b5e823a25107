package window

import (
	"context"
	"sync/atomic"

	"sleutelbord/app/desk"
	"sleutelbord/app/evidence"
	"sleutelbord/assets"
	"sleutelbord/store"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// paperKind is what is made for a whole moving day.
type paperKind string

const (
	paperReceipts paperKind = "receipts"
	paperLabels   paperKind = "labels"
)

// movingPapers makes the receipts or the labels of a moving day, to show, to
// print and to save. What a paper was made for is not undone any more.
type movingPapers struct {
	m     *moving
	root  fyne.CanvasObject
	kind  paperKind
	again *tick // also what was printed before
	lang  *languageChoice
	bar   *paperBar
	sum   *word
	held  *prose
	done  *button
	items atomic.Pointer[[]desk.BatchItem] // that papers are made for
}

func newMovingPapers(m *moving, kind paperKind) *movingPapers {
	w := m.w
	p := &movingPapers{m: m, kind: kind}
	p.lang = w.newLanguageChoice(assets.PaperLanguages())
	p.again = w.newTick(w.t("moving.again"), func(bool) { p.count() })
	p.again.Checked = m.view.Unprinted == 0
	p.sum = newWord("", theme.SizeNameSubHeadingText, theme.ColorNameForeground, true).shrinking()
	p.held = newProse("", theme.SizeNameText, toneWarn.fore(), fyne.TextStyle{}, fyne.TextAlignLeading)
	p.held.Hide()
	p.bar = w.newPaperBar(string(kind), p.lang.lang, p.make, ".pdf")
	p.done = w.newButton(primaryButton, "check", w.t("button.done"), func() { p.back() }).grown()
	icon, what := "receipt", column(8, para(w.t("moving.receipts.do"), tonePlain, theme.SizeNameText))
	if kind == paperLabels {
		icon, what = "tag", column(8, para(w.t("moving.labels.do"), tonePlain, theme.SizeNameText), flush(p.held.RichText))
	}
	body := column(10, p.sum, p.again, w.labelled("paper.language", p.lang.choice), p.bar.object)
	p.root = w.paneFrame(icon, w.t("moving."+string(kind)), w.t("moving.title"), withDone(column(14, newCard(body), newCard(what),
		newCard(para(w.t("moving.printed.do"), tonePlain, theme.SizeNameText))), p.done))
	p.count()
	return p
}

func (p *movingPapers) object() fyne.CanvasObject { return p.root }
func (p *movingPapers) busy() bool                { return p.bar.working }
func (p *movingPapers) shown()                    { p.m.w.win.Canvas().Focus(p.bar.print) }

// back implements [pane].
func (p *movingPapers) back() bool {
	if !p.bar.working {
		p.m.load(p.m.leavePane)
	}
	return true
}

// count chooses the places of the queue that papers are made for, and says how
// many there are.
func (p *movingPapers) count() {
	all := []desk.BatchItem{}
	for _, i := range p.m.view.Queue {
		if i.State == store.BatchWritten && (p.again.Checked || !i.Printed) {
			all = append(all, i)
		}
	}
	p.items.Store(&all)
	n := len(all)
	p.sum.set(p.m.w.count("moving.papers", n))
	p.bar.hold(n == 0)
	p.bar.working = false
}

// make makes the papers, and notes for what. It runs in the background.
func (p *movingPapers) make(ctx context.Context, _, lang string) ([]byte, error) {
	w := p.m.w
	var tags []string
	var numbers []int64
	for _, i := range *p.items.Load() {
		tags, numbers = append(tags, i.Tag), append(numbers, i.Number)
	}
	var pdf []byte
	var err error
	if p.kind == paperLabels {
		var l evidence.Labels
		if l, err = evidence.NewLabels(ctx, w.desk, tags); err == nil {
			w.jobs.onMain(func() { p.sayHeld(len(l.Held)) })
			pdf, err = l.PDF(lang)
		}
	} else {
		var all evidence.Receipts
		if all, err = evidence.NewReceipts(ctx, w.desk, tags); err == nil {
			pdf, err = all.PDF(lang)
		}
	}
	if err != nil {
		return nil, err
	}
	return pdf, w.desk.PrintedBatch(ctx, numbers)
}

// sayHeld says of how many labels the text is left out.
func (p *movingPapers) sayHeld(n int) {
	if n == 0 {
		p.held.Hide()
		return
	}
	p.held.set(p.m.w.count("moving.labels.held", n))
	p.held.Show()
}
