package desk

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"

	"sleutelbord/nfc/keytag"
	"sleutelbord/store"
)

// reserve commits what is about to happen, before the tag is touched.
func (d *Desk) reserve(tx *store.Tx, w *writing, f reserve) error {
	if w.laid.State == keytag.Complete {
		f = d.reserveComplete
	}
	if err := f(tx, w); err != nil || w.complete {
		return err
	}
	if err := w.chooseLocator(tx); err != nil {
		return err
	}
	w.tag.Chip, w.tag.Genuine = keytag.ChipName(w.laid.Version), string(w.laid.Genuine)
	w.tag.State, w.tag.Since = store.TagWriting, w.today
	if err := tx.PutTag(&w.tag); err != nil {
		return err
	}
	w.plan = store.Plan{Kind: store.PlanIssue, Tag: w.tag.ID, Number: w.tag.Number, Started: w.today}
	for _, s := range w.steps() {
		w.plan.Steps = append(w.plan.Steps, string(s))
	}
	var err error
	if w.runs, err = d.start(tx, &w.plan); err != nil {
		return err
	}
	return d.journal(tx, actIssuing, tagName(w.tag.ID))
}

func (w *writing) chooseLocator(tx *store.Tx) (err error) {
	if w.finish {
		return nil // it is on the tag already
	}
	if w.tag.Locator, err = w.locator(tx, w.tag.Slots, w.tag.Locator); err != nil {
		return err
	}
	return w.laid.WriteLocator(w.tag.Locator)
}

// start puts a plan into the records that runs from now on, until its id is
// taken from d.running.
func (d *Desk) start(tx *store.Tx, p *store.Plan) (int64, error) {
	if err := tx.InsertPlan(p); err != nil {
		return 0, err
	}
	d.running.Store(p.ID, true)
	return p.ID, nil
}

// runs tells whether a plan goes on: here, or as far as is known at another desk.
func (d *Desk) runs(p store.Plan) bool {
	_, runs := d.running.Load(p.ID)
	return runs || p.Elsewhere
}

// runsWithout is runs where a tag lies on this reader: another desk cannot be
// writing the one that shows a number of t's.
func (d *Desk) runsWithout(w *writing, p store.Plan, t store.Tag) bool {
	_, runs := d.running.Load(p.ID)
	return runs || p.Elsewhere && !w.lies(t)
}

// torn tells whether the writing of a tag was cut, rather than going on.
func (d *Desk) torn(tx *store.Tx, w *writing, t store.Tag) (bool, error) {
	if !pending(t) {
		return false, nil
	}
	plan, err := tx.OpenPlanOfTag(t.ID)
	if errors.Is(err, store.ErrNotFound) {
		return true, nil
	}
	return err == nil && !d.runsWithout(w, plan, t), err
}

// onlyTorn leaves out the tags whose writing was not cut, and gives the one
// that lies on the reader first.
func (d *Desk) onlyTorn(tx *store.Tx, w *writing, tags []store.Tag) ([]store.Tag, error) {
	var torn []store.Tag
	for _, t := range tags {
		is, err := d.torn(tx, w, t)
		if err != nil {
			return nil, err
		}
		if is {
			torn = append(torn, t)
		}
	}
	slices.SortStableFunc(torn, func(a, b store.Tag) int { return cmp.Compare(w.distance(a), w.distance(b)) })
	return torn, nil
}

func (w *writing) distance(t store.Tag) int {
	if w.lies(t) {
		return 0
	}
	return 1
}

// lies tells whether what lies on the reader shows a number of t's.
func (w *writing) lies(t store.Tag) bool {
	return w.before != (keytag.Number{}) && (w.before == t.Number || w.before == t.Was)
}

func (w *writing) steps() []keytag.StepName {
	if w.finish {
		return w.laid.FinishSteps()
	}
	return w.laid.IssueSteps()
}

// reserveComplete tells a complete tag that only lacks its last acknowledgement,
// and one that is or was about to be written anew, from one that somebody is
// using.
func (d *Desk) reserveComplete(tx *store.Tx, w *writing) error {
	t, err := tx.TagByNumber(w.laid.Number)
	if err != nil {
		return notFound(err, errUnknownTag, "")
	}
	switch {
	case renewing(t) && w.laid.Number == t.Was:
		return d.renewAgain(tx, w, t)
	case pending(t):
	case w.renew != nil && t.State == store.TagIssued:
		return w.renew(tx, w, t)
	default:
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
	torn, err := d.onlyTorn(tx, w, tags)
	if err != nil {
		return err
	}
	for _, t := range torn {
		fits, err := w.fits(tx, t)
		if err != nil {
			return err
		}
		if fits && (t.Replaces == 0 || renewing(t)) {
			if o.Label != "" {
				t.Label = o.Label
			}
			return d.again(tx, w, t, notAfter)
		}
	}
	if err := d.mayHandOut(tx, home, w.today, w.agreed); err != nil {
		return err
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
	s, err := w.take(tx, w.tag.Home, prefer)
	if err != nil {
		return err
	}
	if w.tag.Number, err = d.newNumber(); err != nil {
		return err
	}
	if err := tx.InsertTag(&w.tag); err != nil {
		return err
	}
	w.tag.Slots, err = s.claim(tx, w.tag.ID, notAfter, false)
	return err
}

// again goes on with a tag whose writing was cut. One that lies on the reader
// and lacks nothing but its proof and the chip's settings gets these. Any other
// gets new claims on its seats and a new number: whatever the earlier attempt
// left anywhere is older, and opens nothing.
func (d *Desk) again(tx *store.Tx, w *writing, t store.Tag, notAfter keytag.Day) error {
	if renewing(t) {
		return d.renewAgain(tx, w, t)
	}
	plan, err := tx.OpenPlanOfTag(t.ID)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if w.finish, err = finishable(tx, w, t, plan, notAfter); err != nil {
		return err
	}
	if !w.finish && mayOpen(plan) && !(w.laid.TornInKeys() && cutInKeys(plan)) {
		return d.insteadOf(tx, w, t, notAfter)
	}
	if err := closePlan(tx, t.ID, "failed"); err != nil {
		return err
	}
	w.tag = t
	if w.finish {
		return nil
	}
	s, err := w.take(tx, t.Home, &t)
	if err != nil {
		return err
	}
	if w.tag.Number, err = d.newNumber(); err != nil {
		return err
	}
	w.tag.Slots, err = s.claim(tx, t.ID, notAfter, false)
	return err
}

// finishable tells whether the tag on the reader is t, with all its keys set,
// and t is still what ought to be handed out.
func finishable(tx *store.Tx, w *writing, t store.Tag, p store.Plan, notAfter keytag.Day) (bool, error) {
	if !w.laid.Finishable() || w.before != t.Number || !keysSet(p) {
		return false, nil
	}
	zones, _, err := zonesOf(tx, t.Home)
	if err != nil || len(zones) != len(t.Slots) {
		return false, err
	}
	if err := w.versions(tx, zones, &t); err != nil {
		return false, err
	}
	for i, z := range zones {
		c := t.Slots[i]
		if c.Zone != z.ID || c.Version != z.KeyVersion || c.Epoch != z.Epoch || c.NotAfter != notAfter {
			return false, nil
		}
	}
	return true, nil
}

// keysSet tells whether a plan of writing came past setting keys.
func keysSet(p store.Plan) bool {
	return len(p.Steps) > 0 && p.Done > slices.Index(p.Steps, string(keytag.StepKeys))
}

// cutInKeys tells whether a plan of writing was cut while it set keys.
func cutInKeys(p store.Plan) bool {
	keys := slices.Index(p.Steps, string(keytag.StepKeys))
	return keys >= 0 && p.Done == keys
}

// insteadOf ends a tag that was cut when it may have opened doors already, as
// lost, and takes its seats for a new one. Should it lie on the reader, it is
// returned as soon as it has been overwritten.
func (d *Desk) insteadOf(tx *store.Tx, w *writing, t store.Tag, notAfter keytag.Day) error {
	if err := d.end(tx, &t, store.TagLost, w.today); err != nil {
		return err
	}
	w.tag = store.Tag{Home: t.Home, Tenancy: t.Tenancy, Label: t.Label, Replaces: t.Replaces}
	if err := d.seat(tx, w, notAfter, &t); err != nil {
		return err
	}
	return tx.MoveBatch(t.ID, w.tag.ID)
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
	torn, err := d.onlyTorn(tx, w, tags)
	if err != nil {
		return err
	}
	for _, t := range torn {
		if t.Replaces == old.ID && !renewing(t) {
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
	case old.State == store.TagIssued, renewing(old):
		if err := d.end(tx, &old, store.TagLost, w.today); err != nil {
			return err
		}
	case old.State != store.TagLost:
		return fmt.Errorf("%w: it is %s", errTagEnded, old.State)
	}
	if err := placeIsFree(tx, old); err != nil {
		return err
	}
	w.tag = store.Tag{Home: old.Home, Tenancy: old.Tenancy, Label: old.Label, Replaces: old.ID}
	if o.Label != "" {
		w.tag.Label = o.Label
	}
	if err := d.seat(tx, w, notAfter, &old); err != nil {
		return err
	}
	return tx.MoveBatch(old.ID, w.tag.ID)
}

// placeIsFree refuses a replacement whose seats another tag has already: that
// one ends the lost tag by its first use, and a tag on other seats would not.
func placeIsFree(tx *store.Tx, lost store.Tag) error {
	for _, c := range lost.Slots {
		seat, err := tx.Seat(c.Zone, c.Seat)
		if err != nil {
			return err
		}
		if seat.Tag != 0 && seat.Tag != lost.ID {
			return fmt.Errorf("%w: %s has its place", errTagEnded, tagName(seat.Tag))
		}
	}
	return nil
}

// reserveAgain finds whose torn tag lies on the reader: by its number where
// that is readable, else the only one that is pending.
func (d *Desk) reserveAgain(tx *store.Tx, w *writing) error {
	tags, err := tx.Tags()
	if err != nil {
		return err
	}
	open, err := d.onlyTorn(tx, w, tags)
	if err != nil {
		return err
	}
	if len(open) == 0 || len(open) > 1 && w.distance(open[0]) > 0 {
		return errHalfWritten
	}
	return d.again(tx, w, open[0], lastDay(open[0]))
}

// lastDay is the last day on which a tag opens, 0 for none.
func lastDay(t store.Tag) keytag.Day {
	if len(t.Slots) == 0 {
		return 0
	}
	return t.Slots[0].NotAfter
}
