package command

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"sleutelbord/app/desk"
)

type siteCheckCmd struct{}

func (siteCheckCmd) Run(a *app) error {
	return a.withDesk(func(d *desk.Desk) error {
		if err := d.CheckRecords(a.ctx); err != nil {
			return err
		}
		return a.show(map[string]bool{"whole": true}, func(w io.Writer) error {
			return say(w, "The records are whole.\n")
		})
	})
}

type siteBackupCmd struct {
	To string `arg:"" help:"Folder, in which the backup gets a name of its own, or a file that is not there yet."`
}

func (c *siteBackupCmd) Run(a *app) error {
	return a.withDesk(func(d *desk.Desk) error {
		made, err := d.BackupTo(a.ctx, c.To)
		if err != nil {
			return err
		}
		return a.show(made, func(w io.Writer) error {
			return say(w, "%s\nThe backup was read again and verified: %d bytes.\n", made.File, made.Size)
		})
	})
}

type siteRestoreCmd struct {
	Backup         string   `arg:"" help:"The backup."`
	To             string   `required:"" help:"Folder for the records; new, or empty." placeholder:"DIR"`
	Shares         bool     `help:"Open it with shares that are typed, instead of a passphrase."`
	Share          []string `help:"Open it with a share: photo or scan of its page, or its text. Once per share." placeholder:"FILE" sep:"none"`
	RestoredBefore uint16   `help:"How often a backup of this site was restored on another computer since this one was made." placeholder:"N"`
	Signer         uint16   `help:"The version of the key that signs bundles, where the backup is older than its replacement." placeholder:"VERSION"`
}

func (c *siteRestoreCmd) Run(a *app) (err error) {
	o := desk.RestoreOptions{Backup: c.Backup, Again: c.RestoredBefore, Signer: c.Signer}
	var pass []byte
	if c.Shares || len(c.Share) > 0 {
		o.Shares, err = a.enterShares(c.Share)
		defer o.Shares.Wipe()
		if err == nil {
			pass, err = a.newSecret(newFileVar, "New passphrase: ")
		}
	} else {
		pass, err = a.passphrase()
	}
	if err != nil {
		return err
	}
	defer clear(pass)
	o.Options = a.deskOptions(c.To, pass)
	d, done, err := desk.Restore(a.ctx, o)
	if err != nil {
		return recordsFolder(err)
	}
	defer closeDesk(d, &err)
	return a.show(done, func(w io.Writer) error { return c.write(w, done) })
}

func (c *siteRestoreCmd) write(w io.Writer, r desk.Restored) error {
	dir, err := filepath.Abs(c.To)
	if err != nil {
		return err
	}
	text := fmt.Sprintf("The records of %q as they were on %s are in %s.\n", r.Site, r.Day, dir)
	if r.Operator != "" {
		text += fmt.Sprintf("%s signs in with the new passphrase; everybody else as before.\n", r.Operator)
	}
	text += fmt.Sprintf("What is handed out from now on counts from %d higher, so that nothing is handed out twice. No tag has ended.\n", r.Raised.By) +
		fmt.Sprintf("These records do not know what happened later: tags handed out, lost, returned, tenants who moved, changed locks. They take %s to be in use.\n",
			count(r.Issued, "tag", "tags")) +
		"Do now:\n" +
		"  1. Revoke again every tag that was lost since: sleutelbord tag revoke TAG --lost\n" +
		"  2. Move out again whoever moved since; a tag that nobody knows shows when it is laid: sleutelbord tag inspect\n"
	if len(r.Locks) > 0 {
		text += "  3. Make new bundles, bring them to these locks and bring their receipts back: " + someOf(r.Locks) + "\n"
	}
	return say(w, "%s", text)
}

// someOf names a few, and says how many more there are.
func someOf(names []string) string {
	const most = 8
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

type siteUpkeepCmd struct {
	BackupTo     *string `help:"Folder for backups that are made by themselves; it must be there." placeholder:"DIR"`
	EveryDays    *int    `help:"How often a backup is made by itself; 0: never." placeholder:"DAYS"`
	Keep         *int    `help:"How many of the newest backups stay." placeholder:"N"`
	KeepWeeks    *int    `help:"Of how many weeks the newest backup stays besides." placeholder:"N"`
	RehearseDays *int    `help:"How often the shares on paper are to be proven; 0: nobody asks." placeholder:"DAYS"`
	Now          bool    `help:"Do what is due now, such as from a timer of the system."`
}

// kept is what site upkeep shows.
type kept struct {
	desk.Upkeep
	ShareSets []desk.ShareSet `json:"share_sets"`
	Done      *desk.KeptUp    `json:"done,omitempty"`
	Due       []desk.Duty     `json:"due"`
}

func (c *siteUpkeepCmd) Run(a *app) error {
	return a.withDesk(func(d *desk.Desk) (err error) {
		var doc kept
		if c.changes() {
			_, err = d.ChangeUpkeep(a.ctx, c.apply)
		}
		if err == nil && c.Now {
			var done desk.KeptUp
			done, err = d.KeepUp(a.ctx)
			doc.Done = &done
		}
		if err == nil {
			doc.Upkeep, err = d.Upkeep(a.ctx)
		}
		if err == nil {
			doc.ShareSets, err = d.ShareSets(a.ctx)
		}
		if err == nil {
			doc.Due, err = d.Reminders(a.ctx)
		}
		if err != nil {
			return err
		}
		doc.ShareSets, doc.Due = orEmpty(doc.ShareSets), orEmpty(doc.Due)
		return a.show(doc, func(w io.Writer) error { return doc.write(w) })
	})
}

func (c *siteUpkeepCmd) changes() bool {
	return c.BackupTo != nil || c.EveryDays != nil || c.Keep != nil || c.KeepWeeks != nil || c.RehearseDays != nil
}

func (c *siteUpkeepCmd) apply(u *desk.Upkeep) {
	if c.BackupTo != nil {
		u.BackupFolder = *c.BackupTo
	}
	for _, f := range []struct {
		from *int
		to   *int
	}{{c.EveryDays, &u.BackupDays}, {c.Keep, &u.KeepLast}, {c.KeepWeeks, &u.KeepWeeks}, {c.RehearseDays, &u.RehearseDays}} {
		if f.from != nil {
			*f.to = *f.from
		}
	}
}

func (k kept) write(w io.Writer) error {
	var b strings.Builder
	if k.Done != nil && k.Done.Backup != nil {
		fmt.Fprintf(&b, "Backup made: %s; %s deleted.\n", k.Done.Backup.File, count(k.Done.Deleted, "older one", "older ones"))
	}
	if k.BackupDays == 0 {
		b.WriteString("Backups: none by themselves.")
	} else {
		fmt.Fprintf(&b, "Backups: every %s, in %s; the newest %d stay, and one of each of %s.",
			count(k.BackupDays, "day", "days"), k.BackupFolder, k.KeepLast, count(k.KeepWeeks, "week", "weeks"))
	}
	if k.LastBackup != "" {
		fmt.Fprintf(&b, " The last one is of %s.", k.LastBackup)
	}
	b.WriteString("\n")
	for _, s := range k.ShareSets {
		state := "never rehearsed"
		if s.Rehearsed != "" {
			state = "rehearsed " + s.Rehearsed
		}
		fmt.Fprintf(&b, "Shares: set %s, check value %s, %d of %d, made %s, %s.\n", s.Set, s.Check, s.Threshold, s.Of, s.Made, state)
	}
	for _, r := range k.Due {
		args := map[string]any{"Day": r.Day}
		fmt.Fprintf(&b, "Due: %s. %s\n", words("duty."+string(r.Code), args), words("duty."+string(r.Code)+".do", args))
	}
	return say(w, "%s", b.String())
}
