package store

import (
	"fmt"
	"slices"
	"strings"

	"sleutelbord/nfc/keytag"
)

// amongSize is how many zones one query asks for. It is fixed, so that a
// transaction prepares each of them once, however many zones it wants.
const amongSize = 64

// among is a list of amongSize parameters.
var among = func() string {
	var b strings.Builder
	for i := range amongSize {
		fmt.Fprintf(&b, ", $%d", i+1)
	}
	return "(" + b.String()[2:] + ") "
}()

// listAmong reads the rows of some zones, before and after being the query
// around their list. The zones come in rising order, whatever that of ids is.
func listAmong[T any](tx *Tx, scan func(row) (T, error), before, after string, ids []keytag.Zone) (all []T, err error) {
	sorted := slices.Clone(ids)
	slices.Sort(sorted)
	args := make([]any, amongSize)
	for part := range slices.Chunk(slices.Compact(sorted), amongSize) {
		for i := range args {
			// The last one fills the list up: to ask for it twice finds it once.
			args[i] = part[min(i, len(part)-1)]
		}
		some, err := list(tx, scan, before+among+after, args...)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return all, nil
}

// ZoneFloors is what the bundles of a zone's locks say of it.
type ZoneFloors struct {
	Zone       keytag.Zone
	Kind       ZoneKind
	KeyVersion byte
	Epoch      uint16
	Seats      []SeatFloor // those that have a floor, by seat
}

// SeatFloor is the floor of a seat, of an epoch.
type SeatFloor struct{ Seat, Epoch, Floor uint16 }

// FloorsAmong are the floors of these zones, by zone. A zone that is not there is
// not among them.
func (tx *Tx) FloorsAmong(zones []keytag.Zone) ([]ZoneFloors, error) {
	type floored struct {
		zone ZoneFloors
		SeatFloor
	}
	rows, err := listAmong(tx, func(r row) (f floored, err error) {
		z := &f.zone
		err = r.Scan(&z.Zone, &z.Kind, &z.KeyVersion, &z.Epoch, &f.Seat, &f.Epoch, &f.Floor)
		return f, err
	}, `SELECT z.id, z.kind, z.key_version, z.epoch, coalesce(s.seat, 0), coalesce(s.epoch, 0), coalesce(s.floor, 0)
		FROM zones z LEFT JOIN seats s ON s.zone = z.id AND s.floor > 0 WHERE z.id IN `, `ORDER BY z.id, s.seat`, zones)
	if err != nil {
		return nil, fmt.Errorf("reading the floors of %d zones: %w", len(zones), err)
	}
	all := make([]ZoneFloors, 0, len(zones))
	for _, f := range rows {
		if len(all) == 0 || all[len(all)-1].Zone != f.zone.Zone {
			all = append(all, f.zone)
		}
		if z := &all[len(all)-1]; f.Floor > 0 {
			z.Seats = append(z.Seats, f.SeatFloor)
		}
	}
	return all, nil
}

// RollingAmong are those of these zones that are being rolled over, by zone; see
// [Tx.RollingZone].
func (tx *Tx) RollingAmong(zones []keytag.Zone) ([]Rolling, error) {
	all, err := listAmong(tx, scanRolling, selectRolling+`AND z.zone IN `, `ORDER BY z.zone, c.id`, zones)
	if err != nil {
		return nil, fmt.Errorf("roll-over of %d zones: %w", len(zones), err)
	}
	return slices.CompactFunc(all, func(x, y Rolling) bool { return x.Zone == y.Zone }), nil
}
