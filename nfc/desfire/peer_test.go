package desfire

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"sleutelbord/nfc"
)

// peer is the far end of a session in tests. It knows the session's key and is
// told each command before its bytes arrive; it insists on exactly the bytes
// that a second, separate channel of the same key makes of the command, and
// answers as a chip would. It proves nothing about the protocol, which the
// recorded conversations do; it makes every command and every fault reachable.
type peer struct {
	t      testing.TB
	twin   channel
	expect command
	// answer is what the chip says to the expected command, unprotected.
	answer func(command) []byte
	// frame is the most bytes in one frame of an answer.
	frame int
	// mangle may change an answer's APDUs before they are sent.
	mangle func([][]byte) [][]byte

	want   []byte   // of the command
	got    []byte   // of the command so far
	queue  [][]byte // APDUs of the answer still to be sent
	frames int      // received
	lens   []int    // data bytes of each frame received
}

func (p *peer) Transmit(apdu []byte) ([]byte, error) {
	if p.frames++; len(p.queue) > 0 {
		return p.next(), nil
	}
	if len(apdu) < 5 || apdu[0] != 0x90 || apdu[2] != 0 || apdu[3] != 0 || apdu[len(apdu)-1] != 0 {
		p.t.Fatalf("not a wrapped command: %X", apdu)
	}
	var data []byte
	if len(apdu) > 5 {
		data = apdu[5 : len(apdu)-1]
		if int(apdu[4]) != len(data) {
			p.t.Fatalf("Lc is wrong: %X", apdu)
		}
	}
	p.lens = append(p.lens, len(data))
	want := p.expect.ins
	if len(p.lens) > 1 {
		want = insMore
	}
	if apdu[1] != want {
		p.t.Fatalf("instruction %02X where %02X is due", apdu[1], want)
	}
	p.got = append(p.got, data...)
	if len(p.got) < len(p.want) {
		return []byte{0x91, 0xAF}, nil
	}
	if !bytes.Equal(p.got, p.want) {
		p.t.Fatalf("command %02X\n got %X\nwant %X", p.expect.ins, p.got, p.want)
	}
	p.queue = p.cut(answerOf(p.twin, p.expect, p.answer(p.expect)))
	if p.mangle != nil {
		p.queue = p.mangle(p.queue)
	}
	return p.next(), nil
}

// next sends one APDU of the answer; a mangled answer may be gone altogether.
func (p *peer) next() []byte {
	if len(p.queue) == 0 {
		return nil
	}
	apdu := p.queue[0]
	p.queue = p.queue[1:]
	return apdu
}

func (p *peer) cut(reply []byte) [][]byte {
	var apdus [][]byte
	for len(reply) > p.frame {
		apdus = append(apdus, append(slices.Clone(reply[:p.frame]), 0x91, 0xAF))
		reply = reply[p.frame:]
	}
	return append(apdus, append(slices.Clone(reply), 0x91, 0x00))
}

// tell makes c the command that is coming.
func (p *peer) tell(c command) {
	p.expect, p.got, p.queue, p.frames, p.lens = c, nil, nil, 0, nil
	var err error
	if p.want, err = p.twin.protect(c); err != nil {
		p.t.Fatal(err)
	}
}

// answerOf protects an answer as the chip does.
func answerOf(ch channel, c command, plain []byte) []byte {
	switch ch := ch.(type) {
	case *d40:
		switch c.in {
		case guardMAC:
			return append(slices.Clone(plain), ch.mac(plain)...)
		case guardFull:
			return cbcEncrypt(ch.block, make([]byte, 8), padAnswer(c, append(slices.Clone(plain), crc16(plain)...), 8))
		}
	case *ev1:
		n := ch.key.block.BlockSize()
		switch c.in {
		case guardNone:
		case guardFull:
			sealed := cbcEncrypt(ch.key.block, ch.iv, padAnswer(c, append(slices.Clone(plain), crc32LE(plain, []byte{0})...), n))
			ch.iv = sealed[len(sealed)-n:]
			return sealed
		default:
			ch.iv = ch.key.sum(ch.iv, plain, []byte{0})
			return append(slices.Clone(plain), ch.iv[:8]...)
		}
	case *ev2:
		switch c.in {
		case guardPlain, guardNone:
		case guardFull:
			sealed := cbcEncrypt(ch.enc, ch.iv(ivAnswer, ch.counter), padMarked(slices.Clone(plain), 16))
			return append(sealed, ch.sum(0, ch.counter, sealed)...)
		default:
			return append(slices.Clone(plain), ch.sum(0, ch.counter, plain)...)
		}
	}
	return plain
}

func padAnswer(c command, data []byte, n int) []byte {
	if c.marked {
		return padMarked(data, n)
	}
	return padZero(data, n)
}

// cloneChannel is a channel in the same state that shares nothing.
func cloneChannel(ch secured) secured {
	switch ch := ch.(type) {
	case *d40:
		c := *ch
		return &c
	case *ev1:
		c := *ch
		c.iv = slices.Clone(ch.iv)
		return &c
	case *ev2:
		c := *ch
		return &c
	}
	panic(fmt.Sprintf("no copy of %T", ch))
}

// generation is one kind of session.
type generation struct {
	name string
	kind KeyType
	open func() secured
}

func testKey(kind KeyType, seed byte) Key {
	b := make([]byte, kind.Size())
	for i := range b {
		b[i] = seed + 7*byte(i)
	}
	k, err := NewKey(kind, b, seed)
	if err != nil {
		panic(err)
	}
	return k
}

func generations() []generation {
	gens := []generation{
		{"D40 DES", TypeDES, func() secured { return newD40(testKey(TypeDES, 1)) }},
		{"D40 2K3DES", Type2K3DES, func() secured { return newD40(testKey(Type2K3DES, 2)) }},
	}
	for _, kind := range []KeyType{TypeDES, Type2K3DES, Type3K3DES, TypeAES} {
		gens = append(gens, generation{"EV1 " + kind.String(), kind, func() secured { return newEV1(testKey(kind, 3)) }})
	}
	return append(gens, generation{"EV2", TypeAES, func() secured {
		return newEV2(testKey(TypeAES, 4), [16]byte{5}, [16]byte{6}, [4]byte{7, 8, 9, 10}, 11)
	}})
}

// session is a live session of g at an application's level with its peer.
func (g generation) session(t testing.TB) (*Session, *peer) {
	p := &peer{t: t, twin: g.open(), frame: 48}
	card := New(p)
	card.selected = AID{0xF5, 0x3B, 0x01}
	s := card.begin(0, g.kind, g.open())
	run := s.run
	s.run = func(c command) ([]byte, error) {
		p.tell(c)
		return run(c)
	}
	return s, p
}

// call is one exported method with an answer for it.
type call struct {
	name   string
	answer []byte
	do     func(*Session) (string, error)
	want   string
	// level: at the PICC level, not in an application.
	picc bool
	// notD40: the method refuses in a D40 session.
	notD40 bool
	// ends: the session is over afterwards.
	ends bool
}

var _ nfc.Transceiver = (*peer)(nil)
