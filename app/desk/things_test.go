package desk_test

import (
	"testing"

	"sleutelbord/app/desk"
	"sleutelbord/nfc/identify/identifytest"
)

// TestThingsThatAreNoTag lays everything on the reader that people lay there by
// mistake: it is named, no act touches it, and whatever is tried, it never sees
// a key or a command that changes something.
func TestThingsThatAreNoTag(t *testing.T) {
	c := newCampus(t, 2)
	for _, thing := range identifytest.Things() {
		r := identifytest.NewReader(thing)
		seen, err := c.desk.Inspect(c.ctx, r)
		if err != nil || seen.Kind != desk.KindNotDESFire || seen.What != string(thing.What) || seen.Problem != desk.CodeNotDESFire {
			t.Errorf("%s: %+v, %v", thing.Name, seen, err)
		}
		if seen.Commands != len(r.Sent()) || seen.Commands > 100 {
			t.Errorf("%s: %d commands said, %d sent", thing.Name, seen.Commands, len(r.Sent()))
		}
		_, issue := c.desk.Issue(c.ctx, r, home101, desk.IssueOptions{}, nil)
		_, wipe := c.desk.Wipe(c.ctx, r, nil)
		_, resume := c.desk.Resume(c.ctx, r, nil)
		_, check := desk.Check(c.ctx, r)
		for act, err := range map[string]error{"issue": issue, "wipe": wipe, "resume": resume, "check": check} {
			if code(err) != desk.CodeNotDESFire {
				t.Errorf("%s: %s: %v", thing.Name, act, err)
			}
		}
		// Wiping expects a tag of ours, and begins by selecting its application.
		for _, command := range r.Sent() {
			if command[1] == 0x5A && len(command) == 9 {
				continue
			}
			if identifytest.Harmful([][]byte{command}) != nil {
				t.Errorf("%s was sent % X", thing.Name, command)
			}
		}
	}
	if home := must(c.desk.Home(c.ctx, home101)); home.Pending != 0 || home.Hook.Tags != 0 {
		t.Errorf("the home shows %+v", home.Hook)
	}
}
