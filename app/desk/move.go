package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"

	"sleutelbord/nfc/keytag"
	"sleutelbord/store"
)

const maxReference = 64

// MoveOut ends the tenancy of a home and with it all its tags: the home zone
// goes to the next epoch, so that the next tenant's first opening ends what was
// not returned, and so does the next bundle. It says, lock by lock, where tags
// that were not returned still open.
func (d *Desk) MoveOut(ctx context.Context, ref string) (Moved, error) {
	moved := Moved{Home: ref, NotReturned: []Statement{}}
	today, err := d.today()
	if err != nil {
		return moved, err
	}
	var ended []int64
	err = d.store.Update(ctx, func(tx *store.Tx) error {
		b, home, err := findHome(tx, ref)
		if err != nil {
			return err
		}
		moved.Home = homeRef(b.Name, home.Name)
		tenancy, err := tx.CurrentTenancy(home.ID)
		if err != nil {
			return notFound(err, errNoTenancy, ref)
		}
		if ended, err = d.endTags(tx, tenancy, today); err != nil {
			return err
		}
		if err := nextEpoch(tx, home.ID); err != nil {
			return err
		}
		tenancy.End = today
		if err := tx.PutTenancy(&tenancy); err != nil {
			return err
		}
		return d.journal(tx, actTenancyEnds, b.Name)
	})
	if err != nil {
		return moved, fmt.Errorf("moving out of %s: %w", ref, err)
	}
	for _, id := range ended {
		s, err := d.Statement(ctx, tagName(id))
		if err != nil {
			return moved, err
		}
		moved.NotReturned = append(moved.NotReturned, s)
	}
	return moved, nil
}

func (d *Desk) endTags(tx *store.Tx, tenancy store.Tenancy, today keytag.Day) ([]int64, error) {
	tags, err := tx.TagsOfTenancy(tenancy.ID)
	if err != nil {
		return nil, err
	}
	var ended []int64
	for _, t := range tags {
		if t.State != store.TagIssued && !pending(t) {
			continue
		}
		if err := d.end(tx, &t, store.TagEnded, today); err != nil {
			return nil, err
		}
		ended = append(ended, t.ID)
	}
	return ended, nil
}

// nextEpoch raises the epoch of a home's own zones.
func nextEpoch(tx *store.Tx, home int64) error {
	links, err := tx.ZonesOfHome(home)
	if err != nil {
		return err
	}
	for _, l := range links {
		z, err := tx.Zone(l.Zone)
		if err != nil {
			return err
		}
		if z.Kind != store.HomeZone {
			continue
		}
		if z.Epoch == 0xFFFF {
			return fmt.Errorf("zone %s: its epochs are used up", z.Name)
		}
		z.Epoch, z.FirstGeneration = max(z.Epoch+1, z.NextEpoch), 0
		if err := tx.PutZone(&z); err != nil {
			return err
		}
	}
	return nil
}

// MoveIn begins a tenancy in an empty home. Records that are older than they
// ought to be may not know who had its epoch before.
func (d *Desk) MoveIn(ctx context.Context, ref, reference string, choice store.Choice) (TenancyView, error) {
	var v TenancyView
	if d.store.RolledBack() {
		return v, fmt.Errorf("moving into %s: %w", ref, errRolledBack)
	}
	today, err := d.today()
	if err != nil {
		return v, err
	}
	err = d.store.Update(ctx, func(tx *store.Tx) error {
		_, home, err := findHome(tx, ref)
		if err != nil {
			return err
		}
		if _, err := tx.CurrentTenancy(home.ID); err == nil {
			return errTenancyRuns
		} else if !errors.Is(err, store.ErrNotFound) {
			return err
		}
		t, err := d.beginTenancy(tx, home, reference, choice, today)
		v = *tenancyView(t)
		return err
	})
	if err != nil {
		return TenancyView{}, fmt.Errorf("moving into %s: %w", ref, err)
	}
	return v, nil
}

var choices = []store.Choice{store.ChoiceTag, store.ChoiceApp, store.ChoiceBoth, store.ChoiceOwnLock}

func checkChoice(c store.Choice) error {
	if !slices.Contains(choices, c) {
		return &inputError{"choice", fmt.Sprintf("%q: the choices are tag, app, both and own lock", c)}
	}
	return nil
}

func (d *Desk) beginTenancy(tx *store.Tx, home store.Home, reference string, c store.Choice, today keytag.Day) (store.Tenancy, error) {
	if err := checkChoice(c); err != nil {
		return store.Tenancy{}, err
	}
	if utf8.RuneCountInString(reference) > maxReference {
		return store.Tenancy{}, &inputError{"reference", fmt.Sprintf("longer than %d characters", maxReference)}
	}
	t := store.Tenancy{Home: home.ID, Reference: reference, Start: today, Choice: c, ChoiceSince: today}
	zones, _, err := zonesOf(tx, home.ID)
	if err != nil {
		return t, err
	}
	for _, z := range zones {
		if z.Kind != store.HomeZone {
			continue
		}
		if z.Epoch < z.NextEpoch {
			z.Epoch, z.FirstGeneration = z.NextEpoch, 0
			if err := tx.PutZone(&z); err != nil {
				return t, err
			}
		}
		t.Epoch = max(t.Epoch, z.Epoch)
	}
	if err := tx.InsertTenancy(&t); err != nil {
		return t, err
	}
	b, err := tx.Building(home.Building)
	if err != nil {
		return t, err
	}
	return t, d.journal(tx, actTenancy, b.Name)
}

// SetChoice records what the tenant wants, from today and without a reason.
func (d *Desk) SetChoice(ctx context.Context, ref string, c store.Choice) error {
	err := d.store.Update(ctx, func(tx *store.Tx) error {
		if err := checkChoice(c); err != nil {
			return err
		}
		_, home, err := findHome(tx, ref)
		if err != nil {
			return err
		}
		t, err := tx.CurrentTenancy(home.ID)
		if err != nil {
			return notFound(err, errNoTenancy, ref)
		}
		if t.Choice == c {
			return nil
		}
		if t.ChoiceSince, err = d.today(); err != nil {
			return err
		}
		t.Choice = c
		return tx.PutTenancy(&t)
	})
	if err != nil {
		return fmt.Errorf("recording the choice for %s: %w", ref, err)
	}
	return nil
}
