package lock

import "time"

// Clock is a lock's clock. set is false while nobody has set it since the last
// loss of power; the lock then goes by the issue day of its bundle.
type Clock interface {
	Now() (now time.Time, set bool)
}

// ClockFunc lets a function serve as a [Clock].
type ClockFunc func() (time.Time, bool)

// Now calls f.
func (f ClockFunc) Now() (time.Time, bool) { return f() }

// SystemClock is the clock of a computer that keeps it through a loss of
// power, or sets it from the network.
func SystemClock() Clock { return ClockFunc(func() (time.Time, bool) { return time.Now(), true }) }

// NoClock is what a lock without a clock has.
func NoClock() Clock { return ClockFunc(func() (time.Time, bool) { return time.Time{}, false }) }
