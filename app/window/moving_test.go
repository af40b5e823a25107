package window

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"sleutelbord/app/desk"
	"sleutelbord/app/sound"
	"sleutelbord/nfc/softcard"
	"sleutelbord/store"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

// moving opens the moving day and gives its page.
func (r *rig) moving() *moving {
	r.Helper()
	r.tap(r.w.shell.board.moving)
	m := r.w.shell.moving
	r.until("the moving day", func() bool { return m.loaded && !m.working })
	return m
}

// plan is the choice of homes for a moving day.
func (r *rig) plan(m *moving) *movingPlan {
	r.Helper()
	var p *movingPlan
	r.until("the choice of homes", func() bool {
		var ok bool
		p, ok = m.pane.(*movingPlan)
		return ok && p.read
	})
	return p
}

// rest is the moving day in a pause, or at its end.
func (r *rig) rest(m *moving) *movingRest {
	r.Helper()
	var p *movingRest
	r.until("the pause", func() bool {
		var ok bool
		p, ok = m.pane.(*movingRest)
		return ok
	})
	return p
}

// movingTurn waits until it is a home's turn, "" is any.
func (r *rig) movingTurn(m *moving, home string) *writePane {
	r.Helper()
	var p *writePane
	r.until("the turn of "+home, func() bool {
		var ok bool
		p, ok = m.pane.(*writePane)
		return ok && p.phase == phaseWaiting && !m.working && (home == "" || p.act.home == home)
	})
	return p
}

// reach waits until an act has reached a phase.
func (r *rig) reach(p *writePane, ph phase) {
	r.Helper()
	r.until("phase "+string(ph), func() bool { return p.phase == ph })
}

// begin begins a moving day with the homes that a search shows.
func (r *rig) beginMoving(search string) *moving {
	r.Helper()
	r.w.shell.board.search.SetText(search)
	m := r.moving()
	r.tap(r.plan(m).start)
	r.movingTurn(m, "")
	return m
}

// live are the live tags of each home, and how many are half-written.
func (r *rig) live() (tags map[string]int, half int) {
	r.Helper()
	hooks, err := r.w.desk.Board(context.Background())
	if err != nil {
		r.Fatal(err)
	}
	tags = map[string]int{}
	for _, h := range hooks {
		if h.Tags > 0 {
			tags[h.Ref] = h.Tags
		}
		half += h.Pending
	}
	return tags, half
}

// TestMovingDayOfAHundred hands out a hundred tags: two movements of the hand
// for each, no click, no key.
func TestMovingDayOfAHundred(t *testing.T) {
	var heard []sound.Kind
	now := time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
	r := newRig(t, func(o *Options) {
		o.Sound = func(k sound.Kind) { heard = append(heard, k) }
		o.Clock = func() time.Time { return now }
	})
	r.demo(120)
	m := r.beginMoving("")
	all := len(m.view.Queue)
	if all != 120 {
		t.Fatalf("%d tags in the queue", all)
	}
	reader := r.w.tray.reader
	commands := 0
	for n := range 100 {
		p := r.movingTurn(m, m.view.Queue[n].Home)
		card, err := softcard.New(softcard.Config{Chip: softcard.EV3})
		if err != nil {
			t.Fatal(err)
		}
		now = now.Add(30 * time.Second)
		reader.Lay(card)
		r.reach(p, phaseReady)
		commands += p.result.issued.Commands
		reader.Take()
	}
	r.movingTurn(m, m.view.Queue[100].Home)
	tags, half := r.live()
	if len(tags) != 100 || half != 0 {
		t.Errorf("%d homes have tags, %d are half-written", len(tags), half)
	}
	for home, n := range tags {
		if n != 1 {
			t.Errorf("%s has %d tags", home, n)
		}
	}
	if m.view.Written != 100 || m.figures.text != "30 s per tag · nog ongeveer 10 min" {
		t.Errorf("the page says %d written, %q", m.view.Written, m.figures.text)
	}
	ready := 0
	for _, k := range heard {
		if k == sound.Ready {
			ready++
		}
	}
	if ready != 100 {
		t.Errorf("%d times ready was heard", ready)
	}
	t.Logf("100 tags: no click, no key, %d chip commands, %d a tag", commands, commands/100)
	r.picture("moving-hundred")
}

// TestMovingDayThings lays what cannot be written: it is told, and the queue
// goes on with the next blank tag. What lies there still is never written twice.
func TestMovingDayThings(t *testing.T) {
	r := newRig(t, nil)
	r.demo(90)
	used := r.handOut(home)
	m := r.beginMoving("calslaan 12 20")
	first := m.view.Queue[0].Home
	p := r.movingTurn(m, first)
	r.w.tray.reader.Lay(used)
	r.reach(p, phaseRefused)
	if !r.shows("Haal hem weg en leg een lege neer") {
		t.Errorf("a tag in use: %q", r.texts())
	}
	r.w.tray.reader.Take()
	r.movingTurn(m, first)
	card := r.layBlank()
	r.reach(p, phaseReady)
	// The person goes on while the tag lies there: it stays as it is.
	r.tap(p.main)
	r.until("the tag that lies there refused", func() bool {
		q, ok := m.pane.(*writePane)
		return ok && q != p && q.phase == phaseRefused
	})
	r.lift()
	second := r.movingTurn(m, m.view.Queue[1].Home)
	r.w.tray.reader.Lay(card)
	r.reach(second, phaseRefused)
	r.w.tray.reader.Take()
	r.reach(second, phaseWaiting)
	if tags, _ := r.live(); tags[first] != 1 || tags[second.act.home] != 0 {
		t.Errorf("the homes have %v", tags)
	}
}

// TestMovingDayFastHands lays the next tag before the program has looked up whose
// turn it is.
func TestMovingDayFastHands(t *testing.T) {
	r := newRig(t, nil)
	r.demo(90)
	m := r.beginMoving("calslaan")
	for range 5 {
		p := r.movingTurn(m, "")
		r.w.tray.reader.Lay(r.blankCard())
		r.reach(p, phaseReady)
		home := p.act.home
		r.w.tray.reader.Take()
		r.w.tray.reader.Lay(r.blankCard())
		r.until("the next written by itself", func() bool {
			q, ok := m.pane.(*writePane)
			return ok && q.phase == phaseReady && q.act.home != home
		})
		r.w.tray.reader.Take()
	}
	if tags, _ := r.live(); len(tags) != 10 {
		t.Errorf("%d homes have tags", len(tags))
	}
}

func (r *rig) blankCard() *softcard.Card {
	r.Helper()
	card, err := softcard.New(softcard.Config{Chip: softcard.EV3})
	if err != nil {
		r.Fatal(err)
	}
	return card
}

// TestMovingDayTorn pulls tags away at every command of a turn: the queue stays
// at the home, and the same tag, or another one, finishes it.
func TestMovingDayTorn(t *testing.T) {
	r := newRig(t, nil)
	r.demo(90)
	m := r.beginMoving("")
	cuts := 0
	for n := 1; n < 60; n += 3 {
		p := r.movingTurn(m, "")
		r.w.tray.after = func() int { return n }
		r.w.tray.tear.SetChecked(true)
		r.layBlank()
		r.until("the end of the act", func() bool { return p.phase == phaseTorn || p.phase == phaseReady })
		if p.phase == phaseReady {
			break
		}
		cuts++
		r.until("the tag gone", func() bool { return r.w.tray.torn && !r.w.bench.state.Present })
		if n%2 == 0 {
			r.layBlank()
		} else {
			r.tap(r.w.tray.cards[len(r.w.tray.cards)-1].button)
		}
		r.reach(p, phaseReady)
		r.lift()
	}
	r.lift()
	r.movingTurn(m, "")
	tags, half := r.live()
	if half != 0 || len(tags) < cuts {
		t.Errorf("%d cuts; %d homes have tags, %d are half-written", cuts, len(tags), half)
	}
	for home, n := range tags {
		if n != 1 {
			t.Errorf("%s has %d tags", home, n)
		}
	}
	if cuts < 12 {
		t.Errorf("only %d cuts", cuts)
	}
}

// TestMovingDayByKeyboard skips, undoes, pauses and goes on without a pointer.
func TestMovingDayByKeyboard(t *testing.T) {
	r := newRig(t, nil)
	r.demo(90)
	r.w.shell.board.search.SetText("calslaan 12 20")
	r.pressed(fyne.KeyM)
	m := r.w.shell.moving
	p := r.plan(m)
	r.until("the focus on the beginning", func() bool { return r.w.win.Canvas().Focused() == p.start })
	p.start.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	first := r.movingTurn(m, "")
	if r.w.win.Canvas().Focused() != first.label {
		t.Errorf("the focus is on %T", r.w.win.Canvas().Focused())
	}
	test.Type(first.label, "een")
	r.pressed(fyne.KeyK)
	second := r.movingTurn(m, m.view.Queue[1].Home)
	test.Type(second.label, "twee")
	card := r.layBlank()
	r.reach(second, phaseReady)
	r.until("the label", func() bool { i := m.view.Queue[1]; return i.State == store.BatchWritten && i.Label == "twee" })
	r.pressed(fyne.KeyU)
	var undo *writePane
	r.until("the tag to undo", func() bool {
		var ok bool
		undo, ok = m.pane.(*writePane)
		return ok && undo.phase == phaseConfirm
	})
	undo.main.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	r.reach(undo, phaseReady)
	undo.main.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	// The blank tag that lies there is not written without a yes.
	r.until("the question", func() bool {
		q, ok := m.pane.(*writePane)
		return ok && q.phase == phaseConfirm && q.act.home == second.act.home
	})
	r.lift()
	r.w.tray.reader.Lay(card)
	r.until("written again", func() bool {
		q, ok := m.pane.(*writePane)
		return ok && q.phase == phaseReady && q.result.issued.Tag.Label == "twee"
	})
	r.w.tray.reader.Take()
	r.movingTurn(m, m.view.Queue[2].Home)
	r.pressed(fyne.KeyP)
	r.rest(m)
	if v := m.view; v.Written != 1 || v.Skipped != 1 || v.Queue[2].Taken {
		t.Errorf("in the pause: %+v", v)
	}
	r.w.escape()
	if r.w.shell.current != pageBoard {
		t.Errorf("Escape leads to %s", r.w.shell.current)
	}
	r.until("the button", func() bool { return r.w.shell.board.moving.text == fmt.Sprintf("Verhuisdag (%d)", m.view.Waiting) })
}

// TestMovingDayEnds undoes a tag that is gone, hands out what was skipped, makes
// the papers, and finishes.
func TestMovingDayEnds(t *testing.T) {
	r := newRig(t, nil)
	r.demo(90)
	list := filepath.Join(t.TempDir(), "list.csv")
	write := func(name, text string) {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(list, "building;home;tags;label\nCalslaan 12;204;2;sleutelbos\nCalslaan 12;201;;Calslaan 201\n")
	m := r.moving()
	p := r.plan(m)
	write(list+"x", "building;home\nCalslaan 12;999\n")
	p.take(list + "x")
	r.until("the mistake", func() bool { return p.wrong != nil && r.shows("Er is geen woning Calslaan 12/999.") })
	p.take(list)
	r.until("the list", func() bool { return len(p.wishes) == 3 && r.shows("3 tags voor 2 woningen") })
	r.tap(p.start)
	r.movingTurn(m, home)
	r.layBlank()
	r.reach(m.pane.(*writePane), phaseReady)
	r.lift()
	turn := r.movingTurn(m, home)
	r.pressed(fyne.KeyU)
	r.until("the undoing", func() bool { q, ok := m.pane.(*writePane); return ok && q != turn && len(q.more) == 1 })
	r.tap(m.pane.(*writePane).more[0])
	r.w.onYes()
	r.until("it gone", func() bool { return m.view.Written == 0 && !m.working })
	for range 3 {
		turn = r.movingTurn(m, "")
		r.layBlank()
		r.reach(turn, phaseReady)
		r.lift()
	}
	end := r.rest(m)
	if end.goOn != nil || end.main != end.receipts {
		t.Errorf("at the end %q is offered", r.texts())
	}
	r.papersOfMovingDay(m)
	r.tap(r.rest(m).finish)
	r.w.onYes()
	r.plan(m)
	if tags, half := r.live(); tags[home] != 2 || tags[neighbour] != 1 || half != 0 {
		t.Errorf("in the end the homes have %v", tags)
	}
}

// TestMovingDayLocked locks the desk in the middle of a moving day: it goes on
// at the same home.
func TestMovingDayLocked(t *testing.T) {
	r := newRig(t, nil)
	r.demo(90)
	m := r.beginMoving("calslaan 12 20")
	p := r.movingTurn(m, "")
	r.layBlank()
	r.reach(p, phaseReady)
	r.lift()
	home := r.movingTurn(m, m.view.Queue[1].Home).act.home
	m.load(func() { t.Error("a page of before the lock was shown") })
	r.w.lockNow()
	r.until("the lock", func() bool { return r.w.shell == nil })
	r.w.start.passphrase.SetText("practice")
	r.w.start.tryOpen()
	r.until("the window", func() bool { return r.w.shell != nil })
	m = r.moving()
	r.tap(r.rest(m).goOn)
	if p := r.movingTurn(m, ""); p.act.home != home || m.view.Written != 1 {
		t.Errorf("after the lock it is the turn of %s, want %s", p.act.home, home)
	}
}

// TestMovingDayElsewhere shows what another desk does to the queue.
func TestMovingDayElsewhere(t *testing.T) {
	r := newRig(t, nil)
	r.demo(90)
	m := r.beginMoving("calslaan 12 20")
	r.pressed(fyne.KeyP)
	r.rest(m)
	if err := r.w.desk.SkipBatch(t.Context(), m.view.Queue[0].Number); err != nil {
		t.Fatal(err)
	}
	r.w.refresh()
	r.until("the other's act", func() bool { return m.view.Skipped == 1 })
	if p := r.rest(m); p.skipped == nil {
		t.Error("what is skipped there is not offered here")
	}
}

// papersOfMovingDay makes receipts and labels, and looks into them.
func (r *rig) papersOfMovingDay(m *moving) {
	r.Helper()
	for _, kind := range []paperKind{paperReceipts, paperLabels} {
		end := r.rest(m)
		open := map[paperKind]*button{paperReceipts: end.receipts, paperLabels: end.labels}[kind]
		r.tap(open)
		p := m.pane.(*movingPapers)
		file := filepath.Join(r.TempDir(), string(kind)+".pdf")
		p.bar.saveTo(".pdf", file)
		r.until("the file", func() bool { _, err := os.Stat(file); return err == nil && !p.bar.working })
		b, err := os.ReadFile(file)
		if err != nil || !bytes.HasPrefix(b, []byte("%PDF")) {
			r.Errorf("%s: %v", kind, err)
		}
		if kind == paperLabels && !r.shows("Van 1 tag is de etikettekst weggelaten") {
			r.Errorf("the label that names its home: %q", r.texts())
		}
		r.tap(p.done)
		r.rest(m)
	}
	if m.view.Unprinted != 0 || m.view.Last != 0 {
		r.Errorf("after printing: %+v", m.view)
	}
	var none desk.BatchItem
	if i, ok := m.view.Item(m.view.Last); ok || i != none {
		r.Errorf("what is printed can be undone: %+v", i)
	}
}

// walkMoving goes through a moving day.
func (r *rig) walkMoving(shot func(name string)) {
	r.w.shell.turnTo(pageBoard)
	r.w.shell.board.search.SetText("")
	m := r.moving()
	p := r.plan(m)
	shot("moving-plan")
	list := filepath.Join(r.TempDir(), "moving.csv")
	if err := os.WriteFile(list, []byte("building,home,tags\nCalslaan 12,999,1\nCalslaan 12,,1\nCalslaan 12,204,zes\n"), 0o600); err != nil {
		r.Fatal(err)
	}
	p.take(list)
	r.until("the mistakes", func() bool { return p.wrong != nil })
	shot("moving-wrong")
	m.leavePane()
	p = r.plan(m)
	r.tap(p.start)
	for n := range 5 {
		turn := r.movingTurn(m, "")
		if n == 1 {
			r.pressed(fyne.KeyK)
			turn = r.movingTurn(m, m.view.Queue[2].Home)
		}
		r.w.tray.reader.Lay(r.blankCard())
		r.reach(turn, phaseReady)
		if n == 4 {
			r.until("the queue", func() bool { return m.view.Written == 5 })
			shot("moving-ready")
		}
		r.w.tray.reader.Take()
	}
	turn := r.movingTurn(m, "")
	shot("moving-next")
	r.w.tray.tear.SetChecked(true)
	r.layBlank()
	r.reach(turn, phaseTorn)
	r.until("the tag gone", func() bool { return r.w.tray.torn })
	shot("moving-torn")
	r.pressed(fyne.KeyU)
	r.until("the undoing", func() bool { q, ok := m.pane.(*writePane); return ok && q != turn })
	shot("moving-undo")
	r.w.escape()
	r.until("the turn again", func() bool { q, ok := m.pane.(*writePane); return ok && q.act.home == turn.act.home && q != turn })
	r.pressed(fyne.KeyP)
	end := r.rest(m)
	shot("moving-pause")
	r.tap(end.labels)
	shot("moving-labels")
	r.w.escape()
	end = r.rest(m)
	r.tap(end.finish)
	shot("moving-finish")
	r.w.onYes()
	r.plan(m)
}
