package desfire

import (
	"fmt"
	"slices"

	"sleutelbord/nfc"
)

// Wrapping of native commands: NXP MF3ICD81 rev 3.5, 8.9; AN12343 rev 1.1, 4.
const (
	classWrapped = 0x90
	insMore      = 0xAF
	maxFrame     = 54
)

// How many bytes a frame of an answer has on average at least. Chips that are
// read fill their frames, with up to 59 bytes; lists and versions come in pieces
// of their own, the shortest of 7 bytes (GetVersion). A tag cannot keep anybody
// busy for longer than its answer deserves.
const (
	leastRead = 16
	leastPart = 5
)

// replyFrames is how many frames an answer of at most limit bytes may take.
func replyFrames(ins byte, limit int) int {
	least := leastPart
	if ins == insReadData || ins == insReadRecords {
		least = leastRead
	}
	return limit/least + 2
}

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

// reply is what came back for one frame, or for a whole command: its data and
// the second byte of the status word.
type reply struct {
	data   []byte
	status byte
}

func (r reply) more() bool { return r.status == insMore }

// frame sends one frame of the command ins: as ins itself, or as its
// continuation. A status other than OK and more-frames is a [nfc.StatusError]
// about ins.
func (l link) frame(ins, as byte, data []byte) (reply, error) {
	apdu, err := nfc.Command{Class: classWrapped, Instruction: as, Data: data, Le: true}.Bytes()
	if err != nil {
		return reply{}, err
	}
	raw, err := l.t.Transmit(apdu)
	if err != nil {
		return reply{}, fmt.Errorf("command %02X: %w", ins, err)
	}
	r, err := nfc.ParseResponse(raw)
	if err != nil {
		return reply{}, fmt.Errorf("command %02X: %w", ins, err)
	}
	switch {
	case r.Status == nfc.StatusDESFireOK, r.Status == nfc.StatusMoreFrames,
		r.Status == statusSigned && ins == insReadSignature:
		// a copy: the line may use its buffer again for the next frame
		return reply{data: slices.Clone(r.Data), status: byte(r.Status)}, nil
	case r.Status == nfc.StatusOK:
		return reply{}, fmt.Errorf("%w: command %02X: status of another command set (%v)", nfc.ErrProtocol, ins, r.Status)
	}
	return reply{}, &nfc.StatusError{Command: ins, Status: r.Status}
}

// exchange sends the command ins with payload, whose first head bytes are
// parameters, in as many frames as it needs, and collects an answer of at most
// limit bytes.
func (l link) exchange(ins byte, payload []byte, head, limit int) (reply, error) {
	all, err := l.send(ins, l.framing.split(payload, head))
	if err != nil {
		return reply{}, err
	}
	for n := 1; all.more(); n++ {
		if len(all.data) == 0 || n >= replyFrames(ins, limit) {
			return reply{}, fmt.Errorf("%w: command %02X: tag waits for more than was to be said", nfc.ErrProtocol, ins)
		}
		part, err := l.frame(ins, insMore, nil)
		if err != nil {
			return reply{}, err
		}
		if part.more() && len(part.data) == 0 {
			return reply{}, fmt.Errorf("%w: command %02X: empty frame", nfc.ErrProtocol, ins)
		}
		if len(all.data)+len(part.data) > limit {
			return reply{}, fmt.Errorf("%w: command %02X: answer goes on past %d bytes", nfc.ErrProtocol, ins, limit)
		}
		all.data = append(all.data, part.data...)
		all.status = part.status
	}
	if len(all.data) > limit {
		return reply{}, fmt.Errorf("%w: command %02X: answer of %d bytes", nfc.ErrProtocol, ins, len(all.data))
	}
	return all, nil
}

// send sends all frames of a command and gives the answer to the last one.
func (l link) send(ins byte, frames [][]byte) (reply, error) {
	var r reply
	var err error
	as := ins
	for i, f := range frames {
		if r, err = l.frame(ins, as, f); err != nil {
			return reply{}, err
		}
		if i < len(frames)-1 && (!r.more() || len(r.data) > 0) {
			return reply{}, fmt.Errorf("%w: command %02X: answered after frame %d of %d", nfc.ErrProtocol, ins, i+1, len(frames))
		}
		as = insMore
	}
	return r, nil
}

// carry takes one command through a channel.
func (l link) carry(ch channel, c command) ([]byte, error) {
	payload, err := ch.protect(c)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.what, err)
	}
	r, err := l.exchange(c.ins, payload, len(c.head), c.max+maxProtection)
	var data []byte
	if err == nil {
		data, err = ch.open(c, r.status, r.data)
	}
	if err == nil {
		data, err = c.checkLength(data)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.what, err)
	}
	return data, nil
}
