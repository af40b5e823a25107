package journal_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"sleutelbord/journal"
)

var (
	keyA = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, 32))
	keyB = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{2}, 32))
)

// byHand hashes parts by the package comment alone.
func byHand(parts ...string) []byte {
	var b []byte
	for _, p := range parts {
		b = binary.BigEndian.AppendUint64(b, uint64(len(p)))
		b = append(b, p...)
	}
	s := sha256.Sum256(b)
	return s[:]
}

func num(n uint64) string { return string(binary.BigEndian.AppendUint64(nil, n)) }

// sample is a journal of entries made by the package comment: entry 1 from before
// there were keys, 2 and 4 by desk 1, 3 by desk 2 and erased.
func sample() []any {
	store := strings.Repeat("S", 16)
	before := byHand("journal", store)
	out := []any{nil}
	for i := uint64(1); i <= 4; i++ {
		salt := strings.Repeat(string(rune('a'+i)), 32)
		e := journal.Entry{Seq: int64(i), Date: "2026-11-02", Operator: "anna", Act: "tag issued <&>", Subject: fmt.Sprintf("T%d", i), Salt: []byte(salt)}
		e.Entry = byHand("entry", salt, num(i), num(2497), "anna", "tag issued <&>", e.Subject)
		e.Hash = byHand("chain", string(before), num(i), string(e.Entry))
		before = e.Hash
		key := keyA
		if i > 1 {
			e.Desk = 1
			if i == 3 {
				e.Desk, key = 2, keyB
				e.Date, e.Operator, e.Act, e.Subject, e.Salt = "", "", "", "", nil
			}
			e.Sig = ed25519.Sign(key, append([]byte("sleutelbord journal\x00"), e.Hash...))
		}
		out = append(out, e)
	}
	out[0] = journal.Header{
		Journal: 1, Site: "Campus „Noord”", Store: []byte(store), Entries: 4, Head: bytes.Clone(before),
		Desks: []journal.Desk{{Desk: 1, Key: []byte(keyA.Public().(ed25519.PublicKey))}, {Desk: 2, Key: []byte(keyB.Public().(ed25519.PublicKey))}},
	}
	return out
}

func file(t testing.TB, lines []any) []byte {
	t.Helper()
	var b bytes.Buffer
	for _, l := range lines {
		if err := journal.WriteLine(&b, l); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

func TestVerify(t *testing.T) {
	b := file(t, sample())
	r, err := journal.Verify(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if r.Entries != 4 || r.Signed != 3 || r.Erased != 1 || len(r.Desks) != 2 || r.Site != "Campus „Noord”" {
		t.Errorf("%+v", r)
	}
	// Erasing more changes nothing of what can be checked.
	s := sample()
	e := s[2].(journal.Entry)
	e.Date, e.Operator, e.Act, e.Subject, e.Salt = "", "", "", "", nil
	s[2] = e
	if r, err := journal.Verify(bytes.NewReader(file(t, s))); err != nil || r.Erased != 2 {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestVerifyRefuses changes one thing each, and wants it named.
func TestVerifyRefuses(t *testing.T) {
	entry := func(i int, f func(*journal.Entry)) func([]any) []any {
		return func(s []any) []any { e := s[i].(journal.Entry); f(&e); s[i] = e; return s }
	}
	head := func(f func(*journal.Header)) func([]any) []any {
		return func(s []any) []any { h := s[0].(journal.Header); f(&h); s[0] = h; return s }
	}
	for name, c := range map[string]struct {
		change func([]any) []any
		seq    int64
	}{
		"operator":         {entry(2, func(e *journal.Entry) { e.Operator = "bob" }), 2},
		"act":              {entry(2, func(e *journal.Entry) { e.Act = "" }), 2},
		"date":             {entry(4, func(e *journal.Entry) { e.Date = "2026-11-03" }), 4},
		"no date":          {entry(4, func(e *journal.Entry) { e.Date = "yesterday" }), 4},
		"old date":         {entry(4, func(e *journal.Entry) { e.Date = "2019-12-31" }), 4},
		"salt":             {entry(4, func(e *journal.Entry) { e.Salt[0] ^= 1 }), 4},
		"only the salt":    {entry(4, func(e *journal.Entry) { e.Salt = nil }), 4},
		"before all keys":  {entry(1, func(e *journal.Entry) { e.Subject = "T9" }), 1},
		"entry hash":       {entry(3, func(e *journal.Entry) { e.Entry[0] ^= 1 }), 3},
		"short entry hash": {entry(3, func(e *journal.Entry) { e.Entry = e.Entry[:31] }), 3},
		"hash":             {entry(3, func(e *journal.Entry) { e.Hash[0] ^= 1 }), 3},
		"signature":        {entry(3, func(e *journal.Entry) { e.Sig[0] ^= 1 }), 3},
		"no signature":     {entry(4, func(e *journal.Entry) { e.Desk, e.Sig = 0, nil }), 4},
		"other desk":       {entry(4, func(e *journal.Entry) { e.Desk = 2 }), 4},
		"unknown desk":     {entry(4, func(e *journal.Entry) { e.Desk = 3 }), 4},
		"two swapped":      {func(s []any) []any { s[2], s[4] = s[4], s[2]; return s }, 2},
		"one taken out":    {func(s []any) []any { return slices.Delete(s, 2, 3) }, 2},
		"last taken out":   {func(s []any) []any { return s[:4] }, 4},
		"one twice":        {func(s []any) []any { return append(s, s[4]) }, 5},
		"only old entries": {func(s []any) []any {
			h := s[0].(journal.Header)
			h.Entries, h.Head = 1, s[1].(journal.Entry).Hash
			return []any{h, s[1]}
		}, 2},
		"version":        {head(func(h *journal.Header) { h.Journal = 2 }), 0},
		"other records":  {head(func(h *journal.Header) { h.Store[0] ^= 1 }), 1},
		"short records":  {head(func(h *journal.Header) { h.Store = h.Store[1:] }), 0},
		"other head":     {head(func(h *journal.Header) { h.Head[0] ^= 1 }), 5},
		"more entries":   {head(func(h *journal.Header) { h.Entries++ }), 5},
		"other key":      {head(func(h *journal.Header) { h.Desks[0].Key = h.Desks[1].Key }), 2},
		"short key":      {head(func(h *journal.Header) { h.Desks[0].Key = h.Desks[1].Key[1:] }), 0},
		"one desk twice": {head(func(h *journal.Header) { h.Desks[0].Desk = 2 }), 0},
		"nothing":        {func([]any) []any { return nil }, 0},
	} {
		_, err := journal.Verify(bytes.NewReader(file(t, c.change(sample()))))
		var w *journal.Wrong
		if !errors.As(err, &w) || w.Seq != c.seq {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestVerifyIsStrict changes how lines are written.
func TestVerifyIsStrict(t *testing.T) {
	good := string(file(t, sample()))
	for name, s := range map[string]string{
		"space":         strings.Replace(good, `"seq":2`, `"seq": 2`, 1),
		"upper case":    strings.Replace(good, `"seq":2`, `"Seq":2`, 1),
		"another field": strings.Replace(good, `"seq":2`, `"seq":2,"x":1`, 1),
		"field twice":   strings.Replace(good, `"seq":2`, `"seq":2,"seq":2`, 1),
		"empty line":    strings.Replace(good, "\n", "\n\n", 1),
		"no object":     strings.Replace(good, "\n", "\n[]\n", 1),
		"cut":           good[:len(good)-9],
		"too long":      good + strings.Repeat("x", 1<<21),
	} {
		var w *journal.Wrong
		if _, err := journal.Verify(strings.NewReader(s)); s == good || !errors.As(err, &w) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestExample: the worked example that is handed to those who write a checker
// of their own stays what it is.
func TestExample(t *testing.T) {
	want, err := os.ReadFile("testdata/example.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	if got := file(t, sample()); !bytes.Equal(got, want) {
		t.Errorf("the example is now\n%s", got)
	}
}

func FuzzVerify(f *testing.F) {
	good := file(f, sample())
	f.Add(good)
	f.Add(good[:len(good)/2])
	f.Add([]byte("{}\n{}\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := journal.Verify(bytes.NewReader(b))
		var w *journal.Wrong
		if err != nil && !errors.As(err, &w) {
			t.Errorf("error of unknown kind: %v", err)
		}
		if err == nil && r.Entries != int64(bytes.Count(bytes.TrimSuffix(b, []byte("\n")), []byte("\n"))) {
			t.Errorf("%d entries in %q", r.Entries, b)
		}
	})
}
