package store

import (
	"errors"
	"fmt"

	"sleutelbord/nfc/keytag"
)

const selectTag = `SELECT g.id, g.home, g.tenancy, g.ordinal, g.label, g.state, g.since_day, g.number,
	coalesce(g.replaces, 0), g.end_change, g.chip, g.genuine, g.was, g.locator, g.row_version FROM tags g `

func tagCell(column string, id, version int64) cell { return cell{"tags", column, id, version} }

func (tx *Tx) scanTag(r row) (t Tag, err error) {
	var label, number, was []byte
	if err := r.Scan(&t.ID, &t.Home, &t.Tenancy, &t.Ordinal, &label, &t.State, &t.Since, &number,
		&t.Replaces, &t.EndChange, &t.Chip, &t.Genuine, &was, &t.Locator, &t.RowVersion); err != nil {
		return Tag{}, err
	}
	b, err := tx.s.sealer.open(tagCell("label", t.ID, t.RowVersion), label)
	if err != nil {
		return Tag{}, err
	}
	t.Label = string(b)
	if t.Number, err = tx.openNumber(tagCell("number", t.ID, t.RowVersion), number); err != nil {
		return Tag{}, err
	}
	t.Was, err = tx.openNumber(tagCell("was", t.ID, t.RowVersion), was)
	return t, err
}

// openNumber opens a sealed tag number; NULL is the zero number.
func (tx *Tx) openNumber(c cell, sealed []byte) (n keytag.Number, err error) {
	b, err := tx.s.sealer.open(c, sealed)
	if err != nil || b == nil {
		return keytag.Number{}, err
	}
	return n, fixed(n[:], b, "a tag number")
}

// sealNumber seals a tag number; the zero number, which is none, is NULL.
func (tx *Tx) sealNumber(c cell, n keytag.Number) any {
	if n == (keytag.Number{}) {
		return nil
	}
	return tx.s.sealer.seal(c, n[:])
}

// lookupNumber is what a tag number is found by.
func (tx *Tx) lookupNumber(n keytag.Number) any {
	if n == (keytag.Number{}) {
		return nil
	}
	return tx.s.sealer.hash("tags", "number", n[:])
}

// Tag is the tag with this id.
func (tx *Tx) Tag(id int64) (Tag, error) {
	t, err := tx.tag(`WHERE g.id = $1 `, id)
	if err != nil {
		return Tag{}, fmt.Errorf("tag %d: %w", id, err)
	}
	return t, nil
}

// TagByNumber is the tag that has a number on it, or had it before it is written
// anew; the error does not repeat it.
func (tx *Tx) TagByNumber(n keytag.Number) (Tag, error) {
	t, err := tx.tag(`WHERE g.number_lookup = $1 OR g.was_lookup = $1 `, tx.lookupNumber(n))
	if err != nil {
		return Tag{}, fmt.Errorf("tag by its number: %w", err)
	}
	return t, nil
}

func (tx *Tx) tag(which string, arg any) (Tag, error) {
	all, err := tx.tags(which, arg)
	if err != nil {
		return Tag{}, err
	}
	if len(all) == 0 {
		return Tag{}, ErrNotFound
	}
	return all[0], nil
}

// TagsOfHome are all tags of a home, of this and of earlier tenancies, by id.
func (tx *Tx) TagsOfHome(home int64) ([]Tag, error) {
	all, err := tx.tags(`WHERE g.home = $1 `, home)
	if err != nil {
		return nil, fmt.Errorf("tags of home %d: %w", home, err)
	}
	return all, nil
}

// TagsOfTenancy are the tags of a tenancy, by id.
func (tx *Tx) TagsOfTenancy(id int64) ([]Tag, error) {
	all, err := tx.tags(`WHERE g.tenancy = $1 `, id)
	if err != nil {
		return nil, fmt.Errorf("tags of tenancy %d: %w", id, err)
	}
	return all, nil
}

// Tags are all tags, by id.
func (tx *Tx) Tags() ([]Tag, error) {
	all, err := tx.tags(``)
	if err != nil {
		return nil, fmt.Errorf("reading the tags: %w", err)
	}
	return all, nil
}

// tags reads some tags and the slots of the same ones.
func (tx *Tx) tags(which string, args ...any) ([]Tag, error) {
	all, err := list(tx, tx.scanTag, selectTag+which+`ORDER BY g.id`, args...)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	type slot struct {
		tag    int64
		claims keytag.Claims
	}
	slots, err := list(tx, func(r row) (s slot, err error) {
		c := &s.claims
		err = r.Scan(&s.tag, &c.Zone, &c.Version, &c.Epoch, &c.Seat, &c.Generation, &c.NotAfter)
		return s, err
	}, `SELECT s.tag, s.zone, s.key_version, s.epoch, s.seat, s.generation, s.not_after
		FROM tag_slots s JOIN tags g ON g.id = s.tag `+which+`ORDER BY s.tag, s.slot`, args...)
	if err != nil {
		return nil, err
	}
	i := 0 // both are in order of tags
	for _, s := range slots {
		for i < len(all) && all[i].ID != s.tag {
			i++
		}
		if i == len(all) {
			return nil, fmt.Errorf("slot of tag %d, which is not there: %w", s.tag, ErrDamaged)
		}
		all[i].Slots = append(all[i].Slots, s.claims)
	}
	return all, nil
}

// AnyExpired tells whether a tag with a slot in a zone had its last day on or
// after from and before to.
func (tx *Tx) AnyExpired(zone keytag.Zone, from, to keytag.Day) (bool, error) {
	_, err := one(tx, number, `SELECT 1 FROM tag_slots WHERE zone = $1 AND not_after >= $2 AND not_after < $3 LIMIT 1`, zone, max(from, 1), to)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("last days of tags of zone %d: %w", zone, err)
	}
	return true, nil
}

// InsertTag adds a tag with its slots and sets its ID. A number, or an
// ordinal in its tenancy, that is taken is [ErrExists].
func (tx *Tx) InsertTag(t *Tag) error {
	id, err := tx.nextID("tags")
	if err == nil {
		_, err = tx.exec(`INSERT INTO tags (id, home, tenancy, ordinal, label, state, since_day, number, number_lookup,
			replaces, end_change, chip, genuine, was, was_lookup, locator, row_version)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, 1)`,
			id, t.Home, t.Tenancy, t.Ordinal, tx.s.sealer.seal(tagCell("label", id, 1), []byte(t.Label)), t.State, t.Since,
			tx.sealNumber(tagCell("number", id, 1), t.Number), tx.lookupNumber(t.Number),
			orNull(t.Replaces), t.EndChange, t.Chip, t.Genuine,
			tx.sealNumber(tagCell("was", id, 1), t.Was), tx.lookupNumber(t.Was), t.Locator)
	}
	if err == nil {
		err = tx.insertSlots(id, t.Slots)
	}
	if err != nil {
		return fmt.Errorf("storing a tag of home %d: %w", t.Home, err)
	}
	inserted(tx, &t.ID, id, &t.RowVersion)
	tx.touched(t.Home)
	return nil
}

func (tx *Tx) insertSlots(tag int64, slots []keytag.Claims) error {
	for i, c := range slots {
		if _, err := tx.exec(`INSERT INTO tag_slots (tag, slot, zone, key_version, epoch, seat, generation, not_after)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
			tag, i, c.Zone, c.Version, c.Epoch, c.Seat, c.Generation, c.NotAfter); err != nil {
			return fmt.Errorf("slot %d: %w", i, err)
		}
	}
	return nil
}

// PutTag replaces a tag and its slots; its home and tenancy stay.
func (tx *Tx) PutTag(t *Tag) error {
	if err := tx.putTag(t); err != nil {
		return fmt.Errorf("storing tag %d: %w", t.ID, err)
	}
	tx.touched(t.Home)
	return nil
}

func (tx *Tx) putTag(t *Tag) error {
	next := t.RowVersion + 1
	n, err := tx.exec(`UPDATE tags SET ordinal = $1, label = $2, state = $3, since_day = $4, number = $5,
		number_lookup = $6, replaces = $7, end_change = $8, chip = $9, genuine = $10, was = $11, was_lookup = $12, locator = $13,
		row_version = row_version + 1 WHERE id = $14 AND row_version = $15`,
		t.Ordinal, tx.s.sealer.seal(tagCell("label", t.ID, next), []byte(t.Label)), t.State, t.Since,
		tx.sealNumber(tagCell("number", t.ID, next), t.Number),
		tx.lookupNumber(t.Number), orNull(t.Replaces), t.EndChange, t.Chip, t.Genuine,
		tx.sealNumber(tagCell("was", t.ID, next), t.Was), tx.lookupNumber(t.Was), t.Locator, t.ID, t.RowVersion)
	if err != nil {
		return err
	}
	if err := tx.replaced(n, &t.RowVersion, `SELECT id FROM tags WHERE id = $1`, t.ID); err != nil {
		return err
	}
	if _, err := tx.exec(`DELETE FROM tag_slots WHERE tag = $1`, t.ID); err != nil {
		return err
	}
	return tx.insertSlots(t.ID, t.Slots)
}
