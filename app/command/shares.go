package command

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"sleutelbord/app/desk"
	"sleutelbord/assets"
)

type siteSharesCmd struct {
	Make     sharesMakeCmd     `cmd:"" help:"Split the site's keys into pages to print, of which any K restore them."`
	Rehearse sharesRehearseCmd `cmd:"" help:"Prove that printed shares restore this very site; it changes nothing but the day of the last rehearsal."`
	Restore  sharesRestoreCmd  `cmd:"" help:"Open the records with shares, when no custodian's passphrase is known any more, and set a new one."`
}

type sharesMakeCmd struct {
	Threshold int      `required:"" help:"How many shares restore the keys, 2 to 15." placeholder:"K"`
	Of        int      `required:"" help:"How many shares there are, K to 15." placeholder:"N"`
	Dir       string   `arg:"" help:"Folder for the pages (PDF), each of which is a part of the master key."`
	Language  string   `help:"Language of the pages (default: that of the system)." placeholder:"nl|en"`
	From      []string `help:"Where a token has the site's keys: a share of the earlier set, photo or scan of its page, or its text. Once per share." placeholder:"FILE" sep:"none"`
	Later     bool     `help:"Do not ask for the printed shares now; rehearse soon."`
	secondFlags
}

func (c *sharesMakeCmd) Run(a *app) error {
	return a.withDesk(func(d *desk.Desk) error {
		second, err := a.approval(c.secondFlags)
		if err != nil {
			return err
		}
		defer clear(second.Passphrase)
		lang := c.Language
		if lang == "" {
			lang = assets.SystemLanguage(a.env.Getenv)
		}
		spec := desk.SharesSpec{Threshold: c.Threshold, Of: c.Of, Dir: c.Dir, Lang: lang, Approval: second}
		if len(c.From) > 0 {
			spec.From, err = a.enterShares(c.From)
			defer spec.From.Wipe()
			if err != nil {
				return err
			}
		}
		made, err := d.MakeShares(a.ctx, spec)
		if err != nil {
			return err
		}
		if err := a.show(made, func(w io.Writer) error { return c.write(w, made) }); err != nil {
			return err
		}
		if c.Later || a.JSON || !a.env.CanAsk() {
			return nil
		}
		return a.rehearse(d, nil)
	})
}

func (c *sharesMakeCmd) write(w io.Writer, made desk.SharesMade) error {
	for _, f := range made.Files {
		if err := say(w, "%s\n", f); err != nil {
			return err
		}
	}
	return say(w, "Set %s, check value %s: any %d of these %d pages restore the keys of the site.\n"+
		"Print them, give each to another keeper, and erase the files. Then prove that they work: sleutelbord site shares rehearse\n",
		made.Set, made.Check, made.Threshold, made.Of)
}

type sharesRehearseCmd struct {
	Files []string `arg:"" optional:"" name:"file" help:"Photo or scan of a page (PNG, JPEG), or its text. Without any, the lines are typed."`
}

func (c *sharesRehearseCmd) Run(a *app) error {
	return a.withDesk(func(d *desk.Desk) error { return a.rehearse(d, c.Files) })
}

func (a *app) rehearse(d *desk.Desk, files []string) error {
	e, err := a.enterShares(files)
	defer e.Wipe()
	if err != nil {
		return err
	}
	done, err := d.Rehearse(a.ctx, e)
	if err != nil {
		return err
	}
	return a.show(done, func(w io.Writer) error {
		if err := say(w, "These shares restore this very site. Set %s, check value %s.\n", done.Set, done.Check); err != nil {
			return err
		}
		if !done.Known {
			return say(w, "The records do not know the set: it is newer than the backup that they come from. Make a new one.\n")
		}
		if done.Next == "" {
			return nil
		}
		return say(w, "The next rehearsal is due on %s.\n", done.Next)
	})
}

type sharesRestoreCmd struct {
	Files []string `arg:"" optional:"" name:"file" help:"Photo or scan of a page (PNG, JPEG), or its text. Without any, the lines are typed."`
}

func (c *sharesRestoreCmd) Run(a *app) (err error) {
	dir, err := a.storeDir()
	if err != nil {
		return err
	}
	e, err := a.enterShares(c.Files)
	defer e.Wipe()
	if err != nil {
		return err
	}
	pass, err := a.newSecret(newFileVar, "New passphrase: ")
	if err != nil {
		return err
	}
	defer clear(pass)
	d, err := desk.OpenWithShares(a.ctx, a.deskOptions(dir, pass), e)
	if err != nil {
		return recordsFolder(err)
	}
	defer closeDesk(d, &err)
	me := d.Me()
	return a.show(me, func(w io.Writer) error {
		return say(w, "The records are open again. %s signs in with the new passphrase.\n", me.Name)
	})
}

// enterShares takes shares from files, or from what is typed. The caller wipes
// them, also after an error.
func (a *app) enterShares(files []string) (*desk.EnteredShares, error) {
	e := new(desk.EnteredShares)
	for _, f := range files {
		if _, err := e.ReadFile(f); err != nil {
			return e, ofShareFile(f, err)
		}
	}
	if len(files) > 0 {
		return e, nil
	}
	return e, a.typeShares(e)
}

// ofShareFile says which file could not be taken for a share.
func ofShareFile(file string, err error) error {
	c := errShareFile
	p := desk.Explain(err)
	if p.Code == desk.CodeInternal || p.Code == desk.CodeBundleFolder || p.Code == desk.CodeStoreFolder {
		c.what = fmt.Sprintf("%s cannot be read.", file)
		return c.because(err)
	}
	what, do := problemWords(p.Code, p.Args)
	c.code, c.what, c.do = p.Code, fmt.Sprintf("%s: %s.", file, what), do
	return c.because(err)
}

// typeShares takes shares line by line until there are enough. At a terminal a
// line with a mistake is asked for again; an empty one takes the suggestion. A
// script's mistake ends it.
func (a *app) typeShares(e *desk.EnteredShares) error {
	in := bufio.NewScanner(io.LimitReader(a.env.Stdin, 1<<16))
	suggestion := ""
	for number := 1; ; {
		if err := say(a.env.Stderr, "Share %d, line %d of %d: ", number, e.Line(), desk.LinesOfShare); err != nil {
			return err
		}
		if !in.Scan() {
			return errors.Join(errFewLines.because(in.Err()), say(a.env.Stderr, "\n"))
		}
		text := in.Text()
		if strings.TrimSpace(text) == "" {
			text = suggestion
		}
		if suggestion = ""; text == "" {
			continue
		}
		s, err := e.Type(text)
		t, typing := desk.TypingOf(err)
		switch {
		case typing && a.env.CanAsk():
			suggestion = t.Suggestion
			if err := a.sayTyping(t); err != nil {
				return err
			}
		case err != nil:
			return err
		case s != nil:
			if err := a.sayShare(*s); err != nil || s.Missing == 0 {
				return err
			}
			number++
		}
	}
}

// sayTyping tells where to look again.
func (a *app) sayTyping(t desk.Typing) error {
	where := "These six lines are not of one page: begin again with line 1."
	switch {
	case t.Belongs > 0:
		where = fmt.Sprintf("This is line %d; type line %d.", t.Belongs, t.Line)
	case t.Group > 0:
		where = fmt.Sprintf("Line %d, group %d: look again.", t.Line, t.Group)
	case t.Line > 0:
		where = fmt.Sprintf("Line %d: look again.", t.Line)
	}
	if t.Suggestion != "" {
		where += fmt.Sprintf("\nIs it %s? Then press Enter.", t.Suggestion)
	}
	return say(a.env.Stderr, "%s\n", where)
}

func (a *app) sayShare(s desk.EnteredShare) error {
	again := ""
	if s.Again {
		again = " It was entered before."
	}
	return say(a.env.Stderr, "Share %d of %d, set %s, check value %s.%s Still needed: %d.\n", s.Index, s.Of, s.Set, s.Check, again, s.Missing)
}
