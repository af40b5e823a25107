package store

import "fmt"

// RaiseCounters raises what the next tenancies and tags get: every zone's next
// epoch and every seat's next generation, also of seats that were never used.
// Epochs and floors that are in use stay, so that no tag ends by it. It gives how
// many zones and used seats there are. A counter that comes to its maximum
// stays there: that seat or zone is used up.
func (tx *Tx) RaiseCounters(by uint16) (zones, seats int64, err error) {
	zones, err = tx.exec(`UPDATE zones SET next_epoch = min(65535, max(next_epoch, epoch + 1) + $1),
		first_generation = min(65535, first_generation + $1), row_version = row_version + 1`, by)
	if err == nil {
		// A seat that was not used in the zone's epoch begins with the zone's
		// first generation when it is.
		seats, err = tx.exec(`UPDATE seats SET next = min(65535, next + $1), row_version = row_version + 1`, by)
	}
	if err != nil {
		return 0, 0, fmt.Errorf("raising the counters: %w", err)
	}
	return zones, seats, nil
}

// ClearRolledBack notes that an older copy of the records, which was put back,
// was dealt with. [Store.RolledBack] is false when the change is committed.
func (tx *Tx) ClearRolledBack() error {
	if _, err := tx.exec(`UPDATE meta SET rolled_back = 0`); err != nil {
		return fmt.Errorf("noting that the records can be trusted again: %w", err)
	}
	tx.onCommit(func() { tx.s.rolledBack.Store(false) })
	return nil
}
