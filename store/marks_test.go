package store

import (
	"fmt"
	"testing"
	"time"

	"sleutelbord/nfc/keytag"
)

// contractMarks: what a lock knows is never said to be more than it knows, and
// at most 31 less.
func contractMarks(t *testing.T, s *Store) {
	c := makeCampus(t, s)
	campusLocks(t, s, c)
	zone := c.doors[0]
	raise := func(epoch, floor uint16) (commits int64) {
		t.Helper()
		update(t, s, func(tx *Tx) error {
			z, err := tx.Zone(zone.ID)
			must(t, err)
			z.Epoch = epoch
			must(t, tx.PutZone(&z))
			seat, err := tx.Seat(zone.ID, 0)
			must(t, err)
			seat.Zone, seat.Epoch, seat.Next, seat.Floor = zone.ID, epoch, floor+1, floor
			return tx.PutSeat(&seat)
		})
		// The lock's bundle is made in the next commit.
		update(t, s, func(tx *Tx) error {
			l, err := tx.Lock("D0")
			must(t, err)
			l.Wanted, l.SameFrom = l.Wanted+1, l.Wanted+1
			must(t, tx.PutBundled(&l))
			commits = l.WantedCommit
			return nil
		})
		return commits
	}
	known := func(commits int64, epoch uint16) (e, g int) {
		t.Helper()
		view(t, s, func(tx *Tx) error {
			marks, err := tx.KnownFloors(zone.ID, commits)
			must(t, err)
			for _, m := range marks {
				if m.OfEpoch {
					e = max(e, int(m.Epoch))
				} else if m.Epoch == epoch && m.Seat == 0 {
					g = max(g, int(m.Generation))
				}
			}
			return nil
		})
		return e, g
	}
	type step struct {
		epoch, floor uint16
		commits      int64
	}
	var steps []step
	epoch := uint16(1)
	for i := range uint16(40) {
		floor := i * 7
		if i >= 30 {
			epoch, floor = epoch+17, (i-30)*40
		}
		steps = append(steps, step{epoch, floor, raise(epoch, floor)})
	}
	for _, st := range steps {
		e, g := known(st.commits, st.epoch)
		if e > int(st.epoch) || int(st.epoch)-e > 31 || g > int(st.floor) || int(st.floor)-g > 31 {
			t.Errorf("after epoch %d, floor %d: known are %d and %d", st.epoch, st.floor, e, g)
		}
		// What was made in the commit before does not know it.
		if e, g := known(st.commits-2, st.epoch); e > int(st.epoch) || g > int(st.floor) {
			t.Errorf("before epoch %d, floor %d: known are %d and %d", st.epoch, st.floor, e, g)
		}
	}
	contractClaims(t, s, c)
}

// contractClaims: only what has come far is told, and only of tags that have
// their seat.
func contractClaims(t *testing.T, s *Store, c *campus) {
	claims := func() string {
		var all []Counter
		view(t, s, func(tx *Tx) (err error) {
			all, err = tx.FarClaims()
			return err
		})
		return fmt.Sprint(all)
	}
	same(t, "before", claims(), "[]")
	update(t, s, func(tx *Tx) error {
		tag, err := tx.Tag(c.tag.ID)
		must(t, err)
		tag.Slots = []keytag.Claims{{Zone: c.entrance.ID, Version: 1, Seat: 3, Generation: 192}}
		must(t, tx.PutTag(&tag))
		must(t, tx.PutSeat(&Seat{Zone: c.entrance.ID, Seat: 3, Next: 193, Tag: tag.ID}))
		return tx.PutSeat(&Seat{Zone: c.entrance.ID, Seat: 4, Next: 500, Floor: 500}) // nobody has it
	})
	want := []Counter{{Zone: c.entrance.ID, Seat: 3, Generation: 192}}
	same(t, "one", claims(), fmt.Sprint(want))
	update(t, s, func(tx *Tx) error {
		z, err := tx.Zone(c.doors[1].ID)
		must(t, err)
		z.Epoch = 192
		return tx.PutZone(&z)
	})
	epoch := Counter{Zone: c.doors[1].ID, OfEpoch: true, Epoch: 192}
	if epoch.Zone < want[0].Zone {
		want = []Counter{epoch, want[0]}
	} else {
		want = append(want, epoch)
	}
	same(t, "both", claims(), fmt.Sprint(want))
}

// contractStaleSince: the day on which a lock became stale is that of the
// commit, and stays until its bundle is made.
func contractStaleSince(t *testing.T, s *Store) {
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	s.clock = func() time.Time { return now }
	c := makeCampus(t, s)
	campusLocks(t, s, c)
	want := func(what string, day int) {
		t.Helper()
		view(t, s, func(tx *Tx) error {
			l, err := tx.Lock("E")
			must(t, err)
			wantDay := keytag.Day(0)
			if day > 0 {
				wantDay, err = keytag.DayOf(time.Date(2026, 5, day, 0, 0, 0, 0, time.UTC))
				must(t, err)
			}
			same(t, what, l.StaleSince, wantDay)
			return nil
		})
	}
	floor := func(n uint16) {
		update(t, s, func(tx *Tx) error {
			seat, err := tx.Seat(c.entrance.ID, 1)
			must(t, err)
			seat.Zone, seat.Seat, seat.Next, seat.Floor = c.entrance.ID, 1, n, n
			return tx.PutSeat(&seat)
		})
	}
	want("new", 1)
	bundled(t, s, 1)
	want("with its bundle", 0)
	now = now.AddDate(0, 0, 4)
	floor(1)
	want("changed", 5)
	now = now.AddDate(0, 0, 4)
	floor(2)
	want("changed again", 5)
	bundled(t, s, 2)
	want("with its newest bundle", 0)
	update(t, s, func(tx *Tx) error { return tx.RetireLock("E") })
	view(t, s, func(tx *Tx) error {
		l, err := tx.Lock("e")
		must(t, err)
		same(t, "retired", l.Gone && l.Retired, true)
		same(t, "others", names(tx.Locks()), "D0 D1 ")
		return nil
	})
	err := s.Update(t.Context(), func(tx *Tx) error { return tx.RetireLock("E") })
	wantErr(t, "retired twice", err, ErrNotFound)
}
