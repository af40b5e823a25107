package desk

import (
	"context"
	"fmt"

	"sleutelbord/lock/bundle"
	"sleutelbord/store"
)

// RetireLock takes a lock out of service in good order, such as with a door
// that is replaced: it gets no bundle any more, carriers lose what they have for
// it, and no list has it. Nobody may have its keys now, so that none is replaced;
// the lock itself must be reset, or it goes on opening. For a lock that was
// stolen, a campaign is what helps ([store.CampaignLock]). There is no way back.
func (d *Desk) RetireLock(ctx context.Context, id string) error {
	if err := d.custodian(); err != nil {
		return fmt.Errorf("retiring a lock: %w", err)
	}
	err := d.store.Update(ctx, func(tx *store.Tx) error {
		l, err := tx.Lock(id)
		if err == nil && l.Gone {
			err = store.ErrNotFound
		}
		if err != nil {
			return notFound(err, errNoLock, id)
		}
		if err := tx.RetireLock(l.ID); err != nil {
			return err
		}
		if err := d.advanceSigner(tx); err != nil {
			return err
		}
		return d.journal(tx, actLockRetired, l.ID)
	})
	if err != nil {
		return fmt.Errorf("retiring lock %s: %w", id, err)
	}
	d.log.WithField("lock", id).Info("lock retired")
	return nil
}

// maxOverdueDays bounds [Desk.SetOverdue]: ten years.
const maxOverdueDays = 3650

// SetOverdue sets for how many days a lock may wait before it is overdue: 1 to
// 3650.
func (d *Desk) SetOverdue(ctx context.Context, days int) error {
	if err := d.custodian(); err != nil {
		return fmt.Errorf("setting the waiting time of locks: %w", err)
	}
	err := d.store.Update(ctx, func(tx *store.Tx) error {
		if days < 1 || days > maxOverdueDays {
			return &inputError{"overdue", fmt.Sprintf("%d days: a lock may wait for 1 to %d", days, maxOverdueDays)}
		}
		site, err := tx.Site()
		if err != nil {
			return err
		}
		site.OverdueDays = uint16(days)
		if err := tx.PutSite(&site); err != nil {
			return err
		}
		return d.journal(tx, actOverdue, fmt.Sprintf("%d days", days))
	})
	if err != nil {
		return fmt.Errorf("setting when locks are overdue: %w", err)
	}
	return nil
}

// goneIDs are the ids of the locks that were stolen or retired.
func (d *Desk) goneIDs(ctx context.Context) ([]bundle.LockID, error) {
	var gone []bundle.LockID
	err := d.store.View(ctx, func(tx *store.Tx) error {
		locks, err := tx.GoneLocks()
		if err != nil {
			return err
		}
		gone = make([]bundle.LockID, len(locks))
		for i, l := range locks {
			name, err := bundle.ParseLockName(l.ID)
			if err != nil {
				return err
			}
			gone[i] = name.ID()
		}
		return nil
	})
	return gone, err
}
