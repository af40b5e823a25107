// Package mosquittotest runs Debian's mosquitto for the length of a test: TLS
// with client certificates on a free port of this machine, the access list that
// docs/operations.md recommends, and a hard death on demand.
package mosquittotest

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sleutelbord/internal/testca"
)

// patience is how long mosquitto may take to start or to answer.
const patience = 20 * time.Second

// Broker is a mosquitto that runs, or was killed.
type Broker struct {
	// Addr is host:port, the same after a restart.
	Addr string

	t      testing.TB
	more   []string
	dir    string
	ca     testca.Authority
	cmd    *exec.Cmd
	exited chan struct{}
}

// Access is the access list: the desk of a site may do everything below its
// site, and a lock, whose certificate names its id, may read its bundle and
// leave its receipt. Admin stands for whoever runs the broker.
const Access = `user desk
topic readwrite sleutelbord/1/#

user admin
topic readwrite #

pattern read sleutelbord/1/+/%u/bundle
pattern write sleutelbord/1/+/%u/receipt
`

// Start runs mosquitto. It remembers retained messages on its disk at once, so
// that a kill alone loses nothing; [Broker.Restart] says whether it forgets. more
// are lines of its configuration, in place of those with the same first word.
func Start(t testing.TB, more ...string) *Broker {
	t.Helper()
	b := &Broker{t: t, more: more, dir: t.TempDir()}
	b.ca = testca.New(t)
	b.write("ca.pem", b.ca.PEM())
	certificate, key := b.ca.Issue(t, "broker")
	b.write("broker.pem", certificate)
	b.write("broker.key", key)
	b.write("acl", []byte(Access))
	// Somebody may take the port between looking and listening.
	for try := 0; ; try++ {
		b.Addr = freePort(t)
		err := b.start()
		if err == nil {
			break
		}
		if try == 5 {
			t.Fatal(err)
		}
	}
	t.Cleanup(b.Kill)
	return b
}

func (b *Broker) path(name string) string { return filepath.Join(b.dir, name) }

func (b *Broker) write(name string, data []byte) {
	b.t.Helper()
	if err := os.WriteFile(b.path(name), data, 0o600); err != nil {
		b.t.Fatal(err)
	}
}

func freePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

func (b *Broker) config() []byte {
	host, port, _ := strings.Cut(b.Addr, ":")
	lines := []string{
		"listener " + port + " " + host,
		"cafile " + b.path("ca.pem"), "certfile " + b.path("broker.pem"), "keyfile " + b.path("broker.key"),
		"require_certificate true", "use_identity_as_username true", "acl_file " + b.path("acl"),
		"persistence true", "persistence_location " + b.dir + "/", "autosave_on_changes true", "autosave_interval 1",
		"log_dest stderr", "log_type information", "log_type notice", "log_type error", "log_type warning",
	}
	if os.Getuid() == 0 {
		// mosquitto would change to a user who cannot read the test's folder.
		lines = append(lines, "user root")
	}
	for _, line := range b.more {
		setting, _, _ := strings.Cut(line, " ")
		lines = slices.DeleteFunc(lines, func(l string) bool { return strings.HasPrefix(l, setting+" ") })
	}
	return []byte(strings.Join(append(lines, b.more...), "\n") + "\n")
}

// start runs mosquitto and returns once it listens.
func (b *Broker) start() error {
	b.t.Helper()
	b.write("mosquitto.conf", b.config())
	program, err := exec.LookPath("mosquitto")
	if err != nil {
		program = "/usr/sbin/mosquitto" // often not in PATH
	}
	b.cmd = exec.Command(program, "-c", b.path("mosquitto.conf"))
	out, err := b.cmd.StderrPipe()
	if err != nil {
		b.t.Fatal(err)
	}
	if err := b.cmd.Start(); err != nil {
		b.t.Fatalf("starting mosquitto (packaging/install-deps test): %v", err)
	}
	b.exited = make(chan struct{})
	ready := make(chan struct{})
	var said strings.Builder
	go func(cmd *exec.Cmd, exited chan struct{}) {
		defer close(exited)
		running := false
		for scan := bufio.NewScanner(out); scan.Scan(); {
			if !running {
				said.WriteString(scan.Text() + "\n")
			}
			if !running && strings.HasSuffix(scan.Text(), " running") {
				running = true
				close(ready)
			}
		}
		_ = cmd.Wait() // killed, or said why
	}(b.cmd, b.exited)
	select {
	case <-ready:
		return nil
	case <-b.exited:
		return fmt.Errorf("mosquitto ended: %s", said.String())
	case <-time.After(patience):
		b.Kill()
		return errors.New("mosquitto does not start")
	}
}

// Kill ends mosquitto as a power cut does.
func (b *Broker) Kill() {
	_ = b.cmd.Process.Kill() // it may have ended already
	<-b.exited
}

// Restart runs a killed mosquitto again, at the same address. With forget it
// has lost all retained messages.
func (b *Broker) Restart(forget bool) {
	b.t.Helper()
	if forget {
		if err := os.Remove(b.path("mosquitto.db")); err != nil && !errors.Is(err, fs.ErrNotExist) {
			b.t.Fatal(err)
		}
	}
	if err := b.start(); err != nil {
		b.t.Fatal(err)
	}
}

// ConfigFile writes a configuration for a client whose certificate says name,
// with more fields if there are any (`"site": "…"`), and gives its path.
func (b *Broker) ConfigFile(name string, more ...string) string {
	b.t.Helper()
	certificate, key := b.ca.Issue(b.t, name)
	b.write(name+".pem", certificate)
	b.write(name+".key", key)
	fields := append([]string{
		fmt.Sprintf("%q: %q", "broker", "tls://"+b.Addr), fmt.Sprintf("%q: %q", "ca", "ca.pem"),
		fmt.Sprintf("%q: %q", "certificate", name+".pem"), fmt.Sprintf("%q: %q", "key", name+".key"),
	}, more...)
	b.write(name+".json", []byte("{\n"+strings.Join(fields, ",\n")+"\n}\n"))
	return b.path(name + ".json")
}
