//go:build unix

package desk_test

import (
	"bytes"
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/csv"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"sleutelbord/app/desk"
	"sleutelbord/lock/bundle"
	"sleutelbord/lock/carrier"
	"sleutelbord/nfc/softcard"
	"sleutelbord/store"

	"golang.org/x/crypto/chacha20poly1305"
)

// bigSite makes a site of so many locks: front doors, one per home, and a shared
// door for every twenty of them. The keys of its locks are all the same, to save
// the time of making them.
func bigSite(b *testing.B, locks int, now *time.Time) *desk.Desk {
	b.Helper()
	key := bundle.PublicText(must(ecdh.X25519().GenerateKey(rand.Reader)).PublicKey())
	return siteOf(b, locks, func() time.Time { return *now }, func(int) string { return key })
}

// siteOf makes such a site with the public keys that key gives.
func siteOf(b testing.TB, locks int, clock store.Clock, key func(lock int) string) *desk.Desk {
	b.Helper()
	d, err := desk.Init(b.Context(), desk.InitOptions{
		Options: desk.Options{
			Dir: filepath.Join(b.TempDir(), "records"), Passphrase: passphrase, Store: store.Options{TestKDF: true},
			Clock: clock,
		},
		Site: "Bench", Practice: true,
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = d.Close() })
	var list bytes.Buffer
	w := csv.NewWriter(&list)
	_ = w.Write([]string{"building", "floor", "home", "lock", "zone", "kind", "public_key"})
	for i := range locks {
		building, home := fmt.Sprintf("B%d", i/200), fmt.Sprint(i)
		if i%21 == 20 {
			_ = w.Write([]string{building, fmt.Sprint(i / 21), "", nameOf(i), "corridor", "shared", key(i)})
			continue
		}
		_ = w.Write([]string{building, fmt.Sprint(i / 21), home, nameOf(i), "front door", "home", key(i)})
	}
	w.Flush()
	if _, err := d.Import(b.Context(), &list); err != nil {
		b.Fatal(err)
	}
	return d
}

// nameOf is the name of a lock of such a site.
func nameOf(i int) string {
	if i%21 == 20 {
		return fmt.Sprintf("S%d", i)
	}
	return fmt.Sprintf("H%d", i)
}

// bare is what no bundle can do without: a key pair, an agreement, the key's
// derivation, the cipher and the signature.
func bare(signer ed25519.PrivateKey, to *ecdh.PublicKey, plaintext []byte) error {
	own, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	shared, err := own.ECDH(to)
	if err != nil {
		return err
	}
	key, err := hkdf.Key(sha256.New, shared, nil, "bundle", chacha20poly1305.KeySize)
	if err != nil {
		return err
	}
	aead, err := chacha20poly1305.New(key)
	if err != nil {
		return err
	}
	nonce := make([]byte, aead.NonceSize())
	_, _ = rand.Read(nonce)
	sealed := aead.Seal(nil, nonce, plaintext, nonce)
	_ = ed25519.Sign(signer, sealed)
	return nil
}

// timeBare is the time that the processor needs for it.
func timeBare(b *testing.B) time.Duration {
	b.Helper()
	const n = 500
	_, signer, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	to := must(ecdh.X25519().GenerateKey(rand.Reader)).PublicKey()
	plaintext := make([]byte, 140)
	begin := processor()
	for range n {
		if err := bare(signer, to, plaintext); err != nil {
			b.Fatal(err)
		}
	}
	return (processor() - begin) / n
}

// processor is the time that all cores have worked for this process. Unlike the
// time on the wall, it does not depend on who else is using them.
func processor() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkBundles makes the bundles of a whole site, records included. µs/bundle
// and bare-µs are times of the processor, the latter for the bare signature,
// agreement and cipher of one bundle, taken just before and just after. ratio is
// between them, the median of all rounds; with -cpu 1 nothing shares a core.
// wall-µs is the time that passes for a bundle, on all cores. heap-MB is how much
// the heap grows at most.
func BenchmarkBundles(b *testing.B) {
	for _, locks := range []int{10, 1000, 100_000} {
		b.Run(fmt.Sprint(locks), func(b *testing.B) {
			now := time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
			d := bigSite(b, locks, &now)
			heap := newHeap()
			var took, wall, bare time.Duration
			var ratios []float64
			for b.Loop() {
				one := timeBare(b)
				now = now.Add(time.Minute)
				n := 0
				begin, clock := processor(), time.Now()
				err := d.MakeAll(b.Context(), func(part []carrier.Sealed) {
					n += len(part)
					if n%(10*desk.MakingBatch) == 0 {
						heap.look()
					}
				})
				all := processor() - begin
				wall += time.Since(clock)
				one = (one + timeBare(b)) / 2
				took, bare = took+all, bare+one
				ratios = append(ratios, float64(all)/float64(locks)/float64(one))
				if err != nil || n != locks {
					b.Fatalf("%d bundles, %v", n, err)
				}
			}
			each := took / time.Duration(b.N*locks)
			b.ReportMetric(float64(each.Nanoseconds())/1e3, "µs/bundle")
			b.ReportMetric(float64(wall.Nanoseconds())/1e3/float64(b.N*locks), "wall-µs")
			b.ReportMetric(float64(bare.Nanoseconds())/1e3/float64(b.N), "bare-µs")
			slices.Sort(ratios)
			b.ReportMetric(ratios[len(ratios)/2], "ratio")
			b.ReportMetric(float64(heap.most)/(1<<20), "heap-MB")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// heap is how far the heap grows.
type heap struct{ begin, most uint64 }

func newHeap() *heap {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return &heap{begin: m.HeapAlloc}
}

func (h *heap) look() {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	if m.HeapAlloc > h.begin {
		h.most = max(h.most, m.HeapAlloc-h.begin)
	}
}

// BenchmarkLostTag revokes a tag with two doors and makes the bundles that this
// leads to, on sites of all sizes.
func BenchmarkLostTag(b *testing.B) {
	for _, locks := range []int{21, 1000, 100_000} {
		b.Run(fmt.Sprint(locks), func(b *testing.B) {
			ctx := b.Context()
			now := time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
			d := bigSite(b, locks, &now)
			have := make(map[bundle.LockID]bundle.Header)
			err := d.MakeAll(ctx, func(part []carrier.Sealed) {
				for _, s := range part {
					have[s.Name.ID()] = must(bundle.ParseHeader(s.Data))
				}
			})
			if err != nil {
				b.Fatal(err)
			}
			r := softcard.NewReader("virtual")
			card := must(softcard.New(softcard.Config{Chip: softcard.EV3}))
			for b.Loop() {
				b.StopTimer()
				now = now.Add(time.Minute)
				r.Lay(card)
				done := must(d.Issue(ctx, r, "B0/0", desk.IssueOptions{}, nil))
				must(d.MakeStale(ctx, have))
				b.StartTimer()
				must(d.RevokeLost(ctx, done.Tag.ID))
				if n, err := d.MakeStale(ctx, have); err != nil || n != 2 {
					b.Fatalf("%d bundles, %v", n, err)
				}
				b.StopTimer()
				must(d.Wipe(ctx, r, nil))
				r.Take()
				b.StartTimer()
			}
		})
	}
}
