package window

import (
	"context"

	"sleutelbord/app/desk"
	"sleutelbord/store"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
)

// lost begins with a lost tag of a home: which one?
func (w *Window) lost(v desk.HomeView) {
	if !w.mayBegin() {
		return
	}
	var out []desk.TagView
	for _, t := range v.Tags {
		if t.State == store.TagIssued || t.State == store.TagLost {
			out = append(out, t)
		}
	}
	if len(out) == 1 {
		w.lostTag(v, out[0])
		return
	}
	w.shell.board.show(newLostPane(w, v, out))
}

// lostTag goes on with the tag that was lost: a replacement now, or later?
func (w *Window) lostTag(v desk.HomeView, t desk.TagView) {
	if !w.mayBegin() {
		return
	}
	p := newLostPane(w, v, []desk.TagView{t})
	p.choose(t)
	w.shell.board.show(p)
}

// lostPane asks which tag was lost, and whether it is replaced now.
type lostPane struct {
	w     *Window
	view  desk.HomeView
	tags  []desk.TagView
	body  *fyne.Container
	root  fyne.CanvasObject
	focus fyne.Focusable

	which      []*button
	now, later *button
	working    bool
}

func newLostPane(w *Window, v desk.HomeView, tags []desk.TagView) *lostPane {
	p := &lostPane{w: w, view: v, tags: tags, body: column(8)}
	p.root = w.paneFrame("tag-lost", w.t("act.lost"), homeName(v.Hook), container.NewVScroll(column(0, newCard(p.body))))
	p.body.Add(para(w.t("lost.which"), toneInfo, theme.SizeNameSubHeadingText))
	for _, t := range tags {
		p.body.Add(p.option(t))
	}
	if len(tags) == 0 {
		p.body.Add(para(w.t("lost.none"), tonePlain, theme.SizeNameText))
	}
	if len(p.which) > 0 {
		p.focus = p.which[0]
	}
	return p
}

func (p *lostPane) object() fyne.CanvasObject { return p.root }
func (p *lostPane) busy() bool                { return p.working }

// shown implements [pane].
func (p *lostPane) shown() {
	if p.focus != nil {
		p.w.win.Canvas().Focus(p.focus)
	}
}

// back implements [pane].
func (p *lostPane) back() bool {
	if !p.working {
		p.w.shell.board.leavePane()
	}
	return true
}

// option is one tag to choose.
func (p *lostPane) option(t desk.TagView) fyne.CanvasObject {
	text := p.w.t("tag.name", "ordinal", t.Ordinal)
	if t.Label != "" {
		text += " · " + t.Label
	}
	text += " · " + p.w.t("tag.since."+string(t.State), "date", p.w.words.Date(t.Since))
	b := p.w.newButton(plainButton, "tag", text, func() { p.choose(t) }).grown().aligned()
	p.which = append(p.which, b)
	return b
}

// choose asks about the replacement.
func (p *lostPane) choose(t desk.TagView) {
	w := p.w
	p.body.RemoveAll()
	name := w.t("tag.name", "ordinal", t.Ordinal)
	if t.Label != "" {
		name += " · " + t.Label
	}
	p.body.Add(line(10, newGlyph("tag-lost", theme.ColorNameError, 28), newWord(name, theme.SizeNameSubHeadingText, theme.ColorNameForeground, true)))
	p.body.Add(para(w.t("lost.what"), tonePlain, theme.SizeNameText))
	p.now = w.newButton(primaryButton, "tag-swap", w.t("lost.now"), func() { w.replace(p.view.Ref, t) }).grown().aligned()
	p.body.Add(gap(1, 4))
	p.body.Add(p.now)
	p.body.Add(para(w.t("lost.now.do"), tonePlain, theme.SizeNameCaptionText))
	if t.State == store.TagIssued {
		p.later = w.newButton(plainButton, "tag-lost", w.t("lost.later"), func() { p.revoke(t) }).grown().aligned()
		p.body.Add(p.later)
		p.body.Add(para(w.t("lost.later.do"), tonePlain, theme.SizeNameCaptionText))
	}
	p.body.Refresh()
	p.focus = p.now
	if w.shell.board.pane == p {
		p.shown()
	}
}

// revoke declares the tag lost, without a replacement.
func (p *lostPane) revoke(t desk.TagView) {
	p.working = true
	p.now.enable(false)
	p.later.enable(false)
	var r desk.Revoked
	p.w.jobs.run(func(ctx context.Context) (err error) {
		r, err = p.w.desk.RevokeLost(ctx, t.ID)
		return err
	}, func(err error) {
		p.working = false
		p.w.shell.board.changed(p.view.Ref)
		if err != nil {
			p.now.enable(true)
			p.later.enable(true)
			p.w.complain(err)
			return
		}
		p.w.shell.board.show(newStatementPane(p.w, &p.w.shell.board.stand, p.view.Ref, r.Statement, false))
	})
}

// paneFrame is a pane's title, with a way back, round its content.
func (w *Window) paneFrame(icon, title, note string, content fyne.CanvasObject) fyne.CanvasObject {
	back := w.newButton(quietButton, "back", w.t("button.back"), w.escape)
	words := container.New(tight{}, newWord(title, theme.SizeNameHeadingText, theme.ColorNameForeground, true).shrinking())
	if note != "" {
		words.Add(newWord(note, theme.SizeNameText, colorMuted, false).shrinking())
	}
	head := container.NewBorder(nil, nil, container.New(middle{}, newGlyph(icon, theme.ColorNamePrimary, 34)), container.New(middle{}, back),
		padded(0, 0, 12, 12, container.New(middle{}, words)))
	return container.NewBorder(padded(0, 12, 0, 0, head), nil, nil, nil, content)
}
