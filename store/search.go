package store

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// SearchFold is the form in which texts are searched: without case, and without
// accents, which nobody types at the counter.
func SearchFold(s string) string {
	if isASCII(s) {
		return strings.ToLower(s)
	}
	s = norm.NFD.String(cases.Fold().String(s))
	return norm.NFC.String(strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, s))
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// SearchText is what a home is searched by.
type SearchText struct {
	Home     int64
	Building string
	Name     string
	// More is folded already: the reference of the running tenancy, and the
	// names and labels of the tags, one to a line.
	More string
}

// SearchTexts are the texts of all homes, in the order in which they were
// inserted. It reads and opens much: 100,000 homes take about a second.
func (tx *Tx) SearchTexts() ([]SearchText, error) {
	all, err := tx.searchTexts(``)
	if err != nil {
		return nil, fmt.Errorf("reading what homes are searched by: %w", err)
	}
	return all, nil
}

// SearchTextsOf are the texts of some homes; a home that is not there is left out.
func (tx *Tx) SearchTextsOf(homes []int64) ([]SearchText, error) {
	var all []SearchText
	for _, id := range homes {
		some, err := tx.searchTexts(` = $1`, id)
		if err != nil {
			return nil, fmt.Errorf("reading what home %d is searched by: %w", id, err)
		}
		all = append(all, some...)
	}
	return all, nil
}

// searchTexts reads the texts of the homes whose id fits; fits is the end of a
// condition, or empty.
func (tx *Tx) searchTexts(fits string, args ...any) ([]SearchText, error) {
	buildings, err := tx.Buildings()
	if err != nil {
		return nil, err
	}
	names := make(map[int64]string, len(buildings))
	for _, b := range buildings {
		names[b.ID] = b.Name
	}
	where := func(column string) string {
		if fits == "" {
			return ``
		}
		return column + fits
	}
	all, err := list(tx, func(r row) (t SearchText, err error) {
		var building int64
		err = r.Scan(&t.Home, &building, &t.Name)
		t.Building = names[building]
		return t, err
	}, `SELECT id, building, name FROM homes `+prefixed(`WHERE `, where(`id`))+` ORDER BY id`, args...)
	if err != nil {
		return nil, err
	}
	more := func(home int64, text string) error {
		i, ok := slices.BinarySearchFunc(all, home, func(t SearchText, id int64) int { return cmp.Compare(t.Home, id) })
		if !ok {
			return fmt.Errorf("home %d is not there: %w", home, ErrDamaged)
		}
		if text != "" {
			all[i].More += SearchFold(text) + "\n"
		}
		return nil
	}
	err = tx.each(func(r row) error {
		t, err := tx.scanTenancy(r)
		if err != nil {
			return err
		}
		return more(t.Home, t.Reference)
	}, selectRunning+prefixed(`AND `, where(`home`)), args...)
	if err == nil {
		err = tx.searchTags(more, prefixed(`WHERE `, where(`home`)), args...)
	}
	return all, err
}

func prefixed(prefix, s string) string {
	if s == "" {
		return ""
	}
	return prefix + s
}

// searchTags gives the names and labels of tags, which include those of the past.
func (tx *Tx) searchTags(more func(home int64, text string) error, where string, args ...any) error {
	return tx.each(func(r row) error {
		var id, home, version int64
		var sealed []byte
		if err := r.Scan(&id, &home, &sealed, &version); err != nil {
			return err
		}
		label, err := tx.s.sealer.open(tagCell("label", id, version), sealed)
		if err == nil {
			err = more(home, fmt.Sprintf("T%d", id))
		}
		if err != nil {
			return err
		}
		return more(home, string(label))
	}, `SELECT id, home, label, row_version FROM tags `+where+` ORDER BY id`, args...)
}

// HomeSummariesOf are the hooks of some homes, in the order in which they are
// named. One that is not there is [ErrNotFound].
func (tx *Tx) HomeSummariesOf(homes []int64) ([]HomeSummary, error) {
	ids, err := json.Marshal(homes)
	if err != nil {
		return nil, fmt.Errorf("reading hooks: %w", err)
	}
	const among = ` IN (SELECT value FROM json_each($1))`
	b := &board{hooks: make([]HomeSummary, 0, len(homes)), at: make(map[int64]int, len(homes))}
	found := make(map[int64]HomeSummary, len(homes))
	err = tx.each(func(r row) (err error) {
		var h HomeSummary
		err = r.Scan(&h.Home.ID, &h.Home.Building, &h.Home.Floor, &h.Home.Name, &h.BuildingName)
		found[h.Home.ID] = h
		return err
	}, `SELECT h.id, h.building, h.floor, h.name, b.name FROM homes h JOIN buildings b ON b.id = h.building WHERE h.id`+among, string(ids))
	if err != nil {
		return nil, fmt.Errorf("reading hooks: %w", err)
	}
	for _, id := range homes {
		h, ok := found[id]
		if !ok {
			return nil, fmt.Errorf("home %d: %w", id, ErrNotFound)
		}
		b.at[id] = len(b.hooks)
		b.hooks = append(b.hooks, h)
	}
	if err := b.addTenancies(tx, ` AND home`+among, string(ids)); err != nil {
		return nil, err
	}
	return b.hooks, b.countTags(tx, ` AND home`+among, string(ids))
}

// maxTouches is how many commits a touch log remembers.
const maxTouches = 1000

// touchLog remembers which homes the last commits changed the texts or hooks
// of, so that what was read need not be read again.
type touchLog struct {
	mu      sync.Mutex
	n       uint64 // commits so far
	commits []touch
}

type touch struct {
	n     uint64
	homes []int64
	all   bool
}

// touched notes that a commit changes what is said about a home.
func (tx *Tx) touched(home int64) { tx.touch.homes = append(tx.touch.homes, home) }

// touchedAll notes that a commit changes which homes there are, or so much
// that it does not matter which.
func (tx *Tx) touchedAll() { tx.touch.all = true }

func (l *touchLog) add(t touch) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.n++
	if len(t.homes) == 0 && !t.all {
		return
	}
	if len(l.commits) == maxTouches {
		l.commits = slices.Delete(l.commits, 0, maxTouches/2)
		l.commits[0].all = true // stands for those before it
	}
	t.n = l.n
	l.commits = append(l.commits, t)
}

// Touched tells which homes were changed by commits after the one numbered
// since; all is true when it is not known which. Numbers count from 0 when the records are opened.
func (s *Store) Touched(since uint64) (now uint64, homes []int64, all bool) {
	s.touches.mu.Lock()
	defer s.touches.mu.Unlock()
	for _, t := range s.touches.commits {
		if t.n > since {
			homes = append(homes, t.homes...)
			all = all || t.all
		}
	}
	slices.Sort(homes)
	return s.touches.n, slices.Compact(homes), all
}
