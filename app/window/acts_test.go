package window

import (
	"context"
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sleutelbord/app/desk"
	"sleutelbord/nfc"
	"sleutelbord/nfc/softcard"
	"sleutelbord/store"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

const (
	home      = "Calslaan 12/204"
	neighbour = "Calslaan 12/201"
)

func TestHandOut(t *testing.T) {
	r := newRig(t, nil)
	r.demo(90)
	p := r.open(home)
	r.tap(p.handOut)
	a := r.phase(phaseWaiting)
	test.Type(a.label, "sleutelbos")
	r.layBlank()
	r.phase(phaseReady)
	if !r.shows("Klaar: pak de tag") || !r.shows("Tag 1 van Calslaan 12-204") {
		t.Errorf("ready says %q", r.texts())
	}
	r.until("the tag in the strip", func() bool { return r.w.bench.known })
	if got := r.w.shell.strip.text.text; got != "Tag 1 van Calslaan 12-204" {
		t.Errorf("the strip says %q", got)
	}
	r.lift()
	if !r.shows("De tag is gepakt") {
		t.Errorf("after taking the tag: %q", r.texts())
	}
	r.tap(a.main)
	v := r.home(home).view
	if len(v.Tags) != 1 || v.Tags[0].State != store.TagIssued || v.Tags[0].Label != "sleutelbos" {
		t.Errorf("the home has %+v", v.Tags)
	}
	r.until("the hook", func() bool { return r.hook(home).Tags == 1 })
	for _, text := range []string{"sleutelbos", "t1", "12-204", "CALSLAAN 204", home} {
		r.search(text, home)
	}
}

// search types into the search field and expects one home.
func (r *rig) search(text, ref string) {
	r.Helper()
	b := r.w.shell.board
	b.search.SetText("")
	test.Type(b.search, text)
	r.found(text)
	if b.homes.Len() != 1 || b.rows[0].Ref != ref {
		r.Errorf("searching %q finds %d homes", text, b.homes.Len())
	}
}

// hook is what the board shows of a home.
func (r *rig) hook(ref string) desk.Hook {
	for _, h := range r.w.shell.board.rows {
		if h.Ref == ref {
			return h
		}
	}
	return desk.Hook{}
}

// found waits until the homes of a search are shown.
func (r *rig) found(text string) {
	r.Helper()
	b := r.w.shell.board
	r.until("the homes with "+text, func() bool { return !b.busy && b.query == text })
}

// shows tells whether a text is on the window.
func (r *rig) shows(text string) bool {
	return slices.ContainsFunc(r.texts(), func(s string) bool { return strings.Contains(s, text) })
}

func TestHandOutNext(t *testing.T) {
	r := newRig(t, nil)
	r.demo(90)
	r.tap(r.open(home).handOut)
	r.layBlank()
	first := r.phase(phaseReady)
	r.lift()
	r.tap(first.second)
	r.layBlank()
	second := r.phase(phaseReady)
	if second == first || second.result.issued.Tag.Ordinal != 2 {
		t.Errorf("the next tag is %+v", second.result.issued.Tag)
	}
}

// A tag that lay there before is written only after a yes.
func TestHandOutTagThatLiesThere(t *testing.T) {
	r := newRig(t, nil)
	r.demo(90)
	p := r.open(home)
	r.layBlank()
	r.until("the blank tag", func() bool { return r.w.bench.known })
	if got := r.w.shell.strip.act.text; got != "Uitgeven aan Calslaan 12-204" {
		t.Errorf("the strip offers %q", got)
	}
	r.tap(p.handOut)
	a := r.phase(phaseConfirm)
	r.tap(a.main)
	r.phase(phaseReady)
}

// Enter in the field of the label is the yes, as long as a tag lies there.
func TestHandOutFromTheLabel(t *testing.T) {
	r := newRig(t, nil)
	r.demo(90)
	p := r.open(home)
	r.layBlank()
	r.until("the blank tag", func() bool { return r.w.bench.known })
	r.tap(p.handOut)
	a := r.phase(phaseConfirm)
	r.lift()
	r.phase(phaseWaiting)
	a.label.SetText("blauw")
	a.label.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if a.phase != phaseWaiting {
		t.Fatalf("Enter without a tag leads to %s", a.phase)
	}
	r.layBlank()
	if tag := r.phase(phaseReady).result.issued.Tag; tag.Label != "blauw" {
		t.Errorf("%+v was handed out", tag)
	}
}

func TestTornTagIsFinished(t *testing.T) {
	r := newRig(t, nil)
	r.demo(90)
	p := r.open(home)
	r.tap(p.handOut)
	r.w.tray.tear.SetChecked(true)
	r.layBlank()
	a := r.phase(phaseTorn)
	r.until("the tag gone", func() bool { return r.w.tray.torn })
	if !r.shows("Leg dezelfde tag opnieuw op de lezer") {
		t.Errorf("torn says %q", r.texts())
	}
	r.until("the pending hook", func() bool { return r.hook(home).Pending == 1 })
	r.tap(r.w.tray.cards[0].button)
	r.until("the finished tag", func() bool { return a.phase == phaseReady })
	r.until("nothing pending", func() bool { return r.hook(home).Pending == 0 && r.hook(home).Tags == 1 })
}

// A torn tag can be finished from the tag's own end later.
func TestTornTagIsFinishedLater(t *testing.T) {
	r := newRig(t, nil)
	r.demo(90)
	r.tap(r.open(home).handOut)
	r.w.tray.tear.SetChecked(true)
	r.layBlank()
	r.tap(r.phase(phaseTorn).leave)
	r.home(home)
	r.until("the tag gone", func() bool { return r.w.tray.torn })
	r.tap(r.w.tray.cards[0].button)
	p := r.tagPane(desk.KindHalf)
	r.tap(p.acts[0])
	a := r.writing()
	r.until("the question", func() bool { return a.phase == phaseConfirm })
	r.tap(a.main)
	r.phase(phaseReady)
}

// A blank tag takes the place of one that was torn and is gone.
func TestBlankTagInsteadOfTorn(t *testing.T) {
	r := newRig(t, nil)
	r.demo(90)
	r.tap(r.open(home).handOut)
	r.w.tray.tear.SetChecked(true)
	r.layBlank()
	r.tap(r.phase(phaseTorn).leave)
	p := r.home(home)
	r.until("the torn tag on the home", func() bool { return len(p.tagActs) == 1 })
	r.tap(p.tagActs[p.view.Tags[0].ID])
	r.phase(phaseWaiting)
	r.layBlank()
	r.phase(phaseReady)
	r.until("nothing pending", func() bool { return r.hook(home).Pending == 0 && r.hook(home).Tags == 1 })
}

// tagPane waits until a thing of a kind is shown.
func (r *rig) tagPane(k desk.Kind) *tagPane {
	r.Helper()
	var p *tagPane
	r.until("the thing on the reader: "+string(k), func() bool {
		var ok bool
		p, ok = r.w.shell.board.pane.(*tagPane)
		return ok && p.in.Kind == k
	})
	return p
}

// gate is a source of randomness that lets so many reads pass and then waits
// until it is opened: a chip that takes its time in the middle of a plan.
type gate struct {
	pass    int
	reached chan struct{}
	open    chan struct{}
}

func (g *gate) Read(b []byte) (int, error) {
	if g.pass--; g.pass == -1 {
		close(g.reached)
		<-g.open
	}
	return rand.Read(b)
}

// write begins handing out a tag, and waits until the chip stands still in the
// middle of being written: looking at a blank tag takes it one challenge, and
// the plan more than four.
func (r *rig) write() (*writePane, *gate) {
	r.Helper()
	g := &gate{pass: 4, reached: make(chan struct{}), open: make(chan struct{})}
	card, err := softcard.New(softcard.Config{Chip: softcard.EV3, Memory: 4096, Random: g, UID: []byte{4, 1, 2, 3, 4, 5, 6}})
	if err != nil {
		r.Fatal(err)
	}
	r.tap(r.open(home).handOut)
	a := r.phase(phaseWaiting)
	r.w.tray.reader.Lay(card)
	r.untilClosed("the middle of the writing", g.reached)
	r.settle()
	if a.phase != phaseWriting {
		r.Fatalf("the act stands at %s", a.phase)
	}
	return a, g
}

func TestCancelIsSafe(t *testing.T) {
	r := newRig(t, nil)
	r.demo(90)
	a, g := r.write()
	if !r.shows("Laat de tag op de lezer liggen") || r.shows("step.") {
		t.Errorf("writing says %q", r.texts())
	}
	test.Tap(a.second)
	if !a.stopped || !a.second.Disabled() {
		t.Error("cancel does not cancel")
	}
	close(g.open)
	r.until("the tag named again", func() bool { return a.phase == phaseConfirm })
	if k := r.w.bench.seen.Kind; k != desk.KindBlank && k != desk.KindHalf {
		t.Errorf("a cancelled tag is %s", k)
	}
	r.tap(a.main)
	r.until("the tag, after all", func() bool { return a.phase == phaseReady })
}

// While a tag is being written, nothing else begins and the board stays.
func TestNothingElseWhileWriting(t *testing.T) {
	r := newRig(t, nil)
	r.demo(90)
	a, g := r.write()
	r.w.shell.board.open(neighbour)
	if r.w.shell.board.pane != pane(a) || r.w.shell.board.home != home {
		t.Error("another home is opened over the writing")
	}
	r.w.handOut(neighbour)
	if r.w.asked == nil || r.w.shell.board.pane != pane(a) {
		t.Error("another act begins over the writing")
	}
	r.w.closeQuestion()
	sub[*computerPage](r, subComputer).setSize(1)
	if r.w.asked == nil || r.w.look.scale != 1 {
		t.Error("the window is rebuilt over the writing")
	}
	close(g.open)
	r.until("the ready tag", func() bool { return a.phase == phaseReady })
}

func TestLostAndReplaced(t *testing.T) {
	r := newRig(t, nil)
	r.demo(90)
	r.handOut(home)
	r.bundles()
	p := r.open(home)
	r.tap(p.lost)
	lost, ok := r.w.shell.board.pane.(*lostPane)
	if !ok {
		t.Fatalf("lost shows %T", r.w.shell.board.pane)
	}
	r.tap(lost.now)
	r.layBlank()
	a := r.phase(phaseReady)
	r.lift()
	r.tap(a.main)
	if _, ok := r.w.shell.board.pane.(*statementPane); !ok {
		t.Fatalf("after a replacement %T is shown", r.w.shell.board.pane)
	}
	if !r.shows("Deze tag opent misschien nog deuren") || !r.shows("Tot de nieuwe tag of een nieuw pakket") {
		t.Errorf("the statement says %q", r.texts())
	}
	r.until("the hook", func() bool { return r.hook(home).Lost == 1 && r.hook(home).Tags == 1 })
}

// bundles writes bundles into a folder of the test's own.
func (r *rig) bundles() string {
	r.Helper()
	dir := r.TempDir()
	l := r.w.shell.locks
	l.writeTo(dir)
	r.until("the bundles", func() bool { return !l.working })
	r.until("the locks", func() bool { return len(l.doors) > 0 && l.doors[0].State == desk.DoorWaiting })
	return dir
}

func TestLostAndNotReplaced(t *testing.T) {
	r := newRig(t, nil)
	r.demo(90)
	r.handOut(home)
	r.handOut(home)
	r.tap(r.open(home).lost)
	lost := r.w.shell.board.pane.(*lostPane)
	if len(lost.which) != 2 {
		t.Fatalf("%d tags to choose from", len(lost.which))
	}
	r.tap(lost.which[0])
	r.tap(lost.later)
	r.until("the statement", func() bool { _, ok := r.w.shell.board.pane.(*statementPane); return ok })
	r.tap(r.w.shell.board.pane.(*statementPane).done)
	if v := r.home(home).view; v.Hook.Lost != 1 || v.Hook.Tags != 1 {
		t.Errorf("the home has %+v", v.Hook)
	}
}

func TestReturned(t *testing.T) {
	r := newRig(t, nil)
	r.demo(90)
	r.handOut(home)
	r.tap(r.open(home).returned)
	r.tap(r.w.tray.cards[0].button)
	a := r.phase(phaseConfirm)
	if !r.shows("Dit is tag 1 van Calslaan 12-204") || a.main.kind != dangerButton {
		t.Errorf("the question is %q", r.texts())
	}
	r.tap(a.main)
	r.phase(phaseReady)
	r.until("a blank tag", func() bool { return r.w.bench.known && r.w.bench.seen.Kind == desk.KindBlank })
	r.until("the hook", func() bool { return r.hook(home).Tags == 0 })
}

// A tag of another home is named before it is taken back.
func TestReturnedOfAnotherHome(t *testing.T) {
	r := newRig(t, nil)
	r.demo(90)
	r.handOut(neighbour)
	r.tap(r.open(home).returned)
	r.tap(r.w.tray.cards[0].button)
	r.phase(phaseConfirm)
	if !r.shows("Let op: hij hoort niet bij de woning die openstaat") {
		t.Errorf("the question is %q", r.texts())
	}
}

func TestMoveOutAndIn(t *testing.T) {
	r := newRig(t, nil)
	r.demo(90)
	r.handOut(home)
	r.tap(r.open(home).moveOut)
	if r.w.asked == nil || r.w.win.Canvas().Focused() == nil {
		t.Fatal("moving out does not ask")
	}
	if b, ok := r.w.win.Canvas().Focused().(*button); !ok || b.text != "Nee, terug" {
		t.Error("the safe choice has not the focus")
	}
	r.w.onYes()
	r.until("moved out", func() bool { _, ok := r.w.shell.board.pane.(*movedPane); return ok })
	r.tap(r.w.shell.board.pane.(*movedPane).done)
	p := r.home(home)
	r.tap(p.moveIn)
	in := r.w.shell.board.pane.(*moveInPane)
	if !in.save.Disabled() {
		t.Error("a tenancy begins without a reference")
	}
	test.Type(in.reference, "H-2026-1")
	in.choice.choose("Tag en app")
	r.tap(in.save)
	r.until("moved in", func() bool { p, ok := r.w.shell.board.pane.(*homePane); return ok && p.view.Tenancy != nil })
	if v := r.home(home).view; v.Tenancy.Reference != "H-2026-1" || v.Tenancy.Choice != store.ChoiceBoth {
		t.Errorf("the tenancy is %+v", v.Tenancy)
	}
}

func TestChoiceCanBeChanged(t *testing.T) {
	r := newRig(t, nil)
	r.demo(90)
	r.handOut(home)
	p := r.open(home)
	p.choice.SetSelected("Eigen slot")
	r.until("the choice", func() bool { return r.hook(home).Choice == store.ChoiceOwnLock })
}

// Laying a tag when nothing is going on shows whose it is.
func TestLaidTagShowsWhoseItIs(t *testing.T) {
	r := newRig(t, nil)
	r.demo(90)
	r.handOut(home)
	r.open(neighbour)
	r.tap(r.w.tray.cards[0].button)
	p := r.tagPane(desk.KindOurs)
	if !r.shows("Tag 1 van Calslaan 12-204") {
		t.Errorf("the pane says %q", r.texts())
	}
	r.tap(p.check)
	r.until("the check", func() bool { return len(p.found.Objects) > 0 })
	if !r.shows("Niemand kan overschrijven wat op deze tag staat") || r.shows("finding.") || r.shows("limit.") {
		t.Errorf("the check says %q", r.texts())
	}
	r.tap(p.acts[0])
	r.home(home)
	r.lift()
}

func TestLiftingGoesBack(t *testing.T) {
	r := newRig(t, nil)
	r.demo(90)
	r.handOut(home)
	r.open(neighbour)
	r.tap(r.w.tray.cards[0].button)
	r.tagPane(desk.KindOurs)
	r.lift()
	r.home(neighbour)
}

func TestTagInUseIsRefused(t *testing.T) {
	r := newRig(t, nil)
	r.demo(90)
	r.handOut(home)
	r.tap(r.open(neighbour).handOut)
	r.tap(r.w.tray.cards[0].button)
	r.phase(phaseRefused)
	if !r.shows("Dit is tag 1 van Calslaan 12-204") || !r.shows("Leg in plaats daarvan een lege tag") {
		t.Errorf("refused with %q", r.texts())
	}
	r.layBlank() // in its place
	r.phase(phaseReady)
}

func TestTagOfAnotherSiteIsRefused(t *testing.T) {
	other := newRig(t, nil)
	other.demo(20)
	card := other.handOut("Boulevard 3/101")
	r := newRig(t, nil)
	r.demo(90)
	r.tap(r.open(home).handOut)
	r.w.tray.reader.Lay(card)
	r.phase(phaseRefused)
	if !r.shows("Tag van een ander terrein") {
		t.Errorf("refused with %q", r.texts())
	}
}

func TestFullHomeSaysSo(t *testing.T) {
	r := newRig(t, nil)
	r.demo(90)
	for range desk.DefaultSeatsPerHome {
		r.handOut(home)
	}
	p := r.open(home)
	if !p.handOut.Disabled() || !r.shows("Deze woning heeft het hoogste aantal tags") {
		t.Errorf("a full home shows %q", r.texts())
	}
}

func TestInspectAsksForATag(t *testing.T) {
	r := newRig(t, nil)
	r.demo(90)
	r.tap(r.open(home).inspect)
	if !r.shows("Er verandert niets") {
		t.Errorf("inspect says %q", r.texts())
	}
	r.layBlank()
	p := r.tagPane(desk.KindBlank)
	if p.acts[0].text != "Uitgeven aan Calslaan 12-204" {
		t.Errorf("a blank tag offers %q", p.acts[0].text)
	}
}

func TestCloseWhileWritingAsks(t *testing.T) {
	r := newRig(t, nil)
	r.demo(90)
	closed := false
	r.w.win.SetOnClosed(func() { closed = true })
	_, g := r.write()
	r.w.askClose()
	if closed || r.w.asked == nil {
		t.Fatal("closing while writing does not ask")
	}
	r.w.onYes()
	if closed {
		t.Fatal("the window closes in the middle of writing")
	}
	close(g.open)
	r.until("the closed window", func() bool { return closed })
}

func TestPanicBecomesAMessage(t *testing.T) {
	r := newRig(t, nil)
	r.demo(20)
	b := r.w.newButton(plainButton, "", "x", func() { panic("secret value") })
	test.Tap(b)
	if r.w.asked == nil || !r.shows("Er ging iets mis in het programma") {
		t.Errorf("a panic shows %q", r.texts())
	}
	r.w.escape()
	if r.w.asked != nil {
		t.Error("escape does not close the message")
	}
	r.w.jobs.run(func(context.Context) error { panic(errors.New("secret value")) }, r.w.complain)
	r.until("the message", func() bool { return r.w.asked != nil })
	if strings.Contains(r.log.String(), "secret value") {
		t.Error("the log tells what was panicked with")
	}
}

func TestWriteAndReadBundles(t *testing.T) {
	r := newRig(t, nil)
	r.demo(20)
	dir := r.bundles()
	if !r.shows(dir) && r.w.shell.current == pageLocks {
		t.Errorf("the result says %q", r.texts())
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) == 0 {
		t.Fatalf("nothing in the folder: %v", err)
	}
	l := r.w.shell.locks
	r.w.shell.turnTo(pageLocks)
	r.until("the locks", func() bool { return len(l.lines) > len(l.doors) })
	test.Type(l.search, "e1")
	if len(l.lines) != 2 || l.lines[0].door >= 0 || l.doors[l.lines[1].door].Lock != "E1" {
		t.Errorf("searching a lock finds %+v", l.lines)
	}
	l.writeTo(filepath.Join(dir, files[0].Name(), "folder"))
	r.until("the message", func() bool { return r.w.asked != nil })
}

func TestEscapeAndKeys(t *testing.T) {
	r := newRig(t, nil)
	r.demo(90)
	p := r.open(home)
	p.handOut.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	a := r.phase(phaseWaiting)
	if r.w.Canvas().Focused() != fyne.Focusable(a.label) {
		t.Errorf("the focus is on %T", r.w.Canvas().Focused())
	}
	a.label.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	r.home(home)
	b := r.w.shell.board
	b.focusSearch()
	test.Type(b.search, "geen enkele woning")
	r.found("geen enkele woning")
	if b.homes.Len() != 0 || !r.shows("Geen woning met deze naam") {
		t.Errorf("nothing found says %q", r.texts())
	}
	b.search.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	r.found("")
	if b.search.Text != "" || b.homes.Len() != 90 {
		t.Error("escape does not empty the search field")
	}
	b.search.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if b.home != "" {
		t.Error("escape does not close the home")
	}
}

// The strip says what was laid within 300 ms. The best of five counts: the
// machine may be busy with other things.
func TestStripIsQuick(t *testing.T) {
	r := newRig(t, nil)
	r.demo(90)
	r.handOut(home)
	best := time.Hour
	for range 5 {
		began := time.Now()
		test.Tap(r.w.tray.cards[0].button)
		r.until("the tag in the strip", func() bool { return r.w.shell.strip.text.text == "Tag 1 van Calslaan 12-204" })
		best = min(best, time.Since(began))
		r.lift()
	}
	t.Logf("from laying to the strip: %v", best)
	if best > 300*time.Millisecond {
		t.Errorf("the strip takes %v", best)
	}
}

// What takes long is shown, and can be cancelled.
func TestSlowWorkIsShownAndCancelled(t *testing.T) {
	r := newRig(t, nil)
	r.demo(20)
	var ended error
	r.w.jobs.keep(func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }, func(err error) { ended = err })
	r.until("the sign of work", func() bool { return r.w.shell.strip.busy.root.Visible() })
	view := r.w.shell.strip.busy
	r.until("a second", func() bool { return view.text.text == "Bezig … 0:01" })
	at := view.mark.at
	r.until("the next step of the mark", func() bool { return view.mark.at != at })
	if r.w.busy.timer == nil {
		t.Error("nothing will move any more")
	}
	r.picture("busy")
	r.w.rebuild() // what is shown goes on on the screens that are new
	view = r.w.shell.strip.busy
	r.until("the sign of work on the new screens", view.root.Visible)
	r.tap(view.cancel)
	r.until("the end of the work", func() bool { return ended != nil })
	if r.w.busy.timer != nil {
		t.Error("the window goes on drawing although nothing is going on")
	}
	if r.w.shell.strip.busy.root.Visible() || desk.Explain(ended).Code != "cancelled" {
		t.Errorf("cancelled work ends with %v", ended)
	}
}

// No screen may be slow to build: every act here is a callback of the window.
func TestCallbacksDoNotWait(t *testing.T) {
	r := newRig(t, nil)
	r.demo(90)
	blocked := make(chan struct{})
	defer close(blocked)
	// The reader hangs: whatever the person does, the window goes on.
	go func() {
		_ = r.w.tray.reader.Transact(context.Background(), func(nfc.Transceiver) error { <-blocked; return nil })
	}()
	r.layBlank()
	began := time.Now()
	p := r.open(home)
	r.tap(p.handOut)
	r.tap(r.writing().leave)
	r.w.shell.turnTo(pageLocks)
	r.w.shell.turnTo(pageSettings)
	r.w.shell.turnTo(pageBoard)
	r.home(home)
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("the window waits for the reader: %v", took)
	}
}
