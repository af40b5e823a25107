package lock

import (
	"bytes"
	"errors"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"syscall"
	"testing"

	"sleutelbord/lock/bundle"
	"sleutelbord/lock/internal/durable/durabletest"
	"sleutelbord/nfc/keytag"
)

func mustBe(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) || (err == nil) != (want == nil) {
		t.Fatalf("%s: %v, want %v", what, err, want)
	}
}

// judged lays a tag with these claims on the lock, past its authentication.
func (b *bench) judged(c keytag.Claims) Reason {
	b.t.Helper()
	r, err := b.settle(c)
	if err != nil {
		b.t.Fatal(err)
	}
	return r
}

func TestSequenceRises(t *testing.T) {
	b := newBench(t, Config{})
	if b.Sequence() != 0 {
		t.Error("a new lock has a sequence")
	}
	if _, ok := b.Receipt(); ok {
		t.Error("a new lock has a receipt")
	}
	first := b.seal("site", b.bundleFor(10, nil))
	mustBe(t, "first", b.Apply(first), nil)
	mustBe(t, "the same", b.Apply(first), nil)
	mustBe(t, "another of the same sequence", b.send("site", 10, nil), bundle.ErrOlder)
	mustBe(t, "newer", b.send("site", 12, nil), nil)
	want, _ := b.Receipt()
	for sequence := uint32(1); sequence <= 12; sequence++ {
		mustBe(t, "older", b.send("site", sequence, nil), bundle.ErrOlder)
	}
	mustBe(t, "the first again", b.Apply(first), bundle.ErrOlder)
	if r, _ := b.Receipt(); r != want || b.Sequence() != 12 {
		t.Error("a refused bundle changed receipt or sequence")
	}
	if n, err := want.Verify(bundle.NewReceiptKey(seeded16("receipt")), b.key.Name().ID()); n != 12 || err != nil {
		t.Error(n, err)
	}
	mustBe(t, "highest", b.send("site", math.MaxUint32, nil), nil)
}

func TestApplyRefuses(t *testing.T) {
	b := newBench(t, Config{})
	other := lockKey(t, "K0-102")
	data, err := bundle.Seal(b.bundleFor(5, nil), signer("site"), other.Public(), bytes.NewReader(make([]byte, 64)))
	if err != nil {
		t.Fatal(err)
	}
	mustBe(t, "for another key", b.Apply(data), bundle.ErrKey)
	mustBe(t, "for another lock", b.send("site", 5, func(v *bundle.Bundle) { v.Lock = other.Name().ID() }), bundle.ErrLock)
	mustBe(t, "rubbish", b.Apply([]byte("hello")), bundle.ErrDamaged)
	if b.Sequence() != 0 || len(b.state.Lines) != 0 {
		t.Error("a refused bundle left something")
	}
	mustBe(t, "genuine", b.send("site", 5, nil), nil)
	mustBe(t, "unknown signer", b.send("stranger", 6, nil), bundle.ErrSigner)
	good := b.seal("site", b.bundleFor(7, nil))
	for i := range good {
		for bit := range 8 {
			changed := bytes.Clone(good)
			changed[i] ^= 1 << bit
			if b.Apply(changed) == nil {
				t.Fatalf("bit %d of byte %d flipped is applied", bit, i)
			}
		}
	}
	mustBe(t, "unchanged", b.Apply(good), nil)
}

// TestFloorsMerge: a bundle's floors against those that tags have raised.
func TestFloorsMerge(t *testing.T) {
	b := newBench(t, Config{})
	mustBe(t, "first", b.send("site", 1, nil), nil)
	shared := keytag.Claims{Zone: 900, Version: 1, Seat: 8, Generation: 2}
	if b.judged(claims(5, 0, 1)) != Passed || b.judged(shared) != Passed {
		t.Fatal("refused")
	}
	mustBe(t, "lower epoch, lower seat", b.send("site", 2, func(v *bundle.Bundle) { v.Zones[1].Floor = floor(0, 8, 1, 9, 4) }), nil)
	if f := b.floors(); !sameFloor(f[zoneKey{101, 1}], floor(5, 0, 1)) || !sameFloor(f[zoneKey{900, 1}], floor(0, 8, 2, 9, 4)) {
		t.Errorf("floors %v", f)
	}
	mustBe(t, "higher epoch", b.send("site", 3, func(v *bundle.Bundle) { v.Zones[0].Floor = floor(6, 1, 1) }), nil)
	if f := b.floors(); !sameFloor(f[zoneKey{101, 1}], floor(6, 1, 1)) {
		t.Errorf("floors %v", f)
	}
	mustBe(t, "zone taken away", b.send("site", 4, func(v *bundle.Bundle) { v.Zones = v.Zones[:1] }), nil)
	if b.judged(shared) != OtherDoors {
		t.Error("a zone that was taken away still opens")
	}
	mustBe(t, "zone given back", b.send("site", 5, nil), nil)
	shared.Generation = 1
	if b.judged(shared) != OldGeneration {
		t.Error("a dead tag came back with its zone")
	}
}

// TestRollOver: a new key version starts from the bundle's floors, the old one
// keeps its own.
func TestRollOver(t *testing.T) {
	b := newBench(t, Config{})
	mustBe(t, "first", b.send("site", 1, nil), nil)
	if b.judged(claims(9, 0, 7)) != Passed {
		t.Fatal("refused")
	}
	mustBe(t, "roll-over", b.send("site", 2, func(v *bundle.Bundle) {
		z := zone(101, home, floor(4, 0, 1))
		z.Version, z.Key = 2, zoneMaster(101, 2)
		v.Zones = append(v.Zones, z)
	}), nil)
	newer := claims(4, 0, 1)
	newer.Version = 2
	if b.judged(newer) != Passed || b.judged(claims(9, 0, 6)) != OldGeneration || b.judged(claims(9, 0, 7)) != Passed {
		t.Error("the floors of two key versions mix")
	}
}

// TestReset: a reset forgets the trusted signer and nothing else.
func TestReset(t *testing.T) {
	b := newBench(t, Config{})
	saved := b.seal("site", b.bundleFor(5, nil))
	mustBe(t, "saved", b.Apply(saved), nil)
	last := b.seal("site", b.bundleFor(9, nil))
	mustBe(t, "last", b.Apply(last), nil)
	if b.judged(claims(4, 0, 2)) != Passed {
		t.Fatal("refused")
	}
	receipt, _ := b.Receipt()
	mustBe(t, "reset", b.Reset(), nil)
	if b.current() != nil || b.Sequence() != 0 || b.judged(claims(4, 0, 2)) != OtherDoors {
		t.Error("opens after a reset")
	}
	mustBe(t, "saved genuine bundle", b.Apply(saved), bundle.ErrOlder)
	if r, ok := b.Receipt(); !ok || r != receipt || b.current() != nil {
		t.Error("a refused bundle changed the lock, or lost the receipt")
	}
	mustBe(t, "last one again", b.Apply(last), nil)
	if b.judged(claims(4, 0, 1)) != OldGeneration {
		t.Error("floors were lost in a reset")
	}
	// Another signer in between, and back again.
	mustBe(t, "reset", b.Reset(), nil)
	mustBe(t, "stranger", b.send("stranger", 1, nil), nil)
	if b.judged(claims(4, 0, 1)) != Passed {
		t.Error("floors of one site hold for another")
	}
	mustBe(t, "site while the stranger is trusted", b.send("site", 10, nil), bundle.ErrSigner)
	mustBe(t, "reset", b.Reset(), nil)
	mustBe(t, "saved genuine bundle", b.Apply(saved), bundle.ErrOlder)
	mustBe(t, "site again", b.send("site", 10, nil), nil)
	if b.judged(claims(4, 0, 1)) != OldGeneration {
		t.Error("floors were lost while another signer was trusted")
	}
}

func named(by string) func(*bundle.Bundle) {
	return func(v *bundle.Bundle) { k := signerKey(by); v.Next = &k }
}

// TestOlderSignerAfterReset: a lock that was built in after the site had changed
// its signer cannot know the one before. Once reset, it takes a bundle of his that
// it was never brought, and nothing of the site until it is reset again.
func TestOlderSignerAfterReset(t *testing.T) {
	b := newBench(t, Config{})
	never := b.seal("before", b.bundleFor(3, nil))
	mustBe(t, "first bundle", b.send("site", 9, func(v *bundle.Bundle) { v.Zones[0].Floor = floor(4) }), nil)
	mustBe(t, "older signer", b.Apply(never), bundle.ErrSigner)
	mustBe(t, "reset", b.Reset(), nil)
	mustBe(t, "older signer", b.Apply(never), nil)
	if b.judged(claims(3, 0, 0)) != Passed {
		t.Error("floors of a line that the older signer has no part in")
	}
	mustBe(t, "site", b.send("site", 10, nil), bundle.ErrSigner)
	mustBe(t, "reset", b.Reset(), nil)
	mustBe(t, "site", b.send("site", 11, nil), nil)
	if b.judged(claims(3, 0, 0)) != OldEpoch {
		t.Error("the floors of the site are gone")
	}
}

// TestStateCopiedBack is what docs/lock.md says: whoever puts back an old state
// brings old floors back, until the next bundle or the use of a newer tag.
func TestStateCopiedBack(t *testing.T) {
	b := newBench(t, Config{})
	mustBe(t, "bundle", b.send("site", 1, nil), nil)
	file := filepath.Join(b.dir, stateFileName)
	old, err := os.ReadFile(file)
	mustBe(t, "copying", err, nil)
	lost, newer := claims(3, 0, 1), claims(3, 0, 2)
	revoke := func(v *bundle.Bundle) { v.Zones[0].Floor = floor(3, 0, 2) }
	putBack := func() {
		mustBe(t, "closing", b.Close(), nil)
		mustBe(t, "putting back", os.WriteFile(file, old, 0o600), nil)
		b.open(Config{})
	}
	mustBe(t, "revoking", b.send("site", 5, revoke), nil)
	if b.judged(lost) != OldGeneration {
		t.Fatal("the lost tag opens")
	}
	putBack()
	if b.judged(lost) != Passed || b.Sequence() != 1 {
		t.Error("the old state is another one than it was")
	}
	mustBe(t, "the next bundle", b.send("site", 6, revoke), nil)
	if b.judged(lost) != OldGeneration {
		t.Error("the lost tag opens after the next bundle")
	}
	putBack()
	if b.judged(newer) != Passed || b.judged(lost) != OldGeneration {
		t.Error("the lost tag opens after the newer one")
	}
}

// TestNextSigner: a bundle names the next signer, who takes everything over.
func TestNextSigner(t *testing.T) {
	b := newBench(t, Config{})
	before := b.seal("site", b.bundleFor(4, nil))
	mustBe(t, "before", b.Apply(before), nil)
	mustBe(t, "not named yet", b.send("next", 6, nil), bundle.ErrSigner)
	mustBe(t, "names himself", b.send("next", 6, named("next")), bundle.ErrSigner)
	mustBe(t, "naming", b.send("site", 6, named("next")), nil)
	if b.judged(claims(8, 0, 3)) != Passed {
		t.Fatal("refused")
	}
	mustBe(t, "another than the named", b.send("stranger", 7, nil), bundle.ErrSigner)
	mustBe(t, "the named, with an old sequence", b.send("next", 6, nil), bundle.ErrOlder)
	saved := b.seal("site", b.bundleFor(7, named("next")))
	mustBe(t, "the old one goes on", b.Apply(saved), nil)
	undelivered := b.seal("site", b.bundleFor(8, nil))
	mustBe(t, "the named", b.send("next", 9, nil), nil)
	if b.judged(claims(8, 0, 2)) != OldGeneration {
		t.Error("the next signer begins without the floors")
	}
	mustBe(t, "the old one", b.send("site", 10, nil), bundle.ErrSigner)
	if b.judged(claims(8, 0, 4)) != Passed {
		t.Fatal("refused")
	}
	// After a reset the old signer's bundles are held against what happened
	// under the next one.
	mustBe(t, "reset", b.Reset(), nil)
	for _, data := range [][]byte{before, saved, undelivered} {
		mustBe(t, "the old signer's saved bundle", b.Apply(data), bundle.ErrOlder)
	}
	mustBe(t, "the old signer, newer", b.send("site", 11, nil), nil)
	if b.judged(claims(8, 0, 3)) != OldGeneration {
		t.Error("floors were lost between two signers of one site")
	}
	if len(b.state.Lines) != 1 {
		t.Errorf("%d lines for one site", len(b.state.Lines))
	}
}

// TestNextSignerWithdrawn: the newest bundle says who follows.
func TestNextSignerWithdrawn(t *testing.T) {
	b := newBench(t, Config{})
	mustBe(t, "naming", b.send("site", 1, named("next")), nil)
	mustBe(t, "not naming", b.send("site", 2, nil), nil)
	mustBe(t, "the named", b.send("next", 3, nil), bundle.ErrSigner)
}

// TestSignersMerge: a signer whom the lock knows of by itself is named by
// another; both lines become one, with the higher of everything.
func TestSignersMerge(t *testing.T) {
	b := newBench(t, Config{})
	mustBe(t, "next", b.send("next", 50, nil), nil)
	if b.judged(claims(3, 0, 9)) != Passed {
		t.Fatal("refused")
	}
	mustBe(t, "reset", b.Reset(), nil)
	mustBe(t, "site", b.send("site", 10, named("next")), nil)
	if b.judged(claims(3, 1, 4)) != Passed {
		t.Fatal("refused")
	}
	mustBe(t, "older than its own", b.send("next", 20, nil), bundle.ErrOlder)
	mustBe(t, "next", b.send("next", 51, nil), nil)
	if f := b.floors()[zoneKey{101, 1}]; !sameFloor(f, floor(3, 0, 9, 1, 4)) || len(b.state.Lines) != 1 {
		t.Errorf("floor %v, %d lines", f, len(b.state.Lines))
	}
}

func TestRestart(t *testing.T) {
	b := newBench(t, Config{})
	mustBe(t, "bundle", b.send("site", 3, named("next")), nil)
	if b.judged(claims(5, 2, 6)) != Passed {
		t.Fatal("refused")
	}
	receipt, _ := b.Receipt()
	before := b.floors()
	if _, err := Open(Config{Name: b.key.Name(), Key: b.key.Private(), Dir: b.dir}); !errors.Is(err, ErrInUse) {
		t.Errorf("opened twice: %v", err)
	}
	mustBe(t, "closing", b.Close(), nil)
	b.open(Config{})
	if r, ok := b.Receipt(); !ok || r != receipt || b.Sequence() != 3 {
		t.Error("receipt or sequence is lost")
	}
	for z, f := range before {
		if !sameFloor(b.floors()[z], f) {
			t.Errorf("floor of %v was %v, is %v", z, f, b.floors()[z])
		}
	}
	mustBe(t, "the named signer", b.send("next", 4, nil), nil)
	if runtime.GOOS != "windows" {
		if info, err := os.Stat(filepath.Join(b.dir, stateFileName)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("state: mode %v, %v", info.Mode(), err)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	b := newBench(t, Config{})
	mustBe(t, "bundle", b.send("site", 3, nil), nil)
	mustBe(t, "closing", b.Close(), nil)
	config := Config{Name: b.key.Name(), Key: b.key.Private(), Dir: b.dir}
	for what, change := range map[string]func(*Config){
		"another key":  func(c *Config) { c.Key = lockKey(t, "K0-101").Private() },
		"another lock": func(c *Config) { c.Name = lockName(t, "K0-102") },
	} {
		c := config
		change(&c)
		if _, err := Open(c); !errors.Is(err, ErrState) {
			t.Errorf("%s: %v", what, err)
		}
	}
	for what, c := range map[string]Config{"no name": {Key: config.Key, Dir: b.dir}, "no key": {Name: config.Name, Dir: b.dir}} {
		if _, err := Open(c); err == nil {
			t.Errorf("%s: started", what)
		}
	}
	path := filepath.Join(b.dir, stateFileName)
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := range good {
		changed := bytes.Clone(good)
		changed[i] ^= 0x10
		if _, err := parseState(changed); !errors.Is(err, ErrState) {
			t.Fatalf("byte %d changed: %v", i, err)
		}
		if _, err := parseState(good[:i]); !errors.Is(err, ErrState) {
			t.Fatalf("first %d bytes: %v", i, err)
		}
	}
	if err := os.WriteFile(path, good[:len(good)-1], 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(config); !errors.Is(err, ErrState) {
		t.Errorf("damaged state: %v", err)
	}
	// The directory is free again after every refusal.
	if err := os.WriteFile(path, good, 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := Open(config)
	if err != nil {
		t.Fatal(err)
	}
	mustBe(t, "closing", l.Close(), nil)
}

// TestEveryCrash cuts the power before each step of each act, and starts the
// lock from every disk that this can leave. No door that said open forgets why.
func TestEveryCrash(t *testing.T) {
	dead, alive := claims(3, 0, 1), claims(3, 0, 2)
	worlds := 0
	for what, act := range map[string]struct {
		do func(b *bench) error
		// after tells whether what is left shows the act as done.
		after func(l *Lock) bool
	}{
		"raising a floor": {
			func(b *bench) error { _, err := b.settle(alive); return err },
			func(l *Lock) bool { r, err := l.settle(dead); return err == nil && r == OldGeneration },
		},
		"a bundle": {
			func(b *bench) error { return b.send("site", 9, nil) },
			func(l *Lock) bool { return l.Sequence() == 9 },
		},
		"a reset": {
			func(b *bench) error { return b.Reset() },
			func(l *Lock) bool { return l.Sequence() == 0 },
		},
	} {
		for at := 1; ; at++ {
			disk := &durabletest.Disk{}
			b := newBench(t, Config{fs: disk})
			mustBe(t, "bundle", b.send("site", 5, nil), nil)
			if b.judged(claims(3, 1, 7)) != Passed {
				t.Fatal("refused")
			}
			disk.CrashAt = disk.Steps() + at
			err := act.do(b)
			for _, left := range append(disk.Crashed(), disk.Killed()) {
				worlds++
				l, lerr := b.reopened(left)
				if lerr != nil {
					t.Fatalf("%s, step %d: %v", what, at, lerr)
				}
				if err == nil && !act.after(l) {
					t.Fatalf("%s, step %d: done, and forgotten", what, at)
				}
				if l.Sequence() != 0 {
					if r, err := l.settle(claims(3, 1, 6)); err != nil || r != OldGeneration {
						t.Fatalf("%s, step %d: an older floor is lost", what, at)
					}
				}
			}
			if err == nil {
				break
			}
		}
	}
	t.Logf("%d disks", worlds)
}

// TestFullDisk: a floor that cannot be stored keeps the door shut, and the next
// tag is judged by what is stored.
func TestFullDisk(t *testing.T) {
	for at := 1; ; at++ {
		disk := &durabletest.Disk{}
		b := newBench(t, Config{fs: disk})
		mustBe(t, "bundle", b.send("site", 5, nil), nil)
		disk.FailAt, disk.Failure = disk.Steps()+at, syscall.ENOSPC
		r, err := b.settle(claims(3, 0, 2))
		if err == nil {
			if r != Passed {
				t.Fatal(r)
			}
			return
		}
		if r != Undecided || !errors.Is(err, syscall.ENOSPC) {
			t.Fatalf("step %d: %v, %v", at, r, err)
		}
		if b.judged(claims(3, 0, 1)) != Passed || b.judged(claims(3, 0, 2)) != Passed || b.judged(claims(3, 0, 1)) != OldGeneration {
			t.Fatalf("step %d: judged by a floor that was not stored", at)
		}
	}
}

// TestMaximum: a tag at the highest epoch and generation does no harm, and the
// other tags of the zone live on.
func TestMaximum(t *testing.T) {
	b := newBench(t, Config{})
	mustBe(t, "bundle", b.send("site", 1, nil), nil)
	before := b.floors()
	for _, c := range []keytag.Claims{
		claims(math.MaxUint16, 0, 0), claims(3, 0, math.MaxUint16), claims(math.MaxUint16, math.MaxUint16, math.MaxUint16),
		{Zone: 900, Version: 1, Epoch: math.MaxUint16},
		{Zone: 900, Version: 1, Generation: math.MaxUint16},
	} {
		if r := b.judged(c); r != EpochTooFar && r != GenerationTooFar {
			t.Errorf("%v: %v", c, r)
		}
	}
	for z, f := range before {
		if !sameFloor(b.floors()[z], f) {
			t.Errorf("floor of %v moved", z)
		}
	}
	if b.judged(claims(3, 0, 0)) != Passed {
		t.Error("an honest tag is refused")
	}
	mustBe(t, "to the top by bundle", b.send("site", 2, func(v *bundle.Bundle) { v.Zones[0].Floor = floor(math.MaxUint16, 0, math.MaxUint16) }), nil)
	if b.judged(claims(math.MaxUint16, 0, math.MaxUint16)) != Passed || b.judged(claims(math.MaxUint16-1, 0, 0)) != OldEpoch {
		t.Error("floors at their maximum")
	}
}

func TestStateRoundTrip(t *testing.T) {
	b := newBench(t, Config{})
	mustBe(t, "site", b.send("site", 1, func(v *bundle.Bundle) {
		v.Zones[0].Floor, v.Zones[1].Floor = floor(9, 1, 1, 60000, 60000, 300, 2), floor(0, 0, 1)
	}), nil)
	mustBe(t, "reset", b.Reset(), nil)
	mustBe(t, "stranger", b.send("stranger", 7, named("next")), nil)
	mustBe(t, "next", b.send("next", 8, nil), nil)
	data, err := encodeState(b.state)
	if err != nil {
		t.Fatal(err)
	}
	s, err := parseState(data)
	if err != nil {
		t.Fatal(err)
	}
	again, err := encodeState(s)
	if err != nil || !bytes.Equal(again, data) {
		t.Error("written otherwise")
	}
	if !slices.Equal(s.Lines[1].Signers, []bundle.SignerKey{signerKey("stranger"), signerKey("next")}) {
		t.Errorf("signers %v", s.Lines[1].Signers)
	}
}
