package desk

import (
	"bytes"
	"crypto/rand"
	"encoding/csv"
	"fmt"

	"sleutelbord/lock/bundle"
)

// DemoCampus is a made-up campus for looking around and for stories: the list
// of its homes and locks, and the keys that the makers of those locks hold.
type DemoCampus struct {
	CSV  []byte
	Keys map[string]bundle.LockKey // by lock id

	names DemoNames
}

// demoStreets are the buildings of the demo campus; homes are spread evenly.
var demoStreets = []string{"Boulevard 3", "Calslaan 12", "Matenweg 8", "Campuslaan 21", "Witbreuksweg 377", "Sterrenlaan 5"}

// DemoNames are what the doors of the demo campus are called. Lock ids and
// streets are the same in every language.
type DemoNames struct {
	Entrance  string
	Corridor  string // the number of the corridor follows
	FrontDoor string
}

// englishNames are those of the stories that the commands tell.
var englishNames = DemoNames{Entrance: "entrance", Corridor: "corridor", FrontDoor: "front door"}

const (
	demoHomesPerFloor = 10
	demoFlatSize      = 5 // homes behind one corridor door
)

// NewDemoCampus makes a campus of so many homes, each with a front door of its
// own, a shared door for every five homes, and an entrance for each building.
// Without names, the doors have English ones.
func NewDemoCampus(homes int, names ...DemoNames) (DemoCampus, error) {
	if homes < 1 {
		return DemoCampus{}, fmt.Errorf("making the demo campus: %d homes", homes)
	}
	c := DemoCampus{Keys: make(map[string]bundle.LockKey), names: englishNames}
	if len(names) > 0 {
		c.names = names[0]
	}
	var buf bytes.Buffer
	w := csv.NewWriter(&buf)
	if err := w.Write(columns); err != nil {
		return c, fmt.Errorf("making the demo campus: %w", err)
	}
	streets := min(len(demoStreets), (homes+demoHomesPerFloor-1)/demoHomesPerFloor)
	for i, street := range demoStreets[:streets] {
		n := homes / streets
		if i < homes%streets {
			n++
		}
		if err := c.building(w, i, street, n); err != nil {
			return c, fmt.Errorf("making the demo campus: %w", err)
		}
	}
	w.Flush()
	c.CSV = buf.Bytes()
	return c, w.Error()
}

func (c *DemoCampus) building(w *csv.Writer, i int, street string, homes int) error {
	if err := c.lock(w, street, "", "", fmt.Sprintf("E%d", i+1), c.names.Entrance, "shared"); err != nil {
		return err
	}
	flat, corridor := "", 0
	for h := range homes {
		floor, number := h/demoHomesPerFloor, h%demoHomesPerFloor+1
		name := fmt.Sprintf("%d%02d", floor+1, number)
		if flat != "" {
			flat += ";"
		}
		flat += name
		if (h+1)%demoFlatSize == 0 || h+1 == homes {
			corridor++
			zone := fmt.Sprintf("%s %d", c.names.Corridor, corridor)
			if err := c.lock(w, street, fmt.Sprint(floor+1), flat, fmt.Sprintf("C%d-%d", i+1, corridor), zone, "shared"); err != nil {
				return err
			}
			flat = ""
		}
		if err := c.lock(w, street, fmt.Sprint(floor+1), name, fmt.Sprintf("H%d-%s", i+1, name), c.names.FrontDoor, "home"); err != nil {
			return err
		}
	}
	return nil
}

func (c *DemoCampus) lock(w *csv.Writer, street, floor, home, id, zone, kind string) error {
	name, err := bundle.ParseLockName(id)
	if err != nil {
		return err
	}
	key, err := bundle.GenerateKey(name, rand.Reader)
	if err != nil {
		return err
	}
	c.Keys[id] = key
	return w.Write([]string{street, floor, home, id, zone, kind, bundle.PublicText(key.Public())})
}
