package bundle

import (
	"bytes"
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"io"
	"strings"
	"testing"

	"golang.org/x/crypto/chacha20poly1305"

	"sleutelbord/nfc/desfire"
)

// stream is a deterministic source of "random" bytes: SHA-256 of seed and a
// counter.
type stream struct {
	seed string
	n    uint32
	rest []byte
}

func newStream(seed string) *stream { return &stream{seed: seed} }

func (s *stream) Read(p []byte) (int, error) {
	for i := range p {
		if len(s.rest) == 0 {
			sum := sha256.Sum256(binary.BigEndian.AppendUint32([]byte(s.seed), s.n))
			s.n, s.rest = s.n+1, sum[:]
		}
		p[i], s.rest = s.rest[0], s.rest[1:]
	}
	return len(p), nil
}

func (s *stream) bytes(n int) []byte {
	b := make([]byte, n)
	_, _ = io.ReadFull(s, b)
	return b
}

func seeded16(seed string) [16]byte { return [16]byte(newStream(seed).bytes(16)) }

func testSigner(seed string) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(newStream("signer " + seed).bytes(32))
}

func signerOf(k ed25519.PrivateKey) SignerKey { return SignerKey(k.Public().(ed25519.PublicKey)) }

func mustName(s string) LockName {
	n, err := ParseLockName(s)
	if err != nil {
		panic(err)
	}
	return n
}

func testLockKey(name string) LockKey {
	k, err := GenerateKey(mustName(name), newStream("lock "+name))
	if err != nil {
		panic(err)
	}
	return k
}

// example is the bundle of the worked example: one lock with two zones.
func example() Bundle {
	return Bundle{
		Site: SiteID(newStream("site").bytes(8)), Lock: mustName("K0-101").ID(),
		Sequence: 1420000, Issued: 2466, ReceiptKey: NewReceiptKey(seeded16("receipt")),
		Locators: []Locator{{1, desfire.NewAESKey(seeded16("locator 1"), 1)}},
		Zones: []Zone{
			{ID: 101, Kind: KindHome, Version: 1, Key: desfire.NewAESKey(seeded16("zone 101"), 1), Floor: Floor{Epoch: 3, Seats: map[uint16]uint16{0: 1, 2: 4}}},
			{ID: 70000, Kind: KindShared, Version: 2, Key: desfire.NewAESKey(seeded16("zone 70000"), 1), Floor: Floor{Seats: map[uint16]uint16{1608: 300}}},
		},
	}
}

// forge makes bundles by hand, with nothing of this package: the second
// implementation that the first is held against, and the tool that makes
// well-signed bundles which break one rule. Its fields are what a bundle is
// made of, encoded; each test changes one.
type forge struct {
	signer    ed25519.PrivateKey
	to        *ecdh.PublicKey
	outer     string // hex of tag and array head
	protected string // hex of the protected header's map
	loose     string // hex of the unprotected header
	external  string // hex; "" is protected
	inner     string
	innerAlg  string
	iv        string // hex of the nonce's header map
	recipient string // hex of the recipient's protected map
	ephemeral []byte // private
	public    []byte // ephemeral public key; nil is that of ephemeral
	tail      string // hex of what follows the ephemeral key in the recipient
	content   []byte
	wrap      func(payload []byte) []byte
}

func newForge(h Header, signer ed25519.PrivateKey, to *ecdh.PublicKey, content []byte) forge {
	rnd := newStream("forge")
	return forge{
		signer: signer, to: to,
		outer: "d284", protected: handHeader(h), loose: "a0",
		inner: "d86084", innerAlg: "a1011818", iv: "a1054c" + hex.EncodeToString(rnd.bytes(12)),
		recipient: "a1013818", ephemeral: rnd.bytes(32), tail: "40",
		content: content,
	}
}

// handHeader writes a header byte by byte.
func handHeader(h Header) string {
	b := unhex("a3 0127 045820 " + h.Signer.String() + " 3a00010000 8401 48 " + h.Site.String() + " 48 " + h.Lock.String())
	return hex.EncodeToString(handUint(b, 0, uint64(h.Sequence)))
}

// handUint appends the shortest head of a CBOR item.
func handUint(b []byte, major byte, n uint64) []byte {
	major <<= 5
	switch {
	case n < 24:
		return append(b, major|byte(n))
	case n < 1<<8:
		return append(b, major|24, byte(n))
	case n < 1<<16:
		return binary.BigEndian.AppendUint16(append(b, major|25), uint16(n))
	}
	return binary.BigEndian.AppendUint32(append(b, major|26), uint32(n))
}

func handBytes(b, s []byte) []byte { return append(handUint(b, 2, uint64(len(s))), s...) }

func handText(b []byte, s string) []byte { return append(handUint(b, 3, uint64(len(s))), s...) }

func unhex(s string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		panic(err)
	}
	return b
}

// handContent writes a plaintext byte by byte. Seats come from a list, so that
// tests can put them out of order.
func handContent(b Bundle, seats func(Zone) [][2]uint16) []byte {
	receipt := b.ReceiptKey.Reveal()
	out := append(unhex("8901"), handBytes(nil, b.Site[:])...)
	out = handBytes(out, b.Lock[:])
	out = handUint(out, 0, uint64(b.Sequence))
	out = handUint(out, 0, uint64(b.Issued))
	out = handBytes(out, receipt[:])
	out = handUint(out, 4, uint64(len(b.Locators)))
	for _, l := range b.Locators {
		out = handBytes(handUint(append(out, 0x82), 0, uint64(l.Version)), l.Key.Reveal())
	}
	out = handUint(out, 4, uint64(len(b.Zones)))
	for _, z := range b.Zones {
		out = handUint(append(out, 0x86), 0, uint64(z.ID))
		out = handUint(out, 0, uint64(z.Kind))
		out = handUint(out, 0, uint64(z.Version))
		out = handBytes(out, z.Key.Reveal())
		out = handUint(out, 0, uint64(z.Floor.Epoch))
		list := seats(z)
		out = handUint(out, 5, uint64(len(list)))
		for _, s := range list {
			out = handUint(handUint(out, 0, uint64(s[0])), 0, uint64(s[1]))
		}
	}
	if b.Next == nil {
		return append(out, 0xF6)
	}
	return handBytes(out, b.Next[:])
}

func sortedSeats(z Zone) [][2]uint16 {
	var list [][2]uint16
	for s := 0; s <= 0xFFFF; s++ {
		if g, ok := z.Floor.Seats[uint16(s)]; ok {
			list = append(list, [2]uint16{uint16(s), g})
		}
	}
	return list
}

// container makes COSE_Encrypt by hand.
func (f forge) container() []byte {
	own, err := ecdh.X25519().NewPrivateKey(f.ephemeral)
	if err != nil {
		panic(err)
	}
	public := f.public
	secret := make([]byte, 32) // what a point of low order would give
	if public == nil {
		public = own.PublicKey().Bytes()
		if secret, err = own.ECDH(f.to); err != nil {
			panic(err)
		}
	}
	context := append(unhex("84 1818 83f6f6f6 83f6f6f6 82 190100"), handBytes(nil, unhex(f.recipient))...)
	key, err := hkdf.Key(sha256.New, secret, nil, string(context), 32)
	if err != nil {
		panic(err)
	}
	aead, err := chacha20poly1305.New(key)
	if err != nil {
		panic(err)
	}
	external := f.external
	if external == "" {
		external = f.protected
	}
	aad := handText([]byte{0x83}, "Encrypt")
	aad = handBytes(handBytes(aad, unhex(f.innerAlg)), unhex(external))
	iv := unhex(f.iv)
	sealed := aead.Seal(nil, append(iv[3:], make([]byte, 12)...)[:12], f.content, aad)

	out := handBytes(unhex(f.inner), unhex(f.innerAlg))
	out = handBytes(append(out, iv...), sealed)
	out = handBytes(append(out, 0x81, 0x83), unhex(f.recipient))
	out = handBytes(append(out, unhex("a120a301012004 21")...), public)
	return append(out, unhex(f.tail)...)
}

// make signs the container by hand.
func (f forge) make() []byte {
	payload := f.container()
	if f.wrap != nil {
		payload = f.wrap(payload)
	}
	tbs := handText([]byte{0x84}, "Signature1")
	tbs = append(handBytes(tbs, unhex(f.protected)), 0x40)
	tbs = handBytes(tbs, payload)
	out := handBytes(unhex(f.outer), unhex(f.protected))
	out = handBytes(append(out, unhex(f.loose)...), payload)
	return handBytes(out, ed25519.Sign(f.signer, tbs))
}

// good is a forge whose bundle is right.
func good() forge {
	b := example()
	signer := testSigner("site")
	h := Header{signerOf(signer), b.Site, b.Lock, b.Sequence}
	return newForge(h, signer, testLockKey("K0-101").Public(), handContent(b, sortedSeats))
}

func openExample(data []byte) (Bundle, error) {
	return Open(data, TrustSigners(signerOf(testSigner("site"))), mustName("K0-101").ID(), testLockKey("K0-101").Private())
}

func TestForgeAgrees(t *testing.T) {
	b, err := openExample(good().make())
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(encodeContent(b), encodeContent(example())) {
		t.Fatal("content is another one")
	}
	// The other way round: what Seal makes is what the forge makes from the
	// same random bytes.
	data, err := Seal(example(), testSigner("site"), testLockKey("K0-101").Public(), newStream("seal"))
	if err != nil {
		t.Fatal(err)
	}
	rnd := newStream("seal")
	f := good()
	f.ephemeral, f.iv = rnd.bytes(32), "a1054c"+hex.EncodeToString(rnd.bytes(12))
	if !bytes.Equal(data, f.make()) {
		t.Fatalf("Seal and hand differ:\n%X\n%X", data, f.make())
	}
}
