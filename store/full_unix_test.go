//go:build linux || darwin

package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
)

func init() {
	roles["full"] = func(dir string) error { return fullRole(dir, false) }
	roles["full then closed"] = func(dir string) error { return fullRole(dir, true) }
}

// fullRole commits until no file may grow any more, as on a full disk; then
// everything acknowledged is still there, can be read, and the store says what
// is the matter.
func fullRole(dir string, thenClose bool) error {
	signal.Ignore(syscall.SIGXFSZ)
	s, err := Open(context.Background(), dir, testPass, testOptions())
	if err != nil {
		return err
	}
	info, err := os.Stat(filepath.Join(dir, databaseName))
	if err != nil {
		return err
	}
	// The log fills first: there must be room to bring it into the database.
	room := 2*uint64(info.Size()) + 150_000
	limit := syscall.Rlimit{Cur: room, Max: room}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	var zone Zone
	n := 0
	for refused := 0; refused < 3; {
		err := commitOnce(s, &zone, n+1)
		switch {
		case err == nil:
			n++
			refused = 0
		case errors.Is(err, ErrFull):
			refused++
			if err := countBuildings(s, n); err != nil {
				return err
			}
		default:
			return fmt.Errorf("after %d commits: %w", n, err)
		}
	}
	if _, err = fmt.Println(n); err != nil || !thenClose {
		return err
	}
	return s.Close()
}

func countBuildings(s *Store, want int) error {
	return s.View(context.Background(), func(tx *Tx) error {
		all, err := tx.Buildings()
		if err == nil && len(all) != want {
			err = fmt.Errorf("%d commits instead of %d", len(all), want)
		}
		return err
	})
}

func TestFullDisk(t *testing.T) {
	for role, spare := range map[string]int{"full": 1, "full then closed": 0} {
		t.Run(role, func(t *testing.T) {
			dir := t.TempDir()
			closeStore(t, createIn(t, dir))
			c := startChild(t, role, dir)
			line := c.line(t)
			if err := c.cmd.Wait(); err != nil {
				t.Fatalf("%s: %v", line, err)
			}
			n, err := strconv.Atoi(line)
			must(t, err)
			if n < 10 {
				t.Errorf("full after %d commits", n)
			}
			s := openIn(t, dir)
			// A commit that was refused may be found after a crash, if whole.
			got := committed(t, s)
			if got < n || got > n+spare {
				t.Errorf("%d commits acknowledged, %d there", n, got)
			}
			same(t, "rolled back", s.RolledBack(), false)
			must(t, s.Check(t.Context()))
			must(t, commitOnce(s, &Zone{ID: 1}, got+1)) // with room again, it goes on
			same(t, "commits", committed(t, s), got+1)
			t.Logf("full after %d commits, %d there", n, got)
		})
	}
}
