package desk_test

import (
	"bytes"
	"context"
	"crypto/ecdh"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"sleutelbord/app/desk"
	"sleutelbord/lock/bundle"
	"sleutelbord/lock/carrier/mqtt/mosquittotest"
	"sleutelbord/store"
)

const (
	// scaleEnv is how many locks TestGatewayAtScale has; docs/testing.md has the
	// figures for 100,000.
	scaleEnv = "SLEUTELBORD_GATEWAY_LOCKS"
	fleetEnv = "SLEUTELBORD_TEST_FLEET"
)

// TestMain is also the locks of TestGatewayAtScale, so that their memory and
// their work are not the desk's.
func TestMain(m *testing.M) {
	if file := os.Getenv(fleetEnv); file != "" {
		if err := runFleet(file); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// fleetFile is what the locks are told.
type fleetFile struct {
	mosquittotest.Fleet
	Count int
}

// fleetKey is the key that a lock was born with.
func fleetKey(lock int) *ecdh.PrivateKey {
	seed := sha256.Sum256(fmt.Appendf(nil, "lock %d", lock))
	return must(ecdh.X25519().NewPrivateKey(seed[:]))
}

// simulated is a lock without a door: it verifies and deciphers its bundles.
type simulated struct {
	mu       sync.Mutex
	id       bundle.LockID
	key      *ecdh.PrivateKey
	signer   *bundle.SignerKey
	sequence uint32
	receipt  []byte
}

func (s *simulated) take(data []byte) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	if data == nil {
		return s.receipt
	}
	trust := bundle.TrustFirst()
	if s.signer != nil {
		trust = bundle.TrustSigners(*s.signer)
	}
	b, err := bundle.Open(data, trust, s.id, s.key)
	if err != nil || b.Sequence <= s.sequence {
		return s.receipt
	}
	h, err := bundle.ParseHeader(data)
	if err != nil {
		return s.receipt
	}
	r := bundle.NewReceipt(b.ReceiptKey, b.Lock, b.Sequence)
	s.signer, s.sequence, s.receipt = &h.Signer, b.Sequence, r[:]
	return s.receipt
}

func runFleet(file string) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var f fleetFile
	if err := json.Unmarshal(data, &f); err != nil {
		return err
	}
	locks := make([]simulated, f.Count)
	for i := range locks {
		locks[i].id, locks[i].key = must(bundle.ParseLockName(nameOf(i))).ID(), fleetKey(i)
		f.Locks = append(f.Locks, locks[i].id.String())
	}
	f.Got = func(lock int, data []byte) []byte { return locks[lock].take(data) }
	return f.Run(context.Background())
}

// crowd is a site whose locks are another process, behind one broker.
type crowd struct {
	t       *testing.T
	n       int
	desk    *desk.Desk
	broker  *mosquittotest.Broker
	gateway *desk.Gateway
	limit   time.Duration
}

func newCrowd(t *testing.T, n int) *crowd {
	t.Helper()
	c := &crowd{t: t, n: n, limit: time.Minute + time.Duration(n)*20*time.Millisecond}
	c.desk = siteOf(t, n, time.Now, func(i int) string { return bundle.PublicText(fleetKey(i).PublicKey()) })
	// A real lock has one message to wait for; the few connections of these
	// have thousands. The broker writes its memory now and then, as usual: after
	// every message that would be all of it.
	c.broker = mosquittotest.Start(t, "max_queued_messages 0", "max_inflight_messages 200", "autosave_on_changes false", "autosave_interval 1800")
	var err error
	if c.gateway, err = c.desk.NewGateway(t.Context(), c.broker.ConfigFile("desk")); err != nil {
		t.Fatal(err)
	}
	f := fleetFile{Fleet: c.broker.Admin(), Count: n}
	f.Site, f.Connections = c.gateway.View().Site, min(8, n)
	file := filepath.Join(t.TempDir(), "fleet.json")
	if err := os.WriteFile(file, must(json.Marshal(f)), 0o600); err != nil {
		t.Fatal(err)
	}
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), fleetEnv+"="+file)
	var said bytes.Buffer
	child.Stdout, child.Stderr = &said, &said
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = child.Process.Kill()
		if err := child.Wait(); err == nil || said.Len() > 0 {
			t.Errorf("the locks ended with %v: %s", err, &said)
		}
	})
	return c
}

// settled waits until so many bundles were published and every lock has
// confirmed its newest, and gives the time until the last was published, and
// until the last was confirmed.
func (c *crowd) settled(what string, published int, act func()) (told, confirmed time.Duration) {
	c.t.Helper()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	begin := time.Now()
	act()
	for {
		v := c.gateway.View()
		if told == 0 && v.Published >= published {
			told = time.Since(begin)
		}
		if told > 0 && v.Connected && v.Waiting == 0 && c.waiting() == 0 {
			return told, time.Since(begin)
		}
		if time.Since(begin) > c.limit {
			c.t.Fatalf("%s: after %v: %+v", what, c.limit, v)
		}
		<-look.C
	}
}

// waiting counts the locks that have something to confirm, by the records.
func (c *crowd) waiting() int {
	c.t.Helper()
	n, err := c.desk.CountWaiting(c.t.Context())
	if err != nil {
		c.t.Fatal(err)
	}
	return n
}

// resident is the memory of this process in MB, now and at its most since the
// last call.
func resident(t *testing.T) (now, most int) {
	t.Helper()
	for line := range strings.SplitSeq(string(must(os.ReadFile("/proc/self/status"))), "\n") {
		name, value, _ := strings.Cut(line, ":")
		kb, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(value), " kB"))
		if err != nil {
			continue
		}
		switch name {
		case "VmRSS":
			now = kb / 1024
		case "VmHWM":
			most = kb / 1024
		}
	}
	// 5 sets the highest back to the present: Linux, proc(5).
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil {
		t.Fatal(err)
	}
	return now, most
}

// TestGatewayAtScale: many locks behind one broker get the first bundle, a
// change of the whole site, and another in whose middle the broker is killed and
// forgets all; each time every lock confirms in the end, and no bundle is
// published more often than it takes.
func TestGatewayAtScale(t *testing.T) {
	n := 300
	if s := os.Getenv(scaleEnv); s != "" {
		n = must(strconv.Atoi(s))
	}
	c := newCrowd(t, n)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	defer func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("the gateway ended with %v", err)
		}
	}()
	resident(t)
	report := func(what string, bundles int, told, confirmed time.Duration, work time.Duration) {
		t.Helper()
		now, most := resident(t)
		t.Logf("%d locks, %s: %d bundles published in %v (%.0f a second), all confirmed after %v; the desk worked %v, %d MB, at most %d MB",
			n, what, bundles, told.Round(time.Millisecond), float64(bundles)/told.Seconds(), confirmed.Round(time.Millisecond), work.Round(time.Millisecond), now, most)
	}
	worked := func() time.Duration {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			t.Fatal(err)
		}
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}

	before := worked()
	told, confirmed := c.settled("the first bundles", n, func() {
		go func() { ended <- c.gateway.Run(ctx, nil) }()
	})
	report("first bundles", n, told, confirmed, worked()-before)

	before = worked()
	var campaign desk.CampaignView
	told, confirmed = c.settled("a change of the whole site", 2*n, func() {
		campaign = must(c.desk.StartCampaign(ctx, desk.CampaignSpec{Kind: store.CampaignLocator}))
	})
	report("change of the whole site", n, told, confirmed, worked()-before)
	if v := c.gateway.View(); v.Published != 2*n || len(v.Refused) > 0 || len(v.Older) > 0 {
		t.Errorf("%+v", v)
	}

	before = worked()
	var killed time.Time
	told, confirmed = c.settled("a broker that was killed", 3*n, func() {
		must(c.desk.EndCampaign(ctx, campaign.ID, true))
		// Bundles are counted batch by batch; few locks are less than one.
		late := time.Now().Add(c.limit)
		if n < 10_000 {
			late = time.Now().Add(100 * time.Millisecond)
		}
		look := time.NewTicker(time.Millisecond)
		defer look.Stop()
		for c.gateway.View().Published < 2*n+n/3 && time.Now().Before(late) {
			<-look.C
		}
		c.broker.Kill()
		c.broker.Restart(true)
		killed = time.Now()
	})
	v := c.gateway.View()
	report("broker killed in the middle of another, and without its memory", v.Published-2*n, told, confirmed, worked()-before)
	t.Logf("all confirmed %v after the broker was back", time.Since(killed).Round(time.Millisecond))
	if v.Published > 4*n || len(v.Refused) > 0 {
		t.Errorf("%+v", v)
	}
}
