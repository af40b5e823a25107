package durable_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"sleutelbord/lock/internal/durable"
	"sleutelbord/lock/internal/durable/durabletest"
)

const (
	oldText = "the old content"
	newText = "the new content, which is longer"
)

// TestEveryCrash cuts the power before each step, and looks at every disk that
// this can leave.
func TestEveryCrash(t *testing.T) {
	worlds := 0
	for at := 1; ; at++ {
		d := &durabletest.Disk{}
		if err := durable.WriteFile(d, "f", []byte(oldText), 0o600); err != nil {
			t.Fatal(err)
		}
		d.CrashAt = d.Steps() + at
		err := durable.WriteFile(d, "f", []byte(newText), 0o600)
		for _, left := range append(d.Crashed(), d.Killed()) {
			worlds++
			data, rerr := left.ReadFile("f", 1000)
			if rerr != nil || string(data) != oldText && string(data) != newText {
				t.Fatalf("crash before step %d leaves %q, %v", at, data, rerr)
			}
			if err == nil && string(data) != newText {
				t.Fatalf("crash after a write that succeeded leaves %q", data)
			}
			// What is left over does not keep the next write from succeeding.
			if err := durable.WriteFile(left, "f", []byte(newText), 0o600); err != nil {
				t.Fatalf("next write: %v", err)
			}
		}
		if err == nil {
			t.Logf("%d steps, %d disks", at-1, worlds)
			return
		}
	}
}

// TestEveryFailure lets each step fail while the disk goes on.
func TestEveryFailure(t *testing.T) {
	for at := 1; ; at++ {
		d := &durabletest.Disk{}
		if err := durable.WriteFile(d, "f", []byte(oldText), 0o600); err != nil {
			t.Fatal(err)
		}
		d.FailAt, d.Failure = d.Steps()+at, syscall.ENOSPC
		err := durable.WriteFile(d, "f", []byte(newText), 0o600)
		if err == nil {
			return
		}
		if !errors.Is(err, syscall.ENOSPC) {
			t.Fatalf("step %d: %v", at, err)
		}
		if _, rerr := d.ReadFile("f"+durable.PartSuffix, 1000); !errors.Is(rerr, fs.ErrNotExist) {
			t.Errorf("step %d leaves a part", at)
		}
		if data, rerr := d.ReadFile("f", 1000); rerr != nil || string(data) != oldText && string(data) != newText {
			t.Fatalf("step %d leaves %q, %v", at, data, rerr)
		}
	}
}

func TestOS(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "f")
	part := name + durable.PartSuffix
	if err := os.WriteFile(part, []byte(strings.Repeat("left over", 100)), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{oldText, newText} {
		if err := durable.WriteFile(durable.OS{}, name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if data, err := (durable.OS{}).ReadFile(name, 100); err != nil || string(data) != text {
			t.Fatalf("%q, %v", data, err)
		}
	}
	if info, err := os.Stat(name); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if _, err := os.Stat(part); !errors.Is(err, fs.ErrNotExist) {
		t.Error("a part is left")
	}
	if _, err := (durable.OS{}).ReadFile(name, 5); !errors.Is(err, durable.ErrTooLong) {
		t.Errorf("a file above the limit: %v", err)
	}
	if _, err := (durable.OS{}).ReadFile(dir, 5); !errors.Is(err, durable.ErrNoFile) {
		t.Errorf("a directory: %v", err)
	}
	if err := durable.WriteFile(durable.OS{}, filepath.Join(dir, "missing", "f"), nil, 0o600); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing directory: %v", err)
	}
}
