package desk

import (
	"context"
	"errors"
	"fmt"

	"sleutelbord/nfc/keytag"
	"sleutelbord/store"
	"sleutelbord/store/shares"
)

// KeysView is where the site's keys are and what they are recognised by. It
// holds no key.
type KeysView struct {
	Kind store.CustodyKind `json:"kind"`
	// Checks are the key check values of the masters. The same keys have the
	// same, wherever they are.
	Checks []KeyCheck `json:"checks"`
	// Signer is the version of the key that signs bundles.
	Signer uint16 `json:"signer"`
	// Token has the keys, if Kind is "token".
	Token *TokenView `json:"token,omitempty"`
	// Left are tokens that may still hold keys of this site that are not used.
	Left []TokenView `json:"left"`
	// Problem is why the keys cannot be used now, "" if they can.
	Problem Code `json:"problem,omitempty"`
}

// KeyCheck is the key check value of a master.
type KeyCheck struct {
	Key   string `json:"key"`   // picc, application, locator or zone
	Check string `json:"check"` // six hexadecimal digits
}

// TokenView is a token as the records know it.
type TokenView struct {
	Module string `json:"module"`
	Label  string `json:"label"`
	Serial string `json:"serial"`
	// FirstSigner and LastSigner are the versions of the signing key in it.
	FirstSigner uint16 `json:"first_signer"`
	LastSigner  uint16 `json:"last_signer"`
}

func tokenView(r store.TokenRef) TokenView {
	return TokenView{
		Module: r.Module, Label: r.Label, Serial: r.Serial,
		FirstSigner: r.FirstSigner, LastSigner: r.FirstSigner + uint16(len(r.Signers)) - 1,
	}
}

// Keys tells where the site's keys are. Where a token has them and is not
// there, the key check values are those that were noted.
func (d *Desk) Keys(ctx context.Context) (KeysView, error) {
	v, err := d.keys(ctx)
	if err != nil {
		return KeysView{}, fmt.Errorf("looking at the keys: %w", err)
	}
	return v, nil
}

func (d *Desk) keys(ctx context.Context) (KeysView, error) {
	v := KeysView{Left: []TokenView{}}
	state, err := d.store.CustodyState(ctx)
	if err != nil {
		return v, err
	}
	err = d.store.View(ctx, func(tx *store.Tx) error {
		site, err := tx.Site()
		v.Signer = site.SignerVersion
		return err
	})
	if err != nil {
		return v, err
	}
	v.Kind = state.Kind
	if state.Token != nil {
		t := tokenView(*state.Token)
		v.Token = &t
	}
	for _, r := range state.Left {
		v.Left = append(v.Left, tokenView(r))
	}
	v.Problem = Explain(d.store.ProbeCustody()).Code
	for m := keytag.MasterPICC; m <= keytag.MasterZone; m++ {
		var check [3]byte
		if state.Token != nil {
			check = state.Token.Checks[m-1]
		} else if check, err = d.store.Custody().KeyCheckValue(m); err != nil {
			return v, err
		}
		v.Checks = append(v.Checks, KeyCheck{m.String(), fmt.Sprintf("%x", check)})
	}
	return v, nil
}

// Tokens names the tokens that a PKCS#11 library sees.
func (d *Desk) Tokens(module string) ([]store.TokenSeen, error) {
	all, err := d.store.Tokens(module)
	if err != nil {
		return nil, fmt.Errorf("looking for tokens: %w", err)
	}
	return all, nil
}

// TokenIn says into which token the keys are to be moved.
type TokenIn struct {
	Module string // absolute path of the PKCS#11 library
	Label  string
	Serial string // "" if the label is enough
	PIN    []byte // of its user; the caller wipes it
	// Shares are needed where a token has the keys already: to bring more
	// signing keys, or to change the token. nil are none.
	Shares *EnteredShares
	// Approval is that of a second custodian.
	Approval Approval
}

// MoveToToken moves the site's keys into a token, from where they do not come
// back: the root is erased from the records. That is why there must be a set of shares that has been
// rehearsed. It takes two custodians.
func (d *Desk) MoveToToken(ctx context.Context, in TokenIn) error {
	if err := d.moveToToken(ctx, in); err != nil {
		return fmt.Errorf("moving the keys into a token: %w", err)
	}
	d.log.Warn("the site's keys were moved into a token")
	return nil
}

func (d *Desk) moveToToken(ctx context.Context, in TokenIn) error {
	if d.store.Shared() { // said before anybody types a passphrase or a share
		return store.ErrTokenShared
	}
	who, err := d.approve(ctx, in.Approval)
	if err != nil {
		return err
	}
	sets, proven, err := d.knownSets(ctx)
	switch {
	case err != nil:
		return err
	case !proven:
		return errNoShares
	}
	ref, err := d.findToken(in)
	if err != nil {
		return err
	}
	move := store.TokenMove{Ref: ref, PIN: in.PIN}
	if in.Shares != nil {
		if move.Root, err = in.Shares.root(sets); err != nil {
			return err
		}
		defer move.Root.Wipe()
	}
	return d.store.MoveToToken(ctx, move, func(tx *store.Tx) error {
		return tx.Append(store.Entry{Operator: who, Act: actTokenIn, Subject: tokenSubject(ref)})
	})
}

// findToken completes what a person says of a token by what it says of itself.
func (d *Desk) findToken(in TokenIn) (store.TokenRef, error) {
	seen, err := d.store.Tokens(in.Module)
	if err != nil {
		return store.TokenRef{}, err
	}
	var ref store.TokenRef
	fits := 0
	for _, t := range seen {
		if (in.Label == "" || t.Label == in.Label) && (in.Serial == "" || t.Serial == in.Serial) {
			ref = store.TokenRef{Module: in.Module, Label: t.Label, Serial: t.Serial}
			fits++
		}
	}
	switch fits {
	case 0:
		return store.TokenRef{}, store.ErrTokenMissing
	case 1:
		return ref, nil
	}
	return store.TokenRef{}, &inputError{"serial", fmt.Sprintf("%d tokens fit: name one by its serial number", fits)}
}

// knownSets are the sets of shares that were made; proven tells whether one of
// them was ever shown to restore this site.
func (d *Desk) knownSets(ctx context.Context) (sets []shares.Set, proven bool, err error) {
	err = d.store.View(ctx, func(tx *store.Tx) error {
		all, err := tx.ShareSets()
		for _, s := range all {
			sets = append(sets, s.Set)
			proven = proven || s.Rehearsed != 0
		}
		return err
	})
	return sets, proven, err
}

func tokenSubject(r store.TokenRef) string { return fmt.Sprintf("token %s, %s", r.Label, r.Serial) }

// MoveFromToken moves the site's keys back into the records, from shares, since
// a token gives nothing back; it need not be there. It takes two custodians.
func (d *Desk) MoveFromToken(ctx context.Context, e *EnteredShares, a Approval) error {
	if err := d.moveFromToken(ctx, e, a); err != nil {
		return fmt.Errorf("moving the keys out of the token: %w", err)
	}
	d.log.Warn("the site's keys were moved out of a token")
	return nil
}

func (d *Desk) moveFromToken(ctx context.Context, e *EnteredShares, a Approval) error {
	if d.store.Shared() { // said before anybody types a passphrase or a share
		return store.ErrTokenShared
	}
	who, err := d.approve(ctx, a)
	if err != nil {
		return err
	}
	state, err := d.store.CustodyState(ctx)
	if err != nil {
		return err
	}
	if state.Token == nil {
		return store.ErrCustody
	}
	sets, _, err := d.knownSets(ctx)
	if err != nil {
		return err
	}
	root, err := e.root(sets)
	if err != nil {
		return err
	}
	defer root.Wipe()
	return d.store.MoveFromToken(ctx, root, func(tx *store.Tx) error {
		return tx.Append(store.Entry{Operator: who, Act: actTokenOut, Subject: tokenSubject(*state.Token)})
	})
}

// SetTokenPIN notes another PIN of the token: the right one after a wrong one,
// or after its officer changed it. It is tried once; if a wrong one would lock
// the token, only when told last. It takes a custodian.
func (d *Desk) SetTokenPIN(ctx context.Context, pin []byte, last bool) error {
	err := d.custodian()
	if err == nil {
		err = d.store.SetTokenPIN(ctx, pin, last)
	}
	if err != nil {
		return fmt.Errorf("noting the token's PIN: %w", err)
	}
	return nil
}

// ClearTokens removes keys that are not used any more from their tokens, as
// far as they are there, and tells what is left. With forget nothing is: tokens that are not
// there are taken off the list. It takes a custodian.
func (d *Desk) ClearTokens(ctx context.Context, forget bool) (KeysView, error) {
	err := d.custodian()
	if err == nil {
		err = d.store.ClearTokens(ctx, forget)
	}
	if err != nil {
		return KeysView{}, fmt.Errorf("clearing tokens: %w", err)
	}
	return d.Keys(ctx)
}

var errNoShares = errors.New("there are no shares that were proven to restore the site")
