package desk

import (
	"slices"

	"sleutelbord/nfc/keytag"
	"sleutelbord/store"
)

// maxJump is how far ahead of its floor a lock takes an epoch or a generation
// from a tag: lock.MaxJump, which a test holds this to.
const maxJump = 256

// farFinder finds locks that tags are far ahead of. On nearly all sites there
// is no tag that could be, and then it costs one query.
type farFinder struct {
	tx     *store.Tx
	claims map[keytag.Zone][]store.Counter
}

func newFarFinder(tx *store.Tx) (*farFinder, error) {
	claims, err := tx.FarClaims()
	if err != nil {
		return nil, err
	}
	f := &farFinder{tx: tx, claims: make(map[keytag.Zone][]store.Counter)}
	for _, c := range claims {
		f.claims[c.Zone] = append(f.claims[c.Zone], c)
	}
	return f, nil
}

// lock tells how far tags are ahead of a lock; newest is true for one that has
// confirmed all that it ought to know. A lock without a bundle refuses every tag
// anyhow, and its first bundle brings it all.
func (f *farFinder) lock(l store.Lock, newest bool) (Far, error) {
	if len(f.claims) == 0 || l.Confirmed == 0 {
		return NotFar, nil
	}
	ahead := 0
	for _, z := range l.Zones {
		for _, c := range f.claims[z] {
			known, err := f.known(l, c, newest)
			if err != nil {
				return NotFar, err
			}
			ahead = max(ahead, lead(c, known))
		}
	}
	switch {
	case ahead > maxJump:
		return FarRefused, nil
	case ahead >= store.FarAhead:
		return FarSoon, nil
	}
	return NotFar, nil
}

// known is the epoch or generation that a lock knows, or a lower one: for the
// newest bundle exactly what it says, for an older one by the marks.
func (f *farFinder) known(l store.Lock, c store.Counter, newest bool) (int, error) {
	if newest {
		if c.OfEpoch {
			return int(c.Epoch), nil
		}
		s, err := f.tx.Seat(c.Zone, c.Seat)
		if err != nil || s.Epoch != c.Epoch {
			return 0, err
		}
		return int(s.Floor), nil
	}
	marks, err := f.tx.KnownFloors(c.Zone, l.ConfirmedCommit)
	if err != nil {
		return 0, err
	}
	known := 0
	for _, m := range marks {
		switch {
		case m.OfEpoch != c.OfEpoch || m.Seat != c.Seat:
		case c.OfEpoch:
			known = max(known, int(m.Epoch))
		case m.Epoch == c.Epoch:
			known = max(known, int(m.Generation))
		}
	}
	return known, nil
}

// lead is how far a claim is ahead of what a lock knows.
func lead(c store.Counter, known int) int {
	if c.OfEpoch {
		return int(c.Epoch) - known
	}
	return int(c.Generation) - known
}

// warnFar tells whether a lock of this home refuses some tag before its next
// bundle.
func (d *Desk) warnFar(tx *store.Tx, home int64) ([]Code, error) {
	f, err := newFarFinder(tx)
	if err != nil || len(f.claims) == 0 {
		return nil, err
	}
	doors, err := d.doorsOfHome(tx, store.Home{ID: home})
	if err != nil || !slices.ContainsFunc(doors, func(v DoorView) bool { return v.Far == FarRefused }) {
		return nil, err
	}
	return []Code{CodeLockFar}, nil
}
