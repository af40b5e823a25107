//go:build linux

// Package freefaretest lets other people's software speak to a software card:
// libfreefare, a DESFire library that knows nothing of this project, and the
// command-line tools that come with it. It is for tests.
//
// libfreefare reaches tags through libnfc, and libnfc knows a reader chip, the
// PN532, on a serial line. [Lay] plays that chip on a pseudo terminal, with a
// card before it. [Build] compiles a small program against libfreefare, whose
// calls a test then makes one by one ([Client]).
//
// What is needed is clang-14 and Debian's libfreefare-dev and libfreefare-bin.
package freefaretest

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"sleutelbord/nfc/softcard"
)

// Reader is a PN532 on a pseudo terminal, with a card before it.
type Reader struct {
	terminal string
}

// Lay puts card before a new reader for the length of the test. A reader serves
// one program after the other, not two at once.
func Lay(t testing.TB, card *softcard.Card) *Reader {
	t.Helper()
	master, slave, name, err := openTerminal()
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		err := serve(master, &pn532{card: card, registers: map[[2]byte]byte{}})
		master.Close() // a program that waits for an answer hears of it
		done <- err
	}()
	t.Cleanup(func() {
		master.Close()
		slave.Close()
		if err := <-done; !errors.Is(err, os.ErrClosed) {
			t.Errorf("the reader chip: %v", err)
		}
	})
	return &Reader{terminal: name}
}

// Environment is what a program needs besides its own environment to find the
// reader, and no other.
func (r *Reader) Environment() []string {
	return []string{"LIBNFC_DEVICE=pn532_uart:" + r.terminal, "LIBNFC_AUTO_SCAN=false", "LIBNFC_INTRUSIVE_SCAN=false", "LC_ALL=C"}
}

func serve(line *os.File, chip *pn532) error {
	in := bufio.NewReader(line)
	for {
		command, err := readFrame(in)
		if err != nil {
			return err
		}
		if command == nil {
			continue
		}
		out := append([]byte(nil), ackFrame...)
		if answer := chip.do(command); answer != nil {
			out = append(out, encodeFrame(answer)...)
		} else {
			out = append(out, errorFrame...)
		}
		if _, err := line.Write(out); err != nil {
			return err
		}
	}
}

// openTerminal makes a pseudo terminal that passes every byte as it is. The
// slave's end stays open here, so that programs can come and go.
func openTerminal() (master, slave *os.File, name string, err error) {
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, nil, "", fmt.Errorf("opening a pseudo terminal: %w", err)
	}
	master = os.NewFile(uintptr(fd), "/dev/ptmx")
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		name = fmt.Sprintf("/dev/pts/%d", number)
		slave, err = openSlave(name)
	}
	if err != nil {
		master.Close()
		return nil, nil, "", fmt.Errorf("setting up a pseudo terminal: %w", err)
	}
	return master, slave, name, nil
}

func openSlave(name string) (*os.File, error) {
	fd, err := unix.Open(name, unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	raw := unix.Termios{Cflag: unix.CS8 | unix.CREAD | unix.CLOCAL | unix.B115200}
	raw.Cc[unix.VMIN] = 1
	if err := unix.IoctlSetTermios(fd, unix.TCSETS, &raw); err != nil {
		unix.Close(fd)
		return nil, err
	}
	return os.NewFile(uintptr(fd), name), nil
}
