package evidence

import (
	"errors"
	"strings"
	"testing"

	"sleutelbord/app/desk"
)

const goodSums = packMark + "\n# site 0102030405060708\n# day 2026-11-21\n# key 1\n" +
	"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  a.pdf\n"

func TestParseSums(t *testing.T) {
	v, sums, err := parseSums([]byte(goodSums))
	if err != nil || v.SiteID != "0102030405060708" || v.Key != 1 || len(sums) != 1 {
		t.Fatalf("%+v %v %v", v, sums, err)
	}
	for _, bad := range []string{
		"", goodSums[1:], strings.TrimSuffix(goodSums, "\n"), goodSums + "\n", goodSums + strings.SplitAfter(goodSums, "\n")[4],
		strings.Replace(goodSums, "# key 1", "# key 70000", 1), strings.Replace(goodSums, "a.pdf", "../a", 1),
		strings.Replace(goodSums, "a.pdf", sumsFile, 1), strings.Replace(goodSums, "  a", " *a", 1),
	} {
		if _, _, err := parseSums([]byte(bad)); !errors.Is(err, desk.ErrEvidence) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func FuzzVerifyFiles(f *testing.F) {
	f.Add([]byte(goodSums), []byte("sig"), []byte("-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n"))
	f.Fuzz(func(t *testing.T, sums, sig, key []byte) {
		if _, err := verifyFiles(map[string][]byte{sumsFile: sums, signatureFile: sig, keyFile: key}); err == nil {
			t.Error("what nobody signed passes")
		}
		if _, list, err := parseSums(sums); err == nil && len(list) == 0 {
			t.Error("an empty list passes")
		}
	})
}
