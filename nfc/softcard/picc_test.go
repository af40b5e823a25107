package softcard

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"errors"
	"math/big"
	"testing"

	"sleutelbord/nfc"
)

var zeroAES = make([]byte, 16)

// blank gives a terminal on a blank card, authenticated with its zero key.
func blank(t testing.TB, c Config) *terminal {
	t.Helper()
	c.PICCKeyAES = true
	x := newTerminal(t, newTestCard(t, c))
	x.login()
	return x
}

// login authenticates with the AES zero key in the chip's newest way.
func (x *terminal) login() {
	x.t.Helper()
	ins := byte(insAuthFirst)
	if x.c.image.chip == EV1 {
		ins = insAuthAES
	}
	if st := x.auth(ins, 0, kindAES, zeroAES); st != statusOK {
		x.t.Fatalf("authentication: %02X", byte(st))
	}
}

var chips = []Chip{EV1, EV2, EV3}

func TestRandomUID(t *testing.T) {
	for _, chip := range chips {
		x := blank(t, Config{Chip: chip})
		real := x.c.UID()
		send(t, x.c, "ffca000000", "04c0ffee1234809000")
		if st := x.trySecret(0x5C, 0, []byte{0x04}); st != statusParameter {
			t.Errorf("%v: unknown bit: %02X", chip, byte(st))
		}
		x.login()
		x.secret(0x5C, 0, []byte{0x02})
		got, st := x.do(0x51, nil, nil, standard, full, 7)
		if st != statusOK || !bytes.Equal(got, real) {
			t.Errorf("%v: card uid %X, status %02X", chip, got, byte(st))
		}
		if v := x.must(0x60); !bytes.Equal(v[14:21], real) {
			t.Errorf("%v: in a session the version gives %X", chip, v[14:21])
		}
		seen := map[string]bool{}
		for range 5 {
			x.c.Reset()
			x.scheme = 0
			u, err := x.c.Transmit(unhex(t, "ffca000000"))
			if err != nil || len(u) != 6 || u[0] != 0x08 || seen[string(u)] {
				t.Errorf("%v: random uid %X, %v", chip, u, err)
			}
			seen[string(u)] = true
			if v := x.must(0x60); !bytes.Equal(v[14:21], make([]byte, 7)) {
				t.Errorf("%v: without a session the version gives %X", chip, v[14:21])
			}
		}
		x.wants(statusWrongKey, 0x51)
		if !bytes.Equal(x.c.UID(), real) {
			t.Errorf("%v: real uid lost", chip)
		}
	}
}

func TestSignature(t *testing.T) {
	pub, err := ecdsa.ParseUncompressedPublicKey(elliptic.P224(), PracticePublicKey())
	if err != nil {
		t.Fatal(err)
	}
	for _, chip := range []Chip{EV2, EV3} {
		x := blank(t, Config{Chip: chip})
		check := func(sig []byte, st status) {
			t.Helper()
			if st != statusSignature || len(sig) != 56 {
				t.Fatalf("%v: %d bytes, status %02X", chip, len(sig), byte(st))
			}
			r, s := new(big.Int).SetBytes(sig[:28]), new(big.Int).SetBytes(sig[28:])
			if !ecdsa.Verify(pub, x.c.UID(), r, s) {
				t.Errorf("%v: signature does not verify", chip)
			}
		}
		check(x.do(0x3C, []byte{0}, nil, standard, full, 56))
		x.secret(0x5C, 0, []byte{0x02})
		check(x.do(0x3C, []byte{0}, nil, standard, full, 56))
		if st := x.auth(insAuthAES, 0, kindAES, zeroAES); st != statusOK {
			t.Fatal(st)
		}
		check(x.do(0x3C, []byte{0}, nil, standard, full, 56))
		x.enter(0, 0, 0)
		x.wants(statusWrongKey, 0x3C, 0)
		x.login()
		if _, st := x.do(0x3C, []byte{1}, nil, standard, full, 56); st != statusParameter {
			t.Errorf("%v: second signature: %02X", chip, byte(st))
		}
	}
	own := bytes.Repeat([]byte{7}, 56)
	x := newTerminal(t, newTestCard(t, Config{Chip: EV2, Signature: own}))
	if got, st := x.raw(0x3C, []byte{0}); st != statusSignature || !bytes.Equal(got, own) {
		t.Errorf("given signature: %X, %02X", got, byte(st))
	}
}

func TestDefaultKey(t *testing.T) {
	for _, chip := range chips {
		x := blank(t, Config{Chip: chip})
		secret := append(bytes.Repeat([]byte{0x3D, 0x21}, 12), 0x42)
		x.secret(0x5C, 1, secret)
		for i, k := range []kind{kindAES, kindDES, kind3K3DES} {
			x.must(0xCA, 1, 2, byte(i), 0x0B, 3|byte(k))
		}
		x.secret(0x5C, 1, make([]byte, 25))
		x.must(0xCA, 1, 2, 9, 0x0B, 3|byte(kindAES))
		for i, c := range []struct {
			ins     byte
			kind    kind
			version byte
		}{{insAuthAES, kindAES, 0x42}, {insAuthISO, kindDES, 0xFF}, {insAuthISO, kind3K3DES, 0xFF}} {
			x.enter(1, 2, byte(i))
			if st := x.auth(c.ins, 2, c.kind, secret[:c.kind.size()]); st != statusOK {
				t.Errorf("%v: %02X: default key does not open: %02X", chip, c.kind, byte(st))
			}
			if v := x.must(0x64, 1); v[0] != c.version {
				t.Errorf("%v: %02X: version %02X", chip, c.kind, v[0])
			}
		}
		x.enter(1, 2, 9)
		if st := x.auth(insAuthAES, 2, kindAES, zeroAES); st != statusOK {
			t.Errorf("%v: default key not put back", chip)
		}
	}
}

func TestATS(t *testing.T) {
	x := blank(t, Config{Chip: EV1})
	if got := x.c.ATR(); !bytes.Equal(got, unhex(t, "3B8180018080")) {
		t.Errorf("ATR %X", got)
	}
	send(t, x.c, "ffca010000", "75778102809000")
	x.secret(0x5C, 2, unhex(t, "0777777102AABB"))
	if got := x.c.ATR(); !bytes.Equal(got, unhex(t, "3B828001AABB12")) {
		t.Errorf("ATR %X", got)
	}
	send(t, x.c, "ffca010000", "777771 02aabb9000")
	if st := x.trySecret(0x5C, 2, unhex(t, "0275")); st != statusLength {
		t.Errorf("ATS that announces bytes it has not: %02X", byte(st))
	}
}

func TestPICCMasterKeyChangesKind(t *testing.T) {
	for _, start := range []byte{insAuthLegacy, insAuthISO} {
		x := newTerminal(t, newTestCard(t, Config{Chip: EV2}))
		if st := x.auth(start, 0, kindDES, zeroAES); st != statusOK {
			t.Fatal(st)
		}
		steps := []struct {
			ins, no byte
			kind    kind
		}{{insAuthISO, 0x40, kind3K3DES}, {insAuthAES, 0x80, kindAES}, {insAuthFirst, 0x80, kindAES}, {start, 0x00, kindDES}}
		for _, s := range steps {
			raw := bytes.Repeat([]byte{0x4C, s.no}, 12)[:s.kind.size()]
			if st := x.changeKey(s.no, key{kind: s.kind, bytes: raw, aesVersion: 5}, nil); st != statusOK {
				t.Fatalf("to %02X: %02X", s.no, byte(st))
			}
			if st := x.auth(s.ins, 0, s.kind, raw); st != statusOK {
				t.Fatalf("with kind %02X: %02X", s.kind, byte(st))
			}
			if got := x.must(0x45); got[1] != 1|byte(s.kind) {
				t.Errorf("key settings %X", got)
			}
		}
	}
}

func TestFormatGivesMemoryBack(t *testing.T) {
	for _, chip := range chips {
		x := blank(t, Config{Chip: chip, Memory: 2048})
		all := number24(x.must(0x6E))
		x.must(0xCA, 1, 2, 3, 0x0F, 0x8E)
		after := number24(x.must(0x6E))
		if after >= all || after%32 != 0 {
			t.Errorf("%v: %d bytes free, %d before", chip, after, all)
		}
		x.must(0xDA, 1, 2, 3)
		if got := number24(x.must(0x6E)); got != after {
			t.Errorf("%v: deleting gave %d bytes back", chip, got-after)
		}
		x.must(0xFC)
		if got := number24(x.must(0x6E)); got != all {
			t.Errorf("%v: %d bytes free after format, want %d", chip, got, all)
		}
		x.must(0xCA, 1, 2, 3, 0x0F, 0x8E)
	}
}

func TestMemoryFull(t *testing.T) {
	for _, chip := range chips {
		x := blank(t, Config{Chip: chip, Memory: 2048})
		x.must(0xCA, 1, 2, 3, 0x0F, 0x81)
		x.enter(1, 2, 3)
		free := number24(x.must(0x6E))
		x.wants(statusOutOfMemory, 0xCD, 1, 0, 0xEE, 0xEE, 0xFF, 0xFF, 0xFF)
		x.wants(statusOutOfMemory, 0xCD, join([]byte{1, 0, 0xEE, 0xEE}, le24(free))...)
		x.wants(statusOutOfMemory, 0xC1, 1, 0, 0xEE, 0xEE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF)
		x.wants(statusOutOfMemory, 0xCB, join([]byte{1, 0, 0xEE, 0xEE}, le24(free/2))...)
		if got := number24(x.must(0x6E)); got != free {
			t.Errorf("%v: refusals cost %d bytes", chip, free-got)
		}
		x.must(0xCD, join([]byte{1, 0, 0xEE, 0xEE}, le24(free-32))...)
		if got := number24(x.must(0x6E)); got != 0 {
			t.Errorf("%v: %d bytes left", chip, got)
		}
		x.wants(statusOutOfMemory, 0xCD, 2, 0, 0xEE, 0xEE, 1, 0, 0)
		x.must(0xDF, 1)
		x.wants(statusOutOfMemory, 0xCD, 2, 0, 0xEE, 0xEE, 1, 0, 0)
		x.enter(0, 0, 0)
		x.wants(statusOutOfMemory, 0xCA, 9, 9, 9, 0x0F, 0x81)
	}
}

func TestManyApplications(t *testing.T) {
	for _, chip := range chips {
		for _, session := range []bool{false, true} {
			x := blank(t, Config{Chip: chip, Memory: 8192})
			var want []byte
			for n := range 28 {
				x.must(0xCA, byte(n), 2, 3, 0x0F, 0x81)
				want = append(want, byte(n), 2, 3)
				if !session {
					x.enter(0, 0, 0)
				}
				if got := x.must(0x6A); !bytes.Equal(got, want) {
					t.Fatalf("%v: %d applications: %X", chip, n+1, got)
				}
			}
			st := map[Chip]status{EV1: statusTooMany}[chip]
			x.wants(st, 0xCA, 99, 2, 3, 0x0F, 0x81)
		}
	}
}

func TestApplicationIDsInFramesOf19(t *testing.T) {
	c := newTestCard(t, Config{Chip: EV1, Memory: 8192})
	for n := range 20 {
		c.image.apps = append(c.image.apps, &application{aid: [3]byte{byte(n), 1, 1}, kind: kindAES})
	}
	a, err := c.Transmit(unhex(t, "906a000000"))
	if err != nil || len(a) != 57+2 || a[58] != 0xAF {
		t.Fatalf("first frame of %d bytes, %v", len(a), err)
	}
	send(t, c, "90af000000", "1301019100")
	send(t, c, "90af000000", "911c")
}

func TestCreateApplicationRefusals(t *testing.T) {
	x := blank(t, Config{Chip: EV2})
	x.must(0xCA, join([]byte{1, 2, 3, 0x0F, 0xA3, 0x10, 0xE1}, []byte("NAME"))...)
	x.must(0xCA, 1, 2, 4, 0x0F, 0x93, 0x00)
	x.must(0xCA, 1, 2, 5, 0x0F, 0x00)
	for _, c := range []struct {
		want status
		body []byte
	}{
		{statusDuplicate, []byte{1, 2, 3, 0x0F, 0x81}},
		{statusDuplicate, []byte{7, 2, 3, 0x0F, 0x81, 0x10, 0xE1}},
		{statusDuplicate, join([]byte{7, 2, 3, 0x0F, 0x81, 0x11, 0xE1}, []byte("NAME"))},
		{statusParameter, []byte{0, 0, 0, 0x0F, 0x81}},
		{statusParameter, []byte{1, 2, 9, 0x0F, 0xC1}},
		{statusParameter, []byte{1, 2, 9, 0x0F, 0x8F}},
		{statusParameter, []byte{1, 2, 9, 0x0F, 0x81, 0x00, 0x3F}},
		{statusParameter, []byte{1, 2, 9, 0x0F, 0x91, 0x01}},
		{statusLength, []byte{1, 2, 9, 0x0F, 0x91}},
		{statusLength, []byte{1, 2, 9, 0x0F}},
		{statusLength, []byte{1, 2, 9, 0x0F, 0x81, 0x10}},
		{statusLength, join([]byte{7, 2, 3, 0x0F, 0x81, 0x11, 0xE1}, make([]byte, 17))},
	} {
		x.login()
		x.wants(c.want, 0xCA, c.body...)
	}
	ev1 := newTerminal(t, newTestCard(t, Config{Chip: EV1}))
	ev1.wants(statusParameter, 0xCA, 1, 2, 4, 0x0F, 0x93, 0x00)
}

func TestPICCSettings(t *testing.T) {
	x := blank(t, Config{Chip: EV3})
	x.must(0xCA, 1, 2, 3, 0x0B, 0x82)
	x.must(0xCA, 1, 2, 4, 0x0B, 0x82)
	if _, st := x.do(0x54, nil, []byte{0x08}, full, standard, 0); st != statusOK {
		t.Fatal(st)
	}
	x.enter(0, 0, 0)
	for _, ins := range []byte{0x6A, 0x6D, 0x45, 0xFC} {
		x.wants(statusWrongKey, ins)
	}
	x.wants(statusWrongKey, 0xCA, 1, 2, 5, 0x0B, 0x82)
	x.wants(statusWrongKey, 0xDA, 1, 2, 3)
	// An application cannot delete itself while creating is not free.
	x.enter(1, 2, 3)
	x.login()
	x.wants(statusWrongKey, 0xDA, 1, 2, 3)
	x.enter(0, 0, 0)
	x.login()
	if _, st := x.do(0x54, nil, []byte{0x0F}, full, standard, 0); st != statusOK {
		t.Fatal(st)
	}
	x.enter(1, 2, 3)
	x.login()
	x.wants(statusWrongKey, 0xDA, 1, 2, 4)
	x.login()
	if got, st := x.raw(0xDA, join([]byte{1, 2, 3}, x.sign(0xDA, []byte{1, 2, 3}))); st != statusOK || len(got) != 0 {
		t.Errorf("deleting itself: %X, %02X", got, byte(st))
	}
	x.scheme = 0
	if got := x.must(0x6A); !bytes.Equal(got, []byte{1, 2, 4}) {
		t.Errorf("applications %X", got)
	}
	x.wants(statusNoApplication, 0x5A, 1, 2, 3)
}

func TestFormatCanBeSwitchedOff(t *testing.T) {
	x := blank(t, Config{Chip: EV3})
	x.secret(0x5C, 0, []byte{0x01})
	x.wants(statusPermission, 0xFC)
}

func TestLevels(t *testing.T) {
	x := blank(t, Config{Chip: EV3})
	for _, ins := range []byte{0x6F, 0x61, 0xC7, 0xA7} {
		x.wants(statusPermission, ins)
		x.login()
	}
	x.wants(statusPermission, 0xF5, 1)
	x.login()
	x.wants(statusPermission, 0xBD, isoLE(1, 0, 0)...)
	x.login()
	x.must(0xCA, 1, 2, 3, 0x0F, 0x81)
	for _, c := range [][]byte{{0x6A}, {0x6D}, {0xFC}, {0xCA, 1, 2, 9, 0x0F, 0x81}} {
		x.enter(1, 2, 3)
		x.login()
		x.wants(statusPermission, c[0], c[1:]...)
	}
	x.enter(1, 2, 3)
	x.login()
	if st := x.trySecret(0x5C, 0, []byte{0x02}); st != statusPermission {
		t.Errorf("configuration within an application: %02X", byte(st))
	}
	x.login()
	x.wants(statusNoFile, 0x61)
}

func TestNewRefusesNonsense(t *testing.T) {
	for _, c := range []Config{
		{Chip: 9},
		{Memory: 1000},
		{UID: []byte{1}},
		{Signature: []byte{1}},
		{Chip: EV1, Signature: make([]byte, 56)},
		{Random: bytes.NewReader(nil)},
	} {
		if card, err := New(c); err == nil || card != nil {
			t.Errorf("%+v was accepted", c)
		}
	}
}

func TestParse(t *testing.T) {
	for _, c := range chips {
		if got, err := ParseChip(c.String()); err != nil || got != c {
			t.Errorf("%v: %v, %v", c, got, err)
		}
	}
	if _, err := ParseChip("ev4"); err == nil {
		t.Error("ev4 was accepted")
	}
	for s, n := range map[string]int{"2k": 2048, "4K": 4096, "8k": 8192} {
		if got, err := ParseMemory(s); err != nil || got != n {
			t.Errorf("%s: %d, %v", s, got, err)
		}
	}
	if _, err := ParseMemory("4096"); err == nil {
		t.Error("4096 was accepted")
	}
}

func TestRandomSourceThatEnds(t *testing.T) {
	c := newTestCard(t, Config{Random: bytes.NewReader(nil)})
	if _, err := c.Transmit(unhex(t, "901a0000010000")); !errors.Is(err, nfc.ErrLine) {
		t.Errorf("error %v", err)
	}
	send(t, c, "9064000001 0000", "009100")
}
