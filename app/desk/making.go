package desk

import (
	"context"
	"crypto/ecdh"
	"crypto/ed25519"
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

// order says which bundles are to be made for a carrier.
type order struct {
	BundleOptions
	// locks are the ids of the locks; nil is all of them.
	locks []string
	// have is what the carrier has already, verified: a lock whose newest
	// bundle is there keeps it.
	have map[bundle.LockID]bundle.Header
	// keep is how many days old a bundle may become before it is renewed
	// though nothing has changed: a lock without a clock takes its day for
	// today.
	keep keytag.Day
	// room tells whether a bundle of so many bytes still fits; nil: every one
	// does.
	room func(size int) bool
}

// made is what came of an order.
type made struct {
	bundles []carrier.Sealed
	kept    int      // had their newest bundle already
	left    []string // ids of the locks whose bundle did not fit
}

// makeBundles makes bundles and commits their sequences, before any of them
// leaves: a sequence is never used twice. All carriers get theirs from here.
func (d *Desk) makeBundles(ctx context.Context, o order) (made, error) {
	var all made
	err := d.store.Update(ctx, func(tx *store.Tx) error {
		all = made{}
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
		if err := m.checkClock(locks, o.BundleOptions); err != nil {
			return err
		}
		chosen, err := o.choose(locks)
		if err != nil {
			return err
		}
		for _, l := range chosen {
			if err := m.order(tx, l, o, &all); err != nil {
				return fmt.Errorf("lock %s: %w", l.ID, err)
			}
		}
		return d.journal(tx, actBundles, fmt.Sprintf("%d locks", len(all.bundles)))
	})
	return all, err
}

// choose gives the locks of the order, in its order.
func (o order) choose(locks []store.Lock) ([]store.Lock, error) {
	if o.locks == nil {
		return locks, nil
	}
	at := make(map[bundle.LockID]store.Lock, len(locks))
	for _, l := range locks {
		name, err := bundle.ParseLockName(l.ID)
		if err != nil {
			return nil, err
		}
		at[name.ID()] = l
	}
	chosen := make([]store.Lock, 0, len(o.locks))
	for _, id := range o.locks {
		name, err := bundle.ParseLockName(id)
		l, ok := at[name.ID()]
		if err != nil || !ok {
			return nil, fmt.Errorf("%w: %s", errNoLock, id)
		}
		chosen = append(chosen, l)
	}
	return chosen, nil
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

// order makes the bundle of one lock, if its carrier lacks it and has room for
// it.
func (m *maker) order(tx *store.Tx, l store.Lock, o order, all *made) error {
	name, err := bundle.ParseLockName(l.ID)
	if err != nil {
		return err
	}
	b, err := m.content(tx, l, name)
	if err != nil {
		return err
	}
	if m.current(l, b, o.have[b.Lock], o.keep) {
		all.kept++
		return nil
	}
	data, err := m.seal(&l, b)
	if err != nil {
		return err
	}
	if o.room != nil && !o.room(len(data)) {
		all.left = append(all.left, l.ID)
		return nil
	}
	all.bundles = append(all.bundles, carrier.Sealed{Name: name, Data: data})
	return tx.PutBundled(&l)
}

// current tells whether what the carrier has is the lock's newest bundle, says
// what the lock ought to know, and is not too old.
func (m *maker) current(l store.Lock, b bundle.Bundle, have bundle.Header, keep keytag.Day) bool {
	return l.Wanted != 0 && m.digest(b) == l.WantedDigest && have.Sequence == l.Wanted && have.Site == b.Site &&
		dayOfSequence(l.Wanted)+keep >= m.today
}

// seal gives a lock's next bundle, and notes in l what it is.
func (m *maker) seal(l *store.Lock, b bundle.Bundle) ([]byte, error) {
	var err error
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
	l.Wanted, l.WantedDigest, l.WantedChange = b.Sequence, m.digest(b), m.site.Changes
	return data, nil
}

// signer is the key by which the site's present bundles are known.
func (d *Desk) signer(ctx context.Context) (k bundle.SignerKey, err error) {
	err = d.store.View(ctx, func(tx *store.Tx) error {
		site, err := tx.Site()
		if err != nil {
			return err
		}
		s, err := d.store.Custody().Signer(site.SignerVersion)
		if err != nil {
			return err
		}
		public, ok := s.Public().(ed25519.PublicKey)
		if !ok || len(public) != len(k) {
			return errors.New("signer has no Ed25519 key")
		}
		k = bundle.SignerKey(public)
		return nil
	})
	return k, err
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
