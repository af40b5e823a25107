package lock

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"sleutelbord/lock/bundle"
	"sleutelbord/nfc"
	"sleutelbord/nfc/keytag"
	"sleutelbord/nfc/softcard"
)

// TestTwoReaders: one lock serves two readers at once.
func TestTwoReaders(t *testing.T) {
	b := newBench(t, Config{})
	mustBe(t, "bundle", b.send("site", 1, nil), nil)
	var wg sync.WaitGroup
	for side := range uint16(2) {
		var tags []*softcard.Card
		for generation := range uint16(5) {
			tags = append(tags, homeTag(t, 3, side, generation))
		}
		wg.Go(func() {
			for i, tag := range tags {
				if d, err := b.Try(tag); err != nil || !d.Open {
					t.Errorf("side %d, generation %d: %v, %v", side, i, d, err)
				}
			}
		})
	}
	wg.Wait()
	if f := b.floors()[zoneKey{101, 1}]; !sameFloor(f, floor(3, 0, 4, 1, 4)) {
		t.Errorf("floor %v", f)
	}
}

// floorOnDisk is the floor of the home zone as another process would find it.
func (b *bench) floorOnDisk(t *testing.T) bundle.Floor {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(b.dir, stateFileName))
	if err != nil {
		t.Fatal(err)
	}
	s, err := parseState(data)
	if err != nil {
		t.Fatal(err)
	}
	return s.Lines[0].Floors[zoneKey{101, 1}]
}

// twoSided is a door with a reader outside and one inside.
func twoSided(t *testing.T) (*running, [2]*softcard.Reader) {
	t.Helper()
	r := newRunning(t)
	inside := softcard.NewReader("inside")
	r.second = inside
	return r, [2]*softcard.Reader{r.reader, inside}
}

// TestOldAndNewAtOnce: at the same moment a tag lies outside and its replacement
// inside, many times over. In whatever order they are served, the old one never
// opens after the new one, and the new one's floor is on the disk before the
// bolt moves.
func TestOldAndNewAtOnce(t *testing.T) {
	r, readers := twoSided(t)
	mustBe(t, "bundle", r.send("site", 1, nil), nil)
	type event struct {
		open  bool
		floor uint16
	}
	events := make(chan event, 4)
	r.bolt = func() error {
		<-r.opened
		events <- event{true, r.floorOnDisk(t).Seats[0]}
		return nil
	}
	r.onDecided = func(d Decision) {
		if !d.Open {
			if d.Reason != OldGeneration {
				t.Errorf("%v", d)
			}
			events <- event{}
		}
	}
	r.start(t, time.Hour)
	both, newFirst := 0, 0
	for generation := uint16(1); generation <= 40; generation++ {
		old, replacement := homeTag(t, 3, 0, generation-1), homeTag(t, 3, 0, generation)
		side := int(generation) % 2
		var first, second event
		switch generation % 4 {
		case 0: // the old one first
			readers[side].Lay(old)
			first = next(t, "decision", events)
			readers[1-side].Lay(replacement)
		case 1: // the new one first
			readers[1-side].Lay(replacement)
			first = next(t, "decision", events)
			readers[side].Lay(old)
		default:
			var wg sync.WaitGroup
			wg.Go(func() { readers[side].Lay(old) })
			wg.Go(func() { readers[1-side].Lay(replacement) })
			wg.Wait()
			first = next(t, "decision", events)
		}
		second = next(t, "decision", events)
		switch {
		case first.open && second.open: // the old one was first
			both++
			if second.floor != generation {
				t.Errorf("generation %d: open with floor %d on the disk", generation, second.floor)
			}
		case first.open && !second.open:
			newFirst++
			if first.floor != generation {
				t.Errorf("generation %d: open with floor %d on the disk", generation, first.floor)
			}
		default:
			t.Fatalf("generation %d: %v, then %v", generation, first, second)
		}
		for _, reader := range readers {
			reader.Take()
		}
	}
	if both < 10 || newFirst < 10 {
		t.Errorf("the old tag was first %d times, the new one %d times", both, newFirst)
	}
	t.Logf("the old tag was first %d times, the new one %d times", both, newFirst)
}

// TestReadersComeAndGo: each reader has its own tags. One that lies on the one
// is served once, whatever happens at the other; a reader that is unplugged is
// told once, and the other goes on; and a tag that was taken away while the bolt
// moved for the other side is not served.
func TestReadersComeAndGo(t *testing.T) {
	r, readers := twoSided(t)
	mustBe(t, "bundle", r.send("site", 1, nil), nil)
	hold := make(chan struct{})
	r.bolt = func() error { <-hold; return nil }
	r.start(t, time.Hour)
	outside, inside := readers[0], readers[1]
	mine, yours := homeTag(t, 3, 0, 0), homeTag(t, 3, 1, 0)

	outside.Lay(mine)
	next(t, "opening", r.opened)
	inside.Lay(yours)
	inside.Take() // before its turn
	hold <- struct{}{}
	inside.Lay(yours)
	next(t, "opening", r.opened)
	hold <- struct{}{}
	inside.Take()
	inside.Lay(yours) // again, while the other still lies outside
	next(t, "opening", r.opened)
	hold <- struct{}{}
	if n := len(r.decided); n != 3 {
		t.Errorf("%d decisions", n)
	}
	for range 3 {
		<-r.decided
	}
	mustBe(t, "unplugging", inside.Close(), nil)
	if err := next(t, "trouble", r.trouble); !errors.Is(err, nfc.ErrNoReader) {
		t.Error(err)
	}
	outside.Take()
	outside.Lay(mine)
	next(t, "opening", r.opened)
	hold <- struct{}{}
	if d := next(t, "decision", r.decided); !d.Open {
		t.Error(d)
	}
	if n := len(r.trouble) + len(r.decided); n != 0 {
		t.Errorf("%d more", n)
	}
}

// TestTornAtOneReader: a tag that leaves in the middle at one reader costs the
// other nothing.
func TestTornAtOneReader(t *testing.T) {
	r, readers := twoSided(t)
	mustBe(t, "bundle", r.send("site", 1, nil), nil)
	r.start(t, time.Hour)
	for at := range 9 {
		torn := homeTag(t, 3, 0, 0)
		torn.Arm(softcard.LeaveAfter(at + 1))
		readers[0].Lay(torn)
		readers[1].Lay(homeTag(t, 3, 1, 0))
		if at < 8 { // the ninth command is the last: then it has opened
			if err := next(t, "trouble", r.trouble); !nfc.IsLine(err) {
				t.Error(err)
			}
		}
		if d := next(t, "decision", r.decided); !d.Open {
			t.Errorf("cut after command %d: %v", at+1, d)
		}
		next(t, "opening", r.opened)
		for _, reader := range readers {
			reader.Take()
		}
		for len(r.opened) > 0 {
			<-r.opened
			<-r.decided
		}
	}
}

// TestOnceTwoReaders: whichever reader has the first tag.
func TestOnceTwoReaders(t *testing.T) {
	r, readers := twoSided(t)
	mustBe(t, "bundle", r.send("site", 1, nil), nil)
	for _, reader := range readers {
		reader.Lay(homeTag(t, 3, 0, 0))
		if d, err := r.runner().Once(t.Context()); err != nil || !d.Open {
			t.Error(d, err)
		}
		reader.Take()
	}
	if err := (Runner{Lock: r.Lock}).Run(t.Context()); !errors.Is(err, nfc.ErrNoReader) {
		t.Errorf("without a reader: %v", err)
	}
}

// TestOtherApplication: a site with an application of its own.
func TestOtherApplication(t *testing.T) {
	for _, bad := range []string{"", "000000", "F53B02", "F53B", "F53B0101", "GG0000"} {
		if aid, err := ParseAID(bad); err == nil {
			t.Errorf("%q is %v", bad, aid)
		}
	}
	aid, err := ParseAID("a1b2c3")
	if err != nil || aid.String() != "A1B2C3" {
		t.Fatal(aid, err)
	}
	b := newBench(t, Config{AID: aid})
	mustBe(t, "bundle", b.send("site", 1, nil), nil)
	if d, err := b.Try(homeTag(t, 3, 0, 0)); err != nil || d.Reason != NotOurs {
		t.Error(d, err)
	}
	if keytag.DefaultAID == aid {
		t.Error("not another one")
	}
}
