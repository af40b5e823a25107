package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"sleutelbord/lock/bundle"
	"sleutelbord/lock/carrier"
	"sleutelbord/store"
)

// BundleOptions say how bundles are written.
type BundleOptions struct {
	// ClockConfirmed is a custodian's word that this computer's clock is right,
	// after a refusal because it disagrees with the last bundles.
	ClockConfirmed bool
}

// WriteBundles brings every lock's newest bundle into a folder, on a disk or a
// stick, and first reads the receipts that lie there. A lock whose newest
// bundle of today lies there already keeps it. The folder must be there.
//
// The records know of a bundle before the folder has it: a sequence is never
// used twice.
func (d *Desk) WriteBundles(ctx context.Context, dir string, o ...BundleOptions) (Bundled, error) {
	defer d.act()()
	var opt BundleOptions
	if len(o) > 0 {
		opt = o[0]
	}
	done, err := d.writeBundles(ctx, dir, opt)
	if err != nil {
		return Bundled{}, fmt.Errorf("writing bundles: %w", err)
	}
	d.log.WithField("written", done.Written).WithField("receipts", done.Receipts).Info("bundles written")
	return done, nil
}

func (d *Desk) writeBundles(ctx context.Context, dir string, o BundleOptions) (Bundled, error) {
	folder := carrier.OpenFolder(dir)
	done := Bundled{Dir: dir}
	if err := folder.Reach(); err != nil {
		return done, err
	}
	signer, err := d.signer(ctx)
	if err != nil {
		return done, err
	}
	there, err := folder.Survey(signer)
	if err != nil {
		return done, err
	}
	if there, err = d.withoutGone(ctx, folder, there); err != nil {
		return done, err
	}
	if err := d.readFolder(ctx, folder, there, &done); err != nil {
		return done, err
	}
	have := make(map[bundle.LockID]bundle.Header, len(there))
	for _, e := range there {
		have[e.Name.ID()] = e.Header
	}
	made, err := d.makeBundles(ctx, order{BundleOptions: o, have: have, deliver: func(part []carrier.Sealed) error {
		for _, b := range part {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := folder.WriteBundle(b.Name, b.Data); err != nil {
				return err
			}
			done.Written++
		}
		return nil
	}})
	if err != nil {
		return done, err
	}
	done.Kept = made.kept
	if err := folder.WriteList(); err != nil {
		return done, err
	}
	done.Locks, err = d.Locks(ctx)
	return done, err
}

// withoutGone removes the bundles of locks that were stolen or retired from a
// folder.
func (d *Desk) withoutGone(ctx context.Context, folder *carrier.Folder, there []carrier.Entry) ([]carrier.Entry, error) {
	gone, err := d.goneIDs(ctx)
	if err != nil || len(gone) == 0 {
		return there, err
	}
	var left []carrier.Entry
	for _, e := range there {
		if !slices.Contains(gone, e.Name.ID()) {
			left = append(left, e)
			continue
		}
		if err := folder.RemoveBundle(e.Name); err != nil {
			return nil, err
		}
	}
	return left, nil
}

// readFolder takes the receipts in a folder.
func (d *Desk) readFolder(ctx context.Context, folder *carrier.Folder, there []carrier.Entry, done *Bundled) error {
	var all []received
	for _, e := range there {
		if !e.Receipt {
			continue
		}
		data, err := folder.ReadReceiptFile(e.Name)
		if errors.Is(err, carrier.ErrFolder) {
			return err
		}
		// A file that cannot be read otherwise is refused like a false receipt.
		all = append(all, received{label: e.Name.String(), lock: e.Name.ID(), data: data})
	}
	_, err := d.takeReceipts(ctx, store.CarrierFolder, all, nil, &done.ReadBack)
	return err
}
