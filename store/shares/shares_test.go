package shares_test

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"sleutelbord/store/shares"

	"pgregory.net/rapid"
)

// check stands for the key check value of a site.
func check(root *[32]byte) ([3]byte, error) {
	h := sha256.Sum256(root[:])
	return [3]byte(h[:]), nil
}

func split(t testing.TB, root [32]byte, k, n int) (shares.Set, []shares.Share) {
	t.Helper()
	c, _ := check(&root)
	set, all, err := shares.Split(&root, c, k, n)
	if err != nil {
		t.Fatal(err)
	}
	return set, all
}

func random(t testing.TB) (root [32]byte) {
	t.Helper()
	if _, err := rand.Read(root[:]); err != nil {
		t.Fatal(err)
	}
	return root
}

// TestAnyThresholdRestores: any k of n give exactly the bytes that were split,
// whatever they are, through their text; k-1 are refused.
func TestAnyThresholdRestores(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(shares.MinThreshold, shares.MaxShares).Draw(t, "n")
		k := rapid.IntRange(shares.MinThreshold, n).Draw(t, "k")
		root := [32]byte(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "root"))
		c, _ := check(&root)
		set, all, err := shares.Split(&root, c, k, n)
		if err != nil {
			t.Fatal(err)
		}
		for i, s := range all {
			read, err := shares.Parse([]byte(s.Text()))
			if err != nil || !read.Same(s) {
				t.Fatalf("share %d: %v", i+1, err)
			}
			if s.Index() != i+1 || s.Of() != n || s.Threshold() != k || s.Set() != set.ID || s.Check() != c || !set.Has(s) {
				t.Fatalf("share %d: %d of %d, %d", i+1, s.Index(), s.Of(), s.Threshold())
			}
			all[i] = read
		}
		order := rapid.Permutation(all).Draw(t, "order")
		for _, known := range [][]shares.Set{nil, {set}} {
			if got, err := shares.Combine(order[:k], known, check); err != nil || got != root {
				t.Fatalf("%d of %d: %v, right %v", k, n, err, got == root)
			}
			if got, err := shares.Combine(order, known, check); err != nil || got != root {
				t.Fatalf("all %d: %v", n, err)
			}
			_, err := shares.Combine(append(slices.Clone(order[:k-1]), order[0]), known, check)
			var few *shares.TooFewError
			if !errors.As(err, &few) || few.Have != k-1 || few.Need != k {
				t.Fatalf("%d of %d, one twice: %v", k-1, n, err)
			}
		}
	})
}

// TestEveryByte: roots at the edges of the group's order, which a scalar alone
// cannot hold.
func TestEveryByte(t *testing.T) {
	var all, order, below [32]byte
	for i := range all {
		all[i] = 0xFF
	}
	copy(order[:], "\x10\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x14\xde\xf9\xde\xa2\xf7\x9c\xd6\x58\x12\x63\x1a\x5c\xf5\xd3\xed")
	below = order
	below[31]--
	for _, root := range [][32]byte{{}, {31: 1}, all, order, below, {0xF0}} {
		_, s := split(t, root, 2, 3)
		if got, err := shares.Combine(s[1:], nil, check); err != nil || got != root {
			t.Errorf("%x came back as %x: %v", root, got, err)
		}
	}
}

func TestNumbers(t *testing.T) {
	root := random(t)
	for _, c := range [][2]int{{1, 3}, {0, 0}, {4, 3}, {2, 16}, {-1, 5}, {2, 1}} {
		if _, _, err := shares.Split(&root, [3]byte{}, c[0], c[1]); !errors.Is(err, shares.ErrNumbers) {
			t.Errorf("%d of %d: %v", c[0], c[1], err)
		}
	}
}

// forge gives a share another value, with all checks of the text made anew.
func forge(t testing.TB, s shares.Share, root [32]byte) shares.Share {
	t.Helper()
	return shares.Forge(s, func(body []byte) {
		_, other := split(t, root, 2, 2)
		copy(body[14:], shares.Body(other[0])[14:])
	})
}

// TestForgedIsNamed: every single share of every choice is forged in turn.
func TestForgedIsNamed(t *testing.T) {
	root, cases := random(t), 0
	for _, size := range [][2]int{{2, 3}, {3, 5}, {4, 4}, {5, 8}} {
		k, n := size[0], size[1]
		set, all := split(t, root, k, n)
		for m := k; m <= n; m++ {
			for bad := range m {
				given := slices.Clone(all[n-m:])
				given[bad] = forge(t, given[bad], root)
				// With the seals it is named whatever else is there.
				wantWrong(t, given, []shares.Set{set}, shares.Forged, bad)
				// Without, one share more than is needed tells.
				if m > k {
					wantWrong(t, given, nil, shares.Forged, bad)
				} else if _, err := shares.Combine(given, nil, check); !errors.Is(err, shares.ErrDoNotFit) {
					t.Errorf("%d of %d: %v", m, n, err)
				}
				cases++
			}
		}
	}
	t.Logf("%d forged shares", cases)
}

func wantWrong(t *testing.T, given []shares.Share, sets []shares.Set, why shares.Reason, places ...int) {
	t.Helper()
	_, err := shares.Combine(given, sets, check)
	var w *shares.WrongError
	if !errors.As(err, &w) || w.Reason != why || !slices.Equal(w.Wrong, places) {
		t.Errorf("wrong are %v: %v", places, err)
		return
	}
	for i, p := range places {
		if w.Index[i] != given[p].Index() || w.Set[i] != given[p].Set() {
			t.Errorf("share %d is named as %d", given[p].Index(), w.Index[i])
		}
	}
}

// TestMixedUpIsNamed: a share of an earlier set of the same site, and one of
// another site.
func TestMixedUpIsNamed(t *testing.T) {
	root := random(t)
	set, all := split(t, root, 3, 5)
	old, earlier := split(t, root, 3, 5)
	_, foreign := split(t, random(t), 3, 5)
	for name, other := range map[string]shares.Share{"earlier": earlier[1], "foreign": foreign[1]} {
		given := []shares.Share{all[0], other, all[2]}
		for _, known := range [][]shares.Set{nil, {set}, {old, set}} {
			t.Run(fmt.Sprintf("%s, %d sets known", name, len(known)), func(t *testing.T) {
				wantWrong(t, given, known, shares.OtherSet, 1)
			})
		}
	}
	// As many of one as of the other: nobody can tell, unless the set is known.
	two := []shares.Share{all[0], earlier[1], all[2], earlier[3]}
	wantWrong(t, two, nil, shares.OtherSet, 0, 1, 2, 3)
	wantWrong(t, two, []shares.Set{set}, shares.OtherSet, 1, 3)
	wantWrong(t, foreign[:3], []shares.Set{set, old}, shares.OtherSet, 0, 1, 2)
	// Both sets restore the same root, each by itself.
	if got, err := shares.Combine(earlier[2:], []shares.Set{set, old}, check); err != nil || got != root {
		t.Error(err)
	}
	// Another share under the same number.
	twin := []shares.Share{all[0], all[1], forge(t, all[1], root), all[2]}
	wantWrong(t, twin, []shares.Set{set}, shares.Forged, 2)
	wantWrong(t, twin, nil, shares.Forged, 2)
}

// TestSet: a set is read back, and seals that were changed make another id.
func TestSet(t *testing.T) {
	set, all := split(t, random(t), 3, 5)
	b := set.Bytes()
	got, err := shares.ParseSet(b)
	if err != nil || got.ID != set.ID || got.Threshold != 3 || got.Shares != 5 || got.Check() != set.Check() || !bytes.Equal(got.Bytes(), b) {
		t.Fatalf("%+v, %v", got, err)
	}
	for i := range b {
		changed := slices.Clone(b)
		changed[i] ^= 0x10
		if s, err := shares.ParseSet(changed); err == nil && slices.ContainsFunc(all, s.Has) {
			t.Errorf("byte %d changed, and a share is still of the set", i)
		}
	}
	for i := range b {
		if _, err := shares.ParseSet(b[:i]); !errors.Is(err, shares.ErrNoSet) {
			t.Errorf("%d bytes: %v", i, err)
		}
	}
	if s := set.ID.String(); len(s) != 9 || s[4] != '-' {
		t.Error(s)
	}
}

// TestFewerTellNothing: for every root there is a polynomial through k-1 shares,
// so what k-1 shares hold looks the same whatever the root is. Seen from
// outside: the shares of one root, split twice, have nothing in common.
func TestFewerTellNothing(t *testing.T) {
	root := random(t)
	_, a := split(t, root, 2, 15)
	_, b := split(t, root, 2, 15)
	for i := range a {
		if bytes.Equal(shares.Body(a[i])[14:], shares.Body(b[i])[14:]) || bytes.Contains(shares.Body(a[i]), root[:8]) {
			t.Errorf("share %d", i+1)
		}
	}
}

// TestHidden: no way of printing shows a share.
func TestHidden(t *testing.T) {
	_, all := split(t, random(t), 2, 2)
	secret := strings.Fields(all[0].Text())[12]
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		if out := fmt.Sprintf(verb, all[0]); strings.Contains(out, secret) || !strings.Contains(out, "[share]") {
			t.Error(verb, out)
		}
	}
	if _, err := json.Marshal(all[0]); err == nil {
		t.Error("a share became JSON")
	}
	all[0].Wipe()
	if strings.Contains(all[0].Text(), secret) {
		t.Error("wiped and still there")
	}
}

func BenchmarkSplit(b *testing.B) {
	root := random(b)
	for b.Loop() {
		split(b, root, 3, 5)
	}
}

func BenchmarkCombine(b *testing.B) {
	root := random(b)
	_, all := split(b, root, 3, 5)
	for b.Loop() {
		if _, err := shares.Combine(all[2:], nil, check); err != nil {
			b.Fatal(err)
		}
	}
}
