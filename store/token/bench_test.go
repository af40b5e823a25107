package token

import (
	"testing"

	"sleutelbord/store"
)

// BenchmarkKeys derives a key and signs, with the keys in SoftHSM and in this
// program's memory. A token of silicon is slower than both.
func BenchmarkKeys(b *testing.B) {
	ref := startHSM(b).token("campus")
	d := New()
	soft, _ := create(b, d, rootOf(b, ""))
	s, _ := create(b, d, rootOf(b, ""))
	moveIn(b, s, ref)
	for name, s := range map[string]*store.Store{"token": s, "software": soft} {
		b.Run("derive/"+name, func(b *testing.B) {
			for b.Loop() {
				must(b, derive(s))
			}
		})
		b.Run("sign/"+name, func(b *testing.B) {
			for b.Loop() {
				must(b, signOnce(s))
			}
		})
	}
}
