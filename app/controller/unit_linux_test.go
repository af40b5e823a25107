package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"sleutelbord/app/command"
)

const units = "../../packaging/linux/"

// read gives a file of the package.
func read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(units, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// instance puts the unit of lock FRONT-1 and some drop-ins into a folder. The
// program that it starts is one that is here.
func instance(t *testing.T, dropIns ...string) string {
	t.Helper()
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	unit := read(t, "sleutelbord-lock@.service")
	if strings.Count(unit, "/usr/bin/sleutelbord-lock ") != 1 {
		t.Fatal("the unit starts another program")
	}
	write("sleutelbord-lock@FRONT-1.service", strings.ReplaceAll(unit, "/usr/bin/sleutelbord-lock", os.Args[0]))
	for _, d := range dropIns {
		write("sleutelbord-lock@FRONT-1.service.d/"+d, read(t, "lock/"+d))
	}
	return filepath.Join(dir, "sleutelbord-lock@FRONT-1.service")
}

func analyze(t *testing.T, args ...string) (string, error) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "systemd-analyze", args...).CombinedOutput()
	if err != nil && len(out) == 0 {
		t.Fatalf("systemd-analyze (packaging/install-deps service): %v", err)
	}
	return string(out), err
}

// TestUnit: systemd understands every line of the unit, alone and with what its
// examples allow on top.
func TestUnit(t *testing.T) {
	for _, dropIns := range [][]string{nil, {"mqtt.conf"}, {"relay.conf"}, {"mqtt.conf", "relay.conf"}} {
		out, err := analyze(t, "verify", "--man=no", instance(t, dropIns...))
		if err != nil || strings.Contains(out, "sleutelbord") {
			t.Errorf("with %v: %v\n%s", dropIns, err, out)
		}
	}
	// What it does not understand is told.
	bad := instance(t)
	data, err := os.ReadFile(bad)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(bad, bytes.ReplaceAll(data, []byte("ProtectHome=yes"), []byte("ProtectHone=yes")), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, _ := analyze(t, "verify", "--man=no", bad); !strings.Contains(out, "ProtectHone") {
		t.Errorf("a misspelled line passes: %s", out)
	}
}

// TestUnitIsHardened: systemd's own measure of what a service can do to its
// computer, in tenths: 4 alone, of 100.
func TestUnitIsHardened(t *testing.T) {
	for _, c := range []struct {
		dropIns   []string
		threshold string
	}{
		{nil, "5"}, {[]string{"mqtt.conf"}, "15"}, {[]string{"mqtt.conf", "relay.conf"}, "17"},
	} {
		out, err := analyze(t, "security", "--offline=true", "--no-pager", "--threshold="+c.threshold, instance(t, c.dropIns...))
		if err != nil {
			t.Errorf("with %v, above %s: %v\n%s", c.dropIns, c.threshold, err, out)
		}
		last := out[strings.LastIndex(strings.TrimSpace(out), "\n")+1:]
		t.Logf("with %v: %s", c.dropIns, strings.TrimSpace(last))
	}
}

// TestUnitStartsTheLock: the unit's command line is one that the program takes.
// With what the service manager would fill in, it comes as far as the key.
func TestUnitStartsTheLock(t *testing.T) {
	found := regexp.MustCompile(`(?m)^ExecStart=/usr/bin/sleutelbord-lock (.*)$`).FindStringSubmatch(read(t, "sleutelbord-lock@.service"))
	if found == nil {
		t.Fatal("no ExecStart")
	}
	dir := t.TempDir()
	line := strings.NewReplacer(
		"%i", "FRONT-1", "${CREDENTIALS_DIRECTORY}", filepath.Join(dir, "credentials"), "${STATE_DIRECTORY}", filepath.Join(dir, "state"),
		"$OPTIONS", "--reader a --second-reader b --bundles /media/stick --on-open /usr/local/bin/relay --no-clock",
	).Replace(found[1])
	var out, errs bytes.Buffer
	env := command.SystemEnv("test")
	env.Stdout, env.Stderr = &out, &errs
	const files = 6 // docs/command.md
	if code := command.RunController(t.Context(), strings.Fields(line), env); code != files || !strings.Contains(errs.String(), "key") {
		t.Errorf("exit code %d: %s%s", code, &out, &errs)
	}
}

// TestRelay: the example holds its pin with either generation of gpioset.
func TestRelay(t *testing.T) {
	for version, want := range map[string]string{
		"gpioset (libgpiod) v1.6.3": "--mode=time --sec=5 gpiochip1 23=1",
		"gpioset (libgpiod) v2.1":   "--chip gpiochip1 --toggle 5s,0 23=1",
	} {
		dir := t.TempDir()
		fake := "#!/bin/sh\nif [ \"$1\" = --version ]; then echo '" + version + "'; else echo \"$@\"; fi\n"
		if err := os.WriteFile(filepath.Join(dir, "gpioset"), []byte(fake), 0o755); err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), units+"lock/relay")
		cmd.Env = []string{"PATH=" + dir + ":/bin:/usr/bin", "RELAY_CHIP=gpiochip1", "RELAY_LINE=23", "RELAY_SECONDS=5"}
		if out, err := cmd.CombinedOutput(); err != nil || strings.TrimSpace(string(out)) != want {
			t.Errorf("%s: %v, %s", version, err, out)
		}
	}
}
