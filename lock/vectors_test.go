package lock

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"sleutelbord/lock/bundle"
	"sleutelbord/nfc/desfire"
	"sleutelbord/nfc/keytag"
)

var update = flag.Bool("update", false, "write the vectors under docs/vectors anew")

// golden holds what the code makes now against the file of vectors.
func golden(t *testing.T, name string, v any) []byte {
	t.Helper()
	var now bytes.Buffer
	enc := json.NewEncoder(&now)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("..", "docs", "vectors", name)
	if *update {
		if err := os.WriteFile(path, now.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(data, now.Bytes()) {
		t.Errorf("%s is not what the code makes; run the test with -update if the rule was meant to change", name)
	}
	return data
}

type floorVector struct {
	Epoch uint16            `json:"epoch"`
	Seats map[uint16]uint16 `json:"seats"`
}

func (f floorVector) floor() bundle.Floor { return bundle.Floor{Epoch: f.Epoch, Seats: f.Seats} }

func vectorOf(f bundle.Floor) floorVector { f = f.Clone(); return floorVector{f.Epoch, f.Seats} }

type ruleVector struct {
	Name       string      `json:"name"`
	Kind       string      `json:"kind"`
	Floor      floorVector `json:"floor"`
	Epoch      uint16      `json:"epoch"`
	Seat       uint16      `json:"seat"`
	Generation uint16      `json:"generation"`
	NotAfter   uint16      `json:"not_after"`
	Today      uint16      `json:"today"`
	Opens      bool        `json:"opens"`
	Reason     string      `json:"reason"`
	// Next is the floor that must be durable before the lock opens; after a
	// refusal it is the floor of before.
	Next floorVector `json:"next_floor"`
}

type mergeVector struct {
	Name   string      `json:"name"`
	Have   floorVector `json:"have"`
	Bundle floorVector `json:"bundle"`
	Want   floorVector `json:"want"`
}

type ruleVectors struct {
	About string        `json:"about"`
	Rule  []ruleVector  `json:"rule"`
	Merge []mergeVector `json:"merge"`
	Doors []doorVector  `json:"doors"`
}

// doorVector is a whole record before a whole lock. Keys are right unless the
// slot stands in wrong_keys.
type doorVector struct {
	Name   string       `json:"name"`
	Record string       `json:"record"`
	Zones  []doorZone   `json:"lock_zones"`
	Today  uint16       `json:"today"`
	Wrong  []int        `json:"wrong_keys"`
	Tried  []int        `json:"slots_tried"`
	Opens  bool         `json:"opens"`
	Reason string       `json:"reason"`
	After  []zoneFloors `json:"floors_after"`
}

type doorZone struct {
	ID      uint32      `json:"id"`
	Kind    string      `json:"kind"`
	Version byte        `json:"version"`
	Floor   floorVector `json:"floor"`
}

type zoneFloors struct {
	ID      uint32      `json:"id"`
	Version byte        `json:"version"`
	Floor   floorVector `json:"floor"`
}

func makeRuleVectors(t *testing.T) ruleVectors {
	v := ruleVectors{About: "Decisions of the rule: one slot that has authenticated against one floor; what a bundle does to a floor; whole records before whole locks. Days count from 2020-01-01; not_after 0 is no end; seats that are not named have floor 0."}
	for _, c := range ruleCases() {
		v.Rule = append(v.Rule, ruleVector{
			c.name, c.kind.String(), vectorOf(c.floor), c.claims.Epoch, c.claims.Seat, c.claims.Generation,
			uint16(c.claims.NotAfter), uint16(c.today), c.reason == Passed, c.reason.String(), vectorOf(c.next),
		})
	}
	for _, m := range []struct {
		name      string
		have, got bundle.Floor
	}{
		{"nothing yet", bundle.Floor{}, floor(0, 1, 2)},
		{"higher epoch replaces", floor(3, 1, 9), floor(4, 2, 1)},
		{"higher epoch without seats", floor(3, 1, 9), floor(4)},
		{"equal epoch takes the maximum", floor(3, 1, 9, 2, 1), floor(3, 1, 4, 2, 5, 3, 6)},
		{"lower epoch changes nothing", floor(3, 1, 9), floor(2, 1, 200, 4, 4)},
	} {
		v.Merge = append(v.Merge, mergeVector{m.name, vectorOf(m.have), vectorOf(m.got), vectorOf(Merge(m.have, m.got))})
	}
	for _, c := range doorCases() {
		v.Doors = append(v.Doors, c.vector(t))
	}
	return v
}

func TestRuleVectors(t *testing.T) {
	var v ruleVectors
	if err := json.Unmarshal(golden(t, "lock-rule.json", makeRuleVectors(t)), &v); err != nil {
		t.Fatal(err)
	}
	for _, c := range v.Rule {
		kind, err := bundle.ParseKind(c.Kind)
		if err != nil {
			t.Fatal(err)
		}
		claim := keytag.Claims{Epoch: c.Epoch, Seat: c.Seat, Generation: c.Generation, NotAfter: keytag.Day(c.NotAfter)}
		next, _, reason := Judge(kind, c.Floor.floor(), claim, keytag.Day(c.Today))
		if (reason == Passed) != c.Opens || reason.String() != c.Reason || !sameFloor(next, c.Next.floor()) {
			t.Errorf("%s: %v %v", c.Name, reason, next)
		}
	}
	for _, m := range v.Merge {
		if got := Merge(m.Have.floor(), m.Bundle.floor()); !sameFloor(got, m.Want.floor()) {
			t.Errorf("%s: %v", m.Name, got)
		}
	}
	t.Logf("%d decisions, %d merges, %d doors", len(v.Rule), len(v.Merge), len(v.Doors))
}

type slotKeyVectors struct {
	About string          `json:"about"`
	Keys  []slotKeyVector `json:"keys"`
}

type slotKeyVector struct {
	Name       string `json:"name"`
	ZoneKey    string `json:"zone_key"`
	AID        string `json:"aid"`
	Zone       uint32 `json:"zone"`
	Version    byte   `json:"version"`
	Epoch      uint16 `json:"epoch"`
	Seat       uint16 `json:"seat"`
	Generation uint16 `json:"generation"`
	NotAfter   uint16 `json:"not_after"`
	Number     string `json:"tag_number"`
	Input      string `json:"input"`
	Key        string `json:"slot_key"`
}

func makeSlotKeyVectors() slotKeyVectors {
	v := slotKeyVectors{About: "Slot keys: NXP AN10922 AES-128 of the zone key over the 28-byte input. The first is the home slot of the worked example; the others change one claim each."}
	base := keytag.Claims{Zone: 101, Version: 1, Epoch: 3, Seat: 2, Generation: 4}
	tag := number("tag number 1")
	master := desfire.NewAESKey(exampleZoneKey, 1)
	add := func(name string, aid desfire.AID, n keytag.Number, change func(*keytag.Claims)) {
		c := base
		change(&c)
		in := keytag.Input{Purpose: keytag.PurposeSlot, AID: aid, Claims: c, Number: n}.Encode()
		v.Keys = append(v.Keys, slotKeyVector{
			name, hex.EncodeToString(master.Reveal()), aid.String(), uint32(c.Zone), c.Version, c.Epoch, c.Seat, c.Generation, uint16(c.NotAfter),
			n.String(), hex.EncodeToString(in[:]), hex.EncodeToString(keytag.SlotKey(master, aid, c, n).Reveal()),
		})
	}
	aid := keytag.DefaultAID
	add("worked example", aid, tag, func(*keytag.Claims) {})
	add("next zone", aid, tag, func(c *keytag.Claims) { c.Zone++ })
	add("highest zone", aid, tag, func(c *keytag.Claims) { c.Zone = keytag.MaxZone })
	add("next version", aid, tag, func(c *keytag.Claims) { c.Version++ })
	add("next epoch", aid, tag, func(c *keytag.Claims) { c.Epoch++ })
	add("next seat", aid, tag, func(c *keytag.Claims) { c.Seat++ })
	add("next generation", aid, tag, func(c *keytag.Claims) { c.Generation++ })
	add("with a last day", aid, tag, func(c *keytag.Claims) { c.NotAfter = 2557 })
	add("another tag", aid, number("tag number 2"), func(*keytag.Claims) {})
	add("another application", desfire.AID{0xF5, 0x3B, 0x02}, tag, func(*keytag.Claims) {})
	return v
}

// exampleZoneKey is the key of zone 101 in the worked example bundle.
var exampleZoneKey = [16]byte{
	0x2e, 0x50, 0xa4, 0x00, 0x80, 0xb6, 0xba, 0xc5, 0x48, 0xab, 0xff, 0xfd, 0x2c, 0xe3, 0x57, 0x9c,
}

func TestSlotKeyVectors(t *testing.T) {
	var v slotKeyVectors
	if err := json.Unmarshal(golden(t, "lock-slot-keys.json", makeSlotKeyVectors()), &v); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, k := range v.Keys {
		key, _ := hex.DecodeString(k.ZoneKey)
		input, _ := hex.DecodeString(k.Input)
		if got := desfire.DiversifyAES128(desfire.NewAESKey([16]byte(key), 1), input); hex.EncodeToString(got.Reveal()) != k.Key {
			t.Errorf("%s: another key", k.Name)
		}
		if seen[k.Key] {
			t.Errorf("%s: a key that stands there already", k.Name)
		}
		seen[k.Key] = true
	}
}

// TestExampleZoneKey: the slot keys and the bundle of the worked example belong
// together.
func TestExampleZoneKey(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("..", "docs", "vectors", "lock-bundles.json"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(data, []byte(hex.EncodeToString(exampleZoneKey[:]))) {
		t.Error("the zone key is not that of the worked example")
	}
}
