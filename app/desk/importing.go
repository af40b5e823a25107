package desk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"sleutelbord/nfc/keytag"
	"sleutelbord/store"
)

// errPreview rolls an import back that was only to be looked at.
var errPreview = errors.New("only a preview")

// Import adds homes, zones and locks from a list (see the columns). All rows
// are taken or none: what is wrong comes back as *[ImportError] with every row
// that is. Rows that are there already, the same, are counted and left alone.
// It takes a custodian: a lock is given the keys of its zones.
func (d *Desk) Import(ctx context.Context, r io.Reader) (Imported, error) {
	return d.importList(ctx, r, false)
}

// PreviewImport does all that Import does and then takes it back.
func (d *Desk) PreviewImport(ctx context.Context, r io.Reader) (Imported, error) {
	return d.importList(ctx, r, true)
}

func (d *Desk) importList(ctx context.Context, r io.Reader, preview bool) (Imported, error) {
	if err := d.custodian(); err != nil && !preview {
		return Imported{}, fmt.Errorf("importing: %w", err)
	}
	rows, err := parseCSV(r)
	if err != nil {
		return Imported{}, fmt.Errorf("importing: %w", err)
	}
	done, err := d.importRows(ctx, rows, preview)
	if err != nil {
		return Imported{}, fmt.Errorf("importing: %w", err)
	}
	return done, nil
}

// importRows adds rows that were checked each by itself.
func (d *Desk) importRows(ctx context.Context, rows []row, preview bool) (Imported, error) {
	var done Imported
	err := d.store.Update(ctx, func(tx *store.Tx) error {
		i := importer{ctx: ctx, tx: tx, done: Imported{Rows: len(rows)}}
		if err := i.run(rows); err != nil {
			return err
		}
		done = i.done
		if preview {
			return errPreview
		}
		return d.journal(tx, actImported, fmt.Sprintf("%d locks", done.Locks))
	})
	if err != nil && !errors.Is(err, errPreview) {
		return Imported{}, err
	}
	if !preview {
		d.log.WithField("locks", done.Locks).WithField("homes", done.Homes).Info("list imported")
	}
	return done, nil
}

// importer puts checked rows into the records, within one transaction.
type importer struct {
	ctx       context.Context
	tx        *store.Tx
	done      Imported
	bad       rowErrors
	site      store.Site
	buildings map[string]store.Building
	homes     map[string]store.Home
	zones     map[string]store.Zone
	locks     map[string]store.Lock
	slots     map[int64]int // home -> zones
	newHomes  []store.Home
	newShared []store.Zone
	line      map[int64]int // home -> the line that speaks of it last
}

func (i *importer) run(rows []row) error {
	if err := i.load(); err != nil {
		return err
	}
	// Home rows first: they say on which floor a home is.
	slices.SortStableFunc(rows, func(a, b row) int { return cmp.Compare(rank(a.kind), rank(b.kind)) })
	for _, r := range rows {
		if err := i.ctx.Err(); err != nil {
			return err
		}
		if err := i.row(r); err != nil {
			return fmt.Errorf("line %d: %w", r.line, err)
		}
	}
	if err := i.bad.err(); err != nil {
		return err
	}
	if err := i.linkShared(); err != nil {
		return err
	}
	i.checkSlots()
	return i.bad.err()
}

func rank(k store.ZoneKind) int {
	if k == store.HomeZone {
		return 0
	}
	return 1
}

func (i *importer) load() (err error) {
	i.buildings, i.homes = map[string]store.Building{}, map[string]store.Home{}
	i.zones, i.locks = map[string]store.Zone{}, map[string]store.Lock{}
	i.slots, i.line = map[int64]int{}, map[int64]int{}
	if i.site, err = i.tx.Site(); err != nil {
		return err
	}
	buildings, err := i.tx.Buildings()
	if err != nil {
		return err
	}
	for _, b := range buildings {
		i.buildings[fold(b.Name)] = b
		homes, err := i.tx.HomesOfBuilding(b.ID)
		if err != nil {
			return err
		}
		for _, h := range homes {
			i.homes[homeKey(b.ID, h.Name)] = h
		}
	}
	zones, err := i.tx.Zones()
	if err != nil {
		return err
	}
	for _, z := range zones {
		i.zones[zoneKey(z)] = z
	}
	locks, err := i.tx.Locks()
	if err != nil {
		return err
	}
	gone, err := i.tx.GoneLocks()
	for _, l := range append(locks, gone...) {
		i.locks[fold(l.ID)] = l
	}
	return err
}

func fold(s string) string { return strings.ToLower(s) }

func homeKey(building int64, name string) string { return fmt.Sprint(building, "/", fold(name)) }

// zoneKey is what makes two rows speak of one zone: kind, building, floor (of
// shared ones), home (of home zones) and name.
func zoneKey(z store.Zone) string {
	return strings.Join([]string{string(z.Kind), fmt.Sprint(z.Building), fold(z.Floor), fmt.Sprint(z.Home), fmt.Sprint(z.Listed), fold(z.Name)}, "\x00")
}

func (i *importer) row(r row) error {
	if old, ok := i.locks[fold(r.lock.String())]; ok {
		return i.known(r, old)
	}
	b, err := i.building(r.building)
	if err != nil {
		return err
	}
	homes, err := i.homesOf(b, r)
	if err != nil {
		return err
	}
	zone, err := i.zone(b, r, homes)
	if err != nil {
		return err
	}
	l := store.Lock{ID: r.lock.String(), Building: b.ID, Floor: r.floor, PublicKey: [32]byte(r.key.Bytes())}
	if r.kind == store.HomeZone {
		l.Home = homes[0].ID
	}
	if err := i.tx.InsertLock(&l); err != nil {
		return err
	}
	i.locks[fold(l.ID)] = l
	i.done.Locks++
	return i.tx.LinkLockZone(l.ID, zone.ID)
}

// known compares a row with the lock that is there. Another public key is
// another lock, and never taken over in silence.
func (i *importer) known(r row, old store.Lock) error {
	b := i.buildings[fold(r.building)]
	same := b.ID == old.Building && fold(old.Floor) == fold(r.floor) && old.PublicKey == [32]byte(r.key.Bytes())
	if same && len(old.Zones) > 0 {
		z, err := i.tx.Zone(old.Zones[0])
		if err != nil {
			return err
		}
		same = z.Kind == r.kind && fold(z.Name) == fold(r.zone)
		if r.kind == store.HomeZone {
			h := i.homes[homeKey(b.ID, r.homes[0])]
			same = same && h.ID == old.Home
		}
	}
	if !same {
		i.bad.add(r.line, colLock, RowLockKnown, args{"Value": r.lock}, "lock %s is here already, with other details; a list can only add locks", r.lock)
		return nil
	}
	i.done.Unchanged++
	return nil
}

func (i *importer) building(name string) (store.Building, error) {
	if b, ok := i.buildings[fold(name)]; ok {
		return b, nil
	}
	b := store.Building{Name: name}
	if err := i.tx.InsertBuilding(&b); err != nil {
		return b, err
	}
	i.buildings[fold(name)] = b
	i.done.Buildings++
	return b, nil
}

func (i *importer) homesOf(b store.Building, r row) ([]store.Home, error) {
	homes := make([]store.Home, 0, len(r.homes))
	for _, name := range r.homes {
		h, ok := i.homes[homeKey(b.ID, name)]
		switch {
		case !ok:
			h = store.Home{Building: b.ID, Floor: r.floor, Name: name}
			if err := i.tx.InsertHome(&h); err != nil {
				return nil, err
			}
			i.homes[homeKey(b.ID, name)] = h
			i.newHomes = append(i.newHomes, h)
			i.done.Homes++
		case r.kind == store.HomeZone && fold(h.Floor) != fold(r.floor):
			i.bad.add(r.line, colFloor, RowFloor, args{"Home": name, "Floor": h.Floor}, "home %s stands on floor %q elsewhere", name, h.Floor)
		}
		i.line[h.ID] = r.line
		homes = append(homes, h)
	}
	return homes, nil
}

func (i *importer) zone(b store.Building, r row, homes []store.Home) (store.Zone, error) {
	z := store.Zone{Kind: r.kind, Name: r.zone, Building: b.ID, KeyVersion: 1}
	switch r.kind {
	case store.HomeZone:
		z.Home = homes[0].ID
	case store.SharedZone:
		z.Floor, z.Listed = r.floor, len(homes) > 0
	}
	old, ok := i.zones[zoneKey(z)]
	if ok {
		z = old
	} else {
		if err := i.tx.InsertZone(&z); err != nil {
			return z, err
		}
		i.zones[zoneKey(z)] = z
		i.done.Zones++
		if z.Kind == store.SharedZone && !z.Listed {
			i.newShared = append(i.newShared, z)
		}
	}
	for _, h := range homes {
		if err := i.link(h, z); err != nil {
			return z, err
		}
	}
	return z, nil
}

// link gives a home its range of seats in a zone, once.
func (i *importer) link(h store.Home, z store.Zone) error {
	links, err := i.tx.ZonesOfHome(h.ID)
	if err != nil {
		return err
	}
	i.slots[h.ID] = len(links)
	if slices.ContainsFunc(links, func(l store.HomeZoneLink) bool { return l.Zone == z.ID }) {
		return nil
	}
	base := uint16(0)
	if z.Kind != store.HomeZone {
		if base, err = i.tx.NextSeatBase(z.ID, i.site.SeatsPerHome); err != nil {
			return fmt.Errorf("zone %s: %w", z.Name, err)
		}
	}
	i.slots[h.ID]++
	return i.tx.LinkHomeZone(store.HomeZoneLink{Home: h.ID, Zone: z.ID, SeatBase: base})
}

// linkShared joins shared zones that name no homes with the homes of their
// building or floor: new zones with all of them, old zones with the new ones.
func (i *importer) linkShared() error {
	homes := sortedHomes(i.homes)
	for _, z := range i.newShared {
		for _, h := range homes {
			if err := i.join(h, z); err != nil {
				return err
			}
		}
	}
	if len(i.newHomes) == 0 {
		return nil
	}
	for _, z := range sortedZones(i.zones) {
		if z.Kind != store.SharedZone || z.Listed || slices.ContainsFunc(i.newShared, func(n store.Zone) bool { return n.ID == z.ID }) {
			continue
		}
		for _, h := range i.newHomes {
			if err := i.join(h, z); err != nil {
				return err
			}
		}
	}
	return nil
}

func (i *importer) join(h store.Home, z store.Zone) error {
	if h.Building != z.Building || z.Floor != "" && fold(z.Floor) != fold(h.Floor) {
		return nil
	}
	return i.link(h, z)
}

func (i *importer) checkSlots() {
	for home, n := range i.slots {
		if n > keytag.MaxSlots {
			i.bad.add(i.line[home], colZone, RowManyZones, args{"Count": n, "Most": keytag.MaxSlots}, "the home would have %d zones; a tag has place for %d", n, keytag.MaxSlots)
		}
	}
}

// sortedHomes gives every import of one list the same seats.
func sortedHomes(m map[string]store.Home) []store.Home {
	homes := make([]store.Home, 0, len(m))
	for _, h := range m {
		homes = append(homes, h)
	}
	slices.SortFunc(homes, func(a, b store.Home) int { return int(a.ID - b.ID) })
	return homes
}

func sortedZones(m map[string]store.Zone) []store.Zone {
	zones := make([]store.Zone, 0, len(m))
	for _, z := range m {
		zones = append(zones, z)
	}
	slices.SortFunc(zones, func(a, b store.Zone) int { return int(a.ID) - int(b.ID) })
	return zones
}
