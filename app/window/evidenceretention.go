package window

import (
	"context"

	"sleutelbord/app/desk"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// dueSpans are for how many days ahead one can see what is erased.
var dueSpans = []int{0, 30, 90, 365}

// retentionPage shows what is erased next, and erases what is due.
type retentionPage struct {
	e       *evidencePage
	w       *Window
	root    *fyne.Container
	rest    fyne.CanvasObject // what is due
	span    *choice
	erase   *button
	list    *fyne.Container
	periods *prose
	turn    turn
	due     []desk.Due // within the span
	now     []desk.Due
	working bool

	bar  *paperBar // of the certificate, once something was erased
	done *button
}

func newRetentionPage(e *evidencePage) *retentionPage {
	w := e.w
	p := &retentionPage{e: e, w: w, list: container.NewStack()}
	var names []string
	for _, n := range dueSpans {
		names = append(names, w.t("evidence.span", "n", n))
	}
	names[0] = w.t("evidence.span.now")
	p.span = w.newChoice(names, 1, func(int) { p.load() })
	p.erase = w.newButton(dangerButton, "cross", w.t("evidence.erase"), p.ask)
	p.erase.enable(false)
	p.periods = newProse("", theme.SizeNameText, colorMuted, fyne.TextStyle{}, fyne.TextAlignLeading)
	p.rest = column(14,
		newCard(column(8, flush(p.periods.RichText), para(w.t("evidence.erase.do"), tonePlain, theme.SizeNameText), container.NewHBox(p.erase))),
		newCard(column(10, w.labelled("evidence.span.what", p.span), p.list)))
	p.root = container.NewStack(p.rest)
	return p
}

func (p *retentionPage) object() fyne.CanvasObject { return p.root }

// shown implements [subpage].
func (p *retentionPage) shown() {
	p.w.win.Canvas().Focus(p.span)
	p.load()
}

// load reads what is due.
func (p *retentionPage) load() {
	var due, now []desk.Due
	days := dueSpans[p.span.SelectedIndex()]
	read(p.w, &p.turn, func(ctx context.Context) (s desk.Settings, err error) {
		if s, err = p.w.desk.Settings(ctx); err != nil {
			return s, err
		}
		if now, err = p.w.desk.NextDue(ctx, 0); err != nil {
			return s, err
		}
		due, err = p.w.desk.NextDue(ctx, days)
		return s, err
	}, func(s desk.Settings) {
		p.due, p.now = due, now
		p.periods.set(p.w.t("evidence.periods", "days", s.RetentionDays, "journal", s.JournalDays))
		p.show()
	})
}

func (p *retentionPage) show() {
	w := p.w
	p.erase.enable(len(p.now) > 0 && !p.working)
	rows := column(4)
	for i, d := range p.due {
		if i == maxListed {
			rows.Add(para(w.t("evidence.due.more", "n", len(p.due)-maxListed), tonePlain, theme.SizeNameText))
			break
		}
		if i > 0 {
			rows.Add(widget.NewSeparator())
		}
		words := container.New(tight{},
			newWord(refName(d.Home)+" · "+d.Tenancy, theme.SizeNameText, theme.ColorNameForeground, true).shrinking(),
			newWord(w.t("evidence.due.ended", "day", w.words.Date(d.Ended))+" · "+w.t("evidence.due.tags", "n", d.Tags), theme.SizeNameCaptionText, colorMuted, false).shrinking())
		icon, t := "clock", tonePlain
		if i < len(p.now) {
			icon, t = "warn", toneWarn
		}
		rows.Add(container.NewBorder(nil, nil, nil, container.New(middle{}, newBadge(icon, w.t("evidence.due.day", "day", w.words.Date(d.Erased)), t)), words))
	}
	if len(p.due) == 0 {
		rows.Add(para(w.t("evidence.due.none"), tonePlain, theme.SizeNameText))
	}
	p.list.Objects = []fyne.CanvasObject{rows}
	p.root.Refresh()
}

// ask asks before what is due is erased.
func (p *retentionPage) ask() {
	w := p.w
	w.ask("cross", w.t("evidence.erase.ask", "n", len(p.now)), w.t("evidence.erase.ask.do"), w.t("request.erase.yes"), func() {
		p.working = true
		p.erase.enable(false)
		var done desk.Erased
		w.jobs.run(func(ctx context.Context) (err error) {
			done, err = w.desk.EraseDue(ctx)
			return err
		}, func(err error) {
			p.working = false
			p.load()
			if err != nil {
				w.complain(err)
				return
			}
			w.clearPapers()     // what was shown of them is erased with them
			if w.shell != nil { // the desk has not locked itself meanwhile
				w.reloadSite()
				w.shell.board.load(nil)
			}
			p.showErased(done)
		})
	})
}

// showErased says what was erased, and offers the certificate.
func (p *retentionPage) showErased(e desk.Erased) {
	w := p.w
	body, bar := w.erasedCards(e)
	p.bar = bar
	p.done = w.newButton(primaryButton, "check", w.t("button.done"), func() { p.back() }).grown()
	p.root.Objects = []fyne.CanvasObject{column(14, body, container.NewHBox(p.done))}
	p.root.Refresh()
	if p.e.front(evidenceRetention) {
		w.win.Canvas().Focus(bar.show)
	}
}

// back implements [stepping]: from the certificate to what is due.
func (p *retentionPage) back() bool {
	if p.bar == nil {
		return false
	}
	p.bar, p.done = nil, nil
	p.root.Objects = []fyne.CanvasObject{p.rest}
	p.shown()
	return true
}
