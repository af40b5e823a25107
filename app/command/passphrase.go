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

// Environment variables that name the files with other passphrases of one act:
// a new one, and that of the second custodian.
const (
	newFileVar    = "SLEUTELBORD_NEW_PASSPHRASE_FILE"
	secondFileVar = "SLEUTELBORD_SECOND_PASSPHRASE_FILE"
)

// maxPassphrase bounds what is read of a passphrase file, in bytes.
const maxPassphrase = 4096

// passphrase reads the passphrase of a store that exists.
func (a *app) passphrase() ([]byte, error) {
	return a.secret(passphraseFileVar, "Passphrase: ")
}

// secret reads a passphrase from the file that an environment variable names,
// or asks for it.
func (a *app) secret(variable, prompt string) ([]byte, error) {
	if p, found, err := a.secretFromFile(variable); found || err != nil {
		return p, err
	}
	return a.ask(prompt)
}

// newPassphrase reads the passphrase of a store to be made; a person types it
// twice.
func (a *app) newPassphrase() ([]byte, error) {
	return a.newSecret(passphraseFileVar, "New passphrase: ")
}

// newSecret is secret for a passphrase that a person types twice.
func (a *app) newSecret(variable, prompt string) ([]byte, error) {
	if p, found, err := a.secretFromFile(variable); found || err != nil {
		return p, err
	}
	first, err := a.ask(prompt)
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
	return a.secretFromFile(passphraseFileVar)
}

func (a *app) secretFromFile(variable string) (p []byte, found bool, err error) {
	name := a.env.Getenv(variable)
	if name == "" {
		return nil, false, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, false, errPassphraseFile.of(variable).because(err)
	}
	defer func() { _ = f.Close() }() // was only read
	if err := a.warnIfLoose(f); err != nil {
		return nil, false, errPassphraseFile.of(variable).because(err)
	}
	p, err = io.ReadAll(io.LimitReader(f, maxPassphrase+1))
	if err != nil {
		return nil, false, errPassphraseFile.of(variable).because(err)
	}
	if len(p) > maxPassphrase {
		clear(p)
		return nil, false, errPassphraseFile.of(variable).because(fmt.Errorf("longer than %d bytes", maxPassphrase))
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

// of is the complaint about the file that a variable names.
func (c complaint) of(variable string) complaint {
	c.what = "The file named by " + variable + " cannot be used as a passphrase."
	return c
}
