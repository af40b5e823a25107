package command

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sleutelbord/nfc"
	"sleutelbord/nfc/softcard"
)

// site is a practice site on the disk, with commands run in process.
type site struct {
	t   *testing.T
	dir string
	env Env
	out bytes.Buffer
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{t: t, dir: t.TempDir()}
	if err := os.WriteFile(s.at("passphrase"), []byte("six plain words make a passphrase\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(s.at("stick"), 0o700); err != nil {
		t.Fatal(err)
	}
	s.env = testEnv(&s.out, &s.out)
	s.env.store.CounterDir = s.at("counter")
	s.env.Getenv = func(name string) string { return map[string]string{passphraseFileVar: s.at("passphrase")}[name] }
	makeCampus(t, s.dir)
	s.run("init", "--site", "Practice", "--practice")
	s.run("import", s.at("campus.csv"))
	return s
}

func (s *site) at(name string) string { return filepath.Join(s.dir, name) }

// run runs a command that must end well.
func (s *site) run(args ...string) {
	s.t.Helper()
	s.out.Reset()
	if code := Run(s.t.Context(), append(args, "--store", s.at("store")), s.env); code != exitOK {
		s.t.Fatalf("%v: exit code %d\n%s", args, code, &s.out)
	}
}

// card opens the software tag in a file.
func (s *site) card(name string) *softcard.Card {
	s.t.Helper()
	c, err := softcard.Open(s.at(name), softcard.Config{})
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}

// TestLockRun lays tags before a door that runs on, and finds nothing of them
// in anything that the door keeps.
func TestLockRun(t *testing.T) {
	s := newSite(t)
	s.run("tag", "issue", scriptHome, "--reader", virtualPrefix+s.at("tag1"))
	s.run("tag", "issue", "Boulevard 3/102", "--reader", virtualPrefix+s.at("tag2"))
	s.run("lock", "bundles", s.at("stick"))
	ours, others := s.card("tag1"), s.card("tag2")

	reader := softcard.NewReader("door")
	lines, write := io.Pipe()
	var errs bytes.Buffer
	env := testEnv(nil, &errs)
	env.Stdout = write
	env.OpenReader = func(string) (nfc.Reader, error) { return reader, nil }
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan int, 1)
	go func() {
		ended <- Run(ctx, []string{
			"lock", "run", "H1-101", "--key", s.at("keys/H1-101.key"), "--bundles", s.at("stick"), "--state", s.at("state"),
			"--log", s.at("door.log"),
		}, env)
		write.Close()
	}()
	scan := bufio.NewScanner(lines)
	for _, step := range []struct {
		card *softcard.Card
		want string
	}{
		{ours, "open"}, {others, "refused: tag is for other doors"}, {ours, "open"},
	} {
		reader.Lay(step.card)
		if !scan.Scan() || scan.Text() != step.want {
			t.Fatalf("got %q, want %q\n%s", scan.Text(), step.want, &errs)
		}
		reader.Take()
	}
	stop()
	if code := <-ended; code != exitOK {
		t.Errorf("exit code %d after an interrupt\n%s", code, &errs)
	}
	log, err := os.ReadFile(s.at("door.log"))
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(string(log), "\n"); got != 1 || !strings.Contains(string(log), "bundle applied") {
		t.Errorf("the log has more than the bundle:\n%s", log)
	}
	if errs.Len() > 0 {
		t.Errorf("standard error: %s", &errs)
	}
}

// TestLockRunTells says on the screen what went wrong at a tag, and does not
// log it.
func TestLockRunTells(t *testing.T) {
	s := newSite(t)
	s.run("tag", "issue", scriptHome, "--reader", virtualPrefix+s.at("tag1"))
	s.run("lock", "bundles", s.at("stick"))
	card := s.card("tag1")

	reader := softcard.NewReader("door")
	screen, write := io.Pipe()
	env := testEnv(nil, nil)
	env.Stdout, env.Stderr = write, write
	env.OpenReader = func(string) (nfc.Reader, error) { return reader, nil }
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan int, 1)
	go func() {
		ended <- Run(ctx, []string{
			"lock", "run", "H1-101", "--key", s.at("keys/H1-101.key"), "--bundles", s.at("stick"), "--state", s.at("state"),
			"--log", s.at("door.log"), "--json",
		}, env)
		write.Close()
	}()
	card.Arm(softcard.LeaveAfter(4))
	reader.Lay(card)
	scan := bufio.NewScanner(screen)
	if !scan.Scan() || !strings.HasPrefix(scan.Text(), "sleutelbord: ") {
		t.Fatalf("got %q, want that the tag was taken away", scan.Text())
	}
	stop()
	if _, err := io.Copy(io.Discard, screen); err != nil {
		t.Fatal(err)
	}
	if code := <-ended; code != exitOK {
		t.Errorf("exit code %d after an interrupt", code)
	}
	log, err := os.ReadFile(s.at("door.log"))
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Count(log, []byte("\n")) != 1 {
		t.Errorf("the log has more than the bundle:\n%s", log)
	}
}
