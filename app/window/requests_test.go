package window

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sleutelbord/app/desk"
	"sleutelbord/app/evidence"
	"sleutelbord/assets"
	"sleutelbord/store"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

// pdfText is the text of a PDF file, as another program reads it.
func (r *rig) pdfText(file string) string {
	r.Helper()
	out, err := exec.Command("pdftotext", "-raw", file, "-").CombinedOutput()
	if err != nil {
		r.Fatalf("pdftotext: %v\n%s", err, out)
	}
	return strings.Join(strings.Fields(string(out)), " ")
}

// saved has a paper saved, and gives the file.
func (r *rig) saved(b *paperBar, ending string) string {
	r.Helper()
	file := filepath.Join(r.TempDir(), "paper"+ending)
	b.saveTo(ending, file)
	r.until("the saved paper", func() bool { return !b.working })
	r.until("its message", func() bool { return r.w.asked != nil })
	if !r.shows(r.w.t("paper.saved")) || !r.shows(file) {
		r.Fatalf("saving says %q", r.texts())
	}
	if i, err := os.Stat(file); err != nil || i.Mode().Perm() != 0o600 {
		r.Fatalf("%v, %v", i, err)
	}
	r.w.escape()
	return file
}

// requests opens what can be asked for about a home, from the home.
func (r *rig) requests(ref string) *requestsPane {
	r.Helper()
	r.tap(r.open(ref).requests)
	return r.request(func(p *requestsPane) bool { return p.which != nil })
}

// request waits until the pane of requests is in a state.
func (r *rig) request(in func(p *requestsPane) bool) *requestsPane {
	r.Helper()
	var p *requestsPane
	r.until("the requests", func() bool {
		var ok bool
		p, ok = r.w.shell.board.pane.(*requestsPane)
		return ok && in(p)
	})
	return p
}

// The receipt of a tag that was just handed out is in the language that the tenant
// reads; nobody's language is remembered.
func TestReceiptAfterHandingOut(t *testing.T) {
	shows := &showing{}
	r := newRig(t, func(o *Options) { shows.App = o.App; o.App = shows })
	folder := printing(t, "system default destination: balie", "", false)
	r.demo(90)
	r.tap(r.open(home).handOut)
	r.layBlank()
	r.phase(phaseReady)
	r.tap(r.writing().receipt)
	p, ok := r.w.shell.board.pane.(*receiptPane)
	if !ok || p.lang != "nl" {
		t.Fatalf("the receipt is %T", r.w.shell.board.pane)
	}
	for _, lang := range assets.PaperLanguages() {
		r.tap(p.langs[lang])
		text := r.pdfText(r.saved(p.bar, ".pdf"))
		words := assets.Papers(lang)
		for _, want := range []string{words.T("receipt.kept", nil), words.T("receipt.lostit", nil), home, "T1"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: no %q in %q", lang, want, text)
			}
		}
	}
	r.tap(p.bar.show)
	r.until("the paper on the screen", func() bool { return len(shows.shown) == 1 })
	r.tap(p.print)
	r.until("the paper at the printer", func() bool { return r.w.asked != nil })
	if b, err := os.ReadFile(filepath.Join(folder, "paper")); err != nil || !strings.HasPrefix(string(b), "%PDF-1") {
		t.Errorf("the printer got %v, %.20q", err, b)
	}
	r.w.escape()
	shown := strings.TrimPrefix(shows.shown[0], "file://")
	if i, err := os.Stat(shown); err != nil || i.Mode().Perm() != 0o600 || filepath.Base(shown) != "receipt-T1.pdf" {
		t.Errorf("shown is %s: %v", shown, err)
	}
	r.tap(p.done)
	r.home(home)
	again := newReceiptPane(r.w, r.home(home).view.Tags[0], func() {})
	if again.lang != "nl" {
		t.Errorf("the language %s is remembered", again.lang)
	}
	r.w.clearPapers()
	if _, err := os.Stat(shown); !os.IsNotExist(err) {
		t.Errorf("the paper is still there: %v", err)
	}
}

// A file that cannot be written is no receipt, and what was there before stays.
func TestReceiptCannotBeSaved(t *testing.T) {
	r := newRig(t, nil)
	r.demo(90)
	r.handOut(home)
	p := newReceiptPane(r.w, r.home(home).view.Tags[0], func() {})
	r.w.shell.board.show(p)
	p.bar.saveTo(".pdf", filepath.Join(t.TempDir(), "missing", "a.pdf"))
	r.until("the refusal", func() bool { return r.w.asked != nil })
	if !r.shows(r.w.t("problem.bundle-folder")) || p.bar.working || p.bar.show.Disabled() {
		t.Errorf("it says %q", r.texts())
	}
}

// Everything about a tenancy, correcting, objecting, and a choice that changes.
func TestRequests(t *testing.T) {
	r := newRig(t, nil)
	r.demo(90)
	r.handOut(home)
	p := r.requests(home)
	if len(p.receipts) != 1 || !p.erase.Disabled() || p.objects == nil {
		t.Fatalf("%d receipts, it says %q", len(p.receipts), r.texts())
	}
	var s evidence.Subject
	b, err := os.ReadFile(r.saved(p.answer, ".json"))
	if err != nil || json.Unmarshal(b, &s) != nil || s.Home != home || len(s.Tags) != 1 {
		t.Errorf("the answer is %v, %s", err, b)
	}
	p.lang.SetSelectedIndex(slices.Index(assets.PaperLanguages(), "de"))
	if text := r.pdfText(r.saved(p.answer, ".pdf")); !strings.Contains(text, "Alles, was über Mietverhältnis "+s.Tenancy.ID) || !strings.Contains(text, home) {
		t.Errorf("the answer reads %q", text)
	}
	p.reference.SetText("")
	test.Type(p.reference, "HK-2031")
	p.reference.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	r.until("the message", func() bool { return r.w.asked != nil })
	r.w.escape()
	p = r.request(func(p *requestsPane) bool { return p.subject.Tenancy.Reference == "HK-2031" })
	r.tap(p.objects)
	r.tap(p.objects) // once more, before it is noted
	p = r.request(func(p *requestsPane) bool { return len(p.outcomes) == 3 })
	r.settle()
	if !r.shows("is open") || r.w.asked != nil {
		t.Errorf("an objection says %q", r.texts())
	}
	r.tap(p.outcomes[store.ObjectionUpheld])
	p = r.request(func(p *requestsPane) bool { return p.objects != nil && len(p.subject.Objections) == 1 })
	if o := p.subject.Objections[0]; o.Outcome != store.ObjectionUpheld || o.Decided == "" || !r.shows("gegrond op") {
		t.Errorf("%+v, it says %q", o, r.texts())
	}
	r.tap(p.receipts["T1"])
	if _, ok := r.w.shell.board.pane.(*receiptPane); !ok {
		t.Fatalf("the receipt is %T", r.w.shell.board.pane)
	}
	r.w.escape()
	r.request(func(*requestsPane) bool { return true })
	r.w.escape()
	h := r.home(home)
	r.until("the reference", func() bool { return r.shows("HK-2031") })
	h.choice.SetSelectedIndex(slices.Index(allChoices, store.ChoiceOwnLock))
	r.until("the choice", func() bool { return r.home(home).view.Tenancy.Choice == store.ChoiceOwnLock })
	if strings.Contains(r.log.String(), "HK-2031") {
		t.Error("the log tells the reference")
	}
}

// A tenancy that ended is erased on request; its certificate is all that is left.
func TestEraseOnRequest(t *testing.T) {
	r := newRig(t, nil)
	r.demo(90)
	r.handOut(home)
	p := r.requests(home)
	open := p.open
	r.w.escape()
	r.tap(r.home(home).moveOut)
	r.w.onYes()
	r.until("moved out", func() bool { _, ok := r.w.shell.board.pane.(*movedPane); return ok })
	r.w.escape()
	p = r.requests(home)
	if p.open != open || p.erase.Disabled() {
		t.Fatalf("%s, it says %q", p.open, r.texts())
	}
	r.tap(p.erase)
	if r.w.asked == nil || !r.shows(open) {
		t.Fatalf("it asks %q", r.texts())
	}
	r.w.escape() // the safe choice
	if list, err := r.w.desk.Tenancies(context.Background(), home); err != nil || len(list) != 1 {
		t.Fatalf("%v, %v", list, err)
	}
	shown, err := r.w.papers.put("tenancy-"+open+".pdf", []byte("shown before"))
	if err != nil {
		t.Fatal(err)
	}
	r.tap(p.erase)
	r.w.onYes()
	var done *erasedPane
	r.until("the certificate", func() bool {
		var ok bool
		done, ok = r.w.shell.board.pane.(*erasedPane)
		return ok
	})
	if _, err := os.Stat(shown); !os.IsNotExist(err) {
		t.Errorf("a paper about the tenancy is still there: %v", err)
	}
	text := r.pdfText(r.saved(done.bar, ".pdf"))
	for _, want := range []string{assets.Papers("nl").T("certificate.title", map[string]any{"n": 1}), assets.Papers("nl").T("certificate.request", nil)} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in %q", want, text)
		}
	}
	if list, err := r.w.desk.Tenancies(context.Background(), home); err != nil || len(list) != 0 {
		t.Errorf("%v, %v", list, err)
	}
	r.tap(done.done)
	r.request(func(p *requestsPane) bool { return len(p.list) == 0 && r.shows(r.w.t("request.none")) })
}

// A tenant's own lock lets the home's lock rest, and moving out says that it comes
// back.
func TestOwnLock(t *testing.T) {
	r := newRig(t, nil)
	r.demo(90)
	r.handOut(home)
	p := r.home(home)
	p.choice.SetSelectedIndex(slices.Index(allChoices, store.ChoiceOwnLock))
	r.until("the lock that rests", func() bool { return r.shows(r.w.t("door.resting")) })
	p = r.home(home)
	if p.handOut.Disabled() || p.lost.Disabled() || p.returned.Disabled() || p.moveOut.Disabled() {
		t.Error("something is withheld for this choice")
	}
	l := r.w.shell.locks
	r.tap(r.w.shell.items[pageLocks])
	r.until("the list of locks", func() bool {
		return slices.ContainsFunc(l.doors, func(d desk.DoorView) bool { return d.State == desk.DoorResting })
	})
	all := len(l.lines)
	l.only.SetChecked(true)
	for _, at := range l.lines {
		if at.door >= 0 && l.doors[at.door].State == desk.DoorResting {
			t.Error("a lock that rests is in the list of those that wait")
		}
	}
	if len(l.lines) >= all {
		t.Errorf("%d lines of %d", len(l.lines), all)
	}
	r.tap(r.open(home).moveOut)
	r.w.onYes()
	r.until("moved out", func() bool { return r.shows(r.w.t("moved.own-lock")) })
}

// Who begins something else while a tenancy is erased keeps it, and is told.
func TestEraseDoesNotInterrupt(t *testing.T) {
	r := newRig(t, nil)
	r.demo(90)
	r.handOut(home)
	r.tap(r.open(home).moveOut)
	r.w.onYes()
	r.until("moved out", func() bool { _, ok := r.w.shell.board.pane.(*movedPane); return ok })
	r.w.escape()
	p := r.requests(home)
	r.tap(p.erase)
	r.w.onYes()
	r.w.handOut("Boulevard 3/102")
	r.told(r.w.t("erased.done", "n", 1))
	if p := r.writing(); p.phase != phaseWaiting {
		t.Errorf("the hand-out is at %v", p.phase)
	}
}
