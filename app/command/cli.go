package command

import (
	"io"
	"slices"

	"sleutelbord/assets"

	"sleutelbord/nfc/keytag"

	"github.com/alecthomas/kong"
)

// globals are the flags that stand before or after every command.
type globals struct {
	Store string `help:"Folder of the records (default: sleutelbord in the user's data directory)." placeholder:"DIR"`
	As    string `name:"as" help:"Your sign-in name (default: whoever's passphrase it is; of a new site: custodian)." placeholder:"NAME"`
	Ring  bool   `name:"keyring" help:"Open the records by this desktop's keyring (see operator remember) instead of a passphrase."`
	common
}

// common are the flags that also a program without records has.
type common struct {
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
	Batch    batchCmd    `cmd:"" help:"A moving day: hand out many tags in a row."`
	Home     homeCmd     `cmd:"" help:"Look at homes, move tenants in and out."`
	Lock     lockCmd     `cmd:"" help:"Bring key material to locks; be a lock."`
	Campaign campaignCmd `cmd:"" help:"Replace keys by new ones: after a theft, or because it is time."`
	Receipt  receiptCmd  `cmd:"" help:"Write the receipt of a tag for the tenant, as a PDF file."`
	Tenancy  tenancyCmd  `cmd:"" help:"Answer what residents ask: everything about a tenancy, correct it, object, erase."`
	Evidence evidenceCmd `cmd:"" help:"Show what is kept and why: for residents, their council and the data protection officer."`
	Journal  journalCmd  `cmd:"" help:"Who did what to which key; check, export and erase it."`
	Operator operatorCmd `cmd:"" name:"operator" help:"Look after who may sign in."`
	Site     siteCmd     `cmd:"" help:"Look after the site's records."`
	Selftest selftestCmd `cmd:"" help:"Try a real reader with a blank tag, which is blank again afterwards, and print a report."`
	Demo     demoCmd     `cmd:"" help:"Tell and check the whole story, with a throw-away site and software tags."`
	Softcard softcardCmd `cmd:"" help:"Lay a DESFire card in software on a virtual reader (vpcd)."`

	Completion completionCmd `cmd:"" help:"Print what a shell needs to complete commands and flags."`
	Manual     manualCmd     `cmd:"" help:"Print the manual page."`
	Version    versionCmd    `cmd:"" help:"Print the version."`
	Help       helpCmd       `cmd:"" help:"Explain a command."`
}

// controllerCLI is the grammar of the door controller: a lock, and nothing of
// the desk.
type controllerCLI struct {
	common

	AsLock lockRunCmd `cmd:"" name:"run" help:"Be a lock: open and refuse at a reader, by the bundles that come in a folder, on an update card or over a broker."`
	New    lockNewCmd `cmd:"" help:"Make the key pair that a lock is born with, and its CSV row."`

	Readers    readersCmd    `cmd:"" help:"List the readers."`
	Completion completionCmd `cmd:"" help:"Print what a shell needs to complete commands and flags."`
	Manual     manualCmd     `cmd:"" help:"Print the manual page."`
	Version    versionCmd    `cmd:"" help:"Print the version."`
	Help       helpCmd       `cmd:"" help:"Explain a command."`
}

// grammar is what a program understands.
type grammar struct {
	name, does, description string
	// root makes the structure that a command line is read into, and says how
	// its flags that stand everywhere are found in there.
	root func() (any, func() globals)
}

var deskGrammar = grammar{
	name: "sleutelbord", does: "the caretaker's board with hooks, for key tags", description: description,
	root: func() (any, func() globals) {
		c := new(cli)
		return c, func() globals { return c.globals }
	},
}

var controllerGrammar = grammar{
	name: "sleutelbord-lock", does: "a lock for the key tags of Sleutelbord", description: controllerDescription,
	root: func() (any, func() globals) {
		c := new(controllerCLI)
		return c, func() globals { return globals{common: c.common} }
	},
}

const controllerDescription = `Is a lock: opens to the key tags of Sleutelbord that its bundles let in, and remembers nobody.

Exit codes: those of sleutelbord.`

const description = `Hands out MIFARE DESFire key tags, and brings locks key material and nothing else.

Without a command the window opens.

Exit codes: 0 done (lock run --once: the door opened); 1 internal error; 2 the command line is wrong; ` +
	`3 the door refused (lock run --once); 4 no reader, no tag, or the line to it broke; 5 something is wrong with the tag; ` +
	`6 the store, its passphrase or another file; 7 the CSV file; 8 the records do not allow it; 9 the broker; 130 cancelled.`

// parsed is what a command line came to: a command to run, or nothing because
// help was asked for and shown.
type parsed struct {
	globals globals
	ctx     *kong.Context
	shown   bool
}

// parse reads args. Errors are [usageError].
func (g grammar) parse(args []string, env Env) (parsed, error) {
	var p parsed
	root, flags := g.root()
	k, err := g.parser(root, env, func(int) { p.shown = true })
	if err != nil {
		return parsed{}, err
	}
	p.ctx, err = k.Parse(args)
	p.globals = flags()
	if p.shown {
		return p, nil
	}
	if err != nil {
		return parsed{}, usageError{err}
	}
	return p, nil
}

// parser reads command lines into root.
func (g grammar) parser(root any, env Env, exit func(int)) (*kong.Kong, error) {
	return kong.New(root,
		kong.Name(g.name),
		kong.Description(g.description),
		kong.Writers(env.Stdout, env.Stderr),
		kong.Vars{"vpcd": defaultVPCD, "aid": keytag.DefaultAID.String()},
		kong.Exit(exit),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
	)
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
	p, err := a.grammar.parse(append(slices.Clone(c.Command), "--help"), a.env)
	if err == nil && !p.shown {
		return usageError{errNoSuchHelp}
	}
	return err
}

type versionCmd struct {
	Licences bool `help:"Print the licences of all software of others in the program."`
}

func (c *versionCmd) Run(a *app) error {
	if c.Licences {
		return say(a.env.Stdout, "%s", assets.Notices())
	}
	return a.show(map[string]string{"version": a.env.Version}, func(w io.Writer) error {
		return say(w, "%s %s\n", a.grammar.name, a.env.Version)
	})
}
