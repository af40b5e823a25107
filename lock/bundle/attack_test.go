package bundle

import (
	"bytes"
	"crypto/ecdh"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"sleutelbord/nfc/desfire"
	"sleutelbord/nfc/keytag"
)

// attack is one bundle that no lock takes, with the error it ends in. They are
// also the bad vectors of docs/vectors/lock-bundles.json.
type attack struct {
	name, why string
	data      []byte
	want      error
}

// lowOrderPoint is a point of order 8 (RFC 7748, 6.1 names the check).
const lowOrderPoint = "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"

func forged(change func(*forge)) []byte {
	f := good()
	change(&f)
	return f.make()
}

// reheaded has another header than content.
func reheaded(change func(*Header)) []byte {
	b, f := example(), good()
	h := Header{signerOf(f.signer), b.Site, b.Lock, b.Sequence}
	change(&h)
	f.protected = handHeader(h)
	return f.make()
}

// recontented has a content that is well encrypted and signed.
func recontented(change func(*Bundle)) []byte {
	b, f := example(), good()
	change(&b)
	f.content = handContent(b, sortedSeats)
	return f.make()
}

// patched replaces bytes of the content, given in hexadecimal.
func patched(from, to string) []byte {
	f := good()
	old := hex.EncodeToString(f.content)
	from, to = strings.ReplaceAll(from, " ", ""), strings.ReplaceAll(to, " ", "")
	if strings.Count(old, from) != 1 {
		panic(fmt.Sprintf("%s stands %d times in %s", from, strings.Count(old, from), old))
	}
	f.content = unhex(strings.Replace(old, from, to, 1))
	return f.make()
}

func attacks() []attack {
	return slices.Concat(outerAttacks(), containerAttacks(), contentAttacks(), encodingAttacks())
}

func outerAttacks() []attack {
	stranger, h := testSigner("stranger"), good().protected
	example := example()
	own := Header{signerOf(testSigner("site")), example.Site, example.Lock, example.Sequence}
	return []attack{
		{"unknown signer", "well signed by somebody else", forged(func(f *forge) {
			own.Signer, f.signer = signerOf(stranger), stranger
			f.protected = handHeader(own)
		}), ErrSigner},
		{"foreign signature", "the header names the site's signer, but a stranger signed", forged(func(f *forge) { f.signer = stranger }), ErrDamaged},
		{"other lock", "header and content are for lock K0-102", func() []byte {
			b, f := example, good()
			b.Lock = mustName("K0-102").ID()
			f.protected, f.content = handHeader(Header{own.Signer, b.Site, b.Lock, b.Sequence}), handContent(b, sortedSeats)
			return f.make()
		}(), ErrLock},
		{"later format", "format 2 in the header", forged(func(f *forge) { f.protected = strings.Replace(h, "3a000100008401", "3a000100008402", 1) }), ErrFormat},
		{"no outer tag", "COSE_Sign1 without its tag", good().make()[1:], ErrDamaged},
		{"outer tag COSE_Mac0", "tag 17 in place of 18", append([]byte{0xD1}, good().make()[1:]...), ErrDamaged},
		{"signature algorithm ES256", "-7 in place of -8 in the header", forged(func(f *forge) { f.protected = strings.Replace(h, "a30127", "a30126", 1) }), ErrDamaged},
		{"signer in the unprotected header", "a key id for anybody to change", forged(func(f *forge) { f.loose = "a1044101" }), ErrDamaged},
		{"one label more", "the protected header has a fourth label", forged(func(f *forge) { f.protected = "a4" + h[2:] + "3a000100016130" }), ErrDamaged},
		{"one field more in the header", "five values under label -65537", forged(func(f *forge) { f.protected = strings.Replace(h, "3a000100008401", "3a000100008501", 1) + "00" }), ErrDamaged},
		{"header out of order", "label 4 before label 1", forged(func(f *forge) { f.protected = "a3" + h[6:6+72] + "0127" + h[6+72:] }), ErrDamaged},
		{"bytes after the end", "one zero byte follows", append(good().make(), 0), ErrDamaged},
		{"empty file", "nothing", nil, ErrDamaged},
	}
}

func containerAttacks() []attack {
	return []attack{
		{"container of another header", "taken out of a bundle of sequence 1419999 and signed again by the site", forged(func(f *forge) {
			b := example()
			f.external = handHeader(Header{signerOf(f.signer), b.Site, b.Lock, b.Sequence - 1})
		}), ErrKey},
		{"other lock's key", "encrypted to the public key of lock K0-102", forged(func(f *forge) { f.to = testLockKey("K0-102").Public() }), ErrKey},
		{"point of low order", "the ephemeral key makes the shared secret all zero", forged(func(f *forge) { f.public = unhex(lowOrderPoint) }), ErrKey},
		{"point zero", "the ephemeral key is all zero", forged(func(f *forge) { f.public = make([]byte, 32) }), ErrKey},
		{"no container tag", "COSE_Encrypt without its tag", forged(func(f *forge) { f.inner = "84" }), ErrDamaged},
		{"AES-GCM", "algorithm 3 in place of 24", forged(func(f *forge) { f.innerAlg = "a10103" }), ErrDamaged},
		{"ECDH-ES with HKDF-512", "-26 in place of -25", forged(func(f *forge) { f.recipient = "a1013819" }), ErrDamaged},
		{"wrapped key", "the recipient holds a ciphertext", forged(func(f *forge) { f.tail = "4100" }), ErrDamaged},
		{"nil for empty", "the recipient's ciphertext is nil in place of an empty string", forged(func(f *forge) { f.tail = "f6" }), ErrDamaged},
		{"short nonce", "eleven bytes", forged(func(f *forge) { f.iv = "a1054b" + f.iv[6:28] }), ErrDamaged},
		{"container as text", "the payload is no container", forged(func(f *forge) { f.wrap = func([]byte) []byte { return []byte("hello") } }), ErrDamaged},
		{"padding after the container", "one byte more in the payload", forged(func(f *forge) { f.wrap = func(p []byte) []byte { return append(p, 0xF6) } }), ErrDamaged},
	}
}

func contentAttacks() []attack {
	return []attack{
		{"site disagrees", "another site id in the header than in the content", reheaded(func(h *Header) { h.Site[0] ^= 1 }), ErrDamaged},
		{"sequence disagrees", "a higher sequence in the header than in the content", reheaded(func(h *Header) { h.Sequence++ }), ErrDamaged},
		{"lock disagrees", "another lock id in the content than in the header", recontented(func(b *Bundle) { b.Lock[0] ^= 1 }), ErrDamaged},
		{"format disagrees", "format 2 in the content", patched("8901 48", "8902 48"), ErrDamaged},
		{"sequence 0", "sequences begin at 1", func() []byte {
			b, f := example(), good()
			b.Sequence = 0
			f.protected, f.content = handHeader(Header{signerOf(f.signer), b.Site, b.Lock, 0}), handContent(b, sortedSeats)
			return f.make()
		}(), ErrDamaged},
		{"no issue day", "day 0", recontented(func(b *Bundle) { b.Issued = 0 }), ErrDamaged},
		{"no locator", "an empty list of locator keys", recontented(func(b *Bundle) { b.Locators = nil }), ErrDamaged},
		{"three locators", "at most two", recontented(func(b *Bundle) {
			k := b.Locators[0].Key
			b.Locators = []Locator{{1, k}, {2, k}, {3, k}}
		}), ErrDamaged},
		{"locator twice", "two keys of one version", recontented(func(b *Bundle) { b.Locators = append(b.Locators, b.Locators[0]) }), ErrDamaged},
		{"zones swapped", "entries in falling order", recontented(func(b *Bundle) { b.Zones[0], b.Zones[1] = b.Zones[1], b.Zones[0] }), ErrDamaged},
		{"zone twice", "two entries of one zone and version", recontented(func(b *Bundle) { b.Zones[1] = b.Zones[0] }), ErrDamaged},
		{"zone with three keys", "at most two versions of one zone", recontented(func(b *Bundle) {
			z := b.Zones[0]
			b.Zones = []Zone{z, z, z}
			b.Zones[1].Version, b.Zones[2].Version = 2, 3
		}), ErrDamaged},
		{"zone of two kinds", "home and shared at once", recontented(func(b *Bundle) {
			b.Zones[1] = b.Zones[0]
			b.Zones[1].Version, b.Zones[1].Kind = 2, KindShared
		}), ErrDamaged},
		{"zone 0", "zones begin at 1", recontented(func(b *Bundle) { b.Zones[0].ID = 0 }), ErrDamaged},
		{"zone too high", "zones have three bytes", recontented(func(b *Bundle) { b.Zones[1].ID = 1 << 24 }), ErrDamaged},
		{"unknown kind", "kind 3", recontented(func(b *Bundle) { b.Zones[1].Kind = 3 }), ErrDamaged},
		{"65 zones", "at most 64 entries", recontented(func(b *Bundle) {
			z := b.Zones[1]
			b.Zones = nil
			for i := range 65 {
				z.ID = keytag.Zone(1 + i)
				b.Zones = append(b.Zones, z)
			}
		}), ErrDamaged},
		{"key of zeros", "a zone key that was never set", recontented(func(b *Bundle) { b.Zones[0].Key = desfire.ZeroAES }), ErrDamaged},
		{"receipt key of zeros", "a receipt key that was never set", recontented(func(b *Bundle) { b.ReceiptKey = ReceiptKey{} }), ErrDamaged},
	}
}

func encodingAttacks() []attack {
	return []attack{
		{"floor of 0", "a floor of 0 is left out, not written", patched("03 a2 0001 0204", "03 a2 0000 0204"), ErrDamaged},
		{"seats out of order", "seat 2 before seat 0", patched("03 a2 0001 0204", "03 a2 0204 0001"), ErrDamaged},
		{"seat twice", "two floors of seat 0", patched("03 a2 0001 0204", "03 a2 0001 0004"), ErrDamaged},
		{"long number", "epoch 3 in two bytes", patched("03 a2 0001 0204", "1803 a2 0001 0204"), ErrDamaged},
		{"indefinite length", "a map without its length", patched("03 a2 0001 0204", "03 bf 0001 0204 ff"), ErrDamaged},
		{"number as float", "epoch 3.0", patched("03 a2 0001 0204", "f94200 a2 0001 0204"), ErrDamaged},
		{"tagged number", "epoch as a bignum", patched("03 a2 0001 0204", "c24103 a2 0001 0204"), ErrDamaged},
		{"negative epoch", "epoch -1", patched("03 a2 0001 0204", "20 a2 0001 0204"), ErrDamaged},
		{"epoch too high", "epoch 65536", patched("03 a2 0001 0204", "1a00010000 a2 0001 0204"), ErrDamaged},
		{"text for a seat", "a name in the place of a seat", patched("03 a2 0001 0204", "03 a2 0001 616104"), ErrDamaged},
		{"field more in the content", "a tenth value, a text", func() []byte {
			f := good()
			f.content = handText(append([]byte{0x8A}, f.content[1:]...), "door 3, 08:14")
			return f.make()
		}(), ErrDamaged},
		{"field more in a zone", "a seventh value", patched("86 1865", "87 00 1865"), ErrDamaged},
		{"text for the next signer", "a name in the place of a key", func() []byte {
			f := good()
			f.content = handText(f.content[:len(f.content)-1], "Jansen")
			return f.make()
		}(), ErrDamaged},
		{"short next signer", "31 bytes", func() []byte {
			f := good()
			f.content = handBytes(f.content[:len(f.content)-1], make([]byte, 31))
			return f.make()
		}(), ErrDamaged},
		{"undefined for nil", "next signer is undefined", func() []byte {
			f := good()
			f.content[len(f.content)-1] = 0xF7
			return f.make()
		}(), ErrDamaged},
		{"bytes after the content", "one byte more", func() []byte {
			f := good()
			f.content = append(f.content, 0)
			return f.make()
		}(), ErrDamaged},
	}
}

func TestAttacks(t *testing.T) {
	names := map[string]bool{}
	for _, a := range attacks() {
		if names[a.name] {
			t.Errorf("%s stands twice", a.name)
		}
		names[a.name] = true
		b, err := openExample(a.data)
		if !errors.Is(err, a.want) {
			t.Errorf("%s: %v, want %v", a.name, err, a.want)
		}
		if !bytes.Equal(fmt.Append(nil, b), fmt.Append(nil, Bundle{})) {
			t.Errorf("%s: a bundle came out of it", a.name)
		}
	}
}

// TestEveryFlippedByte flips each bit of a bundle, and all bits of each byte at
// once; in the first bytes it tries every other value.
func TestEveryFlippedByte(t *testing.T) {
	data := good().make()
	tried := 0
	for i := range data {
		for x := 1; x < 256; x++ {
			if i >= 8 && x&(x-1) != 0 && x != 0xFF {
				continue
			}
			changed := bytes.Clone(data)
			changed[i] ^= byte(x)
			tried++
			if _, err := openExample(changed); err == nil {
				t.Fatalf("byte %d changed to %02X is taken", i, changed[i])
			}
		}
	}
	t.Logf("%d changes of %d bytes", tried, len(data))
}

func TestEveryTruncation(t *testing.T) {
	data := good().make()
	for n := range data {
		if _, err := openExample(data[:n]); !errors.Is(err, ErrDamaged) {
			t.Fatalf("first %d bytes: %v", n, err)
		}
		if _, err := openExample(data[n:]); n > 0 && !errors.Is(err, ErrDamaged) {
			t.Fatalf("without the first %d bytes: %v", n, err)
		}
	}
}

// TestStolenContainer is the attack that the external data is for: a stranger
// takes the container of a genuine bundle, signs it as his own and offers it to
// a lock that was reset.
func TestStolenContainer(t *testing.T) {
	stranger := testSigner("stranger")
	genuine := good()
	payload := genuine.container()
	b := example()
	f := good()
	f.signer = stranger
	f.protected = handHeader(Header{signerOf(stranger), b.Site, b.Lock, b.Sequence})
	f.wrap = func([]byte) []byte { return payload }
	_, err := Open(f.make(), TrustFirst(), b.Lock, testLockKey("K0-101").Private())
	if !errors.Is(err, ErrKey) {
		t.Fatalf("%v, want %v", err, ErrKey)
	}
}

func TestTrust(t *testing.T) {
	data, lock, key := good().make(), mustName("K0-101").ID(), testLockKey("K0-101").Private()
	site, next := signerOf(testSigner("site")), signerOf(testSigner("next"))
	for _, c := range []struct {
		name  string
		trust Trust
		want  error
	}{
		{"nobody", Trust{}, ErrSigner},
		{"another", TrustSigners(next), ErrSigner},
		{"two", TrustSigners(next, site), nil},
		{"first", TrustFirst(), nil},
	} {
		if _, err := Open(data, c.trust, lock, key); !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}

// TestEveryLowOrderPoint takes all encodings of points of small order.
func TestEveryLowOrderPoint(t *testing.T) {
	points := []string{
		"0000000000000000000000000000000000000000000000000000000000000000",
		"0100000000000000000000000000000000000000000000000000000000000000",
		lowOrderPoint,
		"5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	}
	for _, p := range points {
		for _, top := range []byte{0, 0x80} { // bit 255 is not looked at (RFC 7748, 5)
			point := unhex(p)
			point[31] |= top
			if _, err := openExample(forged(func(f *forge) { f.public = point })); !errors.Is(err, ErrKey) {
				t.Errorf("bundle with %X: %v", point, err)
			}
			if _, err := ParsePublicKey(hex.EncodeToString(point)); !errors.Is(err, ErrKeyText) {
				t.Errorf("public key %X: %v", point, err)
			}
			k, err := ecdh.X25519().NewPublicKey(point)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := Seal(example(), testSigner("site"), k, newStream("x")); err == nil {
				t.Errorf("sealed to %X", point)
			}
		}
	}
}

func TestSealRefuses(t *testing.T) {
	to := testLockKey("K0-101").Public()
	for name, change := range map[string]func(*Bundle){
		"sequence":    func(b *Bundle) { b.Sequence = 0 },
		"day":         func(b *Bundle) { b.Issued = 0 },
		"receipt key": func(b *Bundle) { b.ReceiptKey = ReceiptKey{} },
		"locators":    func(b *Bundle) { b.Locators = nil },
		"DES key":     func(b *Bundle) { b.Zones[0].Key = desfire.ZeroDES },
		"zone":        func(b *Bundle) { b.Zones[0].ID = 0 },
		"zero floor":  func(b *Bundle) { b.Zones[0].Floor.Seats[7] = 0 },
		"too long": func(b *Bundle) {
			for s := range 0xFFFF {
				b.Zones[0].Floor.Seats[uint16(s)] = 0xFFFF
			}
		},
	} {
		b := example()
		change(&b)
		if _, err := Seal(b, testSigner("site"), to, newStream("x")); err == nil {
			t.Errorf("%s: sealed", name)
		}
	}
	p256, err := ecdh.P256().GenerateKey(newStream("p"))
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range []*ecdh.PublicKey{nil, p256.PublicKey()} {
		if _, err := Seal(example(), testSigner("site"), k, newStream("x")); err == nil {
			t.Error("sealed to no X25519 key")
		}
	}
	if _, err := Seal(example(), testSigner("site"), to, strings.NewReader("short")); err == nil {
		t.Error("sealed without random bytes")
	}
}
