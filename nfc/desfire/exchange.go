package desfire

import (
	"fmt"

	"sleutelbord/nfc"
)

// Wrapping of native commands: NXP MF3ICD81 rev 3.5, 8.9; AN12343 rev 1.1, 4.
const (
	classWrapped   = 0x90
	insMore        = 0xAF
	maxFrame       = 54
	maxReplyFrames = 4096
)

// framing is how a command is cut into frames. The chips accept what fits
// their 64-byte frame buffer: at most 60 bytes of native command, at most 54
// bytes of data in a wrapped one (5 bytes of APDU header and Le beside it).
// Recorded traffic of a real EV1 shows 54 accepted, of a real EV3 up to 59.
type framing struct {
	// size is the most data bytes in one frame.
	size int
	// headAlone sends the parameters in a frame of their own.
	headAlone bool
}

var safeFraming = framing{size: maxFrame}

// split cuts payload, whose first head bytes are parameters, into frames.
// There is always at least one.
func (f framing) split(payload []byte, head int) [][]byte {
	first := min(f.size, len(payload))
	if f.headAlone && head > 0 {
		first = min(head, first)
	}
	frames := [][]byte{payload[:first]}
	for rest := payload[first:]; len(rest) > 0; {
		n := min(f.size, len(rest))
		frames = append(frames, rest[:n])
		rest = rest[n:]
	}
	return frames
}

// link sends frames to one tag and knows nothing of keys.
type link struct {
	t       nfc.Transceiver
	framing framing
}

// frame sends one frame of the command ins: as ins itself, or as its
// continuation. A status other than OK and more-frames is a [nfc.StatusError]
// about ins.
func (l link) frame(ins, as byte, data []byte) (reply []byte, more bool, err error) {
	apdu, err := nfc.Command{Class: classWrapped, Instruction: as, Data: data, Le: true}.Bytes()
	if err != nil {
		return nil, false, err
	}
	raw, err := l.t.Transmit(apdu)
	if err != nil {
		return nil, false, fmt.Errorf("command %02X: %w", ins, err)
	}
	r, err := nfc.ParseResponse(raw)
	if err != nil {
		return nil, false, fmt.Errorf("command %02X: %w", ins, err)
	}
	switch r.Status {
	case nfc.StatusDESFireOK:
		return r.Data, false, nil
	case nfc.StatusMoreFrames:
		return r.Data, true, nil
	case statusSigned:
		if ins == insReadSignature {
			return r.Data, false, nil
		}
	case nfc.StatusOK:
		return nil, false, fmt.Errorf("%w: command %02X: status of another command set (%v)", nfc.ErrProtocol, ins, r.Status)
	}
	return nil, false, &nfc.StatusError{Command: ins, Status: r.Status}
}

// exchange sends the command ins with payload, whose first head bytes are
// parameters, in as many frames as it needs, and collects an answer of at most
// limit bytes.
func (l link) exchange(ins byte, payload []byte, head, limit int) ([]byte, error) {
	reply, more, err := l.send(ins, l.framing.split(payload, head))
	if err != nil {
		return nil, err
	}
	for n := 1; more; n++ {
		if len(reply) == 0 || n > maxReplyFrames {
			return nil, fmt.Errorf("%w: command %02X: tag waits for more than was to be said", nfc.ErrProtocol, ins)
		}
		var part []byte
		if part, more, err = l.frame(ins, insMore, nil); err != nil {
			return nil, err
		}
		if more && len(part) == 0 {
			return nil, fmt.Errorf("%w: command %02X: empty frame", nfc.ErrProtocol, ins)
		}
		if len(reply)+len(part) > limit {
			return nil, fmt.Errorf("%w: command %02X: answer goes on past %d bytes", nfc.ErrProtocol, ins, limit)
		}
		reply = append(reply[:len(reply):len(reply)], part...)
	}
	if len(reply) > limit {
		return nil, fmt.Errorf("%w: command %02X: answer of %d bytes", nfc.ErrProtocol, ins, len(reply))
	}
	return reply, nil
}

// send sends all frames of a command and gives the answer to the last one.
func (l link) send(ins byte, frames [][]byte) (reply []byte, more bool, err error) {
	as := ins
	for i, f := range frames {
		if reply, more, err = l.frame(ins, as, f); err != nil {
			return nil, false, err
		}
		if i < len(frames)-1 && (!more || len(reply) > 0) {
			return nil, false, fmt.Errorf("%w: command %02X: answered after frame %d of %d", nfc.ErrProtocol, ins, i+1, len(frames))
		}
		as = insMore
	}
	return reply, more, nil
}

// carry takes one command through a channel.
func (l link) carry(ch channel, c command) ([]byte, error) {
	payload, err := ch.protect(c)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.what, err)
	}
	reply, err := l.exchange(c.ins, payload, len(c.head), c.max+maxProtection)
	if err == nil {
		reply, err = ch.open(c, reply)
	}
	if err == nil {
		reply, err = c.checkLength(reply)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.what, err)
	}
	return reply, nil
}
