package window

import (
	"context"
	"strings"

	"fyne.io/fyne/v2"
)

// tourHome is the home that the tour goes to.
const tourHome = "Calslaan 12/204"

// firstStart is the welcome, and the demo campus.
func (t *tour) firstStart(ctx context.Context) error {
	if err := t.do(ctx, func() {
		if t.w.start != nil && t.w.start.step != stepWelcome {
			t.w.start.welcome()
		}
	}); err != nil {
		return err
	}
	if err := t.picture(ctx, "first-start"); err != nil {
		return err
	}
	if err := t.press(ctx, "demo campus", func() *button { return t.w.start.demo }); err != nil {
		return err
	}
	err := t.until(ctx, "the board of the demo campus", func() bool {
		return t.w.shell != nil && t.w.shell.board.loaded && t.w.shell.board.homes.Len() == t.w.demoHomes && t.w.bench.state.Attached
	})
	if err != nil {
		return err
	}
	return t.picture(ctx, "board")
}

// search types into the search field and opens the first home that is found.
func (t *tour) search(ctx context.Context) error {
	err := t.do(ctx, func() {
		b := t.w.shell.board
		b.focusSearch()
		for _, r := range "12-204" {
			b.search.TypedRune(r)
		}
	})
	if err != nil {
		return err
	}
	if err := t.until(ctx, "the home "+tourHome, func() bool {
		b := t.w.shell.board
		return b.homes.Len() == 1 && b.rows[0].Ref == tourHome
	}); err != nil {
		return err
	}
	if err := t.do(ctx, func() { t.w.shell.board.search.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn}) }); err != nil {
		return err
	}
	if err := t.until(ctx, "the open home", func() bool { return t.home() != nil }); err != nil {
		return err
	}
	return t.picture(ctx, "home")
}

// home is the home that is shown, nil if none is.
func (t *tour) home() *homePane {
	p, ok := t.w.shell.board.pane.(*homePane)
	if !ok || p.handOut == nil {
		return nil
	}
	return p
}

// ofHome presses a button of the home that is shown.
func (t *tour) ofHome(ctx context.Context, what string, which func(p *homePane) *button) error {
	return t.press(ctx, what, func() *button {
		if p := t.home(); p != nil {
			return which(p)
		}
		return nil
	})
}

// write waits until the act that is shown stands at a phase.
func (t *tour) write(ctx context.Context, ph phase) error {
	return t.until(ctx, "the act on the tag: "+string(ph), func() bool {
		p, ok := t.w.shell.board.pane.(*writePane)
		return ok && p.phase == ph
	})
}

// leave takes the tag away and presses the button of the finished act.
func (t *tour) leave(ctx context.Context) error {
	if err := t.press(ctx, "take away", func() *button { return t.w.tray.take }); err != nil {
		return err
	}
	if err := t.until(ctx, "the empty reader", func() bool { return !t.w.bench.state.Present }); err != nil {
		return err
	}
	return t.press(ctx, "done", func() *button {
		if p, ok := t.w.shell.board.pane.(*writePane); ok {
			return p.main
		}
		return nil
	})
}

// handOut hands two tags out.
func (t *tour) handOut(ctx context.Context) error {
	for i, label := range []string{"", t.w.t("demo.label")} {
		if err := t.ofHome(ctx, "hand out", func(p *homePane) *button { return p.handOut }); err != nil {
			return err
		}
		if err := t.write(ctx, phaseWaiting); err != nil {
			return err
		}
		if err := t.do(ctx, func() { t.w.shell.board.pane.(*writePane).label.SetText(label) }); err != nil {
			return err
		}
		if i == 0 {
			if err := t.picture(ctx, "lay-a-tag"); err != nil {
				return err
			}
		}
		if err := t.press(ctx, "new blank tag", func() *button { return t.w.tray.blank }); err != nil {
			return err
		}
		if err := t.write(ctx, phaseReady); err != nil {
			return err
		}
		if err := t.until(ctx, "the tag in the strip", func() bool { return t.w.bench.known }); err != nil {
			return err
		}
		if i == 0 {
			if err := t.picture(ctx, "ready"); err != nil {
				return err
			}
		}
		if err := t.leave(ctx); err != nil {
			return err
		}
	}
	return nil
}

// inspect lays the first tag again and checks it without a key.
func (t *tour) inspect(ctx context.Context) error {
	if err := t.press(ctx, "virtual tag A", func() *button { return t.w.tray.cards[0].button }); err != nil {
		return err
	}
	shown := func() *tagPane {
		p, ok := t.w.shell.board.pane.(*tagPane)
		if !ok {
			return nil
		}
		return p
	}
	if err := t.press(ctx, "check", func() *button {
		if p := shown(); p != nil {
			return p.check
		}
		return nil
	}); err != nil {
		return err
	}
	if err := t.until(ctx, "the result of the check", func() bool { p := shown(); return p != nil && len(p.found.Objects) > 0 }); err != nil {
		return err
	}
	if err := t.picture(ctx, "inspect"); err != nil {
		return err
	}
	if err := t.do(ctx, func() { shown().scroll.ScrollToBottom() }); err != nil {
		return err
	}
	if err := t.picture(ctx, "check"); err != nil {
		return err
	}
	return t.press(ctx, "take away", func() *button { return t.w.tray.take })
}

// lose declares a tag lost and writes its replacement.
func (t *tour) lose(ctx context.Context) error {
	if err := t.until(ctx, "the home again", func() bool { p := t.home(); return p != nil && len(p.view.Tags) == 2 }); err != nil {
		return err
	}
	if err := t.picture(ctx, "home-with-tags"); err != nil {
		return err
	}
	if err := t.ofHome(ctx, "lost", func(p *homePane) *button { return p.tagActs[p.view.Tags[1].ID] }); err != nil {
		return err
	}
	lost := func() *lostPane { p, _ := t.w.shell.board.pane.(*lostPane); return p }
	if err := t.until(ctx, "the question about the replacement", func() bool { return lost() != nil && lost().now != nil }); err != nil {
		return err
	}
	if err := t.picture(ctx, "lost"); err != nil {
		return err
	}
	if err := t.press(ctx, "replacement now", func() *button { return lost().now }); err != nil {
		return err
	}
	if err := t.press(ctx, "new blank tag", func() *button { return t.w.tray.blank }); err != nil {
		return err
	}
	if err := t.write(ctx, phaseReady); err != nil {
		return err
	}
	if err := t.leave(ctx); err != nil {
		return err
	}
	if err := t.until(ctx, "where the lost tag still opens", func() bool { _, ok := t.w.shell.board.pane.(*statementPane); return ok }); err != nil {
		return err
	}
	return t.picture(ctx, "statement")
}

// bringBundles writes the bundles of all locks.
func (t *tour) bringBundles(ctx context.Context) error {
	if err := t.press(ctx, "locks", func() *button { return t.w.shell.items[pageLocks] }); err != nil {
		return err
	}
	if err := t.until(ctx, "the locks", func() bool { return len(t.w.shell.locks.doors) > 0 }); err != nil {
		return err
	}
	if err := t.do(ctx, func() { t.w.shell.locks.writeTo(t.bundles) }); err != nil {
		return err
	}
	err := t.until(ctx, "the bundles", func() bool {
		l := t.w.shell.locks
		return !l.working && l.bundled != nil && strings.Contains(string(l.doors[0].State), "waiting")
	})
	if err != nil {
		return err
	}
	return t.picture(ctx, "locks")
}

// night shows the settings and the board in the other theme.
func (t *tour) night(ctx context.Context) error {
	if err := t.press(ctx, "settings", func() *button { return t.w.shell.items[pageSettings] }); err != nil {
		return err
	}
	if err := t.picture(ctx, "settings"); err != nil {
		return err
	}
	err := t.do(ctx, func() {
		t.w.look.variant = variantDark
		t.w.rebuild()
		t.w.shell.turnTo(pageBoard)
	})
	if err != nil {
		return err
	}
	if err := t.until(ctx, "the home in the dark", func() bool { p := t.home(); return p != nil && len(p.view.Tags) > 0 }); err != nil {
		return err
	}
	return t.picture(ctx, "dark")
}

// otherPages shows the pages that the acts before did not come by.
func (t *tour) otherPages(ctx context.Context) error {
	for _, p := range []struct {
		name    string
		show    func()
		reached func() bool
	}{
		{"tags", func() { t.w.shell.turnTo(pageTags) }, func() bool { return t.w.shell.tags.loaded }},
		{"moving-day", func() {
			t.w.shell.board.search.SetText("")
			t.w.shell.board.where.building.SetSelectedIndex(1)
			t.w.openMoving()
		}, func() bool {
			p, ok := t.w.shell.moving.pane.(*movingPlan)
			return ok && p.read
		}},
		{"evidence", func() { t.w.shell.turnTo(pageEvidence) }, func() bool { return true }},
		{"choices", func() { t.w.shell.evidence.open(evidenceChoices) }, func() bool {
			p, ok := t.w.shell.evidence.made[evidenceChoices].(*choicesPage)
			return ok && p.seen.SmallCount > 0
		}},
		{"safekeeping", func() { t.w.shell.settings.goTo(subSafe) }, func() bool {
			p, ok := t.w.shell.settings.made[subSafe].(*safePage)
			return ok && p.loaded
		}},
	} {
		if err := t.do(ctx, p.show); err != nil {
			return err
		}
		if err := t.until(ctx, "the page "+p.name, p.reached); err != nil {
			return err
		}
		if err := t.picture(ctx, p.name); err != nil {
			return err
		}
	}
	return t.do(ctx, func() { t.w.shell.settings.goTo(subComputer) })
}
