package desk

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"sleutelbord/store"
)

// OperatorView is somebody who may sign in at the desk, or once did.
type OperatorView struct {
	Name    string     `json:"name"` // sign-in name
	Role    store.Role `json:"role"`
	Added   string     `json:"added"`             // day
	Revoked string     `json:"revoked,omitempty"` // day; "" while the operator may sign in
	Here    bool       `json:"here"`              // has a passphrase at this desk
	You     bool       `json:"you"`               // is signed in now
}

// NewOperator is somebody who shall sign in at the desk.
type NewOperator struct {
	Name       string // sign-in name, see [store.CheckSignIn]
	Role       store.Role
	Passphrase []byte // the caller wipes it
}

// Operators lists who may sign in, and who once did, in the order in which
// they were added.
func (d *Desk) Operators(ctx context.Context) ([]OperatorView, error) {
	all, err := d.store.Operators(ctx)
	if err != nil {
		return nil, fmt.Errorf("listing the operators: %w", err)
	}
	views := make([]OperatorView, 0, len(all))
	for _, o := range all {
		views = append(views, d.operatorView(o))
	}
	return views, nil
}

// Me is who is signed in.
func (d *Desk) Me() OperatorView { return d.operatorView(d.store.Operator()) }

func (d *Desk) operatorView(o store.Operator) OperatorView {
	return OperatorView{
		Name: o.Name, Role: o.Role, Added: day(o.Added), Revoked: day(o.Revoked), Here: o.Here,
		You: o.ID == d.store.Operator().ID,
	}
}

// AddOperator lets somebody sign in. A second custodian who is named by
// another one alone would make four eyes two: so where there are two
// already, adding a custodian takes two.
func (d *Desk) AddOperator(ctx context.Context, n NewOperator, a Approval) error {
	who, err := d.approveAbout(ctx, n.Role, "", a)
	if err == nil {
		err = d.checkNew(ctx, n.Name, n.Passphrase)
	}
	if err == nil {
		err = d.store.AddOperator(ctx, n.Name, n.Role, n.Passphrase, func(tx *store.Tx) error {
			return tx.Append(store.Entry{Operator: who, Act: actOperator, Subject: string(n.Role) + " " + n.Name})
		})
	}
	if errors.Is(err, store.ErrExists) {
		err = fmt.Errorf("%w: %s", errOperatorExists, n.Name)
	}
	if err != nil {
		return fmt.Errorf("adding operator %s: %w", n.Name, err)
	}
	return nil
}

// RevokeOperator ends that somebody can sign in. Of a custodian it takes two,
// unless it is oneself who goes. A site keeps at least one custodian.
func (d *Desk) RevokeOperator(ctx context.Context, name string, a Approval) error {
	o, err := d.operator(ctx, name)
	var who string
	if err == nil {
		who, err = d.approveAbout(ctx, o.Role, o.Name, a)
	}
	if err == nil {
		err = d.store.RevokeOperator(ctx, name, func(tx *store.Tx) error {
			return tx.Append(store.Entry{Operator: who, Act: actRevoked, Subject: o.Name})
		})
	}
	if err != nil {
		return fmt.Errorf("revoking operator %s: %w", name, err)
	}
	return nil
}

// ResetPassphrase gives somebody who has forgotten theirs a new one. Of a
// custodian it takes two others, or the shares; see [OpenWithRoot].
func (d *Desk) ResetPassphrase(ctx context.Context, name string, passphrase []byte, a Approval) error {
	o, err := d.operator(ctx, name)
	var who string
	if err == nil {
		who, err = d.approveAbout(ctx, o.Role, "", a)
	}
	if err == nil {
		err = d.checkNew(ctx, name, passphrase)
	}
	if err == nil {
		err = d.store.ResetOperator(ctx, name, passphrase, func(tx *store.Tx) error {
			return tx.Append(store.Entry{Operator: who, Act: actReset, Subject: o.Name})
		})
	}
	if err != nil {
		return fmt.Errorf("setting the passphrase of %s: %w", name, err)
	}
	return nil
}

// ChangePassphrase changes the passphrase of who is signed in.
func (d *Desk) ChangePassphrase(ctx context.Context, old, new []byte) error {
	me := d.store.Operator()
	err := d.checkNew(ctx, me.Name, new)
	if err == nil {
		err = d.store.ChangePassphrase(me.Name, old, new)
	}
	if err == nil {
		err = d.store.Update(ctx, func(tx *store.Tx) error { return d.journal(tx, actPassphrase, me.Name) })
	}
	if err != nil {
		return fmt.Errorf("changing the passphrase: %w", err)
	}
	return nil
}

// SetPolicy says what happens with chips that are not shown to be genuine.
func (d *Desk) SetPolicy(ctx context.Context, p store.Originality) error {
	err := d.custodian()
	if err == nil && p != store.RequireGenuine && p != store.WarnGenuine {
		err = &inputError{"originality", "the policy is require or warn"}
	}
	if err == nil {
		err = d.store.Update(ctx, func(tx *store.Tx) error {
			site, err := tx.Site()
			if err != nil || site.Policy == p {
				return err
			}
			site.Policy = p
			if err := tx.PutSite(&site); err != nil {
				return err
			}
			return d.journal(tx, actPolicy, string(p))
		})
	}
	if err != nil {
		return fmt.Errorf("changing the policy: %w", err)
	}
	return nil
}

// operator is the one who may sign in by this name.
func (d *Desk) operator(ctx context.Context, name string) (store.Operator, error) {
	if err := d.custodian(); err != nil {
		return store.Operator{}, err
	}
	all, err := d.store.Operators(ctx)
	if err != nil {
		return store.Operator{}, err
	}
	for _, o := range all {
		if o.Revoked == 0 && strings.EqualFold(o.Name, name) {
			return o, nil
		}
	}
	return store.Operator{}, store.ErrNoOperator
}

// checkNew refuses a sign-in name that cannot be one, and a passphrase that is
// too easy to guess.
func (d *Desk) checkNew(ctx context.Context, name string, passphrase []byte) error {
	if store.CheckSignIn(name) != nil {
		return &inputError{"name", fmt.Sprintf("1 to %d letters, digits and - _ . @", store.MaxSignIn)}
	}
	var site store.Site
	err := d.store.View(ctx, func(tx *store.Tx) (err error) { site, err = tx.Site(); return err })
	if err != nil || site.Practice {
		return err
	}
	return checkPassphrase(passphrase, site.Name, name)
}
