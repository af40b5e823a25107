package nfc

import (
	"bytes"
	"errors"
	"testing"
)

func TestCommandBytes(t *testing.T) {
	for _, c := range []struct {
		cmd  Command
		want []byte
	}{
		{Command{Class: 0x90, Instruction: 0x60, Le: true}, []byte{0x90, 0x60, 0, 0, 0}},
		{Command{Class: 0x90, Instruction: 0x60}, []byte{0x90, 0x60, 0, 0}},
		{Command{Class: 0x90, Instruction: 0x5A, Data: []byte{1, 2, 3}, Le: true}, []byte{0x90, 0x5A, 0, 0, 3, 1, 2, 3, 0}},
		{Command{Instruction: 0xA4, P1: 4, P2: 0x0C, Data: []byte{9}}, []byte{0, 0xA4, 4, 0x0C, 1, 9}},
	} {
		if got, err := c.cmd.Bytes(); err != nil || !bytes.Equal(got, c.want) {
			t.Errorf("%X, %v, want %X", got, err, c.want)
		}
	}
	longest := Command{Data: make([]byte, 255), Le: true}
	if b, err := longest.Bytes(); err != nil || len(b) != 261 || b[4] != 255 {
		t.Errorf("255 bytes: %d, %v", len(b), err)
	}
	if _, err := (Command{Data: make([]byte, 256)}).Bytes(); err == nil {
		t.Error("256 bytes were taken")
	}
}

func FuzzParseResponse(f *testing.F) {
	f.Add([]byte{0x90, 0x00})
	f.Add([]byte{1, 2, 3, 0x91, 0xAF})
	f.Add([]byte{0x90})
	f.Add([]byte(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := ParseResponse(b)
		if err != nil {
			if len(b) >= 2 || !errors.Is(err, ErrProtocol) {
				t.Errorf("%X: %v", b, err)
			}
			return
		}
		again := append(bytes.Clone(r.Data), byte(r.Status>>8), byte(r.Status))
		if !bytes.Equal(again, b) {
			t.Errorf("%X became %X", b, again)
		}
		if cap(r.Data) != len(r.Data) {
			t.Error("appending to the data would overwrite the status")
		}
		if r.Status.String() == "" || (&StatusError{Status: r.Status}).Unwrap() == nil {
			t.Errorf("status %04X has no meaning", uint16(r.Status))
		}
	})
}
