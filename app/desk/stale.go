package desk

import (
	"context"
	"errors"
	"fmt"

	"sleutelbord/lock/bundle"
	"sleutelbord/store"
)

// turnSigner lets the next signer of a campaign sign, if its time has come.
func (d *Desk) turnSigner(ctx context.Context) (turned bool, err error) {
	ready := false
	err = d.store.View(ctx, func(tx *store.Tx) error {
		c, err := tx.RollingSigner()
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		site, err := tx.Site()
		if err != nil || c.State != store.CampaignRunning || site.SignerVersion >= c.NewSigner {
			return err
		}
		behind, err := tx.CountLocksBehind(c.ID, c.StartChange)
		ready = behind == 0
		return err
	})
	if err != nil || !ready {
		return false, err
	}
	return true, d.store.Update(ctx, d.advanceSigner)
}

// errNewLock is a lock that was not asked about yet.
var errNewLock = errors.New("a lock was added")

// staleAt gives the locks for which a carrier has not the newest bundle, and
// counts those that have not confirmed theirs.
func (d *Desk) staleAt(ctx context.Context, have map[bundle.LockID]bundle.Header, quick bool) (stale []string, waiting int, err error) {
	err = d.store.View(ctx, func(tx *store.Tx) error {
		stale, waiting = nil, 0
		m, err := d.newMaker(tx)
		if err != nil {
			return err
		}
		counts, err := tx.CountAllLocks()
		if err != nil {
			return err
		}
		waiting = counts.Waiting
		all := tx.Locks
		if quick && counts.Locks == len(have) && counts.Wanted == sequences(have) {
			all = tx.StaleLocks // the broker has what was made last of all others
		}
		locks, err := all()
		if err != nil {
			return err
		}
		for i, l := range locks {
			if i%makingBatch == 0 {
				clear(m.zones) // a large site takes no more memory than a small one
			}
			name, err := bundle.ParseLockName(l.ID)
			if err != nil {
				return err
			}
			there, known := have[name.ID()]
			if !known {
				return errNewLock
			}
			if quick && !l.Stale && l.Wanted != 0 && there.Sequence == l.Wanted {
				continue
			}
			b, err := m.content(tx, l, name)
			if err != nil {
				return fmt.Errorf("lock %s: %w", l.ID, err)
			}
			fresh, err := m.current(tx, l, b, there, gatewayKeep)
			if err != nil {
				return err
			}
			if !fresh {
				stale = append(stale, l.ID)
			}
		}
		return nil
	})
	return stale, waiting, err
}

// sequences is the sum of the sequences of what a carrier has.
func sequences(have map[bundle.LockID]bundle.Header) (sum int64) {
	for _, h := range have {
		sum += int64(h.Sequence)
	}
	return sum
}
