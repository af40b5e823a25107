package window

import (
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"sleutelbord/app/desk"
	"sleutelbord/store"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"
)

// tabbed is everything that Tab leads to, from where the focus is and once
// round.
func (r *rig) tabbed() map[fyne.Focusable]bool {
	r.Helper()
	c := r.w.Canvas()
	seen := make(map[fyne.Focusable]bool)
	for range 1000 {
		c.FocusNext()
		f := c.Focused()
		if f == nil {
			r.Error("Tab leads nowhere")
			return seen
		}
		if seen[f] {
			return seen
		}
		seen[f] = true
	}
	r.Error("Tab never comes round")
	return seen
}

// sortedDay is a day as the records write it, and no person.
var sortedDay = regexp.MustCompile(`\b\d{4}-\d\d-\d\d\b`)

// byKeyboard holds a screen to be usable without a mouse: something has the
// focus and shows it, and Tab leads to everything that can be pressed.
func (r *rig) byKeyboard(screen string) {
	r.Helper()
	r.settle()
	for _, text := range r.texts() {
		if sortedDay.MatchString(text) {
			r.Errorf("%s: a day as nobody writes it: %q", screen, text)
		}
	}
	c := r.w.Canvas()
	began := c.Focused()
	if began == nil {
		r.Errorf("%s: nothing has the focus", screen)
	}
	seen, primary, names := r.tabbed(), 0, ""
	if began != nil && !seen[began] {
		r.Errorf("%s: Tab does not come back to where it began, %T", screen, began)
	}
	r.above(func(o fyne.CanvasObject) {
		b, ok := o.(*button)
		if ok && b.kind == primaryButton && !r.aTag(b) {
			primary++
			names += " " + b.text
		}
		if !ok || b.Disabled() {
			return
		}
		if !seen[b] {
			r.Errorf("%s: Tab does not lead to the button %q", screen, b.text+b.icon)
			return
		}
		r.rings(screen, b)
	})
	if primary > 1 {
		r.Errorf("%s: %d buttons stand out as the one to press:%s", screen, primary, names)
	}
	r.escapes(screen, seen)
	if began != nil {
		c.Focus(began)
	}
}

// aTag tells whether a button is a virtual tag, of which the one on the reader
// stands out.
func (r *rig) aTag(b *button) bool {
	return r.w.tray != nil && slices.ContainsFunc(r.w.tray.cards, func(c *trayCard) bool { return c.button == b })
}

// escapes holds Escape to go back, whatever has the focus.
func (r *rig) escapes(screen string, all map[fyne.Focusable]bool) {
	r.Helper()
	back := 0
	defer func(was func()) { r.w.goBack = was }(r.w.goBack)
	r.w.goBack = func() { back++ }
	for f := range all {
		if s, ok := f.(*searchEntry); ok && s.Text != "" {
			continue // it empties the field first
		}
		back = 0
		f.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
		if back != 1 {
			r.Errorf("%s: Escape goes back %d times from a %T", screen, back, f)
		}
	}
}

// above visits what can be used now: the question that is open, or all.
func (r *rig) above(visit func(fyne.CanvasObject)) {
	if top := r.w.Canvas().Overlays().Top(); top != nil {
		walkObject(top, visit)
		return
	}
	walkObject(r.w.Canvas().Content(), visit)
}

// rings holds a button to show when it has the focus, and to be pressed by
// Space and Enter.
func (r *rig) rings(screen string, b *button) {
	r.Helper()
	was := r.w.Canvas().Focused()
	r.w.Canvas().Focus(b)
	ring := test.WidgetRenderer(b).Objects()[1].(*canvas.Rectangle)
	if ring.StrokeWidth < 1 {
		r.Errorf("%s: the button %q does not show that it has the focus", screen, b.text)
	}
	pressed, tapped := 0, b.tapped
	b.tapped = func() { pressed++ }
	b.TypedKey(&fyne.KeyEvent{Name: fyne.KeySpace})
	b.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	b.tapped = tapped
	if pressed != 2 {
		r.Errorf("%s: the keyboard presses the button %q %d times", screen, b.text, pressed)
	}
	r.w.Canvas().Focus(was)
}

// TestByKeyboard goes through the screens, and uses no mouse.
func TestByKeyboard(t *testing.T) {
	r := newRig(t, nil)
	r.byKeyboard("welcome")
	r.tap(r.w.start.make)
	r.byKeyboard("make")
	r.demo(90)
	r.whole()
	r.byKeyboard("board")
	r.handOut(home)
	r.byKeyboard("home")
	p := r.home(home)
	r.w.lost(p.view)
	r.byKeyboard("lost")
	r.w.escape()
	r.tap(r.home(home).handOut)
	r.byKeyboard("hand out")
	r.w.tray.tear.SetChecked(true)
	r.layBlank()
	r.phase(phaseTorn)
	r.byKeyboard("torn")
	r.tap(r.writing().leave)
	r.tap(r.w.tray.cards[0].button)
	r.tagPane(desk.KindOurs)
	r.byKeyboard("tag")
	r.w.returned(home)
	r.phase(phaseConfirm)
	r.byKeyboard("returned")
	r.lift()
	r.tap(r.writing().leave)
	r.tap(r.home(home).moveOut)
	r.byKeyboard("question")
	r.w.escape()
	r.w.beginImport()
	r.byKeyboard("import")
	r.w.escape()
	r.w.complain(filepath.ErrBadPattern)
	r.byKeyboard("message")
	r.w.escape()
	r.locksByKeyboard()
	for _, e := range r.w.shell.settings.entries {
		r.w.shell.settings.goTo(e.name)
		r.settle()
		r.byKeyboard("settings " + string(e.name))
	}
	r.w.shell.settings.goTo(subAbout)
	r.tap(r.w.shell.settings.made[subAbout].(*aboutPage).licences)
	r.byKeyboard("licences")
	r.w.idle.lock()
	r.until("the locked desk", func() bool { return r.w.desk.Locked() })
	r.byKeyboard("locked")
}

// locksByKeyboard goes through the pages of locks and keys, and all others of
// the navigation.
func (r *rig) locksByKeyboard() {
	l, c := r.w.shell.locks, r.w.shell.keys
	r.w.shell.turnTo(pageLocks)
	r.until("the locks", func() bool { return len(l.lines) > 0 })
	r.byKeyboard("locks")
	l.list.Select(2)
	r.byKeyboard("lock")
	r.w.writeCard(nil, desk.BundleOptions{})
	r.byKeyboard("card")
	r.w.escape()
	r.tap(l.pane.(*bringPane).add)
	r.byKeyboard("add a lock")
	r.w.escape()
	r.w.shell.turnTo(pageKeys)
	r.byKeyboard("keys")
	r.tap(c.begin)
	r.byKeyboard("choose keys")
	r.tap(c.pane.(*choosePane).kinds[store.CampaignLock])
	r.until("the locks", func() bool { return len(c.pane.(*pickPane).visible) > 0 })
	r.byKeyboard("pick keys")
	r.w.planCampaign(desk.CampaignSpec{Kind: store.CampaignLock, Lock: "E1"})
	r.until("the cost", func() bool { _, ok := c.pane.(*planPane); return ok })
	r.byKeyboard("plan")
	for _, n := range navigation {
		r.w.shell.turnTo(n.name)
		r.byKeyboard(string(n.name))
	}
}

// TestChoosingByKeyboard uses the choices, ticks and lists of the window with
// the keys that people try: Enter as well as Space, the arrows, Escape.
func TestChoosingByKeyboard(t *testing.T) {
	r := newRig(t, nil)
	r.demo(90)
	press := func(key fyne.KeyName) {
		r.w.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: key})
		r.settle()
	}
	r.w.shell.settings.goTo(subComputer)
	p := sub[*computerPage](r, subComputer)
	r.w.Canvas().Focus(p.size)
	press(fyne.KeyReturn)
	if r.w.Canvas().Overlays().Top() == nil {
		t.Fatal("Enter does not open a choice")
	}
	press(fyne.KeyEscape)
	if r.w.Canvas().Overlays().Top() != nil || r.w.shell.current != pageSettings {
		t.Fatal("Escape does not close a choice, and only that")
	}
	press(fyne.KeyEscape)
	if r.w.shell.current != pageBoard {
		t.Errorf("Escape on a choice: page %q", r.w.shell.current)
	}
	b := r.w.shell.board
	r.w.Canvas().Focus(b.list)
	press(fyne.KeyDown)
	press(fyne.KeyReturn)
	r.home(b.rows[1].Ref)
	r.w.Canvas().Focus(b.list)
	press(fyne.KeyEscape)
	r.until("the home is left", func() bool { _, open := b.pane.(*homePane); return !open })
	r.radioByKeyboard()
}

// radioByKeyboard chooses the kind of a new lock's zone.
func (r *rig) radioByKeyboard() {
	l := r.w.shell.locks
	r.w.shell.turnTo(pageLocks)
	r.until("the locks", func() bool { return len(l.lines) > 0 })
	r.tap(l.pane.(*bringPane).add)
	p := l.pane.(*addPane)
	r.w.Canvas().Focus(p.kind.lines[0])
	for _, step := range []struct {
		key  fyne.KeyName
		want int
	}{{fyne.KeyDown, 1}, {fyne.KeyRight, 2}, {fyne.KeyDown, 2}, {fyne.KeyUp, 1}, {fyne.KeyReturn, 1}} {
		r.w.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: step.key})
		if p.kind.selected != p.kind.names[step.want] || r.w.Canvas().Focused() != p.kind.lines[step.want] {
			r.Errorf("%s: %q is chosen", step.key, p.kind.selected)
		}
	}
	r.w.Canvas().Focus(p.kind.lines[0])
	p.kind.lines[0].TypedRune(' ')
	if p.lock().Kind != string(allKinds[0]) {
		r.Errorf("Space: %q is chosen", p.lock().Kind)
	}
}
