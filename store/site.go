package store

import (
	"fmt"

	"sleutelbord/nfc/keytag"
)

// Site is the store's one site.
func (tx *Tx) Site() (Site, error) {
	s, err := one(tx, scanSite, `SELECT site_id, name, created_day, practice, policy, aid, locators,
		signer_version, seats_per_home, random_uid_told, changes, overdue_days, row_version FROM site`)
	if err != nil {
		return Site{}, fmt.Errorf("reading the site: %w", err)
	}
	return s, nil
}

func scanSite(r row) (s Site, err error) {
	var id, aid []byte
	if err := r.Scan(&id, &s.Name, &s.Created, &s.Practice, &s.Policy, &aid, &s.Locators,
		&s.SignerVersion, &s.SeatsPerHome, &s.RandomUIDTold, &s.Changes, &s.OverdueDays, &s.RowVersion); err != nil {
		return Site{}, err
	}
	if err := fixed(s.ID[:], id, "the site's id"); err != nil {
		return Site{}, err
	}
	return s, fixed(s.AID[:], aid, "the application id")
}

// DefaultOverdueDays is for how many days a lock may wait, unless a site says
// otherwise.
const DefaultOverdueDays = 14

// insertSite writes the site of a new store.
func (tx *Tx) insertSite(s Site) error {
	if s.OverdueDays == 0 {
		s.OverdueDays = DefaultOverdueDays
	}
	_, err := tx.exec(`INSERT INTO site (id, site_id, name, created_day, practice, policy, aid, locators,
		signer_version, seats_per_home, random_uid_told, changes, overdue_days, row_version)
		VALUES (1, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 1)`,
		s.ID[:], s.Name, s.Created, flag(s.Practice), s.Policy, s.AID[:], s.Locators,
		s.SignerVersion, s.SeatsPerHome, flag(s.RandomUIDTold), s.Changes, s.OverdueDays)
	if err != nil {
		return fmt.Errorf("storing the site: %w", err)
	}
	return nil
}

// PutSite replaces the site. Its ID and day of creation stay as they are.
func (tx *Tx) PutSite(s *Site) error {
	n, err := tx.exec(`UPDATE site SET name = $1, practice = $2, policy = $3, aid = $4, locators = $5,
		signer_version = $6, seats_per_home = $7, random_uid_told = $8, changes = $9, overdue_days = $10, row_version = row_version + 1
		WHERE row_version = $11`,
		s.Name, flag(s.Practice), s.Policy, s.AID[:], s.Locators,
		s.SignerVersion, s.SeatsPerHome, flag(s.RandomUIDTold), s.Changes, s.OverdueDays, s.RowVersion)
	if err == nil {
		err = tx.replaced(n, &s.RowVersion, `SELECT id FROM site`)
	}
	if err != nil {
		return fmt.Errorf("storing the site: %w", err)
	}
	return nil
}

// Buildings are all buildings, in the order in which they were inserted.
func (tx *Tx) Buildings() ([]Building, error) {
	all, err := list(tx, scanBuilding, `SELECT id, name FROM buildings ORDER BY id`)
	if err != nil {
		return nil, fmt.Errorf("reading the buildings: %w", err)
	}
	return all, nil
}

// Building is the building with this id.
func (tx *Tx) Building(id int64) (Building, error) {
	b, err := one(tx, scanBuilding, `SELECT id, name FROM buildings WHERE id = $1`, id)
	if err != nil {
		return Building{}, fmt.Errorf("building %d: %w", id, err)
	}
	return b, nil
}

// BuildingByName is the building with this name, compared without case.
func (tx *Tx) BuildingByName(name string) (Building, error) {
	b, err := one(tx, scanBuilding, `SELECT id, name FROM buildings WHERE name_fold = $1`, fold(name))
	if err != nil {
		return Building{}, fmt.Errorf("building %q: %w", name, err)
	}
	return b, nil
}

func scanBuilding(r row) (b Building, err error) {
	err = r.Scan(&b.ID, &b.Name)
	return b, err
}

// InsertBuilding adds a building and sets its ID. A name that is taken is
// [ErrExists], an empty one [ErrInvalid].
func (tx *Tx) InsertBuilding(b *Building) error {
	id, err := tx.nextID("buildings")
	if err == nil {
		_, err = tx.exec(`INSERT INTO buildings (id, name, name_fold) VALUES ($1, $2, $3)`, id, b.Name, fold(b.Name))
	}
	if err != nil {
		return fmt.Errorf("storing building %q: %w", b.Name, err)
	}
	inserted(tx, &b.ID, id, nil)
	tx.touchedAll()
	return nil
}

const selectHome = `SELECT id, building, floor, name FROM homes `

func scanHome(r row) (h Home, err error) {
	err = r.Scan(&h.ID, &h.Building, &h.Floor, &h.Name)
	return h, err
}

// Home is the home with this id.
func (tx *Tx) Home(id int64) (Home, error) {
	h, err := one(tx, scanHome, selectHome+`WHERE id = $1`, id)
	if err != nil {
		return Home{}, fmt.Errorf("home %d: %w", id, err)
	}
	return h, nil
}

// HomeByName is the home with this name in a building, compared without case.
func (tx *Tx) HomeByName(building int64, name string) (Home, error) {
	h, err := one(tx, scanHome, selectHome+`WHERE building = $1 AND name_fold = $2`, building, fold(name))
	if err != nil {
		return Home{}, fmt.Errorf("home %q in building %d: %w", name, building, err)
	}
	return h, nil
}

// HomesOfBuilding are the homes of a building, in the order in which they were inserted.
func (tx *Tx) HomesOfBuilding(id int64) ([]Home, error) {
	all, err := list(tx, scanHome, selectHome+`WHERE building = $1 ORDER BY id`, id)
	if err != nil {
		return nil, fmt.Errorf("homes of building %d: %w", id, err)
	}
	return all, nil
}

// InsertHome adds a home and sets its ID. A name that is taken in the building
// is [ErrExists], an empty one [ErrInvalid], an unknown building [ErrNotFound].
func (tx *Tx) InsertHome(h *Home) error {
	id, err := tx.nextID("homes")
	if err == nil {
		_, err = tx.exec(`INSERT INTO homes (id, building, floor, name, name_fold) VALUES ($1, $2, $3, $4, $5)`,
			id, h.Building, h.Floor, h.Name, fold(h.Name))
	}
	if err != nil {
		return fmt.Errorf("storing home %q: %w", h.Name, err)
	}
	inserted(tx, &h.ID, id, nil)
	tx.touchedAll()
	return nil
}

// day is today's date as records have it.
func (tx *Tx) day() (keytag.Day, error) { return tx.s.today() }
