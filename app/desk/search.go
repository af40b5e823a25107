package desk

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"sleutelbord/store"
)

// Found is what a search found.
type Found struct {
	Hooks []Hook `json:"homes"` // the first, in the order in which people count
	Total int    `json:"total"` // how many homes there are that fit
}

// Search gives the homes in whose texts every word of the query stands:
// building, home, reference of the running tenancy, and names and labels of
// the home's tags; in any order, in part, without case and accents. No word fits all homes.
// The hooks of the first, at most limit, are read from the records, so
// that they are as they are now. The first search reads the texts of all
// homes into memory; see [Desk.PrepareSearch].
func (d *Desk) Search(ctx context.Context, query string, limit int) (Found, error) {
	f, err := d.doSearch(ctx, query, limit)
	if err != nil {
		return Found{}, fmt.Errorf("searching: %w", err)
	}
	return f, nil
}

func (d *Desk) doSearch(ctx context.Context, query string, limit int) (Found, error) {
	if err := d.PrepareSearch(ctx); err != nil {
		return Found{}, err
	}
	ids, total := d.search.find(query, limit)
	f := Found{Hooks: []Hook{}, Total: total}
	err := d.store.View(ctx, func(tx *store.Tx) error {
		homes, err := tx.HomeSummariesOf(ids)
		for _, h := range homes {
			f.Hooks = append(f.Hooks, hook(h))
		}
		return err
	})
	return f, err
}

// PrepareSearch brings what is searched up to date: at the first time it reads
// all of it, afterwards what was changed since. Searching does so by itself; who
// calls it before, in the background, spares the first search the wait.
func (d *Desk) PrepareSearch(ctx context.Context) error {
	s := &d.search
	s.mu.Lock()
	defer s.mu.Unlock()
	now, homes, all := d.store.Touched(s.seen)
	if s.loaded && !all && len(homes) == 0 {
		s.seen = now
		return nil
	}
	return d.store.View(ctx, func(tx *store.Tx) error {
		// Within the view nothing changes, so that this is what it will show.
		now, homes, all := d.store.Touched(s.seen)
		if s.loaded && !all {
			texts, err := tx.SearchTextsOf(homes)
			if err != nil {
				return err
			}
			for _, t := range texts {
				s.replace(t)
			}
			s.seen = now
			return nil
		}
		texts, err := tx.SearchTexts()
		if err != nil {
			return err
		}
		s.load(texts)
		s.seen, s.loaded = now, true
		return nil
	})
}

// chunkHomes is how many homes share a piece of text. It is as much as is
// written anew when one of them changes.
const chunkHomes = 512

// homeIndex is the texts of all homes in memory, in the order in which people count.
type homeIndex struct {
	mu     sync.RWMutex
	loaded bool
	seen   uint64 // commit up to which it is true
	chunks []chunk
	place  map[int64]int32 // position of a home
}

// chunk is the texts of up to chunkHomes homes, one after the other, each with
// a zero byte behind it, which no text holds.
type chunk struct {
	text []byte
	ends []int32 // behind the zero byte of each home
	ids  []int64
}

// load replaces everything.
func (x *homeIndex) load(texts []store.SearchText) {
	SortNames(texts, func(t store.SearchText) string { return t.Building }, func(t store.SearchText) string { return t.Name })
	x.chunks = make([]chunk, 0, len(texts)/chunkHomes+1)
	x.place = make(map[int64]int32, len(texts))
	for at := 0; at < len(texts); at += chunkHomes {
		part := texts[at:min(at+chunkHomes, len(texts))]
		c := chunk{ends: make([]int32, 0, len(part)), ids: make([]int64, 0, len(part))}
		for i, t := range part {
			c.append(t.Home, textOf(t))
			x.place[t.Home] = int32(at + i)
		}
		c.text = slices.Clip(c.text)
		x.chunks = append(x.chunks, c)
	}
}

// textOf is what a home is searched in. Building and home stand there as people
// write them: 12-204 between two numbers.
func textOf(t store.SearchText) string {
	building, name, between := store.SearchFold(t.Building), store.SearchFold(t.Name), "\n"
	if building != "" && digits(building[len(building)-1:]) > 0 && digits(name) > 0 {
		between = "-"
	}
	return strings.ReplaceAll(building+between+name+"\n"+t.More, "\x00", "")
}

func (c *chunk) append(id int64, text string) {
	c.text = append(append(c.text, text...), 0)
	c.ends = append(c.ends, int32(len(c.text)))
	c.ids = append(c.ids, id)
}

// replace writes the chunk of one home anew. A home that is not known belongs
// to a change that loads everything.
func (x *homeIndex) replace(t store.SearchText) {
	at, ok := x.place[t.Home]
	if !ok {
		return
	}
	old := x.chunks[at/chunkHomes]
	var c chunk
	begin := int32(0)
	for i, id := range old.ids {
		text := string(old.text[begin : old.ends[i]-1])
		if id == t.Home {
			text = textOf(t)
		}
		c.append(id, text)
		begin = old.ends[i]
	}
	x.chunks[at/chunkHomes] = c
}

// find gives the ids of the first homes in which every word stands, and how
// many there are.
func (x *homeIndex) find(query string, limit int) (ids []int64, total int) {
	terms := searchTerms(query)
	x.mu.RLock()
	defer x.mu.RUnlock()
	x.rarestFirst(terms)
	for i := range x.chunks {
		c := &x.chunks[i]
		if len(terms) == 0 {
			total += len(c.ids)
			ids = append(ids, c.ids[:max(0, min(len(c.ids), limit-len(ids)))]...)
			continue
		}
		c.find(terms, func(id int64) {
			total++
			if len(ids) < limit {
				ids = append(ids, id)
			}
		})
	}
	return ids, total
}

// sampleChunks is in how many chunks it is counted how often a term stands.
const sampleChunks = 8

// rarestFirst sorts terms so that the search runs through as few places as
// possible. How rare a term is, a few chunks tell.
func (x *homeIndex) rarestFirst(terms [][]byte) {
	if len(terms) < 2 {
		return
	}
	often := make(map[string]int, len(terms))
	for i := 0; i < len(x.chunks); i += max(1, len(x.chunks)/sampleChunks) {
		for _, t := range terms {
			often[string(t)] += bytes.Count(x.chunks[i].text, t)
		}
	}
	slices.SortStableFunc(terms, func(a, b []byte) int {
		return cmp.Or(cmp.Compare(often[string(a)], often[string(b)]), cmp.Compare(len(b), len(a)))
	})
}

// searchTerms are the words of a query.
func searchTerms(query string) [][]byte {
	var terms [][]byte
	for w := range strings.FieldsSeq(strings.NewReplacer("/", " ", "\x00", " ").Replace(store.SearchFold(query))) {
		terms = append(terms, []byte(w))
	}
	return terms
}

// find calls f for every home in which all terms stand. It runs through the
// text from one place of the first term to the next.
func (c *chunk) find(terms [][]byte, f func(id int64)) {
	home := 0
	for at := int32(0); ; {
		i := bytes.Index(c.text[at:], terms[0])
		if i < 0 {
			return
		}
		at += int32(i)
		for c.ends[home] <= at {
			home++
		}
		begin := int32(0)
		if home > 0 {
			begin = c.ends[home-1]
		}
		text := c.text[begin:c.ends[home]]
		fits := true
		for _, t := range terms[1:] {
			fits = fits && bytes.Contains(text, t)
		}
		if fits {
			f(c.ids[home])
		}
		at = c.ends[home]
	}
}
