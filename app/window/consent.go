package window

import (
	"context"

	"sleutelbord/app/desk"
	"sleutelbord/store"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
)

// consentDialog asks for the consent of a second custodian.
type consentDialog struct {
	w    *Window
	act  func(ctx context.Context, a desk.Approval) error
	done func(ok bool)
	lost func() // in place of done, where the screens are gone

	second     *choice // the other custodians
	passphrase *field
	note       *prose
	yes, no    *button
	wait       *penalty
	working    bool
	gone       bool // the dialog is closed
	finished   bool // done was called
}

// askConsent does an act that may take two custodians. It is tried at first
// without a second one, as the desk knows best when it takes two; where it does,
// one dialog says what is consented to, asks for the other's name and
// passphrase, and stays until they are right or it is closed. So act may be
// called several times: it must not wipe what it needs. done is called once,
// on the main goroutine, with whether it was done; what went wrong has been
// told by then. Where the desk has locked itself meanwhile, it is not. The
// secrets that act needs are wiped at the end, whatever that is.
func (w *Window) askConsent(what string, act func(ctx context.Context, a desk.Approval) error, done func(ok bool), secrets ...[]byte) {
	wipe := func() {
		for _, s := range secrets {
			clear(s)
		}
	}
	end := func(ok bool) { wipe(); done(ok) }
	w.jobs.runOr(func(ctx context.Context) error { return act(ctx, desk.Approval{}) }, func(err error) {
		switch {
		case err == nil:
			end(true)
		case desk.Explain(err).Code == desk.CodeSecondNeeded:
			w.openConsent(what, &consentDialog{w: w, act: act, done: end, lost: wipe})
		default:
			w.complain(err)
			end(false)
		}
	}, wipe)
}

// openConsent looks who can consent, and opens the dialog.
func (w *Window) openConsent(what string, c *consentDialog) {
	var all []desk.OperatorView
	w.jobs.runOr(func(ctx context.Context) (err error) {
		all, err = w.desk.Operators(ctx)
		return err
	}, func(err error) {
		if err != nil {
			w.complain(err)
			c.done(false)
			return
		}
		var names []string
		for _, o := range all {
			if o.Role == store.Custodian && o.Revoked == "" && o.Here && !o.You {
				names = append(names, o.Name)
			}
		}
		c.show(what, names)
	}, c.lost)
}

func (c *consentDialog) show(what string, names []string) {
	w := c.w
	c.passphrase = w.newSecretField("", func(string) { c.check() })
	c.passphrase.enter = c.try
	c.second = w.newChoice(names, -1, func(int) { c.check() })
	c.note = newProse("", theme.SizeNameText, theme.ColorNameError, fyne.TextStyle{}, fyne.TextAlignLeading)
	c.yes = w.newButton(primaryButton, "check", w.t("consent.yes"), c.try)
	c.no = w.newButton(plainButton, "", w.t("button.no-go-back"), w.closeQuestion)
	c.wait = &penalty{w: w, say: c.say, free: c.check}
	noted := flush(c.note.RichText)
	text := column(8, para(what, toneInfo, theme.SizeNameSubHeadingText),
		para(w.t("consent.do", "name", w.desk.Me().Name), tonePlain, theme.SizeNameText),
		w.captioned("consent.name", bordered(c.second)), w.captioned("consent.passphrase", c.passphrase), noted)
	medal := newSurface(toneWarn.soft(), "", 26, 12, newGlyph("keys", toneWarn.fore(), 28))
	body := container.NewBorder(nil, nil, container.NewVBox(medal), nil, padded(2, 0, 14, 0, text))
	buttons := container.NewHBox(layout.NewSpacer(), c.no, gap(4, 1), c.yes)
	var first fyne.Focusable = c.second
	if len(names) == 1 {
		c.second.SetSelectedIndex(0)
		first = c.passphrase
	}
	c.check()
	c.open(padded(0, 8, 12, 12, container.NewBorder(nil, buttons, nil, nil, body)), first)
}

// open shows the dialog in the place of a question.
func (c *consentDialog) open(content fyne.CanvasObject, first fyne.Focusable) {
	w := c.w
	w.closeQuestion()
	d := dialog.NewCustomWithoutButtons("", content, w.win)
	d.Resize(fyne.NewSize(sized(560), sized(380)))
	d.SetOnClosed(func() { c.closed() })
	w.asked, w.consent = d, c
	d.Show()
	w.win.Canvas().Focus(first)
}

// closed is called when the dialog has gone: what is under way is waited for.
func (c *consentDialog) closed() {
	c.gone = true
	if c.w.consent == c {
		c.w.consent = nil
	}
	c.wait.over()
	c.passphrase.SetText("")
	if !c.working {
		c.finish(false)
	}
}

// finish takes the dialog away and tells, once, whether the act was done.
func (c *consentDialog) finish(ok bool) {
	if c.finished {
		return
	}
	c.finished = true
	if c.w.consent == c {
		c.w.closeQuestion()
	}
	c.done(ok)
}

// check enables the button when there is somebody and a passphrase.
func (c *consentDialog) check() {
	c.yes.enable(c.second.Selected != "" && c.passphrase.Text != "" && !c.working)
}

func (c *consentDialog) say(text string) { c.note.set(text) }

// try does the act with the consent that was typed.
func (c *consentDialog) try() {
	if c.yes.Disabled() {
		return
	}
	a := desk.Approval{Operator: c.second.Selected, Passphrase: []byte(c.passphrase.Text)}
	c.passphrase.SetText("")
	c.wait.over()
	c.say("")
	c.working = true
	c.check()
	c.w.jobs.runOr(func(ctx context.Context) error {
		defer clear(a.Passphrase)
		return c.act(ctx, a)
	}, c.tried, c.lost)
}

// tried is the answer: what can be typed again stays in the dialog.
func (c *consentDialog) tried(err error) {
	c.working = false
	if err == nil {
		c.finish(true)
		return
	}
	p := c.w.explain(err)
	switch p.code {
	case desk.CodeWrongPassphrase, desk.CodeTooSoon, desk.CodeNoOperator, desk.CodeSamePerson:
		if !c.gone {
			c.wait.tell(p)
			c.w.win.Canvas().Focus(c.passphrase)
			return
		}
	}
	c.finish(false)
	c.w.tell(toneBad, "warn", p.what, p.do)
}

// consentRemedy is the way out where handing out a tag takes a second custodian,
// because the building has no impact assessment.
func (w *Window) consentRemedy(pr problem, home string) *remedy {
	if pr.code != desk.CodeSecondNeeded {
		return nil
	}
	return &remedy{"keys", w.t("consent.ask"), func() {
		w.askConsent(w.t("consent.unassessed"), func(ctx context.Context, a desk.Approval) error {
			return w.desk.AllowUnassessed(ctx, a, home)
		}, func(ok bool) {
			if p, is := w.shell.board.pane.(*writePane); ok && is && p.phase == phaseProblem {
				p.retry()
			}
		})
	}}
}

// homesOf are the homes of a moving day's tags.
func homesOf(wishes []desk.BatchWish) (homes []string) {
	for _, x := range wishes {
		homes = append(homes, x.Home)
	}
	return homes
}
