package desk_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"sleutelbord/app/desk"
	"sleutelbord/lock"
	"sleutelbord/lock/bundle"
	"sleutelbord/lock/carrier/updatecard"
	"sleutelbord/nfc/desfire"
	"sleutelbord/nfc/softcard"
)

func (c *campus) card(memory int, chip softcard.Chip) *softcard.Card {
	c.t.Helper()
	card, err := softcard.New(softcard.Config{Chip: chip, Memory: memory})
	if err != nil {
		c.t.Fatal(err)
	}
	return card
}

func (c *campus) writeCard(card *softcard.Card, locks ...string) desk.CardWritten {
	c.t.Helper()
	c.now = c.now.Add(time.Hour)
	c.lay(card)
	done, err := c.desk.WriteUpdateCard(c.ctx, c.reader, locks, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	return done
}

func (c *campus) readCard(card *softcard.Card) desk.CardRead {
	c.t.Helper()
	c.lay(card)
	done, err := c.desk.ReadUpdateCard(c.ctx, c.reader)
	if err != nil {
		c.t.Fatal(err)
	}
	return done
}

// visit lays the card on the readers of locks.
func (c *campus) visit(card *softcard.Card, want lock.Reason, ids ...string) {
	c.t.Helper()
	c.reader.Take()
	for _, id := range ids {
		card.Disarm()
		card.Return()
		card.Reset()
		d, is, refused, err := c.lock(id).TryCard(c.ctx, card)
		if err != nil || !is || d.Reason != want {
			c.t.Errorf("lock %s: %v, %v, %v, %v, want %v", id, d, is, refused, err, want)
		}
	}
}

func (c *campus) door(id string) desk.DoorView {
	c.t.Helper()
	for _, v := range must(c.desk.Locks(c.ctx)) {
		if v.Lock == id {
			return v
		}
	}
	c.t.Fatalf("no lock %s", id)
	return desk.DoorView{}
}

// TestUpdateCard carries bundles and receipts on a card through the whole
// story of a lost tag.
func TestUpdateCard(t *testing.T) {
	for _, chip := range []softcard.Chip{softcard.EV1, softcard.EV2, softcard.EV3} {
		c := newCampus(t, 5)
		all := []string{}
		for _, v := range must(c.desk.Locks(c.ctx)) {
			all = append(all, v.Lock)
		}
		card := c.card(8192, chip)
		done := c.writeCard(card)
		if !slices.Equal(done.OnCard, all) || len(done.Left) > 0 || done.Receipts != 0 {
			t.Fatalf("%v: %+v, want %v", chip, done, all)
		}
		c.visit(card, lock.CardApplied, all...)
		c.visit(card, lock.CardKnown, all...)
		back := c.readCard(card)
		if back.Receipts != len(all) || len(back.Refused)+len(back.Older) > 0 || !slices.Equal(back.OnCard, all) || back.Unfinished {
			t.Fatalf("%v: %+v", chip, back)
		}
		for _, v := range back.Locks {
			if v.State != desk.DoorUpToDate {
				t.Errorf("%v: lock %s is %s", chip, v.Lock, v.State)
			}
		}
		if done := c.writeCard(card); len(done.OnCard) != 0 {
			t.Errorf("%v: written though all is confirmed: %+v", chip, done)
		}

		tag := c.blank(chip)
		lost := c.issue(tag, home101).Tag.ID
		c.wantOpen(tag, doors101...)
		must(c.desk.RevokeLost(c.ctx, lost))
		done = c.writeCard(card)
		slices.Sort(done.OnCard)
		if want := []string{"C1-1", "E1", "H1-101"}; !slices.Equal(done.OnCard, want) {
			t.Fatalf("%v: a lost tag touches %v, want %v", chip, done.OnCard, want)
		}
		c.visit(card, lock.CardApplied, "E1", "H1-101")
		c.visit(card, lock.CardNothing, "H1-102")
		c.wantShut(tag, "E1", "H1-101")
		c.wantOpen(tag, "C1-1")
		c.readCard(card)
		for _, d := range must(c.desk.Statement(c.ctx, lost)).Doors {
			if d.Dead != (d.Door.Lock != "C1-1") {
				t.Errorf("%v: at %s the lost tag is dead: %v", chip, d.Door.Lock, d.Dead)
			}
		}
	}
}

// TestSmallCard: what does not fit is said before anything is written, gets no
// sequence, and goes on the next card.
func TestSmallCard(t *testing.T) {
	c := newCampus(t, 10)
	card := c.card(2048, softcard.EV3)
	c.lay(card)
	stop := errors.New("not this card")
	before := card.Clone()
	var fit, wanted int
	o := desk.CardOptions{Room: func(f, w int) error { fit, wanted = f, w; return stop }}
	_, err := c.desk.WriteUpdateCard(c.ctx, c.reader, nil, nil, o)
	if !errors.Is(err, stop) || fit < 2 || wanted <= fit {
		t.Fatalf("%d of %d fit, %v", fit, wanted, err)
	}
	c.lay(card)
	if seen := must(c.desk.Inspect(c.ctx, c.reader)); seen.Kind != desk.KindBlank || before.AuthenticationFailures() != card.AuthenticationFailures() {
		t.Errorf("a card that was not to be written is %s", seen.Kind)
	}
	done := c.writeCard(card)
	if len(done.OnCard) != fit || len(done.Left) != wanted-fit {
		t.Fatalf("%d on the card and %d left, said were %d of %d", len(done.OnCard), len(done.Left), fit, wanted)
	}
	for _, id := range done.Left {
		if v := c.door(id); v.Wanted != 0 || v.State != desk.DoorNever {
			t.Errorf("lock %s wants %d though its bundle is nowhere", id, v.Wanted)
		}
	}
	c.visit(card, lock.CardApplied, done.OnCard...)
	c.visit(card, lock.CardNothing, done.Left...)
	second := c.card(8192, softcard.EV3)
	c.readCard(card)
	if rest := c.writeCard(second); !slices.Equal(rest.OnCard, done.Left) {
		t.Errorf("the next card has %v, want %v", rest.OnCard, done.Left)
	}

	// The same locks again, by name, on a card that carried others.
	named := c.writeCard(card, "H1-103", "E1")
	if !slices.Equal(named.OnCard, []string{"H1-103", "E1"}) {
		t.Errorf("named were two, on the card are %v", named.OnCard)
	}
	c.lay(card)
	if _, err := c.desk.WriteUpdateCard(c.ctx, c.reader, []string{"H1-103", "NOWHERE"}, nil); code(err) != desk.CodeNoLock {
		t.Errorf("a lock that is not there: %v", err)
	}
}

// TestCardsNotUsed: neither key tags nor cards of others become update cards,
// and an update card becomes no key tag.
func TestCardsNotUsed(t *testing.T) {
	c, other := newCampus(t, 2), newCampus(t, 2)
	tag := c.blank(softcard.EV3)
	c.issue(tag, home101)
	half := c.blank(softcard.EV3)
	c.lay(half)
	half.Arm(softcard.LeaveBefore(30))
	if _, err := c.desk.Issue(c.ctx, c.reader, home102, desk.IssueOptions{}, nil); err == nil {
		t.Fatal("a tag that left was written")
	}
	foreign := c.blank(softcard.EV3)
	if err := desfire.New(foreign).CreateApplication(desfire.AID{1, 2, 3}, 0x0F, 1, desfire.TypeAES); err != nil {
		t.Fatal(err)
	}
	theirs := c.card(4096, softcard.EV3)
	other.writeCard(theirs, "E1")
	other.reader.Take()
	for name, card := range map[string]struct {
		card *softcard.Card
		want desk.Code
	}{
		"key tag": {tag, desk.CodeKeyTag}, "half-written key tag": {half, desk.CodeKeyTag},
		"foreign": {foreign, desk.CodeForeignTag}, "of another site": {theirs, desk.CodeOtherSite},
	} {
		acts := map[string]func() error{
			"write": func() error { _, err := c.desk.WriteUpdateCard(c.ctx, c.reader, nil, nil); return err },
			"read":  func() error { _, err := c.desk.ReadUpdateCard(c.ctx, c.reader); return err },
			"erase": func() error { _, err := c.desk.EraseUpdateCard(c.ctx, c.reader); return err },
		}
		for act, run := range acts {
			c.lay(card.card)
			if err := run(); code(err) != card.want {
				t.Errorf("%s: %s: %v, want %s", name, act, err, card.want)
			}
		}
	}
	c.reader.Take()
	if _, err := c.desk.WriteUpdateCard(c.ctx, c.reader, nil, nil); code(err) != desk.CodeNoTag {
		t.Errorf("nothing there: %v", err)
	}

	card := c.card(4096, softcard.EV3)
	c.lay(card)
	if _, err := c.desk.ReadUpdateCard(c.ctx, c.reader); code(err) != desk.CodeNoCard {
		t.Errorf("reading a blank card: %v", err)
	}
	c.writeCard(card, "E1")
	c.lay(card)
	if seen := must(c.desk.Inspect(c.ctx, c.reader)); seen.Kind != desk.KindUpdateCard || seen.Problem != "" {
		t.Errorf("it is seen as %+v", seen)
	}
	if _, err := c.desk.Issue(c.ctx, c.reader, home102, desk.IssueOptions{}, nil); code(err) != desk.CodeForeignTag {
		t.Errorf("an update card is handed out: %v", err)
	}
	c.lay(card)
	if _, err := c.desk.Wipe(c.ctx, c.reader, nil); code(err) != desk.CodeForeignTag {
		t.Errorf("an update card is wiped like a tag: %v", err)
	}
	c.visit(card, lock.CardApplied, "E1")
	c.lay(card)
	if back, err := c.desk.EraseUpdateCard(c.ctx, c.reader); err != nil || back.Receipts != 1 {
		t.Errorf("erasing: %+v, %v", back, err)
	}
	c.lay(card)
	if seen := must(c.desk.Inspect(c.ctx, c.reader)); seen.Kind != desk.KindBlank {
		t.Errorf("erased it is seen as %+v", seen)
	}
}

// TestFalseReceiptsOnCard: forged receipts are refused and shown, replayed ones
// are shown, and neither changes what is known.
func TestFalseReceiptsOnCard(t *testing.T) {
	c := newCampus(t, 2)
	card := c.card(8192, softcard.EV3)
	c.writeCard(card, "E1", "H1-101", "H1-102")
	c.visit(card, lock.CardApplied, "E1", "H1-101", "H1-102")
	old, _ := c.lock("E1").Receipt()
	c.readCard(card)
	c.writeCard(card, "E1", "H1-101", "H1-102")
	c.visit(card, lock.CardApplied, "E1", "H1-101", "H1-102")
	c.readCard(card)
	genuine, _ := c.lock("H1-102").Receipt()
	before := []desk.DoorView{c.door("E1"), c.door("H1-101"), c.door("H1-102")}
	for no, r := range map[byte][]byte{
		0x11: old[:], // replayed, of E1
		0x12: genuine[:],
		0x13: bytesOf(7, bundle.ReceiptSize),
	} {
		card.Reset()
		d := desfire.New(card)
		if err := errors.Join(d.SelectApplication(updatecard.AID), d.WriteData(no, desfire.Plain, 0, r)); err != nil {
			t.Fatal(err)
		}
	}
	back := c.readCard(card)
	if back.Receipts != 1 || !slices.Equal(back.Refused, []string{"H1-101", "H1-102"}) || !slices.Equal(back.Older, []string{"E1"}) {
		t.Errorf("%+v", back.ReadBack)
	}
	for _, v := range before {
		if now := c.door(v.Lock); now.Confirmed != v.Confirmed || now.State != desk.DoorUpToDate {
			t.Errorf("lock %s: %+v, before %+v", v.Lock, now, v)
		}
	}
	c.visit(card, lock.CardKnown, "E1", "H1-101", "H1-102")
	if back := c.readCard(card); back.Receipts != 3 || len(back.Refused)+len(back.Older) > 0 {
		t.Errorf("after the locks' next visit: %+v", back.ReadBack)
	}
}

func bytesOf(b byte, n int) []byte {
	all := make([]byte, n)
	for i := range all {
		all[i] = b
	}
	return all
}

// TestEveryCutOfACard takes the card away at every command: laid again it is
// written, and the locks confirm what the records say.
func TestEveryCutOfACard(t *testing.T) {
	c := newCampus(t, 2)
	card := c.card(4096, softcard.EV3)
	c.writeCard(card, "E1", "H1-101")
	c.visit(card, lock.CardApplied, "E1", "H1-101")
	commands := c.writeCard(card, "E1", "H1-101").Commands
	cuts := 0
	for _, fault := range []func(int) softcard.Fault{softcard.LeaveBefore, softcard.LeaveAfter, softcard.LoseAnswer} {
		for n := 1; n <= commands; n++ {
			cuts++
			c.now = c.now.Add(time.Hour)
			c.lay(card)
			card.Arm(fault(n))
			if _, err := c.desk.WriteUpdateCard(c.ctx, c.reader, []string{"E1", "H1-101"}, nil); err == nil {
				t.Fatalf("cut at command %d of %d went unnoticed", n, commands)
			}
			c.writeCard(card, "E1", "H1-101")
			c.visit(card, lock.CardApplied, "E1", "H1-101")
			if back := c.readCard(card); back.Receipts != 2 || len(back.Refused)+len(back.Older) > 0 {
				t.Fatalf("command %d: %+v", n, back.ReadBack)
			}
			for _, id := range []string{"E1", "H1-101"} {
				if v := c.door(id); v.State != desk.DoorUpToDate || v.Confirmed != c.lock(id).Sequence() {
					t.Fatalf("command %d: %+v, the lock has %d", n, v, c.lock(id).Sequence())
				}
			}
		}
	}
	t.Logf("%d cuts", cuts)
}
