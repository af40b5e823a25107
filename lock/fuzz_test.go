package lock

import (
	"bytes"
	"crypto/sha256"
	"testing"

	"sleutelbord/lock/bundle"
)

// FuzzState: a state that parses is written again in the same bytes. The
// checksum is put right first, so that the fuzzer gets past it.
func FuzzState(f *testing.F) {
	receipt := bundle.NewReceipt(bundle.NewReceiptKey(seeded16("r")), bundle.LockID{1}, 5)
	for _, s := range []state{
		{},
		{Lock: bundle.LockID{1}, Receipt: &receipt, Bundle: []byte("sealed"), Lines: []line{{
			Signers: []bundle.SignerKey{{1}, {2}}, Sequence: 5,
			Floors: map[zoneKey]bundle.Floor{{101, 1}: floor(3, 1, 2), {900, 2}: floor(0)},
		}}},
	} {
		data, err := encodeState(s)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(stateTitle))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, d := range [][]byte{data, checksummed(data)} {
			s, err := parseState(d)
			if err != nil {
				continue
			}
			if again, err := encodeState(s); err != nil || !bytes.Equal(again, d) {
				t.Fatalf("%X is written otherwise", d)
			}
		}
	})
}

func checksummed(data []byte) []byte {
	if len(data) < sha256.Size {
		return data
	}
	n := len(data) - sha256.Size
	sum := sha256.Sum256(data[:n])
	return append(bytes.Clone(data[:n]), sum[:]...)
}
