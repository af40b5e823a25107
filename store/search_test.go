package store

import (
	"errors"
	"slices"
	"testing"
)

// TestTouched: whoever keeps a copy of what is said about homes learns which of
// them to read again, whatever happened in between.
func TestTouched(t *testing.T) {
	s := newStore(t)
	fillCampus(t, s, 5)
	now, _, all := s.Touched(0)
	same(t, "all after an import", all, true)
	_, homes, all := s.Touched(now)
	same(t, "nothing since", len(homes) == 0 && !all, true)

	touch := func(f func(tx *Tx) error) {
		t.Helper()
		update(t, s, f)
	}
	touch(func(tx *Tx) error { g, err := tx.Tag(2); must(t, err); g.Label = "x"; return tx.PutTag(&g) })
	touch(func(tx *Tx) error { te, err := tx.Tenancy(4); must(t, err); te.End = 2600; return tx.PutTenancy(&te) })
	touch(func(tx *Tx) error { return tx.Append(Entry{Act: "x"}) })
	err := s.Update(t.Context(), func(tx *Tx) error {
		g, err := tx.Tag(1)
		must(t, err)
		must(t, tx.PutTag(&g))
		return errors.New("not committed")
	})
	if err == nil {
		t.Fatal("committed")
	}
	then, homes, all := s.Touched(now)
	same(t, "homes", homes, []int64{2, 4})
	same(t, "all", all, false)

	// More commits than are remembered: then everything may have changed.
	for range maxTouches + 1 {
		s.touches.add(touchOf(3))
	}
	_, _, all = s.Touched(now)
	same(t, "all after many", all, true)
	latest, _, _ := s.Touched(0)
	_, homes, all = s.Touched(latest - 3)
	same(t, "the last", slices.Equal(homes, []int64{3}) && !all, true)
	if latest <= then {
		t.Errorf("commit %d after %d", latest, then)
	}
}

func touchOf(home int64) touch { return touch{homes: []int64{home}} }

// TestHomeSummariesOf gives for some homes what the board gives for all.
func TestHomeSummariesOf(t *testing.T) {
	s := newStore(t)
	fillCampus(t, s, 6)
	update(t, s, func(tx *Tx) error {
		g, err := tx.Tag(3)
		must(t, err)
		g.State = TagLost
		return tx.PutTag(&g)
	})
	view(t, s, func(tx *Tx) error {
		all, err := tx.HomeSummaries()
		must(t, err)
		some, err := tx.HomeSummariesOf([]int64{5, 3, 1})
		must(t, err)
		for i, id := range []int{5, 3, 1} {
			same(t, "hook", some[i], all[id-1])
		}
		_, err = tx.HomeSummariesOf([]int64{99})
		wantErr(t, "no such home", err, ErrNotFound)
		texts, err := tx.SearchTexts()
		must(t, err)
		of, err := tx.SearchTextsOf([]int64{4})
		must(t, err)
		same(t, "texts", of, texts[3:4])
		same(t, "text", of[0].More, "ref-00003\nt4\n")
		return nil
	})
}

func TestSearchFold(t *testing.T) {
	for in, want := range map[string]string{
		"Campuslaan 7": "campuslaan 7", "ZOË": "zoe", "Straße": "strasse", "e\u0301": "e", "İ": "i", "ŁÓDŹ": "łodz", "": "",
	} {
		same(t, in, SearchFold(in), want)
	}
}

func FuzzSearchFold(f *testing.F) {
	f.Add("Zoë")
	f.Add("\xff\x00")
	f.Fuzz(func(t *testing.T, s string) {
		once := SearchFold(s)
		if again := SearchFold(once); again != once {
			t.Errorf("%q becomes %q, and that %q", s, once, again)
		}
	})
}

// What is read of a few homes is looked up by home. Nearly every tenancy has
// the same last day, 0: by that, each hook would cost a look at all of them.
func TestHooksAreLookedUpByHome(t *testing.T) {
	s := newStore(t)
	view(t, s, func(tx *Tx) error {
		for _, which := range []string{`AND home = $1`, `AND home IN (SELECT value FROM json_each($1))`} {
			plan, err := list(tx, func(r row) (step string, err error) {
				var id, parent, unused int64
				err = r.Scan(&id, &parent, &unused, &step)
				return step, err
			}, `EXPLAIN QUERY PLAN `+selectRunning+which, `1`)
			must(t, err)
			if want := "SEARCH tenancies USING INDEX tenancies_running (home=?)"; !slices.Contains(plan, want) {
				t.Errorf("%s: the database goes %q", which, plan)
			}
		}
		return nil
	})
}
