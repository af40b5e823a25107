package store

import (
	"fmt"

	"sleutelbord/nfc/keytag"
)

// raiseUnit is what one raise adds to the change counter: its upper half counts
// raises, so that the counter outside of the records knows of those that an
// older copy does not.
const raiseUnit = 1 << 32

// Raises is how often counters were raised in these records or, as far as the
// change counter told when that was done, in others of the same site.
func (tx *Tx) Raises() (int64, error) {
	n, err := one(tx, number, `SELECT raises FROM meta`)
	if err != nil {
		return 0, fmt.Errorf("reading how often counters were raised: %w", err)
	}
	return n, nil
}

// RaiseDue is what [Tx.RaiseCounters] would add now to what the next tags get, 0
// unless these records are older than they ought to be.
func (tx *Tx) RaiseDue(step uint16) (uint16, error) {
	if !tx.s.RolledBack() {
		return 0, nil
	}
	by, err := tx.raiseBy(step)
	if err != nil {
		return 0, fmt.Errorf("reading how far counters are behind: %w", err)
	}
	return by, nil
}

// raiseBy is step, once more for every raise that these records do not know.
func (tx *Tx) raiseBy(step uint16) (uint16, error) {
	missed, err := one(tx, number, `SELECT change_counter / 4294967296 - raises FROM meta`)
	return uint16(min(0xFFFF, int64(step)*(1+max(0, missed)))), err
}

// RaiseCounters raises what the next tenancies and tags get: every zone's next
// epoch and every seat's next generation, also of seats that were never used.
// It raises them once more for every time that this was done since the copy was
// made that was put back, as far as the change counter tells, and once more for
// each time that it cannot know of, which again counts: on another computer. It
// gives the sum. Epochs and floors that are in use stay, so that no tag ends by
// it. A counter that comes to its maximum stays there: that seat or zone is used
// up. The numbers of zones and tags rise as well, and every lock wants a
// new bundle. When the change is committed, [Store.RolledBack] is false.
func (tx *Tx) RaiseCounters(step, again uint16) (by, zones, seats int64, err error) {
	raise, err := tx.raiseBy(step)
	by = min(0xFFFF, int64(raise)+int64(step)*int64(again))
	if err == nil {
		zones, err = tx.exec(`UPDATE zones SET next_epoch = min(65535, max(next_epoch, epoch + 1) + $1),
			first_generation = min(65535, first_generation + $1), row_version = row_version + 1`, by)
	}
	if err == nil {
		// A seat that was not used in the zone's epoch begins with the zone's
		// first generation when it is.
		seats, err = tx.exec(`UPDATE seats SET next = min(65535, next + $1), row_version = row_version + 1`, by)
	}
	if err == nil {
		// A zone that gets a number which was given before would have its keys, and
		// a tag its name on somebody's paper.
		_, err = tx.exec(`UPDATE sequences SET next = min(next + $1, $2) WHERE name IN ('zones', 'tags')`, by, int64(keytag.MaxZone)+1)
	}
	if err == nil {
		_, err = tx.exec(`UPDATE locks SET stale = 1, row_version = row_version + 1 WHERE stale = 0`)
	}
	if err == nil {
		_, err = tx.exec(`UPDATE meta SET rolled_back = 0, raises = change_counter / 4294967296 + 1 + $1,
			change_counter = change_counter + (1 + $1) * $2`, int64(again), int64(raiseUnit))
	}
	if err != nil {
		return 0, 0, 0, fmt.Errorf("raising the counters: %w", err)
	}
	tx.onCommit(func() { tx.s.rolledBack.Store(false) })
	return by, zones, seats, nil
}

// Histories counts how often these records, or others of the site, went on from
// an older copy, one that was not dealt with yet included. Records that are put
// back do not know what those in between have told the locks.
func (tx *Tx) Histories() (int64, error) {
	n, err := one(tx, number, `SELECT change_counter / 4294967296 + rolled_back FROM meta`)
	if err != nil {
		return 0, fmt.Errorf("reading how often older records were put back: %w", err)
	}
	return n, nil
}

// ConfirmedIn is the number of [Tx.Histories] when the bundle was made that a
// lock has confirmed.
func (l Lock) ConfirmedIn() int64 { return l.ConfirmedCommit / raiseUnit }
