package window

import (
	"context"
	"strconv"

	"sleutelbord/app/desk"
	"sleutelbord/store"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// moving is the page of a moving day: the queue and its figures to the left,
// and beside them whose turn it is. The board leads to it.
type moving struct {
	stand
	w       *Window
	root    *fyne.Container
	both    fyne.CanvasObject // the queue, and what stands beside it
	alone   fyne.CanvasObject // without a queue
	view    desk.BatchView
	loaded  bool
	list    *list
	bar     *progress
	done    *word
	figures *word
	more    *word
	turn    turn
	working bool   // an act on the queue itself is under way
	seen    uint64 // presentation of the tag that a turn has looked at last
}

func newMoving(w *Window) *moving {
	m := &moving{w: w, bar: newProgress()}
	m.done = newWord("", theme.SizeNameHeadingText, theme.ColorNameForeground, true).shrinking()
	m.figures = newWord("", theme.SizeNameText, colorMuted, false).shrinking()
	m.more = newWord("", theme.SizeNameCaptionText, colorMuted, false).shrinking()
	m.list = w.newList(
		func() int { return len(m.view.Queue) },
		func() fyne.CanvasObject { return newTurnRow(w) },
		func(i int, o fyne.CanvasObject) {
			if i < len(m.view.Queue) {
				o.(*turnRow).show(m.view.Queue[i])
			}
		},
		func(i int) { m.list.Unselect(i) },
	)
	m.list.HideSeparators = true
	top := newCard(column(6, container.New(tight{}, m.done, m.figures, m.more), m.bar))
	left := container.NewBorder(padded(0, 10, 0, 0, top), nil, nil, nil, newSurface(colorCard, colorEdge, 14, 6, m.list))
	m.stand = newStand(func() pane { return m.resting() })
	m.both = container.New(halves{0.36}, padded(14, 12, 14, 12, left), padded(14, 14, 4, 16, m.side))
	m.alone = padded(14, 14, 24, 24, m.side)
	m.root = container.NewStack(m.alone)
	return m
}

func (m *moving) object() fyne.CanvasObject { return m.root }

// current tells whether this is the page of the window, and not one of before it
// was locked or built anew.
func (m *moving) current() bool { return m.w.shell != nil && m.w.shell.moving == m }

// shown implements [page].
func (m *moving) shown() {
	if !m.pane.busy() {
		m.load(m.leavePane)
	}
	m.pane.shown()
}

// openMoving shows the moving day, or begins one.
func (w *Window) openMoving() {
	if w.saidWriting() {
		return
	}
	w.shell.turnTo(pageMoving)
}

// load reads the queue, and calls then when it is there.
func (m *moving) load(then func()) {
	var v desk.BatchView
	m.turn.run(m.w.jobs, func(ctx context.Context) (err error) {
		v, err = m.w.desk.Batch(ctx)
		return err
	}, func(err error) {
		if !m.current() {
			return
		}
		if err != nil {
			m.w.complain(err)
			return
		}
		m.take(v)
		then()
	})
}

// renew shows what another desk has done to the queue. Whose turn it is here
// stays so.
func (m *moving) renew() {
	if m.working {
		return
	}
	m.load(func() {
		if _, resting := m.pane.(*movingRest); resting && m.w.asked == nil {
			m.leavePane()
		}
	})
}

// take shows the queue and its figures.
func (m *moving) take(v desk.BatchView) {
	m.view, m.loaded = v, true
	all := len(v.Queue)
	m.done.set(m.w.t("moving.done", "n", v.Written, "all", all))
	m.figures.set(m.w.paceWords(v.Waiting))
	var more string
	if v.Skipped > 0 {
		more = m.w.count("moving.skipped", v.Skipped)
	}
	if v.Elsewhere > 0 {
		if more != "" {
			more += " · "
		}
		more += m.w.count("moving.elsewhere", v.Elsewhere)
	}
	m.more.set(more)
	if all > 0 {
		m.bar.set(float64(v.Written) / float64(all))
	} else {
		m.bar.set(0)
	}
	m.list.Refresh()
	m.root.Objects[0] = m.both
	if all == 0 {
		m.root.Objects[0] = m.alone
	}
	m.root.Refresh()
	for i, item := range v.Queue {
		if item.Taken {
			m.list.ScrollTo(min(i+2, all-1))
		}
	}
	m.w.shell.board.sayMoving(v.Waiting)
}

// act does something to the queue in the background, reads it anew, and then
// calls then.
func (m *moving) act(do func(ctx context.Context) error, then func()) {
	if m.working {
		return
	}
	m.working = true
	m.turn.next() // what is being read is old then
	var v desk.BatchView
	m.w.jobs.run(func(ctx context.Context) error {
		if err := do(ctx); err != nil {
			return err
		}
		var err error
		v, err = m.w.desk.Batch(ctx)
		return err
	}, func(err error) {
		m.working = false
		switch {
		case !m.current():
		case err != nil:
			m.w.complain(err)
			m.load(m.leavePane)
		default:
			m.take(v)
			then()
		}
	})
}

// advance takes the next of the queue and asks for its tag.
func (m *moving) advance() {
	var next desk.BatchItem
	var ok bool
	m.act(func(ctx context.Context) (err error) {
		next, ok, err = m.w.desk.NextOfBatch(ctx)
		return err
	}, func() {
		m.w.pace.begin(m.w.now())
		if !ok {
			m.leavePane()
			return
		}
		m.show(m.turnPane(next))
	})
}

// pause frees what this desk has taken and shows the figures.
func (m *moving) pause() {
	m.w.pace.pause()
	m.act(m.w.desk.PauseBatch, m.leavePane)
}

// turnRow is one tag of the queue: whose it is, and what became of it.
type turnRow struct {
	widget.BaseWidget
	w       *Window
	icon    *glyph
	name    *word
	caption *word
	plane   *surface
}

func newTurnRow(w *Window) *turnRow {
	r := &turnRow{w: w, icon: newGlyph("tag", colorMuted, 22)}
	r.name = newWord("", theme.SizeNameText, theme.ColorNameForeground, true).shrinking()
	r.caption = newWord("", theme.SizeNameCaptionText, colorMuted, false).shrinking()
	r.plane = newSurface(colorClear, "", 9, 0, padded(5, 5, 8, 8, container.NewBorder(nil, nil, container.New(middle{}, r.icon), nil,
		padded(0, 0, 10, 4, container.New(middle{}, container.New(tight{}, r.name, r.caption))))))
	r.ExtendBaseWidget(r)
	return r
}

// CreateRenderer implements [fyne.Widget].
func (r *turnRow) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(r.plane) }

// show fills the row.
func (r *turnRow) show(i desk.BatchItem) {
	r.name.set(refName(i.Home))
	icon, tn, text := r.w.turnLook(i)
	if i.Of > 1 {
		text = strconv.Itoa(i.Nth) + "/" + strconv.Itoa(i.Of) + " · " + text
	}
	if i.Label != "" {
		text += " · " + i.Label
	}
	r.caption.set(text)
	r.icon.set(icon, tn.fore())
	if i.Taken {
		r.plane.paint(colorInfoSoft, "")
	} else {
		r.plane.paint(colorClear, "")
	}
}

// turnLook is the icon, the tone and the words of a place in the queue.
func (w *Window) turnLook(i desk.BatchItem) (icon string, t tone, text string) {
	switch {
	case i.Half:
		return "tag-half", toneWarn, w.t("moving.state.half")
	case i.Elsewhere:
		return "clock", tonePlain, w.t("moving.state.elsewhere", "desk", i.Desk)
	case i.Taken:
		return "next", toneInfo, w.t("moving.state.now")
	case i.State == store.BatchWritten && i.Printed:
		return "check", toneGood, w.t("moving.state.printed", "tag", i.Tag)
	case i.State == store.BatchWritten:
		return "check", toneGood, w.t("moving.state.written", "tag", i.Tag)
	case i.State == store.BatchSkipped:
		return "next", toneWarn, w.t("moving.state.skipped")
	case i.State == store.BatchUndone:
		return "sync", toneWarn, w.t("moving.state.undone")
	}
	return "hook", tonePlain, w.t("moving.state.waiting")
}
