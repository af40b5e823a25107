package desfire

import (
	"fmt"

	"sleutelbord/nfc"
)

// Chip is a generation of the product.
type Chip byte

// Chips that this package knows.
const (
	ChipUnknown Chip = iota
	EV1
	EV2
	EV3
)

func (c Chip) String() string { return [...]string{"unknown chip", "EV1", "EV2", "EV3"}[c&3] }

// Part is one half of [Version]: how the chip describes its hardware, or its
// software. NXP MF3ICD81 rev 3.5, 9.4.6 (60).
type Part struct {
	Vendor   byte // 04: NXP
	Type     byte // 01: DESFire
	Subtype  byte
	Major    byte
	Minor    byte
	Storage  byte // see [Version.StorageBytes]
	Protocol byte // 05: ISO 14443-2 and -3
}

// Version is what a chip says about itself.
type Version struct {
	Hardware, Software Part
	// UID is seven zeros when the chip shows a random one and nobody is
	// authenticated.
	UID [7]byte
	// Batch is the production batch.
	Batch [5]byte
	// Week and Year of production are two BCD digits each, as the chip gives
	// them: 0x29, 0x12 is week 29 of 2012.
	Week, Year byte
}

// majors: hardware major version. 01, 12 and 33 by recorded traffic of real
// chips; 22 (EV2 XL) by proxmark3, client/src/cmdhfmfdes.c.
var majors = map[byte]Chip{0x01: EV1, 0x12: EV2, 0x22: EV2, 0x33: EV3}

// Chip tells the generation by vendor, type and major version of the
// hardware; anything but a DESFire chip of NXP is unknown, also the same
// commands spoken by a telephone or a bank card (types 81, 91).
func (v Version) Chip() Chip {
	if v.Hardware.Vendor != 0x04 || v.Hardware.Type != 0x01 {
		return ChipUnknown
	}
	return majors[v.Hardware.Major]
}

// StorageBytes is the size of the chip's memory: 2 to the upper seven bits of
// the storage byte. Where the lowest bit is set the true size is between this
// and twice this.
func (v Version) StorageBytes() int { return 1 << min(v.Hardware.Storage>>1, 30) }

// versionSize: 7 bytes hardware, 7 software, 14 of production; newer chips may
// add one (FabKey identifier, NXP MF3D(H)x3).
const versionSize = 28

// GetVersion asks the chip what it is.
//
// Source: NXP MF3ICD81 rev 3.5, 9.4.6 (60).
func (c commands) GetVersion() (Version, error) {
	b, err := c.run(command{what: "getting the version", ins: 0x60, min: versionSize, max: versionSize + 1})
	if err != nil {
		return Version{}, err
	}
	return parseVersion(b)
}

func parseVersion(b []byte) (Version, error) {
	if len(b) != versionSize && len(b) != versionSize+1 {
		return Version{}, fmt.Errorf("%w: version of %d bytes", nfc.ErrProtocol, len(b))
	}
	return Version{
		Hardware: parsePart([7]byte(b)),
		Software: parsePart([7]byte(b[7:])),
		UID:      [7]byte(b[14:]),
		Batch:    [5]byte(b[21:]),
		Week:     b[26],
		Year:     b[27],
	}, nil
}

func parsePart(b [7]byte) Part { return Part{b[0], b[1], b[2], b[3], b[4], b[5], b[6]} }
