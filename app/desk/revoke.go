package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"sleutelbord/nfc"
	"sleutelbord/nfc/keytag"
	"sleutelbord/store"
)

// end takes a tag's rights: its seats become free with a raised floor, which
// the next bundles bring to the locks.
func (d *Desk) end(tx *store.Tx, t *store.Tag, s store.TagState, today keytag.Day) error {
	site, err := tx.Site()
	if err != nil {
		return err
	}
	site.Changes++
	if err := tx.PutSite(&site); err != nil {
		return err
	}
	if err := vacate(tx, *t); err != nil {
		return err
	}
	if err := closePlan(tx, t.ID, "failed"); err != nil {
		return err
	}
	t.State, t.Since, t.EndChange = s, today, site.Changes
	return tx.PutTag(t)
}

// RevokeLost ends a tag that is not there: lost, stolen, or torn and thrown
// away. It says where the tag is dead and where it still opens.
func (d *Desk) RevokeLost(ctx context.Context, tag string) (Revoked, error) {
	today, err := d.today()
	if err != nil {
		return Revoked{}, err
	}
	err = d.store.Update(ctx, func(tx *store.Tx) error {
		t, err := findTag(tx, tag)
		if err != nil {
			return err
		}
		if t.State != store.TagIssued && !pending(t) {
			return fmt.Errorf("%w: it is %s", errTagEnded, t.State)
		}
		if err := d.end(tx, &t, store.TagLost, today); err != nil {
			return err
		}
		return d.journal(tx, actLost, tagName(t.ID))
	})
	if err != nil {
		return Revoked{}, fmt.Errorf("revoking tag %s: %w", tag, err)
	}
	d.log.WithField("tag", tag).Info("tag revoked without the tag")
	s, err := d.Statement(ctx, tag)
	return Revoked{Statement: s}, err
}

// RevokeReturned ends a tag that lies on the reader, and wipes it. Another tag
// on the reader is left alone.
func (d *Desk) RevokeReturned(ctx context.Context, r nfc.Reader, tag string, p ProgressFunc) (Revoked, error) {
	defer d.act()()
	var want store.Tag
	err := d.store.View(ctx, func(tx *store.Tx) (err error) {
		want, err = findTag(tx, tag)
		return err
	})
	if err == nil {
		_, err = d.wipe(ctx, r, p, &want, nil)
	}
	if err != nil {
		return Revoked{}, fmt.Errorf("revoking tag %s: %w", tag, err)
	}
	s, err := d.Statement(ctx, tag)
	return Revoked{Statement: s, Wiped: true}, err
}

// Wipe makes the tag on the reader blank: a tag of this site, a half-written
// one, or one that is blank already. A live tag counts as returned.
func (d *Desk) Wipe(ctx context.Context, r nfc.Reader, p ProgressFunc) (Wiped, error) {
	defer d.act()()
	w, err := d.wipe(ctx, r, p, nil, nil)
	if err != nil {
		return Wiped{}, fmt.Errorf("wiping the tag: %w", err)
	}
	return w, nil
}

// wiping is one tag on its way to blank.
type wiping struct {
	laid  *keytag.Laid
	today keytag.Day
	tag   store.Tag // zero if these records do not know it
	plan  store.Plan
	// shown is true when what lies on the reader is shown to be tag, or tag
	// cannot be anywhere else.
	shown bool
	runs  int64 // plan that runs, 0 before it is in the records
	// also is done together with the ending of the tag, nil for nothing.
	also func(*store.Tx) error
}

func (d *Desk) wipe(ctx context.Context, r nfc.Reader, p ProgressFunc, want *store.Tag, also func(*store.Tx) error) (Wiped, error) {
	var done Wiped
	counted := &counter{}
	err := r.Transact(ctx, func(t nfc.Transceiver) error {
		counted.t = t
		w := &wiping{also: also}
		defer func() { d.running.Delete(w.runs) }()
		if err := d.beginWipe(ctx, counted, w, want); err != nil {
			return err
		}
		if err := w.laid.Wipe(d.observer(ctx, w.plan.ID, p)); err != nil {
			return err
		}
		var err error
		done, err = d.wiped(ctx, w)
		return err
	})
	done.Commands, done.Bytes = counted.commands, counted.bytes
	d.logAct("tag wiped", tagOf(done), counted, err)
	return done, err
}

func tagOf(w Wiped) string {
	if w.Tag == nil {
		return ""
	}
	return w.Tag.ID
}

// beginWipe recognises the tag and commits what is about to happen. From here
// on the records hold the tag for ended: whatever happens to it now, it has no
// rights any more.
func (d *Desk) beginWipe(ctx context.Context, t nfc.Transceiver, w *wiping, want *store.Tag) error {
	var site store.Site
	err := d.store.View(ctx, func(tx *store.Tx) (err error) {
		site, err = tx.Site()
		return err
	})
	if err != nil {
		return err
	}
	if w.today, err = d.today(); err != nil {
		return err
	}
	if w.laid, err = d.keytagSite(site).Recognise(t, keytag.ExpectOurs); err != nil {
		return err
	}
	switch w.laid.State {
	case keytag.Foreign:
		return errForeign
	case keytag.Locked:
		return errLocked
	case keytag.OtherSite:
		return errOtherSite
	}
	return d.store.Update(ctx, func(tx *store.Tx) error { return d.planWipe(tx, w, want) })
}

func (d *Desk) planWipe(tx *store.Tx, w *wiping, want *store.Tag) error {
	var err error
	if w.laid.Number != (keytag.Number{}) {
		w.tag, err = tx.TagByNumber(w.laid.Number)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		w.shown = w.tag.ID != 0
	}
	if want != nil && w.tag.ID != want.ID {
		if err := d.claimed(tx, w, want); err != nil {
			return err
		}
	}
	// It counts as lost until it is wiped: should it be taken away before, it
	// opens wherever no bundle has ended it.
	if w.tag.State == store.TagIssued || pending(w.tag) {
		if err := d.end(tx, &w.tag, store.TagLost, w.today); err != nil {
			return err
		}
	}
	if w.also != nil {
		if err := w.also(tx); err != nil {
			return err
		}
	}
	w.plan = store.Plan{Kind: store.PlanWipe, Tag: w.tag.ID, Number: w.laid.Number, Started: w.today}
	for _, s := range w.laid.WipeSteps() {
		w.plan.Steps = append(w.plan.Steps, string(s))
	}
	if err := closePlan(tx, w.tag.ID, "recovered"); err != nil {
		return err
	}
	w.runs, err = d.start(tx, &w.plan)
	return err
}

// claimed takes a person's word that a tag without a record is the wanted one,
// where the records say that this can be: its writing was cut, or its wiping
// before the last step. It may be another one all the same, so that the wanted
// tag only counts as returned if it never came so far as to open a door.
func (d *Desk) claimed(tx *store.Tx, w *wiping, want *store.Tag) error {
	if w.laid.State == keytag.Complete || w.tag.ID != 0 {
		return errOtherTag
	}
	plan, err := tx.OpenPlanOfTag(want.ID)
	if errors.Is(err, store.ErrNotFound) && renewing(*want) && w.laid.State == keytag.Blank {
		w.tag, w.shown = *want, true // it was made blank when writing it anew was stopped
		return nil
	}
	if err != nil {
		return notFound(err, errOtherTag, "")
	}
	switch {
	case d.runs(plan), renewing(*want) && untouched(plan):
		return errOtherTag
	case renewing(*want):
		w.shown = plan.Done > slices.Index(plan.Steps, string(keytag.StepFormat)) && !mayOpen(plan)
	case plan.Kind == store.PlanIssue && pending(*want):
		w.shown = !mayOpen(plan)
	case plan.Kind == store.PlanWipe && w.laid.State == keytag.Blank && plan.Done >= len(plan.Steps)-1:
	default:
		return errOtherTag
	}
	w.tag = *want
	return nil
}

// mayOpen tells whether a tag can open doors whose plan of writing came so far:
// its record is written, and setting its keys may have begun.
func mayOpen(p store.Plan) bool {
	frozen := slices.Index(p.Steps, string(keytag.StepFreeze))
	return frozen < 0 || p.Done > frozen
}

func (d *Desk) wiped(ctx context.Context, w *wiping) (Wiped, error) {
	var done Wiped
	err := d.store.Update(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		if err := tx.FinishPlan(w.plan.ID, "done"); err != nil {
			return err
		}
		if w.laid.Number == (keytag.Number{}) {
			if err := d.closeTornWipes(tx); err != nil {
				return err
			}
		}
		if w.tag.ID == 0 {
			return d.journal(tx, actWiped, "tag")
		}
		act := actWiped
		if w.shown {
			// The tag is blank: an ended tag that turns up is returned now.
			act = actReturned
			if err := returned(tx, &w.tag, w.today); err != nil {
				return err
			}
		}
		v, err := viewTag(tx, w.tag)
		if err != nil {
			return err
		}
		done.Tag = &v
		return d.journal(tx, act, tagName(w.tag.ID))
	})
	return done, err
}

// returned notes that what was a tag of ours is shown to be one no more.
func returned(tx *store.Tx, t *store.Tag, today keytag.Day) error {
	if t.State == store.TagReturned {
		return nil
	}
	t.State, t.Since = store.TagReturned, today
	return tx.PutTag(t)
}

// closeTornWipes ends the plans whose tag may be the one that was made blank or
// written just now: all that was left to do was to erase it. Its record, which
// says lost, stays so: it may have been another tag.
func (d *Desk) closeTornWipes(tx *store.Tx) error {
	plans, err := tx.OpenPlans()
	if err != nil {
		return err
	}
	for _, p := range plans {
		if d.runs(p) || p.Kind != store.PlanWipe || p.Tag != 0 && p.Done < len(p.Steps)-1 {
			continue
		}
		if err := tx.FinishPlan(p.ID, "recovered"); err != nil {
			return err
		}
	}
	return nil
}
