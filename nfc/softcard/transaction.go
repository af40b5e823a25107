package softcard

import "slices"

// transaction holds what will be in the files of the selected application after
// the next commit, by file number.
type transaction map[byte]*shadow

// shadow is a file as it will be.
type shadow struct {
	file *file
	// debited is the sum of the debits.
	debited int64
	// hasDebit and hasCredit decide about the limit of LimitedCredit.
	hasDebit, hasLimitedCredit bool
	// open says that the newest record was written in this transaction.
	open bool
}

// change gives the shadow of a file, to be changed.
func (c *Card) change(f *file) *shadow {
	if c.tx == nil {
		c.tx = transaction{}
	}
	s := c.tx[f.no]
	if s == nil {
		s = &shadow{file: f.clone()}
		c.tx[f.no] = s
	}
	return s
}

func (t transaction) clone() transaction {
	if t == nil {
		return nil
	}
	d := transaction{}
	for no, s := range t {
		copied := *s
		copied.file = s.file.clone()
		d[no] = &copied
	}
	return d
}

// commit makes the changes of a transaction true, all at once. EV2 and EV3 take
// an option byte, of which only 00 is known here.
func (c *Card) commit(m message) (answer, status) {
	switch {
	case len(m.data) > 1 || len(m.data) == 1 && c.image.chip == EV1:
		return answer{}, statusLength
	case len(m.data) == 1 && m.data[0] != 0:
		return answer{}, statusParameter
	case len(c.tx) == 0:
		return answer{}, statusNoChanges
	}
	files := slices.Clone(c.app.files)
	for i, f := range files {
		if s := c.tx[f.no]; s != nil {
			s.settleLimit()
			files[i] = s.file
			if c.ef == f {
				c.ef = s.file
			}
		}
	}
	c.app.files, c.tx = files, nil
	c.touch()
	return answer{}, statusOK
}

// settleLimit sets what LimitedCredit may give back: the debits of the last
// transaction that had any, and nothing once it was used (NXP MF3ICD81 rev 3.5,
// 9.6.5).
func (s *shadow) settleLimit() {
	switch {
	case s.hasDebit:
		s.file.limit = int32(min(s.debited, 1<<31-1))
	case s.hasLimitedCredit:
		s.file.limit = 0
	}
}

func (c *Card) abort(message) (answer, status) {
	if len(c.tx) == 0 {
		return answer{}, statusNoChanges
	}
	c.tx = nil
	return answer{}, statusOK
}
