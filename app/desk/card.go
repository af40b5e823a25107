package desk

import (
	"context"
	"fmt"
	"slices"

	"sleutelbord/lock/bundle"
	"sleutelbord/lock/carrier/updatecard"
	"sleutelbord/nfc"
	"sleutelbord/nfc/keytag"
	"sleutelbord/store"
)

// Steps of writing an update card, for the progress bar.
const (
	StepReceipts keytag.StepName = "receipts" // read what the locks left
	StepClear    keytag.StepName = "clear"    // erase, and make the card this site's
	StepBundles  keytag.StepName = "bundles"  // write a bundle
)

// CardOptions say how an update card is written.
type CardOptions struct {
	BundleOptions
	// Room is told, before anything is written, how many of the bundles that
	// are wanted fit on this card; an error leaves the card as it is. Nil is
	// allowed.
	Room func(fit, wanted int) error
}

// WriteUpdateCard reads the receipts on the card that lies on the reader, makes
// it this site's update card, and writes bundles on it: those of the locks
// named, or of all that have not confirmed what they ought to know, in the
// order of [Desk.Locks]. What does not fit is left for another card. A key tag
// is never used, nor a card of somebody else.
//
// A card that is taken away in the middle is laid again and written again.
func (d *Desk) WriteUpdateCard(ctx context.Context, r nfc.Reader, locks []string, p ProgressFunc, o ...CardOptions) (CardWritten, error) {
	defer d.act()()
	w := cardWriting{d: d, p: p, wanted: locks}
	if len(o) > 0 {
		w.o = o[0]
	}
	counted, err := d.onCard(ctx, r, func(c *updatecard.Card) error { return w.run(ctx, c) })
	w.done.Commands, w.done.Bytes = counted.commands, counted.bytes
	d.logAct("update card written", "", counted, err)
	if err == nil {
		w.done.Locks, err = d.Locks(ctx)
	}
	if err != nil {
		return CardWritten{}, fmt.Errorf("writing the update card: %w", err)
	}
	return w.done, nil
}

// onCard runs f on the card that lies on the reader, once it is recognised.
func (d *Desk) onCard(ctx context.Context, r nfc.Reader, f func(*updatecard.Card) error) (*counter, error) {
	counted := &counter{}
	var site store.Site
	err := d.store.View(ctx, func(tx *store.Tx) (err error) {
		site, err = tx.Site()
		return err
	})
	if err != nil {
		return counted, err
	}
	return counted, r.Transact(ctx, func(t nfc.Transceiver) error {
		counted.t = t
		c, err := d.recogniseCard(counted, site)
		if err != nil {
			return err
		}
		return f(c)
	})
}

// recogniseCard says what the card behind t is to this site. A storage card,
// which says so in its answer to reset, gets no command at all.
func (d *Desk) recogniseCard(t nfc.Transceiver, site store.Site) (*updatecard.Card, error) {
	if err := storageCard(t); err != nil {
		return nil, err
	}
	return updatecard.Site{ID: site.ID, Custody: d.store.Custody(), Tags: site.AID}.Recognise(t)
}

// cardWriting is one writing of an update card.
type cardWriting struct {
	d      *Desk
	o      CardOptions
	p      ProgressFunc
	wanted []string
	done   CardWritten
}

func (w *cardWriting) run(ctx context.Context, c *updatecard.Card) error {
	w.step(StepReceipts, 0, 1)
	if err := w.d.readCard(ctx, c, &w.done.ReadBack); err != nil {
		return err
	}
	if err := w.choose(ctx); err != nil || len(w.wanted) == 0 {
		return err
	}
	room, err := c.Room()
	if err != nil {
		return err
	}
	fit, err := w.d.fit(ctx, w.wanted, room)
	if err != nil {
		return err
	}
	if fit == 0 {
		return nfc.ErrNoSpace
	}
	if w.o.Room != nil {
		if err := w.o.Room(fit, len(w.wanted)); err != nil {
			return err
		}
	}
	return w.write(ctx, c)
}

// choose settles which locks the card is for.
func (w *cardWriting) choose(ctx context.Context) error {
	if len(w.wanted) > 0 {
		return nil
	}
	doors, err := w.d.Locks(ctx)
	if err != nil {
		return err
	}
	if len(doors) == 0 {
		return errNoLocks
	}
	for _, v := range doors {
		if v.State != DoorUpToDate {
			w.wanted = append(w.wanted, v.Lock)
		}
	}
	return nil
}

// fit counts how many of the bundles of these locks a card has room for. It
// makes them for their size and throws them away.
func (d *Desk) fit(ctx context.Context, locks []string, room updatecard.Room) (int, error) {
	err := d.store.View(ctx, func(tx *store.Tx) error {
		m, err := d.newMaker(tx)
		if err != nil {
			return err
		}
		wanted, err := chosen(tx, locks)
		if err != nil {
			return err
		}
		for _, l := range wanted {
			name, err := bundle.ParseLockName(l.ID)
			if err != nil {
				return err
			}
			b, err := m.content(tx, l, name)
			if err != nil {
				return err
			}
			data, err := m.seal(&l, b)
			if err != nil {
				return err
			}
			if !room.Take(len(data)) && room.Locks == updatecard.MaxLocks {
				return nil
			}
		}
		return nil
	})
	return room.Locks, err
}

func (w *cardWriting) write(ctx context.Context, c *updatecard.Card) error {
	w.step(StepClear, 0, 1)
	room, err := c.Clear()
	if err != nil {
		return err
	}
	all, err := w.d.makeBundles(ctx, order{BundleOptions: w.o.BundleOptions, locks: w.wanted, room: room.Take})
	if err != nil {
		return err
	}
	if len(all.bundles) == 0 {
		return nfc.ErrNoSpace
	}
	n, err := c.Write(all.bundles, func(i int) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		w.step(StepBundles, i, len(all.bundles))
		return nil
	})
	if err != nil {
		return err
	}
	for i, b := range all.bundles {
		if i < n {
			w.done.OnCard = append(w.done.OnCard, b.Name.String())
		} else {
			all.left = append(all.left, b.Name.String())
		}
	}
	w.done.Left = all.left
	return nil
}

func (w *cardWriting) step(s keytag.StepName, i, n int) {
	if w.p != nil {
		w.p(Progress{Step: s, Index: i, Total: n})
	}
}

// readCard takes the receipts on a card.
func (d *Desk) readCard(ctx context.Context, c *updatecard.Card, back *ReadBack) error {
	receipts, err := c.Receipts()
	if err != nil {
		return err
	}
	labels, err := d.cardLabels(ctx, c)
	if err != nil {
		return err
	}
	var all []received
	for _, r := range receipts {
		all = append(all, received{label: labels[r.Lock], lock: r.Lock, data: r.Data[:]})
	}
	_, err = d.takeReceipts(ctx, store.CarrierCard, all, nil, back)
	return err
}

// cardLabels names the locks of a card, as the records do where they know them.
func (d *Desk) cardLabels(ctx context.Context, c *updatecard.Card) (map[bundle.LockID]string, error) {
	labels := make(map[bundle.LockID]string, len(c.List.Slots))
	return labels, d.store.View(ctx, func(tx *store.Tx) error {
		ids, err := lockIDs(tx, true)
		if err != nil {
			return err
		}
		for _, s := range c.List.Slots {
			labels[s.Lock] = s.Lock.String()
			if id, ok := ids[s.Lock]; ok {
				labels[s.Lock] = id
			}
		}
		return nil
	})
}

// ReadUpdateCard reads the receipts on the card that lies on the reader, and
// changes nothing on it.
func (d *Desk) ReadUpdateCard(ctx context.Context, r nfc.Reader) (CardRead, error) {
	defer d.act()()
	var done CardRead
	counted, err := d.onCard(ctx, r, func(c *updatecard.Card) error {
		if c.State == updatecard.Blank {
			return errNoCard
		}
		if err := d.readCard(ctx, c, &done.ReadBack); err != nil {
			return err
		}
		done.Unfinished = c.State == updatecard.Unfinished
		labels, err := d.cardLabels(ctx, c)
		for _, s := range c.List.Slots {
			done.OnCard = append(done.OnCard, labels[s.Lock])
		}
		return err
	})
	done.Commands, done.Bytes = counted.commands, counted.bytes
	d.logAct("update card read", "", counted, err)
	if err == nil {
		done.Locks, err = d.Locks(ctx)
	}
	if err != nil {
		return CardRead{}, fmt.Errorf("reading the update card: %w", err)
	}
	return done, nil
}

// EraseUpdateCard reads the receipts on the card that lies on the reader, and
// makes it blank, for any use.
func (d *Desk) EraseUpdateCard(ctx context.Context, r nfc.Reader) (CardRead, error) {
	defer d.act()()
	var done CardRead
	counted, err := d.onCard(ctx, r, func(c *updatecard.Card) error {
		if err := d.readCard(ctx, c, &done.ReadBack); err != nil {
			return err
		}
		return c.Erase()
	})
	done.Commands, done.Bytes = counted.commands, counted.bytes
	d.logAct("update card erased", "", counted, err)
	if err == nil {
		done.Locks, err = d.Locks(ctx)
	}
	if err != nil {
		return CardRead{}, fmt.Errorf("erasing the update card: %w", err)
	}
	return done, nil
}

// isUpdateCard tells whether what was taken for somebody else's card is an
// update card of this site.
func (d *Desk) isUpdateCard(t nfc.Transceiver, site store.Site) (bool, error) {
	c, err := d.recogniseCard(t, site)
	if err != nil {
		if nfc.IsLine(err) {
			return false, err
		}
		return false, nil
	}
	return slices.Contains([]updatecard.State{updatecard.Written, updatecard.Unfinished}, c.State), nil
}
