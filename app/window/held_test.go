package window

import (
	"context"
	"math/rand/v2"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"sleutelbord/app/desk"
	"sleutelbord/lock/carrier/mqtt/mosquittotest"
	"sleutelbord/nfc"
	"sleutelbord/store"
)

// heldClock is a clock that can be stopped: who asks it then waits. Asked
// within a change of the records, it holds all other changes up.
type heldClock struct {
	mu      sync.Mutex
	waiting chan struct{} // told once somebody waits
	free    chan struct{} // closed when the clock goes on; nil while it goes
}

func (c *heldClock) now() time.Time {
	c.mu.Lock()
	free, waiting := c.free, c.waiting
	c.mu.Unlock()
	if free != nil {
		wake(waiting)
		<-free
	}
	return time.Now()
}

func (c *heldClock) stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waiting, c.free = make(chan struct{}, 1), make(chan struct{})
}

func (c *heldClock) release() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.free != nil {
		close(c.free)
		c.free = nil
	}
}

// silent is a broker that takes connections and says nothing.
func silent(t *testing.T) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		var all []net.Conn
		for {
			c, err := l.Accept()
			if err != nil {
				break
			}
			all = append(all, c)
		}
		for _, c := range all {
			_ = c.Close()
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-ended })
	return l.Addr().String()
}

// No callback waits: with a reader, records and a broker that answer nothing,
// the goroutine that draws goes on taking every tap, key and choice of a walk
// through the screens. It is this test's own, so that one that waited would
// hang the test, which then lets go and says so.
func TestNoCallbackWaits(t *testing.T) {
	t.Setenv("HOME", t.TempDir())
	clock := &heldClock{}
	r := newRig(t, func(o *Options) {
		o.App = &showing{App: o.App}
		o.Clock = clock.now
		o.Store = store.Options{TestKDF: true, Clock: clock.now}
	})
	r.demo(40)
	r.whole()
	r.handOut(home40)
	certificates := filepath.Dir(mosquittotest.Start(t).ConfigFile("desk"))
	if err := desk.WriteGatewaySettings(r.w.gatewayConfig(), desk.GatewaySettings{
		Broker: silent(t), Authority: filepath.Join(certificates, "ca.pem"),
		Certificate: filepath.Join(certificates, "desk.pem"), Key: filepath.Join(certificates, "desk.key"),
	}); err != nil {
		t.Fatal(err)
	}
	r.w.gateway.start()

	t.Setenv("PATH", t.TempDir()) // nothing is printed
	r.layBlank()
	r.until("the tag", func() bool { return r.w.bench.known })
	reader := make(chan struct{})
	held := make(chan struct{})
	go func() {
		_ = r.w.tray.reader.Transact(context.Background(), func(nfc.Transceiver) error { close(held); <-reader; return nil })
	}()
	<-held
	clock.stop()
	changed := make(chan error, 1)
	go func() {
		_, err := r.w.desk.MoveIn(context.Background(), "Boulevard 3/101", "", store.ChoiceTag)
		changed <- err
	}()
	<-clock.waiting

	var once sync.Once
	release := func() { once.Do(func() { close(reader); clock.release() }) }
	defer release()
	hung := false
	watch := time.AfterFunc(patience, func() { hung = true; release() })
	w := &walker{rig: r, rand: rand.New(rand.NewPCG(7, 0)), held: true}
	for range 400 {
		w.step()
		w.look()
		if r.w.shell == nil {
			t.Fatalf("the walk has left the screens: %q", w.did[len(w.did)-5:])
		}
	}
	if !watch.Stop() || hung {
		t.Errorf("a callback waits; the last acts were %q", w.did[max(0, len(w.did)-10):])
	}
	select {
	case err := <-changed:
		t.Errorf("the records were not held: %v", err)
	default:
	}
	release()
	r.until("the change", func() bool {
		select {
		case err := <-changed:
			changed <- err
			return true
		default:
			return false
		}
	})
	for _, o := range r.w.Canvas().Overlays().List() {
		r.w.Canvas().Overlays().Remove(o)
	}
	r.w.asked, r.w.consent = nil, nil
	w.held = false
	w.checkpoint()
	if strings.Contains(r.log.String(), "panic") {
		t.Error(r.log)
	}
}

// home40 is a home of a campus of forty.
const home40 = "Boulevard 3/102"
