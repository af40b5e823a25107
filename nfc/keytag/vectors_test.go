package keytag_test

import (
	"bytes"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"sleutelbord/nfc"
	"sleutelbord/nfc/desfire"
	"sleutelbord/nfc/keytag"
	"sleutelbord/nfc/softcard"
)

var update = flag.Bool("update", false, "write docs/vectors/tag.json anew")

// vectors is docs/vectors/tag.json: what a lock maker checks his own code by.
// Every value is hexadecimal unless it is a number.
type vectors struct {
	Note    string            `json:"note"`
	Root    string            `json:"site_root"`
	Masters map[string]string `json:"masters"`
	AID     string            `json:"aid"`
	Number  string            `json:"tag_number"`
	Slots   []slotVector      `json:"slots"`
	Record  string            `json:"record"`
	Keys    []keyVector       `json:"keys"`
	Doors   []doorVector      `json:"door_checks"`
}

func (v vectors) key(name string) string {
	for _, k := range v.Keys {
		if k.Name == name {
			return k.Key
		}
	}
	return ""
}

type slotVector struct {
	Zone       uint32 `json:"zone"`
	Version    byte   `json:"version"`
	Epoch      uint16 `json:"epoch"`
	Seat       uint16 `json:"seat"`
	Generation uint16 `json:"generation"`
	NotAfter   uint16 `json:"not_after"`
}

type keyVector struct {
	Name   string `json:"name"`
	Master string `json:"master"`
	Input  string `json:"input"`
	Key    string `json:"key"`
}

// doorVector is all that goes over the air when slot 1 is checked, with the
// random numbers of both sides.
type doorVector struct {
	Chip string   `json:"chip"`
	RndA []string `json:"rnd_a"`
	// RndB are the chip's random numbers; on EV2 and EV3 a transaction
	// identifier of 4 bytes follows each.
	RndB []string    `json:"rnd_b"`
	Air  [][2]string `json:"apdus"`
	// Sessions and Read lie between the keys and those bytes.
	Sessions []sessionVector `json:"sessions"`
	Read     readVector      `json:"read"`
}

// rooted derives masters from a site root as tag.md tells.
type rooted map[keytag.Master]desfire.Key

func newRooted(t *testing.T, root []byte) rooted {
	t.Helper()
	r := rooted{}
	for _, m := range []keytag.Master{keytag.MasterPICC, keytag.MasterApplication, keytag.MasterLocator, keytag.MasterZone} {
		b, err := hkdf.Key(sha256.New, root, nil, m.String(), 16)
		if err != nil {
			t.Fatal(err)
		}
		r[m] = desfire.NewAESKey([16]byte(b), 0)
	}
	return r
}

func (r rooted) Diversify(m keytag.Master, input [keytag.InputSize]byte) ([16]byte, error) {
	return [16]byte(desfire.DiversifyAES128(r[m], input[:]).Reveal()), nil
}

// recorder notes what goes over the air.
type recorder struct {
	t   nfc.Transceiver
	air [][2]string
}

func (r *recorder) Transmit(b []byte) ([]byte, error) {
	answer, err := r.t.Transmit(b)
	r.air = append(r.air, [2]string{hex.EncodeToString(b), hex.EncodeToString(answer)})
	return answer, err
}

// counting gives 00, 01, 02 … and remembers what it gave.
type counting struct {
	next  byte
	given [][]byte
}

func (c *counting) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = c.next
		c.next++
	}
	c.given = append(c.given, append([]byte(nil), b...))
	return len(b), nil
}

func TestVectors(t *testing.T) {
	root := bytes.Repeat([]byte{0x53}, 32)
	r := newRooted(t, root)
	s := keytag.Site{Keys: keytag.Keys{Custody: r, AID: keytag.DefaultAID, Locators: []byte{1}}, PracticeKey: softcard.PracticePublicKey()}
	rec := keytag.Record{Number: keytag.Number{0xA0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, Slots: []keytag.Claims{
		{Zone: 1, Version: 1, Epoch: 3, Seat: 0, Generation: 2},
		{Zone: 0x01E240, Version: 1, Epoch: 0, Seat: 64, Generation: 0, NotAfter: 2556},
	}}
	v := vectors{
		Note: "Made-up keys. The formats are those of docs/tag.md; a test of the project makes this file and holds every value.",
		Root: hex.EncodeToString(root), Masters: map[string]string{}, AID: keytag.DefaultAID.String(), Number: rec.Number.String(),
	}
	for m, k := range r {
		v.Masters[m.String()] = hex.EncodeToString(k.Reveal())
	}
	for _, c := range rec.Slots {
		v.Slots = append(v.Slots, slotVector{uint32(c.Zone), c.Version, c.Epoch, c.Seat, c.Generation, uint16(c.NotAfter)})
	}
	b, err := rec.Encode()
	if err != nil {
		t.Fatal(err)
	}
	v.Record = hex.EncodeToString(b)
	v.Keys = keyVectors(t, s.Keys, rec)
	for _, chip := range chips {
		d := doorCheck(t, s, chip, rec)
		d.explain(t, v.key("K_locator version 1"), v.key("K_slot of slot 1"), v.Record)
		v.Doors = append(v.Doors, d)
	}
	compare(t, v)
}

func keyVectors(t *testing.T, k keytag.Keys, r keytag.Record) []keyVector {
	t.Helper()
	var list []keyVector
	add := func(name, master string, in keytag.Input, key desfire.Key, err error) {
		if err != nil {
			t.Fatal(err)
		}
		b := in.Encode()
		list = append(list, keyVector{name, master, hex.EncodeToString(b[:]), hex.EncodeToString(key.Reveal())})
	}
	n, slot := r.Number, r.Slots[1]
	key, err := k.PICC(n)
	add("K_picc", "picc", keytag.Input{Purpose: keytag.PurposePICC, Number: n}, key, err)
	key, err = k.Application(n)
	add("K_app", "application", keytag.Input{Purpose: keytag.PurposeApplication, AID: k.AID, Number: n}, key, err)
	key, err = k.Unused(n)
	add("K_unused", "application", keytag.Input{Purpose: keytag.PurposeUnused, AID: k.AID, Number: n}, key, err)
	key, err = k.Locator(1)
	add("K_locator version 1", "locator", keytag.Input{Purpose: keytag.PurposeLocator, AID: k.AID, Claims: keytag.Claims{Version: 1}}, key, err)
	zone, err := k.Zone(slot.Zone, slot.Version)
	add("K_zone of slot 1", "zone", keytag.Input{Purpose: keytag.PurposeZone, AID: k.AID, Claims: keytag.Claims{Zone: slot.Zone, Version: slot.Version}}, zone, err)
	add("K_slot of slot 1", "K_zone of slot 1", keytag.Input{Purpose: keytag.PurposeSlot, AID: k.AID, Claims: slot, Number: n}, keytag.SlotKey(zone, k.AID, slot, n), nil)
	return list
}

// doorCheck runs the nine commands of a door (ten on an EV1) and records them.
func doorCheck(t *testing.T, s keytag.Site, chip softcard.Chip, r keytag.Record) doorVector {
	t.Helper()
	rndA, rndB := &counting{}, &counting{}
	card := blank(t, softcard.Config{Chip: chip, Random: rndB})
	issue(t, s, card, r)
	air := &recorder{t: lay(card)}
	rndB.next, rndB.given = 0x80, nil
	d := desfire.New(air, desfire.WithRandom(rndA))
	zone, err := s.Keys.Zone(r.Slots[1].Zone, r.Slots[1].Version)
	if err != nil {
		t.Fatal(err)
	}
	locator, err := s.Keys.Locator(1)
	if err != nil {
		t.Fatal(err)
	}
	authenticate := d.AuthenticateEV2First
	if err := d.SelectApplication(s.Keys.AID); err != nil {
		t.Fatal(err)
	}
	session, err := authenticate(keytag.LocatorKeyNo, locator)
	if chip == softcard.EV1 {
		rndA.given = nil
		authenticate = d.AuthenticateAES
		session, err = authenticate(keytag.LocatorKeyNo, locator)
	}
	if err != nil {
		t.Fatal(err)
	}
	b, err := session.ReadData(keytag.RecordFile, desfire.Full, 0, keytag.RecordSize)
	if err != nil {
		t.Fatal(err)
	}
	got, err := keytag.ParseRecord(b)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := authenticate(keytag.FirstSlotKeyNo+1, keytag.SlotKey(zone, s.Keys.AID, got.Slots[1], got.Number)); err != nil {
		t.Fatal(err)
	}
	v := doorVector{Chip: chip.String(), Air: air.air}
	for _, g := range rndA.given {
		v.RndA = append(v.RndA, hex.EncodeToString(g))
	}
	for _, g := range rndB.given {
		v.RndB = append(v.RndB, hex.EncodeToString(g))
	}
	return v
}

// compare holds the vectors against the file, or writes it.
func compare(t *testing.T, v vectors) {
	t.Helper()
	path := filepath.Join("..", "..", "docs", "vectors", "tag.json")
	got, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("docs/vectors/tag.json is not what the code does; look at the difference, then run go test ./nfc/keytag -run Vectors -update")
	}
}
