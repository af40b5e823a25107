package desk

import (
	"context"
	"errors"
	"fmt"
	"unicode/utf8"

	"sleutelbord/nfc/keytag"
	"sleutelbord/store"
)

// A moving day is a queue of tags to hand out. It stands in the records, one
// row for each tag, and every act on it is a part of the transaction that does
// the act: whatever ends the program, the next one goes on at the same home. A
// desk takes a tag of the queue before it shows whose turn it is, and other
// desks of the site leave that one out.

// BatchWish is one tag that a moving day is to hand out.
type BatchWish struct {
	Home  string `json:"home"` // BUILDING/HOME
	Label string `json:"label,omitempty"`
}

// BatchItem is one tag in the queue of a moving day.
type BatchItem struct {
	Number int64            `json:"number"`
	Home   string           `json:"home"`
	Label  string           `json:"label,omitempty"`
	State  store.BatchState `json:"state"`
	Tag    string           `json:"tag,omitempty"` // that is or was written for it
	// Nth and Of tell the tags apart that one home gets on this moving day.
	Nth int `json:"nth"`
	Of  int `json:"of"`
	// Half is true while its tag is half-written: it is laid again, and finished.
	Half    bool `json:"half"`
	Printed bool `json:"printed"`
	// Taken is true while this desk is at it, Elsewhere while another one is;
	// Desk is what people call the desk that is at it, or that wrote it.
	Taken     bool   `json:"taken"`
	Elsewhere bool   `json:"elsewhere"`
	Desk      string `json:"desk,omitempty"`
	done      int64
	mine      bool
}

// Open tells whether its tag is still to be handed out.
func (i BatchItem) Open() bool { return i.State == store.BatchWaiting || i.State == store.BatchUndone }

// BatchView is a moving day.
type BatchView struct {
	Queue     []BatchItem `json:"queue"` // in the order in which it was given
	Begun     string      `json:"begun,omitempty"`
	Waiting   int         `json:"waiting"` // still to be handed out, at any desk
	Written   int         `json:"written"`
	Skipped   int         `json:"skipped"`
	Elsewhere int         `json:"elsewhere"` // of those that wait, how many other desks are at
	Unprinted int         `json:"unprinted"` // written, and no paper made
	// Last is the number of what this desk wrote last and may undo, 0 for none.
	Last int64 `json:"undo,omitempty"`
}

// Item gives the one with a number.
func (v BatchView) Item(number int64) (BatchItem, bool) {
	for _, i := range v.Queue {
		if i.Number == number {
			return i, true
		}
	}
	return BatchItem{}, false
}

// Batch gives the moving day; one without a queue is none.
func (d *Desk) Batch(ctx context.Context) (BatchView, error) {
	var v BatchView
	err := d.store.View(ctx, func(tx *store.Tx) (err error) {
		v, err = viewBatch(tx)
		return err
	})
	if err != nil {
		return BatchView{}, fmt.Errorf("reading the moving day: %w", err)
	}
	return v, nil
}

func viewBatch(tx *store.Tx) (BatchView, error) {
	v := BatchView{Queue: []BatchItem{}}
	all, err := tx.BatchTags()
	if err != nil {
		return v, err
	}
	names, of := newNamer(tx), make(map[int64]int)
	var last int64
	for _, b := range all {
		ref, err := names.home(b.Home)
		if err != nil {
			return v, err
		}
		of[b.Home]++
		i, err := batchItem(tx, b, ref, of[b.Home])
		if err != nil {
			return v, err
		}
		v.Begun = day(b.Begun)
		v.count(i)
		if i.mine && i.done > last && !i.Printed {
			last, v.Last = i.done, i.Number
		}
		v.Queue = append(v.Queue, i)
	}
	for n := range v.Queue {
		v.Queue[n].Of = of[all[n].Home]
	}
	return v, nil
}

func (v *BatchView) count(i BatchItem) {
	switch i.State {
	case store.BatchWritten:
		v.Written++
		if !i.Printed {
			v.Unprinted++
		}
	case store.BatchSkipped:
		v.Skipped++
	default:
		v.Waiting++
		if i.Elsewhere {
			v.Elsewhere++
		}
	}
}

func batchItem(tx *store.Tx, b store.BatchTag, home string, nth int) (BatchItem, error) {
	i := BatchItem{
		Number: b.ID, Home: home, Label: b.Label, State: b.State, Tag: tagName(b.Tag), Nth: nth, Printed: b.Printed,
		Taken: b.Taken && b.Here, Elsewhere: b.Elsewhere, done: b.Done, mine: b.Here,
	}
	if b.Taken || b.State == store.BatchWritten {
		i.Desk = b.Holder
	}
	if b.Tag == 0 || b.State == store.BatchWritten {
		return i, nil
	}
	t, err := tx.Tag(b.Tag)
	i.Half = err == nil && pending(t)
	return i, err
}

// BeginBatch begins a moving day with the tags of a list, in its order. A
// moving day whose last tag is handed out, or skipped, makes room for it; one
// that goes on does not.
func (d *Desk) BeginBatch(ctx context.Context, wishes []BatchWish) (BatchView, error) {
	var v BatchView
	err := d.store.Update(ctx, func(tx *store.Tx) error {
		if err := d.beginBatch(tx, wishes); err != nil {
			return err
		}
		if err := d.journal(tx, actBatch, fmt.Sprintf("%d tags", len(wishes))); err != nil {
			return err
		}
		var err error
		v, err = viewBatch(tx)
		return err
	})
	if err != nil {
		return BatchView{}, fmt.Errorf("beginning the moving day: %w", err)
	}
	d.log.WithField("tags", len(wishes)).Info("moving day begun")
	return v, nil
}

func (d *Desk) beginBatch(tx *store.Tx, wishes []BatchWish) error {
	if len(wishes) == 0 {
		return &inputError{"tags", "a moving day needs a tag to hand out"}
	}
	before, err := tx.BatchTags()
	if err != nil {
		return err
	}
	for _, b := range before {
		if b.Open() {
			return errBatchRuns
		}
	}
	if _, err := tx.EraseBatch(0); err != nil {
		return err
	}
	today, err := d.today()
	if err != nil {
		return err
	}
	places := newPlacesLeft(tx)
	for _, wish := range wishes {
		if err := d.wish(tx, places, wish, today); err != nil {
			return err
		}
	}
	return nil
}

// wish puts one tag into the queue.
func (d *Desk) wish(tx *store.Tx, places *placesLeft, w BatchWish, today keytag.Day) error {
	if utf8.RuneCountInString(w.Label) > maxLabel {
		return &inputError{"label", fmt.Sprintf("longer than %d characters", maxLabel)}
	}
	_, home, err := findHome(tx, w.Home)
	if err != nil {
		return err
	}
	if _, free, err := places.take(home, 1); err != nil || !free {
		return errors.Join(err, tell(!free, fmt.Errorf("%s: %w", w.Home, errSeatsFull)))
	}
	if err := d.mayHandOut(tx, home, today, false); err != nil {
		return err
	}
	return tx.InsertBatchTag(&store.BatchTag{Home: home.ID, Label: w.Label, State: store.BatchWaiting})
}

// tell gives an error if it is one.
func tell(is bool, err error) error {
	if is {
		return err
	}
	return nil
}

// placesLeft counts how many more tags homes can have.
type placesLeft struct {
	tx   *store.Tx
	left map[int64]int
}

func newPlacesLeft(tx *store.Tx) *placesLeft {
	return &placesLeft{tx: tx, left: make(map[int64]int)}
}

// take takes n places of a home if there are as many, and gives how many there
// were.
func (p *placesLeft) take(home store.Home, n int) (left int, ok bool, err error) {
	left, known := p.left[home.ID]
	if !known {
		if left, err = p.count(home); err != nil {
			return 0, false, err
		}
	}
	ok = n <= left
	if ok {
		p.left[home.ID] = left - n
	}
	return left, ok, nil
}

func (p *placesLeft) count(home store.Home) (int, error) {
	site, err := p.tx.Site()
	if err != nil {
		return 0, err
	}
	tags, err := p.tx.TagsOfHome(home.ID)
	if err != nil {
		return 0, err
	}
	left := int(site.SeatsPerHome)
	for _, t := range tags {
		if t.State == store.TagIssued {
			left-- // one that is half-written is finished as one of the queue
		}
	}
	return max(left, 0), nil
}

// FinishBatch ends the moving day: its queue is forgotten. What was handed out
// stays so.
func (d *Desk) FinishBatch(ctx context.Context) error {
	err := d.store.Update(ctx, func(tx *store.Tx) error {
		n, err := tx.EraseBatch(0)
		switch {
		case err != nil:
			return err
		case n == 0:
			return errNoBatch
		}
		return d.journal(tx, actBatchEnd, fmt.Sprintf("%d tags", n))
	})
	if err != nil {
		return fmt.Errorf("finishing the moving day: %w", err)
	}
	d.log.Info("moving day finished")
	return nil
}

// eraseOldBatch forgets a moving day that nobody has finished in time.
func (d *Desk) eraseOldBatch(ctx context.Context) error {
	today, err := d.today()
	if err != nil || today <= store.BatchDays {
		return err
	}
	due := today - store.BatchDays
	var old bool
	err = d.store.View(ctx, func(tx *store.Tx) error {
		all, err := tx.BatchTags()
		old = len(all) > 0 && all[0].Begun < due
		return err
	})
	if err != nil || !old {
		return err
	}
	return d.store.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.EraseBatch(due)
		return err
	})
}
