//go:build unix

package store

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"sleutelbord/store/postgrestest"
)

// fillAll changes every table that a person's acts change.
func fillAll(t testing.TB, s *Store) *campus {
	t.Helper()
	c := makeCampus(t, s)
	update(t, s, func(tx *Tx) error {
		must(t, tx.InsertLock(&Lock{ID: "DEUR-7781", Building: c.building.ID, Floor: "Souterrain", PublicKey: [32]byte{0xDD, 1, 2, 3}}))
		must(t, tx.LinkLockZone("deur-7781", c.entrance.ID))
		must(t, tx.PutSeat(&Seat{Zone: c.entrance.ID, Seat: 3, Next: 2, Floor: 1, Tag: c.tag.ID}))
		must(t, tx.InsertPlan(&Plan{Kind: PlanIssue, Tag: c.tag.ID, Number: c.tag.Number, Steps: []string{"stap-een"}}))
		return tx.Append(Entry{Operator: "Truus Bakker", Act: "sleutel uitgegeven", Subject: "Noord T1"})
	})
	c.tag.State, c.tag.Label = TagIssued, "rood koord"
	update(t, s, func(tx *Tx) error { return tx.PutTag(&c.tag) })
	site := testSite()
	update(t, s, func(tx *Tx) (err error) {
		site, err = tx.Site()
		site.Name = "Woonpark De Wilgen"
		return errors.Join(err, tx.PutSite(&site))
	})
	return c
}

// TestAdministratorReads looks in everything that the administrator sees for
// whatever a person or a key could be known by.
func TestAdministratorReads(t *testing.T) {
	server := postgrestest.Start(t)
	m := moveSite(t, server)
	s := openIn(t, m.dir)
	c := fillAll(t, s)
	third := m.join(t, s, "Balie Oost")
	dumps := [][]byte{server.Dump(m.name)}
	must(t, s.Compact(t.Context()))
	dumps = append(dumps, server.Dump(m.name))
	_, siteKey := s.shared.settings.newest()
	root, err := s.readRoot(t.Context())
	must(t, err)
	defer root.Wipe()
	sealed := opensOwn(t, third)
	planted := map[string][]byte{
		"site": []byte("Woonpark De Wilgen"), "old site": []byte("Campus Noord"), "building": []byte("Noord"), "home": []byte("A 01"),
		"zone": []byte("Entrance"), "floor": []byte("Souterrain"), "reference": []byte("HK-2026-0815"), "label": []byte("blauw koord"),
		"new label": []byte("rood koord"), "number": c.tag.Number[:], "lock": []byte("DEUR-7781"), "folded": []byte("deur-7781"),
		"operator": []byte("Truus Bakker"), "act": []byte("sleutel uitgegeven"), "subject": []byte("Noord T1"), "step": []byte("stap-een"),
		"chip": []byte("DESFire EV3"), "lock's key": {0xDD, 1, 2, 3}, "desk": []byte("Balie Oost"), "first desk": []byte("first"),
		"sign-in name": []byte(FirstOperator), "state": []byte(TagIssued), "table": []byte("tenancies"), "statement": []byte("INSERT INTO tags"),
		"root": root.b[:], "site key": siteKey[:], "data key": s.data.b[:], "columns": s.keys.column[:], "lookup": s.keys.lookup[:],
		"desk's key": s.keys.hpke[:], "other desk's key": sealed, "passphrase": testPass,
	}
	store := s.shared.id
	for i, dump := range dumps {
		if len(dump) < 10_000 || !bytes.Contains(dump, []byte(hex.EncodeToString(store[:]))) {
			t.Fatalf("dump %d of %d bytes does not show even the store id", i, len(dump))
		}
		for what, secret := range planted {
			for _, form := range [][]byte{
				secret, []byte(hex.EncodeToString(secret)), []byte(strings.ToUpper(hex.EncodeToString(secret))),
				[]byte(base64.StdEncoding.EncodeToString(secret)),
			} {
				if len(form) > 3 && bytes.Contains(dump, form) {
					t.Errorf("dump %d shows the %s", i, what)
				}
			}
		}
	}
}

// opensOwn is the private key of a desk.
func opensOwn(t testing.TB, dir string) []byte {
	t.Helper()
	s := openIn(t, dir)
	defer closeStore(t, s)
	return bytes.Clone(s.keys.hpke[:])
}

// copyDesk is a desk as it was when its folder was copied.
func copyDesk(t testing.TB, dir string) string {
	t.Helper()
	to := t.TempDir()
	must(t, os.CopyFS(to, os.DirFS(dir)))
	return to
}

const keepTables = `
CREATE TABLE k_head AS SELECT * FROM sleutelbord_head; CREATE TABLE k_log AS SELECT * FROM sleutelbord_log;
CREATE TABLE k_snapshot AS SELECT * FROM sleutelbord_snapshot; CREATE TABLE k_keys AS SELECT * FROM sleutelbord_keys;`

const putTablesBack = `
BEGIN; DELETE FROM sleutelbord_head; DELETE FROM sleutelbord_log; DELETE FROM sleutelbord_snapshot; DELETE FROM sleutelbord_keys;
INSERT INTO sleutelbord_head SELECT * FROM k_head; INSERT INTO sleutelbord_log SELECT * FROM k_log;
INSERT INTO sleutelbord_snapshot SELECT * FROM k_snapshot; INSERT INTO sleutelbord_keys SELECT * FROM k_keys; COMMIT;`

const dropKept = `DROP TABLE k_head, k_log, k_snapshot, k_keys;`

// TestAdministratorWrites changes, swaps, deletes, adds and turns back rows of
// every table behind the back of a desk that was away meanwhile.
func TestAdministratorWrites(t *testing.T) {
	server := postgrestest.Start(t)
	m := moveSite(t, server)
	s := openIn(t, m.dir)
	second := m.join(t, s, "second")
	from := s.shared.position
	fillAll(t, s)
	for i := range 3 {
		update(t, s, func(tx *Tx) error { return tx.Append(Entry{Act: fmt.Sprint("act ", i)}) })
	}
	last := s.shared.position
	closeStore(t, s)
	server.SQL(m.name, keepTables)
	last2 := last - 1
	chain := func(position int64, body string) string { // what everybody can compute
		return fmt.Sprintf(`UPDATE sleutelbord_head SET position = %d, head = sha256(%s)`, position, body)
	}
	for name, c := range map[string]struct {
		sql  string
		want error
	}{
		"delete an entry":              {fmt.Sprintf(`DELETE FROM sleutelbord_log WHERE position = %d`, from+2), ErrTampered},
		"delete the last entry":        {fmt.Sprintf(`DELETE FROM sleutelbord_log WHERE position = %d`, last), ErrTampered},
		"delete all entries":           {`DELETE FROM sleutelbord_log`, ErrTampered},
		"swap two entries":             {fmt.Sprintf(`UPDATE sleutelbord_log l SET entry = o.entry, body = o.body FROM k_log o WHERE (l.position, o.position) IN ((%d, %d), (%d, %d))`, last, last2, last2, last), ErrTampered},
		"repeat an entry":              {fmt.Sprintf(`INSERT INTO sleutelbord_log SELECT %d, entry, body FROM k_log WHERE position = %d;`, last+1, last) + chain(last+1, `'x'`), ErrTampered},
		"put an old body back":         {fmt.Sprintf(`UPDATE sleutelbord_log SET body = (SELECT body FROM k_log WHERE position = %d) WHERE position = %d`, from+1, last), ErrTampered},
		"change an entry's id":         {fmt.Sprintf(`UPDATE sleutelbord_log SET entry = '\x00' WHERE position = %d`, last), ErrTampered},
		"leave entries out and say so": {fmt.Sprintf(`DELETE FROM sleutelbord_log WHERE position > %d;`, last2) + chain(last2, `'x'`), ErrTampered},
		"move the head on":             {fmt.Sprintf(`UPDATE sleutelbord_head SET position = %d`, last+1), ErrTampered},
		"change the head":              {`UPDATE sleutelbord_head SET head = sha256('x')`, ErrTampered},
		"delete the head":              {`DELETE FROM sleutelbord_head`, ErrTampered},
		"another site":                 {`UPDATE sleutelbord_head SET store = '\x00112233445566778899aabbccddeeff'`, ErrTampered},
		"an unknown format":            {`UPDATE sleutelbord_head SET format = 0`, ErrTampered},
		"drop a table":                 {`ALTER TABLE sleutelbord_log RENAME TO gone`, ErrTampered},
		"an empty body":                {fmt.Sprintf(`UPDATE sleutelbord_log SET body = '' WHERE position = %d`, last), ErrTampered},
		"an unknown kind":              {fmt.Sprintf(`UPDATE sleutelbord_log SET body = set_byte(body, 1, 9) WHERE position = %d`, last), ErrTampered},
		"another kind":                 {fmt.Sprintf(`UPDATE sleutelbord_log SET body = set_byte(body, 1, 4) WHERE position = %d`, last), ErrTampered},
		"another key":                  {fmt.Sprintf(`UPDATE sleutelbord_log SET body = set_byte(body, 3, 2) WHERE position = %d`, last), ErrTampered},
		"a lower schema":               {fmt.Sprintf(`UPDATE sleutelbord_log SET body = set_byte(body, 5, 1) WHERE position = %d`, last), ErrTampered},
		"a snapshot that is not there": {fmt.Sprintf(`DELETE FROM sleutelbord_log; UPDATE sleutelbord_head SET snapshot = %d`, last), ErrTampered},
		"back before this desk":        {fmt.Sprintf(`DELETE FROM sleutelbord_log WHERE position >= %d; UPDATE sleutelbord_head SET position = %d`, from, from-1), ErrTampered},
	} {
		t.Run(name, func(t *testing.T) {
			server.SQL(m.name, c.sql)
			late := openIn(t, copyDesk(t, second))
			wantErr(t, "refresh", late.Refresh(t.Context()), c.want)
			wantErr(t, "update", late.Update(t.Context(), func(*Tx) error { return nil }), c.want)
			closeStore(t, late)
			if name == "drop a table" {
				server.SQL(m.name, `ALTER TABLE gone RENAME TO sleutelbord_log`)
			}
			server.SQL(m.name, putTablesBack)
		})
	}
	t.Run("every entry", func(t *testing.T) {
		for n := from + 1; n <= last; n++ {
			server.SQL(m.name, fmt.Sprintf(`UPDATE sleutelbord_log SET body = set_byte(body, length(body) / 2, get_byte(body, length(body) / 2) # 1) WHERE position = %d`, n))
			late := openIn(t, copyDesk(t, second))
			wantErr(t, fmt.Sprint("entry ", n), late.Refresh(t.Context()), ErrTampered)
			closeStore(t, late)
			server.SQL(m.name, putTablesBack)
		}
	})
	server.SQL(m.name, `UPDATE sleutelbord_head SET format = 2`)
	_, err := Open(t.Context(), copyDesk(t, second), testPass, testOptions())
	wantErr(t, "a newer format", err, ErrNewerSchema)
	server.SQL(m.name, putTablesBack)
	late := openIn(t, copyDesk(t, second)) // and untouched it is followed
	must(t, late.Refresh(t.Context()))
}

// TestAdministratorWritesSnapshot changes every part of a snapshot.
func TestAdministratorWritesSnapshot(t *testing.T) {
	server := postgrestest.Start(t)
	m := moveSite(t, server)
	s := openIn(t, m.dir)
	second := m.join(t, s, "second")
	fillAll(t, s)
	must(t, s.Compact(t.Context()))
	update(t, s, func(tx *Tx) error { return tx.Append(Entry{Act: "after"}) })
	server.SQL(m.name, keepTables)
	parts := 0
	_, err := fmt.Sscan(server.SQL(m.name, `SELECT count(*) FROM sleutelbord_snapshot`), &parts)
	must(t, err)
	if parts < 20 {
		t.Fatalf("%d parts", parts)
	}
	try := func(what, sql string) {
		t.Helper()
		server.SQL(m.name, sql)
		late := openIn(t, copyDesk(t, second))
		if err := late.Refresh(t.Context()); !errors.Is(err, ErrTampered) {
			t.Errorf("%s: %v", what, err)
		}
		closeStore(t, late)
		server.SQL(m.name, putTablesBack)
	}
	for n := 1; n <= parts; n++ {
		try(fmt.Sprint("part ", n), fmt.Sprintf(`UPDATE sleutelbord_snapshot SET body = set_byte(body, length(body) - 1, get_byte(body, length(body) - 1) # 1) WHERE part = %d`, n))
	}
	try("missing part", `DELETE FROM sleutelbord_snapshot WHERE part = 7`)
	try("end too early", fmt.Sprintf(`DELETE FROM sleutelbord_snapshot WHERE part = %d; UPDATE sleutelbord_snapshot SET part = %d WHERE part = %d`, parts-1, parts-1, parts))
	try("swapped parts", `UPDATE sleutelbord_snapshot p SET body = o.body FROM k_snapshot o WHERE (p.part, o.part) IN ((3, 4), (4, 3))`)
	try("another head", `UPDATE sleutelbord_snapshot SET head = sha256('x')`)
	late := openIn(t, copyDesk(t, second))
	sameRecords(t, s, late)
}

// TestOlderDatabase puts an old copy of the whole database back.
func TestOlderDatabase(t *testing.T) {
	server := postgrestest.Start(t)
	m := moveSite(t, server)
	s := openIn(t, m.dir)
	secondDir := m.join(t, s, "second")
	second := openIn(t, secondDir)
	fillAll(t, s)
	must(t, second.Refresh(t.Context()))
	closeStore(t, second)
	server.SQL(m.name, keepTables)
	update(t, s, func(tx *Tx) error { return tx.Append(Entry{Act: "acknowledged"}) })
	wantErr(t, "mending what is whole", s.MendDatabase(t.Context()), ErrNothingToMend)
	server.SQL(m.name, putTablesBack)
	wantErr(t, "update", s.Update(t.Context(), func(*Tx) error { return nil }), ErrOlderDatabase)
	must(t, s.MendDatabase(t.Context()))
	update(t, s, func(tx *Tx) error { return tx.Append(Entry{Act: "goes on"}) })
	second = openIn(t, secondDir)
	sameRecords(t, s, second)
	view(t, second, func(tx *Tx) error {
		all, err := tx.Journal()
		if n := len(all); n < 3 || all[n-2].Act != "acknowledged" || all[n-1].Act != "goes on" {
			t.Errorf("journal %+v", all)
		}
		return err
	})
	// Now a desk that knows less goes on in the old copy: two histories.
	closeStore(t, second)
	old := copyDesk(t, secondDir)
	server.SQL(m.name, dropKept+keepTables)
	update(t, s, func(tx *Tx) error { return tx.Append(Entry{Act: "one history"}) })
	server.SQL(m.name, putTablesBack)
	other := openIn(t, old)
	update(t, other, func(tx *Tx) error { return tx.Append(Entry{Act: "other history"}) })
	wantErr(t, "as long", s.Update(t.Context(), func(*Tx) error { return nil }), ErrTampered)
	wantErr(t, "mend", s.MendDatabase(t.Context()), ErrTampered)
	update(t, other, func(tx *Tx) error { return tx.Append(Entry{Act: "longer"}) })
	wantErr(t, "longer", s.Update(t.Context(), func(*Tx) error { return nil }), ErrTampered)
	// Both old: only the counter outside of the folder still knows better.
}

// TestOldDeskAndDatabase puts the folder and the database back together.
func TestOldDeskAndDatabase(t *testing.T) {
	server := postgrestest.Start(t)
	m := moveSite(t, server)
	opts := testOptions()
	opts.CounterDir = t.TempDir()
	open := func(dir string) *Store {
		s, err := Open(t.Context(), dir, testPass, opts)
		must(t, err)
		t.Cleanup(func() { closeStore(t, s) })
		return s
	}
	s := open(m.dir)
	closeStore(t, s)
	old := copyDesk(t, m.dir)
	server.SQL(m.name, keepTables)
	s = open(m.dir)
	for range 3 {
		update(t, s, func(tx *Tx) error { return tx.Append(Entry{Act: "x"}) })
	}
	closeStore(t, s)
	server.SQL(m.name, putTablesBack)
	s = open(old)
	if !s.RolledBack() {
		t.Error("not noticed")
	}
	closeStore(t, s)
	s = open(old)
	if !s.RolledBack() {
		t.Error("forgotten")
	}
	update(t, s, func(tx *Tx) error { _, _, _, err := tx.RaiseCounters(8, 0); return err })
	closeStore(t, s)
	if s = open(old); s.RolledBack() {
		t.Error("not dealt with")
	}
}

// TestRemovedDesk tries what a desk can still do that was removed, with its old
// files, its old connection and all that is in the database.
func TestRemovedDesk(t *testing.T) {
	server := postgrestest.Start(t)
	m := moveSite(t, server)
	s := openIn(t, m.dir)
	c := fillAll(t, s)
	gone := openIn(t, m.join(t, s, "gone"))
	staysDir := m.join(t, s, "stays")
	away := copyDesk(t, staysDir)
	stays := openIn(t, staysDir)
	must(t, gone.Refresh(t.Context()))
	wantErr(t, "itself", gone.RemoveDesk(t.Context(), fmt.Sprintf("%x", gone.shared.desk), nil), ErrInvalid)
	wantErr(t, "unknown", s.RemoveDesk(t.Context(), "00", nil), ErrNotFound)
	must(t, s.RemoveDesk(t.Context(), fmt.Sprintf("%x", gone.shared.desk), nil))
	c.tag.Label = "na de verwijdering"
	update(t, s, func(tx *Tx) error { return tx.PutTag(&c.tag) })
	wantErr(t, "refresh", gone.Refresh(t.Context()), ErrRemoved)
	wantErr(t, "update", gone.Update(t.Context(), func(*Tx) error { return nil }), ErrRemoved)
	keys := gone.shared.settings.Keys
	for _, table := range []string{"log", "snapshot"} {
		if n := opening(t, gone, server, m.name, table, keys); n != 0 {
			t.Errorf("%d bodies of the %s open with the keys of a removed desk", n, table)
		}
		if n := opening(t, s, server, m.name, table, s.shared.settings.Keys); n == 0 {
			t.Errorf("nobody can read the %s", table)
		}
	}
	sameRecords(t, s, stays)
	update(t, stays, func(tx *Tx) error { return tx.Append(Entry{Act: "x"}) })
	later := openIn(t, m.join(t, stays, "later"))
	sameRecords(t, later, s)
	must(t, stays.RemoveDesk(t.Context(), fmt.Sprintf("%x", s.shared.desk), nil)) // the first too
	wantErr(t, "first", s.Update(t.Context(), func(*Tx) error { return nil }), ErrRemoved)
	sameRecords(t, later, stays)
	must(t, stays.Compact(t.Context()))
	back := openIn(t, away) // comes back after two changes of the key
	sameRecords(t, later, back)
	stale := openIn(t, copyDesk(t, m.dir))
	wantErr(t, "first from an old copy", stale.Refresh(t.Context()), ErrRemoved)
}

// opening counts the bodies that open with some keys, whatever is known of
// their place.
func opening(t testing.TB, s *Store, server *postgrestest.Server, database, table string, keys map[uint16][]byte) (n int) {
	t.Helper()
	query := `SELECT position, encode(entry, 'hex'), encode(body, 'hex'), encode(coalesce((SELECT head FROM sleutelbord_snapshot LIMIT 1), ''), 'hex') FROM sleutelbord_log`
	if table == "snapshot" {
		query = `SELECT position, part, encode(body, 'hex'), encode(head, 'hex') FROM sleutelbord_snapshot`
	}
	var before [32]byte
	for line := range strings.SplitSeq(server.SQL(database, query+` ORDER BY 1, 2`), "\n") {
		f := strings.Split(line, "|")
		if len(f) != 4 {
			t.Fatalf("line %q", line)
		}
		var position, part int64
		_, err := fmt.Sscan(f[0], &position)
		must(t, err)
		body, err := hex.DecodeString(f[2])
		must(t, err)
		head, err := hex.DecodeString(f[3])
		must(t, err)
		p := place{store: s.shared.id, before: before, position: position}
		if table == "snapshot" {
			_, err := fmt.Sscan(f[1], &part)
			must(t, err)
			p = snapshotPlace(s.shared.id, position, [32]byte(head), part)
		} else {
			p.id, err = hex.DecodeString(f[1])
			must(t, err)
			if fmt.Sprint(position) == server.SQL(database, `SELECT DISTINCT position FROM sleutelbord_snapshot`) {
				before = [32]byte(head) // the entry that brought the key
				continue
			}
		}
		before = p.next(body)
		h, err := readBody(body)
		must(t, err)
		for v := range keys {
			var k siteKey
			copy(k[:], keys[v])
			if _, err := openBody(k, p, h, body); err == nil {
				n++
				break
			}
		}
	}
	return n
}
