package window

import (
	"context"

	"sleutelbord/app/desk"
	"sleutelbord/store"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
)

// peoplePage is the sub-page of who may sign in.
type peoplePage struct {
	stepped[*personForm]
	turn turn

	people []desk.OperatorView
	rows   map[string]*personRow // by sign-in name, of those who may sign in
	add    *button
}

// personRow is what can be done about somebody.
type personRow struct {
	reset, revoke *button
}

func newPeoplePage(w *Window) *peoplePage {
	p := &peoplePage{rows: make(map[string]*personRow)}
	p.init(w, subPeople, p.list, func() { p.load(func() {}) })
	return p
}

// load asks who may sign in, shows it, and calls then.
func (p *peoplePage) load(then func()) {
	read(p.w, &p.turn, p.w.desk.Operators, func(all []desk.OperatorView) {
		p.people = all
		if p.listed() {
			p.list()
		}
		then()
	})
}

// list shows who may sign in, and who once did.
func (p *peoplePage) list() {
	w := p.w
	now, once := column(0), column(6)
	clear(p.rows)
	for _, o := range p.people {
		if o.Revoked != "" {
			once.Add(para(w.t("people.once", "name", o.Name, "role", w.t("people.role."+string(o.Role)), "day", w.words.Date(o.Revoked)), tonePlain, theme.SizeNameText))
			continue
		}
		if len(now.Objects) > 0 {
			now.Add(rule())
		}
		now.Add(p.row(o))
	}
	p.add = w.newButton(primaryButton, "plus", w.t("people.add"), func() { p.step(newPersonForm(p, "")) })
	p.add.enable(w.custodian())
	body := column(10)
	if note := w.custodianNote(); note != nil {
		body.Add(note)
	}
	body.Add(now)
	body.Add(container.NewHBox(p.add))
	all := column(14, w.section("person", w.t("people.title"), w.count("people.count", len(p.rows)), body))
	if len(once.Objects) > 0 {
		all.Add(w.section("clock", w.t("people.once.title"), "", once))
	}
	p.put(all)
}

// row is one who may sign in, and what can be done.
func (p *peoplePage) row(o desk.OperatorView) fyne.CanvasObject {
	w, r := p.w, &personRow{}
	p.rows[o.Name] = r
	name := container.NewHBox(newWord(o.Name, theme.SizeNameText, theme.ColorNameForeground, true))
	if o.You {
		name.Add(newBadge("check", w.t("people.you"), toneGood))
	}
	text := w.t("people.since", "role", w.t("people.role."+string(o.Role)), "day", w.words.Date(o.Added))
	if !o.Here {
		text += " · " + w.t("people.not-here")
	}
	label, do := "people.reset", func() { p.step(newPersonForm(p, o.Name)) }
	switch {
	case o.You:
		label, do = "people.change", func() { w.shell.settings.open(subSafe) }
	case !o.Here:
		label = "people.give"
	}
	r.reset = w.newButton(plainButton, "lock", w.t(label), do)
	r.reset.enable(o.You || w.custodian())
	r.revoke = w.newButton(dangerButton, "cross", w.t("people.revoke"), func() { p.askRevoke(o) })
	r.revoke.enable(w.custodian())
	words := container.New(tight{}, container.NewHBox(name, layout.NewSpacer()), newWord(text, theme.SizeNameCaptionText, colorMuted, false).shrinking())
	return padded(8, 8, 0, 0, container.NewBorder(nil, nil, nil, line(8, r.reset, r.revoke), container.New(middle{}, words)))
}

// askRevoke asks whether somebody shall sign in no more.
func (p *peoplePage) askRevoke(o desk.OperatorView) {
	w := p.w
	more := w.t("people.revoke.do", "name", o.Name)
	if o.You {
		more = w.t("people.revoke.you")
	}
	w.ask("person", w.t("people.revoke.ask", "name", o.Name), more, w.t("people.revoke.yes"), func() {
		w.askConsent(w.t("people.revoke.ask", "name", o.Name), func(ctx context.Context, a desk.Approval) error {
			return w.desk.RevokeOperator(ctx, o.Name, a)
		}, func(ok bool) {
			switch {
			case ok && o.You:
				w.changePerson()
			case ok:
				p.load(func() { w.tell(toneGood, "done", w.t("people.revoked", "name", o.Name), w.t("people.revoked.do")) })
			}
		})
	})
}

// custodian tells whether who is signed in is a custodian, or more.
func (w *Window) custodian() bool { return w.desk.Me().Role != store.Caretaker }

// custodianNote says why much on a screen is switched off, nil if it is not.
func (w *Window) custodianNote() fyne.CanvasObject {
	if w.custodian() {
		return nil
	}
	return newSurface(colorInfoSoft, "", 10, 12, para(w.t("people.caretaker", "name", w.desk.Me().Name), toneInfo, theme.SizeNameText))
}

// rule is a thin line between two rows.
func rule() fyne.CanvasObject {
	return newSurface(colorEdge, "", 0, 0, gap(1, 1))
}
