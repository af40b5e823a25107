package keytag_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sleutelbord/nfc"
	"sleutelbord/nfc/desfire"
	"sleutelbord/nfc/keytag"
	"sleutelbord/nfc/softcard"
)

// fake is a false blank tag: it does all that a chip does, and keeps whatever it
// is given, in clear, after each command. What stood on it for a moment only is
// kept as well.
type fake struct {
	*softcard.Card
	t    *testing.T
	file string
	kept bytes.Buffer
}

func newFake(t *testing.T, chip softcard.Chip) *fake {
	t.Helper()
	f := &fake{t: t, file: filepath.Join(t.TempDir(), "fake")}
	f.Card = blank(t, softcard.Config{Chip: chip, Path: f.file})
	return f
}

func (f *fake) Transmit(b []byte) ([]byte, error) {
	f.t.Helper()
	answer, err := f.Card.Transmit(b)
	// The card's file has all that it holds, keys too, in hexadecimal.
	state, readErr := os.ReadFile(f.file)
	if readErr != nil {
		f.t.Fatal(readErr)
	}
	f.kept.Write(state)
	fmt.Fprintf(&f.kept, "\n%x\n%x\n", b, answer)
	return answer, err
}

// knows tells whether a key stands anywhere in what was kept.
func (f *fake) knows(key []byte) bool {
	return bytes.Contains(bytes.ToLower(f.kept.Bytes()), []byte(hex.EncodeToString(key)))
}

// reveal is a derived key's bytes.
func reveal(k desfire.Key, err error) []byte {
	if err != nil {
		panic(err)
	}
	return k.Reveal()
}

// TestWhatAFakeLearns hands out a false blank tag, inspects it and wipes it, and
// looks through everything that it was given: it has its own tag's keys and
// the locator key, and no other key of the site.
func TestWhatAFakeLearns(t *testing.T) {
	for _, chip := range chips {
		f := newFake(t, chip)
		r, other := record(1, 5), record(2, 12)
		if err := recognise(t, ours, f, keytag.ExpectAnything).Issue(r, keytag.Observer{}); err != nil {
			t.Fatal(err)
		}
		for _, e := range []keytag.Expect{keytag.ExpectAnything, keytag.ExpectOurs} {
			f.Reset()
			l := recognise(t, ours, f, e)
			if e == keytag.ExpectOurs {
				if err := l.Wipe(keytag.Observer{}); err != nil {
					t.Fatal(err)
				}
			}
		}
		for name, key := range ownKeys(r) {
			if !f.knows(key) {
				t.Errorf("%v: the fake was not given its %s: what was kept is not all", chip, name)
			}
		}
		foreignKeys := keysOfOthers(r, other)
		for name, key := range foreignKeys {
			if f.knows(key) {
				t.Errorf("%v: the fake learned %s", chip, name)
			}
		}
		if !strings.Contains(f.kept.String(), r.Number.String()) {
			t.Errorf("%v: the fake does not know its own number", chip)
		}
		t.Logf("%v: %d keys learned, %d others looked for in %d bytes", chip, len(ownKeys(r)), len(foreignKeys), f.kept.Len())
	}
}

// ownKeys are what a fake learns by being handed out.
func ownKeys(r keytag.Record) map[string][]byte {
	k := ours.Keys
	own := map[string][]byte{
		"chip key":        reveal(k.PICC(r.Number)),
		"application key": reveal(k.Application(r.Number)),
		"unused key":      reveal(k.Unused(r.Number)),
		"locator key":     reveal(k.Locator(1)),
	}
	for i, c := range r.Slots {
		own[fmt.Sprintf("slot key %d", i)] = reveal(k.Slot(c, r.Number))
	}
	return own
}

// keysOfOthers are the site's other keys: masters, zone keys of every zone on
// either tag in three versions, all of another tag, and what this tag would
// have had with any one claim changed.
func keysOfOthers(r, other keytag.Record) map[string][]byte {
	k := ours.Keys
	keys := map[string][]byte{
		"another tag's chip key":        reveal(k.PICC(other.Number)),
		"another tag's application key": reveal(k.Application(other.Number)),
		"another tag's unused key":      reveal(k.Unused(other.Number)),
		"the next locator key":          reveal(k.Locator(2)),
		"a lock's receipt key":          reveal(k.Receipt([8]byte{1}, 0)),
	}
	for _, m := range []keytag.Master{keytag.MasterPICC, keytag.MasterApplication, keytag.MasterLocator, keytag.MasterZone} {
		sum := sha256.Sum256([]byte("ours" + m.String()))
		keys["master "+m.String()] = sum[:16]
	}
	for i, c := range other.Slots {
		for v := range byte(3) {
			keys[fmt.Sprintf("zone key %d version %d", c.Zone, v)] = reveal(k.Zone(c.Zone, v))
		}
		keys[fmt.Sprintf("another tag's slot key %d", i)] = reveal(k.Slot(c, other.Number))
	}
	for i, c := range r.Slots {
		for j, changed := range changedClaims(c) {
			keys[fmt.Sprintf("slot key %d with claim %d changed", i, j)] = reveal(k.Slot(changed, r.Number))
		}
	}
	return keys
}

// changedClaims are c with one thing made better for whoever holds the tag.
func changedClaims(c keytag.Claims) []keytag.Claims {
	all := make([]keytag.Claims, 6)
	for i := range all {
		all[i] = c
	}
	all[0].Zone++
	all[1].Version++
	all[2].Epoch++
	all[3].Seat++
	all[4].Generation++
	all[5].NotAfter += 365
	return all
}

// TestWhatAFakeCanDo shows what the learned locator key is good for: reading
// which tag of the site this is and for which zones. It opens no slot.
func TestWhatAFakeCanDo(t *testing.T) {
	f := newFake(t, softcard.EV1)
	r, victim := record(1, 5), record(2, 5)
	if err := recognise(t, ours, f, keytag.ExpectAnything).Issue(r, keytag.Observer{}); err != nil {
		t.Fatal(err)
	}
	c := blank(t, softcard.Config{Chip: softcard.EV3})
	issue(t, ours, c, victim)
	for name, key := range ownKeys(r) {
		for no := range byte(keytag.KeyCount) {
			card := desfire.New(lay(c))
			if err := card.SelectApplication(keytag.DefaultAID); err != nil {
				t.Fatal(err)
			}
			s, err := card.AuthenticateEV2First(no, desfire.NewAESKey([16]byte(key), 1))
			if (err == nil) != (name == "locator key" && no == keytag.LocatorKeyNo) {
				t.Errorf("%s of one tag as key %d of another: %v", name, no, err)
			}
			if err == nil {
				proveLocatorReads(t, s, victim)
			} else if !errors.Is(err, nfc.ErrWrongKey) {
				t.Error(err)
			}
		}
	}
}

// proveLocatorReads holds the record against what a holder of the locator key
// sees, and that it writes nothing.
func proveLocatorReads(t *testing.T, s *desfire.Session, want keytag.Record) {
	t.Helper()
	b, err := s.ReadData(keytag.RecordFile, desfire.Full, 0, keytag.RecordSize)
	if err != nil {
		t.Fatal(err)
	}
	got, err := keytag.ParseRecord(b)
	if err != nil || got.Number != want.Number || len(got.Slots) != len(want.Slots) {
		t.Errorf("read with the locator key: %+v, %v", got, err)
	}
	if err := s.WriteData(keytag.RecordFile, desfire.Full, 0, b[:16]); !errors.Is(err, nfc.ErrPermission) && !errors.Is(err, nfc.ErrWrongKey) {
		t.Errorf("written with the locator key: %v", err)
	}
}
