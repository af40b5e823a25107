package main

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// A program that holds keys and crashes in the worst way leaves no core dump;
// the same test binary without the program's precautions does.
func TestNoCoreDump(t *testing.T) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_CORE, &limit); err != nil {
		t.Fatal(err)
	}
	limit.Cur = limit.Max
	if err := syscall.Setrlimit(syscall.RLIMIT_CORE, &limit); err != nil {
		t.Fatal(err)
	}
	door := program(t, "", "lock", "new", "D-1", "--out", ".")
	dir := t.TempDir()
	door.Dir = dir
	if out, err := door.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	door = program(t, "", "lock", "run", "D-1", "--key", "D-1.key", "--bundles", ".", "--state", "state", "--reader", "virtual:tag")
	door.Dir = dir
	door.Env = append(door.Env, "GOTRACEBACK=crash")
	status, limits := crash(t, door)
	if !strings.Contains(limits, "Max core file size        0                    0 ") {
		t.Errorf("the limit is not 0:\n%s", limits)
	}
	if status.CoreDump() {
		t.Error("the program left a core dump")
	}
	if found, _ := filepath.Glob(filepath.Join(dir, "*core*")); len(found) > 0 {
		t.Errorf("the program left %v", found)
	}

	other := exec.Command(os.Args[0])
	other.Dir = t.TempDir()
	other.Env = []string{asProgram + "=" + careless, "GOTRACEBACK=crash"}
	status, _ = crash(t, other)
	t.Logf("without precautions, this system dumps: %t", status.CoreDump())
}

// crash starts cmd, aborts it once it has printed a line, and tells how it
// ended and which limits it had.
func crash(t *testing.T, cmd *exec.Cmd) (status syscall.WaitStatus, limits string) {
	t.Helper()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	in, err := cmd.StdinPipe() // stays open, so that the process waits
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = in.Close() }()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Errorf("first line: %q, %v", line, err)
	}
	b, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(cmd.Process.Pid), "limits"))
	if err != nil {
		t.Error(err)
	}
	if err := cmd.Process.Signal(syscall.SIGABRT); err != nil {
		t.Error(err)
	}
	_ = cmd.Wait() // says that it was aborted
	status = cmd.ProcessState.Sys().(syscall.WaitStatus)
	if status.Signal() != syscall.SIGABRT {
		t.Errorf("it ended with %v", cmd.ProcessState)
	}
	return status, string(b)
}
