package window

import (
	"bytes"
	"context"
	"flag"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"sleutelbord/app/desk"
	"sleutelbord/lock"
	"sleutelbord/nfc"
	"sleutelbord/nfc/softcard"
	"sleutelbord/store"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"github.com/sirupsen/logrus"
)

var screens = flag.String("screens", "", "save pictures of the screens in this folder")

// patience is how long a test waits for a state. It is long: a machine may be
// busy; no test sleeps.
const patience = 60 * time.Second

// rig is a window under test: Fyne's test driver, a real desk on real records,
// and a queue in place of the main loop, drained by the test.
type rig struct {
	testing.TB
	app   fyne.App
	w     *Window
	queue chan func()
	log   *bytes.Buffer
	dir   string

	campus desk.DemoCampus
	doors  map[string]*lock.Lock // those that were visited
}

// options are what the rig's windows start with.
func (r *rig) options() Options {
	logger := logrus.New()
	logger.SetOutput(r.log)
	logger.SetLevel(logrus.DebugLevel)
	return Options{
		App:  r.app,
		Post: func(f func()) { r.queue <- f },
		Log:  logrus.NewEntry(logger),
		Dir:  r.dir,
		OpenReader: func(string) (nfc.Reader, error) {
			return nil, nfc.ErrNoReader
		},
		ListReaders: func() ([]string, error) { return nil, nil },
		Getenv: func(name string) string {
			if name == "LANG" {
				return "nl_NL.UTF-8"
			}
			return ""
		},
		Store:   store.Options{TestKDF: true},
		Version: "test",
	}
}

func newRig(t testing.TB, change func(o *Options)) *rig {
	t.Helper()
	r := &rig{TB: t, app: test.NewTempApp(t), queue: make(chan func(), 4096), log: &bytes.Buffer{}, dir: filepath.Join(t.TempDir(), "site")}
	o := r.options()
	if change != nil {
		change(&o)
	}
	r.w = New(o)
	r.w.win.Resize(fyne.NewSize(1366, 720))
	r.w.Show()
	t.Cleanup(r.end)
	return r
}

// end closes the window, and drains what comes meanwhile.
func (r *rig) end() {
	ended := make(chan error, 1)
	go func() { ended <- r.w.Shutdown() }()
	for {
		select {
		case err := <-ended:
			if err != nil {
				r.Errorf("closing: %v", err)
			}
			return
		case <-r.queue:
		case <-time.After(patience):
			r.Error("the window does not end")
			return
		}
	}
}

// until drains the queue until a state is reached.
func (r *rig) until(what string, reached func() bool) {
	r.Helper()
	late := time.After(patience)
	for !reached() {
		select {
		case f := <-r.queue:
			f()
		case <-late:
			r.Fatalf("not reached: %s\nthe window says %q\nlog:\n%s", what, r.texts(), r.log)
		}
	}
}

// untilClosed drains the queue until a channel is closed.
func (r *rig) untilClosed(what string, closed <-chan struct{}) {
	r.Helper()
	late := time.After(5 * patience)
	for {
		select {
		case f := <-r.queue:
			f()
		case <-closed:
			return
		case <-late:
			r.Fatalf("not reached: %s\nthe window says %q\nlog:\n%s", what, r.texts(), r.log)
		}
	}
}

// settle drains what is in the queue now.
func (r *rig) settle() {
	for {
		select {
		case f := <-r.queue:
			f()
		default:
			return
		}
	}
}

// demo makes a small practice site and opens it in the window.
func (r *rig) demo(homes int) {
	r.Helper()
	o := desk.InitOptions{
		Options: desk.Options{Dir: r.dir, Passphrase: []byte("practice"), Store: r.w.o.Store, Log: r.w.o.Log, Clock: r.w.o.Clock},
		Site:    "Campus Noord", Policy: store.RequireGenuine, Practice: true,
	}
	d, err := desk.Init(context.Background(), o)
	if err != nil {
		r.Fatal(err)
	}
	if r.campus, err = desk.NewDemoCampus(homes, r.w.demoWords().doors); err != nil {
		r.Fatal(err)
	}
	if _, err := d.Import(context.Background(), bytes.NewReader(r.campus.CSV)); err != nil {
		r.Fatal(err)
	}
	site, err := d.Site(context.Background())
	if err != nil {
		r.Fatal(err)
	}
	r.w.opened(d, site)
	r.until("the board", func() bool { return r.w.shell.board.loaded && r.w.shell.board.homes.Len() == homes })
}

// sub shows a sub-page of the settings.
func sub[T subpage](r *rig, name subName) T {
	r.Helper()
	r.w.shell.settings.goTo(name)
	p, ok := r.w.shell.settings.made[name].(T)
	if !ok {
		r.Fatalf("%s is a %T", name, r.w.shell.settings.made[name])
	}
	return p
}

// open opens a home and waits until it is there.
func (r *rig) open(ref string) *homePane {
	r.Helper()
	r.w.shell.board.open(ref)
	return r.home(ref)
}

// home waits until a home is shown.
func (r *rig) home(ref string) *homePane {
	r.Helper()
	var p *homePane
	r.until("home "+ref, func() bool {
		var ok bool
		p, ok = r.w.shell.board.pane.(*homePane)
		return ok && p.view.Ref == ref
	})
	return p
}

// writing is the act that is shown.
func (r *rig) writing() *writePane {
	r.Helper()
	p, ok := r.w.shell.board.pane.(*writePane)
	if !ok {
		r.Fatalf("no act on a tag is shown, but %T", r.w.shell.board.pane)
	}
	return p
}

// phase waits until the act that is shown has reached a phase.
func (r *rig) phase(ph phase) *writePane {
	r.Helper()
	p := r.writing()
	r.until("phase "+string(ph), func() bool { return p.phase == ph })
	return p
}

// tap presses a button.
func (r *rig) tap(b *button) {
	r.Helper()
	if b == nil || b.Disabled() {
		r.Fatal("there is no such button now")
	}
	test.Tap(b)
	r.settle()
}

// layBlank lays a new blank virtual tag.
func (r *rig) layBlank() *softcard.Card {
	r.Helper()
	r.tap(r.w.tray.blank)
	return r.w.tray.lying.card
}

// lift takes the tag away.
func (r *rig) lift() {
	r.Helper()
	r.tap(r.w.tray.take)
	r.until("an empty reader", func() bool { return !r.w.bench.state.Present })
}

// handOut hands a blank tag out to a home and leaves the pane.
func (r *rig) handOut(ref string) *softcard.Card {
	r.Helper()
	p := r.open(ref)
	r.tap(p.handOut)
	card := r.layBlank()
	r.phase(phaseReady)
	r.lift()
	r.tap(r.writing().main)
	r.home(ref)
	return card
}

// picture saves a picture of the window, if pictures are asked for.
func (r *rig) picture(name string) {
	if *screens == "" {
		return
	}
	// The real driver lays out again what has grown; the test driver does not.
	was := r.w.Canvas().Size()
	r.w.win.Resize(was.AddWidthHeight(1, 1))
	r.w.win.Resize(was)
	f, err := os.Create(filepath.Join(*screens, name+".png"))
	if err != nil {
		r.Fatal(err)
	}
	if err := png.Encode(f, r.w.Canvas().Capture()); err != nil {
		r.Fatal(err)
	}
	if err := f.Close(); err != nil {
		r.Fatal(err)
	}
}

// texts are all texts that the window shows now.
func (r *rig) texts() []string {
	var all []string
	walk(r.w.Canvas(), func(o fyne.CanvasObject) {
		switch o := o.(type) {
		case *word:
			all = append(all, o.text)
		case *button:
			all = append(all, o.text)
		case *widget.Label:
			all = append(all, o.Text)
		case *widget.RichText:
			all = append(all, o.String())
		case *tick:
			all = append(all, o.Text)
		}
	})
	return all
}

// walk visits every visible object of a canvas, overlays included.
func walk(c fyne.Canvas, visit func(fyne.CanvasObject)) {
	walkObject(c.Content(), visit)
	for _, o := range c.Overlays().List() {
		walkObject(o, visit)
	}
}

// walkObject visits an object and every visible one in it.
func walkObject(o fyne.CanvasObject, visit func(fyne.CanvasObject)) {
	if o == nil || !o.Visible() {
		return
	}
	visit(o)
	switch o := o.(type) {
	case *fyne.Container:
		for _, child := range o.Objects {
			walkObject(child, visit)
		}
	case fyne.Widget:
		for _, child := range test.WidgetRenderer(o).Objects() {
			walkObject(child, visit)
		}
	}
}

var _ io.Writer = (*bytes.Buffer)(nil)
