package evidence_test

import (
	"fmt"
	"testing"
	"time"

	"sleutelbord/app/desk"
	"sleutelbord/app/evidence"
	"sleutelbord/nfc/keytag"
	"sleutelbord/store"
)

// years fills a closed campus with ten years of tenancies, one a year for every
// home, each with two tags, and opens it again. With keep, nothing of it is due.
func years(t testing.TB, homes int, keep bool) *campus {
	t.Helper()
	c := newCampus(t, homes)
	if keep {
		_, err := c.desk.ChangeSettings(c.ctx, func(s *desk.Settings) { s.RetentionDays = 3650 })
		noErr(t, err)
	}
	noErr(t, c.desk.Close())
	c.now = c.now.AddDate(8, 0, 0)
	s, err := store.Open(c.ctx, c.dir, []byte("correct horse battery staple"), store.Options{Clock: func() time.Time { return c.now }})
	noErr(t, err)
	today, err := keytag.DayOf(c.now)
	noErr(t, err)
	noErr(t, s.Update(c.ctx, func(tx *store.Tx) error {
		all, err := tx.HomeSummaries()
		if err != nil {
			return err
		}
		for n, h := range all {
			if err := tenYears(tx, h.Home.ID, n, today); err != nil {
				return err
			}
		}
		return nil
	}))
	noErr(t, s.Close())
	c.desk, err = desk.Open(c.ctx, desk.Options{
		Dir: c.dir, Passphrase: []byte("correct horse battery staple"), Clock: func() time.Time { return c.now },
	})
	noErr(t, err)
	return c
}

func tenYears(tx *store.Tx, home int64, n int, today keytag.Day) error {
	links, err := tx.ZonesOfHome(home)
	if err != nil {
		return err
	}
	for year := range 10 {
		start := today - keytag.Day(3640-year*364)
		y := store.Tenancy{Home: home, Reference: fmt.Sprintf("HK-%d-%d", n, year), Start: start, ChoiceSince: start, Choice: store.ChoiceTag}
		if year < 9 {
			y.End = start + 363
		}
		if err := tx.InsertTenancy(&y); err != nil {
			return err
		}
		for k := range 2 {
			g := store.Tag{
				Home: home, Tenancy: y.ID, Ordinal: k + 1, Label: "sleutelbos", State: store.TagReturned, Since: start + 300,
				Number: keytag.Number{byte(n >> 8), byte(n), byte(year), byte(k), 1}, Chip: "DESFire EV3 4K", Genuine: "genuine",
			}
			for _, l := range links {
				g.Slots = append(g.Slots, keytag.Claims{Zone: l.Zone, Version: 1, Epoch: uint16(year), Seat: l.SeatBase})
			}
			if err := tx.InsertTag(&g); err != nil {
				return err
			}
		}
	}
	return nil
}

// TestTenYears opens records of ten years: what is due is gone at once, and what
// is not stays.
func TestTenYears(t *testing.T) {
	const homes = 60
	c := years(t, homes, false)
	for _, home := range []string{home101, "Calslaan 12/103"} {
		left, err := c.desk.Tenancies(c.ctx, home)
		noErr(t, err)
		if len(left) != 1 || left[0].End != "" {
			t.Errorf("%s: %+v", home, left)
		}
	}
	r, err := evidence.NewRecord(c.ctx, c.desk)
	noErr(t, err)
	if r.Extent.Erased != homes*9 || r.Extent.Tags != homes*2 || r.Extent.Running != homes {
		t.Errorf("%+v", r.Extent)
	}
}

func BenchmarkTenYears(b *testing.B) {
	c := years(b, 2400, true)
	b.Run("pack", func(b *testing.B) {
		for b.Loop() {
			_, err := evidence.NewPack(c.ctx, c.desk, evidence.PackOptions{Lang: "nl"})
			noErr(b, err)
		}
	})
	b.Run("subject", func(b *testing.B) {
		for b.Loop() {
			s, err := evidence.NewSubject(c.ctx, c.desk, home101)
			noErr(b, err)
			_, err = s.PDF("nl")
			noErr(b, err)
		}
	})
	b.Run("preview", func(b *testing.B) {
		for b.Loop() {
			_, err := c.desk.NextDue(c.ctx, 365)
			noErr(b, err)
		}
	})
	b.Run("erase one", func(b *testing.B) {
		all, err := c.desk.Tenancies(c.ctx, "Calslaan 12/101")
		noErr(b, err)
		n := 0
		for b.Loop() {
			if n < len(all)-1 {
				_, err := c.desk.Erase(c.ctx, all[n].ID)
				noErr(b, err)
			}
			n++
		}
	})
	b.Run("erase all that is due", func(b *testing.B) {
		_, err := c.desk.ChangeSettings(c.ctx, func(s *desk.Settings) { s.RetentionDays = 90 })
		noErr(b, err)
		for b.Loop() {
			_, err := c.desk.EraseDue(c.ctx)
			noErr(b, err)
		}
	})
}
