package desfire

import (
	"fmt"

	"sleutelbord/nfc"
)

// CommMode is how the data of a file travels: NXP MF3ICD81 rev 3.5, 8.6
// "communication settings". The number is the one on the wire.
type CommMode byte

// Communication modes.
const (
	Plain CommMode = 0x00
	MAC   CommMode = 0x01
	Full  CommMode = 0x03 // enciphered, with CRC or MAC
)

func (m CommMode) String() string {
	switch m {
	case Plain:
		return "plain"
	case MAC:
		return "mac"
	case Full:
		return "full"
	}
	return fmt.Sprintf("mode %02X", byte(m))
}

func (m CommMode) valid() bool { return m == Plain || m == MAC || m == Full }

// guard is what happens to one direction of a command inside a session. The
// zero guard is what the session does to every command that no file setting
// speaks about: nothing in D40, the running CMAC in EV1, a MAC in EV2.
type guard byte

const (
	guardSession guard = iota
	guardPlain         // file data in plain
	guardMAC           // file data with MAC
	guardFull          // enciphered, the session adds CRC or MAC
	guardKey           // outgoing: enciphered, ChangeKey's own checksums inside
	guardNone          // incoming: bare, because the key of the session is gone
	guardSigned        // incoming, Read_Sig: see [commands.ReadSignature]
)

var guardOf = map[CommMode]guard{Plain: guardPlain, MAC: guardMAC, Full: guardFull}

// unlessPlain is the guard of the direction that carries no file data: the
// session's own, but none where the file is plain (only EV2 sees a difference).
func unlessPlain(m CommMode) guard {
	if m == Plain {
		return guardPlain
	}
	return guardSession
}

// command declares one card command: what goes out, what may come back, and
// how both are protected.
type command struct {
	what string // for error texts: "creating an application"
	ins  byte
	head []byte // parameters that are never enciphered
	data []byte // what guardFull and guardKey encipher
	out  guard
	in   guard
	// min and max bound the answer's bytes, protection removed.
	min, max int
	// marked: the length of the answer was left to the card, so the padding of
	// an enciphered answer begins with 80 (D40 and EV1; EV2 always does so).
	marked bool
}

func (c command) message() []byte {
	m := make([]byte, 0, 1+len(c.head)+len(c.data)+16)
	m = append(m, c.ins)
	m = append(m, c.head...)
	return append(m, c.data...)
}

func (c command) checkLength(reply []byte) ([]byte, error) {
	if len(reply) < c.min || len(reply) > c.max {
		return nil, fmt.Errorf("%w: %d bytes of answer where %s is due", nfc.ErrProtocol, len(reply), span(c.min, c.max))
	}
	return reply, nil
}

func span(lo, hi int) string {
	if lo == hi {
		return fmt.Sprint(lo)
	}
	return fmt.Sprintf("%d to %d", lo, hi)
}

// commands are the card commands that both a [Card] and a [Session] have.
type commands struct {
	run func(command) ([]byte, error)
}

// channel is what happens to commands and answers on their way.
type channel interface {
	// protect gives what follows the instruction byte.
	protect(c command) ([]byte, error)
	// open checks the protection of the answer to c and removes it. status is
	// the second byte of the status word that ended the answer.
	open(c command, status byte, reply []byte) ([]byte, error)
}

// secured is a channel with keys.
type secured interface {
	channel
	// keyData completes the data of ChangeKey with this generation's checksums.
	keyData(k keyChange) []byte
}

// maxProtection is the most that any channel adds to an answer: a CRC-32 or a
// MAC, and padding.
const maxProtection = 4 + 8 + 16

// plainChannel protects nothing: a card without a session.
type plainChannel struct{}

func (plainChannel) protect(c command) ([]byte, error) {
	return c.message()[1:], nil
}

func (plainChannel) open(_ command, _ byte, reply []byte) ([]byte, error) { return reply, nil }
