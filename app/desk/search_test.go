package desk_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"sleutelbord/app/desk"
	"sleutelbord/store"
	"sleutelbord/store/manyhomes"
)

// searched gives the references of the homes that a query finds.
func (c *campus) searched(query string) (refs []string) {
	c.t.Helper()
	f := must(c.desk.Search(c.ctx, query, 50))
	for _, h := range f.Hooks {
		refs = append(refs, h.Ref)
	}
	if len(refs) != min(f.Total, 50) {
		c.t.Errorf("%q: %d homes of %d", query, len(refs), f.Total)
	}
	return refs
}

// TestSearch finds homes by everything that a person at the counter may know,
// from the first keystroke, and knows at once what has changed.
func TestSearch(t *testing.T) {
	c := newCampus(t, 30)
	board := must(c.desk.Board(c.ctx))
	var all []string
	for _, h := range board {
		all = append(all, h.Ref)
	}
	if got := c.searched(""); !slices.Equal(got, all) {
		t.Errorf("no word finds %v instead of %v", got, all)
	}
	// Against the plain way, for every part of every name.
	for _, h := range board {
		for end := range len(h.Ref) {
			checkSearch(c, all, h.Ref[:end+1])
		}
		checkSearch(c, all, strings.ToUpper(h.Name)+" "+h.Building[:2])
	}
	if got := c.searched("3-101"); !slices.Equal(got, []string{home101}) {
		t.Errorf("a home as people write it: %v", got)
	}
	if got := c.searched("nobody"); got != nil {
		t.Errorf("nobody is found: %v", got)
	}
	if got := must(c.desk.Search(c.ctx, "o", 1)); len(got.Hooks) != 1 || got.Total < 2 {
		t.Errorf("%d of %d homes", len(got.Hooks), got.Total)
	}

	must(c.desk.MoveIn(c.ctx, home101, "Zoë-4711", store.ChoiceTag))
	for _, q := range []string{"z", "zoe", "ZOË", "4711", "boul 47", "/zoe/101"} {
		if got := c.searched(q); !slices.Contains(got, home101) {
			t.Errorf("%q finds %v", q, got)
		}
	}
	must(c.desk.MoveOut(c.ctx, home101))
	if got := c.searched("4711"); got != nil {
		t.Errorf("a tenancy that has ended is found: %v", got)
	}
	more := must(desk.NewDemoCampus(1))
	must(c.desk.Import(c.ctx, strings.NewReader(strings.NewReplacer("Boulevard 3", "Achterpad 2", ",E1,", ",X1,", ",C1-1,", ",X2,", ",H1-101,", ",X3,").Replace(string(more.CSV)))))
	if got := c.searched("achter"); !slices.Equal(got, []string{"Achterpad 2/101"}) {
		t.Errorf("a new home: %v", got)
	}
}

// checkSearch compares with looking through all names.
func checkSearch(c *campus, all []string, query string) {
	c.t.Helper()
	var want []string
	for _, ref := range all {
		fits := true
		for w := range strings.FieldsSeq(strings.ReplaceAll(strings.ToLower(query), "/", " ")) {
			fits = fits && strings.Contains(strings.ToLower(ref), w)
		}
		if fits {
			want = append(want, ref)
		}
	}
	if got := c.searched(query); !slices.Equal(got, want) {
		c.t.Errorf("%q finds %v instead of %v", query, got, want)
	}
}

// TestSearchWhileChanging searches while the records change.
func TestSearchWhileChanging(t *testing.T) {
	c := newCampus(t, 20)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 30 {
				if _, err := c.desk.Search(c.ctx, strconv.Itoa(rand.IntN(20)), 5); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for i := range 10 {
		must(c.desk.MoveIn(c.ctx, home101, fmt.Sprintf("ref%d", i), store.ChoiceTag))
		if got := c.searched(fmt.Sprintf("ref%d", i)); !slices.Equal(got, []string{home101}) {
			t.Errorf("tenancy %d: %v", i, got)
		}
		must(c.desk.MoveOut(c.ctx, home101))
	}
	all.Wait()
}

// benchHomes names the environment variable with the sizes of the site that
// are measured, such as 2400,100000,1000000. The largest takes minutes to make.
const benchHomes = "SLEUTELBORD_BENCH_HOMES"

func benchSizes(b *testing.B) (sizes []int) {
	list := os.Getenv(benchHomes)
	if list == "" {
		list = "2400"
	}
	for s := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(s)
		if err != nil {
			b.Fatal(err)
		}
		sizes = append(sizes, n)
	}
	return sizes
}

// benchSite makes records of so many homes, each with a tenant and a tag with a label.
func benchSite(b *testing.B, homes int) desk.Options {
	b.Helper()
	o := desk.Options{Dir: filepath.Join(b.TempDir(), "records"), Passphrase: passphrase, Store: store.Options{TestKDF: true}}
	d, err := desk.Init(b.Context(), desk.InitOptions{Options: o, Site: "Bench", Practice: true})
	if err != nil {
		b.Fatal(err)
	}
	if err := d.Close(); err != nil {
		b.Fatal(err)
	}
	s, err := store.Open(b.Context(), o.Dir, passphrase, o.Store)
	if err != nil {
		b.Fatal(err)
	}
	err = manyhomes.Fill(b.Context(), s, homes, func(tx *store.Tx, n int, t store.Tenancy) error {
		number := [12]byte{1, byte(n >> 16), byte(n >> 8), byte(n)}
		return tx.InsertTag(&store.Tag{Home: t.Home, Tenancy: t.ID, Ordinal: 1, State: store.TagIssued, Label: "blauw", Number: number})
	})
	if err != nil {
		b.Fatal(err)
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	return o
}

// BenchmarkSearch searches sites of several sizes: a first keystroke, which
// fits most homes, a home, a reference, and what is not there. memory-MB is what the
// program holds with the texts in memory, first-ms reading them.
func BenchmarkSearch(b *testing.B) {
	for _, homes := range benchSizes(b) {
		o := benchSite(b, homes)
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		d, err := desk.Open(b.Context(), o)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("%d/first", homes), func(b *testing.B) {
			for b.Loop() {
				desk.ForgetSearch(d)
				if err := d.PrepareSearch(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
			runtime.GC()
			runtime.ReadMemStats(&after)
			b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/1e6, "memory-MB")
		})
		for name, q := range map[string]string{"keystroke": "c", "home": "campuslaan 7 kamer 013", "reference": "hc-0000123", "nothing": "grachtenpand"} {
			b.Run(fmt.Sprintf("%d/%s", homes, name), func(b *testing.B) {
				for b.Loop() {
					must(d.Search(b.Context(), q, 50))
				}
			})
		}
		if err := d.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
