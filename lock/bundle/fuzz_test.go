package bundle

import (
	"bytes"
	"encoding/hex"
	"testing"
)

// FuzzOpen feeds the whole way in. Nothing but the seed can come through, as
// nobody can sign.
func FuzzOpen(f *testing.F) {
	genuine := good().make()
	f.Add(genuine)
	for _, a := range attacks() {
		f.Add(a.data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := openExample(data); err == nil && !bytes.Equal(data, genuine) {
			t.Fatalf("%X was taken", data)
		}
	})
}

// FuzzSplit: an outer form that parses is written again in the same bytes.
func FuzzSplit(f *testing.F) {
	f.Add(good().make())
	for _, a := range outerAttacks() {
		f.Add(a.data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		h, payload, signature, err := split(data)
		if err == nil && !bytes.Equal(join(h.encode(), payload, signature), data) {
			t.Fatalf("%X is written otherwise", data)
		}
	})
}

// FuzzContainer: a container that parses is written again in the same bytes.
func FuzzContainer(f *testing.F) {
	f.Add(good().container())
	f.Add([]byte("\xd8\x60\x84"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, _, err := parseContainer(data)
		if err == nil && !bytes.Equal(append(encryptTag[:2:2], encode(c)...), data) {
			t.Fatalf("%X is written otherwise", data)
		}
	})
}

// FuzzContent: a plaintext that parses is written again in the same bytes.
func FuzzContent(f *testing.F) {
	for _, g := range goodBundles() {
		f.Add(handContent(g.b, sortedSeats))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := parseContent(data)
		if err == nil && !bytes.Equal(encodeContent(b), data) {
			t.Fatalf("%X is written otherwise", data)
		}
	})
}

// FuzzReceipt: a receipt that parses is the same bytes; only the genuine one
// verifies.
func FuzzReceipt(f *testing.F) {
	key, lock := NewReceiptKey(seeded16("receipt")), mustName("K0-101").ID()
	for _, c := range makeReceiptVectors().Receipts {
		f.Add(unhex(c.Receipt))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := ParseReceipt(data)
		if err != nil {
			return
		}
		if !bytes.Equal(r[:], data) {
			t.Fatalf("%X is written otherwise", data)
		}
		if sequence, err := r.Verify(key, lock); err == nil && r != NewReceipt(key, lock, sequence) {
			t.Fatalf("%X verifies", data)
		}
	})
}

// FuzzKeyFile: a key file that parses is written again in the same bytes.
func FuzzKeyFile(f *testing.F) {
	f.Add(testLockKey("K0-101").File())
	f.Add([]byte(keyFileTitle + "\nlock A\nsecret \npublic \n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		k, err := ParseKeyFile(data)
		if err == nil && !bytes.Equal(k.File(), data) {
			t.Fatalf("%q is written otherwise", data)
		}
	})
}

// FuzzPublicKey: a text that parses stands for the key that it is written as.
func FuzzPublicKey(f *testing.F) {
	k := testLockKey("K0-101").Public()
	f.Add(PublicText(k))
	f.Add(hex.EncodeToString(k.Bytes()))
	f.Add(lowOrderPoint)
	f.Fuzz(func(t *testing.T, s string) {
		k, err := ParsePublicKey(s)
		if err != nil {
			return
		}
		if again, err := ParsePublicKey(PublicText(k)); err != nil || !again.Equal(k) {
			t.Fatalf("%q: %v", s, err)
		}
	})
}

// FuzzLockName: a name that parses is safe in a file name.
func FuzzLockName(f *testing.F) {
	f.Add("K0-101")
	f.Add("con.x")
	f.Add("../x")
	f.Fuzz(func(t *testing.T, s string) {
		n, err := ParseLockName(s)
		if err != nil {
			return
		}
		if n.String() != s || len(s) > 32 || !n.Is(mustName(n.Canonical())) || n.ID() != mustName(n.Canonical()).ID() {
			t.Fatalf("%q", s)
		}
	})
}
