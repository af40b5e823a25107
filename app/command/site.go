package command

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"sleutelbord/app/desk"
	"sleutelbord/store"
)

type initCmd struct {
	Site        string `required:"" help:"Name of the site, for people." placeholder:"NAME"`
	Originality string `enum:"require,warn" default:"require" help:"What to do with a chip that is not shown to be genuine: require (refuse it) or warn."`
	AID         string `name:"aid" default:"${aid}" help:"The application of the site's tags, six hexadecimal digits; every lock must be told another than the usual one." placeholder:"HEX"`
	Practice    bool   `help:"Make a practice site, which takes software tags."`
}

func (c *initCmd) Run(a *app) (err error) {
	dir, err := a.storeDir()
	if err != nil {
		return err
	}
	if store.Exists(dir) {
		return store.ErrExists
	}
	pass, err := a.newPassphrase()
	if err != nil {
		return err
	}
	defer clear(pass)
	d, err := desk.Init(a.ctx, desk.InitOptions{
		Options:  a.deskOptions(dir, pass),
		Site:     c.Site,
		Policy:   store.Originality(c.Originality),
		Practice: c.Practice,
		AID:      c.AID,
	})
	if err != nil {
		return recordsFolder(err)
	}
	defer closeDesk(d, &err)
	site, err := d.Site(a.ctx)
	if err != nil {
		return err
	}
	return a.show(site, func(w io.Writer) error {
		return say(w, "Site %q is made. Its records are in %s.\nNext: sleutelbord import FILE.csv\n", site.Name, dir)
	})
}

type importCmd struct {
	File   string `arg:"" help:"CSV file with the columns building,floor,home,lock,zone,kind,public_key; - is standard input."`
	DryRun bool   `help:"Check all rows and store nothing."`
}

func (c *importCmd) Run(a *app) (err error) {
	in := a.env.Stdin
	if c.File != "-" {
		f, err := os.Open(c.File)
		if err != nil {
			return errImportFile.because(err)
		}
		defer func() { _ = f.Close() }() // was only read
		in = f
	}
	in = listReader{in}
	return a.withDesk(func(d *desk.Desk) error {
		do := d.Import
		if c.DryRun {
			do = d.PreviewImport
		}
		n, err := do(a.ctx, in)
		if err != nil {
			return err
		}
		return a.show(n, func(w io.Writer) error { return c.write(w, n) })
	})
}

// listReader says of every error that it is the list's: a folder by its name,
// or a disk that cannot be read, may come to light only here.
type listReader struct{ r io.Reader }

func (l listReader) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = errImportFile.because(err)
	}
	return n, err
}

func (c *importCmd) write(w io.Writer, n desk.Imported) error {
	verb := "Imported"
	if c.DryRun {
		verb = "Nothing is stored. It would add"
	}
	return say(w, "%s %s: %s, %s, %s, %s; %s there already.\n", verb,
		count(n.Rows, "row", "rows"), count(n.Buildings, "building", "buildings"), count(n.Homes, "home", "homes"),
		count(n.Zones, "zone", "zones"), count(n.Locks, "lock", "locks"), count(n.Unchanged, "row was", "rows were"))
}

// withDesk opens the desk with the passphrase and closes it after f.
func (a *app) withDesk(f func(d *desk.Desk) error) error {
	return a.withDeskBy(func(d *desk.Desk, _ []byte) error { return f(d) })
}

// withDeskBy is withDesk for an f that asks for the passphrase, which is wiped after it.
func (a *app) withDeskBy(f func(d *desk.Desk, passphrase []byte) error) (err error) {
	dir, err := a.storeDir()
	if err != nil {
		return err
	}
	if !store.Exists(dir) {
		// A folder that may not be looked into is not one without a site.
		if _, err := os.ReadDir(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return recordsFolder(err)
		}
		return store.ErrNoStore
	}
	d, pass, err := a.openDesk(dir)
	if err != nil {
		return err
	}
	defer clear(pass)
	defer closeDesk(d, &err)
	return f(d, pass)
}

// openDesk opens the desk with the passphrase, or by the keyring; then it gives no passphrase.
func (a *app) openDesk(dir string) (d *desk.Desk, pass []byte, err error) {
	if a.Ring {
		d, err = desk.OpenRemembered(a.ctx, a.deskOptions(dir, nil))
		return d, nil, recordsFolder(err)
	}
	if pass, err = a.passphrase(); err != nil {
		return nil, nil, err
	}
	if d, err = desk.Open(a.ctx, a.deskOptions(dir, pass)); err != nil {
		clear(pass)
		return nil, nil, recordsFolder(err)
	}
	return d, pass, nil
}

// closeDesk closes d; its error counts only where nothing went wrong before.
func closeDesk(d *desk.Desk, err *error) {
	if cerr := d.Close(); *err == nil && cerr != nil {
		*err = fmt.Errorf("closing the records: %w", cerr)
	}
}

func (a *app) deskOptions(dir string, pass []byte) desk.Options {
	return desk.Options{
		Dir:        dir,
		Passphrase: pass,
		Log:        a.log,
		Clock:      a.env.clock,
		Operator:   a.operator(),
		Store:      a.recordsOptions(),
	}
}

// recordsOptions is how the records are opened. Where the change counter's
// folder outside of them cannot be made, such as for a service without a home,
// the counter beside the records counts alone.
func (a *app) recordsOptions() store.Options {
	o := a.env.store
	if o.CounterDir == "" {
		return o
	}
	if err := os.MkdirAll(o.CounterDir, 0o700); err != nil {
		a.log.WithError(err).Warn("an older copy of the records may go unnoticed: the folder of the change counter cannot be made")
		o.CounterDir = ""
	}
	return o
}

// recordsFolder names the file in an error of the files and folders of the
// records.
func recordsFolder(err error) error {
	var path *fs.PathError
	code := desk.Explain(err).Code
	if code != desk.CodeStoreFolder && code != desk.CodeBundleFolder || !errors.As(err, &path) {
		return err
	}
	c := errRecordsFolder
	c.what = fmt.Sprintf("The records cannot be used: %s: %v.", path.Path, path.Err)
	return c.because(err)
}

// operatorVar names the environment variable with the sign-in name, where
// --as says nothing.
const operatorVar = "SLEUTELBORD_OPERATOR"

// operator is the sign-in name of who acts, or "" for whoever's passphrase it is.
func (a *app) operator() string {
	if a.As != "" {
		return a.As
	}
	return a.env.Getenv(operatorVar)
}

type siteCmd struct {
	Shares  siteSharesCmd  `cmd:"" help:"The site's keys on paper: make shares, prove that they work, open the records with them."`
	Keys    siteKeysCmd    `cmd:"" help:"Say where the site's keys are, and their check values; never the keys."`
	Token   siteTokenCmd   `cmd:"" help:"Keep the site's keys in a PKCS#11 token instead of the records."`
	Check   siteCheckCmd   `cmd:"" help:"Read all records and say whether they are what was written."`
	Backup  siteBackupCmd  `cmd:"" help:"Make a backup of the records: one file, which nobody reads without a passphrase or the shares."`
	Restore siteRestoreCmd `cmd:"" help:"Make records of a backup, in a new folder."`
	Upkeep  siteUpkeepCmd  `cmd:"" help:"Show or change what is done by the calendar, and what is due."`
	Overdue siteOverdueCmd `cmd:"" help:"Set for how many days a lock may wait before it is overdue."`
	Raise   siteRaiseCmd   `cmd:"" help:"Count on after an older copy of the records was put back, so that nothing is handed out twice."`
	severalCmds
}

type siteOverdueCmd struct {
	Days int `arg:"" help:"Number of days, 1 to 3650."`
}

func (c *siteOverdueCmd) Run(a *app) error {
	return a.withDesk(func(d *desk.Desk) error {
		if err := d.SetOverdue(a.ctx, c.Days); err != nil {
			return err
		}
		return a.show(map[string]int{"overdue_days": c.Days}, func(w io.Writer) error {
			return say(w, "A lock that waits for more than %s is overdue.\n", count(c.Days, "day", "days"))
		})
	})
}

type siteRaiseCmd struct {
	Force  bool   `help:"Do it although the records look as new as they ought to be: a backup was put back together with its counter."`
	Signer uint16 `help:"The version of the key that signs bundles, where the copy is older than its replacement." placeholder:"VERSION"`
}

func (c *siteRaiseCmd) Run(a *app) error {
	return a.withDesk(func(d *desk.Desk) error {
		got, err := d.RaiseCounters(a.ctx, desk.RaiseOptions{Force: c.Force, Signer: c.Signer})
		if err != nil {
			return err
		}
		return a.show(got, func(w io.Writer) error {
			return say(w, "Raised by %d: the next tenancies of %s, the next tags of %s. No tag has ended; tags can be handed out again.\n", got.By,
				count(int(got.Zones), "zone", "zones"), count(int(got.Seats), "place", "places"))
		})
	})
}
