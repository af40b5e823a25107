package command

import (
	"errors"
	"io"
	"os"
	"strconv"

	"sleutelbord/app/desk"
	"sleutelbord/journal"
)

type journalCmd struct {
	Show   journalShowCmd   `cmd:"" help:"Show who did what to which key, the newest first."`
	Verify journalVerifyCmd `cmd:"" help:"Check that nothing in the journal was changed, moved, added or taken out."`
	Export journalExportCmd `cmd:"" help:"Write the journal to a file that others can check."`
	Prune  journalPruneCmd  `cmd:"" help:"Erase the content of entries whose period is over; it takes two custodians."`
}

type journalShowCmd struct {
	Count int `default:"50" help:"How many entries; 0 is all." placeholder:"N"`
}

func (c *journalShowCmd) Run(a *app) error {
	return a.withDesk(func(d *desk.Desk) error {
		all, err := d.Journal(a.ctx, c.Count)
		if err != nil {
			return err
		}
		doc := map[string][]desk.JournalEntry{"entries": orEmpty(all)}
		return a.show(doc, func(w io.Writer) error {
			rows := make([][]string, 0, len(all))
			for _, e := range all {
				row := []string{strconv.FormatInt(e.Seq, 10), e.Day, e.Operator, e.Act, e.Subject}
				if e.Erased {
					row[3] = "(erased)"
				}
				rows = append(rows, row)
			}
			return table(w, "Nothing was done yet.", []string{"NO", "DAY", "WHO", "ACT", "WHAT"}, rows)
		})
	})
}

type journalVerifyCmd struct {
	File string `arg:"" optional:"" help:"File that journal export wrote; - is standard input. No records and no passphrase are needed. Without it, the journal of the records is checked."`
}

func (c *journalVerifyCmd) Run(a *app) error {
	if c.File == "" {
		return a.withDesk(func(d *desk.Desk) error {
			r, err := d.VerifyJournal(a.ctx)
			if err != nil {
				return err
			}
			return a.showJournal(r, "The journal is whole")
		})
	}
	in := a.env.Stdin
	if c.File != "-" {
		f, err := os.Open(c.File)
		if err != nil {
			return errJournalFile.because(err)
		}
		defer func() { _ = f.Close() }() // was only read
		in = f
	}
	r, err := journal.Verify(in)
	var wrong *journal.Wrong
	switch {
	case errors.As(err, &wrong):
		bad := errJournalWrong
		bad.what = "This journal is not what the desks wrote: " + wrong.Error() + "."
		return bad.because(err)
	case err != nil:
		return errJournalFile.because(err)
	}
	return a.showJournal(desk.NewJournalReport(r), "The journal in this file is whole")
}

func (a *app) showJournal(r desk.JournalReport, what string) error {
	return a.show(r, func(w io.Writer) error {
		if err := say(w, "%s: %s, %d signed, %d erased.\nLast hash: %s\n", what,
			count(int(r.Entries), "entry", "entries"), r.Signed, r.Erased, r.Head); err != nil {
			return err
		}
		for id := int64(1); id <= int64(len(r.Desks)); id++ {
			if err := say(w, "Key of desk %d: %s\n", id, r.Desks[id]); err != nil {
				return err
			}
		}
		return nil
	})
}

type journalExportCmd struct {
	File string `arg:"" help:"File to write; it must not be there yet."`
}

func (c *journalExportCmd) Run(a *app) error {
	return a.withDesk(func(d *desk.Desk) (err error) {
		f, err := os.OpenFile(c.File, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return errJournalFile.because(err)
		}
		r, err := d.ExportJournal(a.ctx, f)
		if err == nil {
			err = f.Sync()
		}
		if cerr := f.Close(); err == nil {
			err = cerr
		}
		if err != nil {
			_ = os.Remove(c.File) // half a journal is none
			return err
		}
		return a.showJournal(r, "The journal is in "+c.File)
	})
}

type journalPruneCmd struct{ secondFlags }

func (c *journalPruneCmd) Run(a *app) error {
	return a.withDesk(func(d *desk.Desk) error {
		second, err := a.approval(c.secondFlags)
		if err != nil {
			return err
		}
		defer clear(second.Passphrase)
		n, err := d.PruneJournal(a.ctx, second)
		if err != nil {
			return err
		}
		return a.show(map[string]int64{"erased": n}, func(w io.Writer) error {
			return say(w, "The content of %s was erased. Their hashes stay.\n", count(int(n), "entry", "entries"))
		})
	})
}
