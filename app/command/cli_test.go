package command

import (
	"errors"
	"io"
	"strings"
	"testing"
)

// FuzzParse holds the command line to its word: what does not parse is a usage
// error, and nothing is done.
func FuzzParse(f *testing.F) {
	for _, line := range []string{
		"", "--help", "tag issue B/1 --store d", "--store d tag issue B/1", "lock run L --key k --bundles b --state s --once",
		"tag issue B/1 --not-after 2026-13-01", "--json=true nonsense", "tag -- --json", "help tag", "softcard --chip=ev9",
		"init --site", "--wait 5 readers", "tag issue B/1 --wait -1s", "-h tag", "--store=", "\x00", "window --tour",
	} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		p, err := deskGrammar.parse(strings.Split(line, " "), Env{Stdout: io.Discard, Stderr: io.Discard})
		var usage usageError
		if err != nil && !errors.As(err, &usage) {
			t.Errorf("error %v is not about usage", err)
		}
		if err == nil && !p.shown && p.ctx.Selected() == nil {
			t.Error("no command was chosen")
		}
	})
}
