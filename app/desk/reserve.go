package desk

import (
	"errors"
	"fmt"
	"io"

	"sleutelbord/nfc/keytag"
	"sleutelbord/store"
)

// reserve commits what is about to happen, before the tag is touched.
func (d *Desk) reserve(tx *store.Tx, w *writing, f reserve) error {
	if w.laid.State == keytag.Complete {
		return d.finished(tx, w)
	}
	if err := f(tx, w); err != nil {
		return err
	}
	w.tag.Chip, w.tag.Genuine = keytag.ChipName(w.laid.Version), string(w.laid.Genuine)
	w.tag.State, w.tag.Since = store.TagWriting, w.today
	if err := tx.PutTag(&w.tag); err != nil {
		return err
	}
	w.plan = store.Plan{Kind: store.PlanIssue, Tag: w.tag.ID, Number: w.tag.Number, Started: w.today}
	for _, s := range w.laid.IssueSteps() {
		w.plan.Steps = append(w.plan.Steps, string(s))
	}
	if err := tx.InsertPlan(&w.plan); err != nil {
		return err
	}
	return d.journal(tx, actIssuing, tagName(w.tag.ID))
}

// finished tells a complete tag that only lacks its last acknowledgement from
// one that somebody is using.
func (d *Desk) finished(tx *store.Tx, w *writing) error {
	t, err := tx.TagByNumber(w.laid.Number)
	if err != nil {
		return notFound(err, errUnknownTag, "")
	}
	if !pending(t) {
		return fmt.Errorf("%w: it is %s", errTagInUse, tagName(t.ID))
	}
	w.tag, w.complete = t, true
	w.plan, err = tx.OpenPlanOfTag(t.ID)
	return err
}

// reserveFor takes seats for a new tag of a home, or goes on with one whose
// writing was cut.
func (d *Desk) reserveFor(tx *store.Tx, w *writing, ref string, o IssueOptions) error {
	notAfter, err := o.notAfter(w.today)
	if err != nil {
		return err
	}
	_, home, err := findHome(tx, ref)
	if err != nil {
		return err
	}
	tags, err := tx.TagsOfHome(home.ID)
	if err != nil {
		return err
	}
	for _, t := range tags {
		if pending(t) && t.Replaces == 0 {
			if o.Label != "" {
				t.Label = o.Label
			}
			return d.again(tx, w, t, notAfter)
		}
	}
	tenancy, err := d.tenancy(tx, home, w.today)
	if err != nil {
		return err
	}
	w.tag = store.Tag{Home: home.ID, Tenancy: tenancy.ID, Label: o.Label}
	return d.seat(tx, w, notAfter, nil)
}

// tenancy gives the running tenancy of a home, beginning one if it is empty.
func (d *Desk) tenancy(tx *store.Tx, home store.Home, today keytag.Day) (store.Tenancy, error) {
	t, err := tx.CurrentTenancy(home.ID)
	if !errors.Is(err, store.ErrNotFound) {
		return t, err
	}
	return d.beginTenancy(tx, home, "", store.ChoiceTag, today)
}

// seat inserts the row of a new tag and takes its place.
func (d *Desk) seat(tx *store.Tx, w *writing, notAfter keytag.Day, prefer *store.Tag) error {
	tags, err := tx.TagsOfTenancy(w.tag.Tenancy)
	if err != nil {
		return err
	}
	for _, t := range tags {
		w.tag.Ordinal = max(w.tag.Ordinal, t.Ordinal)
	}
	w.tag.Ordinal++
	w.tag.State, w.tag.Since = store.TagReserved, w.today
	s, err := take(tx, w.tag.Home, w.site.SeatsPerHome, prefer)
	if err != nil {
		return err
	}
	if w.tag.Number, err = d.newNumber(); err != nil {
		return err
	}
	if err := tx.InsertTag(&w.tag); err != nil {
		return err
	}
	w.tag.Slots, err = s.claim(tx, w.tag.ID, notAfter)
	return err
}

// again gives a tag whose writing was cut new claims on its seats and a new
// number: whatever the earlier attempt left anywhere is older than this one.
func (d *Desk) again(tx *store.Tx, w *writing, t store.Tag, notAfter keytag.Day) error {
	if alive, err := elsewhere(tx, w, t); err != nil {
		return err
	} else if alive {
		return d.insteadOf(tx, w, t, notAfter)
	}
	if err := closePlan(tx, t.ID, "failed"); err != nil {
		return err
	}
	s, err := take(tx, t.Home, w.site.SeatsPerHome, &t)
	if err != nil {
		return err
	}
	w.tag = t
	if w.tag.Number, err = d.newNumber(); err != nil {
		return err
	}
	w.tag.Slots, err = s.claim(tx, t.ID, notAfter)
	return err
}

// elsewhere tells whether a tag whose writing was cut may open doors and is not
// the one that lies on the reader.
func elsewhere(tx *store.Tx, w *writing, t store.Tag) (bool, error) {
	another := w.laid.State == keytag.Blank || w.before != (keytag.Number{})
	if !another || w.before == t.Number {
		return false, nil
	}
	plan, err := tx.OpenPlanOfTag(t.ID)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return err == nil && mayOpen(plan), err
}

// insteadOf ends a tag that was cut when it was nearly done, and is not here,
// as lost, and takes its seats for a new one.
func (d *Desk) insteadOf(tx *store.Tx, w *writing, t store.Tag, notAfter keytag.Day) error {
	if err := d.end(tx, &t, store.TagLost, w.today); err != nil {
		return err
	}
	w.tag = store.Tag{Home: t.Home, Tenancy: t.Tenancy, Label: t.Label, Replaces: t.Replaces}
	return d.seat(tx, w, notAfter, &t)
}

func (d *Desk) newNumber() (n keytag.Number, err error) {
	_, err = io.ReadFull(d.random, n[:])
	return n, err
}

// reserveInPlace ends the lost tag and takes its seats for a new one.
func (d *Desk) reserveInPlace(tx *store.Tx, w *writing, name string, o IssueOptions) error {
	notAfter, err := o.notAfter(w.today)
	if err != nil {
		return err
	}
	old, err := findTag(tx, name)
	if err != nil {
		return err
	}
	tags, err := tx.TagsOfHome(old.Home)
	if err != nil {
		return err
	}
	for _, t := range tags {
		if pending(t) && t.Replaces == old.ID {
			return d.again(tx, w, t, notAfter)
		}
	}
	for _, t := range tags {
		if t.Replaces == old.ID && t.State != store.TagFailed {
			return fmt.Errorf("%w: %s has replaced it", errTagEnded, tagName(t.ID))
		}
	}
	tenancy, err := tx.CurrentTenancy(old.Home)
	if err != nil {
		return notFound(err, errNoTenancy, "")
	}
	switch {
	case tenancy.ID != old.Tenancy:
		return fmt.Errorf("%w: its tenancy is over", errTagEnded)
	case old.State == store.TagIssued:
		if err := d.end(tx, &old, store.TagLost, w.today); err != nil {
			return err
		}
	case old.State != store.TagLost:
		return fmt.Errorf("%w: it is %s", errTagEnded, old.State)
	}
	w.tag = store.Tag{Home: old.Home, Tenancy: old.Tenancy, Label: old.Label, Replaces: old.ID}
	if o.Label != "" {
		w.tag.Label = o.Label
	}
	return d.seat(tx, w, notAfter, &old)
}

// reserveAgain finds whose torn tag lies on the reader: by its number where
// that is readable, else the only one that is pending.
func (d *Desk) reserveAgain(tx *store.Tx, w *writing) error {
	tags, err := tx.Tags()
	if err != nil {
		return err
	}
	var open []store.Tag
	for _, t := range tags {
		if !pending(t) {
			continue
		}
		if w.laid.Number != (keytag.Number{}) && t.Number == w.laid.Number {
			open = []store.Tag{t}
			break
		}
		open = append(open, t)
	}
	if len(open) != 1 {
		return errHalfWritten
	}
	var notAfter keytag.Day
	if len(open[0].Slots) > 0 {
		notAfter = open[0].Slots[0].NotAfter
	}
	return d.again(tx, w, open[0], notAfter)
}
