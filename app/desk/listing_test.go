package desk_test

import (
	"crypto/ecdh"
	"crypto/rand"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"sleutelbord/app/desk"
	"sleutelbord/lock/bundle"
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

	l := must(c.desk.List(c.ctx, "", desk.Place{}))
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

	few := must(c.desk.List(c.ctx, "hc-1", desk.Place{}))
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

// TestPlaces holds the parts of a site to its board: each home stands in its
// building and on its floor, and the search stays within them.
func TestPlaces(t *testing.T) {
	c := newCampus(t, 2400)
	board := must(c.desk.Board(c.ctx))
	buildings := must(c.desk.Buildings(c.ctx))
	if len(buildings) < 2 {
		t.Fatalf("the campus has the buildings %v", buildings)
	}
	at := 0
	for _, b := range buildings {
		var want []string
		floors := map[string][]string{}
		for at < len(board) && board[at].Building == b {
			want = append(want, board[at].Ref)
			floors[board[at].Floor] = append(floors[board[at].Floor], board[at].Ref)
			at++
		}
		l := must(c.desk.List(c.ctx, "", desk.Place{Building: b}))
		if got := refs(must(c.desk.Hooks(c.ctx, l, 0, l.Len()))); !slices.Equal(got, want) || !l.Whole() {
			t.Errorf("%s has %d homes, not %d, whole: %t", b, len(got), len(want), l.Whole())
		}
		known := must(c.desk.Floors(c.ctx, b))
		if len(known) != len(floors) {
			t.Errorf("%s has the floors %v", b, known)
		}
		for _, f := range known {
			l := must(c.desk.List(c.ctx, "", desk.Place{Building: b, Floor: f}))
			if got := refs(must(c.desk.Hooks(c.ctx, l, 0, l.Len()))); !slices.Equal(got, floors[f]) {
				t.Errorf("%s has on floor %s %v", b, f, got)
			}
		}
	}
	if at != len(board) {
		t.Errorf("%d of %d homes stand in a building", at, len(board))
	}
	for _, in := range []desk.Place{{Building: "Nowhere"}, {Building: buildings[0], Floor: "99"}} {
		if n := must(c.desk.List(c.ctx, "", in)).Len(); n != 0 {
			t.Errorf("%v has %d homes", in, n)
		}
	}
	if f := must(c.desk.Floors(c.ctx, "Nowhere")); len(f) != 0 {
		t.Errorf("no building has the floors %v", f)
	}
	name := board[0].Ref
	if n := must(c.desk.List(c.ctx, name, desk.Place{Building: buildings[1]})).Len(); n != 0 {
		t.Errorf("%s is found in %s", name, buildings[1])
	}
	if n := must(c.desk.List(c.ctx, name, desk.Place{Building: buildings[0]})).Len(); n == 0 {
		t.Errorf("%s is not found where it is", name)
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
				l := must(d.List(b.Context(), "", desk.Place{}))
				must(d.Hooks(b.Context(), l, 0, 50))
			}
		})
		if err := d.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// TestAccentedNames holds the board and every list of it to the order in which
// people look for names.
func TestAccentedNames(t *testing.T) {
	c := newCampus(t, 1)
	var list strings.Builder
	list.WriteString("building,floor,home,lock,zone,kind,public_key\n")
	want := []string{"Ädelweg/9", "Ädelweg/10", "Ädelweg/10a", "Adelweg 2/1", "Adelweg 10/1", home101, "Ésplanade/1", "Zonneweg/1"}
	for i, ref := range slices.Backward(want) {
		building, home, _ := strings.Cut(ref, "/")
		if ref == home101 {
			continue // it is there
		}
		fmt.Fprintf(&list, "%s,1,%s,L%d,%s %s,home,%s\n", building, home, i, building, home, bundle.PublicText(must(ecdh.X25519().GenerateKey(rand.Reader)).PublicKey()))
	}
	must(c.desk.Import(c.ctx, strings.NewReader(list.String())))
	for name, hooks := range map[string][]desk.Hook{
		"board":    must(c.desk.Board(c.ctx)),
		"search":   must(c.desk.Search(c.ctx, "", 100)).Hooks,
		"listing":  must(c.desk.Hooks(c.ctx, must(c.desk.List(c.ctx, "", desk.Place{})), 0, 100)),
		"first":    must(c.desk.Hooks(c.ctx, must(c.desk.FirstHomes(c.ctx, 100)), 0, 100)),
		"building": append(must(c.desk.Hooks(c.ctx, must(c.desk.List(c.ctx, "", desk.Place{Building: "Ädelweg"})), 0, 100)), must(c.desk.Board(c.ctx))[3:]...),
	} {
		if got := refs(hooks); !slices.Equal(got, want) {
			t.Errorf("%s: %q", name, got)
		}
	}
	var at []string
	for _, d := range must(c.desk.Locks(c.ctx)) {
		if !slices.Contains(at, d.Building) {
			at = append(at, d.Building)
		}
	}
	buildings := []string{"Ädelweg", "Adelweg 2", "Adelweg 10", "Boulevard 3", "Ésplanade", "Zonneweg"}
	if !slices.Equal(at, buildings) {
		t.Errorf("the locks are at %q", at)
	}
	if names := must(c.desk.Buildings(c.ctx)); !slices.Equal(names, buildings) {
		t.Errorf("the buildings are %q", names)
	}
}
