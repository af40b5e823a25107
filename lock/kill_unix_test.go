//go:build !windows

package lock

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"sleutelbord/lock/bundle"
)

const killEnv = "SLEUTELBORD_TEST_KILLED_LOCK"

// TestMain is also the lock that TestKill kills.
func TestMain(m *testing.M) {
	if dir := os.Getenv(killEnv); dir != "" {
		fmt.Println(killedLock(dir))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// killedLock raises the floor by one for ever, and says so after each.
func killedLock(dir string) error {
	key, err := bundle.ReadKeyFile(filepath.Join(dir, "key"))
	if err != nil {
		return err
	}
	l, err := Open(Config{Name: key.Name(), Key: key.Private(), Dir: filepath.Join(dir, "state")})
	if err != nil {
		return err
	}
	signer, _ := l.state.signer()
	line, _ := l.state.lineOf(signer)
	for generation := line.Floors[zoneKey{101, 1}].Seats[0] + 1; ; generation++ {
		reason, err := l.settle(claims(3, 0, generation))
		if err != nil || reason != Passed {
			return errors.Join(err, fmt.Errorf("generation %d: %v", generation, reason))
		}
		fmt.Println("opened", generation)
	}
}

// TestKill kills a lock at work, again and again: the floor of every opening
// that it told of is there when it starts again.
func TestKill(t *testing.T) {
	dir := t.TempDir()
	b := newBench(t, Config{Dir: filepath.Join(dir, "state")})
	mustBe(t, "bundle", b.send("site", 1, nil), nil)
	mustBe(t, "closing", b.Close(), nil)
	mustBe(t, "key", bundle.WriteKeyFile(filepath.Join(dir, "key"), b.key), nil)
	var last uint64
	for round := range 8 {
		child := exec.CommandContext(t.Context(), os.Args[0])
		child.Env = append(os.Environ(), killEnv+"="+dir)
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for n := 0; lines.Scan(); n++ {
			text, ok := strings.CutPrefix(lines.Text(), "opened ")
			if !ok {
				t.Fatalf("round %d: %s", round, lines.Text())
			}
			if last, err = strconv.ParseUint(text, 10, 16); err != nil {
				t.Fatal(err)
			}
			if n == 3+2*round {
				mustBe(t, "killing", child.Process.Kill(), nil)
			}
		}
		_ = child.Wait() // it was killed
		b.open(Config{})
		if f := b.floors()[zoneKey{101, 1}]; uint64(f.Seats[0]) < last {
			t.Fatalf("round %d: opened for %d, and the floor is %v", round, last, f)
		}
		mustBe(t, "closing", b.Close(), nil)
	}
	t.Logf("%d openings", last)
}
