package lock

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"sleutelbord/lock/bundle"
	"sleutelbord/nfc/keytag"
	"sleutelbord/nfc/softcard"
)

// stateMeanings are all fields of the state file: none is about an event, a
// tag, a person or a time of use.
var stateMeanings = map[string]string{
	"stateFile.Lock":     "bytes: 8, whose state it is",
	"stateLine.Signers":  "list of bytes: 32 each, public keys of a site",
	"stateLine.Sequence": "number: counts bundles",
	"stateFloor.Zone":    "number",
	"stateFloor.Version": "number: of the zone key",
	"stateFloor.Epoch":   "number: lowest epoch that opens",
	"stateFloor.Seats":   "numbers: seat to lowest generation that opens",
	"stateFile.Receipt":  "bytes: 29, for the last bundle",
	"stateFile.Bundle":   "bytes: the last bundle, sealed as it came",
}

func TestNoPlaceInState(t *testing.T) {
	seen := 0
	var walk func(v reflect.Type)
	walk = func(v reflect.Type) {
		for f := range v.Fields() {
			switch {
			case f.Name == "_":
			case f.Type.Kind() == reflect.Slice && f.Type.Elem().Kind() == reflect.Struct:
				walk(f.Type.Elem())
			default:
				seen++
				name := v.Name() + "." + f.Name
				want, _, _ := strings.Cut(stateMeanings[name], ":")
				if got := stateWord(f.Type); got != want {
					t.Errorf("%s is %s, listed as %q", name, got, want)
				}
			}
		}
	}
	walk(reflect.TypeFor[stateFile]())
	if seen != len(stateMeanings) {
		t.Errorf("%d fields, %d listed", seen, len(stateMeanings))
	}
}

func stateWord(t reflect.Type) string {
	switch t {
	case reflect.TypeFor[[]byte]():
		return "bytes"
	case reflect.TypeFor[[][]byte]():
		return "list of bytes"
	case reflect.TypeFor[map[uint16]uint16]():
		return "numbers"
	}
	switch t.Kind() {
	case reflect.Uint8, reflect.Uint16, reflect.Uint32:
		return "number"
	}
	return t.String()
}

// TestStateForgetsTags: after tags of every kind, the state is the same, byte
// for byte, unless a floor rose; and then it is the same whichever tag raised
// it and however often it came.
func TestStateForgetsTags(t *testing.T) {
	b := newBench(t, Config{})
	mustBe(t, "bundle", b.send("site", 1, nil), nil)
	read := func() []byte {
		var all []byte
		entries, err := os.ReadDir(b.dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			data, err := os.ReadFile(filepath.Join(b.dir, e.Name()))
			if err != nil {
				t.Fatal(err)
			}
			all = append(append(all, e.Name()...), data...)
		}
		return all
	}
	before := read()
	for _, c := range doorCases() {
		c.slots = append([]keytag.Claims{}, c.slots...)
		for i := range c.slots {
			c.slots[i].Generation, c.slots[i].Epoch = 0, 3
		}
		if _, err := b.Try(c.tag(t, softcard.EV3, 1)); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(before, read()) {
			t.Fatalf("%s left something", c.name)
		}
	}
	open := func(epoch, seat, generation uint16) []byte {
		if d, err := b.Try(homeTag(t, epoch, seat, generation)); err != nil || !d.Open {
			t.Fatal(d, err)
		}
		return read()
	}
	raised := open(3, 0, 1)
	if !bytes.Equal(raised, open(3, 0, 1)) || !bytes.Equal(raised, open(3, 1, 0)) {
		t.Error("an opening that raises nothing left something")
	}
	if bytes.Contains(raised, doorNumber[:]) {
		t.Error("the state holds a tag number")
	}
}

// TestNoDates: neither the state file nor its directory shows when a floor
// rose.
func TestNoDates(t *testing.T) {
	b := newBench(t, Config{})
	mustBe(t, "bundle", b.send("site", 1, nil), nil)
	if b.judged(claims(3, 0, 1)) != Passed {
		t.Fatal("refused")
	}
	for _, path := range []string{b.dir, filepath.Join(b.dir, stateFileName)} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if !info.ModTime().Equal(noTime) {
			t.Errorf("%s is of %v", path, info.ModTime())
		}
	}
}

// TestDecisionHasNoPlace: what leaves the lock about a tag is whether it opens,
// why not, and at which zone.
func TestDecisionHasNoPlace(t *testing.T) {
	want := map[string]reflect.Type{
		"Open": reflect.TypeFor[bool](), "Reason": reflect.TypeFor[Reason](), "Zone": reflect.TypeFor[keytag.Zone](),
	}
	d := reflect.TypeFor[Decision]()
	for f := range d.Fields() {
		if want[f.Name] != f.Type {
			t.Errorf("Decision has a field %s of %v", f.Name, f.Type)
		}
	}
	if d.NumField() != len(want) || bundle.ReceiptSize != 29 {
		t.Error("decision or receipt have another size")
	}
}
