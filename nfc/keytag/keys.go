package keytag

import (
	"fmt"

	"sleutelbord/nfc/desfire"
)

// Purpose is the first byte of every diversification input: it keeps the
// keys of one master apart.
type Purpose byte

// Purposes of layout 1.
const (
	PurposePICC        Purpose = 0x10
	PurposeApplication Purpose = 0x20
	PurposeUnused      Purpose = 0x21
	PurposeLocator     Purpose = 0x30
	PurposeZone        Purpose = 0x40
	PurposeSlot        Purpose = 0x41
	PurposeReceipt     Purpose = 0x50

	// Keys of update cards, which are no tags: package updatecard.
	PurposeUpdateCard        Purpose = 0x60
	PurposeUpdateApplication Purpose = 0x61
)

// InputSize is the length of every diversification input.
const InputSize = 28

// Input is what an AN10922 key is diversified by; fields that do not apply are
// zero. See the table of keys in the package comment.
type Input struct {
	Purpose Purpose
	AID     desfire.AID
	Claims  Claims
	Number  Number
}

// Encode lays the input out: purpose ‖ AID ‖ zone u24 ‖ version u8 ‖ epoch u16
// ‖ seat u16 ‖ generation u16 ‖ not-after u16 ‖ tag number, big-endian.
func (in Input) Encode() [InputSize]byte {
	var b [InputSize]byte
	b[0] = byte(in.Purpose)
	copy(b[1:4], in.AID[:])
	in.Claims.put(b[4:16])
	copy(b[16:], in.Number[:])
	return b
}

// Master names one of the four master keys of a site.
type Master byte

// The master keys of a site, derived from its root.
const (
	MasterPICC Master = iota + 1
	MasterApplication
	MasterLocator
	MasterZone
)

func (m Master) String() string {
	switch m {
	case MasterPICC:
		return "picc"
	case MasterApplication:
		return "application"
	case MasterLocator:
		return "locator"
	case MasterZone:
		return "zone"
	}
	return fmt.Sprintf("master %d", byte(m))
}

// Custody computes AN10922 AES-128 keys below a site's masters without giving
// the masters away: CMAC of 01 ‖ input, which a PKCS#11 token can do as well.
type Custody interface {
	Diversify(m Master, input [InputSize]byte) ([16]byte, error)
}

// Keys derives the keys of one site's tags.
type Keys struct {
	Custody Custody
	AID     desfire.AID
	// Locators are the locator key versions that a tag may carry, newest first:
	// at least one. The first is the one that is written.
	Locators []byte
}

func (k Keys) derive(m Master, in Input, version byte) (desfire.Key, error) {
	b, err := k.Custody.Diversify(m, in.Encode())
	if err != nil {
		return desfire.Key{}, fmt.Errorf("deriving key %02X from master %v: %w", byte(in.Purpose), m, err)
	}
	return desfire.NewAESKey(b, version), nil
}

// PICC is K_picc: the chip's master key of a tag that is complete.
func (k Keys) PICC(n Number) (desfire.Key, error) {
	return k.derive(MasterPICC, Input{Purpose: PurposePICC, Number: n}, SlotKeyVersion)
}

// Application is K_app: key 0 of the application.
func (k Keys) Application(n Number) (desfire.Key, error) {
	return k.derive(MasterApplication, Input{Purpose: PurposeApplication, AID: k.AID, Number: n}, SlotKeyVersion)
}

// Unused is K_unused: what every slot without claims holds.
func (k Keys) Unused(n Number) (desfire.Key, error) {
	return k.derive(MasterApplication, Input{Purpose: PurposeUnused, AID: k.AID, Number: n}, SlotKeyVersion)
}

// Locator is K_locator of a version: key 1, which reads the record.
func (k Keys) Locator(version byte) (desfire.Key, error) {
	return k.derive(MasterLocator, Input{Purpose: PurposeLocator, AID: k.AID, Claims: Claims{Version: version}}, version)
}

// Zone is K_zone: what a lock of the zone holds.
func (k Keys) Zone(z Zone, version byte) (desfire.Key, error) {
	return k.derive(MasterZone, Input{Purpose: PurposeZone, AID: k.AID, Claims: Claims{Zone: z, Version: version}}, SlotKeyVersion)
}

// Receipt is the key of a lock's receipts, of a version that rises when older
// records are put back. The lock's eight-byte id takes the place of the tag
// number, with four zero bytes behind it.
func (k Keys) Receipt(lock [8]byte, version byte) (desfire.Key, error) {
	in := Input{Purpose: PurposeReceipt, AID: k.AID, Claims: Claims{Version: version}}
	copy(in.Number[:], lock[:])
	return k.derive(MasterApplication, in, 0)
}

// Slot is K_slot: the key of a slot with these claims on this tag.
func (k Keys) Slot(c Claims, n Number) (desfire.Key, error) {
	zone, err := k.Zone(c.Zone, c.Version)
	if err != nil {
		return desfire.Key{}, err
	}
	return SlotKey(zone, k.AID, c, n), nil
}

// SlotKey diversifies a zone key by all the claims of a slot and the tag's
// number. Locks call it with the zone key of their bundle.
func SlotKey(zone desfire.Key, aid desfire.AID, c Claims, n Number) desfire.Key {
	in := Input{Purpose: PurposeSlot, AID: aid, Claims: c, Number: n}.Encode()
	return desfire.DiversifyAES128(zone, in[:]).WithVersion(SlotKeyVersion)
}
