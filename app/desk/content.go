package desk

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"maps"
	"slices"

	"sleutelbord/lock/bundle"
	"sleutelbord/nfc/keytag"
	"sleutelbord/store"
)

// content is all that a lock gets to know, but for sequence.
func (m *maker) content(tx *store.Tx, l store.Lock, name bundle.LockName) (bundle.Bundle, error) {
	b := bundle.Bundle{Site: m.site.ID, Lock: name.ID(), Issued: m.today, Locators: m.locators, Next: m.next}
	receipt, err := m.keys.Receipt(b.Lock, receiptVersion(m.raises))
	if err != nil {
		return b, err
	}
	b.ReceiptKey = bundle.NewReceiptKey([16]byte(receipt.Reveal()))
	for _, id := range l.Zones {
		z, err := m.zone(tx, id)
		if err != nil {
			return b, err
		}
		b.Zones = append(b.Zones, z...)
	}
	return b, nil
}

// receiptVersion is that of the receipts' keys. It rises when counters are raised,
// so that what a lock proves of bundles that these records may not know is not
// taken for proof of theirs.
func receiptVersion(raises int64) byte { return byte(raises) }

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
	if m.rolls {
		r, err := tx.RollingZone(id)
		switch {
		case err == nil:
			versions = []byte{r.Old, row.KeyVersion}
		case !errors.Is(err, store.ErrNotFound):
			return nil, err
		}
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
	if m.raises > 0 {
		put(6, uint32(m.raises))
	}
	return [32]byte(h.Sum(nil))
}
