package window

import (
	"context"
	"strings"
	"testing"

	"sleutelbord/app/desk"
	"sleutelbord/nfc"
	"sleutelbord/nfc/softcard"

	"fyne.io/fyne/v2"
)

// While the records are closed no key reaches the screens that are gone, the
// screen that says so stays, and what was entered is forgotten.
func TestKeysWhileClosed(t *testing.T) {
	r := newRig(t, nil)
	r.site()
	m, _ := r.makeSheets("2", "3")
	r.tap(m.check)
	if r.w.entry == nil {
		t.Fatal("nothing can be entered")
	}
	closed, goOn := make(chan struct{}), make(chan struct{})
	ended := false
	r.w.whileClosed([]byte(phrase), func(context.Context, desk.Options) error {
		close(closed)
		<-goOn
		return nil
	}, func() { ended = true })
	r.untilClosed("the closed records", closed)
	for _, key := range []fyne.KeyName{fyne.KeyF, fyne.KeyN, fyne.KeyO, fyne.KeyB, fyne.KeyM, fyne.Key2, fyne.KeyEqual, fyne.KeyMinus} {
		r.pressed(key)
	}
	if r.w.asked != nil || strings.Contains(r.log.String(), "panic") || r.w.start.step != stepBusy || !r.w.start.working {
		t.Errorf("at %s it says %q\n%s", r.w.start.step, r.texts(), r.log)
	}
	if r.w.entry != nil {
		t.Error("what was entered is still there")
	}
	close(goOn)
	r.until("the window again", func() bool { return ended && r.w.shell != nil })
	if r.w.shell.current != pageSettings || r.w.shell.settings.current != subSafe {
		t.Errorf("it comes back at %s", r.w.shell.current)
	}
}

// A tag that is laid while the passphrase is checked is written first.
func TestWritingBeforeClosing(t *testing.T) {
	r := newRig(t, nil)
	r.site()
	typed := []byte(phrase)
	r.w.whileClosed(typed, func(context.Context, desk.Options) error {
		t.Error("the records are closed under a tag that is being written")
		return nil
	}, func() {})
	r.w.bench.writing = true
	r.told(r.w.t("busy.writing"))
	r.w.bench.writing = false
	if r.w.shell == nil || strings.Trim(string(typed), "\x00") != "" {
		t.Error("the window is gone, or the passphrase is not")
	}
	if _, err := r.w.desk.Site(t.Context()); err != nil {
		t.Error(err)
	}
}

// The sheets of a new site stay when somebody wants larger text.
func TestLargerTextAtTheFirstScreen(t *testing.T) {
	r := newRig(t, nil)
	before := r.w.look.scale
	r.pressed(fyne.KeyEqual)
	if r.w.look.scale <= before {
		t.Error("the text of the first screen is no larger")
	}
	r.toSheets()
	s, scale := r.w.start, r.w.look.scale
	r.pressed(fyne.KeyEqual)
	if r.w.start != s || s.step != stepSheets || r.w.look.scale != scale {
		t.Fatalf("at %s it says %q", r.w.start.step, r.texts())
	}
	r.tap(s.maker.later)
	r.until("the new site", func() bool { return r.w.shell != nil })
}

// What lies above a screen goes with it when the desk locks itself, and shares
// that are being used are wiped when that has ended.
func TestLockTakesEverythingAway(t *testing.T) {
	r := newRig(t, nil)
	r.site()
	m, sheets := r.makeSheets("2", "3")
	r.tap(m.check)
	e := r.w.entry
	if _, err := e.e.Type(sheets[0].lines[0]); err != nil || e.e.Line() != 2 {
		t.Fatalf("line %d, %v", e.e.Line(), err)
	}
	using, goOn, used := make(chan struct{}), make(chan struct{}), make(chan struct{})
	r.w.jobs.keep(func(context.Context) error {
		return e.use(func() error {
			close(using)
			<-goOn
			return nil
		})
	}, func(error) { close(used) })
	<-using
	e.working = true
	r.w.askFile(nil, func(string) {})
	r.w.idle.lock()
	r.until("locked", func() bool { return r.w.desk.Locked() })
	if top := r.w.win.Canvas().Overlays().Top(); top != nil {
		t.Errorf("a %T lies above the locked desk", top)
	}
	if e.e.Line() != 2 {
		t.Error("shares were wiped while they were used")
	}
	close(goOn)
	r.untilClosed("the end", used)
	if e.e.Line() != 1 {
		t.Error("a locked desk has a line of a share")
	}
}

// A tag can be checked while the desk is locked.
func TestCheckWhileLocked(t *testing.T) {
	reader := softcard.NewReader("home")
	r := newRig(t, func(o *Options) { o.OpenReader = func(string) (nfc.Reader, error) { return reader, nil } })
	r.site()
	r.until("the reader", func() bool { return r.w.bench.state.Attached })
	r.w.idle.lock()
	r.until("locked", r.w.desk.Locked)
	r.tap(r.w.start.look)
	reader.Lay(deskTag(t, softcard.EV2))
	if v := r.checked(r.w.checking); !v.report.Passed() {
		t.Errorf("%+v; it says %q", v.report, r.texts())
	}
	r.w.escape()
	if r.w.start.step != stepUnlock || r.w.bench.reader == nil {
		t.Errorf("Escape leads to %s, and the reader is %v", r.w.start.step, r.w.bench.reader)
	}
}
