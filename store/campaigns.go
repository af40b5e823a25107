package store

import (
	"errors"
	"fmt"

	"sleutelbord/nfc/keytag"
)

const selectCampaign = `SELECT c.id, c.kind, c.state, coalesce(l.id, ''), c.old_locator, c.new_locator, c.old_signer, c.new_signer,
	c.start_change, c.signer_change, c.end_change, c.started_day, c.ended_day, c.tags, c.forced, c.row_version
	FROM campaigns c LEFT JOIN locks l ON l.id_fold = c.lock `

func scanCampaign(r row) (c Campaign, err error) {
	err = r.Scan(&c.ID, &c.Kind, &c.State, &c.Lock, &c.OldLocator, &c.NewLocator, &c.OldSigner, &c.NewSigner,
		&c.StartChange, &c.SignerChange, &c.EndChange, &c.Started, &c.Ended, &c.Tags, &c.Forced, &c.RowVersion)
	return c, err
}

// Campaign is the campaign with this id.
func (tx *Tx) Campaign(id int64) (Campaign, error) {
	c, err := one(tx, scanCampaign, selectCampaign+`WHERE c.id = $1`, id)
	if err == nil {
		c.Zones, err = tx.campaignZones(id)
	}
	if err != nil {
		return Campaign{}, fmt.Errorf("campaign %d: %w", id, err)
	}
	return c, nil
}

// Campaigns are all campaigns, oldest first, without their zones.
func (tx *Tx) Campaigns() ([]Campaign, error) {
	all, err := list(tx, scanCampaign, selectCampaign+`ORDER BY c.id`)
	if err != nil {
		return nil, fmt.Errorf("reading the campaigns: %w", err)
	}
	return all, nil
}

// RollingLocator is the campaign that rolls the locator over, without its zones,
// or [ErrNotFound].
func (tx *Tx) RollingLocator() (Campaign, error) { return tx.rolling("locator", `c.new_locator > 0`) }

// RollingSigner is the campaign that rolls the signer over, without its zones,
// or [ErrNotFound].
func (tx *Tx) RollingSigner() (Campaign, error) { return tx.rolling("signer", `c.new_signer > 0`) }

func (tx *Tx) rolling(what, which string) (Campaign, error) {
	c, err := one(tx, scanCampaign, selectCampaign+`WHERE c.state <> 'ended' AND `+which+` ORDER BY c.id`)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return Campaign{}, fmt.Errorf("roll-over of the %s: %w", what, err)
	}
	return c, err
}

// WidestLock is how many zone entries the largest bundle has: one for each zone
// of a lock, two for a zone that is being rolled over.
func (tx *Tx) WidestLock() (int, error) {
	n, err := one(tx, number, `SELECT coalesce(max(n), 0) FROM (SELECT count(*) + sum(EXISTS (
		SELECT 1 FROM campaign_zones z JOIN campaigns c ON c.id = z.campaign WHERE z.zone = o.zone AND c.state <> 'ended')) AS n
		FROM lock_zones o JOIN locks l ON l.id_fold = o.lock WHERE l.gone = 0 GROUP BY o.lock) AS widths`)
	if err != nil {
		return 0, fmt.Errorf("counting zones of locks: %w", err)
	}
	return int(n), nil
}

func (tx *Tx) campaignZones(id int64) ([]RolledZone, error) {
	return list(tx, func(r row) (z RolledZone, err error) {
		err = r.Scan(&z.Zone, &z.Old, &z.New)
		return z, err
	}, `SELECT zone, old_version, new_version FROM campaign_zones WHERE campaign = $1 ORDER BY zone`, id)
}

// InsertCampaign adds a campaign with its zones, and sets its ID and the day on
// which it began.
func (tx *Tx) InsertCampaign(c *Campaign) error {
	if err := tx.insertCampaign(c); err != nil {
		return fmt.Errorf("storing a campaign: %w", err)
	}
	return nil
}

func (tx *Tx) insertCampaign(c *Campaign) error {
	day, err := tx.day()
	if err != nil {
		return err
	}
	id, err := tx.nextID("campaigns")
	if err != nil {
		return err
	}
	if _, err := tx.exec(`INSERT INTO campaigns (id, kind, state, lock, old_locator, new_locator, old_signer, new_signer,
		start_change, signer_change, end_change, started_day, ended_day, tags, forced, row_version)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 1)`,
		id, c.Kind, c.State, orNoLock(c.Lock), c.OldLocator, c.NewLocator, c.OldSigner, c.NewSigner,
		c.StartChange, c.SignerChange, c.EndChange, day, c.Ended, c.Tags, flag(c.Forced)); err != nil {
		return err
	}
	for _, z := range c.Zones {
		if _, err := tx.exec(`INSERT INTO campaign_zones (campaign, zone, old_version, new_version) VALUES ($1, $2, $3, $4)`,
			id, z.Zone, z.Old, z.New); err != nil {
			return fmt.Errorf("zone %d: %w", z.Zone, err)
		}
	}
	old := *c
	tx.onUndo(func() { *c = old })
	c.ID, c.Started, c.RowVersion = id, day, 1
	return nil
}

// orNoLock stores the empty lock id as NULL.
func orNoLock(id string) any {
	if id == "" {
		return nil
	}
	return fold(id)
}

// PutCampaign stores where a campaign is: its state, changes, end and counts.
// What it rolls over stays. A campaign that has ended stays as it is: [ErrCounter].
func (tx *Tx) PutCampaign(c *Campaign) error {
	n, err := tx.exec(`UPDATE campaigns SET state = $1, signer_change = $2, end_change = $3, ended_day = $4, tags = $5, forced = $6,
		row_version = row_version + 1 WHERE id = $7 AND row_version = $8`,
		c.State, c.SignerChange, c.EndChange, c.Ended, c.Tags, flag(c.Forced), c.ID, c.RowVersion)
	if err == nil {
		err = tx.replaced(n, &c.RowVersion, `SELECT id FROM campaigns WHERE id = $1`, c.ID)
	}
	if err != nil {
		return fmt.Errorf("storing campaign %d: %w", c.ID, err)
	}
	return nil
}

// AnyCampaign tells whether a campaign goes on.
func (tx *Tx) AnyCampaign() (bool, error) {
	n, err := one(tx, number, `SELECT count(*) FROM campaigns WHERE state <> 'ended'`)
	if err != nil {
		return false, fmt.Errorf("reading the campaigns: %w", err)
	}
	return n > 0, nil
}

// Rolling is a zone that is being rolled over.
type Rolling struct {
	Zone        keytag.Zone
	Campaign    int64
	Old         byte  // version that is valid beside the zone's own
	StartChange int64 // a lock whose ConfirmedChange is not lower has both
}

const selectRolling = `SELECT z.zone, c.id, z.old_version, c.start_change FROM campaign_zones z JOIN campaigns c ON c.id = z.campaign
	WHERE c.state <> 'ended' `

func scanRolling(r row) (x Rolling, err error) {
	err = r.Scan(&x.Zone, &x.Campaign, &x.Old, &x.StartChange)
	return x, err
}

// RollingZone tells by which campaign a zone is being rolled over; one that is
// not is [ErrNotFound].
func (tx *Tx) RollingZone(zone keytag.Zone) (Rolling, error) {
	r, err := one(tx, scanRolling, selectRolling+`AND z.zone = $1 ORDER BY c.id`, zone)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return Rolling{}, fmt.Errorf("roll-over of zone %d: %w", zone, err)
	}
	return r, err
}

// behindCampaign is the tags that a campaign still waits for.
const behindCampaign = `WHERE g.state IN ('reserved', 'writing', 'issued') AND (
	EXISTS (SELECT 1 FROM tag_slots o JOIN campaign_zones z ON z.zone = o.zone
		WHERE z.campaign = $1 AND o.tag = g.id AND o.key_version < z.new_version)
	OR g.locator < (SELECT c.new_locator FROM campaigns c WHERE c.id = $1)) `

// TagsBehind are the live tags that carry the old generation of a campaign, by id.
func (tx *Tx) TagsBehind(campaign int64) ([]Tag, error) {
	all, err := tx.tags(behindCampaign, campaign)
	if err != nil {
		return nil, fmt.Errorf("tags of campaign %d: %w", campaign, err)
	}
	return all, nil
}

// CountTagsBehind counts the tags of [Tx.TagsBehind] and their homes.
func (tx *Tx) CountTagsBehind(campaign int64) (tags, homes int, err error) {
	_, err = one(tx, func(r row) (struct{}, error) { return struct{}{}, r.Scan(&tags, &homes) },
		`SELECT count(*), count(DISTINCT g.home) FROM tags g `+behindCampaign, campaign)
	if err != nil {
		return 0, 0, fmt.Errorf("tags of campaign %d: %w", campaign, err)
	}
	return tags, homes, nil
}

// ofCampaign are the locks that a campaign concerns: those of its zones, and
// all if it rolls the locator or the signer over.
const ofCampaign = `l.gone = 0 AND ((SELECT c.new_locator + c.new_signer FROM campaigns c WHERE c.id = $1) > 0
	OR EXISTS (SELECT 1 FROM lock_zones o JOIN campaign_zones z ON z.zone = o.zone WHERE z.campaign = $1 AND o.lock = l.id_fold)) `

// behindChange are the locks that have had a bundle, and have not confirmed one
// that knew a change. Where older records were put back, any lock may have had
// one, and one that has since confirmed a bundle of lost records, which is noted
// without a carrier, may have let go of what it knew. Parameters are numbered by
// their first use.
const behindChange = `AND (l.wanted > 0 OR (SELECT m.raises FROM meta m) > 0)
	AND (l.confirmed_change < $2 OR l.carrier = '' AND l.confirmed > 0 AND (SELECT m.raises FROM meta m) > 0) `

// CountLocks counts the locks that a campaign concerns, and those of them that
// hold a key of its zones.
func (tx *Tx) CountLocks(campaign int64) (locks, doors int, err error) {
	_, err = one(tx, func(r row) (struct{}, error) { return struct{}{}, r.Scan(&locks, &doors) },
		`SELECT count(*), coalesce(sum(EXISTS (SELECT 1 FROM lock_zones o JOIN campaign_zones z ON z.zone = o.zone
			WHERE z.campaign = $1 AND o.lock = l.id_fold)), 0) FROM locks l WHERE `+ofCampaign, campaign)
	if err != nil {
		return 0, 0, fmt.Errorf("locks of campaign %d: %w", campaign, err)
	}
	return locks, doors, nil
}

// LocksBehind are the locks of a campaign that have had a bundle and have not
// confirmed one that knew a change, by id.
func (tx *Tx) LocksBehind(campaign, change int64) ([]Lock, error) {
	all, err := tx.locks(`WHERE `+ofCampaign+behindChange, campaign, change)
	if err != nil {
		return nil, fmt.Errorf("locks of campaign %d: %w", campaign, err)
	}
	return all, nil
}

// CountLocksBehind counts the locks of [Tx.LocksBehind].
func (tx *Tx) CountLocksBehind(campaign, change int64) (int, error) {
	n, err := one(tx, number, `SELECT count(*) FROM locks l WHERE `+ofCampaign+behindChange, campaign, change)
	if err != nil {
		return 0, fmt.Errorf("locks of campaign %d: %w", campaign, err)
	}
	return int(n), nil
}

// ZoneWaits tells whether a lock of a zone has had a bundle and has not
// confirmed one that knew a change.
func (tx *Tx) ZoneWaits(zone keytag.Zone, change int64) (bool, error) {
	n, err := one(tx, number, `SELECT count(*) FROM lock_zones o JOIN locks l ON l.id_fold = o.lock
		WHERE o.zone = $1 AND l.gone = 0 `+behindChange, zone, change)
	if err != nil {
		return false, fmt.Errorf("locks of zone %d: %w", zone, err)
	}
	return n > 0, nil
}

// AddCampaignTag notes that a campaign's end ended a tag.
func (tx *Tx) AddCampaignTag(campaign, tag int64) error {
	if _, err := tx.exec(`INSERT INTO campaign_tags (campaign, tag) VALUES ($1, $2)`, campaign, tag); err != nil {
		return fmt.Errorf("noting the end of tag %d: %w", tag, err)
	}
	return nil
}

// CampaignTags are the tags that a campaign's end ended, by id.
func (tx *Tx) CampaignTags(campaign int64) ([]Tag, error) {
	all, err := tx.tags(`WHERE g.id IN (SELECT tag FROM campaign_tags WHERE campaign = $1) `, campaign)
	if err != nil {
		return nil, fmt.Errorf("tags that campaign %d ended: %w", campaign, err)
	}
	return all, nil
}
