//go:build !windows

package durable_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"sleutelbord/lock/internal/durable"
)

func TestCheckPrivate(t *testing.T) {
	handed, other := t.TempDir(), t.TempDir()
	for _, c := range []struct {
		dir, env string
		mode     fs.FileMode
		good     bool
	}{
		{other, "", 0o600, true},
		{other, "", 0o400, true},
		{other, "", 0o640, false},
		{other, "", 0o604, false},
		{other, "", 0o440, false},
		{handed, handed, 0o400, true},
		{handed, handed, 0o440, true},
		{handed, handed + "/", 0o440, true},
		{handed, handed, 0o444, false},
		{handed, handed, 0o460, false},
		{other, handed, 0o440, false},
		{handed, "", 0o440, false},
		{handed, ".", 0o440, false},
	} {
		t.Setenv("CREDENTIALS_DIRECTORY", c.env)
		path := filepath.Join(c.dir, "key")
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, c.mode); err != nil {
			t.Fatal(err)
		}
		if err := durable.CheckPrivate(path); (err == nil) != c.good {
			t.Errorf("%+v: %v", c, err)
		}
	}
	if err := durable.CheckPrivate(filepath.Join(other, "nothing")); err == nil {
		t.Error("a file that is not there")
	}
}
