package softcard

import (
	"bytes"
	"testing"
)

// isoCard has an application E110 "APP" with a data file E101, a backup file
// E102, a closed file E103 and records E104.
func isoCard(t testing.TB, chip Chip) *Card {
	t.Helper()
	x := newTerminal(t, newTestCard(t, Config{Chip: chip}))
	x.must(0xCA, join([]byte{1, 2, 3, 0x0F, 0x21, 0x10, 0xE1}, []byte("APP"))...)
	x.must(0xCA, 9, 9, 9, 0x0F, 0x01)
	x.enter(1, 2, 3)
	x.must(0xCD, 1, 0x01, 0xE1, 0, 0xEE, 0xEE, 0x40, 0x01, 0)
	x.must(0xCB, 2, 0x02, 0xE1, 0, 0xEE, 0xEE, 16, 0, 0)
	x.must(0xCD, 3, 0x03, 0xE1, 0, 0x00, 0x00, 16, 0, 0)
	x.must(0xC1, 4, 0x04, 0xE1, 0, 0xEE, 0xEE, 4, 0, 0, 3, 0, 0)
	x.enter(0, 0, 0)
	return x.c
}

func TestISOSelect(t *testing.T) {
	for _, chip := range chips {
		c := isoCard(t, chip)
		for _, s := range [][2]string{
			{"00a4040007d2760000850100", "9000"},
			{"00a4040007d276000085010000", "9000"},
			{"00a4040c07d2760000850100", "9000"},
			{"00a4040007d2760000850101", "6a82"},
			{"00a404000341505000", "9000"},
			{"906f000000", "010203049100"},
			{"9061000000", "01e102e103e104e19100"},
			{"00a40000023f00", "9000"},
			{"906a000000", "0102030909099100"},
			{"906d000000", "01020310e14150509100"},
			{"00a4000002e110", "9000"},
			{"00a4020c02e101", "9000"},
			{"00a4020c02e109", "6a82"},
			{"00a4020c02e110", "6a82"},
			{"00a4000000", "9000"},
			{"00a4010c02e101", "6a82"},
			{"00a4030000", "6a86"},
			{"00a4040102e110", "6a86"},
			{"00a4000001e1", "6700"},
			{"00a40400", "6a82"},
			{"00840000 08", "6d00"},
			{"00a4", "6700"},
		} {
			send(t, c, s[0], s[1])
		}
	}
}

func TestISOReadAndUpdate(t *testing.T) {
	c := isoCard(t, EV2)
	for _, s := range [][2]string{
		{"00b0000000", "6985"}, // at PICC level
		{"00a4040003415050", "9000"},
		{"00b0000000", "6985"}, // no file selected
		{"00a4020c02e101", "9000"},
		{"00d600010411223344", "9000"},
		{"00b0000006", "0011223344009000"},
		{"00b0000302", "33449000"},
		{"00b0013f00", "009000"},
		{"00b0014000", "6b00"},
		{"00d6013f020102", "6700"},
		{"00d6014001ff", "6b00"},
		{"00d60000", "6700"},
		{"00b0810103", "1122339000"}, // by file number
		{"00b08f0003", "6a82"},
		{"00b0c10003", "6a86"},
		{"00b0830003", "6982"}, // access is not free
		{"00d6830001ff", "6982"},
		{"00d6820002aabb", "9000"},
		{"00b0820003", "0000009000"}, // backup, not committed
		{"90c7000000", "9100"},
		{"00b0820003", "aabb009000"},
		{"00e2002004cafe0001", "9000"},
		{"90c7000000", "9100"},
		{"00e2002002cafd", "9000"},
		{"90c7000000", "9100"},
		{"00b2012400", "cafd00009000"},
		{"00b2022400", "cafe00019000"},
		{"00b2012500", "cafe0001cafd00009000"},
		{"00b2032400", "6a83"},
		{"00b2012600", "6a86"},
		{"00e2012001ff", "6a86"},
		{"00e20020051122334455", "6700"},
		{"00b2010c00", "6985"}, // not a record file
		{"00b0840000", "6985"}, // not a data file
	} {
		send(t, c, s[0], s[1])
	}
}

func TestISOSelectEndsSession(t *testing.T) {
	x := blank(t, Config{Chip: EV3})
	send(t, x.c, "00a4040007d2760000850100", "9000")
	send(t, x.c, "90fc000000", "91ae")
}

func TestFraming(t *testing.T) {
	c := newTestCard(t, Config{Chip: EV3})
	c.image.batch, c.image.week, c.image.year = make([]byte, 5), 0x10, 0x24
	for _, s := range [][2]string{
		{"", "6700"},
		{"90", "6700"},
		{"9060", "6700"},
		{"90600000", "0401013300180591af"},
		{"90af0000", "0401010300180591af"},
		{"9060010000", "6a86"},
		{"90af000000", "911c"},
		{"905a000003000000", "9100"},
		{"905a00000300000000", "9100"},
		{"905a0000030000", "6700"},
		{"905a0000020000", "917e"},
		{"905a000004 00000000", "917e"},
		{"9060000001 00", "917e"},
		{"60", "af04010133001805"},
		{"af", "af04010103001805"},
		{"af", "0004c0ffee12348000000000001024"},
		{"af", "1c"},
		{"60", "af04010133001805"},
		{"6400", "0000"}, // a new command drops the chain
		{"af", "1c"},
		{"60", "af04010133001805"},
		{"af00", "1c"}, // data where none belong
		{"5a", "7e"},
		{"ff", "6a81"},
		{"ffca0000", "04c0ffee1234809000"},
		{"ffca020000", "6a81"},
		{"ffca000100", "6a81"},
		{"ff82000006ffffffffffff", "6a81"},
		{"80ca9f7f00", "6e00"},
		{"99", "1c"},
		{"9099000000", "911c"},
		{"1a00", "af"},
	} {
		if s[0] == "1a00" {
			if got, err := c.Transmit([]byte{0x1A, 0}); err != nil || len(got) != 9 || got[0] != 0xAF {
				t.Errorf("authentication: %X, %v", got, err)
			}
			continue
		}
		send(t, c, s[0], s[1])
	}
	send(t, c, "6400", "0000") // in place of the second step
	send(t, c, "af00112233445566778899aabbccddeeff", "1c")
	if n := c.AuthenticationFailures(); n != 0 {
		t.Errorf("%d failures", n)
	}
}

func TestNativeSecondStepOfAWrongLength(t *testing.T) {
	c := newTestCard(t, Config{Chip: EV1})
	if _, err := c.Transmit([]byte{0x1A, 0}); err != nil {
		t.Fatal(err)
	}
	send(t, c, "af0011", "7e")
	send(t, c, "90710000080006000000000000", "911c")
}

func TestWholeAnswers(t *testing.T) {
	x := blank(t, Config{Chip: EV3})
	x.must(0xCA, 1, 2, 3, 0x0F, 0x81)
	x.enter(1, 2, 3)
	x.login()
	x.must(0xCD, 1, 3, 0x00, 0x00, 160, 0, 0)
	want := bytes.Repeat([]byte{1, 2, 3, 4, 5}, 32)
	x.split = 255
	if _, st := x.do(0x8D, isoLE(1, 0, 160), want, full, standard, 0); st != statusOK {
		t.Fatalf("writing: %02X", byte(st))
	}
	x.c.ResetCount()
	got, st := x.do(0xAD, isoLE(1, 0, 160), nil, standard, full, 160)
	if st != statusOK || !bytes.Equal(got, want) {
		t.Errorf("reading: %X, %02X", got, byte(st))
	}
	if n, _, _ := x.c.Count(); n != 1 {
		t.Errorf("%d commands, want 1", n)
	}
	x.c.ResetCount()
	if _, st := x.do(0xBD, isoLE(1, 0, 160), nil, standard, full, 160); st != statusOK {
		t.Errorf("reading: %02X", byte(st))
	}
	if n, in, out := x.c.Count(); n != 4 || in != 5+7+8+1+3*5 || out != 176+8+4*2 {
		t.Errorf("%d commands, %d bytes in, %d out", n, in, out)
	}
}

func TestReaderCapabilities(t *testing.T) {
	c := newTestCard(t, Config{Chip: EV2, PICCKeyAES: true})
	for _, s := range [][2]string{
		{"717e", "7e"},
		{"7100", "7e"},
		{"710001", "7e"},
		{"71000102", "9e"},
		{"7100070000000000000000", "7e"},
		{"710100", "40"},
	} {
		send(t, c, s[0], s[1])
	}
	for _, command := range []string{"710000", "71000100", "710006000000000000"} {
		if got, err := c.Transmit(unhex(t, command)); err != nil || len(got) != 17 {
			t.Errorf("%s: %X, %v", command, got, err)
		}
	}
}
