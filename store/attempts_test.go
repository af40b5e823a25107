package store

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// guesser tries passphrases at a store with a clock of its own.
type guesser struct {
	t   *testing.T
	dir string
	now time.Time
}

func (g *guesser) open(passphrase string) error {
	g.t.Helper()
	s, err := Open(g.t.Context(), g.dir, []byte(passphrase), Options{Clock: func() time.Time { return g.now }})
	if err == nil {
		closeStore(g.t, s)
	}
	return err
}

// next is how long the wait is that the next attempt, with the right
// passphrase, meets.
func (g *guesser) wait() time.Duration {
	g.t.Helper()
	err := g.open(string(testPass))
	var soon *TooSoonError
	if !errors.As(err, &soon) || !errors.Is(err, ErrTooSoon) || errors.Is(err, ErrPassphrase) {
		g.t.Fatalf("no wait: %v", err)
	}
	if !soon.Next.Equal(g.now.Add(soon.Wait)) || soon.Wait <= 0 {
		g.t.Errorf("wait of %v until %v at %v", soon.Wait, soon.Next, g.now)
	}
	return soon.Wait
}

func newGuesser(t *testing.T) *guesser {
	g := &guesser{t: t, dir: t.TempDir(), now: testDay}
	closeStore(t, createIn(t, g.dir))
	return g
}

// TestWaits: each attempt opens the store anew, so that every one of them is a restart.
func TestWaits(t *testing.T) {
	g := newGuesser(t)
	for range freeAttempts {
		wantErr(t, "wrong", g.open("wrong"), ErrPassphrase)
	}
	before := time.Duration(0)
	for i := range 12 {
		w := g.wait()
		if want := min(5*time.Second<<i, 15*time.Minute) + time.Second; w != want || w < before {
			t.Errorf("after %d wrong ones: %v, want %v", freeAttempts+i, w, want)
		}
		before = w
		g.now = g.now.Add(w - time.Millisecond)
		g.wait()
		g.now = g.now.Add(time.Millisecond)
		wantErr(t, "wrong", g.open("wrong"), ErrPassphrase)
	}
	g.now = g.now.Add(g.wait())
	must(t, g.open(string(testPass)))
	wantErr(t, "forgiven", g.open("wrong"), ErrPassphrase)
	must(t, g.open(string(testPass)))
	if _, err := os.Stat(filepath.Join(g.dir, attemptsName)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the count stays: %v", err)
	}
}

func TestWaitsWithClockSetBack(t *testing.T) {
	g := newGuesser(t)
	for range freeAttempts {
		wantErr(t, "wrong", g.open("wrong"), ErrPassphrase)
	}
	full := g.wait()
	g.now = g.now.Add(full - time.Second)
	g.wait()
	g.now = g.now.Add(-time.Hour)
	same(t, "set back", g.wait(), full)
	g.now = g.now.Add(full)
	must(t, g.open(string(testPass)))
}

// TestAttemptIsCountedFirst: the attempt stands on the disk while it is judged.
func TestAttemptIsCountedFirst(t *testing.T) {
	dir := t.TempDir()
	for i := uint32(1); i <= 3; i++ {
		err := attempt(dir, testDay, func() error {
			b, err := os.ReadFile(filepath.Join(dir, attemptsName))
			must(t, err)
			same(t, "counted", parseAttempts(b), attempts{i, time.Unix(testDay.Unix(), 0)})
			return ErrPassphrase
		})
		wantErr(t, "wrong", err, ErrPassphrase)
	}
	// What is not a wrong passphrase is no guess, and forgives none.
	wantErr(t, "no name", attempt(dir, testDay, func() error { return ErrNoOperator }), ErrNoOperator)
	b, err := os.ReadFile(filepath.Join(dir, attemptsName))
	must(t, err)
	same(t, "counted", parseAttempts(b).failed, uint32(3))
	must(t, os.Mkdir(filepath.Join(dir, attemptsName+".new"), 0o700))
	err = attempt(dir, testDay, func() error { t.Error("judged though it could not be counted"); return nil })
	if err == nil {
		t.Error("no error")
	}
}

// TestWaitsInside: changing a passphrase and approving an act count as well.
func TestWaitsInside(t *testing.T) {
	s := newStore(t)
	for range freeAttempts - 1 {
		_, err := s.VerifyOperator(t.Context(), "", []byte("wrong"))
		wantErr(t, "wrong", err, ErrPassphrase)
	}
	wantErr(t, "wrong", s.ChangePassphrase("", []byte("wrong"), testPass), ErrPassphrase)
	wantErr(t, "too soon", s.ChangePassphrase("", testPass, testPass), ErrTooSoon)
	_, err := s.VerifyOperator(t.Context(), "", testPass)
	wantErr(t, "too soon", err, ErrTooSoon)
}

func FuzzParseAttempts(f *testing.F) {
	good := attempts{7, testDay}.encode()
	f.Add(good)
	f.Add(good[:len(good)-1])
	f.Add([]byte(attemptsMagic))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		a := parseAttempts(b)
		if !bytes.Equal(a.encode(), b) && a != (attempts{failed: freeAttempts - 1}) {
			t.Errorf("read as %+v", a)
		}
		if w := a.wait(); w < 0 || w > longestWait {
			t.Errorf("wait of %v", w)
		}
	})
}
