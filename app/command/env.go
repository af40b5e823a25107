package command

import (
	"context"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"syscall"

	"sleutelbord/nfc"
	"sleutelbord/store"

	"github.com/sirupsen/logrus"
	"golang.org/x/term"
)

// Env is the world around the program, so that a test can stand in for it.
type Env struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	// Getenv looks an environment variable up; "" is not set.
	Getenv func(name string) string
	// OpenReader opens the one real reader whose name contains name, or the
	// first there is if name is empty. Names that begin with "virtual:" never
	// come here.
	OpenReader func(name string) (nfc.Reader, error)
	// FollowReader is OpenReader for a program that stays: the reader need not
	// be attached yet. nil is OpenReader.
	FollowReader func(name string) (nfc.Reader, error)
	// ListReaders names the real readers that are attached.
	ListReaders func() ([]string, error)
	// Window runs the window until it is closed.
	Window func(ctx context.Context, o WindowOptions) error
	// CanAsk tells whether a person sits at Stdin and can type a passphrase.
	CanAsk func() bool
	// ShowSteps tells whether a person watches Stderr, so that the steps of an
	// act are shown there while it goes on.
	ShowSteps func() bool
	// ReadPassphrase reads one line from the terminal without showing it.
	ReadPassphrase func() ([]byte, error)
	// Version is the program's version, for people.
	Version string

	// store is handed to every store that is opened, and clock to every desk;
	// tests weaken the key derivation and set the day with them.
	store store.Options
	clock store.Clock
	// demoTold is called when the demo has ended, before its site is thrown
	// away; a test collects the secrets there.
	demoTold func(s *story)
}

// WindowOptions is what the command line says to the window.
type WindowOptions struct {
	// Store is the folder of the records.
	Store string
	// Passphrase opens the records, nil if the window shall ask for it.
	Passphrase []byte
	// Reader is what --reader said: a part of a name, virtual:FILE, or "".
	Reader string
	// Tour is a folder for pictures: the window then shows itself around
	// with the demo campus, saves pictures there and closes. "" is no tour.
	Tour string
	// TourDark shows the window in dark colours on its tour.
	TourDark bool
	// OpenReader opens a reader as the commands do, virtual ones included.
	OpenReader func(name string) (nfc.Reader, error)
	// ListReaders names the real readers that are attached.
	ListReaders func() ([]string, error)
	// Getenv looks an environment variable up.
	Getenv func(name string) string
	// Log takes what is for the log and not for people.
	Log *logrus.Entry
	// Records is how the records are opened.
	Records store.Options
}

// recordsOptions keeps the counter by which an older copy of the records is
// noticed away from the records, so that it is not copied back with them.
func recordsOptions(getenv func(string) string) store.Options {
	dir, err := os.UserConfigDir()
	if err != nil || getenv("HOME") == "" && runtime.GOOS != "windows" {
		return store.Options{} // then only the counter beside the records counts
	}
	return store.Options{CounterDir: filepath.Join(dir, "sleutelbord")}
}

// SystemEnv is the world of a real process; the caller adds OpenReader,
// ListReaders and Window, which need libraries of the system.
func SystemEnv(version string) Env {
	stdin := int(os.Stdin.Fd())
	return Env{
		Stdin:          os.Stdin,
		Stdout:         os.Stdout,
		Stderr:         os.Stderr,
		Getenv:         os.Getenv,
		CanAsk:         func() bool { return term.IsTerminal(stdin) },
		ShowSteps:      func() bool { return term.IsTerminal(int(os.Stderr.Fd())) },
		ReadPassphrase: func() ([]byte, error) { return term.ReadPassword(stdin) },
		Version:        version,
		store:          recordsOptions(os.Getenv),
	}
}

// UseTokens hands every store that is opened what reaches PKCS#11 tokens, which
// needs cgo.
func (e *Env) UseTokens(t store.Tokens) { e.store.Tokens = t }

// OutlivePipes lets the process go on when whoever reads its output has gone
// away: writing to them is then an error, where otherwise the system ends the
// process, in the middle of writing on a tag, or a door for all tags to come.
func OutlivePipes() { signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE) }
