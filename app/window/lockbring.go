package window

import (
	"context"
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

// maxLost is how many tags that are gone are looked at, the newest first.
const maxLost = 50

// lostTags says of the tags that are gone and were not given back where they
// still open; those that are dead everywhere are left out.
func lostTags(ctx context.Context, d *desk.Desk) ([]desk.Statement, error) {
	tags, err := d.Tags(ctx)
	if err != nil {
		return nil, err
	}
	var gone []desk.Statement
	looked := 0
	for _, t := range slices.Backward(tags) {
		if t.State != store.TagLost && t.State != store.TagEnded {
			continue
		}
		if looked++; looked > maxLost {
			break
		}
		s, err := d.Statement(ctx, t.ID)
		if err != nil {
			return nil, err
		}
		if s.Opens() {
			gone = append(gone, s)
		}
	}
	return gone, nil
}

// bringPane stands beside the locks at rest: how bundles get to them and
// receipts back, and which tags that are gone still open something.
type bringPane struct {
	l                      *locks
	root                   *container.Scroll
	body                   *fyne.Container
	write, card, read, add *button
	gateway                *gatewayCard
	gone                   []*button
}

func newBringPane(l *locks) *bringPane {
	p := &bringPane{l: l, body: column(14)}
	p.root = container.NewVScroll(padded(0, 8, 0, 10, p.body))
	w := l.w
	p.write = w.newButton(primaryButton, "usb", w.t("locks.write"), l.chooseFolder).grown().aligned().keyed(w.t("key.ctrl") + "B")
	p.write.enable(!l.working)
	p.card = w.newButton(plainButton, "card", w.t("card.write"), func() { w.writeCard(nil, desk.BundleOptions{}) }).aligned()
	p.read = w.newButton(plainButton, "receipt", w.t("card.read"), w.readCard).aligned()
	p.add = w.newButton(plainButton, "plus", w.t("addlock.title"), func() { w.addLock() }).aligned()
	p.gateway = newGatewayCard(w)
	p.refresh()
	return p
}

func (p *bringPane) object() fyne.CanvasObject { return p.root }
func (p *bringPane) busy() bool                { return false }
func (p *bringPane) back() bool                { return false }

// shown implements [pane].
func (p *bringPane) shown() {
	if w := p.l.w; w.shell != nil && w.shell.current == pageLocks {
		w.win.Canvas().Focus(p.l.search)
	}
}

// refresh implements [refreshing].
func (p *bringPane) refresh() {
	w := p.l.w
	p.body.RemoveAll()
	title := container.New(tight{}, newWord(w.t("locks.title"), theme.SizeNameHeadingText, theme.ColorNameForeground, true),
		newWord(w.t("locks.subtitle"), theme.SizeNameText, colorMuted, false).shrinking())
	p.body.Add(title)
	if p.l.bundled != nil {
		p.body.Add(w.bundledResult(*p.l.bundled))
	}
	p.body.Add(p.tiles())
	grid := container.New(layout.NewGridLayoutWithColumns(2), p.card, p.read, p.add)
	p.body.Add(column(6, p.write, grid))
	p.body.Add(p.gateway.object())
	if len(p.l.lost) > 0 {
		p.body.Add(p.lost())
	}
	p.body.Refresh()
}

// tiles count the locks by their state.
func (p *bringPane) tiles() fyne.CanvasObject {
	count := make(map[desk.DoorState]int)
	for _, d := range p.l.doors {
		count[d.State]++
	}
	w := p.l.w
	row := container.New(layout.NewGridLayoutWithColumns(len(doorStates)))
	for _, s := range doorStates {
		icon, t := doorLook(s)
		fill, name := t.soft(), t.fore()
		if count[s] == 0 {
			fill, name = colorPlainSoft, colorMuted
		}
		number := line(7, newGlyph(icon, name, 18), newWord(w.count("number.plain", count[s]), theme.SizeNameSubHeadingText, name, true))
		row.Add(newSurface(fill, "", 12, 9, container.New(tight{}, number,
			newWord(w.t("door."+string(s)+".short"), theme.SizeNameCaptionText, theme.ColorNameForeground, false).shrinking())))
	}
	return row
}

// lost are the tags that are gone and still open something.
func (p *bringPane) lost() fyne.CanvasObject {
	w := p.l.w
	rows := column(2)
	p.gone = nil
	for i, s := range p.l.lost {
		if i > 0 {
			rows.Add(widget.NewSeparator())
		}
		icon, t := tagLook(s.Tag.State)
		open := 0
		for _, d := range s.Doors {
			if !d.Dead {
				open++
			}
		}
		b := w.newButton(plainButton, "", w.t("act.where.short"), func() { p.l.show(newStatementPane(w, &p.l.stand, "", s, false)) })
		p.gone = append(p.gone, b)
		words := container.New(tight{},
			newWord(w.tagTitle(s.Tag), theme.SizeNameText, theme.ColorNameForeground, true).shrinking(),
			newWord(w.t("tag.since."+string(s.Tag.State), "date", w.words.Date(s.Tag.Since)), theme.SizeNameCaptionText, colorMuted, false).shrinking())
		rows.Add(padded(5, 5, 0, 0, container.NewBorder(nil, nil, container.New(middle{}, newGlyph("tag-lost", t.fore(), 26)),
			line(8, newBadge(icon, w.count("locks.lost.open", open), t), b), padded(0, 0, 12, 8, container.New(middle{}, words)))))
	}
	return w.section("tag-lost", w.t("locks.lost"), "", rows)
}

// bundledResult says what was written to a stick, and read from it.
func (w *Window) bundledResult(b desk.Bundled) fyne.CanvasObject {
	t, icon := toneGood, "done"
	text := w.t("bundled.text", "written", w.count("bundled.written", b.Written), "kept", w.count("bundled.kept", b.Kept), "receipts", w.count("bundled.receipts", b.Receipts))
	if more := w.readBack(b.ReadBack); more != "" {
		t, icon = toneWarn, "warn"
		text += " " + more
	}
	return newSurface(t.soft(), "", 12, 12, container.NewBorder(nil, nil,
		container.NewVBox(newGlyph(icon, t.fore(), 24)), nil,
		padded(0, 0, 12, 0, column(2, newWord(w.t("bundled.title", "dir", b.Dir), theme.SizeNameText, theme.ColorNameForeground, true).shrinking(),
			para(text, tonePlain, theme.SizeNameText)))))
}

// readBack says which receipts were not as they ought to be, "" if all were.
func (w *Window) readBack(b desk.ReadBack) string {
	var parts []string
	if len(b.Refused) > 0 {
		parts = append(parts, w.t("bundled.refused", "locks", strings.Join(b.Refused, ", ")))
	}
	if len(b.Older) > 0 {
		parts = append(parts, w.t("bundled.older", "locks", strings.Join(b.Older, ", ")))
	}
	return strings.Join(parts, " ")
}
