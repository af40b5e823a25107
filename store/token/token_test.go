package token

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"sleutelbord/nfc/keytag"
	"sleutelbord/store"

	"github.com/miekg/pkcs11"
)

// sameKeys holds two custodies of one root against each other, byte for byte.
func sameKeys(t *testing.T, got, want store.Custody) {
	t.Helper()
	for m := keytag.MasterPICC; m <= keytag.MasterZone; m++ {
		for _, in := range [][keytag.InputSize]byte{{}, [keytag.InputSize]byte(bytes.Repeat([]byte{0xFF}, keytag.InputSize)), inputOf(t), inputOf(t)} {
			a, err := got.Diversify(m, in)
			must(t, err)
			b, err := want.Diversify(m, in)
			must(t, err)
			if a != b {
				t.Fatalf("%v derives another key", m)
			}
		}
		a, err := got.KeyCheckValue(m)
		must(t, err)
		b, err := want.KeyCheckValue(m)
		must(t, err)
		if a != b {
			t.Fatalf("%v has the check value %x instead of %x", m, a, b)
		}
	}
	for version := uint16(3); version < 3+store.SignersAhead; version++ {
		a, err := got.Signer(version)
		must(t, err)
		b, err := want.Signer(version)
		must(t, err)
		x, err := a.Sign(rand.Reader, []byte("bundle"), &ed25519.Options{})
		must(t, err)
		y, err := b.Sign(rand.Reader, []byte("bundle"), &ed25519.Options{})
		must(t, err)
		if !bytes.Equal(x, y) || !b.Public().(ed25519.PublicKey).Equal(a.Public()) {
			t.Fatalf("signer %d is another", version)
		}
	}
}

// only gives a driver whose tokens have none of the mechanisms hidden.
func only(hidden ...uint) *Driver {
	d := New()
	d.load = func(path string) (cryptoki, error) {
		api, err := load(path)
		return &faulty{cryptoki: api, hidden: hidden}, err
	}
	return d
}

// TestMoveAndBack moves a site into a token and back, with every way to
// compute a CMAC.
func TestMoveAndBack(t *testing.T) {
	for name, d := range map[string]*Driver{
		"CMAC": New(),
		"CBC":  only(pkcs11.CKM_AES_CMAC),
		"ECB":  only(pkcs11.CKM_AES_CMAC, pkcs11.CKM_AES_CBC),
	} {
		t.Run(name, func(t *testing.T) {
			ref := startHSM(t).token("campus")
			soft, _ := create(t, d, rootOf(t, ""))
			s, dir := create(t, d, rootOf(t, ""))
			held := s.Custody()
			moveIn(t, s, ref)
			sameKeys(t, held, soft.Custody()) // also for whoever had the custody before
			if _, err := held.Signer(2); !errors.Is(err, store.ErrTokenSigner) {
				t.Errorf("signer before the first: %v", err)
			}
			if _, err := held.Signer(3 + store.SignersAhead); !errors.Is(err, store.ErrTokenSigner) {
				t.Errorf("signer behind the last: %v", err)
			}
			must(t, s.Close())
			if _, err := held.Diversify(keytag.MasterZone, inputOf(t)); !errors.Is(err, store.ErrClosed) {
				t.Errorf("after closing: %v", err)
			}
			if n := count(t, ref); n != 4+store.SignersAhead {
				t.Errorf("%d objects in the token", n)
			}

			s, err := store.Open(t.Context(), dir, testPass, options(d))
			must(t, err)
			t.Cleanup(func() { must(t, s.Close()) })
			sameKeys(t, s.Custody(), soft.Custody())
			state, err := s.CustodyState(t.Context())
			must(t, err)
			if state.Kind != store.TokenCustodyKind || state.Token.Serial != ref.Serial || len(state.Left) != 0 {
				t.Errorf("state %+v", state)
			}
			if err := s.MoveFromToken(t.Context(), rootOf(t, "another"), moved); !errors.Is(err, store.ErrWrongRoot) {
				t.Errorf("another site's root: %v", err)
			}
			must(t, s.MoveFromToken(t.Context(), rootOf(t, ""), moved))
			sameKeys(t, s.Custody(), soft.Custody())
			must(t, s.Close())
			if n := count(t, ref); n != 0 {
				t.Errorf("%d objects stay in the token", n)
			}
			must(t, soft.Close())
		})
	}
}

// TestKeysStay tries to get the keys out of the token, knowing the PIN.
func TestKeysStay(t *testing.T) {
	for name, d := range map[string]*Driver{"CMAC": New(), "CBC": only(pkcs11.CKM_AES_CMAC)} {
		t.Run(name, func(t *testing.T) {
			ref := startHSM(t).token("campus")
			s, _ := create(t, d, rootOf(t, ""))
			moveIn(t, s, ref)
			must(t, s.Close())
			rawSession(t, ref, func(api *pkcs11.Ctx, session pkcs11.SessionHandle) {
				ours := objects(t, api, session)
				wrapping, err := api.GenerateKey(session, []*pkcs11.Mechanism{pkcs11.NewMechanism(pkcs11.CKM_AES_KEY_GEN, nil)}, []*pkcs11.Attribute{
					pkcs11.NewAttribute(pkcs11.CKA_VALUE_LEN, 32), pkcs11.NewAttribute(pkcs11.CKA_WRAP, true),
				})
				must(t, err)
				for _, o := range ours {
					a, err := api.GetAttributeValue(session, o, []*pkcs11.Attribute{pkcs11.NewAttribute(pkcs11.CKA_LABEL, nil)})
					must(t, err)
					keyStays(t, api, session, o, wrapping, string(a[0].Value), name == "CMAC")
				}
			})
		})
	}
}

func keyStays(t *testing.T, api *pkcs11.Ctx, s pkcs11.SessionHandle, o, wrapping pkcs11.ObjectHandle, label string, cmac bool) {
	t.Helper()
	if v, err := api.GetAttributeValue(s, o, []*pkcs11.Attribute{pkcs11.NewAttribute(pkcs11.CKA_VALUE, nil)}); err == nil {
		t.Errorf("%s can be read, %d bytes", label, len(v[0].Value))
	}
	for _, m := range []uint{pkcs11.CKM_AES_KEY_WRAP, pkcs11.CKM_AES_KEY_WRAP_PAD} {
		if b, err := api.WrapKey(s, []*pkcs11.Mechanism{pkcs11.NewMechanism(m, nil)}, wrapping, o); err == nil {
			t.Errorf("%s can be wrapped, %d bytes", label, len(b))
		}
	}
	for what, a := range map[string]*pkcs11.Attribute{
		"extractable": pkcs11.NewAttribute(pkcs11.CKA_EXTRACTABLE, true), "not sensitive": pkcs11.NewAttribute(pkcs11.CKA_SENSITIVE, false),
	} {
		if err := api.SetAttributeValue(s, o, []*pkcs11.Attribute{a}); err == nil {
			t.Errorf("%s can be made %s", label, what)
		}
		if _, err := api.CopyObject(s, o, []*pkcs11.Attribute{a}); err == nil {
			t.Errorf("%s has a copy that is %s", label, what)
		}
	}
	if strings.Contains(label, "sign") {
		return
	}
	// In sessions of their own, because they are not brought to an end.
	try := func(f func(s pkcs11.SessionHandle) error) error {
		info, err := api.GetSessionInfo(s)
		must(t, err)
		own, err := api.OpenSession(info.SlotID, pkcs11.CKF_SERIAL_SESSION)
		must(t, err)
		defer func() { must(t, api.CloseSession(own)) }()
		return f(own)
	}
	err := try(func(s pkcs11.SessionHandle) error {
		return api.EncryptInit(s, []*pkcs11.Mechanism{pkcs11.NewMechanism(pkcs11.CKM_AES_ECB, nil)}, o)
	})
	if (err == nil) == cmac {
		t.Errorf("%s enciphers: %v", label, err)
	}
	err = try(func(s pkcs11.SessionHandle) error {
		return api.SignInit(s, []*pkcs11.Mechanism{pkcs11.NewMechanism(pkcs11.CKM_AES_CMAC, nil)}, o)
	})
	if (err == nil) != cmac {
		t.Errorf("%s authenticates: %v", label, err)
	}
}

// TestConcurrent uses one token from many sides while its PIN is tried, which
// ends everybody's session.
func TestConcurrent(t *testing.T) {
	ref := startHSM(t).token("campus")
	d := New()
	soft, _ := create(t, d, rootOf(t, ""))
	s, _ := create(t, d, rootOf(t, ""))
	moveIn(t, s, ref)
	var all sync.WaitGroup
	errs := make(chan error, 100)
	for range 8 {
		all.Go(func() {
			for range 40 {
				var in [keytag.InputSize]byte
				_, _ = rand.Read(in[:])
				a, err := s.Custody().Diversify(keytag.MasterZone, in)
				b, berr := soft.Custody().Diversify(keytag.MasterZone, in)
				if err == nil && a != b {
					err = errors.New("another key")
				}
				if err = errors.Join(err, berr, signOnce(s)); err != nil {
					errs <- err
					return
				}
			}
		})
	}
	all.Go(func() {
		for range 10 {
			if err := s.SetTokenPIN(t.Context(), []byte(userPIN), false); err != nil {
				errs <- err
			}
		}
	})
	all.Wait()
	close(errs)
	for err := range errs {
		t.Error(err)
	}
}

func signOnce(s *store.Store) error {
	signer, err := s.Custody().Signer(3)
	if err != nil {
		return err
	}
	_, err = signer.Sign(rand.Reader, []byte("bundle"), &ed25519.Options{})
	return err
}

// TestMoreSigners brings the next signing keys into a token, and a site into
// another token, by its root.
func TestMoreSigners(t *testing.T) {
	h := startHSM(t)
	first, second := h.token("first"), h.token("second")
	d := New()
	soft, _ := create(t, d, rootOf(t, ""))
	s, _ := create(t, d, rootOf(t, ""))
	moveIn(t, s, first)
	must(t, s.Update(t.Context(), func(tx *store.Tx) error {
		site, err := tx.Site()
		must(t, err)
		site.SignerVersion = 9
		return tx.PutSite(&site)
	}))
	again := store.TokenMove{Ref: first, PIN: []byte(userPIN)}
	if err := s.MoveToToken(t.Context(), again, moved); !errors.Is(err, store.ErrRootAway) {
		t.Errorf("without the root: %v", err)
	}
	again.Root = rootOf(t, "another")
	if err := s.MoveToToken(t.Context(), again, moved); !errors.Is(err, store.ErrWrongRoot) {
		t.Errorf("with another root: %v", err)
	}
	again.Root = rootOf(t, "")
	for _, ref := range []store.TokenRef{first, second} {
		again.Ref = ref
		must(t, s.MoveToToken(t.Context(), again, moved))
		for version := uint16(9); version < 9+store.SignersAhead; version++ {
			a, err := s.Custody().Signer(version)
			must(t, err)
			b, err := soft.Custody().Signer(version)
			must(t, err)
			if !b.Public().(ed25519.PublicKey).Equal(a.Public()) {
				t.Errorf("signer %d is another", version)
			}
		}
	}
	must(t, s.Close())
	must(t, soft.Close())
	if a, b := count(t, first), count(t, second); a != 0 || b != 4+store.SignersAhead {
		t.Errorf("%d objects in the first token, %d in the second", a, b)
	}
}

func TestList(t *testing.T) {
	h := startHSM(t)
	d := New()
	seen, err := d.List(module)
	must(t, err)
	if len(seen) != 0 {
		t.Errorf("seen %+v", seen)
	}
	a, b := h.token("a"), h.token("b")
	seen, err = d.List(module)
	must(t, err)
	if len(seen) != 2 || seen[0].Serial == seen[1].Serial || !seen[0].Fits {
		t.Errorf("seen %+v instead of %s and %s", seen, a.Serial, b.Serial)
	}
	seen, err = only(ckmEdDSA).List(module)
	must(t, err)
	if seen[0].Fits {
		t.Error("a token without Ed25519 fits")
	}
	for _, path := range []string{"", "libsofthsm2.so", "/nowhere/lib.so", "/etc/passwd", "/lib/x86_64-linux-gnu/libc.so.6"} {
		if _, err := d.List(path); !errors.Is(err, store.ErrTokenModule) {
			t.Errorf("library %q: %v", path, err)
		}
	}
}

// TestNothingPrints prints what holds a PIN or keys.
func TestNothingPrints(t *testing.T) {
	ref := startHSM(t).token("campus")
	s, _ := create(t, New(), rootOf(t, ""))
	moveIn(t, s, ref)
	signer, err := s.Custody().Signer(3)
	must(t, err)
	c, err := New().Open(ref, []byte(userPIN))
	must(t, err)
	defer c.Close()
	for _, v := range []any{s.Custody(), signer, c} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x"} {
			out := fmt.Sprintf(verb, v)
			for _, secret := range []string{userPIN, fmt.Sprintf("%x", userPIN), strings.Trim(fmt.Sprint([]byte(userPIN)), "[]")} {
				if strings.Contains(out, secret) {
					t.Errorf("%T shows the PIN by %s", v, verb)
				}
			}
		}
	}
}
