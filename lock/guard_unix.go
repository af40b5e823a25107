//go:build !windows

package lock

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// guard keeps a second process out of a state directory. The system lets go of
// it when the process ends, however it ends.
type guard struct{ f *os.File }

func takeGuard(path string) (guard, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return guard{}, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return guard{}, errors.Join(fmt.Errorf("%w: %w", ErrInUse, err), f.Close())
	}
	return guard{f}, nil
}

// release lets go, also where a program that is just being started has the file
// as well, until it runs: closing alone would leave it locked.
func (g guard) release() error {
	return errors.Join(syscall.Flock(int(g.f.Fd()), syscall.LOCK_UN), g.f.Close())
}
