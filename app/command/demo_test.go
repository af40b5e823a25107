package command

import (
	"bytes"
	"testing"

	"sleutelbord/nfc"
	"sleutelbord/store"
)

// testEnv is a world with the built-in reader and a cheap passphrase.
func testEnv(stdout, stderr *bytes.Buffer) Env {
	return Env{
		Stdout:      stdout,
		Stderr:      stderr,
		Getenv:      func(string) string { return "" },
		CanAsk:      func() bool { return false },
		ShowSteps:   func() bool { return false },
		ListReaders: func() ([]string, error) { return nil, nil },
		OpenReader:  func(string) (nfc.Reader, error) { return nil, nfc.ErrNoReader },
		store:       store.Options{TestKDF: true},
	}
}

func TestDemo(t *testing.T) {
	var out, errs bytes.Buffer
	if code := Run(t.Context(), []string{"demo"}, testEnv(&out, &errs)); code != exitOK {
		t.Fatalf("exit code %d\n%s%s", code, &out, &errs)
	}
	t.Logf("%s", &out)
	if errs.Len() > 0 {
		t.Errorf("standard error: %s", &errs)
	}
}
