package command

import (
	"io"
	"time"

	"sleutelbord/app/desk"
	"sleutelbord/app/evidence"
	"sleutelbord/nfc"
	"sleutelbord/nfc/keytag"
)

type tagCmd struct {
	Issue   tagIssueCmd   `cmd:"" help:"Hand out a tag: write the blank tag on the reader for a home."`
	Replace tagReplaceCmd `cmd:"" help:"Replace a lost tag by the blank tag on the reader."`
	Renew   tagRenewCmd   `cmd:"" help:"Write a tag that was handed out anew: with the newest keys and all doors of its home."`
	Revoke  tagRevokeCmd  `cmd:"" help:"Revoke a tag: the one on the reader is wiped; a lost one needs --lost."`
	Wipe    tagWipeCmd    `cmd:"" help:"Make the tag on the reader blank again."`
	Inspect tagInspectCmd `cmd:"" help:"Say what lies on the reader."`
	Check   tagCheckCmd   `cmd:"" help:"Check, without records or keys, that no lock can write on the tag."`
	List    tagListCmd    `cmd:"" help:"List all tags."`
	Pending tagPendingCmd `cmd:"" help:"List the tags whose writing was cut."`
}

// waitFlag lets a command wait for the tag to be laid.
type waitFlag struct {
	Wait time.Duration `help:"Wait this long for a tag to be laid, such as 30s; without it, one must lie there." placeholder:"DURATION"`
}

// writeFlags are what handing out and replacing have in common.
type writeFlags struct {
	waitFlag
	Label    string    `help:"A label for the tag, such as its colour." placeholder:"TEXT"`
	NotAfter time.Time `format:"2006-01-02" help:"The last day on which the tag opens." placeholder:"YYYY-MM-DD"`
}

func (f writeFlags) options() desk.IssueOptions {
	return desk.IssueOptions{Label: f.Label, NotAfter: f.NotAfter}
}

type tagIssueCmd struct {
	Home string `arg:"" help:"The home, as BUILDING/HOME."`
	writeFlags
	secondFlags
}

func (c *tagIssueCmd) Run(a *app) error {
	return a.atDesk(c.Wait, func(d *desk.Desk, r nfc.Reader) error {
		if err := a.allow(d, c.secondFlags, c.Home); err != nil {
			return err
		}
		got, err := d.Issue(a.ctx, r, c.Home, c.options(), a.progress())
		if err != nil {
			return err
		}
		return a.show(got, func(w io.Writer) error { return writeIssued(w, got) })
	})
}

// allow has the second custodian, if one is named, agree to tags for homes in
// buildings without an assessment.
func (a *app) allow(d *desk.Desk, f secondFlags, homes ...string) error {
	if f.Second == "" {
		return nil
	}
	second, err := a.approval(f)
	if err != nil {
		return err
	}
	defer clear(second.Passphrase)
	return d.AllowUnassessed(a.ctx, second, homes...)
}

type tagReplaceCmd struct {
	Tag string `arg:"" help:"The lost tag, such as T17."`
	writeFlags
}

func (c *tagReplaceCmd) Run(a *app) error {
	return a.atDesk(c.Wait, func(d *desk.Desk, r nfc.Reader) error {
		got, err := d.Replace(a.ctx, r, c.Tag, c.options(), a.progress())
		if err != nil {
			return err
		}
		return a.show(got, func(w io.Writer) error { return writeIssued(w, got) })
	})
}

type tagRenewCmd struct {
	Tag         string `arg:"" optional:"" help:"The tag, such as T17; without it, whichever lies on the reader."`
	Unconfirmed bool   `help:"Write the newest keys although no receipt says that all doors have them."`
	waitFlag
}

func (c *tagRenewCmd) Run(a *app) error {
	return a.atDesk(c.Wait, func(d *desk.Desk, r nfc.Reader) error {
		got, err := d.Renew(a.ctx, r, c.Tag, desk.RenewOptions{Unconfirmed: c.Unconfirmed}, a.progress())
		if err != nil {
			return err
		}
		return a.show(got, func(w io.Writer) error { return writeIssued(w, got) })
	})
}

type tagRevokeCmd struct {
	Tag  string `arg:"" help:"The tag, such as T17."`
	Lost bool   `help:"The tag is not there: revoke it without the reader."`
	waitFlag
}

func (c *tagRevokeCmd) Run(a *app) error {
	if c.Lost {
		return a.withDesk(func(d *desk.Desk) error {
			got, err := d.RevokeLost(a.ctx, c.Tag)
			if err != nil {
				return err
			}
			return a.show(got, func(w io.Writer) error { return writeRevoked(w, got) })
		})
	}
	return a.atDesk(c.Wait, func(d *desk.Desk, r nfc.Reader) error {
		got, err := d.RevokeReturned(a.ctx, r, c.Tag, a.progress())
		if err != nil {
			return err
		}
		return a.show(got, func(w io.Writer) error { return writeRevoked(w, got) })
	})
}

type tagWipeCmd struct{ waitFlag }

func (c *tagWipeCmd) Run(a *app) error {
	return a.atDesk(c.Wait, func(d *desk.Desk, r nfc.Reader) error {
		got, err := d.Wipe(a.ctx, r, a.progress())
		if err != nil {
			return err
		}
		return a.show(got, func(w io.Writer) error {
			if got.Tag != nil {
				return say(w, "This was tag %s of %s. It is blank now.\n", got.Tag.ID, got.Tag.Home)
			}
			return say(w, "The tag is blank now.\n")
		})
	})
}

type tagInspectCmd struct{ waitFlag }

func (c *tagInspectCmd) Run(a *app) error {
	return a.atDesk(c.Wait, func(d *desk.Desk, r nfc.Reader) error {
		got, err := d.Inspect(a.ctx, r)
		if err != nil {
			return err
		}
		return a.show(got, func(w io.Writer) error { return writeInspection(w, got) })
	})
}

type tagCheckCmd struct {
	waitFlag
	Lang   string `enum:"nl,en,de" default:"nl" help:"Language of the paper: nl, en or de."`
	Output string `name:"output" short:"o" help:"Write the result as a paper instead of showing it; the file's ending says how: .pdf or .json." placeholder:"FILE"`
}

// checked is what tag check prints.
type checked struct {
	Passed bool `json:"passed"`
	keytag.CheckReport
}

func (c *tagCheckCmd) Run(a *app) error {
	return a.withReader(c.Wait, func(r nfc.Reader) error {
		rep, err := desk.Check(a.ctx, r)
		if err != nil {
			return err
		}
		got := checked{Passed: rep.Passed(), CheckReport: rep}
		if !got.Passed {
			a.exit = exitTag
		}
		if c.Output != "" {
			return a.writeCheck(c.Output, c.Lang, rep)
		}
		return a.show(got, func(w io.Writer) error { return writeChecked(w, got) })
	})
}

// writeCheck writes the result of a check as a paper of today.
func (a *app) writeCheck(name, lang string, rep keytag.CheckReport) error {
	now := time.Now
	if a.env.clock != nil {
		now = a.env.clock
	}
	check := evidence.Check{Day: now().Format(time.DateOnly), Passed: rep.Passed(), Report: rep}
	return a.writeForm(name, paperForms{".pdf": func() ([]byte, error) { return check.PDF(lang) }, ".json": check.JSON})
}

type tagListCmd struct{}

func (c *tagListCmd) Run(a *app) error {
	return a.withDesk(func(d *desk.Desk) error {
		tags, err := d.Tags(a.ctx)
		if err != nil {
			return err
		}
		doc := map[string][]desk.TagView{"tags": orEmpty(tags)}
		return a.show(doc, func(w io.Writer) error { return writeTags(w, tags) })
	})
}

type tagPendingCmd struct{}

func (c *tagPendingCmd) Run(a *app) error {
	return a.withDesk(func(d *desk.Desk) error {
		tags, err := d.Pending(a.ctx)
		if err != nil {
			return err
		}
		doc := map[string][]desk.TagView{"tags": orEmpty(tags)}
		return a.show(doc, func(w io.Writer) error {
			if len(tags) == 0 {
				return say(w, "No tag waits to be laid again.\n")
			}
			return writeTags(w, tags)
		})
	})
}

// atDesk opens the desk and the reader for f.
func (a *app) atDesk(wait time.Duration, f func(d *desk.Desk, r nfc.Reader) error) error {
	return a.withDesk(func(d *desk.Desk) error {
		return a.withReader(wait, func(r nfc.Reader) error { return f(d, r) })
	})
}

// progress shows the steps of an act to a person at a terminal.
func (a *app) progress() desk.ProgressFunc {
	if a.JSON || !a.env.ShowSteps() {
		return nil
	}
	return func(p desk.Progress) {
		// Progress that cannot be shown must not end a write on a tag.
		_ = say(a.env.Stderr, "%d/%d %s\n", p.Index+1, p.Total, words("step."+string(p.Step), nil))
	}
}

// orEmpty makes an empty list of none, so that JSON has [] and not null.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
