package window

import (
	"context"

	"sleutelbord/app/desk"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
)

// subName names a sub-page of the settings.
type subName string

const (
	subComputer subName = "computer"
	subSite     subName = "site"
	subPeople   subName = "people"
	subSafe     subName = "safe"
	subCarriers subName = "carriers"
	subDesks    subName = "desks"
	subJournal  subName = "journal"
	subAbout    subName = "about"
)

// subpage is a sub-page of the settings: one type in one file, set*.go.
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

// subEntry is a line in the list of sub-pages.
type subEntry struct {
	name subName
	icon string
	make func() subpage
}

// entries are the sub-pages in their order. The text is at settings.sub.NAME.
func (s *settings) entries() []subEntry {
	w := s.w
	return []subEntry{
		{subComputer, "settings", func() subpage { return newComputerPage(w) }},
		{subSite, "building", func() subpage { return newSitePage(w) }},
		{subPeople, "person", func() subpage { return newPeoplePage(w) }},
		{subSafe, "shield", func() subpage { return newSafePage(w) }},
		{subCarriers, "gateway", func() subpage { return newCarriersPage(w) }},
		{subDesks, "reader", func() subpage { return newDesksPage(w) }},
		{subJournal, "receipt", func() subpage { return newJournalPage(w) }},
		{subAbout, "info", func() subpage { return newAboutPage(w) }},
	}
}

// settings is the page of what can be chosen: a list of sub-pages, and beside
// it the one that is open. A sub-page is made when it is opened first.
type settings struct {
	w       *Window
	root    fyne.CanvasObject
	items   map[subName]*button
	made    map[subName]subpage
	current subName
	scroll  *container.Scroll
	due     []desk.Duty // what ought to be done, as far as is known
	turn    turn
}

func newSettings(w *Window) *settings {
	s := &settings{w: w, items: make(map[subName]*button), made: make(map[subName]subpage)}
	list := column(2)
	entries := s.entries()
	for i, e := range entries {
		b := w.newButton(listButton, e.icon, w.t("settings.sub."+string(e.name)), func() { s.open(e.name) }).aligned()
		b.step = func(by int) {
			next := entries[(i+by+len(entries))%len(entries)].name
			w.win.Canvas().Focus(s.items[next])
		}
		s.items[e.name] = b
		list.Add(b)
	}
	title := newWord(w.t("nav.settings"), theme.SizeNameHeadingText, theme.ColorNameForeground, true)
	left := padded(14, 14, 16, 4, container.New(atLeast{200}, column(14, padded(0, 0, 12, 0, title), list)))
	s.scroll = container.NewVScroll(container.NewStack())
	s.root = container.New(atLeft{}, container.NewVScroll(left), s.scroll)
	s.put(subComputer)
	return s
}

func (s *settings) object() fyne.CanvasObject { return s.root }

// shown implements [page].
func (s *settings) shown() {
	s.load()
	s.made[s.current].shown()
}

// back is Escape.
func (s *settings) back() bool {
	p, ok := s.made[s.current].(stepping)
	return ok && p.back()
}

// put has a sub-page stand beside the list.
func (s *settings) put(name subName) {
	if s.made[name] == nil {
		for _, e := range s.entries() {
			if e.name == name {
				s.made[name] = e.make()
			}
		}
	}
	s.current = name
	title := newWord(s.w.t("settings.sub."+string(name)), theme.SizeNameHeadingText, theme.ColorNameForeground, true)
	body := column(14, title, s.made[name].object())
	s.scroll.Content = padded(14, 14, 16, 16, container.New(atMost{720}, body))
	s.scroll.Offset = fyne.Position{}
	s.scroll.Refresh()
	for n, b := range s.items {
		b.setActive(n == name)
	}
}

// open shows a sub-page.
func (s *settings) open(name subName) {
	s.put(name)
	s.made[name].shown()
}

// goTo shows a sub-page from any page.
func (s *settings) goTo(name subName) {
	s.put(name)
	s.w.shell.turnTo(pageSettings)
}

// again shows the open sub-page made anew.
func (s *settings) again() {
	delete(s.made, s.current)
	s.open(s.current)
}

// load asks the desk what is due, and marks where it is to be found.
func (s *settings) load() {
	var due []desk.Duty
	s.turn.run(s.w.jobs, func(ctx context.Context) (err error) {
		due, err = s.w.desk.Reminders(ctx)
		return err
	}, func(err error) {
		if s.w.shell.settings != s {
			return
		}
		if err != nil {
			s.w.o.Log.WithError(err).Warn("what is due cannot be told")
			return
		}
		s.due = due
		s.mark()
	})
}

// mark marks the sub-pages where something is to be done, and the settings in
// the navigation.
func (s *settings) mark() {
	todo := map[subName]bool{
		subSafe: len(s.due) > 0,
		subSite: len(s.due) > 0 || s.w.site.RolledBack,
	}
	for name, b := range s.items {
		b.setMark(todo[name])
	}
	if item := s.w.shell.items[pageSettings]; item != nil {
		item.setMark(todo[subSite])
	}
	if p, ok := s.made[subSite].(*sitePage); ok {
		p.tell()
	}
}

// spot is what was shown, to show it again when the screens are made anew.
type spot struct {
	page pageName
	home string
	sub  subName
}

func (w *Window) spot() spot {
	return spot{page: w.shell.current, home: w.shell.board.home, sub: w.shell.settings.current}
}

// buildAt makes all screens anew, and shows what was shown.
func (w *Window) buildAt(at spot) {
	w.build(at.home)
	w.shell.settings.put(at.sub)
	w.shell.turnTo(at.page)
}
