package window

import (
	"sleutelbord/app/desk"
	"sleutelbord/store"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
)

// tagsRest stands beside the tags while none is chosen.
type tagsRest struct {
	p    *tagsPage
	root *fyne.Container
	half *button // shows those that are half-written; nil if none is
}

func newTagsRest(p *tagsPage) *tagsRest {
	r := &tagsRest{p: p, root: container.NewStack()}
	r.build()
	return r
}

// build says how a tag is found, and what wants a hand.
func (r *tagsRest) build() {
	w := r.p.w
	medal := container.NewCenter(newSurface(colorInfoSoft, "", 60, 30, newGlyph("lay", theme.ColorNamePrimary, 60)))
	body := column(10, medal, gap(1, 4), centred(w.t("tags.lay"), theme.ColorNameForeground, theme.SizeNameHeadingText, true),
		centred(w.t("tags.lay.do"), colorMuted, theme.SizeNameText, false))
	r.half = nil
	if n := r.p.tags.counts[0]; n > 0 {
		r.half = w.newButton(plainButton, "tag-half", w.count("tags.show-half", n), func() { r.p.which.SetSelectedIndex(1) })
		body.Add(gap(1, 6))
		body.Add(container.NewCenter(r.half))
	}
	r.root.Objects = []fyne.CanvasObject{container.NewVScroll(padded(40, 10, 30, 30, body))}
	r.root.Refresh()
}

func (r *tagsRest) object() fyne.CanvasObject    { return r.root }
func (r *tagsRest) busy() bool                   { return false }
func (r *tagsRest) back() bool                   { return false }
func (r *tagsRest) shown()                       { r.p.w.win.Canvas().Focus(r.p.search) }
func (r *tagsRest) laid(in desk.Inspection) bool { return r.p.lay(in) }
func (r *tagsRest) lifted()                      {}

// tagDetail is one tag: what the records say of it, and the way to its home.
type tagDetail struct {
	p    *tagsPage
	tag  desk.TagView
	root fyne.CanvasObject
	acts []*button
}

// newTagDetail shows a tag; here is true while it lies on the reader.
func newTagDetail(p *tagsPage, t desk.TagView, here bool) *tagDetail {
	w := p.w
	d := &tagDetail{p: p, tag: t}
	add := func(kind buttonKind, icon, text string, do func()) {
		d.acts = append(d.acts, w.newButton(kind, icon, text, do).aligned())
	}
	add(primaryButton, "home", w.t("tagpane.open-home", "home", refName(t.Home)), func() { d.toHome(func() {}) })
	switch t.State {
	case store.TagWriting, store.TagReserved:
		add(plainButton, "tag-half", w.t("act.finish"), func() { d.toHome(func() { w.finish(t.Home, &t) }) })
	case store.TagLost, store.TagEnded:
		add(plainButton, "lock", w.t("act.where"), func() { d.toHome(func() { w.statementOf(t.Home, t) }) })
	}
	if hasReceipt(t) {
		add(plainButton, "receipt", w.t("request.receipt"), func() { p.show(newReceiptPane(w, t, p.leavePane)) })
	}
	grid := centredRow(8)
	for _, b := range d.acts {
		grid.Add(b)
	}
	body := column(14, grid, w.tagFacts(t))
	if here {
		body.Objects = append([]fyne.CanvasObject{newCard(para(w.t("tags.here"), toneGood, theme.SizeNameSubHeadingText))}, body.Objects...)
	}
	d.root = w.paneFrame("tag", w.tagTitle(t), t.ID, container.NewVScroll(padded(0, 8, 0, 10, body)))
	return d
}

// toHome opens the tag's home on the board, and then goes on there.
func (d *tagDetail) toHome(then func()) {
	w := d.p.w
	w.shell.turnTo(pageBoard)
	w.shell.board.open(d.tag.Home)
	then()
}

func (d *tagDetail) object() fyne.CanvasObject    { return d.root }
func (d *tagDetail) busy() bool                   { return false }
func (d *tagDetail) shown()                       { d.p.w.win.Canvas().Focus(d.acts[0]) }
func (d *tagDetail) laid(in desk.Inspection) bool { return d.p.lay(in) }
func (d *tagDetail) lifted()                      {}

// back implements [pane].
func (d *tagDetail) back() bool {
	d.p.leavePane()
	return true
}
