package window

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"sleutelbord/app/desk"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

// Names of the environment variables with how many acts a random walk has, and
// with which it begins.
const (
	walkActs = "SLEUTELBORD_WALK"
	walkSeed = "SLEUTELBORD_WALK_SEED"
)

// walker does whatever can be done in the window, at random.
type walker struct {
	*rig
	rand *rand.Rand
	did  []string
	held bool // reader, records and broker answer nothing: nothing is waited for
}

// TestRandomWalk taps and types whatever there is, lays, takes and tears tags,
// switches languages, looks and sizes, and locks the desk. Nothing may panic or
// hang, and the board must show what the records hold.
func TestRandomWalk(t *testing.T) {
	acts, seeds := 1000, []int{1, 2, 3}
	if v := os.Getenv(walkActs); v != "" {
		acts = parsed(t, v)
	}
	if v := os.Getenv(walkSeed); v != "" {
		seeds = []int{parsed(t, v)}
	}
	for _, seed := range seeds {
		t.Run(strconv.Itoa(seed), func(t *testing.T) { randomWalk(t, acts, seed) })
	}
}

func parsed(t *testing.T, v string) int {
	t.Helper()
	n, err := strconv.Atoi(v)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func randomWalk(t *testing.T, acts, seed int) {
	// Nothing of this machine's is printed on, or shown.
	t.Setenv("PATH", t.TempDir())
	t.Setenv("HOME", t.TempDir())
	r := newRig(t, func(o *Options) { o.App = &showing{App: o.App} })
	r.demo(40)
	w := &walker{rig: r, rand: rand.New(rand.NewPCG(uint64(seed), 0))}
	for i := range acts {
		w.step()
		w.look()
		if i%100 == 99 {
			w.checkpoint()
		}
	}
	w.checkpoint()
}

// step does one thing.
func (w *walker) step() {
	if top := w.w.Canvas().Overlays().Top(); top != nil && w.w.asked == nil && w.w.consent == nil {
		w.note("close %T", top)
		w.w.Canvas().Overlays().Remove(top)
		return
	}
	if w.w.shell == nil {
		w.unlock()
		return
	}
	switch w.rand.IntN(20) {
	case 0:
		w.note("escape")
		w.w.jobs.guard(w.w.escape)
	case 1, 2:
		w.write()
	case 3, 4:
		w.choose()
	case 5:
		w.turn()
	case 6, 7, 8, 9:
		w.serve()
	case 10:
		if w.held {
			return
		}
		w.note("wait for the tag")
		w.until("the end of the writing", func() bool { return !w.w.bench.writing })
	default:
		w.press()
	}
	w.settle()
}

func (w *walker) note(format string, args ...any) {
	w.did = append(w.did, fmt.Sprintf(format, args...))
}

// one picks one of some things.
func one[T any](w *walker, all []T) (picked T, ok bool) {
	if len(all) == 0 {
		return picked, false
	}
	return all[w.rand.IntN(len(all))], true
}

// press taps any button that can be tapped.
func (w *walker) press() {
	var all []*button
	w.above(func(o fyne.CanvasObject) {
		// A desk that is held cannot be locked: it has to finish first.
		if b, ok := o.(*button); ok && !b.Disabled() && !(w.held && b == w.w.shell.person) {
			all = append(all, b)
		}
	})
	if b, ok := one(w, all); ok {
		w.note("press %q", b.text+" "+b.icon)
		test.Tap(b)
	}
}

// serve lays tags on the reader, takes them away, and does what is done at a
// counter all day.
func (w *walker) serve() {
	t := w.w.tray
	switch w.rand.IntN(8) {
	case 0:
		w.note("tear")
		t.tear.SetChecked(true)
	case 1, 2:
		w.note("lift")
		w.w.jobs.guard(t.lift)
	case 3:
		w.note("lay a blank tag")
		w.w.jobs.guard(t.layBlank)
	case 4:
		if c, ok := one(w, t.cards); ok {
			w.note("lay %s", c.letter)
			w.w.jobs.guard(func() { t.lay(c) })
		}
	default:
		b := w.w.shell.board
		if h, ok := b.rows[w.rand.IntN(max(1, b.homes.Len()))]; ok && w.w.asked == nil {
			w.note("open %s", h.Ref)
			w.w.jobs.guard(func() { w.w.shell.turnTo(pageBoard); b.open(h.Ref) })
		}
	}
}

// write types into any field.
func (w *walker) write() {
	var all []fyne.Focusable
	w.above(func(o fyne.CanvasObject) {
		if f, ok := o.(fyne.Focusable); ok {
			if _, isButton := o.(*button); !isButton {
				all = append(all, f)
			}
		}
	})
	if f, ok := one(w, all); ok {
		text, _ := one(w, []string{"1", "calslaan", "é", "T1", " ", "101", "/", "x"})
		w.note("type %q into %T", text, f)
		w.w.Canvas().Focus(f)
		for _, letter := range text {
			f.TypedRune(letter)
		}
		key, _ := one(w, []fyne.KeyName{fyne.KeyReturn, fyne.KeyBackspace, fyne.KeyDown, fyne.KeyUp, fyne.KeyEscape, fyne.KeyTab})
		f.TypedKey(&fyne.KeyEvent{Name: key})
	}
}

// choose takes any line of a list, and any choice.
func (w *walker) choose() {
	var all []func()
	w.above(func(o fyne.CanvasObject) {
		switch o := o.(type) {
		case *list:
			if n := o.Length(); n > 0 {
				all = append(all, func() { w.note("line"); o.Select(w.rand.IntN(n)) })
			}
		case *choice:
			if len(o.Options) > 0 && !o.Disabled() {
				all = append(all, func() { w.note("choice"); o.SetSelectedIndex(w.rand.IntN(len(o.Options))) })
			}
		case *tick:
			all = append(all, func() { w.note("check %q", o.Text); o.SetChecked(!o.Checked) })
		}
	})
	if f, ok := one(w, all); ok {
		f()
	}
}

// turn switches the language, the look or the size, or locks the desk, from the
// menus or as the settings do.
func (w *walker) turn() {
	if w.w.bench.writing {
		return
	}
	kinds := 4
	if w.held {
		kinds = 3
	}
	switch w.rand.IntN(kinds) {
	case 0:
		l, _ := one(w, []string{"nl", "en", "de"})
		w.note("language %s", l)
		w.app.Preferences().SetString(prefLanguage, l)
		w.w.jobs.guard(w.w.rebuild)
	case 1:
		v, _ := one(w, []variant{variantLight, variantDark, variantSystem})
		w.note("look %s", v)
		w.w.look.variant = v
		w.w.jobs.guard(w.w.rebuild)
	case 2:
		w.note("size")
		w.w.jobs.guard(func() { w.w.stepSize(w.rand.IntN(3) - 1) })
	case 3:
		w.note("lock")
		w.w.jobs.guard(w.w.lockNow)
	}
}

// unlock opens the desk again, most of the time with the right passphrase.
func (w *walker) unlock() {
	w.until("the locked desk", func() bool { return w.w.desk.Locked() && !w.w.start.working || w.w.shell != nil })
	if w.w.shell != nil {
		return
	}
	word, _ := one(w, []string{"practice", "practice", "wrong"})
	w.note("unlock with %s", word)
	s := w.w.start
	s.passphrase.SetText(word)
	w.w.jobs.guard(s.tryOpen)
	w.until("the answer", func() bool { return w.w.shell != nil || !s.working })
}

// look ends the walk where something went wrong.
func (w *walker) look() {
	if strings.Contains(w.log.String(), "panic in the window") {
		last := w.did[max(0, len(w.did)-25):]
		log := w.log.String()
		w.Fatalf("a panic after %d acts, the last %q\n%s", len(w.did), last, log[strings.Index(log, "panic in the window"):])
	}
}

// checkpoint holds what the window shows to what the records hold.
func (w *walker) checkpoint() {
	for w.w.shell == nil {
		w.unlock()
	}
	if p := w.w.writingPane(); p != nil {
		p.stop()
	}
	w.until("the end of the writing", func() bool { return !w.w.bench.writing })
	w.until("the board as the records have it", func() bool {
		w.look()
		return w.w.shell != nil && w.differs() == ""
	})
}

// differs tells in which home the board differs from the records.
func (w *walker) differs() string {
	b := w.w.shell.board
	if !b.loaded || b.busy {
		return "not read yet"
	}
	all, err := w.w.desk.Board(w.Context())
	if err != nil {
		return err.Error()
	}
	for row, h := range b.rows {
		i := slices.IndexFunc(all, func(o desk.Hook) bool { return o.Ref == h.Ref })
		if i < 0 || all[i] != h {
			return fmt.Sprintf("row %d: %+v", row, h)
		}
	}
	return ""
}

// BenchmarkWalk walks at random through the window of a large site (see
// benchHomes), and takes the time of each callback:
// so long, the window takes nothing else. The aim is 50 ms.
func BenchmarkWalk(b *testing.B) {
	homes := homesToMeasure()
	b.Setenv("PATH", b.TempDir())
	b.Setenv("HOME", b.TempDir())
	var took []time.Duration
	r := newRig(b, func(o *Options) {
		o.App = &showing{App: o.App}
		post := o.Post
		o.Post = func(f func()) {
			post(func() {
				began := time.Now()
				f()
				took = append(took, time.Since(began))
			})
		}
	})
	r.filled(homes)
	r.whole()
	w := &walker{rig: r, rand: rand.New(rand.NewPCG(3, 0))}
	for b.Loop() {
		for range 600 {
			w.step()
		}
	}
	slices.Sort(took)
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	b.ReportMetric(ms(took[len(took)*99/100]), "99%-ms")
	b.ReportMetric(ms(took[len(took)-1]), "worst-ms")
	b.ReportMetric(float64(len(took)), "callbacks")
	b.ReportMetric(0, "ns/op")
}
