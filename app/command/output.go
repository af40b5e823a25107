package command

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// show prints the result of a command: doc as one JSON document, or what text
// writes.
func (a *app) show(doc any, text func(w io.Writer) error) error {
	if a.JSON {
		return writeJSON(a.env.Stdout, doc)
	}
	return text(a.env.Stdout)
}

// writeJSON writes doc on one line.
func writeJSON(w io.Writer, doc any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	if err := e.Encode(doc); err != nil {
		return errOutput.because(err)
	}
	return nil
}

// say writes a line, or part of one, for people.
func say(w io.Writer, format string, args ...any) error {
	if _, err := fmt.Fprintf(w, format, args...); err != nil {
		return errOutput.because(err)
	}
	return nil
}

// table writes rows below a head, in columns. Without rows it says none.
func table(w io.Writer, none string, head []string, rows [][]string) error {
	if len(rows) == 0 {
		return say(w, "%s\n", none)
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range append([][]string{head}, rows...) {
		if err := say(t, "%s\n", strings.Join(row, "\t")); err != nil {
			return err
		}
	}
	if err := t.Flush(); err != nil {
		return errOutput.because(err)
	}
	return nil
}

// mostRows is how many mistakes of a list are said in words.
const mostRows = 50

// write puts the problem in words: what happened, then what to do.
func (p problem) write(w io.Writer) error {
	if err := say(w, "sleutelbord: %s\n", p.Message); err != nil {
		return err
	}
	for _, r := range p.Rows[:min(len(p.Rows), mostRows)] {
		if err := say(w, "  line %d, %s: %s\n", r.Line, r.Column, r.Text); err != nil {
			return err
		}
	}
	if n := len(p.Rows) - mostRows; n > 0 {
		if err := say(w, "  and %s; --json has all of them\n", count(n, "more mistake", "more mistakes")); err != nil {
			return err
		}
	}
	if p.Do == "" {
		return nil
	}
	return say(w, "%s\n", p.Do)
}

// count is n with the noun it needs: "1 tag", "2 tags".
func count(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}
