package lock

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"sleutelbord/lock/carrier"
	"sleutelbord/nfc"
)

// DefaultPoll is how often [Runner.Run] looks for a new bundle by itself.
const DefaultPoll = 10 * time.Second

// Runner is a lock at work: its readers, and the carriers that bundles come by.
// An update card is laid on a reader between key tags. The functions are called
// one at a time; those that are nil are not called.
type Runner struct {
	Lock *Lock
	// Readers are the readers of the door, such as one on either side. Tags are
	// served one after the other, whichever they lie on: there is one bolt, and
	// one set of floors. A tag that left before its turn came is not served.
	Readers []nfc.Reader
	// Carriers are looked at before each tag, every Poll, and when Woken says
	// that something has come.
	Carriers []carrier.Lockside
	Woken    <-chan struct{}
	// Poll is [DefaultPoll] if 0.
	Poll time.Duration

	// Opened moves the bolt. The next tag waits until it returns.
	Opened func(context.Context) error
	// Decided is told of every decision, before Opened; also of what was done
	// about an update card.
	Decided func(Decision)
	// Applied is told when the lock begins to work with a bundle.
	Applied func(sequence uint32)
	// Troubled is told what went wrong while the lock goes on: a bundle
	// refused, a tag taken away too soon, a stick that is full, a reader that was
	// unplugged. The same trouble with a carrier or a reader is told once.
	Troubled func(error)
}

// loop is the part of a Runner that changes.
type loop struct {
	Runner
	sequence uint32
	troubles []string // with each carrier, told last
	posts    []*post
}

// post is a reader at the door.
type post struct {
	reader nfc.Reader
	states chan nfc.State // the present one, until it is taken
	seen   bool
	last   uint64 // presentation that was served
	away   bool   // it was told that the reader is not there
}

func (r Runner) loop() *loop {
	l := &loop{Runner: r, troubles: make([]string, len(r.Carriers))}
	for _, reader := range r.Readers {
		l.posts = append(l.posts, &post{reader: reader, states: make(chan nfc.State, 1)})
	}
	return l
}

// Run opens for tags until ctx is done, which is no error. What a tag or a
// carrier does wrong is told to Troubled, and so is a reader that is unplugged,
// without which the others go on; only one that cannot be watched ends Run.
func (r Runner) Run(ctx context.Context) error {
	l := r.loop()
	poll := r.Poll
	if poll == 0 {
		poll = DefaultPoll
	}
	ticker := time.NewTicker(poll)
	defer ticker.Stop()
	return l.watch(ctx, ticker.C, func(p *post, s nfc.State) (bool, error) {
		l.tellAway(p, s)
		if _, err := l.serve(ctx, p, s); err != nil {
			l.tell(err)
		}
		return false, nil
	})
}

// Once waits for one tag or update card, decides on it and ends. What lies
// there already is that tag. A line that breaks is an error; being done with ctx is ctx's.
func (r Runner) Once(ctx context.Context) (Decision, error) {
	l := r.loop()
	var d Decision
	served := false
	err := l.watch(ctx, nil, func(p *post, s nfc.State) (bool, error) {
		if !p.fresh(s) {
			return false, nil
		}
		var err error
		d, err = l.serve(ctx, p, s)
		served = true
		return true, err
	})
	if err == nil && !served {
		err = context.Cause(ctx)
	}
	return d, err
}

// watch gives handle each state of each reader until handle is done, and looks
// at the carriers at the start, on each tick and when woken.
func (l *loop) watch(ctx context.Context, tick <-chan time.Time, handle func(*post, nfc.State) (done bool, err error)) error {
	if len(l.posts) == 0 {
		return fmt.Errorf("watching the door: %w", nfc.ErrNoReader)
	}
	ctx, cancel := context.WithCancel(ctx)
	news := make(chan struct{}, 1)
	ended := make(chan error, len(l.posts))
	var watching sync.WaitGroup
	for _, p := range l.posts {
		watching.Go(func() { ended <- p.watch(ctx, news) })
	}
	defer watching.Wait()
	defer cancel()
	l.sync(ctx)
	for {
		select {
		case <-news:
			if done, err := l.handleAll(handle); done || err != nil {
				return err
			}
		case <-tick:
			l.sync(ctx)
		case <-l.Woken:
			l.sync(ctx)
		case err := <-ended:
			if ctx.Err() != nil {
				return nil
			}
			return err
		case <-ctx.Done():
			return nil
		}
	}
}

// handleAll gives handle the readers' states that were not handled yet.
func (l *loop) handleAll(handle func(*post, nfc.State) (bool, error)) (done bool, err error) {
	for _, p := range l.posts {
		select {
		case s := <-p.states:
			if done, err := handle(p, s); done || err != nil {
				return done, err
			}
		default:
		}
	}
	return false, nil
}

// watch follows the reader, and says when there is news of it.
func (p *post) watch(ctx context.Context, news chan struct{}) error {
	err := p.reader.Watch(ctx, func(s nfc.State) {
		latest(p.states, s)
		latest(news, struct{}{})
	})
	return fmt.Errorf("watching reader %s: %w", p.reader.Name(), errors.Join(err, nfc.ErrNoReader))
}

// latest puts s into a channel of one, in place of an older one that nobody
// took: only the present one counts.
func latest[T any](c chan T, s T) {
	for {
		select {
		case c <- s:
			return
		default:
		}
		select {
		case <-c:
		default:
		}
	}
}

// fresh tells whether s shows a tag that was not served yet.
func (p *post) fresh(s nfc.State) bool {
	return s.Present && (!p.seen || s.Presentation != p.last)
}

// tellAway tells once that a reader is not there, until it has come back.
func (l *loop) tellAway(p *post, s nfc.State) {
	if !s.Attached && !p.away {
		l.tell(fmt.Errorf("reader %s: %w", p.reader.Name(), errors.Join(s.Err, nfc.ErrNoReader)))
	}
	p.away = !s.Attached
}

// serve decides on the tag of s at a reader, if it is a fresh one.
func (l *loop) serve(ctx context.Context, p *post, s nfc.State) (Decision, error) {
	if !p.fresh(s) {
		return Decision{}, nil
	}
	p.seen, p.last = true, s.Presentation
	l.sync(ctx)
	var d Decision
	decided := false
	var refused error
	err := p.reader.Transact(ctx, func(t nfc.Transceiver) (err error) {
		d, refused, err = l.try(ctx, t)
		decided = err == nil
		return err
	})
	if !decided {
		return Decision{}, err
	}
	if refused != nil {
		l.tell(refused)
	}
	l.tellSequence()
	// What the reader does after the decision does not change it.
	if l.Decided != nil {
		l.Decided(d)
	}
	if d.Open && l.Opened != nil {
		if err := l.Opened(ctx); err != nil {
			return d, fmt.Errorf("moving the bolt: %w", err)
		}
	}
	return d, nil
}

// try decides on what lies there: a key tag first, so that nobody waits before
// a door for the sake of update cards.
func (l *loop) try(ctx context.Context, t nfc.Transceiver) (d Decision, refused, err error) {
	d, err = l.Lock.Try(t)
	if err != nil || d.Reason != NotOurs && d.Reason != NoBundle {
		return d, nil, err
	}
	card, is, refused, err := l.Lock.TryCard(ctx, t)
	if err != nil || is {
		return card, refused, err
	}
	return d, nil, nil
}

// sync takes what the carriers have, and leaves the receipt there.
func (l *loop) sync(ctx context.Context) {
	for i, c := range l.Carriers {
		_, _, err := l.Lock.Exchange(ctx, c)
		text := ""
		if err != nil {
			text = err.Error()
		}
		if text != "" && text != l.troubles[i] {
			l.tell(err)
		}
		l.troubles[i] = text
	}
	l.tellSequence()
}

func (l *loop) tellSequence() {
	if s := l.Lock.Sequence(); s != l.sequence {
		l.sequence = s
		if l.Applied != nil {
			l.Applied(s)
		}
	}
}

func (l *loop) tell(err error) {
	if l.Troubled != nil {
		l.Troubled(err)
	}
}
