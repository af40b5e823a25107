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
	"testing"
	"time"

	"sleutelbord/app/desk"
	"sleutelbord/lock/bundle"
	"sleutelbord/store"

	"golang.org/x/crypto/chacha20poly1305"
)

// bigSite makes a site of so many locks: front doors, one per home, and a shared
// door for every twenty of them. The keys of its locks are all the same, to save
// the time of making them.
func bigSite(b *testing.B, locks int, now *time.Time) *desk.Desk {
	b.Helper()
	d, err := desk.Init(b.Context(), desk.InitOptions{
		Options: desk.Options{
			Dir: filepath.Join(b.TempDir(), "records"), Passphrase: passphrase, Store: store.Options{TestKDF: true},
			Clock: func() time.Time { return *now },
		},
		Site: "Bench", Practice: true,
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = d.Close() })
	key := bundle.PublicText(must(ecdh.X25519().GenerateKey(rand.Reader)).PublicKey())
	var list bytes.Buffer
	w := csv.NewWriter(&list)
	_ = w.Write([]string{"building", "floor", "home", "lock", "zone", "kind", "public_key"})
	for i := range locks {
		building, home := fmt.Sprintf("B%d", i/200), fmt.Sprint(i)
		if i%21 == 20 {
			_ = w.Write([]string{building, fmt.Sprint(i / 21), "", fmt.Sprintf("S%d", i), "corridor", "shared", key})
			continue
		}
		_ = w.Write([]string{building, fmt.Sprint(i / 21), home, fmt.Sprintf("H%d", i), "front door", "home", key})
	}
	w.Flush()
	if _, err := d.Import(b.Context(), &list); err != nil {
		b.Fatal(err)
	}
	return d
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

func timeBare(b *testing.B) time.Duration {
	b.Helper()
	const n = 2000
	_, signer, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	to := must(ecdh.X25519().GenerateKey(rand.Reader)).PublicKey()
	plaintext := make([]byte, 140)
	begin := time.Now()
	for range n {
		if err := bare(signer, to, plaintext); err != nil {
			b.Fatal(err)
		}
	}
	return time.Since(begin) / n
}

// BenchmarkBundles makes the bundles of a whole site, records included; and those
// of one lost tag. bare-µs is the bare signature, agreement and cipher of one
// bundle in the same run, on one core; ratio is to that.
func BenchmarkBundles(b *testing.B) {
	for _, locks := range []int{10, 1000, 100_000} {
		b.Run(fmt.Sprint(locks), func(b *testing.B) {
			now := time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
			d := bigSite(b, locks, &now)
			one := timeBare(b)
			var before, after runtime.MemStats
			var heap uint64
			var took time.Duration
			runtime.GC()
			runtime.ReadMemStats(&before)
			for b.Loop() {
				now = now.Add(time.Minute)
				begin := time.Now()
				n := 0
				err := d.MakeAll(b.Context(), func(batch int) {
					n += batch
					if n%(20*desk.MakingBatch) == 0 {
						runtime.ReadMemStats(&after)
						heap = max(heap, after.HeapAlloc-min(before.HeapAlloc, after.HeapAlloc))
					}
				})
				took += time.Since(begin)
				if err != nil || n != locks {
					b.Fatalf("%d bundles, %v", n, err)
				}
			}
			each := took / time.Duration(b.N*locks)
			b.ReportMetric(float64(each.Nanoseconds())/1e3, "µs/bundle")
			b.ReportMetric(float64(one.Nanoseconds())/1e3, "bare-µs")
			b.ReportMetric(float64(each)/float64(one), "ratio")
			b.ReportMetric(float64(heap)/(1<<20), "heap-MB")
			b.ReportMetric(0, "ns/op")
		})
	}
}
