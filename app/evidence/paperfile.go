package evidence

import (
	"errors"
	"os"
	"path/filepath"
)

// WritePaper writes a paper into a file, in place of one that is there: all of it,
// or nothing. Only its owner can read it, since it may be about somebody.
func WritePaper(name string, content []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(name), ".paper-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name()) // it is useless, and may be gone already
		}
	}()
	_, err = f.Write(content)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}
