package window

import (
	"context"
	"strings"

	"sleutelbord/app/desk"
	"sleutelbord/store"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// campaignKinds in the order in which they are offered, with their icons.
var campaignKinds = []struct {
	kind store.CampaignKind
	icon string
}{
	{store.CampaignZone, "door"},
	{store.CampaignLock, "warn"},
	{store.CampaignLocator, "reader"},
	{store.CampaignSite, "building"},
}

// choosePane asks what is replaced.
type choosePane struct {
	c     *campaigns
	root  fyne.CanvasObject
	kinds map[store.CampaignKind]*button
}

func newChoosePane(c *campaigns) *choosePane {
	p := &choosePane{c: c, kinds: make(map[store.CampaignKind]*button)}
	w := c.w
	body := column(6, para(w.t("campaign.which"), toneInfo, theme.SizeNameSubHeadingText), gap(1, 2))
	for _, k := range campaignKinds {
		b := w.newButton(plainButton, k.icon, w.t("campaign.kind."+string(k.kind)), func() { p.choose(k.kind) }).grown().aligned()
		p.kinds[k.kind] = b
		body.Add(b)
		body.Add(padded(0, 8, 4, 0, para(w.t("campaign.kind."+string(k.kind)+".do"), tonePlain, theme.SizeNameCaptionText)))
	}
	p.root = w.paneFrame("keys", w.t("campaign.new"), "", container.NewVScroll(padded(0, 8, 0, 10, column(0, newCard(body)))))
	return p
}

func (p *choosePane) object() fyne.CanvasObject { return p.root }
func (p *choosePane) busy() bool                { return false }
func (p *choosePane) shown()                    { p.c.w.win.Canvas().Focus(p.kinds[campaignKinds[0].kind]) }

// back implements [pane].
func (p *choosePane) back() bool {
	p.c.leavePane()
	return true
}

// choose goes on: a zone or a lock has to be named.
func (p *choosePane) choose(k store.CampaignKind) {
	if k == store.CampaignZone || k == store.CampaignLock {
		p.c.show(newPickPane(p.c, k))
		return
	}
	p.c.w.planCampaign(desk.CampaignSpec{Kind: k})
}

// pickPane asks which lock was stolen, or which zone's key is replaced: by its
// doors.
type pickPane struct {
	c       *campaigns
	kind    store.CampaignKind
	root    fyne.CanvasObject
	search  *searchEntry
	list    *list
	all     []pick
	visible []int
	turn    turn
}

// pick is a zone or a lock that can be chosen.
type pick struct {
	name, where, key string
	spec             desk.CampaignSpec
	icon             string
}

func newPickPane(c *campaigns, k store.CampaignKind) *pickPane {
	p := &pickPane{c: c, kind: k}
	w := c.w
	p.search = newSearchEntry(w, func(string) { p.filter() })
	p.search.SetPlaceHolder(w.t("locks.search"))
	p.search.enter = func() { p.selected(0) }
	p.search.down = func() { w.win.Canvas().Focus(p.list) }
	p.list = w.newList(
		func() int { return len(p.visible) },
		func() fyne.CanvasObject { return newPickRow() },
		func(i int, o fyne.CanvasObject) {
			if i < len(p.visible) {
				o.(*pickRow).show(p.all[p.visible[i]])
			}
		}, func(i int) { p.selected(i) })
	p.list.HideSeparators = true
	key := "campaign.kind." + string(k)
	top := column(8, para(w.t(key+".which"), toneInfo, theme.SizeNameSubHeadingText), p.search)
	p.root = w.paneFrame("keys", w.t(key), "", newCard(container.NewBorder(padded(0, 8, 0, 0, top), nil, nil, nil, p.list)))
	p.load()
	return p
}

func (p *pickPane) object() fyne.CanvasObject { return p.root }
func (p *pickPane) busy() bool                { return false }
func (p *pickPane) shown()                    { p.c.w.win.Canvas().Focus(p.search) }

// back implements [pane].
func (p *pickPane) back() bool {
	p.c.show(newChoosePane(p.c))
	return true
}

func (p *pickPane) load() {
	read(p.c.w, &p.turn, p.c.w.desk.Locks, p.take)
}

// take makes what can be chosen of the locks.
func (p *pickPane) take(doors []desk.DoorView) {
	w := p.c.w
	seen := make(map[string]bool)
	for _, d := range doors {
		where := d.Building
		if d.Home != "" {
			where = refName(d.Home)
		}
		one := pick{name: d.Lock, where: where + " · " + d.Zone, icon: zoneIcon(d.Kind), spec: desk.CampaignSpec{Kind: p.kind, Lock: d.Lock}}
		if p.kind == store.CampaignZone {
			id := firstOf(d.ZoneIDs)
			if id == "" || seen[id] {
				continue
			}
			seen[id] = true
			one.name, one.where = d.Zone+" · "+where, id+" · "+w.count("site.locks", d.Shares)
			one.spec = desk.CampaignSpec{Kind: p.kind, Zone: id}
		}
		one.key = store.SearchFold(one.name + " " + one.where + " " + d.Lock)
		p.all = append(p.all, one)
	}
	p.filter()
}

func (p *pickPane) filter() {
	terms := strings.Fields(store.SearchFold(p.search.Text))
	p.visible = p.visible[:0]
	for i := range p.all {
		if containsAll(p.all[i].key, terms) {
			p.visible = append(p.visible, i)
		}
	}
	p.list.Refresh()
}

func (p *pickPane) selected(i int) {
	if i < len(p.visible) {
		p.c.w.planCampaign(p.all[p.visible[i]].spec)
	}
}

// pickRow is a line of what can be chosen.
type pickRow struct {
	widget.BaseWidget
	icon *glyph
	text twoLines
	row  fyne.CanvasObject
}

func newPickRow() *pickRow {
	r := &pickRow{icon: newGlyph("door", colorMuted, 24), text: newTwoLines(true)}
	r.row = container.NewBorder(nil, nil, container.New(middle{}, r.icon), nil, padded(0, 0, 12, 4, r.text.object()))
	r.ExtendBaseWidget(r)
	return r
}

// CreateRenderer implements [fyne.Widget].
func (r *pickRow) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(padded(6, 6, 8, 8, r.row))
}

func (r *pickRow) show(p pick) {
	r.icon.set(p.icon, colorMuted)
	r.text.set(p.name, p.where)
}

// planCampaign shows what a campaign would cost.
func (w *Window) planCampaign(s desk.CampaignSpec) {
	if !w.mayBeginAt(pageKeys) {
		return
	}
	var v desk.CampaignView
	w.jobs.run(func(ctx context.Context) (err error) {
		v, err = w.desk.PlanCampaign(ctx, s)
		return err
	}, func(err error) {
		if err != nil {
			w.complain(err)
			return
		}
		w.shell.keys.show(newPlanPane(w.shell.keys, s, v))
	})
}

// planPane shows the cost of a campaign before it is begun.
type planPane struct {
	c       *campaigns
	spec    desk.CampaignSpec
	root    fyne.CanvasObject
	start   *button
	working bool
}

func newPlanPane(c *campaigns, s desk.CampaignSpec, v desk.CampaignView) *planPane {
	p := &planPane{c: c, spec: s}
	w := c.w
	icon := "keys"
	if s.Kind == store.CampaignLock {
		icon = "warn"
	}
	p.start = w.newButton(primaryButton, "check", w.t("campaign.start"), p.ask).grown()
	about := column(8, para(w.t("campaign.kind."+string(s.Kind)+".do"), tonePlain, theme.SizeNameText))
	if s.Kind == store.CampaignLock {
		about.Add(para(w.t("campaign.stolen", "lock", s.Lock), toneWarn, theme.SizeNameText))
	}
	body := column(14, newCard(about), w.costCard(v), newCard(column(6, para(w.t("campaign.how"), toneInfo, theme.SizeNameText),
		para(w.t("campaign.how.do"), tonePlain, theme.SizeNameText))))
	p.root = w.paneFrame(icon, w.campaignName(v), w.t("campaign.plan"), withDone(body, p.start))
	return p
}

func (p *planPane) object() fyne.CanvasObject { return p.root }
func (p *planPane) busy() bool                { return p.working }
func (p *planPane) shown()                    { p.c.w.win.Canvas().Focus(p.start) }

// back implements [pane].
func (p *planPane) back() bool {
	if !p.working {
		p.c.leavePane()
	}
	return true
}

// ask asks once more: a campaign cannot be taken back.
func (p *planPane) ask() {
	w := p.c.w
	w.ask("keys", w.t("campaign.ask"), w.t("campaign.ask.do"), w.t("campaign.start"), p.begin)
}

func (p *planPane) begin() {
	p.working = true
	p.start.enable(false)
	w := p.c.w
	var v desk.CampaignView
	w.jobs.run(func(ctx context.Context) (err error) {
		v, err = w.desk.StartCampaign(ctx, p.spec)
		return err
	}, func(err error) {
		p.working = false
		p.start.enable(true)
		if err != nil {
			w.complain(err)
			return
		}
		p.c.turnTo(v.ID)
	})
}
