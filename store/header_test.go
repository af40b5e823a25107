package store

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/chacha20poly1305"
)

func testHeader(t testing.TB, slots int) (header, dataKey) {
	t.Helper()
	h, key, err := newHeader(testPass, Options{TestKDF: true})
	must(t, err)
	for i := 1; i < slots; i++ {
		s, err := wrap(h.store, [slotIDSize]byte{byte(i)}, testKDF, fmt.Appendf(nil, "other %d", i), key)
		must(t, err)
		h.slots = append(h.slots, s)
	}
	return h, key
}

func TestHeaderRoundTrip(t *testing.T) {
	for _, n := range []int{1, 2, maxSlots} {
		h, key := testHeader(t, n)
		b := h.encode()
		if len(b) != 27+122*n+32 {
			t.Errorf("%d slots in %d bytes", n, len(b))
		}
		got, err := parseHeader(b)
		must(t, err)
		same(t, "header", got, h)
		for i := range n {
			pass := testPass
			if i > 0 {
				pass = fmt.Appendf(nil, "other %d", i)
			}
			k, which, err := got.unlock(pass)
			must(t, err)
			if which != i || *k.b != *key.b {
				t.Errorf("slot %d opened slot %d", i, which)
			}
		}
		if _, _, err := got.unlock([]byte("wrong")); !errors.Is(err, ErrPassphrase) {
			t.Error(err)
		}
	}
}

// TestSlotFromDescription opens a slot by the package comment alone.
func TestSlotFromDescription(t *testing.T) {
	h, key := testHeader(t, 1)
	b := h.encode()
	slot := b[27:149]
	k := argon2.IDKey(testPass, slot[18:50], binary.BigEndian.Uint32(slot[9:]), binary.BigEndian.Uint32(slot[13:]), slot[17], 32)
	aead, err := chacha20poly1305.NewX(k)
	must(t, err)
	got, err := aead.Open(nil, slot[50:74], slot[74:], append(bytes.Clone(b[:26]), slot[:50]...))
	must(t, err)
	if !bytes.Equal(got, key.b[:]) {
		t.Error("another key")
	}
}

// reseal puts a right checksum under a changed header.
func reseal(b []byte) []byte {
	sum := sha256.Sum256(b[:len(b)-32])
	copy(b[len(b)-32:], sum[:])
	return b
}

func TestHeaderRefuses(t *testing.T) {
	h, _ := testHeader(t, 2)
	good := h.encode()
	change := func(at int, v ...byte) []byte {
		b := bytes.Clone(good)
		copy(b[at:], v)
		return reseal(b)
	}
	slot := 27
	for name, c := range map[string]struct {
		b    []byte
		want error
	}{
		"empty":             {nil, ErrDamaged},
		"short":             {good[:40], ErrDamaged},
		"cut":               {good[:len(good)-1], ErrDamaged},
		"longer":            {append(bytes.Clone(good), 0), ErrDamaged},
		"huge":              {make([]byte, 1<<16), ErrDamaged},
		"magic":             {change(0, 'X'), ErrDamaged},
		"version 0":         {change(8, 0, 0), ErrDamaged},
		"version 2":         {change(8, 0, 2), ErrNewerSchema},
		"no slots":          {change(26, 0), ErrDamaged},
		"one slot less":     {change(26, 1), ErrDamaged},
		"too many slots":    {change(26, 17), ErrDamaged},
		"unknown kind":      {change(slot, 2), ErrDamaged},
		"no passes":         {change(slot+9, 0, 0, 0, 0), ErrDamaged},
		"too many passes":   {change(slot+9, 0, 0, 0, 65), ErrDamaged},
		"too little memory": {change(slot+13, 0, 0, 0, 7), ErrDamaged},
		"too much memory":   {change(slot+13, 0xFF), ErrDamaged},
		"no lanes":          {change(slot+17, 0), ErrDamaged},
		"too many lanes":    {change(slot+17, 65), ErrDamaged},
		"same id twice":     {change(slot+122+1, h.slots[0].id[:]...), ErrDamaged},
	} {
		if _, err := parseHeader(c.b); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestSlotIsBound changes what a slot is bound to, with a right checksum.
func TestSlotIsBound(t *testing.T) {
	h, _ := testHeader(t, 1)
	good := h.encode()
	for at := 10; at < len(good)-32; at++ {
		if at == 26 {
			continue // number of slots
		}
		b := bytes.Clone(good)
		b[at] ^= 1
		got, err := parseHeader(reseal(b))
		if err != nil {
			continue // outside the limits
		}
		if _, _, err := got.unlock(testPass); !errors.Is(err, ErrPassphrase) {
			t.Errorf("byte %d: %v", at, err)
		}
	}
}

// TestDamagedHeader flips every bit of store.keys: each is noticed, none is
// taken for a wrong passphrase, and nothing is changed.
func TestDamagedHeader(t *testing.T) {
	dir := t.TempDir()
	closeStore(t, createIn(t, dir))
	path := filepath.Join(dir, keysName)
	good, err := os.ReadFile(path)
	must(t, err)
	before := snapshot(t, dir)
	for at := range good {
		for bit := range 8 {
			b := bytes.Clone(good)
			b[at] ^= 1 << bit
			must(t, os.WriteFile(path, b, 0o600))
			s, err := Open(t.Context(), dir, testPass, testOptions())
			if !errors.Is(err, ErrDamaged) || errors.Is(err, ErrPassphrase) {
				t.Fatalf("byte %d bit %d: %v, %v", at, bit, s, err)
			}
		}
	}
	must(t, os.WriteFile(path, good, 0o600))
	same(t, "files", snapshot(t, dir), before)
	openIn(t, dir)
}

// snapshot is the content of all files of a folder but the lock.
func snapshot(t testing.TB, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	must(t, err)
	files := make(map[string]string)
	for _, e := range entries {
		if e.Name() == lockName {
			continue
		}
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		must(t, err)
		files[e.Name()] = string(b)
	}
	return files
}

func TestWrongPassphrase(t *testing.T) {
	dir := t.TempDir()
	closeStore(t, createIn(t, dir))
	before := snapshot(t, dir)
	for _, p := range []string{"", "Correct horse", "correct horse ", strings.Repeat("x", 1<<16)} {
		s, err := Open(t.Context(), dir, []byte(p), testOptions())
		if s != nil || !errors.Is(err, ErrPassphrase) || errors.Is(err, ErrDamaged) {
			t.Fatalf("%q: %v", p, err)
		}
		if len(p) > 0 && strings.Contains(err.Error(), p) {
			t.Errorf("the error repeats the passphrase: %v", err)
		}
	}
	same(t, "files", snapshot(t, dir), before)
	openIn(t, dir)
}

func TestChangePassphrase(t *testing.T) {
	dir := t.TempDir()
	s := createIn(t, dir)
	before := snapshot(t, dir)
	newPass := []byte("battery staple")
	wantErr(t, "wrong old one", s.ChangePassphrase([]byte("wrong"), newPass), ErrPassphrase)
	wantErr(t, "empty new one", s.ChangePassphrase(testPass, nil), ErrInvalid)
	same(t, "files", snapshot(t, dir), before)
	must(t, s.ChangePassphrase(testPass, newPass))
	after := snapshot(t, dir)
	if after[keysName] == before[keysName] {
		t.Error("the key slots are the same")
	}
	delete(before, keysName)
	delete(after, keysName)
	same(t, "other files", after, before)
	update(t, s, func(tx *Tx) error { return tx.Append(Entry{Act: "still open"}) })
	closeStore(t, s)
	if _, err := Open(t.Context(), dir, testPass, testOptions()); !errors.Is(err, ErrPassphrase) {
		t.Errorf("old passphrase: %v", err)
	}
	s, err := Open(t.Context(), dir, newPass, testOptions())
	must(t, err)
	view(t, s, func(tx *Tx) error {
		all, err := tx.Journal()
		same(t, "entries", len(all), 1)
		return err
	})
	closeStore(t, s)
	wantErr(t, "closed", s.ChangePassphrase(newPass, testPass), ErrClosed)
}

// TestChangePassphraseCrash leaves the half-written new file of a crash.
func TestChangePassphraseCrash(t *testing.T) {
	dir := t.TempDir()
	closeStore(t, createIn(t, dir))
	must(t, os.WriteFile(filepath.Join(dir, keysName+".new"), []byte("SLBD"), 0o600))
	s := openIn(t, dir)
	must(t, s.ChangePassphrase(testPass, []byte("next")))
	if _, err := os.Stat(filepath.Join(dir, keysName+".new")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the new file stays: %v", err)
	}
}

// TestKDFStandsInSlot: what tests weaken is weak only where Create was told so.
func TestKDFStandsInSlot(t *testing.T) {
	h, key, err := newHeader(testPass, Options{})
	must(t, err)
	key.wipe()
	same(t, "strong", h.slots[0].kdf, kdf{passes: 3, memory: 256 << 10, threads: 4})
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, keysName), h.encode(), 0o600))
	got, err := readHeader(dir)
	must(t, err)
	same(t, "read", got.slots[0].kdf, h.slots[0].kdf)
}

func FuzzParseHeader(f *testing.F) {
	for _, n := range []int{1, 3} {
		h, _ := testHeader(f, n)
		b := h.encode()
		f.Add(b)
		f.Add(b[:len(b)-headerSumSize])
		f.Add(append([]byte("XXXXXXXX"), b[8:]...))
	}
	f.Add([]byte(headerMagic))
	f.Fuzz(func(t *testing.T, b []byte) {
		// With and without the checksum made right, so that what is behind it is reached.
		for _, b := range [][]byte{b, fixSum(b)} {
			h, err := parseHeader(b)
			switch {
			case err == nil && !bytes.Equal(h.encode(), b):
				t.Errorf("what parses encodes otherwise")
			case err != nil && !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrNewerSchema):
				t.Errorf("error of unknown kind: %v", err)
			}
		}
	})
}

func fixSum(b []byte) []byte {
	sum := sha256.Sum256(b)
	return append(bytes.Clone(b), sum[:]...)
}
