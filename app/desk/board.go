package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"sleutelbord/store"
)

// Board gives every home of the site with what its hook shows, in the order in
// which people count.
func (d *Desk) Board(ctx context.Context) ([]Hook, error) {
	var hooks []Hook
	err := d.store.View(ctx, func(tx *store.Tx) error {
		homes, err := tx.HomeSummaries()
		if err != nil {
			return err
		}
		hooks = make([]Hook, len(homes))
		for i, h := range homes {
			hooks[i] = hook(h)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading the board: %w", err)
	}
	SortNames(hooks, func(h Hook) string { return h.Building }, func(h Hook) string { return h.Name })
	return hooks, nil
}

func hook(h store.HomeSummary) Hook {
	return Hook{
		Ref: homeRef(h.BuildingName, h.Home.Name), Building: h.BuildingName, Floor: h.Home.Floor, Name: h.Home.Name,
		Occupied: h.Tenancy.ID != 0, Choice: h.Tenancy.Choice, Tags: h.Live, Lost: h.Lost, Pending: h.Open,
	}
}

// Home gives one home with its doors, tags and tenancy.
func (d *Desk) Home(ctx context.Context, ref string) (HomeView, error) {
	var v HomeView
	err := d.store.View(ctx, func(tx *store.Tx) error {
		b, h, err := findHome(tx, ref)
		if err != nil {
			return err
		}
		v, err = d.homeView(tx, b, h)
		return err
	})
	if err != nil {
		return HomeView{}, fmt.Errorf("reading home %s: %w", ref, err)
	}
	return v, nil
}

func (d *Desk) homeView(tx *store.Tx, b store.Building, h store.Home) (HomeView, error) {
	v := HomeView{Hook: hook(store.HomeSummary{Home: h, BuildingName: b.Name})}
	tenancy, err := tx.CurrentTenancy(h.ID)
	switch {
	case err == nil:
		v.Tenancy = tenancyView(tenancy)
		v.Occupied, v.Choice = true, tenancy.Choice
	case !errors.Is(err, store.ErrNotFound):
		return v, err
	}
	site, err := tx.Site()
	if err != nil {
		return v, err
	}
	tags, err := tx.TagsOfHome(h.ID)
	if err != nil {
		return v, err
	}
	zones, err := zoneNames(tx)
	if err != nil {
		return v, err
	}
	taken := 0
	for _, t := range tags {
		v.Tags = append(v.Tags, tagView(t, v.Ref, zones))
		switch {
		case t.State == store.TagIssued:
			v.Hook.Tags++
			taken++
		case pending(t):
			v.Pending++
			taken++
		case t.State == store.TagLost && t.Tenancy == tenancy.ID && tenancy.ID != 0:
			v.Lost++
		}
	}
	v.SeatsLeft = max(0, int(site.SeatsPerHome)-taken)
	SortNames(v.Tags, func(t TagView) string { return t.ID })
	slices.Reverse(v.Tags)
	v.Doors, err = d.doorsOfHome(tx, h)
	return v, err
}

func pending(t store.Tag) bool { return t.State == store.TagReserved || t.State == store.TagWriting }

func tenancyView(t store.Tenancy) *TenancyView {
	return &TenancyView{
		ID: TenancyName(t.ID), Reference: t.Reference, Start: day(t.Start), End: day(t.End),
		Choice: t.Choice, ChoiceSince: day(t.ChoiceSince),
	}
}

// zoneNames maps zones to their names.
func zoneNames(tx *store.Tx) (map[uint32]string, error) {
	zones, err := tx.Zones()
	if err != nil {
		return nil, err
	}
	names := make(map[uint32]string, len(zones))
	for _, z := range zones {
		names[uint32(z.ID)] = z.Name
	}
	return names, nil
}

func tagView(t store.Tag, ref string, zones map[uint32]string) TagView {
	v := TagView{
		ID: tagName(t.ID), Home: ref, Ordinal: t.Ordinal, Label: t.Label, State: t.State, Since: day(t.Since),
		Chip: t.Chip, Genuine: t.Genuine, Replaces: tagName(t.Replaces), Zones: []string{},
	}
	for _, c := range t.Slots {
		v.Zones = append(v.Zones, zones[uint32(c.Zone)])
		v.NotAfter = day(c.NotAfter)
	}
	return v
}

// Tag gives one tag, by its name T17.
func (d *Desk) Tag(ctx context.Context, name string) (TagView, error) {
	var v TagView
	err := d.store.View(ctx, func(tx *store.Tx) error {
		t, err := findTag(tx, name)
		if err != nil {
			return err
		}
		v, err = viewTag(tx, t)
		return err
	})
	if err != nil {
		return TagView{}, fmt.Errorf("reading tag %s: %w", name, err)
	}
	return v, nil
}

func findTag(tx *store.Tx, name string) (store.Tag, error) {
	id, err := parseTagName(name)
	if err != nil {
		return store.Tag{}, err
	}
	t, err := tx.Tag(id)
	return t, notFound(err, errNoTagRecord, name)
}

func viewTag(tx *store.Tx, t store.Tag) (TagView, error) { return newNamer(tx).tag(t) }

// namer gives homes and tags with the names that people know, and reads each
// name once.
type namer struct {
	tx        *store.Tx
	buildings map[int64]string
	homes     map[int64]string
	zones     map[uint32]string
}

func newNamer(tx *store.Tx) *namer {
	return &namer{tx, make(map[int64]string), make(map[int64]string), make(map[uint32]string)}
}

func (n *namer) tag(t store.Tag) (TagView, error) {
	ref, err := n.home(t.Home)
	if err != nil {
		return TagView{}, err
	}
	for _, c := range t.Slots {
		if _, known := n.zones[uint32(c.Zone)]; !known {
			z, err := n.tx.Zone(c.Zone)
			if err != nil {
				return TagView{}, err
			}
			n.zones[uint32(z.ID)] = z.Name
		}
	}
	return tagView(t, ref, n.zones), nil
}

// home is the reference of a home.
func (n *namer) home(id int64) (string, error) {
	if ref, known := n.homes[id]; known {
		return ref, nil
	}
	h, err := n.tx.Home(id)
	if err != nil {
		return "", err
	}
	building, known := n.buildings[h.Building]
	if !known {
		b, err := n.tx.Building(h.Building)
		if err != nil {
			return "", err
		}
		building = b.Name
		n.buildings[h.Building] = building
	}
	n.homes[id] = homeRef(building, h.Name)
	return n.homes[id], nil
}

func refOf(tx *store.Tx, home int64) (string, error) { return newNamer(tx).home(home) }

// Tags gives every tag of the site, oldest first.
func (d *Desk) Tags(ctx context.Context) ([]TagView, error) {
	return d.tags(ctx, func(store.Tag) bool { return true })
}

// Pending gives the tags whose writing was cut: they are laid again, or given
// up with [Desk.RevokeLost].
func (d *Desk) Pending(ctx context.Context) ([]TagView, error) { return d.tags(ctx, pending) }

func (d *Desk) tags(ctx context.Context, want func(store.Tag) bool) ([]TagView, error) {
	views := []TagView{}
	err := d.store.View(ctx, func(tx *store.Tx) error {
		tags, err := tx.Tags()
		if err != nil {
			return err
		}
		names := newNamer(tx)
		for _, t := range tags {
			if !want(t) {
				continue
			}
			v, err := names.tag(t)
			if err != nil {
				return err
			}
			views = append(views, v)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading the tags: %w", err)
	}
	return views, nil
}
