package desk_test

import (
	"bytes"
	"testing"

	"sleutelbord/app/desk"
	"sleutelbord/store"
)

// fixedRoot is a root that the test knows.
func fixedRoot(t *testing.T, b byte) store.Root {
	t.Helper()
	r, err := store.GenerateRoot(bytes.NewReader(bytes.Repeat([]byte{b}, 32)))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestEmergency: whoever holds the shares gets in when no custodian can.
func TestEmergency(t *testing.T) {
	p := &people{t, t.TempDir() + "/records"}
	o := p.options("anna").Store
	o.Operator = "anna"
	s, err := store.Create(t.Context(), p.dir, store.Site{Name: "Campus", Policy: store.RequireGenuine, Locators: []byte{1}, SignerVersion: 1, SeatsPerHome: 8}, fixedRoot(t, 7), words("anna"), o)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.AddOperator(t.Context(), "carl", store.Caretaker, words("carl"), nil); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	open := func(name, pass string, root store.Root) (*desk.Desk, error) {
		o := p.options(name)
		o.Passphrase = []byte(pass)
		return desk.OpenWithRoot(t.Context(), o, root)
	}
	good := string(words("new"))
	_, err = open("anna", good, fixedRoot(t, 8))
	wantCode(t, "another site's shares", err, desk.CodeWrongShares)
	_, err = open("anna", "welkom", fixedRoot(t, 7))
	wantCode(t, "weak", err, desk.CodeWeakPassphrase)
	_, err = open("carl", good, fixedRoot(t, 7))
	wantCode(t, "a caretaker's name", err, desk.CodeOperatorExists)
	p.close(p.sit("anna")) // nothing has changed yet

	for _, name := range []string{"anna", "erik"} {
		d, err := open(name, good, fixedRoot(t, 7))
		if err != nil {
			t.Fatal(err)
		}
		if me := d.Me(); me.Name != name || me.Role != store.Custodian {
			t.Errorf("%+v", me)
		}
		if _, err := d.Board(t.Context()); err != nil {
			t.Error(err)
		}
		p.close(d)
		o := p.options(name)
		o.Passphrase = []byte(good)
		if d, err = desk.Open(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		p.close(d)
	}
	_, err = desk.Open(t.Context(), p.options("anna"))
	wantCode(t, "the forgotten passphrase", err, desk.CodeWrongPassphrase)
	p.close(p.sit("carl")) // is untouched
}
