package desk

import (
	"context"
	"crypto/ecdh"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"

	"sleutelbord/lock/bundle"
	"sleutelbord/lock/carrier"
	"sleutelbord/nfc/keytag"
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
// bundle of today lies there already keeps it.
//
// The records know of a bundle before the folder has it: a sequence is never
// used twice.
func (d *Desk) WriteBundles(ctx context.Context, dir string, o ...BundleOptions) (Bundled, error) {
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
	if err := folder.Make(); err != nil {
		return done, err
	}
	there, err := folder.List()
	if err != nil {
		return done, err
	}
	if err := d.readReceipts(ctx, folder, there, &done); err != nil {
		return done, err
	}
	files, err := d.makeBundles(ctx, there, o, &done)
	if err != nil {
		return done, err
	}
	for _, f := range files {
		if err := ctx.Err(); err != nil {
			return done, err
		}
		if err := folder.WriteBundle(f.name, f.data); err != nil {
			return done, err
		}
		done.Written++
	}
	if err := folder.WriteList(); err != nil {
		return done, err
	}
	done.Locks, err = d.Locks(ctx)
	return done, err
}

// sealed is a bundle on its way to the folder.
type sealed struct {
	name bundle.LockName
	data []byte
}

// makeBundles makes the bundles that the folder lacks and records them.
func (d *Desk) makeBundles(ctx context.Context, there []carrier.Entry, o BundleOptions, done *Bundled) ([]sealed, error) {
	inFolder := make(map[string]bundle.Header, len(there))
	for _, e := range there {
		inFolder[e.Name.Canonical()] = e.Header
	}
	var files []sealed
	err := d.store.Update(ctx, func(tx *store.Tx) error {
		if err := d.advanceSigner(tx); err != nil {
			return err
		}
		m, err := d.newMaker(tx)
		if err != nil {
			return err
		}
		locks, err := tx.Locks()
		if err != nil {
			return err
		}
		if len(locks) == 0 {
			return errNoLocks
		}
		if err := m.checkClock(locks, o); err != nil {
			return err
		}
		for _, l := range locks {
			name, err := bundle.ParseLockName(l.ID)
			if err != nil {
				return err
			}
			f, err := m.make(tx, l, name, inFolder[name.Canonical()])
			if err != nil {
				return fmt.Errorf("lock %s: %w", l.ID, err)
			}
			if f == nil {
				done.Kept++
				continue
			}
			files = append(files, *f)
		}
		return d.journal(tx, actBundles, fmt.Sprintf("%d locks", len(files)))
	})
	return files, err
}

// maker makes bundles within one transaction.
type maker struct {
	d     *Desk
	site  store.Site
	keys  keytag.Keys
	today keytag.Day
	zones map[keytag.Zone][]bundle.Zone // each made once: many doors share one
	// next is the signer that bundles name, of version nextVersion; nil for none.
	next        *bundle.SignerKey
	nextVersion uint16
}

func (d *Desk) newMaker(tx *store.Tx) (*maker, error) {
	site, err := tx.Site()
	if err != nil {
		return nil, err
	}
	today, err := d.today()
	if err != nil {
		return nil, err
	}
	m := &maker{d: d, site: site, keys: d.keytagSite(site).Keys, today: today, zones: map[keytag.Zone][]bundle.Zone{}}
	m.next, m.nextVersion, err = m.nextSigner(tx)
	return m, err
}

// checkClock holds this computer's clock against the newest sequence of the
// whole site: one lock may well have had no bundle for a long time.
func (m *maker) checkClock(locks []store.Lock, o BundleOptions) error {
	var newest uint32
	for _, l := range locks {
		newest = max(newest, l.Wanted, l.Confirmed)
	}
	_, err := bundle.NextSequence(newest, m.d.clock(), o.ClockConfirmed)
	return err
}

// make gives a lock's new bundle, or nil if the one of today lies in the
// folder already and says the same.
func (m *maker) make(tx *store.Tx, l store.Lock, name bundle.LockName, have bundle.Header) (*sealed, error) {
	b, err := m.content(tx, l, name)
	if err != nil {
		return nil, err
	}
	digest := m.digest(b)
	if l.Wanted != 0 && digest == l.WantedDigest && have.Sequence == l.Wanted && have.Site == b.Site && dayOfSequence(l.Wanted) >= m.today {
		return nil, nil
	}
	if b.Sequence, err = bundle.NextSequence(max(l.Wanted, l.Confirmed), m.d.clock(), true); err != nil {
		return nil, err
	}
	signer, err := m.d.store.Custody().Signer(m.site.SignerVersion)
	if err != nil {
		return nil, err
	}
	to, err := ecdh.X25519().NewPublicKey(l.PublicKey[:])
	if err != nil {
		return nil, err
	}
	data, err := bundle.Seal(b, signer, to, rand.Reader)
	if err != nil {
		return nil, err
	}
	l.Wanted, l.WantedDigest, l.WantedChange = b.Sequence, digest, m.site.Changes
	return &sealed{name, data}, tx.PutBundled(&l)
}

// dayOfSequence is the day on which a sequence was minted, or an earlier one
// where the clock was behind.
func dayOfSequence(s uint32) keytag.Day {
	const sequenceZero = 1461 // 2024-01-01 in days since 2020-01-01
	return keytag.Day(sequenceZero + s/(24*60))
}

// content is all that a lock gets to know, but for sequence.
func (m *maker) content(tx *store.Tx, l store.Lock, name bundle.LockName) (bundle.Bundle, error) {
	b := bundle.Bundle{Site: m.site.ID, Lock: name.ID(), Issued: m.today, Next: m.next}
	receipt, err := m.keys.Receipt(b.Lock)
	if err != nil {
		return b, err
	}
	b.ReceiptKey = bundle.NewReceiptKey([16]byte(receipt.Reveal()))
	for _, v := range m.site.Locators {
		key, err := m.keys.Locator(v)
		if err != nil {
			return b, err
		}
		b.Locators = append(b.Locators, bundle.Locator{Version: v, Key: key})
	}
	for _, id := range l.Zones {
		z, err := m.zone(tx, id)
		if err != nil {
			return b, err
		}
		b.Zones = append(b.Zones, z...)
	}
	return b, nil
}

// zone gives the entries of a zone: one, or two while its key is rolled over.
func (m *maker) zone(tx *store.Tx, id keytag.Zone) ([]bundle.Zone, error) {
	if z, ok := m.zones[id]; ok {
		return z, nil
	}
	row, err := tx.Zone(id)
	if err != nil {
		return nil, err
	}
	versions := []byte{row.KeyVersion}
	r, err := tx.RollingZone(id)
	switch {
	case err == nil:
		versions = []byte{r.Old, row.KeyVersion}
	case !errors.Is(err, store.ErrNotFound):
		return nil, err
	}
	floor, err := floorOf(tx, row)
	if err != nil {
		return nil, err
	}
	kind, err := bundle.ParseKind(string(row.Kind))
	if err != nil {
		return nil, err
	}
	for _, v := range versions {
		key, err := m.keys.Zone(id, v)
		if err != nil {
			return nil, err
		}
		m.zones[id] = append(m.zones[id], bundle.Zone{ID: id, Kind: kind, Version: v, Key: key, Floor: floor})
	}
	return m.zones[id], nil
}

// floorOf is the floor of a zone, the same for both versions of its key: a seat
// has one line of generations, whichever key its tag has.
func floorOf(tx *store.Tx, row store.Zone) (bundle.Floor, error) {
	floor := bundle.Floor{Epoch: row.Epoch, Seats: map[uint16]uint16{}}
	seats, err := tx.SeatsOfZone(row.ID)
	if err != nil {
		return floor, err
	}
	for _, s := range seats {
		if s.Floor > 0 && (row.Kind != store.HomeZone || s.Epoch == row.Epoch) {
			floor.Seats[s.Seat] = s.Floor
		}
	}
	return floor, nil
}

// digest is what a bundle says, without its sequence, its day and its keys, which
// follow from the versions.
func (m *maker) digest(b bundle.Bundle) [32]byte {
	h := sha256.New()
	put := func(v ...uint32) {
		for _, x := range v {
			_ = binary.Write(h, binary.BigEndian, x) // a hash takes everything
		}
	}
	h.Write(b.Site[:])
	h.Write(b.Lock[:])
	for _, l := range b.Locators {
		put(1, uint32(l.Version))
	}
	for _, z := range b.Zones {
		put(2, uint32(z.ID), uint32(z.Kind), uint32(z.Version), uint32(z.Floor.Epoch))
		for _, seat := range slices.Sorted(maps.Keys(z.Floor.Seats)) {
			put(3, uint32(seat), uint32(z.Floor.Seats[seat]))
		}
	}
	// The first signer was there before these counted.
	if m.site.SignerVersion > 1 {
		put(4, uint32(m.site.SignerVersion))
	}
	if b.Next != nil {
		put(5, uint32(m.nextVersion))
	}
	return [32]byte(h.Sum(nil))
}

// readReceipts takes the receipts in the folder; one that no lock of ours made
// is counted as refused and changes nothing.
func (d *Desk) readReceipts(ctx context.Context, folder *carrier.Folder, there []carrier.Entry, done *Bundled) error {
	return d.store.Update(ctx, func(tx *store.Tx) error {
		m, err := d.newMaker(tx)
		if err != nil {
			return err
		}
		for _, e := range there {
			if !e.Receipt {
				continue
			}
			err := m.receipt(tx, folder, e.Name, done)
			if errors.Is(err, bundle.ErrReceipt) || errors.Is(err, store.ErrNotFound) {
				done.Refused = append(done.Refused, e.Name.String())
				continue
			}
			if err != nil {
				return err
			}
		}
		if done.Receipts == 0 {
			return nil
		}
		return d.journal(tx, actReceipts, fmt.Sprintf("%d locks", done.Receipts))
	})
}

func (m *maker) receipt(tx *store.Tx, folder *carrier.Folder, name bundle.LockName, done *Bundled) error {
	l, err := tx.Lock(name.String())
	if err != nil {
		return err
	}
	r, err := folder.ReadReceipt(name)
	if err != nil {
		return err
	}
	key, err := m.keys.Receipt(name.ID())
	if err != nil {
		return err
	}
	sequence, err := r.Verify(bundle.NewReceiptKey([16]byte(key.Reveal())), name.ID())
	if err != nil {
		return err
	}
	done.Receipts++
	if sequence <= l.Confirmed {
		return nil
	}
	l.Confirmed = sequence
	if sequence == l.Wanted {
		l.ConfirmedChange = l.WantedChange
	}
	return tx.PutLock(&l)
}
