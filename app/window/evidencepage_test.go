package window

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sleutelbord/app/desk"
	"sleutelbord/app/evidence"
	"sleutelbord/assets"
	"sleutelbord/store"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

// evidence turns to a sub-page of the evidence, as a person does.
func (r *rig) evidence(name evidenceName) *evidencePage {
	r.Helper()
	r.tap(r.w.shell.items[pageEvidence])
	r.tap(r.w.shell.evidence.items[name])
	return r.w.shell.evidence
}

// TestMakePack makes the pack in a folder, and looks at it from outside.
func TestMakePack(t *testing.T) {
	shows := &showing{}
	r := newRig(t, func(o *Options) { shows.App = o.App; o.App = shows })
	r.demo(90)
	r.handOut(home)
	e := r.evidence(evidencePack)
	p := e.made[evidencePack].(*packPage)
	if r.w.win.Canvas().Focused() != fyne.Focusable(e.items[evidencePack]) && r.w.win.Canvas().Focused() != fyne.Focusable(p.make) {
		t.Error("the keyboard is nowhere")
	}
	in := t.TempDir()
	for n, lang := range assets.OfficeLanguages() {
		p.lang.SetSelectedIndex(n)
		p.makeIn(in)
		if !p.working || p.cancel == nil {
			t.Fatal("it does not begin")
		}
		r.until("the pack", func() bool { return p.open != nil })
		if p.bar.part == 0 || p.doing.text == "" {
			t.Error("no progress was shown")
		}
		v, err := evidence.VerifyPack(p.dir)
		if err != nil || !r.shows(v.Fingerprint) || !r.shows(p.dir) {
			t.Errorf("%+v, %v; it says %q", v, err, r.texts())
		}
		if text := r.pdfText(filepath.Join(p.dir, "annex.pdf")); !strings.Contains(text, assets.Office(lang).T("annex.14", nil)) {
			t.Errorf("%s: the annex reads %.300q", lang, text)
		}
		r.tap(p.open)
		if u := shows.shown[len(shows.shown)-1]; u != "file://"+p.dir {
			t.Errorf("shown is %s", u)
		}
		r.w.escape()
		if p.open != nil || r.w.shell.current != pageEvidence {
			t.Error("Escape does not go back to the button")
		}
	}
	made, err := os.ReadDir(in)
	if err != nil || len(made) != len(assets.OfficeLanguages()) {
		t.Errorf("%v, %v", made, err)
	}
}

// A pack that is cancelled leaves nothing, and so does one for which there is no
// place.
func TestCancelPack(t *testing.T) {
	r := newRig(t, nil)
	r.demo(90)
	p := r.evidence(evidencePack).made[evidencePack].(*packPage)
	in := t.TempDir()
	p.makeIn(in)
	r.tap(p.cancel)
	r.until("the button again", func() bool { return !p.working })
	left, err := os.ReadDir(in)
	if err != nil || len(left) != 0 || r.w.asked != nil || p.make.Disabled() {
		t.Errorf("%v, %v; it says %q", left, err, r.texts())
	}
	file := filepath.Join(in, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	p.makeIn(file)
	r.until("the refusal", func() bool { return r.w.asked != nil })
	if p.working || p.open != nil {
		t.Error("a pack was made in a file")
	}
}

// TestRollout goes through the stages of a building, with a document.
func TestRollout(t *testing.T) {
	r := newRig(t, nil)
	r.demo(90)
	r.handOut(home)
	e := r.evidence(evidenceRollout)
	p := e.made[evidenceRollout].(*rolloutPage)
	r.until("the buildings", func() bool { return len(p.all) > 0 && p.rows["Calslaan 12"] != nil })
	r.tap(p.rows["Calslaan 12"])
	if p.steps == nil || !r.shows(r.w.t("remind.assess")) {
		t.Fatalf("it says %q", r.texts())
	}
	note := func(stage desk.Stage, day string, done func(v desk.RolloutView) bool) {
		t.Helper()
		p.steps.stage.SetSelectedIndex(slices.Index(desk.Stages(), stage))
		p.steps.day.SetText(day)
		r.tap(p.steps.save)
		r.until(string(stage), func() bool { return p.steps != nil && done(p.steps.view) })
	}
	today := time.Now()
	p.steps.stage.SetSelectedIndex(slices.Index(desk.Stages(), desk.StageAssessed))
	if !p.steps.assessed.Visible() || !p.steps.save.Disabled() {
		t.Error("an assessment needs neither version nor review")
	}
	test.Type(p.steps.version, "1.2")
	test.Type(p.steps.review, "31-31-2027")
	if !p.steps.save.Disabled() || !r.shows(r.w.t("rollout.day.wrong")) {
		t.Errorf("31-31-2027 is a day; it says %q", r.texts())
	}
	p.steps.review.SetText(today.AddDate(1, 0, 0).Format("2-1-2006"))
	p.steps.review.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	r.until("the assessment", func() bool { return p.steps != nil && p.steps.view.Assessment == "1.2" })
	file := filepath.Join(t.TempDir(), "DPIA 1.2.pdf")
	if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	p.steps.addDocument(file)
	r.until("the document", func() bool { return p.steps != nil && len(p.steps.view.Documents) == 1 })
	// SHA-256 of "x".
	if d := p.steps.view.Documents[0]; d.SHA256 != "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881" || d.Kind != store.DocumentAssessment || !r.shows("2d711642 b726b044") {
		t.Errorf("%+v, it says %q", d, r.texts())
	}
	p.steps.addDocument(file)
	r.until("the refusal", func() bool { return r.w.asked != nil })
	r.w.escape()
	p.steps.addDocument(filepath.Join(t.TempDir(), "missing.pdf"))
	r.until("the refusal", func() bool { return r.w.asked != nil })
	r.w.escape()
	note(desk.StageConsulted, "", func(v desk.RolloutView) bool { return v.Consulted != "" })
	note(desk.StageActive, today.AddDate(0, 0, -3).Format(time.DateOnly), func(v desk.RolloutView) bool { return v.Active != "" })
	if len(p.steps.view.Reminders) != 0 || r.shows(r.w.t("rollout.reminders")) {
		t.Errorf("still due: %v", p.steps.view.Reminders)
	}
	p.steps.stage.SetSelectedIndex(slices.Index(desk.Stages(), desk.StageEvaluated))
	p.steps.day.SetText(today.AddDate(0, 1, 0).Format("2.1.2006"))
	r.tap(p.steps.save)
	r.until("the refusal of a day to come", func() bool { return r.w.asked != nil })
	r.w.escape()
	r.w.escape()
	if p.open != "" || r.w.win.Canvas().Focused() != fyne.Focusable(p.rows["Calslaan 12"]) {
		t.Error("Escape does not go back to the list")
	}
	all, err := r.w.desk.Rollouts(context.Background())
	if err != nil || all[slices.IndexFunc(all, func(v desk.RolloutView) bool { return v.Building == "Calslaan 12" })].Stage != desk.StageActive {
		t.Errorf("%+v, %v", all, err)
	}
}

// TestRetention previews and erases what is due.
func TestRetention(t *testing.T) {
	var later atomic.Int64 // days
	r := newRig(t, func(o *Options) {
		o.Clock = func() time.Time {
			return time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC).AddDate(0, 0, int(later.Load()))
		}
	})
	r.demo(90)
	r.handOut(home)
	if _, err := r.w.desk.MoveOut(context.Background(), home); err != nil {
		t.Fatal(err)
	}
	p := r.evidence(evidenceRetention).made[evidenceRetention].(*retentionPage)
	p.span.SetSelectedIndex(3)
	r.until("what is due in a year", func() bool { return len(p.due) == 1 })
	if !p.erase.Disabled() || !r.shows("Calslaan 12-204") || !r.shows("90 dagen") {
		t.Errorf("it says %q", r.texts())
	}
	later.Store(91)
	r.tap(r.w.shell.evidence.items[evidenceRetention])
	r.until("what is due now", func() bool { return len(p.now) == 1 })
	r.tap(p.erase)
	r.w.escape()
	if list, err := r.w.desk.Tenancies(context.Background(), home); err != nil || len(list) != 1 {
		t.Fatalf("%v, %v", list, err)
	}
	r.tap(p.erase)
	r.w.onYes()
	r.until("the certificate", func() bool { return p.bar != nil })
	if text := r.pdfText(r.saved(p.bar, ".pdf")); !strings.Contains(text, assets.Papers("nl").T("certificate.period", nil)) {
		t.Errorf("the certificate reads %q", text)
	}
	r.tap(p.done)
	r.until("nothing left", func() bool { return len(p.due) == 0 && p.erase.Disabled() })
	if list, err := r.w.desk.Tenancies(context.Background(), home); err != nil || len(list) != 0 {
		t.Errorf("%v, %v", list, err)
	}
}

// TestContacts types whom residents can ask; the next receipt says it.
func TestContacts(t *testing.T) {
	r := newRig(t, nil)
	r.demo(90)
	r.handOut(home)
	p := r.evidence(evidenceContacts).made[evidenceContacts].(*contactsPage)
	r.until("the settings", func() bool { return p.numbers["retention"].Text == "90" })
	if !p.save.Disabled() {
		t.Error("nothing changed, and it can be saved")
	}
	test.Type(p.texts["controller"], "Woonstichting Noord")
	test.Type(p.texts["desk"], "Plein 1")
	p.numbers["retention"].SetText("0")
	if !p.save.Disabled() || !r.shows("1 tot en met 3650") {
		t.Errorf("it says %q", r.texts())
	}
	p.numbers["retention"].SetText("30")
	r.tap(p.save)
	r.until("the message", func() bool { return r.w.asked != nil })
	r.w.escape()
	s, err := r.w.desk.Settings(context.Background())
	if err != nil || s.Controller != "Woonstichting Noord" || s.DeskContact != "Plein 1" || s.RetentionDays != 30 {
		t.Errorf("%+v, %v", s, err)
	}
	receipt := newReceiptPane(r.w, desk.TagView{ID: "T1", State: store.TagIssued}, func() {})
	if text := r.pdfText(r.saved(receipt.bar, ".pdf")); !strings.Contains(text, "Woonstichting Noord") || !strings.Contains(text, "30 dagen") {
		t.Errorf("the receipt reads %q", text)
	}
}

// TestDocuments has every paper in every form, and compares two records.
func TestDocuments(t *testing.T) {
	r := newRig(t, nil)
	r.demo(90)
	p := r.evidence(evidenceDocuments).made[evidenceDocuments].(*documentsPage)
	begins := map[string]string{".pdf": "%PDF-1", ".ods": "PK\x03\x04", ".json": "{", ".csv": ""}
	old := ""
	for _, x := range officePapers {
		for _, ending := range x.endings {
			file := r.saved(p.bars[x.name], ending)
			b, err := os.ReadFile(file)
			if err != nil || len(b) < 20 || !bytes.HasPrefix(b, []byte(begins[ending])) {
				t.Errorf("%s%s: %v, %.20q", x.name, ending, err, b)
			}
			if x.name == "record" && ending == ".json" {
				old = file
			}
		}
	}
	take := func(r *evidence.Record) { p.oldRecord = r }
	p.read(old, take)
	r.until("no change", func() bool { return r.shows(r.w.t("changes.nothing")) })
	if _, err := r.w.desk.ChangeSettings(context.Background(), func(s *desk.Settings) { s.RetentionDays = 45 }); err != nil {
		t.Fatal(err)
	}
	if _, err := r.w.desk.SetRollout(context.Background(), "Calslaan 12", desk.RolloutStep{Stage: desk.StageConsulted}); err != nil {
		t.Fatal(err)
	}
	p.read(old, take)
	r.until("the changes", func() bool { return r.shows("90 → 45") && r.shows("Veranderd · Calslaan 12") })
	var c evidence.Changes
	b, err := os.ReadFile(r.saved(p.bar, ".json"))
	if err != nil || json.Unmarshal(b, &c) != nil || len(c.Settings) != 1 || len(c.Rollouts) != 1 || len(c.Columns) != 0 {
		t.Errorf("%v, %s", err, b)
	}
	if text := r.pdfText(r.saved(p.bar, ".pdf")); !strings.Contains(text, "retention_days") || !strings.Contains(text, assets.Office("nl").T("changes.columns.none", nil)) {
		t.Errorf("the paper reads %q", text)
	}
	p.read(filepath.Join(t.TempDir(), "missing.json"), take)
	r.until("the refusal", func() bool { return r.w.asked != nil })
	r.w.escape()
	p.read(r.saved(p.bars["journal"], ".json"), take)
	r.until("the refusal", func() bool { return r.w.asked != nil && r.shows(r.w.t("problem.evidence")) })
}

// Every setting that can change has words.
func TestSettingsHaveWords(t *testing.T) {
	b, err := json.Marshal(desk.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	fields := map[string]any{}
	if err := json.Unmarshal(b, &fields); err != nil {
		t.Fatal(err)
	}
	for name := range fields {
		if !assets.Words("nl").Has(settingWords[name]) {
			t.Errorf("no words for %s", name)
		}
	}
	if len(fields) != len(settingWords) {
		t.Errorf("%d settings, %d words", len(fields), len(settingWords))
	}
}

// TestChoices compares the numbers on the screen with the evaluation.
func TestChoices(t *testing.T) {
	r := newRig(t, nil)
	r.demo(90)
	p := r.evidence(evidenceChoices).made[evidenceChoices].(*choicesPage)
	r.until("the numbers", func() bool { return len(p.seen.Choices.Rows) > 0 })
	e, err := evidence.NewEvaluation(context.Background(), r.w.desk)
	if err != nil || !slices.Equal(e.Choices.Rows, p.seen.Choices.Rows) {
		t.Errorf("%v", err)
	}
	for _, building := range e.Choices.Rows {
		if !r.shows(building) {
			t.Errorf("%s is missing", building)
		}
	}
	r.tap(p.paper)
	if r.w.shell.evidence.current != evidenceDocuments {
		t.Error("the paper is not offered")
	}
}
