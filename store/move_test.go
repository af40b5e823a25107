package store

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"testing"

	"sleutelbord/nfc/desfire"
	"sleutelbord/nfc/keytag"

	"github.com/ncruces/go-sqlite3/vfs"
	"github.com/ncruces/go-sqlite3/vfs/adiantum"
)

// fakeTokens are tokens in this process. They can be taken out, and tell of
// every step.
type fakeTokens struct {
	sets map[[TokenSetSize]byte]*fakeSet
	out  bool
	pin  string
	// fail makes a step fail that contains it; at is called at every step.
	fail string
	at   func(step string)
}

// fakeSet is a set of keys in a token; it implements TokenCustody.
type fakeSet struct {
	tokens  *fakeTokens
	ref     TokenRef
	masters [4]desfire.Key
	seeds   [][]byte
}

func newFakeTokens() *fakeTokens {
	return &fakeTokens{sets: map[[TokenSetSize]byte]*fakeSet{}, pin: "1234"}
}

func (f *fakeTokens) step(name string) error {
	if f.at != nil {
		f.at(name)
	}
	if f.fail == name {
		return ErrTokenRefused
	}
	if f.out {
		return ErrTokenMissing
	}
	return nil
}

func (f *fakeTokens) List(string) ([]TokenSeen, error) { return nil, f.step("list") }

func (f *fakeTokens) CheckPIN(_ TokenRef, pin []byte, _ bool) error {
	if string(pin) != f.pin {
		return ErrTokenPIN
	}
	return f.step("pin")
}

func (f *fakeTokens) Open(ref TokenRef, _ []byte) (TokenCustody, error) {
	return &fakeSet{tokens: f, ref: ref}, nil
}

func (f *fakeTokens) Import(_ context.Context, ref TokenRef, _ []byte, keys *TokenKeys) error {
	if err := f.step("import"); err != nil {
		return err
	}
	set := &fakeSet{ref: ref}
	for i := range set.masters {
		set.masters[i] = desfire.NewAESKey([16]byte(keys.Master(keytag.Master(i+1))), 0)
	}
	for _, s := range keys.Seeds() {
		set.seeds = append(set.seeds, bytes.Clone(s))
	}
	f.sets[ref.Set] = set
	return f.step("imported")
}

func (f *fakeTokens) Destroy(_ context.Context, ref TokenRef, _ []byte) error {
	if err := f.step("destroy"); err != nil {
		return err
	}
	delete(f.sets, ref.Set)
	return f.step("destroyed")
}

func (k *fakeSet) set() (*fakeSet, error) {
	if err := k.tokens.step("use"); err != nil {
		return nil, err
	}
	if s := k.tokens.sets[k.ref.Set]; s != nil {
		return s, nil
	}
	return nil, ErrTokenOther
}

func (k *fakeSet) Diversify(m keytag.Master, input [keytag.InputSize]byte) ([16]byte, error) {
	s, err := k.set()
	if err != nil {
		return [16]byte{}, err
	}
	if m < keytag.MasterPICC || m > keytag.MasterZone {
		return [16]byte{}, errors.New("no such master")
	}
	return [16]byte(desfire.DiversifyAES128(s.masters[m-1], input[:]).Reveal()), nil
}

func (k *fakeSet) KeyCheckValue(m keytag.Master) ([3]byte, error) {
	b, err := k.Diversify(m, [keytag.InputSize]byte{})
	return [3]byte(b[:3]), err
}

func (k *fakeSet) Signer(version uint16) (crypto.Signer, error) {
	s, err := k.set()
	if err != nil {
		return nil, err
	}
	if _, ok := k.ref.Signer(version); !ok {
		return nil, ErrTokenSigner
	}
	return &signer{ed25519.NewKeyFromSeed(s.seeds[version-k.ref.FirstSigner])}, nil
}

func (k *fakeSet) Probe() error { _, err := k.set(); return err }
func (k *fakeSet) Close()       {}

// tokenOptions open a store with these tokens.
func tokenOptions(f *fakeTokens) Options {
	o := testOptions()
	o.Tokens = f
	return o
}

func testMove() TokenMove {
	return TokenMove{Ref: TokenRef{Module: "/lib/token.so", Label: "campus", Serial: "01"}, PIN: []byte("1234")}
}

func noteMove(tx *Tx) error { return tx.Append(Entry{Operator: "custodian", Act: "moved"}) }

// keysWork holds a store's custody against a root.
func keysWork(t *testing.T, s *Store, root Root) {
	t.Helper()
	soft, err := newSoftCustody(root)
	must(t, err)
	for m := keytag.MasterPICC; m <= keytag.MasterZone; m++ {
		want, err := soft.Diversify(m, [keytag.InputSize]byte{7})
		must(t, err)
		got, err := s.Custody().Diversify(m, [keytag.InputSize]byte{7})
		must(t, err)
		same(t, "derived", got, want)
	}
	signer, err := s.Custody().Signer(1)
	must(t, err)
	want, err := soft.Signer(1)
	must(t, err)
	same(t, "signer", hex.EncodeToString(signer.Public().(ed25519.PublicKey)), hex.EncodeToString(want.Public().(ed25519.PublicKey)))
	_, err = signer.Sign(nil, []byte("x"), crypto.Hash(0))
	must(t, err)
}

// image is what a crash leaves: the files of the store, and the tokens.
type image struct {
	step  string
	files map[string]string
	sets  map[[TokenSetSize]byte]*fakeSet
}

// TestCrashWhileMoving ends the program at every step of moving a site into a
// token, into another one, and back: the keys work whenever it is opened
// again, nothing is in a token that the records do not know, and it can be
// done again.
func TestCrashWhileMoving(t *testing.T) {
	dir, f, root := t.TempDir(), newFakeTokens(), testRoot(t)
	s, err := Create(t.Context(), dir, testSite(), root, testPass, tokenOptions(f))
	must(t, err)
	var images []image
	act := "in"
	f.at = func(step string) {
		images = append(images, image{fmt.Sprintf("%s %d %s", act, len(images), step), snapshot(t, dir), maps.Clone(f.sets)})
	}
	must(t, s.MoveToToken(t.Context(), testMove(), noteMove))
	act = "on"
	again := testMove()
	again.Root = root
	must(t, s.MoveToToken(t.Context(), again, noteMove))
	act = "out"
	must(t, s.MoveFromToken(t.Context(), root, noteMove))
	f.at = nil
	closeStore(t, s)
	same(t, "sets in tokens", len(f.sets), 0)
	if len(images) < 30 {
		t.Errorf("%d steps", len(images))
	}
	for _, i := range images {
		t.Run(i.step, func(t *testing.T) { openImage(t, i, root) })
	}
}

func openImage(t *testing.T, i image, root Root) {
	dir, f := t.TempDir(), newFakeTokens()
	f.sets = i.sets
	for _, set := range f.sets {
		set.tokens = f
	}
	put(t, dir, i.files)
	s, err := Open(t.Context(), dir, testPass, tokenOptions(f))
	must(t, err)
	defer closeStore(t, s)
	keysWork(t, s, root)
	must(t, s.Check(t.Context()))
	state, err := s.CustodyState(t.Context())
	must(t, err)
	for set := range f.sets {
		known := state.Token != nil && state.Token.Set == set ||
			slices.ContainsFunc(state.Left, func(r TokenRef) bool { return r.Set == set })
		if !known {
			t.Error("keys in the token that the records do not know")
		}
	}
	must(t, s.ClearTokens(t.Context(), false))
	again := testMove()
	again.Root = root
	must(t, s.MoveToToken(t.Context(), again, noteMove))
	keysWork(t, s, root)
	same(t, "sets in tokens", len(f.sets), 1)
	must(t, s.MoveFromToken(t.Context(), root, noteMove))
	keysWork(t, s, root)
	same(t, "sets in tokens", len(f.sets), 0)
}

// TestMovingRefused fails at every step, and finds the keys working.
func TestMovingRefused(t *testing.T) {
	root := testRoot(t)
	for _, step := range []string{"pin", "import", "imported", "use", "destroy"} {
		t.Run(step, func(t *testing.T) {
			f := newFakeTokens()
			s, err := Create(t.Context(), t.TempDir(), testSite(), root, testPass, tokenOptions(f))
			must(t, err)
			defer closeStore(t, s)
			f.fail = step
			err = s.MoveToToken(t.Context(), testMove(), noteMove)
			f.fail = ""
			if step != "destroy" { // nothing was left to be destroyed
				wantErr(t, "moving", err, ErrTokenRefused)
			}
			keysWork(t, s, root)
			must(t, s.ClearTokens(t.Context(), false))
			state, err := s.CustodyState(t.Context())
			must(t, err)
			same(t, "left", len(state.Left), 0)
		})
	}
	s, err := Create(t.Context(), t.TempDir(), testSite(), root, testPass, testOptions())
	must(t, err)
	defer closeStore(t, s)
	wantErr(t, "without tokens", s.MoveToToken(t.Context(), testMove(), nil), ErrTokenModule)
	wantErr(t, "out of none", s.MoveFromToken(t.Context(), root, nil), ErrCustody)
	wantErr(t, "PIN of none", s.SetTokenPIN(t.Context(), []byte("1"), false), ErrTokenModule)
	_, err = s.Tokens("/lib/x.so")
	wantErr(t, "list", err, ErrTokenModule)
}

// TestLostToken gets a site back from its shares when the token is gone for good.
func TestLostToken(t *testing.T) {
	f, root := newFakeTokens(), testRoot(t)
	s, err := Create(t.Context(), t.TempDir(), testSite(), root, testPass, tokenOptions(f))
	must(t, err)
	defer closeStore(t, s)
	for _, m := range []TokenMove{
		{Ref: TokenRef{Module: "lib/token.so", Label: "campus"}, PIN: []byte("1234")},
		{Ref: TokenRef{Module: "/lib/token.so"}, PIN: []byte("1234")},
		{Ref: testMove().Ref, PIN: []byte("wrong")},
	} {
		if err := s.MoveToToken(t.Context(), m, noteMove); err == nil {
			t.Error("moved into nowhere")
		}
	}
	must(t, s.MoveToToken(t.Context(), testMove(), noteMove))
	_, _, err = s.MakeShares(t.Context(), Root{}, 2, 3)
	wantErr(t, "shares of a root that is away", err, ErrRootAway)
	f.out = true
	must(t, s.ProveRoot(root)) // a rehearsal does without the token
	wantErr(t, "rehearsal with another root", s.ProveRoot(testRoot(t)), ErrWrongRoot)
	_, err = s.Custody().Diversify(keytag.MasterZone, [keytag.InputSize]byte{})
	wantErr(t, "derive", err, ErrTokenMissing)
	wantErr(t, "probe", s.ProbeCustody(), ErrTokenMissing)
	wantErr(t, "another root", s.MoveFromToken(t.Context(), testRoot(t), noteMove), ErrWrongRoot)
	must(t, s.MoveFromToken(t.Context(), root, noteMove))
	keysWork(t, s, root)
	must(t, s.ProbeCustody())
	must(t, s.ClearTokens(t.Context(), false))
	state, err := s.CustodyState(t.Context())
	must(t, err)
	same(t, "left in the token that is lost", len(state.Left), 1)
	must(t, s.ClearTokens(t.Context(), true))
	state, err = s.CustodyState(t.Context())
	must(t, err)
	same(t, "left", len(state.Left), 0)
}

// decipher gives the database as whoever has the page key sees it, free pages
// included.
func decipher(t *testing.T, s *Store) []byte {
	t.Helper()
	file, _, err := adiantum.Wrap(oneFile{path: filepath.Join(s.dir, databaseName)}, nil).Open("", vfs.OPEN_READONLY|vfs.OPEN_MAIN_DB)
	must(t, err)
	defer func() { must(t, file.Close()) }()
	_, err = file.(vfs.FilePragma).Pragma("hexkey", hex.EncodeToString(s.keys.page[:]))
	must(t, err)
	size, err := file.Size()
	must(t, err)
	b, err := io.ReadAll(io.NewSectionReader(file, 0, size))
	must(t, err)
	return b
}

// TestRootErased looks for the root, as it was sealed and as it is, in every
// byte of the records and the log after it has moved into a token.
func TestRootErased(t *testing.T) {
	dir, f, root := t.TempDir(), newFakeTokens(), testRoot(t)
	s, err := Create(t.Context(), dir, testSite(), root, testPass, tokenOptions(f))
	must(t, err)
	defer closeStore(t, s)
	fillCampus(t, s, 50)
	var sealed []byte
	must(t, s.db.QueryRowContext(t.Context(), `SELECT root FROM custody`).Scan(&sealed))
	_, err = s.db.ExecContext(t.Context(), `PRAGMA wal_checkpoint(PASSIVE)`)
	must(t, err)
	if !bytes.Contains(decipher(t, s), sealed) {
		t.Fatal("the root is not found where it is known to be: this test sees nothing")
	}
	must(t, s.MoveToToken(t.Context(), testMove(), noteMove))
	// Clearing up has written into the log again, but not the old row.
	_, err = s.db.ExecContext(t.Context(), `PRAGMA wal_checkpoint(TRUNCATE)`)
	must(t, err)
	secrets := map[string][]byte{"sealed root": sealed, "seal's end": sealed[len(sealed)-20:], "root": root.b[:]}
	for m := keytag.MasterPICC; m <= keytag.MasterZone; m++ {
		b, err := root.derive(m.String(), 16)
		must(t, err)
		secrets[m.String()] = b
	}
	pages := decipher(t, s)
	files := snapshot(t, dir)
	files["pages"] = string(pages)
	for what, secret := range secrets {
		for name, content := range files {
			if bytes.Contains([]byte(content), secret) {
				t.Errorf("the %s is in %s", what, name)
			}
		}
	}
	if !bytes.Contains(pages, []byte("custodian")) {
		t.Error("nothing is found at all")
	}
}

// FuzzNotes reads columns of any content.
func FuzzNotes(f *testing.F) {
	note := tokenNote{Ref: testMove().Ref, PIN: []byte("1234")}
	note.Ref.Signers = make([][32]byte, 2)
	good, err := encodeNotes(tokenNotes{Current: &note, Left: []tokenNote{note}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`{"left":[{}]}`))
	f.Add([]byte(`{"current":null}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		n, err := decodeNotes(b)
		if err != nil {
			wantErr(t, "notes", err, ErrDamaged)
			return
		}
		again, err := encodeNotes(n)
		must(t, err)
		back, err := decodeNotes(again)
		must(t, err)
		if back.Current != nil && back.Current.Ref.check() != nil {
			t.Error("a reference that cannot be meant")
		}
	})
}
