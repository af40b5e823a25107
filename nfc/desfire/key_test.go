package desfire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
)

// TestNothingShowsKeys: keys, sessions and cards give nothing away, whatever
// is done to print them.
func TestNothingShowsKeys(t *testing.T) {
	for _, g := range generations() {
		s, _ := g.session(t)
		k := testKey(g.kind, 3)
		secrets := []string{
			fmt.Sprintf("%x", k.Reveal()), fmt.Sprintf("%X", k.Reveal()), fmt.Sprint(k.Reveal()),
			strings.Trim(fmt.Sprint(k.Reveal()[:4]), "[]"), string(k.Reveal()),
		}
		var out bytes.Buffer
		log := slog.New(slog.NewTextHandler(&out, nil))
		jlog := slog.New(slog.NewJSONHandler(&out, nil))
		for _, v := range []any{k, &k, s, *s, s.card, []Key{k}, map[string]Key{"k": k}, struct{ K Key }{k}, []*Session{s}} {
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
				fmt.Fprintf(&out, verb+"\n", v)
			}
			log.Info("x", "v", v)
			jlog.Info("x", "v", v)
		}
		fmt.Fprintln(&out, k.String(), k.GoString(), s.String(), s.GoString())
		for _, secret := range secrets {
			if strings.Contains(out.String(), secret) {
				t.Errorf("%s: a key is shown", g.name)
			}
		}
	}
}

func TestKeysAreNoJSON(t *testing.T) {
	for _, v := range []any{ZeroAES, &ZeroAES, struct{ K Key }{ZeroDES}} {
		if b, err := json.Marshal(v); err == nil {
			t.Errorf("%s", b)
		}
	}
}

func TestErrorsShowNoSecrets(t *testing.T) {
	for _, g := range generations() {
		for _, c := range calls(g.kind) {
			s, p := c.prepared(t, g)
			p.mangle = func(a [][]byte) [][]byte {
				a[0][0] ^= 0x40
				return a
			}
			_, err := c.do(s)
			if err != nil && (strings.Contains(err.Error(), "a1b2") || strings.Contains(err.Error(), "A1 B2") || len(err.Error()) > 160) {
				t.Errorf("%s/%s: %v", g.name, c.name, err)
			}
		}
	}
}

func TestKey(t *testing.T) {
	for _, kind := range []KeyType{TypeDES, Type2K3DES, Type3K3DES, TypeAES} {
		k := testKey(kind, 0xA5)
		if k.Type() != kind || k.Version() != 0xA5 || len(k.Reveal()) != kind.Size() || k.IsZero() {
			t.Errorf("%v: type %v, version %02X", kind, k.Type(), k.Version())
		}
		if !k.Equal(k) || k.Equal(testKey(kind, 0xA6)) {
			t.Errorf("%v: equality is wrong", kind)
		}
		b := k.Reveal()
		b[0] ^= 0xFF
		if bytes.Equal(b, k.Reveal()) {
			t.Errorf("%v: the key can be changed from outside", kind)
		}
		for _, n := range []int{0, kind.Size() - 1, kind.Size() + 1} {
			if _, err := NewKey(kind, make([]byte, n), 0); err == nil {
				t.Errorf("%v: %d bytes were taken", kind, n)
			}
		}
	}
	if _, err := NewKey(4, make([]byte, 16), 0); err == nil {
		t.Error("key type 4 was taken")
	}
	if ZeroDES.Equal(ZeroAES) || !ZeroDES.IsZero() || !ZeroAES.IsZero() || !ZeroAES.Equal(NewAESKey([16]byte{}, 9)) {
		t.Error("zero keys are wrong")
	}
}

// TestKeyChangeContent opens what ChangeKey sent and compares it with the
// layout that NXP MF3ICD81 rev 3.5, 9.3.5 gives, put together here by hand.
func TestKeyChangeContent(t *testing.T) {
	for _, g := range generations() {
		fresh, old := testKey(g.kind, 50), testKey(g.kind, 60)
		f, o := fresh.Reveal(), old.Reveal()
		if g.kind == TypeDES {
			f, o = append(f, f...), append(o, o...)
		}
		xored := make([]byte, len(f))
		for i := range f {
			xored[i] = f[i] ^ o[i]
		}
		var version []byte
		if g.kind == TypeAES {
			version = []byte{50}
		}
		for _, own := range []bool{true, false} {
			no, first := byte(0), append(slices.Clone(f), version...)
			if !own {
				no, first = 5, append(slices.Clone(xored), version...)
			}
			want := keyContent(g.open(), no, first, f, own)
			s, p := g.session(t)
			p.answer = func(command) []byte { return nil }
			if err := s.ChangeKey(no, fresh, old); err != nil {
				t.Fatal(err)
			}
			got := opened(t, g.open(), p.got[1:])
			if p.got[0] != no || !bytes.Equal(got, want) {
				t.Errorf("%s, own is %v:\n got %x\nwant %x", g.name, own, got, want)
			}
		}
	}
}

func keyContent(ch channel, no byte, first, fresh []byte, own bool) []byte {
	out := slices.Clone(first)
	switch ch := ch.(type) {
	case *d40:
		out = append(out, crc16(first)...)
		if !own {
			out = append(out, crc16(fresh)...)
		}
		return padZero(out, 8)
	case *ev1:
		out = append(out, crc32LE(slices.Concat([]byte{0xC4, no}, first))...)
		if !own {
			out = append(out, crc32LE(fresh)...)
		}
		return padZero(out, ch.key.block.BlockSize())
	default:
		if !own {
			out = append(out, crc32LE(fresh)...)
		}
		return padMarked(out, 16)
	}
}

// opened deciphers what a fresh channel's session enciphered first.
func opened(t *testing.T, ch channel, sealed []byte) []byte {
	t.Helper()
	switch ch := ch.(type) {
	case *d40:
		return openD40(ch.block, sealed)
	case *ev1:
		return cbcDecrypt(ch.key.block, ch.iv, sealed)
	case *ev2:
		return cbcDecrypt(ch.enc, ch.iv(ivCommand, ch.counter), sealed[:len(sealed)-8])
	}
	return nil
}
