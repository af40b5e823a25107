package store

import (
	"fmt"
	"testing"

	"sleutelbord/nfc/keytag"
)

// BenchmarkHomeSummaries is the whole board, as the window shows it.
func BenchmarkHomeSummaries(b *testing.B) {
	for _, homes := range []int{2_400, 100_000} {
		b.Run(fmt.Sprint(homes), func(b *testing.B) {
			s := newStore(b)
			fillCampus(b, s, homes)
			for b.Loop() {
				view(b, s, func(tx *Tx) error {
					all, err := tx.HomeSummaries()
					if len(all) != homes || all[homes-1].Live != 1 {
						b.Fatalf("%d homes", len(all))
					}
					return err
				})
			}
		})
	}
}

// BenchmarkMarkStep is one durable commit of a step of a plan.
func BenchmarkMarkStep(b *testing.B) {
	s := newStore(b)
	fillCampus(b, s, 2_400)
	plan := Plan{Kind: PlanIssue, Tag: 1, Steps: make([]string, 50)}
	update(b, s, func(tx *Tx) error { return tx.InsertPlan(&plan) })
	done := 0
	for b.Loop() {
		done = (done + 1) % 50
		update(b, s, func(tx *Tx) error { return tx.MarkStep(plan.ID, done) })
	}
}

// BenchmarkReserve is the commit before a tag is touched: row, slots, seats,
// plan and journal entry. Beside it: the same without page encryption, and the
// bare statements through the bare driver.
func BenchmarkReserve(b *testing.B) {
	b.Run("store", func(b *testing.B) { benchReserve(b, testOptions(), reserve) })
	plain := testOptions()
	plain.vfs = "os"
	b.Run("without page encryption", func(b *testing.B) { benchReserve(b, plain, reserve) })
	b.Run("plain driver", func(b *testing.B) { benchReserve(b, plain, reservePlain) })
}

func benchReserve(b *testing.B, opts Options, f func(b *testing.B, s *Store, n int)) {
	s, err := Create(b.Context(), b.TempDir(), testSite(), testRoot(b), testPass, opts)
	must(b, err)
	defer closeStore(b, s)
	fillCampus(b, s, 2_400)
	n := 0
	for b.Loop() {
		n++
		f(b, s, n)
	}
}

func reserve(b *testing.B, s *Store, n int) {
	update(b, s, func(tx *Tx) error {
		tag := Tag{
			Home: 1, Tenancy: 1, Ordinal: 1 + n, State: TagReserved,
			Number: keytag.Number{2, byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)},
		}
		for z := range keytag.Zone(5) {
			tag.Slots = append(tag.Slots, keytag.Claims{Zone: z + 1, Version: 1})
		}
		if err := tx.InsertTag(&tag); err != nil {
			return err
		}
		for z := range keytag.Zone(5) {
			seat, err := tx.Seat(z+1, 1)
			if err != nil {
				return err
			}
			seat.Tag = tag.ID
			if err := tx.PutSeat(&seat); err != nil {
				return err
			}
		}
		if err := tx.InsertPlan(&Plan{Kind: PlanIssue, Tag: tag.ID, Number: tag.Number, Steps: make([]string, 20)}); err != nil {
			return err
		}
		return tx.Append(Entry{Operator: "o", Act: "tag issued", Subject: "T"})
	})
}

// reservePlain stores as much, with nothing sealed, chained or counted.
func reservePlain(b *testing.B, s *Store, n int) {
	t, err := s.db.BeginTx(b.Context(), nil)
	must(b, err)
	run := func(query string, args ...any) {
		_, err := t.ExecContext(b.Context(), query, args...)
		must(b, err)
	}
	if n == 1 {
		run(`CREATE TABLE plain_tags (id INTEGER PRIMARY KEY, home INTEGER, tenancy INTEGER, ordinal INTEGER, state TEXT, number BLOB UNIQUE)`)
		run(`CREATE TABLE plain_slots (tag INTEGER, slot INTEGER, zone INTEGER, version INTEGER, PRIMARY KEY (tag, slot)) WITHOUT ROWID`)
		run(`CREATE TABLE plain_seats (zone INTEGER PRIMARY KEY, tag INTEGER)`)
		run(`CREATE TABLE plain_plans (id INTEGER PRIMARY KEY, tag INTEGER, number BLOB, steps TEXT)`)
		run(`CREATE TABLE plain_journal (seq INTEGER PRIMARY KEY, operator TEXT, act TEXT, subject TEXT)`)
	}
	number := []byte{2, byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n), 0, 0, 0, 0, 0, 0, 0}
	run(`INSERT INTO plain_tags VALUES ($1, 1, 1, $1, 'reserved', $2)`, n, number)
	for z := range 5 {
		run(`INSERT INTO plain_slots VALUES ($1, $2, $2, 1)`, n, z)
		run(`INSERT OR REPLACE INTO plain_seats VALUES ($1, $2)`, z, n)
	}
	run(`INSERT INTO plain_plans VALUES ($1, $1, $2, '')`, n, number)
	run(`INSERT INTO plain_journal VALUES ($1, 'o', 'tag issued', 'T')`, n)
	must(b, t.Commit())
}

func BenchmarkTagByNumber(b *testing.B) {
	s := newStore(b)
	fillCampus(b, s, 100_000)
	for b.Loop() {
		view(b, s, func(tx *Tx) error {
			_, err := tx.TagByNumber(keytag.Number{1, 1, 0x11, 0x11})
			return err
		})
	}
}

// BenchmarkOpen is opening besides the passphrase's own cost.
func BenchmarkOpen(b *testing.B) {
	for _, homes := range []int{2_400, 100_000} {
		b.Run(fmt.Sprint(homes), func(b *testing.B) {
			dir := b.TempDir()
			s := createIn(b, dir)
			fillCampus(b, s, homes)
			closeStore(b, s)
			for b.Loop() {
				s, err := Open(b.Context(), dir, testPass, testOptions())
				must(b, err)
				closeStore(b, s)
			}
		})
	}
}

// BenchmarkCheck reads and adds up all records, as every backup does before it is made.
func BenchmarkCheck(b *testing.B) {
	for _, homes := range []int{2_400, 100_000} {
		b.Run(fmt.Sprint(homes), func(b *testing.B) {
			s := newStore(b)
			fillCampus(b, s, homes)
			for _, part := range []struct {
				name  string
				check func(*Tx) error
			}{{"all", nil}, {"adding up", checkTally}} {
				b.Run(part.name, func(b *testing.B) {
					for b.Loop() {
						if part.check == nil {
							must(b, s.Check(b.Context()))
						} else {
							view(b, s, part.check)
						}
					}
				})
			}
		})
	}
}

// BenchmarkPassphrase is what argon2id costs a desk, and whoever tries passphrases.
func BenchmarkPassphrase(b *testing.B) {
	for b.Loop() {
		clear(strongKDF.wrapping(testPass, [saltSize]byte{1}))
	}
}

// BenchmarkImport adds homes with all that belongs to them, in one commit.
func BenchmarkImport(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		s := newStore(b)
		b.StartTimer()
		fillCampus(b, s, 2_400)
	}
}

func BenchmarkDiversify(b *testing.B) {
	c, err := newSoftCustody(testRoot(b))
	must(b, err)
	for b.Loop() {
		_, err := c.Diversify(keytag.MasterZone, [keytag.InputSize]byte{1})
		must(b, err)
	}
}
