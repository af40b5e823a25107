package shares

import (
	"errors"
	"fmt"
	"slices"
)

// ErrDoNotFit: as many shares as are needed, and they do not restore the site's
// root; which of them is wrong shows with one share more, or with the set's seals.
var ErrDoNotFit = errors.New("the shares do not fit each other: at least one is not genuine")

// TooFewError is what is missing. The same share twice counts once.
type TooFewError struct{ Have, Need int }

func (e *TooFewError) Error() string {
	return fmt.Sprintf("%d shares of %d that are needed", e.Have, e.Need)
}

// Reason says why a share is wrong.
type Reason int

// Reasons.
const (
	// OtherSet: it belongs to another set, of this site or of another.
	OtherSet Reason = iota + 1
	// Forged: it names the set, and is not one of its shares.
	Forged
)

func (r Reason) String() string {
	if r == OtherSet {
		return "of another set"
	}
	return "not genuine"
}

// WrongError names the shares that are wrong.
type WrongError struct {
	Reason Reason
	// Wrong are the places of the shares, from 0, in the order in which they were given.
	Wrong []int
	// Index is what each of them says of itself.
	Index []int
	// Set is what each of them says that it belongs to.
	Set []SetID
}

func (e *WrongError) Error() string {
	return fmt.Sprintf("share %d of set %v is %v", e.Index[0], e.Set[0], e.Reason)
}

func wrong(reason Reason, all []Share, places ...int) *WrongError {
	e := &WrongError{Reason: reason, Wrong: places}
	for _, i := range places {
		e.Index, e.Set = append(e.Index, all[i].Index()), append(e.Set, all[i].Set())
	}
	return e
}

// CheckFunc computes the key check value of a root.
type CheckFunc func(root *[32]byte) ([CheckSize]byte, error)

// Combine restores a root from shares. sets are those that are known, from the
// records or from before a backup; there may be none. Every share is looked at, also those beyond the
// threshold. Errors are [*WrongError], [*TooFewError] and [ErrDoNotFit].
func Combine(all []Share, sets []Set, check CheckFunc) (root [32]byte, err error) {
	if len(all) == 0 {
		return root, &TooFewError{0, MinThreshold}
	}
	if err := sameSet(all, sets); err != nil {
		return root, err
	}
	distinct := dropTwins(all)
	need := all[0].Threshold()
	if len(distinct) < need {
		return root, &TooFewError{len(distinct), need}
	}
	root, places, err := search(distinct, need, check)
	if err != nil {
		return root, err
	}
	return root, restFits(all, distinct, places, root)
}

// sameSet refuses shares that are not of one set, or not of a set that is known.
func sameSet(all []Share, sets []Set) error {
	if len(sets) == 0 {
		return mostAgree(all)
	}
	var set *Set
	for _, s := range all {
		if i := slices.IndexFunc(sets, func(k Set) bool { return k.Has(s) }); i >= 0 {
			set = &sets[i]
			break
		}
	}
	var other, forged []int
	for i, s := range all {
		known := slices.ContainsFunc(sets, func(k Set) bool { return k.ID == s.Set() })
		switch {
		case set != nil && set.Has(s):
		case known && (set == nil || set.ID == s.Set()):
			forged = append(forged, i)
		default:
			other = append(other, i)
		}
	}
	if len(forged) > 0 {
		return wrong(Forged, all, forged...)
	}
	if len(other) > 0 {
		return wrong(OtherSet, all, other...)
	}
	return nil
}

// mostAgree takes the set that most shares name for the right one. If none has
// more than the others, all are named.
func mostAgree(all []Share) error {
	count := map[[valueAt]byte]int{}
	kind := func(s Share) (k [valueAt]byte) {
		copy(k[:], s.body[:])
		k[1] &= 0xF0
		return k
	}
	for _, s := range all {
		count[kind(s)]++
	}
	if len(count) == 1 {
		return nil
	}
	best, ties := 0, 0
	for _, n := range count {
		switch {
		case n > best:
			best, ties = n, 1
		case n == best:
			ties++
		}
	}
	var others []int
	for i, s := range all {
		if ties > 1 || count[kind(s)] < best {
			others = append(others, i)
		}
	}
	return wrong(OtherSet, all, others...)
}

// dropTwins leaves shares out that were given twice.
func dropTwins(all []Share) (distinct []Share) {
	for _, s := range all {
		if !slices.ContainsFunc(distinct, s.Same) {
			distinct = append(distinct, s)
		}
	}
	return distinct
}

// sameIndex tells whether two shares say that they are the same one.
func sameIndex(all []Share) bool {
	var seen [MaxShares + 1]bool
	for _, s := range all {
		if seen[s.Index()] {
			return true
		}
		seen[s.Index()] = true
	}
	return false
}

// search finds as many shares as are needed that give the root they speak of,
// and tells which they are. There are at most C(15, 7) = 6,435 ways.
func search(all []Share, need int, check CheckFunc) (root [32]byte, places []int, err error) {
	places = make([]int, need)
	for i := range places {
		places[i] = i
	}
	some := make([]Share, need)
	for {
		for i, p := range places {
			some[i] = all[p]
		}
		if root, ok, err := try(some, check); ok || err != nil {
			return root, places, err
		}
		if !next(places, len(all)) {
			return root, nil, ErrDoNotFit
		}
	}
}

// try tells whether shares give the root they speak of.
func try(some []Share, check CheckFunc) (root [32]byte, ok bool, err error) {
	if sameIndex(some) {
		return root, false, nil
	}
	root, err = interpolate(some)
	if errors.Is(err, ErrDoNotFit) {
		return root, false, nil
	}
	if err != nil {
		return root, false, err
	}
	got, err := check(&root)
	if err != nil || got != some[0].Check() {
		clear(root[:])
		return root, false, err
	}
	return root, true, nil
}

// next is the next choice of places among n, in order.
func next(places []int, n int) bool {
	for i := len(places) - 1; i >= 0; i-- {
		if places[i] < n-len(places)+i {
			places[i]++
			for j := i + 1; j < len(places); j++ {
				places[j] = places[j-1] + 1
			}
			return true
		}
	}
	return false
}

// restFits names the shares that are not on the polynomial of those that gave
// the root.
func restFits(all, distinct []Share, places []int, root [32]byte) error {
	var bad []int
	for i, s := range distinct {
		if slices.Contains(places, i) {
			continue
		}
		some := []Share{s}
		for _, p := range places {
			if len(some) < len(places) && distinct[p].Index() != s.Index() {
				some = append(some, distinct[p])
			}
		}
		got, err := interpolate(some)
		if err != nil || got != root {
			bad = append(bad, slices.IndexFunc(all, s.Same))
		}
		clear(got[:])
	}
	if len(bad) > 0 {
		return wrong(Forged, all, bad...)
	}
	return nil
}
