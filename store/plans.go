package store

import (
	"bytes"
	"encoding/json"
	"fmt"
)

const selectPlan = `SELECT id, kind, coalesce(tag, 0), number, steps, done, outcome, started_day,
	desk, EXISTS (SELECT 1 FROM desk_keys k WHERE k.desk = plans.desk AND k.removed_day = 0) FROM plans `

// planCell has no row version: the number of a plan never changes.
func planCell(id int64) cell { return cell{"plans", "number", id, 0} }

func (tx *Tx) scanPlan(r row) (p Plan, err error) {
	var number, desk []byte
	var steps string
	var works bool
	if err := r.Scan(&p.ID, &p.Kind, &p.Tag, &number, &steps, &p.Done, &p.Outcome, &p.Started, &desk, &works); err != nil {
		return Plan{}, err
	}
	p.Elsewhere = works && !bytes.Equal(desk, tx.s.deskOfPlans())
	if err := json.Unmarshal([]byte(steps), &p.Steps); err != nil {
		return Plan{}, fmt.Errorf("steps of plan %d: %w", p.ID, ErrDamaged)
	}
	p.Number, err = tx.openNumber(planCell(p.ID), number)
	return p, err
}

// deskOfPlans is this desk, as plans name it; nil at a site's only one.
func (s *Store) deskOfPlans() []byte {
	if s.shared == nil {
		return nil
	}
	return s.shared.desk[:]
}

// orNone stores no bytes as NULL.
func orNone(b []byte) any {
	if len(b) == 0 {
		return nil
	}
	return b
}

// InsertPlan adds an open plan and sets its ID and the day it started. A
// second open plan for a tag is [ErrExists].
func (tx *Tx) InsertPlan(p *Plan) error {
	if err := tx.insertPlan(p); err != nil {
		return fmt.Errorf("storing a plan to %s: %w", p.Kind, err)
	}
	return nil
}

func (tx *Tx) insertPlan(p *Plan) error {
	day, err := tx.day()
	if err != nil {
		return err
	}
	steps, err := json.Marshal(append([]string{}, p.Steps...))
	if err != nil {
		return err
	}
	id, err := tx.nextID("plans")
	if err != nil {
		return err
	}
	if _, err := tx.exec(`INSERT INTO plans (id, kind, tag, number, steps, step_count, done, outcome, started_day, desk)
		VALUES ($1, $2, $3, $4, $5, $6, $7, '', $8, $9)`,
		id, p.Kind, orNull(p.Tag), tx.sealNumber(planCell(id), p.Number), string(steps), len(p.Steps), p.Done, day, orNone(tx.s.deskOfPlans())); err != nil {
		return err
	}
	old := *p
	tx.onUndo(func() { *p = old })
	p.ID, p.Started, p.Outcome, p.Elsewhere = id, day, "", false
	return nil
}

// MarkStep notes that the first done steps of an open plan are done. A plan
// that is finished is [ErrConflict], more steps than it has [ErrInvalid].
func (tx *Tx) MarkStep(plan int64, done int) error {
	n, err := tx.exec(`UPDATE plans SET done = $1 WHERE id = $2 AND outcome = ''`, done, plan)
	if err == nil {
		err = tx.touchedPlan(n, plan)
	}
	if err != nil {
		return fmt.Errorf("marking step %d of plan %d: %w", done, plan, err)
	}
	return nil
}

// FinishPlan ends an open plan as "done", "failed" or "recovered". A plan that
// is finished already is [ErrConflict].
func (tx *Tx) FinishPlan(plan int64, outcome string) error {
	if outcome == "" {
		return fmt.Errorf("finishing plan %d without an outcome: %w", plan, ErrInvalid)
	}
	n, err := tx.exec(`UPDATE plans SET outcome = $1 WHERE id = $2 AND outcome = ''`, outcome, plan)
	if err == nil {
		err = tx.touchedPlan(n, plan)
	}
	if err != nil {
		return fmt.Errorf("finishing plan %d as %q: %w", plan, outcome, err)
	}
	return nil
}

func (tx *Tx) touchedPlan(touched, plan int64) error {
	if touched > 0 {
		return nil
	}
	if _, err := one(tx, number, `SELECT id FROM plans WHERE id = $1`, plan); err != nil {
		return err
	}
	return ErrConflict
}

// OpenPlans are the plans that have no outcome yet, oldest first.
func (tx *Tx) OpenPlans() ([]Plan, error) {
	all, err := list(tx, tx.scanPlan, selectPlan+`WHERE outcome = '' ORDER BY id`)
	if err != nil {
		return nil, fmt.Errorf("reading the open plans: %w", err)
	}
	return all, nil
}

// OpenPlanOfTag is the plan of a tag that has no outcome yet.
func (tx *Tx) OpenPlanOfTag(tag int64) (Plan, error) {
	p, err := one(tx, tx.scanPlan, selectPlan+`WHERE tag = $1 AND outcome = ''`, tag)
	if err != nil {
		return Plan{}, fmt.Errorf("open plan of tag %d: %w", tag, err)
	}
	return p, nil
}
