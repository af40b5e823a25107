//go:build cgo || windows

package pcsc

import (
	"errors"
	"time"

	"github.com/ebfe/scard"
)

// host is the PC/SC of this machine.
var host system = scardSystem{}

type scardSystem struct{}

func (scardSystem) establish() (session, error) {
	c, err := scard.EstablishContext()
	if err != nil {
		return nil, fromScard(err)
	}
	return scardSession{c}, nil
}

type scardSession struct{ context *scard.Context }

func (s scardSession) readers() ([]string, error) {
	names, err := s.context.ListReaders()
	return names, fromScard(err)
}

func (s scardSession) wait(slots []slot, timeout time.Duration) error {
	states := make([]scard.ReaderState, len(slots))
	for i, l := range slots {
		states[i] = scard.ReaderState{
			Reader:       l.name,
			CurrentState: scard.StateFlag(uint32(l.events)<<16 | uint32(l.flags)),
		}
	}
	if err := s.context.GetStatusChange(states, timeout); err != nil {
		return fromScard(err)
	}
	for i, st := range states {
		slots[i].flags = flags(st.EventState) &^ flagChanged
		slots[i].events = uint16(st.EventState >> 16)
		slots[i].atr = st.Atr
	}
	return nil
}

func (s scardSession) cancel() error { return fromScard(s.context.Cancel()) }

func (s scardSession) release() error { return fromScard(s.context.Release()) }

func (s scardSession) connect(reader string) (link, error) {
	card, err := s.context.Connect(reader, scard.ShareShared, scard.ProtocolAny)
	if err != nil {
		return nil, fromScard(err)
	}
	return scardLink{card}, nil
}

type scardLink struct{ card *scard.Card }

func (l scardLink) begin() error { return fromScard(l.card.BeginTransaction()) }

func (l scardLink) reset() error {
	return fromScard(l.card.Reconnect(scard.ShareShared, scard.ProtocolAny, scard.ResetCard))
}

func (l scardLink) atr() ([]byte, error) {
	s, err := l.card.Status()
	if err != nil {
		return nil, fromScard(err)
	}
	return s.Atr, nil
}

func (l scardLink) transmit(command []byte) ([]byte, error) {
	switch l.card.ActiveProtocol() {
	case scard.ProtocolT0, scard.ProtocolT1:
	default:
		// scard panics on any other protocol.
		return nil, codeProtoMismatch
	}
	response, err := l.card.Transmit(command)
	if err != nil {
		return nil, fromScard(err)
	}
	// The binding hands out a slice of a 64 KiB buffer; do not keep that.
	return append([]byte(nil), response...), nil
}

func (l scardLink) end() error { return fromScard(l.card.EndTransaction(scard.ResetCard)) }

func (l scardLink) disconnect(reset bool) error {
	if reset {
		return fromScard(l.card.Disconnect(scard.ResetCard))
	}
	return fromScard(l.card.Disconnect(scard.LeaveCard))
}

// fromScard gives the binding's errors this package's type.
func fromScard(err error) error {
	var e scard.Error
	if errors.As(err, &e) {
		return code(e)
	}
	return err
}
