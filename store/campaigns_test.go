package store

import (
	"fmt"
	"strings"
	"testing"

	"sleutelbord/nfc/keytag"
)

// campusLocks adds a lock to every zone of a campus: front doors D0 and D1, and
// the entrance E.
func campusLocks(t *testing.T, s *Store, c *campus) {
	t.Helper()
	update(t, s, func(tx *Tx) error {
		for id, zone := range map[string]keytag.Zone{"D0": c.doors[0].ID, "D1": c.doors[1].ID, "E": c.entrance.ID} {
			must(t, tx.InsertLock(&Lock{ID: id, PublicKey: [32]byte{1}, Zones: []keytag.Zone{zone}}))
		}
		return nil
	})
}

func names(locks []Lock, err error) string {
	var s strings.Builder
	for _, l := range locks {
		s.WriteString(l.ID + " ")
	}
	if err != nil {
		return err.Error()
	}
	return s.String()
}

// bundled stores that every lock has had a bundle that knew change.
func bundled(t *testing.T, s *Store, change int64) {
	t.Helper()
	update(t, s, func(tx *Tx) error {
		locks, err := tx.Locks()
		must(t, err)
		for _, l := range locks {
			l.Wanted, l.WantedChange, l.SameFrom = l.Wanted+1, change, l.Wanted+1
			must(t, tx.PutBundled(&l))
		}
		return nil
	})
}

// contractStale: a change touches the locks that it concerns, and no other.
func contractStale(t *testing.T, s *Store) {
	c := makeCampus(t, s)
	campusLocks(t, s, c)
	want := func(what, stale string) {
		t.Helper()
		view(t, s, func(tx *Tx) error {
			same(t, what, names(tx.StaleLocks()), stale)
			return nil
		})
		bundled(t, s, 1)
	}
	want("new locks", "D0 D1 E ")
	want("with bundles", "")
	update(t, s, func(tx *Tx) error { return tx.PutSeat(&Seat{Zone: c.entrance.ID, Seat: 1, Next: 1}) })
	want("a first tag", "")
	update(t, s, func(tx *Tx) error {
		seat, err := tx.Seat(c.entrance.ID, 1)
		must(t, err)
		seat.Floor = 1
		return tx.PutSeat(&seat)
	})
	want("a floor", "E ")
	update(t, s, func(tx *Tx) error {
		return tx.PutSeat(&Seat{Zone: c.doors[0].ID, Seat: 2, Epoch: 1, Next: 9, Floor: 8})
	})
	want("a seat that begins with a floor", "D0 ")
	update(t, s, func(tx *Tx) error {
		c.doors[1].Epoch++
		must(t, tx.PutZone(&c.doors[1]))
		c.doors[0].Name = "another"
		return tx.PutZone(&c.doors[0])
	})
	want("an epoch", "D1 ")
	update(t, s, func(tx *Tx) error { return tx.LinkLockZone("E", c.doors[0].ID) })
	want("a zone more", "E ")
	update(t, s, func(tx *Tx) error {
		site, err := tx.Site()
		must(t, err)
		site.Changes++
		return tx.PutSite(&site)
	})
	want("a tag that ended elsewhere", "")
	update(t, s, func(tx *Tx) error {
		site, err := tx.Site()
		must(t, err)
		site.Locators = []byte{2, 1}
		return tx.PutSite(&site)
	})
	want("a locator", "D0 D1 E ")
	update(t, s, func(tx *Tx) error {
		must(t, tx.LoseLock("d1"))
		wantErr(t, "lost twice", tx.LoseLock("D1"), ErrNotFound)
		return nil
	})
	view(t, s, func(tx *Tx) error {
		same(t, "locks", names(tx.Locks()), "D0 E ")
		same(t, "gone", names(tx.GoneLocks()), "D1 ")
		same(t, "of its zone", names(tx.LocksOfZone(c.doors[1].ID)), "")
		l, err := tx.Lock("D1")
		must(t, err)
		same(t, "gone", l.Gone, true)
		return nil
	})
}

// contractParts reads locks part by part.
func contractParts(t *testing.T, s *Store) {
	update(t, s, func(tx *Tx) error {
		for i := range 25 {
			must(t, tx.InsertLock(&Lock{ID: fmt.Sprintf("L%02d", i), Wanted: uint32(10 + i), Confirmed: 20}))
		}
		return tx.LoseLock("L07")
	})
	view(t, s, func(tx *Tx) error {
		last, n := "", 0
		for {
			locks, err := tx.LocksAfter(last, 4)
			must(t, err)
			if len(locks) == 0 {
				break
			}
			n, last = n+len(locks), locks[len(locks)-1].ID
		}
		same(t, "locks in parts", n, 24)
		counts, err := tx.CountAllLocks()
		must(t, err)
		// Only one has confirmed what was made for it: the others too little, or what
		// these records have not made.
		same(t, "counts", counts, LockCounts{Locks: 24, Waiting: 23, Newest: 34, Wanted: 25*10 + 24*25/2 - 17})
		return nil
	})
}

func contractCampaigns(t *testing.T, s *Store) {
	c := makeCampus(t, s)
	campusLocks(t, s, c)
	zone := Campaign{
		Kind: CampaignZone, State: CampaignRunning, StartChange: 5,
		Zones: []RolledZone{{Zone: c.entrance.ID, Old: 1, New: 2}},
	}
	all := Campaign{Kind: CampaignLock, State: CampaignRunning, Lock: "d0", OldLocator: 1, NewLocator: 2, StartChange: 6}
	view(t, s, func(tx *Tx) error {
		_, err := tx.RollingZone(c.entrance.ID)
		wantErr(t, "zone", err, ErrNotFound)
		_, err = tx.RollingLocator()
		wantErr(t, "locator", err, ErrNotFound)
		_, err = tx.RollingSigner()
		wantErr(t, "signer", err, ErrNotFound)
		_, err = tx.Campaign(1)
		wantErr(t, "campaign", err, ErrNotFound)
		any, err := tx.AnyCampaign()
		must(t, err)
		same(t, "any", any, false)
		return nil
	})
	bundled(t, s, 4)
	update(t, s, func(tx *Tx) error {
		must(t, tx.InsertCampaign(&zone))
		must(t, tx.InsertCampaign(&all))
		wantErr(t, "lock campaign without a lock", tx.InsertCampaign(&Campaign{Kind: CampaignLock, State: CampaignRunning}), ErrInvalid)
		wantErr(t, "locator that goes down", tx.InsertCampaign(&Campaign{Kind: CampaignLocator, State: CampaignRunning, OldLocator: 3, NewLocator: 2}), ErrInvalid)
		return nil
	})
	wantErr(t, "version that stays", s.Update(t.Context(), func(tx *Tx) error {
		return tx.InsertCampaign(&Campaign{Kind: CampaignZone, State: CampaignRunning, Zones: []RolledZone{{c.doors[0].ID, 1, 1}}})
	}), ErrInvalid)
	all.Lock = "D0"
	view(t, s, func(tx *Tx) error {
		got, err := tx.Campaign(zone.ID)
		must(t, err)
		same(t, "zone", got, zone)
		got, err = tx.Campaign(all.ID)
		must(t, err)
		same(t, "lock", got, all)
		r, err := tx.RollingZone(c.entrance.ID)
		must(t, err)
		same(t, "rolling", r, Rolling{c.entrance.ID, zone.ID, 1, 5})
		among, err := tx.RollingAmong([]keytag.Zone{c.doors[0].ID, c.entrance.ID})
		must(t, err)
		same(t, "rolling among", among, []Rolling{r})
		tags, homes, err := tx.CountTagsBehind(zone.ID)
		must(t, err)
		same(t, "tags behind", []int{tags, homes}, []int{1, 1})
		locks, doors, err := tx.CountLocks(zone.ID)
		must(t, err)
		same(t, "locks of a zone", []int{locks, doors}, []int{1, 1})
		locks, doors, err = tx.CountLocks(all.ID)
		must(t, err)
		same(t, "locks of the locator", []int{locks, doors}, []int{3, 0})
		same(t, "behind", names(tx.LocksBehind(zone.ID, 5)), "E ")
		same(t, "not behind", names(tx.LocksBehind(zone.ID, 0)), "")
		waits, err := tx.ZoneWaits(c.entrance.ID, 5)
		must(t, err)
		same(t, "waits", waits, true)
		widest, err := tx.WidestLock()
		must(t, err)
		same(t, "widest", widest, 2)
		return nil
	})
	zone.State, zone.EndChange, zone.Ended, zone.Forced = CampaignEnded, 9, 2600, true
	update(t, s, func(tx *Tx) error {
		c.tag.Slots[1].Version, c.tag.Locator = 2, 1
		must(t, tx.PutTag(&c.tag))
		must(t, tx.AddCampaignTag(zone.ID, c.tag.ID))
		must(t, tx.PutCampaign(&zone))
		return nil
	})
	wantErr(t, "after its end", s.Update(t.Context(), func(tx *Tx) error { again := zone; return tx.PutCampaign(&again) }), ErrCounter)
	view(t, s, func(tx *Tx) error {
		same(t, "stale at the end", names(tx.StaleLocks()), "E ")
		_, err := tx.RollingZone(c.entrance.ID)
		wantErr(t, "ended", err, ErrNotFound)
		n, _, err := tx.CountTagsBehind(zone.ID)
		must(t, err)
		same(t, "a tag on the new key", n, 0)
		behind, err := tx.TagsBehind(all.ID)
		must(t, err)
		same(t, "a tag on the old locator", len(behind), 1)
		ended, err := tx.CampaignTags(zone.ID)
		must(t, err)
		same(t, "tags that it ended", len(ended), 1)
		list, err := tx.Campaigns()
		must(t, err)
		same(t, "campaigns", len(list), 2)
		return nil
	})
}

// contractAnew: a tag that is written anew is found by either number.
func contractAnew(t *testing.T, s *Store) {
	c := makeCampus(t, s)
	old := c.tag.Number
	c.tag.Was, c.tag.Number, c.tag.Locator = old, keytag.Number{9: 1}, 3
	seats := []Seat{{Zone: c.entrance.ID, Seat: 3, Next: 8, Floor: 7, Tag: c.tag.ID}, {Zone: c.doors[0].ID, Epoch: 1, Next: 1, Tag: c.tag.ID}}
	update(t, s, func(tx *Tx) error {
		must(t, tx.PutTag(&c.tag))
		for i := range seats {
			must(t, tx.PutSeat(&seats[i]))
		}
		return nil
	})
	view(t, s, func(tx *Tx) error {
		for _, n := range []keytag.Number{old, c.tag.Number} {
			got, err := tx.TagByNumber(n)
			must(t, err)
			same(t, "tag", got, c.tag)
		}
		got, err := tx.SeatsOfTag(c.tag.ID)
		must(t, err)
		same(t, "seats", got, seats)
		for day, want := range map[keytag.Day]bool{2999: false, 3000: false, 3001: true} {
			expired, err := tx.AnyExpired(c.entrance.ID, 2900, day)
			must(t, err)
			same(t, fmt.Sprint("expired before ", day), expired, want)
		}
		expired, err := tx.AnyExpired(c.doors[0].ID, 0, 60000)
		must(t, err)
		same(t, "no last day", expired, false)
		return nil
	})
}

// contractRaise: counters are raised, those in use stay.
func contractRaise(t *testing.T, s *Store) {
	c := makeCampus(t, s)
	used := Seat{Zone: c.entrance.ID, Seat: 3, Next: 65500, Floor: 7, Tag: c.tag.ID}
	update(t, s, func(tx *Tx) error { return tx.PutSeat(&used) })
	for round := range 2 {
		update(t, s, func(tx *Tx) error {
			by, zones, seats, err := tx.RaiseCounters(64, 0)
			must(t, err)
			same(t, "raised", []int64{by, zones, seats}, []int64{64, 3, 1})
			return nil
		})
		view(t, s, func(tx *Tx) error {
			z, err := tx.Zone(c.doors[0].ID)
			must(t, err)
			same(t, "zone", []uint16{z.Epoch, z.NextEpoch, z.FirstGeneration}, []uint16{1, uint16(66 + 64*round), uint16(64 + 64*round)})
			got, err := tx.Seat(used.Zone, used.Seat)
			must(t, err)
			same(t, "seat", []uint16{got.Next, got.Floor}, []uint16{65535, 7})
			return nil
		})
	}
	wantErr(t, "next epoch that goes down", s.Update(t.Context(), func(tx *Tx) error {
		z, err := tx.Zone(c.doors[0].ID)
		must(t, err)
		z.NextEpoch--
		return tx.PutZone(&z)
	}), ErrCounter)
}
