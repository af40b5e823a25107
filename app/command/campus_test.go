package command

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"sleutelbord/app/desk"
	"sleutelbord/lock/bundle"
	"sleutelbord/nfc/desfire"
	"sleutelbord/nfc/softcard"

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

// cardCommand is the script command card: it makes a software tag in a file.
//
//	card foreign FILE      with somebody else's application
//	card locked FILE       with a chip key that is not ours
//	card counterfeit FILE  with a signature that nobody made
//	card ev1|ev2 FILE      blank, of an older generation
//	card broken FILE       a file that is no tag
func cardCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: card KIND FILE")
	}
	ts.Check(makeCard(args[0], ts.MkAbs(args[1])))
}

func makeCard(kind, path string) error {
	config := softcard.Config{Chip: softcard.EV3, Memory: virtualMemory}
	switch kind {
	case "broken":
		return os.WriteFile(path, []byte("{}"), 0o600)
	case "counterfeit":
		config.Signature = bytes.Repeat([]byte{0x5A}, 56)
	case "ev1":
		config.Chip = softcard.EV1
	case "ev2":
		config.Chip = softcard.EV2
	}
	chip, err := softcard.Open(path, config)
	if err != nil {
		return err
	}
	switch kind {
	case "foreign", "locked":
		s, err := desfire.New(chip).AuthenticateISO(0, desfire.ZeroDES)
		if err != nil {
			return err
		}
		if kind == "foreign" {
			return s.CreateApplication(desfire.AID{0x11, 0x22, 0x33}, 0x0F, 1, desfire.TypeAES)
		}
		return s.ChangeKey(0, desfire.NewAESKey([16]byte{1, 2, 3}, 1), desfire.ZeroDES)
	}
	return nil
}
