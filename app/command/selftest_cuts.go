package command

import (
	"context"
	"errors"
	"fmt"

	"sleutelbord/app/desk"
	"sleutelbord/nfc"
)

// trialCut is a place in a plan where the tag is taken away: after so many
// commands of a step, or with the answer to the next one lost.
type trialCut struct {
	step, after int
	lost        bool
}

// cuts are the beginning and the middle of every step, and the last command of
// all: before the tag acts on it, and after.
func (p plan) cuts() []trialCut {
	var list []trialCut
	for i, n := range p.commands {
		list = append(list, trialCut{step: i})
		if n > 2 {
			list = append(list, trialCut{step: i, after: n / 2, lost: i%2 == 1})
		}
	}
	last := len(p.commands) - 1
	if last >= 0 && p.commands[last] > 1 {
		n := p.commands[last] - 1
		list = append(list, trialCut{last, n, false}, trialCut{last, n, true})
	}
	return list
}

// arm gives the progress of an act that takes the tag away at c.
func (t *trial) arm(c trialCut) desk.ProgressFunc {
	return func(p desk.Progress) {
		if p.Index == c.step {
			t.probe.arm(c.after, c.lost)
		}
	}
}

// wantCut expects that an act ended because the tag was taken away.
func (t *trial) wantCut(c trialCut, err error) error {
	t.report.Cuts++
	switch {
	case err == nil:
		err = fmt.Errorf("%w: nobody noticed", errSelftest)
	case t.probe.fell() && errors.Is(err, nfc.ErrTagRemoved):
		return nil
	}
	return fmt.Errorf("taken away at step %d after %d commands: %w", c.step+1, c.after, err)
}

const cutSlots = 5

// cutIssuing takes the tag away at every cut. It is then finished and wiped, or
// wiped as it is, in turn.
func (t *trial) cutIssuing() error {
	home := trialBuilding + "/" + trialHomes[cutSlots]
	for i, c := range t.issuing.cuts() {
		_, err := t.d.Issue(t.ctx, t.probe, home, desk.IssueOptions{}, t.arm(c))
		if err := t.wantCut(c, err); err != nil {
			return err
		}
		if i%2 == 0 {
			if err := t.finishTorn(); err != nil {
				return err
			}
		}
		if err := t.clean(); err != nil {
			return err
		}
	}
	return nil
}

// finishTorn finishes a torn tag, and finds it whole.
func (t *trial) finishTorn() error {
	if err := t.issue(cutSlots, nil); err != nil {
		return err
	}
	seen, err := t.inspect()
	if err == nil && (seen.Kind != desk.KindOurs || len(seen.Slots) != cutSlots) {
		err = fmt.Errorf("%w: the tag that was finished is %s with %d slots", errSelftest, seen.Kind, len(seen.Slots))
	}
	return err
}

func (t *trial) cutWiping() error {
	for _, c := range t.wiping.cuts() {
		if err := t.issue(cutSlots, nil); err != nil {
			return err
		}
		_, err := t.d.Wipe(t.ctx, t.probe, t.arm(c))
		if err := t.wantCut(c, err); err != nil {
			return err
		}
		if err := t.clean(); err != nil {
			return err
		}
	}
	return nil
}

// leaveBlank makes the tag blank, also when the person has cancelled, and tells
// whether it is.
func (t *trial) leaveBlank() bool {
	t.ctx = context.WithoutCancel(t.ctx)
	if t.wantBlank() == nil {
		return true
	}
	return t.clean() == nil
}
