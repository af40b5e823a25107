package command

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"sleutelbord/app/desk"
	"sleutelbord/lock"
	"sleutelbord/lock/bundle"
	"sleutelbord/lock/carrier"
	"sleutelbord/nfc"
	"sleutelbord/nfc/keytag"
)

// trial is a self-test that runs: a site that is thrown away, its doors, and
// the tag on the reader.
type trial struct {
	ctx    context.Context
	d      *desk.Desk
	dir    string
	probe  *probe
	doors  map[string]*demoDoor
	report selfTested
	tell   func(step string)
	// plan are the steps of handing out and of wiping, as they were seen.
	issuing, wiping plan
}

// plan is how many commands each step of an act took.
type plan struct{ commands []int }

// The homes of the self-test's building, by how many slots a tag of theirs has.
var trialHomes = map[int]string{1: "1", 5: "5", 12: "12"}

const trialBuilding = "Selftest"

// furnish makes three homes with tags of 1, 5 and 12 slots, and the locks of
// all their doors.
func (t *trial) furnish() error {
	rows := [][]string{listHead}
	add := func(lockID, home, zone, kind string) error {
		name, err := bundle.ParseLockName(lockID)
		if err != nil {
			return err
		}
		key, err := bundle.GenerateKey(name, rand.Reader)
		if err != nil {
			return err
		}
		l, err := lock.Open(lock.Config{
			Name: name, Key: key.Private(), AID: desk.SelftestAID, Clock: lock.NoClock(), Dir: filepath.Join(t.dir, "locks", lockID),
		})
		if err != nil {
			return err
		}
		t.doors[lockID] = &demoDoor{name: lockID, lock: l, stick: carrier.OpenFolder(t.stick())}
		rows = append(rows, []string{trialBuilding, "", home, lockID, zone, kind, bundle.PublicText(key.Public())})
		return nil
	}
	for _, home := range trialHomes {
		if err := add("H"+home, home, "front door", "home"); err != nil {
			return err
		}
	}
	for i := range 11 {
		homes := "12"
		if i < 4 {
			homes = "5;12"
		}
		if err := add(fmt.Sprintf("S%d", i+1), homes, fmt.Sprintf("shared door %d", i+1), "shared"); err != nil {
			return err
		}
	}
	list, err := csvLines(rows...)
	if err != nil {
		return err
	}
	_, err = t.d.Import(t.ctx, strings.NewReader(list))
	return err
}

func (t *trial) stick() string { return filepath.Join(t.dir, "stick") }

func (t *trial) close() error {
	errs := []error{t.d.Close()}
	for _, d := range t.doors {
		errs = append(errs, d.lock.Close())
	}
	return errors.Join(errs...)
}

// look refuses every tag but a blank one, and one that a self-test left.
func (t *trial) look() error {
	seen, err := t.inspect()
	if err != nil {
		return err
	}
	t.report.Chip, t.report.Genuine = seen.Chip, seen.Genuine
	switch seen.Kind {
	case desk.KindBlank:
		return nil
	case desk.KindHalf, desk.KindUnknownOurs:
		t.report.Cleaned = true
		return nil
	}
	what, _ := problemWords(seen.Problem, nil)
	return &complaint{
		code: seen.Problem, exit: exitTag,
		what: "The self-test takes blank tags only. " + what + ".",
		do:   "Lay a blank tag on the reader. Nothing was changed on this one.",
	}
}

// run does all parts, one after the other, until one goes wrong.
func (t *trial) run() error {
	parts := []struct {
		step string
		do   func() error
	}{
		{"make sure that the tag is blank", t.clean},
		{"hand out with 1 slot, read back, check, wipe", func() error { return t.handOut(1) }},
		{"the same with 5 slots, at two doors and a third that stays shut", func() error { return t.handOut(5) }},
		{"the same with 12 slots", func() error { return t.handOut(12) }},
		{"take the tag away while it is handed out, and recover", t.cutIssuing},
		{"take the tag away while it is wiped, and recover", t.cutWiping},
		{"find it blank", t.wantBlank},
	}
	for _, p := range parts {
		if t.tell != nil {
			t.tell(p.step)
		}
		if err := t.part(p.step, p.do); err != nil {
			return fmt.Errorf("%s: %w", p.step, err)
		}
	}
	return nil
}

func (t *trial) part(step string, do func() error) error {
	begun := time.Now()
	commands, bytes := t.probe.count()
	err := errors.Join(do(), t.ctx.Err())
	c, b := t.probe.count()
	t.report.Steps = append(t.report.Steps, trialStep{
		Step: step, OK: err == nil, Commands: c - commands, Bytes: b - bytes, Took: milliseconds(time.Since(begun)),
	})
	return err
}

func (t *trial) clean() error {
	if err := t.wipe(nil); err != nil {
		return err
	}
	return t.wantBlank()
}

// handOut hands out a tag of so many slots, proves it from every side and wipes
// it again.
func (t *trial) handOut(slots int) error {
	if err := t.issue(slots, &t.issuing); err != nil {
		return err
	}
	seen, err := t.inspect()
	if err != nil {
		return err
	}
	if seen.Kind != desk.KindOurs || len(seen.Slots) != slots || seen.Genuine != t.report.Genuine {
		return fmt.Errorf("%w: the tag is %s with %d slots, %s", errSelftest, seen.Kind, len(seen.Slots), seen.Genuine)
	}
	open, err := t.d.CheckOwn(t.ctx, t.probe)
	if err != nil {
		return err
	}
	if !open.Passed() {
		return fmt.Errorf("%w: the check without a key did not pass: %s", errSelftest, notOK(open))
	}
	if err := t.atDoors(slots); err != nil {
		return err
	}
	if err := t.wipe(&t.wiping); err != nil {
		return err
	}
	return t.wantBlank()
}

func notOK(r keytag.CheckReport) string {
	var bad []string
	for _, f := range r.Findings {
		if !f.OK {
			bad = append(bad, f.ID+": "+f.Detail)
		}
	}
	return strings.Join(bad, "; ")
}

// atDoors holds the tag to its own door, to one that it shares, and to one of
// another home.
func (t *trial) atDoors(slots int) error {
	if err := os.MkdirAll(t.stick(), 0o700); err != nil {
		return err
	}
	if _, err := t.d.WriteBundles(t.ctx, t.stick(), desk.BundleOptions{}); err != nil {
		return err
	}
	own, other := "H"+trialHomes[slots], "H1"
	if slots == 1 {
		other = "H12"
	}
	doors := []at{{own, true}, {other, false}}
	if slots > 1 {
		doors = append(doors, at{"S1", true})
	}
	for _, a := range doors {
		door := t.doors[a.lock]
		if err := door.visit(); err != nil {
			return err
		}
		var got lock.Decision
		err := t.probe.Transact(t.ctx, func(tag nfc.Transceiver) (err error) {
			got, err = door.lock.Try(tag)
			return err
		})
		if err != nil {
			return err
		}
		if got.Open != a.open {
			return fmt.Errorf("%w: at door %s: %v", errSelftest, a.lock, got)
		}
		t.report.Doors++
	}
	return nil
}

// inspect says what lies there; nothing, or what does not answer, is an error.
func (t *trial) inspect() (desk.Inspection, error) {
	seen, err := t.d.Inspect(t.ctx, t.probe)
	switch {
	case err != nil:
	case seen.Kind == desk.KindEmpty:
		err = nfc.ErrNoTag
	case seen.Kind == desk.KindUnreadable:
		err = fmt.Errorf("inspecting the tag: %w", nfc.ErrLine)
	}
	return seen, err
}

func (t *trial) wantBlank() error {
	seen, err := t.inspect()
	if err == nil && seen.Kind != desk.KindBlank {
		err = fmt.Errorf("%w: the wiped tag is %s", errSelftest, seen.Kind)
	}
	return err
}

// issue hands the tag out for the home of so many slots; p learns the plan.
func (t *trial) issue(slots int, p *plan) error {
	_, err := t.d.Issue(t.ctx, t.probe, trialBuilding+"/"+trialHomes[slots], desk.IssueOptions{}, p.follow(t.probe))
	p.end(t.probe)
	return err
}

func (t *trial) wipe(p *plan) error {
	_, err := t.d.Wipe(t.ctx, t.probe, p.follow(t.probe))
	p.end(t.probe)
	return err
}

// follow notes at which command each step begins.
func (p *plan) follow(r *probe) desk.ProgressFunc {
	if p == nil {
		return nil
	}
	p.commands = nil
	return func(desk.Progress) {
		n, _ := r.count()
		p.commands = append(p.commands, n)
	}
}

// end turns the beginnings of steps into their lengths.
func (p *plan) end(r *probe) {
	if p == nil {
		return
	}
	n, _ := r.count()
	for i := len(p.commands) - 1; i >= 0; i-- {
		begun := p.commands[i]
		p.commands[i] = n - begun
		n = begun
	}
}
