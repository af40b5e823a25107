package evidence_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"sleutelbord/app/desk"
	"sleutelbord/app/evidence"
	"sleutelbord/store"
)

// TestJournalOfTheCouncilAfterPruning makes the export again after the content of
// old lines was erased: what it still counts is what it counted before, what is
// gone is told as a number, and the chain still holds to the same hashes.
func TestJournalOfTheCouncilAfterPruning(t *testing.T) {
	c := lived(t)
	words := []byte("lantern coffee stairs seal cable")
	noErr(t, c.desk.AddOperator(c.ctx, desk.NewOperator{Name: "bob", Role: store.Custodian, Passphrase: words}, desk.Approval{}))
	old, err := evidence.NewJournal(c.ctx, c.desk)
	noErr(t, err)
	c.now = c.now.AddDate(0, 0, 700)
	noErr(t, c.desk.AllowUnassessed(c.ctx, desk.Approval{Operator: "bob", Passphrase: words}, "Boulevard 3/106"))
	c.handOut("Boulevard 3/106", "")
	before, err := evidence.NewJournal(c.ctx, c.desk)
	noErr(t, err)
	c.now = c.now.AddDate(0, 0, 100) // the first day's lines are over, the second's are not
	n, err := c.desk.PruneJournal(c.ctx, desk.Approval{Operator: "bob", Passphrase: words})
	noErr(t, err)
	if int(n) != old.Entries {
		t.Fatalf("%d lines erased of %d", n, old.Entries)
	}
	after, err := evidence.NewJournal(c.ctx, c.desk)
	noErr(t, err)
	counted := after.Erased
	for _, a := range after.Acts {
		counted += a.Count
		if a.On < "2028-01-01" {
			t.Errorf("%+v was erased", a)
		}
	}
	if after.Erased != old.Entries || after.Entries != before.Entries+1 || counted != after.Entries {
		t.Errorf("%d lines, %d erased, %d counted; before %d", after.Entries, after.Erased, counted, before.Entries)
	}
	var still, kept []evidence.JournalAct
	for _, a := range before.Acts {
		if a.On > old.Day {
			still = append(still, a)
		}
	}
	for _, a := range after.Acts {
		if a.On <= before.Day {
			kept = append(kept, a)
		}
	}
	if !slices.Equal(still, kept) || len(still) == 0 {
		t.Errorf("before %+v, after %+v", still, kept)
	}
	// The chain that anybody can verify has the hash that each export named.
	var file bytes.Buffer
	r, err := c.desk.ExportJournal(c.ctx, &file)
	noErr(t, err)
	if r.Head != after.LastHash || r.Entries != int64(after.Entries) {
		t.Errorf("the chain ends with %s, the export with %s", r.Head, after.LastHash)
	}
	for _, hash := range []string{old.LastHash, before.LastHash} {
		if !strings.Contains(file.String(), hash) {
			t.Errorf("the hash %s of an earlier export is not in the chain", hash)
		}
	}
	pdf, err := after.PDF("nl")
	noErr(t, err)
	has(t, read(t, pdf), after.LastHash, fmt.Sprintf("van %d is de termijn voorbij", after.Erased))
}
