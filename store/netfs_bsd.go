//go:build darwin || freebsd || dragonfly

package store

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// networkFS names the network file system on which dir lies, or "": one that
// the system does not call local.
func networkFS(dir string) (string, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return "", fmt.Errorf("looking at the file system: %w", err)
	}
	if uint64(s.Flags)&unix.MNT_LOCAL != 0 {
		return "", nil
	}
	return unix.ByteSliceToString(s.Fstypename[:]), nil
}
