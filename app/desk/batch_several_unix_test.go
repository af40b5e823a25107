//go:build unix

package desk_test

import (
	"sync"
	"testing"

	"sleutelbord/app/desk"
	"sleutelbord/nfc/softcard"
	"sleutelbord/store"
	"sleutelbord/store/postgrestest"
)

// TestMovingDayAtTwoDesks has two desks hand out one queue at once.
func TestMovingDayAtTwoDesks(t *testing.T) {
	server := postgrestest.Start(t)
	c := newCampus(t, 30)
	_, settings := c.share(server)
	second := c.join(settings, "second")
	wishes := c.wish(20, 1)
	c.begin(wishes)
	var done sync.WaitGroup
	turns := make([]int, 2)
	for n, d := range []*desk.Desk{c.desk, second} {
		done.Go(func() { turns[n] = c.runDesk(d) })
	}
	done.Wait()
	if turns[0]+turns[1] != 20 || turns[0] == 0 || turns[1] == 0 {
		t.Errorf("the desks wrote %v of 20", turns)
	}
	t.Logf("the desks wrote %v", turns)
	for _, d := range []*desk.Desk{c.desk, second} {
		if err := d.Refresh(c.ctx); err != nil {
			t.Error(err)
		}
		if v := must(d.Batch(c.ctx)); v.Written != 20 || v.Waiting != 0 {
			t.Errorf("in the end %+v", v)
		}
	}
	c.wantTags(asked(wishes))
}

// runDesk writes as long as there is something for a desk, and tells how many.
func (c *campus) runDesk(d *desk.Desk) (n int) {
	reader := softcard.NewReader("virtual")
	for {
		i, ok, err := d.NextOfBatch(c.ctx)
		if err != nil || !ok {
			if err != nil {
				c.t.Error(err)
			}
			return n
		}
		card, err := softcard.New(softcard.Config{Chip: softcard.EV3})
		if err != nil {
			c.t.Error(err)
			return n
		}
		reader.Take()
		reader.Lay(card)
		if _, err := d.WriteBatch(c.ctx, reader, i.Number, nil); err != nil {
			c.t.Errorf("%s: %v", i.Home, err)
			return n
		}
		n++
	}
}

// TestMovingDayTakenOver has one desk go on with what another has left.
func TestMovingDayTakenOver(t *testing.T) {
	server := postgrestest.Start(t)
	c := newCampus(t, 10)
	_, settings := c.share(server)
	second := c.join(settings, "second")
	wishes := c.wish(3, 1)
	c.begin(wishes)
	mine := c.next()
	theirs, ok, err := second.NextOfBatch(c.ctx)
	if err != nil || !ok || theirs.Number == mine.Number {
		t.Fatalf("both are at %+v, %v", theirs, err)
	}
	// The other tears one, and is switched off with it half-written.
	torn := c.blank(softcard.EV3)
	c.lay(torn)
	torn.Arm(softcard.LeaveBefore(30))
	if _, err := second.WriteBatch(c.ctx, c.reader, theirs.Number, nil); err == nil {
		t.Fatal("not torn")
	}
	if got := len(c.rest()); got != 2 {
		t.Errorf("%d were left for this desk, want 2", got)
	}
	if err := c.desk.TakeOverBatch(c.ctx); err != nil {
		t.Fatal(err)
	}
	v := must(c.desk.Batch(c.ctx))
	if i, _ := v.Item(theirs.Number); !i.Elsewhere || i.Desk != "second" || !i.Half || v.Elsewhere != 1 {
		t.Errorf("half-written at the other desk, and free: %+v", i)
	}
	if err := c.desk.SkipBatch(c.ctx, theirs.Number); code(err) != desk.CodeBatchTaken {
		t.Errorf("skipping it here: %v", err)
	}
	c.lay(torn)
	if _, err := second.WriteBatch(c.ctx, c.reader, theirs.Number, nil); err != nil {
		t.Fatal(err)
	}
	if err := c.desk.Refresh(c.ctx); err != nil {
		t.Fatal(err)
	}
	c.wantTags(asked(wishes))
	// What is only taken there becomes free, and the other is told.
	c.begin(c.wish(1, 1))
	theirs, ok, err = second.NextOfBatch(c.ctx)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	if _, ok, err := c.desk.NextOfBatch(c.ctx); ok || err != nil {
		t.Errorf("what the other has is given: %v", err)
	}
	if err := c.desk.TakeOverBatch(c.ctx); err != nil {
		t.Fatal(err)
	}
	c.write(c.blank(softcard.EV3))
	c.lay(c.blank(softcard.EV3))
	if _, err := second.WriteBatch(c.ctx, c.reader, theirs.Number, nil); code(err) != desk.CodeBatchTaken {
		t.Errorf("writing what was taken over: %v", err)
	}
	if v := must(second.Batch(c.ctx)); v.Queue[0].State != store.BatchWritten || v.Last != 0 {
		t.Errorf("at the other desk: %+v", v)
	}
}
