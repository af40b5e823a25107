package softcard

import (
	"bytes"
	"encoding/binary"
)

// isoMaster is the ISO file id of the PICC level.
const isoMaster = 0x3F00

// piccName is the DF name of the PICC level (NXP MF3ICD81 rev 3.5, 9.7.1).
var piccName = []byte{0xD2, 0x76, 0x00, 0x00, 0x85, 0x01, 0x00}

// ISO 7816-4 instructions of the chip.
const (
	isoSelect       = 0xA4
	isoReadBinary   = 0xB0
	isoUpdateBinary = 0xD6
	isoReadRecords  = 0xB2
	isoAppendRecord = 0xE2
)

// iso answers a command of class 00. Content is read and written only where
// access is free, in clear, and without touching the session's counters.
func (c *Card) iso(command []byte) []byte {
	c.pending, c.inbound, c.frames = nil, nil, nil
	a, w := parseAPDU(command)
	var data []byte
	if w == wordOK {
		data, w = c.runISO(a)
	}
	if w != wordOK {
		c.fail(statusIllegal)
		return w.bytes()
	}
	return join(data, w.bytes())
}

func (c *Card) runISO(a apdu) ([]byte, word) {
	switch a.ins {
	case isoSelect:
		return nil, c.isoSelect(a)
	case isoReadBinary:
		return c.isoReadBinary(a)
	case isoUpdateBinary:
		return nil, c.isoUpdateBinary(a)
	case isoReadRecords:
		return c.isoReadRecords(a)
	case isoAppendRecord:
		return nil, c.isoAppendRecord(a)
	}
	return nil, wordInstruction
}

// isoSelect selects by DF name (P1 04) or by file id (P1 00, 01, 02). No file
// control information is kept, so that none is answered.
func (c *Card) isoSelect(a apdu) word {
	if a.p2 != 0x00 && a.p2 != 0x0C {
		return wordParameters
	}
	switch a.p1 {
	case 0x04:
		return c.selectName(a.data)
	case 0x00, 0x01, 0x02:
	default:
		return wordParameters
	}
	if len(a.data) == 0 && a.p1 == 0x00 {
		c.enter(nil)
		return wordOK
	}
	if len(a.data) != 2 {
		return wordLength
	}
	return c.selectID(a.p1, binary.BigEndian.Uint16(a.data))
}

func (c *Card) selectName(name []byte) word {
	if bytes.Equal(name, piccName) {
		c.enter(nil)
		return wordOK
	}
	for _, app := range c.image.apps {
		if len(name) > 0 && bytes.Equal(name, app.name) {
			c.enter(app)
			return wordOK
		}
	}
	return wordNotFound
}

func (c *Card) selectID(p1 byte, id uint16) word {
	if p1 != 0x02 {
		if id == isoMaster && p1 == 0x00 {
			c.enter(nil)
			return wordOK
		}
		for _, app := range c.image.apps {
			if id != 0 && app.isoID == id {
				c.enter(app)
				return wordOK
			}
		}
	}
	if p1 != 0x01 && c.app != nil && id != 0 {
		for _, f := range c.app.files {
			if f.isoID == id {
				c.ef = f
				return wordOK
			}
		}
	}
	return wordNotFound
}

// isoFile is the file that a command means: the one of a short identifier, which
// is the file number, or the selected one.
func (c *Card) isoFile(short byte) (*file, word) {
	if c.app == nil {
		return nil, wordConditions
	}
	if short != 0 {
		if c.ef = c.app.file(short); c.ef == nil {
			return nil, wordNotFound
		}
	}
	if c.ef == nil {
		return nil, wordConditions
	}
	return c.ef, wordOK
}

// isoData finds file and offset of the binary commands: P1 with bit 8 set is a
// short identifier and P2 the offset, else both are the offset.
func (c *Card) isoData(a apdu) (*file, int, word) {
	var short byte
	offset := int(a.p1)<<8 | int(a.p2)
	if a.p1&0x80 != 0 {
		if a.p1&0x60 != 0 {
			return nil, 0, wordParameters
		}
		short, offset = a.p1&0x1F, int(a.p2)
	}
	f, w := c.isoFile(short)
	if w != wordOK {
		return nil, 0, w
	}
	if !f.isData() {
		return nil, 0, wordConditions
	}
	return f, offset, wordOK
}

func (c *Card) isoReadBinary(a apdu) ([]byte, word) {
	f, offset, w := c.isoData(a)
	switch {
	case w != wordOK:
		return nil, w
	case len(a.data) != 0:
		return nil, wordLength
	case f.readRight() != accessFree && f.readWriteRight() != accessFree:
		return nil, wordSecurity
	case offset >= len(f.data):
		return nil, wordOffset
	}
	return f.data[offset:min(len(f.data), offset+a.le)], wordOK
}

func (c *Card) isoUpdateBinary(a apdu) word {
	f, offset, w := c.isoData(a)
	switch {
	case w != wordOK:
		return w
	case len(a.data) == 0:
		return wordLength
	case f.writeRight() != accessFree && f.readWriteRight() != accessFree:
		return wordSecurity
	case offset >= len(f.data):
		return wordOffset
	case !within(offset, len(a.data), len(f.data)):
		return wordLength
	}
	c.store(f, offset, a.data)
	return wordOK
}

// isoRecord finds the file of a record command: P2 is a short identifier and the
// meaning of P1.
func (c *Card) isoRecord(a apdu) (*file, word) {
	f, w := c.isoFile(a.p2 >> 3)
	if w == wordOK && !f.isRecord() {
		return nil, wordConditions
	}
	return f, w
}

// isoReadRecords reads record P1, 1 or 0 being the newest, alone (P2 04), or with
// all older ones, oldest first (P2 05).
func (c *Card) isoReadRecords(a apdu) ([]byte, word) {
	f, w := c.isoRecord(a)
	mode := a.p2 & 0x07
	switch {
	case w != wordOK:
		return nil, w
	case mode != 4 && mode != 5:
		return nil, wordParameters
	case f.readRight() != accessFree && f.readWriteRight() != accessFree:
		return nil, wordSecurity
	}
	end := len(f.records) - max(int(a.p1)-1, 0)
	if end < 1 {
		return nil, wordNoRecord
	}
	first := end - 1
	if mode == 5 {
		first = 0
	}
	data := join(f.records[first:end]...)
	return data[:min(len(data), a.le)], wordOK
}

func (c *Card) isoAppendRecord(a apdu) word {
	f, w := c.isoRecord(a)
	switch {
	case w != wordOK:
		return w
	case a.p1 != 0 || a.p2&0x07 != 0:
		return wordParameters
	case len(a.data) == 0 || len(a.data) > f.recordSize:
		return wordLength
	case f.writeRight() != accessFree && f.readWriteRight() != accessFree:
		return wordSecurity
	}
	if c.putRecord(f, 0, a.data) != statusOK {
		return wordNoSpace
	}
	return wordOK
}
