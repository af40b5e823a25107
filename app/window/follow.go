package window

import (
	"context"
	"sync/atomic"
	"time"

	"sleutelbord/app/desk"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
)

// Times of following what other desks do.
const (
	// reachEvery is how often the window looks whether the shared database
	// answers. Looking asks nobody.
	reachEvery = time.Second
	// gatherFor is how long changes are gathered before the screen is renewed.
	gatherFor = 300 * time.Millisecond
)

// follow begins what runs beside the window as long as the records are open:
// backups that are due, and, of a site that several desks share, what the
// others do.
func (w *Window) follow(d *desk.Desk) {
	ctx, cancel := context.WithCancel(w.jobs.ctx)
	w.release, w.outage = cancel, ""
	w.keepUp(ctx, d)
	if shared, _ := d.Reachable(); !shared {
		return
	}
	var pending atomic.Bool
	stop := d.OnChange(func() {
		if pending.Swap(true) {
			return
		}
		time.AfterFunc(gatherFor, func() {
			w.jobs.onMain(func() {
				pending.Store(false)
				if ctx.Err() == nil {
					w.refresh()
				}
			})
		})
	})
	context.AfterFunc(ctx, stop)
	w.jobs.running.Go(func() {
		_ = w.jobs.protect(func() error { // a panic is logged there
			w.watchDatabase(ctx, d)
			return nil
		})
	})
}

// watchDatabase tells the window when the shared database is lost, or back.
func (w *Window) watchDatabase(ctx context.Context, d *desk.Desk) {
	tick := time.NewTicker(reachEvery)
	defer tick.Stop()
	var was desk.Code
	for {
		if _, p := d.Reachable(); p.Code != was {
			was = p.Code
			w.jobs.onMain(func() {
				if ctx.Err() == nil {
					w.reached(p.Code)
				}
			})
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// reached shows what keeps this desk from the shared database, "" if nothing
// does.
func (w *Window) reached(code desk.Code) {
	w.outage = code
	if w.shell == nil {
		return
	}
	w.shell.outage.show(code)
	if p, ok := w.shell.settings.made[subDesks].(*desksPage); ok && w.shell.settings.front(subDesks) {
		p.load()
	}
}

// refresh reads what is on the screen again: the records were changed, maybe by
// another desk. What a person is in the middle of is left alone.
func (w *Window) refresh() {
	if w.shell == nil || w.bench.writing || w.desk.Locked() {
		return
	}
	w.reloadSite()
	s := w.shell
	switch s.current {
	case pageBoard:
		s.board.renew()
	case pageMoving:
		s.moving.renew()
	case pageTags:
		s.tags.load()
	case pageLocks:
		s.locks.load()
	case pageKeys:
		s.keys.load()
	case pageEvidence:
		if p, ok := s.evidence.made[s.evidence.current].(renewing); ok {
			p.renew()
		}
	case pageSettings:
		if p, ok := s.settings.made[s.settings.current].(renewing); ok {
			p.renew()
		}
	}
}

// renewing is a sub-page that shows what another desk may change.
type renewing interface{ renew() }

func (p *journalPage) renew() { p.load() }

func (p *choicesPage) renew() { p.load() }

func (p *retentionPage) renew() {
	if !p.working {
		p.load()
	}
}

// outageBar says, above the strip and as long as it lasts, that the shared
// database does not answer, and what goes on without it.
type outageBar struct {
	w     *Window
	plane *surface
	what  *prose
	more  *button
}

func newOutageBar(w *Window) *outageBar {
	b := &outageBar{w: w}
	b.what = newProse("", theme.SizeNameText, theme.ColorNameForeground, fyne.TextStyle{}, fyne.TextAlignLeading)
	b.more = w.newButton(plainButton, "", w.t("outage.more"), func() { w.shell.settings.goTo(subDesks) })
	b.plane = newSurface(colorWarnSoft, colorEdge, 0, 0, padded(7, 7, 16, 16, container.NewBorder(nil, nil,
		container.New(middle{}, newGlyph("warn", theme.ColorNameWarning, 24)), container.New(middle{}, b.more), padded(0, 0, 12, 12, container.New(middle{}, flush(b.what.RichText))))))
	b.show(w.outage)
	return b
}

// show shows what is the matter, or hides the bar.
func (b *outageBar) show(code desk.Code) {
	b.plane.Hidden = code == ""
	if code != "" {
		do := b.w.t("outage.stopped")
		if code == desk.CodeDatabaseUnreachable {
			do = b.w.t("outage.do")
		}
		b.what.set(b.w.problemWords(code, nil).what + ". " + do)
	}
	b.plane.Refresh()
	if b.w.shell != nil && b.w.shell.root != nil {
		b.w.shell.root.Refresh()
	}
}
