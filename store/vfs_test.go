package store

import (
	"errors"
	"io/fs"
	"os"

	"github.com/ncruces/go-sqlite3/vfs"
)

// diskVFS opens files for SQLite without what a test does not need: locks,
// shared memory, and waiting for the disk.
type diskVFS struct{}

func (diskVFS) Open(name string, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	mode := os.O_RDWR
	if flags&vfs.OPEN_CREATE != 0 {
		mode |= os.O_CREATE
	}
	if flags&vfs.OPEN_READONLY != 0 {
		mode = os.O_RDONLY
	}
	f, err := os.OpenFile(name, mode, 0o600)
	return diskFile{f}, flags, err
}

func (diskVFS) Delete(name string, _ bool) error { return os.Remove(name) }

func (diskVFS) Access(name string, _ vfs.AccessFlag) (bool, error) {
	_, err := os.Stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

func (diskVFS) FullPathname(name string) (string, error) { return name, nil }

type diskFile struct{ *os.File }

func (f diskFile) Size() (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

func (diskFile) Sync(vfs.SyncFlag) error                         { return nil }
func (diskFile) Lock(vfs.LockLevel) error                        { return nil }
func (diskFile) Unlock(vfs.LockLevel) error                      { return nil }
func (diskFile) CheckReservedLock() (bool, error)                { return false, nil }
func (diskFile) SectorSize() int                                 { return 512 }
func (diskFile) DeviceCharacteristics() vfs.DeviceCharacteristic { return vfs.IOCAP_SUBPAGE_READ }

// oneFile opens this file, whatever is asked for: the encryption opens files
// with a name only for SQLite, but those without one for anybody.
type oneFile struct {
	diskVFS
	path string
}

func (o oneFile) Open(_ string, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	return o.diskVFS.Open(o.path, flags)
}
