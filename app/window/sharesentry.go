package window

import (
	"context"
	"path/filepath"
	"strings"
	"sync"
	"unicode"

	"sleutelbord/app/desk"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
)

// symbolsOfLine is how many letters and digits a line of a share has.
const symbolsOfLine = 16

// sharesEntry takes the shares that people bring together: typed line by line
// from their pages, or from pictures of them. A line is on the window only while it is
// typed. There is one at a time, which the window wipes when it is locked.
type sharesEntry struct {
	w *Window
	e *desk.EnteredShares
	// want is the set that the pages must be of, "" for any.
	want string
	// ready is called when there are enough.
	ready func()

	root, typing      *fyne.Container
	pips, rows, marks *fyne.Container
	count, ask        *word
	field             *field
	how               fyne.CanvasObject // what else can be done
	note              *prose
	noteBox           *fyne.Container
	accept            *button // takes the suggestion
	suggestion        string
	picture, anew     *button
	set               string // of the first share
	taken             int    // shares that were read, each once
	need              int    // shares that are needed; 0 before the first
	working, over     bool

	using struct {
		sync.Mutex
		now, over bool // in the background; over is that they are forgotten then
	}
}

// newSharesEntry begins to take shares. Whoever shows it calls
// [sharesEntry.end] when it is left.
func (w *Window) newSharesEntry(want string, ready func()) *sharesEntry {
	s := &sharesEntry{w: w, e: &desk.EnteredShares{}, want: want, ready: ready}
	s.pips, s.rows, s.marks = container.New(beside{6}), column(5), container.New(layout.NewGridLayoutWithColumns(desk.LinesOfShare))
	s.count = newWord("", theme.SizeNameText, theme.ColorNameForeground, true).shrinking()
	s.ask = newWord("", theme.SizeNameText, theme.ColorNameForeground, false).shrinking()
	s.field = w.newField(w.t("entry.hint"), s.typed)
	s.field.enter = s.try
	s.field.TextStyle = fyne.TextStyle{Monospace: true}
	s.note = newProse("", theme.SizeNameText, theme.ColorNameError, fyne.TextStyle{}, fyne.TextAlignLeading)
	s.accept = w.newButton(plainButton, "check", "", s.takeSuggestion)
	s.noteBox = column(6, flush(s.note.RichText), container.NewHBox(s.accept))
	s.picture = w.newButton(plainButton, "file", w.t("entry.picture"), s.choosePicture)
	s.anew = w.newButton(quietButton, "cross", w.t("entry.anew"), s.beginAnew)
	s.how = para(w.t("entry.do"), tonePlain, theme.SizeNameCaptionText)
	s.typing = column(10, s.ask, s.marks, s.field)
	s.root = column(10, container.NewBorder(nil, nil, s.pips, nil, padded(0, 0, 8, 0, container.New(middle{}, s.count))), s.rows, s.typing, s.noteBox, flowing(8, s.picture, s.anew), s.how)
	if w.entry != nil {
		w.entry.end()
	}
	w.entry = s
	s.refresh()
	s.hush()
	return s
}

func (s *sharesEntry) object() fyne.CanvasObject { return s.root }

// shown sets the focus.
func (s *sharesEntry) shown() { s.w.win.Canvas().Focus(s.field) }

// end forgets what was entered.
func (s *sharesEntry) end() {
	s.over = true
	s.field.SetText("")
	s.suggestion = ""
	s.forget()
	if s.w.entry == s {
		s.w.entry = nil
	}
}

// forget wipes the shares: at once, or as soon as what uses them has ended. The
// desk may lock itself meanwhile, and then nobody here hears of that end.
func (s *sharesEntry) forget() {
	s.using.Lock()
	defer s.using.Unlock()
	s.using.over = true
	if !s.using.now {
		s.e.Wipe()
	}
}

// use has work use the shares in the background.
func (s *sharesEntry) use(work func() error) error {
	s.using.Lock()
	s.using.now = true
	s.using.Unlock()
	defer func() {
		s.using.Lock()
		defer s.using.Unlock()
		s.using.now = false
		if s.using.over {
			s.e.Wipe()
		}
	}()
	return work()
}

// complete tells whether there are enough.
func (s *sharesEntry) complete() bool { return s.need > 0 && s.taken >= s.need }

// run does work with the shares in the background, and then calls done. Where
// it went wrong, the entry says why and takes shares again; else they are forgotten.
func (s *sharesEntry) run(work func(ctx context.Context, e *desk.EnteredShares) error, done func(error)) {
	s.hold(true)
	s.hush()
	s.w.jobs.run(func(ctx context.Context) error {
		return s.use(func() error { return work(ctx, s.e) })
	}, func(err error) {
		s.hold(false)
		switch {
		case s.over: // left meanwhile
		case err != nil:
			s.failed(err)
		default:
			s.end()
		}
		done(err)
	})
}

// approve does work that may take a second custodian with the shares, as
// [Window.askConsent] does, and then calls done.
func (s *sharesEntry) approve(what string, work func(ctx context.Context, a desk.Approval, e *desk.EnteredShares) error, done func(ok bool), secrets ...[]byte) {
	s.hold(true)
	s.hush()
	var last error
	s.w.askConsent(what, func(ctx context.Context, a desk.Approval) error {
		last = s.use(func() error { return work(ctx, a, s.e) })
		return last
	}, func(ok bool) {
		s.hold(false)
		switch {
		case s.over: // left meanwhile
		case ok:
			s.end()
		default:
			s.failed(last)
		}
		done(ok)
	}, secrets...)
}

// failed says why the shares did not serve. Those that do not fit each other stay:
// one more tells which of them is wrong.
func (s *sharesEntry) failed(err error) {
	p := s.w.explain(err)
	switch p.code {
	case desk.CodeSharesMisfit:
		s.need++
	case desk.CodeShareOtherSet, desk.CodeShareForged, desk.CodeWrongShares, desk.CodeSharesTooFew:
		s.beginAnew()
	}
	s.refresh()
	s.say(p.what+". "+p.do, "", "")
	if !s.complete() {
		s.shown()
	}
}

// begun tells whether anything was entered that would have to be entered again.
func (s *sharesEntry) begun() bool { return s.taken > 0 || s.e.Line() > 1 }

// leave calls then, after asking where something would have to be entered again.
func (s *sharesEntry) leave(then func()) {
	if !s.begun() {
		s.end()
		then()
		return
	}
	s.w.ask("keys", s.w.t("entry.leave"), s.w.t("entry.leave.do"), s.w.t("entry.leave.yes"), func() {
		s.end()
		then()
	})
}

// refresh shows how far it is.
func (s *sharesEntry) refresh() {
	w := s.w
	s.pips.RemoveAll()
	for i := range s.need {
		icon, t := "circle", tonePlain
		if i < s.taken {
			icon, t = "done", toneGood
		}
		s.pips.Add(newGlyph(icon, t.fore(), 22))
	}
	s.count.set(w.t("entry.none"))
	if s.need > 0 {
		s.count.set(w.t("entry.read", "Count", s.taken, "need", s.need))
	}
	s.ask.set(w.t("entry.line", "share", s.taken+1, "line", s.e.Line(), "lines", desk.LinesOfShare))
	s.marks.RemoveAll()
	for n := 1; n <= desk.LinesOfShare; n++ {
		s.marks.Add(s.mark(n))
	}
	setShown(s.anew, s.begun())
	setShown(s.typing, !s.complete())
	setShown(s.picture, !s.complete())
	setShown(s.how, !s.complete())
	s.root.Refresh()
}

// mark is the state of a line: read, asked for, or still to come.
func (s *sharesEntry) mark(n int) fyne.CanvasObject {
	number := newWord(s.w.count("number.plain", n), theme.SizeNameCaptionText, colorMuted, false)
	fill, edge, show := colorPlainSoft, fyne.ThemeColorName(""), fyne.CanvasObject(number)
	switch {
	case n < s.e.Line():
		fill, show = colorGoodSoft, newGlyph("check", theme.ColorNameSuccess, 14)
	case n == s.e.Line():
		number.name, number.bold = theme.ColorNamePrimary, true
		fill, edge = colorInfoSoft, theme.ColorNamePrimary
	}
	return newSurface(fill, edge, 8, 0, container.New(atLeastSize{fyne.NewSize(30, 24)}, container.NewCenter(show)))
}

// say says what is wrong; suggestion is a line that would fit, or "".
func (s *sharesEntry) say(text, suggestion, button string) {
	s.note.set(text)
	s.suggestion = suggestion
	if suggestion != "" {
		s.accept.say("check", button)
	}
	setShown(s.accept, suggestion != "")
	s.noteBox.Show()
	s.root.Refresh()
}

// hush takes back what was said.
func (s *sharesEntry) hush() {
	s.suggestion = ""
	s.accept.say("check", "")
	s.noteBox.Hide()
	s.root.Refresh()
}

// typed tries a line as soon as it is long enough, so that a slip is told while
// the eye is still on it.
func (s *sharesEntry) typed(text string) {
	if s.over {
		return
	}
	if s.noteBox.Visible() && text != "" {
		s.hush()
	}
	if n := symbols(text); n > symbolsOfLine || n == symbolsOfLine && !numbered(text) {
		s.try()
	}
}

// symbols counts letters and digits.
func symbols(text string) (n int) {
	for _, r := range text {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			n++
		}
	}
	return n
}

// numbered tells whether a line begins with its number, as on the page.
func numbered(text string) bool {
	first, rest, found := strings.Cut(strings.TrimSpace(text), " ")
	return found && rest != "" && len(first) == 1
}

// try takes the line that was typed.
func (s *sharesEntry) try() {
	if s.working || s.over || strings.TrimSpace(s.field.Text) == "" {
		return
	}
	s.takeLine(s.field.Text)
}

func (s *sharesEntry) takeSuggestion() {
	if !s.working && !s.over && s.suggestion != "" {
		s.takeLine(s.suggestion)
	}
}

func (s *sharesEntry) takeLine(text string) {
	share, err := s.e.Type(text)
	if t, typing := desk.TypingOf(err); typing {
		s.sayTyping(t)
		return
	}
	s.field.SetText("")
	s.hush()
	switch {
	case err != nil:
		p := s.w.explain(err)
		s.say(p.what+". "+p.do, "", "")
	case share != nil && s.took(*share):
		return
	}
	s.refresh()
	s.shown()
}

// sayTyping says where to look again. The line stays, to be mended.
func (s *sharesEntry) sayTyping(t desk.Typing) {
	w := s.w
	text := ""
	switch {
	case t.Line == 0:
		text = w.t("entry.slip.mixed")
		s.field.SetText("")
		s.refresh()
	case t.Belongs > 0:
		text = w.t("entry.slip.other", "belongs", t.Belongs, "line", t.Line)
	case t.Group > 0:
		text = w.t("entry.slip.group", "line", t.Line, "group", t.Group)
	default:
		text = w.t("entry.slip.line", "line", t.Line)
	}
	// Only the group in question is shown: the rest is on the window already.
	groups, offer := strings.Fields(t.Suggestion), ""
	if t.Group > 0 && t.Group <= len(groups) {
		offer = w.t("entry.suggest", "group", groups[t.Group-1])
	} else {
		t.Suggestion = ""
	}
	s.say(text, t.Suggestion, offer)
	s.shown()
}

// took shows a share that was read, and tells whether that was the last. One of
// another set is not taken.
func (s *sharesEntry) took(v desk.EnteredShare) (enough bool) {
	w := s.w
	want := s.want
	if want == "" {
		want = s.set
	}
	switch {
	case want != "" && v.Set != want:
		s.e.TakeBack()
		s.say(w.t("entry.other-set", "set", v.Set, "want", want), "", "")
		return false
	case v.Again:
		s.say(w.t("entry.again", "share", v.Index), "", "")
		return false
	}
	s.set, s.need, s.taken = v.Set, v.Threshold, v.Threshold-v.Missing
	s.rows.Add(marked("check", theme.ColorNameSuccess, 18,
		para(w.t("entry.share", "share", v.Index, "of", v.Of, "set", v.Set, "check", v.Check), tonePlain, theme.SizeNameCaptionText)))
	s.refresh()
	if v.Missing > 0 {
		return false
	}
	s.ready()
	return true
}

// beginAnew forgets all shares.
func (s *sharesEntry) beginAnew() {
	if s.working {
		return
	}
	s.e.Wipe()
	s.set, s.taken, s.need = "", 0, 0
	s.rows.RemoveAll()
	s.field.SetText("")
	s.hush()
	s.refresh()
	s.shown()
}

// choosePicture asks for a picture of a page.
func (s *sharesEntry) choosePicture() {
	s.w.askFile([]string{".png", ".jpg", ".jpeg", ".txt"}, func(path string) { s.readPictures([]string{path}) })
}

// readPictures takes shares from pictures.
func (s *sharesEntry) readPictures(files []string) {
	if s.working || s.over || s.complete() || len(files) == 0 {
		return
	}
	s.hold(true)
	s.hush()
	var share desk.EnteredShare
	s.w.jobs.run(func(context.Context) error {
		return s.use(func() (err error) {
			share, err = s.e.ReadFile(files[0])
			return err
		})
	}, func(err error) {
		s.hold(false)
		switch {
		case s.over:
			return
		case err != nil:
			p := s.w.explain(err)
			s.say(s.w.t("entry.file", "file", filepath.Base(files[0]))+" "+p.what+". "+p.do, "", "")
		case s.took(share):
			return
		case !s.noteBox.Visible():
			s.readPictures(files[1:])
		}
		s.shown()
	})
}

// hold switches everything off while a picture is read.
func (s *sharesEntry) hold(on bool) {
	s.working = on
	s.picture.enable(!on)
	s.anew.enable(!on)
	if on {
		s.field.Disable()
	} else {
		s.field.Enable()
	}
}
