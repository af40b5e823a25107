package store

import (
	"fmt"

	"sleutelbord/nfc/keytag"
)

// Upkeep is what a site does by the calendar so that nothing is lost.
type Upkeep struct {
	RehearseDays int64 // how often the shares on paper are proven; 0: nobody asks
	// BackupDays is how often a backup is made by itself; 0: never.
	BackupDays   int64
	BackupFolder string // where; absolute
	KeepLast     int64  // how many of the newest backups stay, at least 1
	KeepWeeks    int64  // of how many weeks the newest one stays besides
	// BackupDay is the day of the newest backup that was verified; 0: none.
	BackupDay keytag.Day
}

// Upkeep is the site's one plan.
func (tx *Tx) Upkeep() (Upkeep, error) {
	u, err := one(tx, func(r row) (u Upkeep, err error) {
		err = r.Scan(&u.RehearseDays, &u.BackupDays, &u.BackupFolder, &u.KeepLast, &u.KeepWeeks, &u.BackupDay)
		return u, err
	}, `SELECT rehearse_days, backup_days, backup_folder, keep_last, keep_weeks, backup_day FROM upkeep`)
	if err != nil {
		return Upkeep{}, fmt.Errorf("reading the plan of upkeep: %w", err)
	}
	return u, nil
}

// PutUpkeep replaces the plan. Numbers outside of what the schema allows are [ErrInvalid].
func (tx *Tx) PutUpkeep(u Upkeep) error {
	if _, err := tx.exec(`UPDATE upkeep SET rehearse_days = $1, backup_days = $2, backup_folder = $3, keep_last = $4, keep_weeks = $5, backup_day = $6`,
		u.RehearseDays, u.BackupDays, u.BackupFolder, u.KeepLast, u.KeepWeeks, u.BackupDay); err != nil {
		return fmt.Errorf("storing the plan of upkeep: %w", err)
	}
	return nil
}
