// Package pcsc reaches tags through PC/SC, the smart card service of every
// desktop system: pcsc-lite on Linux, WinSCard on Windows, PCSC.framework on
// macOS.
//
// # How readers are watched
//
// One context of its own waits in SCardGetStatusChange, without a time limit,
// for all readers at once, and for the reader that stands for readers coming
// and going. It runs from the first [Open] to the last Close, so that every
// tag laid in between is counted. Three things have no event in PC/SC, and
// are looked at in intervals instead: a service that is away (each second),
// on macOS the list of readers (two seconds), and, with pcsc-lite before
// 2.3, the list once more a second after it changed, because a reader that
// arrives between asking for the list and waiting goes unseen there.
//
// # How a tag is used
//
// Each [nfc.Reader] Transact has a context of its own, so that nothing that
// went wrong earlier, a service that was restarted among it, outlives the
// transaction. The card is opened shared, because other programs keep idle
// connections open for hours, and then locked with SCardBeginTransaction. The
// card is reset before the first command and again before the lock is given
// back.
//
// Windows resets a card by itself when a transaction is idle for five seconds
// (SCardBeginTransaction, remarks): what waits for a person belongs outside.
//
// A build without cgo has no PC/SC except on Windows; every attempt to use a
// reader is then [nfc.ErrUnsupported].
package pcsc

import (
	"errors"
	"fmt"

	"sleutelbord/nfc"
)

// List gives the names of the readers that are attached, in the system's
// order. No reader is an empty list and no error; a service that is not
// running is [nfc.ErrNoService].
func List() ([]string, error) { return list(host) }

// Open opens the reader whose name contains namePart, in upper or lower case;
// a name that is equal wins over names that only contain it. The empty part
// takes the only reader, or of several the one most likely to hold a tag: a
// contactless one first, a security token or a slot for SIM-like cards last.
//
// No match is [nfc.ErrNoReader], several are [ErrAmbiguous]; both say what is
// attached. A reader that is unplugged later and comes back is found again,
// also under the changed number that some systems then give it.
//
// Close the reader when done.
func Open(namePart string) (nfc.Reader, error) {
	names, err := List()
	if err != nil {
		return nil, err
	}
	if _, err := choose(names, namePart, ""); err != nil {
		return nil, err
	}
	return newReader(host, hostMonitor, namePart), nil
}

// Follow is [Open] for a program that stays: it does not ask for the reader to
// be attached, or the service to be running, yet. Until then the state is that
// of a reader that was unplugged.
func Follow(namePart string) (nfc.Reader, error) {
	if _, err := List(); errors.Is(err, nfc.ErrUnsupported) {
		return nil, err
	}
	return newReader(host, hostMonitor, namePart), nil
}

// hostMonitor watches the readers of this machine. There is only one, for the
// reason given at [monitor].
var hostMonitor = newMonitor(host)

func list(sys system) ([]string, error) {
	s, err := sys.establish()
	if err != nil {
		return nil, explainService("asking for the readers", err)
	}
	defer s.release()
	names, err := s.readers()
	if isCode(err, codeNoReaders) {
		return nil, nil
	}
	if err != nil {
		return nil, explainService("asking for the readers", err)
	}
	if len(names) == 0 {
		return nil, nil
	}
	return names, nil
}

// ErrAmbiguous is a part of a name that fits several readers.
var ErrAmbiguous = errors.New("several readers fit")

// choose finds the reader that part means among names. current, if it is
// attached and fits, is kept.
func choose(names []string, part, current string) (string, error) {
	fitting := matches(names, part)
	for _, n := range fitting {
		if n == current {
			return n, nil
		}
	}
	switch {
	case len(names) == 0:
		return "", fmt.Errorf("%w is attached", nfc.ErrNoReader)
	case len(fitting) == 0:
		return "", fmt.Errorf("%w whose name contains %q; attached: %s", nfc.ErrNoReader, part, quoted(names))
	case len(fitting) > 1 && part != "":
		return "", fmt.Errorf("%w %q: %s", ErrAmbiguous, part, quoted(fitting))
	}
	return likeliest(fitting), nil
}
