//go:build cgo && linux

package pcsc_test

import (
	"errors"
	"testing"

	"sleutelbord/nfc"
	"sleutelbord/nfc/pcsc/pcscdtest"

	"github.com/ebfe/scard"
)

// other is another program that uses the reader, straight through PC/SC.
type other struct {
	t    *testing.T
	card *scard.Card
}

func connectOther(t *testing.T, reader string, mode scard.ShareMode) other {
	t.Helper()
	c, err := scard.EstablishContext()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Release() })
	card, err := c.Connect(reader, mode, scard.ProtocolAny)
	if err != nil {
		t.Fatal(err)
	}
	return other{t, card}
}

func (o other) disconnect(d scard.Disposition) {
	o.t.Helper()
	if err := o.card.Disconnect(d); err != nil {
		o.t.Error(err)
	}
}

// Many programs keep a shared connection open for hours. What they send in the
// middle of a transaction waits for its end, and then fails, because the tag
// was reset.
func TestOtherProgramIsConnected(t *testing.T) {
	d := pcscdtest.Start(t)
	card := echoCard()
	d.Lay(0, card.Serve)
	r := open(t, "00 00")
	r.untilPresent()
	o := connectOther(t, d.Reader(0), scard.ShareShared)
	answered := make(chan error, 1)
	err := r.Transact(t.Context(), func(tr nfc.Transceiver) error {
		go func() {
			_, err := o.card.Transmit([]byte{0x90, 0x0A, 0, 0, 0})
			answered <- err
		}()
		for i := range 200 {
			if _, err := tr.Transmit([]byte{0x90, 0x60, 0, 0, 0}); err != nil {
				return err
			}
			if n := card.CommandsSinceReset(); n != i+1 {
				t.Errorf("after %d commands the tag has seen %d", i+1, n)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	if err := <-answered; !errors.Is(err, scard.ErrResetCard) {
		t.Errorf("the other program's command: %v", err)
	}
	if n := card.CommandsSinceReset(); n != 0 {
		t.Errorf("%d commands after the reset at the end", n)
	}
	o.disconnect(scard.ResetCard)
	if err := r.Transact(t.Context(), nothing); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// A program that has the reader to itself is waited for, then named as the
// trouble, and no longer once it lets go.
func TestOtherProgramIsExclusive(t *testing.T) {
	d := pcscdtest.Start(t)
	d.Lay(0, echoCard().Serve)
	r := open(t, "00 00")
	r.untilPresent()
	o := connectOther(t, d.Reader(0), scard.ShareExclusive)
	err := r.Transact(t.Context(), func(nfc.Transceiver) error { t.Error("ran"); return nil })
	if !errors.Is(err, nfc.ErrReaderBusy) {
		t.Errorf("while it is taken: %v", err)
	}
	ended := make(chan error)
	go func() { ended <- r.Transact(t.Context(), nothing) }()
	o.disconnect(scard.LeaveCard)
	if err := <-ended; err != nil {
		t.Errorf("when it was given back: %v", err)
	}
	r.sameTag()
}

// A program that unpowers the card when it leaves does not look like a tag
// that was taken away.
func TestOtherProgramUnpowersTheTag(t *testing.T) {
	d := pcscdtest.Start(t)
	d.Lay(0, echoCard().Serve)
	r := open(t, "00 00")
	r.untilPresent()
	connectOther(t, d.Reader(0), scard.ShareShared).disconnect(scard.UnpowerCard)
	if err := r.Transact(t.Context(), func(tr nfc.Transceiver) error {
		_, err := tr.Transmit([]byte{0x90, 0x60, 0, 0, 0})
		return err
	}); err != nil {
		t.Error(err)
	}
	r.sameTag()
}

// sameTag fails if the tag was told to have left, or to be another.
func (o *opened) sameTag() {
	o.t.Helper()
	for len(o.states) > 0 {
		if s := <-o.states; !s.Present || s.Presentation != 1 {
			o.t.Errorf("told %+v", s.State)
		}
	}
}
