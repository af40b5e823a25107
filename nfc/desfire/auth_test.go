package desfire

import (
	"bytes"
	"crypto/cipher"
	"errors"
	"slices"
	"testing"

	"sleutelbord/nfc"
)

// door is the chip's side of an authentication, in tests.
type door struct {
	t     testing.TB
	ins   byte
	key   Key
	rndB  []byte
	ti    []byte
	iv    []byte // of the second message, EV1
	turn  int
	wrong func(turn int, answer []byte) []byte // may change an answer
	rndA  []byte                               // as it arrived
}

func (d *door) Transmit(apdu []byte) ([]byte, error) {
	d.turn++
	var answer []byte
	switch d.turn {
	case 1:
		if apdu[1] != d.ins {
			d.t.Fatalf("command %X", apdu)
		}
		answer = append(d.challenge(), 0x91, 0xAF)
	case 2:
		data := d.decipher(apdu[5 : len(apdu)-1])
		n := len(d.rndB)
		d.rndA = data[:n]
		if apdu[1] != 0xAF || !bytes.Equal(data[n:], rotated(d.rndB)) {
			answer = []byte{0x91, 0xAE}
			break
		}
		answer = append(d.proof(), 0x91, 0x00)
	default:
		d.t.Fatalf("turn %d: %X", d.turn, apdu)
	}
	if d.wrong != nil {
		answer = d.wrong(d.turn, answer)
	}
	return answer, nil
}

func (d *door) challenge() []byte {
	b := d.key.block()
	sealed := cbcEncrypt(b, make([]byte, b.BlockSize()), d.rndB)
	d.iv = lastBlock(b, sealed)
	return sealed
}

func (d *door) decipher(data []byte) []byte {
	b := d.key.block()
	zero := make([]byte, b.BlockSize())
	switch d.ins {
	case insAuthLegacy: // E undoes the reader's D
		return openD40(b, data)
	case insAuthISO, insAuthAES:
		out := cbcDecrypt(b, d.iv, data)
		d.iv = lastBlock(b, data)
		return out
	}
	return cbcDecrypt(b, zero, data)
}

// openD40 undoes a D40 reader's sending as the chip does, which enciphers.
func openD40(b cipher.Block, sealed []byte) []byte {
	out := make([]byte, len(sealed))
	last := make([]byte, 8)
	for i := 0; i < len(sealed); i += 8 {
		b.Encrypt(out[i:], sealed[i:i+8])
		for j := range 8 {
			out[i+j] ^= last[j]
		}
		last = sealed[i : i+8]
	}
	return out
}

func (d *door) proof() []byte {
	b := d.key.block()
	zero := make([]byte, b.BlockSize())
	switch d.ins {
	case insAuthISO, insAuthAES:
		return cbcEncrypt(b, d.iv, rotated(d.rndA))
	case insAuthEV2First:
		return cbcEncrypt(b, zero, slices.Concat(d.ti, rotated(d.rndA), make([]byte, 12)))
	}
	return cbcEncrypt(b, zero, rotated(d.rndA))
}

// way is one way to authenticate.
type way struct {
	ins  byte
	kind KeyType
	size int // of a challenge
	do   func(*Card, Key) (*Session, error)
}

func ways() []way {
	legacy := func(c *Card, k Key) (*Session, error) { return c.AuthenticateLegacy(3, k) }
	iso := func(c *Card, k Key) (*Session, error) { return c.AuthenticateISO(3, k) }
	return []way{
		{insAuthLegacy, TypeDES, 8, legacy},
		{insAuthLegacy, Type2K3DES, 8, legacy},
		{insAuthISO, TypeDES, 8, iso},
		{insAuthISO, Type2K3DES, 8, iso},
		{insAuthISO, Type3K3DES, 16, iso},
		{insAuthAES, TypeAES, 16, func(c *Card, k Key) (*Session, error) { return c.AuthenticateAES(3, k) }},
		{insAuthEV2First, TypeAES, 16, func(c *Card, k Key) (*Session, error) { return c.AuthenticateEV2First(3, k) }},
	}
}

func (w way) door(t testing.TB) *door {
	return &door{t: t, ins: w.ins, key: testKey(w.kind, 20), rndB: record[:w.size], ti: []byte{1, 2, 3, 4}}
}

// oneBuffer is a line that answers from the same memory each time, and finds
// out if somebody else wrote there.
type oneBuffer struct {
	t    *testing.T
	line nfc.Transceiver
	buf  [300]byte
	said []byte
}

func (o *oneBuffer) Transmit(cmd []byte) ([]byte, error) {
	if !bytes.Equal(o.buf[:len(o.said)], o.said) {
		o.t.Error("the line's memory was written to")
	}
	a, err := o.line.Transmit(cmd)
	o.said = slices.Clone(a)
	return o.buf[:copy(o.buf[:], a)], err
}

func TestAuthentication(t *testing.T) {
	for _, w := range ways() {
		d := w.door(t)
		line := &oneBuffer{t: t, line: d}
		s, err := w.do(New(line), d.key)
		if !bytes.Equal(line.buf[:len(line.said)], line.said) {
			t.Errorf("%02X %v: the line's memory was written to", w.ins, w.kind)
		}
		if err != nil {
			t.Errorf("%02X %v: %v", w.ins, w.kind, err)
			continue
		}
		if !s.alive() || s.keyNo != 3 || d.turn != 2 {
			t.Errorf("%02X %v: no session after %d turns", w.ins, w.kind, d.turn)
		}
	}
}

func TestWrongKey(t *testing.T) {
	for _, w := range ways() {
		card := New(w.door(t))
		s, err := w.do(card, testKey(w.kind, 21))
		var refusal *nfc.StatusError
		if s != nil || !errors.Is(err, nfc.ErrWrongKey) || !errors.As(err, &refusal) || refusal.Command != w.ins {
			t.Errorf("%02X %v: %v", w.ins, w.kind, err)
		}
		if card.live != nil {
			t.Errorf("%02X %v: a session lives", w.ins, w.kind)
		}
	}
}

// TestFalseTag: every flipped byte of the challenge or the proof, and every
// wrong length of both, ends the authentication.
func TestFalseTag(t *testing.T) {
	tried := 0
	try := func(w way, wrong func(int, []byte) []byte) error {
		d := w.door(t)
		d.wrong = wrong
		card := New(d)
		s, err := w.do(card, d.key)
		if err == nil || s != nil || card.live != nil {
			t.Errorf("%02X %v: a session with a false tag", w.ins, w.kind)
		}
		tried++
		return err
	}
	for _, w := range ways() {
		proof := w.size
		if w.ins == insAuthEV2First {
			proof = 32
		}
		for i := range proof {
			err := try(w, func(turn int, a []byte) []byte {
				if turn == 2 {
					a[i] ^= 0x10
				}
				return a
			})
			if !errors.Is(err, nfc.ErrProtocol) {
				t.Errorf("%02X %v: proof byte %d: %v", w.ins, w.kind, i, err)
			}
		}
		for turn := 1; turn <= 2; turn++ {
			for _, answer := range [][]byte{{}, {0x91}, {0x91, 0x00}, {0x91, 0xAF}, make([]byte, 300), append(make([]byte, 7), 0x91, 0xAF), append(make([]byte, 40), 0x91, 0x00)} {
				try(w, func(now int, a []byte) []byte {
					if now == turn {
						return answer
					}
					return a
				})
			}
			try(w, func(now int, a []byte) []byte {
				if now == turn { // the other status
					a[len(a)-1] ^= 0xAF
				}
				return a
			})
		}
	}
	t.Logf("%d false tags", tried)
}

func TestEV2NonFirst(t *testing.T) {
	first := ways()[6]
	d := first.door(t)
	card := New(d)
	s, err := first.do(card, d.key)
	if err != nil {
		t.Fatal(err)
	}
	s.ch.(*ev2).counter = 7
	before := probe(s.ch.(*ev2))
	d2 := &door{t: t, ins: insAuthEV2NonFirst, key: testKey(TypeAES, 30), rndB: record[16:32]}
	card.link.t = d2
	if err := s.AuthenticateEV2NonFirst(5, d2.key); err != nil {
		t.Fatal(err)
	}
	after := s.ch.(*ev2)
	if after.ti != [4]byte{1, 2, 3, 4} || after.counter != 7 || probe(after) == before || s.keyNo != 5 || !s.alive() {
		t.Error("TI and counter go on with new keys: they did not")
	}
	card.link.t = &door{t: t, ins: insAuthEV2NonFirst, key: testKey(TypeAES, 31), rndB: record[:16]}
	if err := s.AuthenticateEV2NonFirst(5, d2.key); !errors.Is(err, nfc.ErrWrongKey) || s.alive() {
		t.Errorf("wrong key: %v, alive is %v", err, s.alive())
	}
	if err := s.AuthenticateEV2NonFirst(5, d2.key); !errors.Is(err, ErrSessionEnded) {
		t.Errorf("ended: %v", err)
	}
}

func TestEV2NonFirstNeedsEV2(t *testing.T) {
	s, _ := generations()[5].session(t)
	if err := s.AuthenticateEV2NonFirst(0, ZeroAES); err == nil || !s.alive() {
		t.Errorf("%v", err)
	}
}

func TestAuthenticationMisuse(t *testing.T) {
	card := New(nfc.TransceiverFunc(func([]byte) ([]byte, error) {
		t.Error("something was sent")
		return nil, nfc.ErrLine
	}))
	for name, f := range map[string]func() (*Session, error){
		"AES key in Legacy":    func() (*Session, error) { return card.AuthenticateLegacy(0, ZeroAES) },
		"3K3DES key in Legacy": func() (*Session, error) { return card.AuthenticateLegacy(0, testKey(Type3K3DES, 0)) },
		"AES key in ISO":       func() (*Session, error) { return card.AuthenticateISO(0, ZeroAES) },
		"DES key in AES":       func() (*Session, error) { return card.AuthenticateAES(0, ZeroDES) },
		"DES key in EV2":       func() (*Session, error) { return card.AuthenticateEV2First(0, ZeroDES) },
		"key 16":               func() (*Session, error) { return card.AuthenticateAES(16, ZeroAES) },
	} {
		if s, err := f(); err == nil || s != nil {
			t.Errorf("%s: %v, %v", name, s, err)
		}
	}
}

func TestChallengeIsNeeded(t *testing.T) {
	card := New(&script{}, WithRandom(bytes.NewReader(make([]byte, 15))))
	if _, err := card.AuthenticateAES(0, ZeroAES); err == nil || nfc.IsLine(err) {
		t.Errorf("no challenge left: %v", err)
	}
	for _, w := range ways() {
		d1, d2 := w.door(t), w.door(t)
		if _, err := w.do(New(d1), d1.key); err != nil {
			t.Fatal(err)
		}
		if _, err := w.do(New(d2), d2.key); err != nil {
			t.Fatal(err)
		}
		if bytes.Equal(d1.rndA, d2.rndA) {
			t.Errorf("%02X: the same challenge twice", w.ins)
		}
	}
}

// TestDegenerate2K3DES: a 2K3DES key of two equal halves is a DES key to the
// chip, also in its session key.
func TestDegenerate2K3DES(t *testing.T) {
	k, err := NewKey(Type2K3DES, make([]byte, 16), 0x55)
	if err != nil {
		t.Fatal(err)
	}
	a, b := record[:8], record[8:16]
	if got := sessionKey(k, a, b); got.Type() != TypeDES || !bytes.Equal(got.Reveal(), slices.Concat(a[:4], b[:4])) {
		t.Errorf("session key of type %v", got.Type())
	}
	if got := sessionKey(testKey(Type2K3DES, 1), a, b); got.Type() != Type2K3DES {
		t.Errorf("session key of type %v", got.Type())
	}
}

// TestCounterEnds: after 65535 commands an EV2 session is over, before the
// counter would begin again.
func TestCounterEnds(t *testing.T) {
	s, p := generations()[6].session(t)
	p.answer = func(command) []byte { return []byte{1} }
	s.ch.(*ev2).counter, p.twin.(*ev2).counter = 0xFFFE, 0xFFFE
	if _, err := s.GetKeyVersion(0); err != nil {
		t.Fatal(err)
	}
	s.run = s.protected
	s.card.link.t = nfc.TransceiverFunc(func([]byte) ([]byte, error) {
		t.Error("something was sent")
		return nil, nfc.ErrLine
	})
	if _, err := s.GetKeyVersion(0); err == nil || s.alive() {
		t.Errorf("%v, alive is %v", err, s.alive())
	}
}

func TestEV2NonFirstMisuse(t *testing.T) {
	s, p := generations()[6].session(t)
	for name, err := range map[string]error{
		"DES key": s.AuthenticateEV2NonFirst(0, ZeroDES),
		"key 16":  s.AuthenticateEV2NonFirst(16, ZeroAES),
	} {
		if err == nil || !s.alive() || p.frames != 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	s.card.random = bytes.NewReader(nil)
	if err := s.AuthenticateEV2NonFirst(0, ZeroAES); err == nil || s.alive() {
		t.Errorf("no challenge: %v", err)
	}
	s, _ = generations()[6].session(t)
	d := &door{t: t, ins: insAuthEV2NonFirst, key: ZeroAES, rndB: record[:16]}
	d.wrong = func(turn int, a []byte) []byte {
		if turn == 2 {
			a[0] ^= 1
		}
		return a
	}
	s.card.link.t = d
	if err := s.AuthenticateEV2NonFirst(0, ZeroAES); !errors.Is(err, nfc.ErrProtocol) || s.alive() {
		t.Errorf("false tag: %v", err)
	}
}
