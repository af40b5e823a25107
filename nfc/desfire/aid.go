package desfire

import (
	"encoding/hex"
	"fmt"
)

// AID is an application identifier, most significant byte first as it is
// written on paper (F53B01). On the wire the chip wants it the other way round
// (01 3B F5): NXP MF3ICD81 rev 3.5, 9.4.2; NXP AN10787, 3.10.
type AID [3]byte

// PICCLevel is the AID 000000, which selects the chip itself.
var PICCLevel AID

// ParseAID reads six hexadecimal digits.
func ParseAID(s string) (AID, error) {
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != 3 {
		return AID{}, fmt.Errorf("%q is not an application id: six hexadecimal digits are wanted", s)
	}
	return AID(b), nil
}

func (a AID) String() string { return fmt.Sprintf("%02X%02X%02X", a[0], a[1], a[2]) }

func (a AID) wire() []byte { return []byte{a[2], a[1], a[0]} }
