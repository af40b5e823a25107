package store

import "errors"

// Errors of opening and using a store. Their text says what to do.
var (
	// ErrPassphrase: the passphrase opens none of the key slots. Nothing was changed.
	ErrPassphrase = errors.New("wrong passphrase")
	// ErrNoOperator: nobody signs in here by this name, or they were revoked.
	ErrNoOperator = errors.New("nobody signs in here by this name")
	// ErrWrongRoot: the site root, put together from shares, is another site's.
	ErrWrongRoot = errors.New("these shares are of another site")
	// ErrLastCustodian: without a custodian nobody could look after the site.
	ErrLastCustodian = errors.New("the last custodian of a site stays")
	// ErrNoStore: the folder holds no store.
	ErrNoStore = errors.New("there are no records here: name the right folder, or create a site first")
	// ErrNewerSchema: a newer program has changed the format of the records or of the key slots.
	ErrNewerSchema = errors.New("the records were written by a newer version of this program: update the program")
	// ErrNetworkFS: records may only lie on a disk of this computer.
	ErrNetworkFS = errors.New("records on a network drive get damaged: choose a folder on a disk of this computer")
	// ErrLocked: one program at a time.
	ErrLocked = errors.New("the records are open in another program: close it first")
	// ErrDamaged: what is stored cannot be what was written.
	ErrDamaged = errors.New("the records are damaged: restore the latest backup")
	// ErrFull: nothing of the transaction was kept.
	ErrFull = errors.New("the disk is full: make room and do it again")
	// ErrClosed: the store was closed.
	ErrClosed = errors.New("the records are closed")
	// ErrInvalid: a record that may not be stored, such as a home without a name.
	ErrInvalid = errors.New("not a valid record")
	// ErrCounter: epochs, generations, floors and sequences never go down.
	ErrCounter = errors.New("counters never go down")
	// ErrReadOnly: a change inside [Store.View].
	ErrReadOnly = errors.New("changes are made in an update")
)
