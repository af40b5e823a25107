package store

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
)

// AddKeyring makes a slot that a secret of 32 random bytes opens, for the
// operator who has the store open, and gives the secret: the desktop's keyring
// keeps it, as a convenience. It stands for that operator's passphrase, and goes
// when this changes. One that the operator had before opens nothing from then
// on. The caller wipes the secret. Where the site root opened the store,
// nobody is there for whom it could stand: [ErrNoOperator].
func (s *Store) AddKeyring(ctx context.Context) (secret []byte, err error) {
	secret = make([]byte, keySize)
	_, _ = rand.Read(secret) // never returns an error
	err = s.withKeyrings(ctx, func(h *header, owner slotID) error {
		if h.byID(owner, slotPassphrase) < 0 {
			return ErrNoOperator
		}
		w, err := wrapKeyring(h.store, owner, secret, s.data)
		if err != nil {
			return err
		}
		return h.put(w)
	})
	if err != nil {
		clear(secret)
		return nil, fmt.Errorf("making a slot for the keyring: %w", err)
	}
	return secret, nil
}

// DropKeyring removes the slot for a keyring of the operator who has the store
// open, if there is one.
func (s *Store) DropKeyring(ctx context.Context) error {
	err := s.withKeyrings(ctx, func(*header, slotID) error { return nil })
	if err != nil {
		return fmt.Errorf("removing the slot for the keyring: %w", err)
	}
	return nil
}

// withKeyrings removes the operator's keyring slot and calls f, in one step.
func (s *Store) withKeyrings(ctx context.Context, f func(h *header, owner slotID) error) error {
	return s.View(ctx, func(*Tx) error { // an open store has the data key
		owner := s.Operator().slot
		return s.changeSlots(func(h *header) error {
			err := h.drop(func(o slot) bool { return o.kind == slotKeyring && o.owner == owner })
			if err != nil {
				return err
			}
			return f(h, owner)
		})
	})
}

// OpenWithKeyring opens the store in dir with the secret that [Store.AddKeyring]
// gave; it is then the operator's for whom it stands. [ErrPassphrase] is a secret
// that opens nothing any more. Other errors are those of [Open].
func OpenWithKeyring(ctx context.Context, dir string, secret []byte, opts Options) (*Store, error) {
	return openBy(ctx, dir, opts, func(h *header) (dataKey, int, error) { return h.unlockKeyring(secret) })
}

// KeyringName is under which name a keyring keeps the secret of an operator for
// the store in dir, which is not opened.
func KeyringName(dir, operator string) (string, error) {
	h, err := readHeader(dir)
	if err != nil {
		return "", err
	}
	i := h.byName(operator)
	if i < 0 {
		return "", ErrNoOperator
	}
	return hex.EncodeToString(h.store[:]) + "/" + hex.EncodeToString(h.slots[i].id[:]), nil
}
