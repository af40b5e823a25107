package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"sleutelbord/nfc"
	"sleutelbord/nfc/identify"
	"sleutelbord/nfc/keytag"
	"sleutelbord/store"
)

// Inspect says what lies on the reader, changing nothing on it. What cannot be
// used is a kind with a problem, not an error; errors are of reader and
// records.
func (d *Desk) Inspect(ctx context.Context, r nfc.Reader) (Inspection, error) {
	defer d.act()()
	var site store.Site
	err := d.store.View(ctx, func(tx *store.Tx) (err error) {
		site, err = tx.Site()
		return err
	})
	if err != nil {
		return Inspection{}, fmt.Errorf("inspecting the tag: %w", err)
	}
	var laid *keytag.Laid
	var i Inspection
	counted := &counter{}
	err = r.Transact(ctx, func(t nfc.Transceiver) (err error) {
		counted.t = t
		laid, err = d.lookAt(counted, site, &i)
		return err
	})
	i.Commands = counted.commands
	switch {
	case errors.Is(err, nfc.ErrNoTag):
		i.Kind = KindEmpty
		return i, nil
	case errors.Is(err, keytag.ErrNotDESFire):
		i.Kind, i.Problem = KindNotDESFire, CodeNotDESFire
		return i, nil
	case errors.Is(err, nfc.ErrLine), errors.Is(err, nfc.ErrProtocol):
		i.Kind, i.Problem = KindUnreadable, Explain(err).Code
		return i, nil
	case err != nil:
		return i, fmt.Errorf("inspecting the tag: %w", err)
	}
	i.Chip, i.Genuine = keytag.ChipName(laid.Version), string(laid.Genuine)
	if i.Kind == KindUpdateCard {
		return i, nil
	}
	err = d.store.View(ctx, func(tx *store.Tx) error { return inspect(tx, site, laid, &i) })
	if err != nil {
		return i, fmt.Errorf("inspecting the tag: %w", err)
	}
	return i, nil
}

// lookAt recognises what lies there: a tag, or else what else it is.
func (d *Desk) lookAt(t nfc.Transceiver, site store.Site, i *Inspection) (*keytag.Laid, error) {
	laid, err := d.recognise(t, site, keytag.ExpectAnything)
	switch {
	case errors.Is(err, keytag.ErrNotDESFire):
		what, broken := identify.Look(t)
		if broken != nil {
			return nil, broken
		}
		i.What = string(what)
	case err == nil && laid.State == keytag.Foreign:
		ours, broken := d.isUpdateCard(t, site)
		if broken != nil {
			return nil, broken
		}
		if ours {
			i.Kind = KindUpdateCard
		}
	}
	return laid, err
}

// recognise says what lies behind t to this site. A storage card, which says
// so in its answer to reset, gets no command at all.
func (d *Desk) recognise(t nfc.Transceiver, site store.Site, e keytag.Expect) (*keytag.Laid, error) {
	if err := storageCard(t); err != nil {
		return nil, err
	}
	return d.keytagSite(site).Recognise(t, e)
}

// storageCard is an error if the answer to reset says that it is one.
func storageCard(t nfc.Transceiver) error {
	if w := identify.FromATR(nfc.ATR(t)); w != identify.Nothing {
		return fmt.Errorf("%w: %s", keytag.ErrNotDESFire, w)
	}
	return nil
}

func inspect(tx *store.Tx, site store.Site, laid *keytag.Laid, i *Inspection) error {
	switch laid.State {
	case keytag.Foreign:
		i.Kind, i.Problem = KindForeign, CodeForeignTag
	case keytag.Locked:
		i.Kind, i.Problem = KindLocked, CodeLockedTag
	case keytag.OtherSite:
		i.Kind, i.Problem = KindOtherSite, CodeOtherSite
	case keytag.Blank:
		i.Kind = KindBlank
		if err := genuine(site, laid.Genuine); err != nil {
			i.Problem = Explain(err).Code
		}
	case keytag.Half:
		i.Kind = KindHalf
		return inspectKnown(tx, laid, i)
	case keytag.Complete:
		i.Kind = KindUnknownOurs
		i.Problem = CodeUnknownTag
		return inspectKnown(tx, laid, i)
	}
	return nil
}

// inspectKnown looks the tag up by its number and puts its claims into words.
func inspectKnown(tx *store.Tx, laid *keytag.Laid, i *Inspection) error {
	for _, c := range laid.Record.Slots {
		z, err := tx.Zone(c.Zone)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		i.Slots = append(i.Slots, SlotView{Zone: z.Name, Epoch: c.Epoch, Seat: c.Seat, Generation: c.Generation, NotAfter: day(c.NotAfter)})
	}
	if laid.Number == (keytag.Number{}) {
		return nil
	}
	t, err := tx.TagByNumber(laid.Number)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	v, err := viewTag(tx, t)
	if err != nil {
		return err
	}
	i.Tag, i.Problem = &v, ""
	switch {
	case i.Kind == KindHalf:
	case pending(t) && t.Was != laid.Number:
		// Complete, and only the last acknowledgement is missing.
		i.Kind = KindHalf
	default:
		i.Kind = KindOurs
		if !t.State.Live() {
			i.Problem = CodeTagEnded
			return nil
		}
		// What counts is what the tag says: its record may be ahead of it.
		t.Slots, t.Locator = laid.Record.Slots, laid.Locator()
		return inspectKeys(tx, t, i)
	}
	return nil
}

// inspectKeys says whether a tag should be written anew.
func inspectKeys(tx *store.Tx, t store.Tag, i *Inspection) error {
	why, waits, err := new(writing).wants(tx, t)
	if err != nil {
		return err
	}
	rests, err := paused(tx, t)
	if err != nil {
		return err
	}
	if rests {
		why = slices.DeleteFunc(why, func(r RenewReason) bool { return r != RenewDoors })
		waits = false
	}
	i.Renew, i.RenewWaits = why, waits
	return nil
}

// Check looks at the tag on the reader as anybody can, without records and
// without a key.
func Check(ctx context.Context, r nfc.Reader) (keytag.CheckReport, error) {
	return check(ctx, r, keytag.DefaultAID)
}

func check(ctx context.Context, r nfc.Reader, aid [3]byte) (keytag.CheckReport, error) {
	var report keytag.CheckReport
	err := r.Transact(ctx, func(t nfc.Transceiver) (err error) {
		if err := storageCard(t); err != nil {
			return err
		}
		report, err = keytag.Check(t, aid, PracticeKey())
		return err
	})
	return report, err
}
