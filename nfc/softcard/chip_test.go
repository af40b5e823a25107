package softcard

import (
	"bytes"
	"fmt"
	"testing"
)

// scheme is a way to open a session with a kind of key.
type scheme struct {
	name string
	ins  byte
	kind kind
	key  []byte
	chip Chip
}

func schemes() []scheme {
	seq := func(n int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(0x11*i + 6)
		}
		return b
	}
	return []scheme{
		{"D40 with DES", insAuthLegacy, kindDES, doubled(seq(8)), EV1},
		{"D40 with 2K3DES", insAuthLegacy, kindDES, seq(16), EV3},
		{"ISO with DES", insAuthISO, kindDES, doubled(seq(8)), EV1},
		{"ISO with 2K3DES", insAuthISO, kindDES, seq(16), EV2},
		{"ISO with 3K3DES", insAuthISO, kind3K3DES, seq(24), EV1},
		{"AES", insAuthAES, kindAES, seq(16), EV1},
		{"AES on EV3", insAuthAES, kindAES, seq(16), EV3},
		{"EV2", insAuthFirst, kindAES, seq(16), EV2},
		{"EV2 on EV3", insAuthFirst, kindAES, seq(16), EV3},
	}
}

var zero24 = make([]byte, 24)

// inApplication gives a terminal in a fresh application of 5 keys, all set to the
// scheme's key, authenticated with key 0.
func inApplication(t *testing.T, s scheme) *terminal {
	t.Helper()
	x := newTerminal(t, newTestCard(t, Config{Chip: s.chip}))
	x.enter(0, 0, 0)
	x.must(0xCA, 0x21, 0x43, 0x65, 0x0B, 5|byte(s.kind))
	x.enter(0x21, 0x43, 0x65)
	fresh := key{kind: s.kind, bytes: s.key, aesVersion: 0x77}
	if st := x.auth(s.ins, 0, s.kind, zero24[:s.kind.size()]); st != statusOK {
		t.Fatalf("first authentication: %02X", byte(st))
	}
	for no := byte(1); no < 5; no++ {
		if st := x.changeKey(no, fresh, zero24[:s.kind.size()]); st != statusOK {
			t.Fatalf("changing key %d: %02X", no, byte(st))
		}
	}
	if st := x.changeKey(0, fresh, nil); st != statusOK {
		t.Fatalf("changing key 0: %02X", byte(st))
	}
	if st := x.auth(s.ins, 0, s.kind, s.key); st != statusOK {
		t.Fatalf("authentication: %02X", byte(st))
	}
	return x
}

func eachScheme(t *testing.T, f func(t *testing.T, s scheme, x *terminal)) {
	for _, s := range schemes() {
		for _, wrap := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, wrapped %v", s.name, wrap), func(t *testing.T) {
				x := inApplication(t, s)
				x.wrap = wrap
				f(t, s, x)
			})
		}
	}
}

var modes = map[protection]byte{bare: 0, maced: 1, full: 3}

func TestStandardAndBackupFiles(t *testing.T) {
	eachScheme(t, func(t *testing.T, s scheme, x *terminal) {
		no := byte(0)
		for _, mode := range []protection{bare, maced, full} {
			comm := modes[mode]
			for _, create := range []byte{0xCD, 0xCB} {
				x.must(create, no, comm, 0x00, 0x00, 150, 0, 0)
				for _, n := range []int{1, 15, 16, 47, 48, 52, 53, 100, 150} {
					data := bytes.Repeat([]byte{byte(n), 0x00}, n)[:n]
					for _, split := range []int{47, 52, 54, 58, 59} {
						x.split = split
						if _, st := x.do(0x3D, isoLE(no, 150-n, n), data, mode, answering(mode), 0); st != statusOK {
							t.Fatalf("mode %d: writing %d bytes: %02X", comm, n, byte(st))
						}
					}
					if create == 0xCB {
						x.must(0xC7)
					}
					x.readBack(mode, isoLE(no, 150-n, n), data)
				}
				x.readBack(mode, isoLE(no, 149, 0), []byte{x.c.app.file(no).data[149]})
				no++
			}
		}
	})
}

// readBack reads a span and compares it.
func (x *terminal) readBack(mode protection, header, want []byte) {
	x.t.Helper()
	in := standard
	if mode == bare {
		in = bare
	}
	got, st := x.do(0xBD, header, nil, in, mode, len(want))
	if st != statusOK || !bytes.Equal(got, want) {
		x.t.Fatalf("reading %X: %X, status %02X, want %X", header, got, byte(st), want)
	}
}

func TestBackupFileShowsCommittedContent(t *testing.T) {
	eachScheme(t, func(t *testing.T, s scheme, x *terminal) {
		x.must(0xCB, 1, 3, 0x00, 0x00, 32, 0, 0)
		write := func(b byte) {
			t.Helper()
			if _, st := x.do(0x3D, isoLE(1, 3, 1), []byte{b}, full, standard, 0); st != statusOK {
				t.Fatalf("writing: %02X", byte(st))
			}
		}
		write(0xAA)
		x.readBack(full, isoLE(1, 3, 1), []byte{0})
		x.must(0xA7)
		write(0xBB)
		x.must(0xC7)
		x.readBack(full, isoLE(1, 3, 1), []byte{0xBB})
		write(0xCC)
		// Authenticating anew keeps the transaction, selecting drops it.
		if st := x.auth(s.ins, 0, s.kind, s.key); st != statusOK {
			t.Fatal(st)
		}
		x.must(0xC7)
		x.readBack(full, isoLE(1, 3, 1), []byte{0xCC})
		write(0xDD)
		x.enter(0x21, 0x43, 0x65)
		x.wants(statusNoChanges, 0xC7)
	})
}

func TestErrorsEndSessionsAndTransactions(t *testing.T) {
	eachScheme(t, func(t *testing.T, s scheme, x *terminal) {
		x.must(0xCB, 1, 3, 0x00, 0x00, 32, 0, 0)
		if _, st := x.do(0x3D, isoLE(1, 0, 1), []byte{1}, full, standard, 0); st != statusOK {
			t.Fatal(st)
		}
		x.wants(statusNoFile, 0xF5, 9)
		if s.ins == insAuthLegacy {
			x.wants(statusNoChanges, 0xC7)
			x.readBack(full, isoLE(1, 0, 1), []byte{0})
			return
		}
		x.wants(statusWrongKey, 0xBD, isoLE(1, 0, 1)...)
		x.wants(statusNoChanges, 0xC7)
	})
}

func TestDamagedCommandsAreNotActedOn(t *testing.T) {
	eachScheme(t, func(t *testing.T, s scheme, x *terminal) {
		x.must(0xCD, 1, 3, 0x00, 0x00, 32, 0, 0)
		x.c.Arm(CorruptCommand(1))
		if _, st := x.do(0x3D, isoLE(1, 0, 20), bytes.Repeat([]byte{7}, 20), full, standard, 0); st != statusIntegrity {
			t.Errorf("status %02X, want %02X", byte(st), byte(statusIntegrity))
		}
		x.c.Disarm()
		if st := x.auth(s.ins, 0, s.kind, s.key); st != statusOK {
			t.Fatal(st)
		}
		x.readBack(full, isoLE(1, 0, 20), make([]byte, 20))
		x.must(0xCD, 2, 1, 0x00, 0x00, 32, 0, 0)
		body := join(isoLE(2, 0, 4), []byte{1, 2, 3, 4}, make([]byte, map[bool]int{true: 4, false: 8}[s.ins == insAuthLegacy]))
		if _, st := x.raw(0x3D, body); st != statusIntegrity {
			t.Errorf("wrong MAC: status %02X", byte(st))
		}
	})
}

func TestValueFiles(t *testing.T) {
	eachScheme(t, func(t *testing.T, s scheme, x *terminal) {
		no := byte(0)
		for _, mode := range []protection{bare, maced, full} {
			comm := modes[mode]
			no++
			x.must(0xCC, no, comm, 0x00, 0x00, 0, 0, 0, 0, 0xE8, 3, 0, 0, 100, 0, 0, 0, 1)
			book := func(ins byte, amount byte) status {
				t.Helper()
				_, st := x.do(ins, []byte{no}, []byte{amount, 0, 0, 0}, mode, answering(mode), 0)
				return st
			}
			value := func(want byte) {
				t.Helper()
				in := standard
				if mode == bare {
					in = bare
				}
				got, st := x.do(0x6C, []byte{no}, nil, in, mode, 4)
				if st != statusOK || !bytes.Equal(got, []byte{want, 0, 0, 0}) {
					t.Fatalf("value %X, status %02X, want %d", got, byte(st), want)
				}
			}
			ok := func(st status) {
				t.Helper()
				if st != statusOK {
					t.Fatalf("status %02X", byte(st))
				}
			}
			value(100)
			ok(book(0xDC, 60))
			ok(book(0x0C, 10))
			value(100)
			x.must(0xC7)
			value(50)
			if got := x.must(0xF5, no); !bytes.Equal(got[12:], []byte{60, 0, 0, 0, 1}) {
				t.Errorf("settings %X do not give the limit", got)
			}
			ok(book(0x1C, 60))
			x.must(0xC7)
			value(110)
			if st := book(0x1C, 1); st != statusBoundary {
				t.Errorf("second limited credit: %02X", byte(st))
			}
			ok(x.auth(s.ins, 0, s.kind, s.key))
			if st := book(0xDC, 111); st != statusBoundary {
				t.Errorf("debit under the lower limit: %02X", byte(st))
			}
			ok(x.auth(s.ins, 0, s.kind, s.key))
			value(110)
		}
	})
}

func TestRecordFiles(t *testing.T) {
	eachScheme(t, func(t *testing.T, s scheme, x *terminal) {
		no := byte(0)
		for _, mode := range []protection{bare, maced, full} {
			comm := modes[mode]
			for _, create := range []byte{0xC1, 0xC0} {
				no++
				x.must(create, no, comm, 0x00, 0x00, 5, 0, 0, 4, 0, 0)
				room := map[byte]int{0xC1: 4, 0xC0: 3}[create]
				for i := range 4 {
					_, st := x.do(0x3B, isoLE(no, 2, 2), []byte{byte(i), 9}, mode, answering(mode), 0)
					if st == statusOK {
						_, st = x.do(0x3B, isoLE(no, 0, 1), []byte{1}, mode, answering(mode), 0)
					}
					if st != statusOK {
						t.Fatalf("record %d: %02X", i, byte(st))
					}
					x.must(0xC7)
				}
				var want []byte
				for i := 4 - room; i < 4; i++ {
					want = append(want, 1, 0, byte(i), 9, 0)
				}
				x.records(mode, isoLE(no, 0, 0), want)
				x.records(mode, isoLE(no, 1, 2), want[len(want)-15:len(want)-5])
				if got := x.must(0xF5, no); int(got[10]) != room {
					t.Errorf("%d records, want %d", got[10], room)
				}
				x.must(0xEB, no)
				x.records(mode, isoLE(no, 0, 1), want[len(want)-5:])
				x.must(0xC7)
				if got := x.must(0xF5, no); got[10] != 0 {
					t.Errorf("%d records after clearing", got[10])
				}
			}
		}
		x.wants(statusBoundary, 0xBB, isoLE(no, 0, 1)...)
	})
}

func (x *terminal) records(mode protection, header, want []byte) {
	x.t.Helper()
	in := standard
	if mode == bare {
		in = bare
	}
	got, st := x.do(0xBB, header, nil, in, mode, len(want))
	if st != statusOK || !bytes.Equal(got, want) {
		x.t.Fatalf("records %X: %X, status %02X, want %X", header, got, byte(st), want)
	}
}

func TestLinearRecordFileFills(t *testing.T) {
	x := inApplication(t, schemes()[7])
	x.must(0xC1, 1, 0, 0xEE, 0xEE, 1, 0, 0, 1, 0, 0)
	write := func() status {
		_, st := x.do(0x3B, isoLE(1, 0, 1), []byte{1}, bare, bare, 0)
		return st
	}
	if st := write(); st != statusOK {
		t.Fatal(st)
	}
	x.must(0xC7)
	if st := write(); st != statusBoundary {
		t.Errorf("record too many: %02X", byte(st))
	}
}

// A key that grants access brings the file's mode, free access alone is plain.
func TestFreeAccessIsPlain(t *testing.T) {
	eachScheme(t, func(t *testing.T, s scheme, x *terminal) {
		x.must(0xCD, 1, 3, 0x12, 0xE3, 16, 0, 0) // read free, write 3, both 1, change 2
		if _, st := x.do(0x3D, isoLE(1, 0, 16), make([]byte, 16), full, standard, 0); st == statusOK {
			t.Fatal("key 0 wrote")
		}
		if st := x.auth(s.ins, 1, s.kind, s.key); st != statusOK {
			t.Fatal(st)
		}
		want := bytes.Repeat([]byte{0xAB}, 16)
		if _, st := x.do(0x3D, isoLE(1, 0, 16), want, full, standard, 0); st != statusOK {
			t.Fatalf("writing: %02X", byte(st))
		}
		x.readBack(full, isoLE(1, 0, 16), want)
		if st := x.auth(s.ins, 4, s.kind, s.key); st != statusOK {
			t.Fatal(st)
		}
		x.readBack(bare, isoLE(1, 0, 16), want)
		x.enter(0x21, 0x43, 0x65)
		x.readBack(bare, isoLE(1, 0, 16), want)
	})
}

func TestChangeFileSettings(t *testing.T) {
	eachScheme(t, func(t *testing.T, s scheme, x *terminal) {
		x.must(0xCD, 1, 3, 0x00, 0x10, 16, 0, 0)
		x.secret(0x5F, 1, []byte{0x00, 0xFF, 0x1F})
		if got := x.must(0xF5, 1); !bytes.Equal(got, []byte{0, 0, 0xFF, 0x1F, 16, 0, 0}) {
			t.Errorf("settings %X", got)
		}
		if st := x.trySecret(0x5F, 1, []byte{0x00, 0x00, 0x00}); st != statusPermission {
			t.Errorf("frozen file: %02X", byte(st))
		}
		if st := x.auth(s.ins, 0, s.kind, s.key); st != statusOK {
			t.Fatal(st)
		}
		if _, st := x.do(0x3D, isoLE(1, 0, 1), []byte{1}, bare, bare, 0); st != statusPermission {
			t.Errorf("writing a frozen file: %02X", byte(st))
		}
		x.scheme = 0
		if st := x.auth(s.ins, 0, s.kind, s.key); st != statusOK {
			t.Fatal(st)
		}
		x.must(0xCD, 2, 3, 0x0E, 0x10, 16, 0, 0)
		if _, st := x.do(0x5F, []byte{2}, []byte{1, 0x00, 0x00}, standard, standard, 0); st != statusOK {
			t.Errorf("free change right: %02X", byte(st))
		}
		if st := x.trySecret(0x5F, 2, []byte{0x00, 0x70, 0x00}); st != statusParameter {
			t.Errorf("right of a key that is not there: %02X", byte(st))
		}
	})
}

func TestKeySettingsAndVersions(t *testing.T) {
	eachScheme(t, func(t *testing.T, s scheme, x *terminal) {
		if got := x.must(0x45); !bytes.Equal(got, []byte{0x0B, 5 | byte(s.kind)}) {
			t.Errorf("settings %X", got)
		}
		want := key{kind: s.kind, bytes: s.key, aesVersion: 0x77}.version()
		if got := x.must(0x64, 2); !bytes.Equal(got, []byte{want}) {
			t.Errorf("version %X, want %02X", got, want)
		}
		if _, st := x.do(0x54, nil, []byte{0x00}, full, standard, 0); st != statusOK {
			t.Fatalf("changing settings: %02X", byte(st))
		}
		if _, st := x.do(0x54, nil, []byte{0x0F}, full, standard, 0); st != statusPermission {
			t.Errorf("settings that are frozen: %02X", byte(st))
		}
		x.scheme = 0
		x.enter(0x21, 0x43, 0x65)
		x.wants(statusWrongKey, 0x45)
		x.wants(statusWrongKey, 0x6F)
		x.must(0x64, 2)
		if st := x.auth(s.ins, 0, s.kind, s.key); st != statusOK {
			t.Fatal(st)
		}
		if st := x.changeKey(0, key{kind: s.kind, bytes: s.key}, nil); st != statusPermission {
			t.Errorf("frozen master key: %02X", byte(st))
		}
	})
}

func TestChangeKeyRules(t *testing.T) {
	s := schemes()[7]
	fresh := key{kind: kindAES, bytes: bytes.Repeat([]byte{9}, 16)}
	for _, c := range []struct {
		settings, as, change byte
		want                 status
	}{
		{0x0B, 0, 3, statusOK},
		{0x0B, 1, 3, statusWrongKey},
		{0x0B, 1, 1, statusWrongKey},
		{0x0B, 0, 5, statusNoSuchKey},
		{0x0B, 0, 0x81, statusNoSuchKey},
		{0x2B, 2, 3, statusOK},
		{0x2B, 0, 3, statusWrongKey},
		{0x2B, 0, 2, statusOK},
		{0x2B, 2, 2, statusWrongKey},
		{0xEB, 3, 3, statusOK},
		{0xEB, 0, 3, statusWrongKey},
		{0xFB, 0, 3, statusPermission},
		{0xFB, 0, 0, statusOK},
		{0x0A, 0, 0, statusPermission},
	} {
		x := inApplication(t, s)
		if _, st := x.do(0x54, nil, []byte{c.settings}, full, standard, 0); st != statusOK {
			t.Fatal(st)
		}
		if st := x.auth(s.ins, c.as, kindAES, s.key); st != statusOK {
			t.Fatal(st)
		}
		old := s.key
		if c.as == c.change {
			old = nil
		}
		if st := x.changeKey(c.change, fresh, old); st != c.want {
			t.Errorf("settings %02X, key %d changes %d: %02X, want %02X", c.settings, c.as, c.change, byte(st), byte(c.want))
		}
	}
}

func TestChangeOtherKeyNeedsTheOldOne(t *testing.T) {
	eachScheme(t, func(t *testing.T, s scheme, x *terminal) {
		fresh := key{kind: s.kind, bytes: zero24[:s.kind.size()]}
		wrong := bytes.Repeat([]byte{3}, s.kind.size())
		if st := x.changeKey(1, fresh, wrong); st != statusIntegrity {
			t.Errorf("wrong old key: %02X", byte(st))
		}
		if st := x.auth(s.ins, 1, s.kind, s.key); st != statusOK {
			t.Errorf("key 1 changed: %02X", byte(st))
		}
	})
}

func TestWrongKeysAreCounted(t *testing.T) {
	for _, s := range schemes() {
		x := inApplication(t, s)
		before := x.c.AuthenticationFailures()
		if st := x.auth(s.ins, 1, s.kind, bytes.Repeat([]byte{0xE1}, s.kind.size())); st != statusWrongKey {
			t.Errorf("%s: status %02X", s.name, byte(st))
		}
		if got := x.c.AuthenticationFailures() - before; got != 1 {
			t.Errorf("%s: %d failures", s.name, got)
		}
		if st := x.auth(s.ins, 5, s.kind, s.key); st != statusNoSuchKey {
			t.Errorf("%s: no such key: %02X", s.name, byte(st))
		}
		for _, other := range []byte{insAuthLegacy, insAuthISO, insAuthAES, insAuthFirst} {
			if suits(other, s.kind) || s.chip == EV1 && other == insAuthFirst {
				continue
			}
			if st := x.auth(other, 1, s.kind, s.key); st != statusWrongKey {
				t.Errorf("%s: command %02X: %02X", s.name, other, byte(st))
			}
		}
		if got := x.c.AuthenticationFailures() - before; got != 1 {
			t.Errorf("%s: %d failures after refusals", s.name, got)
		}
	}
}

func TestEV2NonFirst(t *testing.T) {
	x := inApplication(t, schemes()[7])
	x.must(0x45)
	x.must(0x45)
	ti, ctr := x.ti, x.ctr
	if ctr != 2 {
		t.Fatalf("counter %d", ctr)
	}
	if st := x.auth(insAuthNonFirst, 2, kindAES, schemes()[7].key); st != statusOK {
		t.Fatal(st)
	}
	x.must(0x45)
	if !bytes.Equal(ti, x.ti) || x.ctr != 3 {
		t.Errorf("transaction identifier or counter not kept")
	}
	x.wants(statusNoFile, 0xF5, 1)
	if st := x.auth(insAuthNonFirst, 2, kindAES, schemes()[7].key); st != statusWrongKey {
		t.Errorf("without a session: %02X", byte(st))
	}
}

func TestEV1KnowsNoEV2(t *testing.T) {
	c := newTestCard(t, Config{Chip: EV1, PICCKeyAES: true})
	for _, command := range []string{"9071000002000000", "90770000010000", "903c0000010000", "90ad0000070000000000000000", "908d000008000000000100000100"} {
		send(t, c, command, "911c")
	}
}
