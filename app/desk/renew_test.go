package desk_test

import (
	"context"
	"testing"

	"sleutelbord/app/desk"
	"sleutelbord/nfc"
	"sleutelbord/nfc/softcard"
	"sleutelbord/store"
)

func actRenew(c *campus, r nfc.Reader, tag string) error {
	return handed(c.desk.Renew(c.ctx, r, tag, desk.RenewOptions{}, nil))
}

func actRenewAny(c *campus, r nfc.Reader, _ string) error { return actRenew(c, r, "") }

func actResume(c *campus, r nfc.Reader, _ string) error {
	return handed(c.desk.Resume(c.ctx, r, nil))
}

// TestEveryCutOfRenewing cuts writing a tag anew at every command. Where it was
// left as it was, it opens as before, also after a round to the locks; and
// whatever is done with it next, it is the same tag in the end.
func TestEveryCutOfRenewing(t *testing.T) {
	faults := []func(int) softcard.Fault{softcard.LeaveBefore, softcard.LeaveAfter, softcard.LoseAnswer, softcard.Corrupt, softcard.CorruptCommand}
	ways := []func(*campus, nfc.Reader, string) error{actRenew, actRenewAny, actResume, actIssue}
	cuts, intact := 0, 0
	for _, chip := range []softcard.Chip{softcard.EV1, softcard.EV2, softcard.EV3} {
		c := newCampus(t, 2)
		c.syncLocks(doors101...)
		card := c.blank(chip)
		tag := c.issue(card, home101).Tag.ID
		commands := c.renew(card, tag).Commands
		for n := 1; n <= commands; n++ {
			for f, fault := range faults {
				cuts++
				c.lay(card)
				card.Arm(fault(n))
				if err := actRenew(c, c.reader, tag); err == nil {
					continue // done all the same
				}
				if c.inspect(card).Kind == desk.KindOurs {
					intact++
					if n%5 == 0 {
						c.syncLocks(doors101...)
					}
					c.wantOpen(card, doors101...)
				}
				before := card.AuthenticationFailures()
				c.lay(card)
				way := ways[(n+f)%len(ways)]
				err := way(c, c.reader, tag)
				if code(err) == desk.CodeTagInUse || code(err) == desk.CodeHalfWritten {
					err = actRenew(c, c.reader, tag) // nothing had been begun
				}
				if err != nil {
					t.Fatalf("%v: cut at command %d by fault %d: %v", chip, n, f, err)
				}
				if wrong := card.AuthenticationFailures() - before; wrong > 2 {
					t.Errorf("%v: cut at command %d: %d wrong keys", chip, n, wrong)
				}
				if c.state(tag) != store.TagIssued {
					t.Fatalf("%v: cut at command %d by fault %d: %s is %s", chip, n, f, tag, c.state(tag))
				}
				c.wantOpen(card, doors101...)
				c.agree(card, 1)
			}
		}
	}
	t.Logf("%d cuts, %d of which left the tag as it was", cuts, intact)
}

// TestCutRenewingThenReturned: a tag that was cut while it was written anew is
// taken back or lost like any other.
func TestCutRenewingThenReturned(t *testing.T) {
	c := newCampus(t, 2)
	c.syncLocks(doors101...)
	card := c.blank(softcard.EV3)
	tag := c.issue(card, home101).Tag.ID
	commands, back := c.renew(card, tag).Commands, 0
	for n := 1; n <= commands; n++ {
		c.lay(card)
		card.Arm(softcard.LoseAnswer(n))
		if actRenew(c, c.reader, tag) == nil {
			t.Fatal("not cut")
		}
		c.lay(card)
		switch n % 4 {
		case 0, 1:
			if err := actReturn(c, c.reader, tag); err != nil {
				t.Fatalf("cut at command %d, then taken back: %v", n, err)
			}
			// Where nothing shows which tag this is, it counts as lost.
			if s := c.state(tag); s == store.TagReturned {
				back++
			} else if s != store.TagLost {
				t.Errorf("cut at command %d, then taken back: %s is %s", n, tag, s)
			}
		case 2:
			if err := actWipe(c, c.reader, tag); err != nil {
				t.Fatalf("cut at command %d, then wiped: %v", n, err)
			}
			if c.state(tag) == store.TagWriting {
				if _, err := c.desk.RevokeLost(c.ctx, tag); err != nil {
					t.Fatal(err)
				}
			}
		case 3:
			if _, err := c.desk.RevokeLost(c.ctx, tag); err != nil {
				t.Fatal(err)
			}
			c.syncLocks(doors101...)
			c.wantShut(card, doors101...)
			c.takeBack(card)
		}
		c.agree(card, 0)
		tag = c.issue(card, home101).Tag.ID
		c.wantOpen(card, "H1-101", "C1-1", "E1")
	}
	if back < commands/2-4 {
		t.Errorf("of %d tags that were cut, only %d were taken back", commands, back)
	}
}

// TestRenewAnotherTag: only the tag that is meant is written anew, and a blank
// one is not taken for a tag whose writing has erased nothing.
func TestRenewAnotherTag(t *testing.T) {
	c := newCampus(t, 2)
	c.syncLocks(allDoors...)
	card, other, blank := c.blank(softcard.EV3), c.blank(softcard.EV2), c.blank(softcard.EV1)
	t1, t2 := c.issue(card, home101).Tag.ID, c.issue(other, home102).Tag.ID
	for _, x := range []struct {
		card *softcard.Card
		tag  string
		want desk.Code
	}{{other, t1, desk.CodeOtherTag}, {blank, t1, desk.CodeOtherTag}, {card, "T99", desk.CodeOtherTag}, {blank, "T99", desk.CodeNoTagRecord}, {blank, "", desk.CodeHalfWritten}} {
		c.lay(x.card)
		err := actRenew(c, c.reader, x.tag)
		if code(err) != x.want {
			t.Errorf("renewing %q: %v", x.tag, err)
		}
	}
	c.lay(card)
	card.Arm(softcard.LeaveBefore(20))
	if actRenew(c, c.reader, t1) == nil {
		t.Fatal("not cut")
	}
	c.lay(blank)
	if err := actRenew(c, c.reader, t1); code(err) != desk.CodeOtherTag {
		t.Errorf("a blank tag in the place of one that was not erased: %v", err)
	}
	// A second tag can be handed out meanwhile; the first is still what it was.
	done := c.issue(blank, home101)
	if done.Tag.ID == t1 {
		t.Errorf("%s was written on a blank tag", t1)
	}
	card.Return()
	c.wantOpen(card, doors101...)
	c.wantOpen(blank, doors101...)
	if got := c.renew(card, ""); got.Tag.ID != t1 {
		t.Errorf("%s became %s", t1, got.Tag.ID)
	}
	// A lost tag, and one of a tenancy that is over, is not written anew.
	if _, err := c.desk.RevokeLost(c.ctx, t1); err != nil {
		t.Fatal(err)
	}
	c.lay(card)
	if err := actRenew(c, c.reader, ""); code(err) != desk.CodeTagInUse {
		t.Errorf("a revoked tag: %v", err)
	}
	must(c.desk.MoveOut(c.ctx, home102))
	c.lay(other)
	if err := actRenew(c, c.reader, t2); code(err) != desk.CodeTagInUse {
		t.Errorf("a tag of a tenancy that is over: %v", err)
	}
}

// TestCancelRenewing: a person stops between two steps. Before the first the tag
// is left as it is; later it is blank, and the same act writes it again.
func TestCancelRenewing(t *testing.T) {
	c := newCampus(t, 2)
	c.syncLocks(doors101...)
	card := c.blank(softcard.EV3)
	tag := c.issue(card, home101).Tag.ID
	for stop := range 8 {
		c.lay(card)
		ctx, cancel := context.WithCancel(c.ctx)
		_, err := c.desk.Renew(ctx, c.reader, tag, desk.RenewOptions{}, func(p desk.Progress) {
			if p.Index == stop {
				cancel()
			}
		})
		if err == nil {
			t.Fatalf("stopped before step %d and done all the same", stop)
		}
		seen := c.inspect(card)
		switch {
		case stop == 0:
			c.wantOpen(card, doors101...)
			c.agree(card, 1)
		case stop == 7: // before the chip key: everything else is there
		case seen.Kind != desk.KindBlank:
			t.Errorf("stopped before step %d: %+v", stop, seen)
		}
		if stop%2 == 0 {
			c.renew(card, tag)
		} else {
			c.lay(card)
			if err := actReturn(c, c.reader, tag); err != nil || c.state(tag) != store.TagReturned {
				t.Fatalf("stopped before step %d, then taken back: %v, %s", stop, err, c.state(tag))
			}
			tag = c.issue(card, home101).Tag.ID
		}
		c.wantOpen(card, doors101...)
		c.agree(card, 1)
	}
}
