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

// Locks gives every lock with what the desk wants there and what was confirmed.
func (d *Desk) Locks(ctx context.Context) ([]DoorView, error) {
	views := []DoorView{}
	err := d.store.View(ctx, func(tx *store.Tx) error {
		locks, err := tx.Locks()
		if err != nil {
			return err
		}
		views, err = d.doors(tx, locks)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the locks: %w", err)
	}
	SortNames(views, func(d DoorView) string { return d.Building }, func(d DoorView) string { return d.Lock })
	return views, nil
}

// doorsOfHome gives the locks that a home's tags open.
func (d *Desk) doorsOfHome(tx *store.Tx, h store.Home) ([]DoorView, error) {
	links, err := tx.ZonesOfHome(h.ID)
	if err != nil {
		return nil, err
	}
	zones := make([]keytag.Zone, len(links))
	for i, l := range links {
		zones[i] = l.Zone
	}
	locks, err := locksOfZones(tx, zones)
	if err != nil {
		return nil, err
	}
	return d.doors(tx, locks)
}

// locksOfZones gives the locks of several zones, each once.
func locksOfZones(tx *store.Tx, zones []keytag.Zone) ([]store.Lock, error) {
	var locks []store.Lock
	for _, z := range zones {
		of, err := tx.LocksOfZone(z)
		if err != nil {
			return nil, err
		}
		for _, l := range of {
			if !slices.ContainsFunc(locks, func(o store.Lock) bool { return o.ID == l.ID }) {
				locks = append(locks, l)
			}
		}
	}
	return locks, nil
}

// doors puts locks into people's words. What many locks share is read once.
func (d *Desk) doors(tx *store.Tx, locks []store.Lock) ([]DoorView, error) {
	m, err := d.newMaker(tx)
	if err != nil {
		return nil, err
	}
	w := doorWriter{m: m, tx: tx, zones: map[keytag.Zone]store.Zone{}, shares: map[keytag.Zone]int{}, buildings: map[int64]string{}}
	if w.far, err = newFarFinder(tx); err != nil {
		return nil, err
	}
	if w.resting, err = ownLocks(tx); err != nil {
		return nil, err
	}
	views := make([]DoorView, 0, len(locks))
	for _, l := range locks {
		v, err := w.view(l)
		if err != nil {
			return nil, fmt.Errorf("lock %s: %w", l.ID, err)
		}
		views = append(views, v)
	}
	return views, nil
}

type doorWriter struct {
	m         *maker
	tx        *store.Tx
	zones     map[keytag.Zone]store.Zone
	shares    map[keytag.Zone]int
	buildings map[int64]string
	far       *farFinder
	resting   map[int64]bool // homes
}

func (w *doorWriter) view(l store.Lock) (DoorView, error) {
	v := DoorView{Lock: l.ID, ZoneIDs: []string{}, Wanted: l.Wanted, Confirmed: l.Confirmed, Carrier: l.Carrier}
	name, ok := w.buildings[l.Building]
	if !ok {
		b, err := w.tx.Building(l.Building)
		if err != nil {
			return v, err
		}
		name = b.Name
		w.buildings[l.Building] = name
	}
	v.Building = name
	if l.Home != 0 {
		h, err := w.tx.Home(l.Home)
		if err != nil {
			return v, err
		}
		v.Home = homeRef(name, h.Name)
	}
	for _, id := range l.Zones {
		if err := w.zone(id, &v); err != nil {
			return v, err
		}
	}
	var err error
	if v.State, err = w.state(l); err != nil {
		return v, err
	}
	if v.Far, err = w.far.lock(l, v.State == DoorUpToDate); err != nil {
		return v, err
	}
	w.age(l, &v)
	if v.Kind == store.HomeZone && w.resting[l.Home] {
		v.State = DoorResting
	}
	return v, nil
}

// ownLocks are the homes whose tenant has a lock of their own on the door. The
// home's lock rests as long: it is not due for anything. Bundles are made for it
// with the others, so that it is no worse off when it comes back.
func ownLocks(tx *store.Tx) (map[int64]bool, error) {
	all, err := tx.CountTenancies(false)
	homes := make(map[int64]bool)
	for _, c := range all {
		if c.Kind == store.ChoiceOwnLock {
			homes[c.Home] = true
		}
	}
	return homes, err
}

// age says since when a lock lacks something, and whether that is too long. One
// without any bundle opens for nobody and is not overdue.
func (w *doorWriter) age(l store.Lock, v *DoorView) {
	since := l.WaitingSince
	if since == 0 {
		since = l.StaleSince
	}
	if v.State == DoorUpToDate || since == 0 {
		return
	}
	v.Since = day(since)
	if v.State != DoorNever && w.m.today > since && int(w.m.today-since) > int(w.m.site.OverdueDays) {
		v.State = DoorOverdue
	}
}

// zone fills in the first zone's name and the largest number of doors that
// share a key with this one.
func (w *doorWriter) zone(id keytag.Zone, v *DoorView) error {
	z, ok := w.zones[id]
	if !ok {
		var err error
		if z, err = w.tx.Zone(id); err != nil {
			return err
		}
		locks, err := w.tx.LocksOfZone(id)
		if err != nil {
			return err
		}
		w.zones[id], w.shares[id] = z, len(locks)
	}
	v.ZoneIDs = append(v.ZoneIDs, zoneNumber(id))
	if v.Zone == "" {
		v.Zone, v.Kind = z.Name, z.Kind
	}
	v.Shares = max(v.Shares, w.shares[id])
	return nil
}

func (w *doorWriter) state(l store.Lock) (DoorState, error) {
	if l.Wanted == 0 {
		return DoorNever, nil
	}
	name, err := bundle.ParseLockName(l.ID)
	if err != nil {
		return "", err
	}
	b, err := w.m.content(w.tx, l, name)
	switch {
	case err != nil:
		return "", err
	case w.m.digest(b) != l.WantedDigest, l.Astray():
		return DoorChanged, nil
	case l.Confirmed >= l.Wanted:
		return DoorUpToDate, nil
	}
	return DoorWaiting, nil
}

// Statement says, lock by lock, where a tag that has ended is dead and where it
// still opens. It knows what receipts prove; that a newer tag was used at a
// door, which ends the old one there as well, is nobody's business and unknown.
func (d *Desk) Statement(ctx context.Context, tag string) (Statement, error) {
	var s Statement
	err := d.store.View(ctx, func(tx *store.Tx) error {
		t, err := findTag(tx, tag)
		if err != nil {
			return err
		}
		if s.Tag, err = viewTag(tx, t); err != nil {
			return err
		}
		s.Doors, err = d.statement(tx, t)
		return err
	})
	if err != nil {
		return Statement{}, fmt.Errorf("reading where tag %s opens: %w", tag, err)
	}
	return s, nil
}

func (d *Desk) statement(tx *store.Tx, t store.Tag) ([]DoorStatement, error) {
	zones := make([]keytag.Zone, len(t.Slots))
	for i, c := range t.Slots {
		zones[i] = c.Zone
	}
	locks, err := locksOfZones(tx, zones)
	if err != nil {
		return nil, err
	}
	views, err := d.doors(tx, locks)
	if err != nil {
		return nil, err
	}
	used, err := endedByUse(tx, t)
	if err != nil {
		return nil, err
	}
	raises, err := tx.Raises()
	if err != nil {
		return nil, err
	}
	restored := raises > 0 || d.store.RolledBack() // before they are raised, too
	histories, err := tx.Histories()
	if err != nil {
		return nil, err
	}
	doors := make([]DoorStatement, len(locks))
	for i, l := range locks {
		doors[i] = DoorStatement{Door: views[i], Dead: deadAt(t, l, restored, histories)}
		if !doors[i].Dead && !t.State.Live() {
			doors[i].EndsBySync = true
			// A lock that refuses the newer tag is not told by it.
			doors[i].EndsByUse = views[i].Far != FarRefused && slices.ContainsFunc(l.Zones, func(z keytag.Zone) bool { return used[z] })
		}
	}
	return doors, nil
}

// deadAt: a tag that was wiped opens nothing, nor does one that never came to
// be; any other is dead at a lock that has confirmed a bundle made after its end.
// So it is at a lock that never had a bundle, unless older records were put back:
// they may have forgotten one. What a lock has confirmed holds on where the records
// that were lost since then had come from these: their bundles say it too. It
// does not where older copies were put back twice: the records in between may never
// have known of the tag's end, and have told so a lock that was reset.
func deadAt(t store.Tag, l store.Lock, restored bool, histories int64) bool {
	switch t.State {
	case store.TagFailed, store.TagReturned:
		return true
	case store.TagLost, store.TagEnded:
		return l.Wanted == 0 && !restored || l.Confirmed > 0 && l.ConfirmedChange >= t.EndChange && histories-l.ConfirmedIn() <= 1
	}
	return false
}

// endedByUse gives the zones in which a newer tag lives whose first use ends
// t: one on the same seat, or in a home zone any of a higher epoch. Floors belong
// to a version of a zone's key, so that a tag with a newer key ends none with an
// older one.
func endedByUse(tx *store.Tx, t store.Tag) (map[keytag.Zone]bool, error) {
	used := make(map[keytag.Zone]bool)
	for _, c := range t.Slots {
		seat, err := tx.Seat(c.Zone, c.Seat)
		if err != nil {
			return nil, err
		}
		if seat.Tag != 0 && seat.Tag != t.ID {
			newer, err := tx.Tag(seat.Tag)
			if err != nil {
				return nil, err
			}
			used[c.Zone] = hasKey(newer, c)
			continue
		}
		z, err := tx.Zone(c.Zone)
		if err != nil {
			return nil, err
		}
		if z.Kind != store.HomeZone || z.Epoch <= c.Epoch {
			continue
		}
		if _, err := tx.CurrentTenancy(z.Home); err == nil {
			used[c.Zone], err = anyLive(tx, z, c)
			if err != nil {
				return nil, err
			}
		} else if !errors.Is(err, store.ErrNotFound) {
			return nil, err
		}
	}
	return used, nil
}

// hasKey tells whether a tag has a slot with the same version of the key.
func hasKey(t store.Tag, c keytag.Claims) bool {
	return slices.ContainsFunc(t.Slots, func(s keytag.Claims) bool { return s.Zone == c.Zone && s.Version == c.Version })
}

func anyLive(tx *store.Tx, z store.Zone, old keytag.Claims) (bool, error) {
	tags, err := tx.TagsOfHome(z.Home)
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(tags, func(t store.Tag) bool {
		return t.State.Live() && slices.ContainsFunc(t.Slots, func(c keytag.Claims) bool {
			return c.Zone == z.ID && c.Epoch == z.Epoch && c.Version == old.Version
		})
	}), nil
}
