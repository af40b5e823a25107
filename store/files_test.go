package store

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sleutelbord/nfc/keytag"
)

// put writes a snapshot over a folder.
func put(t testing.TB, dir string, files map[string]string) {
	t.Helper()
	must(t, os.MkdirAll(dir, 0o700))
	for name, content := range files {
		must(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600))
	}
}

func TestCreateRefuses(t *testing.T) {
	create := func(dir string, pass string) error {
		s, err := Create(t.Context(), dir, testSite(), testRoot(t), []byte(pass), testOptions())
		if err == nil {
			closeStore(t, s)
		}
		return err
	}
	base := t.TempDir()
	full := filepath.Join(base, "full")
	put(t, full, map[string]string{"letter.txt": "dear"})
	wantErr(t, "folder with something else", create(full, "x"), ErrExists)
	same(t, "its files", snapshot(t, full), map[string]string{"letter.txt": "dear"})

	orphan := filepath.Join(base, "orphan")
	put(t, orphan, map[string]string{databaseName: "records without key slots"})
	wantErr(t, "records without key slots", create(orphan, "x"), ErrExists)
	same(t, "its files", snapshot(t, orphan), map[string]string{databaseName: "records without key slots"})

	dir := filepath.Join(base, "a", "new one")
	wantErr(t, "empty passphrase", create(dir, ""), ErrInvalid)
	must(t, create(dir, "x"))
	before := snapshot(t, dir)
	wantErr(t, "second store", create(dir, "x"), ErrExists)
	same(t, "its files", snapshot(t, dir), before)

	bad := testSite()
	bad.Name = ""
	unnamed := filepath.Join(base, "unnamed")
	_, err := Create(t.Context(), unnamed, bad, testRoot(t), testPass, testOptions())
	wantErr(t, "site without a name", err, ErrInvalid)
	same(t, "nothing left", snapshot(t, unnamed), map[string]string{})
	if Exists(unnamed) {
		t.Error("exists")
	}
	must(t, create(unnamed, "x"))
}

// TestCreateInterrupted leaves every set of files that a crash can leave.
func TestCreateInterrupted(t *testing.T) {
	dir := t.TempDir()
	for n := range ownNames {
		files := map[string]string{creatingName: ""}
		for _, name := range ownNames[:n] {
			files[name] = "half of something"
		}
		put(t, dir, files)
		if Exists(dir) {
			t.Fatalf("%d files: exists", n)
		}
		_, err := Open(t.Context(), dir, testPass, testOptions())
		wantErr(t, "open", err, ErrNoStore)
		s, err := Create(t.Context(), dir, testSite(), testRoot(t), testPass, testOptions())
		must(t, err)
		closeStore(t, s)
		s, err = Open(t.Context(), dir, testPass, testOptions())
		must(t, err)
		closeStore(t, s)
		for name := range snapshot(t, dir) {
			must(t, os.Remove(filepath.Join(dir, name)))
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	base := t.TempDir()
	_, err := Open(t.Context(), filepath.Join(base, "nowhere"), testPass, testOptions())
	wantErr(t, "no folder", err, ErrNoStore)
	_, err = Open(t.Context(), base, testPass, testOptions())
	wantErr(t, "empty folder", err, ErrNoStore)
	if Exists(base) || Exists(filepath.Join(base, "nowhere")) {
		t.Error("nothing exists")
	}
	one, two := filepath.Join(base, "one"), filepath.Join(base, "two")
	closeStore(t, createIn(t, one))
	closeStore(t, createIn(t, two))
	a, b := snapshot(t, one), snapshot(t, two)
	for name, files := range map[string]map[string]string{
		"records of another store": {keysName: a[keysName], databaseName: b[databaseName]},
		"no records":               {keysName: a[keysName]},
		"empty records":            {keysName: a[keysName], databaseName: ""},
		"records not enciphered":   {keysName: a[keysName], databaseName: "SQLite format 3\x00" + strings.Repeat("\x00", 8192)},
		"random records":           {keysName: a[keysName], databaseName: strings.Repeat("noise", 4096)},
	} {
		dir := filepath.Join(base, name)
		put(t, dir, files)
		_, err := Open(t.Context(), dir, testPass, testOptions())
		wantErr(t, name, err, ErrDamaged)
	}
}

func TestOneProgram(t *testing.T) {
	dir := t.TempDir()
	s := createIn(t, dir)
	_, err := Open(t.Context(), dir, testPass, testOptions())
	wantErr(t, "open twice", err, ErrLocked)
	_, err = Create(t.Context(), dir, testSite(), testRoot(t), testPass, testOptions())
	wantErr(t, "create over it", err, ErrLocked)
	view(t, s, func(tx *Tx) error { _, err := tx.Site(); return err })
	closeStore(t, s)
	closeStore(t, s) // twice does nothing
	wantErr(t, "view after closing", s.View(t.Context(), func(*Tx) error { return nil }), ErrClosed)
	wantErr(t, "update after closing", s.Update(t.Context(), func(*Tx) error { return nil }), ErrClosed)
	openIn(t, dir)
}

func TestNetworkDrive(t *testing.T) {
	opts := testOptions()
	opts.onNetwork = func(string) (string, error) { return "NFS", nil }
	dir := t.TempDir()
	_, err := Create(t.Context(), dir, testSite(), testRoot(t), testPass, opts)
	wantErr(t, "create", err, ErrNetworkFS)
	same(t, "nothing made", snapshot(t, dir), map[string]string{})
	closeStore(t, createIn(t, dir))
	_, err = Open(t.Context(), dir, testPass, opts)
	wantErr(t, "open", err, ErrNetworkFS)
	if !strings.Contains(err.Error(), "NFS") || !strings.Contains(err.Error(), dir) {
		t.Errorf("unclear: %v", err)
	}
	opts.onNetwork = func(string) (string, error) { return "", fs.ErrPermission }
	_, err = Open(t.Context(), dir, testPass, opts)
	wantErr(t, "cannot tell", err, fs.ErrPermission)
}

// TestDamagedDatabase damages every page of the records; reading everything
// notices each.
func TestDamagedDatabase(t *testing.T) {
	dir := t.TempDir()
	s := createIn(t, dir)
	fillCampus(t, s, 40)
	must(t, s.Check(t.Context()))
	closeStore(t, s)
	good := snapshot(t, dir)
	db := good[databaseName]
	if len(db)%blockSize != 0 || len(db) < 20*blockSize {
		t.Fatalf("%d bytes of records", len(db))
	}
	for at := 100; at < len(db); at += blockSize {
		b := []byte(db)
		b[at] ^= 0x10
		must(t, os.WriteFile(filepath.Join(dir, databaseName), b, 0o600))
		s, err := Open(t.Context(), dir, testPass, testOptions())
		if err == nil {
			err = s.Check(t.Context())
			closeStore(t, s)
		}
		wantErr(t, fmt.Sprintf("page %d", at/blockSize), err, ErrDamaged)
		put(t, dir, good)
	}
	for cut := 0; cut < len(db); cut += blockSize {
		must(t, os.WriteFile(filepath.Join(dir, databaseName), []byte(db[:cut]), 0o600))
		s, err := Open(t.Context(), dir, testPass, testOptions())
		if err == nil {
			err = s.Check(t.Context())
			closeStore(t, s)
		}
		wantErr(t, fmt.Sprintf("cut to %d pages", cut/blockSize), err, ErrDamaged)
		put(t, dir, good)
	}
	must(t, openIn(t, dir).Check(t.Context()))
}

// fillCampus adds homes with tenancies, tags, seats and journal entries.
func fillCampus(t testing.TB, s *Store, homes int) {
	t.Helper()
	update(t, s, func(tx *Tx) error {
		b := Building{Name: "Blok 1"}
		must(t, tx.InsertBuilding(&b))
		for i := range homes {
			h := Home{Building: b.ID, Floor: "1", Name: fmt.Sprintf("kamer %05d", i)}
			must(t, tx.InsertHome(&h))
			z := Zone{Kind: HomeZone, Home: h.ID, Building: b.ID, Name: h.Name, KeyVersion: 1, Epoch: 1}
			must(t, tx.InsertZone(&z))
			must(t, tx.LinkHomeZone(HomeZoneLink{Home: h.ID, Zone: z.ID}))
			te := Tenancy{Home: h.ID, Reference: fmt.Sprintf("REF-%05d", i), Epoch: 1, Start: 2500, Choice: ChoiceTag}
			must(t, tx.InsertTenancy(&te))
			tag := Tag{
				Home: h.ID, Tenancy: te.ID, Ordinal: 1, State: TagIssued, Number: keytag.Number{1, byte(i >> 16), byte(i >> 8), byte(i)},
				Slots: []keytag.Claims{{Zone: z.ID, Version: 1, Epoch: 1}},
			}
			must(t, tx.InsertTag(&tag))
			must(t, tx.PutSeat(&Seat{Zone: z.ID, Epoch: 1, Next: 1, Tag: tag.ID}))
			must(t, tx.Append(Entry{Operator: "o", Act: "tag issued", Subject: fmt.Sprintf("T%d", tag.ID)}))
		}
		return nil
	})
}

// TestTornLog cuts the write-ahead log that a crash leaves behind a commit,
// at every length, and fills its end with noise: the commits before are all there.
func TestTornLog(t *testing.T) {
	dir := t.TempDir()
	s := createIn(t, dir)
	commit := func(name string) {
		update(t, s, func(tx *Tx) error { return tx.InsertBuilding(&Building{Name: name}) })
	}
	commit("before")
	before := snapshot(t, dir)
	commit("last")
	after := snapshot(t, dir)
	closeStore(t, s)
	wal := databaseName + "-wal"
	start, end := len(before[wal]), len(after[wal])
	if start == 0 || end <= start {
		t.Fatalf("log of %d and %d bytes", start, end)
	}
	again := t.TempDir()
	try := func(log string) {
		t.Helper()
		files := map[string]string{keysName: after[keysName], databaseName: after[databaseName], counterName: before[counterName], wal: log}
		put(t, again, files)
		s, err := Open(t.Context(), again, testPass, testOptions())
		if err != nil {
			t.Fatalf("log of %d bytes: %v", len(log), err)
		}
		defer closeStore(t, s)
		must(t, s.Check(t.Context()))
		if s.RolledBack() {
			t.Errorf("log of %d bytes: taken for a rollback", len(log))
		}
		view(t, s, func(tx *Tx) error {
			_, err := tx.BuildingByName("before")
			return err
		})
	}
	for n := start; n <= end; n += 337 {
		try(after[wal][:n])
	}
	for _, tail := range []int{1, 511, 512, 4095} { // beyond the last whole block
		try(after[wal] + strings.Repeat("\xA5", tail))
	}
	for n := start; n < end; n += 512 { // sectors that were not written
		try(after[wal][:n] + strings.Repeat("\xA5", end-n))
	}
}

// TestNothingInPlain looks for names, references, numbers and keys in every
// file, while the store is open and when it is closed.
func TestNothingInPlain(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	root := testRoot(t)
	rootBytes := bytes.Clone(root.b[:])
	opts := testOptions()
	opts.CounterDir = outside
	s, err := Create(t.Context(), dir, testSite(), root, testPass, opts)
	must(t, err)
	c := makeCampus(t, s)
	page, column := s.keys.page, s.keys.column
	plan := Plan{Kind: PlanIssue, Tag: c.tag.ID, Number: c.tag.Number, Steps: []string{"step-with-a-name"}}
	update(t, s, func(tx *Tx) error {
		must(t, tx.InsertPlan(&plan))
		return tx.Append(Entry{Operator: "operator-name", Act: "tag issued", Subject: "Noord T1"})
	})
	secrets := map[string][]byte{
		"passphrase": testPass, "root": rootBytes, "page key": page[:], "column key": column[:],
		"KM_picc": hkdfByHand(rootBytes, "picc", 16), "KM_zone": hkdfByHand(rootBytes, "zone", 16),
		"site name": []byte("Campus Noord"), "home": []byte("A 01"), "reference": []byte(c.tenancy.Reference),
		"label": []byte(c.tag.Label), "number": c.tag.Number[:], "operator": []byte("operator-name"),
		"step": []byte("step-with-a-name"), "schema": []byte("CREATE TABLE"), "magic": []byte("SQLite format"),
	}
	look := func(when string) {
		for _, d := range []string{dir, outside} {
			for name, content := range snapshot(t, d) {
				for what, secret := range secrets {
					for _, form := range []string{string(secret), hex.EncodeToString(secret), strings.ToUpper(hex.EncodeToString(secret))} {
						if strings.Contains(content, form) {
							t.Errorf("%s: %s stands in %s", when, what, name)
						}
					}
				}
			}
		}
	}
	look("open")
	must(t, s.ChangePassphrase("", testPass, testPass))
	look("after a new passphrase")
	// Behind the page encryption the secret columns are sealed once more.
	raw := dump(t, s)
	for _, what := range []string{"root", "reference", "label", "number", "page key", "column key", "KM_picc", "KM_zone"} {
		if bytes.Contains(raw, secrets[what]) {
			t.Errorf("%s stands in the database", what)
		}
	}
	if !bytes.Contains(raw, secrets["home"]) {
		t.Error("the dump is empty")
	}
	closeStore(t, s)
	look("closed")
	for _, d := range []string{dir, outside} {
		entries, err := os.ReadDir(d)
		must(t, err)
		for _, e := range entries {
			info, err := e.Info()
			must(t, err)
			if info.Mode().Perm()&0o077 != 0 {
				t.Errorf("%s has mode %v", e.Name(), info.Mode())
			}
		}
	}
}

// dump is every value of every table, as the database has it.
func dump(t *testing.T, s *Store) []byte {
	t.Helper()
	var out []byte
	view(t, s, func(tx *Tx) error {
		for _, c := range schemaColumns(t, tx) {
			values, err := list(tx, func(r row) (b []byte, err error) {
				err = r.Scan(&b)
				return b, err
			}, `SELECT "`+c.name+`" FROM "`+c.table+`"`)
			must(t, err)
			out = append(out, bytes.Join(values, []byte("|"))...)
		}
		return nil
	})
	return out
}

func TestReopen(t *testing.T) {
	dir := t.TempDir()
	s := createIn(t, dir)
	c := makeCampus(t, s)
	lock := Lock{ID: "L1", Building: c.building.ID, PublicKey: [32]byte{1}, Zones: []keytag.Zone{1, 2}}
	seat := Seat{Zone: c.entrance.ID, Seat: 3, Next: 8, Tag: c.tag.ID}
	plan := Plan{Kind: PlanIssue, Tag: c.tag.ID, Number: c.tag.Number, Steps: []string{"a", "b"}}
	update(t, s, func(tx *Tx) error {
		must(t, tx.InsertLock(&lock))
		must(t, tx.PutSeat(&seat))
		must(t, tx.InsertPlan(&plan))
		must(t, tx.MarkStep(plan.ID, 1))
		return tx.Append(Entry{Operator: "o", Act: "tag issued", Subject: "T1"})
	})
	plan.Done = 1
	closeStore(t, s)
	s = openIn(t, dir)
	checkTags(t, s, c, c.tag)
	update(t, s, func(tx *Tx) error {
		l, err := tx.Lock("l1")
		must(t, err)
		same(t, "lock", l, lock)
		st, err := tx.Seat(c.entrance.ID, 3)
		must(t, err)
		same(t, "seat", st, seat)
		plans, err := tx.OpenPlans()
		must(t, err)
		same(t, "plans", plans, []Plan{plan})
		te, err := tx.CurrentTenancy(c.homes[0].ID)
		must(t, err)
		same(t, "tenancy", te, c.tenancy)
		must(t, tx.VerifyJournal())
		z, err := tx.Zones()
		must(t, err)
		same(t, "zones", z, []Zone{c.entrance, c.doors[0], c.doors[1]})
		// Ids go on where they were.
		b := Building{Name: "next"}
		must(t, tx.InsertBuilding(&b))
		same(t, "next id", b.ID, c.building.ID+1)
		return nil
	})
	must(t, s.Check(t.Context()))
}

func TestPathWithOddCharacters(t *testing.T) {
	dir := filepath.Join(t.TempDir(), `sleutels #1 50%?ü&vfs=x`)
	closeStore(t, createIn(t, dir))
	openIn(t, dir)
	if _, err := os.Stat(filepath.Join(dir, databaseName)); err != nil {
		t.Error(err)
	}
}

func TestErrorsSayWhatToDo(t *testing.T) {
	for err, want := range map[error]string{
		ErrNoStore: "folder", ErrNewerSchema: "update", ErrNetworkFS: "choose", ErrLocked: "close",
		ErrDamaged: "restore", ErrFull: "make room",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say what to do", err)
		}
	}
	if errors.Is(ErrDamaged, ErrPassphrase) {
		t.Error("mixed up")
	}
}
