package desk

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"sleutelbord/journal"
	"sleutelbord/nfc/keytag"
	"sleutelbord/store"
)

// JournalEntry is a line of the journal: who did what to which key, on which day.
type JournalEntry struct {
	Seq      int64  `json:"seq"`
	Day      string `json:"day,omitempty"`
	Operator string `json:"operator,omitempty"`
	Act      string `json:"act,omitempty"`
	Subject  string `json:"subject,omitempty"`
	Desk     int64  `json:"desk,omitempty"` // the key that signed it; 0: none, from an earlier version
	Erased   bool   `json:"erased,omitempty"`
}

// JournalReport is what the journal says about itself. Its last hash and the
// desks' keys are what an exported one is compared by.
type JournalReport struct {
	Entries int64            `json:"entries"`
	Signed  int64            `json:"signed"`
	Erased  int64            `json:"erased"`
	Head    string           `json:"head"`
	Desks   map[int64]string `json:"desks"`
}

// NewJournalReport is a report in the words of the desk.
func NewJournalReport(r journal.Report) JournalReport {
	v := JournalReport{Entries: r.Entries, Signed: r.Signed, Erased: r.Erased, Head: hex.EncodeToString(r.Head), Desks: map[int64]string{}}
	for _, d := range r.Desks {
		v.Desks[d.Desk] = hex.EncodeToString(d.Key)
	}
	return v
}

// Journal gives the newest n entries, the newest first; 0 is all.
func (d *Desk) Journal(ctx context.Context, n int) ([]JournalEntry, error) {
	views := []JournalEntry{}
	err := d.store.View(ctx, func(tx *store.Tx) error {
		all, err := tx.Journal()
		for i := len(all) - 1; i >= 0 && (n <= 0 || len(views) < n); i-- {
			e := all[i]
			v := JournalEntry{Seq: e.Seq, Operator: e.Operator, Act: e.Act, Subject: e.Subject, Desk: e.Desk, Erased: e.Erased}
			if !e.Erased {
				v.Day = e.Day.String()
			}
			views = append(views, v)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the journal: %w", err)
	}
	return views, nil
}

// VerifyJournal makes sure that every entry is what the desk wrote that signed
// it, and that none is missing or moved.
func (d *Desk) VerifyJournal(ctx context.Context) (JournalReport, error) {
	return d.exportJournal(ctx, io.Discard, "verifying")
}

// ExportJournal writes the journal as a file that a third party checks without
// the records: see package journal and "sleutelbord journal verify".
func (d *Desk) ExportJournal(ctx context.Context, w io.Writer) (JournalReport, error) {
	return d.exportJournal(ctx, w, "exporting")
}

// ExportJournalTo makes such a file in a folder, named after the day; one of
// that name that is there already is left alone.
func (d *Desk) ExportJournalTo(ctx context.Context, dir string) (file string, r JournalReport, err error) {
	today, err := d.today()
	if err != nil {
		return "", JournalReport{}, err
	}
	file = filepath.Join(dir, "journal-"+today.String()+".jsonl")
	for n := 2; ; n++ {
		if _, err := os.Lstat(file); errors.Is(err, fs.ErrNotExist) {
			break
		}
		file = filepath.Join(dir, fmt.Sprintf("journal-%s-%d.jsonl", today, n))
	}
	err = makeNew(file, func(w io.Writer) error {
		r, err = d.ExportJournal(ctx, w)
		return err
	})
	if err != nil {
		return "", JournalReport{}, &folderError{dir, err}
	}
	return file, r, nil
}

func (d *Desk) exportJournal(ctx context.Context, w io.Writer, what string) (JournalReport, error) {
	var r journal.Report
	err := d.store.View(ctx, func(tx *store.Tx) (err error) { r, err = tx.ExportJournal(w); return err })
	if err != nil {
		return JournalReport{}, fmt.Errorf("%s the journal: %w", what, err)
	}
	return NewJournalReport(r), nil
}

// PruneJournal erases the content of entries that are older than the settings
// keep them. It takes two custodians. That there was an entry, its hash and its
// signature stay, so that the journal can still be checked.
func (d *Desk) PruneJournal(ctx context.Context, a Approval) (erased int64, err error) {
	who, err := d.approve(ctx, a)
	if err != nil {
		return 0, fmt.Errorf("erasing old entries of the journal: %w", err)
	}
	today, err := d.today()
	if err != nil {
		return 0, err
	}
	err = d.store.Update(ctx, func(tx *store.Tx) error {
		s, err := tx.Settings()
		if err != nil || int(today) <= s.JournalDays {
			return err
		}
		if erased, err = tx.EraseJournal(today - keytag.Day(s.JournalDays)); err != nil || erased == 0 {
			return err
		}
		return tx.Append(store.Entry{Operator: who, Act: actPruned, Subject: fmt.Sprintf("%d entries", erased)})
	})
	if err == nil && erased > 0 {
		err = d.store.Scrub(ctx)
	}
	if err != nil {
		return 0, fmt.Errorf("erasing old entries of the journal: %w", err)
	}
	return erased, nil
}
