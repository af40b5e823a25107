package desk_test

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"sleutelbord/app/desk"
	"sleutelbord/lock"
	"sleutelbord/lock/bundle"
	"sleutelbord/lock/carrier"
	"sleutelbord/nfc/softcard"
	"sleutelbord/store"
)

// later lets days pass.
func (c *campus) later(days int) { c.now = c.now.Add(time.Duration(days) * 24 * time.Hour) }

func (c *campus) today() string { return c.now.Format(time.DateOnly) }

func (c *campus) wantDoor(id string, state desk.DoorState, since string) {
	c.t.Helper()
	if v := c.door(id); v.State != state || v.Since != since {
		c.t.Errorf("%s: lock %s is %s since %q instead of %s since %q", c.today(), id, v.State, v.Since, state, since)
	}
}

// TestWaitingSince follows locks through being told, or not, what they ought to
// know.
func TestWaitingSince(t *testing.T) {
	c := newCampus(t, 2)
	imported := c.today()
	c.later(30)
	c.wantDoor("E1", desk.DoorNever, imported) // no bundle: it opens for nobody, and is not overdue
	c.syncLocks("H1-101", "E1")
	c.wantDoor("E1", desk.DoorUpToDate, "")
	c.wantDoor("C1-1", desk.DoorOverdue, imported)

	// A tag is lost, and nobody makes a bundle.
	tag := c.issue(c.blank(softcard.EV3), home101).Tag.ID
	c.wantDoor("E1", desk.DoorUpToDate, "")
	c.later(3)
	must(c.desk.RevokeLost(c.ctx, tag))
	lost := c.today()
	c.later(14)
	c.wantDoor("E1", desk.DoorChanged, lost)
	c.later(1)
	c.wantDoor("E1", desk.DoorOverdue, lost)

	// The bundle is made, and reaches one door only.
	c.syncLocks("H1-101")
	c.wantDoor("E1", desk.DoorOverdue, lost)
	c.wantDoor("H1-101", desk.DoorUpToDate, "")

	// The other gets an older bundle than the newest: it lacks what came since.
	told := c.today()
	older, err := carrier.OpenFolder(c.sync).ReadBundle(c.lock("E1").Name())
	if err != nil {
		t.Fatal(err)
	}
	c.later(2)
	next := c.issue(c.blank(softcard.EV3), home102).Tag.ID
	must(c.desk.RevokeLost(c.ctx, next))
	c.syncLocks()
	if err := c.lock("E1").Apply(older); err != nil {
		t.Fatal(err)
	}
	r, _ := c.lock("E1").Receipt()
	if err := carrier.OpenFolder(c.sync).WriteReceipt(c.lock("E1").Name(), r); err != nil {
		t.Fatal(err)
	}
	c.syncLocks()
	c.wantDoor("E1", desk.DoorWaiting, told)
	c.syncLocks("E1")
	c.wantDoor("E1", desk.DoorUpToDate, "")
	c.later(100)
	c.wantDoor("E1", desk.DoorUpToDate, "")
}

// wantCarrier wants locks to show by which way their receipts came back.
func (c *campus) wantCarrier(want store.Carrier, ids ...string) {
	c.t.Helper()
	for _, id := range ids {
		if v := c.door(id); v.Carrier != want {
			c.t.Errorf("lock %s: its receipt came by %q instead of %q", id, v.Carrier, want)
		}
	}
}

// TestCarrierOfReceipts: a lock shows by which way its newest receipt came back;
// one that is refused or known already changes nothing, also after a restart.
func TestCarrierOfReceipts(t *testing.T) {
	c := newCampus(t, 2)
	c.syncLocks()
	c.wantCarrier(store.CarrierUnknown, "E1", "C1-1", "H1-101")
	c.syncLocks("E1", "C1-1")
	c.wantCarrier(store.CarrierFolder, "E1", "C1-1")
	c.wantCarrier(store.CarrierUnknown, "H1-101", "H1-102")

	// The same receipts on a card, one that is new, and a false one.
	card := c.card(8192, softcard.EV3)
	c.writeCard(card, "E1", "C1-1", "H1-101", "H1-102")
	c.visit(card, lock.CardApplied, "H1-101")
	c.readCard(card)
	c.wantCarrier(store.CarrierCard, "H1-101")
	c.wantCarrier(store.CarrierFolder, "E1", "C1-1")
	if err := carrier.OpenFolder(c.sync).WriteReceipt(c.lock("H1-102").Name(), bundle.Receipt{}); err != nil {
		t.Fatal(err)
	}
	c.syncLocks()
	c.wantCarrier(store.CarrierUnknown, "H1-102")

	// Another way with a newer receipt.
	must(c.desk.RevokeLost(c.ctx, c.issue(c.blank(softcard.EV3), home101).Tag.ID))
	c.syncLocks("H1-101")
	c.writeCard(card, "E1")
	c.visit(card, lock.CardApplied, "E1")
	c.readCard(card)
	c.restart()
	c.wantCarrier(store.CarrierFolder, "H1-101", "C1-1")
	c.wantCarrier(store.CarrierCard, "E1")
}

// TestOverdueDays: how long a lock may wait is the site's choice.
func TestOverdueDays(t *testing.T) {
	c := newCampus(t, 1)
	c.syncLocks()
	since := c.today()
	if v := must(c.desk.Site(c.ctx)); v.OverdueDays != store.DefaultOverdueDays {
		t.Errorf("%d days", v.OverdueDays)
	}
	c.later(3)
	c.wantDoor("E1", desk.DoorWaiting, since)
	for _, wrong := range []int{-1, 0, 3651, 1 << 16} {
		if err := c.desk.SetOverdue(c.ctx, wrong); code(err) != desk.CodeWrongInput {
			t.Errorf("%d days: %v", wrong, err)
		}
	}
	if err := c.desk.SetOverdue(c.ctx, 2); err != nil {
		t.Fatal(err)
	}
	c.restart()
	c.wantDoor("E1", desk.DoorOverdue, since)
	if v := must(c.desk.Site(c.ctx)); v.OverdueDays != 2 {
		t.Errorf("%d days", v.OverdueDays)
	}
	c.now = c.now.Add(-30 * 24 * time.Hour) // a clock that goes wrong makes nothing overdue
	c.wantDoor("E1", desk.DoorWaiting, since)
}

// TestRetire takes a lock out of service: nothing is made for it any more, what
// lies in the folder goes, no list has it, and nobody waits for it.
func TestRetire(t *testing.T) {
	c := newCampus(t, 2)
	c.syncLocks("H1-101", "C1-1", "E1")
	card := c.blank(softcard.EV3)
	tag := c.issue(card, home101).Tag.ID
	v := c.start(desk.CampaignSpec{Kind: store.CampaignSite})
	c.syncLocks("H1-101", "C1-1", "E1")
	c.renew(card, tag)
	if got := must(c.desk.Campaign(c.ctx, v.ID)); got.Signer.Signs || got.Left.Locks != 1 {
		t.Fatalf("campaign: %+v", got)
	}
	if err := c.desk.RetireLock(c.ctx, "h1-102"); err != nil {
		t.Fatal(err)
	}
	// The campaign waited for this lock alone.
	if got := must(c.desk.Campaign(c.ctx, v.ID)); !got.Signer.Signs {
		t.Errorf("the campaign waits for a lock that is gone: %+v", got)
	}
	folder := carrier.OpenFolder(c.sync)
	if _, err := folder.ReadBundle(c.lock("H1-102").Name()); err != nil {
		t.Fatal(err)
	}
	done := must(c.desk.WriteBundles(c.ctx, c.sync))
	if done.Written != 3 || len(done.Refused) != 0 || len(done.Locks) != 3 {
		t.Errorf("%+v", done)
	}
	for _, e := range must(folder.List()) {
		if e.Name.String() == "H1-102" {
			t.Error("its bundle is still there")
		}
	}
	for _, d := range must(c.desk.Locks(c.ctx)) {
		if d.Lock == "H1-102" {
			t.Error("it is in the list")
		}
	}
	for _, again := range []string{"H1-102", "nothing"} {
		if err := c.desk.RetireLock(c.ctx, again); code(err) != desk.CodeNoLock {
			t.Errorf("%s: %v", again, err)
		}
	}
	if _, err := c.desk.StartCampaign(c.ctx, desk.CampaignSpec{Kind: store.CampaignLock, Lock: "H1-102"}); code(err) != desk.CodeNoLock {
		t.Errorf("stolen after it was retired: %v", err)
	}
	// The same list may come again; the lock stays out of service.
	if got := must(c.desk.Import(c.ctx, bytes.NewReader(c.demo.CSV))); got.Locks != 0 {
		t.Errorf("%+v", got)
	}
	if n := len(must(c.desk.Locks(c.ctx))); n != 3 {
		t.Errorf("%d locks", n)
	}
	// A statement names doors that are in service.
	if err := c.desk.RetireLock(c.ctx, "C1-1"); err != nil {
		t.Fatal(err)
	}
	s := must(c.desk.RevokeLost(c.ctx, tag))
	if slices.ContainsFunc(s.Doors, func(d desk.DoorStatement) bool { return d.Door.Lock == "C1-1" }) || len(s.Doors) != 2 {
		t.Errorf("statement: %+v", s.Doors)
	}
	// Its last receipt, found on a stick later, is neither news nor a forgery.
	if _, err := c.desk.WriteBundles(c.ctx, c.sync); err != nil {
		t.Fatal(err)
	}
}

// TestGatewayRetires: the broker keeps nothing for a lock that is gone, retired
// or stolen, also where it finds its memory again; and the gateway then works by
// what changes, as before.
func TestGatewayRetires(t *testing.T) {
	n := newNetwork(t, 3, "H1-101", "H1-102", "C1-1", "E1")
	n.until("all but one", func(v desk.GatewayView) bool { return v.Receipts == 4 })
	if err := n.desk.RetireLock(n.ctx, "H1-103"); err != nil {
		t.Fatal(err)
	}
	n.agreed("H1-101", "E1")
	if err := n.desk.RetireLock(n.ctx, "H1-102"); err != nil {
		t.Fatal(err)
	}
	site := "sleutelbord/1/" + n.gateway.View().Site
	left := func(besides string, ids ...string) {
		t.Helper()
		var want, got []string
		if besides != "" {
			want = append(want, site+"/"+n.lock(besides).Name().ID().String()+"/bundle")
		}
		for _, id := range ids {
			at := site + "/" + n.lock(id).Name().ID().String()
			want = append(want, at+"/bundle", at+"/receipt")
		}
		slices.Sort(want)
		for late := time.Now().Add(patience); time.Now().Before(late); {
			select {
			case n.last = <-n.views:
			case <-time.After(50 * time.Millisecond):
			}
			got = n.broker.Retained(site)
			if slices.Sort(got); slices.Equal(got, want) {
				return
			}
		}
		t.Fatalf("at the broker is %v instead of %v", got, want)
	}
	left("", "H1-101", "C1-1", "E1")
	n.start(desk.CampaignSpec{Kind: store.CampaignLock, Lock: "C1-1"})
	left("", "H1-101", "E1")
	// A broker that had forgotten, and remembers.
	n.broker.Publish(site+"/"+n.lock("C1-1").Name().ID().String()+"/bundle", []byte{1}, true)
	left("C1-1", "H1-101", "E1")
	n.broker.Kill()
	n.broker.Restart(false)
	left("", "H1-101", "E1")
	n.until("the rest told", func(v desk.GatewayView) bool { return v.Waiting == 0 && v.Connected && len(v.Refused) == 0 })
}

// TestFarAhead: counters were raised so often that tags are far ahead of the
// locks. The desk says which lock must be visited, and the lock says the same.
func TestFarAhead(t *testing.T) {
	c := newCampus(t, 2)
	c.syncLocks(allDoors...)
	first, second, third := c.blank(softcard.EV3), c.blank(softcard.EV2), c.blank(softcard.EV1)
	raise := func(times int) {
		t.Helper()
		for range times {
			must(c.desk.RaiseCounters(c.ctx, desk.RaiseOptions{Force: true}))
		}
	}
	replace := func(card *softcard.Card, tag string) desk.Issued {
		t.Helper()
		c.lay(card)
		return must(c.desk.Replace(c.ctx, c.reader, tag, desk.IssueOptions{}, nil))
	}
	far := func(want desk.Far, ids ...string) {
		t.Helper()
		for _, id := range ids {
			if v := c.door(id); v.Far != want {
				t.Errorf("lock %s: %q instead of %q", id, v.Far, want)
			}
		}
	}
	tag := c.issue(first, home101).Tag.ID
	far(desk.NotFar, allDoors...)
	for c.generation(tag) < 192 {
		raise(1)
		done := replace(c.blank(softcard.EV3), tag)
		if tag = done.Tag.ID; len(done.Warnings) > 0 {
			t.Errorf("%v", done.Warnings)
		}
	}
	far(desk.FarSoon, doors101...)
	far(desk.NotFar, "H1-102")
	c.syncLocks("E1", "C1-1")
	far(desk.NotFar, "E1", "C1-1")
	far(desk.FarSoon, "H1-101")

	raise(5)
	done := replace(second, tag)
	if !slices.Contains(done.Warnings, desk.CodeLockFar) {
		t.Errorf("warnings %v", done.Warnings)
	}
	far(desk.FarRefused, doors101...)
	for _, d := range done.Lost.Doors {
		if d.Door.Far != desk.FarRefused || d.EndsByUse {
			t.Errorf("the statement says of %+v that a use ends the lost tag", d)
		}
	}
	second.Reset()
	if got, err := c.lock("E1").Try(second); err != nil || got.Reason != lock.GenerationTooFar {
		t.Errorf("%v, %v", got, err)
	}
	// The neighbour's first tag begins as high: nobody has confirmed that.
	done = c.issue(third, home102)
	neighbour := done.Tag.ID
	if !slices.Contains(done.Warnings, desk.CodeLockFar) {
		t.Errorf("warnings %v", done.Warnings)
	}
	c.wantShut(third, "E1")
	c.syncLocks("E1")
	c.wantOpen(second, "E1")
	c.wantOpen(third, "E1")
	far(desk.NotFar, "E1")
	far(desk.FarRefused, "H1-101", "C1-1")
	c.syncLocks(allDoors...)
	far(desk.NotFar, allDoors...)
	c.wantOpen(second, doors101...)

	// Epochs.
	raise(5)
	must(c.desk.MoveOut(c.ctx, home101))
	fourth := c.blank(softcard.EV3)
	if done := c.issue(fourth, home101); !slices.Contains(done.Warnings, desk.CodeLockFar) {
		t.Errorf("warnings %v", done.Warnings)
	}
	far(desk.FarRefused, "H1-101")
	fourth.Reset()
	if got, err := c.lock("H1-101").Try(fourth); err != nil || got.Reason != lock.EpochTooFar {
		t.Errorf("%v, %v", got, err)
	}
	c.syncLocks(allDoors...)
	far(desk.NotFar, allDoors...)
	c.wantOpen(fourth, doors101...)
	// Another change, not confirmed yet: what was confirmed before still counts.
	must(c.desk.RevokeLost(c.ctx, neighbour))
	c.wantDoor("E1", desk.DoorChanged, c.today())
	far(desk.NotFar, allDoors...)
}

// generation is the highest that a tag claims.
func (c *campus) generation(tag string) (highest int) {
	c.t.Helper()
	for _, t := range must(c.desk.Records(c.ctx)).Tags {
		for _, s := range t.Slots {
			if desk.TagName(t.ID) == tag {
				highest = max(highest, int(s.Generation))
			}
		}
	}
	return highest
}

// TestMaxJump: the desk warns of what the lock does.
func TestMaxJump(t *testing.T) {
	if desk.MaxJump != lock.MaxJump {
		t.Errorf("the desk reckons with %d, the lock with %d", desk.MaxJump, lock.MaxJump)
	}
}
