//go:build linux

package freefaretest

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"testing"
	"time"

	"sleutelbord/nfc/softcard"
)

// hostFrame is a frame as a host sends it.
func hostFrame(command ...byte) []byte {
	f := encodeFrame(command)
	at := 5
	if f[3] == 0xFF && f[4] == 0xFF {
		at = 8
	}
	f[at]--             // D4 in place of D5
	f[len(f)-2]++       // and the check byte with it
	return append(f, 0) // some hosts fill up
}

func TestFrames(t *testing.T) {
	for _, n := range []int{1, 2, 60, 253, 254, 255, 256, 262} {
		want := bytes.Repeat([]byte{0x40}, n)
		r := bufio.NewReader(bytes.NewReader(append([]byte{0x55, 0x55, 0, 0, 0, 0xFF - 1}, hostFrame(want...)...)))
		if got, err := readFrame(r); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%d bytes: %X, %v", n, got, err)
		}
		if _, err := readFrame(r); !errors.Is(err, io.EOF) {
			t.Errorf("%d bytes, then %v", n, err)
		}
	}
	// An acknowledgement, then a command.
	r := bufio.NewReader(bytes.NewReader(append(bytes.Clone(ackFrame), hostFrame(0x02)...)))
	if got, err := readFrame(r); err != nil || got != nil {
		t.Errorf("acknowledgement: %X, %v", got, err)
	}
	if got, err := readFrame(r); err != nil || !bytes.Equal(got, []byte{0x02}) {
		t.Errorf("after it: %X, %v", got, err)
	}
}

// wrongFrames have one mistake each.
var wrongFrames = map[string][]byte{
	"length":          {0, 0, 0xFF, 2, 0xFD, 0xD4, 0x02, 0x2A, 0},
	"extended length": {0, 0, 0xFF, 0xFF, 0xFF, 0, 2, 0xFD, 0xD4, 0x02, 0x2A, 0},
	"too long":        {0, 0, 0xFF, 0xFF, 0xFF, 1, 0x0A, 0xF5},
	"no command":      {0, 0, 0xFF, 1, 0xFF, 0xD4, 0x2C, 0},
	"direction":       {0, 0, 0xFF, 2, 0xFE, 0xD5, 0x02, 0x29, 0},
	"check byte":      {0, 0, 0xFF, 2, 0xFE, 0xD4, 0x02, 0x2B, 0},
}

func TestWrongFrames(t *testing.T) {
	for name, b := range wrongFrames {
		if got, err := readFrame(bufio.NewReader(bytes.NewReader(b))); !errors.Is(err, errFrame) {
			t.Errorf("%s: %X, %v", name, got, err)
		}
	}
}

// FuzzFrame: whatever comes over the line, reading ends and nothing panics; what
// is read is what one frame held.
func FuzzFrame(f *testing.F) {
	f.Add(hostFrame(cmdInListPassiveTarget, 1, 0))
	f.Add(hostFrame(bytes.Repeat([]byte{0x55}, 260)...))
	f.Add(ackFrame)
	for _, b := range wrongFrames {
		f.Add(b)
	}
	card := newCard(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		chip := pn532{card: card.Clone(), registers: map[[2]byte]byte{}}
		r := bufio.NewReader(bytes.NewReader(b))
		for {
			command, err := readFrame(r)
			if err != nil {
				return
			}
			if command == nil {
				continue
			}
			if !bytes.Contains(b, command) {
				t.Fatalf("%X read as %X", b, command)
			}
			chip.do(command)
		}
	})
}

func newCard(t testing.TB) *softcard.Card {
	t.Helper()
	c, err := softcard.New(softcard.Config{Chip: softcard.EV1, UID: []byte{4, 1, 2, 3, 4, 5, 6}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestChip asks the chip for what libnfc asks in one case in a hundred, and for
// what it does not know.
func TestChip(t *testing.T) {
	card := newCard(t)
	p := pn532{card: card, registers: map[[2]byte]byte{}}
	list := func(uid ...byte) []byte { return append([]byte{cmdInListPassiveTarget, 1, 0}, uid...) }
	found := []byte{0x4B, 1, 1, 0x03, 0x44, 0x20, 7, 4, 1, 2, 3, 4, 5, 6, 6, 0x75, 0x77, 0x81, 0x02, 0x80}
	for _, c := range []struct {
		name          string
		command, want []byte
	}{
		{"another command", []byte{0x99}, nil},
		{"line test", []byte{cmdDiagnose, 0, 1, 2}, []byte{1, 0, 1, 2}},
		{"no test", []byte{cmdDiagnose}, nil},
		{"another test", []byte{cmdDiagnose, 7}, nil},
		{"presence of no target", []byte{cmdDiagnose, 6}, []byte{1, stTimeout}},
		{"exchange with no target", []byte{cmdInDataExchange, 1, 0x60}, []byte{0x41, stContext}},
		{"type B", []byte{cmdInListPassiveTarget, 1, 3, 0}, []byte{0x4B, 0}},
		{"half a command", []byte{cmdInListPassiveTarget, 1}, nil},
		{"another UID", list(0x88, 4, 1, 2, 3, 4, 5, 7), []byte{0x4B, 0}},
		{"its UID", list(0x88, 4, 1, 2, 3, 4, 5, 6), found},
		{"any UID", list(), found},
		{"presence", []byte{cmdDiagnose, 6}, []byte{1, stOK}},
		{"exchange", []byte{cmdInDataExchange, 1, 0x64, 0}, []byte{0x41, stOK, 0, 0}},
		{"another target", []byte{cmdInDataExchange, 2, 0x60}, []byte{0x41, stContext}},
		{"exchange with nobody", []byte{cmdInDataExchange}, nil},
		{"raw frame", []byte{cmdInCommunicateThru, 0x60}, []byte{0x43, stTimeout}},
		{"write registers", []byte{cmdWriteRegister, 0x63, 1, 0xAA, 0x63, 2, 0xBB}, []byte{9}},
		{"read registers", []byte{cmdReadRegister, 0x63, 2, 0x63, 3, 0x63, 1}, []byte{7, 0xBB, 0, 0xAA}},
		{"half a register", []byte{cmdWriteRegister, 0x63, 1}, nil},
		{"half an address", []byte{cmdReadRegister, 0x63}, nil},
		{"power down", []byte{cmdPowerDown, 0xFF}, []byte{0x17, stOK}},
		{"field off", []byte{cmdRFConfiguration, 1, 0}, []byte{0x33}},
		{"no field item", []byte{cmdRFConfiguration, 1}, nil},
		{"exchange without a field", []byte{cmdInDataExchange, 1, 0x60}, []byte{0x41, stContext}},
		{"target again", list(), found},
		{"let it go", []byte{cmdInDeselect, 0}, []byte{0x45, stOK}},
		{"exchange after that", []byte{cmdInDataExchange, 1, 0x60}, []byte{0x41, stContext}},
	} {
		if got := p.do(c.command); !bytes.Equal(got, c.want) {
			t.Errorf("%s: % X, want % X", c.name, got, c.want)
		}
	}
}

func TestChipLosesCard(t *testing.T) {
	card := newCard(t)
	p := pn532{card: card, registers: map[[2]byte]byte{}}
	list := []byte{cmdInListPassiveTarget, 1, 0}
	p.do(list)
	card.Arm(softcard.LeaveBefore(1))
	if got := p.do([]byte{cmdInDataExchange, 1, 0x60}); !bytes.Equal(got, []byte{0x41, stTarget}) {
		t.Errorf("the card left: % X", got)
	}
	if got := p.do(list); !bytes.Equal(got, []byte{0x4B, 0}) {
		t.Errorf("it is away: % X", got)
	}
	card.Return()
	if got := p.do(list); len(got) != 20 || got[1] != 1 {
		t.Errorf("it is back: % X", got)
	}
}

// TestLine sends a command and one that is unknown over the pseudo terminal.
func TestLine(t *testing.T) {
	r := Lay(t, newCard(t))
	line, err := os.OpenFile(r.terminal, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer line.Close()
	if err := line.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ command, want []byte }{
		{[]byte{cmdGetFirmwareVersion}, encodeFrame([]byte{3, 0x32, 1, 6, 7})},
		{[]byte{0x99}, errorFrame},
	} {
		if _, err := line.Write(hostFrame(c.command...)); err != nil {
			t.Fatal(err)
		}
		want := append(bytes.Clone(ackFrame), c.want...)
		got := make([]byte, len(want))
		if _, err := io.ReadFull(line, got); err != nil || !bytes.Equal(got, want) {
			t.Errorf("% X: % X, %v, want % X", c.command, got, err, want)
		}
	}
}
