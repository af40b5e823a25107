//go:build unix

package postgrestest

import (
	"net"
	"sync"
	"testing"
)

// When says at which side of a request a connection is cut.
type When int

// Moments of a cut.
const (
	BeforeRequest When = iota // the server never hears of it
	BeforeAnswer              // the server has done it, and nobody hears
)

// Proxy stands between desks and a server, and breaks connections on demand.
type Proxy struct {
	// Addr is where desks connect to, "127.0.0.1:port".
	Addr string

	server string
	mu     sync.Mutex
	conns  map[net.Conn]net.Conn // client to server
	left   int                   // requests until the cut, 0 for none
	when   When
	then   func()
	stays  bool // down after the cut
	fired  bool
	down   bool
}

// NewProxy starts a proxy, which ends with the test.
func NewProxy(t testing.TB, server string) *Proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{Addr: l.Addr().String(), server: server, conns: make(map[net.Conn]net.Conn)}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			running.Go(func() { p.serve(client) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		p.Cut()
		running.Wait()
	})
	return p
}

// Arm cuts all connections at the nth request from now on.
func (p *Proxy) Arm(n int, when When) { p.ArmThen(n, when, func() {}) }

// ArmThen is Arm, and calls then just before it cuts, while whoever has sent
// the request waits. then must not use the proxy.
func (p *Proxy) ArmThen(n int, when When, then func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.left, p.when, p.then, p.stays, p.fired = n, when, then, false, false
}

// ArmAway is Arm, and no new connection is taken afterwards until SetDown says so.
func (p *Proxy) ArmAway(n int, when When) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.left, p.when, p.then, p.stays, p.fired = n, when, func() {}, true, false
}

// Disarm tells whether the cut has happened, and lets everything pass.
func (p *Proxy) Disarm() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.left = 0
	return p.fired
}

// SetDown cuts all connections and takes no new ones, or takes them again.
func (p *Proxy) SetDown(down bool) {
	p.mu.Lock()
	p.down = down
	p.mu.Unlock()
	if down {
		p.Cut()
	}
}

// Cut breaks all connections.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut()
}

func (p *Proxy) cut() {
	if p.fired && p.stays {
		p.down, p.stays = true, false
	}
	for client, server := range p.conns {
		_ = client.Close() // both ends find out
		_ = server.Close()
	}
}

func (p *Proxy) serve(client net.Conn) {
	defer func() { _ = client.Close() }()
	p.mu.Lock()
	down := p.down
	p.mu.Unlock()
	if down {
		return
	}
	server, err := net.Dial("tcp", p.server)
	if err != nil {
		return
	}
	defer func() { _ = server.Close() }()
	p.mu.Lock()
	p.conns[client] = server
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		delete(p.conns, client)
		p.mu.Unlock()
	}()
	done := make(chan struct{})
	answers := make(chan func(), 1) // holds what to do when the next answer is lost
	go func() {
		defer close(done)
		pump(server, client, func() bool {
			select {
			case then := <-answers:
				then()
				p.Cut()
				return false
			default:
				return true
			}
		})
		_ = client.Close()
	}()
	pump(client, server, func() bool { return p.request(answers) })
	_ = server.Close()
	<-done
}

// pump carries what comes, as long as it may.
func pump(from, to net.Conn, may func() bool) {
	b := make([]byte, 1<<16)
	for {
		n, err := from.Read(b)
		if n > 0 {
			if !may() {
				return
			}
			if _, err := to.Write(b[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// request counts a request, and tells whether it may pass.
func (p *Proxy) request(answers chan<- func()) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.left == 0 {
		return true
	}
	if p.left--; p.left > 0 {
		return true
	}
	p.fired = true
	if p.when == BeforeAnswer {
		answers <- p.then
		return true
	}
	p.then()
	p.cut()
	return false
}
