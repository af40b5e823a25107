package window

import (
	"context"
	"maps"
	"slices"
	"strings"

	"sleutelbord/app/desk"
	"sleutelbord/store"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// homePane is a home beside the board: what can be done now, its tags, its
// doors.
type homePane struct {
	w    *Window
	ref  string
	view desk.HomeView
	root *fyne.Container
	turn turn

	handOut, lost, returned, inspect, moveOut, moveIn, requests *button
	choice                                                      *choice
	tagActs                                                     map[string]*button // by tag
}

func newHomePane(w *Window, ref string) *homePane {
	p := &homePane{w: w, ref: ref, root: container.NewStack()}
	p.load()
	return p
}

func (p *homePane) object() fyne.CanvasObject { return p.root }
func (p *homePane) busy() bool                { return false }

// shown implements [pane].
func (p *homePane) shown() {
	if p.handOut == nil || p.w.shell == nil {
		return
	}
	// Who searches goes on searching; elsewhere the focus may be on what the
	// pane before had.
	b, c := p.w.shell.board, p.w.win.Canvas()
	if f := c.Focused(); f != fyne.Focusable(b.search) && f != fyne.Focusable(b.list) {
		c.Focus(p.handOut)
	}
}

// back implements [pane]: a home is closed.
func (p *homePane) back() bool {
	p.w.shell.board.home = ""
	p.w.shell.board.markOpen()
	p.w.shell.board.leavePane()
	p.w.bench.tell()
	p.w.shell.board.focusSearch()
	return true
}

// load reads the home.
func (p *homePane) load() {
	read(p.w, &p.turn, func(ctx context.Context) (desk.HomeView, error) {
		return p.w.desk.Home(ctx, p.ref)
	}, func(v desk.HomeView) {
		p.view = v
		p.w.shell.board.refresh(v)
		p.build()
	})
}

// build lays the pane out.
func (p *homePane) build() {
	focus := p.refocus()
	body := column(14, p.header(), p.acts(), p.tags(), p.doors())
	scroll := container.NewVScroll(padded(0, 8, 0, 10, body))
	p.root.Objects = []fyne.CanvasObject{scroll}
	p.root.Refresh()
	focus()
}

// refocus gives what puts the focus back after the pane is built anew: where it
// was, and on the likeliest act if that is not there any more.
func (p *homePane) refocus() func() {
	c := p.w.win.Canvas()
	was, first := c.Focused(), p.handOut == nil
	b, pressed := was.(*button)
	at := slices.Index(p.targets(), b)
	gone := pressed && slices.Contains(slices.Collect(maps.Values(p.tagActs)), b)
	chosen := was != nil && p.choice != nil && was == fyne.Focusable(p.choice)
	return func() {
		all := p.targets()
		switch {
		case chosen && p.view.Tenancy != nil:
			c.Focus(p.choice)
		case pressed && at >= 0 && all[at].Visible() && !all[at].Disabled():
			c.Focus(all[at])
		case chosen || gone || pressed && at >= 0:
			c.Focus(p.handOut)
		case first:
			p.shown()
		}
	}
}

// targets are the buttons of the acts; a home is moved into or out of.
func (p *homePane) targets() []*button {
	move := p.moveOut
	if p.view.Tenancy == nil {
		move = p.moveIn
	}
	return []*button{p.handOut, p.lost, p.returned, p.inspect, move}
}

// header is the home's name, and its tenancy with the choice.
func (p *homePane) header() fyne.CanvasObject {
	v := p.view
	where := []string{}
	if v.Floor != "" {
		where = append(where, p.w.t("home.floor", "floor", v.Floor))
	}
	switch {
	case v.Tenancy == nil:
		where = append(where, p.w.t("home.empty"))
	case v.Tenancy.Reference == "":
		where = append(where, p.w.t("home.tenancy.unnamed", "start", p.w.words.Date(v.Tenancy.Start)))
	default:
		where = append(where, p.w.t("home.tenancy", "reference", v.Tenancy.Reference, "start", p.w.words.Date(v.Tenancy.Start)))
	}
	title := container.New(tight{},
		newWord(homeName(v.Hook), theme.SizeNameHeadingText, theme.ColorNameForeground, true).shrinking(),
		newWord(strings.Join(where, " · "), theme.SizeNameText, colorMuted, false).shrinking())
	var right fyne.CanvasObject
	if v.Tenancy != nil {
		right = container.New(middle{}, p.choices())
	}
	return container.NewBorder(nil, nil, nil, right, container.New(middle{}, title))
}

// allChoices in the order in which they are offered.
var allChoices = []store.Choice{store.ChoiceTag, store.ChoiceApp, store.ChoiceBoth, store.ChoiceOwnLock}

// choices is the tenant's choice, which can be changed any day.
func (p *homePane) choices() fyne.CanvasObject {
	names := make([]string, len(allChoices))
	for i, c := range allChoices {
		names[i] = p.w.t("choice." + string(c))
	}
	p.choice = p.w.newChoice(names, slices.Index(allChoices, p.view.Tenancy.Choice), func(i int) { p.setChoice(allChoices[i]) })
	p.choice.PlaceHolder = p.w.t("choice.none")
	return line(8, newWord(p.w.t("home.choice"), theme.SizeNameCaptionText, colorMuted, false), bordered(p.choice))
}

func (p *homePane) setChoice(c store.Choice) {
	p.w.jobs.run(func(ctx context.Context) error {
		return p.w.desk.SetChoice(ctx, p.ref, c)
	}, func(err error) {
		if err != nil {
			p.w.complain(err)
		}
		p.w.shell.board.changed(p.ref)
		p.load()
	})
}

// acts is what can be done now, the likeliest first.
func (p *homePane) acts() fyne.CanvasObject {
	w, v := p.w, p.view
	out := v.Hook.Tags > 0
	p.handOut = w.newButton(primaryButton, "tag-add", w.t("act.hand-out"), func() { w.handOut(p.ref) }).grown().aligned().keyed(w.t("key.ctrl") + "N")
	p.handOut.enable(v.SeatsLeft > 0 || v.Pending > 0)
	p.lost = w.newButton(plainButton, "tag-lost", w.t("act.lost"), func() { w.lost(v) }).aligned().keyed(w.t("key.ctrl") + "L")
	p.lost.enable(out || v.Lost > 0)
	p.returned = w.newButton(plainButton, "tag-back", w.t("act.returned"), func() { w.returned(p.ref) }).aligned().keyed(w.t("key.ctrl") + "R")
	p.inspect = w.newButton(plainButton, "inspect", w.t("act.inspect"), w.inspectAct).aligned().keyed(w.t("key.ctrl") + "I")
	p.moveOut = w.newButton(plainButton, "move-out", w.t("act.move-out"), func() { w.moveOut(v) }).aligned()
	p.moveIn = w.newButton(plainButton, "move-in", w.t("act.move-in"), func() { w.moveIn(v) }).aligned()
	move := p.moveOut
	if v.Tenancy == nil {
		move = p.moveIn
	}
	p.requests = w.newButton(plainButton, "receipt", w.t("act.requests"), func() { w.requests(p.ref) }).aligned()
	grid := container.New(layout.NewGridLayoutWithColumns(2), p.lost, p.returned, p.inspect, move, p.requests)
	acts := column(6, p.handOut, grid)
	if v.SeatsLeft == 0 {
		acts.Add(para(w.problemWords("seats-full", map[string]any{"home": homeName(v.Hook)}).what, toneWarn, theme.SizeNameCaptionText))
	}
	return acts
}

// tags is the card with the home's tags.
func (p *homePane) tags() fyne.CanvasObject {
	p.tagActs = make(map[string]*button)
	rows := column(2)
	for i, t := range p.view.Tags {
		if i > 0 {
			rows.Add(widget.NewSeparator())
		}
		rows.Add(p.tagRow(t))
	}
	if len(p.view.Tags) == 0 {
		rows.Add(para(p.w.t("home.no-tags"), tonePlain, theme.SizeNameText))
	}
	return p.w.section("tag", p.w.t("home.tags"), p.w.t("home.seats-left", "n", p.view.SeatsLeft), rows)
}

// tagRow is one tag: icon, name, label and since, state, and its likeliest act.
func (p *homePane) tagRow(t desk.TagView) fyne.CanvasObject {
	w := p.w
	icon, tn := tagLook(t.State)
	name := w.t("tag.name", "ordinal", t.Ordinal)
	if t.Label != "" {
		name += " · " + t.Label
	}
	detail := []string{w.t("tag.since."+string(t.State), "date", w.words.Date(t.Since))}
	if t.NotAfter != "" {
		detail = append(detail, w.t("tag.not-after", "date", w.words.Date(t.NotAfter)))
	}
	detail = append(detail, t.ID)
	words := container.New(tight{},
		newWord(name, theme.SizeNameText, theme.ColorNameForeground, true).shrinking(),
		newWord(strings.Join(detail, " · "), theme.SizeNameCaptionText, colorMuted, false).shrinking())
	right := line(8, newBadge(icon, w.t("tag.state."+string(t.State)), tn))
	if b := p.tagAct(t); b != nil {
		p.tagActs[t.ID] = b
		right = line(8, newBadge(icon, w.t("tag.state."+string(t.State)), tn), b)
	}
	return padded(5, 5, 0, 0, container.NewBorder(nil, nil, container.New(middle{}, newGlyph("tag", tn.fore(), 26)), container.New(middle{}, right),
		padded(0, 0, 12, 8, container.New(middle{}, words))))
}

// tagAct is the likeliest act on a tag, nil if there is none.
func (p *homePane) tagAct(t desk.TagView) *button {
	w := p.w
	switch t.State {
	case store.TagWriting, store.TagReserved:
		return w.newButton(plainButton, "", w.t("act.finish"), func() { w.finish(p.ref, &t) })
	case store.TagIssued:
		return w.newButton(plainButton, "", w.t("act.lost.short"), func() { w.lostTag(p.view, t) })
	case store.TagLost, store.TagEnded:
		return w.newButton(plainButton, "", w.t("act.where"), func() { w.statementOf(p.ref, t) })
	}
	return nil
}

// tagLook is the icon and the tone of a state.
func tagLook(s store.TagState) (string, tone) {
	switch s {
	case store.TagIssued:
		return "check", toneGood
	case store.TagReserved, store.TagWriting:
		return "tag-half", toneWarn
	case store.TagLost:
		return "warn", toneBad
	case store.TagEnded:
		return "clock", toneWarn
	}
	return "cross", tonePlain
}

// doors is the card with the home's doors.
func (p *homePane) doors() fyne.CanvasObject {
	rows := column(2)
	for i, d := range p.view.Doors {
		if i > 0 {
			rows.Add(widget.NewSeparator())
		}
		rows.Add(p.w.doorRow(d))
	}
	if len(p.view.Doors) == 0 {
		rows.Add(para(p.w.problemWords("no-locks", map[string]any{"home": homeName(p.view.Hook)}).what, toneWarn, theme.SizeNameText))
	}
	return p.w.section("door", p.w.t("home.doors"), "", rows)
}

// doorRow is one lock: icon, id and zone, state.
func (w *Window) doorRow(d desk.DoorView) fyne.CanvasObject {
	icon, tn := doorLook(d.State)
	detail := w.t("zone."+string(d.Kind)) + " · " + d.Lock
	words := container.New(tight{},
		newWord(d.Zone, theme.SizeNameText, theme.ColorNameForeground, true).shrinking(),
		newWord(detail, theme.SizeNameCaptionText, colorMuted, false).shrinking())
	return padded(5, 5, 0, 0, container.NewBorder(nil, nil, container.New(middle{}, newGlyph(zoneIcon(d.Kind), colorMuted, 26)),
		container.New(middle{}, newBadge(icon, w.t("door."+string(d.State)), tn)), padded(0, 0, 12, 8, container.New(middle{}, words))))
}

// zoneIcon is the icon of a kind of zone.
func zoneIcon(k store.ZoneKind) string {
	switch k {
	case store.HomeZone:
		return "home"
	case store.SharedZone:
		return "building"
	}
	return "door"
}

// doorLook is the icon and the tone of a lock's state.
func doorLook(s desk.DoorState) (string, tone) {
	switch s {
	case desk.DoorUpToDate:
		return "check", toneGood
	case desk.DoorWaiting:
		return "clock", toneInfo
	case desk.DoorResting:
		return "own-lock", tonePlain
	case desk.DoorOverdue:
		return "clock", toneWarn
	case desk.DoorChanged:
		return "sync", toneWarn
	}
	return "warn", toneWarn
}

// section is a card with a heading.
func (w *Window) section(icon, title, note string, body fyne.CanvasObject) fyne.CanvasObject {
	head := container.NewHBox(line(8, newGlyph(icon, theme.ColorNamePrimary, 20), newWord(title, theme.SizeNameSubHeadingText, theme.ColorNameForeground, true)),
		layout.NewSpacer(), line(0, newWord(note, theme.SizeNameCaptionText, colorMuted, false)))
	return newCard(column(8, head, body))
}

// emptyPane stands beside the board while no home is open.
type emptyPane struct {
	w      *Window
	root   fyne.CanvasObject
	moving *button
}

func newEmptyPane(w *Window) *emptyPane {
	medal := container.NewCenter(newSurface(colorInfoSoft, "", 60, 30, newGlyph("board", theme.ColorNamePrimary, 60)))
	title := newWord(w.t("board.choose"), theme.SizeNameHeadingText, theme.ColorNameForeground, true)
	hint := newWord(w.t("board.choose.hint"), theme.SizeNameText, colorMuted, false)
	p := &emptyPane{w: w, moving: w.newButton(plainButton, "move-in", w.t("moving.open"), w.openMoving).keyed(w.t("key.ctrl") + "M")}
	p.root = container.NewCenter(column(10, medal, gap(1, 4), container.NewCenter(title), container.NewCenter(hint), gap(1, 6), container.NewCenter(p.moving)))
	return p
}

func (p *emptyPane) object() fyne.CanvasObject { return p.root }
func (p *emptyPane) busy() bool                { return false }
func (p *emptyPane) back() bool                { return false }

// shown implements [pane].
func (p *emptyPane) shown() {
	if p.w.shell != nil {
		p.w.win.Canvas().Focus(p.w.shell.board.search)
	}
}
