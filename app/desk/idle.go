package desk

import (
	"context"
	"fmt"

	"sleutelbord/store"
)

// act notes that an act on a tag, a card or a stick is under way, until what it
// gives is called.
func (d *Desk) act() (end func()) {
	d.acting.RLock()
	return d.acting.RUnlock
}

// Lock locks the desk, when nobody has been there for a while: it waits for an
// act that is under way, closes the records and wipes the keys from memory, as
// far as that can be done. Until [Desk.Unlock] every method is refused. The
// records stay this program's.
func (d *Desk) Lock() error {
	d.acting.Lock()
	defer d.acting.Unlock()
	if err := d.store.Seal(); err != nil {
		return fmt.Errorf("locking the desk: %w", err)
	}
	d.log.Info("desk locked")
	return nil
}

// Locked tells whether the desk is locked.
func (d *Desk) Locked() bool { return d.store.Sealed() }

// Unlock opens a locked desk with the passphrase of the operator named, who
// acts from here on; "" is who acted before. Of a desk that is not locked it
// only checks the passphrase.
func (d *Desk) Unlock(ctx context.Context, operator string, passphrase []byte) error {
	if err := d.store.Unseal(ctx, operator, passphrase); err != nil {
		return fmt.Errorf("unlocking the desk: %w", err)
	}
	d.log.Info("desk unlocked")
	return nil
}

// SignInNames are the names that can sign in at the records in dir, so that
// they can be chosen from before anything is opened.
func SignInNames(dir string) ([]string, error) { return store.SignInNames(dir) }
