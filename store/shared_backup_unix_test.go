//go:build unix

package store

import (
	"bytes"
	"path/filepath"
	"testing"

	"sleutelbord/store/postgrestest"
)

// TestBackupOfShared: the database is lost, and every desk. The backup that a
// desk made, also one that joined, becomes a site of one desk, and moves to a new
// database.
func TestBackupOfShared(t *testing.T) {
	server := postgrestest.Start(t)
	m := moveSite(t, server)
	first := openIn(t, m.dir)
	addBuildings(t, first, "Noord")
	dir := m.join(t, first, "second")
	addBuildings(t, first, "Zuid")
	second := openIn(t, dir)
	want := buildings(t, second)
	b := backup(t, second)
	_, err := second.VerifyBackup(t.Context(), bytes.NewReader(b))
	must(t, err)
	_, err = first.VerifyBackup(t.Context(), bytes.NewReader(b))
	if err == nil {
		t.Error("a desk verifies another desk's backup, whose key it does not have")
	}
	closeStore(t, first)
	closeStore(t, second)

	to := filepath.Join(t.TempDir(), "restored")
	s := restoreIn(t, b, to)
	same(t, "records", buildings(t, s), want)
	if s.Shared() || len(want) != 2 {
		t.Errorf("shared %v, %v", s.Shared(), want)
	}
	must(t, s.Check(t.Context()))
	addBuildings(t, s, "Oost")
	closeStore(t, s)
	_, dsn := server.Database()
	must(t, MoveToDatabase(t.Context(), to, testPass, dsn, "again", testOptions(), nil))
	same(t, "records", len(buildings(t, openIn(t, to))), 3)
}
