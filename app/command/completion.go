package command

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// completionCmd prints a completion script. The scripts hold the whole tree of
// commands and ask the program nothing: completing a word must not open a reader
// or the records.
type completionCmd struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
}

func (c *completionCmd) Run(a *app) error {
	tree, err := a.grammar.tree(a.env)
	if err != nil {
		return err
	}
	write, ok := map[string]func(io.Writer, string, []branch) error{"bash": writeBash, "zsh": writeZsh, "fish": writeFish}[c.Shell]
	if !ok {
		return usageError{errors.New("the shell is bash, zsh or fish")}
	}
	return write(a.env.Stdout, a.grammar.name, tree)
}

// branch is a place in the tree of commands: what can follow it.
type branch struct {
	path     string // the commands before, separated by spaces
	commands []word
	flags    []word
}

// word is something that can be typed.
type word struct {
	name, help string
	value      string // what a flag's value is, "" if it takes none
	choices    []string
}

// tree is every place of a grammar, the root first.
func (g grammar) tree(env Env) ([]branch, error) {
	root, _ := g.root()
	k, err := g.parser(root, env, func(int) {})
	if err != nil {
		return nil, err
	}
	return branches(k.Model.Node, nil), nil
}

func branches(n *kong.Node, path []string) []branch {
	b := branch{path: strings.Join(path, " ")}
	var below []branch
	for _, c := range n.Children {
		if c.Hidden || c.Type != kong.CommandNode {
			continue
		}
		b.commands = append(b.commands, word{name: c.Name, help: c.Help})
		below = append(below, branches(c, append(slices.Clone(path), c.Name))...)
	}
	for _, group := range n.AllFlags(true) {
		for _, f := range group {
			b.flags = append(b.flags, flagWord(f))
		}
	}
	return append([]branch{b}, below...)
}

func flagWord(f *kong.Flag) word {
	w := word{name: "--" + f.Name, help: f.Help}
	if f.IsBool() {
		return w
	}
	w.value = strings.ToUpper(f.FormatPlaceHolder())
	for _, choice := range f.EnumSlice() {
		if choice != "" {
			w.choices = append(w.choices, choice)
		}
	}
	return w
}

// names are the names of words, separated by spaces.
func names(words []word) string {
	all := make([]string, len(words))
	for i, w := range words {
		all[i] = w.name
	}
	return strings.Join(all, " ")
}

// function is a program's name as shells let a function have it.
func function(program string) string { return "_" + strings.ReplaceAll(program, "-", "_") }

// writeBash finds out which commands were typed, and offers what can follow.
// Where nothing of ours can follow, bash offers files.
func writeBash(w io.Writer, program string, tree []branch) error {
	var s strings.Builder
	fmt.Fprintf(&s, "# bash completion for %s\n%s() {\n", program, function(program))
	s.WriteString("\tlocal path='' word i words='' current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n")
	s.WriteString("\tfor ((i = 1; i < COMP_CWORD; i++)); do\n\t\tword=${COMP_WORDS[i]}\n\t\tcase \"$path${path:+ }$word\" in\n\t\t")
	for i, b := range tree[1:] {
		if i > 0 {
			s.WriteString("|")
		}
		fmt.Fprintf(&s, "'%s'", b.path)
	}
	s.WriteString(") path=\"$path${path:+ }$word\" ;;\n\t\tesac\n\tdone\n\tcase \"$path:$before\" in\n")
	for _, b := range tree {
		for _, f := range b.flags {
			if len(f.choices) > 0 {
				fmt.Fprintf(&s, "\t'%s:%s') words='%s' ;;\n", b.path, f.name, strings.Join(f.choices, " "))
			}
		}
	}
	s.WriteString("\t*)\n\t\tcase \"$path\" in\n")
	for _, b := range tree {
		fmt.Fprintf(&s, "\t\t'%s') words='%s' ;;\n", b.path, strings.TrimSpace(names(b.commands)+" "+names(b.flags)))
	}
	s.WriteString("\t\tesac ;;\n\tesac\n\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n}\n")
	fmt.Fprintf(&s, "complete -o default -F %s %s\n", function(program), program)
	return say(w, "%s", s.String())
}

// writeZsh offers the same with an explanation to each.
func writeZsh(w io.Writer, program string, tree []branch) error {
	var s strings.Builder
	fmt.Fprintf(&s, "#compdef %s\n%s() {\n", program, function(program))
	s.WriteString("\tlocal at='' word\n\tlocal -a found flags\n\tfor word in ${words[2,CURRENT-1]}; do\n\t\tcase \"${at:+$at }$word\" in\n\t\t(")
	for i, b := range tree[1:] {
		if i > 0 {
			s.WriteString("|")
		}
		s.WriteString(strings.ReplaceAll(b.path, " ", `\ `))
	}
	s.WriteString(") at=\"${at:+$at }$word\" ;;\n\t\tesac\n\tdone\n\tcase \"$at\" in\n")
	for _, b := range tree {
		fmt.Fprintf(&s, "\t('%s')\n\t\tfound=(%s)\n\t\tflags=(%s) ;;\n", b.path, described(b.commands), described(b.flags))
	}
	s.WriteString("\tesac\n\tif (( $#found )); then _describe command found; fi\n\t_describe flag flags\n\t_files\n}\n")
	fmt.Fprintf(&s, "compdef %s %s\n", function(program), program)
	return say(w, "%s", s.String())
}

// described are words with their help, as zsh's _describe takes them.
func described(words []word) string {
	all := make([]string, len(words))
	for i, w := range words {
		all[i] = quoted(w.name + ":" + strings.ReplaceAll(w.help, ":", `\:`))
	}
	return strings.Join(all, " ")
}

// quoted is a text as one word of a shell.
func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// writeFish writes a line for each word; the condition says after which
// commands it may stand.
func writeFish(w io.Writer, program string, tree []branch) error {
	var s strings.Builder
	fmt.Fprintf(&s, "# fish completion for %s\n", program)
	for _, b := range tree {
		when := fishCondition(b)
		for _, c := range b.commands {
			fmt.Fprintf(&s, "complete -c %s -n %s -f -a %s -d %s\n", program, when, c.name, fishQuoted(c.help))
		}
		if len(b.commands) > 0 && b.path != "" {
			continue // its flags stand with each of its commands
		}
		for _, f := range b.flags {
			fmt.Fprintf(&s, "complete -c %s -n %s -l %s", program, when, strings.TrimPrefix(f.name, "--"))
			switch {
			case len(f.choices) > 0:
				fmt.Fprintf(&s, " -x -a %s", fishQuoted(strings.Join(f.choices, " ")))
			case f.value != "":
				s.WriteString(" -r")
			}
			fmt.Fprintf(&s, " -d %s\n", fishQuoted(f.help))
		}
	}
	return say(w, "%s", s.String())
}

// fishCondition is true while the commands of a branch, and none below it, were
// typed.
func fishCondition(b branch) string {
	var all []string
	if b.path == "" {
		all = append(all, "__fish_use_subcommand")
	}
	for c := range strings.FieldsSeq(b.path) {
		all = append(all, "__fish_seen_subcommand_from "+c)
	}
	if len(b.commands) > 0 && b.path != "" {
		all = append(all, "not __fish_seen_subcommand_from "+names(b.commands))
	}
	return fishQuoted(strings.Join(all, "; and "))
}

func fishQuoted(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}
