package desk

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"sleutelbord/nfc/keytag"
	"sleutelbord/store"
)

// Upkeep is what the desk does and asks for by the calendar.
type Upkeep struct {
	RehearseDays int    `json:"rehearse_days"` // how often the shares on paper are proven; 0: never
	BackupDays   int    `json:"backup_days"`   // how often a backup is made by itself; 0: never
	BackupFolder string `json:"backup_folder,omitempty"`
	KeepLast     int    `json:"keep_last"`  // how many of the newest backups stay
	KeepWeeks    int    `json:"keep_weeks"` // of how many weeks the newest one stays besides
	LastBackup   string `json:"last_backup,omitempty"`
}

func upkeepView(u store.Upkeep) Upkeep {
	return Upkeep{
		RehearseDays: int(u.RehearseDays), BackupDays: int(u.BackupDays), BackupFolder: u.BackupFolder,
		KeepLast: int(u.KeepLast), KeepWeeks: int(u.KeepWeeks), LastBackup: day(u.BackupDay),
	}
}

// Upkeep gives the site's plan.
func (d *Desk) Upkeep(ctx context.Context) (Upkeep, error) {
	u, err := d.upkeep(ctx)
	if err != nil {
		return Upkeep{}, fmt.Errorf("reading the plan of upkeep: %w", err)
	}
	return upkeepView(u), nil
}

func (d *Desk) upkeep(ctx context.Context) (u store.Upkeep, err error) {
	err = d.store.View(ctx, func(tx *store.Tx) error {
		u, err = tx.Upkeep()
		return err
	})
	return u, err
}

// ChangeUpkeep lets change change the plan, and gives what it is then. The folder
// must be there, and outside of the records.
func (d *Desk) ChangeUpkeep(ctx context.Context, change func(*Upkeep)) (Upkeep, error) {
	v, err := d.changeUpkeep(ctx, change)
	if err != nil {
		return Upkeep{}, fmt.Errorf("changing the plan of upkeep: %w", err)
	}
	return v, nil
}

func (d *Desk) changeUpkeep(ctx context.Context, change func(*Upkeep)) (v Upkeep, err error) {
	if err := d.custodian(); err != nil {
		return v, err
	}
	old, err := d.upkeep(ctx)
	if err != nil {
		return v, err
	}
	v = upkeepView(old)
	change(&v)
	if err := d.checkUpkeep(&v); err != nil {
		return v, err
	}
	err = d.store.Update(ctx, func(tx *store.Tx) error {
		u := store.Upkeep{
			RehearseDays: int64(v.RehearseDays), BackupDays: int64(v.BackupDays), BackupFolder: v.BackupFolder,
			KeepLast: int64(v.KeepLast), KeepWeeks: int64(v.KeepWeeks), BackupDay: old.BackupDay,
		}
		if err := tx.PutUpkeep(u); err != nil {
			return err
		}
		return d.journal(tx, actUpkeep, "site")
	})
	return v, err
}

// checkUpkeep says what does not fit, and makes the folder's name absolute.
func (d *Desk) checkUpkeep(v *Upkeep) error {
	for _, n := range []struct {
		name          string
		is, low, high int
	}{
		{"rehearse-days", v.RehearseDays, 0, 3660},
		{"every-days", v.BackupDays, 0, 366},
		{"keep", v.KeepLast, 1, 1000},
		{"keep-weeks", v.KeepWeeks, 0, 1000},
	} {
		if n.is < n.low || n.is > n.high {
			return &inputError{n.name, fmt.Sprintf("%d: it is between %d and %d", n.is, n.low, n.high)}
		}
	}
	if v.BackupFolder == "" {
		if v.BackupDays > 0 {
			return &inputError{"backup-to", "backups by themselves need a folder"}
		}
		return nil
	}
	abs, err := filepath.Abs(v.BackupFolder)
	if err != nil {
		return err
	}
	v.BackupFolder = abs
	if err := d.outside(abs); err != nil {
		return err
	}
	if info, err := os.Stat(abs); err != nil || !info.IsDir() {
		return &inputError{"backup-to", "there is no such folder"}
	}
	return nil
}

// KeptUp is what was done because it was due.
type KeptUp struct {
	Backup  *BackupMade `json:"backup,omitempty"` // nil: none was due
	Deleted int         `json:"deleted"`          // older backups that were deleted
}

// KeepUp does what is due today: a backup, and deleting those that are too old.
// What goes wrong also stands among [Desk.Reminders] until it goes well. It may be
// called as often as one likes.
func (d *Desk) KeepUp(ctx context.Context) (done KeptUp, err error) {
	d.trouble.Lock()
	defer d.trouble.Unlock()
	u, err := d.upkeep(ctx)
	if err == nil && backupDue(u, d.today) {
		done, err = d.keepUp(ctx, u)
		d.trouble.err = err
	}
	if err != nil {
		return KeptUp{}, fmt.Errorf("keeping up: %w", err)
	}
	return done, nil
}

func (d *Desk) keepUp(ctx context.Context, u store.Upkeep) (done KeptUp, err error) {
	// A folder that is not there is a drive that is not plugged in: making it
	// would put the backups on the disk that they are to outlive.
	if info, err := os.Stat(u.BackupFolder); err != nil || !info.IsDir() {
		return done, &folderError{u.BackupFolder, errors.Join(errNoFolder, err)}
	}
	made, err := d.BackupTo(ctx, u.BackupFolder)
	if err != nil {
		return done, err
	}
	done.Backup = &made
	done.Deleted, err = d.pruneBackups(ctx, u)
	return done, err
}

// backupDue tells whether a backup is due. A clock that is wrong makes none.
func backupDue(u store.Upkeep, today func() (keytag.Day, error)) bool {
	now, err := today()
	return err == nil && u.BackupDays > 0 && (u.BackupDay == 0 || int64(now)-int64(u.BackupDay) >= u.BackupDays)
}

// RunUpkeep keeps up at once and whenever tick says so, until ctx is done. What
// goes wrong is a reminder, and is tried again.
func (d *Desk) RunUpkeep(ctx context.Context, tick <-chan time.Time) {
	for {
		if _, err := d.KeepUp(ctx); err != nil && ctx.Err() == nil {
			d.log.WithError(err).Warn("upkeep")
		}
		select {
		case <-ctx.Done():
			return
		case <-tick:
		}
	}
}

// trouble is what went wrong with the last upkeep.
type trouble struct {
	sync.Mutex
	err error
}

// DutyCode names something that a person ought to do. Its words stand in package
// assets, under "duty." and the code.
type DutyCode string

// Codes of what is due.
const (
	DutyNoShares     DutyCode = "no-shares"       // the root is on no paper
	DutyUnproven     DutyCode = "shares-unproven" // the newest set was never rehearsed
	DutyRehearsal    DutyCode = "rehearsal-due"   // the last rehearsal is long ago
	DutyNoBackup     DutyCode = "no-backup"       // none was ever made
	DutyBackupLate   DutyCode = "backup-late"     // the last one is long ago
	DutyBackupFailed DutyCode = "backup-failed"   // the last one by itself went wrong
)

// DutyCodes are all codes.
func DutyCodes() []DutyCode {
	return []DutyCode{DutyNoShares, DutyUnproven, DutyRehearsal, DutyNoBackup, DutyBackupLate, DutyBackupFailed}
}

// Duty is something that a person ought to do.
type Duty struct {
	Code DutyCode `json:"code"`
	// Day is since when: of the last rehearsal or backup; "" where there was none.
	Day string `json:"day,omitempty"`
	// Problem is what went wrong, with [DutyBackupFailed].
	Problem Code `json:"problem,omitempty"`
}

// lateBackup is after how many days a site without backups by themselves is reminded.
const lateBackup = 30

// Reminders are what people ought to do so that no key and no record is lost,
// the most urgent first. A practice site has nothing to lose.
func (d *Desk) Reminders(ctx context.Context) (all []Duty, err error) {
	d.trouble.Lock()
	failed := d.trouble.err
	d.trouble.Unlock()
	if failed != nil {
		all = append(all, Duty{Code: DutyBackupFailed, Problem: Explain(failed).Code})
	}
	today, err := d.today()
	if err != nil {
		return nil, fmt.Errorf("reading the reminders: %w", err)
	}
	err = d.store.View(ctx, func(tx *store.Tx) error {
		site, err := tx.Site()
		if err != nil || site.Practice {
			return err
		}
		u, err := tx.Upkeep()
		if err != nil {
			return err
		}
		sets, err := tx.ShareSets()
		if err == nil {
			all = append(all, remindShares(sets, u, today)...)
			all = append(all, remindBackup(u, today, failed != nil)...)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the reminders: %w", err)
	}
	return all, nil
}

// remindShares looks at the newest set: the others are replaced by it.
func remindShares(sets []store.ShareSet, u store.Upkeep, today keytag.Day) []Duty {
	if len(sets) == 0 {
		return []Duty{{Code: DutyNoShares}}
	}
	s := sets[len(sets)-1]
	switch {
	case s.Rehearsed == 0:
		return []Duty{{Code: DutyUnproven, Day: day(s.Made)}}
	case u.RehearseDays > 0 && int64(today)-int64(s.Rehearsed) >= u.RehearseDays:
		return []Duty{{Code: DutyRehearsal, Day: day(s.Rehearsed)}}
	}
	return nil
}

func remindBackup(u store.Upkeep, today keytag.Day, failed bool) []Duty {
	late := u.BackupDays
	if late == 0 {
		late = lateBackup
	}
	switch {
	case failed:
		return nil // is said already
	case u.BackupDay == 0:
		return []Duty{{Code: DutyNoBackup}}
	case int64(today)-int64(u.BackupDay) > late:
		return []Duty{{Code: DutyBackupLate, Day: day(u.BackupDay)}}
	}
	return nil
}
