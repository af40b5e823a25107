//go:build linux

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// process is a program with a window, and a home of its own.
type process struct {
	cmd   *exec.Cmd
	home  string
	began time.Time
}

// begin starts a program on a display.
func begin(ctx context.Context, display string, env []string, program string, args ...string) (*process, error) {
	home, err := os.MkdirTemp("", "home")
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = append([]string{
		"HOME=" + home, "TMPDIR=" + home, "PATH=" + os.Getenv("PATH"), "LANG=nl_NL.UTF-8", "DISPLAY=:" + display,
		"DBUS_SESSION_BUS_ADDRESS=disabled:", "LIBGL_ALWAYS_SOFTWARE=1",
	}, env...)
	if err := os.Mkdir(filepath.Join(home, ".cache"), 0o700); err != nil {
		return nil, err
	}
	p := &process{cmd: cmd, home: home, began: time.Now()}
	return p, cmd.Start()
}

// end asks the program to close its window, which it must do in time.
func (p *process) end() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	late := time.AfterFunc(10*time.Second, func() { _ = p.cmd.Process.Kill() })
	_ = p.cmd.Wait() // the floor ends by the signal
	late.Stop()
	_ = os.RemoveAll(p.home)
}

func (p *process) read(file string) (string, error) {
	b, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(p.cmd.Process.Pid), file))
	return string(b), err
}

// memory is what of the program is in memory, in megabytes: everything, and
// what is its own, without the files of programs and libraries.
func (p *process) memory() (all, own float64, err error) {
	text, err := p.read("status")
	if err != nil {
		return 0, 0, err
	}
	figures := map[string]float64{}
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(line, ":")
		if kb, isSize := strings.CutSuffix(strings.TrimSpace(value), " kB"); isSize {
			if figures[name], err = strconv.ParseFloat(strings.TrimSpace(kb), 64); err != nil {
				return 0, 0, err
			}
		}
	}
	return figures["VmRSS"] / 1024, figures["RssAnon"] / 1024, nil
}

// ticks is how long the kernel counts for a tick of a process's times; it is
// the same on all Linux systems (sysconf(_SC_CLK_TCK), proc(5)).
const ticks = 10 * time.Millisecond

// worked is how much of a core the program has used so far.
func (p *process) worked() (time.Duration, error) {
	text, err := p.read("stat")
	if err != nil {
		return 0, err
	}
	// The name of the program, in brackets, may contain anything.
	fields := strings.Fields(text[strings.LastIndexByte(text, ')')+1:])
	if len(fields) < 13 {
		return 0, fmt.Errorf("reading the times of a process: %q", text)
	}
	sum := time.Duration(0)
	for _, field := range fields[11:13] { // utime and stime
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return 0, err
		}
		sum += time.Duration(n) * ticks
	}
	return sum, nil
}

// load is how much the machine has to do.
func load() string {
	b, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return err.Error()
	}
	one, _, _ := strings.Cut(string(b), " ")
	return one
}
