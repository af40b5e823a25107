package window

import (
	"context"
	"slices"

	"sleutelbord/app/desk"
	"sleutelbord/store"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// campaigns is the page on which keys are replaced by their next version: what
// was begun to the left, and one of them, or a new one, beside it.
type campaigns struct {
	stand
	w     *Window
	root  fyne.CanvasObject
	begin *button
	list  *list
	none  fyne.CanvasObject
	all   []desk.CampaignView // newest first
	open  string              // the campaign that is open, "" for none
	view  desk.CampaignView   // of that one, as it was last read
	// opening is true until the campaign that is open is shown.
	opening bool
	turn    turn
	quiet   bool
}

func newCampaigns(w *Window) *campaigns {
	c := &campaigns{w: w}
	c.begin = w.newButton(primaryButton, "plus", w.t("campaign.new"), func() { c.show(newChoosePane(c)) }).grown().aligned()
	c.list = w.newList(
		func() int { return len(c.all) },
		func() fyne.CanvasObject { return newCampaignRow(w) },
		func(i int, o fyne.CanvasObject) {
			if i < len(c.all) {
				o.(*campaignRow).show(c.all[i])
			}
		},
		func(i int) { c.selected(i) },
	)
	c.list.HideSeparators = true
	none := container.NewCenter(newWord(w.t("campaign.none"), theme.SizeNameText, colorMuted, false))
	none.Hide()
	c.none = none
	title := container.New(tight{}, newWord(w.t("campaign.title"), theme.SizeNameHeadingText, theme.ColorNameForeground, true),
		newWord(w.t("campaign.subtitle"), theme.SizeNameText, colorMuted, false).shrinking())
	top := column(12, title, c.begin)
	left := container.NewBorder(padded(0, 8, 0, 0, top), nil, nil, nil, container.NewStack(c.list, none))
	c.stand = newStand(c.openOrRest)
	c.turned = func(p pane) {
		if _, resting := p.(*keysPane); resting {
			c.begin.as(primaryButton)
			return
		}
		c.begin.as(plainButton) // the next step is in the pane
	}
	c.root = container.New(twoColumns{}, padded(14, 0, 14, 10, left), padded(14, 14, 4, 16, c.side))
	return c
}

func (c *campaigns) object() fyne.CanvasObject { return c.root }

// shown implements [page].
func (c *campaigns) shown() {
	c.load()
	c.pane.shown()
}

// openOrRest is the campaign that is open, or what they are for.
func (c *campaigns) openOrRest() pane {
	if c.open != "" && c.view.ID == c.open {
		return newCampaignPane(c, c.view)
	}
	return newKeysPane(c.w)
}

// leavePane closes what is open.
func (c *campaigns) leavePane() {
	c.open, c.opening = "", false
	c.quiet = true
	c.list.UnselectAll()
	c.quiet = false
	c.stand.leavePane()
}

// load reads all campaigns, and the one that is open.
func (c *campaigns) load() {
	var open desk.CampaignView
	name := c.open
	read(c.w, &c.turn, func(ctx context.Context) (all []desk.CampaignView, err error) {
		if all, err = c.w.desk.Campaigns(ctx); err == nil && name != "" {
			open, err = c.w.desk.Campaign(ctx, name)
		}
		return all, err
	}, func(all []desk.CampaignView) { c.take(all, open) })
}

func (c *campaigns) take(all []desk.CampaignView, open desk.CampaignView) {
	slices.Reverse(all)
	c.all = all
	setShown(c.none, len(all) == 0)
	c.quiet = true
	c.list.UnselectAll()
	for i, v := range all {
		if v.ID == c.open {
			c.list.Select(i)
		}
	}
	c.quiet = false
	c.list.Refresh()
	if c.open == "" || c.open != open.ID {
		return
	}
	c.view = open
	if p, ok := c.pane.(*campaignPane); ok && p.view.ID == open.ID {
		p.set(open)
		return
	}
	if c.opening {
		c.opening = false
		c.show(newCampaignPane(c, open))
	}
}

// selected opens a campaign of the list.
func (c *campaigns) selected(i int) {
	if c.quiet || i >= len(c.all) || c.pane.busy() {
		return
	}
	c.turnTo(c.all[i].ID)
}

// turnTo opens a campaign.
func (c *campaigns) turnTo(name string) {
	c.open, c.opening = name, true
	c.load()
}

// setShown shows or hides an object.
func setShown(o fyne.CanvasObject, on bool) {
	if on {
		o.Show()
	} else {
		o.Hide()
	}
}

// campaignName is what a campaign is about, in words.
func (w *Window) campaignName(v desk.CampaignView) string {
	name := w.t("campaign.kind." + string(v.Kind))
	switch {
	case v.Kind == store.CampaignLock:
		name = w.t("campaign.of-lock", "lock", v.Lock)
	case v.Kind == store.CampaignZone && len(v.Zones) > 0:
		z := v.Zones[0]
		name += ": " + z.Name
		if z.Home != "" {
			name += " " + refName(z.Home)
		}
	case v.Lock != "":
		name += ": " + v.Lock
	}
	return name
}

// campaignLook is the icon and the tone of a campaign's state.
func campaignLook(v desk.CampaignView) (string, tone) {
	switch {
	case v.State == string(store.CampaignPaused):
		return "pause", toneWarn
	case v.State == string(store.CampaignRunning):
		return "sync", toneInfo
	case v.Left.Locks > 0:
		return "clock", toneWarn
	}
	return "check", toneGood
}

// done is how much of a campaign is done, from 0 to 1: tags count as much as
// locks.
func done(v desk.CampaignView) float64 {
	all := v.Cost.Tags + v.Cost.Locks
	if all == 0 {
		return 1
	}
	return 1 - float64(v.Left.Tags+v.Left.Locks)/float64(all)
}

// campaignRow is one campaign of the list.
type campaignRow struct {
	widget.BaseWidget
	w          *Window
	icon       *glyph
	tile       *surface
	name, what *word
	bar        *progress
	row        *fyne.Container
}

func newCampaignRow(w *Window) *campaignRow {
	r := &campaignRow{w: w, icon: newGlyph("keys", colorMuted, 22), bar: newProgress()}
	r.name = newWord("", theme.SizeNameText, theme.ColorNameForeground, true).shrinking()
	r.what = newWord("", theme.SizeNameCaptionText, colorMuted, false).shrinking()
	r.tile = newSurface(colorPlainSoft, "", 10, 9, r.icon)
	words := container.New(tight{}, r.name, r.what, padded(3, 0, 0, 0, r.bar))
	r.row = container.NewBorder(nil, nil, container.New(middle{}, r.tile), nil, padded(0, 0, 10, 4, container.New(middle{}, words)))
	r.ExtendBaseWidget(r)
	return r
}

// CreateRenderer implements [fyne.Widget].
func (r *campaignRow) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(padded(8, 8, 8, 10, r.row))
}

// show fills the row.
func (r *campaignRow) show(v desk.CampaignView) {
	icon, t := campaignLook(v)
	r.icon.set(icon, t.fore())
	r.tile.paint(t.soft(), "")
	r.name.set(v.ID + " · " + r.w.campaignName(v))
	text := r.w.t("campaign.state."+v.State) + " · " + r.w.t("campaign.since", "date", r.w.words.Date(v.Started))
	if v.Ended != "" {
		text = r.w.t("campaign.until", "date", r.w.words.Date(v.Ended))
	}
	r.what.set(text)
	r.bar.set(done(v))
	r.row.Refresh()
}

// keysPane stands beside the campaigns at rest, and says what they are for.
type keysPane struct {
	emptyPane
}

func newKeysPane(w *Window) *keysPane {
	medal := container.NewCenter(newSurface(colorInfoSoft, "", 60, 30, newGlyph("keys", theme.ColorNamePrimary, 60)))
	body := column(10, medal, gap(1, 4), centred(w.t("campaign.rest"), theme.ColorNameForeground, theme.SizeNameHeadingText, true),
		container.NewCenter(container.New(atLeast{440}, centred(w.t("campaign.rest.do"), colorMuted, theme.SizeNameText, false))))
	return &keysPane{emptyPane{w: w, root: container.NewVBox(gap(1, 90), body)}}
}

// shown implements [pane].
func (p *keysPane) shown() {
	if w := p.w; w.shell != nil && w.shell.current == pageKeys {
		w.win.Canvas().Focus(w.shell.keys.begin)
	}
}
