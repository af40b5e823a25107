package store

import (
	"bytes"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"strings"
	"testing"
	"time"

	"sleutelbord/journal"
	"sleutelbord/nfc/keytag"
)

// withEntries is a store with five entries, on days that follow each other.
func withEntries(t *testing.T) *Store {
	t.Helper()
	s := newStore(t)
	for i := range 5 {
		s.clock = func() time.Time { return testDay.AddDate(0, 0, i) }
		update(t, s, func(tx *Tx) error {
			return tx.Append(Entry{Operator: "anna", Act: "tag issued", Subject: strings.Repeat("T", i+1)})
		})
	}
	return s
}

func export(t *testing.T, s *Store) ([]byte, journal.Report) {
	t.Helper()
	var b bytes.Buffer
	var want journal.Report
	view(t, s, func(tx *Tx) (err error) { want, err = tx.ExportJournal(&b); return err })
	got, err := journal.Verify(bytes.NewReader(b.Bytes()))
	must(t, err)
	same(t, "report of the file", got, want)
	return b.Bytes(), got
}

func TestExportJournal(t *testing.T) {
	s := withEntries(t)
	_, r := export(t, s)
	if r.Entries != 5 || r.Signed != 5 || r.Erased != 0 || len(r.Desks) != 1 || r.Site != testSite().Name {
		t.Errorf("%+v", r)
	}
	// The key is the one that the documents say.
	key := ed25519.NewKeyFromSeed(hkdfSalted(t, s.data.b[:], r.Store, "desk sign"))
	if !bytes.Equal(r.Desks[0].Key, key.Public().(ed25519.PublicKey)) {
		t.Error("signed with another key")
	}
	_, r = export(t, newStore(t))
	same(t, "entries of a new store", r.Entries, int64(0))
}

func TestEraseJournal(t *testing.T) {
	s := withEntries(t)
	before, was := export(t, s)
	day, err := keytag.DayOf(testDay)
	must(t, err)
	for range 2 { // a second time finds nothing
		update(t, s, func(tx *Tx) error { _, err := tx.EraseJournal(day + 2); return err })
	}
	after, now := export(t, s)
	same(t, "erased", now.Erased, int64(2))
	same(t, "head", now.Head, was.Head)
	for i, line := range bytes.Split(after, []byte("\n"))[1:6] {
		gone := !bytes.Contains(line, []byte("anna")) && !bytes.Contains(line, []byte("date")) && !bytes.Contains(line, []byte("salt"))
		if gone != (i < 2) {
			t.Errorf("entry %d: %s", i+1, line)
		}
	}
	if !bytes.Contains(before, []byte(`"subject":"T"`)) {
		t.Error("the export has no content")
	}
	view(t, s, func(tx *Tx) error {
		all, err := tx.Journal()
		must(t, err)
		same(t, "first", all[0], Entry{Seq: 1, Hash: all[0].Hash, Desk: 1, Erased: true})
		same(t, "third", all[2].Subject, "TTT")
		return nil
	})
	update(t, s, func(tx *Tx) error { return tx.Append(Entry{Act: "goes on"}) })
	must(t, s.Check(t.Context()))
}

// TestJournalAllowsOnlyErasing tries every other change of an entry.
func TestJournalAllowsOnlyErasing(t *testing.T) {
	s := withEntries(t)
	update(t, s, func(tx *Tx) error { _, err := tx.EraseJournal(day(t, 1)); return err })
	erase := `day = NULL, operator = NULL, act = NULL, subject = NULL, salt = NULL`
	for _, q := range []string{
		`DELETE FROM journal WHERE seq = 1`,
		`DELETE FROM journal WHERE seq = 3`,
		`INSERT OR REPLACE INTO journal SELECT * FROM journal WHERE seq = 3`,
		`UPDATE journal SET act = 'x' WHERE seq = 3`,
		`UPDATE journal SET operator = NULL WHERE seq = 3`,
		`UPDATE journal SET salt = NULL WHERE seq = 3`,
		`UPDATE journal SET salt = zeroblob(32) WHERE seq = 3`,
		`UPDATE journal SET ` + erase + `, hash = zeroblob(32) WHERE seq = 3`,
		`UPDATE journal SET ` + erase + `, entry_hash = zeroblob(32) WHERE seq = 3`,
		`UPDATE journal SET ` + erase + `, seq = 9 WHERE seq = 3`,
		`UPDATE journal SET ` + erase + `, signer = NULL, signature = NULL WHERE seq = 3`,
		`UPDATE journal SET ` + erase + `, signature = zeroblob(64) WHERE seq = 3`,
		`UPDATE journal SET ` + strings.Replace(erase, "day = NULL", "day = 1", 1) + ` WHERE seq = 3`,
		`UPDATE journal SET day = 1, operator = '', act = 'x', subject = '', salt = zeroblob(32) WHERE seq = 1`,
		`UPDATE signers SET public_key = zeroblob(32)`,
		`DELETE FROM signers`,
	} {
		err := s.Update(t.Context(), func(tx *Tx) error { _, err := tx.exec(q); return err })
		wantErr(t, q, err, ErrInvalid)
	}
	must(t, s.Check(t.Context()))
}

// day is a day after the test's.
func day(t *testing.T, after int) keytag.Day {
	t.Helper()
	d, err := keytag.DayOf(testDay.AddDate(0, 0, after))
	must(t, err)
	return d
}

// TestJournalNamesWhatIsWrong changes entries behind the store's back.
func TestJournalNamesWhatIsWrong(t *testing.T) {
	for name, c := range map[string]struct {
		sql string
		seq int64
	}{
		"content":   {`UPDATE journal SET subject = 'x' WHERE seq = 3`, 3},
		"day":       {`UPDATE journal SET day = day + 1 WHERE seq = 3`, 3},
		"signature": {`UPDATE journal SET signature = zeroblob(64) WHERE seq = 4`, 4},
		"unsigned":  {`UPDATE journal SET signature = NULL, signer = NULL WHERE seq = 4`, 4},
		"missing":   {`DELETE FROM journal WHERE seq = 2`, 2},
		"last":      {`DELETE FROM journal WHERE seq = 5`, 5},
		"key":       {`UPDATE signers SET public_key = zeroblob(32)`, 1},
	} {
		s := withEntries(t)
		update(t, s, func(tx *Tx) error {
			for _, q := range []string{
				`DROP TRIGGER journal_unchanged`, `DROP TRIGGER journal_kept`, `DROP TRIGGER signers_unchanged`, c.sql,
			} {
				if _, err := tx.exec(q); err != nil {
					return err
				}
			}
			return nil
		})
		err := s.Check(t.Context())
		var w *journal.Wrong
		if !errors.Is(err, ErrDamaged) || !errors.As(err, &w) || w.Seq != c.seq {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestJournalFromBefore: entries of earlier versions have no signature, and are
// covered by the first that has one.
func TestJournalFromBefore(t *testing.T) {
	s := withEntries(t)
	update(t, s, func(tx *Tx) error {
		for _, q := range []string{
			`DROP TRIGGER journal_unchanged`,
			`UPDATE journal SET signature = NULL, signer = NULL WHERE seq < 4`,
		} {
			if _, err := tx.exec(q); err != nil {
				return err
			}
		}
		return nil
	})
	_, r := export(t, s)
	same(t, "signed", r.Signed, int64(2))
}

func hkdfSalted(t *testing.T, secret, salt []byte, info string) []byte {
	t.Helper()
	b, err := hkdf.Key(sha256.New, secret, salt, info, 32)
	must(t, err)
	return b
}
