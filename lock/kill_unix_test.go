//go:build !windows

package lock

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
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

// killedLock raises the floors of two seats by one for ever, as tags at two
// readers do, and says so after each.
func killedLock(dir string) error {
	key, err := bundle.ReadKeyFile(filepath.Join(dir, "key"))
	if err != nil {
		return err
	}
	l, err := Open(Config{Name: key.Name(), Key: key.Private(), Dir: filepath.Join(dir, "state")})
	if err != nil {
		return err
	}
	ended := make(chan error)
	for seat := range uint16(2) {
		signer, _ := l.state.signer()
		line, _ := l.state.lineOf(signer)
		first := line.Floors[zoneKey{101, 1}].Seats[seat] + 1
		go func() { ended <- climb(l, seat, first) }()
	}
	return <-ended
}

func climb(l *Lock, seat, generation uint16) error {
	for ; ; generation++ {
		reason, err := l.settle(claims(3, seat, generation))
		if err != nil || reason != Passed {
			return errors.Join(err, fmt.Errorf("generation %d: %v", generation, reason))
		}
		// One write, so that lines do not mix.
		if _, err := os.Stdout.WriteString(fmt.Sprintf("opened %d %d\n", seat, generation)); err != nil {
			return err
		}
	}
}

// TestKill kills a lock with two readers at work, again and again: the floor of
// every opening that it told of is there when it starts again.
func TestKill(t *testing.T) {
	dir := t.TempDir()
	b := newBench(t, Config{Dir: filepath.Join(dir, "state")})
	mustBe(t, "bundle", b.send("site", 1, nil), nil)
	mustBe(t, "closing", b.Close(), nil)
	mustBe(t, "key", bundle.WriteKeyFile(filepath.Join(dir, "key"), b.key), nil)
	var last [2]uint16
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
			var seat, generation uint16
			if _, err := fmt.Sscanf(lines.Text(), "opened %d %d", &seat, &generation); err != nil || seat > 1 {
				t.Fatalf("round %d: %s", round, lines.Text())
			}
			last[seat] = generation
			if n == 3+2*round {
				mustBe(t, "killing", child.Process.Kill(), nil)
			}
		}
		_ = child.Wait() // it was killed
		b.open(Config{})
		for seat, generation := range last {
			if f := b.floors()[zoneKey{101, 1}]; f.Seats[uint16(seat)] < generation {
				t.Fatalf("round %d: opened for %d at seat %d, and the floor is %v", round, generation, seat, f)
			}
		}
		mustBe(t, "closing", b.Close(), nil)
	}
	if last[0] == 0 || last[1] == 0 {
		t.Errorf("openings %v: not both readers were at work", last)
	}
	t.Logf("%d openings", last[0]+last[1])
}
