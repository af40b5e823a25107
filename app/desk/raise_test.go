package desk_test

import (
	"os"
	"path/filepath"
	"testing"

	"sleutelbord/app/desk"
	"sleutelbord/nfc/softcard"
	"sleutelbord/store"
)

// putBack replaces the records by an older copy; the counter beside them stays,
// unless the whole folder was put back.
func (c *campus) putBack(from string, whole bool) {
	c.t.Helper()
	if err := c.desk.Close(); err != nil {
		c.t.Fatal(err)
	}
	counter, err := os.ReadFile(filepath.Join(c.dir, "store.counter"))
	if err != nil {
		c.t.Fatal(err)
	}
	if err := os.RemoveAll(c.dir); err != nil {
		c.t.Fatal(err)
	}
	copyRecords(c.t, from, c.dir)
	if !whole {
		if err := os.WriteFile(filepath.Join(c.dir, "store.counter"), counter, 0o600); err != nil {
			c.t.Fatal(err)
		}
	}
	if c.desk, err = desk.Open(c.ctx, c.options()); err != nil {
		c.t.Fatal(err)
	}
}

func (c *campus) keep() string {
	c.t.Helper()
	dir := filepath.Join(c.t.TempDir(), "copy")
	copyRecords(c.t, c.dir, dir)
	return dir
}

// TestRolledBack: an older copy of the records is put back, twice. Nothing is
// handed out until the counters were raised; then new tags are newer than
// everything that the copy does not know, and tags that are out go on.
func TestRolledBack(t *testing.T) {
	c := newCampus(t, 2)
	c.syncLocks(allDoors...)
	known := c.blank(softcard.EV3)
	id := c.issue(known, home101).Tag.ID
	old := c.keep()
	// What the copy does not know: a second tag, a neighbour who moved in, left,
	// and was followed by another.
	unknown, neighbour, next := c.blank(softcard.EV1), c.blank(softcard.EV2), c.blank(softcard.EV3)
	c.issue(unknown, home101)
	c.issue(neighbour, home102)
	must(c.desk.MoveOut(c.ctx, home102))
	c.issue(next, home102)
	c.wantOpen(unknown, doors101...)
	c.wantOpen(next, "H1-102", "C1-1")

	for round := range 3 {
		c.putBack(old, false)
		if !must(c.desk.Site(c.ctx)).RolledBack {
			t.Fatal("not noticed")
		}
		card := c.blank(softcard.EV3)
		c.lay(card)
		for name, err := range map[string]error{
			"issue": actIssue(c, c.reader, ""), "replace": actReplace(c, c.reader, id), "renew": actRenewAny(c, c.reader, ""), "resume": actResume(c, c.reader, ""),
		} {
			if code(err) != desk.CodeRolledBack {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := c.desk.StartCampaign(c.ctx, desk.CampaignSpec{Kind: store.CampaignSite}); code(err) != desk.CodeRolledBack {
			t.Errorf("campaign: %v", err)
		}
		// The copy does not know that it was put back before; the counter does.
		if done := must(c.desk.RaiseCounters(c.ctx, desk.RaiseOptions{})); done.By != int64(64*(round+1)) || done.Zones != 4 || done.Seats != 3 || done.Signer != 1 {
			t.Errorf("%+v", done)
		}
		if _, err := c.desk.RaiseCounters(c.ctx, desk.RaiseOptions{}); code(err) != desk.CodeNotRolledBack {
			t.Errorf("raised twice: %v", err)
		}
		c.restart()
		if must(c.desk.Site(c.ctx)).RolledBack {
			t.Error("the mark is still there")
		}
		// No tag that is out has ended, whatever goes to the locks.
		c.syncLocks(allDoors...)
		c.wantOpen(known, doors101...)
		c.wantOpen(unknown, doors101...)
		c.wantOpen(next, "H1-102", "C1-1", "E1")
		// A new tag in the same place ends the one that nobody knows, by its use.
		c.issue(card, home101)
		c.wantOpen(card, doors101...)
		c.wantShut(unknown, doors101...)
		c.wantOpen(known, doors101...)
		if c.inspect(unknown).Kind != desk.KindUnknownOurs {
			t.Error("a tag that the copy does not know is known")
		}
		// A tenant of the empty home comes after everybody that there ever was.
		tenant := c.blank(softcard.EV3)
		c.issue(tenant, home102)
		c.wantOpen(tenant, "H1-102", "C1-1", "E1")
		c.wantShut(next, "H1-102", "C1-1", "E1")
		unknown, next = card, tenant
	}
	// The folder with its counter: nothing is noticed, but a person knows.
	whole := c.keep()
	c.takeBack(unknown)
	c.putBack(whole, true)
	if must(c.desk.Site(c.ctx)).RolledBack {
		t.Fatal("noticed without a counter outside")
	}
	must(c.desk.RaiseCounters(c.ctx, desk.RaiseOptions{Force: true}))
	c.wantOpen(known, "H1-101")
}

// TestRaisedSigner: the copy is from before the newer key signed.
func TestRaisedSigner(t *testing.T) {
	c := newCampus(t, 1)
	c.syncLocks(doors101...)
	card := c.blank(softcard.EV3)
	tag := c.issue(card, home101).Tag.ID
	old := c.keep()
	c.start(desk.CampaignSpec{Kind: store.CampaignSite})
	c.syncLocks(doors101...)
	c.syncLocks(doors101...)
	newer := c.signer("E1")
	c.putBack(old, false)
	for _, version := range []uint16{18, 999} {
		if _, err := c.desk.RaiseCounters(c.ctx, desk.RaiseOptions{Signer: version}); code(err) != desk.CodeWrongInput {
			t.Errorf("signer %d: %v", version, err)
		}
	}
	must(c.desk.RaiseCounters(c.ctx, desk.RaiseOptions{Signer: 2}))
	c.start(desk.CampaignSpec{Kind: store.CampaignLocator})
	c.syncLocks(doors101...)
	if c.signer("E1") != newer {
		t.Error("another signer")
	}
	c.renew(card, tag)
	c.wantOpen(card, doors101...)
}
