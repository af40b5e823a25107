// Package carrier brings bundles to locks and receipts back. What it carries
// protects itself: a carrier is trusted with nothing, and everybody may read
// and copy it. There are three: the folder, which is here, the update card in
// package updatecard, and MQTT in package mqtt; one suite of tests holds all of
// them to the same contract.
//
// A [Folder] is a directory, on a disk or a USB stick:
//
//	NAME.bundle   the newest bundle of the lock NAME
//	NAME.receipt  the lock's last receipt, 29 bytes
//	BUNDLES.txt   a list for people of what is there
//	*.part        a file that is being written, or that was when the stick was
//	              pulled out: never read
//
// Names are those of [bundle.LockName] and are compared without regard to
// case, so that a folder means the same on every file system.
package carrier

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"

	"sleutelbord/lock/bundle"
	"sleutelbord/lock/internal/durable"
)

// Endings of the files in a folder.
const (
	bundleSuffix  = ".bundle"
	receiptSuffix = ".receipt"
)

// maxReceiptFile is what is read of a receipt file, in bytes.
const maxReceiptFile = 1024

// ListFile is the name of the list for people.
const ListFile = "BUNDLES.txt"

// Errors of a carrier. [ErrReadOnly] and [ErrGone] are also [ErrFolder].
var (
	ErrNothing  = errors.New("nothing there for this lock")
	ErrFull     = errors.New("no room left on the stick or disk")
	ErrFolder   = errors.New("stick or folder cannot be used")
	ErrReadOnly = fmt.Errorf("%w: it is write-protected", ErrFolder)
	ErrGone     = fmt.Errorf("%w: it is not there", ErrFolder)
)

var errNoName = errors.New("lock has no name")

// Folder is a directory that carries bundles and receipts. It may be used by
// several goroutines.
type Folder struct {
	dir string
	fs  durable.FS

	mu sync.Mutex
	// names maps an upper-case file name to the one on the disk; nil until the
	// first write.
	names map[string]string
}

// OpenFolder gives the folder dir, which need not be there yet: a lock goes on
// without its stick. Nothing is read.
func OpenFolder(dir string) *Folder { return &Folder{dir: dir, fs: durable.OS{}} }

// Dir is the folder's path.
func (f *Folder) Dir() string { return f.dir }

// Reach tells whether the folder is there, or [ErrGone]. It is never made: a
// stick that is not put in, or a name that was mistyped, would get a folder
// beside it that nobody looks into.
func (f *Folder) Reach() error {
	info, err := os.Stat(f.dir)
	if err == nil && !info.IsDir() {
		err = syscall.ENOTDIR
	}
	if err != nil {
		return fmt.Errorf("looking for folder %s: %w", f.dir, f.explain(err))
	}
	return nil
}

// WriteBundle replaces the bundle of a lock. data is refused unless it has the
// whole form of a bundle for that lock.
func (f *Folder) WriteBundle(name bundle.LockName, data []byte) error {
	h, err := bundle.ParseHeader(data)
	if err != nil {
		return fmt.Errorf("writing bundle of lock %v: %w", name, err)
	}
	if h.Lock != name.ID() {
		return fmt.Errorf("writing bundle of lock %v: %w", name, bundle.ErrLock)
	}
	if err := f.write(name, bundleSuffix, data); err != nil {
		return fmt.Errorf("writing bundle of lock %v: %w", name, err)
	}
	return nil
}

// ReadBundle gives the bundle of a lock as it is found, unverified, or
// [ErrNothing].
func (f *Folder) ReadBundle(name bundle.LockName) ([]byte, error) {
	data, err := f.read(name, bundleSuffix, bundle.MaxSize)
	if err != nil {
		return nil, fmt.Errorf("reading bundle of lock %v: %w", name, err)
	}
	return data, nil
}

// WriteReceipt leaves a lock's receipt for the desk. A receipt that is there
// already is not written again.
func (f *Folder) WriteReceipt(name bundle.LockName, r bundle.Receipt) error {
	if have, err := f.read(name, receiptSuffix, bundle.ReceiptSize); err == nil && string(have) == string(r[:]) {
		return nil
	}
	if err := f.write(name, receiptSuffix, r[:]); err != nil {
		return fmt.Errorf("writing receipt of lock %v: %w", name, err)
	}
	return nil
}

// ReadReceiptFile gives what lies in the place of a lock's receipt, at most 1024
// bytes of anything, or [ErrNothing].
func (f *Folder) ReadReceiptFile(name bundle.LockName) ([]byte, error) {
	data, err := f.read(name, receiptSuffix, maxReceiptFile)
	if err != nil {
		return nil, fmt.Errorf("reading receipt of lock %v: %w", name, err)
	}
	return data, nil
}

// ReadReceipt gives a lock's receipt, unverified, or [ErrNothing]. A file that
// is no receipt is an error that wraps [bundle.ErrReceipt].
func (f *Folder) ReadReceipt(name bundle.LockName) (bundle.Receipt, error) {
	data, err := f.read(name, receiptSuffix, maxReceiptFile)
	if err == nil {
		var r bundle.Receipt
		if r, err = bundle.ParseReceipt(data); err == nil {
			return r, nil
		}
	}
	return bundle.Receipt{}, fmt.Errorf("reading receipt of lock %v: %w", name, err)
}

// Bundles implements [Lockside].
func (f *Folder) Bundles(_ context.Context, name bundle.LockName) ([][]byte, error) {
	data, err := f.ReadBundle(name)
	switch {
	case errors.Is(err, ErrNothing):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return [][]byte{data}, nil
}

// Leave implements [Lockside]. A folder that has nothing for the lock gets
// nothing from it.
func (f *Folder) Leave(_ context.Context, name bundle.LockName, r bundle.Receipt) error {
	if _, err := f.read(name, bundleSuffix, bundle.MaxSize); errors.Is(err, ErrNothing) {
		return nil
	}
	return f.WriteReceipt(name, r)
}

// Vouches implements [Lockside]: somebody put the stick into the door.
func (f *Folder) Vouches(bundle.SignerKey) bool { return true }

// RemoveBundle takes a lock's bundle away, if there is one.
func (f *Folder) RemoveBundle(name bundle.LockName) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	file, err := f.target(name, bundleSuffix)
	if err == nil {
		err = f.fs.Remove(file)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing bundle of lock %v: %w", name, f.explain(err))
	}
	return nil
}

func (f *Folder) write(name bundle.LockName, suffix string, data []byte) error {
	if name.IsZero() {
		return errNoName
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	file, err := f.target(name, suffix)
	if err == nil {
		err = durable.WriteFile(f.fs, file, data, 0o644)
	}
	if err != nil {
		return f.explain(err)
	}
	base := filepath.Base(file)
	f.names[strings.ToUpper(base)] = base
	return nil
}

// target is the file to write for a lock: the one that is there, however its
// name is spelled.
func (f *Folder) target(name bundle.LockName, suffix string) (string, error) {
	if f.names == nil {
		names, err := f.scan()
		if err != nil {
			return "", err
		}
		f.names = names
	}
	base := name.String() + suffix
	if found, ok := f.names[strings.ToUpper(base)]; ok {
		base = found
	}
	return filepath.Join(f.dir, base), nil
}

// scan reads the directory. Of two names that differ in case only, which no
// stick can have, the first counts.
func (f *Folder) scan() (map[string]string, error) {
	entries, err := os.ReadDir(f.dir)
	if err != nil {
		return nil, err
	}
	names := make(map[string]string, len(entries))
	for _, e := range entries {
		key := strings.ToUpper(e.Name())
		if _, ok := names[key]; !ok {
			names[key] = e.Name()
		}
	}
	return names, nil
}

func (f *Folder) read(name bundle.LockName, suffix string, limit int64) ([]byte, error) {
	if name.IsZero() {
		return nil, errNoName
	}
	base := name.String() + suffix
	data, err := f.fs.ReadFile(filepath.Join(f.dir, base), limit)
	if err == nil || !errors.Is(err, fs.ErrNotExist) {
		return data, f.explain(err)
	}
	names, err := f.scan()
	if err != nil {
		return nil, f.explain(err)
	}
	found, ok := names[strings.ToUpper(base)]
	if !ok {
		return nil, ErrNothing
	}
	data, err = f.fs.ReadFile(filepath.Join(f.dir, found), limit)
	return data, f.explain(err)
}

// explain puts the sentinel of this package before an error of the system. A
// missing file is one of a missing folder: reading has looked for the file.
func (f *Folder) explain(err error) error {
	switch {
	case err == nil:
		return nil
	case isFull(err):
		return fmt.Errorf("%w: %w", ErrFull, err)
	case isGone(err), errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w: %w", ErrGone, err)
	case isReadOnly(err), errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w: %w", ErrReadOnly, err)
	case errors.Is(err, durable.ErrNoFile), errors.Is(err, durable.ErrTooLong):
		return fmt.Errorf("%w: %w", bundle.ErrDamaged, err)
	}
	return err
}
