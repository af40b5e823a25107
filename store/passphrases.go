package store

import (
	"context"
	"fmt"
	"strings"
)

// ResetOperator gives an operator who may sign in a new passphrase without the
// old one, and calls also, which may be nil, in a transaction before that
// happens. An unknown name is [ErrNoOperator].
func (s *Store) ResetOperator(ctx context.Context, name string, passphrase []byte, also func(*Tx) error) error {
	err := checkNew(passphrase)
	var o Operator
	if err == nil {
		o, err = s.known(ctx, name)
	}
	if err == nil {
		err = s.Update(ctx, func(tx *Tx) error { return call(also, tx) })
	}
	if err == nil {
		err = s.wrapFor(o, passphrase)
	}
	if err != nil {
		return fmt.Errorf("setting the passphrase of an operator: %w", err)
	}
	s.signIn(o)
	return nil
}

func checkNew(passphrase []byte) error {
	if len(passphrase) == 0 {
		return fmt.Errorf("empty passphrase: %w", ErrInvalid)
	}
	return nil
}

// VerifyOperator tells whose passphrase this is: that of the operator named, or
// of anybody if name is "". Errors are those of [Open].
func (s *Store) VerifyOperator(ctx context.Context, name string, passphrase []byte) (Operator, error) {
	if err := s.enter(); err != nil {
		return Operator{}, err
	}
	h, i, err := s.try(name, passphrase)
	s.mu.RUnlock()
	if err != nil {
		return Operator{}, fmt.Errorf("checking a passphrase: %w", err)
	}
	var o Operator
	err = s.View(ctx, func(tx *Tx) (err error) {
		o, err = tx.findOperator(func(o Operator) bool { return o.slot == h.slots[i].id })
		return err
	})
	o.Here = err == nil
	return o, err
}

// try tries a passphrase on the slots.
func (s *Store) try(name string, passphrase []byte) (header, int, error) {
	s.slots.Lock()
	defer s.slots.Unlock()
	h, err := readHeader(s.dir)
	if err != nil {
		return header{}, 0, err
	}
	var i int
	err = attempt(s.dir, s.clock(), func() error {
		var key dataKey
		key, i, err = h.unlock(name, passphrase)
		key.wipe()
		return err
	})
	return h, i, err
}

// ChangePassphrase replaces the passphrase of the operator named, or of whoever
// has the old one if name is "". Slots of a keyring that stand for it go. Either
// that happens in one step or, with an error, nothing does.
func (s *Store) ChangePassphrase(name string, old, new []byte) error {
	if err := s.changePassphrase(name, old, new); err != nil {
		return fmt.Errorf("changing the passphrase: %w", err)
	}
	return nil
}

func (s *Store) changePassphrase(name string, old, new []byte) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.mu.RUnlock()
	if err := checkNew(new); err != nil {
		return err
	}
	h, i, err := s.try(name, old)
	if err != nil {
		return err
	}
	was := h.slots[i]
	return s.wrapFor(Operator{Name: was.name, Role: roleNumbers[was.role], slot: was.id}, new)
}

// SignInNames are the names that can sign in at the store in dir, from its key
// slots, without opening it. Of a store from before there were names it is nil.
func SignInNames(dir string) ([]string, error) {
	h, err := readHeader(dir)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, s := range h.slots {
		if s.kind == slotPassphrase && !s.old {
			names = append(names, strings.Clone(s.name))
		}
	}
	return names, nil
}
