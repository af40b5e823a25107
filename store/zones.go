package store

import (
	"errors"
	"fmt"

	"sleutelbord/nfc/keytag"
)

const selectZone = `SELECT id, kind, name, coalesce(building, 0), floor, coalesce(home, 0), key_version, epoch, next_epoch, first_generation, listed, row_version FROM zones `

func scanZone(r row) (z Zone, err error) {
	err = r.Scan(&z.ID, &z.Kind, &z.Name, &z.Building, &z.Floor, &z.Home, &z.KeyVersion, &z.Epoch,
		&z.NextEpoch, &z.FirstGeneration, &z.Listed, &z.RowVersion)
	return z, err
}

// Zone is the zone with this id.
func (tx *Tx) Zone(id keytag.Zone) (Zone, error) {
	z, err := one(tx, scanZone, selectZone+`WHERE id = $1`, id)
	if err != nil {
		return Zone{}, fmt.Errorf("zone %d: %w", id, err)
	}
	return z, nil
}

// Zones are all zones, by id.
func (tx *Tx) Zones() ([]Zone, error) {
	all, err := list(tx, scanZone, selectZone+`ORDER BY id`)
	if err != nil {
		return nil, fmt.Errorf("reading the zones: %w", err)
	}
	return all, nil
}

// InsertZone adds a zone and sets its ID, counted from 1. A home zone without
// a home, and another zone with one, is [ErrInvalid].
func (tx *Tx) InsertZone(z *Zone) error {
	id, err := tx.nextID("zones")
	if err == nil && id > int64(keytag.MaxZone) {
		err = fmt.Errorf("all %d zone numbers are used: %w", keytag.MaxZone, ErrInvalid)
	}
	if err == nil {
		_, err = tx.exec(`INSERT INTO zones (id, kind, name, building, floor, home, key_version, epoch, next_epoch, first_generation,
			listed, row_version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 1)`,
			id, z.Kind, z.Name, orNull(z.Building), z.Floor, orNull(z.Home), z.KeyVersion, z.Epoch, z.NextEpoch, z.FirstGeneration,
			flag(z.Listed))
	}
	if err != nil {
		return fmt.Errorf("storing zone %q: %w", z.Name, err)
	}
	inserted(tx, &z.ID, keytag.Zone(id), &z.RowVersion)
	return nil
}

// PutZone replaces a zone. An epoch, next epoch or key version that goes down,
// or a first generation that does so within an epoch, is [ErrCounter].
func (tx *Tx) PutZone(z *Zone) error {
	n, err := tx.exec(`UPDATE zones SET kind = $1, name = $2, building = $3, floor = $4, home = $5,
		key_version = $6, epoch = $7, next_epoch = $8, first_generation = $9, listed = $10, row_version = row_version + 1
		WHERE id = $11 AND row_version = $12`,
		z.Kind, z.Name, orNull(z.Building), z.Floor, orNull(z.Home), z.KeyVersion, z.Epoch, z.NextEpoch, z.FirstGeneration,
		flag(z.Listed), z.ID, z.RowVersion)
	if err == nil {
		err = tx.replaced(n, &z.RowVersion, `SELECT id FROM zones WHERE id = $1`, z.ID)
	}
	if err != nil {
		return fmt.Errorf("storing zone %d: %w", z.ID, err)
	}
	return nil
}

const selectHomeZone = `SELECT home, zone, seat_base FROM home_zones `

func scanHomeZone(r row) (l HomeZoneLink, err error) {
	err = r.Scan(&l.Home, &l.Zone, &l.SeatBase)
	return l, err
}

// ZonesOfHome are the zones that the tags of a home get a slot in, by zone.
func (tx *Tx) ZonesOfHome(home int64) ([]HomeZoneLink, error) {
	all, err := list(tx, scanHomeZone, selectHomeZone+`WHERE home = $1 ORDER BY zone`, home)
	if err != nil {
		return nil, fmt.Errorf("zones of home %d: %w", home, err)
	}
	return all, nil
}

// HomesOfZone are the homes whose tags get a slot in a zone, by seat.
func (tx *Tx) HomesOfZone(zone keytag.Zone) ([]HomeZoneLink, error) {
	all, err := list(tx, scanHomeZone, selectHomeZone+`WHERE zone = $1 ORDER BY seat_base`, zone)
	if err != nil {
		return nil, fmt.Errorf("homes of zone %d: %w", zone, err)
	}
	return all, nil
}

// LinkHomeZone gives a home a range of the site's SeatsPerHome seats in a
// zone, from SeatBase. The range keeps that size when the site's changes. A
// link that is there already, or a range that meets another, is [ErrExists];
// a range beyond seat 65535 is [ErrInvalid].
func (tx *Tx) LinkHomeZone(l HomeZoneLink) error {
	if err := tx.linkHomeZone(l); err != nil {
		return fmt.Errorf("linking home %d to zone %d: %w", l.Home, l.Zone, err)
	}
	return nil
}

func (tx *Tx) linkHomeZone(l HomeZoneLink) error {
	size, err := one(tx, number, `SELECT seats_per_home FROM site`)
	if err != nil {
		return err
	}
	// Ranges do not meet each other, so the last one that begins before this
	// one's end is the only one that can meet it.
	end, err := one(tx, number, `SELECT seat_base + seats FROM home_zones
		WHERE zone = $1 AND seat_base < $2 ORDER BY seat_base DESC LIMIT 1`, l.Zone, int64(l.SeatBase)+size)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	if err == nil && end > int64(l.SeatBase) {
		return fmt.Errorf("seats %d to %d are another home's: %w", l.SeatBase, int64(l.SeatBase)+size-1, ErrExists)
	}
	_, err = tx.exec(`INSERT INTO home_zones (home, zone, seat_base, seats) VALUES ($1, $2, $3, $4)`,
		l.Home, l.Zone, l.SeatBase, size)
	return err
}

// NextSeatBase is where the next range of size seats of a zone begins: after
// every range and every seat that was ever used. No room is [ErrInvalid].
func (tx *Tx) NextSeatBase(zone keytag.Zone, size uint16) (uint16, error) {
	var next int64
	for _, query := range []string{
		`SELECT seat_base + seats FROM home_zones WHERE zone = $1 ORDER BY seat_base DESC LIMIT 1`,
		`SELECT seat + 1 FROM seats WHERE zone = $1 ORDER BY seat DESC LIMIT 1`,
	} {
		n, err := one(tx, number, query, zone)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return 0, fmt.Errorf("seats of zone %d: %w", zone, err)
		}
		next = max(next, n)
	}
	if next+int64(size) > 1<<16 {
		return 0, fmt.Errorf("zone %d has no %d seats left: %w", zone, size, ErrInvalid)
	}
	return uint16(next), nil
}

const selectSeat = `SELECT zone, seat, epoch, next, floor, coalesce(tag, 0), row_version FROM seats `

func scanSeat(r row) (s Seat, err error) {
	err = r.Scan(&s.Zone, &s.Seat, &s.Epoch, &s.Next, &s.Floor, &s.Tag, &s.RowVersion)
	return s, err
}

// Seat is a seat of a zone. One that was never used has RowVersion 0 and
// nothing but zone and seat set.
func (tx *Tx) Seat(zone keytag.Zone, seat uint16) (Seat, error) {
	s, err := one(tx, scanSeat, selectSeat+`WHERE zone = $1 AND seat = $2`, zone, seat)
	if errors.Is(err, ErrNotFound) {
		return Seat{Zone: zone, Seat: seat}, nil
	}
	if err != nil {
		return Seat{}, fmt.Errorf("seat %d of zone %d: %w", seat, zone, err)
	}
	return s, nil
}

// SeatsOfZone are the seats of a zone that were ever used, in order.
func (tx *Tx) SeatsOfZone(zone keytag.Zone) ([]Seat, error) {
	all, err := list(tx, scanSeat, selectSeat+`WHERE zone = $1 ORDER BY seat`, zone)
	if err != nil {
		return nil, fmt.Errorf("seats of zone %d: %w", zone, err)
	}
	return all, nil
}

// SeatsOfTag are the seats that a tag has, by zone.
func (tx *Tx) SeatsOfTag(tag int64) ([]Seat, error) {
	all, err := list(tx, scanSeat, selectSeat+`WHERE tag = $1 ORDER BY zone, seat`, tag)
	if err != nil {
		return nil, fmt.Errorf("seats of tag %d: %w", tag, err)
	}
	return all, nil
}

// PutSeat replaces a seat, or adds it if its RowVersion is 0. An epoch that
// goes down, or a next generation or floor that does so within an epoch, is
// [ErrCounter]. If somebody else has used a new seat first, that is [ErrConflict].
func (tx *Tx) PutSeat(s *Seat) error {
	if err := tx.putSeat(s); err != nil {
		return fmt.Errorf("storing seat %d of zone %d: %w", s.Seat, s.Zone, err)
	}
	return nil
}

func (tx *Tx) putSeat(s *Seat) error {
	if s.RowVersion == 0 {
		_, err := tx.exec(`INSERT INTO seats (zone, seat, epoch, next, floor, tag, row_version)
			VALUES ($1, $2, $3, $4, $5, $6, 1)`, s.Zone, s.Seat, s.Epoch, s.Next, s.Floor, orNull(s.Tag))
		if errors.Is(err, ErrExists) {
			return ErrConflict
		}
		if err == nil {
			inserted(tx, &s.Seat, s.Seat, &s.RowVersion)
		}
		return err
	}
	n, err := tx.exec(`UPDATE seats SET epoch = $1, next = $2, floor = $3, tag = $4, row_version = row_version + 1
		WHERE zone = $5 AND seat = $6 AND row_version = $7`,
		s.Epoch, s.Next, s.Floor, orNull(s.Tag), s.Zone, s.Seat, s.RowVersion)
	if err != nil {
		return err
	}
	return tx.replaced(n, &s.RowVersion, `SELECT 1 FROM seats WHERE zone = $1 AND seat = $2`, s.Zone, s.Seat)
}
