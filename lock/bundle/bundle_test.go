package bundle

import (
	"bytes"
	"crypto"
	"errors"
	"math"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"sleutelbord/nfc/desfire"
	"sleutelbord/nfc/keytag"
)

func drawKey(t *rapid.T, label string) desfire.Key {
	b := rapid.SliceOfN(rapid.Byte(), 16, 16).Filter(func(b []byte) bool { return !bytes.Equal(b, make([]byte, 16)) })
	return desfire.NewAESKey([16]byte(b.Draw(t, label)), 1)
}

func drawBundle(t *rapid.T) Bundle {
	b := Bundle{
		Site:       SiteID(rapid.SliceOfN(rapid.Byte(), 8, 8).Draw(t, "site")),
		Lock:       mustName("K0-101").ID(),
		Sequence:   rapid.Uint32Min(1).Draw(t, "sequence"),
		Issued:     keytag.Day(rapid.Uint16Min(1).Draw(t, "issued")),
		ReceiptKey: NewReceiptKey([16]byte(drawKey(t, "receipt").Reveal())),
	}
	for _, v := range rapid.SliceOfNDistinct(rapid.Byte(), 1, 2, rapid.ID[byte]).Draw(t, "locators") {
		b.Locators = append(b.Locators, Locator{v, drawKey(t, "locator").WithVersion(v)})
	}
	for _, id := range rapid.SliceOfNDistinct(rapid.Uint32Range(1, uint32(keytag.MaxZone)), 0, 8, rapid.ID[uint32]).Draw(t, "zones") {
		kind := Kind(rapid.ByteMax(2).Draw(t, "kind"))
		for _, v := range rapid.SliceOfNDistinct(rapid.Byte(), 1, 2, rapid.ID[byte]).Draw(t, "versions") {
			seats := rapid.MapOfN(rapid.Uint16(), rapid.Uint16Min(1), 0, 12).Draw(t, "seats")
			b.Zones = append(b.Zones, Zone{keytag.Zone(id), kind, v, drawKey(t, "zone"), Floor{rapid.Uint16().Draw(t, "epoch"), seats}})
		}
	}
	if rapid.Bool().Draw(t, "has next") {
		next := signerOf(testSigner("next"))
		b.Next = &next
	}
	return b
}

func TestRoundTrip(t *testing.T) {
	signer, key := testSigner("site"), testLockKey("K0-101")
	rapid.Check(t, func(t *rapid.T) {
		b := drawBundle(t)
		data, err := Seal(b, signer, key.Public(), newStream("x"))
		if err != nil {
			t.Fatal(err)
		}
		got, err := Open(data, TrustSigners(signerOf(signer)), b.Lock, key.Private())
		if err != nil {
			t.Fatal(err)
		}
		if want := b.sorted(); !reflect.DeepEqual(got, want) {
			t.Fatalf("got %v, want %v", got, want)
		}
		h, err := ParseHeader(data)
		if want := (Header{signerOf(signer), b.Site, b.Lock, b.Sequence}); err != nil || h != want {
			t.Fatalf("header %v, %v", h, err)
		}
	})
}

// TestSizes holds the format to the sizes that docs/lock.md promises.
func TestSizes(t *testing.T) {
	size := func(b Bundle) int {
		data, err := Seal(b, testSigner("site"), testLockKey("K0-101").Public(), newStream("x"))
		if err != nil {
			t.Fatal(err)
		}
		return len(data)
	}
	bare := example()
	bare.Zones[0].Floor.Seats, bare.Zones[1].Floor.Seats = nil, nil
	widest := func(zones, locators int) Bundle {
		b := example()
		b.Sequence, b.Issued = math.MaxUint32, math.MaxUint16
		b.Locators, b.Zones = nil, nil
		for i := range locators {
			v := byte(200 + i)
			b.Locators = append(b.Locators, Locator{v, desfire.NewAESKey(seeded16("l"), v)})
		}
		for i := range zones {
			b.Zones = append(b.Zones, Zone{
				ID: keytag.MaxZone - 10 + keytag.Zone(i), Version: 255, Kind: KindHome,
				Key: desfire.NewAESKey(seeded16("z"), 1), Floor: Floor{Epoch: math.MaxUint16},
			})
		}
		return b
	}
	rolling := bare
	next := signerOf(testSigner("next"))
	rolling.Next = &next
	floors := widest(1, 1)
	floors.Zones[0].Floor.Seats = map[uint16]uint16{}
	for s := range uint16(1000) {
		floors.Zones[0].Floor.Seats[s*8] = 1 + s%40
	}
	perFloor := float64(size(floors)-size(widest(1, 1))) / 1000
	t.Logf("two zones %d, widest two zones %d, with next signer %d, one zone %d, no zone %d, per floor %.2f",
		size(bare), size(widest(2, 1)), size(rolling), size(widest(1, 1)), size(widest(0, 1)), perFloor)
	for what, n := range map[string]int{"two zones": size(bare), "widest two zones": size(widest(2, 1)), "next signer": size(rolling)} {
		if n >= 400 {
			t.Errorf("%s: %d bytes", what, n)
		}
	}
	if perFloor > 5.1 {
		t.Errorf("%.2f bytes for a floor", perFloor)
	}
}

func TestReceipt(t *testing.T) {
	key, other := NewReceiptKey(seeded16("a")), NewReceiptKey(seeded16("b"))
	lock := mustName("K0-101").ID()
	r := NewReceipt(key, lock, 77)
	if r != NewReceipt(key, lock, 77) {
		t.Fatal("two receipts for one bundle")
	}
	parsed, err := ParseReceipt(r[:])
	if err != nil || parsed != r {
		t.Fatal(err)
	}
	if n, err := r.Verify(key, lock); n != 77 || err != nil {
		t.Fatal(n, err)
	}
	if _, err := r.Verify(other, lock); !errors.Is(err, ErrReceipt) {
		t.Error("another key verifies")
	}
	if _, err := r.Verify(key, mustName("K0-102").ID()); !errors.Is(err, ErrReceipt) {
		t.Error("a receipt of another lock verifies")
	}
	for i := range r {
		for bit := range 8 {
			changed := r
			changed[i] ^= 1 << bit
			if _, err := changed.Verify(key, lock); !errors.Is(err, ErrReceipt) {
				t.Errorf("bit %d of byte %d changed: %v", bit, i, err)
			}
		}
	}
	for _, b := range [][]byte{nil, r[:28], append(r[:], 0), append([]byte{2}, r[1:]...)} {
		if _, err := ParseReceipt(b); !errors.Is(err, ErrReceipt) {
			t.Errorf("%X: %v", b, err)
		}
	}
}

func TestNextSequence(t *testing.T) {
	day := 24 * time.Hour
	now := time.Date(2026, 10, 2, 12, 30, 59, 0, time.UTC)
	minutes := uint32(now.Sub(sequenceZero) / time.Minute)
	for _, c := range []struct {
		name      string
		previous  uint32
		now       time.Time
		confirmed bool
		want      uint32
		err       error
	}{
		{"first", 0, now, false, minutes, nil},
		{"a minute later", minutes - 1, now, false, minutes, nil},
		{"same minute", minutes, now, false, minutes + 1, nil},
		{"many in one minute", minutes + 300, now, false, minutes + 301, nil},
		{"another time zone", minutes - 1, now.In(time.FixedZone("", 3600)), false, minutes, nil},
		{"clock behind", minutes, now.Add(-2 * day), false, 0, ErrClockBehind},
		{"clock behind, confirmed", minutes, now.Add(-2 * day), true, minutes + 1, nil},
		{"clock ahead", minutes, now.Add(31 * day), false, 0, ErrClockAhead},
		{"clock ahead, confirmed", minutes, now.Add(31 * day), true, minutes + 31*24*60, nil},
		{"before 2024", 0, time.Unix(0, 0), false, 1, nil},
		{"far before", 5, time.Unix(0, 0), true, 6, nil},
	} {
		got, err := NextSequence(c.previous, c.now, c.confirmed)
		if got != c.want || !errors.Is(err, c.err) {
			t.Errorf("%s: %d, %v; want %d, %v", c.name, got, err, c.want, c.err)
		}
	}
	if _, err := NextSequence(math.MaxUint32, now, true); err == nil {
		t.Error("a sequence above the highest")
	}
}

func BenchmarkSeal(b *testing.B) {
	bundle, signer, to, rnd := example(), testSigner("site"), testLockKey("K0-101").Public(), newStream("x")
	for b.Loop() {
		if _, err := Seal(bundle, signer, to, rnd); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSealBare is what Seal cannot do without: one signature, one key
// pair, one agreement; its cipher and hashing do not count beside them.
func BenchmarkSealBare(b *testing.B) {
	f := good()
	payload := f.container()
	for b.Loop() {
		_ = f.container()
		if _, err := f.signer.Sign(nil, payload, crypto.Hash(0)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOpen(b *testing.B) {
	data := good().make()
	trust, lock, key := TrustSigners(signerOf(testSigner("site"))), mustName("K0-101").ID(), testLockKey("K0-101").Private()
	for b.Loop() {
		if _, err := Open(data, trust, lock, key); err != nil {
			b.Fatal(err)
		}
	}
}
