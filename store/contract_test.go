package store

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	"sleutelbord/nfc/keytag"
)

// contract is what every kind of database behind a Store must do. make gives
// an empty store of [testSite], closed when the test ends.
func contract(t *testing.T, create func(t testing.TB) *Store) {
	for name, f := range map[string]func(*testing.T, *Store){
		"site":           contractSite,
		"places":         contractPlaces,
		"zones":          contractZones,
		"home zones":     contractHomeZones,
		"seats":          contractSeats,
		"locks":          contractLocks,
		"tenancies":      contractTenancies,
		"tags":           contractTags,
		"plans":          contractPlans,
		"moving day":     contractBatch,
		"journal":        contractJournal,
		"board":          contractBoard,
		"transactions":   contractTransactions,
		"row versions":   contractRowVersions,
		"counters":       contractCounters,
		"not found":      contractNotFound,
		"invalid":        contractInvalid,
		"unknown others": contractUnknownOthers,
		"read only":      contractReadOnly,
		"concurrency":    contractConcurrency,
		"stale":          contractStale,
		"stale since":    contractStaleSince,
		"marks":          contractMarks,
		"parts":          contractParts,
		"campaigns":      contractCampaigns,
		"written anew":   contractAnew,
		"raise":          contractRaise,
		"settings":       contractSettings,
		"roll-outs":      contractRollouts,
		"erasing":        contractErasing,
	} {
		t.Run(name, func(t *testing.T) { f(t, create(t)) })
	}
}

func TestSQLite(t *testing.T) { contract(t, newStore) }

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: got %+v, want %+v", what, got, want)
	}
}

func wantErr(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: got %v, want %v", what, err, want)
	}
}

// campus is a small set of records.
type campus struct {
	building Building
	homes    [2]Home
	entrance Zone // shared by both homes
	doors    [2]Zone
	tenancy  Tenancy // in the first home
	tag      Tag
}

func makeCampus(t testing.TB, s *Store) *campus {
	t.Helper()
	c := &campus{building: Building{Name: "Noord"}}
	update(t, s, func(tx *Tx) error {
		must(t, tx.InsertBuilding(&c.building))
		c.entrance = Zone{Kind: SharedZone, Name: "Entrance", Building: c.building.ID, KeyVersion: 1}
		must(t, tx.InsertZone(&c.entrance))
		for i, name := range []string{"A 01", "A 02"} {
			c.homes[i] = Home{Building: c.building.ID, Floor: "1", Name: name}
			must(t, tx.InsertHome(&c.homes[i]))
			c.doors[i] = Zone{
				Kind: HomeZone, Name: name, Building: c.building.ID, Floor: "1",
				Home: c.homes[i].ID, KeyVersion: 1, Epoch: 1,
			}
			must(t, tx.InsertZone(&c.doors[i]))
			must(t, tx.LinkHomeZone(HomeZoneLink{Home: c.homes[i].ID, Zone: c.doors[i].ID}))
			base, err := tx.NextSeatBase(c.entrance.ID, 8)
			must(t, err)
			must(t, tx.LinkHomeZone(HomeZoneLink{Home: c.homes[i].ID, Zone: c.entrance.ID, SeatBase: base}))
		}
		c.tenancy = Tenancy{Home: c.homes[0].ID, Reference: "HK-2026-0815", Epoch: 1, Start: 2510, Choice: ChoiceTag}
		must(t, tx.InsertTenancy(&c.tenancy))
		c.tag = Tag{
			Home: c.homes[0].ID, Tenancy: c.tenancy.ID, Ordinal: 1, Label: "blauw koord", State: TagReserved, Since: 2511,
			Number: keytag.Number{0xAA, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0xBB},
			Slots: []keytag.Claims{
				{Zone: c.doors[0].ID, Version: 1, Epoch: 1},
				{Zone: c.entrance.ID, Version: 1, Seat: 3, Generation: 7, NotAfter: 3000},
			},
			Chip: "DESFire EV3 4K", Genuine: "genuine",
		}
		must(t, tx.InsertTag(&c.tag))
		return nil
	})
	return c
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func contractSite(t *testing.T, s *Store) {
	want := testSite()
	want.RowVersion = 1
	get := func() (got Site) {
		view(t, s, func(tx *Tx) (err error) { got, err = tx.Site(); return err })
		return got
	}
	same(t, "new", get(), want)
	changed := Site{
		ID: want.ID, Created: want.Created, Name: "Zuid", Practice: true, Policy: WarnGenuine, AID: [3]byte{1, 2, 3},
		Locators: []byte{2, 1}, SignerVersion: 9, SeatsPerHome: 4, RandomUIDTold: true, Changes: 5, OverdueDays: 3, RowVersion: 1,
	}
	update(t, s, func(tx *Tx) error { return tx.PutSite(&changed) })
	if changed.RowVersion != 2 {
		t.Errorf("row version %d after a put", changed.RowVersion)
	}
	same(t, "put", get(), changed)
	// Id and day of creation are not a put's business.
	other := changed
	other.ID, other.Created = [8]byte{9}, 1
	update(t, s, func(tx *Tx) error { return tx.PutSite(&other) })
	changed.RowVersion = 3
	same(t, "put with another id", get(), changed)
}

func contractPlaces(t *testing.T, s *Store) {
	c := makeCampus(t, s)
	zuid := Building{Name: "Zuid"}
	update(t, s, func(tx *Tx) error { return tx.InsertBuilding(&zuid) })
	straat := Home{Building: zuid.ID, Floor: "2", Name: "Straße 1"}
	update(t, s, func(tx *Tx) error { return tx.InsertHome(&straat) })
	view(t, s, func(tx *Tx) error {
		all, err := tx.Buildings()
		must(t, err)
		same(t, "buildings", all, []Building{c.building, zuid})
		b, err := tx.BuildingByName("nOORD")
		must(t, err)
		same(t, "building by name", b, c.building)
		b, err = tx.Building(zuid.ID)
		must(t, err)
		same(t, "building", b, zuid)
		homes, err := tx.HomesOfBuilding(c.building.ID)
		must(t, err)
		same(t, "homes", homes, c.homes[:])
		h, err := tx.HomeByName(c.building.ID, "a 02")
		must(t, err)
		same(t, "home by name", h, c.homes[1])
		h, err = tx.HomeByName(zuid.ID, "STRASSE 1")
		must(t, err)
		same(t, "home by folded name", h, straat)
		h, err = tx.Home(straat.ID)
		must(t, err)
		same(t, "home", h, straat)
		return nil
	})
	update(t, s, func(tx *Tx) error {
		wantErr(t, "building twice", tx.InsertBuilding(&Building{Name: "NOORD"}), ErrExists)
		wantErr(t, "home twice", tx.InsertHome(&Home{Building: c.building.ID, Name: "a 01"}), ErrExists)
		must(t, tx.InsertHome(&Home{Building: zuid.ID, Name: "A 01"})) // in another building
		must(t, tx.InsertHome(&Home{Building: zuid.ID, Name: "Cafe\u0301"}))
		wantErr(t, "home composed otherwise", tx.InsertHome(&Home{Building: zuid.ID, Name: "CAF\u00c9"}), ErrExists)
		return nil
	})
}

func contractZones(t *testing.T, s *Store) {
	c := makeCampus(t, s)
	service := Zone{Kind: ServiceZone, Name: "Techniek", KeyVersion: 3, Epoch: 0, Listed: true}
	update(t, s, func(tx *Tx) error { return tx.InsertZone(&service) })
	same(t, "ids", []keytag.Zone{c.entrance.ID, c.doors[0].ID, c.doors[1].ID, service.ID}, []keytag.Zone{1, 2, 3, 4})
	view(t, s, func(tx *Tx) error {
		all, err := tx.Zones()
		must(t, err)
		same(t, "zones", all, []Zone{c.entrance, c.doors[0], c.doors[1], service})
		return nil
	})
	door := c.doors[0]
	door.Epoch, door.KeyVersion, door.Name, door.Floor = 2, 4, "Voordeur", "0"
	update(t, s, func(tx *Tx) error { return tx.PutZone(&door) })
	view(t, s, func(tx *Tx) error {
		got, err := tx.Zone(door.ID)
		must(t, err)
		same(t, "put", got, door)
		return nil
	})
	if door.RowVersion != 2 {
		t.Errorf("row version %d", door.RowVersion)
	}
}

func contractHomeZones(t *testing.T, s *Store) {
	c := makeCampus(t, s)
	first := HomeZoneLink{Home: c.homes[0].ID, Zone: c.entrance.ID, SeatBase: 0}
	second := HomeZoneLink{Home: c.homes[1].ID, Zone: c.entrance.ID, SeatBase: 8}
	view(t, s, func(tx *Tx) error {
		links, err := tx.ZonesOfHome(c.homes[1].ID)
		must(t, err)
		same(t, "zones of home", links, []HomeZoneLink{second, {Home: c.homes[1].ID, Zone: c.doors[1].ID}})
		links, err = tx.HomesOfZone(c.entrance.ID)
		must(t, err)
		same(t, "homes of zone", links, []HomeZoneLink{first, second})
		base, err := tx.NextSeatBase(c.entrance.ID, 8)
		must(t, err)
		same(t, "next base", base, uint16(16))
		return nil
	})
	third := Home{Building: c.building.ID, Name: "A 03"}
	update(t, s, func(tx *Tx) error {
		must(t, tx.InsertHome(&third))
		link := func(base uint16) error {
			return tx.LinkHomeZone(HomeZoneLink{Home: third.ID, Zone: c.entrance.ID, SeatBase: base})
		}
		for _, base := range []uint16{0, 7, 8, 12, 15} {
			wantErr(t, "meeting ranges", link(base), ErrExists)
		}
		wantErr(t, "beyond the last seat", link(65530), ErrInvalid)
		wantErr(t, "twice", tx.LinkHomeZone(HomeZoneLink{Home: c.homes[0].ID, Zone: c.entrance.ID, SeatBase: 40}), ErrExists)
		must(t, link(24))
		return nil
	})
	// A later, smaller size of ranges must not let new ranges into old ones.
	update(t, s, func(tx *Tx) error {
		site, err := tx.Site()
		must(t, err)
		site.SeatsPerHome = 2
		must(t, tx.PutSite(&site))
		base, err := tx.NextSeatBase(c.entrance.ID, 2)
		must(t, err)
		same(t, "next base after shrinking", base, uint16(32))
		fourth := Home{Building: c.building.ID, Name: "A 04"}
		must(t, tx.InsertHome(&fourth))
		wantErr(t, "into an old range", tx.LinkHomeZone(HomeZoneLink{Home: fourth.ID, Zone: c.entrance.ID, SeatBase: 30}), ErrExists)
		must(t, tx.LinkHomeZone(HomeZoneLink{Home: fourth.ID, Zone: c.entrance.ID, SeatBase: 20})) // the gap
		must(t, tx.PutSeat(&Seat{Zone: c.entrance.ID, Seat: 99}))
		base, err = tx.NextSeatBase(c.entrance.ID, 2)
		must(t, err)
		same(t, "next base after a used seat", base, uint16(100))
		must(t, tx.PutSeat(&Seat{Zone: c.entrance.ID, Seat: 65533}))
		base, err = tx.NextSeatBase(c.entrance.ID, 2)
		must(t, err)
		same(t, "last base", base, uint16(65534))
		_, err = tx.NextSeatBase(c.entrance.ID, 3)
		wantErr(t, "no room", err, ErrInvalid)
		return nil
	})
}

func contractSeats(t *testing.T, s *Store) {
	c := makeCampus(t, s)
	zone := c.entrance.ID
	seat := Seat{Zone: zone, Seat: 3}
	view(t, s, func(tx *Tx) error {
		got, err := tx.Seat(zone, 3)
		must(t, err)
		same(t, "never used", got, seat)
		return nil
	})
	seat.Next, seat.Floor, seat.Tag = 1, 0, c.tag.ID
	low := Seat{Zone: zone, Seat: 0, Epoch: 4, Next: 5, Floor: 5}
	update(t, s, func(tx *Tx) error {
		must(t, tx.PutSeat(&seat))
		must(t, tx.PutSeat(&low))
		return nil
	})
	seat.Next, seat.Floor, seat.Tag = 2, 1, 0
	update(t, s, func(tx *Tx) error { return tx.PutSeat(&seat) })
	same(t, "row versions", []int64{seat.RowVersion, low.RowVersion}, []int64{2, 1})
	view(t, s, func(tx *Tx) error {
		all, err := tx.SeatsOfZone(zone)
		must(t, err)
		same(t, "seats", all, []Seat{low, seat})
		floors, err := tx.FloorsAmong([]keytag.Zone{c.doors[1].ID, 99, zone, zone})
		must(t, err)
		same(t, "floors", floors, []ZoneFloors{
			{Zone: zone, Kind: SharedZone, KeyVersion: 1, Seats: []SeatFloor{{0, 4, 5}, {3, 0, 1}}},
			{Zone: c.doors[1].ID, Kind: HomeZone, KeyVersion: 1, Epoch: 1},
		})
		got, err := tx.Seat(zone, 3)
		must(t, err)
		same(t, "seat", got, seat)
		return nil
	})
	err := s.Update(t.Context(), func(tx *Tx) error { return tx.PutSeat(&Seat{Zone: zone, Seat: 3, Next: 9}) })
	wantErr(t, "used first by somebody else", err, ErrConflict)
}

func contractLocks(t *testing.T, s *Store) {
	c := makeCampus(t, s)
	door := Lock{
		ID: "SL-Äa1", Building: c.building.ID, Floor: "1", Home: c.homes[0].ID, PublicKey: [32]byte{1, 31: 2},
		Zones: []keytag.Zone{c.doors[0].ID},
	}
	front := Lock{ID: "00-front", Building: c.building.ID, PublicKey: [32]byte{9}, Wanted: 7, WantedDigest: [32]byte{3}, Confirmed: 6, Carrier: CarrierCard}
	update(t, s, func(tx *Tx) error {
		must(t, tx.InsertLock(&door))
		must(t, tx.InsertLock(&front))
		must(t, tx.LinkLockZone("00-FRONT", c.doors[0].ID))
		must(t, tx.LinkLockZone("00-front", c.entrance.ID))
		wantErr(t, "linked twice", tx.LinkLockZone("00-front", c.entrance.ID), ErrExists)
		wantErr(t, "id twice", tx.InsertLock(&Lock{ID: "sl-äA1"}), ErrExists)
		return nil
	})
	front.Zones = []keytag.Zone{c.entrance.ID, c.doors[0].ID}
	door.Wanted, door.WantedDigest, door.Confirmed = 4294967295, [32]byte{31: 8}, 5
	door.WantedChange, door.ConfirmedChange = 12, 11
	for _, by := range []Carrier{CarrierFolder, CarrierCard, CarrierUnknown, CarrierGateway} {
		door.Carrier = by
		update(t, s, func(tx *Tx) error { return tx.PutLock(&door) })
		view(t, s, func(tx *Tx) error {
			got, err := tx.Lock(door.ID)
			must(t, err)
			same(t, "carrier", got.Carrier, by)
			return nil
		})
	}
	view(t, s, func(tx *Tx) error {
		all, err := tx.Locks()
		must(t, err)
		same(t, "locks", all, []Lock{front, door})
		got, err := tx.Lock("SL-äA1")
		must(t, err)
		same(t, "lock", got, door)
		all, err = tx.LocksOfZone(c.doors[0].ID)
		must(t, err)
		same(t, "locks of a home's zone", all, []Lock{front, door})
		all, err = tx.LocksOfZone(c.entrance.ID)
		must(t, err)
		same(t, "locks of the shared zone", all, []Lock{front})
		return nil
	})
}

func contractTenancies(t *testing.T, s *Store) {
	c := makeCampus(t, s)
	home := c.homes[0].ID
	view(t, s, func(tx *Tx) error {
		got, err := tx.CurrentTenancy(home)
		must(t, err)
		same(t, "current", got, c.tenancy)
		got, err = tx.Tenancy(c.tenancy.ID)
		must(t, err)
		same(t, "by id", got, c.tenancy)
		_, err = tx.CurrentTenancy(c.homes[1].ID)
		wantErr(t, "empty home", err, ErrNotFound)
		return nil
	})
	next := Tenancy{Home: home, Reference: "", Epoch: 2, Start: 2600, Choice: ChoiceOwnLock}
	err := s.Update(t.Context(), func(tx *Tx) error { return tx.InsertTenancy(&next) })
	wantErr(t, "second running tenancy", err, ErrExists)
	c.tenancy.End, c.tenancy.Choice, c.tenancy.Reference = 2599, ChoiceBoth, "HK-2026-0816"
	update(t, s, func(tx *Tx) error {
		must(t, tx.PutTenancy(&c.tenancy))
		return tx.InsertTenancy(&next)
	})
	view(t, s, func(tx *Tx) error {
		got, err := tx.CurrentTenancy(home)
		must(t, err)
		same(t, "next", got, next)
		got, err = tx.Tenancy(c.tenancy.ID)
		must(t, err)
		same(t, "ended", got, c.tenancy)
		return nil
	})
}

func contractTags(t *testing.T, s *Store) {
	c := makeCampus(t, s)
	second := Tag{
		Home: c.homes[0].ID, Tenancy: c.tenancy.ID, Ordinal: 2, State: TagIssued, Since: 2512,
		Number: keytag.Number{1}, Replaces: c.tag.ID,
	}
	bare := Tag{Home: c.homes[0].ID, Tenancy: c.tenancy.ID, Ordinal: 3, State: TagFailed}
	update(t, s, func(tx *Tx) error {
		must(t, tx.InsertTag(&second))
		must(t, tx.InsertTag(&bare))
		wantErr(t, "number twice", tx.InsertTag(&Tag{
			Home: c.homes[0].ID, Tenancy: c.tenancy.ID, Ordinal: 4, State: TagReserved, Number: second.Number,
		}), ErrExists)
		wantErr(t, "ordinal twice", tx.InsertTag(&Tag{
			Home: c.homes[0].ID, Tenancy: c.tenancy.ID, Ordinal: 2, State: TagReserved,
		}), ErrExists)
		return nil
	})
	checkTags(t, s, c, c.tag, second, bare)
	oldNumber := c.tag.Number
	c.tag.Number, c.tag.State, c.tag.Since, c.tag.Label = keytag.Number{5, 6}, TagLost, 2600, ""
	c.tag.Slots, c.tag.EndChange, c.tag.Genuine = c.tag.Slots[1:], 17, "practice"
	bare.Number, bare.Label = keytag.Number{8}, "Ω"
	update(t, s, func(tx *Tx) error {
		must(t, tx.PutTag(&c.tag))
		return tx.PutTag(&bare)
	})
	checkTags(t, s, c, c.tag, second, bare)
	// A number that was given up is found no more, and is free again.
	c.tag.Number = keytag.Number{}
	update(t, s, func(tx *Tx) error { return tx.PutTag(&c.tag) })
	second.Number = oldNumber
	update(t, s, func(tx *Tx) error { return tx.PutTag(&second) })
	checkTags(t, s, c, c.tag, second, bare)
	view(t, s, func(tx *Tx) error {
		_, err := tx.TagByNumber(keytag.Number{5, 6})
		wantErr(t, "number given up", err, ErrNotFound)
		_, err = tx.TagByNumber(keytag.Number{})
		wantErr(t, "no number", err, ErrNotFound)
		return nil
	})
}

func checkTags(t *testing.T, s *Store, c *campus, want ...Tag) {
	t.Helper()
	view(t, s, func(tx *Tx) error {
		all, err := tx.Tags()
		must(t, err)
		same(t, "tags", all, want)
		all, err = tx.TagsOfHome(c.homes[0].ID)
		must(t, err)
		same(t, "tags of home", all, want)
		all, err = tx.TagsOfTenancy(c.tenancy.ID)
		must(t, err)
		same(t, "tags of tenancy", all, want)
		all, err = tx.TagsOfHome(c.homes[1].ID)
		must(t, err)
		same(t, "tags of the other home", len(all), 0)
		for _, w := range want {
			got, err := tx.Tag(w.ID)
			must(t, err)
			same(t, "tag", got, w)
			if w.Number == (keytag.Number{}) {
				continue
			}
			got, err = tx.TagByNumber(w.Number)
			must(t, err)
			same(t, "tag by number", got, w)
		}
		return nil
	})
}

func contractPlans(t *testing.T, s *Store) {
	c := makeCampus(t, s)
	day, err := keytag.DayOf(testDay)
	must(t, err)
	issue := Plan{Kind: PlanIssue, Tag: c.tag.ID, Number: c.tag.Number, Steps: []string{"select", "format, \"all\"\n", "K_picc"}}
	wipe := Plan{Kind: PlanWipe, Number: keytag.Number{4}, Steps: []string{"wipe"}}
	empty := Plan{Kind: PlanWipe, Steps: []string{}}
	update(t, s, func(tx *Tx) error {
		must(t, tx.InsertPlan(&issue))
		must(t, tx.InsertPlan(&wipe))
		must(t, tx.InsertPlan(&empty))
		wantErr(t, "second open plan of a tag", tx.InsertPlan(&Plan{Kind: PlanWipe, Tag: c.tag.ID}), ErrExists)
		return nil
	})
	same(t, "started", []keytag.Day{issue.Started, wipe.Started}, []keytag.Day{day, day})
	update(t, s, func(tx *Tx) error {
		must(t, tx.MarkStep(issue.ID, 1))
		must(t, tx.MarkStep(issue.ID, 2))
		wantErr(t, "more steps than there are", tx.MarkStep(wipe.ID, 2), ErrInvalid)
		wantErr(t, "fewer than none", tx.MarkStep(wipe.ID, -1), ErrInvalid)
		return nil
	})
	issue.Done = 2
	view(t, s, func(tx *Tx) error {
		all, err := tx.OpenPlans()
		must(t, err)
		same(t, "open plans", all, []Plan{issue, wipe, empty})
		got, err := tx.OpenPlanOfTag(c.tag.ID)
		must(t, err)
		same(t, "open plan of tag", got, issue)
		return nil
	})
	update(t, s, func(tx *Tx) error {
		wantErr(t, "no outcome", tx.FinishPlan(issue.ID, ""), ErrInvalid)
		wantErr(t, "unknown outcome", tx.FinishPlan(issue.ID, "perhaps"), ErrInvalid)
		must(t, tx.FinishPlan(issue.ID, "done"))
		must(t, tx.FinishPlan(wipe.ID, "failed"))
		wantErr(t, "finished twice", tx.FinishPlan(issue.ID, "failed"), ErrConflict)
		wantErr(t, "marked after the end", tx.MarkStep(issue.ID, 3), ErrConflict)
		return nil
	})
	again := Plan{Kind: PlanWipe, Tag: c.tag.ID, Number: c.tag.Number, Steps: []string{"a"}}
	view(t, s, func(tx *Tx) error {
		_, err := tx.OpenPlanOfTag(c.tag.ID)
		wantErr(t, "no open plan", err, ErrNotFound)
		return nil
	})
	update(t, s, func(tx *Tx) error { return tx.InsertPlan(&again) })
	view(t, s, func(tx *Tx) error {
		all, err := tx.OpenPlans()
		must(t, err)
		same(t, "open plans", all, []Plan{empty, again})
		return nil
	})
}

func contractJournal(t *testing.T, s *Store) {
	var days int
	s.clock = func() time.Time { days++; return testDay.AddDate(0, 0, days) }
	for i := range 5 {
		update(t, s, func(tx *Tx) error {
			// Day, Seq and Hash are the store's business.
			must(t, tx.Append(Entry{Seq: 77, Day: 1, Operator: "caretaker", Act: "tag issued", Subject: "Noord T17", Hash: [32]byte{1}}))
			if i == 2 {
				must(t, tx.Append(Entry{Act: "bundles written"}))
			}
			return nil
		})
	}
	view(t, s, func(tx *Tx) error {
		must(t, tx.VerifyJournal())
		all, err := tx.Journal()
		must(t, err)
		if len(all) != 6 {
			t.Fatalf("%d entries", len(all))
		}
		hashes := map[[32]byte]bool{}
		first, _ := keytag.DayOf(testDay.AddDate(0, 0, 1))
		for i, e := range all {
			hashes[e.Hash] = true
			want := Entry{Seq: int64(i) + 1, Day: first + keytag.Day(i), Operator: "caretaker", Act: "tag issued", Subject: "Noord T17", Hash: e.Hash, Desk: 1}
			if i == 3 {
				want.Operator, want.Act, want.Subject = "", "bundles written", ""
			}
			same(t, "entry", e, want)
		}
		same(t, "different hashes", len(hashes), 6)
		return nil
	})
	failed := errors.New("changed my mind")
	err := s.Update(t.Context(), func(tx *Tx) error {
		must(t, tx.Append(Entry{Act: "never happened"}))
		wantErr(t, "no act", tx.Append(Entry{Operator: "x"}), ErrInvalid)
		return failed
	})
	wantErr(t, "given up", err, failed)
	view(t, s, func(tx *Tx) error { return tx.VerifyJournal() })
}

func contractBoard(t *testing.T, s *Store) {
	c := makeCampus(t, s)
	other := Tenancy{Home: c.homes[1].ID, Reference: "old", Epoch: 1, Start: 1, End: 9, Choice: ChoiceTag}
	update(t, s, func(tx *Tx) error {
		must(t, tx.InsertTenancy(&other))
		ordinal := 1
		for _, of := range []struct {
			tenancy Tenancy
			states  []TagState
		}{
			{c.tenancy, []TagState{TagIssued, TagIssued, TagIssued, TagWriting, TagLost, TagLost, TagReturned, TagFailed, TagEnded}},
			{other, []TagState{TagLost, TagEnded, TagIssued}},
		} {
			for _, state := range of.states {
				ordinal++
				must(t, tx.InsertTag(&Tag{Home: of.tenancy.Home, Tenancy: of.tenancy.ID, Ordinal: ordinal, State: state}))
			}
		}
		return nil
	})
	view(t, s, func(tx *Tx) error {
		all, err := tx.HomeSummaries()
		must(t, err)
		same(t, "board", all, []HomeSummary{
			{Home: c.homes[0], BuildingName: "Noord", Tenancy: c.tenancy, Live: 3, Lost: 2, Open: 2},
			{Home: c.homes[1], BuildingName: "Noord", Live: 1},
		})
		return nil
	})
}

func contractTransactions(t *testing.T, s *Store) {
	c := makeCampus(t, s)
	tagBefore, zoneBefore := c.tag, c.doors[0]
	added := Building{Name: "Kept out"}
	seat := Seat{Zone: c.entrance.ID, Seat: 1}
	plan := Plan{Kind: PlanWipe, Outcome: "x"}
	failed := errors.New("changed my mind")
	work := func(tx *Tx) {
		must(t, tx.InsertBuilding(&added))
		must(t, tx.PutSeat(&seat))
		must(t, tx.InsertPlan(&plan))
		c.tag.State = TagIssued
		must(t, tx.PutTag(&c.tag))
		must(t, tx.PutTag(&c.tag))
		c.doors[0].Epoch++
		must(t, tx.PutZone(&c.doors[0]))
	}
	check := func(how string) {
		t.Helper()
		same(t, how+": building", added, Building{Name: "Kept out"})
		same(t, how+": seat", seat, Seat{Zone: c.entrance.ID, Seat: 1})
		same(t, how+": plan", plan, Plan{Kind: PlanWipe, Outcome: "x"})
		same(t, how+": row versions", []int64{c.tag.RowVersion, c.doors[0].RowVersion}, []int64{1, 1})
		c.tag, c.doors[0] = tagBefore, zoneBefore
		view(t, s, func(tx *Tx) error {
			got, err := tx.Tag(c.tag.ID)
			must(t, err)
			same(t, how+": tag", got, c.tag)
			_, err = tx.BuildingByName("Kept out")
			wantErr(t, how, err, ErrNotFound)
			return nil
		})
	}
	err := s.Update(t.Context(), func(tx *Tx) error { work(tx); return failed })
	wantErr(t, "error", err, failed)
	check("error")

	func() {
		defer func() { same(t, "panic", recover(), failed) }()
		_ = s.Update(t.Context(), func(tx *Tx) error { work(tx); panic(failed) })
	}()
	check("panic")

	ctx, cancel := context.WithCancel(t.Context())
	err = s.Update(ctx, func(tx *Tx) error {
		work(tx)
		cancel()
		return nil
	})
	wantErr(t, "cancelled", err, context.Canceled)
	check("cancelled")

	err = s.Update(ctx, func(*Tx) error { t.Error("called with a cancelled context"); return nil })
	wantErr(t, "cancelled before", err, context.Canceled)
	err = s.View(ctx, func(*Tx) error { t.Error("called with a cancelled context"); return nil })
	wantErr(t, "view cancelled before", err, context.Canceled)
	update(t, s, func(tx *Tx) error { work(tx); return nil }) // and at last it works
}

// contractRowVersions puts every versioned record that somebody else has changed.
func contractRowVersions(t *testing.T, s *Store) {
	c := makeCampus(t, s)
	lock := Lock{ID: "L1"}
	seat := Seat{Zone: c.entrance.ID, Seat: 3}
	update(t, s, func(tx *Tx) error {
		must(t, tx.InsertLock(&lock))
		return tx.PutSeat(&seat)
	})
	site := testSite()
	site.RowVersion = 1
	for name, put := range map[string]func(*Tx) error{
		"site":    func(tx *Tx) error { v := site; return tx.PutSite(&v) },
		"zone":    func(tx *Tx) error { v := c.entrance; return tx.PutZone(&v) },
		"lock":    func(tx *Tx) error { v := lock; return tx.PutLock(&v) },
		"tenancy": func(tx *Tx) error { v := c.tenancy; return tx.PutTenancy(&v) },
		"tag":     func(tx *Tx) error { v := c.tag; return tx.PutTag(&v) },
		"seat":    func(tx *Tx) error { v := seat; return tx.PutSeat(&v) },
	} {
		update(t, s, put)
		wantErr(t, name, s.Update(t.Context(), put), ErrConflict)
	}
}

// contractCounters tries to turn every counter back.
func contractCounters(t *testing.T, s *Store) {
	c := makeCampus(t, s)
	lock := Lock{ID: "L1", Wanted: 5, Confirmed: 4, WantedChange: 3, ConfirmedChange: 2}
	seat := Seat{Zone: c.entrance.ID, Seat: 3, Epoch: 2, Next: 9, Floor: 8}
	update(t, s, func(tx *Tx) error {
		must(t, tx.InsertLock(&lock))
		return tx.PutSeat(&seat)
	})
	site := testSite()
	site.RowVersion, site.Changes = 1, 4
	update(t, s, func(tx *Tx) error { return tx.PutSite(&site) })
	for name, put := range map[string]func(*Tx) error{
		"epoch of a zone":       func(tx *Tx) error { v := c.doors[0]; v.Epoch--; return tx.PutZone(&v) },
		"key version of a zone": func(tx *Tx) error { v := c.doors[0]; v.KeyVersion--; return tx.PutZone(&v) },
		"epoch of a seat":       func(tx *Tx) error { v := seat; v.Epoch, v.Next = 1, 20; return tx.PutSeat(&v) },
		"next of a seat":        func(tx *Tx) error { v := seat; v.Next--; return tx.PutSeat(&v) },
		"floor of a seat":       func(tx *Tx) error { v := seat; v.Floor--; return tx.PutSeat(&v) },
		"wanted":                func(tx *Tx) error { v := lock; v.Wanted--; return tx.PutLock(&v) },
		"confirmed":             func(tx *Tx) error { v := lock; v.Confirmed--; return tx.PutLock(&v) },
		"wanted change":         func(tx *Tx) error { v := lock; v.WantedChange--; return tx.PutLock(&v) },
		"confirmed change":      func(tx *Tx) error { v := lock; v.ConfirmedChange--; return tx.PutLock(&v) },
		"signer":                func(tx *Tx) error { v := site; v.SignerVersion--; return tx.PutSite(&v) },
		"changes":               func(tx *Tx) error { v := site; v.Changes--; return tx.PutSite(&v) },
	} {
		wantErr(t, name, s.Update(t.Context(), put), ErrCounter)
	}
	// In a new epoch generations begin again.
	seat.Epoch, seat.Next, seat.Floor = 3, 0, 0
	update(t, s, func(tx *Tx) error { return tx.PutSeat(&seat) })
}

func contractNotFound(t *testing.T, s *Store) {
	c := makeCampus(t, s)
	for name, f := range map[string]func(*Tx) error{
		"building":        func(tx *Tx) error { _, err := tx.Building(99); return err },
		"building name":   func(tx *Tx) error { _, err := tx.BuildingByName("x"); return err },
		"home":            func(tx *Tx) error { _, err := tx.Home(99); return err },
		"home name":       func(tx *Tx) error { _, err := tx.HomeByName(c.building.ID, "x"); return err },
		"zone":            func(tx *Tx) error { _, err := tx.Zone(99); return err },
		"lock":            func(tx *Tx) error { _, err := tx.Lock("x"); return err },
		"tenancy":         func(tx *Tx) error { _, err := tx.Tenancy(99); return err },
		"current tenancy": func(tx *Tx) error { _, err := tx.CurrentTenancy(99); return err },
		"tag":             func(tx *Tx) error { _, err := tx.Tag(99); return err },
		"tag number":      func(tx *Tx) error { _, err := tx.TagByNumber(keytag.Number{7}); return err },
		"open plan":       func(tx *Tx) error { _, err := tx.OpenPlanOfTag(99); return err },
		"put zone":        func(tx *Tx) error { return tx.PutZone(&Zone{ID: 99, Kind: SharedZone}) },
		"put lock":        func(tx *Tx) error { return tx.PutLock(&Lock{ID: "x"}) },
		"put tenancy":     func(tx *Tx) error { return tx.PutTenancy(&Tenancy{ID: 99, Choice: ChoiceTag}) },
		"put tag":         func(tx *Tx) error { return tx.PutTag(&Tag{ID: 99, Ordinal: 1, State: TagLost}) },
		"put seat":        func(tx *Tx) error { return tx.PutSeat(&Seat{Zone: c.entrance.ID, Seat: 55, RowVersion: 1}) },
		"mark":            func(tx *Tx) error { return tx.MarkStep(99, 0) },
		"finish":          func(tx *Tx) error { return tx.FinishPlan(99, "done") },
	} {
		wantErr(t, name, s.Update(t.Context(), f), ErrNotFound)
	}
	empty := newStoreLists(t, s)
	same(t, "lists of nothing", empty, 0)
}

// newStoreLists asks for lists about things that are not there.
func newStoreLists(t *testing.T, s *Store) (n int) {
	view(t, s, func(tx *Tx) error {
		homes, err := tx.HomesOfBuilding(99)
		must(t, err)
		zones, err := tx.ZonesOfHome(99)
		must(t, err)
		linked, err := tx.HomesOfZone(99)
		must(t, err)
		locks, err := tx.LocksOfZone(99)
		must(t, err)
		tags, err := tx.TagsOfTenancy(99)
		must(t, err)
		seats, err := tx.SeatsOfZone(99)
		must(t, err)
		plans, err := tx.OpenPlans()
		must(t, err)
		entries, err := tx.Journal()
		must(t, err)
		n = len(homes) + len(zones) + len(linked) + len(locks) + len(tags) + len(seats) + len(plans) + len(entries)
		return nil
	})
	return n
}

func contractInvalid(t *testing.T, s *Store) {
	c := makeCampus(t, s)
	home, tenancy := c.homes[0].ID, c.tenancy.ID
	long := make([]keytag.Claims, 13)
	for i := range long {
		long[i].Zone = c.entrance.ID
	}
	site := testSite()
	site.RowVersion = 1
	for name, f := range map[string]func(*Tx) error{
		"site without a name":              func(tx *Tx) error { v := site; v.Name = ""; return tx.PutSite(&v) },
		"site without a locator":           func(tx *Tx) error { v := site; v.Locators = nil; return tx.PutSite(&v) },
		"site without seats":               func(tx *Tx) error { v := site; v.SeatsPerHome = 0; return tx.PutSite(&v) },
		"site with unknown policy":         func(tx *Tx) error { v := site; v.Policy = "x"; return tx.PutSite(&v) },
		"building without a name":          func(tx *Tx) error { return tx.InsertBuilding(&Building{}) },
		"home without a name":              func(tx *Tx) error { return tx.InsertHome(&Home{Building: c.building.ID}) },
		"zone of unknown kind":             func(tx *Tx) error { return tx.InsertZone(&Zone{Kind: "x"}) },
		"home zone without a home":         func(tx *Tx) error { return tx.InsertZone(&Zone{Kind: HomeZone}) },
		"shared zone with a home":          func(tx *Tx) error { return tx.InsertZone(&Zone{Kind: SharedZone, Home: home}) },
		"lock with a carrier that is none": func(tx *Tx) error { return tx.InsertLock(&Lock{ID: "L9", Carrier: "post"}) },
		"lock without an id":               func(tx *Tx) error { return tx.InsertLock(&Lock{}) },
		"tenancy without a choice":         func(tx *Tx) error { return tx.InsertTenancy(&Tenancy{Home: c.homes[1].ID}) },
		"tag without an ordinal":           func(tx *Tx) error { return tx.InsertTag(&Tag{Home: home, Tenancy: tenancy, State: TagLost}) },
		"tag in unknown state":             func(tx *Tx) error { return tx.InsertTag(&Tag{Home: home, Tenancy: tenancy, Ordinal: 9, State: "x"}) },
		"tag with 13 slots":                func(tx *Tx) error { v := c.tag; v.Slots = long; return tx.PutTag(&v) },
		"plan of unknown kind":             func(tx *Tx) error { return tx.InsertPlan(&Plan{Kind: "x"}) },
		"plan done beyond its end":         func(tx *Tx) error { return tx.InsertPlan(&Plan{Kind: PlanWipe, Done: 1}) },
	} {
		wantErr(t, name, s.Update(t.Context(), f), ErrInvalid)
	}
}

// contractUnknownOthers refers to records that are not there.
func contractUnknownOthers(t *testing.T, s *Store) {
	c := makeCampus(t, s)
	home, tenancy := c.homes[0].ID, c.tenancy.ID
	for name, f := range map[string]func(*Tx) error{
		"building of a home":    func(tx *Tx) error { return tx.InsertHome(&Home{Building: 99, Name: "x"}) },
		"building of a zone":    func(tx *Tx) error { return tx.InsertZone(&Zone{Kind: SharedZone, Building: 99}) },
		"home of a zone":        func(tx *Tx) error { return tx.InsertZone(&Zone{Kind: HomeZone, Home: 99}) },
		"home of a link":        func(tx *Tx) error { return tx.LinkHomeZone(HomeZoneLink{Home: 99, Zone: 1, SeatBase: 90}) },
		"zone of a link":        func(tx *Tx) error { return tx.LinkHomeZone(HomeZoneLink{Home: home, Zone: 99}) },
		"home of a lock":        func(tx *Tx) error { return tx.InsertLock(&Lock{ID: "x", Home: 99}) },
		"zone of a lock":        func(tx *Tx) error { return tx.InsertLock(&Lock{ID: "x", Zones: []keytag.Zone{99}}) },
		"lock of a link":        func(tx *Tx) error { return tx.LinkLockZone("x", 1) },
		"home of a tenancy":     func(tx *Tx) error { return tx.InsertTenancy(&Tenancy{Home: 99, Choice: ChoiceTag}) },
		"home of a tag":         func(tx *Tx) error { return tx.InsertTag(&Tag{Home: 99, Tenancy: tenancy, Ordinal: 9, State: TagLost}) },
		"tenancy of a tag":      func(tx *Tx) error { return tx.InsertTag(&Tag{Home: home, Tenancy: 99, Ordinal: 9, State: TagLost}) },
		"replaced tag of a tag": func(tx *Tx) error { v := c.tag; v.Replaces = 99; return tx.PutTag(&v) },
		"zone of a slot":        func(tx *Tx) error { v := c.tag; v.Slots = []keytag.Claims{{Zone: 99}}; return tx.PutTag(&v) },
		"zone of a seat":        func(tx *Tx) error { return tx.PutSeat(&Seat{Zone: 99}) },
		"tag of a seat":         func(tx *Tx) error { return tx.PutSeat(&Seat{Zone: 1, Tag: 99}) },
		"tag of a plan":         func(tx *Tx) error { return tx.InsertPlan(&Plan{Kind: PlanWipe, Tag: 99}) },
	} {
		wantErr(t, name, s.Update(t.Context(), f), ErrNotFound)
	}
}

func contractReadOnly(t *testing.T, s *Store) {
	c := makeCampus(t, s)
	for name, f := range map[string]func(*Tx) error{
		"site":     func(tx *Tx) error { v, _ := tx.Site(); return tx.PutSite(&v) },
		"building": func(tx *Tx) error { return tx.InsertBuilding(&Building{Name: "x"}) },
		"home":     func(tx *Tx) error { return tx.InsertHome(&Home{Building: 1, Name: "x"}) },
		"zone":     func(tx *Tx) error { return tx.PutZone(&c.entrance) },
		"link":     func(tx *Tx) error { return tx.LinkHomeZone(HomeZoneLink{Home: 1, Zone: 1, SeatBase: 99}) },
		"lock":     func(tx *Tx) error { return tx.InsertLock(&Lock{ID: "x"}) },
		"tenancy":  func(tx *Tx) error { return tx.PutTenancy(&c.tenancy) },
		"tag":      func(tx *Tx) error { return tx.PutTag(&c.tag) },
		"new tag":  func(tx *Tx) error { return tx.InsertTag(&Tag{}) },
		"seat":     func(tx *Tx) error { return tx.PutSeat(&Seat{Zone: 1}) },
		"plan":     func(tx *Tx) error { return tx.InsertPlan(&Plan{Kind: PlanWipe}) },
		"step":     func(tx *Tx) error { return tx.MarkStep(1, 1) },
		"journal":  func(tx *Tx) error { return tx.Append(Entry{Act: "x"}) },
	} {
		wantErr(t, name, s.View(t.Context(), f), ErrReadOnly)
	}
}

// contractConcurrency has several goroutines count on one seat while others
// read: nothing is lost and readers see only what was committed.
func contractConcurrency(t *testing.T, s *Store) {
	c := makeCampus(t, s)
	seat := Seat{Zone: c.entrance.ID, Seat: 3}
	update(t, s, func(tx *Tx) error { return tx.PutSeat(&seat) })
	const workers, rounds = 4, 25
	done := make(chan error, 2*workers)
	for range workers {
		go func() {
			var err error
			for i := 0; i < rounds && err == nil; i++ {
				err = s.Update(context.Background(), func(tx *Tx) error {
					v, err := tx.Seat(c.entrance.ID, 3)
					if err != nil {
						return err
					}
					v.Next++
					v.Floor = v.Next
					return tx.PutSeat(&v)
				})
			}
			done <- err
		}()
		go func() {
			var err error
			for i := 0; i < rounds && err == nil; i++ {
				err = s.View(context.Background(), func(tx *Tx) error {
					v, err := tx.Seat(c.entrance.ID, 3)
					if err == nil && v.Next != v.Floor {
						err = errors.New("a reader saw half a change")
					}
					return err
				})
			}
			done <- err
		}()
	}
	for range 2 * workers {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	view(t, s, func(tx *Tx) error {
		v, err := tx.Seat(c.entrance.ID, 3)
		same(t, "counted", int(v.Next), workers*rounds)
		return err
	})
}
