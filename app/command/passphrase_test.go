package command

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// withPassphraseFile is an app whose passphrase file has this content and mode.
func withPassphraseFile(t *testing.T, content string, mode os.FileMode) (*app, *bytes.Buffer) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "passphrase")
	if err := os.WriteFile(path, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
	return newTestApp(t, map[string]string{passphraseFileVar: path})
}

// newTestApp is an app in a world with only these environment variables. What
// it says on standard error is in the buffer.
func newTestApp(t *testing.T, vars map[string]string) (*app, *bytes.Buffer) {
	t.Helper()
	var stderr bytes.Buffer
	log, closeLog, err := newLog(&stderr, globals{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = closeLog() })
	env := Env{
		Stdout: io.Discard,
		Stderr: &stderr,
		Getenv: func(name string) string { return vars[name] },
		CanAsk: func() bool { return false },
	}
	return &app{ctx: t.Context(), env: env, log: log}, &stderr
}

func TestPassphraseFile(t *testing.T) {
	for _, c := range []struct {
		about, content, want, code string
	}{
		{"line", "four words and more\n", "four words and more", ""},
		{"no line end", "four words", "four words", ""},
		{"Windows line end", "four words\r\n", "four words", ""},
		{"only one line end is taken", "four words\n\n", "four words\n", ""},
		{"spaces stay", "  four words  \n", "  four words  ", ""},
		{"empty", "", "", "no-passphrase"},
		{"only a line end", "\n", "", "no-passphrase"},
		{"too long", strings.Repeat("x", maxPassphrase+1), "", "passphrase-file"},
	} {
		t.Run(c.about, func(t *testing.T) {
			a, stderr := withPassphraseFile(t, c.content, 0o600)
			got, err := a.passphrase()
			if c.code != "" {
				if err == nil || string(explain(err).Code) != c.code {
					t.Fatalf("got %v, want %s", err, c.code)
				}
				return
			}
			if err != nil || string(got) != c.want {
				t.Fatalf("got %q and %v, want %q", got, err, c.want)
			}
			if stderr.Len() > 0 {
				t.Fatalf("said %q", stderr)
			}
		})
	}
}

func TestPassphraseFileThatOthersCanRead(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Log("the mode of a file says nothing here")
		return
	}
	a, stderr := withPassphraseFile(t, "four words\n", 0o644)
	if _, err := a.passphrase(); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(stderr.String(), "chmod 0600") {
		t.Fatalf("no warning in %q", stderr)
	}
}

func TestPassphraseFileThatIsNotThere(t *testing.T) {
	a, _ := newTestApp(t, map[string]string{passphraseFileVar: filepath.Join(t.TempDir(), "none")})
	_, err := a.passphrase()
	if err == nil || explain(err).Code != "passphrase-file" || explain(err).exit != exitFiles {
		t.Fatalf("got %v", err)
	}
}

func TestNewPassphrase(t *testing.T) {
	for _, c := range []struct {
		about string
		typed []string
		want  string
		code  string
	}{
		{"twice the same", []string{"four words", "four words"}, "four words", ""},
		{"not the same", []string{"four words", "four wordz"}, "", "passphrases-differ"},
		{"empty", []string{""}, "", "no-passphrase"},
		{"input ends", nil, "", "no-passphrase"},
		{"input ends in between", []string{"four words"}, "", "no-passphrase"},
	} {
		t.Run(c.about, func(t *testing.T) {
			a, stderr := newTestApp(t, nil)
			a.env.CanAsk = func() bool { return true }
			a.env.ReadPassphrase = func() ([]byte, error) {
				if len(c.typed) == 0 {
					return nil, io.EOF
				}
				line := c.typed[0]
				c.typed = c.typed[1:]
				return []byte(line), nil
			}
			got, err := a.newPassphrase()
			if string(got) != c.want {
				t.Fatalf("got %q, want %q", got, c.want)
			}
			if c.code != "" && (err == nil || string(explain(err).Code) != c.code) || c.code == "" && err != nil {
				t.Fatalf("got %v, want %q", err, c.code)
			}
			if strings.Contains(stderr.String(), "four") {
				t.Fatalf("the passphrase was shown: %q", stderr)
			}
		})
	}
}

func TestPassphraseWithoutAnybody(t *testing.T) {
	a, _ := newTestApp(t, nil)
	_, err := a.passphrase()
	var c *complaint
	if !errors.As(err, &c) || c.code != "no-passphrase" {
		t.Fatalf("got %v", err)
	}
}
