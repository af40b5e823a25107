package desfire

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// hexBytes is a byte string written in hexadecimal digits.
type hexBytes []byte

func (h *hexBytes) UnmarshalText(text []byte) error {
	b, err := hex.DecodeString(string(text))
	*h = b
	return err
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatalf("not hexadecimal: %q", s)
	}
	return b
}

// load reads a file of published vectors from testdata; each entry there names
// its source.
func load(t testing.TB, name string, into any) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

var typeNames = map[string]KeyType{"des": TypeDES, "2k3des": Type2K3DES, "3k3des": Type3K3DES, "aes": TypeAES}

// vectorKey makes a key of exactly these bytes; the version of a DES key is
// read from them.
func vectorKey(t testing.TB, alg string, b []byte, version byte) Key {
	t.Helper()
	kind, known := typeNames[alg]
	if !known {
		t.Fatalf("unknown cipher %q", alg)
	}
	if kind != TypeAES {
		version = 0
		for _, x := range b[:8] {
			version = version<<1 | x&1
		}
	}
	k, err := NewKey(kind, b, version)
	if err != nil {
		t.Fatal(err)
	}
	return k
}
