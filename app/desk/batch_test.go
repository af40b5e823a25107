package desk_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"sleutelbord/app/desk"
	"sleutelbord/nfc/softcard"
	"sleutelbord/store"
)

// wish asks for so many tags for each of the first homes of the board.
func (c *campus) wish(homes, each int) []desk.BatchWish {
	c.t.Helper()
	var all []desk.BatchWish
	for _, h := range must(c.desk.Board(c.ctx))[:homes] {
		for range each {
			all = append(all, desk.BatchWish{Home: h.Ref})
		}
	}
	return all
}

func (c *campus) begin(wishes []desk.BatchWish) {
	c.t.Helper()
	if v := must(c.desk.BeginBatch(c.ctx, wishes)); v.Waiting != len(wishes) {
		c.t.Fatalf("%d of %d tags wait", v.Waiting, len(wishes))
	}
}

// next takes whose turn it is.
func (c *campus) next() desk.BatchItem {
	c.t.Helper()
	i, ok, err := c.desk.NextOfBatch(c.ctx)
	if err != nil || !ok {
		c.t.Fatalf("nobody's turn: %v", err)
	}
	return i
}

// write lays a tag for whose turn it is.
func (c *campus) write(card *softcard.Card) (desk.BatchItem, desk.Issued) {
	c.t.Helper()
	i := c.next()
	c.lay(card)
	done, err := c.desk.WriteBatch(c.ctx, c.reader, i.Number, nil)
	if err != nil {
		c.t.Fatalf("%s: %v", i.Home, err)
	}
	return i, done
}

// rest writes what is left of the queue, and gives the commands that each took.
func (c *campus) rest() (commands []int) {
	c.t.Helper()
	for {
		_, ok, err := c.desk.NextOfBatch(c.ctx)
		if err != nil {
			c.t.Fatal(err)
		}
		if !ok {
			return commands
		}
		_, done := c.write(c.blank(softcard.EV3))
		commands = append(commands, done.Commands)
	}
}

// wantTags holds the live tags of homes against a number, with nothing pending,
// and no seat that two tags have.
func (c *campus) wantTags(want map[string]int) {
	c.t.Helper()
	for _, h := range must(c.desk.Board(c.ctx)) {
		if h.Tags != want[h.Ref] || h.Pending != 0 {
			c.t.Errorf("%s has %d tags and %d half-written, want %d", h.Ref, h.Tags, h.Pending, want[h.Ref])
		}
	}
	taken := map[string]string{}
	for _, tag := range must(c.desk.Records(c.ctx)).Tags {
		if tag.State != store.TagIssued {
			continue
		}
		for _, s := range tag.Slots {
			seat := fmt.Sprintf("zone %d seat %d", s.Zone, s.Seat)
			if other := taken[seat]; other != "" {
				c.t.Errorf("T%d and %s both have %s", tag.ID, other, seat)
			}
			taken[seat] = fmt.Sprint("T", tag.ID)
		}
	}
}

func asked(wishes []desk.BatchWish) map[string]int {
	want := map[string]int{}
	for _, w := range wishes {
		want[w.Home]++
	}
	return want
}

// TestMovingDay hands out a queue in its order, with the labels that were given.
func TestMovingDay(t *testing.T) {
	c := newCampus(t, 20)
	wishes := c.wish(10, 2)
	wishes[3].Label = "slaapkamer"
	c.begin(wishes)
	if _, err := c.desk.BeginBatch(c.ctx, wishes); code(err) != desk.CodeBatchRuns {
		t.Errorf("a second moving day: %v", err)
	}
	if err := c.desk.LabelBatch(c.ctx, c.next().Number, "voordeur"); err != nil {
		t.Fatal(err)
	}
	board := must(c.desk.Board(c.ctx))
	other := board[len(board)-1].Ref
	alone := c.issue(c.blank(softcard.EV3), other)
	for n, w := range wishes {
		i, done := c.write(c.blank(softcard.EV3))
		label := w.Label
		if n == 0 {
			label = "voordeur"
		}
		if i.Home != w.Home || done.Tag.Home != w.Home || done.Tag.Label != label || i.Nth != n%2+1 || i.Of != 2 {
			t.Errorf("turn %d: %+v gave %+v, want %+v", n, i, done.Tag, w)
		}
		if done.Commands != alone.Commands {
			t.Errorf("turn %d took %d commands; handing out a tag takes %d", n, done.Commands, alone.Commands)
		}
	}
	if _, ok, err := c.desk.NextOfBatch(c.ctx); ok || err != nil {
		t.Errorf("after the last: %v, %v", ok, err)
	}
	v := must(c.desk.Batch(c.ctx))
	if v.Written != 20 || v.Waiting != 0 || v.Unprinted != 20 || v.Begun != "2026-11-21" {
		t.Errorf("in the end: %+v", v)
	}
	want := asked(wishes)
	want[other] = 1
	c.wantTags(want)
	if err := c.desk.FinishBatch(c.ctx); err != nil {
		t.Fatal(err)
	}
	if err := c.desk.FinishBatch(c.ctx); code(err) != desk.CodeNoBatch {
		t.Errorf("finishing twice: %v", err)
	}
	if v := must(c.desk.Batch(c.ctx)); len(v.Queue) != 0 {
		t.Errorf("after the end: %+v", v)
	}
}

// TestMovingDaySkips leaves homes for later, in a desk that is closed and opened
// between any two acts.
func TestMovingDaySkips(t *testing.T) {
	c := newCampus(t, 20)
	wishes := c.wish(4, 1)
	c.begin(wishes)
	again := func() {
		if err := c.desk.Close(); err != nil {
			t.Fatal(err)
		}
		c.reopen()
	}
	skipped := c.next()
	if err := c.desk.SkipBatch(c.ctx, skipped.Number); err != nil {
		t.Fatal(err)
	}
	if err := c.desk.SkipBatch(c.ctx, skipped.Number); code(err) != desk.CodeBatchTaken {
		t.Errorf("skipping twice: %v", err)
	}
	c.lay(c.blank(softcard.EV3))
	if _, err := c.desk.WriteBatch(c.ctx, c.reader, skipped.Number, nil); code(err) != desk.CodeBatchTaken {
		t.Errorf("writing what was skipped: %v", err)
	}
	if _, err := c.desk.WriteBatch(c.ctx, c.reader, 999, nil); code(err) != desk.CodeNoBatch {
		t.Errorf("writing what is not there: %v", err)
	}
	again()
	second := c.next()
	if err := c.desk.PauseBatch(c.ctx); err != nil {
		t.Fatal(err)
	}
	if v := must(c.desk.Batch(c.ctx)); v.Queue[1].Taken {
		t.Errorf("taken after the pause: %+v", v.Queue[1])
	}
	again()
	if got, _ := c.write(c.blank(softcard.EV2)); got.Home != second.Home || got.Home != wishes[1].Home {
		t.Errorf("after the pause it is %s's turn, want %s", got.Home, wishes[1].Home)
	}
	again()
	if got := len(c.rest()); got != 2 {
		t.Errorf("%d were left, want 2", got)
	}
	if v := must(c.desk.Batch(c.ctx)); v.Skipped != 1 || v.Written != 3 {
		t.Errorf("in the end %+v", v)
	}
	if err := c.desk.ReturnSkipped(c.ctx); err != nil {
		t.Fatal(err)
	}
	if got, _ := c.write(c.blank(softcard.EV1)); got.Home != wishes[0].Home {
		t.Errorf("what was skipped comes as %s", got.Home)
	}
	c.wantTags(asked(wishes))
	// A moving day that is done makes room for the next.
	c.begin(wishes[:1])
}

// TestMovingDayOtherActs does at the home what the queue would do: the queue
// knows.
func TestMovingDayOtherActs(t *testing.T) {
	c := newCampus(t, 20)
	wishes := c.wish(3, 1)
	c.begin(wishes)
	torn := c.blank(softcard.EV3)
	i := c.next()
	c.lay(torn)
	torn.Arm(softcard.LeaveBefore(30))
	if _, err := c.desk.WriteBatch(c.ctx, c.reader, i.Number, nil); code(err) != desk.CodeTagRemoved {
		t.Fatalf("not torn: %v", err)
	}
	if got := c.next(); got.Number != i.Number || !got.Half {
		t.Errorf("after the tear it is the turn of %+v", got)
	}
	c.lay(torn)
	if _, err := c.desk.Resume(c.ctx, c.reader, nil); err != nil {
		t.Fatal(err)
	}
	if v := must(c.desk.Batch(c.ctx)); v.Queue[0].State != store.BatchWritten || v.Last != i.Number {
		t.Errorf("finished at the home, and the queue has %+v", v.Queue[0])
	}
	// Half-written, skipped, and given up: the place is to be done anew.
	i = c.next()
	torn = c.blank(softcard.EV3)
	c.lay(torn)
	torn.Arm(softcard.LeaveAfter(44))
	if _, err := c.desk.WriteBatch(c.ctx, c.reader, i.Number, nil); err == nil {
		t.Fatal("not torn")
	}
	tag := must(c.desk.Batch(c.ctx)).Queue[1].Tag
	if _, err := c.desk.RevokeLost(c.ctx, tag); err != nil {
		t.Fatal(err)
	}
	if got := c.next(); got.Number != i.Number || got.Half {
		t.Errorf("after it was given up it is the turn of %+v", got)
	}
	_, done := c.write(c.blank(softcard.EV3))
	if done.Tag.Replaces != tag {
		t.Errorf("%s is written, which does not replace %s", done.Tag.ID, tag)
	}
	c.rest()
	c.wantTags(asked(wishes))
}

// TestMovingDayRefuses lays things that cannot be written: the queue stays where
// it is, and goes on.
func TestMovingDayRefuses(t *testing.T) {
	c := newCampus(t, 20)
	used, other := c.blank(softcard.EV3), c.blank(softcard.EV3)
	c.issue(used, home102)
	elsewhere := newCampus(t, 1)
	elsewhere.issue(other, home101)
	c.begin([]desk.BatchWish{{Home: home101}, {Home: home102}})
	i := c.next()
	for want, card := range map[desk.Code]*softcard.Card{desk.CodeTagInUse: used, desk.CodeOtherSite: other} {
		c.lay(card)
		if _, err := c.desk.WriteBatch(c.ctx, c.reader, i.Number, nil); code(err) != want {
			t.Errorf("%v, want %s", err, want)
		}
		if got := c.next(); got.Number != i.Number {
			t.Errorf("after %s it is the turn of %+v", want, got)
		}
	}
	c.write(c.blank(softcard.EV3))
	if _, err := c.desk.WriteBatch(c.ctx, c.reader, c.next().Number, nil); code(err) != desk.CodeTagInUse {
		t.Errorf("the tag that lies there still: %v", err)
	}
}

// newest is the number of what this desk wrote last and may undo.
func (c *campus) newest() int64 {
	c.t.Helper()
	return must(c.desk.Batch(c.ctx)).Last
}

// TestMovingDayUndoCut takes the tag away while it is taken back, and asks for the same
// place again: the one that was written before keeps its tag.
func TestMovingDayUndoCut(t *testing.T) {
	for _, gone := range []bool{false, true} {
		t.Run(fmt.Sprintf("gone %v", gone), func(t *testing.T) {
			c := newCampus(t, 20)
			c.syncLocks(allDoors...)
			c.begin([]desk.BatchWish{{Home: home101}, {Home: home102}})
			first, second := c.blank(softcard.EV3), c.blank(softcard.EV3)
			_, kept := c.write(first)
			i, other := c.write(second)
			c.lay(second)
			second.Arm(softcard.LeaveAfter(8))
			if _, err := c.desk.UndoBatch(c.ctx, c.reader, i.Number, nil); code(err) != desk.CodeTagRemoved {
				t.Fatalf("cut off: %v", err)
			}
			var done desk.Revoked
			if want := store.TagReturned; !gone {
				c.lay(second)
				if done = must(c.desk.UndoBatch(c.ctx, c.reader, i.Number, nil)); done.Tag.State != want {
					t.Errorf("once more: %+v", done.Tag)
				}
			} else if done = must(c.desk.UndoBatchLost(c.ctx, i.Number)); done.Tag.State != store.TagLost {
				t.Errorf("gone meanwhile: %+v", done.Tag)
			}
			if done.Tag.ID != other.Tag.ID {
				t.Errorf("%s was taken back instead of %s", done.Tag.ID, other.Tag.ID)
			}
			c.wantOpen(first, doors101...)
			v := must(c.desk.Batch(c.ctx))
			if v.Written != 1 || v.Waiting != 1 || v.Queue[0].Tag != kept.Tag.ID || v.Queue[0].State != store.BatchWritten {
				t.Errorf("the one before: %+v", v)
			}
			if !gone {
				if _, err := c.desk.UndoBatch(c.ctx, c.reader, i.Number, nil); code(err) != desk.CodeNothingToUndo {
					t.Errorf("a third time: %v", err)
				}
			}
		})
	}
}

// TestMovingDayUndo takes back the newest, while it is there and when it is
// gone, until it is printed.
func TestMovingDayUndo(t *testing.T) {
	c := newCampus(t, 20)
	c.syncLocks(doors101...)
	wishes := []desk.BatchWish{{Home: home101, Label: "een"}, {Home: home102}, {Home: home102}}
	c.begin(wishes)
	if _, err := c.desk.UndoBatchLost(c.ctx, c.newest()); code(err) != desk.CodeNothingToUndo {
		t.Errorf("undoing nothing: %v", err)
	}
	first, second := c.blank(softcard.EV3), c.blank(softcard.EV3)
	c.write(first)
	_, other := c.write(second)
	c.lay(first)
	if _, err := c.desk.UndoBatch(c.ctx, c.reader, c.newest(), nil); code(err) != desk.CodeOtherTag {
		t.Errorf("undoing with another tag: %v", err)
	}
	c.lay(second)
	r, err := c.desk.UndoBatch(c.ctx, c.reader, c.newest(), nil)
	if err != nil || r.Tag.ID != other.Tag.ID || r.Tag.State != store.TagReturned {
		t.Fatalf("undoing: %+v, %v", r.Tag, err)
	}
	// Then the one before; it is gone, so that the next one ends it.
	gone, err := c.desk.UndoBatchLost(c.ctx, c.newest())
	if err != nil || gone.Tag.Home != home101 || gone.Tag.State != store.TagLost {
		t.Fatalf("undoing what is gone: %+v, %v", gone.Tag, err)
	}
	c.wantOpen(first, doors101...)
	v := must(c.desk.Batch(c.ctx))
	if v.Written != 0 || v.Waiting != 3 || v.Last != 0 {
		t.Errorf("after both: %+v", v)
	}
	third := c.blank(softcard.EV3)
	i, done := c.write(third)
	if i.Home != home101 || done.Tag.Replaces != gone.Tag.ID || done.Tag.Label != "een" {
		t.Errorf("again: %+v for %+v", done.Tag, i)
	}
	c.wantOpen(third, doors101...)
	c.wantShut(first, doors101...)
	if i, _ = c.write(second); i.Home != home102 {
		t.Errorf("the second again for %s", i.Home)
	}
	if err := c.desk.PrintedBatch(c.ctx, []int64{i.Number}); err != nil {
		t.Fatal(err)
	}
	// The last is printed; the one before is not, and can be undone.
	if v := must(c.desk.Batch(c.ctx)); v.Unprinted != 1 || v.Last != v.Queue[0].Number {
		t.Errorf("printed: %+v", v)
	}
	if err := c.desk.PrintedBatch(c.ctx, []int64{v.Queue[0].Number}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.desk.UndoBatchLost(c.ctx, c.newest()); code(err) != desk.CodeNothingToUndo {
		t.Errorf("undoing what is printed: %v", err)
	}
	c.rest()
	c.wantTags(asked(wishes))
}

// TestMovingDayLists reads lists row by row.
func TestMovingDayLists(t *testing.T) {
	c := newCampus(t, 20)
	const header = "building,home,tags,label\n"
	good := "home;building;label\n101; boulevard 3 ;een\n\"102\";Boulevard 3;\n"
	got := must(c.desk.ReadBatchList(c.ctx, strings.NewReader(good)))
	if want := []desk.BatchWish{{Home: home101, Label: "een"}, {Home: home102}}; !slices.Equal(got, want) {
		t.Errorf("read %+v, want %+v", got, want)
	}
	if got := must(c.desk.ReadBatchList(c.ctx, strings.NewReader(header+"Boulevard 3,101,3,\nBoulevard 3,101,5,x\n"))); len(got) != 8 || got[7].Label != "x" {
		t.Errorf("read %+v", got)
	}
	c.issue(c.blank(softcard.EV3), home101)
	for name, list := range map[string]struct {
		csv  string
		want []desk.RowError
	}{
		"header only":     {header, []desk.RowError{{Line: 1, Column: "building", Code: desk.RowEmpty}}},
		"no home column":  {"building,tags\n", []desk.RowError{{Line: 1, Column: "home", Code: desk.RowColumnMissing}}},
		"columns of both": {"building,home,lock\n", []desk.RowError{{Line: 1, Column: "lock", Code: desk.RowColumnUnknown}}},
		"quotes":          {header + "A,\"1,1,x\n", []desk.RowError{{Line: 2, Column: "building", Code: desk.RowUnreadable}}},
		"rows": {
			header + "Boulevard 3,102,1\n,101,1,\nBoulevard 3,,1,\nBou/3,1,1,\nBoulevard 3,102,9,\nBoulevard 3,102,two,\nBoulevard 3,102,1," + strings.Repeat("é", 41) + "\n",
			[]desk.RowError{
				{Line: 2, Column: "building", Code: desk.RowFields},
				{Line: 3, Column: "building", Code: desk.RowNoBuilding},
				{Line: 4, Column: "home", Code: desk.RowWantsHome},
				{Line: 5, Column: "building", Code: desk.RowSlash},
				{Line: 6, Column: "tags", Code: desk.RowTags},
				{Line: 7, Column: "tags", Code: desk.RowTags},
				{Line: 8, Column: "label", Code: desk.RowLong},
			},
		},
		"against the records": {
			header + "Boulevard 3,102,8,\nBoulevard 4,102,1,\nBoulevard 3,999,1,\nBoulevard 3,101,8,\n",
			[]desk.RowError{
				{Line: 3, Column: "home", Code: desk.RowNoSuchHome},
				{Line: 4, Column: "home", Code: desk.RowNoSuchHome},
				{Line: 5, Column: "tags", Code: desk.RowPlaces},
			},
		},
	} {
		_, err := c.desk.ReadBatchList(c.ctx, strings.NewReader(list.csv))
		var wrong *desk.ImportError
		if !errors.As(err, &wrong) || len(wrong.Rows) != len(list.want) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for i, w := range list.want {
			if got := wrong.Rows[i]; got.Line != w.Line || got.Column != w.Column || got.Code != w.Code || got.Text == "" {
				t.Errorf("%s: %+v, want %+v", name, got, w)
			}
		}
	}
	c.wishesRefused(t)
}

// wishesRefused begins moving days that cannot be.
func (c *campus) wishesRefused(t *testing.T) {
	t.Helper()
	nine := slices.Repeat([]desk.BatchWish{{Home: home102}}, 9)
	for want, wishes := range map[desk.Code][]desk.BatchWish{
		desk.CodeNoHome:     {{Home: home101}, {Home: "Boulevard 3/999"}},
		desk.CodeSeatsFull:  nine,
		desk.CodeWrongInput: nil,
	} {
		if _, err := c.desk.BeginBatch(c.ctx, wishes); code(err) != want {
			t.Errorf("%d wishes: %v, want %s", len(wishes), err, want)
		}
	}
	if _, err := c.desk.BeginBatch(c.ctx, []desk.BatchWish{{Home: home101, Label: strings.Repeat("x", 41)}}); code(err) != desk.CodeWrongInput {
		t.Errorf("a long label: %v", err)
	}
	if v := must(c.desk.Batch(c.ctx)); len(v.Queue) != 0 {
		t.Errorf("something was begun: %+v", v)
	}
}

// TestMovingDayIsForgotten has a queue go when nobody finishes it.
func TestMovingDayIsForgotten(t *testing.T) {
	c := newCampus(t, 20)
	c.begin(c.wish(3, 1))
	c.now = c.now.AddDate(0, 0, store.BatchDays)
	must(c.desk.EraseDue(c.ctx))
	if v := must(c.desk.Batch(c.ctx)); v.Waiting != 3 {
		t.Errorf("on its last day %d wait", v.Waiting)
	}
	c.now = c.now.AddDate(0, 0, 1)
	must(c.desk.EraseDue(c.ctx))
	if v := must(c.desk.Batch(c.ctx)); len(v.Queue) != 0 {
		t.Errorf("a day later there is %+v", v)
	}
}

// FuzzBatchList has no list end the program.
func FuzzBatchList(f *testing.F) {
	for _, s := range []string{"", "building,home\nA,1\n", "building;home;tags;label\nA;1;2;x\n", "building,home\n\"A\nB\",\"1\"\"2\"\n", "home,building,tags\n1,A,99999999999999999999\n", "\xef\xbb\xbfbuilding,home\nÄ/1,Ω\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		rows, err := desk.ParseBatchForTest(b)
		if err == nil && (len(rows) == 0 || slices.Contains(rows, 0)) {
			t.Errorf("rows of %v tags", rows)
		}
	})
}
