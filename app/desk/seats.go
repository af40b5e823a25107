package desk

import (
	"errors"
	"fmt"
	"slices"

	"sleutelbord/nfc/keytag"
	"sleutelbord/store"
)

// seating is a place of one tag in all zones of a home.
type seating struct {
	zones []store.Zone
	seats []store.Seat
}

// zonesOf gives the zones of a home and where its seats begin in each.
func zonesOf(tx *store.Tx, home int64) ([]store.Zone, []uint16, error) {
	links, err := tx.ZonesOfHome(home)
	if err != nil {
		return nil, nil, err
	}
	switch {
	case len(links) == 0:
		return nil, nil, errNoDoors
	case len(links) > keytag.MaxSlots:
		return nil, nil, errTooManyZones
	}
	slices.SortFunc(links, func(a, b store.HomeZoneLink) int { return int(a.Zone) - int(b.Zone) })
	zones, bases := make([]store.Zone, len(links)), make([]uint16, len(links))
	for i, l := range links {
		if zones[i], err = tx.Zone(l.Zone); err != nil {
			return nil, nil, err
		}
		bases[i] = l.SeatBase
	}
	return zones, bases, nil
}

// take finds the place for a tag: the one that prefer had, if it is free, else
// the lowest that is free in every zone.
func (w *writing) take(tx *store.Tx, home int64, prefer *store.Tag) (seating, error) {
	zones, bases, err := zonesOf(tx, home)
	if err != nil {
		return seating{}, err
	}
	if err := w.versions(tx, zones, prefer); err != nil {
		return seating{}, err
	}
	perHome := w.site.SeatsPerHome
	order := make([]uint16, 0, perHome+1)
	if n, ok := placeOf(prefer, zones, bases, perHome); ok {
		order = append(order, n)
	}
	kept, err := keptPlaces(tx, home, zones, bases, perHome)
	if err != nil {
		return seating{}, err
	}
	for n := range perHome {
		if !kept[n] {
			order = append(order, n)
		}
	}
	for n := range perHome {
		if kept[n] {
			order = append(order, n)
		}
	}
	for _, n := range order {
		s, free, err := seatsAt(tx, zones, bases, n, prefer)
		if err != nil || free {
			return s, err
		}
	}
	return seating{}, errSeatsFull
}

// keptPlaces are the places of lost tags that may still be replaced: a
// replacement ends the lost tag by its first use only on the same seats, so
// another tag takes such a place last.
func keptPlaces(tx *store.Tx, home int64, zones []store.Zone, bases []uint16, perHome uint16) (map[uint16]bool, error) {
	kept := make(map[uint16]bool)
	tenancy, err := tx.CurrentTenancy(home)
	if errors.Is(err, store.ErrNotFound) {
		return kept, nil
	}
	if err != nil {
		return nil, err
	}
	tags, err := tx.TagsOfTenancy(tenancy.ID)
	if err != nil {
		return nil, err
	}
	replaced := make(map[int64]bool)
	for _, t := range tags {
		replaced[t.Replaces] = replaced[t.Replaces] || t.State != store.TagFailed
	}
	for _, t := range tags {
		if t.State != store.TagLost || replaced[t.ID] {
			continue
		}
		if n, ok := placeOf(&t, zones, bases, perHome); ok {
			kept[n] = true
		}
	}
	return kept, nil
}

// placeOf is the place within the home's range that a tag's slots are at.
func placeOf(t *store.Tag, zones []store.Zone, bases []uint16, perHome uint16) (uint16, bool) {
	if t == nil {
		return 0, false
	}
	for _, c := range t.Slots {
		for i, z := range zones {
			if z.ID == c.Zone && c.Seat >= bases[i] && c.Seat < bases[i]+perHome {
				return c.Seat - bases[i], true
			}
		}
	}
	return 0, false
}

// seatsAt reads the seats of place n. They are free if nobody has them, or if
// the tag that is being replaced or written again has them.
func seatsAt(tx *store.Tx, zones []store.Zone, bases []uint16, n uint16, holder *store.Tag) (seating, bool, error) {
	s := seating{zones: zones, seats: make([]store.Seat, len(zones))}
	for i, z := range zones {
		seat, err := tx.Seat(z.ID, bases[i]+n)
		if err != nil {
			return s, false, err
		}
		if seat.Tag != 0 && (holder == nil || seat.Tag != holder.ID) {
			return s, false, nil
		}
		seat.Zone, seat.Seat = z.ID, bases[i]+n
		if seat.RowVersion == 0 || z.Kind == store.HomeZone && seat.Epoch < z.Epoch {
			seat.Epoch, seat.Next, seat.Floor = z.Epoch, z.FirstGeneration, 0
		}
		s.seats[i] = seat
	}
	return s, true, nil
}

// claim takes the seats for a tag, each with its next generation, which is
// then used up for good, and gives the claims that go on the tag. Where the tag
// has the seat already, and is written anew, it may be taken away before
// anything was changed: locks go on taking its old generation until [settle].
func (s seating) claim(tx *store.Tx, tag int64, notAfter keytag.Day, anew bool) ([]keytag.Claims, error) {
	claims := make([]keytag.Claims, len(s.zones))
	for i, z := range s.zones {
		seat := s.seats[i]
		if seat.Next == 0xFFFF {
			return nil, fmt.Errorf("zone %s, seat %d: %w: its generations are used up", z.Name, seat.Seat, errSeatsFull)
		}
		claims[i] = keytag.Claims{
			Zone: z.ID, Version: z.KeyVersion, Epoch: z.Epoch, Seat: seat.Seat, Generation: seat.Next, NotAfter: notAfter,
		}
		if !anew || seat.Tag != tag {
			seat.Floor = seat.Next
		}
		seat.Tag, seat.Next = tag, seat.Next+1
		if err := tx.PutSeat(&seat); err != nil {
			return nil, err
		}
	}
	return claims, nil
}

// settle ends what a tag had before it was written anew: older generations on
// its seats, and seats that it does not use any more.
func settle(tx *store.Tx, t store.Tag) error {
	seats, err := tx.SeatsOfTag(t.ID)
	if err != nil {
		return err
	}
	for _, seat := range seats {
		i := slices.IndexFunc(t.Slots, func(c keytag.Claims) bool { return c.Zone == seat.Zone && c.Seat == seat.Seat })
		switch {
		case i < 0:
			seat.Tag, seat.Floor = 0, seat.Next
		case seat.Epoch == t.Slots[i].Epoch && seat.Floor < t.Slots[i].Generation:
			seat.Floor = t.Slots[i].Generation
		default:
			continue
		}
		if err := tx.PutSeat(&seat); err != nil {
			return err
		}
	}
	return nil
}

// vacate frees the seats that a tag has and raises their floors, so that the
// next bundle ends the tag wherever no newer tag has done so before. Records that
// are older than they ought to be may not know that it was written anew: they
// leave out the generations that it may have got.
func vacate(tx *store.Tx, t store.Tag) error {
	seats, err := tx.SeatsOfTag(t.ID)
	if err != nil {
		return err
	}
	due, err := tx.RaiseDue(RaiseBy)
	if err != nil {
		return err
	}
	for _, seat := range seats {
		seat.Next += min(due, 0xFFFF-seat.Next)
		seat.Tag, seat.Floor = 0, seat.Next
		if err := tx.PutSeat(&seat); err != nil {
			return err
		}
	}
	return nil
}
