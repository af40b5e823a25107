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

// doorStates in the order in which they are counted.
var doorStates = []desk.DoorState{desk.DoorUpToDate, desk.DoorWaiting, desk.DoorChanged, desk.DoorOverdue, desk.DoorNever}

// lockPane is one lock beside the others: what it knows, and what can be done.
type lockPane struct {
	l       *locks
	door    desk.DoorView
	root    *container.Scroll
	body    *fyne.Container
	working bool

	card, roll, stolen, retire *button
}

func newLockPane(l *locks, d desk.DoorView) *lockPane {
	p := &lockPane{l: l, door: d, body: column(14)}
	p.root = container.NewVScroll(padded(0, 8, 0, 10, p.body))
	p.build()
	return p
}

func (p *lockPane) object() fyne.CanvasObject { return p.root }
func (p *lockPane) busy() bool                { return p.working }

// shown implements [pane].
func (p *lockPane) shown() {}

// back implements [pane].
func (p *lockPane) back() bool {
	if p.working {
		return true
	}
	p.l.list.UnselectAll()
	p.l.leavePane()
	return true
}

// refresh implements [refreshing].
func (p *lockPane) refresh() {
	for _, d := range p.l.doors {
		if d.Lock == p.door.Lock {
			p.door = d
			p.build()
			return
		}
	}
	p.l.leavePane() // it is gone
}

func (p *lockPane) build() {
	p.body.RemoveAll()
	p.body.Add(p.header())
	p.body.Add(p.state())
	p.body.Add(p.acts())
	p.body.Add(p.facts())
	p.body.Refresh()
}

func (p *lockPane) header() fyne.CanvasObject {
	w, d := p.l.w, p.door
	where := d.Building
	if d.Home != "" {
		where = refName(d.Home)
	}
	back := w.newButton(quietButton, "back", w.t("button.back"), w.escape)
	title := container.New(tight{},
		newWord(d.Lock, theme.SizeNameHeadingText, theme.ColorNameForeground, true).shrinking(),
		newWord(where+" · "+d.Zone, theme.SizeNameText, colorMuted, false).shrinking())
	return container.NewBorder(nil, nil, nil, container.New(middle{}, back), container.New(middle{}, title))
}

// state says what its state means, and what comes next.
func (p *lockPane) state() fyne.CanvasObject {
	w, d := p.l.w, p.door
	icon, t := doorLook(d.State)
	key := "door." + string(d.State)
	text := w.t(key + ".do")
	if d.Far != desk.NotFar {
		icon, t = "warn", toneWarn
		text = w.t("far."+string(d.Far)+".do") + " " + text
	}
	return newSurface(t.soft(), "", 14, 14, container.NewBorder(nil, nil, container.NewVBox(newGlyph(icon, t.fore(), 28)), nil,
		padded(0, 0, 12, 0, column(4, para(w.t(key), toneInfo, theme.SizeNameSubHeadingText), para(text, tonePlain, theme.SizeNameText)))))
}

func (p *lockPane) acts() fyne.CanvasObject {
	w, d := p.l.w, p.door
	p.card = w.newButton(primaryButton, "card", w.t("card.write.one"), func() { w.writeCard([]string{d.Lock}, desk.BundleOptions{}) }).grown().aligned()
	p.roll = w.newButton(plainButton, "keys", w.t("lock.roll"), func() { w.planCampaign(desk.CampaignSpec{Kind: store.CampaignZone, Zone: firstOf(d.ZoneIDs)}) }).aligned()
	p.roll.enable(len(d.ZoneIDs) > 0)
	p.stolen = w.newButton(dangerButton, "warn", w.t("lock.stolen"), func() { w.planCampaign(desk.CampaignSpec{Kind: store.CampaignLock, Lock: d.Lock}) }).aligned()
	p.retire = w.newButton(plainButton, "cross", w.t("lock.retire"), p.askRetire).aligned()
	return column(6, p.card, container.New(layout.NewGridLayoutWithColumns(2), p.roll, p.retire, p.stolen))
}

// facts is what the records say about the lock.
func (p *lockPane) facts() fyne.CanvasObject {
	w, d := p.l.w, p.door
	rows := container.New(layout.NewFormLayout())
	add := func(key, value string) {
		rows.Add(padded(4, 4, 0, 16, newWord(w.t(key), theme.SizeNameText, colorMuted, false)))
		rows.Add(padded(4, 4, 0, 0, newWord(value, theme.SizeNameText, theme.ColorNameForeground, false).shrinking()))
	}
	add("fact.building", d.Building)
	if d.Home != "" {
		add("fact.home", refName(d.Home))
	}
	add("fact.kind", w.t("zone."+string(d.Kind)))
	add("fact.zone", d.Zone+" · "+strings.Join(d.ZoneIDs, ", "))
	add("fact.shares", w.count("site.locks", d.Shares))
	if d.Since != "" {
		add("fact.waits", w.words.Date(d.Since))
	}
	add("fact.wanted", sequence(d.Wanted))
	add("fact.confirmed", sequence(d.Confirmed))
	if d.Carrier != store.CarrierUnknown {
		add("fact.carrier", w.t("locks.carrier."+string(d.Carrier)))
	}
	return w.section("lock", w.t("lock.facts"), "", rows)
}

// askRetire asks before a lock is taken out of service, and what about one that
// was stolen.
func (p *lockPane) askRetire() {
	w, d := p.l.w, p.door
	w.ask("cross", w.t("lock.retire.ask", "lock", d.Lock), w.t("lock.retire.ask.do"), w.t("lock.retire.yes"), func() {
		p.working = true
		w.jobs.run(func(ctx context.Context) error { return w.desk.RetireLock(ctx, d.Lock) }, func(err error) {
			p.working = false
			if err != nil {
				w.complain(err)
				return
			}
			w.reloadSite()
			p.back()
			p.l.load()
		})
	})
}

// firstOf is the first of a list, "" of none.
func firstOf(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}
