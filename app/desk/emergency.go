package desk

import (
	"context"
	"errors"
	"fmt"

	"sleutelbord/store"
)

// OpenWithRoot opens the desk with the site root, put together from shares, for
// when no custodian can sign in. It sets a new passphrase: that of the
// custodian whom the options name, or of a new one by that name. Everybody
// else's stays as it is, and the journal says what was done. The caller wipes root.
func OpenWithRoot(ctx context.Context, o Options, root store.Root) (*Desk, error) {
	o.complete()
	s, err := store.OpenWithRoot(ctx, o.Dir, root, o.Store)
	if err != nil {
		return nil, fmt.Errorf("opening the records with shares: %w", err)
	}
	d := newDesk(s, o)
	if err := d.takeOver(ctx, o); err != nil {
		return nil, errors.Join(fmt.Errorf("opening the records with shares: %w", err), s.Close())
	}
	d.log.Warn("opened with shares")
	return d, nil
}

// takeOver makes the options' operator a custodian who signs in with their passphrase.
func (d *Desk) takeOver(ctx context.Context, o Options) error {
	name := o.Operator
	if name == "" {
		name = store.FirstOperator
	}
	if err := d.checkNew(ctx, name, o.Passphrase); err != nil {
		return err
	}
	note := func(tx *store.Tx) error { return d.journal(tx, actEmergency, name) }
	known, err := d.operator(ctx, name)
	switch {
	case errors.Is(err, store.ErrNoOperator):
		return d.store.AddOperator(ctx, name, store.Custodian, o.Passphrase, note)
	case err != nil:
		return err
	case known.Role != store.Custodian:
		return fmt.Errorf("%w: %s is a caretaker", errOperatorExists, known.Name)
	}
	return d.store.ResetOperator(ctx, name, o.Passphrase, note)
}
