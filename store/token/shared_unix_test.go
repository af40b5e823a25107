//go:build unix

package token

import (
	"path/filepath"
	"testing"
	"time"

	"sleutelbord/app/desk"
	"sleutelbord/nfc/softcard"
	"sleutelbord/store"
	"sleutelbord/store/postgrestest"
)

// joined makes another desk of the office's site, of a program that reaches
// tokens or does not.
func (o *office) joined(by *desk.Desk, settings, name string, tokens store.Tokens) *desk.Desk {
	o.t.Helper()
	opts := o.options()
	opts.Dir, opts.Store.Tokens = filepath.Join(o.t.TempDir(), "records"), tokens
	print, err := desk.RequestJoin(o.t.Context(), opts, settings)
	must(o.t, err)
	code, err := by.AdmitDesk(o.t.Context(), store.Admission{Fingerprint: print, Name: name, Operator: "anna"}, consent())
	must(o.t, err)
	must(o.t, desk.FinishJoin(o.t.Context(), opts, code))
	d, err := desk.Open(o.t.Context(), opts)
	must(o.t, err)
	o.t.Cleanup(func() { must(o.t, d.Close()) })
	return d
}

// issueAt hands a new tag out at a desk.
func (o *office) issueAt(d *desk.Desk, home string) (*softcard.Card, error) {
	o.t.Helper()
	card, err := softcard.New(softcard.Config{Chip: softcard.EV3})
	must(o.t, err)
	reader := softcard.NewReader("virtual")
	reader.Lay(card)
	_, err = d.Issue(o.t.Context(), reader, home, desk.IssueOptions{}, nil)
	return card, err
}

// TestSharedSiteWithToken has three desks of a site whose keys are in a token: two
// that reach it, and one that cannot. Who reaches it works; who does not looks, is told
// why it hands out nothing, and harms nothing. The keys stay where they are.
func TestSharedSiteWithToken(t *testing.T) {
	h := startHSM(t)
	h.token("campus")
	o := newOffice(t)
	in := o.intoToken()
	_, settings := postgrestest.Start(t).Database()
	must(t, desk.MoveToDatabase(t.Context(), o.options(), settings, "first"))

	first := o.open()
	second := o.joined(first, settings, "second", o.d)
	without := o.joined(first, settings, "without", nil)
	// A building that was assessed takes no second custodian, whom only the
	// first desk knows.
	for _, step := range []desk.RolloutStep{{Stage: desk.StagePlanned}, {Stage: desk.StageAssessed, Assessment: "1.0", Review: time.Now().AddDate(1, 0, 0)}} {
		_, err := first.SetRollout(t.Context(), "Boulevard 3", step)
		must(t, err)
	}
	card, err := o.issueAt(first, "Boulevard 3/101")
	must(t, err)
	other, err := o.issueAt(second, "Boulevard 3/102")
	must(t, err)
	o.opensDoor(first, card, "H1-101", true)
	o.opensDoor(second, other, "H1-102", true)
	o.opensDoor(second, other, "H1-101", false)

	_, err = o.issueAt(without, "Boulevard 3/103")
	wantCode(t, "issue at a desk without a token", err, desk.CodeTokenModule)
	tags, err := without.Tags(t.Context())
	must(t, err)
	live := 0
	for _, tag := range tags {
		if tag.State == store.TagIssued {
			live++
		}
	}
	if live != 2 {
		t.Errorf("the desk without a token sees %d tags in use of %d", live, len(tags))
	}
	keys, err := without.Keys(t.Context())
	must(t, err)
	if keys.Kind != store.TokenCustodyKind || keys.Problem != desk.CodeTokenModule {
		t.Errorf("keys at the desk without a token: %+v", keys)
	}
	must(t, without.CheckRecords(t.Context()))

	plug := h.pull()
	for _, d := range []*desk.Desk{first, second} {
		_, err = o.issueAt(d, "Boulevard 3/103")
		wantCode(t, "issue with the token pulled out", err, desk.CodeTokenMissing)
	}
	plug()
	for name, d := range map[string]*desk.Desk{"first": first, "second": second, "without": without} {
		wantCode(t, name+": into a token", d.MoveToToken(t.Context(), in), desk.CodeTokenShared)
		wantCode(t, name+": out of the token", d.MoveFromToken(t.Context(), o.entered(), consent()), desk.CodeTokenShared)
	}
	last, err := o.issueAt(second, "Boulevard 3/103")
	must(t, err)
	o.opensDoor(first, last, "H1-103", true)
}
