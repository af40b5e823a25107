package store

import (
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// fold is the form in which names are compared without case: Unicode case
// folding between two canonical compositions, so that a name typed on one
// system equals the same name from a file of another.
func fold(s string) string {
	return norm.NFC.String(cases.Fold().String(norm.NFC.String(s)))
}
