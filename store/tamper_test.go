package store

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"testing/fstest"

	"sleutelbord/nfc/keytag"

	"github.com/pressly/goose/v3"
)

// commits makes n commits.
func commits(t testing.TB, s *Store, n int) {
	t.Helper()
	for range n {
		update(t, s, func(tx *Tx) error { return tx.Append(Entry{Act: "x"}) })
	}
}

func TestRollback(t *testing.T) {
	dir := t.TempDir()
	s := createIn(t, dir)
	commits(t, s, 3)
	closeStore(t, s)
	old := snapshot(t, dir)
	s = openIn(t, dir)
	commits(t, s, 1)
	closeStore(t, s)
	newer := snapshot(t, dir)

	reopen := func(what string, files map[string]string, want bool) {
		t.Helper()
		again := filepath.Join(t.TempDir(), "store")
		put(t, again, files)
		for range 3 { // the flag stays, whatever is done
			s, err := Open(t.Context(), again, testPass, testOptions())
			must(t, err)
			same(t, what, s.RolledBack(), want)
			commits(t, s, 2)
			closeStore(t, s)
		}
		// A further rollback to before the flag is noticed again.
		put(t, again, map[string]string{databaseName: files[databaseName]})
		s, err := Open(t.Context(), again, testPass, testOptions())
		must(t, err)
		same(t, what+", again", s.RolledBack(), true)
		closeStore(t, s)
	}
	with := func(files map[string]string, name, content string) map[string]string {
		files = maps.Clone(files)
		files[name] = content
		return files
	}
	flip := func(s string, at int) string {
		b := []byte(s)
		b[at] ^= 1
		return string(b)
	}
	counter := newer[counterName]
	if len(counter) != 2*counterRecordSize {
		t.Fatalf("counter of %d bytes", len(counter))
	}
	reopen("nothing happened", newer, false)
	reopen("older records", with(newer, databaseName, old[databaseName]), true)
	reopen("empty counter", with(newer, counterName, ""), true)
	reopen("counter of noise", with(newer, counterName, "noise"), true)
	reopen("both halves damaged", with(newer, counterName, flip(flip(counter, 30), 94)), true)
	reopen("counter behind, as after a power cut", with(newer, counterName, old[counterName]), false)
	for at := 0; at < len(counter); at += 5 {
		reopened := with(newer, counterName, flip(counter, at))
		again := t.TempDir()
		put(t, again, reopened)
		s, err := Open(t.Context(), again, testPass, testOptions())
		must(t, err)
		if s.RolledBack() {
			t.Errorf("one half torn at byte %d is taken for a rollback", at)
		}
		closeStore(t, s)
	}
	missing := maps.Clone(newer)
	delete(missing, counterName)
	reopen("no counter", missing, true)

	foreign := t.TempDir()
	closeStore(t, createIn(t, foreign))
	reopen("counter of another store", with(newer, counterName, snapshot(t, foreign)[counterName]), true)
}

// TestRollbackOfLog deletes the write-ahead log with acknowledged commits.
func TestRollbackOfLog(t *testing.T) {
	dir := t.TempDir()
	s := createIn(t, dir)
	closeStore(t, s)
	s = openIn(t, dir)
	commits(t, s, 3)
	crashed := snapshot(t, dir)
	closeStore(t, s)
	again := t.TempDir()
	if crashed[databaseName+"-wal"] == "" {
		t.Fatal("no log")
	}
	delete(crashed, databaseName+"-wal")
	put(t, again, crashed)
	if !openIn(t, again).RolledBack() {
		t.Error("not noticed")
	}
}

// TestRollbackOfFolder puts a whole older folder back: the counter outside notices.
func TestRollbackOfFolder(t *testing.T) {
	dir, outside := t.TempDir(), filepath.Join(t.TempDir(), "a", "b")
	open := func(outside string, want bool) {
		t.Helper()
		opts := testOptions()
		opts.CounterDir = outside
		s, err := Open(t.Context(), dir, testPass, opts)
		must(t, err)
		same(t, "rolled back", s.RolledBack(), want)
		commits(t, s, 1)
		closeStore(t, s)
	}
	closeStore(t, createIn(t, dir))
	open(outside, false) // begins to be used
	old := snapshot(t, dir)
	open(outside, false)
	open("", false) // and can be left out
	open(outside, false)
	put(t, dir, old)
	saved := snapshot(t, dir)
	open(outside, true)
	put(t, dir, saved)
	open(filepath.Join(t.TempDir(), "other computer"), false) // which cannot know
}

// TestCounterFails takes the counter away while the store is open: what was
// committed stands, what follows is refused until the counter works again.
func TestCounterFails(t *testing.T) {
	dir := t.TempDir()
	s := createIn(t, dir)
	file := s.counter.files[0]
	broken, err := os.Open(filepath.Join(dir, counterName)) // cannot be written
	must(t, err)
	s.counter.files[0] = broken
	commits(t, s, 1) // is durable, so it is no error
	if err := s.Update(t.Context(), func(tx *Tx) error { return tx.Append(Entry{Act: "y"}) }); err == nil {
		t.Error("goes on without its counter")
	}
	must(t, broken.Close())
	s.counter.files[0] = file
	commits(t, s, 1)
	closeStore(t, s)
	s = openIn(t, dir)
	same(t, "rolled back", s.RolledBack(), false)
	view(t, s, func(tx *Tx) error {
		all, err := tx.Journal()
		same(t, "entries", len(all), 2)
		return err
	})
}

// raw runs SQL behind the store's back, as somebody with the page key can.
func raw(t *testing.T, s *Store, query string, args ...any) error {
	t.Helper()
	_, err := s.db.ExecContext(t.Context(), query, args...)
	return err
}

// TestSwappedRows moves sealed values between rows, columns and versions.
func TestSwappedRows(t *testing.T) {
	for name, c := range map[string]struct {
		change string
		read   func(*Tx) error
	}{
		"references": {
			`UPDATE tenancies SET reference = (SELECT reference FROM tenancies WHERE id = 2) WHERE id = 1`,
			func(tx *Tx) error { _, err := tx.Tenancy(1); return err },
		},
		"reference on the board": {
			`UPDATE tenancies SET reference = (SELECT reference FROM tenancies WHERE id = 2) WHERE id = 1`,
			func(tx *Tx) error { _, err := tx.HomeSummaries(); return err },
		},
		"numbers": {
			`UPDATE tags SET number = (SELECT number FROM tags WHERE id = 2) WHERE id = 1`,
			func(tx *Tx) error { _, err := tx.Tags(); return err },
		},
		"label and number": {
			`UPDATE tags SET label = number WHERE id = 1`,
			func(tx *Tx) error { _, err := tx.Tag(1); return err },
		},
		"row version": {
			`UPDATE tags SET row_version = 7 WHERE id = 1`,
			func(tx *Tx) error { _, err := tx.TagsOfHome(1); return err },
		},
		"number of a plan": {
			`UPDATE plans SET number = (SELECT number FROM tags WHERE id = 1)`,
			func(tx *Tx) error { _, err := tx.OpenPlans(); return err },
		},
		"cut": {
			`UPDATE tags SET number = X'01' WHERE id = 1`,
			func(tx *Tx) error { _, err := tx.Tag(1); return err },
		},
		"unknown version of sealing": {
			`UPDATE tags SET number = CAST(X'02' || substr(number, 2) AS BLOB) WHERE id = 1`,
			func(tx *Tx) error { _, err := tx.Tag(1); return err },
		},
		"lookups": {
			`UPDATE tags SET number_lookup = randomblob(32) WHERE id = 1`,
			func(tx *Tx) error { return checkSealed(tx) },
		},
		"home that is not there": {
			`PRAGMA foreign_keys = OFF; UPDATE tenancies SET home = 99 WHERE id = 1; PRAGMA foreign_keys = ON`,
			func(tx *Tx) error { _, err := tx.HomeSummaries(); return err },
		},
		"reference to nothing": {
			`PRAGMA foreign_keys = OFF; UPDATE tags SET home = 99 WHERE id = 1; PRAGMA foreign_keys = ON`,
			func(tx *Tx) error { return checkReferences(tx) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStore(t)
			fillCampus(t, s, 3)
			update(t, s, func(tx *Tx) error {
				return tx.InsertPlan(&Plan{Kind: PlanWipe, Tag: 1, Number: keytag.Number{1}, Steps: []string{"x"}})
			})
			update(t, s, func(tx *Tx) error {
				g, err := tx.Tag(1)
				must(t, err)
				g.Label = "label"
				return tx.PutTag(&g)
			})
			view(t, s, c.read)
			must(t, s.Check(t.Context()))
			must(t, raw(t, s, c.change))
			wantErr(t, "read", s.View(t.Context(), c.read), ErrDamaged)
			wantErr(t, "check", s.Check(t.Context()), ErrDamaged)
		})
	}
}

func TestSwappedRoot(t *testing.T) {
	dir := t.TempDir()
	s := createIn(t, dir)
	must(t, raw(t, s, `UPDATE custody SET row_version = 2`))
	closeStore(t, s)
	_, err := Open(t.Context(), dir, testPass, testOptions())
	wantErr(t, "another row version", err, ErrDamaged)

	dir = t.TempDir()
	s = createIn(t, dir)
	must(t, raw(t, s, `DELETE FROM custody`))
	closeStore(t, s)
	_, err = Open(t.Context(), dir, testPass, testOptions())
	wantErr(t, "no root", err, ErrDamaged)
}

// TestTriggers goes behind the store's back: what must never change does not.
func TestTriggers(t *testing.T) {
	s := newStore(t)
	fillCampus(t, s, 2)
	for _, query := range []string{
		`UPDATE journal SET act = 'y'`, `UPDATE journal SET hash = hash`, `DELETE FROM journal`,
		`DELETE FROM journal WHERE seq = 2`,
		`INSERT OR REPLACE INTO journal SELECT * FROM journal WHERE seq = 1`,
		`DELETE FROM seats`, `DELETE FROM zones WHERE id = 1`, `UPDATE seats SET next = 0`, `UPDATE seats SET epoch = 0`,
		`UPDATE seats SET seat = 9`, `UPDATE zones SET epoch = 0`, `UPDATE zones SET id = id + 100`,
		`UPDATE meta SET change_counter = 0`, `UPDATE meta SET journal_seq = 0`, `UPDATE sequences SET next = 1`,
		`INSERT OR REPLACE INTO seats (zone, seat, epoch, next, floor, tag, row_version) VALUES (1, 0, 0, 0, 0, NULL, 1)`,
	} {
		if err := raw(t, s, query); err == nil {
			t.Errorf("possible: %s", query)
		}
	}
	must(t, s.Check(t.Context()))
}

// TestJournalNotices changes the journal with the triggers taken away.
func TestJournalNotices(t *testing.T) {
	for name, change := range map[string]string{
		"act":              `UPDATE journal SET act = 'z' WHERE seq = 2`,
		"day":              `UPDATE journal SET day = day + 1 WHERE seq = 2`,
		"operator":         `UPDATE journal SET operator = 'somebody else' WHERE seq = 1`,
		"subject":          `UPDATE journal SET subject = '' WHERE seq = 4`,
		"shifted":          `UPDATE journal SET operator = operator || 't', act = substr(act, 2) WHERE seq = 2`,
		"salt":             `UPDATE journal SET salt = randomblob(32) WHERE seq = 2`,
		"entry hash":       `UPDATE journal SET entry_hash = randomblob(32) WHERE seq = 2`,
		"hash":             `UPDATE journal SET hash = randomblob(32) WHERE seq = 4`,
		"first missing":    `DELETE FROM journal WHERE seq = 1`,
		"one missing":      `DELETE FROM journal WHERE seq = 3`,
		"last missing":     `DELETE FROM journal WHERE seq = 4`,
		"all missing":      `DELETE FROM journal`,
		"last twice":       `INSERT INTO journal SELECT seq + 1, day, operator, act, subject, salt, entry_hash, hash, signer, signature FROM journal WHERE seq = 4`,
		"two swapped":      `UPDATE journal SET seq = CASE seq WHEN 2 THEN 103 ELSE 102 END WHERE seq IN (2, 3); UPDATE journal SET seq = seq - 100 WHERE seq > 100`,
		"head":             `UPDATE meta SET journal_head = randomblob(32)`,
		"of another store": `UPDATE meta SET store_id = randomblob(16)`,
	} {
		t.Run(name, func(t *testing.T) {
			s := newStore(t)
			fillCampus(t, s, 4)
			for _, trigger := range []string{"journal_unchanged", "journal_kept"} {
				must(t, raw(t, s, `DROP TRIGGER `+trigger))
			}
			view(t, s, (*Tx).VerifyJournal)
			must(t, raw(t, s, change))
			wantErr(t, "verify", s.View(t.Context(), (*Tx).VerifyJournal), ErrDamaged)
		})
	}
}

func TestNewerSchema(t *testing.T) {
	dir := t.TempDir()
	s := createIn(t, dir)
	must(t, raw(t, s, `INSERT INTO schema_version (version) VALUES (9000)`))
	closeStore(t, s)
	before := snapshot(t, dir)
	_, err := Open(t.Context(), dir, testPass, testOptions())
	wantErr(t, "open", err, ErrNewerSchema)
	same(t, "files", snapshot(t, dir), before)
}

// TestMigrations brings stores of every version up to date, and further with
// a step that only this test has; a step that fails leaves everything as it was.
func TestMigrations(t *testing.T) {
	files, err := schemaFiles()
	must(t, err)
	all := fstest.MapFS{}
	versions := []int64{0}
	names, err := files.(interface {
		ReadDir(string) ([]os.DirEntry, error)
	}).ReadDir(".")
	must(t, err)
	for _, e := range names {
		b, err := migrations.ReadFile("migrations/sqlite/" + e.Name())
		must(t, err)
		all[e.Name()] = &fstest.MapFile{Data: b}
		number, err := strconv.ParseInt(e.Name()[:5], 10, 64)
		must(t, err)
		versions = append(versions, number)
	}
	newest := versions[len(versions)-1]
	for _, version := range versions[:len(versions)-1] {
		t.Run(fmt.Sprintf("from %d", version), func(t *testing.T) {
			key := [keySize]byte{1}
			db, err := openDatabase(t.TempDir(), &key, encryptedVFS, newTally(&key))
			must(t, err)
			defer func() { must(t, db.Close()) }()
			p, err := goose.NewProvider(goose.DialectCustom, db, files, goose.WithStore(versionTable{}), goose.WithLogger(goose.NopLogger()))
			must(t, err)
			if version > 0 {
				_, err = p.UpTo(t.Context(), version)
				must(t, err)
			}
			must(t, migrate(t.Context(), db, files))
			must(t, migrate(t.Context(), db, files)) // nothing left to do
			same(t, "version", maxVersion(t, db), newest)
		})
	}
	s := newStore(t)
	c := makeCampus(t, s)
	all["90001_next.sql"] = &fstest.MapFile{Data: []byte("-- +goose Up\nALTER TABLE buildings ADD COLUMN street TEXT NOT NULL DEFAULT 'x';")}
	all["90002_broken.sql"] = &fstest.MapFile{Data: []byte("-- +goose Up\nDELETE FROM tag_slots;\nUPDATE journal SET nothing = 1;")}
	if err := migrate(t.Context(), s.db, all); err == nil {
		t.Error("the broken step went through")
	}
	same(t, "version", maxVersion(t, s.db), int64(90001))
	checkTags(t, s, c, c.tag)
	delete(all, "90002_broken.sql")
	must(t, migrate(t.Context(), s.db, all))
	wantErr(t, "older program", migrate(t.Context(), s.db, files), ErrNewerSchema)
}

func maxVersion(t *testing.T, db *sql.DB) int64 {
	t.Helper()
	v, err := versionTable{}.GetLatestVersion(context.Background(), db)
	must(t, err)
	return v
}

// TestSealer seals and opens in every wrong place.
func TestSealer(t *testing.T) {
	key := newDataKey()
	keys, err := key.expand([idSize]byte{1})
	must(t, err)
	s, err := newSealer(keys)
	must(t, err)
	at := cell{"table", "column", 7, 3}
	b := s.seal(at, []byte("plain")).([]byte)
	got, err := s.open(at, b)
	must(t, err)
	same(t, "opened", string(got), "plain")
	if bytes.Equal(b, s.seal(at, []byte("plain")).([]byte)) {
		t.Error("sealed twice to the same bytes")
	}
	for _, c := range []cell{
		{"tabl", "ecolumn", 7, 3},
		{"table", "colum", 7, 3},
		{"table", "column", 8, 3},
		{"table", "column", 7, 4},
		{"tablecolumn", "", 7, 3},
	} {
		_, err := s.open(c, b)
		wantErr(t, fmt.Sprint(c), err, ErrDamaged)
	}
	for i := range b {
		for bit := range 8 {
			bad := bytes.Clone(b)
			bad[i] ^= 1 << bit
			if _, err := s.open(at, bad); err == nil {
				t.Fatalf("byte %d bit %d", i, bit)
			}
		}
		if _, err := s.open(at, b[:i]); i > 0 && err == nil {
			t.Fatalf("cut to %d", i)
		}
	}
	h := s.hash("tags", "number", []byte("x")).([]byte)
	if bytes.Equal(h, s.hash("tagsn", "umber", []byte("x")).([]byte)) || len(h) != 32 {
		t.Error("hashes of different columns are the same")
	}
}

func FuzzOpenSealed(f *testing.F) {
	key := newDataKey()
	keys, err := key.expand([idSize]byte{1})
	if err != nil {
		f.Fatal(err)
	}
	s, err := newSealer(keys)
	if err != nil {
		f.Fatal(err)
	}
	at := cell{"t", "c", 1, 1}
	good := s.seal(at, []byte("plain")).([]byte)
	f.Add(good[:25])
	f.Add(good[1:])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := s.open(at, b); err == nil && len(b) > 0 && !bytes.Equal(b, good) {
			t.Error("forged")
		}
	})
}

// FuzzCounterRecord reads files of any content.
func FuzzCounterRecord(f *testing.F) {
	c := &counter{store: [idSize]byte{1}, key: [keySize]byte{2}}
	r := append(c.record(8), c.record(9)...)
	f.Add(r)
	f.Add(r[:64])
	f.Add(r[1:])
	f.Fuzz(func(t *testing.T, b []byte) {
		path := filepath.Join(t.TempDir(), "c")
		must(t, os.WriteFile(path, b, 0o600))
		file, err := os.Open(path)
		must(t, err)
		defer file.Close()
		n, ok, err := c.read(file)
		must(t, err)
		if ok && !bytes.Contains(b, c.record(n)) {
			t.Errorf("%d was never written", n)
		}
	})
}
