package carrier

import (
	"context"

	"sleutelbord/lock/bundle"
)

// Lockside is what a lock needs of a carrier: what may be its bundle, and a
// place for its receipt. Nothing that comes from there is trusted.
type Lockside interface {
	// Bundles gives what lies there for the lock, unverified and at most
	// [bundle.MaxSize] bytes each; of several, the one that came last stands
	// last. Nothing there is no error.
	Bundles(ctx context.Context, name bundle.LockName) ([][]byte, error)
	// Leave leaves the lock's receipt for the desk. It does not wait for a
	// network.
	Leave(ctx context.Context, name bundle.LockName, r bundle.Receipt) error
	// Vouches tells whether a lock that trusts nobody yet may begin with a
	// bundle of this signer: yes where somebody stands at the lock and brings
	// it by hand.
	Vouches(signer bundle.SignerKey) bool
}

// Sealed is a bundle on its way to a lock.
type Sealed struct {
	Name bundle.LockName
	Data []byte
}

var _ Lockside = (*Folder)(nil)
