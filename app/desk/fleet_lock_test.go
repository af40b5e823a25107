package desk_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"sleutelbord/lock"
	"sleutelbord/lock/bundle"
	"sleutelbord/lock/carrier"
	"sleutelbord/nfc/keytag"

	"pgregory.net/rapid"
)

type claims = keytag.Claims

// said is what a bundle says, and what the desk knew when it last called it
// the newest.
type said struct {
	data    []byte
	signer  bundle.SignerKey
	content bundle.Bundle
	foreign bool
	// ended and live are the tags of the records at that time, by number.
	ended, live map[keytag.Number]bool
}

// gate is a lock with what it ought to know, by the rule of docs/lock.md.
type gate struct {
	id   string
	name bundle.LockName
	key  bundle.LockKey
	lock *lock.Lock
	w    *fleet
	dir  string
	zone keytag.Zone // 0 until the lock is in the records

	clock clockKind
	mem   memory
	kept  *keptState
	// behind is true while the desk has forgotten or dropped what the lock
	// works with, and shaky while the lock's own memory was put back.
	behind, shaky bool
	// missed is true when there were records that did not have it: it may not
	// have learnt there who signs now.
	missed bool
	// reset is true once its button was pressed: it may trust a signer of long ago.
	reset bool
	// newest is its newest bundle; proved are the tags that it has confirmed to
	// be dead.
	newest *said
	proved map[keytag.Number]bool
	// sealed are all bundles that were ever made for it.
	sealed []*said
}

// memory is what a lock keeps.
type memory struct {
	lines  []siteLine
	bundle *said // nil before the first and after a reset
	// What follows is not stored in a lock, but what people know of it: the tags
	// that were dead or live when its bundle was called the newest.
	ended, live map[keytag.Number]bool
}

// kills tells whether a tag is dead there.
func (m memory) kills(n keytag.Number) bool {
	return m.ended[n] || m.lines[m.line(m.bundle.signer)].dead[n]
}

type siteLine struct {
	signers  []bundle.SignerKey
	sequence uint32
	floors   map[zoneVersion]floor
	// dead are the tags that people know to be dead there for good.
	dead map[keytag.Number]bool
}

type zoneVersion struct {
	zone    keytag.Zone
	version byte
}

type keptState struct {
	dir string
	mem memory
}

func (m memory) clone() memory {
	m.lines = slices.Clone(m.lines)
	for i := range m.lines {
		m.lines[i] = m.lines[i].clone()
	}
	return m
}

func (l siteLine) clone() siteLine {
	floors := map[zoneVersion]floor{}
	for z, f := range l.floors {
		floors[z] = floor{f.epoch, maps.Clone(f.seats)}
	}
	return siteLine{slices.Clone(l.signers), l.sequence, floors, maps.Clone(l.dead)}
}

// clockKind is how a lock knows the time.
type clockKind int

const (
	noClock    clockKind = iota // or not set since the power was lost
	rightClock                  //
	fastClock                   // days ahead
	slowClock                   // days behind
	wildClock                   // in another century
)

func newGate(w *fleet, id string) *gate {
	g := &gate{id: id, w: w, key: w.base.keys[id], dir: filepath.Join(w.dir, "lock-"+id)}
	g.name = g.key.Name()
	if len(id)%2 == 0 {
		g.clock = rightClock
	}
	g.open()
	return g
}

func (g *gate) open() {
	l, err := lock.Open(lock.Config{Name: g.name, Key: g.key.Private(), Dir: g.dir, Clock: g})
	g.w.must(err)
	g.lock = l
}

// Now implements [lock.Clock].
func (g *gate) Now() (time.Time, bool) {
	switch g.clock {
	case noClock:
		return time.Time{}, false
	case fastClock:
		return g.w.now.AddDate(0, 0, 8), true
	case slowClock:
		return g.w.now.AddDate(0, 0, -8), true
	case wildClock:
		return time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC), true
	}
	return g.w.now, true
}

// today is the earliest day that it can be to the lock.
func (g *gate) today() uint16 {
	issued := uint16(g.mem.bundle.content.Issued)
	now, set := g.Now()
	if !set || now.Year() < 2020 {
		return issued
	}
	return max(issued, dayOf(now))
}

// verdict is what a lock ought to do about a tag, and by which claims.
type verdict struct {
	open   bool
	claims claims
	next   floor
}

// judge is the rule.
func (g *gate) judge(h *given) verdict {
	b := g.mem.bundle
	if b == nil || b.foreign || h == nil || !slices.ContainsFunc(b.content.Locators, func(l bundle.Locator) bool { return l.Version == h.locator }) {
		return verdict{}
	}
	line := g.mem.lines[g.mem.line(b.signer)]
	for _, c := range h.record.Slots {
		for _, z := range b.content.Zones {
			if z.ID != c.Zone || z.Version != c.Version {
				continue
			}
			next, ok := pass(line.floors[zoneVersion{z.ID, z.Version}], c, z.Kind == bundle.KindHome)
			if ok && (c.NotAfter == 0 || uint16(c.NotAfter) >= g.today()) {
				return verdict{true, c, next}
			}
		}
	}
	return verdict{}
}

// pass holds claims against a floor and gives the floor after that.
func pass(f floor, c claims, home bool) (floor, bool) {
	const far = 256
	if c.Epoch < f.epoch || int(c.Epoch) > int(f.epoch)+far {
		return f, false
	}
	next := floor{f.epoch, maps.Clone(f.seats)}
	if next.seats == nil || home && c.Epoch > f.epoch {
		next.seats = map[uint16]uint16{}
	}
	if home {
		next.epoch = c.Epoch
	}
	lowest := next.seats[c.Seat]
	if c.Generation < lowest || int(c.Generation) > int(lowest)+far {
		return f, false
	}
	next.seats[c.Seat] = c.Generation
	return next, true
}

// line is the place of a signer's site in the lock's memory, -1 for none.
func (m memory) line(k bundle.SignerKey) int {
	return slices.IndexFunc(m.lines, func(l siteLine) bool { return slices.Contains(l.signers, k) })
}

// used is what an opened door knows of a tag: its claims are the floor now. What
// that ends is dead there for good.
func (g *gate) used(w *fleet, h *given, v verdict) {
	if !v.open {
		return
	}
	line := g.mem.lines[g.mem.line(g.mem.bundle.signer)]
	line.floors[zoneVersion{v.claims.Zone, v.claims.Version}] = v.next
	front := slices.ContainsFunc(g.mem.bundle.content.Zones, func(z bundle.Zone) bool { return z.ID == v.claims.Zone && z.Kind == bundle.KindHome })
	for number, old := range w.handed {
		same := slices.ContainsFunc(old.record.Slots, func(c claims) bool { return c.Zone == v.claims.Zone && c.Version == v.claims.Version })
		// Records that have forgotten the replacement may write the old tag anew.
		replaced := old.tag == h.tag.replaces && old.written < h.tag.since
		if same && (replaced || front && old.tag.home == h.tag.home && old.tenancy < h.tenancy) {
			line.dead[number] = true
		}
	}
}

// take tells what a lock ought to make of a bundle, and remembers it.
func (g *gate) take(data []byte, vouches func(bundle.SignerKey) bool) bool {
	s := g.w.said[sha256.Sum256(data)]
	if s == nil || s.content.Lock != g.name.ID() {
		return false
	}
	m := &g.mem
	if m.bundle != nil && bytes.Equal(m.bundle.data, data) {
		g.told(s)
		return true
	}
	line := m.line(s.signer)
	switch {
	case m.bundle == nil && !vouches(s.signer):
		return false
	case m.bundle == nil, s.signer == m.bundle.signer:
	case m.bundle.content.Next != nil && *m.bundle.content.Next == s.signer:
		line = m.join(m.line(m.bundle.signer), line)
	default:
		return false
	}
	if line < 0 {
		m.lines = append(m.lines, siteLine{floors: map[zoneVersion]floor{}, dead: map[keytag.Number]bool{}})
		line = len(m.lines) - 1
	}
	l := &m.lines[line]
	if s.content.Sequence < l.sequence || s.content.Sequence == l.sequence && m.bundle != nil {
		return false
	}
	l.sequence = s.content.Sequence
	if !slices.Contains(l.signers, s.signer) {
		l.signers = append(l.signers, s.signer)
	}
	for _, z := range s.content.Zones {
		k := zoneVersion{z.ID, z.Version}
		l.floors[k] = higher(l.floors[k], floor{z.Floor.Epoch, z.Floor.Seats})
	}
	m.bundle = s
	g.told(s)
	return true
}

// endedAt are the tags that had claims in a zone.
func endedAt(all map[keytag.Number][]claims, zone keytag.Zone) map[keytag.Number]bool {
	at := map[keytag.Number]bool{}
	for number, slots := range all {
		if slices.ContainsFunc(slots, func(c claims) bool { return c.Zone == zone }) {
			at[number] = true
		}
	}
	return at
}

// told notes what the bundle that the lock works with says.
func (g *gate) told(s *said) {
	g.mem.ended, g.mem.live = s.ended, s.live
	for number := range s.ended {
		h := g.w.handed[number]
		if slices.ContainsFunc(h.record.Slots, func(c claims) bool {
			return slices.ContainsFunc(s.content.Zones, func(z bundle.Zone) bool { return z.ID == c.Zone && z.Version == c.Version })
		}) {
			g.mem.lines[g.mem.line(s.signer)].dead[number] = true
		}
	}
	if s == g.newest {
		g.behind, g.shaky = false, false
	}
}

// join makes one line of two, with the higher of everything.
func (m *memory) join(a, b int) int {
	if b < 0 || a == b {
		return a
	}
	l, o := &m.lines[a], m.lines[b]
	l.sequence = max(l.sequence, o.sequence)
	l.signers = append(l.signers, o.signers...)
	for z, f := range o.floors {
		l.floors[z] = higher(l.floors[z], f)
	}
	maps.Copy(l.dead, o.dead)
	m.lines = slices.Delete(m.lines, b, b+1)
	if b < a {
		a--
	}
	return a
}

// higher is the floor that holds for both.
func higher(a, b floor) floor {
	switch {
	case a.epoch > b.epoch:
		return a
	case b.epoch > a.epoch:
		return floor{b.epoch, maps.Clone(b.seats)}
	}
	all := floor{a.epoch, map[uint16]uint16{}}
	for _, seats := range []map[uint16]uint16{a.seats, b.seats} {
		for seat, generation := range seats {
			all.seats[seat] = max(all.seats[seat], generation)
		}
	}
	return all
}

// exchange lets a lock and its model meet a carrier.
func (g *gate) exchange(c carrier.Lockside) {
	w := g.w
	w.Helper()
	there, err := c.Bundles(w.ctx, g.name)
	w.must(err)
	refused := false
	for _, data := range there {
		refused = !g.take(data, c.Vouches) || refused
	}
	_, _, err = g.lock.Exchange(w.ctx, c)
	g.agrees(refused, err)
}

// agrees holds a lock against its model after a bundle.
func (g *gate) agrees(refused bool, err error) {
	g.w.Helper()
	if refused != (err != nil) {
		g.w.Fatalf("%s: %v, and the rule says that refused is %v", g.id, err, refused)
	}
	want := uint32(0)
	if g.mem.bundle != nil {
		want = g.mem.bundle.content.Sequence
	}
	if got := g.lock.Sequence(); got != want {
		g.w.Fatalf("%s works with bundle %d instead of %d", g.id, got, want)
	}
	g.w.Logf("%s works with %d: refused %v", g.id, want, refused)
}

func (w *fleet) anyGate(rt *rapid.T) *gate { return rapid.SampledFrom(w.gates).Draw(rt, "lock") }

func (w *fleet) lockClock(rt *rapid.T) {
	w.begun()
	w.anyGate(rt).clock = rapid.SampledFrom([]clockKind{noClock, rightClock, rightClock, fastClock, slowClock, wildClock}).Draw(rt, "clock")
}

// power takes the power from a lock, and with it what its clock showed.
func (w *fleet) power(rt *rapid.T) {
	w.begun()
	g := w.anyGate(rt)
	w.must(g.lock.Close())
	g.clock = noClock
	g.open()
}

// reset presses the button inside of a lock.
func (w *fleet) reset(rt *rapid.T) {
	w.begun()
	g := w.anyGate(rt)
	w.must(g.lock.Reset())
	g.forget()
}

func (g *gate) forget() { g.reset, g.mem.bundle, g.mem.ended, g.mem.live = true, nil, nil, nil }

// savedBundle gives a lock a genuine bundle that somebody saved.
func (w *fleet) savedBundle(rt *rapid.T) {
	g := w.anyGate(rt)
	if len(g.sealed) == 0 {
		rt.Skip("no bundle")
	}
	w.begun()
	data := rapid.SampledFrom(g.sealed).Draw(rt, "saved").data
	if rapid.IntRange(0, 3).Draw(rt, "reset first") == 0 {
		w.must(g.lock.Reset())
		g.forget()
	}
	g.apply(data)
}

func (g *gate) apply(data []byte) {
	g.w.Helper()
	ok := g.take(data, func(bundle.SignerKey) bool { return true })
	g.agrees(!ok, g.lock.Apply(data))
}

// foreignBundle gives a lock what another site, another lock or nobody made.
func (w *fleet) foreignBundle(rt *rapid.T) {
	g := w.anyGate(rt)
	w.begun()
	switch rapid.SampledFrom([]string{"other lock", "changed", "other site"}).Draw(rt, "from") {
	case "other lock":
		for _, o := range w.gates {
			if o != g && o.newest != nil {
				g.apply(o.newest.data)
			}
		}
	case "changed":
		if g.newest == nil {
			rt.Skip("no bundle")
		}
		data := slices.Clone(g.newest.data)
		data[rapid.IntRange(0, len(data)-1).Draw(rt, "at")] ^= 1 << rapid.IntRange(0, 7).Draw(rt, "bit")
		g.apply(data)
	case "other site":
		g.apply(w.foreign(g, rapid.Uint32Range(1, 5).Draw(rt, "sequence")))
	}
}

// keepState copies the state of a lock, and oldState puts it back: whoever can do
// that has the lock in his hands.
func (w *fleet) keepState(rt *rapid.T) {
	w.begun()
	g := w.anyGate(rt)
	g.kept = &keptState{filepath.Join(w.dir, "state-"+g.id+"-"+strconv.Itoa(w.acts)), g.mem.clone()}
	copyRecords(w.base.t, g.dir, g.kept.dir)
}

func (w *fleet) oldState(rt *rapid.T) {
	g := w.anyGate(rt)
	if g.kept == nil {
		rt.Skip("no copy")
	}
	w.begun()
	w.must(g.lock.Close())
	w.must(os.RemoveAll(g.dir))
	copyRecords(w.base.t, g.kept.dir, g.dir)
	g.mem, g.shaky, g.behind = g.kept.mem.clone(), true, true
	g.open()
}

// GoString names a bundle in what rapid prints.
func (s *said) GoString() string { return fmt.Sprintf("bundle %d", s.content.Sequence) }

// GoString names a lock in what rapid prints.
func (g *gate) GoString() string { return g.id }
