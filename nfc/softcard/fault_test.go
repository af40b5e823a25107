package softcard

import (
	"bytes"
	"errors"
	"testing"

	"sleutelbord/nfc"
)

var createApp = []byte{0x90, 0xCA, 0, 0, 5, 1, 2, 3, 0x0F, 0x81, 0}

func hasApp(c *Card) bool { return c.image.find([3]byte{1, 2, 3}) != nil }

func TestFaultsThatBreakTheLine(t *testing.T) {
	for _, f := range []struct {
		name        string
		fault       Fault
		want        error
		acted, gone bool
	}{
		{"leaves before", LeaveBefore(2), nfc.ErrTagRemoved, false, true},
		{"leaves after", LeaveAfter(2), nfc.ErrTagRemoved, true, true},
		{"loses the answer", LoseAnswer(2), nfc.ErrLine, true, false},
	} {
		c := newTestCard(t, Config{})
		c.Arm(f.fault)
		send(t, c, "9064000001 0000", "009100")
		if _, err := c.Transmit(createApp); !errors.Is(err, f.want) || !nfc.IsLine(err) {
			t.Errorf("%s: error %v", f.name, err)
		}
		if hasApp(c) != f.acted {
			t.Errorf("%s: acted %v", f.name, !f.acted)
		}
		_, err := c.Transmit(unhex(t, "90640000010000"))
		if gone := errors.Is(err, nfc.ErrTagRemoved); gone != f.gone {
			t.Errorf("%s: gone %v", f.name, gone)
		}
		c.Return()
		send(t, c, "90640000010000", "009100")
		if n, _, _ := c.Count(); n < 2 {
			t.Errorf("%s: %d commands", f.name, n)
		}
	}
}

func TestLeavingIsPowerOff(t *testing.T) {
	x := blank(t, Config{})
	x.c.Arm(LeaveBefore(1))
	if _, err := x.c.Transmit(unhex(t, "9045000000")); !errors.Is(err, nfc.ErrTagRemoved) {
		t.Fatal(err)
	}
	x.c.Return()
	send(t, x.c, "90fc000000", "91ae")
}

func TestFurtherFramesCount(t *testing.T) {
	c := newTestCard(t, Config{})
	c.Arm(LoseAnswer(2))
	send(t, c, "9060000000", "0401013300180591af")
	if _, err := c.Transmit(unhex(t, "90af000000")); !errors.Is(err, nfc.ErrLine) {
		t.Errorf("error %v", err)
	}
}

func TestRefuse(t *testing.T) {
	for _, f := range []struct {
		status        nfc.StatusWord
		command, want string
	}{
		{0xAE, "90ca000005010203 0f8100", "91ae"},
		{0x910E, "90ca0000050102030f8100", "910e"},
		{0xEE, "ca0102030f81", "ee"},
		{0x91EE, "ca0102030f81", "ee"},
		{0x6985, "00a4040007d2760000850100", "6985"},
	} {
		x := blank(t, Config{})
		x.c.Arm(Refuse(1, f.status))
		send(t, x.c, f.command, f.want)
		if hasApp(x.c) {
			t.Errorf("%s: acted", f.command)
		}
		send(t, x.c, "90fc000000", "91ae") // the session is gone
	}
}

func TestCorrupt(t *testing.T) {
	c := newTestCard(t, Config{})
	c.Arm(Corrupt(1), Corrupt(3), CorruptCommand(2))
	send(t, c, "90640000010000", "019100")
	send(t, c, "90640000010000", "9140") // key 1 instead of 0
	send(t, c, "ca0102030f81", "01")
	if !hasApp(c) {
		t.Error("a corrupted answer kept the card from acting")
	}
	f := Corrupt(1)
	f.Bit = 7
	c.Arm(f)
	send(t, c, "90640000010000", "809100")
	c.Arm(CorruptCommand(1))
	send(t, c, "906e000000", "919d") // 6F: GetFileIDs is not for the PICC level
}

// TestEveryBitMatters flips each bit of a secured command on its own: none is
// acted on.
func TestEveryBitMatters(t *testing.T) {
	x := blank(t, Config{Chip: EV2})
	at := x.c.Clone()
	x.secret(0x5C, 0, []byte{0x02})
	e, _ := encrypt(x.block, x.vectorOf(0), pad80([]byte{0x02}, 16))
	x.ctr = 0
	body := join([]byte{0}, e, x.sign(0x5C, join([]byte{0}, e)))
	for i := range len(body) * 8 {
		c := at.Clone()
		flipped := append([]byte(nil), body...)
		flipped[i/8] ^= 1 << (i % 8)
		got, err := c.Transmit(join([]byte{0x5C}, flipped))
		if err != nil || len(got) != 1 || status(got[0]).success() || c.image.config != 0 {
			t.Errorf("bit %d: %X, %v", i, got, err)
		}
	}
	c := at.Clone()
	if got, err := c.Transmit(join([]byte{0x5C}, body)); err != nil || got[0] != 0 || c.image.config != 2 {
		t.Errorf("whole command: %X, %v", got, err)
	}
}

func (x *terminal) vectorOf(ctr uint16) []byte {
	x.ctr = ctr
	return x.vector(0xA5, 0x5A)
}

// TestCloneInEverySession goes on in the clone of a card, with its session, an
// open transaction and half a command, and then in the card itself.
func TestCloneInEverySession(t *testing.T) {
	eachScheme(t, func(t *testing.T, s scheme, x *terminal) {
		x.must(0xC0, 1, 3, 0x00, 0x00, 60, 0, 0, 3, 0, 0)
		if _, st := x.do(0x3B, isoLE(1, 0, 1), []byte{7}, full, standard, 0); st != statusOK {
			t.Fatal(st)
		}
		data := bytes.Repeat([]byte{9}, 60)
		body := join(isoLE(1, 0, 60), x.protect(0x3B, isoLE(1, 0, 60), data, full))
		if _, st := x.frame(0x3B, body[:50]); st != statusMore {
			t.Fatal(st)
		}
		y := *x
		y.c = x.c.Clone()
		for _, z := range []*terminal{&y, x} {
			got, st := z.frame(insMore, body[50:])
			if st != statusOK {
				t.Fatal(st)
			}
			z.unprotect(got, st, standard, 0)
			z.must(0xC7)
			z.records(full, isoLE(1, 0, 0), data)
		}
	})
}

func TestCloneIsDeep(t *testing.T) {
	x := blank(t, Config{Chip: EV2})
	x.must(0xCA, 1, 2, 3, 0x0F, 0x82)
	x.enter(1, 2, 3)
	x.login()
	x.must(0xCB, 1, 0, 0x00, 0x00, 8, 0, 0)
	if _, st := x.do(0x3D, isoLE(1, 0, 1), []byte{7}, bare, bare, 0); st != statusOK {
		t.Fatal(st)
	}
	before, err := encodeImage(x.c.image)
	if err != nil {
		t.Fatal(err)
	}
	d := x.c.Clone()
	y := *x
	y.c = d
	y.must(0xC7)
	y.readBack(bare, isoLE(1, 0, 1), []byte{7})
	if st := y.changeKey(1, key{kind: kindAES, bytes: bytes.Repeat([]byte{1}, 16)}, zeroAES); st != statusOK {
		t.Fatal(st)
	}
	y.must(0xDF, 1)
	y.enter(0, 0, 0)
	y.login()
	y.must(0xFC)
	after, err := encodeImage(x.c.image)
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("the clone's commands reached the card: %s\n%s", before, after)
	}
	x.must(0xC7) // the card's own session and transaction live on
	x.readBack(bare, isoLE(1, 0, 1), []byte{7})
}
