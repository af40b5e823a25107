//go:build unix

package store

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sleutelbord/store/postgrestest"

	"github.com/jackc/pgx/v5"
)

// manyDesks opens a shared site at so many desks.
func manyDesks(t testing.TB, server *postgrestest.Server, n int) []*Store {
	t.Helper()
	m := moveSite(t, server)
	all := []*Store{openIn(t, m.dir)}
	for i := 1; i < n; i++ {
		all = append(all, openIn(t, m.join(t, all[0], fmt.Sprint("desk ", i))))
	}
	return all
}

// TestManyDesks has eight desks count, take numbers and sit down on the same
// seats at once.
func TestManyDesks(t *testing.T) {
	const count, rounds, seats = 8, 12, 20
	all := manyDesks(t, postgrestest.Start(t), count)
	c := makeCampus(t, all[0])
	update(t, all[0], func(tx *Tx) error { return tx.PutSeat(&Seat{Zone: c.entrance.ID, Seat: 100}) })
	var (
		done      sync.WaitGroup
		took      [seats]atomic.Int32
		conflicts atomic.Int32
		mu        sync.Mutex
		ids       = map[int64]bool{}
	)
	for i, s := range all {
		done.Go(func() {
			for round := range rounds {
				b := Building{Name: fmt.Sprintf("desk %d round %d", i, round)}
				err := s.Update(context.Background(), func(tx *Tx) error {
					seat, err := tx.Seat(c.entrance.ID, 100)
					if err != nil {
						return err
					}
					seat.Next++
					return errors.Join(tx.PutSeat(&seat), tx.InsertBuilding(&b), tx.Append(Entry{Act: "counted"}))
				})
				if err != nil {
					t.Errorf("desk %d: %v", i, err)
					return
				}
				mu.Lock()
				if ids[b.ID] {
					t.Errorf("building %d twice", b.ID)
				}
				ids[b.ID] = true
				mu.Unlock()
			}
			for n := range uint16(seats) {
				// As a person does it: look first, then act on what was seen.
				var seat Seat
				err := s.View(context.Background(), func(tx *Tx) (err error) { seat, err = tx.Seat(c.entrance.ID, n); return err })
				if err != nil {
					t.Error(err)
				}
				if seat.RowVersion > 0 {
					continue
				}
				seat.Tag = c.tag.ID
				switch err := s.Update(context.Background(), func(tx *Tx) error { return tx.PutSeat(&seat) }); {
				case err == nil:
					took[n].Add(1)
				case errors.Is(err, ErrConflict):
					conflicts.Add(1)
				default:
					t.Errorf("desk %d, seat %d: %v", i, n, err)
				}
			}
		})
	}
	done.Wait()
	for n := range took {
		if took[n].Load() != 1 {
			t.Errorf("seat %d was taken %d times", n, took[n].Load())
		}
	}
	view(t, all[0], func(tx *Tx) error {
		seat, err := tx.Seat(c.entrance.ID, 100)
		same(t, "counted", int(seat.Next), count*rounds)
		return errors.Join(err, tx.VerifyJournal())
	})
	for _, s := range all[1:] {
		sameRecords(t, all[0], s)
	}
	t.Logf("%d conflicts", conflicts.Load())
}

// TestCutCommit loses the network at every request of a change. Whatever the
// desk was told, it and another desk agree afterwards, and nothing that was
// acknowledged is missing.
func TestCutCommit(t *testing.T) {
	server := postgrestest.Start(t)
	proxy := postgrestest.NewProxy(t, server.Addr)
	name, _ := server.Database()
	dir := t.TempDir()
	closeStore(t, createIn(t, dir))
	m := movedSite{server, dir, name, fmt.Sprintf("host=127.0.0.1 port=%s dbname=%s user=%s password=%s sslmode=disable",
		proxy.Addr[len("127.0.0.1:"):], name, postgrestest.Role, postgrestest.Password)}
	must(t, MoveToDatabase(t.Context(), dir, testPass, m.dsn, "first", testOptions(), nil))
	s := openIn(t, dir)
	second := openIn(t, m.join(t, s, "second"))
	acknowledged, happened := 0, 0
	for _, when := range []postgrestest.When{postgrestest.BeforeRequest, postgrestest.BeforeAnswer} {
		for n := 1; n <= 12; n++ {
			proxy.Arm(n, when)
			what := fmt.Sprintf("cut %d %d", when, n)
			err := s.Update(t.Context(), func(tx *Tx) error { return tx.Append(Entry{Act: what}) })
			proxy.Disarm()
			found := 0
			update(t, s, func(tx *Tx) error {
				entries, err := tx.Journal()
				for _, e := range entries {
					if e.Act == what {
						found++
					}
				}
				return err
			})
			switch {
			case err == nil && found == 1:
				acknowledged++
			case err != nil && !errors.Is(err, ErrUnreachable):
				t.Errorf("%s: %v", what, err)
			case err != nil && found == 1:
				happened++
			case found == 0 && err != nil:
			default:
				t.Errorf("%s: %v, and it is there %d times", what, err, found)
			}
		}
	}
	sameRecords(t, s, second)
	t.Logf("%d acknowledged, %d happened without it", acknowledged, happened)
	if acknowledged == 0 {
		t.Error("nothing was acknowledged")
	}
}

// BenchmarkSharedCommit is one small commit of a site in a database, beside
// the same number of exchanges by the plain driver.
func BenchmarkSharedCommit(b *testing.B) {
	server := postgrestest.StartDurable(b)
	m := moveSite(b, server)
	s := openIn(b, m.dir)
	b.Run("desk", func(b *testing.B) {
		for b.Loop() {
			update(b, s, func(tx *Tx) error { return tx.Append(Entry{Act: "x"}) })
		}
	})
	b.Run("plain", func(b *testing.B) {
		c, err := pgx.Connect(b.Context(), m.dsn)
		must(b, err)
		defer func() { must(b, c.Close(context.Background())) }()
		_, err = c.Exec(b.Context(), `CREATE TABLE plain (id BIGINT PRIMARY KEY, body BYTEA); INSERT INTO plain VALUES (0, '')`)
		must(b, err)
		n := 0
		for b.Loop() {
			n++
			t, err := c.Begin(b.Context())
			must(b, err)
			_, err = t.Exec(b.Context(), `SELECT * FROM plain WHERE id = 0 FOR UPDATE`)
			must(b, err)
			_, err = t.Exec(b.Context(), `INSERT INTO plain VALUES ($1, $2)`, n, make([]byte, 600))
			must(b, err)
			_, err = t.Exec(b.Context(), `UPDATE plain SET body = $1 WHERE id = 0`, make([]byte, 32))
			must(b, err)
			must(b, t.Commit(b.Context()))
		}
	})
}

// BenchmarkManyDesks is commits a second of so many desks at once, each its own
// seat; every desk follows the others.
func BenchmarkManyDesks(b *testing.B) {
	server := postgrestest.StartDurable(b)
	for _, n := range []int{1, 2, 4, 8, 16} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			all := manyDesks(b, server, n)
			c := makeCampus(b, all[0])
			var left atomic.Int64
			left.Store(int64(b.N))
			began := time.Now()
			b.ResetTimer()
			var done sync.WaitGroup
			for i, s := range all {
				done.Go(func() {
					for left.Add(-1) >= 0 {
						err := s.Update(context.Background(), func(tx *Tx) error {
							seat, err := tx.Seat(c.entrance.ID, uint16(i))
							if err != nil {
								return err
							}
							seat.Next++
							return tx.PutSeat(&seat)
						})
						if err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			done.Wait()
			b.ReportMetric(float64(b.N)/time.Since(began).Seconds(), "commits/s")
			b.StopTimer()
			for _, s := range all {
				closeStore(b, s)
			}
		})
	}
}

// BenchmarkJoinSite is how long a new desk needs to take over a large site.
func BenchmarkJoinSite(b *testing.B) {
	server := postgrestest.StartDurable(b)
	for _, homes := range []int{2_400, 100_000} {
		b.Run(fmt.Sprint(homes), func(b *testing.B) {
			name, dsn := server.Database()
			m := movedSite{server, b.TempDir(), name, dsn}
			s := createIn(b, m.dir)
			fillCampus(b, s, homes)
			closeStore(b, s)
			began := time.Now()
			must(b, MoveToDatabase(b.Context(), m.dir, testPass, dsn, "first", testOptions(), nil))
			moving := time.Since(began)
			s = openIn(b, m.dir)
			n := 0
			for b.Loop() {
				n++
				m.join(b, s, fmt.Sprint("desk ", n))
			}
			b.ReportMetric(moving.Seconds(), "s/move") // the loop forgets what was reported before it
		})
	}
}
