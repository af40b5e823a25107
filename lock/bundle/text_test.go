package bundle

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

func TestParseLockName(t *testing.T) {
	for _, s := range []string{"A", "9", "K0-101", "e1_door.2", strings.Repeat("x", 32), "CON1", "COM", "COMA", "LPT10", "NULL", "a-"} {
		n, err := ParseLockName(s)
		if err != nil || n.String() != s {
			t.Errorf("%q: %v", s, err)
		}
	}
	for _, s := range []string{
		"", strings.Repeat("x", 33), "-a", ".a", "_a", "a b", "a/b", `a\b`, "a:b", "é", "a\x00", "a\n", "a.", "..",
		"CON", "con", "Nul.bundle", "AUX", "prn.x.y", "COM1", "lpt9", "com0.a",
	} {
		if n, err := ParseLockName(s); err == nil || !n.IsZero() {
			t.Errorf("%q is taken", s)
		}
	}
	a, b := mustName("k0-101"), mustName("K0-101")
	if !a.Is(b) || a.ID() != b.ID() || a.Canonical() != b.Canonical() || a.ID() == mustName("K0-102").ID() {
		t.Error("names are not compared without regard to case")
	}
	var back LockName
	if data, err := json.Marshal(a); err != nil || json.Unmarshal(data, &back) != nil || back != a {
		t.Errorf("JSON gives %v", back)
	}
	if json.Unmarshal([]byte(`"CON"`), &back) == nil {
		t.Error("JSON takes a bad name")
	}
}

func TestPublicKeyText(t *testing.T) {
	k := testLockKey("K0-101").Public()
	text := PublicText(k)
	plain := strings.ReplaceAll(text, "-", "")
	if len(text) != 62 || len(plain) != 56 {
		t.Fatalf("%s", text)
	}
	for _, s := range []string{text, plain, strings.ToLower(text), " " + strings.ReplaceAll(text, "-", " ") + " ", hex.EncodeToString(k.Bytes()), strings.ToUpper(hex.EncodeToString(k.Bytes()))} {
		got, err := ParsePublicKey(s)
		if err != nil || !got.Equal(k) {
			t.Errorf("%q: %v", s, err)
		}
	}
	const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	for i := range plain {
		for _, c := range digits {
			if typo := plain[:i] + string(c) + plain[i+1:]; typo != plain {
				if _, err := ParsePublicKey(typo); !errors.Is(err, ErrKeyText) {
					t.Fatalf("%q with %c as character %d: %v", plain, c, i, err)
				}
			}
		}
		if i > 0 && plain[i] != plain[i-1] {
			swapped := plain[:i-1] + plain[i:i+1] + plain[i-1:i] + plain[i+1:]
			if _, err := ParsePublicKey(swapped); !errors.Is(err, ErrKeyText) {
				t.Fatalf("characters %d and %d swapped: %v", i-1, i, err)
			}
		}
	}
	for _, s := range []string{"", plain[1:], plain + "A", strings.Repeat("0", 63), strings.Repeat("0", 64), "1" + plain[1:], "é" + plain[2:]} {
		if _, err := ParsePublicKey(s); !errors.Is(err, ErrKeyText) {
			t.Errorf("%q: %v", s, err)
		}
	}
}

// TestKeyTextSaysWhere: each single mistake is found in its group.
func TestKeyTextSaysWhere(t *testing.T) {
	text := PublicText(testLockKey("K0-101").Public())
	plain := strings.ReplaceAll(text, "-", "")
	groups := strings.Split(text, "-")
	want := func(s string, fault KeyFault, group int) {
		t.Helper()
		_, err := ParsePublicKey(s)
		var e *KeyTextError
		if !errors.As(err, &e) || e.Fault != fault || e.Group != group {
			t.Errorf("%q: %v", s, err)
		}
	}
	other := func(c byte) string {
		if c == 'A' {
			return "B"
		}
		return "A"
	}
	for i := range plain {
		want(plain[:i]+other(plain[i])+plain[i+1:], KeyDigits, i/8+1)
		if i%8 > 0 && plain[i] != plain[i-1] {
			want(plain[:i-1]+plain[i:i+1]+plain[i-1:i]+plain[i+1:], KeyDigits, i/8+1)
		}
	}
	for i, g := range groups {
		with := func(other string) string {
			all := slices.Clone(groups)
			all[i] = other
			return strings.ToLower(strings.Join(all, " "))
		}
		want(with(g[:7]), KeyLength, i+1)
		want(with(g+"A"), KeyLength, i+1)
		want(with(g[:3]+"1"+g[4:]), KeyLetter, i+1)
		want(with(g[:3]+"é"+g[4:]), KeyLetter, i+1)
	}
	want(plain[1:], KeyLength, 0)
	want("", KeyLength, 0)
	want(plain[:20]+"0"+plain[21:], KeyLetter, 3)
	want(strings.Repeat("A", 56), KeyDigits, 0) // many mistakes
	want(strings.Repeat("0", 64), KeyWeak, 0)
	// A mistake in one group and one in another: no group is named.
	two := []byte(plain)
	two[3], two[40] = other(two[3])[0], other(two[40])[0]
	want(string(two), KeyDigits, 0)
}

func TestKeyFile(t *testing.T) {
	k, err := GenerateKey(mustName("K0-101"), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "K0-101.key")
	if err := WriteKeyFile(path, k); err != nil {
		t.Fatal(err)
	}
	if err := WriteKeyFile(path, testLockKey("K0-101")); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a key was replaced: %v", err)
	}
	got, err := ReadKeyFile(path)
	if err != nil || !got.Private().Equal(k.Private()) || got.Name() != k.Name() {
		t.Fatal(err)
	}
	if entries, _ := os.ReadDir(filepath.Dir(path)); len(entries) != 1 {
		t.Errorf("%d files", len(entries))
	}
	if runtime.GOOS == "windows" {
		return
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	for _, mode := range []fs.FileMode{0o640, 0o604, 0o666} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadKeyFile(path); err == nil {
			t.Errorf("mode %v is taken", mode)
		}
	}
}

func TestKeyFileStrict(t *testing.T) {
	k := testLockKey("K0-101")
	good := string(k.File())
	other := string(testLockKey("K0-102").File())
	lines := strings.SplitAfter(good, "\n")
	for name, text := range map[string]string{
		"empty": "", "CRLF": strings.ReplaceAll(good, "\n", "\r\n"), "no end": strings.TrimSuffix(good, "\n"),
		"line more": good + "\n", "lines swapped": lines[0] + lines[1] + lines[3] + lines[2],
		"other public": lines[0] + lines[1] + lines[2] + strings.SplitAfter(other, "\n")[3],
		"bad name":     strings.Replace(good, "K0-101", "CON", 1),
		"lower case":   strings.ToLower(good), "no groups": lines[0] + lines[1] + strings.ReplaceAll(lines[2], "-", "") + lines[3],
		"long": good + strings.Repeat("x", 1000),
	} {
		if _, err := ParseKeyFile([]byte(text)); !errors.Is(err, ErrKeyFile) {
			t.Errorf("%s: %v", name, err)
		}
	}
	secret := lines[2][7:15]
	for i := range good {
		changed := []byte(good)
		changed[i] ^= 1
		// The lock's name has no check digits: another valid name is another file.
		got, err := ParseKeyFile(changed)
		if err == nil && got.Name().Is(k.Name()) {
			t.Errorf("byte %d changed is taken", i)
		}
		if err != nil && strings.Contains(err.Error(), secret) {
			t.Errorf("error quotes the file: %v", err)
		}
	}
}

// TestSecretsHide prints everything that holds a secret in every way.
func TestSecretsHide(t *testing.T) {
	b, k := example(), testLockKey("K0-101")
	receipt := b.ReceiptKey.Reveal()
	secrets := [][]byte{receipt[:], b.Zones[0].Key.Reveal(), b.Locators[0].Key.Reveal(), k.Private().Bytes()}
	var out strings.Builder
	log := slog.New(slog.NewTextHandler(&out, nil))
	for _, v := range []any{b, &b, b.ReceiptKey, k, &k, b.Zones, b.Locators} {
		fmt.Fprintf(&out, "%v %+v %#v %s %x %X %d %q\n", v, v, v, v, v, v, v, v)
		log.Info("x", "v", v)
		if data, err := json.Marshal(v); err == nil {
			t.Errorf("%T is written as JSON: %s", v, data)
		}
	}
	text := strings.ToLower(out.String())
	for _, s := range secrets {
		for _, form := range []string{fmt.Sprintf("%x", s), fmt.Sprint(s), fmt.Sprintf("%#v", s), string(s), keyText(secretLabel, s)} {
			form = strings.Trim(strings.ToLower(form), "[]")
			if strings.Contains(text, form) {
				t.Errorf("secret shows as %q", form)
			}
		}
	}
}
