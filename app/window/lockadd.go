package window

import (
	"context"
	"errors"
	"slices"
	"strings"

	"sleutelbord/app/desk"
	"sleutelbord/store"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
)

// allKinds in the order in which they are offered.
var allKinds = []store.ZoneKind{store.HomeZone, store.SharedZone, store.ServiceZone}

// addLock opens the pane for adding a lock.
func (w *Window) addLock() {
	if w.mayBeginAt(pageLocks) {
		w.shell.locks.show(newAddPane(w))
	}
}

// addPane adds one lock, as its label says.
type addPane struct {
	w      *Window
	root   fyne.CanvasObject
	kind   *radio
	fields map[string]*field // by the names of the columns
	wrong  map[string]*word  // below the fields
	groups *keyGroups
	saved  *fyne.Container
	save   *button
	tried  bool // what is missing is only said after the first try
	busyOn bool
}

func newAddPane(w *Window) *addPane {
	p := &addPane{w: w, fields: make(map[string]*field), wrong: make(map[string]*word), groups: newKeyGroups(), saved: container.NewStack()}
	names := make([]string, len(allKinds))
	for i, k := range allKinds {
		names[i] = w.t("zone." + string(k))
	}
	p.kind = w.newRadio(names, p.check)
	p.kind.flat = true
	p.save = w.newButton(primaryButton, "check", w.t("addlock.yes"), p.store).grown()
	list := w.newButton(quietButton, "file", w.t("addlock.list"), func() {
		if w.mayBegin() {
			w.shell.board.show(newImporter(w))
		}
	})
	body := column(10, p.saved,
		p.entry("lock"), p.entry("public_key"), p.groups.root,
		column(3, newWord(w.t("addlock.kind"), theme.SizeNameCaptionText, colorMuted, false), p.kind),
		container.New(layout.NewGridLayoutWithColumns(2), p.entry("building"), p.entry("floor")),
		container.New(layout.NewGridLayoutWithColumns(2), p.entry("home"), p.entry("zone")))
	foot := padded(8, 0, 0, 10, container.NewBorder(nil, nil, p.save, container.New(middle{}, list)))
	form := container.NewVScroll(padded(0, 8, 0, 10, column(0, newCard(body))))
	p.root = w.paneFrame("lock", w.t("addlock.title"), w.t("addlock.do"), container.NewBorder(nil, foot, nil, nil, form))
	p.kind.choose(names[0])
	return p
}

// entry is a field with its name above, and what is wrong with it below.
func (p *addPane) entry(name string) fyne.CanvasObject {
	w := p.w
	f := w.newField(w.t("addlock."+name+".hint"), func(string) { p.check() })
	f.enter = p.store
	wrong := newWord("", theme.SizeNameCaptionText, theme.ColorNameError, false).shrinking()
	p.fields[name], p.wrong[name] = f, wrong
	return column(3, newWord(w.t("addlock."+name), theme.SizeNameCaptionText, colorMuted, false), f, wrong)
}

func (p *addPane) object() fyne.CanvasObject { return p.root }
func (p *addPane) busy() bool                { return p.busyOn }
func (p *addPane) shown()                    { p.w.win.Canvas().Focus(p.fields["lock"]) }

// back implements [pane].
func (p *addPane) back() bool {
	if !p.busyOn {
		p.w.shell.locks.leavePane()
	}
	return true
}

// lock is what was typed.
func (p *addPane) lock() desk.NewLock {
	text := func(name string) string { return p.fields[name].Text }
	l := desk.NewLock{
		Building: text("building"), Floor: text("floor"), Home: text("home"), Lock: text("lock"), Zone: text("zone"), PublicKey: text("public_key"),
	}
	if i := slices.Index(p.kind.names, p.kind.selected); i >= 0 {
		l.Kind = string(allKinds[i])
	}
	return l
}

// check says what is wrong with what was typed so far. An empty field is only
// wrong after the first try.
func (p *addPane) check() {
	service := p.lock().Kind == string(store.ServiceZone)
	if home := p.fields["home"]; service != home.Disabled() {
		if service {
			home.SetText("")
			home.Disable()
		} else {
			home.Enable()
		}
	}
	bad := desk.CheckLock(p.lock())
	p.say(bad)
	var key *desk.RowError
	for i := range bad {
		if bad[i].Column == "public_key" {
			key = &bad[i]
		}
	}
	p.groups.show(p.fields["public_key"].Text, key)
}

// say shows what is wrong below the fields.
func (p *addPane) say(bad []desk.RowError) {
	said := make(map[string]string)
	for _, r := range bad {
		f, ok := p.fields[r.Column]
		if !ok || !p.tried && strings.TrimSpace(f.Text) == "" || said[r.Column] != "" {
			continue
		}
		// A key is typed group by group: before its end, it is not too short.
		if r.Code == desk.RowKeyLength && !p.tried {
			continue
		}
		said[r.Column] = p.w.rowWords(r)
	}
	for name, below := range p.wrong {
		below.set(said[name])
		setShown(below, said[name] != "")
	}
	p.root.Refresh()
}

// store adds the lock.
func (p *addPane) store() {
	p.tried = true
	if bad := desk.CheckLock(p.lock()); len(bad) > 0 {
		p.say(bad)
		return
	}
	l := p.lock()
	p.busyOn = true
	p.save.enable(false)
	var done desk.Imported
	p.w.jobs.run(func(ctx context.Context) (err error) {
		done, err = p.w.desk.AddLock(ctx, l)
		return err
	}, func(err error) {
		p.busyOn = false
		p.save.enable(true)
		var wrong *desk.ImportError
		switch {
		case errors.As(err, &wrong):
			p.say(wrong.Rows)
		case err != nil:
			p.w.complain(err)
		default:
			p.added(l.Lock, done)
		}
	})
}

// added says that the lock is there, and makes room for the next one of the
// same place.
func (p *addPane) added(id string, done desk.Imported) {
	w := p.w
	text := w.t("addlock.done", "lock", strings.TrimSpace(id))
	if done.Unchanged > 0 {
		text = w.t("addlock.known", "lock", strings.TrimSpace(id))
	}
	p.saved.Objects = []fyne.CanvasObject{newSurface(colorGoodSoft, "", 10, 10, line(10, newGlyph("done", theme.ColorNameSuccess, 22),
		newWord(text, theme.SizeNameText, theme.ColorNameForeground, true)))}
	p.tried = false
	p.fields["lock"].SetText("")
	p.fields["public_key"].SetText("")
	p.saved.Refresh()
	w.win.Canvas().Focus(p.fields["lock"])
	w.reloadSite()
	w.shell.board.load(nil)
	w.shell.locks.load()
}
