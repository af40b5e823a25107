package command

import (
	"context"
	"errors"
	"path/filepath"
	"runtime"

	"sleutelbord/app/desk"
	"sleutelbord/internal/mistake"

	"github.com/sirupsen/logrus"
)

// Run reads args (without the program's name), does what they say, and returns
// the exit code. Without a command it opens the window. When ctx is done, the
// command ends as soon as the tag is in a state that can be named.
func Run(ctx context.Context, args []string, env Env) int {
	return deskGrammar.run(ctx, args, env)
}

// RunController is [Run] for the door controller, a program of its own that
// brings neither a window nor records.
func RunController(ctx context.Context, args []string, env Env) int {
	return controllerGrammar.run(ctx, args, env)
}

func (g grammar) run(ctx context.Context, args []string, env Env) int {
	code, err := g.do(ctx, args, env)
	if err == nil {
		return code
	}
	// What cannot be reported has nowhere left to go; the code still tells.
	p, _ := report(env, asksJSON(args), err)
	return p.exit
}

func (g grammar) do(ctx context.Context, args []string, env Env) (code int, err error) {
	p, err := g.parse(args, env)
	if err != nil || p.shown {
		return exitOK, err
	}
	log, closeLog, err := newLog(env.Stderr, p.globals)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, closeLog()) }()

	a := &app{ctx: ctx, env: env, globals: p.globals, grammar: g, log: log}
	if err := mistake.Guard(func() error { return p.ctx.Run(a) }); err != nil {
		logEnd(log, err)
		return 0, err
	}
	return a.exit, nil
}

// logEnd logs why a command ended. Errors that nobody foresaw always show: the
// words for people say nothing about them.
func logEnd(log *logrus.Entry, err error) {
	if m, ok := errors.AsType[*mistake.Error](err); ok {
		log.WithField("kind", m.Kind).Errorf("panic\n%s", m.Trace())
	}
	level := logrus.DebugLevel
	if explain(err).exit == exitInternal {
		level = logrus.ErrorLevel
	}
	log.WithError(err).Log(level, "command stopped")
}

// app is what a command has at hand while it runs.
type app struct {
	globals
	grammar grammar
	ctx     context.Context
	env     Env
	log     *logrus.Entry
	// exit is the exit code of a command that ended without an error: 0, or
	// exitRefused for a door that stayed shut.
	exit int
}

// storeDir is the folder of the records. What was there before a restoring that
// was interrupted is back in it.
func (a *app) storeDir() (dir string, err error) {
	if dir = a.Store; dir == "" {
		if dir, err = DefaultStore(a.env.Getenv); err != nil {
			return "", err
		}
	}
	if err := desk.SettleAside(dir); err != nil {
		return "", recordsFolder(err)
	}
	return dir, nil
}

// DefaultStore is the folder of the records where --store says nothing: a
// folder of its own in the user's data directory. It is an error if the
// environment names no such directory.
func DefaultStore(getenv func(string) string) (string, error) {
	return defaultStore(runtime.GOOS, getenv)
}

func defaultStore(goos string, getenv func(string) string) (string, error) {
	const name = "sleutelbord"
	var base string
	switch home := getenv("HOME"); {
	case goos == "windows":
		base = getenv("LocalAppData")
	case goos == "darwin" && home != "":
		base = filepath.Join(home, "Library", "Application Support")
	case filepath.IsAbs(getenv("XDG_DATA_HOME")):
		base = getenv("XDG_DATA_HOME")
	case home != "":
		base = filepath.Join(home, ".local", "share")
	}
	if base == "" {
		return "", errNoDataDir
	}
	return filepath.Join(base, name), nil
}

type windowCmd struct {
	Tour string `help:"Show the window by itself, hand out a tag of the demo campus in it, save pictures in DIR, and end." placeholder:"DIR"`
	Dark bool   `help:"Show it in dark colours meanwhile; with --tour."`
}

func (c *windowCmd) Run(a *app) error {
	if c.Dark && c.Tour == "" {
		return usageError{errors.New("--dark is for --tour; in the window, the colours are chosen in the settings")}
	}
	dir, err := a.storeDir()
	if err != nil {
		return err
	}
	passphrase, _, err := a.passphraseFromFile()
	if err != nil {
		return err
	}
	err = a.env.Window(a.ctx, WindowOptions{
		Store:       dir,
		Passphrase:  passphrase,
		Reader:      a.Reader,
		Tour:        c.Tour,
		TourDark:    c.Dark,
		OpenReader:  a.env.openReader,
		ListReaders: a.env.ListReaders,
		Getenv:      a.env.Getenv,
		Log:         a.log,
		Records:     a.recordsOptions(),
	})
	if err != nil && desk.Explain(err).Code == desk.CodeInternal {
		return errWindow.because(err)
	}
	return err
}
