package desfire

import (
	"fmt"
	"log/slog"
)

// Session is a tag to which a key has proved itself, and which has proved
// itself to the key. It comes from the Authenticate methods of [Card] and ends
// by selection, by another authentication, by a change of its own key and by
// any error. It never shows its keys.
type Session struct {
	commands
	card  *Card
	ch    secured
	keyNo byte
	kind  KeyType // of the authenticated key
}

// begin makes s the card's one live session.
func (c *Card) begin(keyNo byte, kind KeyType, ch secured) *Session {
	s := &Session{card: c, ch: ch, keyNo: keyNo, kind: kind}
	s.commands = commands{run: s.protected}
	c.live = s
	return s
}

func (s *Session) alive() bool { return s.card.live == s }

// end forgets the session's keys.
func (s *Session) end() {
	if s.alive() {
		s.card.live = nil
	}
	s.ch = nil
}

func (s *Session) protected(c command) ([]byte, error) {
	if !s.alive() {
		return nil, fmt.Errorf("%s: %w", c.what, ErrSessionEnded)
	}
	reply, err := s.card.link.carry(s.ch, c)
	if err != nil {
		s.end()
	}
	return reply, err
}

const redactedSession = "[session]"

// String hides the session's keys.
func (s Session) String() string { return redactedSession }

// GoString hides the session's keys.
func (s Session) GoString() string { return redactedSession }

// Format hides the session's keys from every verb of package fmt.
func (s Session) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redactedSession)) }

// LogValue hides the session's keys from package slog.
func (s Session) LogValue() slog.Value { return slog.StringValue(redactedSession) }
