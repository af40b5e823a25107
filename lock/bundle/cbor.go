package bundle

import (
	"bytes"
	"fmt"

	"github.com/fxamacker/cbor/v2"
)

var (
	encMode = mustEncMode()
	decMode = mustDecMode()
)

func mustEncMode() cbor.EncMode {
	m, err := cbor.CoreDetEncOptions().EncMode()
	if err != nil {
		panic(err) // the options are constant
	}
	return m
}

// mustDecMode gives a decoder that refuses what no bundle has. What it lets
// pass and the encoder would not write is found by [strictly].
func mustDecMode() cbor.DecMode {
	m, err := cbor.DecOptions{
		DupMapKey:         cbor.DupMapKeyEnforcedAPF,
		IndefLength:       cbor.IndefLengthForbidden,
		TagsMd:            cbor.TagsForbidden,
		ExtraReturnErrors: cbor.ExtraDecErrorUnknownField,
		MaxNestedLevels:   8,
		MaxArrayElements:  1024,
		MaxMapPairs:       MaxSize / 2,
	}.DecMode()
	if err != nil {
		panic(err) // the options are constant
	}
	return m
}

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
