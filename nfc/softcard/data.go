package softcard

// span reads offset and length, three bytes each, low byte first, from the header
// of a read or write command.
func span(header []byte) (offset, length int) {
	return number24(header[1:]), number24(header[4:])
}

// within tells whether a span lies in size bytes.
func within(offset, length, size int) bool { return offset <= size && length <= size-offset }

// reading plans a read command: what a key grants travels in the file's mode.
func reading(p protection) plan {
	if p == bare {
		return plan{in: bare, out: bare}
	}
	return plan{in: standard, out: p}
}

func (c *Card) prepareReadData(header []byte) (plan, status) {
	f, st := c.fileAt(header[0])
	if st != statusOK {
		return plan{}, st
	}
	if !f.isData() {
		return plan{}, statusPermission
	}
	p, st := c.allow(f, f.readRight(), f.readWriteRight())
	return reading(p), st
}

// readData answers committed content; length 0 reads to the end of the file.
func (c *Card) readData(m message) (answer, status) {
	f, st := c.fileAt(m.header[0])
	if st != statusOK {
		return answer{}, st
	}
	offset, length := span(m.header)
	toEnd := length == 0
	if toEnd {
		length = len(f.data) - offset
	}
	if length <= 0 || !within(offset, length, len(f.data)) {
		return answer{}, statusBoundary
	}
	return answer{data: f.data[offset : offset+length], pad: toEnd}, statusOK
}

func (c *Card) prepareWriteData(header []byte) (plan, status) {
	f, st := c.fileAt(header[0])
	if st != statusOK {
		return plan{}, st
	}
	if !f.isData() {
		return plan{}, statusPermission
	}
	p, st := c.allow(f, f.writeRight(), f.readWriteRight())
	if st != statusOK {
		return plan{}, st
	}
	return writing(p, header, len(f.data))
}

// writing plans a write command of a span within size bytes.
func writing(p protection, header []byte, size int) (plan, status) {
	offset, length := span(header)
	if length == 0 {
		return plan{}, statusParameter
	}
	if !within(offset, length, size) {
		return plan{}, statusBoundary
	}
	return plan{in: p, out: answering(p), need: length}, statusOK
}

// answering is how the empty answer to a write of this protection travels.
func answering(p protection) protection {
	if p == bare {
		return bare
	}
	return standard
}

// writeData writes a standard file at once, a backup file at the next commit.
func (c *Card) writeData(m message) (answer, status) {
	f, st := c.fileAt(m.header[0])
	if st != statusOK {
		return answer{}, st
	}
	offset, _ := span(m.header)
	c.store(f, offset, m.data)
	return answer{}, statusOK
}

func (c *Card) store(f *file, offset int, data []byte) {
	if f.kind == typeBackup {
		copy(c.change(f).file.data[offset:], data)
		return
	}
	copy(f.data[offset:], data)
	c.touch()
}
