package durable

import (
	"errors"
	"os"
)

// noWait: opening waits for nothing here.
const noWait = 0

// syncName flushes the renamed file once more under its new name, which on
// Windows also flushes its directory entry; a directory itself cannot be
// opened for that. Source: Microsoft, Win32 "FlushFileBuffers function".
func syncName(name string) error {
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
