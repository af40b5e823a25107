package identify

import "bytes"

// application is one that says what a card is for.
type application struct {
	name string
	what What
}

// applications are asked for in this order. A telephone can show a bank card
// and a bank card can be a transit card, so the more particular stand first.
// A telephone that holds its wallet ready names itself by the first; others
// answer like a bank card, and then count as one.
var applications = []application{
	// Name that wallets of telephones answer: Apple VAS and Google Smart Tap.
	// Source: github.com/kormax/apple-vas and github.com/kormax/google-smart-tap.
	{"OSE.VAS.01", Phone},
	// Calypso, "1TIC.ICA". Source: Calypso Networks Association, terminal demo
	// of Eclipse Keyple; names of its applications begin with it, and are found
	// by the beginning (ISO/IEC 7816-4:2020, 11.2.2).
	{"1TIC.ICA", TransitCard},
	// Proximity payment system environment. Source: EMV Contactless, Book B (entry point).
	{"2PAY.SYS.DDF01", BankCard},
	// eMRTD application. Source: ICAO Doc 9303, part 10 (logical data structure).
	{"\xA0\x00\x00\x02\x47\x10\x01", Passport},
	// NDEF tag application. Source: NFC Forum, Type 4 Tag, NDEF tag application select.
	{"\xD2\x76\x00\x00\x85\x01\x01", DataTag},
}

// storageATR is how the answer to reset of a storage card begins, and storageID
// what follows one length byte later: the RID of the PC/SC workgroup. Then come
// a byte for the standard and two for the name of the card. Source: PC/SC part 3
// rev 2.01.09, 3.1.3.2.3.
var (
	storageATR = []byte{0x80, 0x01, 0x80, 0x4F}
	storageID  = []byte{0xA0, 0x00, 0x00, 0x03, 0x06}
)

const (
	standardAt = 12
	nameAt     = 13
	storageMin = 15
)

// storageNames are the names of storage cards. Source: PC/SC part 3,
// supplemental document rev 2.01.08 (registered names), as listed in reader
// manuals (Gemalto Prox-DU, table 17; ACS ACR122U API, ATR generation); F004, F011 and F012
// are ACS's own (ACR122U API, ATR generation).
var storageNames = map[uint16]What{
	0x0001: Classic1K,
	0x0002: Classic4K,
	0x0026: ClassicMini,
	0x0003: Ultralight,
	0x003A: Ultralight, // Ultralight C
	0x003D: Ultralight, // Ultralight EV1, NTAG 2xx
	0x0036: Plus,       // SL1 2K
	0x0037: Plus,       // SL1 4K
	0x0038: Plus,       // SL2 2K
	0x0039: Plus,       // SL2 4K
	0x003B: FeliCa,
	0xF011: FeliCa, // 212 kbit/s
	0xF012: FeliCa, // 424 kbit/s
}

// storageStandards are the standards of storage cards whose name says nothing.
// Source: the same, table of standards.
var storageStandards = map[byte]What{
	0x03: Storage,  // ISO 14443 A part 3
	0x07: Storage,  // ISO 14443 B part 3
	0x09: Vicinity, // ISO 15693 part 1
	0x0A: Vicinity, // part 2
	0x0B: Vicinity, // part 3
	0x0C: Vicinity, // part 4
	0x11: FeliCa,
}

// FromATR says what a storage card is by its answer to reset. [Nothing] means
// that the answer is another one, and that the card must be asked. So it is for
// names FFxx too: some readers give those to whatever they do not know, DESFire
// among it (ACR122U API, ATR generation).
func FromATR(atr []byte) What {
	if len(atr) < storageMin || atr[0] != 0x3B || atr[1]>>4 != 8 ||
		!bytes.Equal(atr[2:6], storageATR) || !bytes.Equal(atr[7:12], storageID) {
		return Nothing
	}
	name := uint16(atr[nameAt])<<8 | uint16(atr[nameAt+1])
	if w, ok := storageNames[name]; ok {
		return w
	}
	if name>>8 == 0xFF {
		return Nothing
	}
	return storageStandards[atr[standardAt]]
}
