package window

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
)

// subpage is a sub-page of the settings or of the evidence: one type in one file.
type subpage interface {
	object() fyne.CanvasObject
	// shown is called each time it has come to the front; it sets the focus.
	shown()
}

// stepping is a sub-page that has steps of its own.
type stepping interface {
	// back is Escape: one step back and true, or false where there is none.
	back() bool
}

// subEntry is a line in a list of sub-pages.
type subEntry[N ~string] struct {
	name N
	icon string
	make func() subpage
}

// sublist is a page of sub-pages: a list of them, and beside it the one that is
// open. A sub-page is made when it is opened first.
type sublist[N ~string] struct {
	w       *Window
	page    pageName
	words   string // what the keys of the names begin with
	width   float32
	entries []subEntry[N]
	root    fyne.CanvasObject
	items   map[N]*button
	made    map[N]subpage
	current N
	scroll  *container.Scroll
}

// newSublist lists sub-pages, none of which is open yet; width is the most that one
// gets. The text of an entry is at words and its name.
func newSublist[N ~string](w *Window, page pageName, words string, width float32, entries []subEntry[N]) *sublist[N] {
	s := &sublist[N]{w: w, page: page, words: words, width: width, entries: entries, items: make(map[N]*button), made: make(map[N]subpage)}
	list := column(2)
	for i, e := range entries {
		b := w.newButton(listButton, e.icon, s.title(e.name), func() { s.open(e.name) }).aligned()
		b.step = func(by int) {
			next := entries[(i+by+len(entries))%len(entries)].name
			w.win.Canvas().Focus(s.items[next])
		}
		s.items[e.name] = b
		list.Add(b)
	}
	head := newWord(w.t("nav."+string(page)), theme.SizeNameHeadingText, theme.ColorNameForeground, true)
	left := padded(14, 14, 16, 4, container.New(atLeast{200}, column(14, padded(0, 0, 12, 0, head), list)))
	s.scroll = container.NewVScroll(container.NewStack())
	s.root = container.New(atLeft{}, container.NewVScroll(left), s.scroll)
	return s
}

func (s *sublist[N]) title(name N) string { return s.w.t(s.words + string(name)) }

func (s *sublist[N]) object() fyne.CanvasObject { return s.root }

// shown implements [page].
func (s *sublist[N]) shown() { s.made[s.current].shown() }

// back is Escape.
func (s *sublist[N]) back() bool {
	p, ok := s.made[s.current].(stepping)
	return ok && p.back()
}

// front tells whether a sub-page is what the window shows now. It does not after the
// desk has locked itself meanwhile.
func (s *sublist[N]) front(name N) bool {
	sh := s.w.shell
	return sh != nil && sh.current == s.page && sh.pages[s.page].object() == s.root && s.current == name
}

// put has a sub-page stand beside the list.
func (s *sublist[N]) put(name N) {
	if s.made[name] == nil {
		for _, e := range s.entries {
			if e.name == name {
				s.made[name] = e.make()
			}
		}
	}
	s.current = name
	title := newWord(s.title(name), theme.SizeNameHeadingText, theme.ColorNameForeground, true)
	s.scroll.Content = padded(14, 14, 16, 16, container.New(atMost{s.width}, column(14, title, s.made[name].object())))
	s.toTop()
	for n, b := range s.items {
		b.setActive(n == name)
	}
}

// toTop shows the beginning of the sub-page.
func (s *sublist[N]) toTop() {
	s.scroll.Offset = fyne.Position{}
	s.scroll.Refresh()
}

// open shows a sub-page.
func (s *sublist[N]) open(name N) {
	s.put(name)
	s.made[name].shown()
}
