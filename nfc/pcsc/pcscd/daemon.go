//go:build linux

package pcscd

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

// SocketVariable is the environment variable by which pcsc-lite's client finds
// the service's socket (libpcsclite, getSocketName).
const SocketVariable = "PCSCLITE_CSOCK_NAME"

// readerName is the name of the virtual reader; pcscd adds a number for the
// reader and one for the slot.
const readerName = "Virtual PCD"

// startLimit is how long pcscd may take to be ready.
const startLimit = 10 * time.Second

// Daemon is a pcscd.
type Daemon struct {
	place place
	log   *Log

	mu      sync.Mutex
	port    int
	process *process
}

// Start starts a pcscd with a virtual reader of two slots, and sets
// [SocketVariable] for this process and those that it starts. Close ends it.
// One runs at a time in a process.
func Start() (*Daemon, error) {
	place, err := prepare()
	if err != nil {
		return nil, fmt.Errorf("preparing a place for pcscd: %w", err)
	}
	d := &Daemon{place: place, log: newLog()}
	if err := os.Setenv(SocketVariable, place.socket); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	if err := d.Resume(); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

// Reader is the name of the reader for slot 0 or 1.
func (d *Daemon) Reader(slot int) string { return fmt.Sprintf("%s 00 %02d", readerName, slot) }

// Addr is where a virtual card connects to, host and port, in order to lie on
// slot 0 or 1.
func (d *Daemon) Addr(slot int) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(d.port+slot))
}

// Log is what pcscd writes.
func (d *Daemon) Log() *Log { return d.log }

// Kill ends pcscd at once, as a crash does. Cards that lie on the reader lose
// their connection.
func (d *Daemon) Kill() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.process != nil {
		d.process.kill()
		d.process = nil
	}
}

// Close ends pcscd and removes what it left.
func (d *Daemon) Close() error {
	d.Kill()
	return os.RemoveAll(d.place.dir)
}

// Resume starts pcscd again after [Daemon.Kill], with the same reader, if
// possible at the same address.
func (d *Daemon) Resume() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for attempt := 0; ; attempt++ {
		if err := d.configure(); err != nil {
			return err
		}
		err := d.launch()
		if attempt == 5 || !errors.Is(err, errPort) {
			return err
		}
		d.port = 0
	}
}

// ResumeWithout starts pcscd again after [Daemon.Kill], without any reader: as
// if it had been unplugged.
func (d *Daemon) ResumeWithout() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := os.Remove(d.place.config()); err != nil {
		return err
	}
	return d.launch()
}

// configure writes the reader's configuration, with two free ports if there
// are none yet.
func (d *Daemon) configure() error {
	for d.port == 0 {
		// Below the ports that Linux gives away by itself.
		if port := 20000 + rand.IntN(12000); free(port) && free(port+1) {
			d.port = port
		}
	}
	text := fmt.Sprintf("FRIENDLYNAME %q\nDEVICENAME /dev/null:%d\nLIBPATH %s\nCHANNELID %d\n",
		readerName, d.port, d.place.driver, d.port)
	return os.WriteFile(d.place.config(), []byte(text), 0o600)
}

func free(port int) bool {
	l, err := net.Listen("tcp4", ":"+strconv.Itoa(port))
	if err != nil {
		return false
	}
	return l.Close() == nil
}

// errPort is a port that somebody else took in the meantime.
var errPort = errors.New("port is taken")

// What pcscd 1.9 writes when it is about to serve, and when the virtual reader
// cannot listen.
const (
	wordsReady  = "daemon ready."
	wordsNoPort = "Could not initialize connection"
)

// launch starts pcscd and waits until it knows its readers.
func (d *Daemon) launch() error {
	if d.process != nil {
		return errors.New("pcscd is running already")
	}
	socket, err := listen(d.place.socket)
	if err != nil {
		return fmt.Errorf("making pcscd's socket: %w", err)
	}
	from := d.log.Len()
	cmd := d.place.command("--foreground", "--info", "--config", filepath.Dir(d.place.config()))
	cmd.ExtraFiles = []*os.File{socket}
	p, err := start(cmd, d.log)
	// From here on only pcscd has the socket, so that it dies with it.
	if err := errors.Join(err, socket.Close()); err != nil {
		return fmt.Errorf("starting pcscd: %w", err)
	}
	line, err := d.log.await(from, startLimit, p.ended, wordsReady, wordsNoPort)
	if err == nil && strings.Contains(line.text, wordsNoPort) {
		err = errPort
	}
	if err != nil {
		p.kill()
		return fmt.Errorf("starting pcscd: %w; it wrote:\n%s", err, d.log)
	}
	d.process = p
	return nil
}

// listen makes the listening socket at path, over one that a pcscd left behind.
func listen(path string) (*os.File, error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, err
	}
	l.SetUnlinkOnClose(false)
	f, err := l.File()
	return f, errors.Join(err, l.Close())
}
