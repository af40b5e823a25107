package lock

import (
	"maps"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"sleutelbord/lock/bundle"
	"sleutelbord/nfc/keytag"
)

func floor(epoch uint16, seats ...uint16) bundle.Floor {
	f := bundle.Floor{Epoch: epoch, Seats: map[uint16]uint16{}}
	for i := 0; i < len(seats); i += 2 {
		f.Seats[seats[i]] = seats[i+1]
	}
	return f
}

func claims(epoch, seat, generation uint16) keytag.Claims {
	return keytag.Claims{Zone: 101, Version: 1, Epoch: epoch, Seat: seat, Generation: generation}
}

func sameFloor(a, b bundle.Floor) bool { return a.Epoch == b.Epoch && maps.Equal(a.Seats, b.Seats) }

const (
	home    = bundle.KindHome
	shared  = bundle.KindShared
	service = bundle.KindService
)

// ruleCase is one decision: also a vector of docs/vectors/lock-rule.json.
type ruleCase struct {
	name   string
	kind   bundle.Kind
	floor  bundle.Floor
	claims keytag.Claims
	today  keytag.Day
	reason Reason
	next   bundle.Floor
}

func until(c keytag.Claims, d keytag.Day) keytag.Claims { c.NotAfter = d; return c }

func ruleCases() []ruleCase {
	top := uint16(math.MaxUint16)
	return []ruleCase{
		{"first tag of a home", home, floor(0), claims(0, 0, 0), 100, Passed, floor(0)},
		{"same tag again", home, floor(3, 1, 2), claims(3, 1, 2), 100, Passed, floor(3, 1, 2)},
		{"another seat", home, floor(3, 1, 2), claims(3, 0, 0), 100, Passed, floor(3, 1, 2)},
		{"replacement raises its seat only", home, floor(3, 1, 2, 5, 9), claims(3, 1, 3), 100, Passed, floor(3, 1, 3, 5, 9)},
		{"first replacement", home, floor(3), claims(3, 1, 1), 100, Passed, floor(3, 1, 1)},
		{"replaced tag", home, floor(3, 1, 3), claims(3, 1, 2), 100, OldGeneration, floor(3, 1, 3)},
		{"new tenancy clears the seats", home, floor(3, 1, 3, 2, 8), claims(4, 1, 0), 100, Passed, floor(4)},
		{"new tenancy, second tag of a seat", home, floor(3, 1, 3, 2, 8), claims(4, 1, 1), 100, Passed, floor(4, 1, 1)},
		{"earlier tenancy", home, floor(4), claims(3, 1, 200), 100, OldEpoch, floor(4)},
		{"epoch 256 above", home, floor(3), claims(259, 0, 0), 100, Passed, floor(259)},
		{"epoch 257 above", home, floor(3), claims(260, 0, 0), 100, EpochTooFar, floor(3)},
		{"epoch at its maximum", home, floor(3), claims(top, 0, 0), 100, EpochTooFar, floor(3)},
		{"epoch floor at its maximum", home, floor(top), claims(top, 0, 0), 100, Passed, floor(top)},
		{"generation 256 above", home, floor(3, 1, 2), claims(3, 1, 258), 100, Passed, floor(3, 1, 258)},
		{"generation 257 above", home, floor(3, 1, 2), claims(3, 1, 259), 100, GenerationTooFar, floor(3, 1, 2)},
		{"generation at its maximum", home, floor(3, 1, 2), claims(3, 1, top), 100, GenerationTooFar, floor(3, 1, 2)},
		{"generation floor at its maximum", home, floor(3, 1, top), claims(3, 1, top), 100, Passed, floor(3, 1, top)},
		{"generation too far in a new tenancy", home, floor(3, 1, 200), claims(4, 1, 257), 100, GenerationTooFar, floor(3, 1, 200)},
		{"generation below the old floor in a new tenancy", home, floor(3, 1, 200), claims(4, 1, 5), 100, Passed, floor(4, 1, 5)},
		{"last day", home, floor(3), until(claims(3, 0, 0), 100), 100, Passed, floor(3)},
		{"day after", home, floor(3), until(claims(3, 0, 0), 100), 101, Expired, floor(3)},
		{"expired tag raises nothing", home, floor(3), until(claims(4, 0, 7), 100), 101, Expired, floor(3)},
		{"no end", home, floor(3), claims(3, 0, 0), keytag.Day(top), Passed, floor(3)},
		{"shared: same tag", shared, floor(0, 8, 1), claims(0, 8, 1), 100, Passed, floor(0, 8, 1)},
		{"shared: replacement", shared, floor(0, 8, 1), claims(0, 8, 2), 100, Passed, floor(0, 8, 2)},
		{"shared: replaced tag", shared, floor(0, 8, 2), claims(0, 8, 1), 100, OldGeneration, floor(0, 8, 2)},
		{"shared: higher epoch is not stored", shared, floor(0, 8, 1), claims(5, 8, 1), 100, Passed, floor(0, 8, 1)},
		{"shared: higher epoch does not pass a seat floor", shared, floor(0, 8, 2), claims(5, 8, 1), 100, OldGeneration, floor(0, 8, 2)},
		{"shared: higher epoch raises its seat", shared, floor(0, 8, 2), claims(5, 8, 3), 100, Passed, floor(0, 8, 3)},
		{"shared: epoch too far", shared, floor(0), claims(257, 8, 0), 100, EpochTooFar, floor(0)},
		{"shared: lower epoch", shared, floor(1), claims(0, 8, 9), 100, OldEpoch, floor(1)},
		{"service: higher epoch is not stored", service, floor(0, 2, 4), claims(1, 3, 0), 100, Passed, floor(0, 2, 4)},
		{"service: replaced tag", service, floor(0, 2, 4), claims(1, 2, 3), 100, OldGeneration, floor(0, 2, 4)},
	}
}

func TestJudge(t *testing.T) {
	for _, c := range ruleCases() {
		before := c.floor.Clone()
		next, raised, reason := Judge(c.kind, c.floor, c.claims, c.today)
		if reason != c.reason || !sameFloor(next, c.next) || raised != !sameFloor(c.floor, c.next) {
			t.Errorf("%s: %v, floor %v, raised %v; want %v, floor %v", c.name, reason, next, raised, c.reason, c.next)
		}
		if !sameFloor(before, c.floor) {
			t.Errorf("%s: the floor given was changed", c.name)
		}
	}
}

// oracle is the rule once more, said otherwise: as what the locks page demands
// of a slot, sentence by sentence.
func oracle(kind bundle.Kind, f bundle.Floor, c keytag.Claims, today keytag.Day) (opens bool, epoch uint16, seats map[uint16]uint16) {
	e, g := int(c.Epoch)-int(f.Epoch), int(c.Generation)
	ended := kind == home && e > 0
	if !ended {
		g -= int(f.Seats[c.Seat])
	}
	opens = e >= 0 && e <= 256 && g >= 0 && g <= 256 && (c.NotAfter == 0 || c.NotAfter >= today)
	epoch, seats = f.Epoch, maps.Clone(f.Seats)
	if opens && ended {
		epoch, seats = c.Epoch, map[uint16]uint16{}
	}
	if opens && g > 0 {
		seats[c.Seat] = c.Generation
	}
	return opens, epoch, seats
}

func drawFloor(t *rapid.T) bundle.Floor {
	return bundle.Floor{
		Epoch: near(t, "epoch floor"),
		Seats: rapid.MapOfN(rapid.Uint16Max(5), rapid.Uint16Min(1), 0, 5).Draw(t, "seats"),
	}
}

// near draws numbers that often lie within and at the edges of each other's
// jumps.
func near(t *rapid.T, label string) uint16 {
	return rapid.OneOf(rapid.Uint16Max(600), rapid.Uint16Min(math.MaxUint16-600), rapid.SampledFrom([]uint16{0, 1, 255, 256, 257, 258})).Draw(t, label)
}

func TestJudgeAgainstOracle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kind := bundle.Kind(rapid.ByteMax(2).Draw(t, "kind"))
		f := drawFloor(t)
		c := claims(near(t, "epoch"), rapid.Uint16Max(5).Draw(t, "seat"), near(t, "generation"))
		c.NotAfter = keytag.Day(rapid.Uint16Max(20).Draw(t, "not after"))
		today := keytag.Day(rapid.Uint16Range(1, 20).Draw(t, "today"))
		opens, epoch, seats := oracle(kind, f, c, today)
		next, raised, reason := Judge(kind, f, c, today)
		if opens != (reason == Passed) || next.Epoch != epoch || !maps.Equal(next.Seats, seats) {
			t.Fatalf("%v %v, the oracle says %v %d %v", reason, next, opens, epoch, seats)
		}
		if raised == sameFloor(next, f) {
			t.Fatalf("raised %v: %v to %v", raised, f, next)
		}
	})
}

func TestMerge(t *testing.T) {
	for _, c := range []struct {
		name            string
		have, got, want bundle.Floor
	}{
		{"nothing yet", bundle.Floor{}, floor(0, 1, 2), floor(0, 1, 2)},
		{"higher epoch replaces", floor(3, 1, 9), floor(4, 2, 1), floor(4, 2, 1)},
		{"equal epoch takes the maximum", floor(3, 1, 9, 2, 1), floor(3, 1, 4, 2, 5, 3, 6), floor(3, 1, 9, 2, 5, 3, 6)},
		{"lower epoch changes nothing", floor(3, 1, 9), floor(2, 1, 200, 4, 4), floor(3, 1, 9)},
	} {
		before := c.have.Clone()
		if got := Merge(c.have, c.got); !sameFloor(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
		if !sameFloor(before, c.have) {
			t.Errorf("%s: the floor given was changed", c.name)
		}
	}
}

func TestNotBefore(t *testing.T) {
	at := func(d keytag.Day, set bool) Clock {
		return ClockFunc(func() (time.Time, bool) { return d.Time().Add(23 * time.Hour), set })
	}
	for _, c := range []struct {
		name  string
		clock Clock
		want  keytag.Day
	}{
		{"no clock", nil, 100},
		{"clock not set", NoClock(), 100},
		{"clock not set, with a time", at(200, false), 100},
		{"clock ahead", at(200, true), 200},
		{"clock before the bundle", at(99, true), 100},
		{"clock in 1970", ClockFunc(func() (time.Time, bool) { return time.Unix(0, 0), true }), 100},
		{"clock in 2300", ClockFunc(func() (time.Time, bool) { return time.Date(2300, 1, 1, 0, 0, 0, 0, time.UTC), true }), 100},
	} {
		if got := NotBefore(100, c.clock); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
	if now, set := SystemClock().Now(); !set || time.Since(now) > time.Minute {
		t.Error("the system's clock is not the system's")
	}
}

// campus is the abstract desk and lock of the model: one home zone and one
// shared zone, as the desk hands tags out.
type campus struct {
	floors map[bundle.Kind]bundle.Floor
	// last is the newest generation handed out of each seat, by epoch.
	epoch uint16
	last  map[bundle.Kind]map[uint16]uint16
	tags  []modelTag
}

type modelTag struct {
	kind   bundle.Kind
	claims keytag.Claims
}

// TestRuleKeepsItsPromises hands out, replaces, moves tenants and syncs in any
// order, and holds the lock to what follows from the rule.
func TestRuleKeepsItsPromises(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := &campus{floors: map[bundle.Kind]bundle.Floor{home: floor(0), shared: floor(0)}, last: map[bundle.Kind]map[uint16]uint16{home: {}, shared: {}}}
		c.issue(home, 0)
		c.issue(shared, 0)
		t.Repeat(map[string]func(*rapid.T){
			"issue":   func(t *rapid.T) { c.issue(c.kind(t), c.seat(t)) },
			"replace": func(t *rapid.T) { c.replace(t, c.kind(t), c.seat(t)) },
			"move":    c.move,
			"sync":    c.sync,
			"try":     c.try,
		})
	})
}

func (c *campus) kind(t *rapid.T) bundle.Kind {
	return rapid.SampledFrom([]bundle.Kind{home, shared}).Draw(t, "kind")
}

func (c *campus) seat(t *rapid.T) uint16 { return rapid.Uint16Max(2).Draw(t, "seat") }

// issue hands a tag of the seat's present generation out.
func (c *campus) issue(kind bundle.Kind, seat uint16) {
	claim := claims(0, seat, c.last[kind][seat])
	if kind == home {
		claim.Epoch = c.epoch
	}
	c.tags = append(c.tags, modelTag{kind, claim})
}

// replace hands a tag of the next generation out, and tries it: it must open at
// once, and every tag of the seat before it must be dead from then on.
func (c *campus) replace(t *rapid.T, kind bundle.Kind, seat uint16) {
	c.last[kind][seat]++
	c.issue(kind, seat)
	newest := c.tags[len(c.tags)-1]
	if !c.opens(newest) {
		t.Fatalf("the replacement %v is refused at %v", newest, c.floors[kind])
	}
	for _, tag := range c.tags {
		if tag.kind == kind && tag.claims.Seat == seat && tag.claims.Generation < newest.claims.Generation &&
			tag.claims.Epoch <= newest.claims.Epoch && c.opens(tag) {
			t.Fatalf("%v opens after %v", tag, newest)
		}
	}
}

// move begins a tenancy: its first opening ends every tag of those before at
// the home's door, also those that were never returned.
func (c *campus) move(t *rapid.T) {
	c.epoch++
	c.last[home] = map[uint16]uint16{}
	c.issue(home, 0)
	if newest := c.tags[len(c.tags)-1]; !c.opens(newest) {
		t.Fatalf("the new tenant is refused: %v at %v", newest, c.floors[home])
	}
	for _, tag := range c.tags {
		if tag.kind == home && tag.claims.Epoch < c.epoch && c.opens(tag) {
			t.Fatalf("%v opens in epoch %d", tag, c.epoch)
		}
	}
}

// sync brings the desk's floors: afterwards the newest tag of every seat opens
// and no other.
func (c *campus) sync(t *rapid.T) {
	wanted := map[bundle.Kind]bundle.Floor{home: floor(c.epoch), shared: floor(0)}
	for kind, seats := range c.last {
		for seat, generation := range seats {
			if generation > 0 {
				wanted[kind].Seats[seat] = generation
			}
		}
		c.floors[kind] = Merge(c.floors[kind], wanted[kind])
	}
	for _, tag := range c.tags {
		newest := tag.claims.Generation == c.last[tag.kind][tag.claims.Seat] && (tag.kind == shared || tag.claims.Epoch == c.epoch)
		if c.opens(tag) != newest {
			t.Fatalf("after a sync %v opens: %v, want %v", tag, !newest, newest)
		}
	}
}

// try lays any tag on the lock: floors never fall.
func (c *campus) try(t *rapid.T) {
	tag := rapid.SampledFrom(c.tags).Draw(t, "tag")
	before := c.floors[tag.kind].Clone()
	c.opens(tag)
	after := c.floors[tag.kind]
	if after.Epoch < before.Epoch {
		t.Fatalf("epoch fell from %v to %v", before, after)
	}
	for seat, generation := range before.Seats {
		if after.Epoch == before.Epoch && after.Seats[seat] < generation {
			t.Fatalf("seat %d fell from %v to %v", seat, before, after)
		}
	}
}

func (c *campus) opens(tag modelTag) bool {
	next, _, reason := Judge(tag.kind, c.floors[tag.kind], tag.claims, 100)
	c.floors[tag.kind] = next
	return reason == Passed
}
