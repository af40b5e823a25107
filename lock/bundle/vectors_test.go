package bundle

import (
	"bytes"
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sleutelbord/nfc/desfire"
)

var update = flag.Bool("update", false, "write the vectors under docs/vectors anew")

// golden holds what the code makes now against the file of vectors.
func golden(t *testing.T, name string, v any) []byte {
	t.Helper()
	var now bytes.Buffer
	enc := json.NewEncoder(&now)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("..", "..", "docs", "vectors", name)
	if *update {
		if err := os.WriteFile(path, now.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(data, now.Bytes()) {
		t.Errorf("%s is not what the code makes; run the test with -update if the format was meant to change", name)
	}
	return data
}

type bundleVectors struct {
	About   string         `json:"about"`
	Lock    lockVector     `json:"lock"`
	Signers []signerVector `json:"signers"`
	Good    []goodVector   `json:"good"`
	Bad     []badVector    `json:"bad"`
}

type lockVector struct {
	Name   string `json:"name"`
	ID     string `json:"id"`
	Secret string `json:"x25519_private"`
	Public string `json:"x25519_public"`
}

type signerVector struct {
	Name   string `json:"name"`
	Seed   string `json:"ed25519_seed"`
	Public string `json:"ed25519_public"`
}

type goodVector struct {
	Name  string `json:"name"`
	About string `json:"about"`
	// Trust is the signers that the lock trusts; none is a lock after a reset.
	Trust   []string      `json:"trust"`
	Bundle  string        `json:"bundle"`
	Size    int           `json:"size"`
	Steps   stepsVector   `json:"steps"`
	Content contentVector `json:"content"`
	Receipt string        `json:"receipt"`
}

// stepsVector is what a lock computes on its way.
type stepsVector struct {
	Header       string `json:"protected_header"`
	SigStructure string `json:"sig_structure_sha256"`
	Shared       string `json:"shared_secret"`
	KDFContext   string `json:"kdf_context"`
	ContentKey   string `json:"content_key"`
	AAD          string `json:"enc_structure"`
	Plaintext    string `json:"plaintext"`
}

type contentVector struct {
	Site       string          `json:"site"`
	Lock       string          `json:"lock"`
	Sequence   uint32          `json:"sequence"`
	Issued     uint16          `json:"issued"`
	ReceiptKey string          `json:"receipt_key"`
	Locators   []locatorVector `json:"locators"`
	Zones      []zoneVector    `json:"zones"`
	Next       string          `json:"next_signer,omitempty"`
}

type locatorVector struct {
	Version byte   `json:"version"`
	Key     string `json:"key"`
}

type zoneVector struct {
	ID      uint32            `json:"id"`
	Kind    string            `json:"kind"`
	Version byte              `json:"version"`
	Key     string            `json:"key"`
	Epoch   uint16            `json:"epoch"`
	Seats   map[uint16]uint16 `json:"seats"`
}

type badVector struct {
	Name   string   `json:"name"`
	About  string   `json:"about"`
	Trust  []string `json:"trust"`
	Bundle string   `json:"bundle"`
	Error  string   `json:"error"`
}

// errorNames are the words for errors in the vectors.
var errorNames = map[string]error{
	"damaged": ErrDamaged, "format": ErrFormat, "lock": ErrLock, "signer": ErrSigner, "key": ErrKey,
}

func errorName(err error) string {
	for name, e := range errorNames {
		if e == err {
			return name
		}
	}
	return ""
}

func contentOf(b Bundle) contentVector {
	receipt := b.ReceiptKey.Reveal()
	c := contentVector{
		Site: b.Site.String(), Lock: b.Lock.String(), Sequence: b.Sequence, Issued: uint16(b.Issued),
		ReceiptKey: hex.EncodeToString(receipt[:]), Zones: []zoneVector{},
	}
	for _, l := range b.Locators {
		c.Locators = append(c.Locators, locatorVector{l.Version, hex.EncodeToString(l.Key.Reveal())})
	}
	for _, z := range b.Zones {
		floor := z.Floor.Clone()
		c.Zones = append(c.Zones, zoneVector{uint32(z.ID), z.Kind.String(), z.Version, hex.EncodeToString(z.Key.Reveal()), floor.Epoch, floor.Seats})
	}
	if b.Next != nil {
		c.Next = b.Next.String()
	}
	return c
}

// goodBundles are the bundles of the good vectors.
func goodBundles() []struct {
	name, about, signer string
	trust               []string
	b                   Bundle
} {
	bare, rolling, next, heir := example(), example(), example(), example()
	bare.Sequence, bare.Zones = 1420001, nil
	rolling.Sequence = 1420002
	rolling.Locators = append(rolling.Locators, Locator{2, desfire.NewAESKey(seeded16("locator 2"), 2)})
	newer := rolling.Zones[0]
	newer.Version, newer.Key, newer.Floor = 2, desfire.NewAESKey(seeded16("zone 101 version 2"), 1), Floor{Epoch: 3}
	rolling.Zones = []Zone{rolling.Zones[0], newer, rolling.Zones[1]}
	named := signerOf(testSigner("next"))
	next.Sequence, next.Next = 1420003, &named
	heir.Sequence = 1420004
	return []struct {
		name, about, signer string
		trust               []string
		b                   Bundle
	}{
		{"two zones", "the worked example: a home zone with two seat floors, a shared zone with one", "site", []string{"site"}, example()},
		{"no zone", "a lock that opens for nobody", "site", []string{"site"}, bare},
		{"roll-over", "two locator keys, and two keys of zone 101 with floors of their own", "site", []string{"site"}, rolling},
		{"next signer", "names the signer who is to follow", "site", []string{"site"}, next},
		{"from the next signer", "taken after the one before", "next", []string{"site", "next"}, heir},
		{"after a reset", "taken from a signer whom the lock has never seen", "next", []string{}, heir},
	}
}

func vectorKey(name string) string { return signerOf(testSigner(name)).String() }

func makeBundleVectors(t *testing.T) bundleVectors {
	key := testLockKey("K0-101")
	v := bundleVectors{
		About: "Bundles for one lock. Every good one opens to the content given; every bad one breaks one rule and ends in the error given. Bytes in hexadecimal. An empty list of trusted signers is a lock after a reset.",
		Lock:  lockVector{"K0-101", key.Name().ID().String(), hex.EncodeToString(key.Private().Bytes()), hex.EncodeToString(key.Public().Bytes())},
	}
	for _, name := range []string{"site", "next", "stranger"} {
		v.Signers = append(v.Signers, signerVector{name, hex.EncodeToString(testSigner(name).Seed()), vectorKey(name)})
	}
	for _, g := range goodBundles() {
		data, err := Seal(g.b, testSigner(g.signer), key.Public(), newStream("vector "+g.name))
		if err != nil {
			t.Fatal(err)
		}
		trust := []string{}
		for _, s := range g.trust {
			trust = append(trust, vectorKey(s))
		}
		receipt := NewReceipt(g.b.ReceiptKey, g.b.Lock, g.b.Sequence)
		v.Good = append(v.Good, goodVector{
			Name: g.name, About: g.about, Trust: trust, Bundle: hex.EncodeToString(data), Size: len(data),
			Steps: stepsOf(t, data, key.Private()), Content: contentOf(g.b), Receipt: hex.EncodeToString(receipt[:]),
		})
	}
	for _, a := range attacks() {
		v.Bad = append(v.Bad, badVector{a.name, a.why, []string{vectorKey("site")}, hex.EncodeToString(a.data), errorName(a.want)})
	}
	return v
}

// stepsOf opens a bundle by hand, by the offsets that docs/lock.md gives.
func stepsOf(t *testing.T, data []byte, key *ecdh.PrivateKey) stepsVector {
	t.Helper()
	header := data[4 : 4+int(data[3])]
	rest := data[4+len(header)+1:]
	payload := rest[2 : len(rest)-66] // head of one byte of length, or of two
	if rest[0] == 0x59 {
		payload = payload[1:]
	}
	tbs := append(handText([]byte{0x84}, "Signature1"), handBytes(nil, header)...)
	tbs = handBytes(append(tbs, 0x40), payload)
	if !ed25519.Verify(header[6:38], tbs, data[len(data)-64:]) {
		t.Fatal("signature does not match")
	}
	n := len(payload)
	ephemeral, err := ecdh.X25519().NewPublicKey(payload[n-33 : n-1])
	if err != nil {
		t.Fatal(err)
	}
	shared, err := key.ECDH(ephemeral)
	if err != nil {
		t.Fatal(err)
	}
	context := unhex("84 1818 83f6f6f6 83f6f6f6 82 190100 44a1013818")
	cek, err := hkdf.Key(sha256.New, shared, nil, string(context), 32)
	if err != nil {
		t.Fatal(err)
	}
	aad := handBytes(unhex("83 67456e6372797074 44a1011818"), header)
	plaintext, err := decrypt(payload, header, key)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(tbs)
	x := hex.EncodeToString
	return stepsVector{x(header), x(sum[:]), x(shared), x(context), x(cek), x(aad), x(plaintext)}
}

func TestBundleVectors(t *testing.T) {
	var v bundleVectors
	if err := json.Unmarshal(golden(t, "lock-bundles.json", makeBundleVectors(t)), &v); err != nil {
		t.Fatal(err)
	}
	key, err := ecdh.X25519().NewPrivateKey(unhex(v.Lock.Secret))
	if err != nil {
		t.Fatal(err)
	}
	lock := LockID(unhex(v.Lock.ID))
	for _, g := range v.Good {
		b, err := Open(unhex(g.Bundle), trustOf(g.Trust), lock, key)
		if err != nil {
			t.Errorf("%s: %v", g.Name, err)
			continue
		}
		got, _ := json.Marshal(contentOf(b))
		want, _ := json.Marshal(g.Content)
		if !bytes.Equal(got, want) {
			t.Errorf("%s: %s, want %s", g.Name, got, want)
		}
		if r := NewReceipt(b.ReceiptKey, b.Lock, b.Sequence); hex.EncodeToString(r[:]) != g.Receipt {
			t.Errorf("%s: receipt %X", g.Name, r)
		}
	}
	for _, b := range v.Bad {
		if _, err := Open(unhex(b.Bundle), trustOf(b.Trust), lock, key); !errors.Is(err, errorNames[b.Error]) {
			t.Errorf("%s: %v, want %s", b.Name, err, b.Error)
		}
	}
	t.Logf("%d good, %d bad", len(v.Good), len(v.Bad))
}

func trustOf(signers []string) Trust {
	if len(signers) == 0 {
		return TrustFirst()
	}
	var keys []SignerKey
	for _, s := range signers {
		keys = append(keys, SignerKey(unhex(s)))
	}
	return TrustSigners(keys...)
}

type receiptVectors struct {
	About    string          `json:"about"`
	Receipts []receiptVector `json:"receipts"`
}

type receiptVector struct {
	Name     string `json:"name"`
	Key      string `json:"key"`
	Lock     string `json:"lock"`
	Sequence uint32 `json:"sequence,omitempty"`
	Receipt  string `json:"receipt"`
	Genuine  bool   `json:"genuine"`
}

func makeReceiptVectors() receiptVectors {
	v := receiptVectors{About: "Receipts as the desk verifies them, with the key and lock it expects. Bytes in hexadecimal."}
	key := seeded16("receipt")
	lock := mustName("K0-101").ID()
	add := func(name string, sequence uint32, genuine bool, change func(r []byte) []byte) {
		r := NewReceipt(NewReceiptKey(key), lock, sequence)
		v.Receipts = append(v.Receipts, receiptVector{name, hex.EncodeToString(key[:]), lock.String(), sequence, hex.EncodeToString(change(r[:])), genuine})
	}
	same := func(r []byte) []byte { return r }
	add("for the worked example", 1420000, true, same)
	add("first", 1, true, same)
	add("highest", 1<<32-1, true, same)
	add("sequence raised", 1420000, false, func(r []byte) []byte { r[12]++; return r })
	add("last bit of the code changed", 1420000, false, func(r []byte) []byte { r[28] ^= 1; return r })
	add("format 2", 1420000, false, func(r []byte) []byte { r[0] = 2; return r })
	add("one byte short", 1420000, false, func(r []byte) []byte { return r[:28] })
	add("one byte long", 1420000, false, func(r []byte) []byte { return append(r, 0) })
	other := NewReceipt(NewReceiptKey(key), mustName("K0-102").ID(), 1420000)
	add("of another lock", 1420000, false, func([]byte) []byte { return other[:] })
	stranger := NewReceipt(NewReceiptKey(seeded16("stranger")), lock, 1420000)
	add("with another key", 1420000, false, func([]byte) []byte { return stranger[:] })
	return v
}

func TestReceiptVectors(t *testing.T) {
	var v receiptVectors
	if err := json.Unmarshal(golden(t, "lock-receipts.json", makeReceiptVectors()), &v); err != nil {
		t.Fatal(err)
	}
	for _, c := range v.Receipts {
		var sequence uint32
		r, err := ParseReceipt(unhex(c.Receipt))
		if err == nil {
			sequence, err = r.Verify(NewReceiptKey([16]byte(unhex(c.Key))), LockID(unhex(c.Lock)))
		}
		if (err == nil) != c.Genuine || err == nil && sequence != c.Sequence {
			t.Errorf("%s: %d, %v", c.Name, sequence, err)
		}
	}
}

type keyVectors struct {
	About  string       `json:"about"`
	Names  []nameVector `json:"names"`
	NoName []string     `json:"not_names"`
	Keys   []keyVector  `json:"keys"`
	NoKeys []textVector `json:"not_public_keys"`
}

type nameVector struct {
	Name string `json:"name"`
	ID   string `json:"id"`
}

type keyVector struct {
	Public string   `json:"x25519_public"`
	Texts  []string `json:"texts"`
	File   string   `json:"key_file"`
}

type textVector struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

func makeKeyVectors() keyVectors {
	v := keyVectors{About: "Names and keys of locks: the id of a name, the texts that stand for a public key, the key file. The first text is the one to write."}
	for _, n := range []string{"K0-101", "k0-101", "A", "e1_door.2"} {
		v.Names = append(v.Names, nameVector{n, mustName(n).ID().String()})
	}
	v.NoName = []string{"", "-1", "door 1", "deur/1", "K0-101.", "CON", "nul.1", "com1", strings.Repeat("x", 33)}
	k := testLockKey("K0-101")
	text, digits := PublicText(k.Public()), hex.EncodeToString(k.Public().Bytes())
	v.Keys = []keyVector{{digits, []string{text, strings.ToLower(text), strings.ReplaceAll(text, "-", ""), strings.ReplaceAll(text, "-", " "), digits}, string(k.File())}}
	swap := text[1:2] + text[:1] + text[2:]
	v.NoKeys = []textVector{
		{"two characters swapped", swap},
		{"last character changed", text[:61] + string(rune('A'+(text[61]-'A'+1)%26))},
		{"one character short", text[:61]},
		{"zero for O", "0" + text[1:]},
		{"secret for public", strings.Split(string(k.File()), "\n")[2][7:]},
		{"point of low order", lowOrderPoint},
	}
	return v
}

func TestKeyVectors(t *testing.T) {
	var v keyVectors
	if err := json.Unmarshal(golden(t, "lock-keys.json", makeKeyVectors()), &v); err != nil {
		t.Fatal(err)
	}
	for _, n := range v.Names {
		if name, err := ParseLockName(n.Name); err != nil || name.ID().String() != n.ID {
			t.Errorf("%s: %v", n.Name, err)
		}
	}
	for _, s := range v.NoName {
		if _, err := ParseLockName(s); err == nil {
			t.Errorf("%q is a name", s)
		}
	}
	for _, k := range v.Keys {
		for _, text := range k.Texts {
			if got, err := ParsePublicKey(text); err != nil || hex.EncodeToString(got.Bytes()) != k.Public {
				t.Errorf("%q: %v", text, err)
			}
		}
		if got, err := ParseKeyFile([]byte(k.File)); err != nil || hex.EncodeToString(got.Public().Bytes()) != k.Public {
			t.Errorf("key file: %v", err)
		}
	}
	for _, s := range v.NoKeys {
		if _, err := ParsePublicKey(s.Text); !errors.Is(err, ErrKeyText) {
			t.Errorf("%s: %v", s.Name, err)
		}
	}
}
