package window

import (
	"context"
	"crypto/rand"

	"sleutelbord/store"
)

// lookAtTags shows all tags.
func (t *tour) lookAtTags(ctx context.Context) error {
	return t.visit(ctx, stop{name: "tags", show: func() { t.w.shell.turnTo(pageTags) }, reached: func() bool { return t.w.shell.tags.loaded }})
}

// tourTags are how many tags the moving day of the tour hands out before it
// pauses.
const tourTags = 2

// movingDay hands tags out to the homes of a building, one after the other.
func (t *tour) movingDay(ctx context.Context) error {
	m := t.w.shell.moving
	err := t.visit(ctx,
		stop{name: "moving-day", show: func() {
			t.w.shell.turnTo(pageBoard)
			t.w.shell.board.search.SetText("")
			t.w.shell.board.where.building.SetSelectedIndex(1)
			t.w.openMoving()
		}, reached: func() bool {
			p, ok := m.pane.(*movingPlan)
			return ok && p.read
		}},
		stop{name: "the moving day", unseen: true, press: func() *button { return m.pane.(*movingPlan).start }},
	)
	if err != nil {
		return err
	}
	turn := func() *writePane { p, _ := m.pane.(*writePane); return p }
	for n := range tourTags {
		if err := t.visit(ctx,
			stop{name: "whose turn it is", unseen: true, reached: func() bool {
				return turn() != nil && turn().phase == phaseWaiting && m.view.Written == n && !m.working
			}},
			stop{name: "the next tag", unseen: true, press: func() *button { return t.w.tray.blank }, reached: func() bool { return turn() != nil && turn().phase == phaseReady }},
			stop{name: "the empty reader", unseen: true, press: func() *button { return t.w.tray.take }},
		); err != nil {
			return err
		}
	}
	return t.visit(ctx,
		stop{name: "moving-turn", reached: func() bool {
			return turn() != nil && turn().phase == phaseWaiting && m.view.Written == tourTags && !m.working && !t.w.bench.state.Present
		}},
		stop{name: "moving-pause", show: m.pause, reached: func() bool { _, ok := m.pane.(*movingRest); return ok }},
	)
}

// evidence shows what residents, their council and an officer can see.
func (t *tour) evidence(ctx context.Context) error {
	e := t.w.shell.evidence
	return t.visit(ctx,
		stop{name: "evidence", show: func() { t.w.shell.turnTo(pageEvidence) }},
		stop{name: "choices", show: func() { e.open(evidenceChoices) }, reached: func() bool {
			p, ok := e.made[evidenceChoices].(*choicesPage)
			return ok && p.seen.SmallCount > 0
		}},
		stop{name: "roll-out", show: func() { e.open(evidenceRollout) }, reached: func() bool {
			p, ok := e.made[evidenceRollout].(*rolloutPage)
			return ok && len(p.all) > 0
		}},
		stop{name: "documents", show: func() { e.open(evidenceDocuments) }},
	)
}

// settings shows what must not be lost, and what can be chosen.
func (t *tour) settings(ctx context.Context) error {
	s := t.w.shell.settings
	safe := func() *safePage { p, _ := s.made[subSafe].(*safePage); return p }
	return t.visit(ctx,
		stop{name: "safekeeping", show: func() { s.goTo(subSafe) }, reached: func() bool { return safe() != nil && safe().loaded }},
		stop{name: "sheets", press: func() *button { return safe().make }, reached: func() bool { return safe().act != nil }},
		stop{name: "safekeeping again", unseen: true, show: t.w.escape},
		stop{name: "settings", show: func() { s.goTo(subComputer) }},
		stop{name: "desks", show: func() { s.goTo(subDesks) }, reached: func() bool {
			p, ok := s.made[subDesks].(*desksPage)
			return ok && p.known
		}},
		stop{name: "licences", show: func() {
			s.goTo(subAbout)
			s.made[subAbout].(*aboutPage).showLicences()
		}},
	)
}

// tourPerson is who is added on the tour.
const tourPerson = "els"

// people adds a second custodian, whose consent is asked for at once.
func (t *tour) people(ctx context.Context) error {
	s := t.w.shell.settings
	people := func() *peoplePage { p, _ := s.made[subPeople].(*peoplePage); return p }
	return t.visit(ctx,
		stop{name: "who can sign in", unseen: true, show: func() { s.goTo(subPeople) }, reached: func() bool { return people() != nil && len(people().rows) == 1 }},
		stop{name: "somebody new", unseen: true, press: func() *button { return people().add }, show: func() {
			f, passphrase := people().form, rand.Text()+rand.Text() // nobody will sign in with it
			f.who.SetText(tourPerson)
			f.role.choose(t.w.t("people.role." + string(store.Custodian)))
			f.fresh.SetText(passphrase)
			f.again.SetText(passphrase)
		}},
		stop{
			name: "the second custodian", unseen: true, press: func() *button { return people().form.yes },
			reached: func() bool { return people().form == nil && len(people().rows) == 2 },
		},
		stop{name: "people", show: t.w.closeQuestion},
		stop{name: "the question", unseen: true, press: func() *button { return people().rows[tourPerson].revoke }, reached: func() bool { return t.w.asked != nil }},
		stop{name: "consent", show: func() { t.w.onYes() }, reached: func() bool { return t.w.consent != nil }},
		stop{name: "the people again", unseen: true, show: t.w.closeQuestion},
		stop{name: "journal", show: func() { s.goTo(subJournal) }, reached: func() bool {
			p, ok := s.made[subJournal].(*journalPage)
			return ok && len(p.entries) > 0
		}},
	)
}

// lock opens the menus, and locks the desk. The demo campus is never locked, as
// nobody knows its passphrase: its screens are taken away, as they would be then.
func (t *tour) lock(ctx context.Context) error {
	return t.visit(ctx,
		stop{name: "menu", show: func() {
			t.w.shell.turnTo(pageBoard)
			t.w.openMenu()
		}},
		stop{name: "locked", show: t.w.leaveScreens},
	)
}
