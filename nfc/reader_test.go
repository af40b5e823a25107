package nfc_test

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"sleutelbord/nfc"
	"sleutelbord/nfc/desfire"
	"sleutelbord/nfc/softcard"
)

// bench is a reader with hands that lay tags on it.
type bench struct {
	reader nfc.Reader
	lay    func(*softcard.Card)
	take   func()
}

func TestVirtualReaderKeepsTheContract(t *testing.T) {
	keepsTheContract(t, func(*testing.T) bench {
		r := softcard.NewReader("virtual")
		return bench{r, r.Lay, r.Take}
	})
}

// keepsTheContract holds a kind of [nfc.Reader] to what the interface says.
func keepsTheContract(t *testing.T, begin func(t *testing.T) bench) {
	for name, test := range map[string]func(*testing.T, bench){
		"watch tells each change":     watchTellsEachChange,
		"empty reader":                emptyReader,
		"done context":                doneContext,
		"session is not inherited":    sessionIsNotInherited,
		"tag taken in the middle":     tagTakenInTheMiddle,
		"transactions do not overlap": transactionsDoNotOverlap,
		"transceiver is given back":   transceiverIsGivenBack,
		"commands that are none":      commandsThatAreNone,
		"closed reader":               closedReader,
	} {
		t.Run(name, func(t *testing.T) {
			b := begin(t)
			t.Cleanup(func() {
				if err := b.reader.Close(); err != nil {
					t.Error(err)
				}
			})
			test(t, b)
		})
	}
}

func blank(t *testing.T) *softcard.Card {
	t.Helper()
	c, err := softcard.New(softcard.Config{Chip: softcard.EV2})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// getVersion is the plain command that every DESFire answers.
var getVersion = []byte{0x90, 0x60, 0x00, 0x00, 0x00}

func ask(tr nfc.Transceiver) error {
	got, err := tr.Transmit(getVersion)
	if err == nil && !slices.Equal(got[len(got)-2:], []byte{0x91, 0xAF}) {
		err = errors.New("odd answer")
	}
	return err
}

func mustNotRun(t *testing.T) func(nfc.Transceiver) error {
	return func(nfc.Transceiver) error {
		t.Error("the function ran")
		return nil
	}
}

// watched collects states.
type watched struct {
	t      *testing.T
	states chan nfc.State
	cancel context.CancelFunc
	ended  chan error
}

func watch(t *testing.T, r nfc.Reader) *watched {
	ctx, cancel := context.WithCancel(t.Context())
	w := &watched{t, make(chan nfc.State, 100), cancel, make(chan error, 1)}
	go func() { w.ended <- r.Watch(ctx, func(s nfc.State) { w.states <- s }) }()
	return w
}

// until gives the next state that is as want says.
func (w *watched) until(want func(nfc.State) bool) nfc.State {
	w.t.Helper()
	limit := time.After(10 * time.Second)
	for {
		select {
		case s := <-w.states:
			if want(s) {
				return s
			}
		case <-limit:
			w.t.Fatal("the state never came")
		}
	}
}

func occupied(s nfc.State) bool { return s.Attached && s.Present }
func vacant(s nfc.State) bool   { return s.Attached && !s.Present }

// layNow lays a blank tag and waits until the reader sees it.
func (b bench) layNow(t *testing.T) *softcard.Card {
	t.Helper()
	w := watch(t, b.reader)
	defer w.stop()
	w.until(vacant)
	c := blank(t)
	b.lay(c)
	w.until(occupied)
	return c
}

// stop ends the watch, which then says why.
func (w *watched) stop() {
	w.t.Helper()
	w.cancel()
	if err := <-w.ended; !errors.Is(err, context.Canceled) {
		w.t.Errorf("watch ended with %v", err)
	}
}

func watchTellsEachChange(t *testing.T, b bench) {
	w := watch(t, b.reader)
	first := w.until(vacant)
	if first.ATR != nil || first.Err != nil || first.Presentation != 0 {
		t.Errorf("empty reader is %+v", first)
	}
	for i := range uint64(2) {
		c := blank(t)
		b.lay(c)
		s := w.until(occupied)
		if s.Presentation != i+1 || !slices.Equal(s.ATR, c.ATR()) || s.Err != nil {
			t.Errorf("reader with tag %d is %+v", i, s)
		}
		b.take()
		if s := w.until(vacant); s.Presentation != i+1 || s.ATR != nil {
			t.Errorf("reader after tag %d is %+v", i, s)
		}
	}
	w.stop()
	b.lay(blank(t))
	if len(w.states) != 0 {
		t.Errorf("told %+v after the watch had ended", <-w.states)
	}
}

func emptyReader(t *testing.T, b bench) {
	if err := b.reader.Transact(t.Context(), mustNotRun(t)); !errors.Is(err, nfc.ErrNoTag) {
		t.Errorf("transaction without a tag: %v", err)
	}
}

func doneContext(t *testing.T, b bench) {
	b.layNow(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := b.reader.Transact(ctx, mustNotRun(t)); !errors.Is(err, context.Canceled) {
		t.Errorf("transaction with a done context: %v", err)
	}
}

// formatPICC needs the PICC master key; a tag where nobody is authenticated
// answers 91AE.
var formatPICC = []byte{0x90, 0xFC, 0x00, 0x00, 0x00}

func sessionIsNotInherited(t *testing.T, b bench) {
	b.layNow(t)
	authenticate := func(tr nfc.Transceiver) error {
		_, err := desfire.New(tr).AuthenticateLegacy(0, desfire.ZeroDES)
		return err
	}
	boom := errors.New("boom")
	endings := map[string]func(nfc.Transceiver) error{
		"well":       func(nfc.Transceiver) error { return nil },
		"in error":   func(nfc.Transceiver) error { return boom },
		"in a panic": func(nfc.Transceiver) error { panic(boom) },
	}
	for how, end := range endings {
		func() {
			defer func() {
				if got := recover(); got != nil && got != boom {
					panic(got)
				}
			}()
			err := b.reader.Transact(t.Context(), func(tr nfc.Transceiver) error {
				if err := authenticate(tr); err != nil {
					t.Errorf("authenticating: %v", err)
				}
				return end(tr)
			})
			if err != nil && err != boom {
				t.Errorf("ended %s: %v", how, err)
			}
		}()
		err := b.reader.Transact(t.Context(), func(tr nfc.Transceiver) error {
			got, err := tr.Transmit(formatPICC)
			if err == nil && !slices.Equal(got, []byte{0x91, 0xAE}) {
				t.Errorf("after a transaction that ended %s, the tag answers % X", how, got)
			}
			return err
		})
		if err != nil {
			t.Errorf("after one that ended %s: %v", how, err)
		}
	}
}

func tagTakenInTheMiddle(t *testing.T, b bench) {
	b.layNow(t)
	err := b.reader.Transact(t.Context(), func(tr nfc.Transceiver) error {
		if err := ask(tr); err != nil {
			t.Errorf("before it was taken: %v", err)
		}
		b.take()
		err := ask(tr)
		if again := ask(tr); !errors.Is(again, nfc.ErrTagRemoved) {
			t.Errorf("after %v came %v", err, again)
		}
		return err
	})
	if !errors.Is(err, nfc.ErrTagRemoved) {
		t.Errorf("tag taken away: %v", err)
	}
	if err := b.reader.Transact(t.Context(), mustNotRun(t)); !errors.Is(err, nfc.ErrNoTag) {
		t.Errorf("afterwards: %v", err)
	}
}

func transactionsDoNotOverlap(t *testing.T, b bench) {
	b.layNow(t)
	const runs = 8
	var inside, overlaps atomic.Int32
	ended := make(chan error, runs)
	for range runs {
		go func() {
			ended <- b.reader.Transact(t.Context(), func(tr nfc.Transceiver) error {
				if inside.Add(1) != 1 {
					overlaps.Add(1)
				}
				defer inside.Add(-1)
				return ask(tr)
			})
		}()
	}
	for range runs {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	if n := overlaps.Load(); n != 0 {
		t.Errorf("%d overlaps", n)
	}
}

func transceiverIsGivenBack(t *testing.T, b bench) {
	c := b.layNow(t)
	var kept nfc.Transceiver
	if err := b.reader.Transact(t.Context(), func(tr nfc.Transceiver) error { kept = tr; return ask(tr) }); err != nil {
		t.Fatal(err)
	}
	c.ResetCount()
	if err := ask(kept); !nfc.IsLine(err) {
		t.Errorf("command after the transaction: %v", err)
	}
	if n, _, _ := c.Count(); n != 0 {
		t.Error("it reached the tag")
	}
}

func commandsThatAreNone(t *testing.T, b bench) {
	b.layNow(t)
	for _, command := range [][]byte{nil, {}} {
		err := b.reader.Transact(t.Context(), func(tr nfc.Transceiver) error {
			_, err := tr.Transmit(command)
			return err
		})
		if err == nil {
			t.Error("an empty command was sent")
		}
	}
	// Too short for a header, but bytes: the tag's business.
	err := b.reader.Transact(t.Context(), func(tr nfc.Transceiver) error {
		if got, err := tr.Transmit([]byte{0x90, 0x60, 0x00}); err == nil && len(got) < 2 {
			t.Errorf("answer % X has no status word", got)
		}
		return ask(tr)
	})
	if err != nil {
		t.Errorf("after a short command: %v", err)
	}
}

func closedReader(t *testing.T, b bench) {
	w := watch(t, b.reader)
	w.until(vacant)
	for range 2 {
		if err := b.reader.Close(); err != nil {
			t.Error(err)
		}
	}
	w.until(func(s nfc.State) bool { return !s.Attached && !s.Present })
	w.stop()
	if err := b.reader.Transact(t.Context(), mustNotRun(t)); !errors.Is(err, nfc.ErrNoReader) {
		t.Errorf("transaction on a closed reader: %v", err)
	}
}
