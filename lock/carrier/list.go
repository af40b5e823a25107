package carrier

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"sleutelbord/lock/bundle"
	"sleutelbord/lock/internal/durable"
)

// Entry is one lock's place in a folder.
type Entry struct {
	Name bundle.LockName
	// Size is the length of the bundle in bytes.
	Size int
	// Header is what the bundle says of itself, unverified. It is zero where
	// Err says that the file is no whole bundle.
	Header bundle.Header
	Err    error
	// Receipt tells whether a receipt lies there, unverified.
	Receipt bool
}

// List gives what is in the folder, by lock name. Files that do not belong to
// a carrier are passed over.
func (f *Folder) List() ([]Entry, error) { return f.list(bundle.ParseHeader) }

// Survey is List with every bundle verified: one that signer did not sign is an
// Err, like one that is damaged.
func (f *Folder) Survey(signer bundle.SignerKey) ([]Entry, error) {
	return f.list(func(data []byte) (bundle.Header, error) { return bundle.Verify(data, signer) })
}

func (f *Folder) list(header func([]byte) (bundle.Header, error)) ([]Entry, error) {
	names, err := f.scan()
	if err != nil {
		return nil, fmt.Errorf("listing %s: %w", f.dir, f.explain(err))
	}
	var list []Entry
	for _, file := range names {
		id := len(file) - len(bundleSuffix)
		if id < 1 || !strings.EqualFold(file[id:], bundleSuffix) {
			continue
		}
		name, err := bundle.ParseLockName(file[:id])
		if err != nil {
			continue
		}
		e := f.entry(name, file, header)
		_, e.Receipt = names[strings.ToUpper(name.String()+receiptSuffix)]
		list = append(list, e)
	}
	slices.SortFunc(list, func(a, b Entry) int { return strings.Compare(a.Name.Canonical(), b.Name.Canonical()) })
	return list, nil
}

func (f *Folder) entry(name bundle.LockName, file string, header func([]byte) (bundle.Header, error)) Entry {
	e := Entry{Name: name}
	data, err := f.fs.ReadFile(filepath.Join(f.dir, file), bundle.MaxSize)
	if err != nil {
		e.Err = f.explain(err)
		return e
	}
	e.Size = len(data)
	e.Header, e.Err = header(data)
	if e.Err == nil && e.Header.Lock != name.ID() {
		e.Err = bundle.ErrLock
	}
	return e
}

// WriteList writes [ListFile]: what is in the folder, for people. It says
// nothing that the other files do not show to everybody. Lines end as Windows
// wants them. Call it once after the bundles are written.
func (f *Folder) WriteList() error {
	list, err := f.List()
	if err != nil {
		return err
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "Sleutelbord: %d bundles. Each can be read by its own lock only.\r\n\r\n", len(list))
	fmt.Fprintf(&b, "%-32s  %10s  %6s  %s\r\n", "lock", "sequence", "bytes", "receipt")
	for _, e := range list {
		receipt := "no"
		if e.Receipt {
			receipt = "yes"
		}
		sequence := fmt.Sprint(e.Header.Sequence)
		if e.Err != nil {
			sequence = "damaged"
		}
		fmt.Fprintf(&b, "%-32s  %10s  %6d  %s\r\n", e.Name, sequence, e.Size, receipt)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := durable.WriteFile(f.fs, filepath.Join(f.dir, ListFile), b.Bytes(), 0o644); err != nil {
		return fmt.Errorf("writing list: %w", f.explain(err))
	}
	return nil
}
