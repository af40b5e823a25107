package command

import (
	"crypto/rand"
	"fmt"
	"strings"

	"sleutelbord/lock/bundle"
)

// The demo's campus: two buildings with a handful of rooms. The story is about
// one of them.
const (
	demoHome      = "Boulevard/3-117"
	demoHomeLock  = "BLV-3-117"
	demoOtherLock = "BLV-3-118"
	demoEntrance  = "BLV-ENTRANCE"
	demoShed      = "BLV-SHED"
)

// demoDoors are the locks of the campus that take part, with how the story
// calls them.
var demoDoors = []struct{ lock, name string }{
	{demoHomeLock, "front door of Boulevard/3-117"},
	{demoOtherLock, "front door of Boulevard/3-118"},
	{demoEntrance, "entrance of Boulevard"},
	{demoShed, "bicycle shed of Boulevard"},
}

// demoCampus makes the list of locks, as their maker and the landlord would,
// with a new key pair for every lock.
func demoCampus() (list string, keys map[string]bundle.LockKey, err error) {
	keys = make(map[string]bundle.LockKey)
	rows := [][]string{listHead}
	add := func(building, floor, home, lock, zone, kind string) error {
		name, err := bundle.ParseLockName(lock)
		if err != nil {
			return err
		}
		key, err := bundle.GenerateKey(name, rand.Reader)
		if err != nil {
			return err
		}
		keys[lock] = key
		rows = append(rows, []string{building, floor, home, lock, zone, kind, bundle.PublicText(key.Public())})
		return nil
	}
	for _, b := range []string{"Boulevard", "Calslaan"} {
		if err := demoBuilding(b, add); err != nil {
			return "", nil, fmt.Errorf("making the campus: %w", err)
		}
	}
	list, err = csvLines(rows...)
	return list, keys, err
}

// demoBuilding adds the locks of one building: rooms on three floors, a door
// on each floor, and what they all share.
func demoBuilding(name string, add func(building, floor, home, lock, zone, kind string) error) error {
	short := map[string]string{"Boulevard": "BLV", "Calslaan": "CAL"}[name]
	for _, floor := range []string{"1", "2", "3"} {
		for room := 115; room <= 118; room++ {
			home := fmt.Sprintf("%s-%d", floor, room)
			if err := add(name, floor, home, short+"-"+home, home, "home"); err != nil {
				return err
			}
		}
		if err := add(name, floor, "", short+"-FLOOR-"+floor, "floor "+floor, "shared"); err != nil {
			return err
		}
	}
	for _, shared := range []string{"entrance", "bicycle shed", "laundry"} {
		fields := strings.Fields(shared)
		if err := add(name, "", "", short+"-"+strings.ToUpper(fields[len(fields)-1]), shared, "shared"); err != nil {
			return err
		}
	}
	return add(name, "", "", short+"-METERS", "meter room", "service")
}
