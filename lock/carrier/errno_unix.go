//go:build !windows

package carrier

import (
	"errors"
	"syscall"
)

func isFull(err error) bool { return isErrno(err, syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG) }

func isReadOnly(err error) bool { return isErrno(err, syscall.EROFS) }

func isGone(err error) bool {
	return isErrno(err, syscall.EIO, syscall.ENODEV, syscall.ENXIO, syscall.ENOTDIR, syscall.ESTALE)
}

func isErrno(err error, any ...syscall.Errno) bool {
	for _, e := range any {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
