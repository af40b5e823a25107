package desk

import "encoding/hex"

// practiceKey is the public key that signs software chips: an uncompressed
// point on secp224r1. Its private half is no secret, so that only a practice
// site takes such chips.
const practiceKey = "04cb2e8516a78d95e020ef31bd31fa02d82c46649dbc22a4687855fd2a40104cf47f89cce0d8f285781467f6598dca1d34f8aebc2f07b5d75f"

// PracticeKey is the public key by which practice chips are known.
func PracticeKey() []byte {
	b, err := hex.DecodeString(practiceKey)
	if err != nil {
		panic(err) // a constant, held by a test
	}
	return b
}
