package pcsc

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"time"

	"sleutelbord/nfc"
)

// patience is how long a transaction waits for other programs, and goneWithin
// how long after a broken exchange the system may take to notice that the tag
// was taken away.
const (
	patience   = 3 * time.Second
	goneWithin = time.Second
)

var errClosed = fmt.Errorf("%w: it was closed", nfc.ErrNoReader)

// reader is an [nfc.Reader] of PC/SC. Which of the system's readers it stands
// for is decided by part each time, so that it survives being unplugged.
type reader struct {
	sys      system
	monitor  *monitor
	part     string
	patience time.Duration
	// turn is held by the transaction that runs or waits for other programs.
	turn chan struct{}
	// closed is closed by Close.
	closed    chan struct{}
	closeOnce sync.Once

	mu sync.Mutex
	// name is the system's name of the reader, the last one while unplugged.
	name string
	// seen tells whether state is known; events belongs to state.
	seen   bool
	state  nfc.State
	events uint16
	// news is closed and replaced when state changes.
	news chan struct{}
}

func newReader(sys system, m *monitor, part string) *reader {
	r := &reader{
		sys: sys, monitor: m, part: part, patience: patience,
		turn:   make(chan struct{}, 1),
		closed: make(chan struct{}),
		news:   make(chan struct{}),
	}
	m.add(r)
	return r
}

// Name is the name that the system gives the reader; before it was ever
// attached, the part by which it will be known.
func (r *reader) Name() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.name == "" {
		return r.part
	}
	return r.name
}

// Close lets go of the reader. A transaction that runs goes on to its end; for
// those who watch, the reader is unplugged.
func (r *reader) Close() error {
	r.closeOnce.Do(func() {
		r.monitor.remove(r)
		close(r.closed)
		r.mu.Lock()
		defer r.mu.Unlock()
		r.become(nfc.State{Presentation: r.state.Presentation, Err: errClosed})
	})
	return nil
}

// Watch implements [nfc.Reader]. Changes that come faster than changed returns
// are told as one.
func (r *reader) Watch(ctx context.Context, changed func(nfc.State)) error {
	var told *nfc.State
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		state, seen, news := r.look()
		if seen && (told == nil || !sameState(*told, state)) {
			told = &state
			changed(state)
			continue
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-news:
		}
	}
}

// look gives the present state, whether it is known, and what closes when it
// changes.
func (r *reader) look() (state nfc.State, seen bool, news <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	state = r.state
	state.ATR = bytes.Clone(state.ATR)
	return state, r.seen, r.news
}

// observe implements observer.
func (r *reader) observe(v view) {
	r.mu.Lock()
	defer r.mu.Unlock()
	next := nfc.State{Presentation: r.state.Presentation}
	s, err := r.mine(v)
	switch {
	case err != nil:
		next.Err = err
	case s.has(flagUnavailable):
		next.Err = fmt.Errorf("%w: it reports a fault", nfc.ErrNoReader)
	default:
		r.describe(&next, s)
	}
	if s.name != "" {
		r.name, r.events = s.name, s.events
	}
	r.become(next)
}

// become makes next the state. The caller holds r.mu.
func (r *reader) become(next nfc.State) {
	if r.seen && sameState(r.state, next) {
		return
	}
	r.state, r.seen = next, true
	close(r.news)
	r.news = make(chan struct{})
}

// mine finds the slot that r stands for. The caller holds r.mu.
func (r *reader) mine(v view) (slot, error) {
	if v.err != nil {
		return slot{}, v.err
	}
	names := make([]string, len(v.slots))
	for i, s := range v.slots {
		names[i] = s.name
	}
	name, err := choose(names, r.part, r.name)
	if err != nil {
		return slot{}, err
	}
	for _, s := range v.slots {
		if s.name == name {
			return s, nil
		}
	}
	return slot{}, nfc.ErrNoReader
}

// describe fills in next for an attached reader. A tag counts as newly laid
// when there was none before, or when the system counted events meanwhile: it
// may then be another tag. The caller holds r.mu.
func (r *reader) describe(next *nfc.State, s slot) {
	next.Attached = true
	next.Present = s.has(flagPresent)
	if next.Present {
		next.ATR = s.atr
		if !r.state.Present || s.name != r.name || s.events != r.events {
			next.Presentation++
		}
	}
	switch {
	case s.has(flagMute):
		next.Err = fmt.Errorf("%w: tag does not answer", nfc.ErrLine)
	case s.has(flagExclusive):
		next.Err = nfc.ErrReaderBusy
	}
}

func sameState(a, b nfc.State) bool {
	return a.Attached == b.Attached && a.Present == b.Present && a.Presentation == b.Presentation &&
		bytes.Equal(a.ATR, b.ATR) && errorText(a.Err) == errorText(b.Err)
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// loss waits for the system to notice that the tag that was there at since is
// no longer, at most goneWithin, and gives the reason; nil means that the tag
// still lies there. A since of 0 stands for whatever tag lies there now.
func (r *reader) loss(since uint64) error {
	limit := time.NewTimer(goneWithin)
	defer limit.Stop()
	for {
		state, seen, news := r.look()
		switch {
		case !seen:
		case !state.Attached:
			return state.Err
		case !state.Present, since != 0 && state.Presentation != since:
			return nfc.ErrTagRemoved
		}
		select {
		case <-news:
		case <-r.closed:
			return nil
		case <-limit.C:
			return nil
		}
	}
}

// lying is the number of the presentation that goes on, or 0.
func (r *reader) lying() uint64 {
	state, _, _ := r.look()
	if !state.Present {
		return 0
	}
	return state.Presentation
}
