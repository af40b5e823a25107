//go:build linux

package freefaretest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

// Direction bytes of a PN532 frame (NXP UM0701-02, 6.2.1.1).
const (
	fromHost = 0xD4
	toHost   = 0xD5
)

// Frames that carry nothing (NXP UM0701-02, 6.2.1.3 and 6.2.1.5).
var (
	ackFrame   = []byte{0x00, 0x00, 0xFF, 0x00, 0xFF, 0x00}
	errorFrame = []byte{0x00, 0x00, 0xFF, 0x01, 0xFF, 0x7F, 0x81, 0x00}
)

// longestNormal is the most that a normal frame holds, with its direction byte;
// longestExtended is the most that the chip takes at all.
const (
	longestNormal   = 255
	longestExtended = 265
)

var errFrame = errors.New("not a frame of the PN532")

// encodeFrame wraps an answer of the chip: code of the command plus one, and what
// follows.
func encodeFrame(answer []byte) []byte {
	body := append([]byte{toHost}, answer...)
	f := []byte{0x00, 0x00, 0xFF}
	if n := len(body); n <= longestNormal {
		f = append(f, byte(n), byte(-n))
	} else {
		f = append(f, 0xFF, 0xFF, byte(n>>8), byte(n), byte(-(n>>8)-n))
	}
	return append(append(f, body...), -sum(body), 0x00)
}

func sum(b []byte) byte {
	var s byte
	for _, v := range b {
		s += v
	}
	return s
}

// readFrame reads the next frame of the host and gives its content without the
// direction byte; nil for an acknowledgement, which ends a command early. What
// precedes the start of a frame wakes the chip up and says nothing.
func readFrame(r *bufio.Reader) ([]byte, error) {
	if err := skipToStart(r); err != nil {
		return nil, err
	}
	var head [2]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	n := int(head[0])
	switch {
	case head == [2]byte{0x00, 0xFF}, head == [2]byte{0xFF, 0x00}:
		return nil, nil
	case head == [2]byte{0xFF, 0xFF}:
		var long [3]byte
		if _, err := io.ReadFull(r, long[:]); err != nil {
			return nil, err
		}
		if sum(long[:]) != 0 {
			return nil, fmt.Errorf("%w: extended length % X", errFrame, long)
		}
		n = int(long[0])<<8 | int(long[1])
	case sum(head[:]) != 0:
		return nil, fmt.Errorf("%w: length % X", errFrame, head)
	}
	return readBody(r, n)
}

// skipToStart reads up to and with the start code 00 FF.
func skipToStart(r *bufio.Reader) error {
	zero := false
	for {
		b, err := r.ReadByte()
		if err != nil {
			return err
		}
		if b == 0xFF && zero {
			return nil
		}
		zero = b == 0x00
	}
}

func readBody(r *bufio.Reader, n int) ([]byte, error) {
	if n < 2 || n > longestExtended {
		return nil, fmt.Errorf("%w: length %d", errFrame, n)
	}
	b := make([]byte, n+1) // with the check byte
	if _, err := io.ReadFull(r, b); err != nil {
		return nil, err
	}
	if b[0] != fromHost || sum(b) != 0 {
		return nil, fmt.Errorf("%w: % X", errFrame, b)
	}
	return b[1:n], nil
}
