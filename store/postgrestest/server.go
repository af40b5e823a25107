//go:build unix

// Package postgrestest runs Debian's PostgreSQL for the length of a test: a
// cluster of its own in a temporary folder, on a socket there and on a free
// port of this machine, with passwords, TLS and a hard death on demand.
package postgrestest

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Role and Password sign in to every server of this package.
const (
	Role     = "desk"
	Password = "p4ssw0rd-of-the-desk"
)

// patience is how long starting, stopping and every command may take.
const patience = 30 * time.Second

// Server is a running cluster. Its methods end the test when something goes wrong.
type Server struct {
	// Addr is its address on this machine, "127.0.0.1:port".
	Addr string
	// CA is the file with the authority that signed the server's certificate.
	CA string

	t         testing.TB
	dir, bin  string
	port      int
	as        *syscall.Credential // nil: whoever runs the test
	process   *exec.Cmd
	log       *os.File
	durable   bool
	databases int
}

// Start makes a cluster and runs it until the test ends.
func Start(t testing.TB) *Server { return start(t, false) }

// StartDurable is Start with a server that syncs what it commits, for measuring.
func StartDurable(t testing.TB) *Server { return start(t, true) }

func start(t testing.TB, durable bool) *Server {
	t.Helper()
	s := &Server{t: t, bin: binaries(t), as: unprivileged(t), durable: durable}
	// Not t.TempDir: its path is too long for a socket, and closed to other users.
	dir, err := os.MkdirTemp("", "slbpg")
	if err != nil {
		t.Fatal(err)
	}
	s.dir = dir
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	s.own(dir)
	s.initialise()
	s.certify()
	s.port = freePort(t)
	s.Addr = net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port))
	s.Run()
	t.Cleanup(func() { s.Stop() })
	return s
}

// binaries is the folder of the newest PostgreSQL that is installed.
func binaries(t testing.TB) string {
	t.Helper()
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if err != nil || len(found) == 0 {
		t.Fatal("PostgreSQL is not installed: packaging/install-deps test")
	}
	version := func(path string) int {
		n, _ := strconv.Atoi(strings.Split(path, "/")[4]) // 0 sorts first
		return n
	}
	slices.SortFunc(found, func(a, b string) int { return version(a) - version(b) })
	return filepath.Dir(found[len(found)-1])
}

// unprivileged is who runs the server, which refuses to run as root.
func unprivileged(t testing.TB) *syscall.Credential {
	t.Helper()
	if os.Getuid() != 0 {
		return nil
	}
	u, err := user.Lookup("nobody")
	if err != nil {
		t.Fatal(err)
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		t.Fatal(err)
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		t.Fatal(err)
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
}

// own gives a file to whoever runs the server.
func (s *Server) own(path string) {
	s.t.Helper()
	if s.as == nil {
		return
	}
	if err := os.Chown(path, int(s.as.Uid), int(s.as.Gid)); err != nil {
		s.t.Fatal(err)
	}
}

func (s *Server) path(name string) string { return filepath.Join(s.dir, name) }

// write makes a file that only the server may read.
func (s *Server) write(name string, content []byte) string {
	s.t.Helper()
	if err := os.WriteFile(s.path(name), content, 0o600); err != nil {
		s.t.Fatal(err)
	}
	s.own(s.path(name))
	return s.path(name)
}

func (s *Server) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(s.bin, name), args...)
	cmd.Dir = s.dir
	cmd.Env = []string{"PATH=" + s.bin, "LC_ALL=C.UTF-8", "PGPASSWORD=" + Password, "PGCONNECT_TIMEOUT=5"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.as}
	return cmd
}

func (s *Server) initialise() {
	s.t.Helper()
	password := s.write("password", []byte(Password))
	out, err := s.command("initdb", "--no-sync", "--username="+Role, "--pwfile="+password, "--auth=scram-sha-256",
		"--encoding=UTF8", "--locale=C", "--pgdata="+s.path("data")).CombinedOutput()
	if err != nil {
		s.t.Fatalf("initdb: %v\n%s", err, out)
	}
}

// Run starts the server again after Stop or Kill.
func (s *Server) Run() {
	s.t.Helper()
	log, err := os.OpenFile(s.path("log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		s.t.Fatal(err)
	}
	s.log = log
	fsync := "off"
	if s.durable {
		fsync = "on"
	}
	s.process = s.command("postgres", "-D", s.path("data"), "-k", s.dir, "-h", "127.0.0.1", "-p", strconv.Itoa(s.port),
		"-c", "fsync="+fsync, "-c", "ssl=on", "-c", "ssl_cert_file="+s.path("server.crt"), "-c", "ssl_key_file="+s.path("server.key"),
		"-c", "max_connections=60", "-c", "shared_buffers=16MB", "-c", "max_wal_size=256MB")
	s.process.Stdout, s.process.Stderr = log, log
	if err := s.process.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.await()
}

// await returns when the server takes connections.
func (s *Server) await() {
	s.t.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := s.command("pg_isready", "-q", "-h", s.dir, "-p", strconv.Itoa(s.port)).Run()
		if err == nil {
			return
		}
		select {
		case <-deadline:
			b, _ := os.ReadFile(s.path("log"))
			s.t.Fatalf("PostgreSQL does not answer: %v\n%s", err, b)
		case <-tick.C:
		}
	}
}

// Stop ends the server and breaks its connections.
func (s *Server) Stop() { s.end(syscall.SIGINT) }

// Kill ends the server as a crash does, so that it recovers when it runs again.
func (s *Server) Kill() { s.end(syscall.SIGQUIT) }

func (s *Server) end(how syscall.Signal) {
	if s.process == nil {
		return
	}
	_ = s.process.Process.Signal(how) // may have ended by itself
	_ = s.process.Wait()              // was ended
	s.process = nil
	_ = s.log.Close()
}

// Database makes an empty database and gives the settings by which a desk
// connects to it over the socket.
func (s *Server) Database() (name, dsn string) {
	s.t.Helper()
	s.databases++
	name = fmt.Sprintf("site%d", s.databases)
	s.SQL("postgres", "CREATE DATABASE "+name)
	return name, fmt.Sprintf("host=%s port=%d dbname=%s user=%s password=%s", s.dir, s.port, name, Role, Password)
}

// TLS is how a desk connects to a database at an address with a verified
// certificate; ca is the file of the authority that it believes.
func (s *Server) TLS(name, addr, ca string) string {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		s.t.Fatal(err)
	}
	return fmt.Sprintf("host=%s port=%s dbname=%s user=%s password=%s sslmode=verify-full sslrootcert=%s", host, port, name, Role, Password, ca)
}

// SQL runs statements as the administrator of the server, and gives what they print.
func (s *Server) SQL(database, statements string) string {
	s.t.Helper()
	out, err := s.Try(database, statements)
	if err != nil {
		s.t.Fatal(err)
	}
	return out
}

// Try is SQL whose error is the caller's.
func (s *Server) Try(database, statements string) (string, error) {
	cmd := s.command("psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", s.dir, "-p", strconv.Itoa(s.port), "-U", Role, "-d", database)
	cmd.Stdin = strings.NewReader(statements)
	var out, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaint
	if err := cmd.Run(); err != nil {
		return "", errors.New(err.Error() + ": " + complaint.String())
	}
	return strings.TrimSpace(out.String()), nil
}

// Dump is everything that the administrator can see of a database.
func (s *Server) Dump(database string) []byte {
	s.t.Helper()
	out, err := s.command("pg_dump", "-h", s.dir, "-p", strconv.Itoa(s.port), "-U", Role, database).Output()
	if err != nil {
		s.t.Fatal(err)
	}
	return out
}

func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port
}
