package store

import (
	"bytes"
	"crypto/ecdh"
	"crypto/hpke"
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

// testHeader has this many passphrase slots, "anna" with testPass first, and
// that of testedRoot; with more than one also a keyring's.
func testHeader(t testing.TB, slots int) (header, dataKey) {
	t.Helper()
	h, key, err := newHeader(testPass, testedRoot(t), Options{TestKDF: true, Operator: "anna"})
	must(t, err)
	for i := 1; i < slots; i++ {
		role := byte(roleCaretaker + i%2)
		s, err := wrapPassphrase(h.store, slot{id: slotID{byte(i)}, name: fmt.Sprintf("other-%d", i), role: role, kdf: testKDF}, otherPass(i), key)
		must(t, err)
		must(t, h.put(s))
	}
	if slots > 1 {
		s, err := wrapKeyring(h.store, slotID{1}, testedSecret, key)
		must(t, err)
		must(t, h.put(s))
	}
	return h, key
}

func otherPass(i int) []byte { return fmt.Appendf(nil, "other %d", i) }

var testedSecret = bytes.Repeat([]byte{0x5E}, 32)

func testedRoot(t testing.TB) Root {
	t.Helper()
	r, err := newRoot(bytes.Repeat([]byte{0xA5}, 32))
	must(t, err)
	return r
}

// encode1 is a header of version 1 as earlier releases wrote it.
func encode1(t testing.TB, store [16]byte, passphrase []byte, key dataKey) []byte {
	t.Helper()
	b := append([]byte("SLBDKEYS\x00\x01"), store[:]...)
	bound := bytes.Clone(b)
	clear := append([]byte{1}, "slot-id8"...)
	clear = append(clear, 0, 0, 0, 1, 0, 0, 0, 64, 1)
	salt := bytes.Repeat([]byte{0x5A}, 32)
	clear = append(clear, salt...)
	aead, err := chacha20poly1305.NewX(argon2.IDKey(passphrase, salt, 1, 64, 1, 32))
	must(t, err)
	nonce := bytes.Repeat([]byte{0x17}, 24)
	b = append(append(append(b, 1), clear...), nonce...)
	return fixSum(aead.Seal(b, nonce, key.b[:], append(bound, clear...)))
}

func TestHeaderRoundTrip(t *testing.T) {
	for _, n := range []int{1, 2, maxSlots - 2} {
		h, key := testHeader(t, n)
		got, err := parseHeader(h.encode())
		must(t, err)
		same(t, "header", got, h)
		for i, s := range h.slots {
			if s.kind != slotPassphrase {
				continue
			}
			pass := testPass
			if s.name != "anna" {
				pass = []byte(strings.Replace(s.name, "-", " ", 1))
			}
			for _, name := range []string{"", s.name, strings.ToUpper(s.name)} {
				k, which, err := got.unlock(name, pass)
				must(t, err)
				if which != i || *k.b != *key.b {
					t.Errorf("slot %d opened slot %d", i, which)
				}
			}
		}
		_, _, err = got.unlock("", []byte("wrong"))
		wantErr(t, "wrong passphrase", err, ErrPassphrase)
		_, _, err = got.unlock("nobody", testPass)
		wantErr(t, "unknown name", err, ErrNoOperator)
	}
}

// TestPassphraseIsOfOneName: a passphrase opens only under its own name.
func TestPassphraseIsOfOneName(t *testing.T) {
	h, _ := testHeader(t, 3)
	_, _, err := h.unlock("anna", otherPass(1))
	wantErr(t, "another's passphrase", err, ErrPassphrase)
}

// TestSlotsFromDescription opens slots by the package comment alone.
func TestSlotsFromDescription(t *testing.T) {
	h, key := testHeader(t, 2)
	b := h.encode()
	if !bytes.Equal(b[:10], []byte("SLBDKEYS\x00\x02")) || b[26] != 4 {
		t.Fatalf("begins with %x", b[:27])
	}
	bound := b[:26]

	anna := b[27:] // kind, id, length of the name, name, role, argon2id, nonce and sealed key
	if anna[0] != 1 || anna[9] != 4 || string(anna[10:14]) != "anna" || anna[14] != 2 {
		t.Fatalf("slot %x", anna[:20])
	}
	k := argon2.IDKey(testPass, anna[24:56], binary.BigEndian.Uint32(anna[15:]), binary.BigEndian.Uint32(anna[19:]), anna[23], 32)
	wantSealed(t, k, anna[56:128], append(bytes.Clone(bound), anna[:56]...), key)

	root := anna[128:]
	if root[0] != 2 || root[9] != 0 {
		t.Fatalf("slot %x", root[:10])
	}
	private, err := hpke.DHKEM(ecdh.X25519()).NewPrivateKey(hkdfByHand(bytes.Repeat([]byte{0xA5}, 32), "recovery", 32))
	must(t, err)
	if !bytes.Equal(private.PublicKey().Bytes(), root[10:42]) {
		t.Error("another public key")
	}
	got, err := hpke.Open(private, hpke.HKDFSHA256(), hpke.ChaCha20Poly1305(), append(bytes.Clone(bound), root[:42]...), root[42:122])
	must(t, err)
	if !bytes.Equal(got, key.b[:]) {
		t.Error("the root opens another key")
	}

	other := root[122:]
	ring := other[10+len("other-1")+1+41+72:]
	if ring[0] != 3 || ring[9] != 0 || !bytes.Equal(ring[10:18], other[1:9]) {
		t.Fatalf("slot %x", ring[:18])
	}
	wantSealed(t, testedSecret, ring[18:90], append(bytes.Clone(bound), ring[:18]...), key)
	same(t, "rest", len(ring[90:]), 32)
}

func wantSealed(t *testing.T, k, sealed, additional []byte, key dataKey) {
	t.Helper()
	aead, err := chacha20poly1305.NewX(k)
	must(t, err)
	got, err := aead.Open(nil, sealed[:24], sealed[24:], additional)
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
	h, key := testHeader(t, 2)
	good := h.encode()
	old := encode1(t, h.store, testPass, key)
	change := func(at int, v ...byte) []byte {
		b := bytes.Clone(good)
		copy(b[at:], v)
		return reseal(b)
	}
	change1 := func(at int, v ...byte) []byte {
		b := bytes.Clone(old)
		copy(b[at:], v)
		return reseal(b)
	}
	const anna = 27
	const root = anna + 128
	const other = root + 122
	const ring = other + 131
	for name, c := range map[string]struct {
		b    []byte
		want error
	}{
		"empty":                {nil, ErrDamaged},
		"short":                {good[:40], ErrDamaged},
		"cut":                  {good[:len(good)-1], ErrDamaged},
		"longer":               {append(bytes.Clone(good), 0), ErrDamaged},
		"longer, with its sum": {fixSum(append(bytes.Clone(good[:len(good)-32]), 0)), ErrDamaged},
		"shorter":              {fixSum(good[:len(good)-33]), ErrDamaged},
		"huge":                 {make([]byte, 1<<16), ErrDamaged},
		"magic":                {change(0, 'X'), ErrDamaged},
		"version 0":            {change(8, 0, 0), ErrDamaged},
		"version 3":            {change(8, 0, 3), ErrNewerSchema},
		"no slots":             {change(26, 0), ErrDamaged},
		"one slot less":        {change(26, 3), ErrDamaged},
		"one slot more":        {change(26, 5), ErrDamaged},
		"too many slots":       {change(26, maxSlots+1), ErrDamaged},
		"unknown kind":         {change(anna, 4), ErrDamaged},
		"no name":              {change(anna+9, 0), ErrDamaged},
		"name too long":        {change(anna+9, MaxSignIn+1), ErrDamaged},
		"name of a space":      {change(anna+10, ' '), ErrDamaged},
		"name no text":         {change(anna+10, 0xFF), ErrDamaged},
		"no role":              {change(anna+14, 0), ErrDamaged},
		"unknown role":         {change(anna+14, 3), ErrDamaged},
		"no passes":            {change(anna+15, 0, 0, 0, 0), ErrDamaged},
		"too many passes":      {change(anna+15, 0, 0, 0, 65), ErrDamaged},
		"too little memory":    {change(anna+19, 0, 0, 0, 7), ErrDamaged},
		"too much memory":      {change(anna+19, 0xFF), ErrDamaged},
		"no lanes":             {change(anna+23, 0), ErrDamaged},
		"too many lanes":       {change(anna+23, 65), ErrDamaged},
		"root with a name":     {change(root+9, 1), ErrDamaged},
		"same id twice":        {change(other+1, h.slots[0].id[:]...), ErrDamaged},
		"ring of nobody":       {change(ring+10, 9), ErrDamaged},
		"ring of the root":     {change(ring+10, h.slots[1].id[:]...), ErrDamaged},
		"old, two slots":       {change1(26, 2), ErrDamaged},
		"old, other kind":      {change1(27, 2), ErrDamaged},
		"old, no lanes":        {change1(27+17, 0), ErrDamaged},
		"old, longer":          {fixSum(append(bytes.Clone(old[:len(old)-32]), 0)), ErrDamaged},
	} {
		if _, err := parseHeader(c.b); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, slots := range map[string][]slot{
		"only the root":  h.slots[1:2],
		"two roots":      append(h.slots[:2:2], slot{kind: slotRecovery, sealed: make([]byte, recoverySize)}),
		"one name twice": append(h.slots[:2:2], slot{kind: slotPassphrase, name: "ANNA", role: 1, kdf: testKDF, sealed: make([]byte, slotSealedSize)}),
		"only a keyring": {h.slots[3]},
	} {
		if _, err := parseHeader(header{slots: slots}.encode()); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestSlotIsBound changes every bit of every slot, with a right checksum: none
// of them then opens with what opened it before.
func TestSlotIsBound(t *testing.T) {
	h, _ := testHeader(t, 2)
	good := h.encode()
	at := 27
	for i, s := range h.slots {
		for end := at + len(s.clear()) + len(s.sealed); at < end; at++ {
			b := bytes.Clone(good)
			b[at] ^= 1
			got, err := parseHeader(reseal(b))
			if err != nil {
				continue // is no header
			}
			switch s.kind {
			case slotPassphrase:
				_, _, err = got.unlock("", [][]byte{testPass, nil, otherPass(1)}[i])
			case slotRecovery:
				_, err = got.unlockRoot(testedRoot(t))
			case slotKeyring:
				_, _, err = got.unlockKeyring(testedSecret)
			}
			if !errors.Is(err, ErrPassphrase) && !errors.Is(err, ErrWrongRoot) && !(s.kind == slotRecovery && errors.Is(err, ErrDamaged)) {
				t.Errorf("slot %d, byte %d: %v", i, at, err)
			}
		}
	}
}

// TestSlotOfAnotherStore moves slots between stores, operators and roles.
func TestSlotOfAnotherStore(t *testing.T) {
	a, _ := testHeader(t, 2)
	b, _ := testHeader(t, 2)
	b.slots = a.slots
	_, _, err := b.unlock("anna", testPass)
	wantErr(t, "another store", err, ErrPassphrase)
	_, err = b.unlockRoot(testedRoot(t))
	wantErr(t, "another store's root", err, ErrDamaged)
	_, _, err = b.unlockKeyring(testedSecret)
	wantErr(t, "another store's keyring", err, ErrPassphrase)
	for name, f := range map[string]func(*slot){
		"name": func(s *slot) { s.name = "Anna" },
		"role": func(s *slot) { s.role = roleCaretaker },
		"id":   func(s *slot) { s.id[0] ^= 1 },
	} {
		h := header{store: a.store, slots: append([]slot(nil), a.slots...)}
		f(&h.slots[0])
		_, _, err := h.unlock("anna", testPass)
		wantErr(t, "another "+name, err, ErrPassphrase)
	}
}

func TestUnlockRoot(t *testing.T) {
	h, key := testHeader(t, 1)
	got, err := h.unlockRoot(testedRoot(t))
	must(t, err)
	same(t, "key", *got.b, *key.b)
	_, err = h.unlockRoot(testRoot(t))
	wantErr(t, "another root", err, ErrWrongRoot)
	_, err = h.unlockRoot(Root{})
	wantErr(t, "no root", err, ErrInvalid)
}

func TestCheckSignIn(t *testing.T) {
	for _, good := range []string{"anna", "Zoë", "j.van-dijk_2", "a@b.example", "7", strings.Repeat("x", 32)} {
		must(t, CheckSignIn(good))
	}
	for _, bad := range []string{"", " ", "a b", "-a", ".a", "a/b", "a\x00", "a\n", "\xFF", strings.Repeat("x", 33), strings.Repeat("ë", 17), "a\u202eb"} {
		wantErr(t, bad, CheckSignIn(bad), ErrInvalid)
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

// snapshot is the content of all files of a folder but the lock and the
// count of wrong passphrases.
func snapshot(t testing.TB, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	must(t, err)
	files := make(map[string]string)
	for _, e := range entries {
		if e.Name() == lockName || e.Name() == attemptsName {
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
	wantErr(t, "wrong old one", s.ChangePassphrase("", []byte("wrong"), newPass), ErrPassphrase)
	wantErr(t, "empty new one", s.ChangePassphrase("", testPass, nil), ErrInvalid)
	same(t, "files", snapshot(t, dir), before)
	must(t, s.ChangePassphrase("", testPass, newPass))
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
	wantErr(t, "closed", s.ChangePassphrase("custodian", newPass, testPass), ErrClosed)
}

// TestChangePassphraseCrash leaves the half-written new file of a crash.
func TestChangePassphraseCrash(t *testing.T) {
	dir := t.TempDir()
	closeStore(t, createIn(t, dir))
	must(t, os.WriteFile(filepath.Join(dir, keysName+".new"), []byte("SLBD"), 0o600))
	s := openIn(t, dir)
	must(t, s.ChangePassphrase("", testPass, []byte("next")))
	if _, err := os.Stat(filepath.Join(dir, keysName+".new")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the new file stays: %v", err)
	}
}

// TestKDFStandsInSlot: what tests weaken is weak only where Create was told so.
func TestKDFStandsInSlot(t *testing.T) {
	h, key, err := newHeader(testPass, testedRoot(t), Options{})
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
		h, key := testHeader(f, n)
		for _, b := range [][]byte{h.encode(), encode1(f, h.store, testPass, key)} {
			f.Add(b)
			f.Add(b[:len(b)-headerSumSize])
			f.Add(append([]byte("XXXXXXXX"), b[8:]...))
		}
	}
	f.Add([]byte(headerMagic))
	f.Fuzz(func(t *testing.T, b []byte) {
		// With and without the checksum made right, so that what is behind it is reached.
		for _, b := range [][]byte{b, fixSum(b)} {
			h, err := parseHeader(b)
			switch {
			case err == nil && !h.old && !bytes.Equal(h.encode(), b):
				t.Errorf("what parses encodes otherwise")
			case err == nil && h.old && !bytes.Equal(append(h.slots[0].clear(), h.slots[0].sealed...), b[27:len(b)-32]):
				t.Errorf("what parses of version 1 encodes otherwise")
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
