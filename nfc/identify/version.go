package identify

import "sleutelbord/nfc"

// versionFrames is how many frames GetVersion answers in: hardware, software,
// production (NXP MF3ICD81 rev 3.5, 9.4.6).
const versionFrames = 3

// hardware is what a chip says of its hardware; see what follows for the bytes.
type hardware struct {
	// status is how the first frame was answered.
	status nfc.StatusWord
	// known is true when the first frame was one of GetVersion.
	known               bool
	vendor, kind, major byte
}

// hardwareSize is the length of GetVersion's first frame.
const hardwareSize = 7

var (
	getVersion = []byte{0x90, 0x60, 0x00, 0x00, 0x00}
	nextFrame  = []byte{0x90, 0xAF, 0x00, 0x00, 0x00}
)

// askVersion asks for all frames, because a chip left in the middle would
// answer the next command with an error, and keeps the first.
func askVersion(t nfc.Transceiver) (hardware, error) {
	r, err := exchange(t, getVersion)
	if err != nil {
		return hardware{}, err
	}
	h := hardware{status: r.Status}
	if (r.Status == nfc.StatusMoreFrames || r.Status == nfc.StatusDESFireOK) && len(r.Data) >= hardwareSize {
		h.known, h.vendor, h.kind, h.major = true, r.Data[0], r.Data[1], r.Data[3]
	}
	for n := 1; n < versionFrames && r.Status == nfc.StatusMoreFrames; n++ {
		if r, err = exchange(t, nextFrame); err != nil {
			return hardware{}, err
		}
	}
	return h, nil
}

// vendorNXP is NXP among the makers of chips (ISO/IEC 7816-6).
const vendorNXP = 0x04

// Kinds of chips: the lower half of the type byte. The upper half says in what
// the chip consists: 0 a chip of its own, 8 an implementation on another chip,
// 9 an applet on a Java card, A a telephone (MIFARE 2GO). Source: NXP AN10833,
// table 2; for Apple's wallet proxmark3, client/src/cmdhfmfdes.c,
// getCardType (type 91, major version 62).
const (
	kindDESFire    = 0x01
	kindPlus       = 0x02
	kindUltralight = 0x03
	kindNTAG       = 0x04
	kindLight      = 0x08
	hostJavaCard   = 0x9
	hostTelephone  = 0xA
	appleWallet    = 0x62
)

// Major versions of DESFire's hardware; the same sources as in package desfire.
const majorFirst = 0x00

var majorsUsable = map[byte]bool{0x01: true, 0x12: true, 0x22: true, 0x33: true}

// what says what a chip is by its version, and whether that is all there is to
// say: a DESFire in software may be part of a bank card.
func (h hardware) what() (w What, sure bool) {
	if !h.known {
		return Nothing, false
	}
	if h.vendor != vendorNXP {
		return CopyDESFire, true
	}
	switch h.kind >> 4 {
	case 0:
		return h.chip(), true
	case hostTelephone:
		return Phone, true
	case hostJavaCard:
		if h.major == appleWallet {
			return Phone, true
		}
	}
	return SmartCard, false
}

// chip is a chip of its own, made by NXP.
func (h hardware) chip() What {
	switch h.kind {
	case kindDESFire:
		switch {
		case h.major == majorFirst:
			return FirstDESFire
		case majorsUsable[h.major]:
			return Nothing
		}
		return OtherDESFire
	case kindLight:
		return LightDESFire
	case kindPlus:
		return Plus
	case kindUltralight:
		return Ultralight
	case kindNTAG:
		return NTAG4
	}
	return OtherDESFire
}
