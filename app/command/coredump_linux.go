package command

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// ForbidCoreDumps keeps what this process holds in memory, keys among it, out
// of core dumps, also of those that the system pipes to a program, which the
// limit alone does not stop. No other program of the same user can read the
// memory either, unless it may read everything. What this process runs (lock
// run --on-open) has the limit too. To be called before there is a secret.
//
// Source: prctl(2) PR_SET_DUMPABLE, core(5).
func ForbidCoreDumps() error {
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		return fmt.Errorf("forbidding core dumps: %w", err)
	}
	return limitCoreDumps()
}
