package desk

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"sleutelbord/lock/bundle"
	"sleutelbord/nfc/keytag"
	"sleutelbord/store"
)

// CampaignSpec says what a campaign rolls over.
type CampaignSpec struct {
	Kind store.CampaignKind
	Zone string // [store.CampaignZone]: such as Z3
	Lock string // [store.CampaignLock]: the stolen lock's id
}

// Names of campaigns and zones for people: C3, Z12.
const (
	campaignLetter = "C"
	zoneLetter     = "Z"
)

func campaignName(id int64) string { return campaignLetter + strconv.FormatInt(id, 10) }

func zoneNumber(z keytag.Zone) string { return zoneLetter + strconv.FormatInt(int64(z), 10) }

// parseNumber reads a name such as C3.
func parseNumber(letter, s string) (int64, bool) {
	digits, ok := strings.CutPrefix(strings.ToUpper(strings.TrimSpace(s)), letter)
	id, err := strconv.ParseInt(digits, 10, 64)
	return id, ok && err == nil && id > 0
}

func findCampaign(tx *store.Tx, name string) (store.Campaign, error) {
	id, ok := parseNumber(campaignLetter, name)
	if !ok {
		return store.Campaign{}, fmt.Errorf("%w: %q is not a campaign like C3", errNoCampaign, name)
	}
	c, err := tx.Campaign(id)
	return c, notFound(err, errNoCampaign, name)
}

func findZone(tx *store.Tx, name string) (store.Zone, error) {
	id, ok := parseNumber(zoneLetter, name)
	if !ok || id > int64(keytag.MaxZone) {
		return store.Zone{}, fmt.Errorf("%w: %q is not a zone like Z3", errNoZone, name)
	}
	z, err := tx.Zone(keytag.Zone(id))
	return z, notFound(err, errNoZone, name)
}

// PlanCampaign tells what a campaign would cost, and changes nothing.
func (d *Desk) PlanCampaign(ctx context.Context, s CampaignSpec) (CampaignView, error) {
	v, err := d.beginCampaign(ctx, s, true)
	if err != nil {
		return CampaignView{}, fmt.Errorf("planning the campaign: %w", err)
	}
	return v, nil
}

// StartCampaign begins a campaign: from here on bundles carry both generations
// of its keys, and tags get the new one where their doors have confirmed it. A
// stolen lock gets no bundle from here on.
func (d *Desk) StartCampaign(ctx context.Context, s CampaignSpec) (CampaignView, error) {
	err := d.custodian()
	var v CampaignView
	if err == nil {
		v, err = d.beginCampaign(ctx, s, false)
	}
	if err != nil {
		return CampaignView{}, fmt.Errorf("starting the campaign: %w", err)
	}
	d.log.WithField("campaign", v.ID).WithField("tags", v.Cost.Tags).Info("campaign begun")
	return v, nil
}

func (d *Desk) beginCampaign(ctx context.Context, s CampaignSpec, preview bool) (v CampaignView, err error) {
	err = d.store.Update(ctx, func(tx *store.Tx) error {
		c, err := d.enter(tx, s)
		if err != nil {
			return err
		}
		if v, err = campaignView(tx, c, true); err != nil {
			return err
		}
		if preview {
			return errPreview
		}
		return d.journal(tx, actCampaign, campaignName(c.ID))
	})
	if preview && errors.Is(err, errPreview) {
		v.ID, v.State, v.Started = "", "planned", ""
		return v, nil
	}
	return v, err
}

// enter puts a campaign into the records.
func (d *Desk) enter(tx *store.Tx, s CampaignSpec) (store.Campaign, error) {
	if d.store.RolledBack() {
		return store.Campaign{}, errRolledBack
	}
	c := store.Campaign{Kind: s.Kind, State: store.CampaignRunning}
	site, err := tx.Site()
	if err != nil {
		return c, err
	}
	site.Changes++
	c.StartChange = site.Changes
	switch s.Kind {
	case store.CampaignZone:
		err = rollZone(tx, &c, s.Zone)
	case store.CampaignLocator:
		err = rollLocator(&c, &site)
	case store.CampaignLock:
		err = d.rollLock(tx, &c, &site, s.Lock)
	case store.CampaignSite:
		if err = rollSite(tx, &c, &site); err == nil {
			_, err = d.store.Custody().Signer(c.NewSigner) // a token may not have it
		}
	default:
		err = &inputError{"kind", fmt.Sprintf("%q: a campaign is for a zone, the locator, a lock or the site", s.Kind)}
	}
	if err != nil {
		return c, err
	}
	if err := tx.PutSite(&site); err != nil {
		return c, err
	}
	if err := tx.InsertCampaign(&c); err != nil {
		return c, err
	}
	if widest, err := tx.WidestLock(); err != nil || widest > bundle.MaxZones {
		return c, errors.Join(err, errTooManyZones)
	}
	if c.Tags, _, err = tx.CountTagsBehind(c.ID); err != nil {
		return c, err
	}
	return c, tx.PutCampaign(&c)
}

func rollZone(tx *store.Tx, c *store.Campaign, name string) error {
	z, err := findZone(tx, name)
	if err != nil {
		return err
	}
	return nextVersion(tx, c, z)
}

// nextVersion gives a zone the next version of its key.
func nextVersion(tx *store.Tx, c *store.Campaign, z store.Zone) error {
	if r, err := tx.RollingZone(z.ID); err == nil {
		return fmt.Errorf("%w: zone %s is in %s", errCampaignRuns, zoneNumber(z.ID), campaignName(r.Campaign))
	} else if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if z.KeyVersion == 0xFF {
		return fmt.Errorf("%w: zone %s", errKeysUsedUp, zoneNumber(z.ID))
	}
	c.Zones = append(c.Zones, store.RolledZone{Zone: z.ID, Old: z.KeyVersion, New: z.KeyVersion + 1})
	z.KeyVersion++
	return tx.PutZone(&z)
}

// rollLocator gives the site the next version of its locator key.
func rollLocator(c *store.Campaign, site *store.Site) error {
	newest := site.Locators[0]
	switch {
	case len(site.Locators) > 1:
		return fmt.Errorf("%w: the locator", errCampaignRuns)
	case newest == 0xFF:
		return fmt.Errorf("%w: the locator", errKeysUsedUp)
	}
	c.OldLocator, c.NewLocator = newest, newest+1
	site.Locators = []byte{newest + 1, newest}
	return nil
}

// rollLock rolls over what a stolen lock knew. Where the locator is being
// rolled over already, it is not done once more at the same time: whoever has
// the lock goes on recognising tags until the next campaign.
func (d *Desk) rollLock(tx *store.Tx, c *store.Campaign, site *store.Site, id string) error {
	l, err := tx.Lock(id)
	if err != nil {
		return notFound(err, errNoLock, id)
	}
	if l.Gone {
		return fmt.Errorf("%w: %s was stolen before", errNoLock, l.ID)
	}
	c.Lock = l.ID
	for _, id := range l.Zones {
		if known, err := tx.RollingZone(id); err == nil && l.WantedChange < known.StartChange {
			continue // it was never given the new key that is on its way
		} else if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		z, err := tx.Zone(id)
		if err != nil {
			return err
		}
		if err := nextVersion(tx, c, z); err != nil {
			return err
		}
	}
	if len(site.Locators) == 1 {
		if err := rollLocator(c, site); err != nil {
			return err
		}
	}
	if err := tx.LoseLock(l.ID); err != nil {
		return err
	}
	return d.journal(tx, actLockLost, l.ID)
}

func rollSite(tx *store.Tx, c *store.Campaign, site *store.Site) error {
	if err := rollLocator(c, site); err != nil {
		return err
	}
	if site.SignerVersion == 0xFFFF {
		return fmt.Errorf("%w: the signer", errKeysUsedUp)
	}
	c.OldSigner, c.NewSigner = site.SignerVersion, site.SignerVersion+1
	zones, err := tx.Zones()
	if err != nil {
		return err
	}
	for _, z := range zones {
		if err := nextVersion(tx, c, z); err != nil {
			return err
		}
	}
	return nil
}

// Campaigns gives all campaigns, oldest first, without their lists.
func (d *Desk) Campaigns(ctx context.Context) ([]CampaignView, error) {
	views := []CampaignView{}
	err := d.store.View(ctx, func(tx *store.Tx) error {
		all, err := tx.Campaigns()
		if err != nil {
			return err
		}
		for _, c := range all {
			v, err := campaignView(tx, c, false)
			if err != nil {
				return err
			}
			views = append(views, v)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading the campaigns: %w", err)
	}
	return views, nil
}

// Campaign gives one campaign, by its name C3, with what it still waits for;
// of one that has ended, that is its report.
func (d *Desk) Campaign(ctx context.Context, name string) (CampaignView, error) {
	var v CampaignView
	err := d.store.View(ctx, func(tx *store.Tx) error {
		c, err := findCampaign(tx, name)
		if err != nil {
			return err
		}
		v, err = campaignView(tx, c, true)
		return err
	})
	if err != nil {
		return CampaignView{}, fmt.Errorf("reading campaign %s: %w", name, err)
	}
	return v, nil
}

// PauseCampaign stops asking for tags to be written anew, for as long as it
// takes. Both generations stay valid, and nothing that was done is lost.
func (d *Desk) PauseCampaign(ctx context.Context, name string) (CampaignView, error) {
	return d.setCampaign(ctx, "pausing", name, func(tx *store.Tx, c *store.Campaign) error {
		c.State = store.CampaignPaused
		return d.journal(tx, actPaused, campaignName(c.ID))
	})
}

// ResumeCampaign goes on with a campaign that was paused.
func (d *Desk) ResumeCampaign(ctx context.Context, name string) (CampaignView, error) {
	return d.setCampaign(ctx, "resuming", name, func(tx *store.Tx, c *store.Campaign) error {
		c.State = store.CampaignRunning
		return d.journal(tx, actResumed, campaignName(c.ID))
	})
}

// EndCampaign drops the old generation: the next bundles end it at the locks. It
// is refused while tags or locks are on it, unless force is set; then those tags
// are ended as lost, and listed.
func (d *Desk) EndCampaign(ctx context.Context, name string, force bool) (CampaignView, error) {
	return d.setCampaign(ctx, "ending", name, func(tx *store.Tx, c *store.Campaign) error { return d.endCampaign(tx, c, force) })
}

func (d *Desk) setCampaign(ctx context.Context, what, name string, f func(tx *store.Tx, c *store.Campaign) error) (CampaignView, error) {
	if err := d.custodian(); err != nil {
		return CampaignView{}, fmt.Errorf("%s campaign %s: %w", what, name, err)
	}
	var v CampaignView
	err := d.store.Update(ctx, func(tx *store.Tx) error {
		c, err := findCampaign(tx, name)
		if err != nil {
			return err
		}
		if c.State == store.CampaignEnded {
			return errCampaignEnded
		}
		if err := f(tx, &c); err != nil {
			return err
		}
		if err := tx.PutCampaign(&c); err != nil {
			return err
		}
		v, err = campaignView(tx, c, true)
		return err
	})
	if err != nil {
		return CampaignView{}, fmt.Errorf("%s campaign %s: %w", what, name, err)
	}
	d.log.WithField("campaign", v.ID).WithField("state", v.State).Info("campaign changed")
	return v, nil
}

func (d *Desk) endCampaign(tx *store.Tx, c *store.Campaign, force bool) error {
	behind, err := tx.TagsBehind(c.ID)
	if err != nil {
		return err
	}
	locks, err := locksLeft(tx, *c)
	if err != nil {
		return err
	}
	c.Forced = len(behind) > 0 || locks > 0 || c.NewSigner > 0 && c.SignerChange == 0
	if c.Forced && !force {
		return fmt.Errorf("%w: %d tags and %d locks", errCampaignOpen, len(behind), locks)
	}
	today, err := d.today()
	if err != nil {
		return err
	}
	for _, t := range behind {
		if err := d.end(tx, &t, store.TagLost, today); err != nil {
			return err
		}
		if err := tx.AddCampaignTag(c.ID, t.ID); err != nil {
			return err
		}
	}
	site, err := tx.Site()
	if err != nil {
		return err
	}
	if c.NewLocator != 0 {
		site.Locators = []byte{c.NewLocator}
	}
	site.Changes++
	if err := tx.PutSite(&site); err != nil {
		return err
	}
	c.State, c.EndChange, c.Ended = store.CampaignEnded, site.Changes, today
	return d.journal(tx, actCampaignEnd, campaignName(c.ID))
}

// locksLeft counts the locks that have not confirmed the new keys; of a new
// signer, both the bundle that names it and one that it has signed.
func locksLeft(tx *store.Tx, c store.Campaign) (int, error) {
	return tx.CountLocksBehind(c.ID, max(c.StartChange, c.SignerChange))
}
