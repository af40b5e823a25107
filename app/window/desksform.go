package window

import (
	"context"

	"sleutelbord/app/desk"
	"sleutelbord/store"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
)

// moveForm moves the site to a shared database.
type moveForm struct {
	p                      *desksPage
	root                   fyne.CanvasObject
	file, name, passphrase *field
	yes                    *button
}

func newMoveForm(p *desksPage) *moveForm {
	f := &moveForm{p: p}
	w := p.w
	changed := func(string) { f.check() }
	f.file = w.newField(w.t("desks.settings.hint"), changed)
	f.name = w.newField(w.t("desks.name.hint"), changed)
	f.passphrase = w.newSecretField("", changed)
	f.file.enter = func() { w.win.Canvas().Focus(f.name) }
	f.name.enter = func() { w.win.Canvas().Focus(f.passphrase) }
	f.passphrase.enter = f.store
	f.yes = w.newButton(primaryButton, "check", w.t("desks.move.yes"), f.store)
	f.root = w.section("reader", w.t("desks.move.title"), "", column(10, para(w.t("desks.move.do"), tonePlain, theme.SizeNameText),
		w.captioned("desks.settings", w.withChooser(f.file, nil)), w.captioned("desks.name", f.name), w.captioned("desks.own", f.passphrase),
		container.NewHBox(w.newButton(quietButton, "back", w.t("button.back"), p.leave), f.yes)))
	f.check()
	return f
}

func (f *moveForm) object() fyne.CanvasObject { return f.root }
func (f *moveForm) focus() fyne.Focusable     { return f.file }

func (f *moveForm) check() {
	f.yes.enable(f.file.Text != "" && f.name.Text != "" && f.passphrase.Text != "")
}

// store moves the site, while its records are closed.
func (f *moveForm) store() {
	if f.yes.Disabled() {
		return
	}
	w, file, name := f.p.w, f.file.Text, f.name.Text
	w.whileClosed([]byte(f.passphrase.Text), func(ctx context.Context, o desk.Options) error {
		settings, err := desk.ReadConnection(file)
		if err != nil {
			return err
		}
		return desk.MoveToDatabase(ctx, o, settings, name)
	}, func() { w.tell(toneGood, "done", w.t("desks.moved"), w.t("desks.moved.do")) })
	f.passphrase.SetText("")
}

// backForm makes this desk the only one again.
type backForm struct {
	p          *desksPage
	root       fyne.CanvasObject
	passphrase *field
	yes        *button
}

func newBackForm(p *desksPage) *backForm {
	f := &backForm{p: p}
	w := p.w
	f.passphrase = w.newSecretField("", func(s string) { f.yes.enable(s != "") })
	f.passphrase.enter = f.store
	f.yes = w.newButton(dangerButton, "check", w.t("desks.back.yes"), f.store)
	f.yes.enable(false)
	f.root = w.section("home", w.t("desks.back.title"), "", column(10, para(w.t("desks.back.do"), tonePlain, theme.SizeNameText),
		para(w.t("desks.back.warn"), toneWarn, theme.SizeNameText), w.captioned("desks.own", f.passphrase),
		container.NewHBox(w.newButton(quietButton, "back", w.t("button.back"), p.leave), f.yes)))
	return f
}

func (f *backForm) object() fyne.CanvasObject { return f.root }
func (f *backForm) focus() fyne.Focusable     { return f.passphrase }

func (f *backForm) store() {
	if f.yes.Disabled() {
		return
	}
	w := f.p.w
	w.whileClosed([]byte(f.passphrase.Text), desk.MoveFromDatabase, func() { w.tell(toneGood, "done", w.t("desks.back.done"), w.t("desks.back.done.do")) })
	f.passphrase.SetText("")
}

// admitForm admits a computer that wants to join.
type admitForm struct {
	p     *desksPage
	print string
	root  *fyne.Container
	name  *field
	who   *choice
	same  *tick
	yes   *button
	done  *button // after it: back to the list
	code  string

	working bool
}

func newAdmitForm(p *desksPage, print string) *admitForm {
	f := &admitForm{p: p, print: print, root: container.NewStack()}
	w := p.w
	f.name = w.newField(w.t("desks.name.hint"), func(string) { f.check() })
	f.same = w.newTick(w.t("desks.admit.same"), func(bool) { f.check() })
	me := w.desk.Me().Name
	f.who = w.newChoice([]string{me}, 0, func(int) {})
	f.yes = w.newButton(primaryButton, "check", w.t("desks.admit.yes"), f.store)
	f.root.Objects = []fyne.CanvasObject{w.section("plus", w.t("desks.admit.title"), "", column(10,
		para(w.t("desks.admit.do"), tonePlain, theme.SizeNameText), newCode(print), f.same,
		w.captioned("desks.admit.name", f.name), w.captioned("desks.admit.who", bordered(f.who)),
		container.NewHBox(w.newButton(quietButton, "back", w.t("button.back"), p.leave), f.yes)))}
	f.check()
	f.loadNames(me)
	return f
}

func (f *admitForm) object() fyne.CanvasObject { return f.root }
func (f *admitForm) focus() fyne.Focusable {
	if f.done != nil {
		return f.done
	}
	return f.same
}

// loadNames offers everybody who can sign in as the first at the new desk.
func (f *admitForm) loadNames(me string) {
	var all []desk.OperatorView
	f.p.w.jobs.run(func(ctx context.Context) (err error) {
		all, err = f.p.w.desk.Operators(ctx)
		return err
	}, func(err error) {
		if err != nil {
			f.p.w.complain(err)
			return
		}
		var names []string
		for _, o := range all {
			if o.Revoked == "" {
				names = append(names, o.Name)
			}
		}
		f.who.SetOptions(names)
		f.who.SetSelected(me)
	})
}

func (f *admitForm) check() { f.yes.enable(f.same.Checked && f.name.Text != "" && !f.working) }

// store admits the computer, and shows the code for it.
func (f *admitForm) store() {
	if f.yes.Disabled() {
		return
	}
	w := f.p.w
	a := store.Admission{Fingerprint: f.print, Name: f.name.Text, Operator: f.who.Selected}
	f.working = true
	f.check()
	w.askConsent(w.t("desks.admit.ask", "name", a.Name), func(ctx context.Context, second desk.Approval) (err error) {
		f.code, err = w.desk.AdmitDesk(ctx, a, second)
		return err
	}, func(ok bool) {
		f.working = false
		f.check()
		if ok {
			f.showCode(a)
		}
	})
}

// showCode shows what has to be typed at the new computer, also where the form was
// left meanwhile: the code is told nowhere else.
func (f *admitForm) showCode(a store.Admission) {
	w := f.p.w
	f.done = w.newButton(primaryButton, "check", w.t("desks.code.done"), f.p.leave)
	f.root.Objects = []fyne.CanvasObject{w.section("done", w.t("desks.admitted", "name", a.Name), "", column(12,
		para(w.t("desks.code.do"), toneInfo, theme.SizeNameText), newCode(f.code),
		para(w.t("desks.code.who", "name", a.Operator), tonePlain, theme.SizeNameText), container.NewHBox(f.done)))}
	f.root.Refresh()
	f.p.form = f
	f.p.put(f.root)
	if w.shell.settings.front(subDesks) {
		w.win.Canvas().Focus(f.done)
	}
}
