package softcard

import "slices"

// getVersion answers hardware, software and production in three frames
// (NXP MF3ICD81 rev 3.5, 9.4.8). While a random UID is on, only a session learns
// the real one.
func (c *Card) getVersion(message) (answer, status) {
	im := c.image
	v := versions[im.chip]
	size := sizeCodes[im.memory]
	data := []byte{0x04, 0x01, 0x01, v.hardware, 0x00, size, 0x05}
	data = append(data, 0x04, 0x01, 0x01, v.major, v.minor, size, 0x05)
	if im.randomUID() && c.session == nil {
		data = append(data, make([]byte, uidSize)...)
	} else {
		data = append(data, im.uid...)
	}
	data = append(data, im.batch...)
	data = append(data, im.week, im.year)
	return answer{data: data, cuts: []int{7, 7}}, statusOK
}

var versions = map[Chip]struct{ hardware, major, minor byte }{
	EV1: {0x01, 0x01, 0x04},
	EV2: {0x12, 0x02, 0x01},
	EV3: {0x33, 0x03, 0x00},
}

var sizeCodes = map[int]byte{2048: 0x16, 4096: 0x18, 8192: 0x1A}

// freeMem answers the free bytes, low byte first.
func (c *Card) freeMem(message) (answer, status) {
	return answer{data: le24(c.image.free())}, statusOK
}

// getCardUID answers the real UID, enciphered.
func (c *Card) getCardUID(message) (answer, status) {
	return answer{data: c.image.uid}, statusOK
}

// prepareSignature: in a session the signature travels enciphered. It would
// undo a random UID, so that a chip with one asks for a session.
func (c *Card) prepareSignature([]byte) (plan, status) {
	if c.session != nil {
		return secret, statusOK
	}
	if c.image.randomUID() {
		return plan{}, statusWrongKey
	}
	return nothing, statusOK
}

// readSignature answers the originality signature, with a status of its own
// (NXP AN12343 rev 1.1, table 44).
func (c *Card) readSignature(m message) (answer, status) {
	if m.header[0] != 0 {
		return answer{}, statusParameter
	}
	return answer{data: c.image.signature}, statusSignature
}

// formatPICC deletes all applications and gives their memory back; keys, settings
// and configuration of the chip stay.
func (c *Card) formatPICC(message) (answer, status) {
	if c.image.config&configNoFormat != 0 {
		return answer{}, statusPermission
	}
	c.image.apps, c.image.used = nil, 0
	c.tx = nil
	c.touch()
	return answer{}, statusOK
}

// Options of SetConfiguration (NXP MF3ICD81 rev 3.5, 9.4.9).
const (
	optionConfig     = 0x00
	optionDefaultKey = 0x01
	optionATS        = 0x02
)

// defaultKeySize is 24 key bytes and a version.
const defaultKeySize = 25

func (c *Card) prepareConfiguration(header []byte) (plan, status) {
	if st := atPICC(c); st != statusOK {
		return plan{}, st
	}
	if st := masterKey(c); st != statusOK {
		return plan{}, st
	}
	p := plan{in: full, out: standard}
	switch header[0] {
	case optionConfig:
		p.need = 1
	case optionDefaultKey:
		p.need = defaultKeySize
	case optionATS:
		p.need, p.measure = -1, measureATS
	default:
		return plan{}, statusParameter
	}
	return p, statusOK
}

// measureATS: the first byte of an ATS is its length.
func measureATS(plain []byte) int {
	if len(plain) == 0 {
		return -1
	}
	return int(plain[0])
}

func (c *Card) setConfiguration(m message) (answer, status) {
	switch m.header[0] {
	case optionConfig:
		if m.data[0]&^(configNoFormat|configRandomUID) != 0 {
			return answer{}, statusParameter
		}
		c.image.config |= m.data[0]
		if c.image.randomUID() && c.shown == nil {
			// The anticollision shows the real UID until the next power-on.
			c.shown = c.image.uid
		}
	case optionDefaultKey:
		c.image.defaultKey = slices.Clone(m.data[:24])
		c.image.defaultVersion = m.data[24]
	case optionATS:
		if !validATS(m.data) {
			return answer{}, statusLength
		}
		c.image.ats = slices.Clone(m.data)
	}
	c.touch()
	return answer{}, statusOK
}

// maxATS is the longest ATS: five bytes and 15 historical ones.
const maxATS = 20

func validATS(b []byte) bool {
	return len(b) >= 2 && len(b) <= maxATS && int(b[0]) == len(b) && historyAt(b) <= len(b) &&
		len(b)-historyAt(b) <= 15
}

// le24 is a number of three bytes, low byte first.
func le24(n int) []byte { return []byte{byte(n), byte(n >> 8), byte(n >> 16)} }

func number24(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }
