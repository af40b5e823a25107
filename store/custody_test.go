package store

import (
	"bytes"
	"crypto/aes"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"

	"sleutelbord/nfc/desfire"
	"sleutelbord/nfc/keytag"
)

// hkdfByHand is RFC 5869 with an empty salt.
func hkdfByHand(secret []byte, info string, n int) []byte {
	extract := hmac.New(sha256.New, make([]byte, 32))
	extract.Write(secret)
	prk := extract.Sum(nil)
	var out, block []byte
	for i := byte(1); len(out) < n; i++ {
		expand := hmac.New(sha256.New, prk)
		expand.Write(block)
		expand.Write([]byte(info))
		expand.Write([]byte{i})
		block = expand.Sum(nil)
		out = append(out, block...)
	}
	return out[:n]
}

// cmacByHand is AES-CMAC as in RFC 4493.
func cmacByHand(key, m []byte) []byte {
	c, err := aes.NewCipher(key)
	if err != nil {
		panic(err)
	}
	double := func(b []byte) []byte {
		out := make([]byte, 16)
		carry := byte(0)
		for i := 15; i >= 0; i-- {
			out[i] = b[i]<<1 | carry
			carry = b[i] >> 7
		}
		if carry == 1 {
			out[15] ^= 0x87
		}
		return out
	}
	l := make([]byte, 16)
	c.Encrypt(l, l)
	sub := double(l)
	if len(m) == 0 || len(m)%16 != 0 {
		sub = double(sub)
		m = append(bytes.Clone(m), 0x80)
		for len(m)%16 != 0 {
			m = append(m, 0)
		}
	} else {
		m = bytes.Clone(m)
	}
	for i := range 16 {
		m[len(m)-16+i] ^= sub[i]
	}
	x := make([]byte, 16)
	for i := 0; i < len(m); i += 16 {
		for j := range 16 {
			x[j] ^= m[i+j]
		}
		c.Encrypt(x, x)
	}
	return x
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	must(t, err)
	return b
}

// TestByHand makes sure that the test's own CMAC and HKDF are right: RFC 4493,
// 4, examples 1 to 3; RFC 5869, A.3.
func TestByHand(t *testing.T) {
	key := unhex(t, "2b7e151628aed2a6abf7158809cf4f3c")
	for _, c := range []struct{ m, want string }{
		{"", "bb1d6929e95937287fa37d129b756746"},
		{"6bc1bee22e409f96e93d7e117393172a", "070a16b46b4d4144f79bdd9dd04a287c"},
		{"6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411", "dfa66747de9ae63030ca32611497c827"},
	} {
		same(t, "CMAC", hex.EncodeToString(cmacByHand(key, unhex(t, c.m))), c.want)
	}
	okm := hkdfByHand(bytes.Repeat([]byte{0x0b}, 22), "", 42)
	same(t, "HKDF", hex.EncodeToString(okm),
		"8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8")
}

func rootOf(t *testing.T, b []byte) Root {
	t.Helper()
	r, err := newRoot(b)
	must(t, err)
	return r
}

func countingRoot(t *testing.T) ([]byte, *softCustody) {
	t.Helper()
	b := make([]byte, rootSize)
	for i := range b {
		b[i] = byte(i)
	}
	c, err := newSoftCustody(rootOf(t, b))
	must(t, err)
	return b, c
}

func TestDiversify(t *testing.T) {
	root, c := countingRoot(t)
	labels := map[keytag.Master]string{
		keytag.MasterPICC: "picc", keytag.MasterApplication: "application",
		keytag.MasterLocator: "locator", keytag.MasterZone: "zone",
	}
	input := keytag.Input{
		Purpose: keytag.PurposeApplication, AID: keytag.DefaultAID,
		Claims: keytag.Claims{Zone: 0x010203, Version: 4, Epoch: 0x0506, Seat: 0x0708, Generation: 0x090A, NotAfter: 0x0B0C},
		Number: keytag.Number{0xF0, 11: 0x0F},
	}.Encode()
	for m, label := range labels {
		master := hkdfByHand(root, label, 16)
		for _, in := range [][28]byte{{}, input, [28]byte(bytes.Repeat([]byte{0xFF}, 28))} {
			got, err := c.Diversify(m, in)
			must(t, err)
			same(t, label, got[:], cmacByHand(master, append([]byte{1}, in[:]...)))
		}
		kcv, err := c.KeyCheckValue(m)
		must(t, err)
		same(t, label+" check value", kcv[:], cmacByHand(master, append([]byte{1}, make([]byte, 28)...))[:3])
	}
	for _, m := range []keytag.Master{0, 5, 255} {
		if _, err := c.Diversify(m, input); err == nil {
			t.Errorf("there is a master %d", m)
		}
		if _, err := c.KeyCheckValue(m); err == nil {
			t.Errorf("there is a check value of master %d", m)
		}
	}
}

// TestVectors holds the derivation of one root, so that it never changes by
// accident: tags and locks in the field depend on it.
func TestVectors(t *testing.T) {
	var v struct {
		Source    string            `json:"source"`
		Root      string            `json:"root"`
		Masters   map[string]string `json:"masters"`
		Input     string            `json:"input"`
		Keys      map[string]string `json:"keys"`
		Signers   map[string]string `json:"public_keys"`
		KeyChecks map[string]string `json:"key_check_values"`
	}
	b, err := os.ReadFile("testdata/derivation.json")
	must(t, err)
	must(t, json.Unmarshal(b, &v))
	root := unhex(t, v.Root)
	c, err := newSoftCustody(rootOf(t, root))
	must(t, err)
	for i, name := range []string{"picc", "application", "locator", "zone"} {
		m := keytag.Master(i + 1)
		same(t, name+" master", hex.EncodeToString(hkdfByHand(root, name, 16)), v.Masters[name])
		key, err := c.Diversify(m, [28]byte(unhex(t, v.Input)))
		must(t, err)
		same(t, name+" key", hex.EncodeToString(key[:]), v.Keys[name])
		kcv, err := c.KeyCheckValue(m)
		must(t, err)
		same(t, name+" check value", hex.EncodeToString(kcv[:]), v.KeyChecks[name])
	}
	for version, want := range map[uint16]string{1: v.Signers["1"], 258: v.Signers["258"]} {
		s, err := c.Signer(version)
		must(t, err)
		same(t, "public key", hex.EncodeToString(s.Public().(ed25519.PublicKey)), want)
	}
}

func TestSigner(t *testing.T) {
	root, c := countingRoot(t)
	seen := map[string]bool{}
	for _, version := range []uint16{0, 1, 256, 65535} {
		s, err := c.Signer(version)
		must(t, err)
		info := "sign" + string([]byte{byte(version >> 8), byte(version)})
		want := ed25519.NewKeyFromSeed(hkdfByHand(root, info, 32))
		if !want.Public().(ed25519.PublicKey).Equal(s.Public()) {
			t.Errorf("version %d: another key", version)
		}
		sig, err := s.Sign(rand.Reader, []byte("message"), &ed25519.Options{})
		must(t, err)
		if !ed25519.Verify(s.Public().(ed25519.PublicKey), []byte("message"), sig) {
			t.Errorf("version %d: wrong signature", version)
		}
		seen[string(sig)] = true
	}
	same(t, "different keys", len(seen), 4)
}

func TestRoot(t *testing.T) {
	a, err := GenerateRoot(rand.Reader)
	must(t, err)
	b, err := GenerateRoot(rand.Reader)
	must(t, err)
	if *a.b == *b.b || !a.valid() {
		t.Error("roots are not random")
	}
	copied := a
	a.Wipe()
	if copied.valid() || *copied.b != [rootSize]byte{} {
		t.Error("a copy survives wiping")
	}
	Root{}.Wipe()
	if _, err := GenerateRoot(strings.NewReader("too little")); err == nil {
		t.Error("made of too few bytes")
	}
	for _, r := range []Root{{}, a} {
		if _, err := newSoftCustody(r); err == nil {
			t.Error("derived from no root")
		}
		dir := t.TempDir()
		_, err := Create(t.Context(), dir, testSite(), r, testPass, testOptions())
		wantErr(t, "store without a root", err, ErrInvalid)
		if Exists(dir) {
			t.Error("a store without a root exists")
		}
	}
}

// TestSecretsDoNotPrint prints every secret type in every way.
func TestSecretsDoNotPrint(t *testing.T) {
	raw, c := countingRoot(t)
	root := rootOf(t, raw)
	signer, err := c.Signer(1)
	must(t, err)
	key := dataKey{b: (*[32]byte)(raw)}
	keys, err := key.expand([idSize]byte{})
	must(t, err)
	var out strings.Builder
	log := slog.New(slog.NewTextHandler(&out, nil))
	for _, v := range []any{root, &root, c, signer, key, &key, keys} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%X", "%q", "%d"} {
			fmt.Fprintf(&out, verb+"\n", v)
		}
		log.Info("x", "v", v)
		if b, err := json.Marshal(v); err == nil {
			out.Write(b)
		}
	}
	secrets := [][]byte{raw, raw[4:8], keys.page[:8], keys.column[:8], hkdfByHand(raw, "picc", 16)[:8], hkdfByHand(raw, "sign\x00\x01", 32)[:8]}
	for _, s := range secrets {
		for _, form := range []string{
			string(s), hex.EncodeToString(s), strings.ToUpper(hex.EncodeToString(s)),
			strings.Trim(fmt.Sprint(s), "[]"), strings.Trim(fmt.Sprintf("%#v", s), "[]byte{}"),
		} {
			if strings.Contains(out.String(), form) {
				t.Errorf("a secret is printed as %q", form)
			}
		}
	}
}

func TestCustodyOfStore(t *testing.T) {
	dir := t.TempDir()
	root := testRoot(t)
	s, err := Create(t.Context(), dir, testSite(), root, testPass, testOptions())
	must(t, err)
	want, err := s.Custody().Diversify(keytag.MasterZone, [28]byte{9})
	must(t, err)
	same(t, "derived", want[:], cmacByHand(hkdfByHand(root.b[:], "zone", 16), append([]byte{1, 9}, make([]byte, 27)...)))
	root.Wipe() // is the caller's
	custody := s.Custody()
	soft := s.custody.k.(*softCustody)
	closeStore(t, s)
	if _, err := custody.Diversify(keytag.MasterZone, [28]byte{9}); !errors.Is(err, ErrClosed) {
		t.Errorf("after closing: %v", err)
	}
	if _, err := custody.Signer(1); !errors.Is(err, ErrClosed) {
		t.Errorf("after closing: %v", err)
	}
	if soft.root.valid() || soft.masters != [4]desfire.Key{} || *s.keys != (storeKeys{}) {
		t.Error("keys stay in memory")
	}
	got, err := openIn(t, dir).Custody().Diversify(keytag.MasterZone, [28]byte{9})
	must(t, err)
	same(t, "after reopening", got, want)
}
