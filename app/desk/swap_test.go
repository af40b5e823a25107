package desk_test

import (
	"testing"

	"sleutelbord/app/desk"
	"sleutelbord/nfc/softcard"
	"sleutelbord/store"
)

// lengths gives the number of commands of an issue and of a return on an EV3.
func lengths(c *campus) (issue, back int) {
	c.t.Helper()
	card := c.blank(softcard.EV3)
	done := c.issue(card, home101)
	c.lay(card)
	card.ResetCount()
	if err := actReturn(c, c.reader, done.Tag.ID); err != nil {
		c.t.Fatal(err)
	}
	back, _, _ = card.Count()
	return done.Commands, back
}

func (c *campus) state(tag string) store.TagState {
	c.t.Helper()
	return must(c.desk.Tag(c.ctx, tag)).State
}

// stillOpens holds a tag against what is said about it: it opens its front
// door, and the statement does not deny it.
func (c *campus) stillOpens(card *softcard.Card, tag string) {
	c.t.Helper()
	c.wantOpen(card, "H1-101")
	if s := must(c.desk.Statement(c.ctx, tag)); !s.Opens() {
		c.t.Errorf("%s opens its door, and is %s and said to be dead everywhere", tag, s.Tag.State)
	}
}

// TestCutReturn: a tag that is taken away while it is wiped may have been left
// as it was. It is not said to be returned before it is shown to be blank, also
// not when another tag is laid in its place.
func TestCutReturn(t *testing.T) {
	c := newCampus(t, 2)
	c.syncLocks(doors101...)
	_, back := lengths(c)
	for n := 1; n <= back; n++ {
		card, other := c.blank(softcard.EV3), c.blank(softcard.EV3)
		tag := c.issue(card, home101).Tag.ID
		c.lay(card)
		card.Arm(softcard.LeaveBefore(n))
		if actReturn(c, c.reader, tag) == nil {
			t.Fatalf("command %d was not cut", n)
		}
		card.Return()
		c.stillOpens(card, tag)

		c.lay(other)
		err := actReturn(c, c.reader, tag)
		if err != nil && code(err) != desk.CodeOtherTag {
			t.Errorf("cut at %d: another tag: %v", n, err)
		}
		c.stillOpens(card, tag)

		c.lay(card)
		if err := actReturn(c, c.reader, tag); err != nil || c.state(tag) != store.TagReturned {
			t.Errorf("cut at %d: the tag itself: %v, it is %s", n, err, c.state(tag))
		}
		c.agree(card, 0)
	}
}

// TestCompleteElsewhere: the tag went home with its last answer lost. Another
// one is laid instead; the first is not forgotten.
func TestCompleteElsewhere(t *testing.T) {
	c := newCampus(t, 2)
	c.syncLocks(doors101...)
	n, _ := lengths(c)
	first, second := c.blank(softcard.EV3), c.blank(softcard.EV3)
	c.lay(first)
	first.Arm(softcard.LeaveAfter(n))
	if actIssue(c, c.reader, "") == nil {
		t.Fatal("the last answer was not lost")
	}
	first.Return()
	torn := must(c.desk.Pending(c.ctx))[0].ID
	done := c.issue(second, home101)
	if done.Tag.ID == torn || c.state(torn) != store.TagLost {
		t.Errorf("%s is %s, and %s was handed out", torn, c.state(torn), done.Tag.ID)
	}
	c.stillOpens(first, torn)
	c.lay(first)
	if seen := must(c.desk.Inspect(c.ctx, c.reader)); seen.Tag == nil || seen.Tag.ID != torn {
		t.Errorf("the first tag is %+v", seen)
	}
	c.syncLocks(doors101...)
	c.wantShut(first, doors101...)
	c.wantOpen(second, doors101...)
	c.agree(second, 1)

	// The same in the place of a lost tag.
	third, fourth := c.blank(softcard.EV3), c.blank(softcard.EV3)
	c.lay(third)
	third.Arm(softcard.LeaveAfter(n))
	if actReplace(c, c.reader, done.Tag.ID) == nil {
		t.Fatal("the last answer was not lost")
	}
	third.Return()
	torn = must(c.desk.Pending(c.ctx))[0].ID
	c.lay(fourth)
	if err := actReplace(c, c.reader, done.Tag.ID); err != nil {
		t.Error(err)
	}
	c.stillOpens(third, torn)
	c.agree(fourth, 1)
}

// TestTornTagOfAnotherHome: what was on a tag is ended when the tag is written
// for somebody else, and by nothing earlier.
func TestTornTagOfAnotherHome(t *testing.T) {
	c := newCampus(t, 2)
	c.syncLocks(doors101...)
	issue, back := lengths(c)
	for _, torn := range []struct {
		name string
		at   func(card *softcard.Card) string // leaves a torn tag of home 101
	}{
		{"while it was wiped", func(card *softcard.Card) string {
			tag := c.issue(card, home101).Tag.ID
			c.lay(card)
			card.Arm(softcard.LeaveBefore(back))
			_ = actReturn(c, c.reader, tag)
			return tag
		}},
		{"while it was written", func(card *softcard.Card) string {
			c.lay(card)
			card.Arm(softcard.LeaveBefore(issue))
			_ = actIssue(c, c.reader, "")
			return must(c.desk.Pending(c.ctx))[0].ID
		}},
	} {
		card := c.blank(softcard.EV3)
		tag := torn.at(card)
		c.lay(card)
		if s := c.state(tag); s == store.TagReturned || s == store.TagIssued {
			t.Errorf("torn %s: it is %s", torn.name, s)
		}
		done, err := c.desk.Issue(c.ctx, c.reader, home102, desk.IssueOptions{}, nil)
		if err != nil {
			t.Fatalf("torn %s: %v", torn.name, err)
		}
		if c.state(tag) != store.TagReturned || c.state(done.Tag.ID) != store.TagIssued {
			t.Errorf("torn %s: it is %s, and what it was written as %s", torn.name, c.state(tag), c.state(done.Tag.ID))
		}
	}
}

// TestFinishedRatherThanWritten: a tag whose keys are all set is finished with
// the number and the places that it has, and is known all the while.
func TestFinishedRatherThanWritten(t *testing.T) {
	c := newCampus(t, 2)
	c.syncLocks(doors101...)
	n, _ := lengths(c)
	card, other := c.blank(softcard.EV3), c.blank(softcard.EV3)
	c.lay(card)
	card.Arm(softcard.LeaveBefore(n - 5))
	if actIssue(c, c.reader, "") == nil {
		t.Fatal("not cut")
	}
	card.Return()
	torn := must(c.desk.Pending(c.ctx))[0].ID
	c.stillOpens(card, torn)
	c.lay(card)
	if seen := must(c.desk.Inspect(c.ctx, c.reader)); seen.Kind != desk.KindHalf || seen.Tag == nil || seen.Tag.ID != torn {
		t.Errorf("the torn tag is %+v", seen)
	}
	done := must(c.desk.Resume(c.ctx, c.reader, nil))
	if done.Tag.ID != torn || !done.Recovered || done.Commands >= n {
		t.Errorf("%s was finished as %+v", torn, done)
	}
	c.agree(card, 1)
	c.wantOpen(card, doors101...)

	// With another last day it has to be written anew; until it is, the old one
	// is known, and afterwards it is gone.
	c.takeBack(card)
	c.lay(card)
	card.Arm(softcard.LeaveBefore(n - 5))
	if actIssue(c, c.reader, "") == nil {
		t.Fatal("not cut")
	}
	torn = must(c.desk.Pending(c.ctx))[0].ID
	c.lay(card)
	again, err := c.desk.Issue(c.ctx, c.reader, home101, desk.IssueOptions{NotAfter: c.now.AddDate(0, 1, 0)}, nil)
	if err != nil || again.Tag.ID == torn || c.state(torn) != store.TagReturned {
		t.Errorf("with another last day: %v, %s is %s, new is %s", err, torn, c.state(torn), again.Tag.ID)
	}
	c.takeBack(card)

	// And where another tag is written instead, the torn one is not forgotten.
	c.lay(card)
	card.Arm(softcard.LeaveBefore(n - 5))
	if actIssue(c, c.reader, "") == nil {
		t.Fatal("not cut")
	}
	card.Return()
	torn = must(c.desk.Pending(c.ctx))[0].ID
	c.issue(other, home101)
	c.stillOpens(card, torn)
}
