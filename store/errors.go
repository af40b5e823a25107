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
	// ErrSealed: the desk is locked, see [Store.Seal].
	ErrSealed = errors.New("the desk is locked: the passphrase opens it")
	// ErrClosed: the store was closed.
	ErrClosed = errors.New("the records are closed")
	// ErrInvalid: a record that may not be stored, such as a home without a name.
	ErrInvalid = errors.New("not a valid record")
	// ErrCounter: epochs, generations, floors and sequences never go down.
	ErrCounter = errors.New("counters never go down")
	// ErrTokenMissing: the token that has the site's keys is not plugged in, or was taken out.
	ErrTokenMissing = errors.New("the token with the site's keys is not there: plug it in")
	// ErrTokenModule: the PKCS#11 library is missing or no such library, or this program has no part that reaches tokens.
	ErrTokenModule = errors.New("the library of the token cannot be used: install it, or correct its path")
	// ErrTokenPIN: the token refuses the PIN, or was given a wrong one since it was last opened.
	ErrTokenPIN = errors.New("the token refuses the PIN")
	// ErrTokenLastTry: one more wrong PIN locks the token for good, so it is not tried.
	ErrTokenLastTry = errors.New("the token allows one more try of its PIN, and locks itself after a wrong one")
	// ErrTokenLocked: too many wrong PINs.
	ErrTokenLocked = errors.New("the token has locked itself after too many wrong PINs: its officer unlocks it")
	// ErrTokenOther: the token is there, but its keys are not this site's.
	ErrTokenOther = errors.New("the keys in the token are not those of this site")
	// ErrTokenRefused: the token cannot do what a site's keys need.
	ErrTokenRefused = errors.New("the token refuses: it cannot keep or use these keys")
	// ErrTokenSigner: the token has no signing key of this version.
	ErrTokenSigner = errors.New("the token has no signing key of this version: put the root together from its shares and move it into the token again")
	// ErrTokenShared: other desks of the site hold its keys as well.
	ErrTokenShared = errors.New("the keys of a site with several desks stay where they are: move the site to one desk first")
	// ErrRootAway: the root is not in these records.
	ErrRootAway = errors.New("the site root is not in the records: it exists as shares only")
	// ErrCustody: the keys are already where they are to be moved.
	ErrCustody = errors.New("the keys are not there to be moved from")
	// ErrReadOnly: a change inside [Store.View].
	ErrReadOnly = errors.New("changes are made in an update")
)
