package store

import (
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	"sleutelbord/nfc/keytag"
)

// everyTable changes a row of every table that adds up in the tally, or adds
// one. Each statement stands for a commit of its own.
var everyTable = map[string]string{
	"batch":          `UPDATE batch SET printed = 1`,
	"buildings":      `UPDATE buildings SET name = 'Zuid' WHERE id = 1`,
	"campaign_tags":  `INSERT INTO campaign_tags (campaign, tag) VALUES (1, 2)`,
	"campaign_zones": `UPDATE campaign_zones SET new_version = 9`,
	"campaigns":      `UPDATE campaigns SET tags = 7`,
	"custody":        `UPDATE custody SET row_version = row_version + 1`,
	"desk_keys":      `UPDATE desk_keys SET name = 'other'`,
	"documents":      `UPDATE documents SET name = 'other'`,
	"erasures":       `UPDATE erasures SET tags = 7`,
	"floor_marks":    `UPDATE floor_marks SET at_commit = at_commit + 1`,
	"home_zones":     `UPDATE home_zones SET seats = seats + 1 WHERE home = 3`,
	"homes":          `UPDATE homes SET floor = '9' WHERE id = 3`,
	"journal":        `UPDATE journal SET day = NULL, operator = NULL, act = NULL, subject = NULL, salt = NULL WHERE seq = 3`,
	"lock_zones":     `INSERT INTO lock_zones (lock, zone) VALUES ('d1', 2)`,
	"locks":          `UPDATE locks SET floor = '9'`,
	"objections":     `UPDATE objections SET outcome = 'declined'`,
	"operators":      `UPDATE operators SET added_day = added_day + 1`,
	"own_keys":       `UPDATE own_keys SET columns = X'02'`,
	"plans":          `UPDATE plans SET done = 1`,
	"replica":        `UPDATE replica SET head = randomblob(32)`,
	"rollouts":       `UPDATE rollouts SET active_day = 9`,
	"schema_version": `INSERT INTO schema_version (version) SELECT max(version) + 1 FROM schema_version`,
	"seats":          `UPDATE seats SET floor = next WHERE zone = 3`,
	"sequences":      `UPDATE sequences SET next = next + 1 WHERE name = 'zones'`,
	"settings":       `UPDATE settings SET retention_days = 91`,
	"share_sets":     `UPDATE share_sets SET rehearsed_day = 9`,
	"signers":        `INSERT INTO signers (id, public_key, added_day) VALUES (9, randomblob(32), 9)`,
	"site":           `UPDATE site SET name = 'elsewhere'`,
	"tag_slots":      `UPDATE tag_slots SET not_after = 3000 WHERE tag = 3`,
	"tags":           `UPDATE tags SET chip = 'EV9' WHERE id = 3`,
	"tenancies":      `UPDATE tenancies SET choice = 'app' WHERE id = 3`,
	"upkeep":         `UPDATE upkeep SET keep_weeks = 9`,
	"zones":          `UPDATE zones SET name = 'x' WHERE id = 3`,
}

// fillEveryTable makes rows where fillCampus makes none.
func fillEveryTable(t *testing.T, s *Store) {
	t.Helper()
	fillCampus(t, s, 40)
	update(t, s, func(tx *Tx) error {
		must(t, tx.InsertLock(&Lock{ID: "d1", Building: 1}))
		must(t, tx.LinkLockZone("d1", 1))
		return tx.InsertPlan(&Plan{Kind: PlanWipe, Tag: 1, Number: keytag.Number{1}, Steps: []string{"x", "y"}})
	})
	for _, query := range []string{
		`INSERT INTO batch VALUES (1, 1, NULL, 'written', 1, 1, 0, 1, 0, NULL, 1)`,
		`INSERT INTO campaigns VALUES (1, 'zone', 'running', NULL, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1)`,
		`INSERT INTO campaign_zones VALUES (1, 1, 1, 2)`,
		`INSERT INTO campaign_tags VALUES (1, 1)`,
		`INSERT INTO desk_keys VALUES (randomblob(8), 'desk', randomblob(32), 1, 0)`,
		`INSERT INTO documents VALUES (1, 1, 'other', 'x', randomblob(32), 1)`,
		`INSERT INTO erasures VALUES (1, 1, 'period', 1, 1)`,
		`INSERT INTO floor_marks VALUES (1, 0, 0, 32, 1)`,
		`INSERT INTO objections VALUES (1, 1, 1, 'open', 0, 1)`,
		`INSERT INTO own_keys VALUES (1, X'01')`,
		`INSERT INTO replica VALUES (1, randomblob(32))`,
		`INSERT INTO rollouts VALUES (1, 0, '', 0, 0, 0, 0, 0, 0, 1)`,
		`INSERT INTO share_sets VALUES (1, randomblob(38), 1, 0)`,
	} {
		must(t, raw(t, s, query))
	}
}

// TestTallyKeepsUp changes every table, by itself and by triggers of the schema,
// takes changes back, and erases: the sum is always that of all rows.
func TestTallyKeepsUp(t *testing.T) {
	s := newStore(t)
	fillEveryTable(t, s)
	adds := func(what string) {
		t.Helper()
		if err := s.View(t.Context(), checkTally); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	adds("filled")
	tables := talliedIn(t, s)
	for table, query := range everyTable {
		if !slices.Contains(tables, table) {
			t.Errorf("there is no table %s", table)
		}
		must(t, raw(t, s, query))
		adds(table)
	}
	for _, table := range tables {
		if everyTable[table] == "" {
			t.Errorf("no change of %s is tried", table)
		}
	}
	for _, query := range []string{
		`DELETE FROM seats`, // refused
		`INSERT INTO buildings SELECT id + 100, name, name_fold || id FROM buildings UNION ALL SELECT 1, 'x', 'x'`, // refused in the middle
		`INSERT OR IGNORE INTO buildings SELECT id, name, name_fold FROM buildings UNION ALL SELECT 101, 'x', 'x'`,
		`INSERT OR REPLACE INTO buildings SELECT id, 'anew', name_fold FROM buildings`,
		`INSERT INTO upkeep SELECT * FROM upkeep WHERE true ON CONFLICT DO UPDATE SET keep_last = 3`,
		`SAVEPOINT x; UPDATE homes SET floor = '7'; ROLLBACK TO x; RELEASE x`,
		`DELETE FROM plans`,
		`VACUUM`,
	} {
		_ = raw(t, s, query) // some are refused
		adds(query)
	}
}

// talliedIn names the tables that add up in the tally.
func talliedIn(t *testing.T, s *Store) (names []string) {
	t.Helper()
	view(t, s, func(tx *Tx) error {
		all, err := talliedTables(t.Context(), tx.sql)
		for _, table := range all {
			names = append(names, table.name)
		}
		return err
	})
	return names
}

// TestTallyNotices changes one row of every table as whoever puts an old page
// back does, without the triggers that keep the sum.
func TestTallyNotices(t *testing.T) {
	for table, query := range everyTable {
		t.Run(table, func(t *testing.T) {
			s, err := Create(t.Context(), filepath.Join(fastTemp(t), "store"), testSite(), testRoot(t), testPass, lazyOptions())
			must(t, err)
			defer closeStore(t, s)
			fillEveryTable(t, s)
			must(t, s.View(t.Context(), checkTally))
			must(t, onConnection(t.Context(), s.db, disarm))
			must(t, raw(t, s, query))
			wantErr(t, "check", s.View(t.Context(), checkTally), ErrDamaged)
		})
	}
}

// TestOldPages puts pages of an older copy back, one by one and any number of them
// together, after a change of every table: nothing of it stays unnoticed.
func TestOldPages(t *testing.T) {
	dir := filepath.Join(fastTemp(t), "store")
	s := createIn(t, dir)
	fillEveryTable(t, s)
	must(t, raw(t, s, `DELETE FROM own_keys`)) // are none, and would not open
	must(t, raw(t, s, `DELETE FROM replica`))
	closeStore(t, s)
	old := snapshot(t, dir)[databaseName]
	s = openIn(t, dir)
	for _, table := range talliedIn(t, s) {
		if slices.Contains([]string{"custody", "operators", "own_keys", "replica", "schema_version"}, table) {
			continue // what was changed there by force would not open any more
		}
		must(t, raw(t, s, `UPDATE meta SET change_counter = change_counter + 1; `+everyTable[table]))
	}
	closeStore(t, s)
	files := snapshot(t, dir)
	now := files[databaseName]
	var changed []int
	for at := 0; at+blockSize <= min(len(old), len(now)); at += blockSize {
		if now[at:at+blockSize] != old[at:at+blockSize] {
			changed = append(changed, at)
		}
	}
	noticed := map[string]int{}
	try := func(pages ...int) {
		mixed := []byte(now)
		for _, at := range pages {
			copy(mixed[at:at+blockSize], old[at:])
		}
		files[databaseName] = string(mixed)
		how := notices(t, files)
		if how == "" {
			t.Errorf("pages %v can be put back, and nothing tells", pages)
		}
		noticed[how]++
	}
	for _, at := range changed {
		try(at)
	}
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 2))
	for range 60 {
		pages := slices.DeleteFunc(slices.Clone(changed), func(int) bool { return rng.IntN(3) == 0 })
		if len(pages) > 0 {
			try(pages...)
		}
	}
	if len(changed) < 20 {
		t.Errorf("only %d pages were changed", len(changed))
	}
	t.Logf("seed %d: %d pages put back one by one and 60 times some together, noticed: %v", seed, len(changed), noticed)
}

// TestTallyOfOlderRecords: records of a schema without the sum get it when they
// are opened, also if the program ended between updating them and summing up.
func TestTallyOfOlderRecords(t *testing.T) {
	dir := t.TempDir()
	s := createIn(t, dir)
	fillCampus(t, s, 5)
	must(t, s.tally.release(t.Context(), s.db))
	must(t, raw(t, s, `UPDATE homes SET floor = '7'`))
	wantErr(t, "check before", s.Check(t.Context()), ErrDamaged)
	closeStore(t, s)
	s = openIn(t, dir)
	must(t, s.Check(t.Context()))
	must(t, raw(t, s, `UPDATE homes SET floor = '8'`))
	must(t, s.Check(t.Context()))
}

// TestSum: what is added and taken away again leaves nothing, in any order.
func TestSum(t *testing.T) {
	var s sum
	var all []sum
	for range 100 {
		x := sum{rand.Uint64(), rand.Uint64(), rand.Uint64(), ^uint64(0)}
		all = append(all, x)
		s.add(x)
		same(t, "read again", readSum(s.bytes()), s)
	}
	rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	for i, x := range all {
		if s == (sum{}) {
			t.Fatalf("nothing left with %d to go", len(all)-i)
		}
		s.subtract(x)
	}
	same(t, "left", s, sum{})
	s.subtract(sum{1})
	same(t, "below zero", s, sum{^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0)})
}
