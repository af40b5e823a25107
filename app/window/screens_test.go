package window

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sleutelbord/app/desk"
	"sleutelbord/store"

	"fyne.io/fyne/v2"
)

// aLook is a way in which people see the window: in which colours and language,
// how large its texts are, and on what screen.
type aLook struct {
	name  string
	v     variant
	lang  string
	scale float64
	size  fyne.Size
}

// set has a window begin in this look.
func (l aLook) set(o *Options) {
	p := o.App.Preferences()
	p.SetString(prefVariant, string(l.v))
	p.SetString(prefLanguage, l.lang)
	p.SetFloat(prefScale, l.scale)
}

// rig is a new window in this look.
func (l aLook) rig(t *testing.T) *rig {
	t.Helper()
	r := newRig(t, l.set)
	r.w.win.Resize(l.size)
	return r
}

// inLooks walks in each of the looks. What is walked calls shot for each screen:
// it is checked, and its picture gets the look's name and a number.
func inLooks(t *testing.T, looks []aLook, walk func(t *testing.T, l aLook, shot func(r *rig, name string))) {
	t.Helper()
	for _, l := range looks {
		t.Run(l.name, func(t *testing.T) {
			n := 0
			walk(t, l, func(r *rig, name string) {
				n++
				r.screen(fmt.Sprintf("%s-%02d-%s", l.name, n, name), l.size)
			})
		})
	}
}

// TestScreens goes through every screen in both themes, all languages and at
// several sizes; with -screens it saves a picture of each. In all of them no
// key of a text may be on the window, and nothing may need more room than the
// smallest screen has.
func TestScreens(t *testing.T) {
	inLooks(t, []aLook{
		{"light-nl", variantLight, "nl", 1, fyne.NewSize(1366, 700)},
		{"dark-en", variantDark, "en", 1, fyne.NewSize(1280, 760)},
		{"light-de", variantLight, "de", 1, fyne.NewSize(1280, 760)},
		{"large-nl", variantLight, "nl", 1.6, fyne.NewSize(1920, 1040)},
		{"double-nl", variantDark, "nl", 2, fyne.NewSize(2560, 1400)},
		{"double-de", variantDark, "de", 2, fyne.NewSize(2560, 1400)},
		{"double-en", variantLight, "en", 2, fyne.NewSize(2560, 1400)},
	}, func(t *testing.T, l aLook, shot func(*rig, string)) {
		r := l.rig(t)
		r.walkScreens(func(name string) { shot(r, name) })
	})
}

// screen checks what the window shows, and saves a picture.
func (r *rig) screen(name string, size fyne.Size) {
	r.Helper()
	r.settle()
	words := r.w.words
	for _, text := range r.texts() {
		if strings.Contains(text, "{") || !strings.Contains(text, " ") && strings.Contains(text, ".") && words.Has(text+".do") {
			r.Errorf("%s shows %q", name, text)
		}
	}
	if m := r.w.win.Content().MinSize(); m.Width > size.Width || m.Height > size.Height {
		r.Errorf("%s needs %v of %v", name, m, size)
	}
	walk(r.w.Canvas(), func(o fyne.CanvasObject) {
		if b, ok := o.(*button); ok {
			at := fyne.CurrentApp().Driver().AbsolutePositionForObject(b)
			if right := at.X + b.Size().Width; right > size.Width+1 {
				r.Errorf("%s: the button %q is cut: it ends at %v of %v", name, b.text, right, size.Width)
			}
			if m := b.MinSize(); b.Size().Width < m.Width-1 {
				r.Errorf("%s: the button %q has %v of %v", name, b.text, b.Size().Width, m.Width)
			}
		}
	})
	r.picture(name)
}

func (r *rig) walkScreens(shot func(name string)) {
	shot("welcome")
	r.tap(r.w.start.make)
	r.w.start.name.SetText("Campus Noord")
	r.w.start.passphrase.SetText("fiets regen tafel wolk viool")
	r.w.start.again.SetText("fiets regen tafel wolk violl")
	shot("make")
	r.demo(90)
	r.handOut(home)
	r.handOut(neighbour)
	r.bundles()
	p := r.open(home)
	r.tap(p.handOut)
	r.w.tray.tear.SetChecked(true)
	r.layBlank()
	r.phase(phaseTorn)
	r.until("the tag gone", func() bool { return r.w.tray.torn })
	shot("torn")
	r.tap(r.writing().leave)
	p = r.home(home)
	r.until("the torn tag", func() bool { return len(p.view.Tags) == 2 })
	shot("home")
	r.tap(r.w.tray.cards[2].button)
	r.tagPane(desk.KindHalf)
	shot("half")
	r.lift()
	r.home(home)
	r.tap(r.w.tray.cards[1].button)
	r.tagPane(desk.KindOurs)
	r.w.handOut(home)
	r.phase(phaseRefused)
	shot("refused")
	r.w.returned(home)
	r.phase(phaseConfirm)
	shot("returned")
	r.lift()
	r.tap(r.writing().leave)
	r.tap(r.home(home).moveOut)
	shot("question")
	r.w.onYes()
	r.until("moved out", func() bool { _, ok := r.w.shell.board.pane.(*movedPane); return ok })
	shot("moved")
	r.tap(r.w.shell.board.pane.(*movedPane).done)
	r.tap(r.home(home).moveIn)
	shot("move-in")
	imp := newImporter(r.w)
	r.w.shell.board.show(imp)
	shot("import")
	campus, err := desk.NewDemoCampus(40)
	if err != nil {
		r.Fatal(err)
	}
	list := filepath.Join(r.TempDir(), "list.csv")
	if err := os.WriteFile(list, bytes.ReplaceAll(campus.CSV, []byte(",shared,"), []byte(",gedeeld,")), 0o600); err != nil {
		r.Fatal(err)
	}
	imp.read(list)
	r.until("the mistakes", func() bool { return imp.wrong != nil })
	shot("mistakes")
	r.walkMoving(shot)
	r.walkTags(shot)
	r.walkLocks(shot)
	r.walkKeys(shot)
	r.walkSettings(shot)
}

// walkLocks goes through the page of the locks.
func (r *rig) walkLocks(shot func(name string)) {
	l := r.w.shell.locks
	r.w.shell.turnTo(pageLocks)
	r.until("the tags that are gone", func() bool { return len(l.lost) > 0 })
	shot("locks")
	l.list.Select(2)
	shot("lock")
	r.w.writeCard(nil, desk.BundleOptions{})
	shot("card")
	r.layBlank()
	r.until("the card", func() bool { return l.pane.(*writePane).phase == phaseReady })
	shot("card-ready")
	r.tap(l.pane.(*writePane).main)
	r.lift()
	r.tap(r.w.tray.cards[len(r.w.tray.cards)-1].button)
	r.until("the card's pane", func() bool { _, ok := l.pane.(*cardPane); return ok })
	shot("card-laid")
	r.lift()
	r.tap(l.pane.(*bringPane).add)
	p := l.pane.(*addPane)
	p.fields["lock"].SetText("SL-0001")
	p.fields["public_key"].SetText("ABCDEFGH-ABCDEFG-ABCDEFGH-ABCDEFGH-ABCDEFGH-ABCDEFGH-ABCDEFGH")
	p.fields["building"].SetText("Calslaan 12")
	shot("add-lock")
	r.w.escape()
}

// walkSettings goes through the sub-pages of the settings.
func (r *rig) walkSettings(shot func(name string)) {
	s := r.w.shell.settings
	r.w.shell.turnTo(pageSettings)
	r.person("els", store.Custodian, secondPhrase)
	r.person("jan", store.Caretaker, thirdPhrase)
	for _, e := range s.entries {
		r.tap(s.items[e.name])
		r.until("the sub-page "+string(e.name), func() bool { return r.subLoaded(e.name) })
		shot("settings-" + string(e.name))
	}
	p := r.people()
	r.tap(p.add)
	p.form.who.SetText("piet")
	p.form.fresh.SetText(secondPhrase)
	shot("settings-people-add")
	p.leave()
	r.tap(p.rows["els"].revoke)
	r.w.onYes()
	r.until("the question for consent", func() bool { return r.w.consent != nil })
	r.w.consent.say(r.w.problemWords(desk.CodeWrongPassphrase, nil).what)
	shot("consent")
	r.w.escape()
	d := r.desks()
	r.tap(d.move)
	shot("settings-desks-move")
	d.leave()
	d.view = desk.SharedView{
		Shared: true, Problem: desk.CodeDatabaseOlder, Requests: []string{"8CUPB-PRSY3-NBBZC-V2XWS"},
		Desks: []desk.ComputerView{{ID: "9646b3eba07e393e", Name: "Balie Noord", Added: "2026-01-02", Here: true}, {ID: "c233920a2fbf4fda", Name: "Balie Zuid", Added: "2026-02-03"}},
	}
	d.turn.next()
	d.list()
	r.w.shell.outage.show(desk.CodeDatabaseOlder)
	shot("settings-desks-shared")
	r.w.shell.outage.show("")
}

// subLoaded tells whether a sub-page of the settings shows what it has.
func (r *rig) subLoaded(name subName) bool {
	switch p := r.w.shell.settings.made[name].(type) {
	case *peoplePage:
		return len(p.rows) > 0
	case *desksPage:
		return p.known
	case *journalPage:
		return len(p.entries) > 0
	}
	return true
}

// walkKeys goes through the page on which keys are replaced.
func (r *rig) walkKeys(shot func(name string)) {
	c := r.w.shell.keys
	r.w.shell.turnTo(pageKeys)
	shot("keys")
	r.tap(c.begin)
	shot("keys-choose")
	r.tap(c.pane.(*choosePane).kinds[store.CampaignLock])
	r.until("the locks", func() bool { return len(c.pane.(*pickPane).visible) > 0 })
	shot("keys-pick")
	r.w.planCampaign(desk.CampaignSpec{Kind: store.CampaignLock, Lock: "E1"})
	r.until("the cost", func() bool { _, ok := c.pane.(*planPane); return ok })
	shot("keys-plan")
	r.tap(c.pane.(*planPane).start)
	shot("keys-ask")
	r.w.onYes()
	r.until("the campaign", func() bool { _, ok := c.pane.(*campaignPane); return ok })
	shot("keys-running")
	r.tap(c.pane.(*campaignPane).lay)
	r.until("the next tag", func() bool { _, ok := c.pane.(*writePane); return ok })
	shot("keys-lay")
	r.w.escape()
	r.until("the campaign again", func() bool { _, ok := c.pane.(*campaignPane); return ok })
	r.tap(c.pane.(*campaignPane).end)
	r.w.onYes()
	r.until("its end", func() bool { p, ok := c.pane.(*campaignPane); return ok && p.view.Ended != "" })
	shot("keys-ended")
}
