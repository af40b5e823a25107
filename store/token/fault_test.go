package token

import (
	"errors"
	"math/rand/v2"
	"testing"

	"sleutelbord/nfc/keytag"
	"sleutelbord/store"

	"github.com/miekg/pkcs11"
)

// faulty is a library that misbehaves.
type faulty struct {
	cryptoki
	hidden []uint // mechanisms that it does not have
	flags  uint   // of every token, besides its own
	logins int    // how often a PIN was tried

	after int // calls that still go well; see fail
	with  error
}

// fail makes one call fail once n went well.
func (f *faulty) fail(n int, with error) { f.after, f.with = n, with }

func (f *faulty) step() error {
	if f.with == nil {
		return nil
	}
	if f.after--; f.after >= 0 {
		return nil
	}
	err := f.with
	f.with = nil
	return err
}

func (f *faulty) GetMechanismList(slot uint) ([]*pkcs11.Mechanism, error) {
	all, err := f.cryptoki.GetMechanismList(slot)
	var shown []*pkcs11.Mechanism
	for _, m := range all {
		hide := false
		for _, h := range f.hidden {
			hide = hide || m.Mechanism == h
		}
		if !hide {
			shown = append(shown, m)
		}
	}
	return shown, err
}

func (f *faulty) GetTokenInfo(slot uint) (pkcs11.TokenInfo, error) {
	info, err := f.cryptoki.GetTokenInfo(slot)
	info.Flags |= f.flags
	return info, err
}

func (f *faulty) Login(s pkcs11.SessionHandle, user uint, pin string) error {
	f.logins++
	if err := f.step(); err != nil {
		return err
	}
	return f.cryptoki.Login(s, user, pin)
}

func (f *faulty) OpenSession(slot, flags uint) (pkcs11.SessionHandle, error) {
	if err := f.step(); err != nil {
		return 0, err
	}
	return f.cryptoki.OpenSession(slot, flags)
}

func (f *faulty) CreateObject(s pkcs11.SessionHandle, a []*pkcs11.Attribute) (pkcs11.ObjectHandle, error) {
	if err := f.step(); err != nil {
		return 0, err
	}
	return f.cryptoki.CreateObject(s, a)
}

func (f *faulty) DestroyObject(s pkcs11.SessionHandle, o pkcs11.ObjectHandle) error {
	if err := f.step(); err != nil {
		return err
	}
	return f.cryptoki.DestroyObject(s, o)
}

func (f *faulty) FindObjectsInit(s pkcs11.SessionHandle, a []*pkcs11.Attribute) error {
	if err := f.step(); err != nil {
		return err
	}
	return f.cryptoki.FindObjectsInit(s, a)
}

func (f *faulty) SignInit(s pkcs11.SessionHandle, m []*pkcs11.Mechanism, o pkcs11.ObjectHandle) error {
	if err := f.step(); err != nil {
		return err
	}
	return f.cryptoki.SignInit(s, m, o)
}

func (f *faulty) Sign(s pkcs11.SessionHandle, message []byte) ([]byte, error) {
	if err := f.step(); err != nil {
		return nil, err
	}
	return f.cryptoki.Sign(s, message)
}

// misbehaving gives a driver and its library.
func misbehaving(t *testing.T) (*Driver, *faulty) {
	t.Helper()
	f := new(faulty)
	d := New()
	d.load = func(path string) (cryptoki, error) {
		api, err := load(path)
		f.cryptoki = api
		return f, err
	}
	return d, f
}

func wants(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: %v, not: %v", what, err, want)
	}
}

func derive(s *store.Store) error {
	_, err := s.Custody().Diversify(keytag.MasterZone, [keytag.InputSize]byte{1})
	return err
}

// TestPulledOut takes the token away and puts it back, between two acts and
// before the store is opened.
func TestPulledOut(t *testing.T) {
	h := startHSM(t)
	ref := h.token("campus")
	d := New()
	s, dir := create(t, d, rootOf(t, ""))
	moveIn(t, s, ref)
	for range 2 {
		plug := h.pull()
		wants(t, "pulled out", derive(s), store.ErrTokenMissing)
		wants(t, "pulled out", signOnce(s), store.ErrTokenMissing)
		wants(t, "pulled out", s.ProbeCustody(), store.ErrTokenMissing)
		plug()
		must(t, derive(s))
		must(t, signOnce(s))
	}
	// A locked desk has let go of the token too.
	must(t, s.Seal())
	wants(t, "sealed", derive(s), store.ErrClosed)
	must(t, s.Unseal(t.Context(), "", testPass))
	must(t, derive(s))
	must(t, signOnce(s))
	must(t, s.Close())
	plug := h.pull()
	s, err := store.Open(t.Context(), dir, testPass, options(d)) // the records open all the same
	must(t, err)
	wants(t, "not there", derive(s), store.ErrTokenMissing)
	plug()
	must(t, derive(s))
	must(t, s.Close())

	s, err = store.Open(t.Context(), dir, testPass, store.Options{Tokens: nil})
	must(t, err)
	wants(t, "without a driver", derive(s), store.ErrTokenModule)
	must(t, s.Close())
}

// TestSessionLost loses the session at every call, in every way in which libraries do.
func TestSessionLost(t *testing.T) {
	ref := startHSM(t).token("campus")
	d, f := misbehaving(t)
	s, _ := create(t, d, rootOf(t, ""))
	moveIn(t, s, ref)
	for rv := range gone {
		for n := range 3 {
			f.fail(n, rv)
			must(t, derive(s))
			f.fail(n, rv)
			must(t, signOnce(s))
		}
	}
	f.fail(0, pkcs11.Error(pkcs11.CKR_FUNCTION_REJECTED))
	wants(t, "refused", derive(s), store.ErrTokenRefused)
	must(t, derive(s))
}

// TestOtherToken puts another token with the same name in, and takes keys out.
func TestOtherToken(t *testing.T) {
	h := startHSM(t)
	ref := h.token("campus")
	d := New()
	s, _ := create(t, d, rootOf(t, ""))
	moveIn(t, s, ref)
	must(t, derive(s))
	plug := h.pull()
	must(t, s.Close())
	// Another site's token of the same name.
	foreign := h.token("campus")
	s2, dir2 := create(t, d, rootOf(t, "another"))
	moveIn(t, s2, foreign)
	must(t, s2.Close())
	h.pull()
	plug()

	s2, err := store.Open(t.Context(), dir2, testPass, options(d))
	must(t, err)
	wants(t, "another token", derive(s2), store.ErrTokenMissing)
	must(t, s2.Close())

	// Keys of ours, in sets of others: by hand, since nobody else would.
	state := stateOf(t, d, ref)
	other := state
	other.Checks[3][0] ^= 1
	c, err := d.Open(other, []byte(userPIN))
	must(t, err)
	wants(t, "another check value", c.Probe(), store.ErrTokenOther)
	c.Close()
	other = state
	other.Set[0] ^= 1
	c, err = d.Open(other, []byte(userPIN))
	must(t, err)
	wants(t, "another set", c.Probe(), store.ErrTokenOther)
	c.Close()
	other = state
	other.Signers[0], other.Signers[1] = other.Signers[1], other.Signers[0]
	c, err = d.Open(other, []byte(userPIN))
	must(t, err)
	signer, err := c.Signer(other.FirstSigner)
	must(t, err)
	_, err = signer.Sign(nil, []byte("x"), nil)
	wants(t, "another signing key", err, store.ErrTokenOther)
	c.Close()
}

// stateOf is the reference of a site made anew in the token of ref.
func stateOf(t *testing.T, d *Driver, ref store.TokenRef) store.TokenRef {
	t.Helper()
	s, _ := create(t, d, rootOf(t, ""))
	moveIn(t, s, ref)
	state, err := s.CustodyState(t.Context())
	must(t, err)
	must(t, s.Close())
	return *state.Token
}

// TestPIN: a PIN that was refused is not tried again, and the last try never.
func TestPIN(t *testing.T) {
	ref := startHSM(t).token("campus")
	d, f := misbehaving(t)
	s, dir := create(t, d, rootOf(t, ""))
	wrong := store.TokenMove{Ref: ref, PIN: []byte("wrong")}
	wants(t, "moving with a wrong PIN", s.MoveToToken(t.Context(), wrong, moved), store.ErrTokenPIN)
	must(t, derive(s)) // from the records, as before
	moveIn(t, s, ref)
	must(t, s.Close())

	// The officer changes the PIN, so that the noted one is wrong.
	changePIN(t, ref, userPIN, "1357-other")
	s, err := store.Open(t.Context(), dir, testPass, options(d))
	must(t, err)
	f.logins = 0
	for range 3 {
		wants(t, "wrong PIN", derive(s), store.ErrTokenPIN)
	}
	if f.logins != 1 {
		t.Errorf("%d tries", f.logins)
	}
	must(t, s.Close())
	s, err = store.Open(t.Context(), dir, testPass, options(d))
	must(t, err)
	wants(t, "wrong PIN, after opening again", derive(s), store.ErrTokenPIN)
	if f.logins != 1 {
		t.Errorf("%d tries after opening again", f.logins)
	}
	wants(t, "another wrong PIN", s.SetTokenPIN(t.Context(), []byte("wrong"), false), store.ErrTokenPIN)
	wants(t, "still wrong", derive(s), store.ErrTokenPIN)

	f.flags = pkcs11.CKF_USER_PIN_FINAL_TRY
	f.logins = 0
	wants(t, "last try", s.SetTokenPIN(t.Context(), []byte("1357-other"), false), store.ErrTokenLastTry)
	f.flags = pkcs11.CKF_USER_PIN_LOCKED
	wants(t, "locked", s.SetTokenPIN(t.Context(), []byte("1357-other"), true), store.ErrTokenLocked)
	if f.logins != 0 {
		t.Errorf("%d tries where none was allowed", f.logins)
	}
	f.flags = pkcs11.CKF_USER_PIN_FINAL_TRY
	must(t, s.SetTokenPIN(t.Context(), []byte("1357-other"), true))
	f.flags = 0
	must(t, derive(s))
	must(t, s.Close())
	s, err = store.Open(t.Context(), dir, testPass, options(d))
	must(t, err)
	must(t, derive(s))

	f.fail(1, pkcs11.Error(pkcs11.CKR_PIN_LOCKED))
	wants(t, "locked meanwhile", d.CheckPIN(ref, []byte("x"), false), store.ErrTokenLocked)
	must(t, s.Close())
}

func changePIN(t *testing.T, ref store.TokenRef, old, new string) {
	t.Helper()
	raw(t, func(api *pkcs11.Ctx) {
		s, err := api.OpenSession(slotOf(t, api, ref), pkcs11.CKF_SERIAL_SESSION|pkcs11.CKF_RW_SESSION)
		must(t, err)
		must(t, api.Login(s, pkcs11.CKU_USER, old))
		must(t, api.SetPIN(s, old, new))
	})
}

// TestImportFails fails at calls of a ceremony: the keys stay in the
// records and can be moved after all; in the token is nothing, or what
// the records name.
func TestImportFails(t *testing.T) {
	ref := startHSM(t).token("campus")
	d, f := misbehaving(t)
	s, _ := create(t, d, rootOf(t, ""))
	tried := 0
	for n := rand.IntN(4); ; n += 1 + rand.IntN(10) { // every call would take a minute
		tried++
		f.fail(n, pkcs11.Error(pkcs11.CKR_DEVICE_MEMORY))
		err := s.MoveToToken(t.Context(), store.TokenMove{Ref: ref, PIN: []byte(userPIN)}, moved)
		if f.with != nil {
			t.Logf("failed at %d of fewer than %d calls", tried-1, n)
			f.with = nil
			must(t, err)
			break
		}
		state, serr := s.CustodyState(t.Context())
		must(t, serr)
		if state.Kind == store.TokenCustodyKind {
			must(t, err) // only clearing up failed
			must(t, derive(s))
			must(t, s.MoveFromToken(t.Context(), rootOf(t, ""), moved))
			continue
		}
		if err == nil {
			t.Fatalf("call %d fails, and nothing is said", n)
		}
		must(t, derive(s))
		must(t, s.ClearTokens(t.Context(), false))
		if state, err := s.CustodyState(t.Context()); err != nil || len(state.Left) != 0 {
			t.Fatalf("call %d: %d sets are left: %v", n, len(state.Left), err)
		}
	}
	must(t, s.MoveFromToken(t.Context(), rootOf(t, ""), moved))
	must(t, s.Close())
	if n := count(t, ref); n != 0 {
		t.Errorf("%d objects stay in the token", n)
	}
}

// TestTokenTooPoor: what cannot do what is needed gets no key.
func TestTokenTooPoor(t *testing.T) {
	for _, hidden := range [][]uint{{ckmEdDSA}, {pkcs11.CKM_AES_CMAC, pkcs11.CKM_AES_CBC, pkcs11.CKM_AES_ECB}} {
		ref := startHSM(t).token("campus")
		s, _ := create(t, only(hidden...), rootOf(t, ""))
		wants(t, "import", s.MoveToToken(t.Context(), store.TokenMove{Ref: ref, PIN: []byte(userPIN)}, moved), store.ErrTokenRefused)
		must(t, derive(s))
		must(t, s.Close())
		if n := count(t, ref); n != 0 {
			t.Errorf("%d objects in the token", n)
		}
	}
}
