package bundle

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"

	"github.com/fxamacker/cbor/v2"
	"github.com/veraison/go-cose"
	"golang.org/x/crypto/chacha20poly1305"
)

type coseExample struct {
	Input struct {
		Plaintext string `json:"plaintext"`
		Enveloped struct {
			Recipients []struct {
				Key struct {
					X string `json:"x_hex"`
					D string `json:"d_hex"`
					K string `json:"k"`
				} `json:"key"`
			} `json:"recipients"`
		} `json:"enveloped"`
		Sign0 struct {
			Key struct {
				X string `json:"x_hex"`
				D string `json:"d_hex"`
			} `json:"key"`
		} `json:"sign0"`
		Random []string `json:"rng_stream"`
	} `json:"input"`
	Intermediates struct {
		AAD        string `json:"AAD_hex"`
		CEK        string `json:"CEK_hex"`
		ToBeSigned string `json:"ToBeSign_hex"`
		Recipients []struct {
			Context string `json:"Context_hex"`
			Secret  string `json:"Secret_hex"`
		} `json:"recipients"`
	} `json:"intermediates"`
	Output string `json:"output"`
}

// coseExamples are those of the COSE working group that use a primitive of this
// format; the file says where they come from.
func coseExamples(t *testing.T) map[string]coseExample {
	t.Helper()
	data, err := os.ReadFile("testdata/cose-examples.json")
	if err != nil {
		t.Fatal(err)
	}
	var f struct {
		Examples map[string]coseExample `json:"examples"`
	}
	if err := json.Unmarshal(data, &f); err != nil {
		t.Fatal(err)
	}
	return f.Examples
}

// looseContainer takes a COSE_Encrypt of the examples apart; their recipients
// have a key id, which a bundle has not.
type looseContainer struct {
	_          struct{} `cbor:",toarray"`
	Protected  []byte
	Header     map[int][]byte
	Ciphertext []byte
	Recipients []struct {
		_          struct{} `cbor:",toarray"`
		Protected  []byte
		Header     map[int]any
		Ciphertext []byte
	}
}

func parseLoose(t *testing.T, text string) looseContainer {
	t.Helper()
	body, err := tagged(unhex(text), encryptTag)
	if err != nil {
		t.Fatal(err)
	}
	var c looseContainer
	if err := cbor.Unmarshal(body, &c); err != nil {
		t.Fatal(err)
	}
	return c
}

func equalHex(t *testing.T, what string, got []byte, want string) {
	t.Helper()
	if !bytes.Equal(got, unhex(want)) {
		t.Errorf("%s: %X, want %s", what, got, want)
	}
}

// TestExampleX25519 is X25519 with HKDF-256 and a 128-bit content key. The
// content cipher of the example is AES-GCM, which this test brings itself.
func TestExampleX25519(t *testing.T) {
	e := coseExamples(t)["x25519-hkdf-256-direct"]
	c := parseLoose(t, e.Output)
	own, err := ecdh.X25519().NewPrivateKey(unhex(e.Input.Enveloped.Recipients[0].Key.D))
	if err != nil {
		t.Fatal(err)
	}
	key := c.Recipients[0].Header[-1].(map[any]any)
	ephemeral, err := ecdh.X25519().NewPublicKey(key[int64(-2)].([]byte))
	if err != nil {
		t.Fatal(err)
	}
	secret, err := own.ECDH(ephemeral)
	if err != nil {
		t.Fatal(err)
	}
	want := e.Intermediates
	equalHex(t, "secret", secret, want.Recipients[0].Secret)
	context := kdfContext(1, 128, c.Recipients[0].Protected)
	equalHex(t, "context", context, want.Recipients[0].Context)
	cek, err := contentKey(own, ephemeral, string(context), 16)
	if err != nil {
		t.Fatal(err)
	}
	equalHex(t, "content key", cek, want.CEK)
	aad := encryptAAD(c.Protected, []byte{})
	equalHex(t, "external data", aad, want.AAD)
	block, err := aes.NewCipher(cek)
	if err != nil {
		t.Fatal(err)
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	plaintext, err := gcm.Open(nil, c.Header[5], c.Ciphertext, aad)
	if err != nil || string(plaintext) != e.Input.Plaintext {
		t.Errorf("plaintext %q, %v", plaintext, err)
	}
	sameShape(t, e, c, ephemeral)
}

// sameShape rebuilds the example's bytes with this package's own structure: all
// but the algorithm and the key id of the recipient are where a bundle has
// them.
func sameShape(t *testing.T, e coseExample, c looseContainer, ephemeral *ecdh.PublicKey) {
	t.Helper()
	ours := newContainer(c.Header[5], c.Ciphertext, ephemeral)
	ours.Protected = c.Protected
	got := append(bytes.Clone(encryptTag), encode(ours)...)
	kid := "04" + "48" + hex.EncodeToString([]byte("X25519-1"))
	want := bytes.Replace(unhex(e.Output), unhex(kid), nil, 1)
	want = bytes.Replace(want, unhex("a1013818a220"), unhex("a1013818a120"), 1)
	if !bytes.Equal(got, want) {
		t.Errorf("container:\n%X, want\n%X", got, want)
	}
}

// TestExampleChaCha is ChaCha20/Poly1305 in a COSE_Encrypt, with a given key.
func TestExampleChaCha(t *testing.T) {
	e := coseExamples(t)["chacha-poly-01"]
	c := parseLoose(t, e.Output)
	equalHex(t, "protected", encode(algHeader{algChaCha20Poly1305}), hex.EncodeToString(c.Protected))
	aad := encryptAAD(c.Protected, []byte{})
	equalHex(t, "external data", aad, e.Intermediates.AAD)
	key, err := base64.RawURLEncoding.DecodeString(e.Input.Enveloped.Recipients[0].Key.K)
	if err != nil {
		t.Fatal(err)
	}
	equalHex(t, "content key", key, e.Intermediates.CEK)
	aead, err := chacha20poly1305.New(key)
	if err != nil {
		t.Fatal(err)
	}
	plaintext, err := aead.Open(nil, c.Header[5], c.Ciphertext, aad)
	if err != nil || string(plaintext) != e.Input.Plaintext {
		t.Errorf("plaintext %q, %v", plaintext, err)
	}
}

// TestExampleEdDSA is COSE_Sign1 with Ed25519.
func TestExampleEdDSA(t *testing.T) {
	e := coseExamples(t)["eddsa-sig-01"]
	var m cose.Sign1Message
	if err := m.UnmarshalCBOR(unhex(e.Output)); err != nil {
		t.Fatal(err)
	}
	key := ed25519.NewKeyFromSeed(unhex(e.Input.Sign0.Key.D))
	equalHex(t, "public key", key.Public().(ed25519.PublicKey), e.Input.Sign0.Key.X)
	v, err := cose.NewVerifier(cose.AlgorithmEdDSA, key.Public())
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Verify(nil, v); err != nil {
		t.Error(err)
	}
	equalHex(t, "signature", ed25519.Sign(key, unhex(e.Intermediates.ToBeSigned)), hex.EncodeToString(m.Signature))
}
