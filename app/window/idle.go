package window

import (
	"context"
	"slices"
	"time"

	"sleutelbord/app/desk"
)

// prefIdle is after how many minutes without a hand on it the desk locks
// itself; 0 is never.
const prefIdle = "idle"

// idleMinutes are those that can be chosen.
var idleMinutes = []int{2, 5, 10, 30, 0}

const defaultIdle = 10

// idle locks the desk when nobody is there. A tap, a key and a choice count as
// a hand on it, and so does a tag that is being written.
type idle struct {
	w     *Window
	clock func() time.Time
	last  time.Time
	timer *time.Timer
	at    spot          // what was shown when the desk was locked
	done  chan struct{} // closed when the desk that is locked has been so; nil before the first time
}

func newIdle(w *Window) *idle { return &idle{w: w, clock: time.Now} }

// minutes are what was chosen.
func (i *idle) minutes() int {
	n := i.w.o.App.Preferences().IntWithFallback(prefIdle, defaultIdle)
	if !slices.Contains(idleMinutes, n) {
		return defaultIdle
	}
	return n
}

// touch notes a hand on the desk.
func (i *idle) touch() { i.last = i.clock() }

// watch begins to look for idleness, and looks again when it could be due. A
// demo campus, whose passphrase nobody knows, is never locked.
func (i *idle) watch() {
	i.stop()
	if i.w.desk == nil || i.w.throwaway != "" || i.minutes() == 0 || i.w.desk.Locked() {
		return
	}
	due := time.Duration(i.minutes())*time.Minute - i.clock().Sub(i.last)
	i.timer = time.AfterFunc(max(due, time.Second), func() { i.w.jobs.onMain(i.look) })
}

func (i *idle) stop() {
	if i.timer != nil {
		i.timer.Stop()
	}
}

// look locks the desk if it is due.
func (i *idle) look() {
	if n := i.minutes(); n == 0 || i.w.bench.writing || i.clock().Sub(i.last) < time.Duration(n)*time.Minute {
		i.watch()
		return
	}
	i.lock()
}

// lock locks the desk at once: what is being written is finished first. Then
// nothing of the records is on the screen until a passphrase is typed.
func (i *idle) lock() {
	w := i.w
	if w.desk == nil || w.shell == nil || w.throwaway != "" {
		return
	}
	i.at = w.spot()
	w.leaveScreens()
	w.start.begin()
	done := make(chan struct{})
	i.done = done
	w.jobs.run(func(context.Context) error {
		defer close(done)
		w.clearPapers()
		return w.desk.Lock()
	}, func(err error) {
		if err != nil {
			w.o.Log.WithError(err).Error("locking the desk")
		}
	})
}

// leaveScreens takes away all that shows the records, and what lies above it: a
// question, a choice of files, a menu. What was begun there ends, and is told to
// nobody. The first screen stands in its place.
func (w *Window) leaveScreens() {
	w.idle.stop()
	w.closeQuestion()
	all := w.win.Canvas().Overlays()
	for top := all.Top(); top != nil; top = all.Top() {
		all.Remove(top)
	}
	w.forget()
	w.shell = nil
	w.jobs.leave()
	w.start = newStart(w)
	w.win.SetTitle(w.t("app.name"))
	w.win.SetContent(w.start.object())
	w.setMenus()
}

// unlock opens the desk that was locked, and shows what was shown.
func (s *start) unlockDesk() {
	if s.working {
		return
	}
	w, passphrase, who := s.w, []byte(s.passphrase.Text), s.operator()
	s.passphrase.SetText("")
	s.hold(true)
	s.note.Hide()
	var site desk.SiteView
	locked := w.idle.done
	w.jobs.run(func(ctx context.Context) (err error) {
		defer clear(passphrase)
		if locked != nil {
			<-locked // else it would be locked once it is open
		}
		if err = w.desk.Unlock(ctx, who, passphrase); err == nil {
			site, err = w.desk.Site(ctx)
		}
		return err
	}, func(err error) {
		s.hold(false)
		if err != nil {
			s.refused(w.explain(err))
			return
		}
		w.site, w.start = site, nil
		w.rememberOperator()
		w.buildAt(w.idle.at)
		w.bench.again()
		w.idle.touch()
		w.idle.watch()
	})
}
