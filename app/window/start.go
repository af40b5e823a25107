package window

import (
	"cmp"
	"context"
	"crypto/rand"
	"os"
	"path/filepath"

	"sleutelbord/app/desk"
	"sleutelbord/store"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
)

// start is the first screen: unlock the records, make a site, or look around.
type start struct {
	w      *Window
	root   *fyne.Container
	holder *fyne.Container
	note   *prose
	busy   *busyView

	passphrase, again, name *field
	me                      *field // who makes a site
	strength                *strengthBar
	genuine                 *tick
	open, make, demo        *button
	rescue                  *rescue     // while records are brought back
	maker                   *sheetMaker // while the keys of a new site are put on paper
	forgotten, restoreFrom  *button
	look, leave             *button // to the check of tags, and back
	tagCheck                *checkView
	step                    startStep
	who                     *choice // who signs in; nil where there is one only
	only                    string  // the name that signs in where there is one only
	another                 bool    // somebody else is to sign in
	penalty                 *penalty
	join                    *joinSteps // while this computer joins a site
	joinButton              *button
	working                 bool
	first                   fyne.Focusable
}

// startStep is where the first screen stands.
type startStep string

const (
	stepUnlock  startStep = "unlock"
	stepWelcome startStep = "welcome"
	stepMake    startStep = "make"
	stepBusy    startStep = "busy" // the records are closed for a moment
	stepCheck   startStep = "check"
	stepSheets  startStep = "sheets"
)

func newStart(w *Window) *start {
	s := &start{w: w, holder: container.NewStack()}
	s.penalty = &penalty{w: w, say: s.say, free: func() { s.hold(s.working) }}
	s.note = newProse("", theme.SizeNameText, theme.ColorNameError, fyne.TextStyle{}, fyne.TextAlignLeading)
	s.busy = w.newBusyView(theme.SizeNameText)
	s.note.Hide()
	card := newSurface(colorCard, "", 22, 30, container.New(atLeast{430}, column(10, s.holder, flush(s.note.RichText), s.busy.root)))
	s.root = container.NewStack(newSurface(colorNav, "", 0, 0, container.NewWithoutLayout()), container.NewVScroll(padded(16, 16, 16, 16, container.NewCenter(container.New(atMost{500}, card)))))
	s.busy.changed = s.root.Refresh
	s.begun()
	return s
}

func (s *start) object() fyne.CanvasObject { return s.root }

// begin opens the records at once if the passphrase is known already.
func (s *start) begin() {
	if s.first != nil {
		s.w.win.Canvas().Focus(s.first)
	}
	if s.w.o.Passphrase != nil && s.step == stepUnlock {
		s.openWith(s.w.o.Passphrase)
	}
}

// back is Escape.
func (s *start) back() {
	if s.working {
		return
	}
	switch s.step {
	case stepMake, stepJoin:
		s.welcome()
	case stepCode:
		s.join.wipe()
		s.joinSite()
	case stepFile, stepBackup:
		s.begun()
	case stepShares:
		s.rescue.entry.leave(s.begun)
	case stepCheck:
		s.endCheck()
	case stepSheets:
		s.maker.away()
	}
}

// resting tells whether the first screen can be made anew without losing
// anything: nothing is under way, and it is where it began.
func (s *start) resting() bool {
	return !s.working && (s.step == stepUnlock || s.step == stepWelcome)
}

// begun is where the first screen began.
func (s *start) begun() {
	s.rescue = nil
	if s.w.desk != nil || store.Exists(s.w.o.Dir) {
		s.unlock()
	} else {
		s.welcome()
	}
}

// put shows a step.
func (s *start) put(step startStep, title, text string, first fyne.Focusable, objects ...fyne.CanvasObject) {
	s.step, s.first = step, first
	s.note.Hide()
	icon := float32(84)
	switch step { // some have much to ask
	case stepShares, stepBackup, stepSheets:
		icon = 44
	case stepWelcome:
		icon = 56
	}
	body := column(10,
		container.NewCenter(s.w.appIcon(icon)), gap(1, 2),
		container.NewCenter(newWord(title, theme.SizeNameHeadingText, theme.ColorNameForeground, true)))
	if text != "" {
		body.Add(centred(text, colorMuted, theme.SizeNameText, false))
	}
	body.Add(gap(1, 4))
	for _, o := range objects {
		body.Add(o)
	}
	s.holder.Objects = []fyne.CanvasObject{body}
	s.root.Refresh()
	if s.w.start == s { // else it is not on the window yet
		s.w.win.Canvas().Focus(first)
	}
}

// unlock asks for the passphrase.
func (s *start) unlock() {
	w := s.w
	s.passphrase = w.newSecretField(w.t("start.passphrase"), nil)
	s.passphrase.enter = s.tryOpen
	s.open = w.newButton(primaryButton, "lock", w.t("start.unlock"), s.tryOpen).grown()
	s.demo = w.newButton(quietButton, "practice", w.t("start.demo"), s.lookAround)
	s.forgotten = w.newButton(quietButton, "keys", w.t("emergency.title"), s.emergency)
	who, first := s.nameChoice()
	var objects []fyne.CanvasObject
	if who != nil {
		objects = append(objects, who)
	}
	objects = append(objects, s.passphrase, s.open)
	s.look = w.newButton(quietButton, "inspect", w.t("check.tag"), s.checkTag)
	switch {
	case w.desk != nil && s.another:
		s.put(stepUnlock, w.t("signin.another"), w.t("signin.another.do"), first, append(objects, s.look)...)
	case w.desk != nil:
		s.put(stepUnlock, w.t("idle.locked"), w.t("idle.locked.do", "name", w.desk.Me().Name), first, append(objects, s.forgotten, s.look)...)
	default:
		s.restoreFrom = w.newButton(plainButton, "shield", w.t("restore.title"), s.restore).grown()
		s.restoreFrom.Hide() // until the records are found to be damaged
		s.put(stepUnlock, w.t("app.name"), w.t("start.unlock.do"), first, append(objects, s.restoreFrom, s.forgotten, s.demo, s.look)...)
	}
}

// welcome is the very first start.
func (s *start) welcome() {
	w := s.w
	s.make = w.newButton(plainButton, "building", w.t("start.make"), s.makeSite).grown().aligned()
	s.demo = w.newButton(primaryButton, "practice", w.t("start.demo"), s.lookAround).grown().aligned()
	s.restoreFrom = w.newButton(plainButton, "shield", w.t("restore.title"), s.restore).aligned()
	s.look = w.newButton(quietButton, "inspect", w.t("check.tag"), s.checkTag)
	s.joinButton = w.newButton(plainButton, "reader", w.t("join.start"), s.joinSite).aligned()
	offer := func(b *button, do string) fyne.CanvasObject {
		return column(4, b, para(w.t(do), tonePlain, theme.SizeNameCaptionText))
	}
	s.put(stepWelcome, w.t("start.welcome"), w.t("start.welcome.do"), s.demo,
		offer(s.demo, "start.demo.do"), offer(s.make, "start.make.do"), offer(s.joinButton, "join.start.do"), offer(s.restoreFrom, "restore.title.do"), s.look)
}

// makeSite asks for what a site needs.
func (s *start) makeSite() {
	w := s.w
	changed := func(string) { s.check() }
	s.name = w.newField(w.t("start.name.hint"), changed)
	s.passphrase = w.newSecretField("", changed)
	s.again = w.newSecretField("", changed)
	s.strength = newStrengthBar(w)
	s.me = w.newField(w.t("people.name.hint"), changed)
	s.me.Text = s.firstName()
	s.name.enter = func() { w.win.Canvas().Focus(s.me) }
	s.me.enter = func() { w.win.Canvas().Focus(s.passphrase) }
	s.passphrase.enter = func() { w.win.Canvas().Focus(s.again) }
	s.again.enter = s.createSite
	s.genuine = w.newTick(w.t("start.genuine"), nil)
	s.genuine.SetChecked(true)
	s.make = w.newButton(primaryButton, "check", w.t("start.make.yes"), s.createSite).grown()
	s.make.enable(false)
	back := w.newButton(quietButton, "back", w.t("button.back"), s.back)
	s.put(stepMake, w.t("start.make"), "", s.name,
		s.label("start.name"), s.name, s.label("start.me"), s.me, s.label("start.passphrase"), s.passphrase, s.strength.object(),
		s.label("start.again"), s.again, s.genuine,
		para(w.t("start.passphrase.do"), tonePlain, theme.SizeNameCaptionText),
		container.NewBorder(nil, nil, back, nil, s.make))
}

// firstName is the sign-in name of who makes a site, unless that person types
// another one.
func (s *start) firstName() string { return cmp.Or(s.w.o.Operator, s.w.t("start.me.first")) }

// label is the name of a field.
func (s *start) label(key string) fyne.CanvasObject {
	return newWord(s.w.t(key), theme.SizeNameText, theme.ColorNameForeground, true)
}

// check enables the button when everything is there.
func (s *start) check() {
	s.strength.show(s.passphrase.Text, s.name.Text, s.me.Text)
	s.make.enable(s.complete())
	mismatch := s.again.Text != "" && s.again.Text != s.passphrase.Text
	switch {
	case s.me.Text != "" && store.CheckSignIn(s.me.Text) != nil:
		s.say(s.w.t("people.name.wrong"))
	case mismatch && len(s.again.Text) >= len(s.passphrase.Text):
		s.say(s.w.t("start.differ"))
	default:
		s.note.Hide()
	}
}

func (s *start) complete() bool {
	return s.name.Text != "" && store.CheckSignIn(s.me.Text) == nil && s.passphrase.Text == s.again.Text &&
		desk.MeasurePassphrase(s.passphrase.Text, s.name.Text, s.me.Text) > desk.StrengthWeak
}

// say shows what is wrong.
func (s *start) say(text string) {
	s.note.set(text)
	s.note.Show()
	s.root.Refresh()
}

// hold switches the buttons off while work is under way.
func (s *start) hold(on bool) {
	s.working = on
	for _, b := range []*button{s.open, s.make, s.demo, s.forgotten, s.restoreFrom} {
		if b != nil {
			b.enable(!on)
		}
	}
	if s.join != nil && !on {
		s.join.unhold()
	}
}

func (s *start) options() desk.Options {
	o := s.w.o
	return desk.Options{Dir: o.Dir, Log: o.Log, Clock: o.Clock, Operator: o.Operator, Store: o.Store}
}

// tryOpen opens the records with what was typed.
func (s *start) tryOpen() {
	s.penalty.over()
	if s.w.desk != nil {
		s.unlockDesk()
		return
	}
	s.openWith([]byte(s.passphrase.Text))
}

func (s *start) openWith(passphrase []byte) {
	o := s.options()
	o.Passphrase, o.Operator = passphrase, s.operator()
	s.attempt(func(ctx context.Context) (*desk.Desk, error) { return desk.Open(ctx, o) }, func() {}, func() {
		s.w.o.Passphrase = nil
		s.passphrase.SetText("")
	})
}

// refused says why it does not open, and counts down where it takes a while.
func (s *start) refused(p problem) {
	if p.code == desk.CodeStoreDamaged && s.restoreFrom != nil {
		s.restoreFrom.Show()
	}
	if p.code == desk.CodeTooSoon && s.open != nil {
		s.open.enable(false)
	}
	s.penalty.tell(p)
}

// createSite makes the site that was described.
func (s *start) createSite() {
	if !s.complete() || s.working {
		return
	}
	o := desk.InitOptions{Options: s.options(), Site: s.name.Text, Policy: store.WarnGenuine}
	if s.genuine.Checked {
		o.Policy = store.RequireGenuine
	}
	o.Operator, o.Passphrase = s.me.Text, []byte(s.passphrase.Text)
	s.openDesk(func(ctx context.Context) (*desk.Desk, error) { return desk.Init(ctx, o) }, s.complain, s.offerSheets)
}

// offerSheets has the keys of a new site put on paper at once. It may be put
// off, and is then among what is due.
func (s *start) offerSheets(d *desk.Desk, site desk.SiteView) {
	w := s.w
	w.desk, w.site = d, site // which Shutdown closes
	s.passphrase.SetText("")
	s.again.SetText("")
	s.maker = w.newSheetMaker(w.t("shares.later"), func() { w.opened(d, site) })
	s.put(stepSheets, w.t("shares.make"), "", s.maker.of, s.maker.object())
}

// lookAround makes the demo campus in a folder that is removed at the end.
func (s *start) lookAround() {
	if s.working {
		return
	}
	o := desk.InitOptions{Options: s.options(), Site: s.w.t("demo.site"), Policy: store.RequireGenuine, Practice: true}
	o.Operator = s.firstName()
	o.Passphrase = []byte(rand.Text()) // nobody will open it again
	homes, words := s.w.demoHomes, s.w.demoWords()
	var dir string
	s.attempt(func(ctx context.Context) (*desk.Desk, error) {
		var err error
		if dir, err = os.MkdirTemp("", "sleutelbord-demo-"); err != nil {
			return nil, err
		}
		o.Dir = filepath.Join(dir, demoFolder)
		return makeDemo(ctx, o, homes, words)
	}, func() { s.w.throwaway = dir }, func() {
		if err := os.RemoveAll(dir); err != nil {
			s.w.o.Log.WithError(err).Warn("removing the demo campus")
		}
	})
}

// attempt opens a desk in the background. Where that does not work, undo is
// called and the screen says why; where it does, the window begins.
func (s *start) attempt(open func(ctx context.Context) (*desk.Desk, error), opened, undo func()) {
	s.openDesk(open, func(err error) {
		undo()
		s.complain(err)
	}, func(d *desk.Desk, site desk.SiteView) {
		opened()
		s.w.opened(d, site)
	})
}

// openDesk opens a desk in the background, and calls one of what follows.
func (s *start) openDesk(open func(ctx context.Context) (*desk.Desk, error), failed func(error), opened func(*desk.Desk, desk.SiteView)) {
	if s.working {
		return
	}
	s.hold(true)
	s.note.Hide()
	var d *desk.Desk
	var site desk.SiteView
	s.w.jobs.run(func(ctx context.Context) (err error) {
		if d, err = open(ctx); err == nil {
			site, err = siteOf(ctx, d)
		}
		return err
	}, func(err error) {
		s.hold(false)
		if err != nil {
			failed(err)
			return
		}
		opened(d, site)
	})
}

// complain says what went wrong, and what to do.
func (s *start) complain(err error) {
	s.refused(s.w.explain(err))
}
