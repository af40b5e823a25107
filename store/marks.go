package store

import (
	"fmt"

	"sleutelbord/nfc/keytag"
)

// FarAhead is from which epoch and generation on a tag may be far ahead of a
// lock. The schema has indexes for this number.
const FarAhead = 192

// epochMark is the seat of a mark that is about a zone's epoch.
const epochMark = -1

// Counter is how far the epoch of a zone or the generation of a seat has come.
type Counter struct {
	Zone keytag.Zone
	// OfEpoch is true for the zone's epoch; Seat and Generation are then 0.
	OfEpoch    bool
	Seat       uint16
	Epoch      uint16
	Generation uint16
}

func scanCounter(r row) (c Counter, err error) {
	var seat int64
	err = r.Scan(&c.Zone, &seat, &c.Epoch, &c.Generation)
	if c.OfEpoch = seat == epochMark; !c.OfEpoch {
		c.Seat = uint16(seat)
	}
	return c, err
}

// FarClaims are the epochs of zones, and the generations of tags that have a
// seat, from [FarAhead] on: only those can be too far ahead of any lock.
func (tx *Tx) FarClaims() ([]Counter, error) {
	all, err := list(tx, scanCounter, `SELECT id, -1, epoch, 0 FROM zones WHERE epoch >= 192
		UNION ALL
		SELECT s.zone, s.seat, s.epoch, t.generation FROM seats s
		JOIN tag_slots t ON t.tag = s.tag AND t.zone = s.zone AND t.seat = s.seat AND t.epoch = s.epoch
		WHERE s.next > 192 AND t.generation >= 192
		ORDER BY 1, 2`)
	if err != nil {
		return nil, fmt.Errorf("reading how far generations have come: %w", err)
	}
	return all, nil
}

// KnownFloors are marks of what a lock knows of a zone whose confirmed bundle
// knew so many commits to the records: each is at most 31 below what its epoch
// or its seat's floor then was, and there is none below 32.
func (tx *Tx) KnownFloors(zone keytag.Zone, commits int64) ([]Counter, error) {
	all, err := list(tx, scanCounter, `SELECT zone, seat, epoch, generation FROM floor_marks
		WHERE zone = $1 AND at_commit < $2 ORDER BY seat, epoch, generation`, zone, commits)
	if err != nil {
		return nil, fmt.Errorf("reading what locks know of zone %d: %w", zone, err)
	}
	return all, nil
}
