//go:build cgo && linux

package window

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sleutelbord/app/desk"
	"sleutelbord/store"
	"sleutelbord/store/token"

	"fyne.io/fyne/v2/test"
)

const (
	softHSM  = "/usr/lib/softhsm/libsofthsm2.so"
	tokenPin = "2468-user"
)

// softToken is a token made of software, plugged in; the folder is where it is.
func softToken(t *testing.T, label string) (folder string) {
	t.Helper()
	base := t.TempDir()
	folder = filepath.Join(base, "tokens")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	conf := filepath.Join(base, "softhsm2.conf")
	text := fmt.Sprintf("directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\nslots.removable = true\n", folder)
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SOFTHSM2_CONF", conf)
	out, err := exec.Command("softhsm2-util", "--init-token", "--free", "--label", label, "--so-pin", "87654321", "--pin", tokenPin).CombinedOutput()
	if err != nil {
		t.Fatalf("%v %s", err, out)
	}
	return folder
}

// consents types the second custodian's passphrase.
func (r *rig) consents() {
	r.Helper()
	r.until("the question to the second custodian", func() bool { return r.w.consent != nil })
	c := r.w.consent
	test.Type(c.passphrase, secondPhrase)
	r.tap(c.yes)
	r.until("the consent", func() bool { return c.finished })
}

// TestToken: the keys go into a token by the hands of two, are told to be away
// when it is pulled out, and come back from sheets.
func TestToken(t *testing.T) {
	folder := softToken(t, "Kluis")
	r := newRig(t, func(o *Options) { o.Store.Tokens = token.New() })
	r.site()
	r.person("els", store.Custodian, secondPhrase)
	p := r.safe()
	r.tap(p.tokenIn)
	in := p.act.(*tokenIn)
	if !slices.Contains(librariesHere(), softHSM) {
		t.Fatalf("of the libraries here only %q are offered", librariesHere())
	}
	r.tap(in.libraries[slices.Index(librariesHere(), softHSM)])
	r.until("the tokens", func() bool { return in.pin != nil })
	if !r.shows("Kluis") && !strings.Contains(in.which.selected, "Kluis") || !in.yes.Disabled() {
		t.Errorf("the tokens: %q", in.which.names)
	}
	checks := p.view.Checks

	// Without sheets that were rehearsed the keys would be lost with the token.
	r.moveIn(in, tokenPin)
	r.consents()
	r.told("Er is nog niet beproefd of de delen de sleutels teruggeven")
	r.w.escape()
	if p.act != nil {
		t.Fatal("Escape does not leave")
	}
	sheets := r.provenSheets()

	r.tap(p.tokenIn)
	in = p.act.(*tokenIn)
	r.tap(in.libraries[slices.Index(librariesHere(), softHSM)])
	r.until("the tokens", func() bool { return in.pin != nil })
	r.moveIn(in, "1357-wrong")
	r.consents()
	r.told("De token weigert de pincode")
	r.moveIn(in, tokenPin)
	r.consents()
	r.told("De sleutels zitten in de token “Kluis”")
	r.until("the token", func() bool { return p.loaded && p.view.Kind == store.TokenCustodyKind })
	if p.view.Problem != "" || !slices.Equal(p.view.Checks, checks) || p.tokenOut == nil {
		t.Errorf("%+v", p.view)
	}

	// Pulled out, it is told; plugged in again, all is well.
	out := filepath.Join(t.TempDir(), "token")
	names, err := os.ReadDir(folder)
	if err != nil || len(names) != 1 {
		t.Fatal(names, err)
	}
	at := filepath.Join(folder, names[0].Name())
	if err := os.Rename(at, out); err != nil {
		t.Fatal(err)
	}
	p.load()
	r.until("the token gone", func() bool { return p.view.Problem == desk.CodeTokenMissing })
	if !r.shows("De token met de sleutels") || !slices.Equal(p.view.Checks, checks) {
		t.Errorf("pulled out: %q", r.texts())
	}
	r.w.lookAtKeys(r.w.desk) // as when the desk is opened
	r.told("De token met de sleutels")
	if err := os.Rename(out, at); err != nil {
		t.Fatal(err)
	}
	p.load()
	r.until("the token back", func() bool { return p.view.Problem == "" })

	// A PIN that was changed is typed.
	r.tap(p.tokenPIN)
	pin := p.act.(*tokenPIN)
	test.Type(pin.pin, "1357-wrong")
	r.tap(pin.yes)
	r.told("De token weigert de pincode")
	test.Type(pin.pin, tokenPin)
	r.tap(pin.yes)
	r.told("De pincode klopt")

	// Another set of sheets needs the present one.
	r.tap(p.make)
	m := p.act.(*sheetMaker)
	r.tap(m.make)
	r.until("the present set", func() bool { return m.entry != nil })
	r.photograph(sheets[0].photo, sheets[1].photo)
	r.tap(m.make)
	r.consents()
	r.until("the sheets", func() bool { return m.print != nil })
	r.w.escape()
	r.w.onYes()

	r.until("the card", func() bool { return p.act == nil && p.tokenOut != nil })
	r.tap(p.tokenOut)
	back := p.act.(*tokenOut)
	r.photograph(sheets[1].photo)
	r.typeSheet(sheets[2])
	r.tap(back.yes)
	r.consents()
	r.told("De sleutels staan weer in de administratie")
	r.until("the records", func() bool { return p.view.Kind == store.SoftwareCustody })
	if !slices.Equal(p.view.Checks, checks) {
		t.Errorf("other keys: %+v", p.view.Checks)
	}
	r.cleared(p)
	r.nowhere(sheets)
	for _, secret := range []string{tokenPin, "1357-wrong", secondPhrase} {
		if strings.Contains(r.log.String(), secret) {
			t.Error("a secret is in the log")
		}
	}
}

// moveIn types a PIN and says yes.
func (r *rig) moveIn(in *tokenIn, pin string) {
	r.Helper()
	test.Type(in.pin, pin)
	r.tap(in.yes)
	if !r.shows("Gaat de token stuk of kwijt, dan brengen alleen de bladen ze terug") {
		r.Errorf("before moving it says %q", r.texts())
	}
	r.w.onYes()
}

// provenSheets makes two of three sheets with two custodians, and checks them.
func (r *rig) provenSheets() []sheet {
	r.Helper()
	p := r.safe()
	r.tap(p.make)
	m := p.act.(*sheetMaker)
	r.tap(m.make)
	r.consents()
	r.until("the sheets", func() bool { return m.print != nil })
	dir := r.TempDir()
	m.saveTo(dir)
	r.until("the files", func() bool { return m.kept && !m.working })
	sheets := sheetsIn(r.TB, dir)
	r.tap(m.check)
	r.photograph(sheets[0].photo, sheets[2].photo)
	r.until("the proof", func() bool { return m.done != nil })
	r.tap(m.done)
	r.until("the overview", func() bool { return p.act == nil && p.tokenIn != nil })
	return sheets
}

// cleared clears what is left in the token.
func (r *rig) cleared(p *safePage) {
	r.Helper()
	r.until("what is left", func() bool { return len(p.view.Left) == 1 == (p.tokenClear != nil) })
	if p.tokenClear != nil {
		r.tap(p.tokenClear)
		r.told("De token heeft geen sleutels van dit terrein meer")
	}
	r.until("nothing left", func() bool { return len(p.view.Left) == 0 })
}
