package window

import (
	"context"
	"errors"
	"sync"
	"time"

	"sleutelbord/internal/mistake"

	"github.com/sirupsen/logrus"
)

// slowAfter is when work that is still running is shown as progress.
const slowAfter = 500 * time.Millisecond

// jobs runs work in the background and brings its result back to the main
// goroutine.
type jobs struct {
	ctx    context.Context
	cancel context.CancelFunc
	post   func(func())
	log    *logrus.Entry
	// alarm is told, on the main goroutine, of a panic in a callback.
	alarm func(error)
	// caught is told, on the main goroutine, of every panic.
	caught func(*mistake.Error)
	// touched is told, on the main goroutine, of everything that a person does.
	touched func()
	// slow is told, on the main goroutine, how many jobs are taking long.
	slow func(n int)

	running sync.WaitGroup
	late    map[int]context.CancelFunc // jobs taking long; main goroutine only
	started int                        // jobs so far; main goroutine only
	screens int                        // how often the screens were left; main goroutine only

	mu    sync.Mutex
	steps []func() // told after each piece of work on the main goroutine
}

func newJobs(post func(func()), log *logrus.Entry) *jobs {
	ctx, cancel := context.WithCancel(context.Background())
	return &jobs{ctx: ctx, cancel: cancel, post: post, log: log, alarm: func(error) {}, caught: func(*mistake.Error) {}, touched: func() {}, slow: func(int) {}, late: make(map[int]context.CancelFunc)}
}

// run does work in the background and then calls done with its error on the
// main goroutine. The returned function cancels work's context; done is called
// all the same, unless the screens are gone on which the work was begun.
func (j *jobs) run(work func(ctx context.Context) error, done func(error)) context.CancelFunc {
	return j.runOr(work, done, func() {})
}

// runOr is [jobs.run] that calls lost in place of done where the screens are
// gone.
func (j *jobs) runOr(work func(ctx context.Context) error, done func(error), lost func()) context.CancelFunc {
	begun := j.screens
	return j.keep(work, func(err error) {
		if begun != j.screens {
			lost()
			return
		}
		done(err)
	})
}

// leave forgets the screens: what was begun on them ends, but is told to nobody.
func (j *jobs) leave() { j.screens++ }

// keep is [jobs.run] for work that belongs to no screen: done is always called.
func (j *jobs) keep(work func(ctx context.Context) error, done func(error)) context.CancelFunc {
	ctx, cancel := context.WithCancel(j.ctx)
	late := j.watchLate(ctx, cancel)
	j.running.Go(func() {
		err := j.protect(func() error { return work(ctx) })
		j.onMain(func() {
			cancel()
			late()
			done(err)
		})
	})
	return cancel
}

// watchLate counts the job as slow once half a second has passed; the returned
// function, called on the main goroutine, ends that.
func (j *jobs) watchLate(ctx context.Context, cancel context.CancelFunc) (end func()) {
	j.started++
	number, ended := j.started, false
	timer := time.AfterFunc(slowAfter, func() {
		if ctx.Err() != nil {
			return
		}
		j.onMain(func() {
			if ended {
				return
			}
			j.late[number] = cancel
			j.slow(len(j.late))
		})
	})
	return func() {
		ended = true
		timer.Stop()
		if _, counted := j.late[number]; counted {
			delete(j.late, number)
			j.slow(len(j.late))
		}
	}
}

// cancelLate cancels the jobs that are taking long.
func (j *jobs) cancelLate() {
	for _, cancel := range j.late {
		cancel()
	}
}

// onMain runs f on the main goroutine, soon, and tells of a panic in it.
func (j *jobs) onMain(f func()) {
	j.post(func() {
		j.shield(f)
		j.mu.Lock()
		steps := j.steps
		j.mu.Unlock()
		for _, step := range steps {
			step()
		}
	})
}

// onStep has f called after each piece of work on the main goroutine.
func (j *jobs) onStep(f func()) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.steps = append(j.steps, f)
}

// guard runs what a person does; a panic in it becomes a message.
func (j *jobs) guard(f func()) {
	j.touched()
	j.shield(f)
}

// shield runs a callback that nobody's hand began; a panic in it becomes a
// message.
func (j *jobs) shield(f func()) {
	if err := j.protect(func() error { f(); return nil }); err != nil {
		j.alarm(err)
	}
}

// protect runs f and returns a panic in it as an error. The log gets the
// stack, which names places and no values, and the kind of what was panicked. A
// panic in a goroutine of the desk comes as an error, and is told like one here.
func (j *jobs) protect(f func() error) error {
	err := mistake.Guard(f)
	if m, ok := errors.AsType[*mistake.Error](err); ok {
		j.log.WithField("kind", m.Kind).Errorf("panic in the window\n%s", m.Trace())
		j.onMain(func() { j.caught(m) })
	}
	return err
}

// stop cancels everything and waits until it has ended, at most for the given
// time.
func (j *jobs) stop(wait time.Duration) {
	j.cancel()
	ended := make(chan struct{})
	go func() { j.running.Wait(); close(ended) }()
	select {
	case <-ended:
	case <-time.After(wait):
		j.log.Warn("background work has not ended in time")
	}
}

// turn numbers the requests of a screen, so that an answer that was overtaken
// by a newer request is dropped. Main goroutine only.
type turn struct {
	n      int
	cancel context.CancelFunc
}

// next begins a new turn and cancels the one before.
func (t *turn) next() int {
	if t.cancel != nil {
		t.cancel()
		t.cancel = nil
	}
	t.n++
	return t.n
}

// run is [jobs.run] for the newest request of a screen: done is called unless a
// newer one was begun meanwhile.
func (t *turn) run(j *jobs, work func(ctx context.Context) error, done func(error)) {
	mine := t.next()
	t.cancel = j.run(work, func(err error) {
		if mine == t.n {
			t.cancel = nil
			done(err)
		}
	})
}

// read asks for something in the background and shows it, unless a newer request of
// the screen was begun meanwhile. An error is told to the person.
func read[T any](w *Window, t *turn, ask func(ctx context.Context) (T, error), show func(T)) {
	var got T
	t.run(w.jobs, func(ctx context.Context) (err error) {
		got, err = ask(ctx)
		return err
	}, func(err error) {
		if err != nil {
			w.complain(err)
			return
		}
		show(got)
	})
}
