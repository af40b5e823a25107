package pcsc

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sleutelbord/nfc"
)

// bubble is t.Run with a clock of its own, which jumps when all are waiting.
func bubble(t *testing.T, name string, f func(t *testing.T)) {
	t.Run(name, func(t *testing.T) { synctest.Test(t, f) })
}

// observed is a reader of a fake system whose states are recorded.
type observed struct {
	*reader
	t      *testing.T
	states chan nfc.State
}

func observe(t *testing.T, f *fake, part string) *observed {
	t.Helper()
	return observeWith(t, f, newMonitor(f), part)
}

func observeWith(t *testing.T, f *fake, m *monitor, part string) *observed {
	t.Helper()
	r := newReader(f, m, part)
	r.patience = 250 * time.Millisecond
	o := &observed{reader: r, t: t, states: make(chan nfc.State, 1000)}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- r.Watch(ctx, func(s nfc.State) { o.states <- s }) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("watch ended with %v", err)
		}
		r.Close()
		m.ended()
	})
	return o
}

// ended returns when the goroutine of m is gone: its turn is then free.
func (m *monitor) ended() {
	m.waiting.Lock()
	defer m.waiting.Unlock()
}

func (o *observed) next() nfc.State {
	o.t.Helper()
	select {
	case s := <-o.states:
		return s
	case <-time.After(5 * time.Second):
		o.t.Fatal("nothing was told")
		return nfc.State{}
	}
}

func (o *observed) expect(want nfc.State) {
	o.t.Helper()
	got := o.next()
	if got.Attached != want.Attached || got.Present != want.Present || got.Presentation != want.Presentation ||
		!slices.Equal(got.ATR, want.ATR) || !errors.Is(got.Err, want.Err) {
		o.t.Errorf("told %+v, want %+v", got, want)
	}
}

func (o *observed) silent(d time.Duration) {
	o.t.Helper()
	select {
	case s := <-o.states:
		o.t.Errorf("told %+v, want silence", s)
	case <-time.After(d):
	}
}

var (
	tagA = []byte{0x3B, 0x81, 0x80, 0x01, 0x80, 0x80}
	tagB = []byte{0x3B, 0x8F, 0x80, 0x01}
)

func empty(n uint64) nfc.State { return nfc.State{Attached: true, Presentation: n} }

func lying(n uint64, atr []byte) nfc.State {
	return nfc.State{Attached: true, Present: true, Presentation: n, ATR: atr}
}

func TestWatchTellsEachChangeOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake("R 00")
		o := observe(t, f, "")
		o.expect(empty(0))
		f.lay("R 00", tagA)
		o.expect(lying(1, tagA))
		f.take("R 00")
		o.expect(empty(1))
		f.lay("R 00", tagB)
		o.expect(lying(2, tagB))
		// Another program connects and leaves: nothing that concerns us.
		f.change(func() { f.slot("R 00").flags |= 0x100 })
		f.change(func() { f.slot("R 00").flags &^= 0x100 })
		o.silent(50 * time.Millisecond)
	})
}

// A tag that was swapped between two looks has the same flags, but the system
// counted; it is another presentation.
func TestSwapBetweenTwoLooks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake("R 00")
		f.lay("R 00", tagA)
		o := observe(t, f, "")
		o.expect(lying(1, tagA))
		f.change(func() {
			s := f.slot("R 00")
			s.events += 2
		})
		o.expect(lying(2, tagA))
	})
}

func TestMuteAndBusyAndFaultyReaders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake("R 00")
		o := observe(t, f, "")
		o.expect(empty(0))
		f.change(func() { *f.slot("R 00") = slot{name: "R 00", flags: flagPresent | flagMute, events: 1} })
		o.expect(nfc.State{Attached: true, Present: true, Presentation: 1, Err: nfc.ErrLine})
		f.change(func() { *f.slot("R 00") = slot{name: "R 00", flags: flagPresent | flagExclusive, events: 1, atr: tagA} })
		o.expect(nfc.State{Attached: true, Present: true, Presentation: 1, ATR: tagA, Err: nfc.ErrReaderBusy})
		f.change(func() { *f.slot("R 00") = slot{name: "R 00", flags: flagUnavailable, events: 1} })
		o.expect(nfc.State{Presentation: 1, Err: nfc.ErrNoReader})
	})
}

func TestUnpluggedAndBackUnderAnotherNumber(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake("ACS ACR122U 00 00")
		f.lay("ACS ACR122U 00 00", tagA)
		o := observe(t, f, "acr122")
		o.expect(lying(1, tagA))
		f.plug()
		o.expect(nfc.State{Presentation: 1, Err: nfc.ErrNoReader})
		if err := o.Transact(t.Context(), nil); !errors.Is(err, nfc.ErrNoReader) {
			t.Errorf("transaction while unplugged: %v", err)
		}
		if o.Name() != "ACS ACR122U 00 00" {
			t.Errorf("name while unplugged is %q", o.Name())
		}
		f.plug("ACS ACR122U 01 00")
		o.expect(empty(1))
		if o.Name() != "ACS ACR122U 01 00" {
			t.Errorf("name is %q", o.Name())
		}
		f.lay("ACS ACR122U 01 00", tagA)
		o.expect(lying(2, tagA))
		if err := o.Transact(t.Context(), func(nfc.Transceiver) error { return nil }); err != nil {
			t.Errorf("transaction after the return: %v", err)
		}
	})
}

// A second reader that fits as well does not take over; only when the first is
// gone, and then not silently where two are left.
func TestSecondReaderThatFits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake("R 00")
		o := observe(t, f, "r")
		o.expect(empty(0))
		f.plug("R 00", "R 01")
		o.silent(50 * time.Millisecond)
		f.plug("R 01", "R 02")
		o.expect(nfc.State{Err: ErrAmbiguous})
		f.plug("R 02")
		o.expect(empty(0))
		if o.Name() != "R 02" {
			t.Errorf("name is %q", o.Name())
		}
	})
}

func TestSystemWithoutReaderEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		m := newMonitor(f)
		m.tells = false
		o := observeWith(t, f, m, "")
		o.expect(nfc.State{Err: nfc.ErrNoReader})
		f.plug("R 00")
		o.expect(empty(0))
		f.lay("R 00", tagA)
		o.expect(lying(1, tagA))
		f.mu.Lock()
		defer f.mu.Unlock()
		for _, w := range f.waits {
			if w != macListInterval {
				t.Errorf("waited %v, want %v", w, macListInterval)
			}
		}
	})
}

// With events, a watch that has settled waits without a limit.
func TestWaitIsEndless(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake("R 00")
		o := observe(t, f, "")
		o.expect(empty(0))
		o.silent(settleInterval + 100*time.Millisecond)
		f.mu.Lock()
		defer f.mu.Unlock()
		if n := len(f.waits); n > 4 || f.waits[n-1] != forever {
			t.Errorf("waits were %v", f.waits)
		}
	})
}

// A system whose wait returns at once, although nothing changed, does not make
// the program spin.
func TestSpuriousWakeups(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake("R 00")
		f.spurious = true
		o := observe(t, f, "")
		o.expect(empty(0))
		o.silent(600 * time.Millisecond)
		if n := f.count("wait"); n > 8 {
			t.Errorf("waited %d times in 0.6 s", n)
		}
	})
}

func TestServiceComesAndGoes(t *testing.T) {
	for _, down := range []code{codeNoService, codeServiceStopped, codeComm, codeSystemCancelled, codeWinBrokenPipe, codeWinRPCUnavailable, 0x80100001} {
		bubble(t, down.Error(), func(t *testing.T) {
			f := newFake("R 00")
			f.down = down
			o := observe(t, f, "")
			o.expect(nfc.State{Err: nfc.ErrNoService})
			f.change(func() { f.down = 0 })
			o.expect(empty(0))
			f.change(func() { f.down = down })
			o.expect(nfc.State{Err: nfc.ErrNoService})
			if err := o.Transact(t.Context(), nil); !errors.Is(err, nfc.ErrNoService) {
				t.Errorf("transaction gives %v", err)
			}
		})
	}
}

// A reader that leaves between the list and the wait, and a wait that somebody
// else cancels, are no loss of the service.
func TestOddAnswersOfAWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake("R 00")
		f.answers["wait"] = []code{codeUnknownReader, codeCancelled}
		o := observe(t, f, "")
		o.expect(empty(0))
		f.lay("R 00", tagA)
		o.expect(lying(1, tagA))
	})
}

func TestManyReaders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var names []string
		for i := range 40 {
			names = append(names, fmt.Sprintf("R %02d", i))
		}
		f := newFake(names...)
		o := observe(t, f, "R 03")
		o.expect(empty(0))
		f.lay("R 03", tagA)
		o.expect(lying(1, tagA))
	})
}

func TestMonitorStopsAndStartsAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake("R 00")
		m := newMonitor(f)
		for range 3 {
			r := newReader(f, m, "")
			if err := r.Close(); err != nil {
				t.Fatal(err)
			}
		}
		m.ended()
		if a, b := f.count("establish"), f.count("release"); a != b {
			t.Errorf("%d contexts opened, %d closed", a, b)
		}
		o := observeWith(t, f, m, "")
		o.expect(empty(0))
	})
}

func TestChoose(t *testing.T) {
	sam, picc, token, plain := "ACS ACR1252 Dual Reader [SAM] 01 00", "ACS ACR1252 Dual Reader [PICC] 00 00", "Yubico YubiKey OTP+FIDO+CCID 00 00", "Vendor Reader 00 00"
	for _, c := range []struct {
		names         []string
		part, current string
		want          string
		err           error
	}{
		{nil, "", "", "", nfc.ErrNoReader},
		{[]string{plain}, "", "", plain, nil},
		{[]string{token, plain}, "", "", plain, nil},
		{[]string{token, sam}, "", "", token, nil},
		{[]string{sam, picc, plain}, "", "", picc, nil},
		{[]string{sam, picc, plain}, "", plain, plain, nil},
		{[]string{sam, picc}, "acr1252", "", "", ErrAmbiguous},
		{[]string{sam, picc}, "acr1252", sam, sam, nil},
		{[]string{sam, picc}, "[sam", "", sam, nil},
		{[]string{"R 0", "R 00"}, "R 0", "", "R 0", nil},
		{[]string{plain}, "omnikey", "", "", nfc.ErrNoReader},
		{[]string{plain}, "omnikey", plain, "", nfc.ErrNoReader},
	} {
		got, err := choose(c.names, c.part, c.current)
		if got != c.want || !errors.Is(err, c.err) {
			t.Errorf("choose(%q, %q, %q) = %q, %v", c.names, c.part, c.current, got, err)
		}
		if errors.Is(err, ErrAmbiguous) && !strings.Contains(err.Error(), sam) {
			t.Errorf("error does not list the readers: %v", err)
		}
	}
}
