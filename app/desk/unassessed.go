package desk

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"sleutelbord/nfc/keytag"
	"sleutelbord/store"
)

// allowances are the consents to hand out tags in buildings without an impact
// assessment. They are kept in memory only: each holds for one custodian, one
// building and one day.
type allowances struct {
	mu  sync.Mutex
	all map[allowance]bool
}

type allowance struct {
	operator, building int64
	day                keytag.Day
}

func (a *allowances) has(w allowance) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.all[w]
}

func (a *allowances) add(all []allowance) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.all == nil {
		a.all = make(map[allowance]bool)
	}
	for _, w := range all {
		a.all[w] = true
	}
}

// AllowUnassessed lets the custodian who is signed in hand out tags today in the
// buildings of these homes though they have no impact assessment, or one whose
// review is overdue. As soon as there are two custodians, it takes two.
func (d *Desk) AllowUnassessed(ctx context.Context, a Approval, homes ...string) error {
	who, err := d.approveAbout(ctx, store.Custodian, "", a)
	if err != nil {
		return fmt.Errorf("allowing tags without an assessment: %w", err)
	}
	today, err := d.today()
	if err != nil {
		return err
	}
	var allowed []allowance
	err = d.store.Update(ctx, func(tx *store.Tx) error {
		allowed = allowed[:0]
		for _, ref := range homes {
			_, home, err := findHome(tx, ref)
			if err != nil {
				return err
			}
			b, assessed, err := isAssessed(tx, home.ID, today)
			if err != nil {
				return err
			}
			w := allowance{d.store.Operator().ID, b.ID, today}
			if assessed || d.allowed.has(w) || slices.Contains(allowed, w) {
				continue
			}
			allowed = append(allowed, w)
			if err := tx.Append(store.Entry{Operator: who, Act: actUnassessed, Subject: b.Name}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("allowing tags without an assessment: %w", err)
	}
	d.allowed.add(allowed)
	return nil
}

// mayHandOut holds the rule that tags go out in a building with an impact
// assessment only, unless a custodian hands them out, and another one agrees as
// soon as there are two: see [Desk.AllowUnassessed]. Replacing a lost tag is not
// held to it: nobody is locked out of a home for a missing paper. agreed is of a
// moving day's queue: the other custodian agreed when it was begun.
func (d *Desk) mayHandOut(tx *store.Tx, home store.Home, today keytag.Day, agreed bool) error {
	me := d.store.Operator()
	if me.ID == 0 { // the holders of the shares have agreed already
		return nil
	}
	b, assessed, err := isAssessed(tx, home.ID, today)
	switch {
	case err != nil || assessed:
		return err
	case me.Role == store.Caretaker:
		return fmt.Errorf("%w: %s", errNotAssessed, b.Name)
	case agreed || d.allowed.has(allowance{me.ID, b.ID, today}):
		return nil
	}
	all, err := tx.Operators()
	if err != nil {
		return err
	}
	n := 0
	for _, o := range all {
		if o.Revoked == 0 && o.Role == store.Custodian {
			n++
		}
	}
	if n > 1 {
		return fmt.Errorf("%s has no impact assessment: %w", b.Name, errSecondNeeded)
	}
	return nil
}
