package store

import (
	"bytes"
	"context"
	"crypto/rand"
	"testing"
	"time"

	"sleutelbord/nfc/keytag"
)

var testPass = []byte("correct horse")

// testDay is the day on which tests happen.
var testDay = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func testSite() Site {
	return Site{
		ID: [8]byte{1, 2, 3, 4, 5, 6, 7, 8}, Name: "Campus Noord", Created: 2500, Policy: RequireGenuine,
		AID: keytag.DefaultAID, Locators: []byte{1}, SignerVersion: 1, SeatsPerHome: 8, OverdueDays: DefaultOverdueDays,
	}
}

func testOptions() Options {
	return Options{TestKDF: true, Clock: func() time.Time { return testDay }}
}

func testRoot(t testing.TB) Root {
	t.Helper()
	r, err := GenerateRoot(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func createIn(t testing.TB, dir string) *Store {
	t.Helper()
	s, err := Create(t.Context(), dir, testSite(), testRoot(t), testPass, testOptions())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeStore(t, s) })
	return s
}

func newStore(t testing.TB) *Store {
	t.Helper()
	return createIn(t, t.TempDir())
}

func openIn(t testing.TB, dir string) *Store {
	t.Helper()
	s, err := Open(t.Context(), dir, testPass, testOptions())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeStore(t, s) })
	return s
}

func closeStore(t testing.TB, s *Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func update(t testing.TB, s *Store, f func(*Tx) error) {
	t.Helper()
	if err := s.Update(t.Context(), f); err != nil {
		t.Fatal(err)
	}
}

func view(t testing.TB, s *Store, f func(*Tx) error) {
	t.Helper()
	if err := s.View(context.Background(), f); err != nil {
		t.Fatal(err)
	}
}

func TestCreateOpen(t *testing.T) {
	dir := t.TempDir()
	s := createIn(t, dir)
	closeStore(t, s)
	s = openIn(t, dir)
	view(t, s, func(tx *Tx) error {
		got, err := tx.Site()
		want := testSite()
		want.RowVersion = 1
		if !bytes.Equal(got.Locators, want.Locators) || got.Name != want.Name || got.AID != want.AID {
			t.Errorf("got %+v", got)
		}
		return err
	})
	if s.RolledBack() {
		t.Error("rolled back")
	}
}
