// Package identify says in which of the ways known to it a thing on a reader is
// no usable DESFire tag: a bank card, a telephone, a MIFARE Classic. It tries no
// key, writes nothing, and asks little:
//
//   - nothing at all where the reader says what it is: a storage card has an
//     answer to reset that names it (PC/SC part 3, [FromATR]);
//   - GetVersion, at most three frames, which chips of the DESFire family, their
//     software doubles and their copies answer;
//   - the selection of five applications that say what a card is for, one ISO
//     command each, and none after the first that is there.
//
// What it says is a likeness and no proof: everything here can be imitated.
package identify

import (
	"sleutelbord/nfc"
)

// What is what lies on the reader. The values are kept: scripts and the words
// of every language know them.
type What string

// Things that are no tag of ours to be.
const (
	// Nothing is said: a DESFire that this program can use, as far as it looked.
	Nothing What = ""

	Classic1K    What = "mifare-classic-1k"
	Classic4K    What = "mifare-classic-4k"
	ClassicMini  What = "mifare-classic-mini"
	Ultralight   What = "mifare-ultralight" // Ultralight, Ultralight C, NTAG 2xx
	Plus         What = "mifare-plus"
	FeliCa       What = "felica"
	Vicinity     What = "iso15693"
	Storage      What = "storage-card" // a memory chip of another kind
	FirstDESFire What = "desfire-first"
	LightDESFire What = "desfire-light"
	OtherDESFire What = "desfire-unknown" // made by NXP, of a generation that is not known here
	CopyDESFire  What = "desfire-copy"    // speaks DESFire, is of another maker
	NTAG4        What = "ntag-dna"        // NTAG 413 and 424 DNA
	Phone        What = "phone"
	BankCard     What = "bank-card"
	Passport     What = "passport" // also an identity card
	TransitCard  What = "transit-card"
	DataTag      What = "ndef-tag"   // NFC Forum type 4
	SmartCard    What = "smart-card" // answers as cards do, and says no more
	Unknown      What = "unknown"    // answers nothing that makes sense
)

// All lists every What that can be said, so that a test can hold the words of
// every language against it.
func All() []What {
	return []What{
		Classic1K, Classic4K, ClassicMini, Ultralight, Plus, FeliCa, Vicinity, Storage,
		FirstDESFire, LightDESFire, OtherDESFire, CopyDESFire, NTAG4,
		Phone, BankCard, Passport, TransitCard, DataTag, SmartCard, Unknown,
	}
}

// MaxCommands is the most commands that [Look] sends.
const MaxCommands = versionFrames + 5

// Look says what lies behind t. Errors are those of the line; every answer of
// the tag, also one that no card gives, is an answer to the question.
func Look(t nfc.Transceiver) (What, error) {
	if w := FromATR(nfc.ATR(t)); w != Nothing {
		return w, nil
	}
	v, err := askVersion(t)
	if err != nil {
		return Nothing, err
	}
	w, sure := v.what()
	if sure {
		return w, nil
	}
	return askApplications(t, v.status, w)
}

// askApplications selects by name what would say what the card is for. refused
// is how the card answered GetVersion, double what it is if no application is
// there.
func askApplications(t nfc.Transceiver, refused nfc.StatusWord, double What) (What, error) {
	answers, absent := 0, 0
	for _, a := range applications {
		status, err := send(t, selection(a.name))
		if err != nil {
			return Nothing, err
		}
		switch {
		case there(status):
			return a.what, nil
		case status == wordNotFound:
			absent++
			answers++
		case status>>12 == 6:
			answers++
		}
	}
	switch {
	case double != Nothing:
		return double, nil
	case absent == len(applications) && refused == wordNoDetail:
		return Phone, nil
	case answers > 0:
		return SmartCard, nil
	}
	return Unknown, nil
}

// Status words of ISO/IEC 7816-4:2020, table 6. Android answers 6F00 to every
// command before an application was selected, and 6A82 to the selection of one
// that no app on the telephone has claimed. Source: Android Open Source
// Project, packages/apps/Nfc, HostEmulationManager.java, UNKNOWN_ERROR and
// AID_NOT_FOUND.
const (
	wordNotFound = nfc.StatusWord(0x6A82)
	wordNoDetail = nfc.StatusWord(0x6F00)
	wordSecurity = nfc.StatusWord(0x6982)
)

// there tells whether a selection found its application: done, done with a
// warning (62xx: also a deactivated one), more to fetch (61xx), or not without
// a key first, as passports with PACE answer.
func there(s nfc.StatusWord) bool {
	return s == nfc.StatusOK || s>>8 == 0x61 || s>>8 == 0x62 || s == wordSecurity
}

// selection is SELECT by DF name, first or only occurrence, with an answer
// wanted (ISO/IEC 7816-4:2020, 11.2.2).
func selection(name string) []byte {
	b := append([]byte{0x00, 0xA4, 0x04, 0x00, byte(len(name))}, name...)
	return append(b, 0x00)
}

// send gives the status word of one command; 0 for an answer without one.
func send(t nfc.Transceiver, command []byte) (nfc.StatusWord, error) {
	r, err := exchange(t, command)
	return r.Status, err
}

// exchange sends one command. An answer too short for a status word is a zero
// response: something that answers so is no card.
func exchange(t nfc.Transceiver, command []byte) (nfc.Response, error) {
	b, err := t.Transmit(command)
	if err != nil {
		return nfc.Response{}, err
	}
	r, err := nfc.ParseResponse(b)
	if err != nil {
		return nfc.Response{}, nil
	}
	return r, nil
}
