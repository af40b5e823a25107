package desk_test

import (
	"slices"
	"strconv"
	"testing"

	"sleutelbord/app/desk"
	"sleutelbord/nfc/softcard"
	"sleutelbord/store"
)

// refs are the references of hooks.
func refs(hooks []desk.Hook) (all []string) {
	for _, h := range hooks {
		all = append(all, h.Ref)
	}
	return all
}

// TestListing holds a listing, read a part at a time, to the whole board.
func TestListing(t *testing.T) {
	c := newCampus(t, 300)
	must(c.desk.MoveIn(c.ctx, home101, "HC-1", store.ChoiceTag))
	board := must(c.desk.Board(c.ctx))

	l := must(c.desk.List(c.ctx, ""))
	if !l.Whole() || l.Len() != len(board) {
		t.Errorf("%d of %d homes, whole: %t", l.Len(), len(board), l.Whole())
	}
	var read []desk.Hook
	for from := 0; from < l.Len(); from += 37 {
		read = append(read, must(c.desk.Hooks(c.ctx, l, from, from+37))...)
	}
	if !slices.Equal(read, board) {
		t.Errorf("in parts the board is %v", refs(read))
	}
	for i, h := range board {
		if at := must(c.desk.PlaceOf(c.ctx, l, h.Ref)); at != i {
			t.Errorf("%s stands at %d, not %d", h.Ref, at, i)
		}
	}

	few := must(c.desk.List(c.ctx, "hc-1"))
	if got := refs(must(c.desk.Hooks(c.ctx, few, -5, 99))); !slices.Equal(got, []string{home101}) {
		t.Errorf("a reference finds %v", got)
	}
	for _, ref := range []string{board[40].Ref, "Nowhere/1", "no reference"} {
		if at := must(c.desk.PlaceOf(c.ctx, few, ref)); at != -1 {
			t.Errorf("%s stands at %d", ref, at)
		}
	}
	if h := must(c.desk.Hooks(c.ctx, few, 1, 0)); len(h) != 0 {
		t.Errorf("nothing is %v", h)
	}
}

// TestFirstHomes holds the first homes to be those with which the board begins.
func TestFirstHomes(t *testing.T) {
	c := newCampus(t, 300)
	board := must(c.desk.Board(c.ctx))
	for _, n := range []int{0, 1, 50, 299, 300, 1000} {
		l := must(c.desk.FirstHomes(c.ctx, n))
		if l.Len() < min(n, 300) || l.Whole() != (l.Len() == 300) {
			t.Errorf("asked for %d: %d, whole: %t", n, l.Len(), l.Whole())
		}
		if got := must(c.desk.Hooks(c.ctx, l, 0, l.Len())); !slices.Equal(got, board[:len(got)]) {
			t.Errorf("the first %d are %v", n, refs(got))
		}
	}
}

// TestSiteCounts holds the figures of the site to what is on the board.
func TestSiteCounts(t *testing.T) {
	c := newCampus(t, 30)
	must(c.desk.MoveIn(c.ctx, home101, "", store.ChoiceTag))
	c.issue(must(softcard.New(softcard.Config{Chip: softcard.EV3})), home101)
	site, locks := must(c.desk.Site(c.ctx)), must(c.desk.Locks(c.ctx))
	if site.Homes != 30 || site.Tags != 1 || site.Locks != len(locks) || len(locks) == 0 {
		t.Errorf("%+v, and %d locks", site, len(locks))
	}
}

// BenchmarkFirstHomes opens the board: its first screenful, whatever the size
// of the site, and the figures of the site.
func BenchmarkFirstHomes(b *testing.B) {
	for _, homes := range benchSizes(b) {
		o := benchSite(b, homes)
		d := must(desk.Open(b.Context(), o))
		b.Run(strconv.Itoa(homes), func(b *testing.B) {
			for b.Loop() {
				l := must(d.FirstHomes(b.Context(), 50))
				must(d.Hooks(b.Context(), l, 0, 50))
				must(d.Site(b.Context()))
			}
		})
		b.Run(strconv.Itoa(homes)+"/list", func(b *testing.B) {
			for b.Loop() {
				l := must(d.List(b.Context(), ""))
				must(d.Hooks(b.Context(), l, 0, 50))
			}
		})
		if err := d.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
