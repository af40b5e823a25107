package window

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"sleutelbord/app/desk"
	"sleutelbord/app/evidence"
	"sleutelbord/store"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// TestEvidenceScreens goes through the screens of papers, requests and evidence, as
// [TestScreens] does for the rest, also on the smallest screen.
func TestEvidenceScreens(t *testing.T) {
	inLooks(t, []aLook{
		{"evid-small-nl", variantLight, "nl", 1, fyne.NewSize(1024, 640)},
		{"evid-dark-en", variantDark, "en", 1, fyne.NewSize(1280, 760)},
		{"evid-light-de", variantLight, "de", 1, fyne.NewSize(1366, 700)},
		{"evid-large-nl", variantLight, "nl", 1.6, fyne.NewSize(1920, 1040)},
	}, func(t *testing.T, l aLook, shot func(*rig, string)) {
		r := l.rig(t)
		here := func(name string) { shot(r, name) }
		r.walkPapers(here)
		r.walkEvidence(here)
	})
}

func (r *rig) walkPapers(shot func(name string)) {
	r.tap(r.w.start.look)
	r.until("no reader", func() bool { return r.w.checking().again != nil })
	shot("start-check")
	r.w.escape()
	r.demo(90)
	r.handOut(neighbour)
	r.tap(r.w.shell.strip.check)
	shot("check")
	r.tap(r.w.tray.cards[0].button)
	r.checked(r.w.checking)
	shot("checked")
	r.w.shell.board.pane.(*checkPane).scroll.ScrollToBottom()
	shot("checked-below")
	r.lift()
	r.w.escape()
	r.tap(r.open(home).handOut)
	r.layBlank()
	r.phase(phaseReady)
	shot("ready")
	r.tap(r.writing().receipt)
	shot("receipt")
	r.lift()
	r.tap(r.w.shell.board.pane.(*receiptPane).done)
	r.home(home)
	shot("home")
	p := r.requests(home)
	shot("requests")
	r.tap(p.objects)
	p = r.request(func(p *requestsPane) bool { return len(p.outcomes) == 3 })
	p.scroll.ScrollToBottom()
	shot("requests-below")
	r.w.escape()
	r.tap(r.home(home).moveOut)
	r.w.onYes()
	r.until("moved out", func() bool { _, ok := r.w.shell.board.pane.(*movedPane); return ok })
	r.w.escape()
	p = r.requests(home)
	p.scroll.ScrollToBottom()
	r.tap(p.erase)
	shot("erase-ask")
	r.w.onYes()
	r.until("the certificate", func() bool { _, ok := r.w.shell.board.pane.(*erasedPane); return ok })
	shot("erased")
}

func (r *rig) walkEvidence(shot func(name string)) {
	e := r.evidence(evidencePack)
	shot("pack")
	pack := e.made[evidencePack].(*packPage)
	pack.makeIn(r.TempDir())
	shot("pack-making")
	r.until("the pack", func() bool { return pack.open != nil })
	shot("pack-made")
	for i, c := range []store.Choice{store.ChoiceTag, store.ChoiceApp, store.ChoiceTag, store.ChoiceBoth, store.ChoiceTag, store.ChoiceTag, store.ChoiceTag, store.ChoiceTag} {
		if _, err := r.w.desk.MoveIn(context.Background(), fmt.Sprintf("Boulevard 3/1%02d", i+1), fmt.Sprintf("HK-%d", i), c); err != nil {
			r.Fatal(err)
		}
	}
	r.evidence(evidenceChoices)
	r.until("the numbers", func() bool { return len(e.made[evidenceChoices].(*choicesPage).seen.Choices.Rows) > 0 })
	shot("choices")
	r.evidence(evidenceRollout)
	rollout := e.made[evidenceRollout].(*rolloutPage)
	r.until("the buildings", func() bool { return len(rollout.all) > 0 })
	shot("rollout")
	_, err := r.w.desk.SetRollout(context.Background(), "Calslaan 12", desk.RolloutStep{Stage: desk.StageAssessed, Assessment: "1.2", Review: time.Now().AddDate(0, 0, 20)})
	if err == nil {
		_, err = r.w.desk.AddDocument(context.Background(), "Calslaan 12", store.DocumentAssessment, "DPIA Calslaan 1.2.pdf", strings.NewReader("x"))
	}
	if err != nil {
		r.Fatal(err)
	}
	rollout.load()
	r.until("the assessment", func() bool { i := rollout.all; return len(i) > 1 && i[1].Assessment == "1.2" })
	r.tap(rollout.rows["Calslaan 12"])
	shot("rollout-building")
	rollout.steps.stage.SetSelectedIndex(1)
	e.scroll.ScrollToBottom()
	shot("rollout-documents")
	r.evidence(evidenceRetention)
	retention := e.made[evidenceRetention].(*retentionPage)
	if _, err := r.w.desk.MoveOut(context.Background(), neighbour); err != nil {
		r.Fatal(err)
	}
	retention.span.SetSelectedIndex(3)
	r.until("what is due", func() bool { return len(retention.due) > 0 })
	shot("retention")
	r.evidence(evidenceContacts)
	contacts := e.made[evidenceContacts].(*contactsPage)
	r.until("the settings", func() bool { return contacts.numbers["retention"].Text != "" })
	contacts.numbers["retention"].SetText("x")
	shot("contacts")
	e.scroll.ScrollToBottom()
	shot("contacts-below")
	r.evidence(evidenceDocuments)
	shot("documents")
	docs := e.made[evidenceDocuments].(*documentsPage)
	old := r.saved(docs.bars["record"], ".json")
	if _, err := r.w.desk.ChangeSettings(context.Background(), func(s *desk.Settings) { s.RetentionDays = 45 }); err != nil {
		r.Fatal(err)
	}
	docs.read(old, func(x *evidence.Record) { docs.oldRecord = x })
	r.until("the changes", func() bool { return docs.bar != nil })
	e.scroll.ScrollToBottom()
	shot("changes")
}

// A button for which a layout has no room is drawn as nothing, also while it has the
// focus.
func TestButtonWithoutRoom(t *testing.T) {
	r := newRig(t, nil)
	for _, kind := range []buttonKind{plainButton, primaryButton, quietButton, dangerButton, navButton, listButton} {
		b := r.w.newButton(kind, "check", "x", func() {})
		r.w.win.SetContent(container.NewWithoutLayout(b))
		b.FocusGained()
		for _, size := range []fyne.Size{{Width: -2, Height: 0}, {Width: 1, Height: 1}, {Width: 0, Height: 30}, {Width: 2, Height: 2}} {
			b.Resize(size)
			if r.w.Canvas().Capture() == nil {
				t.Errorf("%v: no picture", size)
			}
		}
	}
}
