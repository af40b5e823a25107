package window

import (
	"context"

	"sleutelbord/app/desk"
	"sleutelbord/store"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// moveOut asks, and ends the tenancy.
func (w *Window) moveOut(v desk.HomeView) {
	if !w.mayBegin() {
		return
	}
	w.ask("move-out", w.t("moveout.ask", "home", homeName(v.Hook)), w.t("moveout.ask.do", "n", v.Hook.Tags), w.t("act.move-out"), func() {
		var m desk.Moved
		w.jobs.run(func(ctx context.Context) (err error) {
			m, err = w.desk.MoveOut(ctx, v.Ref)
			return err
		}, func(err error) {
			w.shell.board.changed(v.Ref)
			if err != nil {
				w.complain(err)
				return
			}
			w.shell.board.show(newMovedPane(w, v, m))
		})
	})
}

// movedPane says what moving out came to.
type movedPane struct {
	w    *Window
	root fyne.CanvasObject
	done *button
}

func newMovedPane(w *Window, v desk.HomeView, m desk.Moved) *movedPane {
	p := &movedPane{w: w}
	p.done = w.newButton(primaryButton, "check", w.t("button.done"), func() { p.back() }).grown()
	body := column(14)
	if len(m.NotReturned) == 0 {
		body.Add(newCard(column(6, para(w.t("moved.clean"), toneGood, theme.SizeNameSubHeadingText), para(w.t("moved.clean.do"), tonePlain, theme.SizeNameText))))
	} else {
		body.Add(newCard(column(6, para(w.t("moved.out", "n", len(m.NotReturned)), toneWarn, theme.SizeNameSubHeadingText), para(w.t("moved.out.do"), tonePlain, theme.SizeNameText))))
	}
	if v.Tenancy != nil && v.Tenancy.Choice == store.ChoiceOwnLock {
		body.Add(newCard(column(6, para(w.t("moved.own-lock"), toneInfo, theme.SizeNameSubHeadingText), para(w.t("moved.own-lock.do"), tonePlain, theme.SizeNameText))))
	}
	for _, s := range m.NotReturned {
		rows := column(2)
		for i, d := range s.Doors {
			if i > 0 {
				rows.Add(widget.NewSeparator())
			}
			rows.Add(w.doorStatement(d))
		}
		body.Add(w.section("tag", w.t("tag.name", "ordinal", s.Tag.Ordinal), s.Tag.Label, rows))
	}
	p.root = w.paneFrame("move-out", w.t("moved.title"), homeName(v.Hook), withDone(body, p.done))
	return p
}

func (p *movedPane) object() fyne.CanvasObject { return p.root }
func (p *movedPane) busy() bool                { return false }
func (p *movedPane) shown()                    { p.w.win.Canvas().Focus(p.done) }

// back implements [pane].
func (p *movedPane) back() bool {
	p.w.shell.board.leavePane()
	return true
}

// moveIn asks for the tenancy's reference and the tenant's choice.
func (w *Window) moveIn(v desk.HomeView) {
	if w.mayBegin() {
		w.shell.board.show(newMoveInPane(w, v))
	}
}

// moveInPane begins a tenancy.
type moveInPane struct {
	w         *Window
	view      desk.HomeView
	root      fyne.CanvasObject
	reference *field
	choice    *radio
	save      *button
}

func newMoveInPane(w *Window, v desk.HomeView) *moveInPane {
	p := &moveInPane{w: w, view: v}
	p.reference = w.newField(w.t("movein.reference.hint"), func(string) { p.check() })
	p.reference.enter = p.begin
	names := make([]string, len(allChoices))
	for i, c := range allChoices {
		names[i] = w.t("choice." + string(c))
	}
	p.choice = w.newRadio(names, nil)
	p.choice.choose(names[0])
	p.save = w.newButton(primaryButton, "move-in", w.t("movein.yes"), p.begin).grown()
	p.save.enable(false)
	body := column(8,
		newWord(w.t("movein.reference"), theme.SizeNameText, theme.ColorNameForeground, true), p.reference,
		para(w.t("movein.reference.do"), tonePlain, theme.SizeNameCaptionText), gap(1, 4),
		newWord(w.t("movein.choice"), theme.SizeNameText, theme.ColorNameForeground, true),
		para(w.t("movein.choice.do"), tonePlain, theme.SizeNameCaptionText), p.choice, gap(1, 4), container.NewHBox(p.save))
	p.root = w.paneFrame("move-in", w.t("act.move-in"), homeName(v.Hook), container.NewVScroll(column(0, newCard(body))))
	return p
}

func (p *moveInPane) object() fyne.CanvasObject { return p.root }
func (p *moveInPane) busy() bool                { return false }
func (p *moveInPane) shown()                    { p.w.win.Canvas().Focus(p.reference) }

// back implements [pane].
func (p *moveInPane) back() bool {
	p.w.shell.board.leavePane()
	return true
}

func (p *moveInPane) check() { p.save.enable(p.reference.Text != "") }

// chosen is the choice that is marked.
func (p *moveInPane) chosen() store.Choice {
	for i, name := range p.choice.names {
		if name == p.choice.selected {
			return allChoices[i]
		}
	}
	return store.ChoiceTag
}

func (p *moveInPane) begin() {
	if p.reference.Text == "" {
		return
	}
	reference, choice := p.reference.Text, p.chosen()
	p.save.enable(false)
	p.w.jobs.run(func(ctx context.Context) error {
		_, err := p.w.desk.MoveIn(ctx, p.view.Ref, reference, choice)
		return err
	}, func(err error) {
		p.w.shell.board.changed(p.view.Ref)
		if err != nil {
			p.check()
			p.w.complain(err)
			return
		}
		p.w.shell.board.leavePane()
	})
}
