package mqtt

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/eclipse/paho.golang/packets"

	"sleutelbord/lock/carrier/mqtt/mosquittotest"
)

// liar is a broker with good certificates and bad manners: it says what it was
// told to say after a client has connected, and hangs up.
type liar struct {
	addr  string
	calls atomic.Int32
}

func newLiar(t *testing.T, b *mosquittotest.Broker, says []byte) *liar {
	t.Helper()
	dir := filepath.Dir(b.ConfigFile("desk"))
	pair, err := tls.LoadX509KeyPair(filepath.Join(dir, "broker.pem"), filepath.Join(dir, "broker.key"))
	if err != nil {
		t.Fatal(err)
	}
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	liar := &liar{addr: l.Addr().String()}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			liar.calls.Add(1)
			if _, err := packets.ReadPacket(conn); err == nil {
				_, _ = conn.Write(says) // the client may have hung up
			}
			_ = conn.Close()
		}
	}()
	return liar
}

// welcome is a CONNACK of MQTT 5 that accepts everything.
var welcome = []byte{0x20, 3, 0, 0, 0}

// TestLiars: a broker that breaks the protocol, sends more than it may or hangs
// up is left, and called again more and more seldom.
func TestLiars(t *testing.T) {
	c := newCampus(t, 0)
	config := c.config("desk")
	for name, says := range map[string][]byte{
		"hangs up":              {},
		"no MQTT":               []byte("HTTP/1.1 400 Bad Request\r\n\r\n"),
		"welcome and good bye":  welcome,
		"200 MB":                append(bytes.Clone(welcome), 0x30, 0xFF, 0xFF, 0xFF, 0x5F),
		"endless length":        append(bytes.Clone(welcome), 0x30, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF),
		"torn message":          append(bytes.Clone(welcome), 0x30, 0x20, 0x00),
		"topic past its end":    append(bytes.Clone(welcome), 0x30, 0x03, 0xFF, 0xFF, 0x00),
		"unknown packet":        append(bytes.Clone(welcome), 0x00, 0x00),
		"second welcome":        append(bytes.Clone(welcome), welcome...),
		"answer to no question": append(bytes.Clone(welcome), 0x40, 2, 0, 7),
		"denied":                {0x20, 3, 0, 0x87, 0},
	} {
		l := newLiar(t, c.broker, says)
		config.Broker, config.MaxDelay = l.addr, 3*time.Second
		begun := time.Now()
		d, err := ConnectDesk(config, c.site)
		mustBe(t, name, err, nil)
		for late := time.After(patience); l.calls.Load() < 3; {
			_, changed := d.State()
			select {
			case <-changed:
			case <-late:
				t.Fatalf("%s: %d calls", name, l.calls.Load())
			}
		}
		// The second call comes after a tenth of a second at least, the third
		// after another.
		if took := time.Since(begun); took < 150*time.Millisecond {
			t.Errorf("%s: three calls in %v", name, took)
		}
		mustBe(t, "closing", d.Close(), nil)
		if s, _ := d.State(); s.Err != nil && !errors.Is(s.Err, ErrBroker) {
			t.Errorf("%s: %v", name, s.Err)
		}
	}
}

// pieces gives what a connection reads, in pieces of so many bytes.
type pieces struct {
	net.Conn
	data []byte
	size int
}

func (p *pieces) Read(b []byte) (int, error) {
	if len(p.data) == 0 {
		return 0, io.EOF
	}
	n := copy(b, p.data[:min(p.size, len(p.data))])
	p.data = p.data[n:]
	return n, nil
}

// FuzzBounded: however the bytes come in pieces, what gets through is the same,
// never ends inside the length of a packet above the limit, and never makes
// the parser behind it panic.
func FuzzBounded(f *testing.F) {
	f.Add(append(bytes.Clone(welcome), 0x30, 5, 0, 1, 'a', 0, 'x'), byte(1))
	f.Add([]byte{0x30, 0xFF, 0xFF, 0xFF, 0x7F}, byte(2))
	f.Add([]byte{0x30, 0x80, 0x80, 0x04, 0, 0, 0}, byte(3))
	f.Add([]byte{0x90, 4, 0, 1, 0, 0x87, 0xD0, 0, 0xE0, 2, 0x8B, 0}, byte(200))
	f.Fuzz(func(t *testing.T, data []byte, size byte) {
		whole, err := io.ReadAll(&bounded{Conn: &pieces{data: data, size: len(data) + 1}})
		single, serr := io.ReadAll(&bounded{Conn: &pieces{data: data, size: 1}})
		part, perr := io.ReadAll(&bounded{Conn: &pieces{data: data, size: int(size) + 1}})
		if (err == nil) != (serr == nil) || (err == nil) != (perr == nil) {
			t.Fatalf("%v, %v, %v", err, serr, perr)
		}
		if err == nil && (!bytes.Equal(whole, data) || !bytes.Equal(single, data) || !bytes.Equal(part, data)) {
			t.Fatal("bytes are missing")
		}
		if err != nil && !errors.Is(err, ErrBroker) {
			t.Fatal(err)
		}
		conn := &bounded{Conn: &pieces{data: data, size: int(size) + 1}}
		for {
			p, err := packets.ReadPacket(conn)
			if err != nil {
				return
			}
			if publish, ok := p.Content.(*packets.Publish); ok && len(publish.Payload) > MaxPacket {
				t.Fatalf("a message of %d bytes", len(publish.Payload))
			}
		}
	})
}
