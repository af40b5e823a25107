package desk

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"sleutelbord/store"
)

// Names of records that were put aside: the folder's name, then asideMark, the
// time, and unsettled for as long as no others are in their place.
const (
	asideMark = ".aside-"
	unsettled = "-unfinished"
)

// aside are records that were put aside. The zero value is none.
type aside struct{ dir, name string }

// putAside gives records that are in the folder already another name, if that
// was asked for.
func (o *RestoreOptions) putAside() (aside, error) {
	if !o.PutAside || !store.Exists(o.Dir) {
		return aside{}, nil
	}
	a := aside{o.Dir, filepath.Clean(o.Dir) + asideMark + o.Clock().Format("2006-01-02-150405") + unsettled}
	return a, store.PutAside(a.dir, a.name)
}

// back puts them back where others could not take their place.
func (a aside) back() error {
	if a.name == "" {
		return nil
	}
	return store.PutBack(a.name, a.dir)
}

// settled gives them the name under which they stay. Where that cannot be done
// now, [SettleAside] does it.
func (a aside) settled() string {
	name := strings.TrimSuffix(a.name, unsettled)
	if a.name == "" || os.Rename(a.name, name) != nil {
		return a.name
	}
	return name
}

// SettleAside ends a restoring beside other records that the program did not
// survive: they come back, unless the restored ones are whole. While a program
// is at it, nothing is done.
func SettleAside(dir string) error {
	dir = filepath.Clean(dir)
	entries, err := os.ReadDir(filepath.Dir(dir))
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return nil // nothing was put aside in a folder that cannot be read
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), filepath.Base(dir)+asideMark) || !strings.HasSuffix(e.Name(), unsettled) {
			continue
		}
		a := aside{dir, filepath.Join(filepath.Dir(dir), e.Name())}
		if store.Exists(dir) {
			a.settled()
			continue
		}
		if err := a.back(); err != nil && !errors.Is(err, store.ErrLocked) {
			return fmt.Errorf("ending a restoring that was interrupted: %w", err)
		}
	}
	return err
}
