package softcard

import "encoding/binary"

// amountSize is the length of an amount: signed, low byte first.
const amountSize = 4

func (c *Card) valueFile(no byte) (*file, status) {
	f, st := c.fileAt(no)
	if st == statusOK && f.kind != typeValue {
		return nil, statusPermission
	}
	return f, st
}

func (c *Card) prepareGetValue(header []byte) (plan, status) {
	f, st := c.valueFile(header[0])
	if st != statusOK {
		return plan{}, st
	}
	p, st := c.allow(f, f.readRight(), f.writeRight(), f.readWriteRight())
	if st != statusOK && f.options&optionFreeGetValue != 0 {
		p, st = bare, statusOK
	}
	return reading(p), st
}

// getValue answers the committed value.
func (c *Card) getValue(m message) (answer, status) {
	f, st := c.valueFile(m.header[0])
	if st != statusOK {
		return answer{}, st
	}
	return answer{data: binary.LittleEndian.AppendUint32(nil, uint32(f.value))}, statusOK
}

func (c *Card) prepareCredit(header []byte) (plan, status) {
	return c.prepareAmount(header[0], (*file).readWriteRight)
}

func (c *Card) prepareLimitedCredit(header []byte) (plan, status) {
	f, st := c.valueFile(header[0])
	if st != statusOK {
		return plan{}, st
	}
	if f.options&optionLimitedCredit == 0 {
		return plan{}, statusPermission
	}
	return c.prepareAmount(header[0], (*file).writeRight, (*file).readWriteRight)
}

func (c *Card) prepareDebit(header []byte) (plan, status) {
	return c.prepareAmount(header[0], (*file).readRight, (*file).writeRight, (*file).readWriteRight)
}

func (c *Card) prepareAmount(no byte, rights ...func(*file) byte) (plan, status) {
	f, st := c.valueFile(no)
	if st != statusOK {
		return plan{}, st
	}
	var granted []byte
	for _, r := range rights {
		granted = append(granted, r(f))
	}
	p, st := c.allow(f, granted...)
	return plan{in: p, out: answering(p), need: amountSize}, st
}

func (c *Card) credit(m message) (answer, status) {
	return c.book(m, func(*shadow, int64) status { return statusOK }, 1)
}

// limitedCredit gives back at most what the last transaction with debits took.
func (c *Card) limitedCredit(m message) (answer, status) {
	return c.book(m, func(s *shadow, amount int64) status {
		if s.hasLimitedCredit || amount > int64(s.file.limit) {
			return statusBoundary
		}
		s.hasLimitedCredit = true
		return statusOK
	}, 1)
}

func (c *Card) debit(m message) (answer, status) {
	return c.book(m, func(s *shadow, amount int64) status {
		s.debited += amount
		s.hasDebit = true
		return statusOK
	}, -1)
}

// book changes the value within the transaction, inside its limits.
func (c *Card) book(m message, check func(*shadow, int64) status, sign int64) (answer, status) {
	f, st := c.valueFile(m.header[0])
	if st != statusOK {
		return answer{}, st
	}
	amount := int64(int32(binary.LittleEndian.Uint32(m.data)))
	if amount < 0 {
		return answer{}, statusParameter
	}
	s := c.change(f)
	if st := check(s, amount); st != statusOK {
		return answer{}, st
	}
	value := int64(s.file.value) + sign*amount
	if value < int64(f.lower) || value > int64(f.upper) {
		return answer{}, statusBoundary
	}
	s.file.value = int32(value)
	return answer{}, statusOK
}
