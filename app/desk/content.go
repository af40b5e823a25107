package desk

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
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
	b.Zones = make([]bundle.Zone, 0, len(l.Zones))
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
	if _, ok := m.zones[id]; !ok {
		if err := m.load(tx, []keytag.Zone{id}); err != nil {
			return nil, err
		}
	}
	z, ok := m.zones[id]
	if !ok {
		return nil, fmt.Errorf("zone %d: %w", id, store.ErrNotFound)
	}
	return z, nil
}

// load makes the entries of some zones, with as few queries as it takes.
func (m *maker) load(tx *store.Tx, ids []keytag.Zone) error {
	zones, err := tx.FloorsAmong(ids)
	if err != nil {
		return err
	}
	old := make(map[keytag.Zone]byte)
	if m.rolls {
		rolling, err := tx.RollingAmong(ids)
		if err != nil {
			return err
		}
		for _, r := range rolling {
			old[r.Zone] = r.Old
		}
	}
	for _, z := range zones {
		versions := []byte{z.KeyVersion}
		if v, ok := old[z.Zone]; ok {
			versions = []byte{v, z.KeyVersion}
		}
		if m.zones[z.Zone], err = m.entries(z, versions); err != nil {
			return err
		}
	}
	return nil
}

// entries are those of a zone with these versions of its key.
func (m *maker) entries(z store.ZoneFloors, versions []byte) ([]bundle.Zone, error) {
	kind, err := bundle.ParseKind(string(z.Kind))
	if err != nil {
		return nil, err
	}
	floor := floorOf(z)
	all := make([]bundle.Zone, 0, len(versions))
	for _, v := range versions {
		key, err := m.keys.Zone(z.Zone, v)
		if err != nil {
			return nil, err
		}
		all = append(all, bundle.Zone{ID: z.Zone, Kind: kind, Version: v, Key: key, Floor: floor})
	}
	return all, nil
}

// floorOf is the floor of a zone, the same for both versions of its key: a seat
// has one line of generations, whichever key its tag has.
func floorOf(z store.ZoneFloors) bundle.Floor {
	floor := bundle.Floor{Epoch: z.Epoch, Seats: make(map[uint16]uint16, len(z.Seats))}
	for _, s := range z.Seats {
		if z.Kind != store.HomeZone || s.Epoch == z.Epoch {
			floor.Seats[s.Seat] = s.Floor
		}
	}
	return floor
}

// digest is what a bundle says, without its sequence, its day and its keys, which
// follow from the versions.
func (m *maker) digest(b bundle.Bundle) [32]byte {
	said := make([]byte, 0, 256)
	put := func(v ...uint32) {
		for _, x := range v {
			said = binary.BigEndian.AppendUint32(said, x)
		}
	}
	said = append(said, b.Site[:]...)
	said = append(said, b.Lock[:]...)
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
	return sha256.Sum256(said)
}
