package softcard

// isWrapped tells an ISO-wrapped DESFire command from a native one: no native
// instruction has this number.
func isWrapped(command []byte) bool { return len(command) > 0 && command[0] == 0x90 }

// isISO tells an ISO 7816-4 command, or one for the reader, from a native one.
func isISO(command []byte) bool {
	return len(command) > 0 && (command[0] == 0x00 || command[0] == 0xFF)
}

// answer finds the framing of a command (NXP MF3ICD81 rev 3.5, 7.4.1) and
// answers in it. Any bytes may come.
func (c *Card) answer(command []byte) []byte {
	switch {
	case len(command) == 0:
		return wordLength.bytes()
	case isWrapped(command):
		return c.wrapped(command)
	case command[0] == 0x00:
		return c.iso(command)
	case command[0] == 0xFF:
		return c.pseudo(command)
	}
	if _, known := commands[command[0]]; !known && command[0] != insMore && len(command) >= 4 {
		c.fail(statusIllegal)
		return wordClass.bytes()
	}
	data, st := c.exchange(command[0], command[1:])
	return join([]byte{byte(st)}, data)
}

// wrapped answers 90 INS 00 00 [Lc data] [Le] with data and 91 status.
func (c *Card) wrapped(command []byte) []byte {
	apdu, w := parseAPDU(command)
	if w == wordOK && (apdu.p1 != 0 || apdu.p2 != 0) {
		w = wordParameters
	}
	if w != wordOK {
		c.fail(statusLength)
		return w.bytes()
	}
	data, st := c.exchange(apdu.ins, apdu.data)
	return append(append([]byte(nil), data...), 0x91, byte(st))
}

// apdu is a short command APDU (ISO/IEC 7816-4:2020, 5.2).
type apdu struct {
	ins, p1, p2 byte
	data        []byte
	// le is 0 where no answer is asked for, else 1 to 256.
	le int
}

func parseAPDU(b []byte) (apdu, word) {
	if len(b) < 4 {
		return apdu{}, wordLength
	}
	a := apdu{ins: b[1], p1: b[2], p2: b[3]}
	rest := b[4:]
	switch {
	case len(rest) == 0:
		return a, wordOK
	case len(rest) == 1:
		a.le = expected(rest[0])
		return a, wordOK
	}
	n := int(rest[0])
	switch len(rest) {
	case 1 + n:
	case 2 + n:
		a.le = expected(rest[1+n])
	default:
		return apdu{}, wordLength
	}
	a.data = rest[1 : 1+n]
	return a, wordOK
}

func expected(le byte) int {
	if le == 0 {
		return 256
	}
	return int(le)
}

// pseudo plays the part of a PC/SC reader (PC/SC part 3 rev 2.01, 3.2.2.1.3):
// Get Data for the UID and for the ATS; nothing else.
func (c *Card) pseudo(command []byte) []byte {
	if len(command) < 4 || len(command) > 5 || command[1] != 0xCA || command[3] != 0 {
		return wordUnsupported.bytes()
	}
	switch command[2] {
	case 0:
		return join(c.shownUID(), wordOK.bytes())
	case 1:
		return join(c.image.ats[1:], wordOK.bytes())
	}
	return wordUnsupported.bytes()
}

// shownUID is what the anticollision shows: the UID, or four random bytes.
func (c *Card) shownUID() []byte {
	if c.shown != nil {
		return c.shown
	}
	return c.image.uid
}
