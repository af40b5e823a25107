package desk

import (
	"context"
	"errors"
	"fmt"

	"sleutelbord/nfc"
	"sleutelbord/store"
)

// WriteBatch hands the tag on the reader out for a place of the queue that this
// desk has taken (see [Desk.NextOfBatch]). A tag whose writing was cut before
// is finished rather than a second one made, and one that was undone and is gone
// is replaced, so that the new one ends it.
func (d *Desk) WriteBatch(ctx context.Context, r nfc.Reader, number int64, p ProgressFunc) (Issued, error) {
	defer d.act()()
	done, err := d.hand(ctx, r, p, &writing{}, func(tx *store.Tx, w *writing) error { return d.reserveBatch(tx, w, number) })
	if err != nil {
		return Issued{}, fmt.Errorf("handing out number %d of the moving day: %w", number, err)
	}
	v, err := d.Batch(ctx)
	if err != nil {
		return Issued{}, err
	}
	if i, ok := v.Item(number); ok && i.Tag != done.Tag.ID {
		return Issued{}, fmt.Errorf("handing out number %d of the moving day: %w: %s of %s, which is finished now", number, errOtherTag, done.Tag.ID, done.Tag.Home)
	}
	return done, nil
}

// reserveBatch takes seats for a place of the queue, or goes on with what was
// begun for it.
func (d *Desk) reserveBatch(tx *store.Tx, w *writing, number int64) error {
	b, err := tx.BatchTag(number)
	if err != nil {
		return notFound(err, errNoBatch, "")
	}
	if !b.Open() || !b.Taken || !b.Here {
		return errBatchTaken
	}
	gone, err := replaceable(tx, b)
	if err != nil {
		return err
	}
	o := IssueOptions{Label: b.Label}
	if gone != 0 {
		err = d.reserveInPlace(tx, w, tagName(gone), o)
	} else {
		err = d.reserveForBatch(tx, w, b, o)
	}
	if err != nil {
		return err
	}
	return bindBatch(tx, number, w.tag.ID)
}

func (d *Desk) reserveForBatch(tx *store.Tx, w *writing, b store.BatchTag, o IssueOptions) error {
	ref, err := refOf(tx, b.Home)
	if err != nil {
		return err
	}
	w.agreed = true
	return d.reserveFor(tx, w, ref, o)
}

// bindBatch notes which tag is written for a place of the queue. If it was begun
// for another place of the same home, that one begins anew.
func bindBatch(tx *store.Tx, number, tag int64) error {
	other, err := tx.BatchOfTag(tag)
	switch {
	case errors.Is(err, store.ErrNotFound):
	case err != nil:
		return err
	case other.ID != number:
		other.Tag = 0
		if err := tx.PutBatchTag(&other); err != nil {
			return err
		}
	}
	return changeBatch(tx, number, func(b *store.BatchTag) error {
		b.Tag = tag
		return nil
	})
}

// replaceable is the tag of an undone place that is gone and can be replaced on
// its own seats, 0 for none. Where the replacement is half-written, it is that
// one that goes on.
func replaceable(tx *store.Tx, b store.BatchTag) (int64, error) {
	if b.Tag == 0 {
		return 0, nil
	}
	t, err := tx.Tag(b.Tag)
	if err == nil && pending(t) {
		return t.Replaces, nil
	}
	if err != nil || t.State != store.TagLost {
		return 0, err
	}
	tenancy, err := tx.CurrentTenancy(t.Home)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return 0, nil
	case err != nil || tenancy.ID != t.Tenancy:
		return 0, err
	}
	tags, err := tx.TagsOfHome(t.Home)
	if err != nil {
		return 0, err
	}
	for _, other := range tags {
		if other.Replaces == t.ID && other.State != store.TagFailed && !pending(other) {
			return 0, nil
		}
	}
	err = placeIsFree(tx, t)
	if errors.Is(err, errTagEnded) {
		return 0, nil // another tag has its place
	}
	return t.ID, err
}

// UndoBatch takes back what this desk wrote last, which is the place with this
// number: the tag lies on the reader, loses its rights and is wiped, and its
// place in the queue waits again. Asked once more after it was cut off, it goes on with
// the same tag. What was printed is not undone.
func (d *Desk) UndoBatch(ctx context.Context, r nfc.Reader, number int64, p ProgressFunc) (Revoked, error) {
	defer d.act()()
	t, began, err := d.undoing(ctx, number)
	if err == nil {
		var also func(tx *store.Tx) error
		if !began {
			also = func(tx *store.Tx) error { return undone(tx, number, t.ID) }
		}
		_, err = d.wipe(ctx, r, p, &t, also)
	}
	if err != nil {
		return Revoked{}, fmt.Errorf("undoing number %d of the moving day: %w", number, err)
	}
	s, err := d.Statement(ctx, tagName(t.ID))
	return Revoked{Statement: s, Wiped: true}, err
}

// UndoBatchLost is UndoBatch where the tag is not there: it counts as lost, and
// the next one for its place replaces it.
func (d *Desk) UndoBatchLost(ctx context.Context, number int64) (Revoked, error) {
	t, began, err := d.undoing(ctx, number)
	if err == nil && !began {
		err = d.undoGone(ctx, number, t.ID)
	}
	if err != nil {
		return Revoked{}, fmt.Errorf("undoing number %d of the moving day: %w", number, err)
	}
	s, err := d.Statement(ctx, tagName(t.ID))
	return Revoked{Statement: s}, err
}

func (d *Desk) undoGone(ctx context.Context, number, tag int64) error {
	today, err := d.today()
	if err != nil {
		return err
	}
	return d.store.Update(ctx, func(tx *store.Tx) error {
		t, err := tx.Tag(tag)
		if err != nil {
			return err
		}
		if err := undone(tx, number, tag); err != nil || t.State != store.TagIssued {
			return err // it was taken back, or declared lost, elsewhere already
		}
		if err := d.end(tx, &t, store.TagLost, today); err != nil {
			return err
		}
		return d.journal(tx, actLost, tagName(t.ID))
	})
}

// undoing is the tag of the place that is to be undone. began is true if it
// has lost its rights already, and only was not wiped.
func (d *Desk) undoing(ctx context.Context, number int64) (t store.Tag, began bool, err error) {
	err = d.store.View(ctx, func(tx *store.Tx) error {
		v, err := viewBatch(tx)
		if err != nil {
			return err
		}
		i, ok := v.Item(number)
		began = i.State == store.BatchUndone
		if !ok || !began && number != v.Last {
			return errNothingToUndo
		}
		b, err := tx.BatchTag(number)
		if err == nil {
			t, err = tx.Tag(b.Tag)
		}
		if err == nil && began && t.State != store.TagLost {
			err = errNothingToUndo // it was wiped, or another one is written by now
		}
		return err
	})
	return t, began, err
}

// undone puts a place whose tag is taken back into the queue again.
func undone(tx *store.Tx, number, tag int64) error {
	return changeBatch(tx, number, func(b *store.BatchTag) error {
		if b.State != store.BatchWritten || b.Tag != tag || b.Printed {
			return errNothingToUndo
		}
		b.State, b.Done, b.Taken = store.BatchUndone, 0, false
		return nil
	})
}
