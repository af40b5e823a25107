package window

import (
	"context"

	"sleutelbord/app/desk"
	"sleutelbord/store"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
)

// roles that somebody can have, the one that can do less first.
var roles = []store.Role{store.Caretaker, store.Custodian}

// personForm is the step in which somebody is added, or gets a new passphrase.
type personForm struct {
	p    *peoplePage
	w    *Window
	name string // whose passphrase is set; "" adds somebody
	root fyne.CanvasObject

	first     fyne.Focusable
	who       *field
	role      *radio
	fresh     *field
	again     *field
	strength  *strengthBar
	note      *prose
	yes, back *button
	working   bool
}

func newPersonForm(p *peoplePage, name string) *personForm {
	w := p.w
	f := &personForm{p: p, w: w, name: name}
	changed := func(string) { f.check() }
	f.who = w.newField(w.t("people.name.hint"), changed)
	f.fresh, f.again = w.newSecretField("", changed), w.newSecretField("", changed)
	f.who.enter = func() { w.win.Canvas().Focus(f.fresh) }
	f.fresh.enter = func() { w.win.Canvas().Focus(f.again) }
	f.again.enter = f.store
	f.strength = newStrengthBar(w)
	f.role = w.newRadio(f.roleNames(), nil)
	f.role.choose(f.roleNames()[0])
	f.note = newProse("", theme.SizeNameText, theme.ColorNameError, fyne.TextStyle{}, fyne.TextAlignLeading)
	title, yes := w.t("people.add.title"), w.t("people.add.yes")
	if name != "" {
		title, yes = w.t("people.reset.title", "name", name), w.t("people.reset.yes")
	}
	f.yes = w.newButton(primaryButton, "check", yes, f.store)
	f.back = w.newButton(quietButton, "back", w.t("button.back"), p.leave)
	f.build(title)
	f.check()
	return f
}

func (f *personForm) object() fyne.CanvasObject { return f.root }

// focus implements [stepForm].
func (f *personForm) focus() fyne.Focusable { return f.first }

// build lays the form out.
func (f *personForm) build(title string) {
	w := f.w
	body := column(10)
	f.first = f.fresh
	if f.name == "" {
		f.first = f.who
		body.Add(w.captioned("people.name", f.who))
		body.Add(w.captioned("people.role", f.role))
		body.Add(para(w.t("people.role.do"), tonePlain, theme.SizeNameCaptionText))
	} else {
		body.Add(para(w.t("people.reset.do", "name", f.name), tonePlain, theme.SizeNameText))
	}
	body.Add(w.captioned("start.passphrase", f.fresh))
	body.Add(f.strength.object())
	body.Add(w.captioned("start.again", f.again))
	body.Add(para(w.t("people.passphrase.do"), tonePlain, theme.SizeNameCaptionText))
	body.Add(flush(f.note.RichText))
	body.Add(container.NewHBox(f.back, f.yes))
	f.root = w.section("person", title, "", body)
}

// roleNames are the roles in words.
func (f *personForm) roleNames() []string {
	var names []string
	for _, r := range roles {
		names = append(names, f.w.t("people.role."+string(r)))
	}
	return names
}

// chosen is the role that is chosen.
func (f *personForm) chosen() store.Role {
	for i, name := range f.roleNames() {
		if name == f.role.selected {
			return roles[i]
		}
	}
	return store.Caretaker
}

// subject is whose passphrase it will be.
func (f *personForm) subject() string {
	if f.name != "" {
		return f.name
	}
	return f.who.Text
}

// check enables the button when everything is there, and says what is not.
func (f *personForm) check() {
	w, who := f.w, f.subject()
	f.strength.show(f.fresh.Text, w.site.Name, who)
	wrong := who != "" && store.CheckSignIn(who) != nil
	differ := f.again.Text != f.fresh.Text
	switch {
	case wrong:
		f.note.set(w.t("people.name.wrong"))
	case differ && len(f.again.Text) >= len(f.fresh.Text):
		f.note.set(w.t("start.differ"))
	default:
		f.note.set("")
	}
	strong := w.site.Practice || desk.MeasurePassphrase(f.fresh.Text, w.site.Name, who) >= desk.StrengthFair
	f.yes.enable(who != "" && !wrong && !differ && f.fresh.Text != "" && strong && !f.working)
}

// store adds who was described, or sets the passphrase.
func (f *personForm) store() {
	if f.yes.Disabled() {
		return
	}
	w, who, role := f.w, f.subject(), f.chosen()
	fresh := []byte(f.fresh.Text)
	what, done := w.t("people.add.ask", "name", who, "role", w.t("people.role."+string(role))), "people.added"
	act := func(ctx context.Context, a desk.Approval) error {
		return w.desk.AddOperator(ctx, desk.NewOperator{Name: who, Role: role, Passphrase: fresh}, a)
	}
	if f.name != "" {
		what, done = w.t("people.reset.ask", "name", who), "people.reset.done"
		act = func(ctx context.Context, a desk.Approval) error { return w.desk.ResetPassphrase(ctx, who, fresh, a) }
	}
	f.working = true
	f.check()
	w.askConsent(what, act, func(ok bool) {
		f.working = false
		if !ok {
			f.check()
			return
		}
		f.fresh.SetText("")
		f.again.SetText("")
		if f.p.form == f {
			f.p.leave()
		}
		w.tell(toneGood, "done", w.t(done, "name", who), w.t("people.added.do"))
	}, fresh)
}
