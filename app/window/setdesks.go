package window

import (
	"context"

	"sleutelbord/app/desk"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
)

// desksPage is the sub-page of the desks that share the site.
type desksPage struct {
	stepped[stepForm]
	turn turn

	view   desk.SharedView
	known  bool
	remove map[string]*button // by the desk's id
	admit  map[string]*button // by the fingerprint

	move, goHome, again, mend *button
}

func newDesksPage(w *Window) *desksPage {
	p := &desksPage{remove: make(map[string]*button), admit: make(map[string]*button)}
	p.init(w, subDesks, p.list, p.load)
	return p
}

// load asks which desks there are, and which computers want to join.
func (p *desksPage) load() {
	read(p.w, &p.turn, p.w.desk.Shared, func(v desk.SharedView) {
		p.view, p.known = v, true
		if p.listed() {
			p.list()
		}
	})
}

// list shows how this desk stands, the desks and the requests.
func (p *desksPage) list() {
	w := p.w
	clear(p.remove)
	clear(p.admit)
	p.move, p.goHome, p.again, p.mend = nil, nil, nil, nil
	if !p.known {
		return
	}
	all := column(14)
	if note := w.custodianNote(); note != nil {
		all.Add(note)
	}
	if !p.view.Shared {
		all.Add(p.alone())
		p.put(all)
		return
	}
	if p.view.Problem != "" {
		all.Add(p.trouble())
	}
	all.Add(p.desks())
	all.Add(p.requests())
	all.Add(p.goBack())
	p.put(all)
}

// alone is the site of one desk.
func (p *desksPage) alone() fyne.CanvasObject {
	w := p.w
	p.move = w.newButton(primaryButton, "next", w.t("desks.move"), func() { p.step(newMoveForm(p)) })
	p.move.enable(w.custodian() && w.throwaway == "")
	return w.section("reader", w.t("desks.alone"), "", column(8, para(w.t("desks.alone.do"), tonePlain, theme.SizeNameText), container.NewHBox(p.move)))
}

// trouble is what keeps this desk from following the database, and what to do.
func (p *desksPage) trouble() fyne.CanvasObject {
	w := p.w
	q := w.problemWords(p.view.Problem, nil)
	p.again = w.newButton(primaryButton, "sync", w.t("desks.again"), p.load)
	buttons := container.NewHBox(p.again)
	if p.view.Problem == desk.CodeDatabaseOlder {
		p.mend = w.newButton(plainButton, "check", w.t("desks.mend"), p.askMend)
		p.mend.enable(w.custodian())
		buttons.Add(p.mend)
	}
	return w.section("warn", q.what, "", column(8, para(q.do, toneInfo, theme.SizeNameText), buttons))
}

// desks are those of the site.
func (p *desksPage) desks() fyne.CanvasObject {
	w, list, n := p.w, column(0), 0
	for _, d := range p.view.Desks {
		if len(list.Objects) > 0 {
			list.Add(rule())
		}
		if d.Removed == "" {
			n++
		}
		list.Add(p.row(d))
	}
	return w.section("reader", w.t("desks.title"), w.count("desks.count", n), list)
}

// row is one desk.
func (p *desksPage) row(d desk.ComputerView) fyne.CanvasObject {
	w := p.w
	name := container.NewHBox(newWord(d.Name, theme.SizeNameText, theme.ColorNameForeground, true))
	text := w.t("desks.since", "day", w.words.Date(d.Added))
	right := container.NewHBox()
	switch {
	case d.Here:
		name.Add(newBadge("check", w.t("desks.here"), toneGood))
	case d.Removed != "":
		name.Add(newBadge("cross", w.t("desks.gone"), tonePlain))
		text = w.t("desks.until", "day", w.words.Date(d.Removed))
	default:
		b := w.newButton(dangerButton, "cross", w.t("desks.remove"), func() { p.askRemove(d) })
		b.enable(w.custodian())
		p.remove[d.ID] = b
		right.Add(b)
	}
	words := container.New(tight{}, container.NewHBox(name, layout.NewSpacer()), newWord(text+" · "+d.ID, theme.SizeNameCaptionText, colorMuted, false).shrinking())
	return padded(8, 8, 0, 0, container.NewBorder(nil, nil, nil, right, container.New(middle{}, words)))
}

// requests are the computers that want to join.
func (p *desksPage) requests() fyne.CanvasObject {
	w := p.w
	list := column(10, para(w.t("desks.requests.do"), tonePlain, theme.SizeNameText))
	for _, print := range p.view.Requests {
		b := w.newButton(primaryButton, "check", w.t("desks.admit"), func() { p.step(newAdmitForm(p, print)) })
		b.enable(w.custodian())
		p.admit[print] = b
		list.Add(container.NewBorder(nil, nil, nil, container.New(middle{}, b), newCode(print)))
	}
	if len(p.view.Requests) == 0 {
		p.again = w.newButton(plainButton, "sync", w.t("desks.look"), p.load)
		list.Add(container.NewHBox(p.again))
	}
	return w.section("plus", w.t("desks.requests"), "", list)
}

// goBack offers to make this desk the only one again.
func (p *desksPage) goBack() fyne.CanvasObject {
	w := p.w
	p.goHome = w.newButton(plainButton, "back", w.t("desks.back"), func() { p.step(newBackForm(p)) })
	p.goHome.enable(w.custodian())
	return w.section("home", w.t("desks.back.title"), "", column(8, para(w.t("desks.back.do"), tonePlain, theme.SizeNameText), container.NewHBox(p.goHome)))
}

// askRemove asks whether a desk shall be taken out.
func (p *desksPage) askRemove(d desk.ComputerView) {
	w := p.w
	what := w.t("desks.remove.ask", "name", d.Name)
	w.ask("cross", what, w.t("desks.remove.do"), w.t("desks.remove.yes"), func() {
		w.askConsent(what, func(ctx context.Context, a desk.Approval) error { return w.desk.RemoveDesk(ctx, d.ID, a) }, func(ok bool) {
			if ok {
				p.load()
				w.tell(toneGood, "done", w.t("desks.removed", "name", d.Name), w.t("desks.removed.do"))
			}
		})
	})
}

// askMend asks whether what this desk knows shall go into the database.
func (p *desksPage) askMend() {
	w := p.w
	w.ask("warn", w.t("desks.mend.ask"), w.t("desks.mend.do"), w.t("desks.mend.yes"), func() {
		w.jobs.run(func(ctx context.Context) error { return w.desk.MendDatabase(ctx) }, func(err error) {
			p.load()
			if err != nil {
				w.complain(err)
				return
			}
			w.tell(toneGood, "done", w.t("desks.mended"), w.t("desks.mended.do"))
		})
	})
}

// newCode is a code that people read to each other, in large letters.
func newCode(text string) fyne.CanvasObject {
	return newSurface(colorPlainSoft, "", 10, 10, container.NewCenter(newWord(text, theme.SizeNameSubHeadingText, theme.ColorNameForeground, true)))
}
