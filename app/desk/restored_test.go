package desk_test

import (
	"slices"
	"testing"
	"time"

	"sleutelbord/app/desk"
	"sleutelbord/lock"
	"sleutelbord/lock/carrier"
	"sleutelbord/nfc/softcard"
	"sleutelbord/store"
)

// bring carries what lies in the folder to a lock, and its receipt back. It
// tells whether the lock took it.
func (c *campus) bring(id string) bool {
	c.t.Helper()
	_, _, err := c.lock(id).Exchange(c.ctx, carrier.OpenFolder(c.sync))
	return err == nil
}

// TestLockAheadOfTheCopy: the desk's clock was ahead, so that the locks have
// higher sequences than the copy that is put back comes to. The desk does not
// call them up to date until they work with a bundle of its own.
func TestLockAheadOfTheCopy(t *testing.T) {
	c := newCampus(t, 2)
	c.syncLocks(allDoors...)
	card := c.blank(softcard.EV3)
	tag := c.issue(card, home101).Tag.ID
	old := c.keep()
	now := c.now
	c.now = now.AddDate(0, 0, 20)
	c.renew(card, tag) // so that the bundles say something else
	c.syncLocks(allDoors...)
	c.now = now
	c.putBack(old, false)
	c.sync = t.TempDir()
	if _, err := c.desk.WriteBundles(c.ctx, c.sync); code(err) != desk.CodeRolledBack {
		t.Errorf("bundles of records that are too old: %v", err)
	}
	must(c.desk.RaiseCounters(c.ctx, desk.RaiseOptions{}))
	must(c.desk.RevokeLost(c.ctx, tag))
	for round, takes := range []bool{false, true} {
		must(c.desk.WriteBundles(c.ctx, c.sync, desk.BundleOptions{ClockConfirmed: true}))
		for _, v := range must(c.desk.Locks(c.ctx)) {
			if v.State == desk.DoorUpToDate && slices.Contains(doors101, v.Lock) {
				t.Errorf("round %d: lock %s is %s", round, v.Lock, v.State)
			}
		}
		if s := must(c.desk.Statement(c.ctx, tag)); slices.ContainsFunc(s.Doors, func(d desk.DoorStatement) bool { return d.Dead }) {
			t.Errorf("round %d: said to be dead: %+v", round, s.Doors)
		}
		// The first round only brings back what the locks have.
		for _, id := range doors101 {
			if took := c.bring(id); took != takes {
				t.Errorf("round %d: lock %s takes the bundle: %v", round, id, took)
			}
		}
	}
	c.wantShut(card, doors101...)
	must(c.desk.WriteBundles(c.ctx, c.sync, desk.BundleOptions{ClockConfirmed: true}))
	if s := must(c.desk.Statement(c.ctx, tag)); s.Opens() {
		t.Errorf("after the second round: %+v", s.Doors)
	}
}

// TestSameSequenceTwice: records that are lost and those that were put back made
// bundles of the same sequence. The receipt of one is no proof of the other.
func TestSameSequenceTwice(t *testing.T) {
	c := newCampus(t, 2)
	c.syncLocks(allDoors...)
	card := c.blank(softcard.EV3)
	tag := c.issue(card, home101).Tag.ID
	old := c.keep()
	c.syncLocks(allDoors...)
	must(c.desk.MoveIn(c.ctx, home102, "", store.ChoiceTag))
	must(c.desk.MoveOut(c.ctx, home102))
	now := c.now
	must(c.desk.WriteBundles(c.ctx, c.sync))
	lost := c.lock("H1-102")
	c.bring("H1-102")

	c.putBack(old, false)
	must(c.desk.RaiseCounters(c.ctx, desk.RaiseOptions{}))
	must(c.desk.MoveIn(c.ctx, home102, "", store.ChoiceTag))
	must(c.desk.MoveOut(c.ctx, home102))
	must(c.desk.RevokeLost(c.ctx, tag))
	c.now = now
	elsewhere := t.TempDir()
	must(c.desk.WriteBundles(c.ctx, elsewhere))
	same := must(carrier.OpenFolder(elsewhere).List())
	i := slices.IndexFunc(same, func(e carrier.Entry) bool { return e.Name == lost.Name() })
	if same[i].Header.Sequence != lost.Sequence() {
		t.Fatalf("sequences %d and %d", same[i].Header.Sequence, lost.Sequence())
	}
	must(c.desk.WriteBundles(c.ctx, c.sync)) // it finds the receipt of the lost bundle
	if v := c.door("H1-102"); v.State == desk.DoorUpToDate {
		t.Errorf("H1-102 is %s with a bundle of lost records", v.State)
	}
	if !c.bring("H1-102") {
		t.Error("H1-102 does not take the newest bundle")
	}
	must(c.desk.WriteBundles(c.ctx, c.sync))
	if v := c.door("H1-102"); v.State != desk.DoorUpToDate {
		t.Errorf("H1-102 is %s", v.State)
	}
}

// TestLockThatTheCopyNeverSynced: the copy is from before the first bundles, and
// must not call a lost tag dead where locks have had some since.
func TestLockThatTheCopyNeverSynced(t *testing.T) {
	c := newCampus(t, 2)
	card := c.blank(softcard.EV3)
	tag := c.issue(card, home101).Tag.ID
	old := c.keep()
	c.syncLocks(allDoors...)
	c.putBack(old, false)
	must(c.desk.RaiseCounters(c.ctx, desk.RaiseOptions{}))
	c.restart()
	c.wantOpen(card, doors101...)
	for _, d := range must(c.desk.RevokeLost(c.ctx, tag)).Doors {
		if d.Dead {
			t.Errorf("said to be dead at %s, and opens it", d.Door.Lock)
		}
	}
	// A new signer must not sign before those locks know it.
	v := c.start(desk.CampaignSpec{Kind: store.CampaignSite})
	c.syncLocks(allDoors...)
	c.syncLocks(allDoors...)
	c.wantShut(card, doors101...)
	if s := must(c.desk.Campaign(c.ctx, v.ID)); !s.Signer.Signs {
		t.Errorf("%+v", s.Signer)
	}
}

// TestSignerWaitsForALockWithALostBundle: a lock has confirmed a bundle that
// names the next signer, and is then brought one that lost records made with
// their clock ahead: a newer one, which names nobody. The next signer signs only
// after the lock has heard of it again, else it would take no bundle any more.
func TestSignerWaitsForALockWithALostBundle(t *testing.T) {
	c := newCampus(t, 2)
	c.syncLocks(allDoors...)
	old, now := c.keep(), c.now
	c.now = now.Add(30 * time.Hour)
	lost := carrier.OpenFolder(t.TempDir())
	must(c.desk.WriteBundles(c.ctx, lost.Dir()))
	e1 := c.lock("E1")
	data := must(lost.ReadBundle(e1.Name()))
	c.putBack(old, false)
	c.now = now
	must(c.desk.RaiseCounters(c.ctx, desk.RaiseOptions{}))
	v := c.start(desk.CampaignSpec{Kind: store.CampaignSite})
	c.syncLocks("E1")
	if err := e1.Apply(data); err != nil {
		t.Fatal(err)
	}
	c.now = now.Add(30 * time.Hour)
	receipt, _ := e1.Receipt()
	if err := carrier.OpenFolder(c.sync).WriteReceipt(e1.Name(), receipt); err != nil {
		t.Fatal(err)
	}
	c.syncLocks(slices.DeleteFunc(slices.Clone(allDoors), func(id string) bool { return id == "E1" })...)
	if s := must(c.desk.Campaign(c.ctx, v.ID)); s.Signer.Signs || !slices.Contains(s.Locks, "E1") {
		t.Errorf("%+v, %v left", s.Signer, s.Locks)
	}
	for range 2 {
		c.syncLocks(allDoors...) // every lock takes what it is brought
	}
	if s := must(c.desk.Campaign(c.ctx, v.ID)); !s.Signer.Signs || len(s.Locks) > 0 {
		t.Errorf("%+v, %v left", s.Signer, s.Locks)
	}
}

// TestLostBeforeRaisingAtALockThatTheCopyNeverSynced: nor before the counters
// are raised.
func TestLostBeforeRaisingAtALockThatTheCopyNeverSynced(t *testing.T) {
	c := newCampus(t, 2)
	card := c.blank(softcard.EV3)
	tag := c.issue(card, home101).Tag.ID
	old := c.keep()
	c.syncLocks(allDoors...)
	c.putBack(old, false)
	c.wantOpen(card, doors101...)
	for _, d := range must(c.desk.RevokeLost(c.ctx, tag)).Doors {
		if d.Dead {
			t.Errorf("said to be dead at %s, and opens it", d.Door.Lock)
		}
	}
}

// TestLostBeforeRaising: a tag was written anew after the copy was made, and is
// revoked by the copy before its counters are raised. It is dead all the same
// wherever that is said.
func TestLostBeforeRaising(t *testing.T) {
	c := newCampus(t, 2)
	c.syncLocks(allDoors...)
	card := c.blank(softcard.EV3)
	tag := c.issue(card, home101).Tag.ID
	old := c.keep()
	v := c.start(desk.CampaignSpec{Kind: store.CampaignZone, Zone: c.zoneOf("E1")})
	c.syncLocks(allDoors...)
	c.renew(card, tag)
	must(c.desk.PauseCampaign(c.ctx, v.ID))
	c.putBack(old, false)
	if _, err := c.desk.MoveIn(c.ctx, home102, "", store.ChoiceTag); code(err) != desk.CodeRolledBack {
		t.Errorf("moving in: %v", err)
	}
	must(c.desk.RevokeLost(c.ctx, tag))
	must(c.desk.RaiseCounters(c.ctx, desk.RaiseOptions{}))
	c.syncLocks(allDoors...)
	if s := must(c.desk.Statement(c.ctx, tag)); s.Opens() {
		t.Errorf("%+v", s.Doors)
	}
	c.wantShut(card, doors101...)
}

// TestNumbersAfterRaising: a door that came after the copy was made comes again.
// It gets another zone, with other keys: what was handed out for it is out of
// the way, and so is what it remembers.
func TestNumbersAfterRaising(t *testing.T) {
	c := newCampus(t, 2)
	c.syncLocks(allDoors...)
	old := c.keep()
	c.newLock("BIKE", "Boulevard 3,,,BIKE,bicycles,shared,")
	c.syncLocks("BIKE")
	unknown, next := c.blank(softcard.EV3), c.blank(softcard.EV3)
	name := c.issue(unknown, home101).Tag.ID
	zone := c.zoneOf("BIKE")
	c.wantOpen(unknown, "BIKE")
	for range 3 {
		c.takeBack(unknown)
		c.issue(unknown, home101)
	}
	c.wantOpen(unknown, "BIKE")

	c.putBack(old, false)
	must(c.desk.RaiseCounters(c.ctx, desk.RaiseOptions{}))
	c.newLock("SHED", "Boulevard 3,,,SHED,shed,shared,")
	c.syncLocks("SHED")
	c.wantShut(unknown, "SHED")
	if c.zoneOf("SHED") == zone {
		t.Errorf("zone %s is there twice", zone)
	}
	if again := c.issue(next, home101).Tag.ID; again == name {
		t.Errorf("%s is there twice", name)
	}
	c.wantOpen(next, "SHED", "H1-101")
}

// TestFloorsOfTheTenancyBefore do not hold for the next one: its tags open at once
// at a front door that was synced in between.
func TestFloorsOfTheTenancyBefore(t *testing.T) {
	c := newCampus(t, 2)
	for range 2 {
		for range 2 {
			c.issue(c.blank(softcard.EV3), home101)
		}
		must(c.desk.MoveOut(c.ctx, home101))
	}
	c.syncLocks(doors101...)
	for range 3 {
		card := c.blank(softcard.EV3)
		c.issue(card, home101)
		c.wantOpen(card, doors101...)
	}
}

// TestTwoCopiesInTurn: an older copy that does not know of a loss is put back, a
// lock is reset and told by it, and then the copy that knows of the loss is put back. What that
// lock once confirmed to these records proves nothing any more, until it
// confirms something new.
func TestTwoCopiesInTurn(t *testing.T) {
	c := newCampus(t, 2)
	c.syncLocks(allDoors...)
	card := c.blank(softcard.EV3)
	tag := c.issue(card, home101).Tag.ID
	c.syncLocks(allDoors...)
	unknowing := c.keep()
	must(c.desk.RevokeLost(c.ctx, tag))
	c.syncLocks(allDoors...)
	dead := func(when string, want bool) {
		t.Helper()
		for _, s := range must(c.desk.Statement(c.ctx, tag)).Doors {
			if s.Dead != want {
				t.Errorf("%s: dead at %s: %v", when, s.Door.Lock, s.Dead)
			}
		}
	}
	dead("after the loss", true)
	knowing := c.keep()

	c.syncLocks(allDoors...)

	// An old copy alone takes nothing away: what was lost came from it.
	c.putBack(knowing, false)
	dead("put back by itself", true)
	must(c.desk.RaiseCounters(c.ctx, desk.RaiseOptions{}))
	dead("put back by itself, and raised", true)

	c.putBack(unknowing, false)
	must(c.desk.RaiseCounters(c.ctx, desk.RaiseOptions{}))
	c.sync = t.TempDir()
	c.now = c.now.Add(time.Hour)
	must(c.desk.WriteBundles(c.ctx, c.sync))
	c.locks = map[string]*lock.Lock{} // all were reset
	for _, id := range doors101 {
		if !c.bring(id) {
			t.Errorf("lock %s does not take its bundle", id)
		}
	}
	c.wantOpen(card, doors101...)

	c.putBack(knowing, false)
	dead("before raising", false)
	must(c.desk.RaiseCounters(c.ctx, desk.RaiseOptions{}))
	dead("after raising", false)
	c.wantOpen(card, doors101...)
	c.sync = t.TempDir()
	for range 2 { // the first round may only bring back what the locks have
		c.now = c.now.Add(time.Hour)
		must(c.desk.WriteBundles(c.ctx, c.sync))
		for _, id := range doors101 {
			c.bring(id)
		}
	}
	must(c.desk.WriteBundles(c.ctx, c.sync))
	dead("after the locks were told", true)
	c.wantShut(card, doors101...)
}
