package store

import (
	"bytes"
	"testing"
)

func TestKeyring(t *testing.T) {
	dir := t.TempDir()
	s := createIn(t, dir)
	addOperator(t, s, "anna", Caretaker, "anna's words")
	first, err := s.AddKeyring(t.Context())
	must(t, err)
	second, err := s.AddKeyring(t.Context())
	must(t, err)
	if bytes.Equal(first, second) {
		t.Error("the same secret twice")
	}
	closeStore(t, s)
	_, err = OpenWithKeyring(t.Context(), dir, first, testOptions())
	wantErr(t, "the secret before", err, ErrPassphrase)
	for _, bad := range [][]byte{nil, {}, second[:31], bytes.Repeat([]byte{0}, 32)} {
		_, err = OpenWithKeyring(t.Context(), dir, bad, testOptions())
		wantErr(t, "no secret", err, ErrPassphrase)
	}
	s, err = OpenWithKeyring(t.Context(), dir, second, testOptions())
	must(t, err)
	same(t, "operator", s.Operator().Name, FirstOperator)
	// It is never alone: the passphrase goes on opening.
	closeStore(t, s)
	closeStore(t, openIn(t, dir))

	// It goes with the passphrase that it stands for, and with nobody else's.
	s, err = openAs(t, dir, "anna", "anna's words")
	must(t, err)
	annas, err := s.AddKeyring(t.Context())
	must(t, err)
	must(t, s.ChangePassphrase("", testPass, []byte("other words")))
	closeStore(t, s)
	_, err = OpenWithKeyring(t.Context(), dir, second, testOptions())
	wantErr(t, "after a change of the passphrase", err, ErrPassphrase)
	s, err = OpenWithKeyring(t.Context(), dir, annas, testOptions())
	must(t, err)
	same(t, "operator", s.Operator().Name, "anna")
	must(t, s.DropKeyring(t.Context()))
	must(t, s.DropKeyring(t.Context()))
	closeStore(t, s)
	_, err = OpenWithKeyring(t.Context(), dir, annas, testOptions())
	wantErr(t, "dropped", err, ErrPassphrase)
}

func TestKeyringOfSomebodyRevoked(t *testing.T) {
	dir := t.TempDir()
	s := createIn(t, dir)
	addOperator(t, s, "anna", Caretaker, "anna's words")
	closeStore(t, s)
	s, err := openAs(t, dir, "anna", "anna's words")
	must(t, err)
	secret, err := s.AddKeyring(t.Context())
	must(t, err)
	must(t, s.RevokeOperator(t.Context(), "anna", nil))
	closeStore(t, s)
	_, err = OpenWithKeyring(t.Context(), dir, secret, testOptions())
	wantErr(t, "revoked", err, ErrPassphrase)
}

func TestKeyringWithoutOperator(t *testing.T) {
	dir := t.TempDir()
	s := createIn(t, dir)
	root, err := s.readRoot(t.Context())
	must(t, err)
	closeStore(t, s)
	s, err = OpenWithRoot(t.Context(), dir, root, testOptions())
	must(t, err)
	t.Cleanup(func() { closeStore(t, s) })
	_, err = s.AddKeyring(t.Context())
	wantErr(t, "nobody", err, ErrNoOperator)
}
