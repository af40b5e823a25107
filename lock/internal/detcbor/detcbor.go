// Package detcbor is CBOR as locks write and read it: deterministically encoded
// (RFC 8949, 4.2.1), and decoded without indefinite lengths, tags, repeated keys
// and unknown fields. What it decodes need not be deterministic; who must know
// encodes it again and compares.
package detcbor

import "github.com/fxamacker/cbor/v2"

// maxNested is deeper than anything that locks have.
const maxNested = 8

// Encoder gives the deterministic encoder.
func Encoder() cbor.EncMode { return must(cbor.CoreDetEncOptions().EncMode()) }

// Decoder gives a decoder that takes arrays of at most elements, and maps of at
// most pairs; 0 is the library's own bound.
func Decoder(elements, pairs int) cbor.DecMode {
	return must(cbor.DecOptions{
		DupMapKey:         cbor.DupMapKeyEnforcedAPF,
		IndefLength:       cbor.IndefLengthForbidden,
		TagsMd:            cbor.TagsForbidden,
		ExtraReturnErrors: cbor.ExtraDecErrorUnknownField,
		MaxNestedLevels:   maxNested,
		MaxArrayElements:  elements,
		MaxMapPairs:       pairs,
	}.DecMode())
}

func must[M any](m M, err error) M {
	if err != nil {
		panic(err) // the options are constant
	}
	return m
}
