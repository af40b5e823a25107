package desk

import (
	"context"
	"errors"
	"fmt"

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
	var want store.Tag
	err := d.store.View(ctx, func(tx *store.Tx) (err error) {
		want, err = findTag(tx, tag)
		return err
	})
	if err == nil {
		_, err = d.wipe(ctx, r, p, &want)
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
	w, err := d.wipe(ctx, r, p, nil)
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
}

func (d *Desk) wipe(ctx context.Context, r nfc.Reader, p ProgressFunc, want *store.Tag) (Wiped, error) {
	var done Wiped
	counted := &counter{}
	err := r.Transact(ctx, func(t nfc.Transceiver) error {
		counted.t = t
		w, err := d.beginWipe(ctx, counted, want)
		if err != nil {
			return err
		}
		if err := w.laid.Wipe(d.observer(ctx, w.plan.ID, p)); err != nil {
			return err
		}
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
func (d *Desk) beginWipe(ctx context.Context, t nfc.Transceiver, want *store.Tag) (*wiping, error) {
	w := &wiping{}
	var site store.Site
	err := d.store.View(ctx, func(tx *store.Tx) (err error) {
		site, err = tx.Site()
		return err
	})
	if err != nil {
		return nil, err
	}
	if w.today, err = d.today(); err != nil {
		return nil, err
	}
	if w.laid, err = d.recognise(t, site, keytag.ExpectOurs); err != nil {
		return nil, err
	}
	switch w.laid.State {
	case keytag.Foreign:
		return nil, errForeign
	case keytag.Locked:
		return nil, errLocked
	case keytag.OtherSite:
		return nil, errOtherSite
	}
	return w, d.store.Update(ctx, func(tx *store.Tx) error { return d.planWipe(tx, w, want) })
}

func (d *Desk) planWipe(tx *store.Tx, w *wiping, want *store.Tag) error {
	var err error
	if w.laid.Number != (keytag.Number{}) {
		w.tag, err = tx.TagByNumber(w.laid.Number)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
	}
	if want != nil && w.tag.ID != want.ID {
		return d.wrongTag(tx, w, want)
	}
	if w.tag.ID != 0 && (w.tag.State == store.TagIssued || pending(w.tag)) {
		if err := d.end(tx, &w.tag, store.TagReturned, w.today); err != nil {
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
	return tx.InsertPlan(&w.plan)
}

// wrongTag tells a tag that is somebody else's from one whose wiping was cut
// after its record was gone: that one is half-written or blank, and the
// records say that it was being wiped.
func (d *Desk) wrongTag(tx *store.Tx, w *wiping, want *store.Tag) error {
	if w.laid.State == keytag.Complete || w.tag.ID != 0 {
		return errOtherTag
	}
	plan, err := tx.OpenPlanOfTag(want.ID)
	if err != nil {
		return notFound(err, errOtherTag, "")
	}
	if plan.Kind != store.PlanWipe && !pending(*want) {
		return errOtherTag
	}
	w.tag = *want
	if pending(w.tag) {
		if err := d.end(tx, &w.tag, store.TagReturned, w.today); err != nil {
			return err
		}
		w.plan = store.Plan{Kind: store.PlanWipe, Tag: w.tag.ID, Steps: []string{string(keytag.StepFormat)}, Started: w.today}
		return tx.InsertPlan(&w.plan)
	}
	w.plan = plan
	return nil
}

func (d *Desk) wiped(ctx context.Context, w *wiping) (Wiped, error) {
	var done Wiped
	err := d.store.Update(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		if err := tx.FinishPlan(w.plan.ID, "done"); err != nil {
			return err
		}
		if w.tag.ID == 0 {
			return d.journal(tx, actWiped, "tag")
		}
		// The tag is blank: an ended tag that turns up is returned now.
		if w.tag.State != store.TagReturned {
			w.tag.State, w.tag.Since = store.TagReturned, w.today
			if err := tx.PutTag(&w.tag); err != nil {
				return err
			}
		}
		v, err := viewTag(tx, w.tag)
		if err != nil {
			return err
		}
		done.Tag = &v
		return d.journal(tx, actReturned, tagName(w.tag.ID))
	})
	return done, err
}
