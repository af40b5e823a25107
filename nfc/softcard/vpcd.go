package softcard

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
)

// Control messages of vpcd, one byte each (vsmartcard, "vpcd protocol").
const (
	vpcdOff   = 0x00
	vpcdOn    = 0x01
	vpcdReset = 0x02
	vpcdATR   = 0x04
)

// ServeVPCD lays the card on the virtual reader that vpcd offers at addr, a host
// and port, usually 127.0.0.1:35963. Each message is two bytes of length, high
// byte first, and that many bytes; one byte alone can be a control message.
//
// It returns ctx's error when ctx is done, an error wrapping
// [nfc.ErrTagRemoved] when the card left by an armed fault, and any other error
// when the connection breaks; in every case the connection is closed, which takes
// the tag off the reader. A caller that wants it laid again calls anew.
func (c *Card) ServeVPCD(ctx context.Context, addr string) error {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("connecting to vpcd: %w", err)
	}
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	defer conn.Close()
	c.Reset()
	err = c.serve(conn)
	c.Reset()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fmt.Errorf("serving vpcd at %s: %w", addr, err)
}

// serve answers messages until the connection ends. It writes each answer in one
// piece and asks for quick acknowledgements, without which either side's delayed
// ones cost 40 ms per command.
func (c *Card) serve(conn net.Conn) error {
	in := bufio.NewReader(conn)
	for {
		message, err := readMessage(in)
		if err != nil {
			return err
		}
		quickAck(conn)
		answer, err := c.vpcd(message)
		if err != nil {
			return err
		}
		if answer == nil {
			continue
		}
		b := binary.BigEndian.AppendUint16(make([]byte, 0, 2+len(answer)), uint16(len(answer)))
		if _, err := conn.Write(append(b, answer...)); err != nil {
			return fmt.Errorf("answering: %w", err)
		}
		// vpcd sends the length of its next message alone, and the rest only
		// once that is acknowledged; having written delays acknowledgements.
		quickAck(conn)
	}
}

func readMessage(r io.Reader) ([]byte, error) {
	var size [2]byte
	if _, err := io.ReadFull(r, size[:]); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, errors.New("vpcd closed the connection")
		}
		return nil, fmt.Errorf("reading: %w", err)
	}
	b := make([]byte, binary.BigEndian.Uint16(size[:]))
	if _, err := io.ReadFull(r, b); err != nil {
		return nil, fmt.Errorf("reading: %w", err)
	}
	return b, nil
}

// vpcd answers one message; control messages but the one for the ATR have no
// answer. Native commands of one byte have other numbers than those.
func (c *Card) vpcd(message []byte) ([]byte, error) {
	if len(message) == 1 {
		switch message[0] {
		case vpcdOff, vpcdOn, vpcdReset:
			c.Reset()
			return nil, nil
		case vpcdATR:
			return c.ATR(), nil
		}
	}
	return c.Transmit(message)
}
