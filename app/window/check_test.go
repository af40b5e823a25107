package window

import (
	"context"
	"strings"
	"testing"

	"sleutelbord/app/desk"
	"sleutelbord/app/evidence"
	"sleutelbord/assets"
	"sleutelbord/nfc"
	"sleutelbord/nfc/identify/identifytest"
	"sleutelbord/nfc/keytag"
	"sleutelbord/nfc/softcard"

	"fyne.io/fyne/v2"
)

// checked waits until a tag was checked.
func (r *rig) checked(view func() *checkView) *checkView {
	r.Helper()
	r.until("the result of the check", func() bool { v := view(); return v != nil && v.report != nil })
	return view()
}

// TestCheckAtTheDesk checks tags one after another from the strip: ours, blank, of
// every chip.
func TestCheckAtTheDesk(t *testing.T) {
	r := newRig(t, nil)
	r.demo(90)
	r.handOut(home)
	r.tap(r.w.shell.strip.check)
	if !r.shows(r.w.t("check.lay")) {
		t.Fatalf("it says %q", r.texts())
	}
	r.tap(r.w.tray.cards[0].button)
	v := r.checked(r.w.checking)
	if !v.report.Passed() || !r.shows(r.w.t("check.passed")) {
		t.Errorf("our tag: %+v", v.report)
	}
	for _, l := range v.report.Limits {
		if !r.shows(r.w.t("limit." + l)) {
			t.Errorf("%s is not said", l)
		}
	}
	for _, lang := range assets.PaperLanguages() {
		v.lang.SetSelectedIndex(indexOf(v.lang.langs, lang))
		text := r.pdfText(r.saved(v.bar, ".pdf"))
		words := assets.Words(lang)
		for _, want := range []string{words.T("check.passed", nil), words.T("finding.file-rights", nil), words.T("limit.copy", nil), "160 bytes"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: no %q in %q", lang, want, text)
			}
		}
	}
	r.lift()
	if r.w.checking() != v || v.report == nil || !r.shows(r.w.t("check.passed")) {
		t.Error("the result is gone with the tag")
	}
	for _, chip := range []softcard.Chip{softcard.EV1, softcard.EV2, softcard.EV3} {
		card, err := softcard.New(softcard.Config{Chip: chip})
		if err != nil {
			t.Fatal(err)
		}
		v.report = nil
		r.w.tray.reader.Lay(card)
		v = r.checked(r.w.checking)
		if v.report.Ours || !strings.Contains(v.report.Chip, chip.String()) || !r.shows(r.w.t("check.not-ours")) {
			t.Errorf("a blank %v: %+v", chip, v.report)
		}
		r.w.tray.reader.Take()
		r.until("an empty reader", func() bool { return !r.w.bench.state.Present })
	}
	r.w.escape()
	if r.w.checking() != nil {
		t.Error("Escape does not leave the check")
	}
}

func indexOf(list []string, x string) int {
	for i, y := range list {
		if y == x {
			return i
		}
	}
	return -1
}

// deskTag is a tag that another site has handed out.
func deskTag(t *testing.T, chip softcard.Chip) *softcard.Card {
	t.Helper()
	r := newRig(t, nil)
	r.demo(90)
	card, err := softcard.New(softcard.Config{Chip: chip})
	if err != nil {
		t.Fatal(err)
	}
	reader := softcard.NewReader("other")
	reader.Lay(card)
	if _, err := r.w.desk.Issue(context.Background(), reader, home, desk.IssueOptions{}, nil); err != nil {
		t.Fatal(err)
	}
	reader.Take()
	card.Reset()
	return card
}

// TestCheckWithoutRecords checks tags of another site on the first screen, where
// there are neither records nor a passphrase.
func TestCheckWithoutRecords(t *testing.T) {
	reader := softcard.NewReader("home")
	r := newRig(t, func(o *Options) { o.OpenReader = func(string) (nfc.Reader, error) { return reader, nil } })
	r.tap(r.w.start.look)
	r.until("the reader", func() bool { return r.w.bench.state.Attached })
	if r.w.win.Canvas().Focused() != fyne.Focusable(r.w.start.leave) {
		t.Error("the keyboard is nowhere")
	}
	for _, chip := range []softcard.Chip{softcard.EV1, softcard.EV2, softcard.EV3} {
		reader.Lay(deskTag(t, chip))
		v := r.checked(r.w.checking)
		if !v.report.Passed() || !r.shows(r.w.t("check.passed")) || !r.shows(chip.String()) {
			t.Errorf("%v: %+v; it says %q", chip, v.report, r.texts())
		}
		v.report = nil
		reader.Take()
		r.until("an empty reader", func() bool { return !r.w.bench.state.Present })
	}
	r.w.escape()
	if r.w.start.step != stepWelcome || r.w.bench.reader != nil {
		t.Errorf("Escape leads to %s, and the reader is %v", r.w.start.step, r.w.bench.reader)
	}
	if r.w.desk != nil {
		t.Error("records were opened")
	}
}

// Everything that is no DESFire tag is named, and nothing breaks.
func TestCheckOfOtherThings(t *testing.T) {
	for _, thing := range identifytest.Things() {
		t.Run(thing.Name, func(t *testing.T) {
			r := newRig(t, func(o *Options) {
				o.OpenReader = func(string) (nfc.Reader, error) { return identifytest.NewReader(thing), nil }
			})
			r.tap(r.w.start.look)
			r.until("an answer", func() bool {
				v := r.w.checking()
				return v.looked != 0 && v.turn.cancel == nil
			})
			v := r.w.checking()
			if v.report != nil && v.report.Passed() || v.report == nil && !r.showsAnyProblem() {
				t.Errorf("%+v, it says %q", v.report, r.texts())
			}
			if r.shows(r.w.t("problem.internal")) {
				t.Errorf("it says %q", r.texts())
			}
		})
	}
}

// showsAnyProblem tells whether a problem is on the window in words.
func (r *rig) showsAnyProblem() bool {
	for _, code := range desk.Codes() {
		if r.shows(r.w.t("problem." + string(code))) {
			return true
		}
	}
	return false
}

// Without a reader, the check says so, and looks again when asked.
func TestCheckWithoutReader(t *testing.T) {
	var reader nfc.Reader
	r := newRig(t, func(o *Options) {
		o.OpenReader = func(string) (nfc.Reader, error) {
			if reader == nil {
				return nil, nfc.ErrNoReader
			}
			return reader, nil
		}
	})
	r.tap(r.w.start.look)
	r.until("no reader", func() bool { return r.w.checking().again != nil })
	if !r.shows(r.w.t("problem.no-reader")) {
		t.Errorf("it says %q", r.texts())
	}
	reader = softcard.NewReader("new")
	r.tap(r.w.checking().again)
	r.until("the reader", func() bool { return r.shows(r.w.t("check.lay")) })
}

// Every deviation is named on the screen and on the paper.
func TestCheckNamesDeviations(t *testing.T) {
	r := newRig(t, nil)
	r.demo(90)
	card := r.layBlank()
	// An application of our name on a blank chip: three keys, changed by whoever
	// likes, and no file.
	aid := keytag.DefaultAID
	if answer, err := card.Transmit([]byte{0x90, 0xCA, 0, 0, 5, aid[2], aid[1], aid[0], 0x0F, 0x83, 0}); err != nil || answer[len(answer)-1] != 0 {
		t.Fatalf("%X, %v", answer, err)
	}
	r.lift()
	r.tap(r.w.shell.strip.check)
	r.tap(r.w.tray.cards[0].button)
	v := r.checked(r.w.checking)
	if evidence.Verdict(*v.report) != "failed" || !r.shows(r.w.t("check.failed")) {
		t.Errorf("%+v; it says %q", v.report, r.texts())
	}
	text, n := r.pdfText(r.saved(v.bar, ".pdf")), 0
	for _, f := range v.report.Findings {
		if f.OK {
			continue
		}
		n++
		if words := r.w.t("finding." + f.ID + ".bad"); !r.shows(words) || !strings.Contains(text, words) || !r.shows(f.Detail) {
			t.Errorf("%s is not named: %q, %q", f.ID, r.texts(), text)
		}
	}
	if n < 5 || !strings.Contains(text, assets.Papers("nl").T("check.deviates", nil)) {
		t.Errorf("%d deviations: %+v", n, v.report)
	}
}
