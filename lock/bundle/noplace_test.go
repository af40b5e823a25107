package bundle

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The tests of this file prove that a bundle and a receipt have no place for an
// event, a name, a time of use or free text: every field is listed here with
// its meaning, has a fixed type, and the format has no way to take another.

// meanings are all fields of the encoded structures.
var meanings = map[string]string{
	"envelope.Protected":     "bytes: signHeader",
	"envelope.Unprotected":   "empty map",
	"envelope.Payload":       "bytes: container",
	"envelope.Signature":     "bytes: 64",
	"signHeader.Alg":         "number: EdDSA",
	"signHeader.Signer":      "bytes: 32, the site's public key",
	"place.Format":           "number: 1",
	"place.Site":             "bytes: 8",
	"place.Lock":             "bytes: 8",
	"place.Sequence":         "number: counts bundles",
	"container.Protected":    "bytes: algHeader",
	"ivHeader.IV":            "bytes: 12",
	"container.Ciphertext":   "bytes: content and 16 bytes of code",
	"recipient.Protected":    "bytes: algHeader",
	"coseKey.Type":           "number: OKP",
	"coseKey.Curve":          "number: X25519",
	"coseKey.X":              "bytes: 32",
	"recipient.Ciphertext":   "bytes: none",
	"algHeader.Alg":          "number: ChaCha20/Poly1305 or ECDH-ES + HKDF-256",
	"content.Format":         "number: 1",
	"content.Site":           "bytes: 8",
	"content.Lock":           "bytes: 8",
	"content.Sequence":       "number: counts bundles",
	"content.Issued":         "number: day of signing",
	"content.ReceiptKey":     "bytes: 16",
	"contentLocator.Version": "number: key version",
	"contentLocator.Key":     "bytes: 16",
	"contentZone.ID":         "number: zone",
	"contentZone.Kind":       "number: 0 to 2",
	"contentZone.Version":    "number: key version",
	"contentZone.Key":        "bytes: 16",
	"contentZone.Epoch":      "number: counts tenancies",
	"contentZone.Seats":      "numbers: seat to generation",
	"content.Next":           "bytes: 32, the next signer's public key, or none",
}

// fields walks an encoded structure and reports each leaf.
func fields(t *testing.T, v reflect.Type, leaf func(name string, kind reflect.Type)) {
	t.Helper()
	for f := range v.Fields() {
		if f.Name == "_" {
			continue
		}
		name, kind := v.Name()+"."+f.Name, f.Type
		if kind.Kind() == reflect.Slice && kind.Elem().Kind() == reflect.Struct {
			kind = kind.Elem()
		}
		if kind.Kind() == reflect.Struct && kind.NumField() > 0 {
			fields(t, kind, leaf)
			continue
		}
		leaf(name, kind)
	}
}

func TestNoPlaceInTypes(t *testing.T) {
	seen := map[string]bool{}
	for _, v := range []any{envelope{}, signHeader{}, container{}, algHeader{}, content{}} {
		fields(t, reflect.TypeOf(v), func(name string, kind reflect.Type) {
			seen[name] = true
			meaning, ok := meanings[name]
			if !ok {
				t.Errorf("%s has no meaning listed", name)
			}
			want, _, _ := strings.Cut(meaning, ":")
			if got := wordFor(kind); got != want {
				t.Errorf("%s is %s, listed as %s", name, got, want)
			}
		})
	}
	for name := range meanings {
		if !seen[name] {
			t.Errorf("%s is listed and not there", name)
		}
	}
}

func wordFor(t reflect.Type) string {
	switch {
	case t == reflect.TypeFor[[]byte]():
		return "bytes"
	case t == reflect.TypeFor[map[uint16]uint16]():
		return "numbers"
	case t == reflect.TypeFor[struct{}]():
		return "empty map"
	}
	switch t.Kind() {
	case reflect.Int, reflect.Uint8, reflect.Uint16, reflect.Uint32:
		return "number"
	}
	return t.String()
}

// TestFixedLengths: every string of bytes in a bundle has one length, but for
// those that hold another structure. The attacks have text in place of numbers
// and fields too many; here every length is tried that a field could be
// stretched to.
func TestFixedLengths(t *testing.T) {
	f := good()
	plain := f.content
	for i := range plain {
		if plain[i] != 0x48 && plain[i] != 0x50 { // heads of 8 and of 16 bytes
			continue
		}
		n := int(plain[i] - 0x40)
		if i+1+n > len(plain) {
			continue
		}
		stretched := slices.Concat(plain[:i], []byte{plain[i] + 1}, plain[i+1:i+1+n], []byte("x"), plain[i+1+n:])
		if _, err := parseContent(stretched); err == nil {
			t.Errorf("a string of bytes at %d can be stretched", i)
		}
	}
}

// TestNoPlaceInCDDL reads the grammar of docs/lock.md: it has no text, no
// "any", no socket to plug something in, and no rule that is not listed here.
func TestNoPlaceInCDDL(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "lock.md"))
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```cddl\n(.*?)```").FindAllStringSubmatch(string(text), -1)
	if len(blocks) != 2 {
		t.Fatalf("%d blocks of CDDL, want 2: bundle and state", len(blocks))
	}
	known := strings.Fields(`bundle header place container recipient cose-key content locator zone floors
		site-id lock-id key-16 public-key day generation seat epoch key-version sequence bytes-12
		lock-state site-line zone-floors receipt`)
	var rules []string
	for _, b := range blocks {
		grammar := regexp.MustCompile(`;.*`).ReplaceAllString(b[1], "")
		for _, word := range []string{"tstr", "text", "any", "$", "time", "tdate", "float", "bool", "#6.0", "#6.1("} {
			if strings.Contains(grammar, word) {
				t.Errorf("the grammar has %q", word)
			}
		}
		for _, m := range regexp.MustCompile(`(?m)^([a-z0-9-]+) +=`).FindAllStringSubmatch(grammar, -1) {
			rules = append(rules, m[1])
			if !slices.Contains(known, m[1]) {
				t.Errorf("rule %q is new: has it a place for something that a lock must not know?", m[1])
			}
		}
		// The only thing that may stand any number of times is a floor, a zone
		// of the state, or a signer of it; a bundle's zones have a limit.
		for _, m := range regexp.MustCompile(`[*+] ?[a-z-]+`).FindAllString(grammar, -1) {
			if !slices.Contains([]string{"* seat", "* site-line", "* zone-floors", "+ public-key"}, m) {
				t.Errorf("%q may stand any number of times", m)
			}
		}
	}
	if len(rules) != len(known) {
		t.Errorf("rules %v, want %v", rules, known)
	}
}

// TestDocsExample: the worked example of docs/lock.md is that of the vectors.
func TestDocsExample(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "lock.md"))
	if err != nil {
		t.Fatal(err)
	}
	plain := strings.ToLower(regexp.MustCompile(`[\s]`).ReplaceAllString(string(text), ""))
	v := makeBundleVectors(t)
	g := v.Good[0]
	for what, want := range map[string]string{
		"bundle": g.Bundle, "header": g.Steps.Header, "shared secret": g.Steps.Shared, "KDF context": g.Steps.KDFContext,
		"content key": g.Steps.ContentKey, "Enc_structure": g.Steps.AAD, "plaintext": g.Steps.Plaintext, "receipt": g.Receipt,
		"lock secret": v.Lock.Secret, "lock public": v.Lock.Public, "signer": v.Signers[0].Public, "lock id": v.Lock.ID,
		"public text": strings.ToLower(PublicText(testLockKey("K0-101").Public())),
	} {
		if !strings.Contains(plain, want) {
			t.Errorf("%s is not in docs/lock.md: %s", what, want)
		}
	}
}
