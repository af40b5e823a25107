package window

import (
	"context"

	"sleutelbord/app/desk"
	"sleutelbord/app/evidence"
	"sleutelbord/assets"
	"sleutelbord/store"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
)

// requestsPane is what a tenant can ask for: papers about a tenancy, and what the
// law gives everybody: to see, to correct, to object, to be forgotten.
type requestsPane struct {
	w       *Window
	home    string
	root    *fyne.Container
	scroll  *container.Scroll
	turn    turn
	list    []desk.TenancyView // of the home, newest first
	open    string             // the tenancy that is shown
	subject evidence.Subject

	which     *choice
	lang      *languageChoice
	receipts  map[string]*button // by tag
	answer    *paperBar
	reference *field
	correct   *button
	objects   *button // begins an objection
	outcomes  map[store.Outcome]*button
	erase     *button
	working   bool
}

// requests shows what can be asked for about the tenancies of a home.
func (w *Window) requests(home string) {
	if w.mayBegin() {
		w.shell.board.show(newRequestsPane(w, home))
	}
}

func newRequestsPane(w *Window, home string) *requestsPane {
	p := &requestsPane{w: w, home: home, root: container.NewStack()}
	p.load()
	return p
}

func (p *requestsPane) object() fyne.CanvasObject { return p.root }
func (p *requestsPane) busy() bool                { return false }

// shown implements [pane].
func (p *requestsPane) shown() {
	switch {
	case p.which != nil && !p.which.Disabled():
		p.w.win.Canvas().Focus(p.which)
	case p.answer != nil:
		p.w.win.Canvas().Focus(p.answer.show)
	}
}

// back implements [pane].
func (p *requestsPane) back() bool {
	p.w.shell.board.leavePane()
	return true
}

// load reads the tenancies of the home, and everything about the one that is open:
// the one that runs, or else the last.
func (p *requestsPane) load() {
	var s evidence.Subject
	open := p.open
	read(p.w, &p.turn, func(ctx context.Context) (list []desk.TenancyView, err error) {
		if list, err = p.w.desk.Tenancies(ctx, p.home); err != nil || len(list) == 0 {
			return nil, err
		}
		if open == "" {
			open = list[len(list)-1].ID
		}
		s, err = evidence.NewSubject(ctx, p.w.desk, open)
		return list, err
	}, func(list []desk.TenancyView) {
		p.list, p.open, p.subject = list, open, s
		p.build()
	})
}

// build lays the pane out.
func (p *requestsPane) build() {
	w := p.w
	if len(p.list) == 0 {
		p.which, p.answer = nil, nil
		p.put(newCard(para(w.t("request.none"), tonePlain, theme.SizeNameText)))
		return
	}
	p.lang = w.newLanguageChoice(assets.PaperLanguages())
	p.put(column(14, p.tenancies(), p.papers(), p.everything(), p.correcting(), p.objecting(), p.erasing()))
	if w.shell.board.pane == pane(p) {
		p.shown()
	}
}

func (p *requestsPane) put(body fyne.CanvasObject) {
	was := fyne.Position{}
	if p.scroll != nil {
		was = p.scroll.Offset
	}
	p.scroll = container.NewVScroll(padded(0, 8, 0, 10, body))
	p.root.Objects = []fyne.CanvasObject{p.w.paneFrame("receipt", p.w.t("request.title"), refName(p.home), p.scroll)}
	p.root.Refresh()
	p.scroll.ScrollToOffset(was)
}

// tenancyName is a tenancy in a list: its reference and its days.
func (w *Window) tenancyName(t desk.TenancyView) string {
	name := t.ID
	if t.Reference != "" {
		name += " · " + t.Reference
	}
	if t.End == "" {
		return name + " · " + w.t("request.since", "start", w.words.Date(t.Start))
	}
	return name + " · " + w.t("request.period", "start", w.words.Date(t.Start), "end", w.words.Date(t.End))
}

// tenancies chooses among the tenancies of the home that are still known.
func (p *requestsPane) tenancies() fyne.CanvasObject {
	var names []string
	at := 0
	for i, t := range p.list {
		names = append(names, p.w.tenancyName(t))
		if t.ID == p.open {
			at = i
		}
	}
	p.which = p.w.newChoice(names, at, func(i int) {
		p.open = p.list[i].ID
		p.load()
	})
	if len(names) == 1 {
		p.which.Disable()
	}
	form := container.New(layout.NewFormLayout(),
		padded(8, 0, 0, 16, newWord(p.w.t("request.tenancy"), theme.SizeNameText, colorMuted, false)), bordered(p.which),
		padded(8, 0, 0, 16, newWord(p.w.t("paper.language"), theme.SizeNameText, colorMuted, false)), bordered(p.lang.choice))
	return newCard(form)
}

// papers are the receipts of the tenancy's tags.
func (p *requestsPane) papers() fyne.CanvasObject {
	w := p.w
	p.receipts = make(map[string]*button)
	rows := column(4, para(w.t("request.receipts.do"), tonePlain, theme.SizeNameText))
	for _, t := range p.subject.Tags {
		if !hasReceipt(t.TagView) {
			continue
		}
		name := w.t("tag.name", "ordinal", t.Ordinal)
		if t.Label != "" {
			name += " · " + t.Label
		}
		words := container.New(tight{},
			newWord(name, theme.SizeNameText, theme.ColorNameForeground, true).shrinking(),
			newWord(w.t("tag.since."+string(t.State), "date", w.words.Date(t.Since))+" · "+t.ID, theme.SizeNameCaptionText, colorMuted, false).shrinking())
		b := w.newButton(plainButton, "receipt", w.t("request.receipt"), func() {
			w.shell.board.show(newReceiptPane(w, t.TagView, func() { w.shell.board.show(p) }))
		})
		p.receipts[t.ID] = b
		rows.Add(container.NewBorder(nil, nil, nil, container.New(middle{}, b), container.New(middle{}, words)))
	}
	if len(p.receipts) == 0 {
		rows = column(4, para(w.t("request.receipts.none"), tonePlain, theme.SizeNameText))
	}
	return w.section("receipt", w.t("request.receipts"), "", rows)
}

// everything offers all that is known about the tenancy (GDPR Art. 15 and 20).
func (p *requestsPane) everything() fyne.CanvasObject {
	w, open := p.w, p.open
	p.answer = w.newPaperBar("tenancy-"+open, p.lang.lang, func(ctx context.Context, ending, lang string) ([]byte, error) {
		s, err := evidence.NewSubject(ctx, w.desk, open)
		if err != nil {
			return nil, err
		}
		if ending == ".json" {
			return s.JSON()
		}
		return s.PDF(lang)
	}, ".pdf", ".json")
	return w.section("person", w.t("request.all"), "", column(8, para(w.t("request.all.do"), tonePlain, theme.SizeNameText), p.answer.object))
}
