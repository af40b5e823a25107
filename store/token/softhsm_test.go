package token

import (
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sleutelbord/nfc/keytag"
	"sleutelbord/store"

	"github.com/miekg/pkcs11"
)

const (
	module     = "/usr/lib/softhsm/libsofthsm2.so"
	officerPIN = "87654321"
	userPIN    = "2468-user"
)

// hsm is SoftHSM with a folder of its own.
type hsm struct {
	t   testing.TB
	dir string // of the tokens
}

// startHSM gives this test's process a SoftHSM without a token.
func startHSM(t testing.TB) *hsm {
	t.Helper()
	base := t.TempDir()
	h := &hsm{t: t, dir: filepath.Join(base, "tokens")}
	must(t, os.Mkdir(h.dir, 0o700))
	conf := filepath.Join(base, "softhsm2.conf")
	must(t, os.WriteFile(conf, fmt.Appendf(nil, "directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\nslots.removable = true\n", h.dir), 0o600))
	t.Setenv("SOFTHSM2_CONF", conf)
	return h
}

// raw calls f with the library, as any program with the token could.
func raw(t testing.TB, f func(api *pkcs11.Ctx)) {
	t.Helper()
	api := pkcs11.New(module)
	if api == nil {
		t.Fatalf("%s is not there", module)
	}
	must(t, api.Initialize())
	f(api)
	must(t, api.Finalize())
	api.Destroy()
}

// token makes a token and gives its reference.
func (h *hsm) token(label string) (ref store.TokenRef) {
	h.t.Helper()
	raw(h.t, func(api *pkcs11.Ctx) {
		slots, err := api.GetSlotList(true)
		must(h.t, err)
		must(h.t, api.InitToken(slots[len(slots)-1], officerPIN, label))
		ref = store.TokenRef{Module: module, Label: label}
		slot := slotOf(h.t, api, ref)
		info, err := api.GetTokenInfo(slot)
		must(h.t, err)
		ref.Serial = trim(info.SerialNumber)
		s, err := api.OpenSession(slot, pkcs11.CKF_SERIAL_SESSION|pkcs11.CKF_RW_SESSION)
		must(h.t, err)
		must(h.t, api.Login(s, pkcs11.CKU_SO, officerPIN))
		must(h.t, api.InitPIN(s, userPIN))
		must(h.t, api.Logout(s))
		must(h.t, api.CloseSession(s))
	})
	return ref
}

func slotOf(t testing.TB, api *pkcs11.Ctx, ref store.TokenRef) uint {
	t.Helper()
	slot, _, err := (&library{api: api, running: true}).look(ref)
	must(t, err)
	return slot
}

// session calls f with the user logged in, on a library that may be in use.
func rawSession(t testing.TB, ref store.TokenRef, f func(api *pkcs11.Ctx, s pkcs11.SessionHandle)) {
	t.Helper()
	raw(t, func(api *pkcs11.Ctx) {
		s, err := api.OpenSession(slotOf(t, api, ref), pkcs11.CKF_SERIAL_SESSION|pkcs11.CKF_RW_SESSION)
		must(t, err)
		must(t, api.Login(s, pkcs11.CKU_USER, userPIN))
		f(api, s)
		must(t, api.CloseSession(s))
	})
}

// objects are the handles of all private and secret keys.
func objects(t testing.TB, api *pkcs11.Ctx, s pkcs11.SessionHandle) (all []pkcs11.ObjectHandle) {
	t.Helper()
	must(t, api.FindObjectsInit(s, nil))
	for {
		some, _, err := api.FindObjects(s, 100)
		must(t, err)
		if len(some) == 0 {
			break
		}
		all = append(all, some...)
	}
	must(t, api.FindObjectsFinal(s))
	return all
}

// count is how many objects a token has.
func count(t testing.TB, ref store.TokenRef) (n int) {
	t.Helper()
	rawSession(t, ref, func(api *pkcs11.Ctx, s pkcs11.SessionHandle) { n = len(objects(t, api, s)) })
	return n
}

// pull takes the only token out, and gives what puts it back.
func (h *hsm) pull() (plug func()) {
	h.t.Helper()
	names, err := os.ReadDir(h.dir)
	must(h.t, err)
	if len(names) != 1 {
		h.t.Fatalf("%d tokens", len(names))
	}
	in, out := filepath.Join(h.dir, names[0].Name()), filepath.Join(h.t.TempDir(), "token")
	must(h.t, os.Rename(in, out))
	return func() { h.t.Helper(); must(h.t, os.Rename(out, in)) }
}

var testPass = []byte("correct horse")

func options(d *Driver) store.Options {
	return store.Options{TestKDF: true, Tokens: d, Clock: func() time.Time { return time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC) }}
}

func testSite() store.Site {
	return store.Site{
		ID: [8]byte{1, 2, 3, 4, 5, 6, 7, 8}, Name: "Campus Noord", Created: 2500, Policy: store.RequireGenuine,
		AID: keytag.DefaultAID, Locators: []byte{1}, SignerVersion: 3, SeatsPerHome: 8,
	}
}

// rootOf is always the same root.
func rootOf(t testing.TB, what string) store.Root {
	t.Helper()
	r, err := store.GenerateRoot(strings.NewReader((what + strings.Repeat("r", 32))[:32]))
	must(t, err)
	return r
}

// create makes a site whose keys are in the records.
func create(t testing.TB, d *Driver, root store.Root) (*store.Store, string) {
	t.Helper()
	dir := t.TempDir()
	s, err := store.Create(t.Context(), dir, testSite(), root, testPass, options(d))
	must(t, err)
	t.Cleanup(func() { must(t, s.Close()) })
	return s, dir
}

// moved notes in the journal that keys were moved.
func moved(tx *store.Tx) error {
	return tx.Append(store.Entry{Operator: "a custodian", Act: "keys moved"})
}

// moveIn moves a site's keys into a token.
func moveIn(t testing.TB, s *store.Store, ref store.TokenRef) {
	t.Helper()
	must(t, s.MoveToToken(t.Context(), store.TokenMove{Ref: ref, PIN: []byte(userPIN)}, moved))
}

func inputOf(t testing.TB) (in [keytag.InputSize]byte) {
	t.Helper()
	_, err := rand.Read(in[:])
	must(t, err)
	return in
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
