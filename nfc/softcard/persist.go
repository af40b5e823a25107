package softcard

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// Open gives the card that the file at path holds, or makes a blank one of c in
// a new file. Of an existing card only c.Random counts; its chip and memory are
// those of its birth.
//
// The file is a tag with all its keys in clear: it is made for its owner only
// (mode 0600), and belongs where no real secret does. It is written anew after
// every command that changes the card, beside the old one and then in its place,
// so that it is always the card before or the card after a command. One program
// at a time may have it open.
func Open(path string, c Config) (*Card, error) {
	if path == "" {
		return nil, errors.New("opening a software card: no path")
	}
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		c.Path = path
		return New(c)
	}
	if err != nil {
		return nil, fmt.Errorf("opening a software card: %w", err)
	}
	im, err := decodeImage(b)
	if err != nil {
		return nil, fmt.Errorf("opening software card %s: %w", path, err)
	}
	c.Path, c.UID, c.Signature, c.Memory, c.Chip = "", im.uid, nil, im.memory, im.chip
	card, err := newCard(c)
	if err != nil {
		return nil, err
	}
	card.image, card.path, card.saved = im, path, b
	card.powerOn()
	return card, nil
}

// create writes the file of a new card.
func (c *Card) create(path string) error {
	if _, err := os.Lstat(path); err == nil {
		return fmt.Errorf("%s: %w", path, fs.ErrExist)
	}
	c.path = path
	return c.save()
}

// save writes the image, if the card has a file.
func (c *Card) save() error {
	if c.path == "" {
		c.dirty = false
		return nil
	}
	b, err := encodeImage(c.image)
	if err != nil {
		return err
	}
	if err := replaceFile(c.path, b); err != nil {
		return err
	}
	c.saved, c.dirty = b, false
	return nil
}

// dropChange puts the image back to what the file says. Without a file there is
// nothing to fail, and nothing to go back to.
func (c *Card) dropChange() {
	c.dirty = false
	if c.saved == nil {
		return
	}
	im, err := decodeImage(c.saved)
	if err != nil {
		panic("softcard: own file does not parse: " + err.Error())
	}
	c.image = im
}

// replaceFile puts b in the place of the file at path: written and synced under
// another name first, so that the file is never half of anything.
func replaceFile(path string, b []byte) error {
	fresh := path + ".new"
	f, err := os.OpenFile(fresh, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(fresh, path)
	}
	if err != nil {
		return errors.Join(err, removeIfThere(fresh))
	}
	return syncFolder(filepath.Dir(path))
}

func removeIfThere(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// syncFolder makes a rename durable. Windows cannot open folders for it and does
// it by itself.
func syncFolder(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	err = d.Sync()
	return errors.Join(err, d.Close())
}

// decodeImage reads what encodeImage writes, and nothing else: what parses
// encodes to the same bytes.
func decodeImage(b []byte) (*image, error) {
	var s imageFile
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		return nil, fmt.Errorf("not a software card: %w", err)
	}
	if s.Version != formatVersion {
		return nil, fmt.Errorf("software card of format %d, this program knows %d", s.Version, formatVersion)
	}
	im, err := s.image()
	if err != nil {
		return nil, err
	}
	again, err := encodeImage(im)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(b, again) {
		return nil, errors.New("not written by this program, or changed since")
	}
	return im, nil
}

func encodeImage(im *image) ([]byte, error) {
	b, err := json.MarshalIndent(imageToFile(im), "", "\t")
	if err != nil {
		return nil, fmt.Errorf("encoding a software card: %w", err)
	}
	return append(b, '\n'), nil
}
