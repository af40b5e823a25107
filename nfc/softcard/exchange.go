package softcard

// insMore asks for, or brings, a further frame.
const insMore = 0xAF

// command is one instruction of the chip.
type command struct {
	// since is the first generation that has it.
	since Chip
	// header is the number of bytes that travel in clear before the data.
	header int
	// long commands may come in several frames.
	long bool
	// whole answers are not cut into the chip's own frames: the line chains
	// them (ISO/IEC 14443-4).
	whole bool
	// outside commands make or end sessions and travel without protection.
	outside bool
	// prepare checks rights and finds out how the command travels.
	prepare func(c *Card, header []byte) (plan, status)
	// run acts.
	run func(c *Card, m message) (answer, status)
}

// message is a command whose protection has been taken off.
type message struct {
	ins                   byte
	header, data, trailer []byte
}

// answer is what a command gives back, before it is protected.
type answer struct {
	data []byte
	// cuts are the lengths of the frames at its start, where the chip fixes them.
	cuts []int
	// pad marks that the reader did not name the length.
	pad bool
}

// gathering is a command that comes in several frames.
type gathering struct {
	ins  byte
	plan plan
	body []byte // header included
	need int
}

// fixed prepares a command that always travels the same way.
func fixed(p plan, checks ...func(c *Card) status) func(*Card, []byte) (plan, status) {
	return func(c *Card, _ []byte) (plan, status) {
		for _, check := range checks {
			if st := check(c); st != statusOK {
				return plan{}, st
			}
		}
		return p, statusOK
	}
}

// exchange is one frame to the card and one from it. It is the only way into the
// chip's own commands.
func (c *Card) exchange(ins byte, body []byte) ([]byte, status) {
	if ins == insMore {
		return c.proceed(body)
	}
	c.pending, c.inbound, c.frames = nil, nil, nil
	cmd, ok := commands[ins]
	if !ok || c.image.chip < cmd.since {
		return c.fail(statusIllegal)
	}
	if len(body) < cmd.header {
		return c.fail(statusLength)
	}
	p, st := cmd.prepare(c, body[:cmd.header])
	if st != statusOK {
		return c.fail(st)
	}
	g := &gathering{ins: ins, plan: p, body: append([]byte(nil), body...), need: -1}
	if p.need >= 0 {
		g.need = cmd.header + c.channelFor(cmd).size(p, p.need)
	}
	return c.gather(cmd, g)
}

// proceed continues what the frame before began.
func (c *Card) proceed(body []byte) ([]byte, status) {
	switch {
	case c.pending != nil:
		return c.finishHandshake(body)
	case c.inbound != nil:
		g := c.inbound
		c.inbound = nil
		g.body = append(g.body, body...)
		return c.gather(commands[g.ins], g)
	case len(c.frames) > 0 && len(body) == 0:
		return c.nextFrame()
	}
	return c.fail(statusIllegal)
}

// gather waits for the rest of a long command, by the length that it named
// itself, and runs a complete one.
func (c *Card) gather(cmd command, g *gathering) ([]byte, status) {
	switch {
	case g.need < 0 || len(g.body) == g.need:
		return c.perform(cmd, g)
	case len(g.body) > g.need || !cmd.long:
		return c.fail(statusLength)
	}
	c.inbound = g
	return nil, statusMore
}

func (c *Card) perform(cmd command, g *gathering) ([]byte, status) {
	in := inbound{ins: g.ins, header: g.body[:cmd.header], body: g.body[cmd.header:], plan: g.plan}
	data, trailer, st := c.channelFor(cmd).open(in)
	if st != statusOK {
		return c.fail(st)
	}
	a, st := cmd.run(c, message{ins: g.ins, header: in.header, data: data, trailer: trailer})
	switch {
	case !st.success():
		return c.fail(st)
	case st == statusMore:
		return a.data, st
	}
	// A command that ended the session is answered without protection.
	ch := c.channelFor(cmd)
	c.frames = cut(ch.seal(g.plan.out, a.data, st, a.pad), a.cuts, frameSize(cmd, ch, g.plan.out, a))
	c.final = st
	return c.nextFrame()
}

// longestAnswer is the most data that a short APDU answers.
const longestAnswer = 256

func frameSize(cmd command, ch channel, p protection, a answer) int {
	switch {
	case cmd.whole:
		return longestAnswer
	case len(a.cuts) > 0:
		return frameClear
	}
	return ch.frame(p)
}

// cut splits an answer into frames, at least one: those of the given lengths
// first, then of at most size bytes.
func cut(b []byte, cuts []int, size int) [][]byte {
	var frames [][]byte
	for _, n := range cuts {
		n = min(n, len(b))
		frames, b = append(frames, b[:n]), b[n:]
	}
	for len(b) > size {
		frames, b = append(frames, b[:size]), b[size:]
	}
	if len(b) > 0 || len(frames) == 0 {
		frames = append(frames, b)
	}
	return frames
}

func (c *Card) nextFrame() ([]byte, status) {
	f := c.frames[0]
	c.frames = c.frames[1:]
	if len(c.frames) > 0 {
		return f, statusMore
	}
	return f, c.final
}

// fail answers an error. Every error aborts an open transaction and ends the
// session, but for a D40 session, which goes on.
func (c *Card) fail(st status) ([]byte, status) {
	c.pending, c.inbound, c.frames, c.tx = nil, nil, nil, nil
	if c.session != nil {
		if _, legacy := c.session.channel.(d40); !legacy {
			c.session = nil
		}
	}
	return nil, st
}

func (c *Card) channelFor(cmd command) channel {
	if cmd.outside || c.session == nil {
		return unprotected{}
	}
	return c.session.channel
}

// Conditions that commands ask for.

func atPICC(c *Card) status {
	if c.app != nil {
		return statusPermission
	}
	return statusOK
}

func atApplication(c *Card) status {
	if c.app == nil {
		return statusPermission
	}
	return statusOK
}

func authenticated(c *Card) status {
	if c.session == nil {
		return statusWrongKey
	}
	return statusOK
}

// masterKey asks for an authentication with key 0 of the level one is at.
func masterKey(c *Card) status {
	if !c.hasKey(0) {
		return statusWrongKey
	}
	return statusOK
}

// unless asks for the master key while a key setting is not set.
func unless(setting byte) func(*Card) status {
	return func(c *Card) status {
		if c.levelSettings()&setting != 0 {
			return statusOK
		}
		return masterKey(c)
	}
}

func (c *Card) hasKey(no byte) bool { return c.session != nil && c.session.keyNo == no }

// levelSettings are the key settings of the PICC or the selected application.
func (c *Card) levelSettings() byte {
	if c.app == nil {
		return c.image.settings
	}
	return c.app.settings
}

// touch notes that the image changed.
func (c *Card) touch() { c.dirty = true }
