package desk_test

import (
	"errors"
	"os"
	"testing"

	"sleutelbord/app/desk"

	"github.com/zalando/go-keyring"
)

func (p *people) remembered(name string) (*desk.Desk, error) {
	o := p.options(name)
	o.Passphrase = nil
	return desk.OpenRemembered(p.t.Context(), o)
}

func TestKeyring(t *testing.T) {
	keyring.MockInit()
	p := newPeople(t, "bob")
	_, err := p.remembered("")
	wantCode(t, "before", err, desk.CodeNotRemembered)
	d := p.sit("carl")
	if err := d.Remember(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.close(d)
	_, err = p.remembered("anna")
	wantCode(t, "somebody else", err, desk.CodeNotRemembered)
	_, err = p.remembered("nobody")
	wantCode(t, "nobody", err, desk.CodeNoOperator)
	for _, name := range []string{"", "carl"} {
		if d, err = p.remembered(name); err != nil {
			t.Fatal(err)
		}
		if me := d.Me(); me.Name != "carl" {
			t.Errorf("%+v", me)
		}
		wantCode(t, "a custodian's act", d.SetPolicy(t.Context(), ""), desk.CodeCustodianOnly)
		p.close(d)
	}
	// It ends with the passphrase, which always works.
	d = p.sit("carl")
	if err := d.ChangePassphrase(t.Context(), words("carl"), words("other")); err != nil {
		t.Fatal(err)
	}
	p.close(d)
	_, err = p.remembered("carl")
	wantCode(t, "after a change of the passphrase", err, desk.CodeNotRemembered)
	d = p.sit("anna")
	for _, f := range []func() error{
		func() error { return d.Remember(t.Context()) },
		func() error { return d.Forget(t.Context()) },
		func() error { return d.Forget(t.Context()) }, // twice is no mistake
	} {
		if err := f(); err != nil {
			t.Fatal(err)
		}
	}
	p.close(d)
	_, err = p.remembered("anna")
	wantCode(t, "forgotten", err, desk.CodeNotRemembered)
}

// TestNoKeyring: a keyring that fails leaves no slot, and everything else works.
func TestNoKeyring(t *testing.T) {
	p := newPeople(t)
	before, err := os.ReadFile(p.dir + "/store.keys")
	if err != nil {
		t.Fatal(err)
	}
	keyring.MockInitWithError(errors.New("no bus"))
	d := p.sit("anna")
	wantCode(t, "remember", d.Remember(t.Context()), desk.CodeNoKeyring)
	p.close(d)
	after, err := os.ReadFile(p.dir + "/store.keys")
	if err != nil || len(after) != len(before) {
		t.Errorf("%d bytes of slots instead of %d, %v", len(after), len(before), err)
	}
	_, err = p.remembered("anna")
	wantCode(t, "open", err, desk.CodeNoKeyring)
	p.close(p.sit("anna"))
}
