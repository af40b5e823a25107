package bundle

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// Errors of [NextSequence]: the desk's clock does not agree with the last
// sequence, and a custodian has to say that it is right.
var (
	ErrClockBehind = errors.New("clock is behind the last bundle")
	ErrClockAhead  = errors.New("clock is far ahead of the last bundle")
)

var sequenceZero = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)

const (
	// clockSlack covers bundles signed faster than one a minute.
	clockSlack = 24 * time.Hour
	clockLeap  = 30 * 24 * time.Hour
)

// NextSequence is the sequence of a lock's next bundle: one more than previous,
// but at least the minutes since 2024-01-01 UTC, so that a desk restored from
// an old backup is still ahead of its locks. previous is the highest that the
// store and authentic receipts know, 0 if there never was a bundle.
//
// Unless confirmed, a clock more than a day before previous is [ErrClockBehind],
// and one more than 30 days after it [ErrClockAhead].
func NextSequence(previous uint32, now time.Time, confirmed bool) (uint32, error) {
	minutes := (now.Unix() - sequenceZero.Unix()) / 60
	if previous > 0 && !confirmed {
		last := time.Unix(sequenceZero.Unix()+int64(previous)*60, 0).UTC()
		switch {
		case now.Before(last.Add(-clockSlack)):
			return 0, fmt.Errorf("%w: it shows %s, the last bundle is of %s",
				ErrClockBehind, now.UTC().Format(time.DateOnly), last.Format(time.DateOnly))
		case now.After(last.Add(clockLeap)):
			return 0, fmt.Errorf("%w: it shows %s, the last bundle is of %s",
				ErrClockAhead, now.UTC().Format(time.DateOnly), last.Format(time.DateOnly))
		}
	}
	next := max(int64(previous)+1, minutes)
	if next > math.MaxUint32 {
		return 0, errors.New("sequence has reached its highest number")
	}
	return uint32(next), nil
}
