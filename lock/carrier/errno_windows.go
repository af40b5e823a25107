package carrier

import (
	"errors"
	"syscall"
)

// System error codes (Microsoft, Win32 "System Error Codes 0-499, 1300-1699").
const (
	errorWriteProtect   = syscall.Errno(19)
	errorNotReady       = syscall.Errno(21)
	errorHandleDiskFull = syscall.Errno(39)
	errorDevNotExist    = syscall.Errno(55)
	errorDiskFull       = syscall.Errno(112)
	errorNoSuchDevice   = syscall.Errno(433)
	errorIODevice       = syscall.Errno(1117)
	errorDeviceRemoved  = syscall.Errno(1617)
)

func isFull(err error) bool { return isErrno(err, errorDiskFull, errorHandleDiskFull) }

func isReadOnly(err error) bool { return isErrno(err, errorWriteProtect) }

func isGone(err error) bool {
	return isErrno(err, errorNotReady, errorDevNotExist, errorNoSuchDevice, errorIODevice, errorDeviceRemoved)
}

func isErrno(err error, any ...syscall.Errno) bool {
	for _, e := range any {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
