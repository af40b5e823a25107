package softcard

import (
	"context"
	"errors"
	"sync"
	"testing"

	"sleutelbord/nfc"
)

func TestTransact(t *testing.T) {
	r := NewReader("virtual")
	if r.Name() != "virtual" {
		t.Errorf("name %q", r.Name())
	}
	ran := func(nfc.Transceiver) error { t.Error("ran"); return nil }
	if err := r.Transact(t.Context(), ran); !errors.Is(err, nfc.ErrNoTag) {
		t.Errorf("empty reader: %v", err)
	}
	x := blank(t, Config{})
	r.Lay(x.c)
	own := errors.New("own")
	err := r.Transact(t.Context(), func(tag nfc.Transceiver) error {
		got, err := tag.Transmit(unhex(t, "90fc000000"))
		if err != nil || string(got) != "\x91\xae" {
			t.Errorf("a session came in from outside: %X, %v", got, err)
		}
		x.login()
		return own
	})
	if !errors.Is(err, own) {
		t.Errorf("error %v", err)
	}
	send(t, x.c, "90fc000000", "91ae") // nor does one get out
	done, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.Transact(done, ran); !errors.Is(err, context.Canceled) {
		t.Errorf("done context: %v", err)
	}
	x.c.Arm(LeaveBefore(1))
	var kept nfc.Transceiver
	err = r.Transact(t.Context(), func(tag nfc.Transceiver) error {
		kept = tag
		_, err := tag.Transmit(unhex(t, "9060000000"))
		return err
	})
	if !errors.Is(err, nfc.ErrTagRemoved) {
		t.Errorf("tag that left: %v", err)
	}
	if err := r.Transact(t.Context(), ran); !errors.Is(err, nfc.ErrNoTag) {
		t.Errorf("tag that is away: %v", err)
	}
	x.c.Return()
	if _, err := kept.Transmit(unhex(t, "9060000000")); !errors.Is(err, nfc.ErrLine) {
		t.Errorf("a laying of before: %v", err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if err := errors.Join(r.Close(), r.Transact(t.Context(), ran)); !errors.Is(err, nfc.ErrNoReader) {
		t.Errorf("closed reader: %v", err)
	}
}

func TestTakenInTheMiddle(t *testing.T) {
	r := NewReader("virtual")
	a, b := newTestCard(t, Config{}), newTestCard(t, Config{UID: unhex(t, "04111111111111")})
	r.Lay(a)
	err := r.Transact(t.Context(), func(tag nfc.Transceiver) error {
		if _, err := tag.Transmit(unhex(t, "9060000000")); err != nil {
			return err
		}
		r.Lay(b)
		_, err := tag.Transmit(unhex(t, "9060000000"))
		return err
	})
	if !errors.Is(err, nfc.ErrTagRemoved) {
		t.Errorf("error %v", err)
	}
}

func TestTransactionsExcludeEachOther(t *testing.T) {
	r := NewReader("virtual")
	r.Lay(newTestCard(t, Config{}))
	var all sync.WaitGroup
	inside := 0
	for range 8 {
		all.Go(func() {
			err := r.Transact(t.Context(), func(tag nfc.Transceiver) error {
				inside++
				defer func() { inside-- }()
				if inside != 1 {
					t.Errorf("%d inside", inside)
				}
				_, err := tag.Transmit(unhex(t, "9060000000"))
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	ctx, cancel := context.WithCancel(t.Context())
	err := r.Transact(t.Context(), func(nfc.Transceiver) error {
		cancel()
		return r.Transact(ctx, nil)
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("waiting: %v", err)
	}
}

func TestWatch(t *testing.T) {
	r := NewReader("virtual")
	ctx, cancel := context.WithCancel(t.Context())
	states := make(chan nfc.State)
	ended := make(chan error, 1)
	go func() { ended <- r.Watch(ctx, func(s nfc.State) { states <- s }) }()
	wants := func(attached, present bool, presentation uint64) {
		t.Helper()
		s := <-states
		if s.Attached != attached || s.Present != present || s.Presentation != presentation || (len(s.ATR) > 0) != present {
			t.Errorf("state %+v", s)
		}
	}
	wants(true, false, 0)
	c := newTestCard(t, Config{})
	r.Lay(c)
	wants(true, true, 1)
	c.Arm(LeaveAfter(1))
	if _, err := c.Transmit(createApp); !errors.Is(err, nfc.ErrTagRemoved) {
		t.Fatal(err)
	}
	wants(true, false, 1)
	c.Return()
	wants(true, true, 2)
	r.Take()
	wants(true, false, 2)
	r.Take()
	c.Arm(LeaveBefore(1)) // a card that lies nowhere tells nobody
	if _, err := c.Transmit(createApp); err == nil {
		t.Fatal("is there")
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	wants(false, false, 2)
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

// TestTogether uses everything at once, for the race detector.
func TestTogether(t *testing.T) {
	r := NewReader("virtual")
	c := newTestCard(t, Config{})
	ctx, cancel := context.WithCancel(t.Context())
	var watch, all sync.WaitGroup
	watch.Go(func() {
		if err := r.Watch(ctx, func(nfc.State) {}); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
	for _, f := range []func(){
		func() { r.Lay(c) },
		r.Take,
		func() { c.Arm(LeaveAfter(1)) },
		c.Disarm,
		c.Return,
		func() { c.Clone().Reset() },
		func() { c.ATR(); c.UID(); c.Count(); c.ResetCount(); c.AuthenticationFailures() },
		func() {
			err := r.Transact(ctx, func(tag nfc.Transceiver) error {
				_, err := tag.Transmit(unhex(t, "9060000000"))
				return err
			})
			if err != nil && !nfc.IsLine(err) {
				t.Error(err)
			}
		},
	} {
		all.Go(func() {
			for range 200 {
				f()
			}
		})
	}
	all.Wait()
	cancel()
	watch.Wait()
}
