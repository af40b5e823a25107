package desk

import (
	"context"
	"errors"
	"fmt"
	"os"

	"sleutelbord/store"
	"sleutelbord/store/shares"
)

// RestoreOptions say how a backup becomes the records of this computer.
type RestoreOptions struct {
	// Options name the new folder. Their passphrase is one that opened the records
	// on the day of the backup; with Shares it is the new one of a custodian.
	Options
	Backup string // the file
	// Shares open the backup instead of a passphrase.
	Shares *EnteredShares
	// Again is how often this backup, or an older one of this site, was restored on
	// another computer since it was made: what was handed out there is not handed out again either.
	Again uint16
	// Signer is the version of the key that signs bundles, if the backup is from
	// before a campaign let a newer key sign; 0 leaves it.
	Signer uint16
	// PutAside gives records that are in the folder already, such as damaged
	// ones, another name, instead of refusing.
	PutAside bool
}

// Restored is a backup that became records.
type Restored struct {
	Site string `json:"site"`
	// Day is the day of the backup. What happened later is not in the records.
	Day    string `json:"day"`
	Raised Raised `json:"raised"`
	// Issued is how many tags the records believe to be in use; those that were lost
	// or returned later are among them.
	Issued int `json:"issued"`
	// Locks are those that had bundles: their receipts tell how far they are.
	Locks []string `json:"locks"`
	// Operator is who got a new passphrase, after a restore by shares.
	Operator string `json:"operator,omitempty"`
	// Aside is where the records are that were there before, "" if none were.
	Aside string `json:"aside,omitempty"`
}

// BackupSeen is what a backup shows of itself while it is closed. Whether it is
// true shows when it is restored.
type BackupSeen struct {
	Day string // of the backup
	// Sets are the sets of shares that open it.
	Sets []ShareSet
}

// LookAtBackup tells what a file shows of itself as a backup.
func LookAtBackup(file string) (BackupSeen, error) {
	f, err := os.Open(file)
	if err != nil {
		return BackupSeen{}, fmt.Errorf("looking at a backup: %w: %w", errBackupFile, err)
	}
	defer func() { _ = f.Close() }() // was only read
	info, err := store.ReadBackupInfo(f)
	if err != nil {
		return BackupSeen{}, fmt.Errorf("looking at a backup: %w", err)
	}
	seen := BackupSeen{Day: day(info.Day)}
	for _, s := range info.Sets {
		seen.Sets = append(seen.Sets, setView(store.ShareSet{Set: s}))
	}
	return seen, nil
}

// Restore makes the records of a backup in a new or empty folder and opens their
// desk. Counters are raised, so that nothing is handed out a second time. With
// an error nothing is there.
func Restore(ctx context.Context, o RestoreOptions) (*Desk, Restored, error) {
	o.complete()
	d, done, err := restoreDesk(ctx, o)
	if err != nil {
		return nil, Restored{}, fmt.Errorf("restoring: %w", err)
	}
	d.log.WithField("day", done.Day).Warn("records restored from a backup")
	return d, done, nil
}

func restoreDesk(ctx context.Context, o RestoreOptions) (d *Desk, done Restored, err error) {
	f, err := os.Open(o.Backup)
	if err != nil {
		return nil, done, fmt.Errorf("%w: %w", errBackupFile, err)
	}
	defer func() { _ = f.Close() }() // was only read
	info, err := store.ReadBackupInfo(f)
	if err == nil {
		_, err = f.Seek(0, 0)
	}
	if err != nil {
		return nil, done, err
	}
	done.Day = day(info.Day)
	before, err := o.putAside()
	if err != nil {
		return nil, done, ofRecords(err)
	}
	if d, err = restoreFrom(ctx, f, o, info, &done); err != nil {
		return nil, done, errors.Join(err, before.back())
	}
	done.Aside = before.settled()
	return d, done, nil
}

// restoreFrom makes the records of a backup in the folder.
func restoreFrom(ctx context.Context, f *os.File, o RestoreOptions, info store.BackupInfo, done *Restored) (d *Desk, err error) {
	also := func(s *store.Store) (err error) {
		d = newDesk(s, o.Options)
		if o.Shares != nil {
			if err := d.takeOver(ctx, o.Options); err != nil {
				return err
			}
			done.Operator = d.Me().Name
		}
		return d.settleRestored(ctx, o, done)
	}
	if o.Shares == nil {
		_, err = store.Restore(ctx, f, o.Dir, o.Passphrase, o.Store, also)
		return d, ofRecords(err)
	}
	root, err := o.Shares.root(info.Sets)
	if err != nil {
		return nil, err
	}
	defer root.Wipe()
	_, err = store.RestoreWithRoot(ctx, f, o.Dir, root, o.Store, also)
	return d, ofRecords(err)
}

// settleRestored raises the counters of records that were just restored, and
// tells what they know.
func (d *Desk) settleRestored(ctx context.Context, o RestoreOptions, done *Restored) error {
	return d.store.Update(ctx, func(tx *store.Tx) (err error) {
		site, err := tx.Site()
		if err != nil {
			return err
		}
		done.Site = site.Name
		if done.Raised, err = d.raise(tx, RaiseOptions{Signer: o.Signer, Again: o.Again}); err != nil {
			return err
		}
		homes, err := tx.HomeSummaries()
		if err != nil {
			return err
		}
		for _, h := range homes {
			done.Issued += h.Live
		}
		locks, err := tx.Locks()
		if err != nil {
			return err
		}
		done.Locks = []string{}
		for _, l := range locks {
			if l.Wanted > 0 {
				done.Locks = append(done.Locks, l.ID)
			}
		}
		return d.journal(tx, actRestored, "backup of "+done.Day)
	})
}

// OpenWithShares is [OpenWithRoot] with shares that people brought together.
func OpenWithShares(ctx context.Context, o Options, e *EnteredShares) (*Desk, error) {
	if !store.Exists(o.Dir) {
		return nil, fmt.Errorf("opening the records with shares: %w", store.ErrNoStore)
	}
	root, err := e.root(store.KnownShareSets(o.Dir))
	if err != nil {
		return nil, fmt.Errorf("opening the records with shares: %w", err)
	}
	defer root.Wipe()
	return OpenWithRoot(ctx, o, root)
}

// SharesProblem tells which of the entered shares are wrong: the places, from 0,
// in which they were entered.
func SharesProblem(err error) (places []int, ok bool) {
	var w *shares.WrongError
	if errors.As(err, &w) {
		return w.Wrong, true
	}
	return nil, false
}

// CloseForShares closes a desk that has locked itself, so that
// [OpenWithShares] can open its records: for who has forgotten the passphrase.
// Shares of another site close nothing.
func (d *Desk) CloseForShares(e *EnteredShares) error {
	root, err := e.root(store.KnownShareSets(d.dir))
	if err != nil {
		return fmt.Errorf("opening the records with shares: %w", err)
	}
	defer root.Wipe()
	if err := store.CheckRoot(d.dir, root); err != nil {
		return fmt.Errorf("opening the records with shares: %w", err)
	}
	return d.Close()
}
