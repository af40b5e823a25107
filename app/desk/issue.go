package desk

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"sleutelbord/nfc"
	"sleutelbord/nfc/keytag"
	"sleutelbord/store"
)

// IssueOptions are what may be said about a tag that is handed out.
type IssueOptions struct {
	Label    string    // for people, "" for none
	NotAfter time.Time // last valid day; zero for no end
}

const maxLabel = 40

func (o IssueOptions) notAfter(today keytag.Day) (keytag.Day, error) {
	if utf8.RuneCountInString(o.Label) > maxLabel {
		return 0, &inputError{"label", fmt.Sprintf("longer than %d characters", maxLabel)}
	}
	if o.NotAfter.IsZero() {
		return 0, nil
	}
	d, err := keytag.DayOf(o.NotAfter)
	if err != nil || d < today || d == 0 {
		return 0, &inputError{"not-after", "the last valid day lies in the past, or too far away"}
	}
	return d, nil
}

// Issue hands the tag on the reader out for a home: it writes it, reads it
// back and records it. An empty home gets a tenancy, with the choice of a tag.
// A tag of this home whose writing was cut before is finished rather than a
// second one made.
func (d *Desk) Issue(ctx context.Context, r nfc.Reader, home string, o IssueOptions, p ProgressFunc) (Issued, error) {
	defer d.act()()
	done, err := d.hand(ctx, r, p, &writing{}, func(tx *store.Tx, w *writing) error { return d.reserveFor(tx, w, home, o) })
	if err != nil {
		return Issued{}, fmt.Errorf("handing out a tag for %s: %w", home, err)
	}
	if !strings.EqualFold(done.Tag.Home, strings.TrimSpace(home)) {
		return Issued{}, fmt.Errorf("handing out a tag for %s: %w: %s of %s, which is finished now", home, errOtherTag, done.Tag.ID, done.Tag.Home)
	}
	return done, nil
}

// Replace hands out a tag in the place of one that was lost: the same seats,
// each with the next generation, so that the new tag's first use at a door
// ends the old one there. From here on the old one counts as lost.
func (d *Desk) Replace(ctx context.Context, r nfc.Reader, tag string, o IssueOptions, p ProgressFunc) (Issued, error) {
	defer d.act()()
	done, err := d.hand(ctx, r, p, &writing{}, func(tx *store.Tx, w *writing) error { return d.reserveInPlace(tx, w, tag, o) })
	if err != nil {
		return Issued{}, fmt.Errorf("replacing tag %s: %w", tag, err)
	}
	if !strings.EqualFold(done.Tag.Replaces, strings.TrimSpace(tag)) {
		return Issued{}, fmt.Errorf("replacing tag %s: %w: %s of %s, which is finished now", tag, errOtherTag, done.Tag.ID, done.Tag.Home)
	}
	s, err := d.Statement(ctx, done.Tag.Replaces)
	if err != nil {
		return Issued{}, err
	}
	done.Lost = &s
	return done, nil
}

// Resume goes on with the torn tag that lies on the reader.
func (d *Desk) Resume(ctx context.Context, r nfc.Reader, p ProgressFunc) (Issued, error) {
	defer d.act()()
	done, err := d.hand(ctx, r, p, &writing{}, d.reserveAgain)
	if err != nil {
		return Issued{}, fmt.Errorf("finishing the tag: %w", err)
	}
	return done, nil
}

// writing is one tag on its way.
type writing struct {
	site  store.Site
	laid  *keytag.Laid
	today keytag.Day
	tag   store.Tag
	plan  store.Plan
	runs  int64 // plan that runs, 0 before it is in the records
	// before is the number that the tag had when it was laid, zero if it had
	// none that could be read.
	before keytag.Number
	// finish is true when all keys of the tag are set, and only the end of its
	// plan is missing.
	finish bool
	// agreed is true for a moving day's queue: see mayHandOut.
	agreed bool
	// renew reserves the writing anew of a tag that is in use; nil where that is
	// not asked for.
	renew func(tx *store.Tx, w *writing, t store.Tag) error
	// unconfirmed is true where a tag gets the newest keys although no receipt
	// says that its doors have them.
	unconfirmed bool
	// left is what the records said of a complete tag that is written anew; it is
	// that again if nothing was changed.
	left store.Tag
	// complete is true when the tag turned out to be finished already: only
	// the answer to its last command had been lost.
	complete bool
}

// reserve decides which tag is written and takes its seats.
type reserve func(tx *store.Tx, w *writing) error

// hand runs one act on the reader: recognise, reserve, write, record. Records
// that are older than they ought to be may not know what was handed out.
func (d *Desk) hand(ctx context.Context, r nfc.Reader, p ProgressFunc, w *writing, f reserve) (Issued, error) {
	var done Issued
	if d.store.RolledBack() {
		return done, errRolledBack
	}
	counted := &counter{}
	err := r.Transact(ctx, func(t nfc.Transceiver) error {
		counted.t = t
		err := d.begin(ctx, counted, w)
		if err != nil {
			return err
		}
		defer func() { d.running.Delete(w.runs) }()
		if err := d.store.Update(ctx, func(tx *store.Tx) error { return d.reserve(tx, w, f) }); err != nil {
			return err
		}
		if err := d.write(ctx, w, p); err != nil {
			return err
		}
		done, err = d.issued(ctx, w)
		return err
	})
	done.Commands, done.Bytes = counted.commands, counted.bytes
	d.logAct("tag handed out", done.Tag.ID, counted, err)
	return done, err
}

// counter counts what goes over the air.
type counter struct {
	t               nfc.Transceiver
	commands, bytes int
}

func (c *counter) Transmit(b []byte) ([]byte, error) {
	answer, err := c.t.Transmit(b)
	c.commands++
	c.bytes += len(b) + len(answer)
	return answer, err
}

// ATR implements [nfc.AnswerToReset].
func (c *counter) ATR() []byte { return nfc.ATR(c.t) }

func (d *Desk) logAct(act, tag string, c *counter, err error) {
	l := d.log.WithField("commands", c.commands).WithField("bytes", c.bytes)
	if tag != "" {
		l = l.WithField("tag", tag)
	}
	if err != nil {
		l.WithError(err).WithField("problem", Explain(err).Code).Warn(act + ": stopped")
		return
	}
	l.Info(act)
}

// begin recognises the tag and refuses what cannot be written.
func (d *Desk) begin(ctx context.Context, t nfc.Transceiver, w *writing) error {
	err := d.store.View(ctx, func(tx *store.Tx) (err error) {
		w.site, err = tx.Site()
		return err
	})
	if err != nil {
		return err
	}
	if w.today, err = d.today(); err != nil {
		return err
	}
	w.laid, err = d.recognise(t, w.site, keytag.ExpectAnything)
	if err != nil {
		return err
	}
	w.before = w.laid.Number
	switch w.laid.State {
	case keytag.Foreign:
		return errForeign
	case keytag.Locked:
		return errLocked
	case keytag.OtherSite:
		return errOtherSite
	}
	return genuine(w.site, w.laid.Genuine)
}

// genuine holds the chip against the site's policy.
func genuine(site store.Site, g keytag.Genuine) error {
	switch {
	case g == keytag.GenuineYes, g == keytag.GenuineUncertain, site.Policy == store.WarnGenuine:
		return nil
	case g == keytag.GenuinePractice && site.Practice:
		return nil
	case g == keytag.GenuinePractice:
		return errPractice
	}
	return errNotGenuine
}

func warnings(site store.Site, g keytag.Genuine) []Code {
	if g == keytag.GenuineNo || g == keytag.GenuineUnchecked {
		return []Code{CodeNotGenuine}
	}
	if g == keytag.GenuinePractice && !site.Practice {
		return []Code{CodePracticeChip}
	}
	return nil
}

// write carries the plan out and follows it in the records.
func (d *Desk) write(ctx context.Context, w *writing, p ProgressFunc) error {
	if w.complete {
		return nil
	}
	record := keytag.Record{Number: w.tag.Number, Slots: w.tag.Slots}
	act := w.laid.Issue
	switch {
	case w.finish:
		act = w.laid.Finish
	case w.laid.State == keytag.Complete:
		act = w.laid.Renew
	}
	err := act(record, d.observer(ctx, w.plan.ID, p))
	if err == nil || w.laid.State != keytag.Blank && w.laid.State != keytag.Complete {
		return err
	}
	return errors.Join(err, d.store.Update(context.WithoutCancel(ctx), func(tx *store.Tx) error { return d.stopped(tx, w) }))
}

// stopped records that a plan was stopped: either nothing was changed, or the
// tag is blank again and nothing was handed out.
func (d *Desk) stopped(tx *store.Tx, w *writing) error {
	switch {
	case w.laid.State == keytag.Complete:
		return d.leave(tx, w)
	case renewing(w.tag):
		return d.blanked(tx, w)
	}
	if err := d.giveUp(tx, w.tag.ID); err != nil {
		return err
	}
	return d.overwritten(tx, w)
}

// observer marks steps in the records and reports them to the person.
func (d *Desk) observer(ctx context.Context, plan int64, p ProgressFunc) keytag.Observer {
	return keytag.Observer{
		Begin: func(i, n int, s keytag.StepName) error {
			if p != nil {
				p(Progress{Step: s, Index: i, Total: n})
			}
			return ctx.Err()
		},
		Done: func(i, _ int, _ keytag.StepName) error {
			return d.store.Update(context.WithoutCancel(ctx), func(tx *store.Tx) error { return tx.MarkStep(plan, i+1) })
		},
	}
}

// giveUp ends a tag of which nothing was left.
func (d *Desk) giveUp(tx *store.Tx, id int64) error {
	t, err := tx.Tag(id)
	if err != nil {
		return err
	}
	if err := vacate(tx, t); err != nil {
		return err
	}
	t.State = store.TagFailed
	if err := tx.PutTag(&t); err != nil {
		return err
	}
	if err := closePlan(tx, id, "failed"); err != nil {
		return err
	}
	return d.journal(tx, actFailed, tagName(id))
}

func closePlan(tx *store.Tx, tag int64, outcome string) error {
	plan, err := tx.OpenPlanOfTag(tag)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return tx.FinishPlan(plan.ID, outcome)
}

// issued records success. The tag is good by now whatever happens here, so
// that a person who cancels does not cut this off.
func (d *Desk) issued(ctx context.Context, w *writing) (Issued, error) {
	done := Issued{Recovered: w.complete || w.finish}
	err := d.store.Update(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		act := actIssued
		if renewing(w.tag) {
			act = actRenewed
		}
		w.tag.State, w.tag.Since, w.tag.Was = store.TagIssued, w.today, keytag.Number{}
		if err := tx.PutTag(&w.tag); err != nil {
			return err
		}
		if err := settle(tx, w.tag); err != nil {
			return err
		}
		if err := tx.BatchWritten(w.tag.ID); err != nil {
			return err
		}
		outcome := "done"
		if w.complete {
			outcome = "recovered"
		}
		if err := tx.FinishPlan(w.plan.ID, outcome); err != nil {
			return err
		}
		if err := d.overwritten(tx, w); err != nil {
			return err
		}
		if err := d.journal(tx, act, tagName(w.tag.ID)); err != nil {
			return err
		}
		if act == actIssued {
			if err := countUnassessed(tx, w.tag.Home, w.today); err != nil {
				return err
			}
		}
		far, err := d.warnFar(tx, w.tag.Home)
		if err != nil {
			return err
		}
		done.Warnings = append(warnings(w.site, w.laid.Genuine), far...)
		done.Tag, err = viewTag(tx, w.tag)
		return err
	})
	return done, err
}

// overwritten ends what the tag was before it was written: that is gone now.
func (d *Desk) overwritten(tx *store.Tx, w *writing) error {
	if w.complete {
		return nil
	}
	if w.before == (keytag.Number{}) {
		return d.closeTornWipes(tx)
	}
	t, err := tx.TagByNumber(w.before)
	if errors.Is(err, store.ErrNotFound) {
		return nil // an earlier attempt of this tag, or one that these records do not know
	}
	if err != nil || t.ID == w.tag.ID {
		return err
	}
	if t.State == store.TagIssued || pending(t) {
		if err := d.end(tx, &t, store.TagReturned, w.today); err != nil {
			return err
		}
	}
	if err := closePlan(tx, t.ID, "recovered"); err != nil {
		return err
	}
	return returned(tx, &t, w.today)
}
