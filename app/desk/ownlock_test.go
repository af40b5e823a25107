package desk_test

import (
	"slices"
	"testing"

	"sleutelbord/app/desk"
	"sleutelbord/nfc/softcard"
	"sleutelbord/store"
)

// A tenant's own lock lets the home's lock rest, and nothing else: tags open the
// other doors as ever, bundles are made, and moving out brings the lock back.
func TestOwnLockRests(t *testing.T) {
	c := newCampus(t, 6)
	const home = "Boulevard 3/101"
	state := func() (of desk.DoorView, others []desk.DoorState) {
		t.Helper()
		v, err := c.desk.Home(c.ctx, home)
		if err != nil {
			t.Fatal(err)
		}
		all, err := c.desk.Locks(c.ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range all {
			switch {
			case d.Lock == "H1-101":
				of = d
			case d.State == desk.DoorResting:
				t.Errorf("%s rests too", d.Lock)
			default:
				others = append(others, d.State)
			}
		}
		if i := slices.IndexFunc(v.Doors, func(d desk.DoorView) bool { return d.Lock == of.Lock }); v.Doors[i].State != of.State {
			t.Errorf("the home says %s, the list %s", v.Doors[i].State, of.State)
		}
		return of, others
	}
	if _, err := c.desk.MoveIn(c.ctx, home, "HK-1", store.ChoiceTag); err != nil {
		t.Fatal(err)
	}
	card := c.blank(softcard.EV3)
	c.lay(card)
	if _, err := c.desk.Issue(c.ctx, c.reader, home, desk.IssueOptions{}, nil); err != nil {
		t.Fatal(err)
	}
	c.syncLocks("H1-101", "E1")
	was, before := state()
	if was.State != desk.DoorUpToDate {
		t.Fatalf("%+v", was)
	}
	if err := c.desk.SetChoice(c.ctx, home, store.ChoiceOwnLock); err != nil {
		t.Fatal(err)
	}
	rests, after := state()
	if rests.State != desk.DoorResting || !slices.Equal(before, after) {
		t.Errorf("%+v, the others %v, then %v", rests, before, after)
	}
	c.wantOpen(card, "E1")
	// What it lacks meanwhile is due at no time; its bundle is made all the same.
	if _, err := c.desk.MoveOut(c.ctx, home); err != nil {
		t.Fatal(err)
	}
	if back, _ := state(); back.State == desk.DoorResting {
		t.Errorf("nobody lives there: %+v", back)
	}
	if _, err := c.desk.MoveIn(c.ctx, home, "HK-2", store.ChoiceOwnLock); err != nil {
		t.Fatal(err)
	}
	c.later(400)
	if rests, _ := state(); rests.State != desk.DoorResting || rests.Since == "" {
		t.Errorf("after a year: %+v", rests)
	}
	if _, err := c.desk.WriteBundles(c.ctx, t.TempDir(), desk.BundleOptions{ClockConfirmed: true}); err != nil {
		t.Fatal(err)
	}
	if rests, _ := state(); rests.State != desk.DoorResting || rests.Wanted <= was.Wanted {
		t.Errorf("no bundle was made for it: %+v", rests)
	}
	if err := c.desk.SetChoice(c.ctx, home, store.ChoiceTag); err != nil {
		t.Fatal(err)
	}
	// It is back on the door, and has lacked its bundle for a year.
	if back, _ := state(); back.State != desk.DoorOverdue {
		t.Errorf("the home's lock came back: %+v", back)
	}
}
