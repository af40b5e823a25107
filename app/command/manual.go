package command

import (
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"
)

// manualCmd prints the manual page in the man macros of roff. It is made of the
// grammar, so that it tells the commands that there are.
type manualCmd struct{}

func (c *manualCmd) Run(a *app) error { return a.grammar.writeManual(a.env.Stdout, a.env) }

func (g grammar) writeManual(w io.Writer, env Env) error {
	root, _ := g.root()
	k, err := g.parser(root, env, func(int) {})
	if err != nil {
		return err
	}
	var s strings.Builder
	fmt.Fprintf(&s, ".TH %s 1 \"\" \"Sleutelbord %s\" \"Sleutelbord\"\n", strings.ToUpper(g.name), roff(env.Version))
	fmt.Fprintf(&s, ".SH NAME\n%s \\- %s\n", roff(g.name), roff(g.does))
	fmt.Fprintf(&s, ".SH SYNOPSIS\n.B %s\n[\\fIcommand\\fR] [\\fIflags\\fR]\n", roff(g.name))
	s.WriteString(".SH DESCRIPTION\n")
	for i, paragraph := range strings.Split(g.description, "\n\n") {
		if i > 0 {
			s.WriteString(".PP\n")
		}
		s.WriteString(roff(paragraph) + "\n")
	}
	s.WriteString(".SH FLAGS OF EVERY COMMAND\n")
	manualFlags(&s, k.Model.Flags)
	s.WriteString(".SH COMMANDS\n")
	for _, leaf := range k.Model.Leaves(true) {
		manualCommand(&s, leaf)
	}
	s.WriteString(".SH ENVIRONMENT\n.TP\n.B SLEUTELBORD_PASSPHRASE_FILE\nA file that only its owner can read, with the passphrase of the records.\n")
	s.WriteString(".SH SEE ALSO\n" + roff("/usr/share/doc/"+g.name) + "\n")
	return say(w, "%s", s.String())
}

func manualCommand(s *strings.Builder, n *kong.Node) {
	fmt.Fprintf(s, ".SS %s\n%s\n", roff(n.Summary()), roff(n.Help))
	for _, p := range n.Positional {
		if p.Help != "" {
			fmt.Fprintf(s, ".TP\n.I %s\n%s\n", roff(p.Summary()), roff(p.Help))
		}
	}
	manualFlags(s, n.Flags)
}

func manualFlags(s *strings.Builder, flags []*kong.Flag) {
	for _, f := range flags {
		if f.Hidden {
			continue
		}
		fmt.Fprintf(s, ".TP\n.B \\-\\-%s", roff(f.Name))
		if !f.IsBool() {
			fmt.Fprintf(s, " \\fI%s\\fR", roff(f.FormatPlaceHolder()))
		}
		fmt.Fprintf(s, "\n%s\n", roff(f.Help))
	}
}

// roff is a text that roff does not take for anything else.
func roff(s string) string {
	s = strings.NewReplacer(`\`, `\e`, "-", `\-`, "\n", " ").Replace(s)
	if strings.HasPrefix(s, ".") || strings.HasPrefix(s, "'") {
		s = `\&` + s
	}
	return s
}
