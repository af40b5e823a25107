package desfire

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"

	"sleutelbord/nfc"
)

// Errors of using a session that is over, and of not using one that lives.
var (
	// ErrSessionEnded: the session ended by a selection, another
	// authentication, a change of its own key or an error. Nothing was sent.
	ErrSessionEnded = errors.New("session has ended")
	// ErrSessionLive: a Card was asked something while a Session lives on it; a
	// mistake of the program. Nothing was sent.
	ErrSessionLive = errors.New("card has a live session")
)

// Card is a tag without a session. It is used by one goroutine at a time.
type Card struct {
	commands
	link   link
	random io.Reader
	live   *Session
	// selected is the application that the tag stands in; unsure is set when a
	// selection failed, after which nobody can say.
	selected AID
	unsure   bool
}

// Option changes what [New] makes.
type Option func(*Card)

// WithRandom takes the reader's challenges from r, not from crypto/rand. It is
// for tests that repeat recorded traffic: a challenge that can be foreseen
// makes authentication worthless.
func WithRandom(r io.Reader) Option { return func(c *Card) { c.random = r } }

// New speaks to the tag behind t. The tag must be in its state after power-on
// (the PICC level selected, nobody authenticated), which is how [nfc.Reader]
// hands it over.
func New(t nfc.Transceiver, opts ...Option) *Card {
	c := &Card{link: link{t: t, framing: safeFraming}, random: rand.Reader}
	c.commands = commands{run: c.plain}
	for _, o := range opts {
		o(c)
	}
	return c
}

// Format shows neither challenges nor sessions.
func (c *Card) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte("[card]")) }

func (c *Card) plain(cmd command) ([]byte, error) {
	if c.live != nil {
		return nil, fmt.Errorf("%s: %w", cmd.what, ErrSessionLive)
	}
	if cmd.out > guardPlain || cmd.in == guardMAC || cmd.in == guardFull {
		return nil, fmt.Errorf("%s: a protected mode needs a session", cmd.what)
	}
	return c.link.carry(plainChannel{}, cmd)
}

// SelectApplication makes an application the one that the next commands are
// about, [PICCLevel] the chip itself. It ends any live session, also when it
// is refused. [nfc.ErrNotFound]: no such application.
//
// Source: NXP MF3ICD81 rev 3.5, 9.4.3 (5A).
func (c *Card) SelectApplication(aid AID) error {
	c.live = nil
	c.unsure = true
	_, err := c.plain(command{what: "selecting application " + aid.String(), ins: 0x5A, head: aid.wire()})
	if err == nil {
		c.selected, c.unsure = aid, false
	}
	return err
}
