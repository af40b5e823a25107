package store

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"sleutelbord/nfc/keytag"
)

func TestSeal(t *testing.T) {
	dir := t.TempDir()
	s := createIn(t, dir)
	addOperator(t, s, "anna", Caretaker, "anna's words")
	before := s.Custody()
	want, err := before.Diversify(keytag.MasterZone, [28]byte{1})
	must(t, err)
	data, keys := s.data, s.keys
	must(t, s.Seal())
	must(t, s.Seal())
	same(t, "sealed", s.Sealed(), true)
	if *data.b != [keySize]byte{} || *keys != (storeKeys{}) {
		t.Error("keys stay in memory")
	}
	for name, err := range map[string]error{
		"view":   s.View(t.Context(), func(*Tx) error { return nil }),
		"update": s.Update(t.Context(), func(*Tx) error { return nil }),
		"check":  s.Check(t.Context()),
		"add":    s.AddOperator(t.Context(), "bob", Caretaker, []byte("x"), nil),
		"revoke": s.RevokeOperator(t.Context(), "anna", nil),
		"change": s.ChangePassphrase("", testPass, []byte("x")),
		"reset":  s.ResetOperator(t.Context(), "anna", []byte("x"), nil),
	} {
		wantErr(t, name, err, ErrSealed)
	}
	_, err = before.Diversify(keytag.MasterZone, [28]byte{1})
	wantErr(t, "keys from before", err, ErrClosed)
	_, err = s.Custody().Signer(1)
	wantErr(t, "signer", err, ErrClosed)
	// The lock is kept.
	_, err = Open(t.Context(), dir, testPass, testOptions())
	wantErr(t, "another program", err, ErrLocked)

	wantErr(t, "wrong passphrase", s.Unseal(t.Context(), "", []byte("wrong")), ErrPassphrase)
	wantErr(t, "another's passphrase", s.Unseal(t.Context(), "", []byte("anna's words")), ErrPassphrase)
	same(t, "sealed", s.Sealed(), true)
	must(t, s.Unseal(t.Context(), "", testPass))
	got, err := s.Custody().Diversify(keytag.MasterZone, [28]byte{1})
	must(t, err)
	same(t, "key", got, want)
	update(t, s, func(tx *Tx) error { return tx.Append(Entry{Act: "open again"}) })
	wantErr(t, "wrong passphrase when open", s.Unseal(t.Context(), "", []byte("wrong")), ErrPassphrase)
	must(t, s.Unseal(t.Context(), "", testPass))

	// Somebody else takes over.
	must(t, s.Seal())
	must(t, s.Unseal(t.Context(), "anna", []byte("anna's words")))
	same(t, "operator", s.Operator().Name, "anna")
	must(t, s.Seal())
	closeStore(t, s)
	wantErr(t, "closed", s.Seal(), ErrClosed)
	wantErr(t, "closed", s.Unseal(t.Context(), "", []byte("anna's words")), ErrClosed)
	openIn(t, dir)
}

// TestSealWaits: a change that is under way is finished first.
func TestSealWaits(t *testing.T) {
	s := newStore(t)
	begun, sealed := make(chan struct{}), make(chan error, 1)
	update(t, s, func(tx *Tx) error {
		go func() { close(begun); sealed <- s.Seal() }()
		<-begun
		select {
		case err := <-sealed:
			t.Errorf("sealed in the middle of a change: %v", err)
		case <-time.After(20 * time.Millisecond):
		}
		if _, err := s.Custody().Signer(1); err != nil { // must not wait for the seal
			t.Error(err)
		}
		return tx.Append(Entry{Act: "finished"})
	})
	must(t, <-sealed)
	must(t, s.Unseal(t.Context(), "", testPass))
	view(t, s, func(tx *Tx) error {
		all, err := tx.Journal()
		same(t, "entries", len(all), 1)
		return err
	})
}

// TestSealAtOnce seals and unseals while everybody uses the store.
func TestSealAtOnce(t *testing.T) {
	s := newStore(t)
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for ctx.Err() == nil {
				err := s.Update(context.Background(), func(tx *Tx) error { return tx.Append(Entry{Act: "x", Operator: s.Operator().Name}) })
				if err != nil && !errors.Is(err, ErrSealed) {
					t.Error(err)
					return
				}
				_, _ = s.Custody().Signer(1)
			}
		})
	}
	for range 20 {
		must(t, s.Seal())
		must(t, s.Unseal(t.Context(), "", testPass))
	}
	stop()
	wg.Wait()
	must(t, s.Check(t.Context()))
}
