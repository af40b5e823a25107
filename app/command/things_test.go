package command

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sleutelbord/nfc"
	"sleutelbord/nfc/identify/identifytest"
	"sleutelbord/store"
)

// TestInspectThings lays everything on the reader that people lay there by
// mistake: tag inspect names it in words and by its id, without a key.
func TestInspectThings(t *testing.T) {
	passphrase := filepath.Join(t.TempDir(), "passphrase")
	if err := os.WriteFile(passphrase, []byte("correct horse battery staple"), 0o600); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "records")
	var out bytes.Buffer
	var reader *identifytest.Reader
	env := SystemEnv("v0-test")
	env.Stdout, env.Stderr = &out, &out
	env.Getenv = func(name string) string { return map[string]string{passphraseFileVar: passphrase}[name] }
	env.store = store.Options{TestKDF: true, CounterDir: t.TempDir()}
	env.ListReaders = func() ([]string, error) { return []string{"R"}, nil }
	env.OpenReader = func(string) (nfc.Reader, error) { return reader, nil }
	run := func(args ...string) (string, int) {
		out.Reset()
		exit := Run(t.Context(), append([]string{"--store", dir}, args...), env)
		return out.String(), exit
	}
	if text, exit := run("init", "--site", "Test"); exit != exitOK {
		t.Fatal(text)
	}
	for _, thing := range identifytest.Things() {
		reader = identifytest.NewReader(thing)
		text, exit := run("tag", "inspect")
		first, _, _ := strings.Cut(text, "\n")
		want := words("what."+string(thing.What), nil)
		if exit != exitOK || first != want+"." || strings.HasPrefix(want, "what.") {
			t.Errorf("%s: exit code %d, %s", thing.Name, exit, text)
		}
		text, exit = run("--json", "tag", "inspect")
		var got struct{ Kind, What, Problem string }
		if err := json.Unmarshal([]byte(text), &got); err != nil || exit != exitOK ||
			got.Kind != "not-desfire" || got.What != string(thing.What) || got.Problem != "not-desfire" {
			t.Errorf("%s: exit code %d, %s, %v", thing.Name, exit, text, err)
		}
		if text, exit = run("tag", "check"); exit != exitTag {
			t.Errorf("%s: check: exit code %d, %s", thing.Name, exit, text)
		}
		if c := identifytest.Harmful(reader.Sent()); c != nil {
			t.Errorf("%s was sent % X", thing.Name, c)
		}
	}
}
