package command

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"sleutelbord/nfc"
	"sleutelbord/nfc/softcard"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"sleutelbord": func() { os.Exit(scripted()) },
	})
}

// scripted is the program as the scripts run it: the world is that of a real
// process, but for the readers, the terminal and the cost of the passphrase.
func scripted() int {
	OutlivePipes()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	env := SystemEnv("v0-test")
	env.store.TestKDF = true
	env.OpenReader = scriptReader
	env.ListReaders = scriptReaders
	env.Window = scriptWindow
	if day := os.Getenv("TODAY"); day != "" {
		t, err := time.Parse(time.DateOnly, day)
		if err != nil {
			panic(err)
		}
		env.clock = func() time.Time { return t.Add(12 * time.Hour) }
		env.store.Clock = env.clock
	}
	return Run(ctx, os.Args[1:], env)
}

// scriptReaders are the real readers of a script: those that READERS names.
func scriptReaders() ([]string, error) {
	switch names := os.Getenv("READERS"); names {
	case "":
		return nil, nil
	case "no service":
		return nil, nfc.ErrNoService
	default:
		return strings.Split(names, ","), nil
	}
}

// scriptReader opens what a script means by a real reader: "empty" has nothing
// on it, and KIND@N:FILE has the tag of FILE on it and goes wrong at the Nth
// command: leave-before, leave-after, lose, corrupt or refuse.
func scriptReader(name string) (nfc.Reader, error) {
	if name == "empty" {
		return softcard.NewReader(name), nil
	}
	how, path, ok := strings.Cut(name, ":")
	kind, at, ok2 := strings.Cut(how, "@")
	if !ok || !ok2 {
		return nil, nfc.ErrNoReader
	}
	n, err := strconv.Atoi(at)
	if err != nil {
		return nil, err
	}
	faults := map[string]softcard.Fault{
		"leave-before": softcard.LeaveBefore(n),
		"leave-after":  softcard.LeaveAfter(n),
		"lose":         softcard.LoseAnswer(n),
		"corrupt":      softcard.Corrupt(n),
		"refuse":       softcard.Refuse(n, 0x0E),
	}
	card, err := softcard.Open(path, softcard.Config{Chip: softcard.EV3, Memory: virtualMemory})
	if err != nil {
		return nil, err
	}
	card.Arm(faults[kind])
	r := softcard.NewReader(name)
	r.Lay(card)
	return r, nil
}

func scriptWindow(_ context.Context, o WindowOptions) error {
	if o.Reader == "" {
		return errors.New("no display")
	}
	if _, err := o.OpenReader(o.Reader); err != nil {
		return err
	}
	return say(os.Stdout, "window: store %s, reader %s, tour %s\n", filepath.ToSlash(o.Store), o.Reader, strings.TrimSpace(o.Tour+map[bool]string{true: " in the dark"}[o.TourDark]))
}

// TestScripts runs the commands as a script outside would.
func TestScripts(t *testing.T) { runScripts(t, "script", func(*testscript.Env) {}) }

// runScripts runs a folder of scripts; prepare makes what they need besides.
func runScripts(t *testing.T, dir string, prepare func(*testscript.Env)) {
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", dir),
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			prepare(e)
			e.Setenv("HOME", e.WorkDir)
			e.Setenv("USER", "caretaker")
			e.Setenv("TODAY", "2026-11-02")
			e.Setenv(passphraseFileVar, filepath.Join(e.WorkDir, "passphrase"))
			return os.WriteFile(filepath.Join(e.WorkDir, "passphrase"), []byte("correct horse battery staple\n"), 0o600)
		},
		UpdateScripts: os.Getenv("UPDATE_SCRIPTS") != "",
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exits":    checkExit,
			"campus":   campusCommand,
			"card":     cardCommand,
			"pictures": picturesCommand,
			"typed":    typedCommand,
		},
	})
}

// checkExit runs a program and checks its exit code: exits CODE PROGRAM [ARG...].
func checkExit(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM [ARG...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	err = ts.Exec(args[1], args[2:]...)
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		got = exit.ExitCode()
	case err != nil:
		ts.Fatalf("running %s: %v", args[1], err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}
