package desk

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"sleutelbord/nfc/keytag"
	"sleutelbord/store"
)

// Stage is how far the introduction in a building is.
type Stage string

// Stages of a roll-out, in their order.
const (
	StageNone      Stage = "none" // nothing was noted
	StagePlanned   Stage = "planned"
	StageAssessed  Stage = "assessed"  // there is an impact assessment
	StageConsulted Stage = "consulted" // residents and their council were heard
	StageActive    Stage = "active"
	StageEvaluated Stage = "evaluated"
)

// Stages are all stages that can be reached, in their order.
func Stages() []Stage {
	return []Stage{StagePlanned, StageAssessed, StageConsulted, StageActive, StageEvaluated}
}

// RolloutView is the roll-out of a building. Days are YYYY-MM-DD, "" has not come.
type RolloutView struct {
	Building string `json:"building"`
	Stage    Stage  `json:"stage"` // the furthest that was reached
	Planned  string `json:"planned,omitempty"`
	// Assessment is the version of the impact assessment.
	Assessment string `json:"assessment,omitempty"`
	Assessed   string `json:"assessed,omitempty"`
	Review     string `json:"review,omitempty"` // by when it is looked at again
	Consulted  string `json:"consulted,omitempty"`
	Active     string `json:"active,omitempty"`
	Evaluated  string `json:"evaluated,omitempty"`
	// Unassessed counts the tags that were handed out without an assessment.
	Unassessed int            `json:"unassessed"`
	Documents  []DocumentView `json:"documents"`
	Reminders  []Reminder     `json:"reminders"`
}

// DocumentView is a document of a roll-out, which is kept elsewhere.
type DocumentView struct {
	Kind   store.DocumentKind `json:"kind"`
	Name   string             `json:"name"`
	SHA256 string             `json:"sha256"` // hexadecimal
	Added  string             `json:"added"`
}

// Reminder names something that is due.
type Reminder string

// Reminders of a roll-out.
const (
	RemindAssess   Reminder = "assess"   // tags are handed out, or it is active, without an assessment
	RemindReview   Reminder = "review"   // the day of the review has come
	RemindSoon     Reminder = "soon"     // it comes within 30 days
	RemindConsult  Reminder = "consult"  // active, and residents were not heard
	RemindEvaluate Reminder = "evaluate" // active for half a year, and not evaluated
	RemindDocument Reminder = "document" // assessed, and no document says so
)

const (
	soonDays     = 30
	evaluateDays = 182
)

// assessed tells whether there is an impact assessment whose review is not overdue.
func (v RolloutView) assessed() bool {
	return v.Assessed != "" && !slices.Contains(v.Reminders, RemindReview)
}

func rolloutView(name string, o store.Rollout, docs []store.RolloutDocument, today keytag.Day) RolloutView {
	v := RolloutView{
		Building: name, Stage: StageNone, Planned: day(o.Planned), Assessment: o.Assessment, Assessed: day(o.Assessed),
		Review: day(o.Review), Consulted: day(o.Consulted), Active: day(o.Active), Evaluated: day(o.Evaluated),
		Unassessed: int(o.Unassessed), Documents: []DocumentView{}, Reminders: []Reminder{},
	}
	for i, d := range []keytag.Day{o.Planned, o.Assessed, o.Consulted, o.Active, o.Evaluated} {
		if d != 0 {
			v.Stage = Stages()[i]
		}
	}
	shown := false
	for _, d := range docs {
		if d.Building == o.Building {
			v.Documents = append(v.Documents, DocumentView{d.Kind, d.Name, hex.EncodeToString(d.SHA256[:]), day(d.Added)})
			shown = shown || d.Kind == store.DocumentAssessment
		}
	}
	remind := func(due bool, r Reminder) {
		if due {
			v.Reminders = append(v.Reminders, r)
		}
	}
	remind(o.Assessed == 0 && (o.Active != 0 || o.Unassessed > 0), RemindAssess)
	remind(o.Assessed != 0 && o.Review <= today, RemindReview)
	remind(o.Assessed != 0 && o.Review > today && o.Review <= today+soonDays, RemindSoon)
	remind(o.Active != 0 && o.Consulted == 0, RemindConsult)
	remind(o.Active != 0 && o.Evaluated == 0 && today >= o.Active+evaluateDays, RemindEvaluate)
	remind(o.Assessed != 0 && !shown, RemindDocument)
	return v
}

// Rollouts gives the roll-out of every building, in the order in which people count.
func (d *Desk) Rollouts(ctx context.Context) ([]RolloutView, error) {
	today, err := d.today()
	if err != nil {
		return nil, err
	}
	var views []RolloutView
	err = d.store.View(ctx, func(tx *store.Tx) (err error) {
		views, err = Rollouts(tx, today)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the roll-outs: %w", err)
	}
	return views, nil
}

// Rollouts gives the roll-out of every building, as it is on a day.
func Rollouts(tx *store.Tx, today keytag.Day) ([]RolloutView, error) {
	buildings, err := tx.Buildings()
	if err != nil {
		return nil, err
	}
	known, err := tx.Rollouts()
	if err != nil {
		return nil, err
	}
	docs, err := tx.Documents()
	if err != nil {
		return nil, err
	}
	byBuilding := make(map[int64]store.Rollout, len(known))
	for _, o := range known {
		byBuilding[o.Building] = o
	}
	views := make([]RolloutView, 0, len(buildings))
	for _, b := range buildings {
		o := byBuilding[b.ID]
		o.Building = b.ID
		views = append(views, rolloutView(b.Name, o, docs, today))
	}
	SortNames(views, func(v RolloutView) string { return v.Building })
	return views, nil
}

// RolloutStep is a stage that was reached.
type RolloutStep struct {
	Stage Stage
	Day   time.Time // zero is today
	// Assessment and Review belong to [StageAssessed]: the version of the
	// assessment, and the day by which it is looked at again.
	Assessment string
	Review     time.Time
}

// SetRollout notes that a building has reached a stage. A stage that was
// reached before gets the new day.
func (d *Desk) SetRollout(ctx context.Context, building string, step RolloutStep) (RolloutView, error) {
	if err := d.custodian(); err != nil {
		return RolloutView{}, fmt.Errorf("noting a roll-out: %w", err)
	}
	today, err := d.today()
	if err != nil {
		return RolloutView{}, err
	}
	var v RolloutView
	err = d.store.Update(ctx, func(tx *store.Tx) error {
		b, err := findBuilding(tx, building)
		if err != nil {
			return err
		}
		err = changeRollout(tx, b.ID, func(o *store.Rollout) error { return step.apply(o, today) })
		if err != nil {
			return err
		}
		if err := d.journal(tx, actRollout, b.Name+": "+string(step.Stage)); err != nil {
			return err
		}
		v, err = oneRollout(tx, b, today)
		return err
	})
	if err != nil {
		return RolloutView{}, fmt.Errorf("noting the roll-out of %s: %w", building, err)
	}
	return v, nil
}

func oneRollout(tx *store.Tx, b store.Building, today keytag.Day) (RolloutView, error) {
	o, err := tx.Rollout(b.ID)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return RolloutView{}, err
	}
	o.Building = b.ID
	docs, err := tx.Documents()
	return rolloutView(b.Name, o, docs, today), err
}

// changeRollout changes the roll-out of a building, which may have none yet.
func changeRollout(tx *store.Tx, building int64, change func(*store.Rollout) error) error {
	o, err := tx.Rollout(building)
	isNew := errors.Is(err, store.ErrNotFound)
	if err != nil && !isNew {
		return err
	}
	o.Building = building
	if err := change(&o); err != nil {
		return err
	}
	if isNew {
		return tx.InsertRollout(&o)
	}
	return tx.PutRollout(&o)
}

func (s RolloutStep) apply(o *store.Rollout, today keytag.Day) error {
	on := today
	if !s.Day.IsZero() {
		var err error
		if on, err = keytag.DayOf(s.Day); err != nil || on == 0 || on > today && s.Stage != StagePlanned {
			return &inputError{"day", "it is not a day that has come"}
		}
	}
	switch s.Stage {
	case StagePlanned:
		o.Planned = on
	case StageAssessed:
		version := strings.TrimSpace(s.Assessment)
		review, err := keytag.DayOf(s.Review)
		if version == "" || utf8.RuneCountInString(version) > maxLabel {
			return &inputError{"assessment", "an assessment has a version, such as 1.0"}
		}
		if s.Review.IsZero() || err != nil || review <= on {
			return &inputError{"review", "an assessment has a later day by which it is looked at again"}
		}
		o.Assessment, o.Assessed, o.Review = version, on, review
	case StageConsulted:
		o.Consulted = on
	case StageActive:
		o.Active = on
	case StageEvaluated:
		o.Evaluated = on
	default:
		return &inputError{"stage", fmt.Sprintf("%q: the stages are planned, assessed, consulted, active and evaluated", s.Stage)}
	}
	return nil
}

// AddDocument notes a document of a building by its hash; the document itself
// is kept elsewhere.
func (d *Desk) AddDocument(ctx context.Context, building string, kind store.DocumentKind, name string, content io.Reader) (DocumentView, error) {
	if err := d.custodian(); err != nil {
		return DocumentView{}, fmt.Errorf("noting a document: %w", err)
	}
	today, err := d.today()
	if err != nil {
		return DocumentView{}, err
	}
	name = strings.TrimSpace(name)
	if name == "" || utf8.RuneCountInString(name) > maxContact {
		return DocumentView{}, fmt.Errorf("noting a document: %w", &inputError{"name", "a document has a name"})
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, content); err != nil {
		return DocumentView{}, fmt.Errorf("reading document %s: %w", name, err)
	}
	doc := store.RolloutDocument{Kind: kind, Name: name, SHA256: [32]byte(sum.Sum(nil)), Added: today}
	err = d.store.Update(ctx, func(tx *store.Tx) error {
		b, err := findBuilding(tx, building)
		if err != nil {
			return err
		}
		doc.Building = b.ID
		if err := tx.InsertDocument(&doc); err != nil {
			return err
		}
		return d.journal(tx, actDocument, b.Name)
	})
	if errors.Is(err, store.ErrExists) {
		err = &inputError{"document", "it is noted already"}
	}
	if err != nil {
		return DocumentView{}, fmt.Errorf("noting a document of %s: %w", building, err)
	}
	return DocumentView{doc.Kind, doc.Name, hex.EncodeToString(doc.SHA256[:]), day(doc.Added)}, nil
}

func findBuilding(tx *store.Tx, name string) (store.Building, error) {
	b, err := tx.BuildingByName(strings.TrimSpace(name))
	return b, notFound(err, errNoBuilding, name)
}

// isAssessed tells whether a home's building has an assessment whose review is
// not overdue.
func isAssessed(tx *store.Tx, home int64, today keytag.Day) (store.Building, bool, error) {
	h, err := tx.Home(home)
	if err != nil {
		return store.Building{}, false, err
	}
	b, err := tx.Building(h.Building)
	if err != nil {
		return b, false, err
	}
	v, err := oneRollout(tx, b, today)
	return b, v.assessed(), err
}

// countUnassessed notes a tag that was handed out in a building without an
// assessment.
func countUnassessed(tx *store.Tx, home int64, today keytag.Day) error {
	b, assessed, err := isAssessed(tx, home, today)
	if err != nil || assessed {
		return err
	}
	return changeRollout(tx, b.ID, func(o *store.Rollout) error {
		o.Unassessed++
		return nil
	})
}
