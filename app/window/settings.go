package window

import (
	"context"

	"sleutelbord/app/desk"
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

// settingsEntries are the sub-pages in their order, each in a file set*.go.
func (w *Window) settingsEntries() []subEntry[subName] {
	return []subEntry[subName]{
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

// settings is the page of what can be chosen.
type settings struct {
	*sublist[subName]
	due  []desk.Duty // what ought to be done, as far as is known
	turn turn
}

func newSettings(w *Window) *settings {
	s := &settings{sublist: newSublist(w, pageSettings, "settings.sub.", 720, w.settingsEntries())}
	s.put(subComputer)
	return s
}

// shown implements [page].
func (s *settings) shown() {
	s.load()
	s.sublist.shown()
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
	part evidenceName // of the evidence
}

func (w *Window) spot() spot {
	return spot{page: w.shell.current, home: w.shell.board.home, sub: w.shell.settings.current, part: w.shell.evidence.current}
}

// buildAt makes all screens anew, and shows what was shown.
func (w *Window) buildAt(at spot) {
	w.build(at.home)
	w.turnBack(at)
}

// turnBack turns to what was shown, on screens that were made anew.
func (w *Window) turnBack(at spot) {
	w.shell.settings.put(at.sub)
	w.shell.evidence.put(at.part)
	w.shell.turnTo(at.page)
}
