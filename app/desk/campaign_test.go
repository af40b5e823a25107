package desk_test

import (
	"crypto/rand"
	"errors"
	"slices"
	"strings"
	"testing"

	"sleutelbord/app/desk"
	"sleutelbord/lock/bundle"
	"sleutelbord/lock/carrier"
	"sleutelbord/nfc/desfire"
	"sleutelbord/nfc/keytag"
	"sleutelbord/nfc/softcard"
	"sleutelbord/store"
)

// all locks of a campus of two homes in one building.
var allDoors = []string{"C1-1", "E1", "H1-101", "H1-102"}

func (c *campus) start(s desk.CampaignSpec) desk.CampaignView {
	c.t.Helper()
	v, err := c.desk.StartCampaign(c.ctx, s)
	if err != nil {
		c.t.Fatal(err)
	}
	return v
}

func (c *campus) renew(card *softcard.Card, tag string) desk.Issued {
	c.t.Helper()
	c.lay(card)
	done, err := c.desk.Renew(c.ctx, c.reader, tag, desk.RenewOptions{}, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	return done
}

func (c *campus) inspect(card *softcard.Card) desk.Inspection {
	c.t.Helper()
	c.lay(card)
	return must(c.desk.Inspect(c.ctx, c.reader))
}

// zoneOf is the number of a lock's zone.
func (c *campus) zoneOf(lock string) string {
	c.t.Helper()
	for _, d := range must(c.desk.Locks(c.ctx)) {
		if d.Lock == lock {
			return d.ZoneIDs[0]
		}
	}
	c.t.Fatalf("no lock %s", lock)
	return ""
}

func (c *campus) restart() {
	c.t.Helper()
	if err := c.desk.Close(); err != nil {
		c.t.Fatal(err)
	}
	var err error
	if c.desk, err = desk.Open(c.ctx, c.options()); err != nil {
		c.t.Fatal(err)
	}
}

// stolen is the custody of a thief who took a lock apart: he has the keys of its
// bundle, and makes up the rest.
type stolen struct{ bundle bundle.Bundle }

func (s stolen) Diversify(m keytag.Master, input [keytag.InputSize]byte) ([16]byte, error) {
	version := input[7]
	switch keytag.Purpose(input[0]) {
	case keytag.PurposeLocator:
		for _, l := range s.bundle.Locators {
			if l.Version == version {
				return [16]byte(l.Key.Reveal()), nil
			}
		}
		return [16]byte{}, errors.New("the thief has no such locator")
	case keytag.PurposeZone:
		zone := keytag.Zone(input[4])<<16 | keytag.Zone(input[5])<<8 | keytag.Zone(input[6])
		for _, z := range s.bundle.Zones {
			if z.ID == zone && z.Version == version {
				return [16]byte(z.Key.Reveal()), nil
			}
		}
		return [16]byte{}, errors.New("the thief has no such zone key")
	}
	made := desfire.DiversifyAES128(desfire.NewAESKey([16]byte{byte(m)}, 0), input[:])
	return [16]byte(made.Reveal()), nil
}

// steal opens the newest bundle in the folder for a lock, with the lock's key.
func (c *campus) steal(id string) bundle.Bundle {
	c.t.Helper()
	key := c.demo.Keys[id]
	data, err := carrier.OpenFolder(c.sync).ReadBundle(key.Name())
	if err != nil {
		c.t.Fatal(err)
	}
	b, err := bundle.Open(data, bundle.TrustFirst(), key.Name().ID(), key.Private())
	if err != nil {
		c.t.Fatal(err)
	}
	return b
}

// forge makes the tag of a thief: for every zone key that he has, on a seat that
// nobody has, with a generation that no floor stands in the way of.
func (c *campus) forge(b bundle.Bundle, locator byte) *softcard.Card {
	c.t.Helper()
	card := c.blank(softcard.EV3)
	site := keytag.Site{
		Keys:        keytag.Keys{Custody: stolen{b}, AID: keytag.DefaultAID, Locators: []byte{locator}},
		PracticeKey: softcard.PracticePublicKey(),
	}
	l, err := site.Recognise(card, keytag.ExpectAnything)
	if err != nil {
		c.t.Fatal(err)
	}
	r := keytag.Record{Number: keytag.Number{0: 0xBA, 1: 0xD0}}
	for _, z := range b.Zones {
		r.Slots = append(r.Slots, keytag.Claims{Zone: z.ID, Version: z.Version, Epoch: z.Floor.Epoch, Seat: 900, Generation: 9})
	}
	if err := l.Issue(r, keytag.Observer{}); err != nil {
		c.t.Fatal(err)
	}
	return card
}

// newLock imports a lock; row is its row without the key.
func (c *campus) newLock(id, row string) {
	c.t.Helper()
	key := must(bundle.GenerateKey(must(bundle.ParseLockName(id)), rand.Reader))
	c.demo.Keys[id] = key
	list := "building,floor,home,lock,zone,kind,public_key\n" + row + bundle.PublicText(key.Public()) + "\n"
	if _, err := c.desk.Import(c.ctx, strings.NewReader(list)); err != nil {
		c.t.Fatal(err)
	}
}

// TestStolenLock: the entrance's lock is stolen. Its keys are replaced while
// people go on using theirs, and in the end the thief's tag opens nothing.
func TestStolenLock(t *testing.T) {
	c := newCampus(t, 2)
	c.syncLocks(allDoors...)
	first, second := c.blank(softcard.EV3), c.blank(softcard.EV1)
	t1, t2 := c.issue(first, home101).Tag.ID, c.issue(second, home102).Tag.ID
	rest := []string{"C1-1", "H1-101", "H1-102"}

	bad := c.steal("E1")
	thief := c.forge(bad, 1)
	c.wantOpen(thief, "E1")
	c.wantShut(thief, rest...)

	spec := desk.CampaignSpec{Kind: store.CampaignLock, Lock: "e1"}
	plan := must(c.desk.PlanCampaign(c.ctx, spec))
	if plan.Cost != (desk.CampaignCost{Tags: 2, Homes: 2, Locks: 3, Visits: 6, Doors: 0}) || plan.State != "planned" || plan.ID != "" {
		t.Errorf("plan: %+v", plan)
	}
	if len(must(c.desk.Campaigns(c.ctx))) != 0 || len(must(c.desk.Locks(c.ctx))) != 4 {
		t.Fatal("a plan has changed something")
	}
	v := c.start(spec)
	if v.ID != "C1" || v.Lock != "E1" || v.Left.Tags != 2 || v.Left.Locks != 3 || v.Locator == nil || len(v.Zones) != 1 {
		t.Errorf("campaign: %+v", v)
	}
	// A new lock takes the place of the stolen one.
	c.newLock("E2", "Boulevard 3,,,E2,entrance,shared,")
	c.syncLocks("E2")
	if _, err := carrier.OpenFolder(c.sync).ReadBundle(c.demo.Keys["E1"].Name()); !errors.Is(err, carrier.ErrNothing) {
		t.Fatalf("the stolen lock's bundle: %v, want none", err)
	}
	c.wantOpen(thief, "E2")
	c.wantOpen(first, "E2", "C1-1", "H1-101")
	// Before the locks have confirmed, tags get what works everywhere.
	third := c.blank(softcard.EV2)
	t3 := c.issue(third, home101).Tag.ID
	c.wantOpen(third, "E2", "C1-1", "H1-101")
	if i := c.inspect(first); !slices.Equal(i.Renew, []desk.RenewReason{desk.RenewKeys}) || !i.RenewWaits {
		t.Errorf("inspecting while locks wait: %+v", i)
	}
	c.renew(first, t1)
	c.lay(first)
	if _, err := c.desk.Renew(c.ctx, c.reader, t1, desk.RenewOptions{}, nil); code(err) != desk.CodeLocksWaiting {
		t.Errorf("renewing before the locks have the locator: %v", err)
	}
	c.wantOpen(first, "E2", "H1-101")

	c.syncLocks("E2", "C1-1", "H1-101", "H1-102")
	c.restart()
	if i := c.inspect(first); !slices.Equal(i.Renew, []desk.RenewReason{desk.RenewLocator}) || i.RenewWaits {
		t.Errorf("inspecting: %+v", i)
	}
	if done := c.renew(first, t1); done.Tag.ID != t1 {
		t.Errorf("%s became %s", t1, done.Tag.ID)
	}
	if i := c.inspect(first); i.Tag == nil || i.Tag.ID != t1 || len(i.Renew) != 0 || i.RenewWaits {
		t.Errorf("inspecting the renewed tag: %+v", i)
	}
	// Old, new and forged tags open.
	for _, card := range []*softcard.Card{first, third} {
		c.wantOpen(card, "E2", "C1-1", "H1-101")
	}
	c.wantOpen(second, "E2", "H1-102")
	c.wantOpen(thief, "E2")

	if _, err := c.desk.EndCampaign(c.ctx, v.ID, false); code(err) != desk.CodeCampaignOpen {
		t.Errorf("ending too early: %v", err)
	}
	c.renew(third, "")
	c.renew(second, t2)
	if s := must(c.desk.Campaign(c.ctx, v.ID)); s.Left != (desk.CampaignLeft{}) {
		t.Errorf("nothing is left to do: %+v", s)
	}
	end, err := c.desk.EndCampaign(c.ctx, "c1", false)
	if err != nil || end.Forced || len(end.OldOpens) != 4 || len(end.Lost) != 0 {
		t.Fatalf("ending: %v %+v", err, end)
	}
	c.wantOpen(thief, "E2") // until its last bundle
	c.syncLocks("E2", "C1-1", "H1-101", "H1-102")
	c.wantShut(thief, "E2", "C1-1", "H1-101", "H1-102")
	c.wantOpen(first, "E2", "C1-1", "H1-101")
	c.wantOpen(second, "E2", "C1-1", "H1-102")
	c.wantOpen(third, "E2", "C1-1", "H1-101")
	if s := must(c.desk.Campaign(c.ctx, v.ID)); s.Left.Locks != 0 || len(s.OldOpens) != 0 || s.State != "ended" {
		t.Errorf("report: %+v", s)
	}
	// With the old locator in hand the thief cannot even recognise them.
	for _, card := range []*softcard.Card{first, second, third} {
		card.Reset()
		site := keytag.Site{Keys: keytag.Keys{Custody: stolen{bad}, AID: keytag.DefaultAID, Locators: []byte{1}}}
		if l, err := site.Recognise(card, keytag.ExpectAnything); err != nil || l.State != keytag.OtherSite {
			t.Errorf("to the thief a renewed tag is %v %v", l, err)
		}
	}
	if c.state(t3) != store.TagIssued {
		t.Errorf("%s is %s", t3, c.state(t3))
	}
	if _, err := c.desk.StartCampaign(c.ctx, spec); code(err) != desk.CodeNoLock {
		t.Errorf("stolen twice: %v", err)
	}
}

// TestZoneCampaigns: two zones are rolled over at once, by campaigns of their
// own, with pauses and a new start of the desk in between.
func TestZoneCampaigns(t *testing.T) {
	c := newCampus(t, 2)
	c.syncLocks(allDoors...)
	first, second := c.blank(softcard.EV2), c.blank(softcard.EV3)
	t1, t2 := c.issue(first, home101).Tag.ID, c.issue(second, home102).Tag.ID
	front, entrance := c.zoneOf("H1-101"), c.zoneOf("E1")
	plan := must(c.desk.PlanCampaign(c.ctx, desk.CampaignSpec{Kind: store.CampaignZone, Zone: entrance}))
	if plan.Cost != (desk.CampaignCost{Tags: 2, Homes: 2, Locks: 1, Visits: 2, Doors: 1}) {
		t.Errorf("cost of the entrance: %+v", plan.Cost)
	}
	a := c.start(desk.CampaignSpec{Kind: store.CampaignZone, Zone: front})
	b := c.start(desk.CampaignSpec{Kind: store.CampaignZone, Zone: entrance})
	if _, err := c.desk.StartCampaign(c.ctx, desk.CampaignSpec{Kind: store.CampaignZone, Zone: front}); code(err) != desk.CodeCampaignRuns {
		t.Errorf("one zone twice: %v", err)
	}
	// Only the locks of the two zones want a bundle.
	for _, d := range must(c.desk.Locks(c.ctx)) {
		if want := d.Lock == "E1" || d.Lock == "H1-101"; (d.State == desk.DoorChanged) != want {
			t.Errorf("lock %s is %s", d.Lock, d.State)
		}
	}
	c.syncLocks("H1-101")
	c.restart()
	// The front door is ready, the entrance is not: one new key, one old one.
	c.renew(first, t1)
	c.wantOpen(first, doors101...)
	if i := c.inspect(first); len(i.Renew) != 0 || !i.RenewWaits {
		t.Errorf("half of it is done: %+v", i)
	}
	if _, err := c.desk.PauseCampaign(c.ctx, b.ID); err != nil {
		t.Fatal(err)
	}
	c.restart()
	if i := c.inspect(first); i.RenewWaits {
		t.Errorf("a campaign that is paused asks for a tag: %+v", i)
	}
	c.now = c.now.AddDate(0, 0, 28)
	c.syncLocks("E1", "H1-101")
	if i := c.inspect(second); len(i.Renew) != 0 {
		t.Errorf("a campaign that is paused asks for a tag: %+v", i)
	}
	if end, err := c.desk.EndCampaign(c.ctx, a.ID, false); err != nil || end.Ended == "" {
		t.Fatal(err)
	}
	if v, err := c.desk.ResumeCampaign(c.ctx, b.ID); err != nil || v.State != "running" || v.Left.Tags != 2 {
		t.Fatalf("%v %+v", err, v)
	}
	c.restart()
	if i := c.inspect(second); !slices.Equal(i.Renew, []desk.RenewReason{desk.RenewKeys}) {
		t.Errorf("resumed: %+v", i)
	}
	// A lost tag on the old key is not ended by a tag on the new one.
	third := c.blank(softcard.EV3)
	c.lay(third)
	replaced := must(c.desk.Replace(c.ctx, c.reader, t2, desk.IssueOptions{}, nil))
	for _, d := range replaced.Lost.Doors {
		if d.EndsByUse != (d.Door.Lock != "E1") {
			t.Errorf("at %s: %+v", d.Door.Lock, d)
		}
	}
	c.wantOpen(third, "E1", "C1-1", "H1-102")
	c.wantOpen(second, "E1")
	c.wantShut(second, "C1-1", "H1-102")
	c.renew(first, t1)
	if end, err := c.desk.EndCampaign(c.ctx, b.ID, false); err != nil || end.Cost.Tags != 2 {
		t.Fatalf("%v %+v", err, end)
	}
	c.syncLocks(allDoors...)
	c.wantShut(second, allDoors...)
	c.wantOpen(third, "E1", "C1-1", "H1-102")
	c.wantOpen(first, doors101...)
	for _, f := range []func() error{
		func() error { _, err := c.desk.EndCampaign(c.ctx, a.ID, true); return err },
		func() error { _, err := c.desk.PauseCampaign(c.ctx, a.ID); return err },
		func() error { _, err := c.desk.ResumeCampaign(c.ctx, b.ID); return err },
	} {
		if err := f(); code(err) != desk.CodeCampaignEnded {
			t.Errorf("after the end: %v", err)
		}
	}
	for name, want := range map[string]desk.Code{"C9": desk.CodeNoCampaign, "x": desk.CodeNoCampaign, "C0": desk.CodeNoCampaign} {
		if _, err := c.desk.Campaign(c.ctx, name); code(err) != want {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, zone := range []string{"Z99", "front", "", "Z99999999"} {
		if _, err := c.desk.PlanCampaign(c.ctx, desk.CampaignSpec{Kind: store.CampaignZone, Zone: zone}); code(err) != desk.CodeNoZone {
			t.Errorf("zone %q: %v", zone, err)
		}
	}
}

// TestForcedEnd: what is still on the old keys is ended, and listed.
func TestForcedEnd(t *testing.T) {
	c := newCampus(t, 2)
	c.syncLocks(allDoors...)
	first, second := c.blank(softcard.EV2), c.blank(softcard.EV3)
	t1, t2 := c.issue(first, home101).Tag.ID, c.issue(second, home102).Tag.ID
	v := c.start(desk.CampaignSpec{Kind: store.CampaignLocator})
	c.syncLocks(allDoors...)
	c.renew(first, t1)
	end := must(c.desk.EndCampaign(c.ctx, v.ID, true))
	if !end.Forced || len(end.Lost) != 1 || end.Lost[0] != (desk.CampaignTagView{ID: t2, Home: home102}) || c.state(t2) != store.TagLost {
		t.Errorf("forced: %+v", end)
	}
	c.syncLocks(allDoors...)
	c.restart()
	c.wantShut(second, allDoors...)
	c.wantOpen(first, doors101...)
	if again := must(c.desk.Campaign(c.ctx, v.ID)); len(again.Lost) != 1 || !again.Forced {
		t.Errorf("the report forgets: %+v", again)
	}
	// The old tag is still known, can be wiped, and handed out again.
	if i := c.inspect(second); i.Kind != desk.KindOurs || i.Problem != desk.CodeTagEnded {
		t.Errorf("the ended tag is %+v", i)
	}
	c.takeBack(second)
	if c.state(t2) != store.TagReturned {
		t.Errorf("%s is %s", t2, c.state(t2))
	}
	c.issue(second, home102)
	c.wantOpen(second, "H1-102")
}

// TestSiteCampaign rolls everything over, the signer too.
func TestSiteCampaign(t *testing.T) {
	c := newCampus(t, 2)
	c.syncLocks(allDoors...)
	card := c.blank(softcard.EV3)
	tag := c.issue(card, home101).Tag.ID
	old := c.signer("E1")
	v := c.start(desk.CampaignSpec{Kind: store.CampaignSite})
	if v.Cost != (desk.CampaignCost{Tags: 1, Homes: 1, Locks: 4, Visits: 12, Doors: 4}) || v.Signer == nil || v.Signer.Signs {
		t.Errorf("%+v", v)
	}
	for _, s := range []desk.CampaignSpec{{Kind: store.CampaignLocator}, {Kind: store.CampaignZone, Zone: c.zoneOf("E1")}, {Kind: store.CampaignSite}} {
		if _, err := c.desk.StartCampaign(c.ctx, s); code(err) != desk.CodeCampaignRuns {
			t.Errorf("%s at the same time: %v", s.Kind, err)
		}
	}
	c.syncLocks(allDoors[1:]...)
	c.syncLocks(allDoors[1:]...)
	if c.signer("E1") != old {
		t.Fatal("the next signer signs before every lock knows it")
	}
	if _, err := c.desk.EndCampaign(c.ctx, v.ID, false); code(err) != desk.CodeCampaignOpen {
		t.Errorf("ended too early: %v", err)
	}
	c.restart()
	c.syncLocks(allDoors...)
	c.renew(card, tag)
	c.wantOpen(card, doors101...)
	if s := must(c.desk.Campaign(c.ctx, v.ID)); !s.Signer.Signs || s.Left.Locks != 4 || s.Left.Tags != 0 {
		t.Errorf("%+v", s)
	}
	if c.signer("E1") == old {
		t.Fatal("the next signer does not sign")
	}
	c.syncLocks(allDoors...)
	if _, err := c.desk.EndCampaign(c.ctx, v.ID, false); err != nil {
		t.Fatal(err)
	}
	c.syncLocks(allDoors...)
	c.wantOpen(card, doors101...)
	for _, d := range must(c.desk.Locks(c.ctx)) {
		if d.State != desk.DoorUpToDate {
			t.Errorf("lock %s is %s", d.Lock, d.State)
		}
	}
	// And once more, from the second generation.
	v = c.start(desk.CampaignSpec{Kind: store.CampaignSite})
	c.syncLocks(allDoors...)
	c.syncLocks(allDoors...)
	c.renew(card, tag)
	if end, err := c.desk.EndCampaign(c.ctx, v.ID, false); err != nil || end.Signer.New != 3 {
		t.Fatal(err)
	}
	c.syncLocks(allDoors...)
	c.wantOpen(card, doors101...)
}

// signer is who signed the newest bundle of a lock.
func (c *campus) signer(id string) bundle.SignerKey {
	c.t.Helper()
	key := c.demo.Keys[id]
	data, err := carrier.OpenFolder(c.sync).ReadBundle(key.Name())
	if err != nil {
		c.t.Fatal(err)
	}
	return must(bundle.ParseHeader(data)).Signer
}

// TestSecondTheft: another lock is stolen while the first campaign goes on.
func TestSecondTheft(t *testing.T) {
	c := newCampus(t, 2)
	c.syncLocks(allDoors...)
	card := c.blank(softcard.EV3)
	tag := c.issue(card, home101).Tag.ID
	c.start(desk.CampaignSpec{Kind: store.CampaignLock, Lock: "H1-102"})
	c.syncLocks("E1", "C1-1", "H1-101")
	v := c.start(desk.CampaignSpec{Kind: store.CampaignLock, Lock: "C1-1"})
	if v.Locator != nil || len(v.Zones) != 1 {
		t.Errorf("the second theft: %+v", v)
	}
	bad := c.steal("C1-1")
	c.newLock("C1-2", "Boulevard 3,1,101;102,C1-2,corridor 1,shared,")
	c.syncLocks("E1", "H1-101", "C1-2")
	c.renew(card, tag)
	c.wantOpen(card, "E1", "C1-2", "H1-101")
	thief := c.forge(bad, 2)
	c.wantOpen(thief, "C1-2")
	for _, id := range []string{"C1", "C2"} {
		if end, err := c.desk.EndCampaign(c.ctx, id, false); err != nil {
			t.Fatalf("%s: %v %+v", id, err, end)
		}
	}
	c.syncLocks("E1", "H1-101", "C1-2")
	c.wantShut(thief, "E1", "C1-2", "H1-101")
	c.wantOpen(card, "E1", "C1-2", "H1-101")
}

// TestNewDoor: a home that gets another door is on its tags after they are
// written anew.
func TestNewDoor(t *testing.T) {
	c := newCampus(t, 2)
	c.syncLocks(allDoors...)
	card := c.blank(softcard.EV1)
	tag := c.issue(card, home101).Tag.ID
	c.newLock("BIKE", "Boulevard 3,,,BIKE,bicycles,shared,")
	c.syncLocks("BIKE")
	c.wantShut(card, "BIKE")
	if i := c.inspect(card); !slices.Equal(i.Renew, []desk.RenewReason{desk.RenewDoors}) {
		t.Errorf("a home with a new door: %+v", i)
	}
	done := c.renew(card, "")
	if done.Tag.ID != tag || len(done.Tag.Zones) != 4 {
		t.Errorf("renewed: %+v", done.Tag)
	}
	c.wantOpen(card, "BIKE", "E1", "C1-1", "H1-101")
	if i := c.inspect(card); len(i.Renew) != 0 {
		t.Errorf("after that: %+v", i)
	}
	c.agree(card, 1)
}
