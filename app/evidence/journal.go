package evidence

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sleutelbord/app/desk"
	"sleutelbord/app/paper"
	"sleutelbord/store"
)

// Journal is what a tenants' council sees of the desk's journal: acts on keys by
// building and day. It has no home, no tag, no lock and no operator.
type Journal struct {
	Head
	// Entries is how many lines the journal has, LastHash the hash of the last: the
	// chain was verified when this was made.
	Entries  int          `json:"entries"`
	LastHash string       `json:"last_hash"` // hexadecimal, "" without entries
	Erased   int          `json:"erased"`    // lines whose period was over: only their hashes are left
	Acts     []JournalAct `json:"acts"`
}

// JournalAct is how often something was done on a day. Building is "" for acts on
// the whole site, and "?" for a tag that was erased since.
type JournalAct struct {
	On       string `json:"day"`
	Building string `json:"building"`
	Act      string `json:"act"`
	Count    int    `json:"count"`
}

// erasedBuilding stands for the building of a tag that is not known any more.
const erasedBuilding = "?"

// NewJournal reads and verifies the journal for the tenants' council. A journal
// that is not what was written is [store.ErrDamaged].
func NewJournal(ctx context.Context, d *desk.Desk) (Journal, error) {
	var j Journal
	err := d.Look(ctx, func(tx *store.Tx) (err error) {
		j, err = journal(d, tx)
		return err
	})
	if err != nil {
		return Journal{}, fmt.Errorf("reading the journal for the council: %w", err)
	}
	return j, nil
}

func journal(d *desk.Desk, tx *store.Tx) (Journal, error) {
	h, err := head(d, tx)
	if err != nil {
		return Journal{}, err
	}
	if err := tx.VerifyJournal(); err != nil {
		return Journal{}, err
	}
	entries, err := tx.Journal()
	if err != nil {
		return Journal{}, err
	}
	j := Journal{Head: h, Entries: len(entries), Acts: []JournalAct{}}
	if n := len(entries); n > 0 {
		j.LastHash = hex.EncodeToString(entries[n-1].Hash[:])
	}
	where, err := newWhereabouts(tx)
	if err != nil {
		return j, err
	}
	at := map[JournalAct]int{}
	for _, e := range entries {
		if e.Erased {
			j.Erased++
			continue
		}
		building, err := where.of(tx, e.Subject)
		if err != nil {
			return j, err
		}
		a := JournalAct{On: e.Day.String(), Building: building, Act: e.Act}
		i, known := at[a]
		if !known {
			i = len(j.Acts)
			at[a] = i
			j.Acts = append(j.Acts, a)
		}
		j.Acts[i].Count++
	}
	slices.SortStableFunc(j.Acts, func(a, b JournalAct) int { return strings.Compare(a.On, b.On) })
	return j, nil
}

// whereabouts knows the buildings of what a journal names.
type whereabouts struct {
	names map[string]bool
	homes map[int64]string // building of a home
	locks map[string]string
}

func newWhereabouts(tx *store.Tx) (whereabouts, error) {
	w := whereabouts{map[string]bool{}, map[int64]string{}, map[string]string{}}
	buildings, err := tx.Buildings()
	if err != nil {
		return w, err
	}
	byID := map[int64]string{}
	for _, b := range buildings {
		w.names[b.Name] = true
		byID[b.ID] = b.Name
	}
	homes, err := tx.HomeSummaries()
	if err != nil {
		return w, err
	}
	for _, h := range homes {
		w.homes[h.Home.ID] = h.BuildingName
	}
	locks, err := tx.Locks()
	for _, l := range locks {
		w.locks[l.ID] = byID[l.Building]
	}
	return w, err
}

// of is the building that an entry is about: its subject names a building, a tag
// or a lock, or something of the whole site.
func (w whereabouts) of(tx *store.Tx, subject string) (string, error) {
	name, _, _ := strings.Cut(subject, ": ")
	if w.names[name] {
		return name, nil
	}
	if b, ok := w.locks[subject]; ok {
		return b, nil
	}
	digits, ok := strings.CutPrefix(subject, "T")
	id, err := strconv.ParseInt(digits, 10, 64)
	if !ok || err != nil {
		return "", nil
	}
	t, err := tx.Tag(id)
	if errors.Is(err, store.ErrNotFound) {
		return erasedBuilding, nil
	}
	return w.homes[t.Home], err
}

// CSV is the journal as a table for a spreadsheet.
func (j Journal) CSV() ([]byte, error) {
	var buf bytes.Buffer
	w := csv.NewWriter(&buf)
	rows := [][]string{{"day", "building", "act", "count"}}
	for _, a := range j.Acts {
		rows = append(rows, []string{a.On, a.Building, a.Act, strconv.Itoa(a.Count)})
	}
	if err := w.WriteAll(rows); err != nil {
		return nil, fmt.Errorf("writing the journal for the council: %w", err)
	}
	return buf.Bytes(), nil
}

// JSON is the journal for machines.
func (j Journal) JSON() ([]byte, error) { return document(j) }

// PDF is the journal on paper. An act without a word in the language stands there as
// the journal has it, in English.
func (j Journal) PDF(lang string) ([]byte, error) {
	w := officeWords(lang)
	d := w.begin(j.Head, w.t("journal.title"), w.t("journal.kicker"), false)
	d.Title(w.t("journal.below", "day", w.Date(j.Day)))
	if j.Entries == 0 {
		d.Text(w.t("journal.none"))
		return d.Bytes()
	}
	d.Facts(0.16, paper.Fact{Name: w.t("journal.chain"), Value: w.t("journal.chain.ok", "n", j.Entries, "erased", j.Erased, "hash", j.LastHash)})
	var rows [][]string
	for _, a := range j.Acts {
		building := a.Building
		switch building {
		case "":
			building = w.t("journal.site")
		case erasedBuilding:
			building = w.t("journal.erased")
		}
		act := a.Act
		if key := "act." + act; w.Has(key) {
			act = w.t(key)
		}
		rows = append(rows, []string{w.Date(a.On), building, act, strconv.Itoa(a.Count)})
	}
	d.Table([]paper.Column{
		{Head: w.t("journal.day"), Share: 0.22},
		{Head: w.t("journal.building"), Share: 0.26},
		{Head: w.t("journal.act"), Share: 0.38},
		{Head: w.t("journal.count"), Share: 0.14, Right: true},
	}, rows)
	return d.Bytes()
}
