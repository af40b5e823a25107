package desk

import (
	"context"
	"fmt"

	"sleutelbord/store"
)

// RaiseBy is by how much counters are raised after an older copy of the records
// was put back: tags that were handed out since that copy was made have lower
// ones, unless as many were handed out on one seat.
const RaiseBy = 64

// Raised is the result of raising counters.
type Raised struct {
	By    int   `json:"by"`
	Zones int64 `json:"zones"` // whose next epoch was raised
	Seats int64 `json:"seats"` // used ones whose next generation was raised; unused ones begin higher as well
}

// RaiseCounters deals with records that are older than they ought to be: every
// zone's next epoch and every seat's next generation rises by [RaiseBy], so that
// nothing is handed out a second time. No tag ends by it. Afterwards tags can be
// handed out again. Where the records are as new as they ought to be, only
// force lets it happen: a backup was put back together with its counter.
func (d *Desk) RaiseCounters(ctx context.Context, force bool) (Raised, error) {
	done := Raised{By: RaiseBy}
	err := d.store.Update(ctx, func(tx *store.Tx) (err error) {
		if !d.store.RolledBack() && !force {
			return errNotRolledBack
		}
		if done.Zones, done.Seats, err = tx.RaiseCounters(RaiseBy); err != nil {
			return err
		}
		if err := tx.ClearRolledBack(); err != nil {
			return err
		}
		return d.journal(tx, actRaised, fmt.Sprintf("%d zones, %d seats, by %d", done.Zones, done.Seats, done.By))
	})
	if err != nil {
		return Raised{}, fmt.Errorf("raising the counters: %w", err)
	}
	d.log.WithField("zones", done.Zones).WithField("seats", done.Seats).Warn("counters raised")
	return done, nil
}
