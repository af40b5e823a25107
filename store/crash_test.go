package store

import (
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// killCount names the environment variable that says how often TestKill kills.
const killCount = "SLEUTELBORD_KILLS"

// TestKill kills a program at random moments of its commits: whatever it has
// acknowledged is there, nothing is there in half.
func TestKill(t *testing.T) {
	dir := t.TempDir()
	closeStore(t, createIn(t, dir))
	kills := 40
	if testing.Short() {
		kills = 5
	}
	if n := os.Getenv(killCount); n != "" {
		var err error
		kills, err = strconv.Atoi(n)
		must(t, err)
	}
	total, beyond := 0, 0
	for range kills {
		c := startChild(t, "commit", dir)
		var last string
		for range 1 + rand.IntN(12) {
			last = c.line(t)
		}
		pause(rand.N(2 * time.Millisecond))
		last = c.kill(last)
		acknowledged, err := strconv.Atoi(last)
		must(t, err)
		s, err := Open(t.Context(), dir, testPass, testOptions())
		must(t, err)
		n := committed(t, s)
		if n < acknowledged || n > acknowledged+1 {
			t.Fatalf("%d commits acknowledged, %d there", acknowledged, n)
		}
		if s.RolledBack() {
			t.Fatal("a crash is taken for a rollback")
		}
		must(t, s.Check(t.Context()))
		closeStore(t, s)
		beyond += n - acknowledged
		total = n
	}
	t.Logf("%d kills, %d commits, none lost; %d were there without having been acknowledged", kills, total, beyond)
}

// pause lets some of a child's work happen, so that kills fall everywhere in it.
func pause(d time.Duration) { <-time.After(d) }

// TestKillCreate kills a program while it makes a store: afterwards there is
// either a whole one or room for a new one.
func TestKillCreate(t *testing.T) {
	base := t.TempDir()
	kills, whole := 25, 0
	if testing.Short() {
		kills = 5
	}
	for i := range kills {
		dir := filepath.Join(base, strconv.Itoa(i))
		c := startChild(t, "create", dir)
		last := c.line(t)
		pause(rand.N(40 * time.Millisecond))
		last = c.kill(last)
		exists := Exists(dir)
		if last == "created" && !exists {
			t.Fatal("a store that was made is gone")
		}
		if exists {
			whole++
		} else {
			s, err := Create(t.Context(), dir, testSite(), testRoot(t), testPass, testOptions())
			must(t, err)
			closeStore(t, s)
		}
		s, err := Open(t.Context(), dir, testPass, testOptions())
		must(t, err)
		must(t, s.Check(t.Context()))
		if s.RolledBack() {
			t.Error("a new store is rolled back")
		}
		closeStore(t, s)
	}
	t.Logf("%d kills, %d stores were whole", kills, whole)
}

// TestKillChangePassphrase: one of the two passphrases opens the store.
func TestKillChangePassphrase(t *testing.T) {
	dir := t.TempDir()
	closeStore(t, createIn(t, dir))
	for range 10 {
		c := startChild(t, "passphrase", dir)
		last := c.line(t)
		pause(rand.N(3 * time.Millisecond))
		c.kill(last)
		s, err := Open(t.Context(), dir, testPass, testOptions())
		if errors.Is(err, ErrPassphrase) {
			s, err = Open(t.Context(), dir, []byte("other"), testOptions())
			must(t, err)
			must(t, s.ChangePassphrase("", []byte("other"), testPass))
		}
		must(t, err)
		closeStore(t, s)
	}
}

// TestSecondProgram: the lock holds between programs, and ends with the one
// that has it, however it ends.
func TestSecondProgram(t *testing.T) {
	dir := t.TempDir()
	closeStore(t, createIn(t, dir))
	c := startChild(t, "hold", dir)
	same(t, "child", c.line(t), "open")
	_, err := Open(t.Context(), dir, testPass, testOptions())
	wantErr(t, "second program", err, ErrLocked)
	c.kill("")
	closeStore(t, openIn(t, dir))

	c = startChild(t, "hold", dir)
	same(t, "child", c.line(t), "open")
	must(t, c.stdin.Close())
	must(t, c.cmd.Wait())
	openIn(t, dir)
}

// TestUnreadable: what cannot be read is not taken for a wrong passphrase.
func TestUnreadable(t *testing.T) {
	dir := t.TempDir()
	closeStore(t, createIn(t, dir))
	// A folder where the key slots ought to be is an error for everybody.
	must(t, os.Remove(filepath.Join(dir, keysName)))
	must(t, os.Mkdir(filepath.Join(dir, keysName), 0o700))
	if _, err := Open(t.Context(), dir, testPass, testOptions()); err == nil || errors.Is(err, ErrPassphrase) {
		t.Errorf("opened: %v", err)
	}
}
