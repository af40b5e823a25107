package desk

import (
	"bytes"
	"context"
	"errors"

	"sleutelbord/lock/bundle"
	"sleutelbord/lock/carrier"
	"sleutelbord/nfc/keytag"
	"sleutelbord/store"
)

// Records is what the records say, for tests that hold it against tags and
// doors.
type Records struct {
	Tags  []store.Tag
	Zones []store.Zone
	Seats map[keytag.Zone][]store.Seat
	// Locks maps lock ids to their zone: imported locks have one.
	Locks map[string]keytag.Zone
	Plans []store.Plan
	// Rolling maps the zones that are rolled over to the old version of their key.
	Rolling  map[keytag.Zone]byte
	Locators []byte // in bundles
	Signer   uint16 // version of the key that signs
	Site     bundle.SiteID
}

// ForgetSearch makes the next search read everything.
func ForgetSearch(d *Desk) {
	d.search.mu.Lock()
	defer d.search.mu.Unlock()
	d.search.loaded = false
}

// TagName is how a tag is called.
func TagName(id int64) string { return tagName(id) }

// Records reads everything that counts for tags and doors.
func (d *Desk) Records(ctx context.Context) (Records, error) {
	r := Records{Seats: map[keytag.Zone][]store.Seat{}, Locks: map[string]keytag.Zone{}, Rolling: map[keytag.Zone]byte{}}
	err := d.store.View(ctx, func(tx *store.Tx) error {
		var errs [5]error
		var site store.Site
		site, errs[4] = tx.Site()
		r.Locators, r.Signer, r.Site = site.Locators, site.SignerVersion, site.ID
		var locks []store.Lock
		r.Tags, errs[0] = tx.Tags()
		r.Zones, errs[1] = tx.Zones()
		r.Plans, errs[2] = tx.OpenPlans()
		locks, errs[3] = tx.Locks()
		for _, l := range locks {
			r.Locks[l.ID] = l.Zones[0]
		}
		for _, z := range r.Zones {
			seats, err := tx.SeatsOfZone(z.ID)
			if err != nil {
				return err
			}
			r.Seats[z.ID] = seats
			rolling, err := tx.RollingZone(z.ID)
			if err == nil {
				r.Rolling[z.ID] = rolling.Old
			} else if !errors.Is(err, store.ErrNotFound) {
				return err
			}
		}
		return errors.Join(errs[:]...)
	})
	return r, err
}

// KeytagSite is what the desk's tags are recognised with.
func (d *Desk) KeytagSite(ctx context.Context) (keytag.Site, error) {
	var site store.Site
	err := d.store.View(ctx, func(tx *store.Tx) (err error) {
		site, err = tx.Site()
		return err
	})
	return d.keytagSite(site), err
}

// MakingBatch is how many bundles are made in one transaction.
const MakingBatch = makingBatch

// MakeAll makes the bundles that a carrier with nothing on it lacks, and drops
// them; part is given them part by part.
func (d *Desk) MakeAll(ctx context.Context, part func([]carrier.Sealed)) error {
	_, err := d.makeBundles(ctx, order{BundleOptions: BundleOptions{ClockConfirmed: true}, deliver: func(b []carrier.Sealed) error {
		part(b)
		return nil
	}})
	return err
}

// MakeStale makes the bundles that a carrier lacks which had all of them before
// something changed, and puts them into have.
func (d *Desk) MakeStale(ctx context.Context, have map[bundle.LockID]bundle.Header) (int, error) {
	stale, _, err := d.staleAt(ctx, have, true)
	if err != nil || len(stale) == 0 {
		return 0, err
	}
	all, err := d.makeBundles(ctx, order{locks: stale, have: have, keep: gatewayKeep})
	for _, b := range all.bundles {
		h, err := bundle.ParseHeader(b.Data)
		if err != nil {
			return 0, err
		}
		have[h.Lock] = h
	}
	return len(all.bundles), err
}

// AddCaretakerForTest lets somebody sign in who may only hand out and take back.
func (d *Desk) AddCaretakerForTest(ctx context.Context, name string, passphrase []byte) error {
	return d.store.AddOperator(ctx, name, store.Caretaker, passphrase, nil)
}

// MaxJump is how far ahead of a lock a tag may be.
const MaxJump = maxJump

// BackupDayOf is the day of a backup file.
func BackupDayOf(path string) (string, error) {
	info, err := readInfo(path)
	return day(info.Day), err
}

// MakeFor makes the bundles that a broker with have lacks, as the gateway does.
// Locks that have does not name get a place there.
func MakeFor(ctx context.Context, d *Desk, have map[bundle.LockID]bundle.Header, o BundleOptions) ([]carrier.Sealed, error) {
	if _, err := d.turnSigner(ctx); err != nil {
		return nil, err
	}
	err := d.store.View(ctx, func(tx *store.Tx) error {
		ids, err := lockIDs(tx, false)
		for id := range ids {
			if _, ok := have[id]; !ok {
				have[id] = bundle.Header{}
			}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	stale, _, err := d.staleAt(ctx, have, false)
	if err != nil || len(stale) == 0 {
		return nil, err
	}
	all, err := d.makeBundles(ctx, order{BundleOptions: o, locks: stale, have: have, keep: gatewayKeep})
	return all.bundles, err
}

// TakeReceipts holds receipts against the locks in whose places they lay, as the
// gateway does.
func TakeReceipts(ctx context.Context, d *Desk, all map[bundle.LockName][]byte) (ReadBack, error) {
	var back ReadBack
	var receipts []received
	for name, data := range all {
		receipts = append(receipts, received{label: name.String(), lock: name.ID(), data: data})
	}
	_, err := d.takeReceipts(ctx, store.CarrierGateway, receipts, nil, &back)
	return back, err
}

// SignerKey is who signs the site's bundles.
func SignerKey(ctx context.Context, d *Desk) (bundle.SignerKey, error) { return d.signer(ctx) }

// CountWaiting counts the locks that want a bundle, or have one to confirm.
func (d *Desk) CountWaiting(ctx context.Context) (int, error) {
	var n int
	err := d.store.View(ctx, func(tx *store.Tx) error {
		counts, err := tx.CountAllLocks()
		if err != nil {
			return err
		}
		stale, err := tx.StaleLocks()
		n = counts.Waiting + len(stale)
		return err
	})
	return n, err
}

// ParseBatchForTest gives how many tags each row of a moving day's list asks for.
func ParseBatchForTest(list []byte) (tags []int, err error) {
	rows, err := parseBatch(bytes.NewReader(list))
	for _, r := range rows {
		tags = append(tags, r.tags)
	}
	return tags, err
}
