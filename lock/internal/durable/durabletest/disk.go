// Package durabletest has a disk that can crash, for the tests of everything
// that is written by package durable.
package durabletest

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"sleutelbord/lock/internal/durable"
)

// ErrCrash is what every step answers once the disk has crashed.
var ErrCrash = errors.New("the power is gone")

// Disk keeps what was written apart from what is safe: the content of a file
// is safe up to its last sync, and its name once the name was synced. The zero
// Disk is empty and does not crash.
type Disk struct {
	// CrashAt is the step before which the power goes, counted from 1; 0 is
	// never. Each call counts, and a write counts twice: it can stop halfway.
	CrashAt int
	// FailAt is a step that fails with Failure while the disk goes on; 0 is
	// none.
	FailAt  int
	Failure error

	steps   int
	names   map[string]*inode // as a program sees them
	safe    map[string]*inode // as they are on the disk for certain
	pending []change
}

type inode struct{ data, synced []byte }

// change is a change of names that was not synced; a nil inode removes.
type change map[string]*inode

// Steps is how many steps were taken.
func (d *Disk) Steps() int { return d.steps }

func (d *Disk) step() error {
	d.steps++
	switch {
	case d.CrashAt != 0 && d.steps >= d.CrashAt:
		return ErrCrash
	case d.FailAt != 0 && d.steps == d.FailAt:
		return d.Failure
	}
	return nil
}

func (d *Disk) apply(c change) {
	d.pending = append(d.pending, c)
	d.names = after(d.names, c)
}

func after(names map[string]*inode, c change) map[string]*inode {
	next := maps.Clone(names)
	if next == nil {
		next = map[string]*inode{}
	}
	for name, n := range c {
		if n == nil {
			delete(next, name)
		} else {
			next[name] = n
		}
	}
	return next
}

// Create implements durable.FS.
func (d *Disk) Create(name string, _ fs.FileMode) (durable.File, error) {
	if err := d.step(); err != nil {
		return nil, err
	}
	n := &inode{}
	d.apply(change{name: n})
	return &file{d, n}, nil
}

// Rename implements durable.FS.
func (d *Disk) Rename(from, to string) error {
	if err := d.step(); err != nil {
		return err
	}
	n, ok := d.names[from]
	if !ok {
		return fs.ErrNotExist
	}
	d.apply(change{from: nil, to: n})
	return nil
}

// Remove implements durable.FS.
func (d *Disk) Remove(name string) error {
	if err := d.step(); err != nil {
		return err
	}
	if _, ok := d.names[name]; !ok {
		return fs.ErrNotExist
	}
	d.apply(change{name: nil})
	return nil
}

// SyncName implements durable.FS.
func (d *Disk) SyncName(string) error {
	if err := d.step(); err != nil {
		return err
	}
	d.safe, d.pending = maps.Clone(d.names), nil
	return nil
}

// ReadFile implements durable.FS.
func (d *Disk) ReadFile(name string, limit int64) ([]byte, error) {
	n, ok := d.names[name]
	if !ok {
		return nil, fs.ErrNotExist
	}
	if int64(len(n.data)) > limit {
		return nil, fmt.Errorf("%s is longer than %d bytes", name, limit)
	}
	return bytes.Clone(n.data), nil
}

type file struct {
	d *Disk
	n *inode
}

func (f *file) Write(b []byte) (int, error) {
	half := len(b) / 2
	for _, part := range [][]byte{b[:half], b[half:]} {
		if err := f.d.step(); err != nil {
			return 0, err
		}
		f.n.data = append(f.n.data, part...)
	}
	return len(b), nil
}

func (f *file) Sync() error {
	if err := f.d.step(); err != nil {
		return err
	}
	f.n.synced = bytes.Clone(f.n.data)
	return nil
}

func (f *file) Close() error { return f.d.step() }

// Killed is the disk as a program finds it after it was killed: all that was
// written is there.
func (d *Disk) Killed() *Disk {
	k := &Disk{names: map[string]*inode{}, safe: map[string]*inode{}}
	for name, n := range d.names {
		k.names[name] = &inode{bytes.Clone(n.data), bytes.Clone(n.data)}
		k.safe[name] = k.names[name]
	}
	return k
}

// Crashed gives every disk that a loss of power can leave: each change of
// names that was not synced has happened or not, in any combination, and of
// each content that was not synced there is nothing, a part, zeros, or all.
func (d *Disk) Crashed() []*Disk {
	var disks []*Disk
	for set := range 1 << len(d.pending) {
		names := maps.Clone(d.safe)
		for i, c := range d.pending {
			if set>>i&1 == 1 {
				names = after(names, c)
			}
		}
		disks = append(disks, contents(names)...)
	}
	return disks
}

func contents(names map[string]*inode) []*Disk {
	disks := []*Disk{{names: map[string]*inode{}, safe: map[string]*inode{}}}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		n := names[name]
		choices := [][]byte{n.data}
		if !bytes.Equal(n.data, n.synced) {
			choices = [][]byte{n.synced, n.data[:len(n.data)/2], make([]byte, len(n.data)), n.data}
		}
		var next []*Disk
		for _, d := range disks {
			for _, data := range choices {
				c := &Disk{names: maps.Clone(d.names), safe: maps.Clone(d.safe)}
				c.names[name] = &inode{bytes.Clone(data), bytes.Clone(data)}
				c.safe[name] = c.names[name]
				next = append(next, c)
			}
		}
		disks = next
	}
	return disks
}
