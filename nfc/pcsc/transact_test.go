package pcsc

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sleutelbord/nfc"
)

func send(t nfc.Transceiver) error {
	_, err := t.Transmit([]byte{0x90, 0x60, 0, 0, 0})
	return err
}

// laid is a reader with a tag on it.
func laid(t *testing.T) (*fake, *observed) {
	t.Helper()
	f := newFake("R 00")
	f.lay("R 00", tagA)
	o := observe(t, f, "")
	o.expect(lying(1, tagA))
	return f, o
}

// Every answer of PC/SC becomes the sentinel that says what to do, before f
// runs and while it does.
func TestAnswersBecomeSentinels(t *testing.T) {
	for _, c := range []struct {
		code            code
		opening, inside error
	}{
		{codeNoCard, nfc.ErrNoTag, nfc.ErrTagRemoved},
		{codeRemovedCard, nfc.ErrNoTag, nfc.ErrTagRemoved},
		{codeUnknownReader, nfc.ErrNoReader, nfc.ErrNoReader},
		{codeUnavailable, nfc.ErrNoReader, nfc.ErrNoReader},
		{codeNoService, nfc.ErrNoService, nfc.ErrNoService},
		{codeServiceStopped, nfc.ErrNoService, nfc.ErrNoService},
		{codeShutdown, nfc.ErrNoService, nfc.ErrNoService},
		{codeTooBusy, nfc.ErrNoService, nfc.ErrNoService},
		{codeDenied, nfc.ErrNoService, nfc.ErrNoService},
		{codeNoAccess, nfc.ErrNoService, nfc.ErrNoService},
		{codeSharing, nfc.ErrReaderBusy, nfc.ErrReaderBusy},
		{codeProtoMismatch, nfc.ErrLine, nfc.ErrLine},
		{codeUnresponsive, nfc.ErrLine, nfc.ErrLine},
		{codeUnpowered, nfc.ErrLine, nfc.ErrLine},
		{codeNotTransacted, nfc.ErrLine, nfc.ErrLine},
		{codeComm, nfc.ErrLine, nfc.ErrLine},
		{0x80100001, nfc.ErrLine, nfc.ErrLine},
		{0x12345678, nfc.ErrLine, nfc.ErrLine},
	} {
		bubble(t, c.code.Error(), func(t *testing.T) {
			f, o := laid(t)
			for _, op := range []string{"connect", "begin", "reset"} {
				f.change(func() {
					f.answers[op] = []code{c.code}
					if c.code == codeSharing {
						// For longer than anybody's patience.
						f.answers[op] = []code{c.code, c.code, c.code, c.code, c.code}
					}
				})
				err := o.Transact(t.Context(), func(nfc.Transceiver) error { t.Error("ran"); return nil })
				if !errors.Is(err, c.opening) || !nfc.IsLine(err) {
					t.Errorf("in %s: %v, want %v", op, err, c.opening)
				}
				f.change(func() { f.answers[op] = nil })
			}
			f.change(func() { f.answers["transmit"] = []code{0, c.code} })
			err := o.Transact(t.Context(), func(tr nfc.Transceiver) error {
				if err := send(tr); err != nil {
					t.Errorf("first command: %v", err)
				}
				err := send(tr)
				if again := send(tr); again != err {
					t.Errorf("after %v came %v", err, again)
				}
				return err
			})
			if !errors.Is(err, c.inside) || !nfc.IsLine(err) {
				t.Errorf("in transmit: %v, want %v", err, c.inside)
			}
			if n := f.count("transmit"); n != 2 {
				t.Errorf("%d commands were sent, want 2", n)
			}
			if err := o.Transact(t.Context(), send); err != nil {
				t.Errorf("afterwards: %v", err)
			}
		})
	}
}

// One and the same answer, told apart by what the system notices next.
func TestBrokenExchangeIsDiagnosed(t *testing.T) {
	for name, c := range map[string]struct {
		happens func(*fake)
		want    error
	}{
		"tag leaves":         {func(f *fake) { f.take("R 00") }, nfc.ErrTagRemoved},
		"tag is swapped":     {func(f *fake) { f.take("R 00"); f.lay("R 00", tagB) }, nfc.ErrTagRemoved},
		"reader leaves":      {func(f *fake) { f.plug() }, nfc.ErrNoReader},
		"service dies":       {func(f *fake) { f.change(func() { f.down = codeNoService }) }, nfc.ErrNoService},
		"nothing else":       {func(*fake) {}, nfc.ErrLine},
		"tag leaves, slowly": {func(f *fake) { time.AfterFunc(300*time.Millisecond, func() { f.take("R 00") }) }, nfc.ErrTagRemoved},
	} {
		bubble(t, name, func(t *testing.T) {
			f, o := laid(t)
			err := o.Transact(t.Context(), func(tr nfc.Transceiver) error {
				f.change(func() { f.answers["transmit"] = []code{codeNotTransacted} })
				c.happens(f)
				return send(tr)
			})
			if !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func TestAnswerWithoutStatusWord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, reply := range [][]byte{nil, {}, {0x90}} {
			f, o := laid(t)
			f.reply = func([]byte) []byte { return reply }
			if err := o.Transact(t.Context(), send); !errors.Is(err, nfc.ErrLine) {
				t.Errorf("answer % X: %v", reply, err)
			}
		}
	})
}

func TestPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, o := laid(t)
		// A little patience is enough for another program's short use.
		f.change(func() { f.answers["begin"] = []code{codeSharing, codeResetCard} })
		if err := o.Transact(t.Context(), send); err != nil {
			t.Errorf("after two refusals: %v", err)
		}
	})
}

// A begin that never returns is given up, takes up one waiting goroutine and
// no more, and what it gets in the end is given back.
func TestBeginThatBlocks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, o := laid(t)
		f.hold = make(chan struct{})
		for range 3 {
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
			err := o.Transact(ctx, send)
			cancel()
			if !errors.Is(err, nfc.ErrReaderBusy) || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("with a deadline: %v", err)
			}
		}
		if err := o.Transact(t.Context(), send); !errors.Is(err, nfc.ErrReaderBusy) {
			t.Errorf("without a deadline: %v", err)
		}
		if n := f.count("connect"); n != 1 {
			t.Errorf("%d connections wait", n)
		}
		close(f.hold)
		if err := o.Transact(t.Context(), send); err != nil {
			t.Errorf("afterwards: %v", err)
		}
		if n := f.count("end"); n != 2 {
			t.Errorf("%d transactions ended, want the given up one and the last", n)
		}
		if n := f.count("transmit"); n != 1 {
			t.Errorf("%d commands were sent", n)
		}
	})
}

// If the reset at the end is refused, the disconnect asks for it again.
func TestResetAtTheEndIsInsistedOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, o := laid(t)
		f.change(func() { f.answers["end"] = []code{codeComm} })
		if err := o.Transact(t.Context(), send); err != nil {
			t.Errorf("transaction: %v", err)
		}
		if f.count("disconnect with reset") != 1 {
			t.Error("no reset with the disconnect")
		}
	})
}

func TestNothingStaysOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, o := laid(t)
		for _, op := range []string{"readers", "connect", "begin", "reset", "transmit", "end"} {
			f.change(func() { f.answers[op] = []code{codeProtoMismatch} })
			// Whether it fails is tested elsewhere.
			_ = o.Transact(t.Context(), send)
		}
		o.Close()
		o.monitor.ended()
		if a, b := f.count("establish"), f.count("release"); a != b {
			t.Errorf("%d contexts opened, %d closed", a, b)
		}
		if a, b := f.count("connect")-1, f.count("disconnect")+f.count("disconnect with reset"); a != b {
			t.Errorf("%d cards opened, %d closed", a, b)
		}
	})
}

// Errors say what was done, what is the matter, and the number for the log,
// and nothing twice.
func TestErrorText(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, o := laid(t)
		f.take("R 00")
		o.expect(empty(1))
		err := o.Transact(t.Context(), send)
		if got, want := err.Error(), "opening the tag: no tag on the reader (PC/SC 8010000C)"; got != want {
			t.Errorf("text is %q, want %q", got, want)
		}
		f.change(func() { f.down = codeDenied })
		err = o.Transact(t.Context(), send)
		if got, want := err.Error(), "opening the tag: smart card service refuses this user (PC/SC 8010006A)"; got != want {
			t.Errorf("text is %q, want %q", got, want)
		}
		f.change(func() { f.down = 0; f.slots = nil })
		err = o.Transact(t.Context(), send)
		if got := err.Error(); strings.Count(got, "no reader") != 1 {
			t.Errorf("text is %q", got)
		}
		var detail *Error
		if !errors.As(explain("x", codeSharing), &detail) || detail.Code != uint32(codeSharing) {
			t.Error("the number is lost")
		}
	})
}

// A transaction knows the tag's answer to reset; where the service does not
// say, and after the transaction, it is unknown, and everything else works.
func TestTransactionKnowsTheATR(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		f, o := laid(t)
		var inside nfc.Transceiver
		err := o.reader.Transact(t.Context(), func(tr nfc.Transceiver) error {
			inside = tr
			if got := nfc.ATR(tr); !bytes.Equal(got, tagA) {
				t.Errorf("answer to reset % X", got)
			}
			f.change(func() { f.answers["status"] = []code{codeNoCard} })
			if got := nfc.ATR(tr); got != nil {
				t.Errorf("the service does not say, and yet % X", got)
			}
			return send(tr)
		})
		if err != nil {
			t.Error(err)
		}
		if got := nfc.ATR(inside); got != nil {
			t.Errorf("after the transaction % X", got)
		}
	})
}
