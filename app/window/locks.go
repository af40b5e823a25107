package window

import (
	"context"
	"strings"

	"sleutelbord/app/desk"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// locks is the page of the locks: what the desk wants there, and what they
// have confirmed.
type locks struct {
	w       *Window
	root    fyne.CanvasObject
	search  *searchEntry
	found   *word
	list    *widget.List
	write   *button
	only    *widget.Check
	result  *fyne.Container
	doors   []desk.DoorView
	keys    []string
	visible []int
	turn    turn
	working bool
}

func newLocks(w *Window) *locks {
	l := &locks{w: w, result: container.NewStack()}
	l.search = newSearchEntry(w, func(string) { l.filter() })
	l.search.SetPlaceHolder(w.t("locks.search"))
	l.search.down = func() { w.win.Canvas().Focus(l.list) }
	l.found = newWord("", theme.SizeNameCaptionText, colorMuted, false)
	l.only = widget.NewCheck(w.t("locks.only"), func(bool) { w.jobs.guard(l.filter) })
	l.write = w.newButton(primaryButton, "usb", w.t("locks.write"), l.chooseFolder).keyed(w.t("key.ctrl") + "B")
	l.list = widget.NewList(
		func() int { return len(l.visible) },
		func() fyne.CanvasObject { return newLockRow(w) },
		func(i widget.ListItemID, o fyne.CanvasObject) {
			if i < len(l.visible) {
				o.(*lockRow).show(l.doors[l.visible[i]])
			}
		},
	)
	l.list.HideSeparators = true
	title := container.New(tight{}, newWord(w.t("locks.title"), theme.SizeNameHeadingText, theme.ColorNameForeground, true),
		newWord(w.t("locks.subtitle"), theme.SizeNameText, colorMuted, false).shrinking())
	head := container.NewBorder(nil, nil, nil, container.New(middle{}, l.write), container.New(middle{}, title))
	find := container.NewBorder(nil, nil, nil, line(12, l.only), l.search)
	top := column(10, head, l.result, find, padded(0, 0, 4, 4, l.found), w.lockHeadings())
	l.root = padded(14, 10, 16, 16, container.NewBorder(top, nil, nil, nil, newSurface(colorCard, colorEdge, 14, 6, l.list)))
	return l
}

func (l *locks) object() fyne.CanvasObject { return l.root }

// shown implements [page].
func (l *locks) shown() {
	l.load()
	l.w.win.Canvas().Focus(l.search)
}

func (l *locks) load() {
	var doors []desk.DoorView
	mine := l.turn.next()
	l.turn.cancel = l.w.jobs.run(func(ctx context.Context) (err error) {
		doors, err = l.w.desk.Locks(ctx)
		return err
	}, func(err error) {
		if mine != l.turn.n {
			return
		}
		l.turn.cancel = nil
		if err != nil {
			l.w.complain(err)
			return
		}
		l.take(doors)
	})
}

// take shows the locks.
func (l *locks) take(doors []desk.DoorView) {
	l.doors = doors
	l.keys = make([]string, len(doors))
	for i, d := range doors {
		l.keys[i] = strings.ToLower(d.Building + " " + refName(d.Home) + " " + d.Zone + " " + d.Lock)
	}
	l.filter()
}

// filter shows the locks that have every word that was typed, and only those
// that wait if that is ticked.
func (l *locks) filter() {
	terms := strings.Fields(strings.ToLower(l.search.Text))
	l.visible = l.visible[:0]
	for i, key := range l.keys {
		if containsAll(key, terms) && (!l.only.Checked || l.doors[i].State != desk.DoorUpToDate) {
			l.visible = append(l.visible, i)
		}
	}
	l.found.set(l.w.count("locks.count", len(l.visible)))
	l.list.Refresh()
	l.list.ScrollToTop()
}

// chooseFolder asks where the bundles go: a folder or a USB stick.
func (l *locks) chooseFolder() {
	if l.working {
		return
	}
	d := dialog.NewFolderOpen(func(dir fyne.ListableURI, err error) {
		l.w.jobs.guard(func() {
			switch {
			case err != nil:
				l.w.complain(err)
			case dir != nil:
				l.writeTo(dir.Path())
			}
		})
	}, l.w.win)
	d.SetConfirmText(l.w.t("locks.write.here"))
	d.Resize(l.w.win.Canvas().Size().SubtractWidthHeight(sized(120), sized(90)))
	d.Show()
}

// writeTo writes the bundles into a folder, and reads the receipts there.
func (l *locks) writeTo(dir string) { l.writeWith(dir, desk.BundleOptions{}) }

func (l *locks) writeWith(dir string, o desk.BundleOptions) {
	l.working = true
	l.write.enable(false)
	var b desk.Bundled
	l.w.jobs.run(func(ctx context.Context) (err error) {
		b, err = l.w.desk.WriteBundles(ctx, dir, o)
		return err
	}, func(err error) {
		l.working = false
		l.write.enable(true)
		if desk.Explain(err).Code == desk.CodeClock && !o.ClockConfirmed {
			l.askClock(dir, err)
			return
		}
		if err != nil {
			l.w.complain(err)
			return
		}
		l.showResult(b)
		l.load()
	})
}

// askClock asks for a person's word that this computer's clock is right.
func (l *locks) askClock(dir string, err error) {
	p := l.w.explain(err)
	l.w.ask("warn", p.what, p.do, l.w.t("locks.clock.right"), func() { l.writeWith(dir, desk.BundleOptions{ClockConfirmed: true}) })
}

// showResult says what was written and read.
func (l *locks) showResult(b desk.Bundled) {
	w := l.w
	t, icon := toneGood, "done"
	text := w.t("bundled.text", "written", w.count("bundled.written", b.Written), "kept", w.count("bundled.kept", b.Kept), "receipts", w.count("bundled.receipts", b.Receipts))
	if len(b.Refused) > 0 {
		t, icon = toneWarn, "warn"
		text += " " + w.t("bundled.refused", "files", strings.Join(b.Refused, ", "))
	}
	l.result.Objects = []fyne.CanvasObject{newSurface(t.soft(), "", 12, 12, container.NewBorder(nil, nil,
		container.NewVBox(newGlyph(icon, t.fore(), 24)), nil,
		padded(0, 0, 12, 0, column(2, newWord(w.t("bundled.title", "dir", b.Dir), theme.SizeNameText, theme.ColorNameForeground, true).shrinking(),
			para(text, tonePlain, theme.SizeNameText)))))}
	l.root.Refresh()
}

// lockColumns are the widths of the columns as parts of the whole; the first
// begins after the icon.
var lockColumns = columns{[]float32{0.19, 0.28, 0.15, 0.10, 0.11, 0.17}}

// lockHeadings are the headings of the columns.
func (w *Window) lockHeadings() fyne.CanvasObject {
	var cells []fyne.CanvasObject
	for _, key := range []string{"lock", "opens", "kind", "wanted", "confirmed", "state"} {
		cells = append(cells, newWord(w.t("locks.column."+key), theme.SizeNameCaptionText, colorMuted, true).shrinking())
	}
	return padded(4, 0, 20, 20, container.New(lockColumns, cells...))
}

// lockRow is one lock.
type lockRow struct {
	widget.BaseWidget
	w                                           *Window
	icon, mark                                  *glyph
	lock, opens, kind, wanted, confirmed, state *word
	plane                                       *surface
	row                                         fyne.CanvasObject
}

func newLockRow(w *Window) *lockRow {
	text := func(bold bool, name fyne.ThemeColorName) *word {
		return newWord("", theme.SizeNameText, name, bold).shrinking()
	}
	r := &lockRow{w: w, icon: newGlyph("lock", colorMuted, 20), mark: newGlyph("check", theme.ColorNameSuccess, 16)}
	r.lock, r.opens, r.kind = text(true, theme.ColorNameForeground), text(false, theme.ColorNameForeground), text(false, colorMuted)
	r.wanted, r.confirmed = text(false, theme.ColorNameForeground), text(false, theme.ColorNameForeground)
	r.state = newWord("", theme.SizeNameCaptionText, theme.ColorNameSuccess, true)
	r.plane = newSurface(colorGoodSoft, "", 13, 0, padded(4, 4, 9, 11, container.New(beside{5}, r.mark, r.state)))
	first := container.NewBorder(nil, nil, container.New(middle{}, r.icon), nil, padded(0, 0, 8, 4, container.New(middle{}, r.lock)))
	r.row = container.New(lockColumns, first, container.New(middle{}, r.opens), container.New(middle{}, r.kind),
		container.New(middle{}, r.wanted), container.New(middle{}, r.confirmed), container.New(beside{}, r.plane))
	r.ExtendBaseWidget(r)
	return r
}

// CreateRenderer implements [fyne.Widget].
func (r *lockRow) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(padded(7, 7, 10, 10, r.row))
}

// show fills the row.
func (r *lockRow) show(d desk.DoorView) {
	icon, t := doorLook(d.State)
	r.icon.set(zoneIcon(d.Kind), colorMuted)
	r.lock.set(d.Lock)
	where := d.Building + " · " + d.Zone
	if d.Home != "" {
		where = refName(d.Home)
	}
	r.opens.set(where)
	r.kind.set(r.w.t("zone." + string(d.Kind)))
	r.wanted.set(sequence(d.Wanted))
	r.confirmed.set(sequence(d.Confirmed))
	r.mark.set(icon, t.fore())
	r.state.paint(r.w.t("door."+string(d.State)), t.fore())
	r.plane.paint(t.soft(), "")
	r.row.Refresh()
}
