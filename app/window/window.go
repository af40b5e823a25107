package window

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"time"

	"sleutelbord/app/desk"
	"sleutelbord/app/sound"
	"sleutelbord/assets"
	"sleutelbord/nfc"
	"sleutelbord/store"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"

	"github.com/sirupsen/logrus"
)

// Keys of what the window remembers between starts.
const (
	prefLanguage = "language"
	prefVariant  = "variant"
	prefScale    = "scale"
	prefReader   = "reader"
)

// Options say what the window starts with.
type Options struct {
	// App is the Fyne application.
	App fyne.App
	// Post brings a function to the main goroutine: fyne.Do, or the test's
	// own queue.
	Post func(func())
	// Log takes what is not for people. It must not be nil.
	Log *logrus.Entry
	// Dir is the folder of the records.
	Dir string
	// Passphrase opens the records without asking; nil asks.
	Passphrase []byte
	// Operator is who the journal says did it.
	Operator string
	// Reader is the name of the reader to use, or a part of it; "" is the one
	// chosen before, or the first.
	Reader string
	// OpenReader opens a reader by name.
	OpenReader func(name string) (nfc.Reader, error)
	// ListReaders names the readers that are attached.
	ListReaders func() ([]string, error)
	// Closed is told when the window is closed for good, before its driver ends;
	// it may be nil.
	Closed func()
	// Sound plays a sound, soon; nil is a computer without.
	Sound func(sound.Kind)
	// Getenv looks up the environment, for the language; nil is os.Getenv.
	Getenv func(string) string
	// Store is handed to the records.
	Store store.Options
	// Clock tells the time; nil is the system's.
	Clock store.Clock
	// Version is the program's version, for people.
	Version string
}

// Window is the caretaker's window. All methods run on the main goroutine.
type Window struct {
	o     Options
	win   fyne.Window
	words *assets.Lexicon
	look  *look
	jobs  *jobs

	desk    *desk.Desk
	site    desk.SiteView
	bench   *bench
	tray    *tray // practice only, else nil
	gateway *gateway
	idle    *idle
	busy    *busy    // while something takes long
	pace    pace     // of a moving day
	shell   *shell   // nil until a site is open
	start   *start   // nil once a site is open
	curtain *curtain // before the first screen

	entry     *sharesEntry  // that takes shares now, if any
	sheets    string        // folder with sheets that are only meant to be printed
	asked     dialog.Dialog // the question that is open, if any
	onYes     func()
	papers    paperRoom
	consent   *consentDialog     // the consent that is asked for, if any
	release   context.CancelFunc // ends what runs beside the window on the records
	outage    desk.Code          // what keeps this desk from the shared database; "" is nothing
	throwaway string             // folder of a demo campus that is removed at the end
	closing   bool
	demoHomes int // homes of the demo campus
	main      *fyne.MainMenu
	keys      []ownKey // of the menus
	shown     bool
	reported  map[string]bool // mistakes that there is a report of
	goBack    func()          // what Escape does
}

// New makes the window. Nothing is shown until [Window.Show].
func New(o Options) *Window {
	if o.Getenv == nil {
		o.Getenv = os.Getenv
	}
	w := &Window{o: o, jobs: newJobs(o.Post, o.Log), demoHomes: demoHomes, reported: make(map[string]bool)}
	w.look = &look{variant: variant(w.pref(prefVariant, string(variantLight))), scale: w.prefScale()}
	w.setWords()
	o.App.Settings().SetTheme(w.look)
	w.win = o.App.NewWindow(w.t("app.name"))
	w.win.SetMaster()
	w.win.SetPadded(false)
	w.win.SetOnClosed(o.Closed)
	w.win.SetCloseIntercept(func() { w.jobs.guard(w.askClose) })
	w.win.SetOnDropped(func(_ fyne.Position, files []fyne.URI) { w.jobs.guard(func() { w.dropped(files) }) })
	w.bench = newBench(w)
	w.gateway = &gateway{w: w}
	w.idle = newIdle(w)
	w.jobs.touched = w.idle.touch
	w.jobs.alarm = w.complain
	w.busy = &busy{w: w}
	w.jobs.slow = func(n int) { w.busy.set(n > 0) }
	w.jobs.caught = w.caught
	w.goBack = w.escape
	w.hearEscape()
	w.curtain = newCurtain()
	w.win.SetContent(w.curtain.root)
	w.win.Resize(w.rememberedSize())
	w.win.SetFullScreen(o.App.Preferences().Bool(prefFull))
	return w
}

// Show shows the window. The caller runs the application.
func (w *Window) Show() {
	fonts := w.readFonts()
	w.curtain.make = func() fyne.CanvasObject {
		<-fonts // which nobody else may ask for before they are there
		w.start = newStart(w)
		return w.start.object()
	}
	w.win.Show()
	w.curtain.raise()
	w.setMenus()
	w.start.begin()
	// Pictures are drawn for the pixels of the screen, which are known only
	// now.
	w.jobs.onMain(func() {
		w.shown = true
		if pixels() != 1 {
			w.win.Content().Refresh()
		}
	})
}

// readFonts has the driver read the fonts of the window, and tells when it has.
func (w *Window) readFonts() <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		for _, bold := range []bool{false, true} {
			fyne.MeasureText(w.t("app.name"), theme.TextSize(), fyne.TextStyle{Bold: bold})
		}
	}()
	return done
}

// Shown tells whether the window has been on the screen.
func (w *Window) Shown() bool { return w.shown }

// Canvas is what the window draws on, for pictures of it.
func (w *Window) Canvas() fyne.Canvas { return w.win.Canvas() }

// Shutdown ends the background work, lets go of the reader and closes the
// records. It is called once, after the application has stopped.
func (w *Window) Shutdown() error {
	w.forget()
	w.idle.stop()
	w.busy.stop()
	w.bench.close()
	w.jobs.stop(10 * time.Second)
	var err error
	if w.desk != nil {
		err = w.desk.Close()
	}
	w.clearPapers()
	if w.throwaway != "" {
		err = errors.Join(err, os.RemoveAll(w.throwaway))
	}
	return err
}

// t is the text of key; what follows are names and values of its arguments.
func (w *Window) t(key string, args ...any) string {
	if len(args) == 0 {
		return w.words.T(key, nil)
	}
	named := make(map[string]any, len(args)/2)
	for i := 0; i+1 < len(args); i += 2 {
		named[args[i].(string)] = args[i+1]
	}
	return w.words.T(key, named)
}

// setWords takes the language that was chosen, or that of the system.
func (w *Window) setWords() {
	language := w.pref(prefLanguage, "")
	if language == "" {
		language = assets.SystemLanguage(w.o.Getenv)
	}
	if language == "" {
		language = lang.SystemLocale().LanguageString()
	}
	w.words = assets.Words(language)
	toolkit, err := w.words.Toolkit()
	if err == nil {
		// Fyne has no way to choose a language: the words are given to it as
		// those of the system's own.
		err = lang.AddTranslationsForLocale(toolkit, lang.SystemLocale())
	}
	if err != nil {
		w.o.Log.WithError(err).Warn("giving the toolkit its words")
	}
}

func (w *Window) pref(key, otherwise string) string {
	return w.o.App.Preferences().StringWithFallback(key, otherwise)
}

func (w *Window) prefScale() float32 {
	s := float32(w.o.App.Preferences().FloatWithFallback(prefScale, 1))
	return min(max(s, 0.8), 2)
}

// opened is called when a site's records are open: the window begins.
func (w *Window) opened(d *desk.Desk, site desk.SiteView) {
	w.desk, w.site, w.start = d, site, nil
	w.o.Passphrase = nil
	w.rememberOperator()
	if site.Practice {
		w.tray = newTray(w)
		w.bench.use(w.tray.reader)
	} else {
		w.chooseReader()
	}
	w.build("")
	if site.Homes == 0 {
		w.shell.board.show(newImporter(w))
	}
	if w.o.App.Preferences().Bool(prefGateway) {
		w.gateway.resume()
	}
	w.follow(d)
	if site.RolledBack {
		w.askRaise()
	}
	w.lookAtKeys(d)
	w.idle.touch()
	w.idle.watch()
}

// build makes all screens anew, in the present language and theme, and opens
// the home with that reference if there is one.
func (w *Window) build(home string) {
	w.shell = newShell(w)
	if w.tray != nil {
		w.tray.build()
	}
	w.win.SetTitle(w.t("app.title", "site", w.site.Name))
	w.win.SetContent(w.shell.object())
	w.setMenus()
	w.bench.tell()
	w.shell.board.load(func() {
		if home != "" {
			w.shell.board.open(home)
		}
	})
	w.shell.settings.load()
	w.shell.turnTo(pageBoard)
}

// rebuild is build after a change of language or theme; the page stays.
func (w *Window) rebuild() {
	w.setWords()
	w.o.App.Settings().SetTheme(w.look)
	if w.shell == nil {
		w.start = newStart(w)
		w.win.SetContent(w.start.object())
		w.setMenus()
		w.start.begin()
		return
	}
	w.forget()
	w.buildAt(w.spot())
}

// reloadSite reads the figures of the site again.
func (w *Window) reloadSite() {
	var site desk.SiteView
	w.jobs.run(func(ctx context.Context) (err error) {
		site, err = w.desk.Site(ctx)
		return err
	}, func(err error) {
		if err != nil {
			w.complain(err)
			return
		}
		w.site = site
		if w.shell != nil {
			w.shell.refreshSite()
			w.shell.settings.mark()
		}
	})
}

// forget wipes what somebody has entered and nobody may see any more.
func (w *Window) forget() {
	if w.entry != nil {
		w.entry.end()
	}
	w.eraseSheets()
}

// cancelSlow cancels what is taking long.
func (w *Window) cancelSlow() {
	if p := w.writingPane(); p != nil {
		p.stop()
		return
	}
	w.jobs.cancelLate()
}

// dropped takes files that were dropped on the window: pictures of shares where
// such are asked for, a backup where that is, else the first list is
// looked at, or, if none is called one, the first file.
func (w *Window) dropped(files []fyne.URI) {
	if w.entry != nil && fyne.CurrentApp().Driver().CanvasForObject(w.entry.root) != nil {
		var paths []string
		for _, f := range files {
			paths = append(paths, f.Path())
		}
		w.entry.readPictures(paths)
		return
	}
	if w.start != nil && w.start.step == stepFile && len(files) > 0 {
		w.start.rescue.look(files[0].Path())
		return
	}
	if w.shell == nil || len(files) == 0 || w.bench.writing || w.asked != nil || w.shell.board.pane.busy() {
		return
	}
	list := max(0, slices.IndexFunc(files, func(f fyne.URI) bool {
		return slices.Contains(listEndings, strings.ToLower(f.Extension()))
	}))
	imp := newImporter(w)
	w.shell.turnTo(pageBoard)
	w.shell.board.show(imp)
	imp.read(files[list].Path())
}
