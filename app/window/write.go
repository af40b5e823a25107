package window

import (
	"context"

	"sleutelbord/app/desk"
	"sleutelbord/app/sound"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
)

// phase is where a [writePane] stands.
type phase string

const (
	phaseWaiting phase = "waiting" // for a tag
	phaseConfirm phase = "confirm" // a tag lies there, the person has to say yes
	phaseRefused phase = "refused" // something that cannot be used lies there
	phaseWriting phase = "writing"
	phaseReady   phase = "ready"
	phaseTorn    phase = "torn" // half-written: to be laid again
	phaseProblem phase = "problem"
)

// writePane leads through an act on a tag: lay it, watch, take it.
type writePane struct {
	w       *Window
	act     act
	phase   phase
	root    *fyne.Container
	stage   *fyne.Container
	label   *field
	steps   *stepList
	cancel  context.CancelFunc
	stopped bool // the person cancelled
	yes     bool // the person wants it tried again
	lift    bool // the tag was taken away after the act was done
	result  outcome
	receipt *button // once a tag was handed out or taken back

	main, second, leave *button // of the present phase, for keyboard and tests
	more                []*button
}

func newWritePane(w *Window, a act) *writePane {
	if a.at == nil {
		a.at = &w.shell.board.stand
	}
	p := &writePane{w: w, act: a, stage: container.NewStack()}
	p.leave = w.newButton(quietButton, "back", w.t("button.back"), func() { p.back() })
	title := container.New(tight{},
		newWord(a.title, theme.SizeNameHeadingText, theme.ColorNameForeground, true).shrinking(),
		newWord(a.note+refName(a.home), theme.SizeNameText, colorMuted, false).shrinking())
	head := container.NewBorder(nil, nil, container.New(middle{}, newGlyph(a.icon, theme.ColorNamePrimary, 34)), container.New(middle{}, p.leave),
		padded(0, 0, 12, 12, container.New(middle{}, title)))
	if a.label {
		p.label = w.newField(w.t("write.label.hint"), nil)
		p.label.SetText(a.labelled)
	}
	p.root = container.NewBorder(padded(0, 12, 0, 0, head), nil, nil, nil, p.stage)
	p.wait()
	return p
}

func (p *writePane) object() fyne.CanvasObject { return p.root }
func (p *writePane) busy() bool                { return p.phase == phaseWriting }

// shown implements [pane]: what lies on the reader already is looked at.
func (p *writePane) shown() {
	if p.phase == phaseWaiting && p.w.bench.known && p.w.bench.state.Present {
		p.answer(p.w.bench.seen, p.act.fresh != nil && p.act.fresh())
		return
	}
	p.focus()
}

// focus puts the focus on the button of the phase.
func (p *writePane) focus() {
	if p.w.shell == nil || p.act.at.pane != pane(p) {
		return
	}
	switch {
	case p.main != nil:
		p.w.win.Canvas().Focus(p.main)
	case p.phase == phaseWaiting && p.label != nil:
		p.w.win.Canvas().Focus(p.label)
	default:
		p.w.win.Canvas().Focus(p.leave)
	}
}

// back implements [pane]: cancelling is always safe, and says what the tag is
// now.
func (p *writePane) back() bool {
	switch p.phase {
	case phaseWriting:
		p.stop()
	case phaseReady:
		p.finish()
	default:
		if p.act.leave != nil {
			p.act.leave()
			break
		}
		p.act.at.leavePane()
	}
	return true
}

// laid implements [onReader].
func (p *writePane) laid(in desk.Inspection) bool {
	now := p.laidNow()
	switch p.phase {
	case phaseWaiting, phaseRefused, phaseConfirm:
		p.answer(in, now)
	case phaseTorn:
		// The tag that was just torn goes on by itself; one that the person
		// stopped does not.
		if in.Kind == desk.KindHalf && !p.stopped && !p.act.destroys {
			p.write()
		} else {
			p.answer(in, !p.stopped)
		}
	}
	return true
}

// laidNow tells whether what lies there was laid for this act, as far as the act
// can tell; to try again is a yes.
func (p *writePane) laidNow() bool {
	yes := p.yes || p.act.fresh == nil || p.act.fresh()
	p.yes = false
	return yes
}

// lifted implements [onReader].
func (p *writePane) lifted() {
	switch p.phase {
	case phaseConfirm, phaseRefused:
		p.wait()
	case phaseReady:
		p.lift = true
		if p.act.queue {
			p.act.again()
			return
		}
		p.ready()
	case phaseProblem:
		p.wait()
	}
}

// answer decides what to do with a thing; laidNow is true if it was laid for
// this act: with what lay there before, nothing begins without a yes.
func (p *writePane) answer(in desk.Inspection, laidNow bool) {
	a, what, do := p.act.takes(in)
	switch {
	case a == refuse:
		p.refused(in)
		if laidNow {
			p.w.sound(sound.Wrong)
		} else {
			p.w.sound(sound.Take)
		}
	case a == begin && (laidNow || p.act.gentle):
		p.write()
	default:
		p.confirm(in, what, do)
	}
}

// wait asks for a tag.
func (p *writePane) wait() {
	p.set(phaseWaiting)
	body := p.banner("lay", toneInfo, p.act.lay, p.act.layDo)
	if p.label != nil {
		body.Add(gap(1, 8))
		body.Add(container.NewCenter(container.New(atLeast{320}, column(4,
			newWord(p.w.t("write.label"), theme.SizeNameCaptionText, colorMuted, false), p.label))))
	}
	p.put(toneInfo, body)
}

// confirm asks whether to go ahead with what lies there.
func (p *writePane) confirm(in desk.Inspection, what, do string) {
	p.set(phaseConfirm)
	st := p.w.stateOfThing(in)
	body := p.banner(st.icon, st.tone, what, do)
	kind := primaryButton
	if p.act.destroys {
		kind = dangerButton
	}
	p.main = p.w.newButton(kind, p.act.icon, p.act.yes, p.write).grown()
	if p.label != nil {
		body.Add(gap(1, 8))
		body.Add(container.NewCenter(container.New(atLeast{320}, column(4,
			newWord(p.w.t("write.label"), theme.SizeNameCaptionText, colorMuted, false), p.label))))
		p.label.enter = p.write
	}
	p.put(st.tone, body, p.main)
}

// refused says why the thing that lies there cannot be used.
func (p *writePane) refused(in desk.Inspection) {
	p.set(phaseRefused)
	st := p.w.stateOfThing(in)
	_, what, do := p.act.takes(in)
	if what == "" {
		what = st.text
	}
	body := p.banner(st.icon, toneWarn, what, do)
	if !wipeable(in) || p.act.destroys {
		p.put(toneWarn, body)
		return
	}
	p.second = p.w.newButton(plainButton, "tag-blank", p.w.t("act.wipe"), p.wipe).grown()
	p.put(toneWarn, body, p.second)
}

// wipe makes what lies there blank.
func (p *writePane) wipe() {
	if p.act.wipe != nil {
		p.act.wipe()
		return
	}
	p.w.wipe(p.act.home)
}

// write begins the act.
func (p *writePane) write() {
	if p.phase == phaseWriting {
		return
	}
	p.set(phaseWriting)
	p.stopped, p.lift = false, false
	p.steps = newStepList(p.w)
	p.second = p.w.newButton(plainButton, "cross", p.w.t("button.cancel"), p.stop)
	body := column(10, container.NewCenter(newWord(p.w.t("write.running"), sizeBig, theme.ColorNameForeground, true)),
		container.NewCenter(newWord(p.w.t("write.running.do"), theme.SizeNameText, colorMuted, false)), gap(1, 6), container.NewCenter(p.steps.object()))
	p.put(toneInfo, body, p.second)
	p.w.bench.hold()
	var options desk.IssueOptions
	if p.label != nil {
		options.Label = p.label.Text
	}
	var out outcome
	p.cancel = p.w.jobs.run(func(ctx context.Context) (err error) {
		out, err = p.act.run(ctx, options, p.progress())
		return err
	}, func(err error) { p.ended(out, err) })
}

// progress brings the steps to the main goroutine.
func (p *writePane) progress() desk.ProgressFunc {
	steps := p.steps
	return func(g desk.Progress) {
		p.w.jobs.onMain(func() { steps.begin(g) })
	}
}

// stop cancels the writing; the desk stops between two commands.
func (p *writePane) stop() {
	if p.phase != phaseWriting || p.stopped {
		return
	}
	p.stopped = true
	p.second.enable(false)
	p.cancel()
}

// ended is the end of the act.
func (p *writePane) ended(out outcome, err error) {
	p.cancel()
	p.w.shell.board.changed(p.act.home)
	if err == nil {
		p.result = out
		p.w.tray.learn(out)
		p.w.shell.locks.learn(out)
		p.ready()
		p.w.sound(sound.Ready)
		p.w.bench.release()
		p.told(nil)
		return
	}
	pr := p.w.explain(err)
	p.w.sound(sound.Wrong)
	switch pr.code {
	case "cancelled":
		p.torn(p.w.t("write.stopped"), p.w.t("write.stopped.do"))
	case "tag-removed", "no-tag":
		p.torn(pr.what, p.w.t("write.torn.do"))
	default:
		p.failed(pr)
	}
	p.w.bench.release()
	p.told(err)
	p.w.afterWriting()
}

// told tells who wants to hear how the act ended.
func (p *writePane) told(err error) {
	if p.act.ended != nil {
		p.act.ended(err)
	}
}

// ready is the moment the caretaker waits for.
func (p *writePane) ready() {
	p.set(phaseReady)
	words := p.act.ready(p.result)
	title := words.title
	if p.lift {
		title = p.w.t("write.taken")
	}
	mood := words.tone
	if mood == tonePlain {
		mood = toneGood
	}
	icon := "warn"
	if mood == toneInfo {
		icon = "info"
	}
	body := p.banner(icon, mood, title, words.text)
	for _, code := range words.warnings {
		body.Add(container.NewCenter(newBadge("warn", p.w.problemWords(code, nil).what, toneWarn)))
	}
	done := words.done
	if done == "" {
		done = p.w.t("button.done")
	}
	p.main = p.w.newButton(primaryButton, "check", done, p.finish).grown()
	buttons := []*button{p.main}
	if p.act.again != nil && words.again != "" {
		next := words.icon
		if next == "" {
			next = "tag-add"
		}
		p.second = p.w.newButton(plainButton, next, words.again, p.act.again).grown().keyed(p.w.t("key.ctrl") + "N")
		buttons = append(buttons, p.second)
	}
	if t := words.receipt; t != nil {
		p.receipt = p.w.newButton(plainButton, "receipt", p.w.t("request.receipt"), func() { p.act.at.show(newReceiptPane(p.w, *t, p.finish)) }).grown()
		buttons = append(buttons, p.receipt)
	}
	p.put(mood, body, buttons...)
	p.w.afterWriting()
}

// finish leaves the pane after it is done.
func (p *writePane) finish() {
	if p.act.after != nil {
		p.act.after(p.result)
		return
	}
	p.act.at.leavePane()
}

// torn says that the tag is half-written, and that this is no harm.
func (p *writePane) torn(what, do string) {
	p.set(phaseTorn)
	p.put(toneWarn, p.banner("tag-half", toneWarn, what, do))
}

// failed says why it cannot be done, and offers to try again.
func (p *writePane) failed(pr problem) {
	p.set(phaseProblem)
	p.main = p.w.newButton(primaryButton, "sync", p.w.t("button.again"), p.retry).grown()
	buttons := []*button{p.main}
	if pr.code == "half-written" {
		p.second = p.w.newButton(plainButton, "tag-blank", p.w.t("act.wipe"), p.wipe).grown()
		buttons = append(buttons, p.second)
	}
	if pr.code == desk.CodeRolledBack {
		p.second = p.w.newButton(plainButton, "check", p.w.t("rolledback.yes"), p.w.askRaise).grown()
		buttons = append(buttons, p.second)
	}
	if p.act.remedies != nil {
		if r := p.act.remedies(pr); r != nil {
			p.second = p.w.newButton(plainButton, r.icon, r.text, r.do).grown()
			buttons = append(buttons, p.second)
		}
	}
	p.put(toneBad, p.banner("stop", toneBad, pr.what, pr.do), buttons...)
}

// retry looks at the tag again.
func (p *writePane) retry() {
	p.wait()
	p.yes = true
	p.w.bench.inspect()
}

// set changes the phase and forgets the buttons of the one before.
func (p *writePane) set(ph phase) {
	p.phase = ph
	p.main, p.second, p.receipt = nil, nil, nil
	if p.label != nil {
		p.label.enter = nil // what it was a yes to may be gone
	}
	p.leave.say("back", p.w.t("button.back"))
	p.leave.enable(ph != phaseWriting)
}
