package store

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// A counter file has two records of 64 bytes: magic (8), store id (16),
// counter (8, big-endian), HMAC-SHA256 over these. Commit n writes record n
// modulo 2, so that a torn write leaves the one before.
const (
	counterMagic      = "SLBDCNT1"
	counterMACOffset  = 8 + idSize + 8
	counterRecordSize = counterMACOffset + sha256.Size
)

// counter remembers the number of the last commit outside of the records. Its
// files need no sync at every commit: losing the last ones in a power cut only
// means that a rollback by as many commits is not noticed.
type counter struct {
	store [idSize]byte
	key   [keySize]byte
	files []*os.File
	// last is the number that every file should hold; owed is set while one does not.
	last uint64
	owed bool
}

// openCounter opens or creates the counter files of a store in its folders
// and gives the highest number in them; found is false if none holds any.
func openCounter(id [idSize]byte, key [keySize]byte, paths []string) (c *counter, high uint64, found bool, err error) {
	c = &counter{store: id, key: key}
	for _, p := range paths {
		f, err := os.OpenFile(p, os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			return nil, 0, false, errors.Join(fmt.Errorf("opening the change counter: %w", err), c.close())
		}
		c.files = append(c.files, f)
		n, ok, err := c.read(f)
		if err != nil {
			return nil, 0, false, errors.Join(err, c.close())
		}
		if ok {
			found, high = true, max(high, n)
		}
	}
	return c, high, found, nil
}

// read gives the highest authentic number of a file.
func (c *counter) read(f *os.File) (high uint64, ok bool, err error) {
	b := make([]byte, 2*counterRecordSize)
	n, err := f.ReadAt(b, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, false, fmt.Errorf("reading the change counter: %w", err)
	}
	for b = b[:n]; len(b) >= counterRecordSize; b = b[counterRecordSize:] {
		if v, good := c.parse(b[:counterRecordSize]); good {
			ok, high = true, max(high, v)
		}
	}
	return high, ok, nil
}

func (c *counter) parse(b []byte) (uint64, bool) {
	n := binary.BigEndian.Uint64(b[8+idSize:])
	return n, hmac.Equal(b, c.record(n))
}

func (c *counter) record(n uint64) []byte {
	b := make([]byte, 0, counterRecordSize)
	b = append(b, counterMagic...)
	b = append(b, c.store[:]...)
	b = binary.BigEndian.AppendUint64(b, n)
	m := hmac.New(sha256.New, c.key[:])
	m.Write(b)
	return m.Sum(b)
}

// put writes the number of a commit that has happened. The commit stands
// whether or not this succeeds, so there is no error: [counter.settle] tries again
// before the next change, and refuses that.
func (c *counter) put(n uint64) {
	c.last = n
	c.owed = c.write() != nil
}

// settle writes a number that could not be written when it was due.
func (c *counter) settle() error {
	if !c.owed {
		return nil
	}
	if err := c.write(); err != nil {
		return err
	}
	c.owed = false
	return nil
}

func (c *counter) write() error {
	b := c.record(c.last)
	for _, f := range c.files {
		if _, err := f.WriteAt(b, int64(c.last%2)*counterRecordSize); err != nil {
			return fmt.Errorf("writing the change counter: %w", err)
		}
	}
	return nil
}

// sync makes the numbers durable.
func (c *counter) sync() error {
	var errs []error
	for _, f := range c.files {
		if err := f.Sync(); err != nil {
			errs = append(errs, fmt.Errorf("writing the change counter: %w", err))
		}
	}
	return errors.Join(errs...)
}

func (c *counter) close() error {
	var errs []error
	for _, f := range c.files {
		errs = append(errs, f.Close())
	}
	c.files = nil
	clear(c.key[:])
	return errors.Join(errs...)
}

// counterPaths are the places of a store's change counter: beside the records
// and, if there is one, in a folder outside.
func counterPaths(dir, outside string, id [idSize]byte) ([]string, error) {
	paths := []string{filepath.Join(dir, counterName)}
	if outside == "" {
		return paths, nil
	}
	if err := os.MkdirAll(outside, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("making the folder of the change counter: %w", err)
	}
	return append(paths, filepath.Join(outside, hex.EncodeToString(id[:])+".counter")), nil
}
