package desk_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sleutelbord/app/desk"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"
)

func itself(name string) string { return name }

// ordered are names in the order in which people look for them.
var ordered = []string{
	"", "2", "9a", "10", "10 a", "10a", "12", "12-3", "12-204", "100",
	"Adelweg", "Ädelweg", "Aezel", "ångstrom", "Calslaan 9", "Calslaan 12", "De Brink", "Esweg", "Ésweg", "Eswerk",
	"H2-1", "H10-1", "IJsselweg", "Ømark", "Straat", "Straße", "Zonneweg",
}

// Names stand in the order in which people look for them, however they came.
func TestSortNames(t *testing.T) {
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 0))
		names := slices.Clone(ordered)
		r.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
		desk.SortNames(names, itself)
		if !slices.Equal(names, ordered) {
			t.Fatalf("seed %d: %q", seed, names)
		}
	}
}

// Dutch, German and English have the same order, which is why a site has one.
func TestOneOrder(t *testing.T) {
	for _, l := range []string{"nl", "de", "en"} {
		names := slices.Clone(ordered)
		slices.Reverse(names)
		c := collate.New(language.MustParse(l), collate.Numeric)
		slices.SortFunc(names, c.CompareString)
		if !slices.Equal(names, ordered) {
			t.Errorf("%s: %q", l, names)
		}
	}
}

// Things are sorted by their second names only where the first are the same,
// and two that differ in the writing of a number only are kept apart.
func TestSortNamesByTwo(t *testing.T) {
	type home struct{ building, name string }
	homes := []home{{"B", "10"}, {"010", "1"}, {"10", "2"}, {"B", "2"}, {"010", "3"}, {"Á", "1"}, {"10", "1"}, {"A", "9"}}
	desk.SortNames(homes, func(h home) string { return h.building }, func(h home) string { return h.name })
	want := []home{{"010", "1"}, {"010", "3"}, {"10", "1"}, {"10", "2"}, {"A", "9"}, {"Á", "1"}, {"B", "2"}, {"B", "10"}}
	if !slices.Equal(homes, want) {
		t.Errorf("%v", homes)
	}
	same := []home{{"A", "1"}, {"A", "2"}, {"A", "3"}}
	desk.SortNames(same, func(h home) string { return h.building })
	if !slices.Equal(same, []home{{"A", "1"}, {"A", "2"}, {"A", "3"}}) {
		t.Errorf("what has the same name changes places: %v", same)
	}
}

// Whatever is sorted, nothing is lost, the result does not depend on the order
// before, and several goroutines may sort at once.
func FuzzSortNames(f *testing.F) {
	f.Add("10\n2\n10a\n010", uint64(1))
	f.Add("Ä\nA\x00\nA\xff\na", uint64(2))
	f.Add(strings.Repeat("9", 300)+"\n"+strings.Repeat("9", 299), uint64(3))
	f.Fuzz(func(t *testing.T, text string, seed uint64) {
		names := strings.Split(text, "\n")
		sorted := slices.Clone(names)
		desk.SortNames(sorted, itself)
		var all sync.WaitGroup
		for n := range uint64(3) {
			all.Go(func() {
				again := slices.Clone(names)
				rand.New(rand.NewPCG(seed, n)).Shuffle(len(again), func(i, j int) { again[i], again[j] = again[j], again[i] })
				desk.SortNames(again, itself)
				if !slices.Equal(again, sorted) {
					t.Errorf("%q and %q", again, sorted)
				}
			})
		}
		all.Wait()
		slices.Sort(names)
		slices.Sort(sorted)
		if !slices.Equal(names, sorted) {
			t.Errorf("%q became %q", names, sorted)
		}
	})
}

// The homes of a large site are sorted while nobody notices.
func TestSortManyNames(t *testing.T) {
	type home struct{ building, name string }
	homes := make([]home, 0, 100_000)
	for i := range cap(homes) {
		homes = append(homes, home{fmt.Sprintf("Éclairstraat %d", i%400), fmt.Sprintf("%d-%d", i%7, i)})
	}
	begin := time.Now()
	desk.SortNames(homes, func(h home) string { return h.building }, func(h home) string { return h.name })
	t.Logf("100,000 homes sorted in %v", time.Since(begin))
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("100,000 homes sorted in %v", took)
	}
	if homes[0].building != "Éclairstraat 0" || homes[len(homes)-1].building != "Éclairstraat 399" {
		t.Errorf("first %v, last %v", homes[0], homes[len(homes)-1])
	}
}
