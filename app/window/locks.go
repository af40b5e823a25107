package window

import (
	"context"
	"strings"

	"sleutelbord/app/desk"
	"sleutelbord/store"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
)

// locks is the page of the locks: what the desk wants there, and what they
// have confirmed; beside them, how that gets there.
type locks struct {
	stand
	w       *Window
	root    fyne.CanvasObject
	search  *searchEntry
	found   *word
	list    *list
	only    *tick
	doors   []desk.DoorView
	keys    []string
	lines   []lockLine
	lost    []desk.Statement // of tags that are gone and may still open
	turn    turn
	working bool // bundles are being written
	bundled *desk.Bundled
	quiet   bool // a selection made by the program, not by a person
}

// lockLine is a line of the list: a lock, or the building of those below.
type lockLine struct {
	door     int // index of the lock; -1 for a building
	building string
	n, open  int // of a building: its locks, and those not up to date
}

func newLocks(w *Window) *locks {
	l := &locks{w: w}
	l.search = newSearchEntry(w, func(string) { l.filter() })
	l.search.SetPlaceHolder(w.t("locks.search"))
	l.search.down = func() { w.win.Canvas().Focus(l.list) }
	l.search.enter = l.openFirst
	l.found = newWord("", theme.SizeNameCaptionText, colorMuted, false)
	l.only = w.newTick(w.t("locks.only"), func(bool) { l.filter() })
	l.list = w.newList(
		func() int { return len(l.lines) },
		func() fyne.CanvasObject { return newLockRow(w) },
		func(i int, o fyne.CanvasObject) {
			if i < len(l.lines) {
				l.showLine(o.(*lockRow), l.lines[i])
			}
		},
		func(i int) { l.selected(i) },
	)
	l.list.HideSeparators = true
	find := container.NewBorder(nil, nil, nil, padded(0, 0, 8, 0, l.only), l.search)
	top := column(6, find, padded(0, 2, 4, 4, l.found), w.lockHeadings())
	left := container.NewBorder(top, padded(0, 10, 0, 0, gap(1, 0)), nil, nil, newSurface(colorCard, colorEdge, 14, 6, l.list))
	l.stand = newStand(func() pane { return newBringPane(l) })
	l.around = container.New(halves{0.54}, padded(14, 0, 14, 12, left), padded(14, 14, 4, 16, l.side))
	l.root = l.around
	return l
}

func (l *locks) object() fyne.CanvasObject { return l.root }

// shown implements [page].
func (l *locks) shown() {
	l.load()
	l.pane.shown()
}

// load reads all locks, and the tags that were lost.
func (l *locks) load() {
	var lost []desk.Statement
	read(l.w, &l.turn, func(ctx context.Context) (doors []desk.DoorView, err error) {
		if doors, err = l.w.desk.Locks(ctx); err == nil {
			lost, err = lostTags(ctx, l.w.desk)
		}
		return doors, err
	}, func(doors []desk.DoorView) {
		l.lost = lost
		l.take(doors)
	})
}

// take shows the locks.
func (l *locks) take(doors []desk.DoorView) {
	l.doors = doors
	l.keys = make([]string, len(doors))
	for i, d := range doors {
		l.keys[i] = store.SearchFold(d.Building + " " + refName(d.Home) + " " + d.Zone + " " + d.Lock)
	}
	l.filter()
	if p, ok := l.pane.(refreshing); ok {
		p.refresh()
	}
}

// refreshing is a pane that shows what the page knows, and wants to hear when
// that has changed.
type refreshing interface{ refresh() }

// learn takes the locks as they are after an act on an update card.
func (l *locks) learn(o outcome) {
	switch {
	case o.card != nil:
		l.take(o.card.Locks)
	case o.read != nil:
		l.take(o.read.Locks)
	}
}

// filter shows the locks that have every word that was typed, and only those
// that wait if that is ticked, below their buildings.
func (l *locks) filter() {
	terms := strings.Fields(store.SearchFold(l.search.Text))
	l.lines = l.lines[:0]
	n, head := 0, -1
	for i, key := range l.keys {
		d := l.doors[i]
		settled := d.State == desk.DoorUpToDate || d.State == desk.DoorResting
		if !containsAll(key, terms) || l.only.Checked && settled {
			continue
		}
		if head < 0 || l.lines[head].building != d.Building {
			head = len(l.lines)
			l.lines = append(l.lines, lockLine{door: -1, building: d.Building})
		}
		l.lines = append(l.lines, lockLine{door: i})
		l.lines[head].n++
		if !settled {
			l.lines[head].open++
		}
		n++
	}
	l.found.set(l.w.count("locks.count", n))
	l.quiet = true
	l.list.UnselectAll()
	l.quiet = false
	l.list.Refresh()
	if len(terms) > 0 {
		l.list.ScrollToTop()
	}
}

// showLine fills a row with a line of the list.
func (l *locks) showLine(r *lockRow, at lockLine) {
	if at.door < 0 {
		r.showBuilding(at)
		return
	}
	r.show(l.doors[at.door])
}

// selected opens the lock of a line.
func (l *locks) selected(line int) {
	if l.quiet || line >= len(l.lines) {
		return
	}
	if l.lines[line].door < 0 || l.pane.busy() {
		l.list.UnselectAll()
		return
	}
	l.show(newLockPane(l, l.doors[l.lines[line].door]))
}

// openFirst opens the first lock that was found.
func (l *locks) openFirst() {
	for i, at := range l.lines {
		if at.door >= 0 {
			l.list.Select(i)
			return
		}
	}
}

// chooseFolder asks where the bundles go: a folder or a USB stick.
func (l *locks) chooseFolder() {
	if l.working {
		return
	}
	l.w.askFolder(l.w.t("locks.write.here"), l.writeTo)
}

// writeTo writes the bundles into a folder, and reads the receipts there.
func (l *locks) writeTo(dir string) { l.writeWith(dir, desk.BundleOptions{}) }

func (l *locks) writeWith(dir string, o desk.BundleOptions) {
	l.hold(true)
	var b desk.Bundled
	l.w.jobs.run(func(ctx context.Context) (err error) {
		b, err = l.w.desk.WriteBundles(ctx, dir, o)
		return err
	}, func(err error) {
		l.hold(false)
		if desk.Explain(err).Code == desk.CodeClock && !o.ClockConfirmed {
			l.askClock(dir, err)
			return
		}
		if err != nil {
			l.w.complain(err)
			return
		}
		l.bundled = &b
		if !l.pane.busy() {
			l.leavePane()
		}
		l.load()
	})
}

// hold switches writing bundles off while they are written.
func (l *locks) hold(on bool) {
	l.working = on
	if p, ok := l.pane.(*bringPane); ok {
		p.write.enable(!on)
	}
}

// askClock asks for a person's word that this computer's clock is right.
func (l *locks) askClock(dir string, err error) {
	p := l.w.explain(err)
	l.w.ask("warn", p.what, p.do, l.w.t("locks.clock.right"), func() { l.writeWith(dir, desk.BundleOptions{ClockConfirmed: true}) })
}

// containsAll tells whether every term stands in a text.
func containsAll(text string, terms []string) bool {
	for _, t := range terms {
		if !strings.Contains(text, t) {
			return false
		}
	}
	return true
}
