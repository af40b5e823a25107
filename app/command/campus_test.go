package command

import (
	"os"
	"path/filepath"
	"testing"

	"sleutelbord/app/desk"
	"sleutelbord/lock/bundle"

	"github.com/rogpeppe/go-internal/testscript"
)

// scriptHome is a home of the campus that scripts use.
const scriptHome = "Boulevard 3/101"

// makeCampus writes campus.csv, and keys/ID.key for every lock of it.
func makeCampus(t testing.TB, dir string) {
	t.Helper()
	if err := writeCampus(dir); err != nil {
		t.Fatal(err)
	}
}

func writeCampus(dir string) error {
	c, err := desk.NewDemoCampus(8)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "campus.csv"), c.CSV, 0o600); err != nil {
		return err
	}
	if err := os.Mkdir(filepath.Join(dir, "keys"), 0o700); err != nil {
		return err
	}
	for id, key := range c.Keys {
		if err := bundle.WriteKeyFile(filepath.Join(dir, "keys", id+".key"), key); err != nil {
			return err
		}
	}
	return nil
}

// campusCommand is the script command campus.
func campusCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 0 {
		ts.Fatalf("usage: campus")
	}
	ts.Check(writeCampus(ts.MkAbs(".")))
}
