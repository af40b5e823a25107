package window

import (
	"context"
	"errors"
	"slices"

	"sleutelbord/app/desk"
	"sleutelbord/store"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
)

// sitePage is the sub-page of the site: what ought to be done, what there is to
// know of it, and the import.
type sitePage struct {
	w               *Window
	root            fyne.CanvasObject
	raised          *fyne.Container
	raise           *button
	due             *dueCard
	imp             *button
	policy, overdue *choice
}

func newSitePage(w *Window) *sitePage {
	p := &sitePage{w: w, due: newDueCard(w)}
	p.raised = container.NewStack(p.raiseCard())
	p.root = column(14, p.raised, p.due.card, p.figures(), p.rules(), p.importCard())
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
	if w.throwaway == "" {
		form.fact("settings.site.folder", w.o.Dir)
	} else {
		form.fact("settings.site.folder", w.t("settings.site.folder.temporary"))
	}
	return w.section("building", w.t("settings.site"), "", form.box)
}

// overdueDays are the times that can be chosen after which a lock is overdue.
var overdueDays = []int{3, 7, 14, 30, 60, 90}

// policies for chips, in the order in which they are offered.
var policies = []store.Originality{store.RequireGenuine, store.WarnGenuine}

// rules are the choices that hold for the whole site.
func (p *sitePage) rules() fyne.CanvasObject {
	w, form := p.w, newSheetForm(p.w)
	names := []string{w.t("policy." + string(policies[0])), w.t("policy." + string(policies[1]))}
	p.policy = w.newChoice(names, slices.Index(policies, w.site.Policy), func(i int) { p.setPolicy(policies[i]) })
	days := slices.Clone(overdueDays)
	if !slices.Contains(days, w.site.OverdueDays) { // chosen by a command
		days = append(days, w.site.OverdueDays)
		slices.Sort(days)
	}
	var times []string
	for _, n := range days {
		times = append(times, w.count("settings.site.days", n))
	}
	p.overdue = w.newChoice(times, slices.Index(days, w.site.OverdueDays), func(i int) { p.setOverdue(days[i]) })
	form.choice("settings.site.chips", p.policy)
	form.choice("settings.site.overdue", p.overdue)
	body := column(8)
	if note := w.custodianNote(); note != nil {
		body.Add(note)
		p.policy.Disable()
		p.overdue.Disable()
	}
	body.Add(form.box)
	return w.section("check", w.t("settings.rules"), "", body)
}

// setPolicy changes what happens with chips that are not shown to be genuine;
// being less strict is asked about.
func (p *sitePage) setPolicy(to store.Originality) {
	w := p.w
	if to == w.site.Policy {
		return
	}
	change := func() { p.change(func(ctx context.Context) error { return w.desk.SetPolicy(ctx, to) }) }
	if to == store.RequireGenuine {
		change()
		return
	}
	p.policy.SetSelectedIndex(slices.Index(policies, w.site.Policy)) // until it is so
	w.ask("tag-bad", w.t("settings.policy.ask"), w.t("settings.policy.ask.do"), w.t("settings.policy.yes"), change)
}

func (p *sitePage) setOverdue(days int) {
	if days != p.w.site.OverdueDays {
		p.change(func(ctx context.Context) error { return p.w.desk.SetOverdue(ctx, days) })
	}
}

// change changes a rule, and shows what holds then.
func (p *sitePage) change(do func(ctx context.Context) error) {
	w := p.w
	var site desk.SiteView
	w.jobs.run(func(ctx context.Context) error {
		failed := do(ctx)
		var err error
		site, err = w.desk.Site(ctx)
		return errors.Join(failed, err)
	}, func(err error) {
		if err != nil {
			w.complain(err)
		}
		if site.Name == "" || w.shell == nil {
			return
		}
		w.site = site
		if w.shell.settings.made[subSite] == subpage(p) && w.shell.settings.front(subSite) {
			w.shell.settings.again()
		}
	})
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
