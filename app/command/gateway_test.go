package command

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"

	"sleutelbord/app/desk"
	"sleutelbord/lock/bundle"
	"sleutelbord/lock/carrier/mqtt/mosquittotest"
	"sleutelbord/nfc"
	"sleutelbord/nfc/softcard"
)

// process is a command that runs until it is stopped, and what it prints.
type process struct {
	t     *testing.T
	lines *bufio.Scanner
	errs  *bytes.Buffer
	stop  context.CancelFunc
	ended chan int
}

func (s *site) start(reader *softcard.Reader, args ...string) *process {
	s.t.Helper()
	return s.startAt(map[string]*softcard.Reader{"": reader}, args...)
}

// startAt starts a command where there are readers with these names.
func (s *site) startAt(readers map[string]*softcard.Reader, args ...string) *process {
	s.t.Helper()
	out, write := io.Pipe()
	p := &process{t: s.t, lines: bufio.NewScanner(out), errs: &bytes.Buffer{}, ended: make(chan int, 1)}
	env := s.env
	env.Stdout, env.Stderr = write, p.errs
	env.OpenReader = func(name string) (nfc.Reader, error) {
		if r, ok := readers[name]; ok && r != nil {
			return r, nil
		}
		return nil, nfc.ErrNoReader
	}
	env.FollowReader = env.OpenReader
	ctx, stop := context.WithCancel(s.t.Context())
	p.stop = stop
	go func() {
		p.ended <- Run(ctx, append(args, "--store", s.at("store")), env)
		_ = write.Close()
	}()
	s.t.Cleanup(stop)
	return p
}

// until reads lines until one fits.
func (p *process) until(pattern string) {
	p.t.Helper()
	re := regexp.MustCompile(pattern)
	for p.lines.Scan() {
		if re.MatchString(p.lines.Text()) {
			return
		}
	}
	p.t.Fatalf("no line fits %s\n%s", pattern, p.errs)
}

func (p *process) end() {
	p.t.Helper()
	p.stop()
	for p.lines.Scan() { // what it says last
	}
	if code := <-p.ended; code != exitOK {
		p.t.Errorf("exit code %d\n%s", code, p.errs)
	}
}

// TestGatewayAndDoor: a desk, a broker and a door that has nothing but its key
// and the broker's address, all by commands.
func TestGatewayAndDoor(t *testing.T) {
	s := newSite(t)
	s.run("tag", "issue", scriptHome, "--reader", virtualPrefix+s.at("tag1"))
	broker := mosquittotest.Start(t)
	config := broker.ConfigFile("desk")

	// Nothing is connected yet: the bundles lie at the broker, and nobody has
	// confirmed.
	s.run("lock", "gateway", "--config", config, "--once", "--json")
	var v desk.GatewayView
	if err := json.Unmarshal(s.out.Bytes(), &v); err != nil || !v.Connected || v.Published != 11 || v.Waiting != 11 {
		t.Fatalf("%+v, %v", v, err)
	}
	name, err := bundle.ParseLockName("H1-101")
	if err != nil {
		t.Fatal(err)
	}
	lockConfig := broker.ConfigFile(name.ID().String(), fmt.Sprintf("%q: %q", "site", v.Site), fmt.Sprintf("%q: %q", "signer", v.Signer))

	reader := softcard.NewReader("door")
	gateway := s.start(nil, "lock", "gateway", "--config", config)
	door := s.start(reader, "lock", "run", "H1-101", "--key", s.at("keys/H1-101.key"), "--mqtt", lockConfig, "--state", s.at("state"), "--log", s.at("door.log"))
	gateway.until(`connected; 0 bundles published, 1 confirmation, 10 locks are waiting`)
	reader.Lay(s.card("tag1"))
	door.until("^open$")
	reader.Take()

	broker.Kill()
	gateway.until(`not connected;`)
	gateway.until(`The broker cannot be reached`)
	broker.Restart(true)
	gateway.until(`: connected; 11 bundles published, 2 confirmations, 10 locks are waiting`)
	gateway.end()
	door.end()
	log, err := os.ReadFile(s.at("door.log"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.SplitSeq(strings.TrimSpace(string(log)), "\n") {
		if !strings.Contains(line, "bundle applied") && !strings.Contains(line, "broker") {
			t.Errorf("the door's log says %s", line)
		}
	}

	// A door whose configuration cannot be used does not start; nor does a
	// gateway.
	for _, args := range [][]string{
		{"lock", "run", "H1-101", "--key", s.at("keys/H1-101.key"), "--mqtt", config, "--state", s.at("state"), "--reader", virtualPrefix + s.at("tag1")},
		{"lock", "gateway", "--config", s.at("nowhere")},
	} {
		s.out.Reset()
		if code := Run(t.Context(), append(args, "--store", s.at("store"), "--json"), s.env); code != exitFiles || !strings.Contains(s.out.String(), `"broker-config"`) {
			t.Errorf("%v: exit code %d, %s", args, code, &s.out)
		}
	}
	broker.Kill()
	s.out.Reset()
	if code := Run(t.Context(), []string{"lock", "gateway", "--config", config, "--once", "--json", "--store", s.at("store")}, s.env); code != exitBroker {
		t.Errorf("exit code %d, %s", code, &s.out)
	}
}
