package command

import (
	"io"

	"sleutelbord/app/desk"
	"sleutelbord/store"
)

// readSettings reads connection settings from a file, never from the command
// line, which other programs of the computer can see.
func readSettings(file string) (string, error) {
	settings, err := desk.ReadConnection(file)
	if err != nil {
		return "", errSettingsFile.because(err)
	}
	return settings, nil
}

// severalCmds are the commands of a site that several desks share.
type severalCmds struct {
	MoveTo     siteMoveToCmd     `cmd:"" help:"Move the site to a PostgreSQL database, so that several desks share it."`
	MoveBack   siteMoveBackCmd   `cmd:"" help:"Make this desk the only one of the site again."`
	Join       siteJoinCmd       `cmd:"" help:"Make this computer a desk of a site in a database."`
	Admit      siteAdmitCmd      `cmd:"" help:"Admit a computer that wants to join."`
	Desks      siteDesksCmd      `cmd:"" help:"List the desks of the site, and computers that want to join."`
	RemoveDesk siteRemoveDeskCmd `cmd:"" help:"Remove a desk: it reads nothing new from then on."`
	Mend       siteMendCmd       `cmd:"" help:"Put what this desk knows into a shared database in which an old copy was put back."`
}

type siteMoveToCmd struct {
	File string `arg:"" help:"File with the connection settings of an empty PostgreSQL database."`
	Name string `required:"" help:"What people call this desk." placeholder:"NAME"`
}

func (c *siteMoveToCmd) Run(a *app) error {
	settings, err := readSettings(c.File)
	if err != nil {
		return err
	}
	return a.withClosedDesk(func(o desk.Options) error {
		if err := desk.MoveToDatabase(a.ctx, o, settings, c.Name); err != nil {
			return err
		}
		return a.show(map[string]bool{"shared": true}, func(w io.Writer) error {
			return say(w, "The site is in the shared database, and this is its first desk. Other computers: sleutelbord site join FILE\n")
		})
	})
}

type siteMoveBackCmd struct{}

func (c *siteMoveBackCmd) Run(a *app) error {
	return a.withClosedDesk(func(o desk.Options) error {
		if err := desk.MoveFromDatabase(a.ctx, o); err != nil {
			return err
		}
		return a.show(map[string]bool{"shared": false}, func(w io.Writer) error {
			return say(w, "This desk is the only one of the site now. The others have stopped; the database can be deleted.\n")
		})
	})
}

// withClosedDesk gives the options of a desk that f opens, with its passphrase.
func (a *app) withClosedDesk(f func(desk.Options) error) error {
	dir, err := a.storeDir()
	if err != nil {
		return err
	}
	if !store.Exists(dir) {
		return store.ErrNoStore
	}
	pass, err := a.passphrase()
	if err != nil {
		return err
	}
	defer clear(pass)
	return recordsFolder(f(a.deskOptions(dir, pass)))
}

type siteJoinCmd struct {
	File string `arg:"" optional:"" help:"File with the connection settings of the site's database; the first time."`
	Code string `help:"The code that the admitting desk has shown; the second time." placeholder:"CODE"`
}

// Help says what is done where.
func (c *siteJoinCmd) Help() string {
	return "First, here: site join FILE, which shows a fingerprint. Then, at a desk of the site: site admit FINGERPRINT, which shows a code. " +
		"At last, here: site join --code CODE."
}

func (c *siteJoinCmd) Run(a *app) error {
	if (c.File == "") == (c.Code == "") {
		return usageError{errJoinWhat}
	}
	dir, err := a.storeDir()
	if err != nil {
		return err
	}
	if store.Exists(dir) {
		return store.ErrExists
	}
	if c.Code != "" {
		return c.finish(a, dir)
	}
	settings, err := readSettings(c.File)
	if err != nil {
		return err
	}
	pass, err := a.newPassphrase()
	if err != nil {
		return err
	}
	defer clear(pass)
	print, err := desk.RequestJoin(a.ctx, a.deskOptions(dir, pass), settings)
	if err != nil {
		return recordsFolder(err)
	}
	return a.show(map[string]string{"fingerprint": print}, func(w io.Writer) error {
		return say(w, "This computer's fingerprint:  %s\nAt a desk of the site, a custodian: sleutelbord site admit %s --name NAME\n", print, print)
	})
}

func (c *siteJoinCmd) finish(a *app, dir string) error {
	pass, err := a.passphrase()
	if err != nil {
		return err
	}
	defer clear(pass)
	if err := desk.FinishJoin(a.ctx, a.deskOptions(dir, pass), c.Code); err != nil {
		return recordsFolder(err)
	}
	return a.show(map[string]bool{"shared": true}, func(w io.Writer) error {
		return say(w, "This computer is a desk of the site now.\n")
	})
}

type siteAdmitCmd struct {
	secondFlags
	Fingerprint string `arg:"" help:"What the new computer shows."`
	Name        string `required:"" help:"What people call the new desk." placeholder:"NAME"`
	Operator    string `help:"Sign-in name of who uses it first (default: yours)." placeholder:"NAME"`
}

func (c *siteAdmitCmd) Run(a *app) error {
	return a.withDesk(func(d *desk.Desk) error {
		second, err := a.approval(c.secondFlags)
		if err != nil {
			return err
		}
		defer clear(second.Passphrase)
		code, err := d.AdmitDesk(a.ctx, store.Admission{Fingerprint: c.Fingerprint, Name: c.Name, Operator: c.Operator}, second)
		if err != nil {
			return err
		}
		return a.show(map[string]string{"code": code}, func(w io.Writer) error {
			return say(w, "Admitted. At the new computer: sleutelbord site join --code %s\n", code)
		})
	})
}

type siteDesksCmd struct{}

func (c *siteDesksCmd) Run(a *app) error {
	return a.withDesk(func(d *desk.Desk) error {
		v, err := d.Shared(a.ctx)
		if err != nil {
			return err
		}
		return a.show(v, func(w io.Writer) error { return writeDesks(w, v) })
	})
}

func writeDesks(w io.Writer, v desk.SharedView) error {
	if !v.Shared {
		return say(w, "This is the site's only desk.\n")
	}
	var rows [][]string
	for _, d := range v.Desks {
		state := "since " + d.Added
		switch {
		case d.Removed != "":
			state = "removed " + d.Removed
		case d.Here:
			state += ", this computer"
		}
		rows = append(rows, []string{d.Name, d.ID, state})
	}
	if err := table(w, "None.", []string{"DESK", "ID", ""}, rows); err != nil {
		return err
	}
	for _, print := range v.Requests {
		if err := say(w, "Asks to be admitted: %s\n", print); err != nil {
			return err
		}
	}
	if v.Problem != "" {
		return say(w, "Nothing can be changed: %s\n", v.Problem)
	}
	return nil
}

type siteRemoveDeskCmd struct {
	secondFlags
	ID string `arg:"" help:"The desk's id, from site desks."`
}

func (c *siteRemoveDeskCmd) Run(a *app) error {
	return a.withDesk(func(d *desk.Desk) error {
		second, err := a.approval(c.secondFlags)
		if err != nil {
			return err
		}
		defer clear(second.Passphrase)
		if err := d.RemoveDesk(a.ctx, c.ID, second); err != nil {
			return err
		}
		return a.show(map[string]string{"removed": c.ID}, func(w io.Writer) error {
			return say(w, "Removed: it reads nothing new. Take its account away in the database too.\n")
		})
	})
}

type siteMendCmd struct{}

func (c *siteMendCmd) Run(a *app) error {
	return a.withDesk(func(d *desk.Desk) error {
		if err := d.MendDatabase(a.ctx); err != nil {
			return err
		}
		return a.show(map[string]bool{"mended": true}, func(w io.Writer) error {
			return say(w, "The shared database holds again what this desk knows.\n")
		})
	})
}
