package desk

import (
	"context"
	"errors"
	"fmt"

	"sleutelbord/store"
)

// RaiseBy is by how much counters are raised after an older copy of the records
// was put back: tags that were handed out since that copy was made have lower
// ones, unless as many were handed out on one seat. If the same was done since,
// and the copy does not know of it, they are raised as often once more.
const RaiseBy = 64

// Raised is the result of raising counters.
type Raised struct {
	By    int64 `json:"by"`
	Zones int64 `json:"zones"` // whose next epoch was raised
	Seats int64 `json:"seats"` // used ones whose next generation was raised; unused ones begin higher as well
	// Signer is the version of the key that signs bundles.
	Signer uint16 `json:"signer"`
}

// RaiseOptions say how counters are raised.
type RaiseOptions struct {
	// Force raises them although the records look as new as they ought to be: a
	// backup was put back together with its counter.
	Force bool
	// Signer is the version of the key that signs bundles, where the copy is
	// older than its roll-over; 0 leaves it.
	Signer uint16
	// Again is how often this was done on another computer since the copy was
	// made: the change counter here does not know of that.
	Again uint16
}

// maxSigners is how many signers a copy can be behind.
const maxSigners = 16

// RaiseCounters deals with records that are older than they ought to be: every
// zone's next epoch and every seat's next generation rises by [RaiseBy] or more, so that
// nothing is handed out a second time. No tag ends by it. Afterwards tags can be
// handed out again.
func (d *Desk) RaiseCounters(ctx context.Context, o RaiseOptions) (Raised, error) {
	var done Raised
	if err := d.custodian(); err != nil {
		return Raised{}, fmt.Errorf("raising the counters: %w", err)
	}
	err := d.store.Update(ctx, func(tx *store.Tx) (err error) {
		if !d.store.RolledBack() && !o.Force {
			return errNotRolledBack
		}
		done, err = d.raise(tx, o)
		return err
	})
	if err != nil {
		return Raised{}, fmt.Errorf("raising the counters: %w", err)
	}
	d.log.WithField("zones", done.Zones).WithField("seats", done.Seats).Warn("counters raised")
	return done, nil
}

func (d *Desk) raise(tx *store.Tx, o RaiseOptions) (done Raised, err error) {
	if done.By, done.Zones, done.Seats, err = tx.RaiseCounters(RaiseBy, o.Again); err != nil {
		return done, err
	}
	if done.Signer, err = raiseSigner(tx, o.Signer); err != nil {
		return done, err
	}
	return done, d.journal(tx, actRaised, fmt.Sprintf("%d zones, %d seats, by %d", done.Zones, done.Seats, done.By))
}

// raiseSigner lets a newer version sign, and gives the one that does.
func raiseSigner(tx *store.Tx, version uint16) (uint16, error) {
	site, err := tx.Site()
	if err != nil || version == 0 {
		return site.SignerVersion, err
	}
	if version < site.SignerVersion || version-site.SignerVersion > maxSigners {
		return 0, &inputError{"signer", fmt.Sprintf("version %d signs; %d cannot be the next", site.SignerVersion, version)}
	}
	site.SignerVersion = version
	site.Changes++
	if err := tx.PutSite(&site); err != nil {
		return 0, err
	}
	c, err := tx.RollingSigner()
	if errors.Is(err, store.ErrNotFound) || err == nil && c.NewSigner > version {
		return version, nil
	}
	if err != nil {
		return 0, err
	}
	c.SignerChange = site.Changes
	return version, tx.PutCampaign(&c)
}
