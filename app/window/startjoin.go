package window

import (
	"context"

	"sleutelbord/app/desk"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
)

// joinSteps are the first screen's steps with which this computer becomes a
// desk of a site that other desks use: asking, and, when a desk there has
// admitted it, the code that it shows.
type joinSteps struct {
	s                       *start
	file, passphrase, again *field
	strength                *strengthBar
	ask, finish             *button
	print                   string // this computer's fingerprint
	code                    *field
	typed                   []byte // the passphrase, until the records are open
}

const (
	stepJoin startStep = "join"
	stepCode startStep = "code"
)

// joinSite asks for what joining a site needs.
func (s *start) joinSite() {
	w := s.w
	j := &joinSteps{s: s}
	s.join = j
	changed := func(string) { j.check() }
	j.file = w.newField(w.t("desks.settings.hint"), changed)
	j.passphrase, j.again = w.newSecretField("", changed), w.newSecretField("", changed)
	j.strength = newStrengthBar(w)
	j.file.enter = func() { w.win.Canvas().Focus(j.passphrase) }
	j.passphrase.enter = func() { w.win.Canvas().Focus(j.again) }
	j.again.enter = j.request
	j.ask = w.newButton(primaryButton, "next", w.t("join.ask"), j.request).grown()
	back := w.newButton(quietButton, "back", w.t("button.back"), s.back)
	s.put(stepJoin, w.t("join.title"), w.t("join.do"), j.file,
		w.captioned("desks.settings", w.withChooser(j.file, nil)),
		w.captioned("start.passphrase", j.passphrase), j.strength.object(), w.captioned("start.again", j.again),
		para(w.t("join.passphrase.do"), tonePlain, theme.SizeNameCaptionText),
		container.NewBorder(nil, nil, back, nil, j.ask))
	j.check()
}

// check enables the button when everything is there.
func (j *joinSteps) check() {
	j.strength.show(j.passphrase.Text)
	strong := desk.MeasurePassphrase(j.passphrase.Text) > desk.StrengthWeak
	j.ask.enable(j.file.Text != "" && strong && j.passphrase.Text == j.again.Text && !j.s.working)
	if differ := j.again.Text != j.passphrase.Text; differ && len(j.again.Text) >= len(j.passphrase.Text) {
		j.s.say(j.s.w.t("start.differ"))
	} else {
		j.s.note.Hide()
	}
}

// work does a piece of joining in the background; what goes wrong is said.
func (j *joinSteps) work(f func(ctx context.Context, o desk.Options) error, then func()) {
	s := j.s
	s.hold(true)
	s.note.Hide()
	o := s.options()
	o.Passphrase = j.typed
	s.w.jobs.run(func(ctx context.Context) error { return f(ctx, o) }, func(err error) {
		s.hold(false)
		if err != nil {
			s.refused(s.w.explain(err))
			return
		}
		then()
	})
}

// request asks the site to be admitted. Asking again asks the same.
func (j *joinSteps) request() {
	if j.ask.Disabled() {
		return
	}
	file := j.file.Text
	j.typed = []byte(j.passphrase.Text)
	j.ask.enable(false)
	j.work(func(ctx context.Context, o desk.Options) error {
		settings, err := desk.ReadConnection(file)
		if err != nil {
			return err
		}
		j.print, err = desk.RequestJoin(ctx, o, settings)
		return err
	}, j.askCode)
}

// askCode shows the fingerprint, and asks for the code.
func (j *joinSteps) askCode() {
	s, w := j.s, j.s.w
	j.passphrase.SetText("")
	j.again.SetText("")
	s.note.Hide()
	j.code = w.newField("", func(text string) { j.finish.enable(text != "" && !s.working) })
	j.code.enter = j.complete
	j.finish = w.newButton(primaryButton, "check", w.t("join.finish"), j.complete).grown()
	j.finish.enable(false)
	back := w.newButton(quietButton, "back", w.t("button.back"), s.back)
	var first fyne.Focusable = j.code
	s.put(stepCode, w.t("join.code.title"), "", first,
		para(w.t("join.print.do"), toneInfo, theme.SizeNameText), newCode(j.print),
		para(w.t("join.code.do"), toneInfo, theme.SizeNameText), w.captioned("join.code", j.code),
		container.NewBorder(nil, nil, back, nil, j.finish))
}

// complete takes the records over and opens them.
func (j *joinSteps) complete() {
	if j.finish.Disabled() {
		return
	}
	code := j.code.Text
	j.finish.enable(false)
	j.work(func(ctx context.Context, o desk.Options) error { return desk.FinishJoin(ctx, o, code) }, func() {
		o := j.s.options()
		o.Passphrase = j.typed
		j.s.attempt(func(ctx context.Context) (*desk.Desk, error) { return desk.Open(ctx, o) }, func() { j.wipe() }, func() {
			j.wipe()
			j.s.unlock()
		})
	})
}

// wipe forgets the passphrase.
func (j *joinSteps) wipe() {
	clear(j.typed)
	j.typed = nil
}

// unhold enables what can be done again after something went wrong.
func (j *joinSteps) unhold() {
	if j.s.step == stepJoin {
		j.ask.enable(true)
	}
	if j.s.step == stepCode && j.finish != nil {
		j.finish.enable(j.code.Text != "")
	}
}
