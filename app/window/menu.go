package window

import (
	"runtime"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// command is something that a menu offers, or a key does.
type command struct {
	text string       // in words
	key  fyne.KeyName // pressed together with Ctrl (or Command); "" is none
	more fyne.KeyModifier
	do   func()
	end  bool // it ends the program
}

// shortcut is the keys of a command, nil if it has none.
func (c command) shortcut() fyne.Shortcut {
	if c.key == "" {
		return nil
	}
	return &desktop.CustomShortcut{KeyName: c.key, Modifier: fyne.KeyModifierShortcutDefault | c.more}
}

// menu is a menu of the window. A command without text is a line between.
type menu struct {
	text     string
	commands []command
}

// menus are what the window offers: all of it while a site is open, and what
// is always there before.
func (w *Window) menus() []menu {
	quit := command{text: w.t("menu.quit"), key: fyne.KeyQ, do: w.askClose, end: true}
	if w.shell == nil {
		return []menu{{w.t("menu.file"), []command{quit}}, {w.t("menu.view"), w.sizeCommands()}}
	}
	return []menu{
		{w.t("menu.file"), []command{
			{text: w.t("import.title"), key: fyne.KeyO, do: w.beginImport},
			{text: w.t("locks.write"), key: fyne.KeyB, do: func() { w.shell.turnTo(pageLocks); w.shell.locks.chooseFolder() }},
			{},
			{text: w.t("menu.lock"), key: fyne.KeyL, more: fyne.KeyModifierShift, do: w.lockNow},
			quit,
		}},
		{w.t("menu.board"), []command{
			{text: w.t("menu.search"), key: fyne.KeyF, do: func() { w.shell.turnTo(pageBoard); w.shell.board.focusSearch() }},
			{text: w.t("menu.next"), key: fyne.KeyDown, do: func() { w.stepHome(1) }},
			{text: w.t("menu.previous"), key: fyne.KeyUp, do: func() { w.stepHome(-1) }},
		}},
		{w.t("menu.tag"), []command{
			{text: w.t("act.hand-out"), key: fyne.KeyN, do: w.pressNew(w.pressHome(func(p *homePane) *button { return p.handOut }))},
			{text: w.t("act.lost"), key: fyne.KeyL, do: w.pressHome(func(p *homePane) *button { return p.lost })},
			{text: w.t("act.returned"), key: fyne.KeyR, do: w.pressHome(func(p *homePane) *button { return p.returned })},
			{text: w.t("act.inspect"), key: fyne.KeyI, do: w.inspectAct},
		}},
		{w.t("moving.title"), []command{
			{text: w.t("moving.open"), key: fyne.KeyM, do: w.openMoving},
			{},
			{text: w.t("moving.skip"), key: fyne.KeyK, do: w.pressMore("K")},
			{text: w.t("moving.undo"), key: fyne.KeyU, do: w.pressMore("U")},
			{text: w.t("moving.pause"), key: fyne.KeyP, do: w.pressMore("P")},
		}},
		{w.t("menu.view"), append(w.pageCommands(), w.sizeCommands()...)},
		{w.t("menu.help"), []command{
			{text: w.t("settings.about"), do: func() { w.shell.settings.goTo(subAbout) }},
		}},
	}
}

// pageCommands turn to the pages, in the order in which they stand.
func (w *Window) pageCommands() []command {
	var all []command
	for i, n := range navigation {
		all = append(all, command{text: w.t("nav." + string(n.name)), key: fyne.KeyName(rune('1' + i)), do: func() { w.shell.turnTo(n.name) }})
	}
	return append(all, command{})
}

// sizeCommands make the text larger and smaller.
func (w *Window) sizeCommands() []command {
	return []command{
		{text: w.t("menu.larger"), key: fyne.KeyEqual, do: func() { w.stepSize(1) }},
		{text: w.t("menu.smaller"), key: fyne.KeyMinus, do: func() { w.stepSize(-1) }},
	}
}

// setMenus makes the menus anew, and gives their keys to the window. macOS shows
// them at the top of the screen. Elsewhere the toolkit would draw a bar of its
// own across the window, where a low screen has no room for one: they open from
// a button.
func (w *Window) setMenus() {
	for _, s := range w.keys {
		w.win.Canvas().RemoveShortcut(s.Shortcut)
	}
	w.keys = nil
	w.main = &fyne.MainMenu{}
	for _, m := range w.menus() {
		items := &fyne.Menu{Label: m.text}
		for _, c := range m.commands {
			items.Items = append(items.Items, w.menuItem(c))
		}
		w.main.Items = append(w.main.Items, items)
	}
	if runtime.GOOS == "darwin" {
		w.win.SetMainMenu(w.main)
		return
	}
	open := command{key: fyne.KeyM, more: fyne.KeyModifierShift, do: w.openMenu}
	w.addKey(open.shortcut(), func() { w.command(open) })
}

// ownKey is keys of the window, and what they do.
type ownKey struct {
	fyne.Shortcut
	do func()
}

// addKey gives keys to the window.
func (w *Window) addKey(s fyne.Shortcut, do func()) {
	w.keys = append(w.keys, ownKey{s, do})
	w.win.Canvas().AddShortcut(s, func(fyne.Shortcut) { do() })
}

// openMenu opens the menus below their button.
func (w *Window) openMenu() {
	if w.shell == nil {
		return
	}
	all := &fyne.Menu{}
	for _, m := range w.main.Items {
		all.Items = append(all.Items, &fyne.MenuItem{Label: m.Label, ChildMenu: m})
	}
	b := w.shell.menu
	widget.ShowPopUpMenuAtRelativePosition(all, w.win.Canvas(), fyne.NewPos(0, b.Size().Height), b)
}

// menuButton opens the menus.
func (w *Window) menuButton() *button {
	return w.newButton(navButton, "menu", "", w.openMenu)
}

// press does what a key that is pressed with Ctrl stands for, and tells whether
// it stands for anything. A field asks it, as the toolkit would ask nobody else.
func (w *Window) press(s fyne.Shortcut) bool {
	for _, own := range w.keys {
		if own.ShortcutName() == s.ShortcutName() {
			own.do()
			return true
		}
	}
	return false
}

// menuItem is the line of a command.
func (w *Window) menuItem(c command) *fyne.MenuItem {
	if c.text == "" {
		return fyne.NewMenuItemSeparator()
	}
	do := func() { w.command(c) }
	item := fyne.NewMenuItem(c.text, do)
	item.IsQuit = c.end
	if s := c.shortcut(); s != nil {
		item.Shortcut = s
		w.addKey(s, do)
	}
	return item
}

// command does what was chosen, unless a question is open, which comes first.
func (w *Window) command(c command) {
	if w.asked == nil && w.win.Canvas().Overlays().Top() == nil || c.end {
		w.jobs.guard(c.do)
	}
}

// beginImport shows the pane that brings homes and locks in from a list.
func (w *Window) beginImport() {
	if w.mayBegin() {
		w.shell.board.show(newImporter(w))
	}
}

// lockNow locks the desk, as if nobody had been there for long.
func (w *Window) lockNow() {
	if w.saidWriting() {
		return
	}
	w.idle.lock()
}

// stepHome opens the home below or above the one that is open.
func (w *Window) stepHome(by int) {
	b := w.shell.board
	if b.pane.busy() {
		return
	}
	w.shell.turnTo(pageBoard)
	row := -1
	for i, h := range b.rows {
		if h.Ref == b.home {
			row = i
		}
	}
	if row < 0 && by < 0 {
		return
	}
	if h, ok := b.rows[row+by]; ok {
		b.open(h.Ref)
	}
}

// stepSize makes the text larger or smaller by one step.
func (w *Window) stepSize(by int) {
	if w.bench.writing || w.start != nil && !w.start.resting() {
		return
	}
	i := slices.Index(textSizes, w.look.scale)
	i = min(max(i+by, 0), len(textSizes)-1)
	if textSizes[i] != w.look.scale {
		w.setScale(textSizes[i])
	}
}

// setScale changes the size of texts, and remembers it.
func (w *Window) setScale(scale float32) {
	w.o.App.Preferences().SetFloat(prefScale, float64(scale))
	w.look.scale = scale
	w.rebuild()
}
