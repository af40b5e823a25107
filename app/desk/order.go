package desk

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
	"sync"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"
)

// collators sort as the Unicode collation algorithm does, numbers by their
// value. One is used by one goroutine at a time.
//
// The root order is that of Dutch, German and English alike, so that a site has
// one order on every desk and paper, whatever language the window speaks.
var collators = sync.Pool{New: func() any { return collate.New(language.Und, collate.Numeric) }}

// SortNames sorts things in the order in which people look for them: by the
// first of their names, by the next where those are the same, and so on. Ä
// stands beside A, 2 before 10, 10 before 10a, and case only decides between
// what is otherwise the same. Things of the same names keep their order.
func SortNames[T any](all []T, names ...func(T) string) {
	c := collators.Get().(*collate.Collator)
	defer collators.Put(c)
	sortNames(c, all, names)
}

// named is a thing while it is sorted.
type named struct {
	key  []byte
	name string
	at   int
}

func sortNames[T any](c *collate.Collator, all []T, names []func(T) string) {
	if len(names) == 0 || len(all) < 2 {
		return
	}
	sorted := namesOf(c, all, names[0])
	slices.SortFunc(sorted, func(a, b named) int {
		return cmp.Or(bytes.Compare(a.key, b.key), strings.Compare(a.name, b.name), cmp.Compare(a.at, b.at))
	})
	was := slices.Clone(all)
	for i, n := range sorted {
		all[i] = was[n.at]
	}
	for from := 0; from < len(all); {
		to := from + 1
		for to < len(all) && sorted[to].name == sorted[from].name {
			to++
		}
		sortNames(c, all[from:to], names[1:])
		from = to
	}
}

// namesOf makes the key of every name once: comparing two keys costs nothing
// like comparing two names.
func namesOf[T any](c *collate.Collator, all []T, name func(T) string) []named {
	var buf collate.Buffer
	keys := make(map[string][]byte)
	sorted := make([]named, len(all))
	for i, x := range all {
		n := name(x)
		key, ok := keys[n]
		if !ok {
			key = c.KeyFromString(&buf, n)
			keys[n] = key
		}
		sorted[i] = named{key, n, i}
	}
	return sorted
}
