package window

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
)

// resting is what stands beside the queue while nobody's turn it is.
func (m *moving) resting() pane {
	switch {
	case !m.loaded:
		return &blankPane{root: container.NewStack()}
	case len(m.view.Queue) == 0:
		return newMovingPlan(m)
	}
	return newMovingRest(m)
}

// blankPane is nothing, until it is known what stands there.
type blankPane struct{ root *fyne.Container }

func (p *blankPane) object() fyne.CanvasObject { return p.root }
func (p *blankPane) shown()                    {}
func (p *blankPane) back() bool                { return false }
func (p *blankPane) busy() bool                { return false }

// resume goes on with the queue. What lies on the reader now was not laid for it.
func (m *moving) resume() {
	m.note()
	m.advance()
}

// movingRest is a moving day that pauses, or is done: go on, print, finish.
type movingRest struct {
	m    *moving
	root fyne.CanvasObject
	main *button

	goOn, skipped, takeOver, undo, receipts, labels, finish *button
}

func newMovingRest(m *moving) *movingRest {
	w := m.w
	p := &movingRest{m: m}
	v := m.view
	here := v.Waiting - v.Elsewhere
	icon, t, what, do := "pause", toneInfo, w.t("moving.paused"), w.t("moving.paused.do")
	switch {
	case here > 0:
	case v.Elsewhere > 0:
		icon, what, do = "clock", w.t("moving.others"), w.t("moving.others.do")
	case v.Skipped > 0:
		icon, t, what, do = "next", toneWarn, w.count("moving.rest-skipped", v.Skipped), w.t("moving.rest-skipped.do")
	default:
		icon, t, what, do = "done", toneGood, w.t("moving.all-done"), w.t("moving.all-done.do")
	}
	medal := container.NewCenter(newSurface(t.soft(), "", 48, 22, newGlyph(icon, t.fore(), 52)))
	body := column(6, medal, gap(1, 2), centred(what, theme.ColorNameForeground, sizeBig, true), centred(do, colorMuted, theme.SizeNameSubHeadingText, false))
	acts := centredRow(8)
	add := func(on bool, icon, text string, do func()) *button {
		if !on {
			return nil
		}
		kind := plainButton
		if p.main == nil {
			kind = primaryButton
		}
		b := w.newButton(kind, icon, text, do).grown()
		if p.main == nil {
			p.main = b
		}
		acts.Add(b)
		return b
	}
	p.goOn = add(here > 0, "play", w.t("moving.resume"), m.resume)
	p.skipped = add(v.Skipped > 0, "sync", w.t("moving.return"), func() { m.act(w.desk.ReturnSkipped, m.resume) })
	p.takeOver = add(v.Elsewhere > 0, "sync", w.t("moving.take-over"), p.askTakeOver)
	p.receipts = add(v.Written > 0, "receipt", w.t("moving.receipts"), func() { m.show(newMovingPapers(m, paperReceipts)) })
	p.labels = add(v.Written > 0, "tag", w.t("moving.labels"), func() { m.show(newMovingPapers(m, paperLabels)) })
	p.undo = add(v.Last != 0, "sync", w.t("moving.undo"), m.undo)
	p.finish = add(true, "check", w.t("moving.finish"), p.askFinish)
	card := newCard(column(18, padded(18, 0, 0, 0, body), acts, gap(1, 4)))
	p.root = w.paneFrame("move-in", w.t("moving.title"), w.t("moving.begun", "date", w.words.Date(v.Begun)), container.NewVScroll(padded(0, 8, 0, 10, card)))
	return p
}

func (p *movingRest) object() fyne.CanvasObject { return p.root }
func (p *movingRest) busy() bool                { return false }
func (p *movingRest) shown()                    { p.m.w.win.Canvas().Focus(p.main) }

// back implements [pane].
func (p *movingRest) back() bool {
	p.m.w.shell.turnTo(pageBoard)
	return true
}

// askFinish asks before the queue is forgotten.
func (p *movingRest) askFinish() {
	w, v := p.m.w, p.m.view
	do := w.t("moving.finish.do")
	if left := v.Waiting + v.Skipped; left > 0 {
		do = w.count("moving.finish.left", left)
	}
	w.ask("check", w.t("moving.finish.ask"), do, w.t("moving.finish"), func() {
		p.m.act(w.desk.FinishBatch, func() {
			w.pace = pace{}
			p.m.leavePane()
		})
	})
}

// askTakeOver asks before what another desk has taken is done here.
func (p *movingRest) askTakeOver() {
	w := p.m.w
	w.ask("sync", w.t("moving.take-over.ask"), w.t("moving.take-over.do"), w.t("moving.take-over"), func() {
		p.m.act(func(ctx context.Context) error { return w.desk.TakeOverBatch(ctx) }, p.m.resume)
	})
}
