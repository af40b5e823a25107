package command

import (
	"fmt"
	"io"
	"strings"

	"sleutelbord/app/desk"
	"sleutelbord/store"
)

// tokenPINVar names the environment variable that names the file with a
// token's PIN.
const tokenPINVar = "SLEUTELBORD_TOKEN_PIN_FILE"

type siteKeysCmd struct{}

func (c *siteKeysCmd) Run(a *app) error {
	return a.withDesk(func(d *desk.Desk) error { return a.showKeys(d) })
}

func (a *app) showKeys(d *desk.Desk) error {
	keys, err := d.Keys(a.ctx)
	if err != nil {
		return err
	}
	return a.show(keys, func(w io.Writer) error { return writeKeys(w, keys) })
}

func writeKeys(w io.Writer, k desk.KeysView) error {
	where := "The keys are in the records."
	if k.Token != nil {
		where = fmt.Sprintf("The keys are in the token %q, serial number %s, through %s. It has the signing keys %d to %d; number %d signs.",
			k.Token.Label, k.Token.Serial, k.Token.Module, k.Token.FirstSigner, k.Token.LastSigner, k.Signer)
	}
	if err := say(w, "%s\n", where); err != nil {
		return err
	}
	var rows [][]string
	for _, c := range k.Checks {
		rows = append(rows, []string{c.Key, c.Check})
	}
	if err := table(w, "", []string{"KEY", "CHECK VALUE"}, rows); err != nil {
		return err
	}
	if k.Problem != "" {
		what, do := problemWords(k.Problem, nil)
		if err := say(w, "%s. %s\n", what, do); err != nil {
			return err
		}
	}
	for _, t := range k.Left {
		if err := say(w, "Keys that are not used any more may still be in the token %q, serial number %s: sleutelbord site token clear\n", t.Label, t.Serial); err != nil {
			return err
		}
	}
	return nil
}

type siteTokenCmd struct {
	List  tokenListCmd  `cmd:"" help:"List the tokens that a PKCS#11 library sees."`
	In    tokenInCmd    `cmd:"" help:"Move the site's keys into a token, which uses them and never gives them back."`
	Out   tokenOutCmd   `cmd:"" help:"Move the site's keys from shares back into the records; the token need not be there."`
	PIN   tokenPINCmd   `cmd:"" name:"pin" help:"Note another PIN of the token."`
	Clear tokenClearCmd `cmd:"" help:"Remove keys that are not used any more from their tokens."`
}

type moduleFlag struct {
	Module string `required:"" help:"PKCS#11 library of the token's maker: an absolute path." placeholder:"FILE"`
}

type tokenListCmd struct{ moduleFlag }

func (c *tokenListCmd) Run(a *app) error {
	return a.withDesk(func(d *desk.Desk) error {
		all, err := d.Tokens(c.Module)
		if err != nil {
			return err
		}
		doc := map[string][]store.TokenSeen{"tokens": orEmpty(all)}
		return a.show(doc, func(w io.Writer) error { return writeTokens(w, all) })
	})
}

func writeTokens(w io.Writer, all []store.TokenSeen) error {
	var rows [][]string
	for _, t := range all {
		var notes []string
		for _, n := range []struct {
			is   bool
			text string
		}{
			{!t.Fits, "cannot keep a site's keys"},
			{t.LockedPIN, "locked"},
			{t.LastPIN && !t.LockedPIN, "one try of the PIN left"},
			{t.LowPIN && !t.LastPIN && !t.LockedPIN, "a wrong PIN was tried"},
		} {
			if n.is {
				notes = append(notes, n.text)
			}
		}
		rows = append(rows, []string{t.Label, t.Serial, strings.TrimSpace(t.Manufacturer + " " + t.Model), strings.Join(notes, ", ")})
	}
	return table(w, "No token is there.", []string{"LABEL", "SERIAL NUMBER", "MADE BY", ""}, rows)
}

type tokenInCmd struct {
	moduleFlag
	Label  string `help:"Label of the token, where there are several." placeholder:"NAME"`
	Serial string `help:"Serial number of the token, where several have one label." placeholder:"NUMBER"`
	Shares bool   `help:"The keys are in a token already: type shares of them, to bring the next signing keys or to change the token."`
	secondFlags
	Files []string `arg:"" optional:"" name:"file" help:"With --shares, photo or scan of a page (PNG, JPEG), or its text, instead of typing."`
}

func (c *tokenInCmd) Run(a *app) error {
	return a.withDesk(func(d *desk.Desk) error {
		in := desk.TokenIn{Module: c.Module, Label: c.Label, Serial: c.Serial}
		var err error
		if in.Approval, err = a.approval(c.secondFlags); err != nil {
			return err
		}
		defer clear(in.Approval.Passphrase)
		if in.PIN, err = a.secret(tokenPINVar, "PIN of the token: "); err != nil {
			return err
		}
		defer clear(in.PIN)
		if c.Shares || len(c.Files) > 0 {
			in.Shares, err = a.enterShares(c.Files)
			defer in.Shares.Wipe()
			if err != nil {
				return err
			}
		}
		if err := d.MoveToToken(a.ctx, in); err != nil {
			return err
		}
		return a.showKeys(d)
	})
}

type tokenOutCmd struct {
	secondFlags
	Files []string `arg:"" optional:"" name:"file" help:"Photo or scan of a page (PNG, JPEG), or its text. Without any, the lines are typed."`
}

func (c *tokenOutCmd) Run(a *app) error {
	return a.withDesk(func(d *desk.Desk) error {
		second, err := a.approval(c.secondFlags)
		if err != nil {
			return err
		}
		defer clear(second.Passphrase)
		e, err := a.enterShares(c.Files)
		defer e.Wipe()
		if err != nil {
			return err
		}
		if err := d.MoveFromToken(a.ctx, e, second); err != nil {
			return err
		}
		return a.showKeys(d)
	})
}

type tokenPINCmd struct {
	LastTry bool `help:"Try it although a wrong one would lock the token for good."`
}

func (c *tokenPINCmd) Run(a *app) error {
	return a.withDesk(func(d *desk.Desk) error {
		pin, err := a.secret(tokenPINVar, "PIN of the token: ")
		if err != nil {
			return err
		}
		defer clear(pin)
		if err := d.SetTokenPIN(a.ctx, pin, c.LastTry); err != nil {
			return err
		}
		return a.showKeys(d)
	})
}

type tokenClearCmd struct {
	Forget bool `help:"Also take tokens off the list that are not there and never will be."`
}

func (c *tokenClearCmd) Run(a *app) error {
	return a.withDesk(func(d *desk.Desk) error {
		keys, err := d.ClearTokens(a.ctx, c.Forget)
		if err != nil {
			return err
		}
		return a.show(keys, func(w io.Writer) error { return writeKeys(w, keys) })
	})
}
