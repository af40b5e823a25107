// Package nfc is the floor under everything that talks to a tag: the one
// method a tag answers on, the place where a tag can lie, ISO 7816-4 command
// and response APDUs, and the three kinds of error that come back from there.
//
// The three kinds are kept apart because the person at the counter does
// something different after each:
//
//   - the card refused: [StatusError], which unwraps to one of the sentinels
//     such as [ErrWrongKey] or [ErrNoSpace];
//   - the card answered something that the protocol does not allow:
//     [ErrProtocol];
//   - the line broke: [ErrTagRemoved], [ErrNoTag], [ErrNoReader],
//     [ErrReaderBusy], [ErrNoService], or [ErrLine] for the rest.
package nfc

import (
	"context"
	"errors"
)

// Transceiver sends one command APDU to a tag and returns its response APDU,
// status word included. An error means that the line broke: whether the tag
// acted on the command is then unknown. What the tag itself refuses is not an
// error here; it stands in the status word.
//
// A Transceiver is used by one goroutine at a time.
type Transceiver interface {
	Transmit(command []byte) (response []byte, err error)
}

// TransceiverFunc lets a function serve as a [Transceiver].
type TransceiverFunc func(command []byte) ([]byte, error)

// Transmit calls f.
func (f TransceiverFunc) Transmit(command []byte) ([]byte, error) { return f(command) }

// State says what a [Reader] sees. The zero State is a reader with nothing on it.
type State struct {
	// Attached is false while the reader itself is unplugged, or while the
	// system's smart card service is away.
	Attached bool
	// Present is true while a tag lies on the reader.
	Present bool
	// ATR is the answer to reset of the tag that is present, as PC/SC reports
	// it; it tells a tag that can be DESFire from one that cannot.
	ATR []byte
	// Presentation counts the tags laid on this reader since it was opened:
	// two states with the same number speak of the same, uninterrupted lying.
	Presentation uint64
	// Err is what keeps the reader from working, nil if nothing does.
	Err error
}

// Reader is a place where a tag can lie: a PC/SC reader or the built-in
// virtual one.
type Reader interface {
	// Name is the reader's full name, for people.
	Name() string

	// Transact runs f with exclusive use of the tag that lies on the reader,
	// starting from a tag in its state after power-on. It returns f's error, or
	// [ErrNoTag], [ErrNoReader], [ErrReaderBusy] or [ErrNoService] when f never
	// ran. However f ends, the tag is reset before anybody else can reach it,
	// so that no authenticated session is inherited. A done ctx is seen before
	// f starts, not inside: a plan stops between its own commands.
	Transact(ctx context.Context, f func(Transceiver) error) error

	// Watch calls changed with the present state, and again after each change,
	// until ctx is done; calls never overlap. It waits for events of the
	// system and does not poll. Losing the reader or the service is a state,
	// not an error: Watch goes on and reports its return.
	Watch(ctx context.Context, changed func(State)) error

	// Close lets go of the reader.
	Close() error
}

// Sentinels of a broken line.
var (
	ErrTagRemoved  = errors.New("tag was taken away")
	ErrNoTag       = errors.New("no tag on the reader")
	ErrNoReader    = errors.New("no reader")
	ErrReaderBusy  = errors.New("reader is in use by another program")
	ErrNoService   = errors.New("smart card service is not running")
	ErrLine        = errors.New("connection to the tag broke")
	ErrUnsupported = errors.New("not supported by this build")
)

// ErrProtocol is a reply that no correct card gives: wrong length, wrong MAC,
// a frame too many. The error that wraps it says which.
var ErrProtocol = errors.New("reply breaks the protocol")

// IsLine tells whether err means that the line broke, so that the tag may or
// may not have acted on the last command.
func IsLine(err error) bool {
	for _, e := range []error{ErrTagRemoved, ErrNoTag, ErrNoReader, ErrReaderBusy, ErrNoService, ErrLine} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
