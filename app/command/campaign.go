package command

import (
	"errors"
	"io"
	"strconv"

	"sleutelbord/app/desk"
	"sleutelbord/store"
)

type campaignCmd struct {
	Plan   campaignPlanCmd   `cmd:"" help:"Show what replacing keys would cost, and change nothing."`
	Start  campaignStartCmd  `cmd:"" help:"Begin to replace keys."`
	List   campaignListCmd   `cmd:"" help:"List all campaigns."`
	Show   campaignShowCmd   `cmd:"" help:"Show what a campaign still waits for, or its report."`
	Pause  campaignPauseCmd  `cmd:"" help:"Pause a campaign."`
	Resume campaignResumeCmd `cmd:"" help:"Go on with a campaign that was paused."`
	End    campaignEndCmd    `cmd:"" help:"End a campaign: the old keys are dropped."`
}

// campaignFlags say what is rolled over.
type campaignFlags struct {
	Zone       string `xor:"what" help:"The key of one zone, such as Z3 (see lock list)." placeholder:"ZONE"`
	Locator    bool   `xor:"what" help:"The key that reads tags of this site."`
	StolenLock string `xor:"what" help:"All that a stolen lock knows; it gets no keys any more." placeholder:"LOCK"`
	WholeSite  bool   `xor:"what" help:"All zones, the key that reads tags, and the key that signs."`
}

var errNoCampaignKind = errors.New("one of --zone, --locator, --stolen-lock and --whole-site is needed")

func (f campaignFlags) spec() (desk.CampaignSpec, error) {
	switch {
	case f.Zone != "":
		return desk.CampaignSpec{Kind: store.CampaignZone, Zone: f.Zone}, nil
	case f.Locator:
		return desk.CampaignSpec{Kind: store.CampaignLocator}, nil
	case f.StolenLock != "":
		return desk.CampaignSpec{Kind: store.CampaignLock, Lock: f.StolenLock}, nil
	case f.WholeSite:
		return desk.CampaignSpec{Kind: store.CampaignSite}, nil
	}
	return desk.CampaignSpec{}, usageError{errNoCampaignKind}
}

// campaign opens the desk for f, and shows the campaign that comes of it.
func (a *app) campaign(f func(d *desk.Desk) (desk.CampaignView, error)) error {
	return a.withDesk(func(d *desk.Desk) error {
		got, err := f(d)
		if err != nil {
			return err
		}
		return a.show(got, func(w io.Writer) error { return writeCampaign(w, got) })
	})
}

type campaignPlanCmd struct{ campaignFlags }

func (c *campaignPlanCmd) Run(a *app) error {
	spec, err := c.spec()
	if err != nil {
		return err
	}
	return a.campaign(func(d *desk.Desk) (desk.CampaignView, error) { return d.PlanCampaign(a.ctx, spec) })
}

type campaignStartCmd struct{ campaignFlags }

func (c *campaignStartCmd) Run(a *app) error {
	spec, err := c.spec()
	if err != nil {
		return err
	}
	return a.campaign(func(d *desk.Desk) (desk.CampaignView, error) { return d.StartCampaign(a.ctx, spec) })
}

type campaignListCmd struct{}

func (c *campaignListCmd) Run(a *app) error {
	return a.withDesk(func(d *desk.Desk) error {
		all, err := d.Campaigns(a.ctx)
		if err != nil {
			return err
		}
		doc := map[string][]desk.CampaignView{"campaigns": orEmpty(all)}
		return a.show(doc, func(w io.Writer) error { return writeCampaigns(w, all) })
	})
}

// campaignArg names a campaign.
type campaignArg struct {
	Campaign string `arg:"" help:"The campaign, such as C3."`
}

type campaignShowCmd struct{ campaignArg }

func (c *campaignShowCmd) Run(a *app) error {
	return a.campaign(func(d *desk.Desk) (desk.CampaignView, error) { return d.Campaign(a.ctx, c.Campaign) })
}

type campaignPauseCmd struct{ campaignArg }

func (c *campaignPauseCmd) Run(a *app) error {
	return a.campaign(func(d *desk.Desk) (desk.CampaignView, error) { return d.PauseCampaign(a.ctx, c.Campaign) })
}

type campaignResumeCmd struct{ campaignArg }

func (c *campaignResumeCmd) Run(a *app) error {
	return a.campaign(func(d *desk.Desk) (desk.CampaignView, error) { return d.ResumeCampaign(a.ctx, c.Campaign) })
}

type campaignEndCmd struct {
	campaignArg
	Force bool `help:"End it although tags or locks are on the old keys: those tags are ended."`
}

func (c *campaignEndCmd) Run(a *app) error {
	return a.campaign(func(d *desk.Desk) (desk.CampaignView, error) { return d.EndCampaign(a.ctx, c.Campaign, c.Force) })
}

// campaignKinds says what a campaign rolls over.
var campaignKinds = map[store.CampaignKind]string{
	store.CampaignZone:    "the key of a zone",
	store.CampaignLocator: "the key that reads tags",
	store.CampaignLock:    "the keys of a stolen lock",
	store.CampaignSite:    "all keys of the site",
}

func writeCampaigns(w io.Writer, all []desk.CampaignView) error {
	rows := make([][]string, 0, len(all))
	for _, c := range all {
		rows = append(rows, []string{
			c.ID, campaignKinds[c.Kind], c.State, c.Started, orDash(c.Ended), strconv.Itoa(c.Left.Tags), strconv.Itoa(c.Left.Locks),
		})
	}
	return table(w, "No keys were replaced yet.", []string{"CAMPAIGN", "REPLACES", "STATE", "SINCE", "ENDED", "TAGS LEFT", "LOCKS LEFT"}, rows)
}

// writeCampaign writes the whole of a campaign: its cost, what is left, and
// after its end the report.
func writeCampaign(w io.Writer, c desk.CampaignView) error {
	if err := writeCampaignHead(w, c); err != nil {
		return err
	}
	if err := writeRolled(w, c); err != nil {
		return err
	}
	for _, l := range []struct {
		what string
		tags []desk.CampaignTagView
	}{{"Tags on the old keys, to be laid (tag renew)", c.Tags}, {"Tags that were ended, still on the old keys", c.Lost}} {
		rows := make([][]string, 0, len(l.tags))
		for _, t := range l.tags {
			rows = append(rows, []string{"  " + t.ID, t.Home})
		}
		if err := writePart(w, l.what, []string{"  TAG", "HOME"}, rows); err != nil {
			return err
		}
	}
	for _, l := range []struct {
		what  string
		locks []string
	}{{"Locks that have not confirmed the new keys", c.Locks}, {"Locks where the old keys open until their next bundle", c.OldOpens}} {
		rows := make([][]string, 0, len(l.locks))
		for _, id := range l.locks {
			rows = append(rows, []string{"  " + id})
		}
		if err := writePart(w, l.what, []string{"  LOCK"}, rows); err != nil {
			return err
		}
	}
	return nil
}

func writeCampaignHead(w io.Writer, c desk.CampaignView) error {
	name := c.ID
	if name == "" {
		name = "This campaign"
	}
	if err := say(w, "%s replaces %s", name, campaignKinds[c.Kind]); err != nil {
		return err
	}
	if c.Lock != "" {
		if err := say(w, ", %s", c.Lock); err != nil {
			return err
		}
	}
	if err := say(w, ": %s%s.\n", c.State, campaignDays(c)); err != nil {
		return err
	}
	cost := c.Cost
	if err := say(w, "Cost: %s to lay; %s to bring bundles to (%s); %s with new keys.\n", count(cost.Tags, "tag", "tags"),
		count(cost.Locks, "lock", "locks"), count(cost.Visits, "visit", "visits"), count(cost.Doors, "door", "doors")); err != nil {
		return err
	}
	if c.State == "ended" {
		return say(w, "The old keys still open at %s, until the next bundle there.\n", count(c.Left.Locks, "lock", "locks"))
	}
	return say(w, "Left: %s of %s, %s.\n", count(c.Left.Tags, "tag", "tags"), count(cost.Homes, "home", "homes"), count(c.Left.Locks, "lock", "locks"))
}

func campaignDays(c desk.CampaignView) string {
	s := ""
	if c.Started != "" {
		s = ", since " + c.Started
	}
	if c.Ended != "" {
		s += ", until " + c.Ended
	}
	if c.Forced {
		s += ", by force"
	}
	return s
}

func writeRolled(w io.Writer, c desk.CampaignView) error {
	if c.Locator != nil {
		if err := say(w, "Key that reads tags: version %d becomes %d.\n", c.Locator.Old, c.Locator.New); err != nil {
			return err
		}
	}
	if s := c.Signer; s != nil {
		now := s.Old
		if s.Signs {
			now = s.New
		}
		if err := say(w, "Key that signs: version %d becomes %d; %d signs.\n", s.Old, s.New, now); err != nil {
			return err
		}
	}
	rows := make([][]string, 0, len(c.Zones))
	for _, z := range c.Zones {
		rows = append(rows, []string{
			"  " + z.ID, z.Name, orDash(z.Home), string(z.Kind), strconv.Itoa(z.Locks), strconv.Itoa(int(z.Old)), strconv.Itoa(int(z.New)),
		})
	}
	return writePart(w, "Zones", []string{"  ZONE", "NAME", "HOME", "KIND", "LOCKS", "OLD", "NEW"}, rows)
}

// writePart writes a table below a line, and nothing if it is empty.
func writePart(w io.Writer, what string, head []string, rows [][]string) error {
	if len(rows) == 0 {
		return nil
	}
	if err := say(w, "%s:\n", what); err != nil {
		return err
	}
	return table(w, "", head, rows)
}
