package desk

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"sleutelbord/internal/mistake"
	"sleutelbord/store"

	"github.com/zalando/go-keyring"
)

// The desktop's keyring can open the records for who is logged in to the
// computer: a convenience, for a desk behind a locked door. It holds a random
// secret for a key slot of its own, never a passphrase. There is always the
// passphrase beside it.

// keyringService is under which the secrets stand in a keyring.
const keyringService = "sleutelbord"

// keyringPatience is how long a keyring may take to answer; one that asks
// somebody to unlock it first can take for ever.
const keyringPatience = 20 * time.Second

var (
	errNoKeyring     = errors.New("there is no keyring that answers")
	errNotRemembered = errors.New("the keyring does not open these records")
)

// ask asks the keyring, for so long as it may take.
func ask[T any](ctx context.Context, patience time.Duration, f func() (T, error)) (T, error) {
	type answer struct {
		v   T
		err error
	}
	var zero T
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	got := make(chan answer, 1) // who asked may have gone
	go func() {
		var a answer
		err := mistake.Guard(func() (err error) {
			a.v, err = f()
			return err
		})
		a.err = err
		got <- a
	}()
	select {
	case a := <-got:
		switch {
		case errors.Is(a.err, keyring.ErrNotFound):
			return zero, errNotRemembered
		case a.err != nil:
			return zero, fmt.Errorf("%w: %w", errNoKeyring, a.err)
		}
		return a.v, nil
	case <-ctx.Done():
		if err := context.Cause(ctx); !errors.Is(err, context.DeadlineExceeded) {
			return zero, err
		}
		return zero, fmt.Errorf("%w within %v", errNoKeyring, patience)
	}
}

func nothing(f func() error) func() (struct{}, error) {
	return func() (struct{}, error) { return struct{}{}, f() }
}

// Remember lets the desktop's keyring open the records for who is signed in, until
// their passphrase changes or [Desk.Forget].
func (d *Desk) Remember(ctx context.Context) error {
	name, err := store.KeyringName(d.dir, d.store.Operator().Name)
	var secret []byte
	if err == nil {
		secret, err = d.store.AddKeyring(ctx)
	}
	if err == nil {
		defer clear(secret)
		_, err = ask(ctx, keyringPatience, nothing(func() error { return keyring.Set(keyringService, name, hex.EncodeToString(secret)) }))
		if err != nil {
			err = errors.Join(err, d.store.DropKeyring(ctx))
		}
	}
	if err != nil {
		return fmt.Errorf("remembering in the keyring: %w", err)
	}
	return nil
}

// Forget ends what [Desk.Remember] began. A keyring that does not answer keeps a
// secret that opens nothing.
func (d *Desk) Forget(ctx context.Context) error {
	name, err := store.KeyringName(d.dir, d.store.Operator().Name)
	if err == nil {
		err = d.store.DropKeyring(ctx)
	}
	if err == nil {
		_, err = ask(ctx, keyringPatience, nothing(func() error { return keyring.Delete(keyringService, name) }))
	}
	if err != nil && !errors.Is(err, errNotRemembered) {
		return fmt.Errorf("forgetting in the keyring: %w", err)
	}
	return nil
}

// OpenRemembered opens the desk by the desktop's keyring, for the operator whom the
// options name, or for the first whom it remembers. The options' passphrase is
// not looked at.
func OpenRemembered(ctx context.Context, o Options) (*Desk, error) {
	o.complete()
	names := []string{o.Operator}
	if o.Operator == "" {
		var err error
		if names, err = store.SignInNames(o.Dir); err != nil {
			return nil, fmt.Errorf("opening the records: %w", err)
		}
	}
	err := errNotRemembered
	for _, n := range names {
		var d *Desk
		if d, err = openRemembered(ctx, o, n); err == nil {
			return d, nil
		}
		if !errors.Is(err, errNotRemembered) {
			break
		}
	}
	return nil, fmt.Errorf("opening the records by the keyring: %w", err)
}

func openRemembered(ctx context.Context, o Options, operator string) (*Desk, error) {
	name, err := store.KeyringName(o.Dir, operator)
	if err != nil {
		return nil, err
	}
	text, err := ask(ctx, keyringPatience, func() (string, error) { return keyring.Get(keyringService, name) })
	if err != nil {
		return nil, err
	}
	secret, err := hex.DecodeString(text)
	if err != nil {
		return nil, errNotRemembered
	}
	defer clear(secret)
	s, err := store.OpenWithKeyring(ctx, o.Dir, secret, o.Store)
	if errors.Is(err, store.ErrPassphrase) {
		return nil, errNotRemembered // the passphrase has changed since
	}
	if err != nil {
		return nil, err
	}
	return opened(ctx, s, o), nil
}
