package pcsc

import (
	"slices"
	"strconv"
	"strings"
)

// matches gives the names that part can mean, in order: the one that is equal
// to it, else all that contain it.
func matches(names []string, part string) []string {
	if slices.Contains(names, part) {
		return []string{part}
	}
	var fitting []string
	for _, n := range names {
		if strings.Contains(strings.ToLower(n), strings.ToLower(part)) {
			fitting = append(fitting, n)
		}
	}
	return fitting
}

// Words in the names that readers give themselves. Where they come from: the
// names in the CCID driver's list of supported readers, and those that Windows
// gives to cards of its own.
var (
	contactlessWords = []string{"picc", "contactless", "nfc", " cl ", "cl]", "acr122", "rfid"}
	notForTagsWords  = []string{" sam", "[sam", "yubikey", "windows hello", "virtual smart card", "token", "gnuk", "nitrokey", "solo"}
)

// likeliest picks the reader on which a tag will lie, the first of equals.
func likeliest(names []string) string {
	return slices.MinFunc(names, func(a, b string) int { return rank(a) - rank(b) })
}

// rank is lower for a reader that is likelier to be meant.
func rank(name string) int {
	n := strings.ToLower(name) + " "
	switch {
	case containsAny(n, notForTagsWords):
		return 2
	case containsAny(n, contactlessWords):
		return 0
	}
	return 1
}

func containsAny(s string, words []string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(s, w) })
}

// quoted lists names for an error text.
func quoted(names []string) string {
	q := make([]string, len(names))
	for i, n := range names {
		q[i] = strconv.Quote(n)
	}
	return strings.Join(q, ", ")
}
