package mqtt

import (
	"fmt"
	"net"

	"sleutelbord/lock/bundle"
)

// MaxPacket is the longest MQTT packet in bytes that is taken: a bundle, its
// topic and what the broker adds.
const MaxPacket = bundle.MaxSize + 1024

// bounded reads MQTT packets of at most MaxPacket bytes. It follows the fixed
// header of each packet (MQTT 5.0, 2.1) as its bytes go through, since who
// parses them reserves what the header announces, up to 256 MB.
type bounded struct {
	net.Conn
	// rest is what is left of the present packet's body.
	rest int
	// inLength tells that the length is being read; length and shift are what
	// it is so far.
	inLength      bool
	length, shift int
}

// Read implements [net.Conn].
func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.Conn.Read(p)
	if ferr := b.follow(p[:n]); ferr != nil {
		return 0, ferr
	}
	return n, err
}

func (b *bounded) follow(p []byte) error {
	for len(p) > 0 {
		if b.rest > 0 {
			n := min(b.rest, len(p))
			b.rest -= n
			p = p[n:]
			continue
		}
		c := p[0]
		p = p[1:]
		if !b.inLength {
			b.inLength, b.length, b.shift = true, 0, 0 // c is type and flags
			continue
		}
		// Seven bits in each byte, the lowest first; four bytes at most.
		b.length |= int(c&0x7F) << b.shift
		b.shift += 7
		if b.length > MaxPacket || b.shift > 28 {
			return fmt.Errorf("%w: a message of more than %d bytes", ErrBroker, MaxPacket)
		}
		if c&0x80 == 0 {
			b.inLength, b.rest = false, b.length
		}
	}
	return nil
}
