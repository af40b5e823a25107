package bundle

import (
	"bytes"
	"fmt"

	"sleutelbord/lock/internal/detcbor"
)

// What the decoder lets pass and the encoder would not write is found by
// [strictly].
var (
	encMode = detcbor.Encoder()
	decMode = detcbor.Decoder(1024, MaxSize/2)
)

// encode writes one of this package's own structures; they all can be written.
func encode(v any) []byte {
	b, err := encMode.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("bundle: encoding %T: %v", v, err))
	}
	return b
}

// strictly decodes data into v, and refuses it unless v encodes to the same
// bytes again.
func strictly(data []byte, v any) error {
	if err := decMode.Unmarshal(data, v); err != nil {
		return err
	}
	again, err := encMode.Marshal(v)
	if err != nil {
		return err
	}
	if !bytes.Equal(again, data) {
		return fmt.Errorf("encoding is not the deterministic one")
	}
	return nil
}

// tagged cuts a CBOR tag off data, which a decoder without tags then reads.
func tagged(data, tag []byte) ([]byte, error) {
	rest, ok := bytes.CutPrefix(data, tag)
	if !ok {
		return nil, fmt.Errorf("tag %X is missing", tag)
	}
	return rest, nil
}
