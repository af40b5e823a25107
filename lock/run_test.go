package lock

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"sleutelbord/lock/bundle"
	"sleutelbord/lock/carrier"
	"sleutelbord/nfc"
	"sleutelbord/nfc/keytag"
	"sleutelbord/nfc/softcard"
)

// running is a lock in a Run, with everything that it tells.
type running struct {
	*bench
	reader  *softcard.Reader
	folder  *carrier.Folder
	decided chan Decision
	opened  chan struct{}
	applied chan uint32
	trouble chan error
	bolt    func() error
	// second is another reader, and onDecided stands in for decided.
	second    nfc.Reader
	onDecided func(Decision)
}

func newRunning(t *testing.T) *running {
	t.Helper()
	r := &running{
		bench: newBench(t, Config{}), reader: softcard.NewReader("door"), folder: carrier.OpenFolder(t.TempDir()),
		decided: make(chan Decision, 10), opened: make(chan struct{}, 10), applied: make(chan uint32, 10), trouble: make(chan error, 10),
		bolt: func() error { return nil },
	}
	return r
}

func (r *running) runner() Runner {
	runner := Runner{
		Lock: r.Lock, Readers: []nfc.Reader{r.reader}, Carriers: []carrier.Lockside{r.folder},
		Opened:   func(context.Context) error { r.opened <- struct{}{}; return r.bolt() },
		Decided:  func(d Decision) { r.decided <- d },
		Applied:  func(sequence uint32) { r.applied <- sequence },
		Troubled: func(err error) { r.trouble <- err },
	}
	if r.onDecided != nil {
		runner.Decided = r.onDecided
	}
	if r.second != nil {
		runner.Readers = append(runner.Readers, r.second)
	}
	return runner
}

// start runs the lock until the test ends, and holds Run to end cleanly.
func (r *running) start(t *testing.T, poll time.Duration) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	runner := r.runner()
	runner.Poll = poll
	ended := make(chan error)
	go func() { ended <- runner.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run ended with %v", err)
		}
	})
}

func next[T any](t *testing.T, what string, c chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(20 * time.Second):
		t.Fatalf("no %s", what)
		panic("not reached")
	}
}

func (r *running) deliver(t *testing.T, by string, sequence uint32, change func(*bundle.Bundle)) {
	t.Helper()
	mustBe(t, "delivering", r.folder.WriteBundle(r.key.Name(), r.seal(by, r.bundleFor(sequence, change))), nil)
}

func (r *running) receipt(t *testing.T) uint32 {
	t.Helper()
	got, err := r.folder.ReadReceipt(r.key.Name())
	if err != nil {
		t.Fatal(err)
	}
	sequence, err := got.Verify(bundle.NewReceiptKey(seeded16("receipt")), r.key.Name().ID())
	if err != nil {
		t.Fatal(err)
	}
	return sequence
}

func homeTag(t *testing.T, epoch, seat, generation uint16) *softcard.Card {
	t.Helper()
	return doorCase{slots: []keytag.Claims{slot(101, 1, epoch, seat, generation)}}.tag(t, softcard.EV3, 1)
}

func TestRun(t *testing.T) {
	r := newRunning(t)
	old, lost := homeTag(t, 3, 0, 0), homeTag(t, 3, 0, 1)
	r.start(t, time.Hour)

	r.reader.Lay(old)
	if d := next(t, "decision", r.decided); d.Reason != NoBundle {
		t.Fatal(d)
	}
	r.reader.Take()

	// A bundle that lies there is found before the next tag is judged.
	r.deliver(t, "site", 7, nil)
	r.reader.Lay(lost)
	if d := next(t, "decision", r.decided); !d.Open || d.Zone != 101 {
		t.Fatal(d)
	}
	next(t, "opening", r.opened)
	if n := next(t, "bundle", r.applied); n != 7 || r.receipt(t) != 7 {
		t.Fatal(n)
	}
	r.reader.Take()

	r.reader.Lay(old)
	if d := next(t, "decision", r.decided); d.Open || d.Reason != OldGeneration {
		t.Fatal(d)
	}
	r.reader.Take()

	// An older bundle is told once, and the receipt says what holds.
	mustBe(t, "an older bundle", r.folder.WriteBundle(r.key.Name(), r.seal("site", r.bundleFor(6, nil))), nil)
	mustBe(t, "taking the receipt", os.Remove(filepath.Join(r.folder.Dir(), "K0-101.receipt")), nil)
	for range 2 {
		r.reader.Lay(lost)
		if d := next(t, "decision", r.decided); !d.Open {
			t.Fatal(d)
		}
		next(t, "opening", r.opened)
		r.reader.Take()
	}
	if err := next(t, "trouble", r.trouble); !errors.Is(err, bundle.ErrOlder) {
		t.Fatal(err)
	}
	if n := len(r.trouble); n != 0 || r.receipt(t) != 7 {
		t.Errorf("%d more troubles, or another receipt", n)
	}

	// A tag that leaves too soon is trouble, and no decision.
	fast := homeTag(t, 3, 0, 1)
	fast.Arm(softcard.LeaveBefore(5))
	r.reader.Lay(fast)
	if err := next(t, "trouble", r.trouble); !nfc.IsLine(err) {
		t.Fatal(err)
	}
	if len(r.decided) != 0 {
		t.Error("a decision about a tag that left")
	}
}

// TestRunPolls: a bundle is applied though no tag comes.
func TestRunPolls(t *testing.T) {
	r := newRunning(t)
	r.start(t, 5*time.Millisecond)
	r.deliver(t, "site", 3, nil)
	if n := next(t, "bundle", r.applied); n != 3 {
		t.Fatal(n)
	}
	r.deliver(t, "site", 4, nil)
	if n := next(t, "bundle", r.applied); n != 4 {
		t.Fatal(n)
	}
}

// TestRunWithoutStick: a lock goes on while its folder is away.
func TestRunWithoutStick(t *testing.T) {
	r := newRunning(t)
	mustBe(t, "bundle", r.send("site", 1, nil), nil)
	r.folder = carrier.OpenFolder(filepath.Join(t.TempDir(), "stick"))
	r.start(t, time.Hour)
	if err := next(t, "trouble", r.trouble); !errors.Is(err, carrier.ErrGone) {
		t.Fatal(err)
	}
	r.reader.Lay(homeTag(t, 3, 0, 0))
	if d := next(t, "decision", r.decided); !d.Open {
		t.Fatal(d)
	}
}

// TestRunBoltFails: a bolt that does not move is told, and the lock goes on.
func TestRunBoltFails(t *testing.T) {
	r := newRunning(t)
	stuck := errors.New("bolt is stuck")
	r.bolt = func() error { return stuck }
	mustBe(t, "bundle", r.send("site", 1, nil), nil)
	r.start(t, time.Hour)
	for range 2 {
		r.reader.Lay(homeTag(t, 3, 0, 0))
		if err := next(t, "trouble", r.trouble); !errors.Is(err, stuck) {
			t.Fatal(err)
		}
		r.reader.Take()
	}
}

// TestRunOneDecisionPerLaying: a tag that stays on the reader is served once.
func TestRunOneDecisionPerLaying(t *testing.T) {
	r := newRunning(t)
	mustBe(t, "bundle", r.send("site", 1, nil), nil)
	l := r.runner().loop()
	r.reader.Lay(homeTag(t, 3, 0, 0))
	s := nfc.State{Attached: true, Present: true, Presentation: 1}
	for range 3 {
		if _, err := l.serve(t.Context(), l.posts[0], s); err != nil {
			t.Fatal(err)
		}
	}
	s.Present = false
	if _, err := l.serve(t.Context(), l.posts[0], s); err != nil || len(r.decided) != 1 {
		t.Errorf("%d decisions, %v", len(r.decided), err)
	}
}

func TestOnce(t *testing.T) {
	r := newRunning(t)
	r.deliver(t, "site", 1, nil)
	r.reader.Lay(homeTag(t, 3, 0, 0))
	d, err := r.runner().Once(t.Context())
	if err != nil || !d.Open || len(r.opened) != 1 {
		t.Fatal(d, err)
	}
	r.reader.Take()
	r.reader.Lay(homeTag(t, 2, 0, 0))
	d, err = r.runner().Once(t.Context())
	if err != nil || d.Open || d.Reason != OldEpoch || len(r.opened) != 1 {
		t.Fatal(d, err)
	}
	r.reader.Take()
	torn := homeTag(t, 3, 0, 0)
	torn.Arm(softcard.LeaveAfter(3))
	r.reader.Lay(torn)
	if d, err = r.runner().Once(t.Context()); d.Open || !nfc.IsLine(err) {
		t.Fatal(d, err)
	}
	r.reader.Take()
	why := errors.New("the caretaker goes home")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	if _, err = r.runner().Once(ctx); !errors.Is(err, why) {
		t.Fatal(err)
	}
}

// deadReader cannot be watched.
type deadReader struct{ nfc.Reader }

func (deadReader) Name() string { return "dead" }

func (deadReader) Watch(context.Context, func(nfc.State)) error { return nfc.ErrNoService }

func TestRunDeadReader(t *testing.T) {
	r := newRunning(t)
	runner := r.runner()
	runner.Readers = []nfc.Reader{r.reader, deadReader{}}
	if err := runner.Run(t.Context()); !errors.Is(err, nfc.ErrNoService) {
		t.Error(err)
	}
	if _, err := runner.Once(t.Context()); !errors.Is(err, nfc.ErrNoService) {
		t.Error(err)
	}
}
