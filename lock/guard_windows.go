package lock

import (
	"errors"
	"fmt"
	"syscall"
)

// guard keeps a second process out of a state directory: a file opened without
// sharing. The system lets go of it when the process ends, however it ends.
type guard struct{ h syscall.Handle }

// errorSharingViolation is ERROR_SHARING_VIOLATION (Microsoft, Win32 "System
// Error Codes 0-499").
const errorSharingViolation = syscall.Errno(32)

func takeGuard(path string) (guard, error) {
	name, err := syscall.UTF16PtrFromString(path)
	if err != nil {
		return guard{}, err
	}
	h, err := syscall.CreateFile(name, syscall.GENERIC_READ|syscall.GENERIC_WRITE, 0, nil,
		syscall.OPEN_ALWAYS, syscall.FILE_ATTRIBUTE_NORMAL, 0)
	if errors.Is(err, errorSharingViolation) {
		return guard{}, fmt.Errorf("%w: %w", ErrInUse, err)
	}
	if err != nil {
		return guard{}, err
	}
	return guard{h}, nil
}

func (g guard) release() error { return syscall.CloseHandle(g.h) }
