package window

import (
	"context"

	"sleutelbord/app/desk"
	"sleutelbord/app/evidence"
	"sleutelbord/assets"
	"sleutelbord/store"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
)

// correcting puts the reference right (GDPR Art. 16).
func (p *requestsPane) correcting() fyne.CanvasObject {
	w := p.w
	p.correct = w.newButton(plainButton, "check", w.t("request.correct.yes"), p.storeReference)
	p.reference = w.newField(w.t("movein.reference.hint"), func(text string) { p.correct.enable(text != p.subject.Tenancy.Reference) })
	p.reference.enter = p.storeReference
	p.reference.SetText(p.subject.Tenancy.Reference)
	p.correct.enable(false)
	return w.section("file", w.t("request.correct"), "", column(8, para(w.t("request.correct.do"), tonePlain, theme.SizeNameText),
		container.NewBorder(nil, nil, nil, container.New(middle{}, padded(0, 0, 8, 0, p.correct)), p.reference)))
}

func (p *requestsPane) storeReference() {
	if p.correct.Disabled() {
		return
	}
	p.correct.enable(false)
	reference, open := p.reference.Text, p.open
	p.act(func(ctx context.Context) error {
		_, err := p.w.desk.Correct(ctx, open, reference)
		return err
	}, func() { p.w.tell(toneGood, "done", p.w.t("request.corrected"), p.w.t("request.corrected.do")) })
}

// act changes the tenancy in the background, shows it anew, and then calls done.
// Until then there is no other.
func (p *requestsPane) act(do func(ctx context.Context) error, done func()) {
	if p.working {
		return
	}
	p.working = true
	p.w.jobs.run(do, func(err error) {
		p.working = false
		p.w.shell.board.changed(p.home)
		p.load()
		if err != nil {
			p.w.complain(err)
			return
		}
		done()
	})
}

// allOutcomes are what an objection can come to, in the order in which they are
// offered.
var allOutcomes = []store.Outcome{store.ObjectionUpheld, store.ObjectionDeclined, store.ObjectionWithdrawn}

// objecting notes an objection, or what it came to (GDPR Art. 21). Reasons are not
// asked for.
func (p *requestsPane) objecting() fyne.CanvasObject {
	w := p.w
	p.objects, p.outcomes = nil, nil
	body := column(8)
	isOpen := false
	for _, o := range p.subject.Objections {
		text := w.t("request.objection."+string(o.Outcome), "made", w.words.Date(o.Made), "decided", w.words.Date(o.Decided))
		t := tonePlain
		if o.Outcome == store.ObjectionOpen {
			isOpen, t = true, toneWarn
		}
		body.Add(para(text, t, theme.SizeNameText))
	}
	if !isOpen {
		p.objects = w.newButton(plainButton, "plus", w.t("request.object.yes"), func() { p.objection(store.ObjectionOpen) })
		body.Objects = append([]fyne.CanvasObject{para(w.t("request.object.do"), tonePlain, theme.SizeNameText)}, body.Objects...)
		body.Add(container.NewHBox(p.objects))
		return w.section("stop", w.t("request.object"), "", body)
	}
	p.outcomes = make(map[store.Outcome]*button)
	row := flowing(6)
	for _, o := range allOutcomes {
		p.outcomes[o] = w.newButton(plainButton, "", w.t("outcome."+string(o)), func() { p.objection(o) })
		row.Add(p.outcomes[o])
	}
	body.Add(para(w.t("request.object.decide"), tonePlain, theme.SizeNameText))
	body.Add(row)
	return w.section("stop", w.t("request.object"), "", body)
}

func (p *requestsPane) objection(o store.Outcome) {
	open := p.open
	p.act(func(ctx context.Context) error { return p.w.desk.Object(ctx, open, o) }, func() {})
}

// erasing forgets a tenancy that has ended (GDPR Art. 17), or says when that can be.
func (p *requestsPane) erasing() fyne.CanvasObject {
	w := p.w
	p.erase = w.newButton(dangerButton, "cross", w.t("request.erase.yes"), p.askErase)
	text := w.t("request.erase.do", "day", w.words.Date(p.subject.Erased))
	if p.subject.Tenancy.End == "" {
		p.erase.enable(false)
		text = w.t("request.erase.runs", "n", p.subject.Settings.RetentionDays)
	}
	return w.section("cross", w.t("request.erase"), "", column(8, para(text, tonePlain, theme.SizeNameText), container.NewHBox(p.erase)))
}

// askErase asks once more: what was erased does not come back.
func (p *requestsPane) askErase() {
	w := p.w
	what := w.t("request.erase.ask", "tenancy", w.tenancyName(p.subject.Tenancy))
	w.ask("cross", what, w.t("request.erase.ask.do", "n", len(p.subject.Tags)), w.t("request.erase.yes"), func() {
		p.erase.enable(false)
		open, home := p.open, p.home
		var done desk.Erased
		w.jobs.run(func(ctx context.Context) (err error) {
			done, err = w.desk.Erase(ctx, open)
			return err
		}, func(err error) {
			w.shell.board.changed(home)
			if err != nil {
				p.load()
				w.complain(err)
				return
			}
			p.open = ""
			w.clearPapers() // what was shown of it is erased with it
			if w.shell.board.pane != pane(p) {
				// Something else was begun meanwhile, and is not taken away.
				w.tell(toneGood, "done", w.t("erased.done", "n", done.Tenancies), w.t("erased.done.do", "n", done.Tags))
				return
			}
			w.shell.board.show(newErasedPane(w, done, func() { w.shell.board.show(newRequestsPane(w, home)) }))
		})
	})
}

// erasedPane says what was erased, and offers the certificate: nothing is left that
// could say whose it was.
type erasedPane struct {
	w    *Window
	root fyne.CanvasObject
	bar  *paperBar
	done *button
	then func()
}

func newErasedPane(w *Window, e desk.Erased, then func()) *erasedPane {
	p := &erasedPane{w: w, then: then}
	body, bar := w.erasedCards(e)
	p.bar = bar
	p.done = w.newButton(primaryButton, "check", w.t("button.done"), func() { p.back() }).grown()
	p.root = w.paneFrame("cross", w.t("erased.title"), "", withDone(body, p.done))
	return p
}

// erasedCards say what was erased, and offer the certificate.
func (w *Window) erasedCards(e desk.Erased) (fyne.CanvasObject, *paperBar) {
	lang := w.newLanguageChoice(assets.PaperLanguages())
	bar := w.newPaperBar(certificateName(e.Certificate), lang.lang, func(ctx context.Context, _, lang string) ([]byte, error) {
		c, err := evidence.NewCertificate(ctx, w.desk, e.Certificate)
		if err != nil {
			return nil, err
		}
		return c.PDF(lang)
	}, ".pdf")
	top := container.NewBorder(nil, nil, container.NewVBox(newSurface(toneGood.soft(), "", 26, 12, newGlyph("done", toneGood.fore(), 28))), nil,
		padded(2, 0, 14, 0, column(6, para(w.t("erased.done", "n", e.Tenancies), toneInfo, theme.SizeNameSubHeadingText),
			para(w.t("erased.done.do", "n", e.Tags), tonePlain, theme.SizeNameText))))
	card := w.section("shield", w.t("erased.certificate"), w.t("erased.number", "number", int(e.Certificate)),
		column(8, para(w.t("erased.certificate.do"), tonePlain, theme.SizeNameText), w.labelled("paper.language", lang.choice), bar.object))
	return column(14, newCard(top), card), bar
}

func (p *erasedPane) object() fyne.CanvasObject { return p.root }
func (p *erasedPane) busy() bool                { return false }
func (p *erasedPane) shown()                    { p.w.win.Canvas().Focus(p.bar.show) }

// back implements [pane].
func (p *erasedPane) back() bool {
	p.then()
	return true
}
