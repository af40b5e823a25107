package softcard

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"sleutelbord/nfc"
)

// slot plays vpcd: it takes one card and talks to it.
type slot struct {
	t    *testing.T
	conn net.Conn
}

// serve lays c on a slot; done gives what ServeVPCD returned.
func serve(t *testing.T, ctx context.Context, c *Card) (*slot, <-chan error) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	done := make(chan error, 1)
	go func() { done <- c.ServeVPCD(ctx, l.Addr().String()) }()
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return &slot{t, conn}, done
}

func (s *slot) tell(b []byte) {
	s.t.Helper()
	if _, err := s.conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(b))), b...)); err != nil {
		s.t.Fatal(err)
	}
}

func (s *slot) ask(b []byte) []byte {
	s.t.Helper()
	s.tell(b)
	answer, err := readMessage(s.conn)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer
}

func TestServeVPCD(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	c := newTestCard(t, Config{})
	s, done := serve(t, ctx, c)
	s.tell([]byte{vpcdOn})
	if got := s.ask([]byte{vpcdATR}); string(got) != string(c.ATR()) {
		t.Errorf("ATR %X", got)
	}
	if got := s.ask(unhex(t, "90640000010000")); string(got) != "\x00\x91\x00" {
		t.Errorf("answer %X", got)
	}
	s.ask(unhex(t, "9060000000"))
	s.tell([]byte{vpcdReset})
	if got := s.ask(unhex(t, "90af000000")); string(got) != "\x91\x1c" {
		t.Errorf("chain lived through a reset: %X", got)
	}
	if got := s.ask([]byte{0x6E}); len(got) != 4 || got[0] != 0 {
		t.Errorf("native command of one byte: %X", got)
	}
	if got := s.ask(nil); string(got) != "\x67\x00" {
		t.Errorf("empty command: %X", got)
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if _, err := s.conn.Read(make([]byte, 1)); !errors.Is(err, io.EOF) && err == nil {
		t.Error("the tag was not taken away")
	}
}

func TestServeVPCDFaults(t *testing.T) {
	c := newTestCard(t, Config{})
	s, done := serve(t, t.Context(), c)
	c.Arm(LeaveAfter(2))
	s.ask(unhex(t, "90640000010000"))
	s.tell(createApp)
	if err := <-done; !errors.Is(err, nfc.ErrTagRemoved) || !hasApp(c) {
		t.Errorf("error %v", err)
	}
	c.Return()
	s, done = serve(t, t.Context(), c)
	s.conn.Close()
	if err := <-done; err == nil {
		t.Error("closed connection is no error")
	}
	s, done = serve(t, t.Context(), c)
	if _, err := s.conn.Write([]byte{0, 9, 1}); err != nil {
		t.Fatal(err)
	}
	s.conn.Close()
	if err := <-done; err == nil {
		t.Error("message cut short is no error")
	}
	if err := c.ServeVPCD(t.Context(), "127.0.0.1:1"); err == nil {
		t.Error("nobody there is no error")
	}
}
