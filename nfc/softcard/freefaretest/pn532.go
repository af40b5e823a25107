//go:build linux

package freefaretest

import (
	"bytes"

	"sleutelbord/nfc/softcard"
)

// Commands of the PN532 that libnfc uses (NXP UM0701-02, chapter 7).
const (
	cmdDiagnose            = 0x00
	cmdGetFirmwareVersion  = 0x02
	cmdReadRegister        = 0x06
	cmdWriteRegister       = 0x08
	cmdSetParameters       = 0x12
	cmdSAMConfiguration    = 0x14
	cmdPowerDown           = 0x16
	cmdRFConfiguration     = 0x32
	cmdInDataExchange      = 0x40
	cmdInCommunicateThru   = 0x42
	cmdInDeselect          = 0x44
	cmdInListPassiveTarget = 0x4A
	cmdInRelease           = 0x52
)

// Status bytes (NXP UM0701-02, table 12).
const (
	stOK      = 0x00
	stTimeout = 0x01
	stContext = 0x27 // the command does not fit what was before
	stTarget  = 0x29 // the target is gone
)

// pn532 is the chip of a contactless reader, with one card before it.
type pn532 struct {
	card *softcard.Card
	// selected says that the card is the target of InDataExchange.
	selected  bool
	registers map[[2]byte]byte
}

// do runs a command and gives its answer; nil is the error frame, with which the
// chip meets what it does not know.
func (p *pn532) do(command []byte) []byte {
	answer, ok := p.run(command[0], command[1:])
	if !ok {
		return nil
	}
	return append([]byte{command[0] + 1}, answer...)
}

func (p *pn532) run(code byte, b []byte) (answer []byte, ok bool) {
	switch code {
	case cmdDiagnose:
		return p.diagnose(b)
	case cmdGetFirmwareVersion:
		return []byte{0x32, 0x01, 0x06, 0x07}, true // PN532 1.6; ISO 14443 A and B, ISO 18092
	case cmdReadRegister:
		return p.read(b)
	case cmdWriteRegister:
		return nil, p.write(b)
	case cmdSetParameters, cmdSAMConfiguration:
		return nil, len(b) > 0
	case cmdPowerDown:
		return []byte{stOK}, true
	case cmdRFConfiguration:
		return nil, p.configure(b)
	case cmdInListPassiveTarget:
		return p.list(b)
	case cmdInDeselect, cmdInRelease:
		p.selected = false
		return []byte{stOK}, true
	case cmdInDataExchange:
		return p.exchange(b)
	case cmdInCommunicateThru:
		return []byte{stTimeout}, true // raw frames look for other kinds of tags
	}
	return nil, false
}

// diagnose answers the test of the line, 00, with the same bytes, and the test
// whether the target is there, 06.
func (p *pn532) diagnose(b []byte) ([]byte, bool) {
	switch {
	case len(b) == 0:
		return nil, false
	case b[0] == 0x00:
		return b, true
	case b[0] == 0x06 && p.selected:
		return []byte{stOK}, true
	case b[0] == 0x06:
		return []byte{stTimeout}, true
	}
	return nil, false
}

func (p *pn532) read(b []byte) ([]byte, bool) {
	if len(b) == 0 || len(b)%2 != 0 {
		return nil, false
	}
	var values []byte
	for ; len(b) > 0; b = b[2:] {
		values = append(values, p.registers[[2]byte(b)])
	}
	return values, true
}

func (p *pn532) write(b []byte) bool {
	if len(b) == 0 || len(b)%3 != 0 {
		return false
	}
	for ; len(b) > 0; b = b[3:] {
		p.registers[[2]byte(b)] = b[2]
	}
	return true
}

// configure looks for item 01, the field: without it the card has no power.
func (p *pn532) configure(b []byte) bool {
	if len(b) < 2 {
		return false
	}
	if b[0] == 0x01 && b[1]&0x01 == 0 {
		p.selected = false
		p.card.Reset()
	}
	return true
}

// list finds the card, at 106 kbit/s type A. A host that names a UID finds only
// the card that shows it.
func (p *pn532) list(b []byte) ([]byte, bool) {
	if len(b) < 2 {
		return nil, false
	}
	p.selected = false
	uid, ats, err := p.card.Activate()
	if err != nil || b[0] == 0 || b[1] != 0x00 {
		return []byte{0}, true
	}
	if wanted := b[2:]; len(wanted) > 0 && !bytes.Equal(wanted, cascaded(uid)) {
		return []byte{0}, true
	}
	p.selected = true
	// One target, number 1, ATQA, SAK, UID, ATS.
	answer := []byte{1, 1, 0x03, atqaOf(uid), 0x20, byte(len(uid))}
	return append(append(answer, uid...), ats...), true
}

// cascaded is a UID with the cascade tag of a double one (ISO/IEC 14443-3, 6.5.4).
func cascaded(uid []byte) []byte {
	if len(uid) == 7 {
		return append([]byte{0x88}, uid...)
	}
	return uid
}

// atqaOf is the low byte of the ATQA: bits 7 and 6 tell the length of the UID.
func atqaOf(uid []byte) byte {
	if len(uid) == 7 {
		return 0x44
	}
	return 0x04
}

// exchange hands the card a command. The target's number is 1, without the bit
// that announces more.
func (p *pn532) exchange(b []byte) ([]byte, bool) {
	if len(b) < 1 {
		return nil, false
	}
	if b[0] != 1 || !p.selected {
		return []byte{stContext}, true
	}
	answer, err := p.card.Transmit(b[1:])
	if err != nil {
		p.selected = false
		return []byte{stTarget}, true
	}
	return append([]byte{stOK}, answer...), true
}
