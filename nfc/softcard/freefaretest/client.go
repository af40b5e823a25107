//go:build linux

package freefaretest

import (
	"bufio"
	"bytes"
	"context"
	_ "embed"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// patience is how long one program may run: far longer than any needs.
const patience = 2 * time.Minute

//go:embed testdata/client.c
var source []byte

// Program is the compiled client.
type Program struct{ path string }

// Build compiles the client for the length of the test.
func Build(t testing.TB) Program {
	t.Helper()
	dir := t.TempDir()
	p := Program{filepath.Join(dir, "client")}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, "clang-14", "-std=gnu11", "-O1", "-Wall", "-Wextra", "-Werror",
		"-x", "c", "-", "-o", p.path, "-lfreefare", "-lnfc")
	cmd.Stdin = bytes.NewReader(source)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("compiling the client of libfreefare: %v\n%s", err, out)
	}
	return p
}

// Client is a running program in which libfreefare holds one tag.
type Client struct {
	t       testing.TB
	in      io.WriteCloser
	out     *bufio.Reader
	process *exec.Cmd
	stderr  bytes.Buffer
	// Answers counts the calls made.
	Answers int
}

// Start runs the client on a card, for the length of the test at most. It has
// connected to the tag already.
func (p Program) Start(t testing.TB, r *Reader) *Client {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	c := &Client{t: t, process: exec.CommandContext(ctx, p.path)}
	c.process.Env = append(os.Environ(), r.Environment()...)
	c.process.Stderr = &c.stderr
	var err error
	if c.in, err = c.process.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := c.process.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	c.out = bufio.NewReader(out)
	if err := c.process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		defer cancel()
		c.in.Close() // the client ends with its input
		if err := c.process.Wait(); err != nil || c.stderr.Len() > 0 {
			t.Errorf("the client of libfreefare: %v\n%s", err, &c.stderr)
		}
	})
	return c
}

// Call makes one call and gives its outcome: "ok" and what libfreefare
// returned, "picc" and the status that the tag answered, "pcd" and the error that
// libfreefare found in the tag's answer, or "error" and words.
func (c *Client) Call(call string) string {
	c.t.Helper()
	if _, err := io.WriteString(c.in, call+"\n"); err != nil {
		c.t.Fatalf("%s: %v", call, err)
	}
	answer, err := c.out.ReadString('\n')
	if err != nil {
		c.t.Fatalf("%s: the client of libfreefare is gone: %v\n%s", call, err, &c.stderr)
	}
	c.Answers++
	return strings.TrimSuffix(answer, "\n")
}

// Run makes the calls of a script, one a line, and compares: CALL => OUTCOME,
// where a missing outcome is "ok". Empty lines and what follows # do not count.
func (c *Client) Run(script string) {
	c.t.Helper()
	for line := range strings.Lines(script) {
		line, _, _ = strings.Cut(line, "#")
		call, want, told := strings.Cut(line, "=>")
		if call = strings.TrimSpace(call); call == "" {
			continue
		}
		if want = strings.TrimSpace(want); !told {
			want = "ok"
		}
		if got := c.Call(call); got != want {
			c.t.Fatalf("%s => %s, want %s", call, got, want)
		}
	}
}

// Tool runs one of the command-line tools on a card, and gives what it printed
// and its exit code.
func Tool(t testing.TB, r *Reader, name string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), r.Environment()...)
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || !exit.Exited()) {
		t.Fatalf("%s: %v\n%s", name, err, &errs)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}
