package window

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
)

// sitePage is the sub-page of the site: what ought to be done, what there is to
// know of it, and the import.
type sitePage struct {
	w      *Window
	root   fyne.CanvasObject
	raised *fyne.Container
	raise  *button
	due    *dueCard
	imp    *button
}

func newSitePage(w *Window) *sitePage {
	p := &sitePage{w: w, due: newDueCard(w)}
	p.raised = container.NewStack(p.raiseCard())
	p.root = column(14, p.raised, p.due.card, p.figures(), p.importCard())
	p.tell()
	return p
}

func (p *sitePage) object() fyne.CanvasObject { return p.root }

// shown implements [subpage].
func (p *sitePage) shown() {
	switch {
	case p.raised.Visible():
		p.w.win.Canvas().Focus(p.raise)
	case p.due.card.Visible():
		p.w.win.Canvas().Focus(p.due.open)
	default:
		p.w.win.Canvas().Focus(p.imp)
	}
}

// tell shows what is known of what ought to be done.
func (p *sitePage) tell() {
	p.raised.Hidden = !p.w.site.RolledBack
	if p.w.shell != nil {
		p.due.show(p.w.shell.settings.due)
	}
	p.root.Refresh()
}

// figures is what there is to know of the site.
func (p *sitePage) figures() fyne.CanvasObject {
	w, form := p.w, newSheetForm(p.w)
	form.fact("settings.site.name", w.site.Name)
	form.fact("settings.site.homes", w.count("site.homes", w.site.Homes))
	form.fact("settings.site.locks", w.count("site.locks", w.site.Locks))
	form.fact("settings.site.chips", w.t("policy."+string(w.site.Policy)))
	if w.throwaway == "" {
		form.fact("settings.site.folder", w.o.Dir)
	} else {
		form.fact("settings.site.folder", w.t("settings.site.folder.temporary"))
	}
	return w.section("building", w.t("settings.site"), "", form.box)
}

// raiseCard offers to deal with an older copy of the records that was put back,
// where there is one.
func (p *sitePage) raiseCard() fyne.CanvasObject {
	w := p.w
	p.raise = w.newButton(primaryButton, "check", w.t("rolledback.yes"), w.askRaise)
	return w.section("warn", w.t("rolledback"), "", column(8, para(w.t("rolledback.do"), toneWarn, theme.SizeNameText), container.NewHBox(p.raise)))
}

// importCard leads to importing a list.
func (p *sitePage) importCard() fyne.CanvasObject {
	w := p.w
	p.imp = w.newButton(plainButton, "file", w.t("import.title"), func() {
		if w.mayBegin() {
			w.shell.turnTo(pageBoard)
			w.shell.board.show(newImporter(w))
		}
	})
	return w.section("file", w.t("settings.import"), "", column(8, para(w.t("settings.import.do"), tonePlain, theme.SizeNameText), container.NewHBox(p.imp)))
}
