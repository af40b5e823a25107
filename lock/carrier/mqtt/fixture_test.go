package mqtt

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"testing"
	"time"

	"sleutelbord/lock/bundle"
	"sleutelbord/lock/carrier"
	"sleutelbord/lock/carrier/mqtt/mosquittotest"
	"sleutelbord/nfc/desfire"
)

const patience = 20 * time.Second

// campus is a site whose locks take every bundle that has a higher sequence.
type campus struct {
	t      *testing.T
	site   bundle.SiteID
	signer ed25519.PrivateKey
	to     bundle.LockKey
	broker *mosquittotest.Broker
	desk   *Deskside
	doors  []*door
}

// door is a lock at the broker, without the rest of a lock.
type door struct {
	*Lockside
	name     bundle.LockName
	sequence uint32
	ended    chan struct{}
	stop     chan struct{}
}

func mustBe(t testing.TB, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) || (err == nil) != (want == nil) {
		t.Fatalf("%s: %v, want %v", what, err, want)
	}
}

func newCampus(t *testing.T, locks int) *campus {
	t.Helper()
	c := &campus{t: t, broker: mosquittotest.Start(t)}
	var err error
	if _, c.signer, err = ed25519.GenerateKey(rand.Reader); err != nil {
		t.Fatal(err)
	}
	if _, err := rand.Read(c.site[:]); err != nil {
		t.Fatal(err)
	}
	if c.to, err = bundle.GenerateKey(lockName(t, "X"), rand.Reader); err != nil {
		t.Fatal(err)
	}
	c.connectDesk()
	for i := range locks {
		c.addDoor(fmt.Sprintf("L%d", i))
	}
	return c
}

func lockName(t testing.TB, s string) bundle.LockName {
	t.Helper()
	n, err := bundle.ParseLockName(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func (c *campus) config(name string, more ...string) Config {
	c.t.Helper()
	config, err := ReadConfig(c.broker.ConfigFile(name, more...))
	if err != nil {
		c.t.Fatal(err)
	}
	config.MaxDelay = 300 * time.Millisecond
	return config
}

func (c *campus) connectDesk() {
	c.t.Helper()
	var err error
	if c.desk, err = ConnectDesk(c.config("desk"), c.site); err != nil {
		c.t.Fatal(err)
	}
	desk := c.desk
	c.t.Cleanup(func() { _ = desk.Close() })
}

// addDoor runs a lock: it takes what is newer, and leaves its receipt.
func (c *campus) addDoor(name string) {
	c.t.Helper()
	d := &door{name: lockName(c.t, name), ended: make(chan struct{}), stop: make(chan struct{})}
	id := d.name.ID().String()
	var err error
	if d.Lockside, err = ConnectLock(c.config(id, fmt.Sprintf("%q: %q", "site", c.site)), d.name); err != nil {
		c.t.Fatal(err)
	}
	c.doors = append(c.doors, d)
	go func() {
		defer close(d.ended)
		for {
			select {
			case <-d.stop:
				return
			case <-d.Woken():
			}
			all, _ := d.Bundles(c.t.Context(), d.name) // without a connection it goes on
			for _, data := range all {
				if h, err := bundle.Verify(data, c.public()); err == nil && h.Lock == d.name.ID() && h.Sequence > d.sequence {
					d.sequence = h.Sequence
				}
			}
			if d.sequence > 0 {
				_ = d.Leave(c.t.Context(), d.name, bundle.NewReceipt(c.receiptKey(), d.name.ID(), d.sequence)) // never fails
			}
		}
	}()
	c.t.Cleanup(func() {
		close(d.stop)
		<-d.ended
		_ = d.Close()
	})
}

func (c *campus) public() bundle.SignerKey {
	return bundle.SignerKey(c.signer.Public().(ed25519.PublicKey))
}

func (c *campus) receiptKey() bundle.ReceiptKey {
	sum := sha256.Sum256(c.site[:])
	return bundle.NewReceiptKey([16]byte(sum[:16]))
}

func (c *campus) seal(n bundle.LockName, sequence uint32) carrier.Sealed {
	c.t.Helper()
	data, err := bundle.Seal(bundle.Bundle{
		Site: c.site, Lock: n.ID(), Sequence: sequence, Issued: 1, ReceiptKey: c.receiptKey(),
		Locators: []bundle.Locator{{Version: 1, Key: desfire.NewAESKey([16]byte{1}, 1)}},
	}, c.signer, c.to.Public(), rand.Reader)
	if err != nil {
		c.t.Fatal(err)
	}
	return carrier.Sealed{Name: n, Data: data}
}

// desk is what a desk does until all locks have confirmed a sequence: compare
// after each connection, publish what is missing, read receipts. It gives how
// many bundles it published.
func (c *campus) until(sequence uint32) (published int) {
	c.t.Helper()
	confirmed := map[bundle.LockID]uint32{}
	late := time.After(patience)
	for {
		got, _ := c.desk.Receipts()
		for _, r := range got {
			receipt, err := bundle.ParseReceipt(r.Data)
			if err != nil {
				continue
			}
			if n, err := receipt.Verify(c.receiptKey(), r.Lock); err == nil {
				confirmed[r.Lock] = max(confirmed[r.Lock], n)
			}
		}
		if c.all(confirmed, sequence) {
			return published
		}
		select {
		case <-c.desk.Woken():
		case <-c.desk.Up():
			n, err := c.bringUpToDate(sequence)
			published += n
			if err != nil {
				c.t.Logf("the connection broke: %v", err)
			}
		case <-late:
			s, _ := c.desk.State()
			c.t.Fatalf("confirmed %v, want %d everywhere; the desk is %+v", confirmed, sequence, s)
		}
	}
}

func (c *campus) all(confirmed map[bundle.LockID]uint32, sequence uint32) bool {
	for _, d := range c.doors {
		if confirmed[d.name.ID()] != sequence {
			return false
		}
	}
	return true
}

func (c *campus) bringUpToDate(sequence uint32) (int, error) {
	var ids []bundle.LockID
	names := map[bundle.LockID]bundle.LockName{}
	for _, d := range c.doors {
		ids = append(ids, d.name.ID())
		names[d.name.ID()] = d.name
	}
	var missing []carrier.Sealed
	err := c.desk.Compare(c.t.Context(), ids, c.public(), func(l bundle.LockID, h bundle.Header) {
		if h.Sequence != sequence {
			missing = append(missing, c.seal(names[l], sequence))
		}
	})
	if err != nil {
		return 0, err
	}
	return c.desk.Deliver(c.t.Context(), missing)
}

// again makes the desk compare as it does after a connection.
func (c *campus) again() { wake(c.desk.link.up) }
