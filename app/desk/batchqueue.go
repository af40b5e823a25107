package desk

import (
	"context"
	"fmt"
	"slices"
	"unicode/utf8"

	"sleutelbord/store"
)

// NextOfBatch gives whose turn it is, and takes it for this desk, so that no
// other writes a tag for it: first what is half-written here, then in the order
// of the queue. What this desk had taken before becomes free again. Nothing is
// left for this desk where ok is false; other desks may be at some still.
func (d *Desk) NextOfBatch(ctx context.Context) (next BatchItem, ok bool, err error) {
	err = d.store.View(ctx, func(tx *store.Tx) error {
		v, err := viewBatch(tx)
		if err == nil {
			next, ok = v.turn()
		}
		return err
	})
	// What the records of this desk do not say yet, the taking finds out.
	if err == nil && !next.Taken {
		next, ok, err = d.takeNext(ctx)
	}
	if err != nil {
		return BatchItem{}, false, fmt.Errorf("taking the next of the moving day: %w", err)
	}
	return next, ok, nil
}

func (d *Desk) takeNext(ctx context.Context) (next BatchItem, ok bool, err error) {
	err = d.store.Update(ctx, func(tx *store.Tx) error {
		v, err := viewBatch(tx)
		if err != nil {
			return err
		}
		next, ok = v.turn()
		if err := release(tx, func(b store.BatchTag) bool { return b.Here && b.ID != next.Number }); err != nil || !ok {
			return err
		}
		next.Taken = true
		return changeBatch(tx, next.Number, func(b *store.BatchTag) error {
			b.Taken, b.Here = true, true
			return nil
		})
	})
	return next, ok, err
}

// turn is whose turn it is at this desk.
func (v BatchView) turn() (BatchItem, bool) {
	mine := func(i BatchItem) bool { return i.Open() && !i.Elsewhere }
	at := slices.IndexFunc(v.Queue, func(i BatchItem) bool { return mine(i) && i.Half })
	if at < 0 {
		at = slices.IndexFunc(v.Queue, mine)
	}
	if at < 0 {
		return BatchItem{}, false
	}
	return v.Queue[at], true
}

// changeBatch changes one place of the queue. Where only one desk may do so, f
// refuses.
func changeBatch(tx *store.Tx, number int64, f func(*store.BatchTag) error) error {
	b, err := tx.BatchTag(number)
	if err != nil {
		return notFound(err, errNoBatch, "")
	}
	if err := f(&b); err != nil {
		return err
	}
	return tx.PutBatchTag(&b)
}

// release frees what desks have taken.
func release(tx *store.Tx, which func(store.BatchTag) bool) error {
	all, err := tx.BatchTags()
	if err != nil {
		return err
	}
	for _, b := range all {
		if !b.Taken || !which(b) {
			continue
		}
		b.Taken = false
		if err := tx.PutBatchTag(&b); err != nil {
			return err
		}
	}
	return nil
}

// PauseBatch frees what this desk has taken, so that another one can do it.
// What is half-written stays this desk's.
func (d *Desk) PauseBatch(ctx context.Context) error {
	v, err := d.Batch(ctx)
	if err == nil && slices.ContainsFunc(v.Queue, func(i BatchItem) bool { return i.Taken && !i.Half }) {
		err = d.store.Update(ctx, func(tx *store.Tx) error { return release(tx, unbegun(tx, true)) })
	}
	if err != nil {
		return fmt.Errorf("pausing the moving day: %w", err)
	}
	return nil
}

// TakeOverBatch frees what other desks have taken and not begun to write: such
// a desk may be switched off. One that goes on there all the same is told.
func (d *Desk) TakeOverBatch(ctx context.Context) error {
	err := d.store.Update(ctx, func(tx *store.Tx) error { return release(tx, unbegun(tx, false)) })
	if err != nil {
		return fmt.Errorf("taking over the moving day: %w", err)
	}
	return nil
}

// unbegun tells which of the places taken here, or elsewhere, have no
// half-written tag.
func unbegun(tx *store.Tx, here bool) func(store.BatchTag) bool {
	return func(b store.BatchTag) bool {
		if b.Here != here {
			return false
		}
		if b.Tag == 0 {
			return true
		}
		t, err := tx.Tag(b.Tag)
		return err == nil && !pending(t)
	}
}

// SkipBatch leaves a home of the queue for later.
func (d *Desk) SkipBatch(ctx context.Context, number int64) error {
	return d.changeOpen(ctx, number, func(b *store.BatchTag) error {
		b.State, b.Taken = store.BatchSkipped, false
		return nil
	})
}

// LabelBatch gives the label text that a tag of the queue will get.
func (d *Desk) LabelBatch(ctx context.Context, number int64, label string) error {
	return d.changeOpen(ctx, number, func(b *store.BatchTag) error {
		if utf8.RuneCountInString(label) > maxLabel {
			return &inputError{"label", fmt.Sprintf("longer than %d characters", maxLabel)}
		}
		b.Label = label
		return nil
	})
}

// changeOpen changes a place of the queue that no other desk is at, and whose
// tag is not handed out.
func (d *Desk) changeOpen(ctx context.Context, number int64, f func(*store.BatchTag) error) error {
	err := d.store.Update(ctx, func(tx *store.Tx) error {
		return changeBatch(tx, number, func(b *store.BatchTag) error {
			if !b.Open() || b.Elsewhere {
				return errBatchTaken
			}
			return f(b)
		})
	})
	if err != nil {
		return fmt.Errorf("changing number %d of the moving day: %w", number, err)
	}
	return nil
}

// ReturnSkipped puts everything that was skipped back into the queue.
func (d *Desk) ReturnSkipped(ctx context.Context) error {
	err := d.store.Update(ctx, func(tx *store.Tx) error {
		all, err := tx.BatchTags()
		if err != nil {
			return err
		}
		for _, b := range all {
			if b.State != store.BatchSkipped {
				continue
			}
			b.State = store.BatchWaiting
			if err := tx.PutBatchTag(&b); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("returning what was skipped: %w", err)
	}
	return nil
}

// PrintedBatch notes that papers were made for some places of the queue. What
// is printed is not undone any more: the paper would say what is not so.
func (d *Desk) PrintedBatch(ctx context.Context, numbers []int64) error {
	err := d.store.Update(ctx, func(tx *store.Tx) error {
		for _, n := range numbers {
			if err := changeBatch(tx, n, func(b *store.BatchTag) error {
				b.Printed = b.State == store.BatchWritten
				return nil
			}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("noting what was printed: %w", err)
	}
	return nil
}
