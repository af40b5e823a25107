package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"sleutelbord/lock/bundle"
	"sleutelbord/nfc/keytag"
	"sleutelbord/store"
)

// received is a receipt as a carrier brought it.
type received struct {
	// label is what it is called where it is refused.
	label string
	// lock is the one in whose place it lay.
	lock bundle.LockID
	data []byte
}

// proof is what an authentic receipt says.
type proof struct {
	id       string // of the lock
	sequence uint32
	// before is true where the bundle was made before counters were raised: it
	// may be one of records that are lost.
	before bool
}

// takeReceipts holds receipts that came by one carrier against the locks and
// counts them into back: those that no lock of ours made are refused, and so are
// those that say less than was proved before. ids are the locks; nil to look them
// up. It tells how many locks have confirmed more than before.
func (d *Desk) takeReceipts(ctx context.Context, by store.Carrier, all []received, ids map[bundle.LockID]string, back *ReadBack) (int, error) {
	if len(all) == 0 {
		return 0, nil
	}
	var news []proof
	err := d.store.View(ctx, func(tx *store.Tx) error {
		m, err := d.newMaker(tx)
		if err != nil {
			return err
		}
		if ids == nil {
			if ids, err = lockIDs(tx, true); err != nil {
				return err
			}
		}
		for _, r := range all {
			l, p, err := m.judge(tx, ids, r)
			switch {
			case errors.Is(err, bundle.ErrReceipt), errors.Is(err, store.ErrNotFound):
				back.Refused = append(back.Refused, r.label)
				continue
			case err != nil:
				return err
			case l.Gone:
				continue // what it left before it went is of no use any more
			}
			back.Receipts++
			switch {
			case p.sequence < l.Confirmed:
				back.Older = append(back.Older, l.ID)
			case p.sequence > l.Confirmed:
				news = append(news, p)
			}
		}
		return nil
	})
	if err != nil || len(news) == 0 {
		return 0, err
	}
	return d.confirm(ctx, by, news)
}

// lockIDs maps the ids in receipts to those of the records; also those of locks
// that are gone, if they are asked for.
func lockIDs(tx *store.Tx, gone bool) (map[bundle.LockID]string, error) {
	locks, err := tx.Locks()
	if err == nil && gone {
		var more []store.Lock
		more, err = tx.GoneLocks()
		locks = append(locks, more...)
	}
	if err != nil {
		return nil, err
	}
	ids := make(map[bundle.LockID]string, len(locks))
	for _, l := range locks {
		name, err := bundle.ParseLockName(l.ID)
		if err != nil {
			return nil, err
		}
		ids[name.ID()] = l.ID
	}
	return ids, nil
}

func (m *maker) judge(tx *store.Tx, ids map[bundle.LockID]string, r received) (l store.Lock, p proof, err error) {
	id, ok := ids[r.lock]
	if !ok {
		return l, p, store.ErrNotFound
	}
	if l, err = tx.Lock(id); err != nil {
		return l, p, err
	}
	receipt, err := bundle.ParseReceipt(r.data)
	if err != nil {
		return l, p, err
	}
	for raises := m.raises; raises >= 0 && raises > m.raises-256; raises-- {
		p = proof{id: l.ID, before: raises < m.raises}
		key, err := m.keys.Receipt(r.lock, receiptVersion(raises))
		if err != nil {
			return l, p, err
		}
		p.sequence, err = receipt.Verify(bundle.NewReceiptKey([16]byte(key.Reveal())), r.lock)
		if !errors.Is(err, bundle.ErrReceipt) {
			return l, p, err
		}
	}
	return l, p, bundle.ErrReceipt
}

// confirm notes what locks have proved, and by which carrier that came.
func (d *Desk) confirm(ctx context.Context, by store.Carrier, news []proof) (int, error) {
	today, err := d.today()
	if err != nil {
		return 0, err
	}
	var raised []string
	err = d.store.Update(ctx, func(tx *store.Tx) error {
		raised = nil
		for _, p := range news {
			l, err := tx.Lock(p.id)
			if err != nil {
				return err
			}
			if p.sequence <= l.Confirmed {
				continue
			}
			l.Confirmed, l.Carrier = p.sequence, by
			switch {
			case p.before || p.sequence > l.Wanted:
				// Lost records may have made it. What it confirmed to be dead stays
				// dead, but new keys that are on their way it may have let go.
				l.Carrier = store.CarrierUnknown
			case l.SameFrom > 0 && l.SameFrom <= p.sequence:
				l.ConfirmedChange, l.ConfirmedCommit = l.WantedChange, l.WantedCommit
			}
			l.WaitingSince = waitsSince(l, today)
			if err := tx.PutLock(&l); err != nil {
				return err
			}
			if !slices.Contains(raised, l.ID) {
				raised = append(raised, l.ID)
			}
		}
		if err := d.advanceSigner(tx); err != nil {
			return err
		}
		return d.journal(tx, actReceipts, fmt.Sprintf("%d locks", len(raised)))
	})
	return len(raised), err
}

// waitsSince is since when a lock waits that has just confirmed something: what
// it still lacks came after the bundle that it confirmed.
func waitsSince(l store.Lock, today keytag.Day) keytag.Day {
	if l.Confirmed >= l.Wanted {
		return 0
	}
	return min(max(l.WaitingSince, dayOfSequence(l.Confirmed)), today)
}
