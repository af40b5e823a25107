package window

import (
	"context"
	"strings"

	"sleutelbord/app/desk"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
)

// writeCard begins writing an update card for these locks, or for all that
// wait.
func (w *Window) writeCard(locks []string, o desk.BundleOptions) {
	if !w.mayBeginAt(pageLocks) {
		return
	}
	l := w.shell.locks
	var p *writePane
	p = newWritePane(w, act{
		at: &l.stand, icon: "card", title: w.t("card.write"), note: w.cardNote(locks),
		lay: w.t("card.lay"), layDo: w.t("card.lay.do"), yes: w.t("card.yes"),
		takes: w.takesCard,
		run: func(ctx context.Context, _ desk.IssueOptions, f desk.ProgressFunc) (outcome, error) {
			steps := p.steps
			room := func(fit, wanted int) error {
				w.jobs.onMain(func() { steps.say(w.t("card.fit", "fit", fit, "n", wanted)) })
				return nil
			}
			card, err := w.desk.WriteUpdateCard(ctx, w.bench.reader, locks, f, desk.CardOptions{BundleOptions: o, Room: room})
			return outcome{card: &card}, err
		},
		ready: func(o outcome) readyWords {
			p.act.again = nil
			if left := o.card.Left; len(left) > 0 {
				p.act.again = func() { w.writeCard(left, desk.BundleOptions{}) }
			}
			return w.cardReady(*o.card)
		},
		remedies: func(pr problem) *remedy {
			if pr.code != desk.CodeClock {
				return nil
			}
			return &remedy{"check", w.t("locks.clock.right"), func() { w.writeCard(locks, desk.BundleOptions{ClockConfirmed: true}) }}
		},
	})
	l.show(p)
}

// cardNote says for which locks a card is written.
func (w *Window) cardNote(locks []string) string {
	switch len(locks) {
	case 0:
		return w.t("card.for.waiting")
	case 1:
		return locks[0]
	}
	return w.count("site.locks", len(locks))
}

// takesCard is for writing an update card.
func (w *Window) takesCard(in desk.Inspection) (a answer, what, do string) {
	switch in.Kind {
	case desk.KindBlank:
		return begin, w.t("card.blank"), w.t("card.blank.do")
	case desk.KindUpdateCard:
		return begin, w.t("card.ours"), w.t("card.ours.do")
	case desk.KindLocked:
		// So looks an update card that was pulled away while it was erased or
		// written; whether it is one, the writing finds out.
		return begin, w.t("card.torn"), w.t("card.torn.do")
	case desk.KindOurs, desk.KindUnknownOurs, desk.KindHalf:
		p := w.problemWords(desk.CodeKeyTag, nil)
		return refuse, p.what, p.do
	}
	return refuse, w.thingName(in), w.thingDo(in)
}

// cardReady is what is said of a card that was written.
func (w *Window) cardReady(c desk.CardWritten) readyWords {
	var parts []string
	if c.Receipts > 0 {
		parts = append(parts, w.count("card.receipts", c.Receipts))
	}
	words := readyWords{again: w.t("card.next"), icon: "card"}
	if len(c.OnCard) == 0 {
		words.title = w.t("card.nothing")
		parts = append(parts, w.t("card.nothing.do"))
	} else {
		words.title = w.t("card.ready")
		parts = append(parts, w.t("card.ready.do", "locks", strings.Join(c.OnCard, ", ")))
	}
	if len(c.Left) > 0 {
		parts = append(parts, w.count("card.left", len(c.Left)))
	}
	if bad := w.readBack(c.ReadBack); bad != "" {
		words.tone = toneWarn
		parts = append(parts, bad)
	}
	words.text = strings.Join(parts, "\n")
	return words
}

// readCard begins reading the receipts on an update card.
func (w *Window) readCard() {
	if !w.mayBeginAt(pageLocks) {
		return
	}
	l := w.shell.locks
	l.show(newWritePane(w, act{
		at: &l.stand, icon: "receipt", title: w.t("card.read"), gentle: true,
		lay: w.t("card.read.lay"), layDo: w.t("card.read.lay.do"), yes: w.t("card.read"),
		takes: w.takesOurCard(begin, ""),
		run: func(ctx context.Context, _ desk.IssueOptions, _ desk.ProgressFunc) (outcome, error) {
			read, err := w.desk.ReadUpdateCard(ctx, w.bench.reader)
			return outcome{read: &read}, err
		},
		ready: func(o outcome) readyWords { return w.cardRead(*o.read) },
		again: w.readCard,
	}))
}

// cardRead is what is said of a card that was read.
func (w *Window) cardRead(c desk.CardRead) readyWords {
	words := readyWords{title: w.count("card.receipts", c.Receipts), again: w.t("card.read.next"), icon: "receipt"}
	if c.Unfinished {
		words.tone, words.title, words.text = toneWarn, w.t("card.unfinished"), w.t("card.unfinished.do")
		return words
	}
	words.text = w.t("card.read.for", "locks", strings.Join(c.OnCard, ", "))
	if c.Receipts == 0 {
		words.tone, words.title = toneInfo, w.t("card.read.none")
	}
	if bad := w.readBack(c.ReadBack); bad != "" {
		words.tone = toneWarn
		words.text += "\n" + bad
	}
	return words
}

// eraseCard begins making an update card blank.
func (w *Window) eraseCard() {
	if !w.mayBeginAt(pageLocks) {
		return
	}
	l := w.shell.locks
	l.show(newWritePane(w, act{
		at: &l.stand, icon: "tag-blank", title: w.t("card.erase"), destroys: true,
		lay: w.t("card.erase.lay"), layDo: w.t("card.erase.do"), yes: w.t("card.erase"),
		takes: w.takesOurCard(confirm, w.t("card.erase.do")),
		run: func(ctx context.Context, _ desk.IssueOptions, _ desk.ProgressFunc) (outcome, error) {
			read, err := w.desk.EraseUpdateCard(ctx, w.bench.reader)
			return outcome{read: &read}, err
		},
		ready: func(o outcome) readyWords {
			return readyWords{title: w.t("card.erased"), text: w.count("card.receipts", o.read.Receipts)}
		},
	}))
}

// cardPane shows that an update card lies on the reader, and what can be done
// with it.
type cardPane struct {
	w                  *Window
	root               fyne.CanvasObject
	read, write, erase *button
}

func newCardPane(w *Window, in desk.Inspection) *cardPane {
	p := &cardPane{w: w}
	st := w.stateOfThing(in)
	medal := container.NewVBox(newSurface(st.tone.soft(), "", 32, 16, newGlyph(st.icon, st.tone.fore(), 32)))
	text := column(4, para(st.text, toneInfo, theme.SizeNameSubHeadingText), para(w.chipWords(in), tonePlain, theme.SizeNameText),
		para(w.thingDo(in), tonePlain, theme.SizeNameText))
	top := newCard(container.NewBorder(nil, nil, medal, nil, padded(2, 0, 14, 0, text)))
	p.read = w.newButton(primaryButton, "receipt", w.t("card.read"), w.readCard).grown().aligned()
	p.write = w.newButton(plainButton, "card", w.t("card.write"), func() { w.writeCard(nil, desk.BundleOptions{}) }).aligned()
	p.erase = w.newButton(plainButton, "tag-blank", w.t("card.erase"), w.eraseCard).aligned()
	acts := column(6, p.read, container.New(layout.NewGridLayoutWithColumns(2), p.write, p.erase))
	p.root = w.paneFrame("card", w.t("tagpane.title"), "", container.NewVScroll(padded(0, 8, 0, 10, column(14, top, acts))))
	return p
}

func (p *cardPane) object() fyne.CanvasObject { return p.root }
func (p *cardPane) busy() bool                { return false }

// shown implements [pane].
func (p *cardPane) shown() { p.w.win.Canvas().Focus(p.read) }

// back implements [pane].
func (p *cardPane) back() bool {
	p.w.shell.locks.leavePane()
	return true
}

// laid implements [onReader]: an update card replaces the one that is shown.
func (p *cardPane) laid(in desk.Inspection) bool {
	if in.Kind != desk.KindUpdateCard {
		return false
	}
	p.w.shell.locks.show(newCardPane(p.w, in))
	return true
}

// lifted implements [onReader]: nothing lies there any more.
func (p *cardPane) lifted() { p.back() }

// takesOurCard answers an update card of this site with yes, and refuses
// whatever else is laid.
func (w *Window) takesOurCard(yes answer, do string) func(desk.Inspection) (answer, string, string) {
	return func(in desk.Inspection) (answer, string, string) {
		if in.Kind == desk.KindUpdateCard {
			return yes, w.t("card.ours"), do
		}
		p := w.problemWords(desk.CodeNoCard, nil)
		return refuse, p.what, p.do
	}
}
