package window

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// chosen chooses a line of the menus by its text.
func (r *rig) chosen(text string) {
	r.Helper()
	for _, m := range r.w.main.Items {
		for _, item := range m.Items {
			if item.Label == text {
				item.Action()
				r.settle()
				return
			}
		}
	}
	r.Fatalf("no menu has %q", text)
}

// pressed presses Ctrl and a key in the search field, which has keys of its own.
func (r *rig) pressed(key fyne.KeyName) {
	f := r.w.newField("", nil)
	f.TypedShortcut(&desktop.CustomShortcut{KeyName: key, Modifier: fyne.KeyModifierShortcutDefault})
	r.settle()
}

// Every line of the menus says something of its own, has keys of its own, and
// can be chosen at any time without harm.
func TestMenus(t *testing.T) {
	r := newRig(t, nil)
	if n := len(r.w.main.Items); n != 2 {
		t.Errorf("before a site is open there are %d menus", n)
	}
	r.demo(90)
	texts, keys := make(map[string]bool), make(map[string]string)
	for _, m := range r.w.main.Items {
		for _, item := range m.Items {
			if item.IsSeparator {
				continue
			}
			if texts[item.Label] || item.Label == "" {
				t.Errorf("%q stands twice", item.Label)
			}
			texts[item.Label] = true
			if item.Shortcut == nil {
				continue
			}
			if twin := keys[item.Shortcut.ShortcutName()]; twin != "" {
				t.Errorf("%q and %q have the same keys", item.Label, twin)
			}
			keys[item.Shortcut.ShortcutName()] = item.Label
			if item.IsQuit {
				continue
			}
			item.Action()
			r.settle()
			if r.w.asked != nil {
				t.Errorf("%q says %q", item.Label, r.texts())
			}
			r.w.closeQuestion()
			for _, o := range r.w.Canvas().Overlays().List() {
				r.w.Canvas().Overlays().Remove(o)
			}
			r.until("a window that is open", func() bool {
				if r.w.shell == nil {
					r.w.start.passphrase.SetText("practice")
					r.w.start.tryOpen()
					r.settle()
				}
				return r.w.shell != nil
			})
		}
	}
	for i, k := range r.w.keys {
		for _, twin := range r.w.keys[:i] {
			if k.ShortcutName() == twin.ShortcutName() {
				t.Errorf("two things have the keys %s", k.ShortcutName())
			}
		}
	}
	if len(keys) < 15 {
		t.Errorf("%d keys only", len(keys))
	}
}

func TestMenusDoWhatTheySay(t *testing.T) {
	r := newRig(t, nil)
	r.demo(90)
	r.whole()
	r.pressed(fyne.KeyDown)
	r.home(r.w.shell.board.rows[0].Ref)
	r.pressed(fyne.KeyDown)
	r.home(r.w.shell.board.rows[1].Ref)
	r.pressed(fyne.KeyUp)
	r.pressed(fyne.KeyUp)
	first := r.home(r.w.shell.board.rows[0].Ref)
	r.pressed(fyne.KeyN)
	if a := r.writing(); a.act.home != first.ref {
		t.Errorf("a tag is handed out to %s", a.act.home)
	}
	r.w.escape()
	r.chosen("Grotere tekst")
	if r.w.look.scale != textSizes[1] || r.w.prefScale() != textSizes[1] {
		t.Errorf("larger text is %v", r.w.look.scale)
	}
	r.chosen("Over")
	if r.w.shell.current != pageSettings || r.w.shell.settings.current != subAbout {
		t.Errorf("the help leads to %s", r.w.shell.settings.current)
	}
	r.w.ask("warn", "?", "", "ja", func() {})
	r.pressed(fyne.Key1)
	if r.w.shell.current == pageBoard {
		t.Error("a key goes past an open question")
	}
	r.w.closeQuestion()
	r.chosen("Bureau nu vergrendelen")
	r.until("the locked desk", func() bool { return r.w.shell == nil && r.w.desk.Locked() })
	if n := len(r.w.main.Items); n != 2 {
		t.Errorf("while the desk is locked there are %d menus", n)
	}
	r.pressed(fyne.Key2)
}

// The button opens the menus, and a line that is chosen in them acts.
func TestMenuButton(t *testing.T) {
	r := newRig(t, nil)
	r.demo(90)
	r.whole()
	r.settle()
	for i, open := range []func(){r.w.menuButton().tapped, func() {
		r.w.newField("", nil).TypedShortcut(&desktop.CustomShortcut{KeyName: fyne.KeyM, Modifier: fyne.KeyModifierShortcutDefault | fyne.KeyModifierShift})
	}} {
		open()
		m, ok := r.w.Canvas().Focused().(*widget.PopUpMenu)
		if !ok {
			t.Fatalf("%d: %T has the focus, %v is open", i, r.w.Canvas().Focused(), r.w.Canvas().Overlays().List())
		}
		for _, key := range []fyne.KeyName{fyne.KeyDown, fyne.KeyDown, fyne.KeyDown, fyne.KeyRight, fyne.KeyDown, fyne.KeyDown, fyne.KeyDown, fyne.KeyReturn} {
			m.TypedKey(&fyne.KeyEvent{Name: key})
		}
		r.settle()
		if _, ok := r.w.shell.board.pane.(*lookPane); !ok {
			t.Errorf("the last of the acts on a tag shows %T", r.w.shell.board.pane)
		}
		r.w.escape()
	}
}

func TestAbout(t *testing.T) {
	r := newRig(t, nil)
	r.demo(20)
	r.w.shell.settings.goTo(subAbout)
	p := r.w.shell.settings.made[subAbout].(*aboutPage)
	if !r.shows("Sleutelbord test") || !r.shows("Go 1.") {
		t.Errorf("about says %q", r.texts())
	}
	r.tap(p.licences)
	if !r.shows("MIT") && !r.shows("Licen") && !r.shows("licen") {
		t.Errorf("the licences say %q", r.texts())
	}
	p.list.ScrollToBottom()
	if p.list.Length() < 1000 {
		t.Errorf("%d lines of licences", p.list.Length())
	}
	r.w.escape()
	if p.list != nil || r.w.Canvas().Focused() != fyne.Focusable(p.licences) {
		t.Error("escape does not lead back")
	}
}

// The window opens as large as it was closed, unless that cannot be.
func TestSizeIsRemembered(t *testing.T) {
	r := newRig(t, nil)
	r.w.win.Resize(fyne.NewSize(1111, 777))
	r.w.quit()
	again := New(r.options())
	if s := again.win.Canvas().Size(); s != fyne.NewSize(1111, 777) {
		t.Errorf("the window opens at %v", s)
	}
	for _, bad := range []float64{-5, 0, 12, 1e9} {
		r.app.Preferences().SetFloat(prefWidth, bad)
		if s := again.rememberedSize(); s != firstSize {
			t.Errorf("a width of %v opens at %v", bad, s)
		}
	}
	if err := again.Shutdown(); err != nil {
		t.Error(err)
	}
}

// The keys of the window work in every kind of field.
func TestKeysInFields(t *testing.T) {
	r := newRig(t, nil)
	r.demo(20)
	for name, f := range map[string]fyne.Shortcutable{
		"line": r.w.newField("", nil), "secret": r.w.newSecretField("", nil),
		"search": newSearchEntry(r.w, nil), "lines": r.w.newTextArea(2, func(string) {}),
	} {
		r.w.shell.turnTo(pageSettings)
		f.TypedShortcut(&desktop.CustomShortcut{KeyName: fyne.Key1, Modifier: fyne.KeyModifierShortcutDefault})
		if r.w.shell.current != pageBoard {
			t.Errorf("%s: Ctrl+1 leads to %s", name, r.w.shell.current)
		}
	}
}
