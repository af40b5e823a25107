package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"sleutelbord/nfc"
	"sleutelbord/nfc/keytag"
	"sleutelbord/store"
)

// RenewOptions are what may be said about a tag that is written anew.
type RenewOptions struct {
	// Unconfirmed writes the newest keys although no receipt says that all doors
	// of the tag have them.
	Unconfirmed bool
}

// Renew writes a tag that was handed out anew: the same tag, on the same seats
// with their next generation, with a new number, the newest keys and all doors
// that its home has now. tag is its name; "" is whichever tag lies on the
// reader. A tag whose writing anew was cut is finished by the same act. If
// doors of the tag lack the new keys, and it would get nothing new, that is the
// problem locks-waiting.
func (d *Desk) Renew(ctx context.Context, r nfc.Reader, tag string, o RenewOptions, p ProgressFunc) (Issued, error) {
	defer d.act()()
	tag = strings.TrimSpace(tag)
	w := &writing{unconfirmed: o.Unconfirmed}
	w.renew = func(tx *store.Tx, w *writing, t store.Tag) error {
		if tag != "" && !strings.EqualFold(tag, tagName(t.ID)) {
			return fmt.Errorf("%w: it is %s", errOtherTag, tagName(t.ID))
		}
		return d.renew(tx, w, t)
	}
	done, err := d.hand(ctx, r, p, w, func(tx *store.Tx, w *writing) error { return d.reserveTorn(tx, w, tag) })
	if err != nil {
		return Issued{}, fmt.Errorf("writing the tag anew: %w", err)
	}
	if tag != "" && !strings.EqualFold(done.Tag.ID, tag) {
		return Issued{}, fmt.Errorf("writing tag %s anew: %w: %s of %s, which is finished now", tag, errOtherTag, done.Tag.ID, done.Tag.Home)
	}
	return done, nil
}

// renewing tells whether a tag that had been handed out is being written anew.
func renewing(t store.Tag) bool { return pending(t) && t.Was != (keytag.Number{}) }

// reserveTorn goes on with a tag whose writing was cut.
func (d *Desk) reserveTorn(tx *store.Tx, w *writing, name string) error {
	if name == "" {
		return d.reserveAgain(tx, w)
	}
	t, err := findTag(tx, name)
	if err != nil {
		return err
	}
	torn, err := d.torn(tx, w, t)
	switch {
	case err != nil:
		return err
	case !torn && !t.State.Live():
		return fmt.Errorf("%w: it is %s", errTagEnded, t.State)
	case !torn:
		return errOtherTag
	}
	return d.again(tx, w, t, lastDay(t))
}

// renew begins to write a tag anew that is in use.
func (d *Desk) renew(tx *store.Tx, w *writing, t store.Tag) error {
	tenancy, err := tx.CurrentTenancy(t.Home)
	if err != nil {
		return notFound(err, errNoTenancy, "")
	}
	if tenancy.ID != t.Tenancy {
		return fmt.Errorf("%w: its tenancy is over", errTagEnded)
	}
	wants, waits, err := w.wants(tx, t)
	if err != nil {
		return err
	}
	if waits && len(wants) == 0 {
		return errLocksWaiting
	}
	w.left, w.tag = t, t
	w.tag.Was = t.Number
	return d.anew(tx, w, t)
}

// anew gives a tag a new number and the next generation on its seats.
func (d *Desk) anew(tx *store.Tx, w *writing, t store.Tag) error {
	s, err := w.take(tx, t.Home, &t)
	if err != nil {
		return err
	}
	if w.tag.Number, err = d.newNumber(); err != nil {
		return err
	}
	w.tag.Slots, err = s.claim(tx, t.ID, lastDay(t), true)
	return err
}

// renewAgain goes on where writing a tag anew was cut. It stays the same tag,
// also where the tag on the reader is blank: the records say how far it came.
func (d *Desk) renewAgain(tx *store.Tx, w *writing, t store.Tag) error {
	plan, err := tx.OpenPlanOfTag(t.ID)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if d.runsWithout(w, plan, t) {
		return errTagInUse
	}
	if w.finish, err = finishable(tx, w, t, plan, lastDay(t)); err != nil {
		return err
	}
	if !w.finish && !w.canBe(t, plan) {
		return errOtherTag
	}
	if err := closePlan(tx, t.ID, "failed"); err != nil {
		return err
	}
	w.tag = t
	if w.finish {
		return nil
	}
	if w.laid.State == keytag.Complete {
		w.left = t
		w.left.Number, w.left.Slots = w.laid.Number, w.laid.Record.Slots
		w.left.State, w.left.Locator = store.TagIssued, w.laid.Locator()
	}
	if w.before != (keytag.Number{}) {
		w.tag.Was = w.before
	}
	return d.anew(tx, w, t)
}

// fits tells whether a torn tag may be the one on the reader, as far as that
// shows. One that was never finished before fits always: see [Desk.again].
func (w *writing) fits(tx *store.Tx, t store.Tag) (bool, error) {
	if !renewing(t) {
		return true, nil
	}
	plan, err := tx.OpenPlanOfTag(t.ID)
	if errors.Is(err, store.ErrNotFound) {
		err = nil
	}
	return w.canBe(t, plan), err
}

// canBe tells whether what lies on the reader can be t, which is being written
// anew by plan p; p is zero where that was stopped and the tag made blank.
func (w *writing) canBe(t store.Tag, p store.Plan) bool {
	switch {
	case w.before != (keytag.Number{}):
		return w.lies(t)
	case p.ID == 0:
		return w.laid.State == keytag.Blank
	case untouched(p):
		return false // its record can still be read
	case w.laid.State == keytag.Blank:
		return p.Done <= slices.Index(p.Steps, string(keytag.StepApplication))
	}
	return p.Done <= slices.Index(p.Steps, string(keytag.StepKeys))
}

// untouched tells whether a plan that began with a readable record has not come
// so far as to erase it.
func untouched(p store.Plan) bool {
	return len(p.Steps) > 0 && p.Steps[0] == string(keytag.StepUnlock) && p.Done == 0
}

// leave takes back what was reserved for a tag that was left as it is.
func (d *Desk) leave(tx *store.Tx, w *writing) error {
	if err := closePlan(tx, w.tag.ID, "failed"); err != nil {
		return err
	}
	t := w.left
	t.RowVersion, t.Was = w.tag.RowVersion, keytag.Number{}
	if err := tx.PutTag(&t); err != nil {
		return err
	}
	if err := settle(tx, t); err != nil {
		return err
	}
	return d.journal(tx, actFailed, tagName(t.ID))
}

// blanked notes that a tag was made blank when writing it anew was stopped. The
// same act writes it again.
func (d *Desk) blanked(tx *store.Tx, w *writing) error {
	if err := closePlan(tx, w.tag.ID, "failed"); err != nil {
		return err
	}
	return d.journal(tx, actFailed, tagName(w.tag.ID))
}

// RenewReason says what a tag gets when it is written anew.
type RenewReason string

// Reasons to write a tag anew.
const (
	RenewKeys    RenewReason = "keys"    // a zone's new key
	RenewLocator RenewReason = "locator" // the new locator key
	RenewDoors   RenewReason = "doors"   // other doors than it has
)

// wants gives the reasons to write a tag anew now. waits is true where it has
// old keys that its doors do not let it lose yet.
func (w *writing) wants(tx *store.Tx, t store.Tag) (why []RenewReason, waits bool, err error) {
	newest, _, err := zonesOf(tx, t.Home)
	if err != nil {
		return nil, false, err
	}
	now := slices.Clone(newest)
	if err := w.versions(tx, now, &t); err != nil {
		return nil, false, err
	}
	why, waits = compare(t, newest, now)
	site, err := tx.Site()
	if err != nil {
		return nil, false, err
	}
	locator, err := w.locator(tx, t.Slots, t.Locator)
	switch {
	case locator > t.Locator:
		why = append(why, RenewLocator)
	case t.Locator < site.Locators[0]:
		waits = true
	}
	return why, waits, err
}

// compare holds a tag against the zones of its home, with the versions that
// there are and those that it can have now.
func compare(t store.Tag, newest, now []store.Zone) (why []RenewReason, waits bool) {
	keys, doors := false, len(t.Slots) != len(now)
	for i, z := range now {
		at := slices.IndexFunc(t.Slots, func(c keytag.Claims) bool { return c.Zone == z.ID })
		switch {
		case at < 0:
			doors = true
		case t.Slots[at].Version < z.KeyVersion:
			keys = true
		case t.Slots[at].Version < newest[i].KeyVersion:
			waits = true
		}
	}
	if keys {
		why = append(why, RenewKeys)
	}
	if doors {
		why = append(why, RenewDoors)
	}
	return why, waits
}
