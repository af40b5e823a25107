package desk_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"sleutelbord/app/desk"
	"sleutelbord/nfc"
	"sleutelbord/nfc/desfire"
	"sleutelbord/nfc/softcard"
	"sleutelbord/store"
)

// TestEveryCutThroughTheDesk cuts handing out and taking back at every command
// and lays the tag again, as a caretaker would: afterwards the records and the
// tag agree, and the door says the same.
func TestEveryCutThroughTheDesk(t *testing.T) {
	c := newCampus(t, 2)
	c.syncLocks(doors101...)
	faults := []func(int) softcard.Fault{softcard.LeaveBefore, softcard.LeaveAfter, softcard.LoseAnswer}
	card := c.blank(softcard.EV3)
	commands := c.issue(card, home101).Commands
	c.takeBack(card)
	cuts := 0
	for n := 1; n <= commands; n++ {
		for _, fault := range faults {
			card := c.blank(softcard.EV3)
			c.lay(card)
			card.Arm(fault(n))
			_, err := c.desk.Issue(c.ctx, c.reader, home101, desk.IssueOptions{}, nil)
			if err == nil {
				t.Fatalf("cut at command %d of %d went unnoticed", n, commands)
			}
			cuts++
			c.issue(card, home101)
			c.wantOpen(card, doors101...)
			c.agree(card, 1)
			c.cutTakingBack(card, fault(n))
			c.agree(card, 0)
			if card.AuthenticationFailures() > 2 {
				t.Errorf("command %d: %d wrong keys", n, card.AuthenticationFailures())
			}
		}
	}
	t.Logf("%d cuts through the desk", cuts)
}

// takeBack wipes the tag and expects it to be returned.
func (c *campus) takeBack(card *softcard.Card) {
	c.t.Helper()
	c.lay(card)
	if _, err := c.desk.Wipe(c.ctx, c.reader, nil); err != nil {
		c.t.Fatal(err)
	}
}

// cutTakingBack revokes the home's tag with a fault, and again without one.
func (c *campus) cutTakingBack(card *softcard.Card, f softcard.Fault) {
	c.t.Helper()
	home := must(c.desk.Home(c.ctx, home101))
	id := ""
	for _, tag := range home.Tags {
		if tag.State == store.TagIssued {
			id = tag.ID
		}
	}
	c.lay(card)
	card.Arm(f)
	if _, err := c.desk.RevokeReturned(c.ctx, c.reader, id, nil); err == nil {
		return
	}
	c.lay(card)
	if _, err := c.desk.RevokeReturned(c.ctx, c.reader, id, nil); err != nil {
		c.t.Fatalf("taking %s back again: %v", id, err)
	}
}

// agree holds the records against the tag: so many live tags at home 101, and
// nothing pending.
func (c *campus) agree(card *softcard.Card, live int) {
	c.t.Helper()
	home := must(c.desk.Home(c.ctx, home101))
	if home.Hook.Tags != live || home.Pending != 0 {
		c.t.Errorf("%d live tags and %d pending instead of %d", home.Hook.Tags, home.Pending, live)
	}
	c.lay(card)
	seen := must(c.desk.Inspect(c.ctx, c.reader))
	if live == 1 && (seen.Kind != desk.KindOurs || seen.Tag == nil || seen.Tag.State != store.TagIssued || seen.Problem != "") {
		c.t.Errorf("the tag in hand is %+v", seen)
	}
	if live == 0 && seen.Kind != desk.KindBlank {
		c.t.Errorf("the wiped tag is %+v", seen)
	}
}

func TestTornTagIsNamedAndResumed(t *testing.T) {
	c := newCampus(t, 2)
	card := c.blank(softcard.EV2)
	c.lay(card)
	card.Arm(softcard.LeaveBefore(30))
	if _, err := c.desk.Issue(c.ctx, c.reader, home101, desk.IssueOptions{Label: "blue"}, nil); code(err) != desk.CodeTagRemoved {
		t.Fatalf("a tag taken away gives %v", err)
	}
	if home := must(c.desk.Home(c.ctx, home101)); home.Pending != 1 || home.Hook.Tags != 0 {
		t.Errorf("the home shows %+v", home.Hook)
	}
	c.lay(card)
	if seen := must(c.desk.Inspect(c.ctx, c.reader)); seen.Kind != desk.KindHalf {
		t.Errorf("a torn tag is %s", seen.Kind)
	}
	done, err := c.desk.Resume(c.ctx, c.reader, nil)
	if err != nil || done.Tag.Home != home101 || done.Tag.Label != "blue" {
		t.Fatalf("resuming: %v %+v", err, done)
	}
	if list := must(c.desk.Pending(c.ctx)); len(list) != 0 {
		t.Errorf("still pending: %+v", list)
	}
}

// TestLastAnswerLost: the tag is complete, the desk does not know. Laying it
// again finishes the records without writing.
func TestLastAnswerLost(t *testing.T) {
	c := newCampus(t, 2)
	c.syncLocks(doors101...)
	card := c.blank(softcard.EV3)
	c.lay(card)
	card.Arm(softcard.LoseAnswer(50))
	if _, err := c.desk.Issue(c.ctx, c.reader, home101, desk.IssueOptions{}, nil); err != nil {
		t.Log(err)
	}
	c.lay(card)
	seen := must(c.desk.Inspect(c.ctx, c.reader))
	done, err := c.desk.Issue(c.ctx, c.reader, home101, desk.IssueOptions{}, nil)
	if err == nil && !done.Recovered && seen.Kind == desk.KindHalf {
		t.Errorf("a finished tag was written again: %+v", done)
	}
	c.wantOpen(card, doors101...)
}

// TestCancel: a person stops between two steps; the tag is blank again and
// nothing is left in the records.
func TestCancel(t *testing.T) {
	for stop := range 6 {
		c := newCampus(t, 2)
		card := c.blank(softcard.EV3)
		c.lay(card)
		ctx, cancel := context.WithCancel(c.ctx)
		_, err := c.desk.Issue(ctx, c.reader, home101, desk.IssueOptions{}, func(p desk.Progress) {
			if p.Index == stop {
				cancel()
			}
		})
		if code(err) != desk.CodeCancelled {
			t.Fatalf("step %d: %v", stop, err)
		}
		c.agree(card, 0)
		c.issue(card, home101)
		cancel()
	}
}

func TestRefusals(t *testing.T) {
	c := newCampus(t, 2)
	other := newCampus(t, 2)
	theirs := c.blank(softcard.EV3)
	other.issue(theirs, home101)
	ours := c.blank(softcard.EV3)
	live := c.issue(ours, home101)
	small := c.blank(softcard.EV1)
	fill(t, small)
	for name, want := range map[string]struct {
		card *softcard.Card
		home string
		code desk.Code
	}{
		"nothing on the reader": {nil, home101, desk.CodeNoTag},
		"tag of another site":   {theirs, home101, desk.CodeOtherSite},
		"tag in use":            {ours, home102, desk.CodeTagInUse},
		"no such home":          {c.blank(softcard.EV3), "Boulevard 3/999", desk.CodeNoHome},
		"no such building":      {c.blank(softcard.EV3), "Nowhere/1", desk.CodeNoHome},
		"not a home at all":     {c.blank(softcard.EV3), "rubbish", desk.CodeNoHome},
		"chip too small":        {small, home101, desk.CodeChipTooSmall},
		"forged signature":      {must(softcard.New(softcard.Config{Chip: softcard.EV3, Signature: make([]byte, 56)})), home101, desk.CodeNotGenuine},
	} {
		c.reader.Take()
		if want.card != nil {
			c.lay(want.card)
		}
		before := must(c.desk.Home(c.ctx, home101))
		_, err := c.desk.Issue(c.ctx, c.reader, want.home, desk.IssueOptions{}, nil)
		if code(err) != want.code {
			t.Errorf("%s: %v", name, err)
		}
		after := must(c.desk.Home(c.ctx, home101))
		if after.Hook != before.Hook || after.SeatsLeft != before.SeatsLeft {
			t.Errorf("%s: the home was %+v and is %+v", name, before.Hook, after.Hook)
		}
	}
	c.lay(theirs)
	if _, err := c.desk.Wipe(c.ctx, c.reader, nil); code(err) != desk.CodeOtherSite {
		t.Errorf("wiping a tag of another site: %v", err)
	}
	second := c.blank(softcard.EV3)
	c.issue(second, home101)
	c.lay(second)
	if _, err := c.desk.RevokeReturned(c.ctx, c.reader, live.Tag.ID, nil); code(err) != desk.CodeOtherTag {
		t.Errorf("another tag on the reader: %v", err)
	}
}

// fill uses up a blank tag's memory: what a deleted application had comes back
// only by formatting.
func fill(t *testing.T, card *softcard.Card) {
	t.Helper()
	d := desfire.New(card)
	for range 20 {
		s, err := d.AuthenticateISO(0, desfire.ZeroDES)
		if err != nil {
			t.Fatal(err)
		}
		aid := desfire.AID{0xF1, 2, 3}
		if err := s.CreateApplication(aid, 0x0F, 14, desfire.TypeAES); err != nil {
			return
		}
		if err := s.DeleteApplication(aid); err != nil {
			t.Fatal(err)
		}
	}
	t.Fatal("the memory does not fill")
}

func TestPolicies(t *testing.T) {
	for _, p := range []struct {
		name     string
		practice bool
		policy   store.Originality
		card     softcard.Config
		code     desk.Code
		warnings int
	}{
		{"practice chip at a real site", false, store.RequireGenuine, softcard.Config{Chip: softcard.EV3}, desk.CodePracticeChip, 0},
		{"practice chip at a real site that warns", false, store.WarnGenuine, softcard.Config{Chip: softcard.EV3}, "", 1},
		{"practice chip at a practice site", true, store.RequireGenuine, softcard.Config{Chip: softcard.EV3}, "", 0},
		{"forged chip at a site that warns", false, store.WarnGenuine, softcard.Config{Chip: softcard.EV2, Signature: make([]byte, 56)}, "", 1},
		{"EV1, which cannot be checked", false, store.RequireGenuine, softcard.Config{Chip: softcard.EV1}, "", 0},
	} {
		c := newCampus(t, 2, func(o *desk.InitOptions) { o.Practice, o.Policy = p.practice, p.policy })
		c.lay(must(softcard.New(p.card)))
		done, err := c.desk.Issue(c.ctx, c.reader, home101, desk.IssueOptions{}, nil)
		if code(err) != p.code || len(done.Warnings) != p.warnings {
			t.Errorf("%s: %v, %v", p.name, err, done.Warnings)
		}
	}
}

func TestSeatsFillAndEmpty(t *testing.T) {
	c := newCampus(t, 2)
	var cards []*softcard.Card
	for range desk.DefaultSeatsPerHome {
		card := c.blank(softcard.EV3)
		c.issue(card, home101)
		cards = append(cards, card)
	}
	extra := c.blank(softcard.EV3)
	c.lay(extra)
	if _, err := c.desk.Issue(c.ctx, c.reader, home101, desk.IssueOptions{}, nil); code(err) != desk.CodeSeatsFull {
		t.Errorf("a ninth tag: %v", err)
	}
	c.takeBack(cards[3])
	c.issue(extra, home101)
	c.syncLocks(doors101...)
	c.wantOpen(extra, doors101...)
	for i, card := range cards {
		if i != 3 {
			c.wantOpen(card, doors101...)
		}
	}
}

// TestSwappedInTheMiddle: the tag is exchanged for another between two
// commands. The line breaks, and neither tag counts as handed out.
func TestSwappedInTheMiddle(t *testing.T) {
	c := newCampus(t, 2)
	for n := 2; n < 44; n += 3 {
		a, b := c.blank(softcard.EV3), c.blank(softcard.EV3)
		c.lay(a)
		swap := &swapping{Reader: c.reader, second: b, at: n}
		if _, err := c.desk.Issue(c.ctx, swap, home101, desk.IssueOptions{}, nil); code(err) != desk.CodeTagRemoved {
			t.Fatalf("swapped at command %d: %v", n, err)
		}
		c.lay(b)
		if seen := must(c.desk.Inspect(c.ctx, c.reader)); seen.Kind != desk.KindBlank {
			t.Errorf("swapped at command %d: the second tag is %s", n, seen.Kind)
		}
		c.issue(a, home101)
		c.agree(a, 1)
		c.takeBack(a)
	}
}

// swapping is a reader on which another tag is laid before command at.
type swapping struct {
	*softcard.Reader
	second *softcard.Card
	at     int
}

func (s *swapping) Transact(ctx context.Context, f func(nfc.Transceiver) error) error {
	return s.Reader.Transact(ctx, func(t nfc.Transceiver) error {
		n := 0
		return f(nfc.TransceiverFunc(func(b []byte) ([]byte, error) {
			if n++; n == s.at {
				s.Take()
				s.Lay(s.second)
			}
			return t.Transmit(b)
		}))
	})
}

// TestClock: the desk signs nothing while its clock disagrees with the last
// bundles, until somebody says that the clock is right.
func TestClock(t *testing.T) {
	c := newCampus(t, 2)
	c.syncLocks("E1")
	was := c.now
	for _, off := range []int{-3, 40} {
		c.now = was.AddDate(0, 0, off)
		if _, err := c.desk.WriteBundles(c.ctx, c.sync); code(err) != desk.CodeClock {
			t.Errorf("clock %d days off: %v", off, err)
		}
	}
	if _, err := c.desk.WriteBundles(c.ctx, c.sync, desk.BundleOptions{ClockConfirmed: true}); err != nil {
		t.Errorf("clock confirmed: %v", err)
	}
}

// TestFolderInTheWay: something else has the name of a bundle.
func TestFolderInTheWay(t *testing.T) {
	c := newCampus(t, 2)
	if err := os.MkdirAll(filepath.Join(c.sync, "E1.bundle", "x"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := c.desk.WriteBundles(c.ctx, c.sync); code(err) != desk.CodeBundleFolder {
		t.Errorf("a folder in the way: %v", err)
	}
}

// TestPlaceOfALostTag is kept for its replacement while another is free; once a
// further tag has it, a replacement on other seats is refused.
func TestPlaceOfALostTag(t *testing.T) {
	c := newCampus(t, 2)
	c.syncLocks(doors101...)
	lost := c.blank(softcard.EV3)
	id := c.issue(lost, home101).Tag.ID
	must(c.desk.RevokeLost(c.ctx, id))
	for range desk.DefaultSeatsPerHome - 1 {
		card := c.blank(softcard.EV3)
		c.issue(card, home101)
		c.wantOpen(card, "H1-101")
	}
	c.wantOpen(lost, "H1-101")
	last := c.blank(softcard.EV3)
	c.issue(last, home101)
	c.lay(c.blank(softcard.EV3))
	if _, err := c.desk.Replace(c.ctx, c.reader, id, desk.IssueOptions{}, nil); code(err) != desk.CodeTagEnded {
		t.Errorf("replacing a tag whose place is taken: %v", err)
	}
	c.wantOpen(last, "H1-101")
	c.wantShut(lost, "H1-101")
}
