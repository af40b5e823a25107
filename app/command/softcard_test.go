package command

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"
	"testing"
)

// vpcd is the reader's side of a connection from a software card.
type vpcd struct{ net.Conn }

// ask sends a message and gives the answer, if one is wanted.
func (v vpcd) ask(t *testing.T, message []byte, answered bool) []byte {
	t.Helper()
	b := binary.BigEndian.AppendUint16(nil, uint16(len(message)))
	if _, err := v.Write(append(b, message...)); err != nil {
		t.Fatal(err)
	}
	if !answered {
		return nil
	}
	var size [2]byte
	if _, err := io.ReadFull(v, size[:]); err != nil {
		t.Fatal(err)
	}
	answer := make([]byte, binary.BigEndian.Uint16(size[:]))
	if _, err := io.ReadFull(v, answer); err != nil {
		t.Fatal(err)
	}
	return answer
}

// serveSoftcard runs the command softcard against a reader that the test
// plays, and gives what it printed.
func serveSoftcard(t *testing.T, play func(v vpcd), args ...string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var out, errs bytes.Buffer
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan int, 1)
	go func() {
		ended <- Run(ctx, append([]string{"softcard", "--vpcd", l.Addr().String()}, args...), testEnv(&out, &errs))
	}()
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	play(vpcd{conn})
	stop()
	if code := <-ended; code != exitOK {
		t.Errorf("exit code %d\n%s", code, &errs)
	}
	return strings.ReplaceAll(out.String(), l.Addr().String(), "ADDR")
}

var getVersion = []byte{0x90, 0x60, 0, 0, 0}

func TestSoftcard(t *testing.T) {
	for _, c := range []struct {
		args        []string
		major, size byte
		printed     string
	}{
		{nil, 0x33, 0x18, "A DESFire EV3 in software lies on the virtual reader at ADDR. Interrupt to take it away.\n"},
		{[]string{"--chip", "ev1", "--memory", "2k", "--json"}, 0x01, 0x16, `{"chip":"EV1","vpcd":"ADDR"}` + "\n"},
		{[]string{"--chip", "ev2", "--memory", "8k", "--json"}, 0x12, 0x1A, `{"chip":"EV2","vpcd":"ADDR"}` + "\n"},
	} {
		t.Run(fmt.Sprint(c.args), func(t *testing.T) {
			got := serveSoftcard(t, func(v vpcd) {
				v.ask(t, []byte{1}, false)
				if atr := v.ask(t, []byte{4}, true); len(atr) == 0 || atr[0] != 0x3B {
					t.Errorf("answer to reset: %X", atr)
				}
				version := v.ask(t, getVersion, true)
				if len(version) != 9 || version[3] != c.major || version[5] != c.size {
					t.Errorf("version: %X", version)
				}
			}, c.args...)
			if got != c.printed {
				t.Errorf("printed %q, want %q", got, c.printed)
			}
		})
	}
}

// A card that is kept in a file is the same card the next time.
func TestSoftcardFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "card")
	uid := func() (uid []byte) {
		serveSoftcard(t, func(v vpcd) { uid = v.ask(t, []byte{0xFF, 0xCA, 0, 0, 0}, true) }, "--file", file)
		return uid
	}
	first, second := uid(), uid()
	if len(first) != 9 || !bytes.Equal(first, second) {
		t.Errorf("UIDs %X and %X", first, second)
	}
}

func TestSoftcardWithoutReader(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	var out, errs bytes.Buffer
	if code := Run(t.Context(), []string{"softcard", "--vpcd", addr}, testEnv(&out, &errs)); code != exitReader {
		t.Errorf("exit code %d", code)
	}
	if !strings.Contains(errs.String(), "vpcd") {
		t.Errorf("said %q", &errs)
	}
}

// A reader that hangs up is an error.
func TestSoftcardHungUp(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		if conn, err := l.Accept(); err == nil {
			conn.Close()
		}
	}()
	var out, errs bytes.Buffer
	code := Run(t.Context(), []string{"softcard", "--vpcd", l.Addr().String(), "--json"}, testEnv(&out, &errs))
	if code != exitReader || !strings.Contains(out.String(), `"code":"vpcd"`) {
		t.Errorf("exit code %d, said %q", code, &out)
	}
}
