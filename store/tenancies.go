package store

import "fmt"

const selectTenancy = `SELECT id, home, reference, epoch, start_day, end_day, choice, choice_day, row_version FROM tenancies `

// selectRunning selects the tenancies that are running; AND home… narrows down
// whose. It names the index because the database, which keeps no statistics,
// takes the one by day instead: nearly every row of that has the same day, 0,
// and the hooks of a few homes would cost as much as those of all.
const selectRunning = selectTenancy + `INDEXED BY tenancies_running WHERE end_day = 0 `

func referenceCell(id, version int64) cell { return cell{"tenancies", "reference", id, version} }

func (tx *Tx) scanTenancy(r row) (t Tenancy, err error) {
	var sealed []byte
	if err := r.Scan(&t.ID, &t.Home, &sealed, &t.Epoch, &t.Start, &t.End, &t.Choice, &t.ChoiceSince, &t.RowVersion); err != nil {
		return Tenancy{}, err
	}
	ref, err := tx.s.sealer.open(referenceCell(t.ID, t.RowVersion), sealed)
	t.Reference = string(ref)
	return t, err
}

// Tenancy is the tenancy with this id.
func (tx *Tx) Tenancy(id int64) (Tenancy, error) {
	t, err := one(tx, tx.scanTenancy, selectTenancy+`WHERE id = $1`, id)
	if err != nil {
		return Tenancy{}, fmt.Errorf("tenancy %d: %w", id, err)
	}
	return t, nil
}

// CurrentTenancy is the tenancy that is running in a home: the one whose End
// is 0. An empty home is [ErrNotFound].
func (tx *Tx) CurrentTenancy(home int64) (Tenancy, error) {
	t, err := one(tx, tx.scanTenancy, selectRunning+`AND home = $1`, home)
	if err != nil {
		return Tenancy{}, fmt.Errorf("running tenancy of home %d: %w", home, err)
	}
	return t, nil
}

// InsertTenancy adds a tenancy and sets its ID. With End 0 it is the running
// one: a second running one in a home is [ErrExists].
func (tx *Tx) InsertTenancy(t *Tenancy) error {
	id, err := tx.nextID("tenancies")
	if err == nil {
		_, err = tx.exec(`INSERT INTO tenancies (id, home, reference, epoch, start_day, end_day, choice, choice_day, row_version)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1)`,
			id, t.Home, tx.s.sealer.seal(referenceCell(id, 1), []byte(t.Reference)), t.Epoch, t.Start, t.End, t.Choice, t.ChoiceSince)
	}
	if err != nil {
		return fmt.Errorf("storing a tenancy of home %d: %w", t.Home, err)
	}
	inserted(tx, &t.ID, id, &t.RowVersion)
	tx.touched(t.Home)
	return nil
}

// PutTenancy replaces a tenancy; its home stays.
func (tx *Tx) PutTenancy(t *Tenancy) error {
	n, err := tx.exec(`UPDATE tenancies SET reference = $1, epoch = $2, start_day = $3, end_day = $4, choice = $5,
		choice_day = $6, row_version = row_version + 1 WHERE id = $7 AND row_version = $8`,
		tx.s.sealer.seal(referenceCell(t.ID, t.RowVersion+1), []byte(t.Reference)),
		t.Epoch, t.Start, t.End, t.Choice, t.ChoiceSince, t.ID, t.RowVersion)
	if err == nil {
		err = tx.replaced(n, &t.RowVersion, `SELECT id FROM tenancies WHERE id = $1`, t.ID)
	}
	if err != nil {
		return fmt.Errorf("storing tenancy %d: %w", t.ID, err)
	}
	tx.touched(t.Home)
	return nil
}
