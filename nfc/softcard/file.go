package softcard

import (
	"encoding/binary"
	"slices"
)

// Values of an access right: a key number, or one of these.
const (
	accessFree  = 0xE
	accessNever = 0xF
)

// Communication modes of a file. 02 is plain too.
const (
	commPlain = 0x00
	commMAC   = 0x01
	commFull  = 0x03
)

func (f *file) readRight() byte      { return byte(f.access >> 12) }
func (f *file) writeRight() byte     { return byte(f.access >> 8 & 0xF) }
func (f *file) readWriteRight() byte { return byte(f.access >> 4 & 0xF) }
func (f *file) changeRight() byte    { return byte(f.access & 0xF) }

// allow tells whether one of the rights grants access, and in which mode: the
// file's own if a key grants it, plain if only free does (NXP MF3ICD81 rev 3.5,
// 7.3.2).
func (c *Card) allow(f *file, rights ...byte) (protection, status) {
	for _, r := range rights {
		if r < accessFree && c.hasKey(r) {
			return f.protection(), statusOK
		}
	}
	if slices.Contains(rights, accessFree) {
		return bare, statusOK
	}
	if !slices.ContainsFunc(rights, func(r byte) bool { return r != accessNever }) {
		return 0, statusPermission
	}
	return 0, statusWrongKey
}

func (f *file) protection() protection {
	switch f.comm {
	case commMAC:
		return maced
	case commFull:
		return full
	}
	return bare
}

// fileAt gives a file of the selected application.
func (c *Card) fileAt(no byte) (*file, status) {
	if c.app == nil {
		return nil, statusPermission
	}
	if f := c.app.file(no); f != nil {
		return f, statusOK
	}
	return nil, statusNoFile
}

func (c *Card) getFileIDs(message) (answer, status) {
	var a answer
	for _, f := range c.app.files {
		a.data = append(a.data, f.no)
	}
	return a, statusOK
}

func (c *Card) getISOFileIDs(message) (answer, status) {
	var a answer
	for _, f := range c.app.files {
		if f.isoID != 0 {
			a.data = binary.LittleEndian.AppendUint16(a.data, f.isoID)
		}
	}
	if a.data == nil {
		return answer{}, statusNoFile
	}
	return a, statusOK
}

func (c *Card) getFileSettings(m message) (answer, status) {
	f, st := c.fileAt(m.header[0])
	if st != statusOK {
		return answer{}, st
	}
	return answer{data: f.settings()}, statusOK
}

func (f *file) settings() []byte {
	b := binary.LittleEndian.AppendUint16([]byte{f.kind, f.comm}, f.access)
	switch f.kind {
	case typeStandard, typeBackup:
		return append(b, le24(len(f.data))...)
	case typeValue:
		for _, v := range []int32{f.lower, f.upper, f.limit} {
			b = binary.LittleEndian.AppendUint32(b, uint32(v))
		}
		return append(b, f.options)
	}
	return join(b, le24(f.recordSize), le24(f.maxRecords), le24(len(f.records)))
}

// prepareFileSettings: the new settings travel enciphered, or in clear where the
// change right is free.
func (c *Card) prepareFileSettings(header []byte) (plan, status) {
	f, st := c.fileAt(header[0])
	if st != statusOK {
		return plan{}, st
	}
	p := plan{in: full, out: standard, need: 3}
	switch right := f.changeRight(); {
	case right == accessNever:
		return plan{}, statusPermission
	case right == accessFree:
		p.in = standard
	case !c.hasKey(right):
		return plan{}, statusWrongKey
	}
	return p, statusOK
}

func (c *Card) changeFileSettings(m message) (answer, status) {
	f, st := c.fileAt(m.header[0])
	if st != statusOK {
		return answer{}, st
	}
	comm, access := m.data[0], binary.LittleEndian.Uint16(m.data[1:])
	if !c.app.takes(comm, access) {
		return answer{}, statusParameter
	}
	f.comm, f.access = comm, access
	if s := c.tx[f.no]; s != nil {
		s.file.comm, s.file.access = comm, access
	}
	c.touch()
	return answer{}, statusOK
}

// takes tells whether a file of the application can have these settings: no key
// that is not there.
func (a *application) takes(comm byte, access uint16) bool {
	if comm > commFull {
		return false
	}
	for shift := 0; shift < 16; shift += 4 {
		if r := int(access >> shift & 0xF); r < accessFree && r >= len(a.keys) {
			return false
		}
	}
	return true
}

// createFile makes a file of the type that the instruction names; new content is
// zero.
func (c *Card) createFile(m message) (answer, status) {
	f, size, st := c.parseFile(m)
	if st != statusOK {
		return answer{}, st
	}
	for _, other := range c.app.files {
		if other.no == f.no || f.isoID != 0 && other.isoID == f.isoID {
			return answer{}, statusDuplicate
		}
	}
	if !c.image.take(fileCost(f, size)) {
		return answer{}, statusOutOfMemory
	}
	if f.isData() {
		f.data = make([]byte, size)
	}
	c.app.files = append(slices.Clip(c.app.files), f)
	c.touch()
	return answer{}, statusOK
}

var fileTypes = map[byte]byte{
	0xCD: typeStandard, 0xCB: typeBackup, 0xCC: typeValue, 0xC1: typeLinear, 0xC0: typeCyclic,
}

// parseFile reads number, ISO file id where the application has them,
// communication mode, access rights and what the type needs.
func (c *Card) parseFile(m message) (f *file, size int, st status) {
	f = &file{no: m.header[0], kind: fileTypes[m.ins]}
	b := m.data
	if c.app.fileIDs && f.kind != typeValue {
		if len(b) < 2 {
			return nil, 0, statusLength
		}
		f.isoID, b = binary.LittleEndian.Uint16(b), b[2:]
		if f.isoID == 0 || f.isoID == isoMaster {
			return nil, 0, statusParameter
		}
	}
	if len(b) != map[byte]int{typeValue: 16, typeLinear: 9, typeCyclic: 9, typeStandard: 6, typeBackup: 6}[f.kind] {
		return nil, 0, statusLength
	}
	f.comm, f.access, b = b[0], binary.LittleEndian.Uint16(b[1:]), b[3:]
	if f.no > maxFileNumber || !c.app.takes(f.comm, f.access) {
		return nil, 0, statusParameter
	}
	switch f.kind {
	case typeValue:
		return f, 0, f.parseValue(b)
	case typeLinear, typeCyclic:
		return f, 0, f.parseRecord(b)
	}
	if size = number24(b); size == 0 {
		return nil, 0, statusParameter
	}
	return f, size, statusOK
}

func (f *file) parseValue(b []byte) status {
	f.lower = int32(binary.LittleEndian.Uint32(b))
	f.upper = int32(binary.LittleEndian.Uint32(b[4:]))
	f.value = int32(binary.LittleEndian.Uint32(b[8:]))
	f.options = b[12]
	if f.upper < f.lower || f.value < f.lower || f.value > f.upper || f.options > optionLimitedCredit|optionFreeGetValue {
		return statusParameter
	}
	return statusOK
}

// parseRecord: a cyclic file keeps one record as room for the next.
func (f *file) parseRecord(b []byte) status {
	f.recordSize, f.maxRecords = number24(b), number24(b[3:])
	if f.recordSize == 0 || f.maxRecords == 0 || f.kind == typeCyclic && f.maxRecords < 2 {
		return statusParameter
	}
	return statusOK
}

func (c *Card) deleteFile(m message) (answer, status) {
	f, st := c.fileAt(m.header[0])
	if st != statusOK {
		return answer{}, st
	}
	i := slices.Index(c.app.files, f)
	c.app.files = slices.Delete(slices.Clone(c.app.files), i, i+1)
	delete(c.tx, f.no)
	if c.ef == f {
		c.ef = nil
	}
	c.touch()
	return answer{}, statusOK
}
