package desk

import (
	"errors"

	"sleutelbord/store"
)

// CampaignView is a campaign as people see it: its cost, how far it is, and
// when it has ended, its report.
type CampaignView struct {
	ID    string             `json:"campaign"` // C3; "" for one that is only planned
	Kind  store.CampaignKind `json:"kind"`
	State string             `json:"state"` // "planned", "running", "paused", "ended"
	// Lock is the stolen lock.
	Lock    string `json:"lock,omitempty"`
	Started string `json:"started,omitempty"`
	Ended   string `json:"ended,omitempty"`
	// Forced is true where it was ended before everything was on the new keys.
	Forced bool `json:"forced,omitempty"`
	// Locator and Signer are set where the campaign rolls them over.
	Locator *Versions         `json:"locator,omitempty"`
	Signer  *SignerView       `json:"signer,omitempty"`
	Cost    CampaignCost      `json:"cost"`
	Left    CampaignLeft      `json:"left"`
	Zones   []RolledZoneView  `json:"rolled_zones,omitempty"`
	Tags    []CampaignTagView `json:"tags_left,omitempty"`
	Locks   []string          `json:"locks_left,omitempty"`
	// Lost are the tags that the end of the campaign ended.
	Lost []CampaignTagView `json:"tags_ended,omitempty"`
	// OldOpens are, after the end, the locks that have not confirmed that they
	// dropped the old keys: what is on them still opens there.
	OldOpens []string `json:"old_opens,omitempty"`
}

// Versions are the versions of a key before and after.
type Versions struct {
	Old uint16 `json:"old"`
	New uint16 `json:"new"`
}

// SignerView is the roll-over of the signer.
type SignerView struct {
	Versions
	// Signs is true when every lock had confirmed the new signer, and it signs.
	Signs bool `json:"signs"`
}

// CampaignCost is the work of a campaign, as it was at its start for tags, and as
// it is now for the rest.
type CampaignCost struct {
	Tags   int `json:"tags"`   // to lay
	Homes  int `json:"homes"`  // whose tags are still to lay
	Locks  int `json:"locks"`  // to bring bundles to
	Visits int `json:"visits"` // to locks: bring the new keys, take the old ones away; a new signer once more
	Doors  int `json:"doors"`  // whose keys change; the other locks only get a new locator or signer
}

// CampaignLeft counts what is still on the old generation.
type CampaignLeft struct {
	Tags  int `json:"tags"`
	Locks int `json:"locks"` // have not confirmed the new keys; after the end: that the old ones are gone
}

// RolledZoneView is a zone of a campaign.
type RolledZoneView struct {
	ID    string         `json:"zone"` // Z3
	Name  string         `json:"name"`
	Home  string         `json:"home,omitempty"`
	Kind  store.ZoneKind `json:"kind"`
	Locks int            `json:"locks"`
	Versions
}

// CampaignTagView is a tag of a campaign.
type CampaignTagView struct {
	ID   string `json:"tag"`
	Home string `json:"home"`
}

// campaignView puts a campaign into words; lists are only read where they are
// asked for.
func campaignView(tx *store.Tx, c store.Campaign, lists bool) (CampaignView, error) {
	v := CampaignView{
		ID: campaignName(c.ID), Kind: c.Kind, State: string(c.State), Lock: c.Lock, Started: day(c.Started), Ended: day(c.Ended),
		Forced: c.Forced,
	}
	if c.NewLocator != 0 {
		v.Locator = &Versions{uint16(c.OldLocator), uint16(c.NewLocator)}
	}
	if c.NewSigner != 0 {
		v.Signer = &SignerView{Versions{c.OldSigner, c.NewSigner}, c.SignerChange > 0}
	}
	err := countCampaign(tx, c, &v)
	if err == nil && lists {
		err = listCampaign(tx, c, &v)
	}
	return v, err
}

func countCampaign(tx *store.Tx, c store.Campaign, v *CampaignView) (err error) {
	v.Cost.Tags = c.Tags
	if v.Cost.Locks, v.Cost.Doors, err = tx.CountLocks(c.ID); err != nil {
		return err
	}
	v.Cost.Visits = 2 * v.Cost.Locks
	if c.NewSigner > 0 {
		v.Cost.Visits += v.Cost.Locks
	}
	if c.State == store.CampaignEnded {
		v.Left.Locks, err = tx.CountLocksBehind(c.ID, c.EndChange)
		return err
	}
	if v.Left.Tags, v.Cost.Homes, err = tx.CountTagsBehind(c.ID); err != nil {
		return err
	}
	v.Left.Locks, err = locksLeft(tx, c)
	return err
}

func listCampaign(tx *store.Tx, c store.Campaign, v *CampaignView) error {
	for _, rolled := range c.Zones {
		z, err := rolledZone(tx, rolled)
		if err != nil {
			return err
		}
		v.Zones = append(v.Zones, z)
	}
	lost, err := tx.CampaignTags(c.ID)
	if err != nil {
		return err
	}
	if v.Lost, err = campaignTags(tx, lost); err != nil {
		return err
	}
	if c.State == store.CampaignEnded {
		v.OldOpens, err = lockNames(tx.LocksBehind(c.ID, c.EndChange))
		return err
	}
	behind, err := tx.TagsBehind(c.ID)
	if err != nil {
		return err
	}
	if v.Tags, err = campaignTags(tx, behind); err != nil {
		return err
	}
	v.Locks, err = lockNames(tx.LocksBehind(c.ID, max(c.StartChange, c.SignerChange)))
	return err
}

func rolledZone(tx *store.Tx, rolled store.RolledZone) (RolledZoneView, error) {
	z, err := tx.Zone(rolled.Zone)
	if err != nil {
		return RolledZoneView{}, err
	}
	v := RolledZoneView{ID: zoneNumber(z.ID), Name: z.Name, Kind: z.Kind, Versions: Versions{uint16(rolled.Old), uint16(rolled.New)}}
	locks, err := tx.LocksOfZone(z.ID)
	if err != nil {
		return v, err
	}
	v.Locks = len(locks)
	if z.Home == 0 {
		return v, nil
	}
	v.Home, err = refOf(tx, z.Home)
	return v, err
}

func campaignTags(tx *store.Tx, tags []store.Tag) ([]CampaignTagView, error) {
	var views []CampaignTagView
	names := newNamer(tx)
	for _, t := range tags {
		ref, err := names.home(t.Home)
		if err != nil {
			return nil, err
		}
		views = append(views, CampaignTagView{tagName(t.ID), ref})
	}
	return views, nil
}

func lockNames(locks []store.Lock, err error) ([]string, error) {
	var names []string
	for _, l := range locks {
		names = append(names, l.ID)
	}
	return names, err
}

// paused tells whether all that a tag waits for is in campaigns that are paused:
// then nobody asks for it.
func paused(tx *store.Tx, t store.Tag) (bool, error) {
	asked := false
	for _, s := range t.Slots {
		r, err := tx.RollingZone(s.Zone)
		if errors.Is(err, store.ErrNotFound) || err == nil && s.Version > r.Old {
			continue
		}
		if err != nil {
			return false, err
		}
		c, err := tx.Campaign(r.Campaign)
		if err != nil {
			return false, err
		}
		asked = asked || c.State == store.CampaignRunning
	}
	c, err := tx.RollingLocator()
	if errors.Is(err, store.ErrNotFound) {
		return !asked, nil
	}
	return !asked && (c.State != store.CampaignRunning || t.Locator >= c.NewLocator), err
}
