package window

import (
	"context"
	"strings"

	"sleutelbord/app/desk"
	"sleutelbord/store"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
)

// maxListed is how many tags or locks a campaign lists; the rest is counted.
const maxListed = 60

// campaignPane is one campaign: how far it is, what it waits for, and when it
// has ended, its report.
type campaignPane struct {
	c    *campaigns
	view desk.CampaignView
	root *container.Scroll
	body *fyne.Container

	lay, bring, pause, resume, end *button // those of the present state
	working                        bool
}

func newCampaignPane(c *campaigns, v desk.CampaignView) *campaignPane {
	p := &campaignPane{c: c, body: column(14)}
	p.root = container.NewVScroll(padded(0, 8, 0, 10, p.body))
	p.set(v)
	return p
}

func (p *campaignPane) object() fyne.CanvasObject { return p.root }
func (p *campaignPane) busy() bool                { return p.working }

// shown implements [pane].
func (p *campaignPane) shown() {
	if p.lay != nil && p.c.w.shell.current == pageKeys {
		p.c.w.win.Canvas().Focus(p.lay)
	}
}

// back implements [pane].
func (p *campaignPane) back() bool {
	if !p.working {
		p.c.leavePane()
	}
	return true
}

// set shows a new state of the campaign.
func (p *campaignPane) set(v desk.CampaignView) {
	p.view = v
	w := p.c.w
	p.lay, p.bring, p.pause, p.resume, p.end = nil, nil, nil, nil, nil
	p.body.RemoveAll()
	p.body.Add(p.header())
	if v.State == string(store.CampaignEnded) {
		p.body.Add(p.verdict())
	} else {
		p.body.Add(newCard(p.bars()))
		p.body.Add(p.acts())
	}
	p.body.Add(w.costCard(v))
	for _, l := range []struct {
		icon, key string
		items     []string
	}{
		{"tag", "campaign.tags-left", w.campaignTags(v.Tags)},
		{"lock", "campaign.locks-left", v.Locks},
		{"tag-lost", "campaign.tags-ended", w.campaignTags(v.Lost)},
		{"lock", "campaign.old-opens", v.OldOpens},
	} {
		if len(l.items) > 0 {
			p.body.Add(w.listCard(l.icon, w.t(l.key), l.items))
		}
	}
	p.body.Refresh()
}

func (p *campaignPane) header() fyne.CanvasObject {
	w, v := p.c.w, p.view
	text := w.t("campaign.since", "date", w.words.Date(v.Started))
	if v.Ended != "" {
		text += " · " + w.t("campaign.until", "date", w.words.Date(v.Ended))
	}
	icon, t := campaignLook(v)
	badge := newBadge(icon, w.t("campaign.state."+v.State), t)
	back := w.newButton(quietButton, "back", w.t("button.back"), w.escape)
	title := container.New(tight{},
		newWord(w.campaignName(v), theme.SizeNameHeadingText, theme.ColorNameForeground, true).shrinking(),
		newWord(v.ID+" · "+text, theme.SizeNameText, colorMuted, false).shrinking())
	return container.NewBorder(nil, nil, nil, line(8, badge, back), container.New(middle{}, title))
}

// bars show how many tags and locks are on the new keys.
func (p *campaignPane) bars() fyne.CanvasObject {
	w, v := p.c.w, p.view
	bar := func(icon, key string, all, left int) fyne.CanvasObject {
		b := newProgress()
		b.set(1)
		if all > 0 {
			b.set(float64(all-left) / float64(all))
		}
		text := w.t(key, "done", all-left, "n", all)
		return column(6, line(8, newGlyph(icon, theme.ColorNamePrimary, 20), newWord(text, theme.SizeNameText, theme.ColorNameForeground, true)), b)
	}
	all := max(v.Cost.Tags, v.Left.Tags)
	return column(16, bar("lock", "campaign.locks-done", v.Cost.Locks, v.Left.Locks), bar("tag", "campaign.tags-done", all, v.Left.Tags))
}

// acts are what can be done now, the likeliest first.
func (p *campaignPane) acts() fyne.CanvasObject {
	w, v := p.c.w, p.view
	p.lay = w.newButton(primaryButton, "tag", w.t("campaign.lay"), func() { w.layNext(v.ID) }).grown().aligned()
	p.lay.enable(v.Left.Tags > 0 && v.State == string(store.CampaignRunning))
	p.bring = w.newButton(plainButton, "usb", w.t("campaign.bring"), func() { w.shell.turnTo(pageLocks) }).aligned()
	p.end = w.newButton(plainButton, "check", w.t("campaign.end"), p.askEnd).aligned()
	grid := container.New(layout.NewGridLayoutWithColumns(2), p.bring)
	if v.State == string(store.CampaignPaused) {
		p.resume = w.newButton(plainButton, "play", w.t("campaign.resume"), func() { p.change(w.desk.ResumeCampaign) }).aligned()
		grid.Add(p.resume)
	} else {
		p.pause = w.newButton(plainButton, "pause", w.t("campaign.pause"), func() { p.change(w.desk.PauseCampaign) }).aligned()
		grid.Add(p.pause)
	}
	grid.Add(p.end)
	return column(6, p.lay, grid)
}

// verdict is the head of a report.
func (p *campaignPane) verdict() fyne.CanvasObject {
	w, v := p.c.w, p.view
	icon, t, key := "done", toneGood, "campaign.over"
	switch {
	case v.Left.Locks > 0:
		icon, t, key = "clock", toneWarn, "campaign.over.opens"
	case v.Forced:
		icon, t, key = "warn", toneWarn, "campaign.over.forced"
	}
	return newSurface(t.soft(), "", 14, 14, container.NewBorder(nil, nil, container.NewVBox(newGlyph(icon, t.fore(), 28)), nil,
		padded(0, 0, 12, 0, column(4, para(w.t(key, "n", v.Left.Locks), toneInfo, theme.SizeNameSubHeadingText), para(w.t(key+".do"), tonePlain, theme.SizeNameText)))))
}

// change pauses the campaign or goes on with it.
func (p *campaignPane) change(f func(ctx context.Context, name string) (desk.CampaignView, error)) {
	p.working = true
	var v desk.CampaignView
	p.c.w.jobs.run(func(ctx context.Context) (err error) {
		v, err = f(ctx, p.view.ID)
		return err
	}, func(err error) {
		p.working = false
		if err != nil {
			p.c.w.complain(err)
			return
		}
		p.set(v)
		p.c.load()
	})
}

// askEnd asks before the old keys are dropped, and names what ends by it.
func (p *campaignPane) askEnd() {
	w, left := p.c.w, p.view.Left
	force := left.Tags > 0 || left.Locks > 0 || p.view.Signer != nil && !p.view.Signer.Signs
	what := w.t("campaign.end.ask.do")
	if force {
		what = w.t("campaign.end.force", "tags", w.count("campaign.tags", left.Tags), "locks", w.count("site.locks", left.Locks))
	}
	w.ask("keys", w.t("campaign.end.ask"), what, w.t("campaign.end"), func() {
		p.change(func(ctx context.Context, name string) (desk.CampaignView, error) {
			return w.desk.EndCampaign(ctx, name, force)
		})
	})
}

// costCard is the work of a campaign.
func (w *Window) costCard(v desk.CampaignView) fyne.CanvasObject {
	row := container.New(layout.NewGridLayoutWithColumns(4))
	for _, c := range []struct {
		icon, key string
		n         int
	}{
		{"tag", "cost.tags", v.Cost.Tags},
		{"lock", "cost.locks", v.Cost.Locks},
		{"next", "cost.visits", v.Cost.Visits},
		{"door", "cost.doors", v.Cost.Doors},
	} {
		number := line(7, newGlyph(c.icon, theme.ColorNamePrimary, 18), newWord(w.count("number.plain", c.n), theme.SizeNameHeadingText, theme.ColorNameForeground, true))
		row.Add(newSurface(colorPlainSoft, "", 12, 10, column(2, number, para(w.t(c.key, "n", c.n), tonePlain, theme.SizeNameCaptionText))))
	}
	return w.section("info", w.t("campaign.cost"), "", row)
}

// campaignTags are tags of a campaign, by their homes.
func (w *Window) campaignTags(tags []desk.CampaignTagView) []string {
	var out []string
	for _, t := range tags {
		out = append(out, refName(t.Home)+" ("+t.ID+")")
	}
	return out
}

// listCard lists names.
func (w *Window) listCard(icon, title string, items []string) fyne.CanvasObject {
	note := w.count("number.plain", len(items))
	if len(items) > maxListed {
		items = append(items[:maxListed:maxListed], w.t("list.more", "n", len(items)-maxListed))
	}
	return w.section(icon, title, note, para(strings.Join(items, " · "), tonePlain, theme.SizeNameText))
}
