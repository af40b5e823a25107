package command

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
)

// passphraseFileVar names the environment variable that names the file with
// the passphrase, for scripts.
const passphraseFileVar = "SLEUTELBORD_PASSPHRASE_FILE"

// maxPassphrase bounds what is read of a passphrase file, in bytes.
const maxPassphrase = 4096

// passphrase reads the passphrase of a store that exists.
func (a *app) passphrase() ([]byte, error) {
	if p, found, err := a.passphraseFromFile(); found || err != nil {
		return p, err
	}
	return a.ask("Passphrase: ")
}

// newPassphrase reads the passphrase of a store to be made; a person types it
// twice.
func (a *app) newPassphrase() ([]byte, error) {
	if p, found, err := a.passphraseFromFile(); found || err != nil {
		return p, err
	}
	first, err := a.ask("New passphrase: ")
	if err != nil {
		return nil, err
	}
	second, err := a.ask("The same passphrase again: ")
	if err != nil {
		clear(first)
		return nil, err
	}
	defer clear(second)
	if !bytes.Equal(first, second) {
		clear(first)
		return nil, errPassphrasesDiffer.because(nil)
	}
	return first, nil
}

func (a *app) ask(prompt string) ([]byte, error) {
	if !a.env.CanAsk() {
		return nil, errNoPassphrase.because(nil)
	}
	if err := say(a.env.Stderr, "%s", prompt); err != nil {
		return nil, err
	}
	p, err := a.env.ReadPassphrase()
	// The newline that the person typed was not shown either.
	if nl := say(a.env.Stderr, "\n"); err == nil {
		err = nl
	}
	switch {
	case errors.Is(err, io.EOF):
		return nil, errNoPassphrase.because(err)
	case err != nil:
		return nil, fmt.Errorf("reading the passphrase: %w", err)
	case len(p) == 0:
		return nil, errEmptyPassphrase.because(nil)
	}
	return p, nil
}

func (a *app) passphraseFromFile() (p []byte, found bool, err error) {
	name := a.env.Getenv(passphraseFileVar)
	if name == "" {
		return nil, false, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, false, errPassphraseFile.because(err)
	}
	defer func() { _ = f.Close() }() // was only read
	if err := a.warnIfLoose(f); err != nil {
		return nil, false, errPassphraseFile.because(err)
	}
	p, err = io.ReadAll(io.LimitReader(f, maxPassphrase+1))
	if err != nil {
		return nil, false, errPassphraseFile.because(err)
	}
	if len(p) > maxPassphrase {
		clear(p)
		return nil, false, errPassphraseFile.because(fmt.Errorf("longer than %d bytes", maxPassphrase))
	}
	p = bytes.TrimSuffix(bytes.TrimSuffix(p, []byte("\n")), []byte("\r"))
	if len(p) == 0 {
		return nil, false, errEmptyPassphrase.because(nil)
	}
	return p, true, nil
}

// warnIfLoose warns when others than the owner can read the file. Windows keeps
// that in access lists, which the mode does not show.
func (a *app) warnIfLoose(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	loose := info.Mode().IsRegular() && info.Mode().Perm()&0o077 != 0
	if loose && runtime.GOOS != "windows" {
		a.log.Warnf("others can read the passphrase file: chmod %04o it", info.Mode().Perm()&^fs.FileMode(0o077))
	}
	return nil
}
