//go:build linux

package pcscdtest

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"syscall"
)

// Control bytes of vpcd (vpcd.h of vsmartcard 3.3): messages of one byte.
const (
	controlOff   = 0
	controlOn    = 1
	controlReset = 2
	controlATR   = 4
)

// Card is the least that a reader accepts as a card: it answers what it is
// told to, and counts. It is there to test readers, not tags.
type Card struct {
	// ATR is its answer to reset.
	ATR []byte
	// Answer gives the response APDU; nil breaks the connection instead, as a
	// tag that is pulled away in the middle of a command.
	Answer func(command []byte) []byte

	mu sync.Mutex
	// resets counts power-on and reset, commands the APDUs since the last one.
	resets, commands int
}

// Resets is how often the card was powered on or reset.
func (c *Card) Resets() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.resets
}

// CommandsSinceReset is how many APDUs came after the last reset.
func (c *Card) CommandsSinceReset() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.commands
}

// Serve connects the card to the vpcd reader at addr, and answers until ctx is
// done or the reader hangs up. It can be passed to [Daemon.Lay].
func (c *Card) Serve(ctx context.Context, addr string) error {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	defer conn.Close()
	for {
		message, err := readMessage(conn.(*net.TCPConn))
		if err != nil {
			return err
		}
		answer, err := c.handle(message)
		if err != nil {
			return err
		}
		if answer == nil {
			continue
		}
		if err := writeMessage(conn, answer); err != nil {
			return err
		}
	}
}

// errPulled is a card that leaves by itself.
var errPulled = errors.New("card was pulled away")

func (c *Card) handle(message []byte) (answer []byte, err error) {
	if len(message) == 1 {
		switch message[0] {
		case controlATR:
			return c.ATR, nil
		case controlOn, controlReset:
			c.mu.Lock()
			defer c.mu.Unlock()
			c.resets++
			c.commands = 0
			return nil, nil
		case controlOff:
			return nil, nil
		}
		return nil, fmt.Errorf("control byte %02X is not known", message[0])
	}
	c.mu.Lock()
	c.commands++
	c.mu.Unlock()
	if answer = c.Answer(message); answer == nil {
		return nil, errPulled
	}
	return answer, nil
}

// readMessage reads the length and the message, which vpcd sends one after the
// other. Its kernel holds the second back until ours has acknowledged the
// first (Nagle), and ours would take 40 ms for that (delayed acknowledgement):
// so it is told to acknowledge at once, each time anew, for it forgets.
func readMessage(conn *net.TCPConn) ([]byte, error) {
	var length [2]byte
	if err := readPart(conn, length[:]); err != nil {
		return nil, err
	}
	message := make([]byte, binary.BigEndian.Uint16(length[:]))
	return message, readPart(conn, message)
}

func readPart(conn *net.TCPConn, part []byte) error {
	if err := acknowledge(conn); err != nil {
		return err
	}
	_, err := io.ReadFull(conn, part)
	return err
}

// acknowledge sends the acknowledgement that is due, if one is (tcp(7),
// TCP_QUICKACK).
func acknowledge(conn *net.TCPConn) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	var set error
	err = raw.Control(func(fd uintptr) {
		set = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_QUICKACK, 1)
	})
	return errors.Join(err, set)
}

func writeMessage(w io.Writer, message []byte) error {
	b := binary.BigEndian.AppendUint16(nil, uint16(len(message)))
	_, err := w.Write(append(b, message...))
	return err
}
