//go:build unix

package store

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"sync/atomic"
	"testing"
	"time"

	"sleutelbord/store/postgrestest"
)

// moved is a site that was moved to a new database: its folder, and how
// another desk reaches the database.
type movedSite struct {
	server         *postgrestest.Server
	dir, name, dsn string
}

// moveSite makes a site in a folder and moves it.
func moveSite(t testing.TB, server *postgrestest.Server) movedSite {
	t.Helper()
	name, dsn := server.Database()
	m := movedSite{server, t.TempDir(), name, dsn}
	s, err := Create(t.Context(), m.dir, testSite(), testRoot(t), testPass, testOptions())
	must(t, err)
	must(t, s.Close())
	must(t, MoveToDatabase(t.Context(), m.dir, testPass, m.dsn, "first", testOptions(), nil))
	return m
}

// join makes another desk of a site that an open desk admits.
func (m movedSite) join(t testing.TB, by *Store, name string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	print, err := RequestJoin(t.Context(), dir, testPass, m.dsn, testOptions())
	must(t, err)
	code, err := by.AdmitDesk(t.Context(), Admission{Fingerprint: print, Name: name}, nil)
	must(t, err)
	must(t, FinishJoin(t.Context(), dir, testPass, code, testOptions()))
	return dir
}

// allRecords are all records of a store, in an order that does not matter.
func allRecords(t testing.TB, s *Store) map[string][]string {
	t.Helper()
	all := make(map[string][]string)
	view(t, s, func(tx *Tx) error {
		return eachPart(tx, func(p part) error {
			all[p.Table] = append(all[p.Table], "")
			for _, row := range p.Rows {
				all[p.Table] = append(all[p.Table], fmt.Sprintf("%q %q", p.Columns, row))
			}
			return nil
		})
	})
	return all
}

// sameRecords makes sure that two desks have the same records.
func sameRecords(t testing.TB, a, b *Store) {
	t.Helper()
	must(t, a.Refresh(context.Background())) // also at the end of a test
	must(t, b.Refresh(context.Background()))
	must(t, a.Scrub(context.Background())) // each desk notes for itself whether that is due
	must(t, b.Scrub(context.Background()))
	x, y := allRecords(t, a), allRecords(t, b)
	if len(x) < 15 {
		t.Errorf("only %d tables compared", len(x))
	}
	for table := range x {
		if !reflect.DeepEqual(x[table], y[table]) {
			t.Errorf("%s differs:\n%v\n%v", table, x[table], y[table])
		}
	}
	if len(x) != len(y) {
		t.Errorf("%d tables and %d", len(x), len(y))
	}
}

// TestShared runs the contract at one desk of a shared site. A second desk
// follows, and has the same records in the end.
func TestShared(t *testing.T) {
	server := postgrestest.Start(t)
	contract(t, func(t testing.TB) *Store {
		m := moveSite(t, server)
		s := openIn(t, m.dir)
		other := openIn(t, m.join(t, s, "second"))
		t.Cleanup(func() { sameRecords(t, s, other) })
		return s
	})
}

func TestMoveThereAndBack(t *testing.T) {
	server := postgrestest.Start(t)
	m := moveSite(t, server)
	s := openIn(t, m.dir)
	if !s.Shared() {
		t.Fatal("the site is not shared")
	}
	c := makeCampus(t, s)
	second := openIn(t, m.join(t, s, "second"))
	closeStore(t, s)
	must(t, MoveFromDatabase(t.Context(), m.dir, testPass, testOptions(), nil))
	s = openIn(t, m.dir)
	if s.Shared() || s.RolledBack() {
		t.Fatalf("shared %v, rolled back %v", s.Shared(), s.RolledBack())
	}
	must(t, s.Check(t.Context()))
	view(t, s, func(tx *Tx) error {
		got, err := tx.Tag(c.tag.ID)
		same(t, "tag", got, c.tag)
		return err
	})
	update(t, s, func(tx *Tx) error { return tx.Append(Entry{Act: "alone"}) })
	wantErr(t, "the other desk", second.Update(t.Context(), func(*Tx) error { return nil }), ErrMoved)
	closeStore(t, s)
	wantErr(t, "to the same database", MoveToDatabase(t.Context(), m.dir, testPass, m.dsn, "x", testOptions(), nil), ErrTaken)
	_, dsn := server.Database()
	must(t, MoveToDatabase(t.Context(), m.dir, testPass, dsn, "x", testOptions(), nil))
	s = openIn(t, m.dir)
	update(t, s, func(tx *Tx) error { return tx.Append(Entry{Act: "again"}) })
}

// TestMoveToJoined moves a site back to a desk that has joined it.
func TestMoveToJoined(t *testing.T) {
	server := postgrestest.Start(t)
	m := moveSite(t, server)
	s := openIn(t, m.dir)
	c := makeCampus(t, s)
	dir := m.join(t, s, "second")
	must(t, MoveFromDatabase(t.Context(), dir, testPass, testOptions(), nil))
	wantErr(t, "the first desk", s.Update(t.Context(), func(*Tx) error { return nil }), ErrMoved)
	alone := openIn(t, dir)
	must(t, alone.Check(t.Context()))
	update(t, alone, func(tx *Tx) error {
		got, err := tx.TagByNumber(c.tag.Number)
		same(t, "tag", got, c.tag)
		return err
	})
	closeStore(t, alone)
	_, dsn := server.Database()
	must(t, MoveToDatabase(t.Context(), dir, testPass, dsn, "second", testOptions(), nil))
	alone = openIn(t, dir)
	must(t, alone.Check(t.Context()))
}

// TestJoin makes sure that nobody gets in by another fingerprint or code.
func TestJoin(t *testing.T) {
	server := postgrestest.Start(t)
	m := moveSite(t, server)
	s := openIn(t, m.dir)
	dir := t.TempDir()
	print, err := RequestJoin(t.Context(), dir, testPass, m.dsn, testOptions())
	must(t, err)
	again, err := RequestJoin(t.Context(), dir, testPass, m.dsn, testOptions())
	must(t, err)
	same(t, "fingerprint", again, print)
	wantErr(t, "not admitted", FinishJoin(t.Context(), dir, testPass, "AAAAA", testOptions()), ErrNotAdmitted)
	prints, err := s.JoinRequests(t.Context())
	must(t, err)
	same(t, "requests", prints, []string{print})
	_, err = s.AdmitDesk(t.Context(), Admission{Fingerprint: "AAAAA-AAAAA-AAAAA-AAAAA", Name: "x"}, nil)
	wantErr(t, "unknown fingerprint", err, ErrNotFound)
	_, err = s.AdmitDesk(t.Context(), Admission{Fingerprint: print, Name: "FIRST"}, nil)
	wantErr(t, "name of another", err, ErrExists)
	_, err = s.AdmitDesk(t.Context(), Admission{Fingerprint: print, Name: "x", Operator: "nobody"}, nil)
	wantErr(t, "unknown operator", err, ErrNoOperator)
	code, err := s.AdmitDesk(t.Context(), Admission{Fingerprint: print, Name: "second"}, nil)
	must(t, err)
	if Exists(dir) {
		t.Error("the folder holds a store before the code was typed")
	}
	wrong := []byte(code)
	wrong[0]++
	wantErr(t, "wrong code", FinishJoin(t.Context(), dir, testPass, string(wrong), testOptions()), ErrJoinCode)
	wantErr(t, "wrong passphrase", FinishJoin(t.Context(), dir, []byte("x"), code, testOptions()), ErrPassphrase)
	// Somebody who writes the database seals keys of his own to the new desk.
	server.SQL(m.name, `CREATE TABLE kept AS SELECT * FROM sleutelbord_keys`)
	forged, err := sealTo(joinKey(t, dir), storeID(t, s), 1, forgedSlot(t))
	must(t, err)
	server.SQL(m.name, fmt.Sprintf(`UPDATE sleutelbord_keys SET sealed = '\x%x' WHERE desk <> '\x%x'`, forged, s.shared.desk))
	wantErr(t, "forged keys", FinishJoin(t.Context(), dir, testPass, code, testOptions()), ErrJoinCode)
	server.SQL(m.name, `UPDATE sleutelbord_keys k SET sealed = o.sealed FROM kept o WHERE o.desk = k.desk`)
	must(t, FinishJoin(t.Context(), dir, testPass, code, testOptions()))
	second := openIn(t, dir)
	sameRecords(t, s, second)
	desks, err := second.Desks(t.Context())
	must(t, err)
	if len(desks) != 2 || desks[0].Name != "first" || desks[1].Name != "second" || !desks[1].Here || desks[0].Here {
		t.Errorf("desks: %+v", desks)
	}
}

func storeID(t testing.TB, s *Store) [idSize]byte {
	t.Helper()
	return s.shared.id
}

func joinKey(t testing.TB, dir string) []byte {
	t.Helper()
	s, err := joining(dir, testPass, testOptions().withDefaults())
	must(t, err)
	defer func() { must(t, s.releaseJoin()) }()
	public, err := s.keys.deskPublic()
	must(t, err)
	return public
}

func forgedSlot(t testing.TB) []byte {
	t.Helper()
	k := make([]byte, keySize)
	b, err := slotContent{Key: k, Column: k, Lookup: k, Head: k}.encode()
	must(t, err)
	return b
}

// TestOtherDeskFollows waits for what one desk changes to come to the other by itself.
func TestOtherDeskFollows(t *testing.T) {
	server := postgrestest.Start(t)
	m := moveSite(t, server)
	s := openIn(t, m.dir)
	second := openIn(t, m.join(t, s, "second"))
	changed := make(chan struct{}, 100)
	defer second.OnChange(func() { changed <- struct{}{} })()
	deadline := time.After(10 * time.Second)
	for i := range 20 {
		name := fmt.Sprintf("Building %d", i)
		update(t, s, func(tx *Tx) error { return tx.InsertBuilding(&Building{Name: name}) })
		for known := false; !known; {
			err := second.View(t.Context(), func(tx *Tx) error { _, err := tx.BuildingByName(name); return err })
			if known = err == nil; known {
				break
			}
			wantErr(t, name, err, ErrNotFound)
			select {
			case <-changed:
			case <-deadline:
				t.Fatal("the change did not come")
			}
		}
	}
}

// TestUnreachable stops the server under a desk and starts it again.
func TestUnreachable(t *testing.T) {
	server := postgrestest.Start(t)
	m := moveSite(t, server)
	s := openIn(t, m.dir)
	c := makeCampus(t, s)
	server.Stop()
	wantErr(t, "update", s.Update(t.Context(), func(tx *Tx) error { return tx.Append(Entry{Act: "x"}) }), ErrUnreachable)
	view(t, s, func(tx *Tx) error {
		got, err := tx.Tag(c.tag.ID)
		same(t, "tag", got, c.tag)
		return err
	})
	closeStore(t, s)
	s = openIn(t, m.dir) // reads without the database
	view(t, s, func(tx *Tx) error { _, err := tx.Tag(c.tag.ID); return err })
	wantErr(t, "update", s.Update(t.Context(), func(tx *Tx) error { return tx.Append(Entry{Act: "x"}) }), ErrUnreachable)
	if err := s.SharedProblem(); !errors.Is(err, ErrUnreachable) {
		t.Errorf("problem %v", err)
	}
	server.Run()
	update(t, s, func(tx *Tx) error { return tx.Append(Entry{Act: "x"}) })
	server.Kill()
	server.Run()
	update(t, s, func(tx *Tx) error { return tx.Append(Entry{Act: "y"}) }) // the old connection is dead
	must(t, s.Check(t.Context()))
}

// TestTLS connects over TLS, and refuses whoever cannot prove to be the server.
func TestTLS(t *testing.T) {
	server := postgrestest.Start(t)
	name, _ := server.Database()
	dir := t.TempDir()
	closeStore(t, createIn(t, dir))
	move := func(dsn string) error {
		return MoveToDatabase(t.Context(), dir, testPass, dsn, "first", testOptions(), nil)
	}
	wantErr(t, "another authority", move(server.TLS(name, server.Addr, postgrestest.OtherCA(t))), ErrCertificate)
	wantErr(t, "no such file", move(server.TLS(name, server.Addr, filepath.Join(dir, "none"))), ErrSettings)
	for _, dsn := range []string{
		"host=db.example dbname=x user=x password=geheim-pw", "host=db.example dbname=x sslmode=require password=geheim-pw",
		"host=db.example sslmode=disable password=geheim-pw", "postgres://x:geheim-pw@db.example/x?sslmode=prefer",
	} {
		wantErr(t, dsn, move(dsn), ErrUnverified)
	}
	must(t, move(server.TLS(name, server.Addr, server.CA)))
	s := openIn(t, dir)
	update(t, s, func(tx *Tx) error { return tx.Append(Entry{Act: "x"}) })
	if in := server.SQL(name, `SELECT count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'sleutelbord' AND ssl`); in == "0" {
		t.Error("not over TLS")
	}
}

// A mistake in what follows the log is told like an outage, ends neither the
// process nor the following, and is over once it is well again.
func TestMistakeWhileFollowing(t *testing.T) {
	server := postgrestest.Start(t)
	m := moveSite(t, server)
	s := openIn(t, m.dir)
	second := openIn(t, m.join(t, s, "second"))
	var bad atomic.Bool
	bad.Store(true)
	changed := make(chan struct{}, 100)
	defer second.OnChange(func() {
		if bad.Swap(false) {
			defer func() { changed <- struct{}{} }()
			panic("the listener's mistake")
		}
		changed <- struct{}{}
	})()
	add := func(name string) {
		update(t, s, func(tx *Tx) error { return tx.InsertBuilding(&Building{Name: name}) })
		deadline := time.After(10 * time.Second)
		for {
			err := second.View(t.Context(), func(tx *Tx) error { _, err := tx.BuildingByName(name); return err })
			if err == nil {
				return
			}
			wantErr(t, name, err, ErrNotFound)
			select {
			case <-changed:
			case <-deadline:
				t.Fatalf("%s did not come", name)
			}
		}
	}
	add("One")
	add("Two")
	if bad.Load() {
		t.Error("nobody was told of the first change")
	}
	must(t, second.Refresh(t.Context()))
	if err := second.SharedProblem(); err != nil {
		t.Errorf("it still says %v", err)
	}
}
