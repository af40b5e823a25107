package softcard

func (c *Card) recordFile(no byte) (*file, status) {
	f, st := c.fileAt(no)
	if st == statusOK && !f.isRecord() {
		return nil, statusPermission
	}
	return f, st
}

func (c *Card) prepareReadRecords(header []byte) (plan, status) {
	f, st := c.recordFile(header[0])
	if st != statusOK {
		return plan{}, st
	}
	p, st := c.allow(f, f.readRight(), f.readWriteRight())
	return reading(p), st
}

// readRecords answers committed records, oldest first. The offset counts back
// from the newest, number 0 reads all up to the oldest (NXP MF3ICD81 rev 3.5,
// 9.6.8).
func (c *Card) readRecords(m message) (answer, status) {
	f, st := c.recordFile(m.header[0])
	if st != statusOK {
		return answer{}, st
	}
	offset, number := span(m.header)
	all := number == 0
	if all {
		number = len(f.records) - offset
	}
	if number <= 0 || !within(offset, number, len(f.records)) {
		return answer{}, statusBoundary
	}
	end := len(f.records) - offset
	return answer{data: join(f.records[end-number : end]...), pad: all}, statusOK
}

func (c *Card) prepareWriteRecord(header []byte) (plan, status) {
	f, st := c.recordFile(header[0])
	if st != statusOK {
		return plan{}, st
	}
	p, st := c.allow(f, f.writeRight(), f.readWriteRight())
	if st != statusOK {
		return plan{}, st
	}
	return writing(p, header, f.recordSize)
}

// writeRecord writes into a new record, zero before, or into the one that this
// transaction already began.
func (c *Card) writeRecord(m message) (answer, status) {
	f, st := c.recordFile(m.header[0])
	if st != statusOK {
		return answer{}, st
	}
	offset, _ := span(m.header)
	return answer{}, c.putRecord(f, offset, m.data)
}

func (c *Card) putRecord(f *file, offset int, data []byte) status {
	s := c.change(f)
	if !s.open {
		if f.kind == typeLinear && len(s.file.records) >= f.maxRecords {
			return statusBoundary
		}
		s.file.records = append(s.file.records, make([]byte, f.recordSize))
		if keep := f.maxRecords - 1; f.kind == typeCyclic && len(s.file.records) > keep {
			s.file.records = s.file.records[len(s.file.records)-keep:]
		}
		s.open = true
	}
	copy(s.file.records[len(s.file.records)-1][offset:], data)
	return statusOK
}

func (c *Card) prepareClearRecords(header []byte) (plan, status) {
	f, st := c.recordFile(header[0])
	if st != statusOK {
		return plan{}, st
	}
	_, st = c.allow(f, f.readWriteRight())
	return nothing, st
}

// clearRecords empties the file at the next commit.
func (c *Card) clearRecords(m message) (answer, status) {
	f, st := c.recordFile(m.header[0])
	if st != statusOK {
		return answer{}, st
	}
	s := c.change(f)
	s.file.records, s.open = nil, false
	return answer{}, statusOK
}
