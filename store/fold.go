package store

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// fold is the form in which names are compared without case: Unicode case
// folding between two canonical compositions, so that a name typed on one
// system equals the same name from a file of another.
func fold(s string) string {
	if ascii(s) {
		return strings.ToLower(s) // the same, at a fraction of the time
	}
	return norm.NFC.String(cases.Fold().String(norm.NFC.String(s)))
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
