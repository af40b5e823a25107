package command

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// The log says on which day, and not at what time.
func TestLogHasDaysOnly(t *testing.T) {
	name := filepath.Join(t.TempDir(), "log")
	log, closeLog, err := newLog(io.Discard, globals{common: common{Log: name}})
	if err != nil {
		t.Fatal(err)
	}
	log.WithField("tag", "T1").Info("tag handed out")
	if err := closeLog(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`^time=(\d{4}-\d\d-\d\d) level=info msg="tag handed out" tag=T1\n$`).Match(b) {
		t.Errorf("the log says %q", b)
	}
}
