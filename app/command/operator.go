package command

import (
	"io"

	"sleutelbord/app/desk"
	"sleutelbord/store"
)

type operatorCmd struct {
	List       operatorListCmd       `cmd:"" help:"List who may sign in, and who once did."`
	Add        operatorAddCmd        `cmd:"" help:"Let somebody sign in."`
	Revoke     operatorRevokeCmd     `cmd:"" help:"End that somebody can sign in."`
	Remember   operatorRememberCmd   `cmd:"" help:"Let this desktop's keyring open the records for you; see --keyring."`
	Forget     operatorForgetCmd     `cmd:"" help:"End that the keyring opens the records for you."`
	Passphrase operatorPassphraseCmd `cmd:"" help:"Change your passphrase, or set that of somebody who forgot theirs."`
}

type operatorListCmd struct{}

func (c *operatorListCmd) Run(a *app) error {
	return a.withDesk(func(d *desk.Desk) error {
		all, err := d.Operators(a.ctx)
		if err != nil {
			return err
		}
		doc := map[string][]desk.OperatorView{"operators": orEmpty(all)}
		return a.show(doc, func(w io.Writer) error { return writeOperators(w, all) })
	})
}

func writeOperators(w io.Writer, all []desk.OperatorView) error {
	var rows [][]string
	for _, o := range all {
		state := "since " + o.Added
		switch {
		case o.Revoked != "":
			state = "revoked " + o.Revoked
		case !o.Here:
			state += ", no passphrase at this desk"
		case o.You:
			state += ", you"
		}
		rows = append(rows, []string{o.Name, string(o.Role), state})
	}
	return table(w, "Nobody.", []string{"NAME", "ROLE", ""}, rows)
}

// secondFlags name the second custodian of an act that takes two.
type secondFlags struct {
	Second string `help:"Sign-in name of the second custodian, where it takes two; asked for their passphrase." placeholder:"NAME"`
}

// approval asks for the passphrase of the second custodian, if one is named. The
// caller wipes it.
func (a *app) approval(f secondFlags) (desk.Approval, error) {
	if f.Second == "" {
		return desk.Approval{}, nil
	}
	p, err := a.secret(secondFileVar, "Passphrase of "+f.Second+": ")
	return desk.Approval{Operator: f.Second, Passphrase: p}, err
}

type operatorAddCmd struct {
	secondFlags
	Name string `arg:"" help:"Sign-in name: up to 32 letters, digits and - _ . @."`
	Role string `enum:"caretaker,custodian" default:"caretaker" help:"What they may do: caretaker (hand out and take back) or custodian (also keys, operators and journal)."`
}

func (c *operatorAddCmd) Run(a *app) error {
	return a.changeOperator(c.secondFlags, c.Name, true, func(d *desk.Desk, s passphrases) error {
		return d.AddOperator(a.ctx, desk.NewOperator{Name: c.Name, Role: store.Role(c.Role), Passphrase: s.fresh}, s.second)
	})
}

type operatorRevokeCmd struct {
	secondFlags
	Name string `arg:"" help:"Sign-in name."`
}

func (c *operatorRevokeCmd) Run(a *app) error {
	return a.changeOperator(c.secondFlags, c.Name, false, func(d *desk.Desk, s passphrases) error {
		return d.RevokeOperator(a.ctx, c.Name, s.second)
	})
}

type operatorPassphraseCmd struct {
	secondFlags
	Name string `arg:"" optional:"" help:"Sign-in name of somebody who forgot theirs; without it, yours is changed."`
}

func (c *operatorPassphraseCmd) Run(a *app) error {
	return a.changeOperator(c.secondFlags, c.Name, true, func(d *desk.Desk, s passphrases) error {
		if c.Name == "" {
			return d.ChangePassphrase(a.ctx, s.own, s.fresh)
		}
		return d.ResetPassphrase(a.ctx, c.Name, s.fresh, s.second)
	})
}

type operatorRememberCmd struct{}

func (c *operatorRememberCmd) Run(a *app) error {
	return a.withDesk(func(d *desk.Desk) error {
		if err := d.Remember(a.ctx); err != nil {
			return err
		}
		return a.showRemembered(true, "The keyring opens the records for "+d.Me().Name+", with --keyring.")
	})
}

type operatorForgetCmd struct{}

func (c *operatorForgetCmd) Run(a *app) error {
	return a.withDesk(func(d *desk.Desk) error {
		if err := d.Forget(a.ctx); err != nil {
			return err
		}
		return a.showRemembered(false, "The keyring opens nothing for "+d.Me().Name+" any more.")
	})
}

func (a *app) showRemembered(is bool, text string) error {
	return a.show(map[string]bool{"remembered": is}, func(w io.Writer) error { return say(w, "%s\n", text) })
}

// passphrases are those of an act on operators.
type passphrases struct {
	own, fresh []byte
	second     desk.Approval
}

func (s passphrases) wipe() {
	clear(s.own)
	clear(s.fresh)
	clear(s.second.Passphrase)
}

// changeOperator asks for the passphrases that an act takes, does it, and shows
// the operators.
func (a *app) changeOperator(f secondFlags, name string, fresh bool, act func(*desk.Desk, passphrases) error) error {
	return a.withDeskBy(func(d *desk.Desk, own []byte) (err error) {
		s := passphrases{own: append([]byte(nil), own...)}
		defer func() { s.wipe() }()
		if fresh {
			if name == "" {
				name = "you"
			}
			if s.fresh, err = a.newSecret(newFileVar, "New passphrase of "+name+": "); err != nil {
				return err
			}
		}
		if s.second, err = a.approval(f); err != nil {
			return err
		}
		if err := act(d, s); err != nil {
			return err
		}
		all, err := d.Operators(a.ctx)
		if err != nil {
			return err
		}
		doc := map[string][]desk.OperatorView{"operators": orEmpty(all)}
		return a.show(doc, func(w io.Writer) error { return writeOperators(w, all) })
	})
}
