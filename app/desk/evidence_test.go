package desk_test

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"sleutelbord/app/desk"
	"sleutelbord/nfc/softcard"
	"sleutelbord/store"

	"github.com/sirupsen/logrus"
)

// handOut hands out a tag of its own for a home.
func (c *campus) handOut(home string) desk.Issued { return c.issue(c.blank(softcard.EV3), home) }

func noErr(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestSettings(t *testing.T) {
	c := newCampus(t, 3)
	got, err := c.desk.Settings(c.ctx)
	noErr(t, err)
	if got != (desk.Settings{RetentionDays: 90, JournalDays: 730, SmallCount: 5}) {
		t.Errorf("at the beginning: %+v", got)
	}
	want := got
	want.Controller, want.DeskContact, want.RetentionDays = "Woonstichting Noord", "Plein 1\n7500 AA Enschede", 30
	got, err = c.desk.ChangeSettings(c.ctx, func(s *desk.Settings) { *s = want; s.Controller += " \n" })
	noErr(t, err)
	if again, err := c.desk.Settings(c.ctx); err != nil || got != want || again != want {
		t.Errorf("%+v, then %+v, not %+v: %v", got, again, want, err)
	}
	for _, bad := range []func(*desk.Settings){
		func(s *desk.Settings) { s.RetentionDays = 0 },
		func(s *desk.Settings) { s.JournalDays = 8000 },
		func(s *desk.Settings) { s.SmallCount = 1 },
		func(s *desk.Settings) { s.Officer = strings.Repeat("x", 301) },
		func(s *desk.Settings) { s.Officer = "\xff" },
	} {
		if _, err := c.desk.ChangeSettings(c.ctx, bad); desk.Explain(err).Code != desk.CodeWrongInput {
			t.Errorf("wrong settings: %v", err)
		}
	}
}

func TestRollout(t *testing.T) {
	c := newCampus(t, 30)
	const b = "Boulevard 3"
	c.handOut(home101)
	view := func() desk.RolloutView {
		all, err := c.desk.Rollouts(c.ctx)
		noErr(t, err)
		i := slices.IndexFunc(all, func(v desk.RolloutView) bool { return v.Building == b })
		return all[i]
	}
	remind := func(want ...desk.Reminder) {
		t.Helper()
		if got := view().Reminders; !slices.Equal(got, want) {
			t.Errorf("reminders %v, not %v", got, want)
		}
	}
	if v := view(); v.Stage != desk.StageNone || v.Unassessed != 1 {
		t.Errorf("after a tag without assessment: %+v", v)
	}
	remind(desk.RemindAssess)
	set := func(s desk.RolloutStep) {
		t.Helper()
		_, err := c.desk.SetRollout(c.ctx, b, s)
		noErr(t, err)
	}
	set(desk.RolloutStep{Stage: desk.StagePlanned, Day: c.now.AddDate(0, 1, 0)})
	set(desk.RolloutStep{Stage: desk.StageAssessed, Assessment: "1.0", Review: c.now.AddDate(0, 0, 60)})
	remind(desk.RemindDocument)
	doc, err := c.desk.AddDocument(c.ctx, b, store.DocumentAssessment, "DPIA 1.0.pdf", strings.NewReader("abc"))
	noErr(t, err)
	if doc.SHA256 != "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" {
		t.Errorf("hash %s", doc.SHA256)
	}
	if _, err := c.desk.AddDocument(c.ctx, b, store.DocumentAssessment, "again", strings.NewReader("abc")); desk.Explain(err).Code != desk.CodeWrongInput {
		t.Errorf("a document twice: %v", err)
	}
	if _, err := c.desk.AddDocument(c.ctx, b, store.DocumentOther, "x", iotest.ErrReader(io.ErrUnexpectedEOF)); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a document that cannot be read: %v", err)
	}
	remind()
	c.handOut("Boulevard 3/102")
	set(desk.RolloutStep{Stage: desk.StageActive})
	remind(desk.RemindConsult)
	set(desk.RolloutStep{Stage: desk.StageConsulted})
	c.now = c.now.AddDate(0, 0, 40)
	remind(desk.RemindSoon)
	c.now = c.now.AddDate(0, 6, 0)
	remind(desk.RemindReview, desk.RemindEvaluate)
	c.handOut("Boulevard 3/103") // the assessment is overdue
	if v := view(); v.Stage != desk.StageActive || v.Unassessed != 2 || len(v.Documents) != 1 {
		t.Errorf("in the end: %+v", v)
	}
	for _, bad := range []desk.RolloutStep{
		{Stage: "odd"},
		{Stage: desk.StageActive, Day: c.now.AddDate(0, 0, 1)},
		{Stage: desk.StageAssessed, Review: c.now.AddDate(1, 0, 0)},
		{Stage: desk.StageAssessed, Assessment: "2", Review: c.now},
	} {
		if _, err := c.desk.SetRollout(c.ctx, b, bad); desk.Explain(err).Code != desk.CodeWrongInput {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	if _, err := c.desk.SetRollout(c.ctx, "Nowhere", desk.RolloutStep{Stage: desk.StageActive}); desk.Explain(err).Code != desk.CodeNoBuilding {
		t.Errorf("unknown building: %v", err)
	}
}

func TestErasing(t *testing.T) {
	c := newCampus(t, 10)
	_, err := c.desk.MoveIn(c.ctx, home101, "HK-1", store.ChoiceTag)
	noErr(t, err)
	tag := c.handOut(home101)
	list, err := c.desk.Tenancies(c.ctx, home101)
	noErr(t, err)
	name := list[0].ID
	noErr(t, c.desk.Object(c.ctx, name, store.ObjectionOpen))
	if err := c.desk.Object(c.ctx, name, store.ObjectionOpen); desk.Explain(err).Code != desk.CodeWrongInput {
		t.Errorf("a second open objection: %v", err)
	}
	noErr(t, c.desk.Object(c.ctx, name, store.ObjectionUpheld))
	if err := c.desk.Object(c.ctx, home101, store.ObjectionDeclined); desk.Explain(err).Code != desk.CodeWrongInput {
		t.Errorf("an outcome without objection: %v", err)
	}
	if v, err := c.desk.Correct(c.ctx, home101, "HK-2"); err != nil || v.Reference != "HK-2" {
		t.Errorf("correcting: %+v, %v", v, err)
	}
	if _, err := c.desk.Erase(c.ctx, name); desk.Explain(err).Code != desk.CodeTenancyRuns {
		t.Errorf("erasing a running tenancy: %v", err)
	}
	if done, err := c.desk.EraseDue(c.ctx); err != nil || done.Certificate != 0 {
		t.Errorf("nothing is due: %+v, %v", done, err)
	}
	_, err = c.desk.MoveOut(c.ctx, home101)
	noErr(t, err)
	ended := c.now
	due, err := c.desk.NextDue(c.ctx, 100)
	noErr(t, err)
	want := desk.Due{Tenancy: name, Home: home101, Ended: day(ended), Erased: day(ended.AddDate(0, 0, 91)), Tags: 1}
	if !slices.Equal(due, []desk.Due{want}) {
		t.Errorf("the preview: %+v, not %+v", due, want)
	}
	c.now = ended.AddDate(0, 0, 90)
	if done, err := c.desk.EraseDue(c.ctx); err != nil || done.Tenancies != 0 {
		t.Errorf("on the last day: %+v, %v", done, err)
	}
	c.now = ended.AddDate(0, 0, 91)
	done, err := c.desk.EraseDue(c.ctx)
	noErr(t, err)
	if done.Certificate != 1 || done.Tenancies != 1 || done.Tags != 1 || done.Reason != store.ErasePeriod || done.Day != day(c.now) {
		t.Errorf("erased: %+v", done)
	}
	if _, err := c.desk.Tag(c.ctx, tag.Tag.ID); desk.Explain(err).Code != desk.CodeNoTagRecord {
		t.Errorf("the tag: %v", err)
	}
	if _, err := c.desk.Erase(c.ctx, name); desk.Explain(err).Code != desk.CodeNoTenancyRecord {
		t.Errorf("erasing again: %v", err)
	}
	// The home goes on: the next tenancy and tag are later than the erased ones.
	c.handOut(home101)
}

func day(t time.Time) string { return t.Format(time.DateOnly) }

// TestErasedKeysStayDead lets a tag of an erased tenancy try the doors.
func TestErasedKeysStayDead(t *testing.T) {
	c := newCampus(t, 10)
	tag := c.blank(softcard.EV3)
	c.issue(tag, home101)
	c.syncLocks(doors101...)
	c.wantOpen(tag, doors101...)
	_, err := c.desk.MoveOut(c.ctx, home101)
	noErr(t, err)
	list, err := c.desk.Tenancies(c.ctx, home101)
	noErr(t, err)
	done, err := c.desk.Erase(c.ctx, list[0].ID)
	noErr(t, err)
	if done.Certificate != 1 || done.Reason != store.EraseRequest {
		t.Fatalf("erased %+v", done)
	}
	c.syncLocks(doors101...)
	c.wantShut(tag, doors101...)
}

func TestSignEvidence(t *testing.T) {
	c := newCampus(t, 3)
	text := []byte("# Sleutelbord evidence 1\nx\n")
	sig, public, version, err := c.desk.SignEvidence(c.ctx, text)
	if err != nil || version != 1 || !ed25519.Verify(public, text, sig) {
		t.Errorf("version %d: %v", version, err)
	}
	if _, _, _, err := c.desk.SignEvidence(c.ctx, []byte("something else")); err == nil {
		t.Error("the desk signs anything")
	}
}

// TestCaretakerNeedsAssessment signs in as a caretaker.
func TestCaretakerNeedsAssessment(t *testing.T) {
	c := newCampus(t, 30)
	noErr(t, c.desk.AddCaretakerForTest(c.ctx, "anna", []byte("a long passphrase of anna")))
	noErr(t, c.desk.Close())
	o := c.options()
	o.Passphrase = []byte("a long passphrase of anna")
	var err error
	c.desk, err = desk.Open(c.ctx, o)
	noErr(t, err)
	c.lay(c.blank(softcard.EV3))
	if _, err := c.desk.Issue(c.ctx, c.reader, home101, desk.IssueOptions{}, nil); desk.Explain(err).Code != desk.CodeNotAssessed {
		t.Errorf("a caretaker in a building that is not assessed: %v", err)
	}
	as := func(passphrase []byte) {
		noErr(t, c.desk.Close())
		o.Passphrase = passphrase
		c.desk, err = desk.Open(c.ctx, o)
		noErr(t, err)
	}
	as(passphrase) // a custodian
	_, err = c.desk.SetRollout(c.ctx, "Boulevard 3", desk.RolloutStep{Stage: desk.StageAssessed, Assessment: "1", Review: c.now.AddDate(1, 0, 0)})
	noErr(t, err)
	as([]byte("a long passphrase of anna"))
	_, err = c.desk.Issue(c.ctx, c.reader, home101, desk.IssueOptions{}, nil)
	noErr(t, err)
	all, err := c.desk.Rollouts(c.ctx)
	if err != nil || all[0].Unassessed != 0 {
		t.Errorf("%v, %v", fmt.Sprint(all[0]), err)
	}
}

// TestErasedIsNotInTheLog looks for what was erased in the log, with everything
// shown, and in the journal.
func TestErasedIsNotInTheLog(t *testing.T) {
	var out bytes.Buffer
	log := logrus.New()
	log.SetOutput(&out)
	log.SetLevel(logrus.TraceLevel)
	c := newCampus(t, 10, func(o *desk.InitOptions) { o.Log = logrus.NewEntry(log) })
	_, err := c.desk.MoveIn(c.ctx, home101, "HK-GEHEIM-0815", store.ChoiceTag)
	noErr(t, err)
	c.lay(c.blank(softcard.EV3))
	_, err = c.desk.Issue(c.ctx, c.reader, home101, desk.IssueOptions{Label: "koord van oma"}, nil)
	noErr(t, err)
	noErr(t, c.desk.Object(c.ctx, home101, store.ObjectionOpen))
	_, err = c.desk.Correct(c.ctx, home101, "HK-GEHEIM-0816")
	noErr(t, err)
	_, err = c.desk.MoveOut(c.ctx, home101)
	noErr(t, err)
	_, err = c.desk.Erase(c.ctx, "R1")
	noErr(t, err)
	noErr(t, c.desk.Look(c.ctx, func(tx *store.Tx) error {
		all, err := tx.Journal()
		for _, e := range all {
			fmt.Fprintln(&out, e.Operator, e.Act, e.Subject)
		}
		return err
	}))
	if !strings.Contains(out.String(), "tag handed out") || !strings.Contains(out.String(), "tenancies erased") {
		t.Fatalf("nothing was logged:\n%s", &out)
	}
	for _, gone := range []string{"GEHEIM", "oma", home101, "101"} {
		if strings.Contains(out.String(), gone) {
			t.Errorf("%q is in the log or the journal:\n%s", gone, &out)
		}
	}
}

// TestUnassessedTakesTwo: as soon as there are two custodians, neither hands out
// a tag alone in a building without an assessment; the consent holds for the
// building, the day and who was signed in.
func TestUnassessedTakesTwo(t *testing.T) {
	c := newCampus(t, 30)
	second := desk.Approval{Operator: "bob", Passphrase: []byte("a long passphrase of bob")}
	noErr(t, c.desk.AllowUnassessed(c.ctx, desk.Approval{}, home101)) // alone, it needs nobody
	noErr(t, c.desk.AddOperator(c.ctx, desk.NewOperator{Name: "bob", Role: store.Custodian, Passphrase: second.Passphrase}, desk.Approval{}))
	c.now = c.now.AddDate(0, 0, 1)
	issue := func() error {
		c.lay(c.blank(softcard.EV3))
		_, err := c.desk.Issue(c.ctx, c.reader, home101, desk.IssueOptions{}, nil)
		return err
	}
	wantCode(t, "alone", issue(), desk.CodeSecondNeeded)
	wantCode(t, "no consent", c.desk.AllowUnassessed(c.ctx, desk.Approval{}, home101), desk.CodeSecondNeeded)
	wantCode(t, "no such home", c.desk.AllowUnassessed(c.ctx, second, "nowhere/1"), desk.CodeNoHome)
	noErr(t, c.desk.AllowUnassessed(c.ctx, second, home101, home101))
	noErr(t, issue())
	all, err := c.desk.Journal(c.ctx, 0)
	n := 0
	for _, e := range all {
		if e.Act == "tags allowed without an assessment" && e.Operator == "custodian, bob" && e.Subject == "Boulevard 3" {
			n++
		}
	}
	if err != nil || n != 1 {
		t.Errorf("the journal has it %d times, %v", n, err)
	}
	c.now = c.now.AddDate(0, 0, 1)
	wantCode(t, "the next day", issue(), desk.CodeSecondNeeded)
	wishes := []desk.BatchWish{{Home: home101}}
	_, err = c.desk.BeginBatch(c.ctx, wishes)
	wantCode(t, "a moving day alone", err, desk.CodeSecondNeeded)
	noErr(t, c.desk.AllowUnassessed(c.ctx, second, home101))
	_, err = c.desk.BeginBatch(c.ctx, wishes)
	noErr(t, err)
	c.now = c.now.AddDate(0, 0, 1) // the queue was agreed to, and so is each of its tags
	c.lay(c.blank(softcard.EV3))
	next, _, err := c.desk.NextOfBatch(c.ctx)
	noErr(t, err)
	_, err = c.desk.WriteBatch(c.ctx, c.reader, next.Number, nil)
	noErr(t, err)
	wantCode(t, "another tag", issue(), desk.CodeSecondNeeded)
	rollouts, err := c.desk.Rollouts(c.ctx)
	if err != nil || rollouts[0].Unassessed != 2 {
		t.Errorf("%+v, %v", rollouts, err)
	}
	_, err = c.desk.SetRollout(c.ctx, "Boulevard 3", desk.RolloutStep{Stage: desk.StageAssessed, Assessment: "1", Review: c.now.AddDate(1, 0, 0)})
	noErr(t, err)
	noErr(t, issue())
}
