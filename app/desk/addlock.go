package desk

import (
	"context"
	"fmt"
	"strings"
)

// NewLock is one lock as somebody types it: the fields of a row of the list
// (see the columns), all as text.
type NewLock struct {
	Building, Floor string
	// Home is the home of a home row; of a shared one, homes separated by
	// semicolons, or "" for all of the building, or of the floor.
	Home      string
	Lock      string // id
	Zone      string
	Kind      string // home, shared, service
	PublicKey string // with check digits, in either case
}

// get gives a field by the name of its column.
func (l NewLock) get(column string) string {
	return strings.TrimSpace(map[string]string{
		colBuilding: l.Building, colFloor: l.Floor, colHome: l.Home, colLock: l.Lock, colZone: l.Zone, colKind: l.Kind, colKey: l.PublicKey,
	}[column])
}

// AddLock adds one lock, with its building, home and zone where they are new.
// What is wrong comes back as *[ImportError], whose rows name the fields. A lock
// that is there already, the same, is counted as unchanged. It takes a
// custodian: a lock is given the keys of its zones.
func (d *Desk) AddLock(ctx context.Context, l NewLock) (Imported, error) {
	var bad rowErrors
	r := parseRow(1, l.get, &bad)
	err := d.custodian()
	if err == nil {
		err = bad.err()
	}
	var done Imported
	if err == nil {
		done, err = d.importRows(ctx, []row{r}, false)
	}
	if err != nil {
		return Imported{}, fmt.Errorf("adding the lock: %w", err)
	}
	return done, nil
}

// CheckLock tells what is wrong with the fields of a lock by themselves, without
// looking at the records; nil is nothing.
func CheckLock(l NewLock) []RowError {
	var bad rowErrors
	parseRow(1, l.get, &bad)
	return bad
}
