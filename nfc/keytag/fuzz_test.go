package keytag_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"testing"

	"sleutelbord/nfc"
	"sleutelbord/nfc/desfire"
	"sleutelbord/nfc/keytag"
	"sleutelbord/nfc/softcard"
)

// FuzzParseRecord: what parses encodes to the same bytes.
func FuzzParseRecord(f *testing.F) {
	for _, n := range []int{0, 1, 5, keytag.MaxSlots} {
		b, err := record(byte(n), n).Encode()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
		f.Add(b[:len(b)-1])
		for _, at := range []int{0, 1, 2, 16, 18, 28} {
			damaged := bytes.Clone(b)
			damaged[at]++
			f.Add(damaged)
		}
	}
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := keytag.ParseRecord(b)
		if err != nil {
			return
		}
		again, err := r.Encode()
		if err != nil || !bytes.Equal(again, b) {
			t.Errorf("%X parses and becomes %X, %v", b, again, err)
		}
	})
}

// maxCommands is more than any laying can take: the longest is a card that
// brings an endless directory a byte at a time, which is given up at 3 KB, twice.
const maxCommands = 8000

// liar is a card between whose answers and the program somebody sits. A script
// says what becomes of each answer; after its end they come as they are.
type liar struct {
	t      *testing.T
	card   nfc.Transceiver
	script []byte
	sent   int
	auth   bool // the command before began an authentication
	wrong  int  // authentications that it was said to have refused
}

func (l *liar) next() byte {
	if len(l.script) == 0 {
		return 0
	}
	b := l.script[0]
	l.script = l.script[1:]
	return b
}

// Transmit lies as the script says: 0 not at all, 1 a bit, 2 the length, 3 all
// of it, 4 some more, 5 silence, 6 the status.
func (l *liar) Transmit(command []byte) ([]byte, error) {
	if l.sent++; l.sent > maxCommands {
		l.t.Fatalf("%d commands", l.sent)
	}
	answer, err := l.card.Transmit(command)
	if err != nil {
		return nil, err
	}
	answer = bytes.Clone(answer)
	switch l.next() {
	case 1:
		if at := int(l.next()); len(answer) > 0 {
			answer[at%len(answer)] ^= 1 << (at / len(answer) % 8)
		}
	case 2:
		answer = answer[:min(len(answer), int(l.next()))]
	case 3:
		answer = l.bytes()
	case 4:
		answer = append(l.bytes(), answer...)
	case 5:
		return nil, nfc.ErrLine
	case 6:
		answer = append(answer[:max(0, len(answer)-2)], 0x91, l.next())
	}
	l.count(command, answer)
	return answer, nil
}

func (l *liar) bytes() []byte {
	n := min(int(l.next()), len(l.script))
	b := bytes.Clone(l.script[:n])
	l.script = l.script[n:]
	return b
}

// count notes keys that are refused, as the program is told.
func (l *liar) count(command, answer []byte) {
	begins := len(command) > 1 && bytes.IndexByte([]byte{0x0A, 0x1A, 0xAA, 0x71, 0x77}, command[1]) >= 0
	goesOn := l.auth && len(command) > 1 && command[1] == 0xAF
	if (begins || goesOn) && bytes.HasSuffix(answer, []byte{0x91, 0xAE}) {
		l.wrong++
	}
	l.auth = begins
}

// echo is no card at all: it gives the same answers over and over.
type echo struct {
	answers [][]byte
	n       int
}

func (e *echo) Transmit([]byte) ([]byte, error) {
	if len(e.answers) == 0 {
		return nil, nil
	}
	e.n++
	return e.answers[(e.n-1)%len(e.answers)], nil
}

// fuzzTags are tags in every state that there is.
func fuzzTags(f *testing.F) []*softcard.Card {
	var tags []*softcard.Card
	for _, chip := range chips {
		add := func(aes bool, ready func(c *softcard.Card)) {
			uid := sha256.Sum256(fmt.Append(nil, chip, len(tags)))
			c, err := softcard.New(softcard.Config{Chip: chip, PICCKeyAES: aes, UID: append([]byte{4}, uid[:6]...)})
			if err != nil {
				f.Fatal(err)
			}
			ready(c)
			tags = append(tags, lay(c))
		}
		add(false, func(*softcard.Card) {})
		add(true, func(*softcard.Card) {})
		add(false, writeFive)
		add(false, func(c *softcard.Card) { tearAt(c, 30, issueFive) })
		add(true, func(c *softcard.Card) { tearAt(c, 51, issueFive) })
		add(false, func(c *softcard.Card) { writeFive(c); tearAt(c, 9, tryWipe) })
		add(false, func(c *softcard.Card) { writeFive(c); tearAt(c, 11, tryWipe) })
		add(false, func(c *softcard.Card) {
			mustDo(f, zeroed(c).CreateApplication(desfire.AID{1, 2, 3}, 0x0F, 1, desfire.TypeAES))
		})
		add(true, func(c *softcard.Card) {
			mustDo(f, zeroed(c).ChangeKey(0, desfire.NewAESKey([16]byte{9}, 7), desfire.ZeroAES))
		})
		add(true, func(c *softcard.Card) { mustDo(f, zeroed(c).ChangeKeySettings(0x0D)) })
		add(false, func(c *softcard.Card) {
			l, err := site("theirs").Recognise(c, keytag.ExpectAnything)
			mustDo(f, err)
			mustDo(f, l.Issue(record(3, 3), keytag.Observer{}))
		})
	}
	return tags
}

func tearAt(c *softcard.Card, n int, act func(*softcard.Card) error) {
	lay(c).Arm(softcard.LeaveBefore(n))
	_ = act(c) // a tag that needs fewer commands is complete, which is a state too
}

func zeroed(c *softcard.Card) *desfire.Session {
	s, err := zeroSession(desfire.New(c))
	if err != nil {
		panic(err)
	}
	return s
}

func mustDo(f *testing.F, err error) {
	f.Helper()
	if err != nil {
		f.Fatal(err)
	}
}

// FuzzLaying lays a tag in any state on a reader whose answers are changed in
// any way, and does any act: no panic, no more commands than can be waited for,
// never a third wrong key, and no success that is not true.
func FuzzLaying(f *testing.F) {
	tags := fuzzTags(f)
	for i := range tags {
		for act := range byte(5) {
			f.Add(byte(i), act, []byte{})
			f.Add(byte(i), act, []byte{0, 0, 0, 0, 1, byte(i), 0, 0, 0, 6, 0xAE, 0, 0, 0, 0, 2, 2})
			f.Add(byte(i), act, append(bytes.Repeat([]byte{0}, 10+2*i), 6, 0x1C, 0, 0, 5))
		}
	}
	f.Fuzz(func(t *testing.T, which, act byte, script []byte) {
		card := tags[int(which)%len(tags)].Clone()
		before := card.Clone()
		l := &liar{t: t, card: card, script: script}
		laid, err := layAndAct(l, act)
		name := fmt.Sprintf("tag %d, act %d: %v", int(which)%len(tags), act%5, err)
		checkWrongKeys(t, name, before, card)
		if laid != nil && laid.WrongKeys > 2 {
			t.Errorf("%s: %d wrong keys counted", name, laid.WrongKeys)
		}
		if err != nil || act%5 < 3 {
			return
		}
		want := keytag.Complete
		if act%5 == 4 {
			want = keytag.Blank
		}
		if got := recognise(t, ours, lay(card), keytag.ExpectAnything); got.State != want {
			t.Errorf("%s: success, and the tag is %s", name, got.State)
		}
	})
}

// FuzzAnswers lets a card answer whatever it likes, over and over.
func FuzzAnswers(f *testing.F) {
	version := []byte{0x91, 0xAF, 4, 1, 1, 0x33, 0, 0x18, 5}
	for act := range byte(5) {
		f.Add(act, []byte{2, 0x91, 0x00})
		f.Add(act, []byte{2, 0x91, 0xAE})
		f.Add(act, []byte{3, 7, 0x91, 0xAF})
		f.Add(act, []byte{18, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0x91, 0xAF})
		f.Add(act, append([]byte{9}, append(version[2:], 0x91, 0xAF)...))
		f.Add(act, []byte{2, 0x90, 0x00, 1, 0x91, 0})
	}
	f.Fuzz(func(t *testing.T, act byte, script []byte) {
		var e echo
		for len(script) > 0 {
			n := min(int(script[0]), len(script)-1)
			e.answers = append(e.answers, script[1:1+n])
			script = script[1+n:]
		}
		l := &liar{t: t, card: &e}
		laid, err := layAndAct(l, act)
		if l.wrong > 2 {
			t.Errorf("%d keys were refused and the next one tried", l.wrong)
		}
		if err == nil && act%5 >= 3 {
			t.Errorf("no tag at all became %s", laid.State)
		}
	})
}

func layAndAct(t nfc.Transceiver, act byte) (*keytag.Laid, error) {
	expect := keytag.ExpectAnything
	switch act % 5 {
	case 2:
		_, err := keytag.Check(t, keytag.DefaultAID, softcard.PracticePublicKey())
		return nil, err
	case 1, 4:
		expect = keytag.ExpectOurs
	}
	l, err := ours.Recognise(t, expect)
	if err != nil {
		return nil, err
	}
	switch act % 5 {
	case 3:
		err = l.Issue(record(8, 4), keytag.Observer{})
	case 4:
		err = l.Wipe(keytag.Observer{})
	}
	return l, err
}
