package store

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"testing"
)

// TestOldPage puts every single page of an older copy back, of those that have
// changed since. The page encryption cannot tell; what tells is counted.
func TestOldPage(t *testing.T) {
	dir := t.TempDir()
	s := createIn(t, dir)
	fillCampus(t, s, 40)
	closeStore(t, s)
	old := snapshot(t, dir)[databaseName]
	s = openIn(t, dir)
	for id := int64(1); id <= 40; id++ {
		update(t, s, func(tx *Tx) error {
			g, err := tx.Tag(id)
			must(t, err)
			g.State, g.Label = TagLost, "kwijt"
			must(t, tx.PutTag(&g))
			seat, err := tx.Seat(g.Slots[0].Zone, g.Slots[0].Seat)
			must(t, err)
			seat.Floor = seat.Next
			must(t, tx.PutSeat(&seat))
			return tx.Append(Entry{Operator: "o", Act: "tag revoked without the tag", Subject: fmt.Sprint(id)})
		})
	}
	closeStore(t, s)
	files := snapshot(t, dir)
	noticed, unnoticed := map[string]int{}, 0
	for at := 0; at+blockSize <= len(old); at += blockSize {
		now := files[databaseName]
		if now[at:at+blockSize] == old[at:at+blockSize] {
			continue
		}
		mixed := maps.Clone(files)
		mixed[databaseName] = now[:at] + old[at:at+blockSize] + now[at+blockSize:]
		if how := notices(t, mixed); how != "" {
			noticed[how]++
		} else {
			unnoticed++
		}
	}
	t.Logf("of the pages put back, noticed: %v; unnoticed: %d", noticed, unnoticed)
	if noticed["opening"]+noticed["older"]+noticed["checking"] == 0 {
		t.Error("nothing is noticed")
	}
	if unnoticed > 0 {
		t.Errorf("%d pages can be put back and nothing tells", unnoticed)
	}
}

// notices tells when it is noticed that files are not what was written:
// when they are opened, as older than they ought to be, or by a check.
func notices(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "store")
	put(t, dir, files)
	s, err := Open(t.Context(), dir, testPass, testOptions())
	if err != nil {
		if !errors.Is(err, ErrDamaged) {
			t.Errorf("opening: %v", err)
		}
		return "opening"
	}
	defer closeStore(t, s)
	if s.RolledBack() {
		return "older"
	}
	if err := s.Check(t.Context()); err != nil {
		wantErr(t, "check", err, ErrDamaged)
		return "checking"
	}
	return ""
}

// TestSwappedLog puts another log beside the records than that of a crash: an
// older one of the same store, that of another store, or noise. Either nothing of it
// counts, and it is noticed that commits are missing, or it is noticed at once.
func TestSwappedLog(t *testing.T) {
	crash := func(dir string, n int) map[string]string {
		s := openIn(t, dir)
		commits(t, s, n)
		files := snapshot(t, dir)
		closeStore(t, s)
		return files
	}
	dir, foreign := t.TempDir(), t.TempDir()
	closeStore(t, createIn(t, dir))
	closeStore(t, createIn(t, foreign))
	const log = databaseName + "-wal"
	older, newer, others := crash(dir, 2), crash(dir, 3), crash(foreign, 3)
	for name, content := range map[string]string{
		"older": older[log], "of another store": others[log], "noise": string(make([]byte, 4*blockSize)), "empty": "",
		"half": newer[log][:len(newer[log])/2/blockSize*blockSize], "with a torn end": newer[log][:len(newer[log])/2/blockSize*blockSize+100],
	} {
		t.Run(name, func(t *testing.T) {
			files := maps.Clone(newer)
			if files[log] == "" {
				t.Fatal("there is no log")
			}
			files[log] = content
			if how := notices(t, files); how == "" {
				t.Error("acknowledged commits are missing, and nothing is said")
			}
		})
	}
	same(t, "as it was", notices(t, newer), "")
}

// TestReadOnly opens records in a folder, and with files, that may only be read.
// Whoever is root may write everywhere, so the system is asked for less by
// making what would be written a folder.
func TestReadOnly(t *testing.T) {
	for _, name := range []string{databaseName, databaseName + "-wal", counterName, lockName} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			closeStore(t, createIn(t, dir))
			before := snapshot(t, dir)
			path := filepath.Join(dir, name)
			must(t, os.RemoveAll(path))
			must(t, os.MkdirAll(filepath.Join(path, "x"), 0o700))
			if s, err := Open(t.Context(), dir, testPass, testOptions()); err == nil {
				closeStore(t, s)
				t.Fatal("opens")
			} else if errors.Is(err, ErrPassphrase) {
				t.Errorf("taken for a wrong passphrase: %v", err)
			}
			must(t, os.RemoveAll(path))
			put(t, dir, before)
			closeStore(t, openIn(t, dir))
		})
	}
}
