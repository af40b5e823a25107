package window

import (
	"context"

	"sleutelbord/app/desk"
	"sleutelbord/app/evidence"
	"sleutelbord/assets"
	"sleutelbord/store"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// receiptPane makes the paper that a tenant gets with a tag, in the language that
// the tenant wants. The language is remembered for nobody.
type receiptPane struct {
	w     *Window
	tag   string // whose receipt it is
	root  fyne.CanvasObject
	lang  string
	langs map[string]*button
	bar   *paperBar
	print *button
	done  *button
	after func()
}

// hasReceipt tells whether there is a receipt for a tag: it was handed out once.
func hasReceipt(t desk.TagView) bool {
	switch t.State {
	case store.TagIssued, store.TagLost, store.TagReturned, store.TagEnded:
		return true
	}
	return false
}

// newReceiptPane makes the pane for a tag; after is what comes then.
func newReceiptPane(w *Window, t desk.TagView, after func()) *receiptPane {
	p := &receiptPane{w: w, tag: t.ID, lang: w.words.Lang(), langs: make(map[string]*button), after: after}
	p.bar = w.newPaperBar("receipt-"+t.ID, func() string { return p.lang }, func(ctx context.Context, _, lang string) ([]byte, error) {
		r, err := evidence.NewReceipt(ctx, w.desk, t.ID)
		if err != nil {
			return nil, err
		}
		return r.PDF(lang)
	}, ".pdf")
	langs := flowing(8)
	for _, l := range assets.PaperLanguages() {
		b := w.newButton(plainButton, "", assets.Words(l).T("language.name", nil), func() { p.choose(l) }).grown()
		p.langs[l] = b
		langs.Add(b)
	}
	p.print = w.newButton(primaryButton, "print", w.t("receipt.print"), p.bar.toPrinter).grown().aligned()
	p.bar.print.Hide() // the big one does the same
	p.done = w.newButton(plainButton, "check", w.t("button.done"), func() { p.back() }).grown()
	card := newCard(column(10,
		para(w.t("receipt.language"), toneInfo, theme.SizeNameSubHeadingText), langs,
		para(w.t("receipt.language.do"), tonePlain, theme.SizeNameText), gap(1, 4), p.print, p.bar.object))
	p.root = w.paneFrame("receipt", w.t("receipt.title"), w.tagTitle(t), withDone(column(14, card, newCard(para(w.t("receipt.what"), tonePlain, theme.SizeNameText))), p.done))
	p.choose(p.lang)
	return p
}

// choose takes another language for this paper.
func (p *receiptPane) choose(lang string) {
	p.lang = lang
	for l, b := range p.langs {
		icon := ""
		if l == lang {
			icon = "check"
		}
		b.say(icon, b.text)
	}
}

func (p *receiptPane) object() fyne.CanvasObject { return p.root }
func (p *receiptPane) busy() bool                { return false }
func (p *receiptPane) shown()                    { p.w.win.Canvas().Focus(p.langs[p.lang]) }

// laid implements [onReader]: the tag that was just written may lie there still.
func (p *receiptPane) laid(in desk.Inspection) bool { return in.Tag != nil && in.Tag.ID == p.tag }

// lifted implements [onReader].
func (p *receiptPane) lifted() {}

// back implements [pane].
func (p *receiptPane) back() bool {
	p.after()
	return true
}
