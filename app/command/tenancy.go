package command

import (
	"io"
	"strconv"

	"sleutelbord/app/desk"
	"sleutelbord/store"
)

type tenancyCmd struct {
	List        tenancyListCmd        `cmd:"" help:"List the tenancies of a home that are still known."`
	Export      tenancyExportCmd      `cmd:"" help:"Write everything that is kept about a tenancy, as PDF for the person or JSON for machines."`
	Correct     tenancyCorrectCmd     `cmd:"" help:"Put the reference of a tenancy right."`
	Object      tenancyObjectCmd      `cmd:"" help:"Note that the tenant objects, or what came of it; never why."`
	Erase       tenancyEraseCmd       `cmd:"" help:"Erase an ended tenancy at once."`
	Certificate tenancyCertificateCmd `cmd:"" help:"Write the certificate that something was erased."`
	Due         tenancyDueCmd         `cmd:"" help:"Show which tenancies will be erased next."`
	EraseDue    tenancyEraseDueCmd    `cmd:"" help:"Erase the tenancies whose period is over; opening the records does so too."`
}

type tenancyListCmd struct {
	Home string `arg:"" help:"The home, as BUILDING/HOME."`
}

func (c *tenancyListCmd) Run(a *app) error {
	return a.withDesk(func(d *desk.Desk) error {
		all, err := d.Tenancies(a.ctx, c.Home)
		if err != nil {
			return err
		}
		return a.show(map[string][]desk.TenancyView{"tenancies": all}, func(w io.Writer) error {
			rows := make([][]string, 0, len(all))
			for _, t := range all {
				rows = append(rows, []string{t.ID, orDash(t.Reference), t.Start, orDash(t.End), choiceWords(t.Choice)})
			}
			return table(w, "No tenancy of this home is known.", []string{"TENANCY", "REFERENCE", "START", "END", "CHOICE"}, rows)
		})
	})
}

// tenancyArg names a tenancy.
type tenancyArg struct {
	Tenancy string `arg:"" help:"The tenancy, such as R12, or BUILDING/HOME for the one that is running there."`
}

type tenancyCorrectCmd struct {
	tenancyArg
	Reference string `required:"" help:"The reference as it ought to be." placeholder:"TEXT"`
}

func (c *tenancyCorrectCmd) Run(a *app) error {
	return a.withDesk(func(d *desk.Desk) error {
		got, err := d.Correct(a.ctx, c.Tenancy, c.Reference)
		if err != nil {
			return err
		}
		return a.show(got, func(w io.Writer) error { return say(w, "Tenancy %s is corrected.\n", got.ID) })
	})
}

type tenancyObjectCmd struct {
	tenancyArg
	Outcome string `enum:"open,upheld,declined,withdrawn" default:"open" help:"open notes a new objection; upheld, declined or withdrawn says what came of it."`
}

func (c *tenancyObjectCmd) Run(a *app) error {
	return a.withDesk(func(d *desk.Desk) error {
		if err := d.Object(a.ctx, c.Tenancy, store.Outcome(c.Outcome)); err != nil {
			return err
		}
		return a.show(map[string]string{"outcome": c.Outcome}, func(w io.Writer) error { return say(w, "Noted: %s.\n", c.Outcome) })
	})
}

type tenancyEraseCmd struct {
	tenancyArg
}

func (c *tenancyEraseCmd) Run(a *app) error {
	return a.withDesk(func(d *desk.Desk) error {
		got, err := d.Erase(a.ctx, c.Tenancy)
		if err != nil {
			return err
		}
		return a.show(got, func(w io.Writer) error { return writeErased(w, got) })
	})
}

func writeErased(w io.Writer, got desk.Erased) error {
	if got.Certificate == 0 {
		return say(w, "Nothing is due to be erased.\n")
	}
	return say(w, "Erased: %s and %s. Certificate %d.\n",
		count(got.Tenancies, "tenancy", "tenancies"), count(got.Tags, "tag", "tags"), got.Certificate)
}

type tenancyDueCmd struct {
	Days int `default:"30" help:"Look so many days ahead; 0 is what is due now."`
}

func (c *tenancyDueCmd) Run(a *app) error {
	return a.withDesk(func(d *desk.Desk) error {
		all, err := d.NextDue(a.ctx, c.Days)
		if err != nil {
			return err
		}
		return a.show(map[string][]desk.Due{"due": all}, func(w io.Writer) error {
			rows := make([][]string, 0, len(all))
			for _, t := range all {
				rows = append(rows, []string{t.Tenancy, t.Home, t.Ended, t.Erased, strconv.Itoa(t.Tags)})
			}
			return table(w, "Nothing will be erased in that time.", []string{"TENANCY", "HOME", "ENDED", "ERASED ON", "TAGS"}, rows)
		})
	})
}

type tenancyEraseDueCmd struct{}

func (c *tenancyEraseDueCmd) Run(a *app) error {
	return a.withDesk(func(d *desk.Desk) error {
		got, err := d.EraseDue(a.ctx)
		if err != nil {
			return err
		}
		return a.show(got, func(w io.Writer) error { return writeErased(w, got) })
	})
}
