package command

import (
	"io"
	"slices"

	"github.com/alecthomas/kong"
)

// globals are the flags that stand before or after every command.
type globals struct {
	Store   string `help:"Folder of the records (default: sleutelbord in the user's data directory)." placeholder:"DIR"`
	Reader  string `help:"The reader whose name contains NAME, or virtual:FILE, the built-in reader whose software tag is kept in FILE." placeholder:"NAME"`
	JSON    bool   `name:"json" help:"Print one JSON document with stable fields instead of words."`
	Log     string `help:"Append everything that is for the log to FILE." placeholder:"FILE"`
	Verbose bool   `help:"Show the log on standard error."`
}

// cli is the whole grammar of the command line.
type cli struct {
	globals

	Window   windowCmd   `cmd:"" default:"withargs" help:"Open the window (this is also what happens without a command)."`
	Init     initCmd     `cmd:"" help:"Make a site: its records and its keys."`
	Import   importCmd   `cmd:"" help:"Import homes and locks from a CSV file: all rows, or none."`
	Readers  readersCmd  `cmd:"" help:"List the readers."`
	Tag      tagCmd      `cmd:"" help:"Hand out, replace, revoke, wipe and look at tags."`
	Home     homeCmd     `cmd:"" help:"Look at homes, move tenants in and out."`
	Lock     lockCmd     `cmd:"" help:"Bring key material to locks; be a lock."`
	Campaign campaignCmd `cmd:"" help:"Replace keys by new ones: after a theft, or because it is time."`
	Site     siteCmd     `cmd:"" help:"Look after the site's records."`
	Selftest selftestCmd `cmd:"" help:"Try a real reader with a blank tag, which is blank again afterwards, and print a report."`
	Demo     demoCmd     `cmd:"" help:"Tell and check the whole story, with a throw-away site and software tags."`
	Softcard softcardCmd `cmd:"" help:"Lay a DESFire card in software on a virtual reader (vpcd)."`
	Version  versionCmd  `cmd:"" help:"Print the version."`
	Help     helpCmd     `cmd:"" help:"Explain a command."`
}

const description = `Hands out MIFARE DESFire key tags, and brings locks key material and nothing else.

Without a command the window opens.

Exit codes: 0 done (lock run --once: the door opened); 1 internal error; 2 the command line is wrong; ` +
	`3 the door refused (lock run --once); 4 no reader, no tag, or the line to it broke; 5 something is wrong with the tag; ` +
	`6 the store, its passphrase or another file; 7 the CSV file; 8 the records do not allow it; 9 the broker; 130 cancelled.`

// parsed is what a command line came to: a command to run, or nothing because
// help was asked for and shown.
type parsed struct {
	cli   *cli
	ctx   *kong.Context
	shown bool
}

// parse reads args. Errors are [usageError].
func parse(args []string, env Env) (parsed, error) {
	p := parsed{cli: new(cli)}
	k, err := kong.New(p.cli,
		kong.Name("sleutelbord"),
		kong.Description(description),
		kong.Writers(env.Stdout, env.Stderr),
		kong.Vars{"vpcd": defaultVPCD},
		kong.Exit(func(int) { p.shown = true }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
	)
	if err != nil {
		return parsed{}, err
	}
	p.ctx, err = k.Parse(args)
	if p.shown {
		return p, nil
	}
	if err != nil {
		return parsed{}, usageError{err}
	}
	return p, nil
}

// asksJSON tells whether --json stands in args, also where they do not parse.
func asksJSON(args []string) bool {
	if end := slices.Index(args, "--"); end >= 0 {
		args = args[:end]
	}
	return slices.Contains(args, "--json") || slices.Contains(args, "--json=true")
}

// usageError is a command line that cannot be understood.
type usageError struct{ err error }

func (e usageError) Error() string { return e.err.Error() }

func (e usageError) Unwrap() error { return e.err }

type helpCmd struct {
	Command []string `arg:"" optional:"" help:"The command to explain, such as: tag issue."`
}

func (c *helpCmd) Run(a *app) error {
	p, err := parse(append(slices.Clone(c.Command), "--help"), a.env)
	if err == nil && !p.shown {
		return usageError{errNoSuchHelp}
	}
	return err
}

type versionCmd struct{}

func (c *versionCmd) Run(a *app) error {
	return a.show(map[string]string{"version": a.env.Version}, func(w io.Writer) error {
		return say(w, "sleutelbord %s\n", a.env.Version)
	})
}
