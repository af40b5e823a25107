package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"image/png"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// asProgram makes the test binary behave as the program.
const asProgram = "SLEUTELBORD_TEST_AS_PROGRAM"

// careless is the value of asProgram for a process that only waits to be ended.
const careless = "careless"

func TestMain(m *testing.M) {
	switch os.Getenv(asProgram) {
	case "":
	case careless:
		fmt.Println("running")
		_, _ = io.Copy(io.Discard, os.Stdin)
	default:
		main() // does not return
	}
	os.Exit(m.Run())
}

// program is the program with a world of its own: a new home, no session bus.
func program(t *testing.T, display string, args ...string) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	t.Cleanup(cancel)
	home := t.TempDir()
	cmd := exec.CommandContext(ctx, os.Args[0], args...)
	cmd.Env = []string{
		asProgram + "=1", "HOME=" + home, "PATH=" + os.Getenv("PATH"), "TMPDIR=" + t.TempDir(), "LANG=nl_NL.UTF-8",
		"DBUS_SESSION_BUS_ADDRESS=disabled:", "LIBGL_ALWAYS_SOFTWARE=1",
	}
	if display != "" {
		cmd.Env = append(cmd.Env, "DISPLAY="+display)
	}
	return cmd
}

// xvfb starts a display that nobody sees; more are further options.
func xvfb(t *testing.T, more ...string) (display string) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	cmd := exec.Command("Xvfb", append([]string{"-displayfd", "3", "-screen", "0", "1366x768x24", "-nolisten", "tcp"}, more...)...)
	cmd.ExtraFiles = []*os.File{w}
	err = cmd.Start()
	_ = w.Close()
	if err != nil {
		t.Fatalf("starting Xvfb (make test installs it): %v", err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	number, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		t.Fatalf("waiting for Xvfb: %v", err)
	}
	return ":" + strings.TrimSpace(number)
}

// TestRealWindow shows the real window on a display that nobody sees, hands
// out a tag in it, and looks at the pictures it saves.
func TestRealWindow(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "pictures")
	out, err := program(t, xvfb(t), "window", "--tour", dir).CombinedOutput()
	if err != nil {
		t.Fatalf("the tour ended with %v:\n%s", err, out)
	}
	pictures, err := filepath.Glob(filepath.Join(dir, "*.png"))
	if err != nil || len(pictures) < 10 {
		t.Fatalf("%d pictures, %v:\n%s", len(pictures), err, out)
	}
	seen := make(map[string]string)
	for _, name := range pictures {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		c, err := png.DecodeConfig(bytes.NewReader(data))
		if err != nil || c.Width < 1200 || c.Height < 700 {
			t.Errorf("%s: %v, %d by %d", name, err, c.Width, c.Height)
		}
		if twin, twice := seen[string(data)]; twice {
			t.Errorf("%s is the same picture as %s", name, twin)
		}
		seen[string(data)] = name
	}
}

func TestTourIntoNowhere(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := program(t, xvfb(t), "window", "--tour", filepath.Join(file, "pictures")).CombinedOutput(); err == nil {
		t.Errorf("a tour without a place for its pictures succeeds:\n%s", out)
	}
}

func TestWithoutADisplay(t *testing.T) {
	for _, display := range []string{"", ":4095"} {
		out, err := program(t, display, "window").CombinedOutput()
		text := string(out)
		if err == nil || strings.Contains(text, "goroutine ") || !strings.Contains(text, "display") {
			t.Errorf("with DISPLAY=%q the window ends with %v:\n%s", display, err, text)
		}
	}
}
