package desk_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"sleutelbord/app/desk"
	"sleutelbord/journal"
	"sleutelbord/nfc/softcard"
	"sleutelbord/store"
)

// acts are all that the journal can say, from the desk's source.
func acts(t *testing.T) map[string]bool {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "desk.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	all := make(map[string]bool)
	ast.Inspect(file, func(n ast.Node) bool {
		v, ok := n.(*ast.ValueSpec)
		if !ok || !strings.HasPrefix(v.Names[0].Name, "act") {
			return true
		}
		s, err := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		all[s] = true
		return true
	})
	return all
}

// movement is what no act may be about.
var movement = regexp.MustCompile(`(?i)\b(open(ed|s|ing)?|enter(ed|s|ing)?|left|came|went|visit\w*|seen|present|access\w*|used|swip\w*)\b`)

func TestActsAreAboutKeys(t *testing.T) {
	all := acts(t)
	if len(all) < 30 {
		t.Errorf("only %d acts found", len(all))
	}
	for a := range all {
		if movement.MatchString(a) {
			t.Errorf("act %q could be about a resident", a)
		}
	}
	if !movement.MatchString("door opened") || !movement.MatchString("tag used") {
		t.Error("movements are not noticed")
	}
}

// TestJournalOfADay does what a caretaker and a custodian do, and looks for
// residents in what the journal says about it.
func TestJournalOfADay(t *testing.T) {
	c := newCampus(t, 6)
	const home, reference, label = "Boulevard 3/101", "HK-2026-4711", "van der Berg, blauw koord"
	if _, err := c.desk.MoveIn(c.ctx, home, reference, store.ChoiceTag); err != nil {
		t.Fatal(err)
	}
	card := c.blank(softcard.EV3)
	c.lay(card)
	tag, err := c.desk.Issue(c.ctx, c.reader, home, desk.IssueOptions{Label: label}, nil)
	if err != nil {
		t.Fatal(err)
	}
	c.syncLocks("H1-101")
	c.wantOpen(card, "H1-101")
	for name, err := range map[string]error{
		"lost":     second(c.desk.RevokeLost(c.ctx, tag.Tag.ID)),
		"move out": second(c.desk.MoveOut(c.ctx, home)),
		"campaign": second(c.desk.StartCampaign(c.ctx, desk.CampaignSpec{Kind: store.CampaignLocator})),
		"operator": c.desk.AddOperator(c.ctx, desk.NewOperator{Name: "carl", Role: store.Caretaker, Passphrase: words("carl")}, desk.Approval{}),
		"revoke":   c.desk.RevokeOperator(c.ctx, "carl", desk.Approval{}),
		"policy":   c.desk.SetPolicy(c.ctx, store.WarnGenuine),
	} {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	entries, err := c.desk.Journal(c.ctx, 0)
	if err != nil || len(entries) < 10 || entries[0].Seq != int64(len(entries)) {
		t.Fatalf("%+v, %v", entries, err)
	}
	known := acts(t)
	for _, e := range entries {
		if !known[e.Act] {
			t.Errorf("%q is not among the acts", e.Act)
		}
		for _, private := range []string{"101", reference, "4711", label, "Berg", "blauw"} {
			if strings.Contains(e.Act+e.Subject, private) {
				t.Errorf("entry %d tells %q: %+v", e.Seq, private, e)
			}
		}
	}
	if few, err := c.desk.Journal(c.ctx, 2); err != nil || len(few) != 2 || few[0] != entries[0] {
		t.Errorf("%+v, %v", few, err)
	}
}

func second[T any](_ T, err error) error { return err }

func TestPruneJournal(t *testing.T) {
	c := newCampus(t, 6)
	add := func(name string) {
		t.Helper()
		n := desk.NewOperator{Name: name, Role: store.Custodian, Passphrase: words(name)}
		if err := c.desk.AddOperator(c.ctx, n, desk.Approval{}); err != nil {
			t.Fatal(err)
		}
	}
	add("bob")
	bob := desk.Approval{Operator: "bob", Passphrase: words("bob")}
	if n, err := c.desk.PruneJournal(c.ctx, bob); err != nil || n != 0 {
		t.Errorf("%d entries erased before their time, %v", n, err)
	}
	before, err := c.desk.VerifyJournal(c.ctx)
	if err != nil {
		t.Fatal(err)
	}
	c.later(800)
	wantCode(t, "alone", second(c.desk.PruneJournal(c.ctx, desk.Approval{})), desk.CodeSecondNeeded)
	n, err := c.desk.PruneJournal(c.ctx, bob)
	if err != nil || n != before.Entries {
		t.Fatalf("%d of %d entries erased, %v", n, before.Entries, err)
	}
	var file bytes.Buffer
	r, err := c.desk.ExportJournal(c.ctx, &file)
	if err != nil || r.Erased != n || r.Entries != before.Entries+1 {
		t.Fatalf("%+v, %v", r, err)
	}
	if !strings.Contains(file.String(), before.Head) {
		t.Error("the last hash from before does not stand in the file")
	}
	if got, err := journal.Verify(&file); err != nil || desk.NewJournalReport(got).Head != r.Head {
		t.Errorf("%+v, %v", got, err)
	}
	entries, err := c.desk.Journal(c.ctx, 0)
	if err != nil || entries[0].Operator != "custodian, bob" || !entries[1].Erased || entries[1].Act != "" {
		t.Errorf("%+v, %v", entries[:2], err)
	}
}
