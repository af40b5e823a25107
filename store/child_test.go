package store

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// Tests that kill or limit a program run this test binary again, as a child
// that does what the environment says.
const (
	childRole = "SLEUTELBORD_STORE_TEST_ROLE"
	childDir  = "SLEUTELBORD_STORE_TEST_DIR"
)

// roles are what a child can be. A role writes what it has done to stdout,
// a line at a time, and ends with its error.
var roles = map[string]func(dir string) error{
	"commit":     commitRole,
	"create":     createRole,
	"passphrase": passphraseRole,
	"hold":       holdRole,
	"move there": moveThereRole,
	"move back":  moveBackRole,
}

func TestMain(m *testing.M) {
	if role := roles[os.Getenv(childRole)]; role != nil {
		if err := role(os.Getenv(childDir)); err != nil {
			fmt.Println("error", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// commitOnce is one commit over several tables: building n, its journal entry,
// and n counted on a seat.
func commitOnce(s *Store, zone *Zone, n int) error {
	return s.Update(context.Background(), func(tx *Tx) error {
		if n == 1 {
			*zone = Zone{Kind: SharedZone, KeyVersion: 1}
			if err := tx.InsertZone(zone); err != nil {
				return err
			}
		}
		seat, err := tx.Seat(zone.ID, 5)
		if err != nil {
			return err
		}
		seat.Next = uint16(n)
		if err := tx.PutSeat(&seat); err != nil {
			return err
		}
		if err := tx.InsertBuilding(&Building{Name: strings.Repeat("x", 300) + strconv.Itoa(n)}); err != nil {
			return err
		}
		return tx.Append(Entry{Act: "commit", Subject: strconv.Itoa(n)})
	})
}

// committed is how many commits of commitOnce a store holds; it fails if one
// is there in part.
func committed(t testing.TB, s *Store) (n int) {
	t.Helper()
	view(t, s, func(tx *Tx) error {
		buildings, err := tx.Buildings()
		must(t, err)
		entries, err := tx.Journal()
		must(t, err)
		seat, err := tx.Seat(1, 5)
		must(t, err)
		n = len(buildings)
		if len(entries) != n || int(seat.Next) != n {
			t.Errorf("half a commit: %d buildings, %d entries, %d counted", n, len(entries), seat.Next)
		}
		return tx.VerifyJournal()
	})
	return n
}

// commitRole commits for ever, and acknowledges every commit after it.
func commitRole(dir string) error {
	s, err := Open(context.Background(), dir, testPass, testOptions())
	if err != nil {
		return err
	}
	var n int
	zone := Zone{ID: 1}
	err = s.View(context.Background(), func(tx *Tx) error {
		all, err := tx.Buildings()
		n = len(all)
		return err
	})
	for err == nil {
		n++
		if err = commitOnce(s, &zone, n); err == nil {
			_, err = fmt.Println(n)
		}
	}
	return err
}

func createRole(dir string) error {
	root, err := GenerateRoot(zeros{})
	if err != nil {
		return err
	}
	if _, err := fmt.Println("begin"); err != nil {
		return err
	}
	s, err := Create(context.Background(), dir, testSite(), root, testPass, testOptions())
	if err != nil {
		return err
	}
	if _, err := fmt.Println("created"); err != nil {
		return err
	}
	return s.Close()
}

// zeros reads as ones, since a root of zeros is none.
type zeros struct{}

func (zeros) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = 1
	}
	return len(b), nil
}

// passphraseRole changes the passphrase to and fro for ever.
func passphraseRole(dir string) error {
	s, err := Open(context.Background(), dir, testPass, testOptions())
	if err != nil {
		return err
	}
	a, b := testPass, []byte("other")
	for i := 0; err == nil; i++ {
		if err = s.ChangePassphrase("", a, b); err == nil {
			_, err = fmt.Println(i)
		}
		a, b = b, a
	}
	return err
}

// moveThereRole moves the site to the database whose settings lie beside the
// folder, and says so.
func moveThereRole(dir string) error {
	dsn, err := os.ReadFile(dir + ".dsn")
	if err != nil {
		return err
	}
	if err := MoveToDatabase(context.Background(), dir, testPass, string(dsn), "first", testOptions(), nil); err != nil {
		return err
	}
	_, err = fmt.Println("moved")
	return err
}

// moveBackRole moves the site back to the folder, and says so.
func moveBackRole(dir string) error {
	if err := MoveFromDatabase(context.Background(), dir, testPass, testOptions(), nil); err != nil {
		return err
	}
	_, err := fmt.Println("moved")
	return err
}

// holdRole keeps a store open until its standard input ends.
func holdRole(dir string) error {
	if _, err := Open(context.Background(), dir, testPass, testOptions()); err != nil {
		return err
	}
	if _, err := fmt.Println("open"); err != nil {
		return err
	}
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}

// child is a running child.
type child struct {
	cmd   *exec.Cmd
	lines *bufio.Scanner
	stdin io.WriteCloser
}

func startChild(t testing.TB, role, dir string) *child {
	t.Helper()
	exe, err := os.Executable()
	must(t, err)
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), childRole+"="+role, childDir+"="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	must(t, err)
	in, err := cmd.StdinPipe()
	must(t, err)
	must(t, cmd.Start())
	return &child{cmd: cmd, lines: bufio.NewScanner(out), stdin: in}
}

// line waits for the next thing that the child has done.
func (c *child) line(t testing.TB) string {
	t.Helper()
	if !c.lines.Scan() {
		t.Fatal("the child ended early")
	}
	return c.lines.Text()
}

// kill ends the child at once and gives the last thing that it said.
func (c *child) kill(last string) string {
	_ = c.cmd.Process.Kill() // may have ended by itself
	for c.lines.Scan() {
		last = c.lines.Text()
	}
	_ = c.cmd.Wait() // was killed
	return last
}
