package desk_test

import (
	"testing"

	"sleutelbord/app/desk"
	"sleutelbord/nfc"
	"sleutelbord/nfc/softcard"
	"sleutelbord/store"
)

// batchStory is an act of a moving day of two homes in which power is lost.
type batchStory struct {
	name  string
	begin func(c *campus) *softcard.Card // gives the tag that is laid
	act   func(c *campus, r nfc.Reader) error
}

func batchStories() []batchStory {
	write := func(c *campus, r nfc.Reader) error {
		i, _, err := c.desk.NextOfBatch(c.ctx)
		if err == nil {
			_, err = c.desk.WriteBatch(c.ctx, r, i.Number, nil)
		}
		return err
	}
	written := func(c *campus) *softcard.Card {
		card := c.blank(softcard.EV2)
		c.write(card)
		c.lay(card)
		return card
	}
	return []batchStory{
		{"write", func(c *campus) *softcard.Card { return c.blank(softcard.EV3) }, write},
		{"undo", written, func(c *campus, r nfc.Reader) error {
			_, err := c.desk.UndoBatch(c.ctx, r, c.newest(), nil)
			return err
		}},
		{"write what was undone and is gone", func(c *campus) *softcard.Card {
			written(c)
			must(c.desk.UndoBatchLost(c.ctx, c.newest()))
			return c.blank(softcard.EV3)
		}, write},
	}
}

// TestMovingDayPowerLoss loses the power of the desk at every moment of a moving
// day. With the power back the queue goes on where it was, with the tag that lay
// there or with another one: in the end every home has one tag, none has two,
// and no seat is taken twice.
func TestMovingDayPowerLoss(t *testing.T) {
	t.Parallel()
	moments := 0
	for _, s := range batchStories() {
		c := newCampus(t, 2)
		wishes := c.wish(2, 1)
		c.begin(wishes)
		card := s.begin(c)
		c.lay(card)
		w := &witness{Reader: c.reader, c: c, card: card}
		w.keep("at the beginning", false)
		if err := s.act(c, w); err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		w.keep("at the end", false)
		moments += len(w.moments)
		for n, m := range w.moments {
			t.Run("", func(t *testing.T) { c.goOnAfter(t, s.name, m, n%2 == 0, asked(wishes)) })
		}
	}
	t.Logf("%d moments of power loss", moments)
	if moments < 100 {
		t.Error("too few")
	}
}

// goOnAfter finishes the moving day of a moment: first with the tag that lies
// there, unless another one is taken.
func (c *campus) goOnAfter(t *testing.T, story string, m moment, same bool, want map[string]int) {
	w := m.wake(c, t)
	defer func() { _ = w.desk.Close() }()
	name := story + ": power lost " + m.name
	if i, ok, err := w.desk.NextOfBatch(w.ctx); err != nil {
		t.Fatalf("%s: %v", name, err)
	} else if ok && same {
		_, err := w.desk.WriteBatch(w.ctx, w.reader, i.Number, nil)
		if err != nil && code(err) != desk.CodeTagInUse && code(err) != desk.CodeOtherTag {
			t.Errorf("%s: %v", name, err)
		}
	}
	w.rest()
	w.wantTags(want)
	if v := must(w.desk.Batch(w.ctx)); v.Written != 2 {
		t.Errorf("%s: %+v", name, v)
	}
	// What was being wiped may lie in a drawer, wiped or not.
	w.lay(m.card)
	if seen := must(w.desk.Inspect(w.ctx, w.reader)); seen.Tag == nil || seen.Tag.State != store.TagIssued {
		w.takeBack(m.card)
	}
	w.wantTags(want)
	w.nothingOpen(moment{name: name})
}

// TestMovingDayTornEverywhere takes the tag away at every command of every turn,
// and lays it, or another one, again.
func TestMovingDayTornEverywhere(t *testing.T) {
	c := newCampus(t, 8)
	cuts := 0
	for n := 1; ; n++ {
		wishes := c.wish(1, 1)
		c.begin(wishes)
		i := c.next()
		card := c.blank(softcard.EV3)
		c.lay(card)
		card.Arm(softcard.LeaveAfter(n))
		done, err := c.desk.WriteBatch(c.ctx, c.reader, i.Number, nil)
		if err != nil {
			cuts++
			if got := c.next(); got.Number != i.Number {
				t.Fatalf("cut %d: it is the turn of %+v, want number %d", n, got, i.Number)
			}
			if n%2 == 0 {
				card = c.blank(softcard.EV2)
			}
			_, done = c.write(card)
		}
		c.wantTags(asked(wishes))
		c.takeBack(card)
		if cuts < n {
			t.Logf("%d cuts; %d commands", cuts, done.Commands)
			break
		}
	}
	if cuts < 30 {
		t.Errorf("only %d cuts", cuts)
	}
}
