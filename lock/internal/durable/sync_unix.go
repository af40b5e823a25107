//go:build !windows

package durable

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
)

// noWait keeps opening a pipe from waiting for its other end.
const noWait = syscall.O_NONBLOCK

// syncName syncs the directory that holds name. Some network file systems
// cannot sync a directory and keep names durable by themselves: they answer
// "invalid argument" or "not supported", which is no error here.
func syncName(name string) error {
	d, err := os.Open(filepath.Dir(name))
	if err != nil {
		return err
	}
	err = d.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOTSUP) {
		err = nil
	}
	return errors.Join(err, d.Close())
}
