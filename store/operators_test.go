package store

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

func openAs(t testing.TB, dir, name, passphrase string) (*Store, error) {
	t.Helper()
	o := testOptions()
	o.Operator = name
	s, err := Open(t.Context(), dir, []byte(passphrase), o)
	if err == nil {
		t.Cleanup(func() { closeStore(t, s) })
	}
	return s, err
}

func operatorsOf(t testing.TB, s *Store) map[string]Operator {
	t.Helper()
	all, err := s.Operators(t.Context())
	must(t, err)
	m := make(map[string]Operator)
	for _, o := range all {
		m[o.Name] = o
	}
	return m
}

func addOperator(t testing.TB, s *Store, name string, role Role, passphrase string) {
	t.Helper()
	must(t, s.AddOperator(t.Context(), name, role, []byte(passphrase), nil))
}

func TestFirstOperator(t *testing.T) {
	dir := t.TempDir()
	s := createIn(t, dir)
	o := s.Operator()
	if o.Name != FirstOperator || o.Role != Custodian || !o.Here || o.ID == 0 || o.Revoked != 0 {
		t.Errorf("the first operator is %+v", o)
	}
	closeStore(t, s)
	s, err := openAs(t, dir, "CUSTODIAN", string(testPass))
	must(t, err)
	same(t, "after opening", s.Operator(), o)
	_, err = openAs(t, t.TempDir(), "", "x")
	wantErr(t, "no store", err, ErrNoStore)
}

func TestOperators(t *testing.T) {
	dir := t.TempDir()
	s := createIn(t, dir)
	appended := func(tx *Tx) error { return tx.Append(Entry{Act: "operator added"}) }
	must(t, s.AddOperator(t.Context(), "Anna", Caretaker, []byte("anna's words"), appended))
	addOperator(t, s, "bob", Custodian, "bob's words")
	for name, c := range map[string]struct {
		name string
		role Role
		pass string
		want error
	}{
		"taken":         {"ANNA", Caretaker, "x", ErrExists},
		"other role":    {"anna", Custodian, "x", ErrExists},
		"no role":       {"carl", "", "x", ErrInvalid},
		"other roles":   {"carl", "owner", "x", ErrInvalid},
		"no name":       {"", Caretaker, "x", ErrInvalid},
		"bad name":      {"a b", Caretaker, "x", ErrInvalid},
		"no passphrase": {"carl", Caretaker, "", ErrInvalid},
	} {
		wantErr(t, name, s.AddOperator(t.Context(), c.name, c.role, []byte(c.pass), appended), c.want)
	}
	same(t, "operators", len(operatorsOf(t, s)), 3)
	same(t, "who opened it", s.Operator().Name, FirstOperator)
	closeStore(t, s)

	s, err := openAs(t, dir, "", "anna's words")
	must(t, err)
	same(t, "opened by", s.Operator().Name, "Anna")
	same(t, "role", s.Operator().Role, Caretaker)
	view(t, s, func(tx *Tx) error {
		all, err := tx.Journal()
		same(t, "entries", len(all), 1)
		return err
	})
	o, err := s.VerifyOperator(t.Context(), "bob", []byte("bob's words"))
	must(t, err)
	same(t, "verified", o.Role, Custodian)
	_, err = s.VerifyOperator(t.Context(), "bob", []byte("anna's words"))
	wantErr(t, "another's passphrase", err, ErrPassphrase)
	_, err = s.VerifyOperator(t.Context(), "carl", []byte("x"))
	wantErr(t, "nobody", err, ErrNoOperator)
	must(t, s.ChangePassphrase("anna", []byte("anna's words"), []byte("new words")))
	wantErr(t, "another's old one", s.ChangePassphrase("bob", []byte("new words"), []byte("x")), ErrPassphrase)
	names, err := SignInNames(dir)
	must(t, err)
	same(t, "names", names, []string{"Anna", "bob", FirstOperator})
	closeStore(t, s)
	_, err = openAs(t, dir, "anna", "anna's words")
	wantErr(t, "old passphrase", err, ErrPassphrase)
	s, err = openAs(t, dir, "anna", "new words")
	must(t, err)
	must(t, s.Check(t.Context()))
}

func TestRevokeOperator(t *testing.T) {
	dir := t.TempDir()
	s := createIn(t, dir)
	addOperator(t, s, "anna", Caretaker, "anna's words")
	wantErr(t, "last custodian", s.RevokeOperator(t.Context(), FirstOperator, nil), ErrLastCustodian)
	wantErr(t, "nobody", s.RevokeOperator(t.Context(), "carl", nil), ErrNoOperator)
	keys, err := os.ReadFile(filepath.Join(dir, keysName))
	must(t, err)
	must(t, s.RevokeOperator(t.Context(), "ANNA", nil))
	wantErr(t, "twice", s.RevokeOperator(t.Context(), "anna", nil), ErrNoOperator)
	same(t, "revoked", operatorsOf(t, s)["anna"].Revoked > 0, true)
	_, err = s.VerifyOperator(t.Context(), "", []byte("anna's words"))
	wantErr(t, "passphrase of somebody revoked", err, ErrPassphrase)
	closeStore(t, s)
	_, err = openAs(t, dir, "anna", "anna's words")
	wantErr(t, "revoked", err, ErrNoOperator)

	// The old key slots, put back, open nothing, and are cleaned by who may.
	must(t, os.WriteFile(filepath.Join(dir, keysName), keys, 0o600))
	_, err = openAs(t, dir, "anna", "anna's words")
	wantErr(t, "revoked, with the old slots", err, ErrNoOperator)
	s, err = openAs(t, dir, "", string(testPass))
	must(t, err)
	names, err := SignInNames(dir)
	must(t, err)
	same(t, "names", names, []string{FirstOperator})
	// The name is free again, for another row.
	addOperator(t, s, "anna", Custodian, "third words")
	must(t, s.RevokeOperator(t.Context(), FirstOperator, nil))
	update(t, s, func(tx *Tx) error {
		for _, q := range []string{
			`UPDATE operators SET revoked_day = 0 WHERE revoked_day > 0`,
			`DELETE FROM operators`,
			`UPDATE operators SET slot = (SELECT slot FROM operators WHERE id = 1) WHERE id = 3`,
		} {
			if _, err := tx.exec(q); err == nil {
				t.Errorf("%s: done", q)
			}
		}
		return nil
	})
}

// TestOperatorRowIsSealed: who can write the database makes nobody a custodian.
func TestOperatorRowIsSealed(t *testing.T) {
	dir := t.TempDir()
	s := createIn(t, dir)
	addOperator(t, s, "anna", Caretaker, "anna's words")
	update(t, s, func(tx *Tx) error {
		_, err := tx.exec(`UPDATE operators SET role = 'custodian' WHERE id = 2`)
		return err
	})
	_, err := s.Operators(t.Context())
	wantErr(t, "role changed", err, ErrDamaged)
	wantErr(t, "role changed", s.Check(t.Context()), ErrDamaged)
	closeStore(t, s)
	_, err = openAs(t, dir, "anna", "anna's words")
	wantErr(t, "role changed", err, ErrDamaged)
}

func TestOpenWithRoot(t *testing.T) {
	dir := t.TempDir()
	s := createIn(t, dir)
	root, err := s.readRoot(t.Context())
	must(t, err)
	addOperator(t, s, "anna", Caretaker, "anna's words")
	closeStore(t, s)
	before := snapshot(t, dir)
	for name, r := range map[string]Root{"another": testRoot(t), "none": {}} {
		s, err := OpenWithRoot(t.Context(), dir, r, testOptions())
		if err == nil || s != nil {
			t.Fatalf("%s opens: %v", name, err)
		}
		if name == "another" {
			wantErr(t, name, err, ErrWrongRoot)
		}
	}
	same(t, "files", snapshot(t, dir), before)
	must(t, CheckRoot(dir, root))

	s, err = OpenWithRoot(t.Context(), dir, root, testOptions())
	must(t, err)
	must(t, CheckRoot(dir, root)) // also while they are open
	wantErr(t, "another root", CheckRoot(dir, testRoot(t)), ErrWrongRoot)
	wantErr(t, "no records", CheckRoot(t.TempDir(), root), ErrNoStore)
	t.Cleanup(func() { closeStore(t, s) })
	same(t, "operator", s.Operator(), Operator{})
	wantErr(t, "nobody", s.ResetOperator(t.Context(), "carl", []byte("x"), nil), ErrNoOperator)
	wantErr(t, "no passphrase", s.ResetOperator(t.Context(), FirstOperator, nil, nil), ErrInvalid)
	must(t, s.ResetOperator(t.Context(), FirstOperator, []byte("fresh words"), func(tx *Tx) error {
		return tx.Append(Entry{Act: "passphrase set"})
	}))
	same(t, "operator", s.Operator().Name, FirstOperator)
	closeStore(t, s)
	_, err = openAs(t, dir, "", string(testPass))
	wantErr(t, "old passphrase", err, ErrPassphrase)
	for name, pass := range map[string]string{FirstOperator: "fresh words", "anna": "anna's words"} {
		s, err := openAs(t, dir, name, pass)
		must(t, err)
		closeStore(t, s)
	}
}

// TestUpgrade1 opens a store with a header of version 1 and records from before
// there were operators.
func TestUpgrade1(t *testing.T) {
	for _, name := range []string{"", "anna"} {
		dir := t.TempDir()
		s := createIn(t, dir)
		root, err := s.readRoot(t.Context())
		must(t, err)
		h, err := readHeader(dir)
		must(t, err)
		old := encode1(t, h.store, testPass, s.data)
		update(t, s, func(tx *Tx) error {
			for _, q := range []string{`DROP TRIGGER operators_kept`, `DELETE FROM operators`} {
				if _, err := tx.exec(q); err != nil {
					return err
				}
			}
			return nil
		})
		closeStore(t, s)
		path := filepath.Join(dir, keysName)
		must(t, os.WriteFile(path, old, 0o600))
		_, err = openAs(t, dir, name, "wrong")
		wantErr(t, "wrong passphrase", err, ErrPassphrase)
		now, err := os.ReadFile(path)
		must(t, err)
		if !bytes.Equal(now, old) {
			t.Fatal("a wrong passphrase changed the slots")
		}
		s, err = openAs(t, dir, name, string(testPass))
		must(t, err)
		want := name
		if name == "" {
			want = FirstOperator
		}
		same(t, "operator", s.Operator().Name, want)
		same(t, "role", s.Operator().Role, Custodian)
		closeStore(t, s)
		h, err = readHeader(dir)
		must(t, err)
		same(t, "old", h.old, false)
		for _, n := range []string{"", want} {
			s, err := openAs(t, dir, n, string(testPass))
			must(t, err)
			closeStore(t, s)
		}
		s, err = OpenWithRoot(t.Context(), dir, root, testOptions())
		must(t, err)
		closeStore(t, s)

		// An old copy of the slots put back is renewed again.
		must(t, os.WriteFile(path, old, 0o600))
		s, err = openAs(t, dir, name, string(testPass))
		must(t, err)
		same(t, "operators", len(operatorsOf(t, s)), 1)
	}
}

// TestSlotOfACrash leaves what a crash between a new slot and its row leaves.
func TestSlotOfACrash(t *testing.T) {
	dir := t.TempDir()
	s := createIn(t, dir)
	must(t, s.wrapFor(Operator{Name: "anna", Role: Caretaker, slot: newSlotID()}, []byte("never told")))
	closeStore(t, s)
	_, err := openAs(t, dir, "anna", "never told")
	wantErr(t, "a slot without a row", err, ErrNoOperator)
	s, err = openAs(t, dir, "", string(testPass))
	must(t, err)
	addOperator(t, s, "anna", Caretaker, "anna's words")
	closeStore(t, s)
	_, err = openAs(t, dir, "anna", "anna's words")
	must(t, err)
}
