package pcsc

import (
	"runtime"
	"slices"
	"sync"
	"time"
)

// Intervals for what PC/SC has no event for; see the package comment.
const (
	serviceInterval = time.Second
	settleInterval  = time.Second
	macListInterval = 2 * time.Second
	// cancelInterval is how long a cancel may go unanswered: it is lost if the
	// wait had not begun.
	cancelInterval = 20 * time.Millisecond
	// idleInterval holds back a system whose wait returns at once although
	// nothing changed.
	idleInterval = 250 * time.Millisecond
)

// forever makes a wait end only by an event or a cancel.
const forever = time.Duration(-1)

// view is what the monitor saw last: the readers, or why there are none to see.
type view struct {
	slots []slot
	err   error
}

// observer is told each view, in order, by one goroutine at a time. It does
// not block and does not call back.
type observer interface{ observe(view) }

// monitor watches all readers for all observers with one wait. More than one
// wait at a time would not be safe: the binding keeps the memory of a reader's
// name alive only until the name is next passed to a wait, which here would be
// a wait of somebody else.
type monitor struct {
	sys system
	// tells is whether sys tells of readers that come and go.
	tells bool
	// waiting is held by the goroutine that waits.
	waiting sync.Mutex

	mu        sync.Mutex
	observers map[observer]struct{}
	// stop ends the goroutine; nil when nobody observes.
	stop chan struct{}
	last *view
}

func newMonitor(sys system) *monitor {
	return &monitor{sys: sys, tells: runtime.GOOS != "darwin", observers: map[observer]struct{}{}}
}

// add tells o everything from now on, beginning with what is already known.
func (m *monitor) add(o observer) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.observers[o] = struct{}{}
	if m.last != nil {
		o.observe(*m.last)
	}
	if m.stop == nil {
		m.stop = make(chan struct{})
		go m.run(m.stop)
	}
}

// remove tells o nothing more.
func (m *monitor) remove(o observer) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.observers, o)
	if len(m.observers) == 0 && m.stop != nil {
		close(m.stop)
		m.stop, m.last = nil, nil
	}
}

func (m *monitor) publish(stop chan struct{}, v view) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.stop != stop {
		return
	}
	v.slots = slices.Clone(v.slots)
	m.last = &v
	for o := range m.observers {
		o.observe(v)
	}
}

// run watches until stop is closed, through every loss of the service.
func (m *monitor) run(stop chan struct{}) {
	m.waiting.Lock()
	defer m.waiting.Unlock()
	for {
		s, err := m.sys.establish()
		if err == nil {
			err = m.follow(stop, s)
			s.release()
		}
		if err != nil {
			m.publish(stop, view{err: explainService("watching the readers", err)})
		}
		if stopped(stop, serviceInterval) {
			return
		}
	}
}

// follow watches on one context until it breaks, with the reason, or stop is
// closed.
func (m *monitor) follow(stop chan struct{}, s session) error {
	done := make(chan struct{})
	var canceller sync.WaitGroup
	defer canceller.Wait()
	defer close(done)
	canceller.Go(func() { cancelOnStop(stop, done, s) })

	w := watch{session: s, pnp: slot{name: pnpName}, tells: m.tells}
	for {
		listChanged, err := w.relist()
		if err != nil {
			return err
		}
		if w.allAware() {
			m.publish(stop, view{slots: w.slots})
		}
		if !listChanged && !w.progress && stopped(stop, idleInterval) {
			return nil
		}
		if len(w.slots) == 0 && !w.tells && stopped(stop, macListInterval) {
			return nil
		}
		err = w.next(listChanged)
		if stopped(stop, 0) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// cancelOnStop wakes the wait of s when stop is closed, until done is.
func cancelOnStop(stop, done chan struct{}, s session) {
	select {
	case <-done:
		return
	case <-stop:
	}
	for {
		// What it answers does not matter: only the end of the wait does.
		s.cancel()
		if stopped(done, cancelInterval) {
			return
		}
	}
}

// stopped waits at most d for stop to be closed, and tells whether it is.
func stopped(stop chan struct{}, d time.Duration) bool {
	select {
	case <-stop:
		return true
	default:
	}
	if d <= 0 {
		return false
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-stop:
		return true
	case <-t.C:
		return false
	}
}

// watch is the state of one context that waits.
type watch struct {
	session session
	slots   []slot
	pnp     slot
	// tells is that of [monitor].
	tells bool
	// progress is whether the last wait ended for a reason.
	progress bool
}

// relist asks for the readers, keeps what is known of those that stayed, and
// tells whether any came or went.
func (w *watch) relist() (changed bool, err error) {
	names, err := w.session.readers()
	if err != nil && !isCode(err, codeNoReaders) {
		return false, err
	}
	names = names[:min(len(names), maxSlots-1)]
	known := make(map[string]slot, len(w.slots))
	for _, s := range w.slots {
		known[s.name] = s
	}
	next := make([]slot, len(names))
	for i, n := range names {
		next[i] = slot{name: n}
		if s, ok := known[n]; ok && !s.has(flagUnknown) {
			next[i] = s
		}
	}
	changed = !slices.EqualFunc(w.slots, next, func(a, b slot) bool { return a.name == b.name })
	w.slots = next
	return changed, nil
}

func (w *watch) allAware() bool {
	return !slices.ContainsFunc(w.slots, func(s slot) bool { return !s.aware() })
}

// next waits for a change. settling is whether the list of readers changed a
// moment ago, so that it is worth another look soon.
func (w *watch) next(settling bool) error {
	slots := slices.Clone(w.slots)
	if w.tells {
		slots = append(slots, w.pnp)
	}
	w.progress = false
	if len(slots) == 0 {
		return nil
	}
	timeout := forever
	switch {
	case !w.tells:
		timeout = macListInterval
	case settling:
		timeout = settleInterval
	}
	err := w.session.wait(slots, timeout)
	switch {
	case isCode(err, codeTimeout):
		w.progress = true
		return nil
	case isCode(err, codeUnknownReader), isCode(err, codeCancelled):
		// A reader left between the list and the wait, or somebody else
		// cancelled: the list tells.
		return nil
	case err != nil:
		return err
	}
	if w.tells {
		last := len(slots) - 1
		w.pnp, slots = slots[last], slots[:last]
	}
	w.progress = !slices.EqualFunc(w.slots, slots, sameSlot)
	w.slots = slots
	return nil
}

func sameSlot(a, b slot) bool {
	return a.name == b.name && a.flags == b.flags && a.events == b.events && slices.Equal(a.atr, b.atr)
}
