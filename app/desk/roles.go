package desk

import (
	"context"
	"fmt"
	"io"

	"sleutelbord/store"
)

// A caretaker does what a day at the counter brings. What touches the keys of
// the whole site, its operators or its journal is for custodians, and what a
// single one could abuse without a trace for two of them: four eyes. Roles are
// kept by this program: see docs/design.md for what that is worth against
// somebody who takes another program to the records.

// Approval is the consent of a second custodian to one act, given by typing
// the passphrase at the desk. The zero Approval is none.
type Approval struct {
	Operator   string // sign-in name
	Passphrase []byte // the caller wipes it
}

// Format hides the passphrase from every verb of package fmt.
func (a Approval) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, "[approval]") }

// who is how the journal names who acts.
func (d *Desk) who() string { return signature(d.store.Operator()) }

func signature(o store.Operator) string {
	if o.ID == 0 {
		return "shares"
	}
	return o.Name
}

// custodian refuses whoever is not one. Who put the site root together from
// shares is more than one.
func (d *Desk) custodian() error {
	if o := d.store.Operator(); o.ID != 0 && o.Role != store.Custodian {
		return fmt.Errorf("%w: %s is a caretaker", errCustodianOnly, o.Name)
	}
	return nil
}

// approve is four eyes: it wants who is signed in and a second custodian, and
// gives both names for the journal. The holders of the shares have agreed already.
func (d *Desk) approve(ctx context.Context, a Approval) (who string, err error) {
	if err := d.custodian(); err != nil {
		return "", err
	}
	me := d.store.Operator()
	if me.ID == 0 {
		return d.who(), nil
	}
	n, err := d.custodians(ctx)
	switch {
	case err != nil:
		return "", err
	case n < 2:
		return "", errOneCustodian
	case a.Operator == "" || len(a.Passphrase) == 0:
		return "", errSecondNeeded
	}
	second, err := d.store.VerifyOperator(ctx, a.Operator, a.Passphrase)
	switch {
	case err != nil:
		return "", fmt.Errorf("the second custodian: %w", err)
	case second.ID == me.ID:
		return "", errSamePerson
	case second.Role != store.Custodian:
		return "", fmt.Errorf("%w: %s is a caretaker", errSecondNeeded, second.Name)
	}
	return signature(me) + ", " + signature(second), nil
}

// custodians counts the custodians who may sign in.
func (d *Desk) custodians(ctx context.Context) (n int, err error) {
	all, err := d.store.Operators(ctx)
	for _, o := range all {
		if o.Revoked == 0 && o.Role == store.Custodian {
			n++
		}
	}
	return n, err
}

// approveAbout is who may make, unmake or change an operator of a role: a
// custodian, and about a custodian two of them as soon as there are two, since
// otherwise one could become two. About oneself, by name, one is enough.
func (d *Desk) approveAbout(ctx context.Context, role store.Role, name string, a Approval) (string, error) {
	if err := d.custodian(); err != nil {
		return "", err
	}
	me := d.store.Operator()
	if role != store.Custodian || name != "" && me.Name == name {
		return d.who(), nil
	}
	n, err := d.custodians(ctx)
	if err != nil {
		return "", err
	}
	if n < 2 {
		return d.who(), nil
	}
	return d.approve(ctx, a)
}
