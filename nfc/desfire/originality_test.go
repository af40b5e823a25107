package desfire

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"slices"
	"testing"

	"sleutelbord/nfc"
)

type originalityVectors struct {
	Keys []struct {
		Product   string
		PublicKey hexBytes `json:"public_key"`
		Samples   []struct{ UID, Signature hexBytes }
	}
	Table struct {
		Keys []struct {
			Label     string
			PublicKey hexBytes `json:"public_key"`
		}
	} `json:"proxmark3_key_table"`
}

func chipVersion(c Chip) Version {
	return Version{Hardware: Part{Vendor: 4, Type: 1, Major: map[Chip]byte{EV1: 0x01, EV2: 0x12, EV3: 0x33}[c]}}
}

func TestOriginalitySamples(t *testing.T) {
	var v originalityVectors
	load(t, "originality-p224.json", &v)
	ours := map[string]Chip{"DESFire EV2": EV2, "DESFire EV2 XL": EV2, "DESFire EV3": EV3}
	genuine, foreign := 0, 0
	for _, k := range v.Keys {
		extra := OriginalityKey{Product: "extra", Point: [57]byte(k.PublicKey)}
		for _, s := range k.Samples {
			for _, chip := range []Chip{EV2, EV3} {
				product, err := VerifyOriginality(chipVersion(chip), s.UID, s.Signature)
				switch {
				case ours[k.Product] == chip:
					genuine++
					if err != nil || product != k.Product {
						t.Errorf("%s as %v: %q, %v", k.Product, chip, product, err)
					}
				case k.Product == "NTAG424DNA" && chip == EV2:
					// its key signs EV2 chips as well
					if err != nil || product != "DESFire EV2" {
						t.Errorf("%s as %v: %q, %v", k.Product, chip, product, err)
					}
				default:
					foreign++
					if !errors.Is(err, ErrNotGenuine) || product != "" {
						t.Errorf("%s as %v: %q, %v", k.Product, chip, product, err)
					}
				}
			}
			// every sample fits the key that it is printed with
			if _, err := VerifyOriginality(chipVersion(EV3), s.UID, s.Signature, extra); err != nil {
				t.Errorf("%s with its own key: %v", k.Product, err)
			}
			if _, err := VerifyOriginality(chipVersion(EV1), s.UID, s.Signature, extra); !errors.Is(err, ErrCannotCheck) {
				t.Errorf("%s as EV1: %v", k.Product, err)
			}
		}
	}
	if genuine != 3 || foreign != 14 {
		t.Errorf("%d genuine, %d foreign", genuine, foreign)
	}
}

// TestOriginalityKeys: the constants are those of the source, and each lies on
// the curve.
func TestOriginalityKeys(t *testing.T) {
	var v originalityVectors
	load(t, "originality-p224.json", &v)
	known := map[string]bool{}
	for _, k := range v.Table.Keys {
		known[string(k.PublicKey)] = true
	}
	for chip, keys := range chipKeys {
		for _, k := range keys {
			if !known[string(k.Point[:])] {
				t.Errorf("%v, %s: not in the source", chip, k.Product)
			}
			if _, err := ecdsa.ParseUncompressedPublicKey(elliptic.P224(), k.Point[:]); err != nil {
				t.Errorf("%v, %s: %v", chip, k.Product, err)
			}
		}
	}
}

func TestOriginalityForgeries(t *testing.T) {
	uid := unhex(t, "04448bd2db6b80")
	sig := unhex(t, "5cbb5632795c8f15263fefb095b51c7b541afd914a1ae44ef6fb8af605edf13dbfee6c3a2db372245e671dfe0d42cb1f0d0b8fe67a89d2f6")
	ev3 := chipVersion(EV3)
	if _, err := VerifyOriginality(ev3, uid, sig); err != nil {
		t.Fatal(err)
	}
	for i := range sig {
		wrong := slices.Clone(sig)
		wrong[i] ^= 1
		if _, err := VerifyOriginality(ev3, uid, wrong); !errors.Is(err, ErrNotGenuine) {
			t.Errorf("signature byte %d: %v", i, err)
		}
	}
	for i := range uid {
		wrong := slices.Clone(uid)
		wrong[i] ^= 1
		if _, err := VerifyOriginality(ev3, wrong, sig); !errors.Is(err, ErrNotGenuine) {
			t.Errorf("UID byte %d: %v", i, err)
		}
	}
	for name, s := range map[string][]byte{
		"none": nil, "zeros": make([]byte, 56), "short": sig[:55], "long": append(slices.Clone(sig), 0),
		"r zero": append(make([]byte, 28), sig[28:]...), "ones": slices.Repeat([]byte{0xFF}, 56),
	} {
		if _, err := VerifyOriginality(ev3, uid, s); !errors.Is(err, ErrNotGenuine) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, u := range [][]byte{nil, uid[:6], append(slices.Clone(uid), 0), append([]byte{0}, uid...)} {
		if _, err := VerifyOriginality(ev3, u, sig); !errors.Is(err, ErrNotGenuine) {
			t.Errorf("UID % X: %v", u, err)
		}
	}
	if _, err := VerifyOriginality(Version{}, uid, sig); !errors.Is(err, ErrCannotCheck) {
		t.Errorf("unknown chip: %v", err)
	}
}

// TestOriginalityPractice: a key that is passed in makes practice chips
// genuine, for nobody else; a point off the curve is an error, not a verdict.
func TestOriginalityPractice(t *testing.T) {
	priv, err := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	point, err := priv.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	uid := []byte{4, 1, 2, 3, 4, 5, 6}
	r, s, err := ecdsa.Sign(rand.Reader, priv, uid)
	if err != nil {
		t.Fatal(err)
	}
	sig := make([]byte, 56)
	r.FillBytes(sig[:28])
	s.FillBytes(sig[28:])
	practice := OriginalityKey{Product: "practice", Point: [57]byte(point)}
	if product, err := VerifyOriginality(chipVersion(EV2), uid, sig, practice); err != nil || product != "practice" {
		t.Errorf("%q, %v", product, err)
	}
	if _, err := VerifyOriginality(chipVersion(EV2), uid, sig); !errors.Is(err, ErrNotGenuine) {
		t.Errorf("%v", err)
	}
	practice.Point[56] ^= 1
	if product, err := VerifyOriginality(chipVersion(EV2), uid, sig, practice); err == nil || errors.Is(err, ErrNotGenuine) || product != "" {
		t.Errorf("%q, %v", product, err)
	}
}

// TestSignatureStatus: Read_Sig alone may end with its own status, which the
// MAC of a session then covers.
func TestSignatureStatus(t *testing.T) {
	sig := slices.Repeat([]byte{7}, 56)
	got, err := New(&script{answers: [][]byte{append(slices.Clone(sig), 0x91, 0x90)}}).ReadSignature()
	if err != nil || !slices.Equal(got, sig) {
		t.Errorf("%x, %v", got, err)
	}
	var refusal *nfc.StatusError
	if _, err := New(&script{answers: [][]byte{{1, 0x91, 0x90}}}).GetKeyVersion(0); !errors.As(err, &refusal) {
		t.Errorf("the status behind another command: %v", err)
	}
	for _, g := range generations()[2:] {
		for _, c := range [][2]byte{{0x00, 0x00}, {0x90, 0x90}, {0x00, 0x90}, {0x90, 0x00}} {
			said, covered := c[0], c[1]
			s, p := g.session(t)
			p.answer = func(command) []byte { return sig }
			p.mangle = func([][]byte) [][]byte {
				var reply []byte
				switch ch := p.twin.(type) {
				case *ev1:
					twin := g.open().(*ev1)
					if _, err := twin.protect(p.expect); err != nil {
						t.Fatal(err)
					}
					reply = append(slices.Clone(sig), twin.key.sum(twin.iv, sig, []byte{covered})[:8]...)
				case *ev2:
					reply = append(slices.Clone(sig), ch.sum(covered, ch.counter, sig)...)
				}
				return [][]byte{append(reply, 0x91, said)}
			}
			_, err := s.ReadSignature()
			if good := said == covered; (err == nil) != good || (!good && !errors.Is(err, nfc.ErrProtocol)) {
				t.Errorf("%s: status %02X, %02X under the MAC: %v", g.name, said, covered, err)
			}
		}
	}
}
