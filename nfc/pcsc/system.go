package pcsc

import "time"

// system is the part of PC/SC that this package needs, so that everything
// above the binding is tested without a reader, without a service, and with
// faults that no reader can be made to show. Every error that its methods
// return for an answer of PC/SC is a [code].
type system interface {
	// establish opens a context (SCardEstablishContext).
	establish() (session, error)
}

// session is a PC/SC context. It serves one goroutine at a time; only cancel
// may be called from another.
type session interface {
	// readers gives the names of the readers, in the system's order
	// (SCardListReaders); none is the error codeNoReaders.
	readers() ([]string, error)

	// wait blocks until one of slots is no longer as its flags say, fills in
	// what they are now, and returns (SCardGetStatusChange). A negative timeout
	// never ends; otherwise codeTimeout says that nothing changed.
	wait(slots []slot, timeout time.Duration) error

	// cancel ends a wait that has begun, which then returns codeCancelled
	// (SCardCancel). It has no effect on a wait that begins later.
	cancel() error

	// connect opens the card in a reader, shared with other programs
	// (SCardConnect).
	connect(reader string) (link, error)

	// release closes the context (SCardReleaseContext).
	release() error
}

// link is an open card handle.
type link interface {
	// begin keeps every other program out; it blocks while another program
	// does so (SCardBeginTransaction).
	begin() error
	// reset gives the card a warm reset (SCardReconnect).
	reset() error
	// atr gives the card's answer to reset (SCardStatus).
	atr() ([]byte, error)
	// transmit exchanges one APDU (SCardTransmit).
	transmit(command []byte) ([]byte, error)
	// end resets the card, then lets others in again (SCardEndTransaction).
	end() error
	// disconnect gives the handle back, with a reset of the card if reset is
	// true (SCardDisconnect).
	disconnect(reset bool) error
}

// pnpName is the reader that does not exist: it changes when a reader comes or
// goes. Source: SCARD_READERSTATE in Microsoft's winscard.h reference, and
// SCardGetStatusChange of pcsc-lite. macOS does not have it.
const pnpName = `\\?PnP?\Notification`

// maxSlots is how many slots one wait can take: PCSCLITE_MAX_READERS_CONTEXTS
// of pcsc-lite is 16, and one of them is pnpName.
const maxSlots = 16

// flags are the low 16 bits of a reader's state (SCARD_STATE_* of winscard.h),
// the same on every system.
type flags uint16

const (
	flagChanged     flags = 0x0002
	flagUnknown     flags = 0x0004
	flagUnavailable flags = 0x0008
	flagPresent     flags = 0x0020
	flagExclusive   flags = 0x0080
	flagMute        flags = 0x0200
)

// slot is one reader as PC/SC sees it. The zero flags and events mean that
// nothing is known yet, and make wait return at once.
type slot struct {
	name  string
	flags flags
	// events counts cards laid and taken away, where the system counts them
	// (the upper half of the state; pcsc-lite and Windows do, macOS does not).
	events uint16
	atr    []byte
}

func (s slot) aware() bool { return s.flags != 0 || s.events != 0 }

func (s slot) has(f flags) bool { return s.flags&f != 0 }
