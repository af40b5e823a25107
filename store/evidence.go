package store

import "fmt"

// Settings are what residents are told, and the site's periods.
func (tx *Tx) Settings() (Settings, error) {
	s, err := one(tx, func(r row) (s Settings, err error) {
		err = r.Scan(&s.Controller, &s.ControllerContact, &s.Officer, &s.OfficerContact, &s.DeskContact, &s.Processors,
			&s.RetentionDays, &s.JournalDays, &s.SmallCount, &s.RowVersion)
		return s, err
	}, `SELECT controller, controller_contact, officer, officer_contact, desk_contact, processors,
		retention_days, journal_days, small_count, row_version FROM settings`)
	if err != nil {
		return Settings{}, fmt.Errorf("reading the settings: %w", err)
	}
	return s, nil
}

// PutSettings replaces the settings.
func (tx *Tx) PutSettings(s *Settings) error {
	n, err := tx.exec(`UPDATE settings SET controller = $1, controller_contact = $2, officer = $3, officer_contact = $4,
		desk_contact = $5, processors = $6, retention_days = $7, journal_days = $8, small_count = $9,
		row_version = row_version + 1 WHERE row_version = $10`,
		s.Controller, s.ControllerContact, s.Officer, s.OfficerContact, s.DeskContact, s.Processors,
		s.RetentionDays, s.JournalDays, s.SmallCount, s.RowVersion)
	if err == nil {
		err = tx.replaced(n, &s.RowVersion, `SELECT id FROM settings`)
	}
	if err != nil {
		return fmt.Errorf("storing the settings: %w", err)
	}
	return nil
}

const selectRollout = `SELECT building, planned_day, dpia_version, assessed_day, review_day, consulted_day, active_day,
	evaluated_day, unassessed, row_version FROM rollouts `

func scanRollout(r row) (o Rollout, err error) {
	err = r.Scan(&o.Building, &o.Planned, &o.Assessment, &o.Assessed, &o.Review, &o.Consulted, &o.Active,
		&o.Evaluated, &o.Unassessed, &o.RowVersion)
	return o, err
}

// Rollouts are the roll-outs of all buildings that have one, by building.
func (tx *Tx) Rollouts() ([]Rollout, error) {
	all, err := list(tx, scanRollout, selectRollout+`ORDER BY building`)
	if err != nil {
		return nil, fmt.Errorf("reading the roll-outs: %w", err)
	}
	return all, nil
}

// Rollout is the roll-out of a building.
func (tx *Tx) Rollout(building int64) (Rollout, error) {
	o, err := one(tx, scanRollout, selectRollout+`WHERE building = $1`, building)
	if err != nil {
		return Rollout{}, fmt.Errorf("roll-out of building %d: %w", building, err)
	}
	return o, nil
}

// InsertRollout adds the roll-out of a building, which has one at most.
func (tx *Tx) InsertRollout(o *Rollout) error {
	_, err := tx.exec(`INSERT INTO rollouts (building, planned_day, dpia_version, assessed_day, review_day, consulted_day,
		active_day, evaluated_day, unassessed, row_version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1)`,
		o.Building, o.Planned, o.Assessment, o.Assessed, o.Review, o.Consulted, o.Active, o.Evaluated, o.Unassessed)
	if err != nil {
		return fmt.Errorf("storing the roll-out of building %d: %w", o.Building, err)
	}
	inserted(tx, &o.Building, o.Building, &o.RowVersion)
	return nil
}

// PutRollout replaces the roll-out of a building. Unassessed never goes down.
func (tx *Tx) PutRollout(o *Rollout) error {
	n, err := tx.exec(`UPDATE rollouts SET planned_day = $1, dpia_version = $2, assessed_day = $3, review_day = $4,
		consulted_day = $5, active_day = $6, evaluated_day = $7, unassessed = $8, row_version = row_version + 1
		WHERE building = $9 AND row_version = $10`,
		o.Planned, o.Assessment, o.Assessed, o.Review, o.Consulted, o.Active, o.Evaluated, o.Unassessed, o.Building, o.RowVersion)
	if err == nil {
		err = tx.replaced(n, &o.RowVersion, `SELECT building FROM rollouts WHERE building = $1`, o.Building)
	}
	if err != nil {
		return fmt.Errorf("storing the roll-out of building %d: %w", o.Building, err)
	}
	return nil
}

// Documents are the documents of all roll-outs, in the order in which they were added.
func (tx *Tx) Documents() ([]RolloutDocument, error) {
	all, err := list(tx, func(r row) (d RolloutDocument, err error) {
		var sum []byte
		if err := r.Scan(&d.ID, &d.Building, &d.Kind, &d.Name, &sum, &d.Added); err != nil {
			return d, err
		}
		return d, fixed(d.SHA256[:], sum, "the hash of a document")
	}, `SELECT id, building, kind, name, sha256, added_day FROM documents ORDER BY id`)
	if err != nil {
		return nil, fmt.Errorf("reading the documents: %w", err)
	}
	return all, nil
}

// InsertDocument notes a document and sets its ID. One that the building has
// already is [ErrExists].
func (tx *Tx) InsertDocument(d *RolloutDocument) error {
	id, err := tx.nextID("documents")
	if err == nil {
		_, err = tx.exec(`INSERT INTO documents (id, building, kind, name, sha256, added_day) VALUES ($1, $2, $3, $4, $5, $6)`,
			id, d.Building, d.Kind, d.Name, d.SHA256[:], d.Added)
	}
	if err != nil {
		return fmt.Errorf("storing document %q: %w", d.Name, err)
	}
	inserted(tx, &d.ID, id, nil)
	return nil
}

const selectObjection = `SELECT id, tenancy, made_day, outcome, outcome_day, row_version FROM objections `

func scanObjection(r row) (o Objection, err error) {
	err = r.Scan(&o.ID, &o.Tenancy, &o.Made, &o.Outcome, &o.Decided, &o.RowVersion)
	return o, err
}

// Objections are all objections, in the order in which they were made.
func (tx *Tx) Objections() ([]Objection, error) {
	all, err := list(tx, scanObjection, selectObjection+`ORDER BY id`)
	if err != nil {
		return nil, fmt.Errorf("reading the objections: %w", err)
	}
	return all, nil
}

// ObjectionsOfTenancy are those of one tenancy.
func (tx *Tx) ObjectionsOfTenancy(id int64) ([]Objection, error) {
	all, err := list(tx, scanObjection, selectObjection+`WHERE tenancy = $1 ORDER BY id`, id)
	if err != nil {
		return nil, fmt.Errorf("objections of tenancy %d: %w", id, err)
	}
	return all, nil
}

// InsertObjection adds an objection and sets its ID.
func (tx *Tx) InsertObjection(o *Objection) error {
	id, err := tx.nextID("objections")
	if err == nil {
		_, err = tx.exec(`INSERT INTO objections (id, tenancy, made_day, outcome, outcome_day, row_version)
			VALUES ($1, $2, $3, $4, $5, 1)`, id, o.Tenancy, o.Made, o.Outcome, o.Decided)
	}
	if err != nil {
		return fmt.Errorf("storing an objection of tenancy %d: %w", o.Tenancy, err)
	}
	inserted(tx, &o.ID, id, &o.RowVersion)
	return nil
}

// PutObjection replaces the outcome of an objection.
func (tx *Tx) PutObjection(o *Objection) error {
	n, err := tx.exec(`UPDATE objections SET outcome = $1, outcome_day = $2, row_version = row_version + 1
		WHERE id = $3 AND row_version = $4`, o.Outcome, o.Decided, o.ID, o.RowVersion)
	if err == nil {
		err = tx.replaced(n, &o.RowVersion, `SELECT id FROM objections WHERE id = $1`, o.ID)
	}
	if err != nil {
		return fmt.Errorf("storing objection %d: %w", o.ID, err)
	}
	return nil
}

// PlansOfTag are all plans of a tag, by id.
func (tx *Tx) PlansOfTag(tag int64) ([]Plan, error) {
	all, err := list(tx, tx.scanPlan, selectPlan+`WHERE tag = $1 ORDER BY id`, tag)
	if err != nil {
		return nil, fmt.Errorf("plans of tag %d: %w", tag, err)
	}
	return all, nil
}

// CampaignsOfTag are the campaigns that ended a tag, by id.
func (tx *Tx) CampaignsOfTag(tag int64) ([]int64, error) {
	all, err := list(tx, number, `SELECT campaign FROM campaign_tags WHERE tag = $1 ORDER BY campaign`, tag)
	if err != nil {
		return nil, fmt.Errorf("campaigns that ended tag %d: %w", tag, err)
	}
	return all, nil
}

// Count is how many there are of a kind in a home.
type Count[Kind ~string] struct {
	Home int64
	Kind Kind
	N    int
}

func scanCount[Kind ~string](r row) (c Count[Kind], err error) {
	err = r.Scan(&c.Home, &c.Kind, &c.N)
	return c, err
}

// CountTags counts all tags by home and state, without reading what is sealed.
func (tx *Tx) CountTags() ([]Count[TagState], error) {
	all, err := list(tx, scanCount[TagState], `SELECT home, state, count(*) FROM tags GROUP BY home, state ORDER BY home, state`)
	if err != nil {
		return nil, fmt.Errorf("counting the tags: %w", err)
	}
	return all, nil
}

// CountTenancies counts the tenancies by home and choice: those that run, or
// those that have ended and are still known.
func (tx *Tx) CountTenancies(ended bool) ([]Count[Choice], error) {
	all, err := list(tx, scanCount[Choice], `SELECT home, choice, count(*) FROM tenancies WHERE (end_day > 0) = $1
		GROUP BY home, choice ORDER BY home, choice`, ended)
	if err != nil {
		return nil, fmt.Errorf("counting the tenancies: %w", err)
	}
	return all, nil
}
