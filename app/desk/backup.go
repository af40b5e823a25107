package desk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"sleutelbord/nfc/keytag"
	"sleutelbord/store"
)

// BackupMade is a backup that was written and read again.
type BackupMade struct {
	File string `json:"file"`
	Day  string `json:"day"`
	Size int64  `json:"size"` // bytes
}

// BackupTo makes a backup of the records: in the folder to, under a name of its
// own, or as the file to, which must not be there yet. It is whole or not there,
// and was read again and verified. Of records that are not what was written none is
// made. The folder of the records themselves is refused.
func (d *Desk) BackupTo(ctx context.Context, to string) (BackupMade, error) {
	made, err := d.backupTo(ctx, to)
	if err != nil {
		return BackupMade{}, fmt.Errorf("making a backup: %w", err)
	}
	d.log.WithField("bytes", made.Size).Info("backup made")
	return made, nil
}

func (d *Desk) backupTo(ctx context.Context, to string) (made BackupMade, err error) {
	if err := d.outside(to); err != nil {
		return made, err
	}
	// A backup of damaged records would take the place of good ones.
	if err := d.store.CheckSum(ctx); err != nil {
		return made, err
	}
	file := to
	if info, err := os.Stat(to); err == nil && info.IsDir() {
		if file, err = d.backupName(ctx, to); err != nil {
			return made, err
		}
	}
	var info store.BackupInfo
	err = makeNew(file, func(w io.Writer) (err error) {
		info, err = d.store.Backup(ctx, w)
		return err
	})
	if err != nil {
		return made, &folderError{filepath.Dir(file), err}
	}
	if made, err = d.verifyFile(ctx, file); err != nil {
		return made, err
	}
	return made, d.store.Update(ctx, func(tx *store.Tx) error {
		u, err := tx.Upkeep()
		if err != nil {
			return err
		}
		u.BackupDay = max(u.BackupDay, info.Day)
		if err := tx.PutUpkeep(u); err != nil {
			return err
		}
		return d.journal(tx, actBackup, "records")
	})
}

// CheckRecords reads all records and tells whether they are what was written:
// whole, and no part of them older than the rest.
func (d *Desk) CheckRecords(ctx context.Context) error { return d.store.Check(ctx) }

// verifyFile reads a backup of these records again.
func (d *Desk) verifyFile(ctx context.Context, file string) (BackupMade, error) {
	f, err := os.Open(file)
	if err != nil {
		return BackupMade{}, &folderError{filepath.Dir(file), err}
	}
	defer func() { _ = f.Close() }() // was only read
	info, err := d.store.VerifyBackup(ctx, f)
	if err != nil {
		return BackupMade{}, err
	}
	size, err := f.Seek(0, io.SeekEnd)
	return BackupMade{File: file, Day: day(info.Day), Size: size}, err
}

// outside refuses a place in the folder of the records, which would be lost with
// them.
func (d *Desk) outside(to string) error {
	own, err := filepath.Abs(d.dir)
	if err != nil {
		return err
	}
	abs, err := filepath.Abs(to)
	if err != nil {
		return err
	}
	if rel, err := filepath.Rel(own, abs); err == nil && (rel == "." || filepath.IsLocal(rel)) {
		return &inputError{"folder", "a backup in the folder of the records is lost with them"}
	}
	return nil
}

// A backup's name tells site and day, and sorts by age.
var backupPattern = regexp.MustCompile(`^sleutelbord-([0-9a-f]{16})-\d{4}-\d{2}-\d{2}-\d{10}\.backup(\.part)?$`)

func (d *Desk) backupName(ctx context.Context, dir string) (string, error) {
	var site store.Site
	if err := d.store.View(ctx, func(tx *store.Tx) (err error) { site, err = tx.Site(); return err }); err != nil {
		return "", err
	}
	today, err := d.today()
	if err != nil {
		return "", err
	}
	n, err := d.store.Changes(ctx)
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, fmt.Sprintf("sleutelbord-%x-%s-%010d.backup", site.ID, today, n&0xFFFFFFFF)), nil
}

// folderError is a folder of backups, or of pages, that cannot be used.
type folderError struct {
	dir   string
	cause error
}

func (e *folderError) Error() string { return e.dir + ": " + e.cause.Error() }

func (e *folderError) Unwrap() error { return e.cause }

// kept is a backup that lies in the folder.
type kept struct {
	name    string
	day     keytag.Day
	changes uint64
}

// pruneBackups deletes backups of this site that are older than those that are
// to stay, and what interrupted ones have left. A file is ours only by its name
// and by what it says of itself; anything else is left alone. It tells how many were deleted.
func (d *Desk) pruneBackups(ctx context.Context, u store.Upkeep) (int, error) {
	var site store.Site
	if err := d.store.View(ctx, func(tx *store.Tx) (err error) { site, err = tx.Site(); return err }); err != nil {
		return 0, err
	}
	entries, err := os.ReadDir(u.BackupFolder)
	if err != nil {
		return 0, err
	}
	var all []kept
	var gone []string
	for _, e := range entries {
		m := backupPattern.FindStringSubmatch(e.Name())
		if !e.Type().IsRegular() || m == nil || m[1] != fmt.Sprintf("%x", site.ID) {
			continue
		}
		path := filepath.Join(u.BackupFolder, e.Name())
		if strings.HasSuffix(e.Name(), ".part") {
			gone = append(gone, path)
			continue
		}
		info, err := readInfo(path)
		if err != nil || info.Site != site.ID {
			continue
		}
		all = append(all, kept{path, info.Day, info.Changes})
	}
	gone = append(gone, tooOld(all, int(u.KeepLast), int(u.KeepWeeks))...)
	for _, path := range gone {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return 0, err
		}
	}
	return len(gone), nil
}

func readInfo(path string) (store.BackupInfo, error) {
	f, err := os.Open(path)
	if err != nil {
		return store.BackupInfo{}, err
	}
	defer func() { _ = f.Close() }() // was only read
	return store.ReadBackupInfo(f)
}

// tooOld are the backups that are neither among the newest last, nor the newest
// of one of the newest weeks that have one.
func tooOld(all []kept, last, weeks int) (gone []string) {
	slices.SortFunc(all, func(a, b kept) int {
		return cmp.Or(cmp.Compare(b.day, a.day), cmp.Compare(b.changes, a.changes))
	})
	seen := map[keytag.Day]bool{}
	for i, k := range all {
		week := k.day / 7
		newest := !seen[week]
		seen[week] = true
		if i >= last && (!newest || len(seen) > weeks) {
			gone = append(gone, k.name)
		}
	}
	return gone
}
