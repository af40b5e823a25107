package desfire

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"

	"sleutelbord/nfc"
)

// Outcomes of [VerifyOriginality] other than genuine.
var (
	// ErrCannotCheck: the chip's generation carries no signature (EV1), or is
	// not known.
	ErrCannotCheck = errors.New("originality of this chip cannot be checked")
	// ErrNotGenuine: no key of the chip's product fits the signature.
	ErrNotGenuine = errors.New("originality signature does not fit")
)

// Lengths of the originality signature and of what it signs.
const (
	SignatureSize = 56
	uidSize       = 7
)

// OriginalityKey is a public key on secp224r1 that signs the UIDs of a product.
type OriginalityKey struct {
	Product string
	// Point is the uncompressed point, 57 bytes: 04 ‖ x ‖ y.
	Point [57]byte
}

// chipKeys: the public keys of NXP by product. Source: proxmark3 at commit
// 1c8c3b78, tools/recover_pk.py (recovered from signatures of real chips, each
// confirmed by a sample) and client/src/crypto/originality.c; the third EV2 key
// is listed there for NTAG 424 DNA, DESFire EV2 and DESFire Light.
var chipKeys = map[Chip][]OriginalityKey{
	EV2: {
		mustKey("DESFire EV2", "04b304dc4c615f5326fe9383ddec9aa892df3a57fa7ffb3276192bc0eaa252ed45a865e3b093a3d0dce5be29e92f1392ce7de321e3e5c52b3a"),
		mustKey("DESFire EV2 XL", "04cd5d45e50b1502f0ba4656ff37669597e7e183251150f9574cc8da56bf01c7abe019e29fea48f9ce22c3ea4029a765e1bc95a89543bad1bc"),
		mustKey("DESFire EV2", "048a9b380af2ee1b98dc417fecc263f8449c7625cece82d9b916c992da209d68422b81ec20b65a66b5102a61596af3379200599316a00a1410"),
	},
	EV3: {
		mustKey("DESFire EV3", "041db46c145d0a36539c6544bd6d9b0aa62ff91ec48cbc6abae36e0089a46f0d08c8a715ea40a63313b92e90ddc1730230e0458a33276fb743"),
	},
}

func mustKey(product, point string) OriginalityKey {
	b, err := hex.DecodeString(point)
	if err != nil || len(b) != 57 {
		panic("desfire: originality key of " + product + " is not a point")
	}
	return OriginalityKey{Product: product, Point: [57]byte(b)}
}

// insReadSignature is Read_Sig. Chips end its answer with a status of its own
// (NXP AN12343 rev 1.1, table 44), some with the common one; in a session the
// status that came goes into the MAC.
const (
	insReadSignature = 0x3C
	statusSigned     = nfc.StatusWord(0x9190)
)

// ReadSignature reads the originality signature, 56 bytes: r ‖ s, each 28
// bytes, most significant byte first. EV1 does not know the command
// ([sleutelbord/nfc.ErrUnknownCommand]).
//
// It is best read without a session, which every chip allows. In an EV2
// session the command has a MAC; public clients do not agree whether the answer
// is enciphered besides (64 bytes) or not (56 bytes), so that, once its MAC has
// been checked, its length tells.
//
// Source: MF3D(H)x2 "Read_Sig" (3C 00), as seen in proxmark3 (plain) and in
// SpringCard's client (EV2 session, enciphered).
func (c commands) ReadSignature() ([]byte, error) {
	return c.run(command{
		what: "reading the originality signature", ins: insReadSignature, head: []byte{0x00}, in: guardSigned,
		min: SignatureSize, max: SignatureSize,
	})
}

// VerifyOriginality checks that sig is NXP's signature over uid for a chip of
// v's generation, and names the product whose key fits. uid is the 7-byte true
// UID, which itself, unhashed, is what ECDSA on secp224r1 signed. extra are
// further keys that are accepted for any generation that can be checked: those
// of practice chips.
//
// A fitting signature shows that NXP made a chip with this UID, not that this
// chip is it: signatures can be read and copied.
//
// Errors: [ErrCannotCheck], [ErrNotGenuine].
func VerifyOriginality(v Version, uid, sig []byte, extra ...OriginalityKey) (product string, err error) {
	keys, known := chipKeys[v.Chip()]
	if !known {
		return "", fmt.Errorf("%v: %w", v.Chip(), ErrCannotCheck)
	}
	if len(uid) != uidSize || len(sig) != SignatureSize {
		return "", fmt.Errorf("%w: signature of %d bytes over %d", ErrNotGenuine, len(sig), len(uid))
	}
	r, s := new(big.Int).SetBytes(sig[:28]), new(big.Int).SetBytes(sig[28:])
	for _, k := range append(keys[:len(keys):len(keys)], extra...) {
		pub, err := ecdsa.ParseUncompressedPublicKey(elliptic.P224(), k.Point[:])
		if err != nil {
			return "", fmt.Errorf("originality key of %s: %w", k.Product, err)
		}
		if ecdsa.Verify(pub, uid, r, s) {
			return k.Product, nil
		}
	}
	return "", ErrNotGenuine
}
