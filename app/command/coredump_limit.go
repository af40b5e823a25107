//go:build unix

package command

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// limitCoreDumps lets a core dump of this process, and of those it starts, have
// no byte.
func limitCoreDumps() error {
	if err := unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}); err != nil {
		return fmt.Errorf("forbidding core dumps: %w", err)
	}
	return nil
}
