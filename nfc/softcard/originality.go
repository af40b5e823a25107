package softcard

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"sync"
)

// practiceText is what the private practice key is derived from.
const practiceText = "Sleutelbord practice key for software DESFire chips, not secret"

// practiceKey is the key that signs soft cards at their birth, as the chip maker
// signs its chips. It is SHA-224 of a public text: only a practice site may
// accept it.
var practiceKey = sync.OnceValue(func() *ecdsa.PrivateKey {
	sum := sha256.Sum224([]byte(practiceText))
	k, err := ecdsa.ParseRawPrivateKey(elliptic.P224(), sum[:])
	if err != nil {
		panic("softcard: practice key: " + err.Error())
	}
	return k
})

// PracticePublicKey is the key that verifies the originality signature of soft
// cards: an uncompressed point on secp224r1, 57 bytes. Everybody can compute its
// private half, so only a practice site accepts it.
func PracticePublicKey() []byte {
	b, err := practiceKey().PublicKey.Bytes()
	if err != nil {
		panic("softcard: practice key: " + err.Error())
	}
	return b
}

// practiceSignature signs a UID the way the chip maker does: ECDSA on secp224r1
// over the seven UID bytes themselves, r and s of 28 bytes each
// (NXP AN12343 rev 1.1, chapter 9).
func practiceSignature(uid []byte) ([]byte, error) {
	r, s, err := ecdsa.Sign(rand.Reader, practiceKey(), uid)
	if err != nil {
		return nil, fmt.Errorf("signing the uid: %w", err)
	}
	out := make([]byte, signatureSize)
	r.FillBytes(out[:signatureSize/2])
	s.FillBytes(out[signatureSize/2:])
	return out, nil
}
