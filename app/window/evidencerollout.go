package window

import (
	"sleutelbord/app/desk"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// rolloutPage shows how far the introduction in each building is, and notes its
// steps and documents.
type rolloutPage struct {
	e     *evidencePage
	root  *fyne.Container
	turn  turn
	all   []desk.RolloutView
	rows  map[string]*button // by building
	open  string             // the building that is shown, "" for the list
	steps *rolloutForm
}

func newRolloutPage(e *evidencePage) *rolloutPage {
	return &rolloutPage{e: e, root: container.NewStack(), rows: make(map[string]*button)}
}

func (p *rolloutPage) object() fyne.CanvasObject { return p.root }

// shown implements [subpage].
func (p *rolloutPage) shown() {
	p.focus()
	p.load()
}

// back implements [stepping]: from a building to the list.
func (p *rolloutPage) back() bool {
	if p.open == "" {
		return false
	}
	was := p.open
	p.open, p.steps = "", nil
	p.show()
	p.e.toTop()
	p.e.w.win.Canvas().Focus(p.rows[was])
	return true
}

func (p *rolloutPage) load() {
	read(p.e.w, &p.turn, p.e.w.desk.Rollouts, func(all []desk.RolloutView) {
		p.all = all
		p.show()
		p.focus()
	})
}

// renew reads the list again. A building that is open is left alone: somebody
// may be typing there.
func (p *rolloutPage) renew() {
	if p.open != "" {
		return
	}
	read(p.e.w, &p.turn, p.e.w.desk.Rollouts, func(all []desk.RolloutView) {
		if p.open != "" {
			return
		}
		at := ""
		for building, b := range p.rows {
			if b.focused {
				at = building
			}
		}
		p.all = all
		p.show()
		if b := p.rows[at]; b != nil && p.e.front(evidenceRollout) {
			p.e.w.win.Canvas().Focus(b)
		}
	})
}

// focus puts the focus on the first thing to do.
func (p *rolloutPage) focus() {
	w := p.e.w
	if !p.e.front(evidenceRollout) {
		return
	}
	switch {
	case p.steps != nil:
		w.win.Canvas().Focus(p.steps.stage)
	case len(p.all) > 0 && p.rows[p.all[0].Building] != nil:
		w.win.Canvas().Focus(p.rows[p.all[0].Building])
	default:
		w.win.Canvas().Focus(p.e.items[evidenceRollout])
	}
}

// show shows the list, or the building that is open.
func (p *rolloutPage) show() {
	w := p.e.w
	p.steps = nil
	for _, v := range p.all {
		if v.Building == p.open {
			p.steps = newRolloutForm(p, v)
			p.root.Objects = []fyne.CanvasObject{p.steps.root}
			p.root.Refresh()
			return
		}
	}
	p.open = ""
	rows := column(2)
	clear(p.rows)
	for i, v := range p.all {
		if i > 0 {
			rows.Add(widget.NewSeparator())
		}
		rows.Add(p.row(v))
	}
	if len(p.all) == 0 {
		rows.Add(para(w.t("rollout.none"), tonePlain, theme.SizeNameText))
	}
	p.root.Objects = []fyne.CanvasObject{column(14, newCard(para(w.t("rollout.do"), tonePlain, theme.SizeNameText)), newCard(rows))}
	p.root.Refresh()
}

// row is one building: its stage, and what is due.
func (p *rolloutPage) row(v desk.RolloutView) fyne.CanvasObject {
	w := p.e.w
	open := w.newButton(plainButton, "", w.t("rollout.open"), func() { p.turnTo(v.Building) })
	p.rows[v.Building] = open
	words := container.New(tight{}, newWord(v.Building, theme.SizeNameText, theme.ColorNameForeground, true).shrinking(),
		newWord(w.stageWords(v), theme.SizeNameCaptionText, colorMuted, false).shrinking())
	right := line(8, open)
	if n := len(v.Reminders); n > 0 {
		right = line(8, newBadge("warn", w.t("rollout.due", "n", n), toneWarn), open)
	}
	return padded(5, 5, 0, 0, container.NewBorder(nil, nil, nil, container.New(middle{}, right), padded(0, 0, 0, 8, container.New(middle{}, words))))
}

// stageWords is how far a building is, in a line.
func (w *Window) stageWords(v desk.RolloutView) string {
	text := w.t("stage." + string(v.Stage))
	if v.Assessment != "" {
		text += " · " + w.t("rollout.version", "version", v.Assessment, "day", w.words.Date(v.Review))
	}
	return text
}

// turnTo opens a building.
func (p *rolloutPage) turnTo(building string) {
	p.open = building
	p.show()
	p.e.toTop()
	p.focus()
}

// stageDays are the days of the stages of a roll-out.
func stageDays(v desk.RolloutView) map[desk.Stage]string {
	return map[desk.Stage]string{
		desk.StagePlanned: v.Planned, desk.StageAssessed: v.Assessed, desk.StageConsulted: v.Consulted,
		desk.StageActive: v.Active, desk.StageEvaluated: v.Evaluated,
	}
}
