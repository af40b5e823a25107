package command

import (
	"context"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// output is what a program prints for args.
func output(t *testing.T, g grammar, args ...string) string {
	t.Helper()
	var stdout, stderr strings.Builder
	env := Env{Stdout: &stdout, Stderr: &stderr, Getenv: func(string) string { return "" }, Version: "1.2.3-x"}
	if code := g.run(t.Context(), args, env); code != exitOK {
		t.Fatalf("%v ended with %d: %s", args, code, stderr.String())
	}
	return stdout.String()
}

// completed is what bash offers for the last of words, by the script.
func completed(t *testing.T, script, function string, words ...string) []string {
	t.Helper()
	quotedWords := make([]string, len(words))
	for i, w := range words {
		quotedWords[i] = quoted(w)
	}
	asked := fmt.Sprintf("%s\nCOMP_WORDS=(%s)\nCOMP_CWORD=%d\n%s\nprintf '%%s\\n' \"${COMPREPLY[@]}\"\n",
		script, strings.Join(quotedWords, " "), len(words)-1, function)
	cmd := exec.CommandContext(t.Context(), "bash", "-eu", "-c", asked)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil || stderr.Len() > 0 {
		t.Fatalf("bash: %v: %s", err, stderr.String())
	}
	return strings.Fields(string(out))
}

func TestBashCompletes(t *testing.T) {
	script := output(t, deskGrammar, "completion", "bash")
	for _, c := range []struct {
		words []string
		want  []string // offered
		not   []string // not offered
	}{
		{[]string{"sleutelbord", ""}, []string{"tag", "home", "lock", "--store"}, []string{"issue", "--label"}},
		{[]string{"sleutelbord", "ta"}, []string{"tag"}, []string{"home"}},
		{[]string{"sleutelbord", "tag", ""}, []string{"issue", "wipe"}, []string{"tag", "gateway"}},
		{[]string{"sleutelbord", "--store", "d", "tag", "issue", "--"}, []string{"--label", "--json"}, []string{"issue", "--site"}},
		{[]string{"sleutelbord", "init", "--originality", ""}, []string{"require", "warn"}, []string{"--site"}},
		{[]string{"sleutelbord", "completion", ""}, []string{"--help"}, []string{"tag"}},
	} {
		got := completed(t, script, "_sleutelbord", c.words...)
		for _, w := range c.want {
			if !slices.Contains(got, w) {
				t.Errorf("%q: %q is not offered in %q", c.words, w, got)
			}
		}
		for _, w := range c.not {
			if slices.Contains(got, w) {
				t.Errorf("%q: %q is offered", c.words, w)
			}
		}
	}
	controller := output(t, controllerGrammar, "completion", "bash")
	if got := completed(t, controller, "_sleutelbord_lock", "sleutelbord-lock", "run", "--st"); !slices.Equal(got, []string{"--state"}) {
		t.Errorf("the controller completes --st to %q", got)
	}
}

// Every command and flag is in the scripts of all shells and in the manual.
func TestEveryCommandIsCompletedAndInTheManual(t *testing.T) {
	for _, g := range []grammar{deskGrammar, controllerGrammar} {
		tree, err := g.tree(Env{})
		if err != nil {
			t.Fatal(err)
		}
		texts := map[string]string{"manual": strings.ReplaceAll(output(t, g, "manual"), `\-`, "-")}
		for _, shell := range []string{"bash", "zsh", "fish"} {
			texts[shell] = output(t, g, "completion", shell)
		}
		for _, b := range tree {
			for _, w := range slices.Concat(b.commands, b.flags) {
				for where, text := range texts {
					name := w.name
					if where == "fish" {
						name = strings.TrimPrefix(name, "--")
					}
					if !strings.Contains(text, name) {
						t.Errorf("%s: %s %q is not in %s", g.name, b.path, w.name, where)
					}
				}
			}
		}
	}
}

func TestManualIsWellFormed(t *testing.T) {
	for _, g := range []grammar{deskGrammar, controllerGrammar} {
		page := output(t, g, "manual")
		if !strings.Contains(page, `"Sleutelbord 1.2.3\-x"`) {
			t.Errorf("%s: the manual does not say of which version it is", g.name)
		}
		for line := range strings.SplitSeq(page, "\n") {
			if strings.HasPrefix(line, "'") {
				t.Errorf("%s: roff takes the line %q for a request", g.name, line)
			}
			if rest, ok := strings.CutPrefix(line, "."); ok {
				request, _, _ := strings.Cut(rest, " ")
				if !slices.Contains([]string{"TH", "SH", "SS", "PP", "TP", "B", "I"}, request) {
					t.Errorf("%s: line %q has no request of the man macros", g.name, line)
				}
			}
		}
	}
}

func TestCompletionOfAnUnknownShell(t *testing.T) {
	env := Env{Stdout: &strings.Builder{}, Stderr: &strings.Builder{}, Getenv: func(string) string { return "" }}
	if code := Run(context.Background(), []string{"completion", "tcsh"}, env); code != exitUsage {
		t.Errorf("exit code %d, want %d", code, exitUsage)
	}
}

// The controller is a lock and has no way to the records.
func TestControllerHasNoDesk(t *testing.T) {
	tree, err := controllerGrammar.tree(Env{})
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range tree {
		for _, w := range slices.Concat(b.commands, b.flags) {
			if slices.Contains([]string{"--store", "tag", "home", "site", "import", "init"}, w.name) {
				t.Errorf("%q has %q", b.path, w.name)
			}
		}
	}
}
