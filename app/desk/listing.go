package desk

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"sleutelbord/store"
)

// Listing is homes in the order in which people count, without what hangs on
// their hooks: those are read with [Desk.Hooks], a screenful at a time.
type Listing struct {
	ids   []int64
	whole bool
}

// Len is how many homes there are.
func (l Listing) Len() int { return len(l.ids) }

// Whole tells whether the listing has every home that it could have. One of
// [Desk.FirstHomes] has not.
func (l Listing) Whole() bool { return l.whole }

// Place is a part of the site: a building, or one floor of it.
type Place struct {
	Building string // "" is the whole site
	Floor    string // "" is every floor
}

// Buildings gives the names of the site's buildings, in the order in which
// people count.
func (d *Desk) Buildings(ctx context.Context) ([]string, error) {
	names := []string{}
	err := d.store.View(ctx, func(tx *store.Tx) error {
		buildings, err := tx.Buildings()
		for _, b := range buildings {
			names = append(names, b.Name)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the buildings: %w", err)
	}
	SortNames(names, itself)
	return names, nil
}

// Floors gives the floors of a building, in the order in which people count. A
// home without a floor adds none, a building that is not there has none.
func (d *Desk) Floors(ctx context.Context, building string) ([]string, error) {
	floors := []string{}
	err := d.store.View(ctx, func(tx *store.Tx) error {
		homes, err := homesOf(tx, building)
		for _, h := range homes {
			if h.Floor != "" {
				floors = append(floors, h.Floor)
			}
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the floors of %s: %w", building, err)
	}
	SortNames(floors, itself)
	return slices.Compact(floors), nil
}

// itself is the name of a thing that is nothing but a name.
func itself(name string) string { return name }

// homesOf are the homes of a building, none if it is not there.
func homesOf(tx *store.Tx, building string) ([]store.Home, error) {
	buildings, err := tx.Buildings()
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(buildings, func(b store.Building) bool { return b.Name == building })
	if i < 0 {
		return nil, nil
	}
	return tx.HomesOfBuilding(buildings[i].ID)
}

// List gives all homes of a place that a query fits, as [Desk.Search] does.
func (d *Desk) List(ctx context.Context, query string, in Place) (Listing, error) {
	if err := d.PrepareSearch(ctx); err != nil {
		return Listing{}, fmt.Errorf("listing homes: %w", err)
	}
	ids, _ := d.search.find(query, math.MaxInt)
	if in.Building != "" {
		there, err := d.homesIn(ctx, in)
		if err != nil {
			return Listing{}, fmt.Errorf("listing homes: %w", err)
		}
		ids = slices.DeleteFunc(ids, func(id int64) bool { return !there[id] })
	}
	return Listing{ids: ids, whole: true}, nil
}

// homesIn are the ids of the homes of a place.
func (d *Desk) homesIn(ctx context.Context, in Place) (map[int64]bool, error) {
	there := make(map[int64]bool)
	err := d.store.View(ctx, func(tx *store.Tx) error {
		homes, err := homesOf(tx, in.Building)
		for _, h := range homes {
			if in.Floor == "" || h.Floor == in.Floor {
				there[h.ID] = true
			}
		}
		return err
	})
	return there, err
}

// FirstHomes gives the homes with which the board begins: those of the first
// buildings, until there are at least n. It reads nothing of the others, so
// that it takes as long at a large site as at a small one.
func (d *Desk) FirstHomes(ctx context.Context, n int) (Listing, error) {
	var l Listing
	err := d.store.View(ctx, func(tx *store.Tx) error {
		buildings, err := tx.Buildings()
		if err != nil {
			return err
		}
		SortNames(buildings, func(b store.Building) string { return b.Name })
		for i, b := range buildings {
			homes, err := tx.HomesOfBuilding(b.ID)
			if err != nil {
				return err
			}
			SortNames(homes, func(h store.Home) string { return h.Name })
			for _, h := range homes {
				l.ids = append(l.ids, h.ID)
			}
			if len(l.ids) >= n {
				l.whole = i == len(buildings)-1
				return nil
			}
		}
		l.whole = true
		return nil
	})
	if err != nil {
		return Listing{}, fmt.Errorf("reading the first homes: %w", err)
	}
	return l, nil
}

// Hooks reads the hooks of a listing from one place up to, not including,
// another, as they are now.
func (d *Desk) Hooks(ctx context.Context, l Listing, from, to int) ([]Hook, error) {
	from = min(max(from, 0), len(l.ids))
	to = min(max(to, from), len(l.ids))
	hooks := make([]Hook, 0, to-from)
	err := d.store.View(ctx, func(tx *store.Tx) error {
		homes, err := tx.HomeSummariesOf(l.ids[from:to])
		for _, h := range homes {
			hooks = append(hooks, hook(h))
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading hooks: %w", err)
	}
	return hooks, nil
}

// PlaceOf tells at which place of a listing a home stands, -1 if it does not.
func (d *Desk) PlaceOf(ctx context.Context, l Listing, ref string) (int, error) {
	place := -1
	err := d.store.View(ctx, func(tx *store.Tx) error {
		_, h, err := findHome(tx, ref)
		if errors.Is(err, errNoHome) {
			return nil
		}
		place = slices.Index(l.ids, h.ID)
		return err
	})
	if err != nil {
		return -1, fmt.Errorf("finding the place of %s: %w", ref, err)
	}
	return place, nil
}
