package window

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sleutelbord/app/desk"
	"sleutelbord/nfc"
	"sleutelbord/store"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/storage"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"
)

const phrase = "fiets regen tafel wolk viool maandag"

// site makes a site through the first screen.
func (r *rig) site() {
	r.Helper()
	r.toSheets()
	r.tap(r.w.start.maker.later)
	r.until("the new site", func() bool { return r.w.shell != nil })
}

// toSheets makes a site, up to the sheets that are offered for it.
func (r *rig) toSheets() {
	r.Helper()
	r.tap(r.w.start.make)
	s := r.w.start
	test.Type(s.name, "Campus Noord")
	s.me.SetText(store.FirstOperator)
	test.Type(s.passphrase, phrase)
	test.Type(s.again, phrase)
	r.tap(s.make)
	r.until("the sheets of the new site", func() bool { return s.step == stepSheets })
}

// Who makes a site signs in by a name of their own, which is asked for.
func TestNameOfTheFirst(t *testing.T) {
	r := newRig(t, nil)
	r.tap(r.w.start.make)
	s := r.w.start
	if s.me.Text != "beheerder" {
		t.Errorf("the name that is there is %q", s.me.Text)
	}
	test.Type(s.name, "Campus Noord")
	test.Type(s.passphrase, phrase)
	test.Type(s.again, phrase)
	for _, wrong := range []string{"", "Jan de Wit", "-jan"} {
		if s.me.SetText(wrong); !s.make.Disabled() {
			t.Errorf("%q makes a site", wrong)
		}
	}
	if s.me.SetText("jan de wit"); !r.shows("De naam heeft 1 tot 32 letters, cijfers en - _ . @, zonder spaties.") {
		t.Errorf("it says %q", r.texts())
	}
	s.me.SetText("jan")
	r.tap(s.make)
	r.until("the sheets of the new site", func() bool { return s.step == stepSheets })
	r.tap(s.maker.later)
	r.until("the new site", func() bool { return r.w.shell != nil })
	if me := r.w.desk.Me(); me.Name != "jan" || me.Role != store.Custodian {
		t.Errorf("signed in as %+v", me)
	}
}

func TestFirstStartToFirstBoard(t *testing.T) {
	r := newRig(t, nil)
	r.site()
	imp, ok := r.w.shell.board.pane.(*importer)
	if !ok {
		t.Fatalf("an empty site shows %T", r.w.shell.board.pane)
	}
	campus, err := desk.NewDemoCampus(40)
	if err != nil {
		t.Fatal(err)
	}
	list := filepath.Join(t.TempDir(), "list.csv")
	wrong := bytes.Replace(campus.CSV, []byte(",shared,"), []byte(",gedeeld,"), 3)
	if err := os.WriteFile(list, wrong, 0o600); err != nil {
		t.Fatal(err)
	}
	imp.read(list)
	r.until("the mistakes", func() bool { return imp.wrong != nil && len(imp.wrong.rows) == 3 })
	if !r.shows("Er kloppen 3 dingen niet in de lijst") || !r.shows(fmt.Sprintf("Regel %d, kolom kind", imp.wrong.rows[0].Line)) {
		t.Errorf("the mistakes are %q", r.texts())
	}
	if err := os.WriteFile(list, campus.CSV, 0o600); err != nil {
		t.Fatal(err)
	}
	r.w.dropped([]fyne.URI{storage.NewFileURI(list)})
	imp = r.w.shell.board.pane.(*importer)
	r.until("the preview", func() bool { return imp.take != nil })
	if !r.shows("40 nieuwe woningen") || !r.shows("Er is nog niets opgeslagen") {
		t.Errorf("the preview says %q", r.texts())
	}
	r.tap(imp.take)
	r.until("the board", func() bool { return r.w.shell.board.loaded && r.w.shell.board.homes.Len() == 40 })
	r.until("the site's figures", func() bool { return r.w.site.Homes == 40 })
	if r.shows(phrase) || strings.Contains(r.log.String(), phrase) {
		t.Error("the passphrase is shown or logged")
	}
	// A site for real work has no virtual reader; without a reader the strip
	// says what to do.
	if r.w.tray != nil || !r.shows("Er is geen lezer") {
		t.Errorf("the strip says %q", r.w.shell.strip.text.text)
	}
}

func TestUnlock(t *testing.T) {
	first := newRig(t, nil)
	first.site()
	if err := first.w.desk.Close(); err != nil {
		t.Fatal(err)
	}
	first.w.desk = nil
	r := newRig(t, func(o *Options) { o.Dir = first.dir })
	s := r.w.start
	if s.step != stepUnlock {
		t.Fatalf("the first screen is %s", s.step)
	}
	test.Type(s.passphrase, "iets anders")
	s.passphrase.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	r.until("the refusal", func() bool { return s.note.Visible() && !s.working })
	if !r.shows("Deze wachtzin klopt niet") || s.passphrase.Text != "" {
		t.Errorf("the refusal says %q", r.texts())
	}
	test.Type(s.passphrase, phrase)
	r.tap(s.open)
	r.until("the board", func() bool { return r.w.shell != nil })
}

func TestUnlockWithoutAsking(t *testing.T) {
	first := newRig(t, nil)
	first.site()
	if err := first.w.desk.Close(); err != nil {
		t.Fatal(err)
	}
	first.w.desk = nil
	r := newRig(t, func(o *Options) { o.Dir, o.Passphrase = first.dir, []byte(phrase) })
	r.until("the board", func() bool { return r.w.shell != nil })
}

func TestWeakAndMistypedPassphrases(t *testing.T) {
	r := newRig(t, nil)
	r.tap(r.w.start.make)
	s := r.w.start
	test.Type(s.name, "Campus Noord")
	test.Type(s.passphrase, "welkom01")
	test.Type(s.again, "welkom01")
	if !s.make.Disabled() || !r.shows("Te makkelijk te raden") {
		t.Errorf("a weak passphrase shows %q", r.texts())
	}
	s.passphrase.SetText(phrase)
	if !s.make.Disabled() {
		t.Error("two passphrases that differ make a site")
	}
	s.again.SetText(phrase + "x")
	if !s.make.Disabled() || !r.shows("De twee wachtzinnen zijn niet gelijk") {
		t.Errorf("a mistyped passphrase shows %q", r.texts())
	}
	s.name.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if s.step != stepWelcome {
		t.Error("escape does not go back")
	}
}

func TestLookAroundLeavesNothing(t *testing.T) {
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	r := newRig(t, nil)
	r.w.demoHomes = 30
	r.tap(r.w.start.demo)
	r.until("the demo campus", func() bool { return r.w.shell != nil && r.w.shell.board.loaded && r.w.shell.board.homes.Len() == 30 })
	if r.w.tray == nil || !r.w.site.Practice || r.w.throwaway == "" {
		t.Error("the demo campus is not for practice")
	}
	r.end()
	r.w.desk, r.w.throwaway = nil, ""
	if left, err := os.ReadDir(tmp); err != nil || len(left) != 0 {
		t.Errorf("the demo campus leaves %v %v", left, err)
	}
	if _, err := os.Stat(r.dir); !os.IsNotExist(err) {
		t.Error("the demo campus made something in the real folder")
	}
}

func TestLanguageAndLookChangeAtOnce(t *testing.T) {
	r := newRig(t, nil)
	r.demo(90)
	r.open(home)
	s := sub[*computerPage](r, subComputer)
	s.language.SetSelected("English")
	r.settle()
	if r.w.words.Lang() != "en" || !r.shows("Settings") || r.w.shell.current != pageSettings {
		t.Errorf("after choosing English: %q", r.texts())
	}
	r.w.shell.turnTo(pageBoard)
	r.home(home)
	if !r.shows("Hand out a tag") || !r.shows("Practice reader") {
		t.Errorf("in English the home says %q", r.texts())
	}
	before := brightness(r.w.Canvas().Capture())
	sub[*computerPage](r, subComputer).variant.SetSelectedIndex(2)
	r.home(home)
	if after := brightness(r.w.Canvas().Capture()); after > before/2 {
		t.Errorf("dark is not dark: %d, before %d", after, before)
	}
	sub[*computerPage](r, subComputer).size.SetSelectedIndex(2)
	if theme.TextSize() < 18 {
		t.Errorf("large text is %v", theme.TextSize())
	}
	if r.app.Preferences().String(prefLanguage) != "en" {
		t.Error("the choice is not kept")
	}
}

// brightness is the mean of a picture's green channel.
func brightness(img image.Image) int {
	sum, n := 0, 0
	for y := img.Bounds().Min.Y; y < img.Bounds().Max.Y; y += 16 {
		for x := img.Bounds().Min.X; x < img.Bounds().Max.X; x += 16 {
			_, g, _, _ := img.At(x, y).RGBA()
			sum += int(g >> 8)
			n++
		}
	}
	return sum / max(n, 1)
}

// TestContrast computes the contrast of what stands on what, as WCAG 2.1
// defines it: 4.5 for text.
func TestContrast(t *testing.T) {
	pairs := [][2]fyne.ThemeColorName{
		{theme.ColorNameForeground, theme.ColorNameBackground},
		{theme.ColorNameForeground, colorCard},
		{colorMuted, theme.ColorNameBackground},
		{colorMuted, colorCard},
		{colorMuted, colorPlainSoft},
		{colorMuted, colorPractice},
		{theme.ColorNameForegroundOnPrimary, theme.ColorNamePrimary},
		{theme.ColorNameForegroundOnSuccess, theme.ColorNameSuccess},
		{theme.ColorNamePrimary, colorInfoSoft},
		{theme.ColorNameSuccess, colorGoodSoft},
		{theme.ColorNameWarning, colorWarnSoft},
		{theme.ColorNameError, colorBadSoft},
		{theme.ColorNameError, colorCard},
		{theme.ColorNamePrimary, theme.ColorNameBackground},
		{theme.ColorNameForeground, colorGoodSoft},
		{colorNavText, colorNav},
		{colorNavText, colorNavActive},
		{colorNavMuted, colorNav},
		{colorNavMuted, colorNavActive},
		{theme.ColorNamePlaceHolder, theme.ColorNameInputBackground},
		{theme.ColorNameForeground, colorPractice},
	}
	for _, v := range []variant{variantLight, variantDark} {
		l := &look{variant: v, scale: 1}
		for _, p := range pairs {
			if c := contrast(l.Color(p[0], 0), l.Color(p[1], 0)); c < 4.5 {
				t.Errorf("%s: %s on %s has a contrast of %.2f", v, p[0], p[1], c)
			}
		}
		for _, p := range [][2]fyne.ThemeColorName{{colorBrass, colorBrassSoft}, {colorRing, colorCard}, {colorRing, theme.ColorNameBackground}} {
			if c := contrast(l.Color(p[0], 0), l.Color(p[1], 0)); c < 3 {
				t.Errorf("%s: the shape %s on %s has a contrast of %.2f", v, p[0], p[1], c)
			}
		}
	}
}

func contrast(a, b color.Color) float64 {
	la, lb := luminance(a), luminance(b)
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

func TestTourHeadless(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	r := newRig(t, nil)
	r.w.demoHomes = 90
	dir := filepath.Join(t.TempDir(), "pictures")
	done := make(chan struct{})
	var err error
	go func() {
		defer close(done)
		err = r.w.Tour(context.Background(), TourOptions{Dir: dir})
	}()
	r.untilClosed("the end of the tour", done)
	if err != nil {
		t.Fatal(err)
	}
	pictures, err := os.ReadDir(dir)
	if err != nil || len(pictures) < 10 {
		t.Errorf("%d pictures, %v", len(pictures), err)
	}
}

func TestTourSaysWhatIsNotReached(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	r := newRig(t, nil)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	var err error
	before := r.w.win.Content()
	go func() {
		defer close(done)
		err = r.w.Tour(ctx, TourOptions{Dir: t.TempDir(), Read: func(int, int) (image.Image, error) { return nil, nfc.ErrUnsupported }})
	}()
	r.until("the first picture", func() bool { return r.w.win.Content() != before })
	cancel() // the test driver never paints by itself
	r.untilClosed("the end of the tour", done)
	if err == nil || !strings.Contains(err.Error(), "01-first-start.png") {
		t.Errorf("the tour ended with %v", err)
	}
}

// The first screen is made once: when the driver first asks for its size, or,
// with one that does not ask, when it has shown the window.
func TestCurtain(t *testing.T) {
	c := newCurtain()
	if m := c.root.MinSize(); !m.IsZero() || len(c.root.Objects) != 0 {
		t.Fatalf("there is something before its time: %v", m)
	}
	c.root.Resize(fyne.NewSize(300, 200))
	screen := canvas.NewRectangle(color.Black)
	screen.SetMinSize(fyne.NewSize(40, 30))
	made := 0
	c.make = func() fyne.CanvasObject {
		made++
		return screen
	}
	for range 2 {
		if m := c.root.MinSize(); m != screen.MinSize() || made != 1 {
			t.Errorf("made %d times, needs %v", made, m)
		}
		c.raise()
	}
	if screen.Size() != c.root.Size() {
		t.Errorf("it has %v of %v", screen.Size(), c.root.Size())
	}
}

// luminance is the relative luminance of WCAG 2.1.
func luminance(c color.Color) float64 {
	linear := func(v uint32) float64 {
		x := float64(v) / 0xFFFF
		if x <= 0.03928 {
			return x / 12.92
		}
		return math.Pow((x+0.055)/1.055, 2.4)
	}
	r, g, b, _ := c.RGBA()
	return 0.2126*linear(r) + 0.7152*linear(g) + 0.0722*linear(b)
}

// All that the first screen offers is seen without scrolling, on the smallest
// screen in every language.
func TestWelcomeFits(t *testing.T) {
	for _, language := range []string{"nl", "de", "en"} {
		r := aLook{language, variantLight, language, 1, fyne.NewSize(1024, 640)}.rig(t)
		scroll := r.w.start.root.Objects[1].(*container.Scroll)
		if need, room := scroll.Content.MinSize().Height, scroll.Size().Height; need > room || room < 600 {
			t.Errorf("%s: the first screen needs %v of %v", language, need, room)
		}
	}
}
