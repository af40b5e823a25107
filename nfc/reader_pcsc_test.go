//go:build cgo && linux

package nfc_test

import (
	"testing"

	"sleutelbord/nfc/pcsc"
	"sleutelbord/nfc/pcsc/pcscdtest"
	"sleutelbord/nfc/softcard"
)

// TestPCSCReaderKeepsTheContract runs over a real pcscd.
func TestPCSCReaderKeepsTheContract(t *testing.T) {
	keepsTheContract(t, func(t *testing.T) bench {
		d := pcscdtest.Start(t)
		r, err := pcsc.Open(d.Reader(0))
		if err != nil {
			t.Fatal(err)
		}
		take := func() {}
		return bench{
			reader: r,
			lay:    func(c *softcard.Card) { take = d.Lay(0, c.ServeVPCD) },
			take:   func() { take() },
		}
	})
}
