package mqtt

import (
	"fmt"
	"testing"
	"time"

	"sleutelbord/lock/bundle"
	"sleutelbord/lock/carrier"
)

// TestManyLocks: more locks than one comparison asks for, and a second one that
// finds nothing to do.
func TestManyLocks(t *testing.T) {
	c := newCampus(t, 3)
	var names []bundle.LockName
	var ids []bundle.LockID
	for i := range 2*chunk + 50 {
		n := lockName(t, fmt.Sprintf("N%d", i))
		names, ids = append(names, n), append(ids, n.ID())
	}
	c.waitUp()
	var all []carrier.Sealed
	for _, n := range names {
		all = append(all, c.seal(n, 5))
	}
	if n, err := c.desk.Deliver(t.Context(), all); err != nil || n != len(all) {
		t.Fatal(n, err)
	}
	seen := 0
	err := c.desk.Compare(t.Context(), ids, c.public(), func(_ bundle.LockID, h bundle.Header) {
		if h.Sequence == 5 {
			seen++
		}
	})
	if err != nil || seen != len(all) {
		t.Fatalf("%d of %d are there, %v", seen, len(all), err)
	}
	if n := c.until(1); n != 3 {
		t.Errorf("%d published", n)
	}
}

func (c *campus) waitUp() {
	c.t.Helper()
	select {
	case <-c.desk.Up():
		c.again()
	case <-time.After(patience):
		s, _ := c.desk.State()
		c.t.Fatalf("no connection: %v", s.Err)
	}
}

// TestBrokerKilled kills the broker between and during everything, with and
// without its memory: in the end every lock has confirmed the newest bundle.
func TestBrokerKilled(t *testing.T) {
	c := newCampus(t, 3)
	if n := c.until(1); n != 3 {
		t.Errorf("%d published", n)
	}
	c.broker.Kill()
	c.broker.Restart(true)
	if n := c.until(2); n != 3 {
		t.Errorf("after forgetting: %d published", n)
	}
	c.broker.Kill()
	c.broker.Restart(false)
	if n := c.until(2); n != 0 {
		t.Errorf("with its memory: %d published though all was there", n)
	}
	names := []bundle.LockName{}
	for i := range 300 {
		names = append(names, lockName(t, fmt.Sprintf("N%d", i)))
	}
	for sequence := uint32(3); sequence < 9; sequence++ {
		killed := make(chan struct{})
		kill := func() { c.broker.Kill(); close(killed) }
		var n int
		var err error
		switch sequence % 3 {
		case 0:
			go kill()
			n, err = c.bringUpToDate(sequence)
		case 1:
			err = c.desk.Compare(t.Context(), []bundle.LockID{names[0].ID(), c.doors[0].name.ID()}, c.public(),
				func(l bundle.LockID, _ bundle.Header) {
					if l == names[0].ID() {
						kill()
					}
				})
			if err == nil {
				n, err = c.desk.Deliver(t.Context(), []carrier.Sealed{c.seal(c.doors[0].name, sequence)})
			}
		default:
			var all []carrier.Sealed
			for _, name := range names {
				all = append(all, c.seal(name, sequence))
			}
			go kill()
			n, err = c.desk.Deliver(t.Context(), all)
		}
		t.Logf("killed on the way: %d published, %v", n, err)
		<-killed
		c.broker.Restart(sequence%2 == 0)
		c.until(sequence)
	}
}

// TestDeskAway: the desk is away while locks come and go; and the broker has
// lost everything when it returns.
func TestDeskAway(t *testing.T) {
	c := newCampus(t, 2)
	c.until(1)
	mustBe(t, "closing", c.desk.Close(), nil)
	c.addDoor("LATE")
	c.broker.Kill()
	c.broker.Restart(true)
	c.connectDesk()
	if n := c.until(1); n != 3 {
		t.Errorf("%d published", n)
	}
	mustBe(t, "closing", c.desk.Close(), nil)
	c.connectDesk()
	if n := c.until(1); n != 0 {
		t.Errorf("%d published though all was there", n)
	}
}

// TestReorderedAndRepeated: old bundles come after new ones, several times.
func TestReorderedAndRepeated(t *testing.T) {
	c := newCampus(t, 2)
	c.until(3)
	for _, d := range c.doors {
		topic := bundleTopic(c.site, d.name.ID())
		newest, old := c.seal(d.name, 5), c.seal(d.name, 4)
		for _, b := range [][]byte{newest.Data, old.Data, newest.Data, old.Data, old.Data} {
			c.broker.Publish(topic, b, true)
		}
	}
	c.until(5)
	// What is retained is old: the desk sees it and publishes the newest.
	for _, want := range []int{2, 0} {
		if n, err := c.bringUpToDate(5); n != want || err != nil {
			t.Errorf("%d published, want %d, %v", n, want, err)
		}
	}
}

// TestInventions: a broker, or whoever may publish there, invents bundles and
// receipts and takes genuine ones away.
func TestInventions(t *testing.T) {
	c := newCampus(t, 2)
	c.until(1)
	sequence := uint32(1)
	for i, invent := range [][]byte{
		nil,
		{0},
		[]byte("hello"), make([]byte, 60_000),
		func() []byte { b := c.seal(c.doors[0].name, 99).Data; b[len(b)-1] ^= 1; return b }(),
		c.seal(c.doors[1].name, 99).Data,
	} {
		sequence++
		c.broker.Publish(bundleTopic(c.site, c.doors[0].name.ID()), invent, true)
		c.broker.Publish(receiptTopic(c.site, c.doors[0].name.ID()), invent, true)
		c.broker.Publish(topicRoot+c.site.String()+"/0123/bundle", invent, true)
		c.broker.Publish(markTopic(c.site), invent, true)
		c.again()
		if n := c.until(sequence); n != 2 {
			t.Errorf("invention %d: %d published", i, n)
		}
	}
}

// TestDenied: a client that may not do what it must says so, and tries again
// without hammering.
func TestDenied(t *testing.T) {
	c := newCampus(t, 0)
	d, err := ConnectDesk(c.config("somebody"), c.site)
	mustBe(t, "connecting", err, nil)
	defer func() { _ = d.Close() }()
	select {
	case <-d.Up():
	case <-time.After(patience):
		t.Fatal("no connection")
	}
	n := lockName(t, "A")
	_, err = d.Deliver(t.Context(), []carrier.Sealed{c.seal(n, 1)})
	mustBe(t, "publishing", err, ErrDenied)
	if s, _ := d.State(); !s.Connected || s.Err == nil {
		t.Errorf("state %+v", s)
	}

	l, err := ConnectLock(c.config(lockName(t, "B").ID().String(), fmt.Sprintf("%q: %q", "site", c.site)), n)
	mustBe(t, "connecting", err, nil)
	defer func() { _ = l.Close() }()
	mustBe(t, "leaving", l.Leave(t.Context(), n, bundle.NewReceipt(c.receiptKey(), n.ID(), 1)), nil)
	for late := time.After(patience); ; {
		s, changed := l.State()
		if s.Connected && s.Err != nil {
			mustBe(t, "a lock with another's certificate", s.Err, ErrDenied)
			break
		}
		select {
		case <-changed:
		case <-late:
			t.Fatalf("state %+v", s)
		}
	}
	if _, err := l.Bundles(t.Context(), n); err == nil {
		t.Error("the lock is not told")
	}
}

// TestOtherCertificates: neither side speaks to whom its authority does not
// know.
func TestOtherCertificates(t *testing.T) {
	c, other := newCampus(t, 0), newCampus(t, 0)
	for name, config := range map[string]Config{
		"a broker that others vouch for": {Broker: c.broker.Addr, TLS: other.config("desk").TLS},
		"a broker that is not there":     {Broker: "127.0.0.1:1", TLS: c.config("desk").TLS},
	} {
		config.MaxDelay = 300 * time.Millisecond
		d, err := ConnectDesk(config, c.site)
		mustBe(t, name, err, nil)
		for late := time.After(patience); ; {
			s, changed := d.State()
			if s.Connected {
				t.Fatalf("%s: connected", name)
			}
			if s.Err != nil {
				mustBe(t, name, s.Err, ErrBroker)
				t.Logf("%s: %v", name, s.Err)
				break
			}
			select {
			case <-changed:
			case <-late:
				t.Fatalf("%s: nothing happens", name)
			}
		}
		mustBe(t, "closing", d.Close(), nil)
	}
}
