package detcbor_test

import (
	"encoding/hex"
	"fmt"
	"testing"

	"sleutelbord/lock/internal/detcbor"
)

// TestRefused: each way of saying the same otherwise that RFC 8949 has, and what
// is no one way at all, is refused or encoded to other bytes.
func TestRefused(t *testing.T) {
	type pair struct {
		_ struct{} `cbor:",toarray"`
		A uint64
		B map[uint16]uint16
	}
	enc, dec := detcbor.Encoder(), detcbor.Decoder(16, 16)
	good := "8201a201020304"
	for name, text := range map[string]string{
		"good":              good,
		"as many pairs":     "8201b0" + pairs(16),
		"longer number":     "821801a201020304",
		"keys in disorder":  "8201a203040102",
		"key twice":         "8201a201020104",
		"indefinite array":  "9f01a201020304ff",
		"indefinite map":    "8201bf01020304ff",
		"tag":               "82c001a201020304",
		"behind the end":    good + "00",
		"cut":               good[:len(good)-2],
		"too many pairs":    "8201b1" + pairs(17),
		"another element":   "8301a20102030400",
		"element missing":   "8101",
		"text for a number": "826131a201020304",
	} {
		data, err := hex.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		var v pair
		if err = dec.Unmarshal(data, &v); err == nil {
			var again []byte
			if again, err = enc.Marshal(v); err == nil && hex.EncodeToString(again) != text {
				continue
			}
		}
		if (err == nil) != (name == "good" || name == "as many pairs") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func pairs(n int) (text string) {
	for key := range n {
		text += fmt.Sprintf("%02x01", key)
	}
	return text
}
