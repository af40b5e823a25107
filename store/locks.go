package store

import (
	"fmt"

	"sleutelbord/nfc/keytag"
)

const selectLock = `SELECT l.id, coalesce(l.building, 0), l.floor, coalesce(l.home, 0), l.public_key,
	l.wanted, l.wanted_digest, l.same_from, l.confirmed, l.carrier, l.wanted_change, l.confirmed_change,
	l.wanted_commit, l.confirmed_commit, l.waiting_since, l.gone, l.retired, l.stale, l.stale_since, l.row_version, l.id_fold FROM locks l `

// foldedLock is a lock with the form of its id that links use.
type foldedLock struct {
	Lock
	fold string
}

func scanLock(r row) (l foldedLock, err error) {
	var public, digest []byte
	if err := r.Scan(&l.ID, &l.Building, &l.Floor, &l.Home, &public, &l.Wanted, &digest, &l.SameFrom,
		&l.Confirmed, &l.Carrier, &l.WantedChange, &l.ConfirmedChange, &l.WantedCommit, &l.ConfirmedCommit, &l.WaitingSince,
		&l.Gone, &l.Retired, &l.Stale, &l.StaleSince, &l.RowVersion, &l.fold); err != nil {
		return foldedLock{}, err
	}
	if err := fixed(l.PublicKey[:], public, "a lock's public key"); err != nil {
		return foldedLock{}, err
	}
	return l, fixed(l.WantedDigest[:], digest, "a bundle's digest")
}

// Lock is the lock with this id, compared without case, also one that is gone.
func (tx *Tx) Lock(id string) (Lock, error) {
	all, err := tx.locks(`WHERE l.id_fold = $1 `, fold(id))
	if err == nil && len(all) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return Lock{}, fmt.Errorf("lock %q: %w", id, err)
	}
	return all[0], nil
}

// Locks are all locks but those that are gone, by id without case.
func (tx *Tx) Locks() ([]Lock, error) {
	all, err := tx.locks(`WHERE l.gone = 0 `)
	if err != nil {
		return nil, fmt.Errorf("reading the locks: %w", err)
	}
	return all, nil
}

// LocksAfter are the next locks after one, by id without case: at most n of
// them, without those that are gone. "" is before the first. It reads no more than
// it gives, so that a large site can be worked through in parts.
func (tx *Tx) LocksAfter(id string, n int) ([]Lock, error) {
	last, err := one(tx, func(r row) (s string, err error) {
		err = r.Scan(&s)
		return s, err
	}, `SELECT coalesce(max(f), '') FROM (SELECT id_fold AS f FROM locks WHERE id_fold > $1 ORDER BY id_fold LIMIT $2) AS part`, fold(id), n)
	if err != nil {
		return nil, fmt.Errorf("reading locks after %q: %w", id, err)
	}
	all, err := tx.linkedLocks(`WHERE l.id_fold > $1 AND l.id_fold <= $2 AND l.gone = 0 `,
		`WHERE z.lock > $1 AND z.lock <= $2 `, fold(id), last)
	if err != nil {
		return nil, fmt.Errorf("reading locks after %q: %w", id, err)
	}
	return all, nil
}

// StaleLocks are the locks that want a new bundle, but those that are gone, by
// id without case.
func (tx *Tx) StaleLocks() ([]Lock, error) {
	all, err := tx.locks(`WHERE l.stale = 1 AND l.gone = 0 `)
	if err != nil {
		return nil, fmt.Errorf("reading the locks that want bundles: %w", err)
	}
	return all, nil
}

// LockCounts is how the locks of a site stand, without those that are gone.
type LockCounts struct {
	Locks   int
	Waiting int    // without a bundle, or without a receipt for the newest
	Newest  uint32 // highest sequence of a bundle or receipt
	Wanted  int64  // sum of the sequences of the newest bundles: it rises with every bundle
}

// CountAllLocks counts the locks.
func (tx *Tx) CountAllLocks() (LockCounts, error) {
	c, err := one(tx, func(r row) (c LockCounts, err error) {
		err = r.Scan(&c.Locks, &c.Waiting, &c.Newest, &c.Wanted)
		return c, err
	}, `SELECT count(*), coalesce(sum(CASE WHEN wanted = 0 OR confirmed <> wanted OR confirmed_change < wanted_change THEN 1 ELSE 0 END), 0), coalesce(max(max(wanted, confirmed)), 0),
		coalesce(sum(wanted), 0) FROM locks WHERE gone = 0`)
	if err != nil {
		return LockCounts{}, fmt.Errorf("counting the locks: %w", err)
	}
	return c, nil
}

// GoneLocks are the locks that are gone, by id without case.
func (tx *Tx) GoneLocks() ([]Lock, error) {
	all, err := tx.locks(`WHERE l.gone = 1 `)
	if err != nil {
		return nil, fmt.Errorf("reading the locks that are gone: %w", err)
	}
	return all, nil
}

// LocksOfZone are the locks that hold a zone's key, but those that are gone, by
// id without case.
func (tx *Tx) LocksOfZone(zone keytag.Zone) ([]Lock, error) {
	all, err := tx.locks(`JOIN lock_zones o ON o.lock = l.id_fold AND o.zone = $1 WHERE l.gone = 0 `, zone)
	if err != nil {
		return nil, fmt.Errorf("locks of zone %d: %w", zone, err)
	}
	return all, nil
}

// locks reads some locks and the zones of the same ones.
func (tx *Tx) locks(which string, args ...any) ([]Lock, error) {
	return tx.linkedLocks(which, `JOIN locks l ON l.id_fold = z.lock `+which, args...)
}

// linkedLocks reads some locks, and their zones from those links that linked
// says: it may say more of them than there are locks.
func (tx *Tx) linkedLocks(which, linked string, args ...any) (all []Lock, err error) {
	at := make(map[string]int)
	err = tx.each(func(r row) error {
		l, err := scanLock(r)
		if err == nil {
			at[l.fold] = len(all)
			all = append(all, l.Lock)
		}
		return err
	}, selectLock+which+`ORDER BY l.id_fold`, args...)
	if err != nil {
		return nil, err
	}
	err = tx.each(func(r row) error {
		var lock string
		var zone keytag.Zone
		err := r.Scan(&lock, &zone)
		if i, ok := at[lock]; ok && err == nil {
			all[i].Zones = append(all[i].Zones, zone)
		}
		return err
	}, `SELECT z.lock, z.zone FROM lock_zones z `+linked+`ORDER BY z.lock, z.zone`, args...)
	if err != nil {
		return nil, err
	}
	return all, nil
}

// InsertLock adds a lock and links it to its Zones. An id that is taken is
// [ErrExists], an empty one [ErrInvalid].
func (tx *Tx) InsertLock(l *Lock) error {
	if err := tx.insertLock(l); err != nil {
		return fmt.Errorf("storing lock %q: %w", l.ID, err)
	}
	inserted(tx, &l.ID, l.ID, &l.RowVersion)
	return nil
}

func (tx *Tx) insertLock(l *Lock) error {
	today, err := tx.day()
	if err != nil {
		return err
	}
	old := *l
	tx.onUndo(func() { l.Stale, l.StaleSince = old.Stale, old.StaleSince })
	l.Stale, l.StaleSince = true, today
	if _, err := tx.exec(`INSERT INTO locks (id_fold, id, building, floor, home, public_key, wanted, wanted_digest,
		same_from, confirmed, wanted_change, confirmed_change, wanted_commit, confirmed_commit, waiting_since, stale_since, carrier, row_version)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, 1)`,
		fold(l.ID), l.ID, orNull(l.Building), l.Floor, orNull(l.Home), l.PublicKey[:], l.Wanted, l.WantedDigest[:],
		l.SameFrom, l.Confirmed, l.WantedChange, l.ConfirmedChange, l.WantedCommit, l.ConfirmedCommit, l.WaitingSince, l.StaleSince, l.Carrier); err != nil {
		return err
	}
	for _, z := range l.Zones {
		if err := tx.linkLockZone(l.ID, z); err != nil {
			return err
		}
	}
	return nil
}

// PutLock replaces a lock, but not its zones (see [Tx.LinkLockZone]), nor Gone,
// Retired, Stale and StaleSince; but one that is astray wants a new bundle. A
// sequence that goes down is [ErrCounter].
func (tx *Tx) PutLock(l *Lock) error {
	key := fold(l.ID)
	n, err := tx.exec(`UPDATE locks SET id = $1, building = $2, floor = $3, home = $4, public_key = $5, wanted = $6,
		wanted_digest = $7, same_from = $8, confirmed = $9, wanted_change = $10, confirmed_change = $11,
		stale = CASE WHEN $9 > $6 OR $9 = $6 AND $11 < $10 THEN 1 ELSE stale END,
		wanted_commit = $12, confirmed_commit = $13, waiting_since = $14, carrier = $15, row_version = row_version + 1
		WHERE id_fold = $16 AND row_version = $17`,
		l.ID, orNull(l.Building), l.Floor, orNull(l.Home), l.PublicKey[:], l.Wanted,
		l.WantedDigest[:], l.SameFrom, l.Confirmed, l.WantedChange, l.ConfirmedChange,
		l.WantedCommit, l.ConfirmedCommit, l.WaitingSince, l.Carrier, key, l.RowVersion)
	if err == nil {
		err = tx.replaced(n, &l.RowVersion, `SELECT 1 FROM locks WHERE id_fold = $1`, key)
	}
	if err != nil {
		return fmt.Errorf("storing lock %q: %w", l.ID, err)
	}
	return nil
}

// PutBundled stores the newest bundle of a lock, which says all that the lock
// ought to know: it is not stale any more, and WantedCommit is that of now. A
// sequence that goes down is [ErrCounter].
func (tx *Tx) PutBundled(l *Lock) error {
	if err := tx.putBundled(l); err != nil {
		return fmt.Errorf("storing the bundle of lock %q: %w", l.ID, err)
	}
	return nil
}

func (tx *Tx) putBundled(l *Lock) error {
	key := fold(l.ID)
	commit, err := tx.commits()
	if err != nil {
		return err
	}
	n, err := tx.exec(`UPDATE locks SET wanted = $1, wanted_digest = $2, same_from = $3, wanted_change = $4, wanted_commit = $5,
		waiting_since = $6, stale = 0, stale_since = 0, row_version = row_version + 1 WHERE id_fold = $7 AND row_version = $8`,
		l.Wanted, l.WantedDigest[:], l.SameFrom, l.WantedChange, commit, l.WaitingSince, key, l.RowVersion)
	if err == nil {
		err = tx.replaced(n, &l.RowVersion, `SELECT 1 FROM locks WHERE id_fold = $1`, key)
	}
	if err != nil {
		return err
	}
	stale, since, before := l.Stale, l.StaleSince, l.WantedCommit
	tx.onUndo(func() { l.Stale, l.StaleSince, l.WantedCommit = stale, since, before })
	l.Stale, l.StaleSince, l.WantedCommit = false, 0, commit
	return nil
}

// dateStale notes today as the day since which locks are stale that became so
// in this transaction.
func (tx *Tx) dateStale() error {
	undated, err := one(tx, number, `SELECT count(*) FROM (SELECT 1 FROM locks WHERE stale = 1 AND stale_since = 0 LIMIT 1) AS undated`)
	if err != nil || undated == 0 {
		return err
	}
	today, err := tx.day()
	if err == nil {
		_, err = tx.exec(`UPDATE locks SET stale_since = $1 WHERE stale = 1 AND stale_since = 0`, today)
	}
	if err != nil {
		return fmt.Errorf("noting since when bundles are wanted: %w", err)
	}
	return nil
}

// LoseLock notes that a lock was stolen. There is no way back: a lock that turns
// up again is imported under a new id, with new keys.
func (tx *Tx) LoseLock(id string) error {
	n, err := tx.exec(`UPDATE locks SET gone = 1, row_version = row_version + 1 WHERE id_fold = $1 AND gone = 0`, fold(id))
	if err == nil && n == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("noting that lock %q is gone: %w", id, err)
	}
	return nil
}

// RetireLock notes that a lock was taken out of service in good order. There is
// no way back, as with [Tx.LoseLock].
func (tx *Tx) RetireLock(id string) error {
	n, err := tx.exec(`UPDATE locks SET gone = 1, retired = 1, row_version = row_version + 1 WHERE id_fold = $1 AND gone = 0`, fold(id))
	if err == nil && n == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("noting that lock %q is out of service: %w", id, err)
	}
	return nil
}

// LinkLockZone makes a lock hold a zone's key from its next bundle on. A link
// that is there already is [ErrExists].
func (tx *Tx) LinkLockZone(lock string, zone keytag.Zone) error {
	if err := tx.linkLockZone(lock, zone); err != nil {
		return fmt.Errorf("linking lock %q to zone %d: %w", lock, zone, err)
	}
	return nil
}

func (tx *Tx) linkLockZone(lock string, zone keytag.Zone) error {
	_, err := tx.exec(`INSERT INTO lock_zones (lock, zone) VALUES ($1, $2)`, fold(lock), zone)
	return err
}
