package lock

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sleutelbord/lock/carrier"
	"sleutelbord/nfc"
)

// DefaultPoll is how often [Runner.Run] looks for a new bundle by itself.
const DefaultPoll = 10 * time.Second

// Runner is a lock at work: a reader, and a folder that bundles come in. The
// functions are called one at a time; those that are nil are not called.
type Runner struct {
	Lock   *Lock
	Reader nfc.Reader
	// Folder is looked at before each tag and every Poll; nil if bundles come
	// another way.
	Folder *carrier.Folder
	// Poll is [DefaultPoll] if 0.
	Poll time.Duration

	// Opened moves the bolt. The next tag waits until it returns.
	Opened func(context.Context) error
	// Decided is told of every decision, before Opened.
	Decided func(Decision)
	// Applied is told when the lock begins to work with a bundle.
	Applied func(sequence uint32)
	// Troubled is told what went wrong while the lock goes on: a bundle
	// refused, a tag taken away too soon, a stick that is full. The same
	// trouble with the folder is told once.
	Troubled func(error)
}

// loop is the part of a Runner that changes.
type loop struct {
	Runner
	sequence uint32
	trouble  string // with the folder, told last
	seen     bool
	last     uint64 // presentation
}

// Run opens for tags until ctx is done, which is no error. What a tag or the
// folder does wrong is told to Troubled; only a reader that cannot be watched
// ends Run.
func (r Runner) Run(ctx context.Context) error {
	l := &loop{Runner: r}
	poll := r.Poll
	if poll == 0 {
		poll = DefaultPoll
	}
	ticker := time.NewTicker(poll)
	defer ticker.Stop()
	return l.watch(ctx, ticker.C, func(s nfc.State) (bool, error) {
		if _, err := l.serve(ctx, s); err != nil {
			l.tell(err)
		}
		return false, nil
	})
}

// Once waits for one tag, decides on it and ends. A tag that lies there already
// is that tag. A line that breaks is an error; being done with ctx is ctx's.
func (r Runner) Once(ctx context.Context) (Decision, error) {
	l := &loop{Runner: r}
	var d Decision
	served := false
	err := l.watch(ctx, nil, func(s nfc.State) (bool, error) {
		if !l.fresh(s) {
			return false, nil
		}
		var err error
		d, err = l.serve(ctx, s)
		served = true
		return true, err
	})
	if err == nil && !served {
		err = context.Cause(ctx)
	}
	return d, err
}

// watch gives handle each state of the reader until handle is done, and looks
// into the folder at the start and on each tick.
func (l *loop) watch(ctx context.Context, tick <-chan time.Time, handle func(nfc.State) (done bool, err error)) error {
	ctx, cancel := context.WithCancel(ctx)
	states := make(chan nfc.State, 1)
	ended := make(chan error, 1)
	go func() { ended <- l.Reader.Watch(ctx, func(s nfc.State) { latest(states, s) }) }()
	watching := true
	defer func() {
		cancel()
		if watching {
			<-ended
		}
	}()
	l.sync()
	for {
		select {
		case s := <-states:
			if done, err := handle(s); done || err != nil {
				return err
			}
		case <-tick:
			l.sync()
		case err := <-ended:
			watching = false
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("watching reader %s: %w", l.Reader.Name(), errors.Join(err, nfc.ErrNoReader))
		case <-ctx.Done():
			return nil
		}
	}
}

// latest puts s into a channel of one, in place of an older state that nobody
// took: only the present one counts.
func latest(states chan nfc.State, s nfc.State) {
	for {
		select {
		case states <- s:
			return
		default:
		}
		select {
		case <-states:
		default:
		}
	}
}

// fresh tells whether s shows a tag that was not served yet.
func (l *loop) fresh(s nfc.State) bool {
	return s.Present && (!l.seen || s.Presentation != l.last)
}

// serve decides on the tag of s, if it is a fresh one.
func (l *loop) serve(ctx context.Context, s nfc.State) (Decision, error) {
	if !l.fresh(s) {
		return Decision{}, nil
	}
	l.seen, l.last = true, s.Presentation
	l.sync()
	var d Decision
	decided := false
	err := l.Reader.Transact(ctx, func(t nfc.Transceiver) error {
		var err error
		d, err = l.Lock.Try(t)
		decided = err == nil
		return err
	})
	if !decided {
		return Decision{}, err
	}
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

// sync applies the bundle in the folder, and leaves the receipt there.
func (l *loop) sync() {
	if l.Folder == nil {
		return
	}
	if err := l.exchange(); err == nil {
		l.trouble = ""
	} else if text := err.Error(); text != l.trouble {
		l.trouble = text
		l.tell(err)
	}
	if s := l.Lock.Sequence(); s != l.sequence {
		l.sequence = s
		if l.Applied != nil {
			l.Applied(s)
		}
	}
}

func (l *loop) exchange() error {
	data, err := l.Folder.ReadBundle(l.Lock.Name())
	if errors.Is(err, carrier.ErrNothing) {
		return nil
	}
	if err == nil {
		err = l.Lock.Apply(data)
	}
	if r, ok := l.Lock.Receipt(); ok && !errors.Is(err, carrier.ErrGone) {
		err = errors.Join(err, l.Folder.WriteReceipt(l.Lock.Name(), r))
	}
	return err
}

func (l *loop) tell(err error) {
	if l.Troubled != nil {
		l.Troubled(err)
	}
}
