package store

import (
	"strings"
	"testing"
	"unicode/utf8"

	"sleutelbord/nfc/keytag"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// TestAmong: as many zones as fit in one query, one less, one more, and several
// queries of them, are all found, each once and in order.
func TestAmong(t *testing.T) {
	s := newStore(t)
	const most = 3*amongSize + 1
	var ids []keytag.Zone
	update(t, s, func(tx *Tx) error {
		for i := range most {
			z := Zone{Kind: ServiceZone, Name: "Z", KeyVersion: byte(i%200 + 1)}
			must(t, tx.InsertZone(&z))
			must(t, tx.PutSeat(&Seat{Zone: z.ID, Seat: 7, Next: 9}))
			if i%2 == 0 {
				must(t, tx.PutSeat(&Seat{Zone: z.ID, Seat: uint16(i), Next: 9, Floor: uint16(i%9 + 1)}))
			}
			ids = append([]keytag.Zone{z.ID}, ids...)
		}
		return nil
	})
	for _, n := range []int{0, 1, amongSize - 1, amongSize, amongSize + 1, 2 * amongSize, most} {
		want := make([]ZoneFloors, 0, n)
		for _, id := range ids[:n] {
			i := int(id) - 1
			z := ZoneFloors{Zone: id, Kind: ServiceZone, KeyVersion: byte(i%200 + 1)}
			if i%2 == 0 {
				z.Seats = []SeatFloor{{uint16(i), 0, uint16(i%9 + 1)}}
			}
			want = append([]ZoneFloors{z}, want...)
		}
		view(t, s, func(tx *Tx) error {
			got, err := tx.FloorsAmong(append(ids[:n:n], ids[:n/2]...))
			must(t, err)
			if len(got) != 0 || n != 0 {
				same(t, "floors", got, want)
			}
			return nil
		})
	}
}

// TestFoldASCII: the short way of folding a name gives what the long one gives.
func TestFoldASCII(t *testing.T) {
	for c := range rune(utf8.RuneSelf) {
		s := "a" + string(c) + "Z"
		if want := norm.NFC.String(cases.Fold().String(norm.NFC.String(s))); fold(s) != want {
			t.Errorf("%q: %q, want %q", s, fold(s), want)
		}
	}
	for _, s := range []string{"", "É", "ß", "K", "e\u0301", strings.Repeat("A", 99) + "Å"} {
		if want := norm.NFC.String(cases.Fold().String(norm.NFC.String(s))); fold(s) != want {
			t.Errorf("%q: %q, want %q", s, fold(s), want)
		}
	}
}
