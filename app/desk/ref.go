package desk

import (
	"fmt"
	"strconv"
	"strings"

	"sleutelbord/store"
)

// tagName is how a tag is called: T17.
func tagName(id int64) string {
	if id == 0 {
		return ""
	}
	return "T" + strconv.FormatInt(id, 10)
}

func parseTagName(s string) (int64, error) {
	digits, ok := strings.CutPrefix(strings.ToUpper(strings.TrimSpace(s)), "T")
	id, err := strconv.ParseInt(digits, 10, 64)
	if !ok || err != nil || id < 1 {
		return 0, fmt.Errorf("%w: %q is not a tag like T17", errNoTagRecord, s)
	}
	return id, nil
}

// homeRef is how a home is called: BUILDING/HOME. A building's name has no
// slash; a home's may.
func homeRef(building, home string) string { return building + "/" + home }

func findHome(tx *store.Tx, ref string) (store.Building, store.Home, error) {
	building, name, ok := strings.Cut(ref, "/")
	if !ok {
		return store.Building{}, store.Home{}, fmt.Errorf("%w: %q: a home is written BUILDING/HOME", errNoHome, ref)
	}
	b, err := tx.BuildingByName(strings.TrimSpace(building))
	if err != nil {
		return store.Building{}, store.Home{}, notFound(err, errNoHome, ref)
	}
	h, err := tx.HomeByName(b.ID, strings.TrimSpace(name))
	if err != nil {
		return store.Building{}, store.Home{}, notFound(err, errNoHome, ref)
	}
	return b, h, nil
}

func digits(s string) int {
	n := 0
	for n < len(s) && '0' <= s[n] && s[n] <= '9' {
		n++
	}
	return n
}
