//go:build linux

package main

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

func TestRun(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	code, err := run([]string{"sh", "-c", `echo "{reader}|{addr}|$PCSCLITE_CSOCK_NAME" >"$0"; exit 7`, out})
	if code != 7 || err != nil {
		t.Errorf("exit code %d, %v", code, err)
	}
	got, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`^Virtual PCD 00 00\|127\.0\.0\.1:\d+\|/.*/pcscd\.comm\n$`).Match(got) {
		t.Errorf("the command was told %q", got)
	}
	if code, err := run([]string{filepath.Join(t.TempDir(), "nothing")}); code != 1 || err == nil {
		t.Errorf("command that is not there: %d, %v", code, err)
	}
	if code, err := run(nil); code != 2 || err == nil {
		t.Errorf("no command: %d, %v", code, err)
	}
}
