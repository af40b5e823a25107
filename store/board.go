package store

import (
	"cmp"
	"fmt"
	"slices"
)

// HomeSummaries is the whole board, one hook for each home, by building and then
// home, both in the order in which they were inserted.
func (tx *Tx) HomeSummaries() ([]HomeSummary, error) {
	b, err := tx.homes()
	if err == nil {
		err = b.addTenancies(tx, ``)
	}
	if err == nil {
		err = b.countTags(tx, ``)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the board: %w", err)
	}
	return b.hooks, nil
}

// CountBoard counts the homes and the tags that are handed out.
func (tx *Tx) CountBoard() (homes, tags int, err error) {
	type counts struct{ homes, tags int }
	c, err := one(tx, func(r row) (c counts, err error) {
		err = r.Scan(&c.homes, &c.tags)
		return c, err
	}, `SELECT (SELECT count(*) FROM homes), (SELECT count(*) FROM tags WHERE state = 'issued')`)
	if err != nil {
		return 0, 0, fmt.Errorf("counting the board: %w", err)
	}
	return c.homes, c.tags, nil
}

// board is the hooks with where each home's is.
type board struct {
	hooks []HomeSummary
	at    map[int64]int
}

// homes makes an empty hook for every home.
func (tx *Tx) homes() (*board, error) {
	buildings, err := tx.Buildings()
	if err != nil {
		return nil, err
	}
	names := make(map[int64]string, len(buildings))
	for _, b := range buildings {
		names[b.ID] = b.Name
	}
	n, err := one(tx, number, `SELECT count(*) FROM homes`)
	if err != nil {
		return nil, err
	}
	b := &board{hooks: make([]HomeSummary, 0, n), at: make(map[int64]int, n)}
	err = tx.each(func(r row) error {
		h, err := scanHome(r)
		b.hooks = append(b.hooks, HomeSummary{Home: h, BuildingName: names[h.Building]})
		return err
	}, selectHome+`ORDER BY id`)
	if err != nil {
		return nil, err
	}
	// They mostly are in this order already, which the database does not know.
	slices.SortStableFunc(b.hooks, func(x, y HomeSummary) int { return cmp.Compare(x.Home.Building, y.Home.Building) })
	for i := range b.hooks {
		b.at[b.hooks[i].Home.ID] = i
	}
	return b, nil
}

// hook is the hook of a home. The database keeps others from being referred
// to; a damaged one may not.
func (b *board) hook(home int64) (*HomeSummary, error) {
	i, ok := b.at[home]
	if !ok {
		return nil, fmt.Errorf("home %d is not there: %w", home, ErrDamaged)
	}
	return &b.hooks[i], nil
}

// addTenancies adds the running tenancies; and narrows down whose.
func (b *board) addTenancies(tx *Tx, and string, args ...any) error {
	return tx.each(func(r row) error {
		t, err := tx.scanTenancy(r)
		if err != nil {
			return err
		}
		h, err := b.hook(t.Home)
		if err == nil {
			h.Tenancy = t
		}
		return err
	}, selectRunning+and, args...)
}

// countTags counts the tags of every home; lost ones count in the running
// tenancy only; and narrows down whose.
func (b *board) countTags(tx *Tx, and string, args ...any) error {
	var home, tenancy int64
	var state TagState
	var n int
	return tx.each(func(r row) error {
		if err := r.Scan(&home, &tenancy, &state, &n); err != nil {
			return err
		}
		h, err := b.hook(home)
		if err != nil {
			return err
		}
		switch {
		case state == TagIssued:
			h.Live += n
		case state == TagReserved || state == TagWriting:
			h.Open += n
		case tenancy == h.Tenancy.ID:
			h.Lost += n
		}
		return nil
	}, `SELECT home, tenancy, state, count(*) FROM tags
		WHERE state IN ('reserved', 'writing', 'issued', 'lost')`+and+` GROUP BY home, tenancy, state`, args...)
}
