package desk

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// errFileExists: a file that is to be made is there already.
var errFileExists = errors.New("the file is there already")

// writeNew makes a file that only its owner reads; one that is there is left alone.
func writeNew(name string, content []byte) error {
	return makeNew(name, func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	})
}

// makeNew makes a file in one step: until it is whole and durable it has another
// name, with which an interrupted one stays behind, see [partName].
func makeNew(name string, write func(io.Writer) error) (err error) {
	if _, err := os.Lstat(name); !errors.Is(err, fs.ErrNotExist) {
		if err == nil {
			err = fmt.Errorf("%s: %w", name, errFileExists)
		}
		return err
	}
	part := partName(name)
	f, err := os.OpenFile(part, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(part))
		}
	}()
	if err := errors.Join(write(f), f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(part, name); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(name))
}

// partName is the name of a file that is not whole yet.
func partName(name string) string { return name + ".part" }

// syncFolder makes names in a folder durable. Windows has no such call and
// orders renames by itself.
func syncFolder(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
