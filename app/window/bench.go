package window

import (
	"context"
	"sync"

	"sleutelbord/app/desk"
	"sleutelbord/nfc"
)

// bench is the one reader and what lies on it. Watching and inspecting happen
// in the background; all fields but the mutex's belong to the main goroutine.
type bench struct {
	w      *Window
	reader nfc.Reader
	cancel context.CancelFunc

	state nfc.State
	// seen is what lies there, once it has been looked at: known.
	seen  desk.Inspection
	known bool
	// writing is true while an act uses the reader: nothing is inspected then.
	writing bool
	look    turn

	mu      sync.Mutex
	newest  nfc.State
	of      nfc.Reader // that newest is of
	pending bool       // a post for newest is under way
}

// onReader is a pane that wants to know what is laid and taken away. It
// returns whether it has dealt with it.
type onReader interface {
	laid(in desk.Inspection) bool
	lifted()
}

func newBench(w *Window) *bench { return &bench{w: w} }

// use lets go of the reader before and watches r; nil is no reader.
func (b *bench) use(r nfc.Reader) {
	b.close()
	b.reader, b.state, b.known = r, nfc.State{}, false
	if r == nil {
		b.tell()
		return
	}
	ctx, cancel := context.WithCancel(b.w.jobs.ctx)
	b.cancel = cancel
	b.w.jobs.running.Go(func() {
		err := b.w.jobs.protect(func() error {
			return r.Watch(ctx, func(s nfc.State) { b.changed(ctx, r, s) })
		})
		if err != nil && ctx.Err() == nil {
			b.changed(ctx, r, nfc.State{Err: err})
		}
	})
	b.tell()
}

// close lets go of the reader.
func (b *bench) close() {
	if b.cancel != nil {
		b.cancel()
		b.cancel = nil
	}
	if b.reader == nil {
		return
	}
	if err := b.reader.Close(); err != nil {
		b.w.o.Log.WithError(err).Warn("closing the reader")
	}
	b.reader = nil
}

// changed takes a new state from the watching goroutine. Only the newest is
// kept, and one post is under way at a time.
func (b *bench) changed(ctx context.Context, r nfc.Reader, s nfc.State) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if ctx.Err() != nil {
		return // another reader is used now
	}
	b.newest, b.of = s, r
	if b.pending {
		return
	}
	b.pending = true
	b.w.jobs.onMain(func() {
		b.mu.Lock()
		s, of := b.newest, b.of
		b.pending = false
		b.mu.Unlock()
		if b.reader == of {
			b.take(s)
		}
	})
}

// take is the new state, on the main goroutine.
func (b *bench) take(s nfc.State) {
	was := b.state
	b.state = s
	same := s.Present && was.Present && s.Presentation == was.Presentation
	if same && (b.known || b.look.cancel != nil) {
		return
	}
	b.known = false
	b.look.next()
	b.tell()
	if s.Present || was.Present {
		b.w.idle.touch() // somebody laid it, or took it away
	}
	if was.Present && !same {
		b.w.lifted()
	}
	b.inspect()
}

// inspect looks at what lies there, unless an act is using it.
func (b *bench) inspect() {
	if b.reader == nil || !b.state.Present || b.writing || b.w.desk == nil || b.w.shell == nil {
		return
	}
	reader, presentation := b.reader, b.state.Presentation
	var in desk.Inspection
	mine := b.look.next()
	b.look.cancel = b.w.jobs.keep(func(ctx context.Context) (err error) {
		in, err = b.w.desk.Inspect(ctx, reader)
		return err
	}, func(err error) {
		if mine != b.look.n || b.w.shell == nil || b.writing || b.state.Presentation != presentation {
			return
		}
		b.look.cancel = nil
		if err != nil {
			in = desk.Inspection{Kind: desk.KindUnreadable, Problem: b.w.explain(err).code}
		}
		if gone(in) {
			return // taken away while it was looked at; the reader tells in a moment
		}
		b.seen, b.known = in, true
		b.tell()
		b.w.laid(in)
	})
}

// again looks once more at what lies there: the desk was locked meanwhile.
func (b *bench) again() {
	b.known = false
	b.tell()
	b.inspect()
}

// gone tells whether the thing had left before it was known.
func gone(in desk.Inspection) bool {
	return in.Kind == desk.KindEmpty || in.Problem == desk.CodeTagRemoved || in.Problem == desk.CodeNoTag
}

// hold gives the reader to an act until release.
func (b *bench) hold() {
	b.writing, b.known = true, false
	b.look.next()
	if b.w.tray != nil {
		b.w.tray.began()
	}
	b.tell()
}

// release takes the reader back and looks at what lies there now.
func (b *bench) release() {
	b.writing = false
	b.tell()
	b.inspect()
}

// tell shows the state in the strip.
func (b *bench) tell() {
	if b.w.shell != nil {
		b.w.shell.strip.show(b)
	}
	if b.w.tray != nil {
		b.w.tray.show(b)
	}
	if v := b.w.checking(); v != nil {
		v.told(b)
	}
}

// laid is called when what lies on the reader is known.
func (w *Window) laid(in desk.Inspection) {
	if w.shell == nil {
		return
	}
	if at := w.shell.front(); at != nil {
		if p, ok := at.pane.(onReader); ok && p.laid(in) {
			return
		}
	}
	if p, ok := w.shell.board.pane.(onReader); ok && w.shell.current != pageBoard {
		w.shell.turnTo(pageBoard)
		if p.laid(in) {
			return
		}
	}
	if in.Kind != desk.KindBlank && in.Kind != desk.KindEmpty {
		w.showTag()
	}
}

// lifted is called when what lay on the reader was taken away.
func (w *Window) lifted() {
	if w.shell == nil {
		return
	}
	for _, page := range w.shell.pages {
		if at, ok := page.(standing); ok {
			if p, ok := at.place().pane.(onReader); ok {
				p.lifted()
			}
		}
	}
}

// showTag shows what lies on the reader: an update card beside the locks,
// anything else beside the board.
func (w *Window) showTag() {
	if !w.bench.known || w.bench.writing {
		return
	}
	if w.bench.seen.Kind == desk.KindUpdateCard {
		w.shell.turnTo(pageLocks)
		w.shell.locks.show(newCardPane(w, w.bench.seen))
		return
	}
	w.shell.turnTo(pageBoard)
	w.shell.board.show(newTagPane(w, w.bench.seen))
}

// chooseReader opens the reader that was asked for, chosen before, or the
// first.
func (w *Window) chooseReader() {
	name := w.o.Reader
	if name == "" {
		name = w.pref(prefReader, "")
	}
	w.openReader(name)
}

// openReader opens a reader by name in the background.
func (w *Window) openReader(name string) {
	var r nfc.Reader
	w.jobs.keep(func(context.Context) (err error) {
		r, err = w.o.OpenReader(name)
		return err
	}, func(err error) {
		if err != nil {
			w.bench.use(nil)
			w.bench.state.Err = err
			w.bench.tell()
			return
		}
		w.bench.use(r)
	})
}
