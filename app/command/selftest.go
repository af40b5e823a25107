package command

import (
	"bufio"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"sleutelbord/app/desk"
	"sleutelbord/nfc"
)

type selftestCmd struct {
	Yes bool `help:"Do not ask before the tag is written."`
	waitFlag
}

// selfTested is the report. Nothing in it tells which tag it was: no number of
// the chip, no key.
type selfTested struct {
	Passed  bool   `json:"passed"`
	Version string `json:"version"`
	System  string `json:"system"`
	Reader  string `json:"reader"`
	// Chip, and its own words for hardware and software, in hexadecimal.
	Chip     string `json:"chip"`
	Hardware string `json:"hardware"`
	Software string `json:"software"`
	Genuine  string `json:"genuine"`
	// Cleaned is true when the tag had been left by a self-test that was cut.
	Cleaned bool        `json:"cleaned"`
	Steps   []trialStep `json:"steps"`
	// Cuts are the times that the tag was taken away in software, and Doors the
	// times that it was held to a door.
	Cuts  int `json:"cuts"`
	Doors int `json:"doors"`
	// Blank is true when the tag was seen to be blank at the end.
	Blank    bool     `json:"blank"`
	Problem  *problem `json:"problem,omitempty"`
	Cause    string   `json:"cause,omitempty"`
	Commands []timing `json:"commands"`
}

// trialStep is one part of the self-test.
type trialStep struct {
	Step     string  `json:"step"`
	OK       bool    `json:"ok"`
	Commands int     `json:"commands"`
	Bytes    int     `json:"bytes"`
	Took     float64 `json:"ms"`
}

func (c *selftestCmd) Run(a *app) error {
	return a.withReader(c.Wait, func(r nfc.Reader) (err error) {
		dir, err := os.MkdirTemp("", "sleutelbord-selftest-")
		if err != nil {
			return fmt.Errorf("making a folder for the self-test: %w", err)
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
		t, err := newTrial(a, dir, r)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, t.close()) }()
		if err := t.look(); err != nil {
			return err
		}
		if err := c.confirm(a, r); err != nil {
			return err
		}
		return t.finish(a, t.run())
	})
}

// newTrial makes the throw-away site and its doors.
func newTrial(a *app, dir string, r nfc.Reader) (*trial, error) {
	o := a.deskOptions(filepath.Join(dir, "records"), []byte(rand.Text()))
	o.Store.CounterDir = filepath.Join(dir, "counter")
	o.Operator = "selftest"
	d, err := desk.InitSelftest(a.ctx, o)
	if err != nil {
		return nil, err
	}
	t := &trial{ctx: a.ctx, d: d, dir: dir, probe: newProbe(r), doors: make(map[string]*demoDoor)}
	if !a.JSON && a.env.ShowSteps() {
		// Progress that cannot be shown must not end a write on a tag.
		t.tell = func(step string) { _ = say(a.env.Stderr, "%s …\n", step) }
	}
	if err := t.furnish(); err != nil {
		return nil, errors.Join(err, t.close())
	}
	return t, nil
}

// confirm asks before the first command that changes the tag.
func (c *selftestCmd) confirm(a *app, r nfc.Reader) error {
	if c.Yes {
		return nil
	}
	if !a.env.CanAsk() {
		return errNotConfirmed
	}
	err := say(a.env.Stderr, "The blank tag on %s is written and made blank again, many times over, for up to two minutes.\n"+
		"Leave it where it lies. Nothing stays on it, but that its number is random from then on, for good.\nGo on? [y/N] ", r.Name())
	if err != nil {
		return err
	}
	line, err := bufio.NewReader(a.env.Stdin).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("reading the answer: %w", err)
	}
	if answer := strings.ToLower(strings.TrimSpace(line)); answer != "y" && answer != "yes" {
		return errNotConfirmed
	}
	return nil
}

// finish makes the tag blank if it is not, and shows the report. What went
// wrong stands in the report, so that it can be sent in.
func (t *trial) finish(a *app, failed error) error {
	r := t.report
	r.Blank = t.leaveBlank()
	r.Passed = failed == nil && r.Blank
	r.Version, r.System = a.env.Version, runtime.GOOS+"/"+runtime.GOARCH+" "+runtime.Version()
	r.Reader = t.probe.Name()
	r.Hardware, r.Software = hex.EncodeToString(t.probe.hardware), hex.EncodeToString(t.probe.software)
	r.Commands = t.probe.timings()
	switch {
	case failed != nil:
		p := explain(failed)
		if p.exit == exitInternal && errors.Is(failed, errSelftest) {
			p, _ = explainHere(errTrialFailed)
		}
		r.Problem, r.Cause, a.exit = &p, failed.Error(), p.exit
	case !r.Blank:
		a.exit = exitTag
	}
	return a.show(r, r.write)
}

// write puts the report in words.
func (r selfTested) write(w io.Writer) error {
	err := say(w, "Self-test of %s with a %s (%s).\nsleutelbord %s, %s; chip %s, %s.\n\n",
		r.Reader, r.Chip, r.Genuine, r.Version, r.System, orDash(r.Hardware), orDash(r.Software))
	if err != nil {
		return err
	}
	rows := make([][]string, 0, len(r.Steps))
	for _, s := range r.Steps {
		mark := "ok"
		if !s.OK {
			mark = "NOT"
		}
		rows = append(rows, []string{mark, s.Step, strconv.Itoa(s.Commands), strconv.Itoa(s.Bytes), fmt.Sprintf("%.0f ms", s.Took)})
	}
	if err := table(w, "Nothing was done.", []string{"", "STEP", "COMMANDS", "BYTES", "TIME"}, rows); err != nil {
		return err
	}
	rows = rows[:0]
	for _, c := range r.Commands {
		rows = append(rows, []string{c.Command, strconv.Itoa(c.Count), fmt.Sprintf("%.2f ms", c.Median), fmt.Sprintf("%.2f ms", c.Max)})
	}
	if err := say(w, "\n"); err != nil {
		return err
	}
	if err := table(w, "No command was sent.", []string{"COMMAND", "TIMES", "MEDIAN", "LONGEST"}, rows); err != nil {
		return err
	}
	return r.verdict(w)
}

func (r selfTested) verdict(w io.Writer) error {
	if err := say(w, "\nTaken away in software %s, held to a door %s.\n", count(r.Cuts, "time", "times"), count(r.Doors, "time", "times")); err != nil {
		return err
	}
	if r.Problem != nil {
		if err := say(w, "%s\n%s\nCause: %s.\n", r.Problem.Message, r.Problem.Do, r.Cause); err != nil {
			return err
		}
	}
	if !r.Blank {
		return say(w, "NOT PASSED. The tag may not be blank: lay it again and run the self-test once more, which makes it blank first.\n")
	}
	if !r.Passed {
		return say(w, "NOT PASSED. The tag is blank.\n")
	}
	return say(w, "PASSED. The tag is blank.\n")
}

var errNotConfirmed = &complaint{
	code: "not-confirmed", exit: exitUsage,
	what: "The self-test writes on the tag, and nobody agreed to that. Nothing was done.",
	do:   "Run it in a terminal and answer y, or say --yes.",
}

// errSelftest is what the self-test found that must not be.
var errSelftest = errors.New("found what must not be")

var errTrialFailed = &complaint{
	code: "selftest", exit: exitTag,
	what: "The tag, the reader or the program did something that must not be.",
	do:   "Do not hand out tags with this reader. Send this report to the makers of the program.",
}
