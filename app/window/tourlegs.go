package window

import (
	"context"
	"crypto/rand"
	"strings"

	"fyne.io/fyne/v2"
)

// tourHome is the home that the tour goes to.
const tourHome = "Calslaan 12/204"

// begin is the first screen, in the colours that were asked for, and what can
// be chosen there.
func (t *tour) begin(ctx context.Context) error {
	start := func() *start { return t.w.start }
	return t.visit(ctx,
		stop{name: "first-start", show: func() {
			if t.o.Dark {
				t.w.look.variant = variantDark
				t.w.rebuild()
			}
			if start() != nil && start().step != stepWelcome {
				start().welcome()
			}
		}},
		stop{name: "make-site", press: func() *button { return start().make }, show: func() {
			passphrase := rand.Text() + rand.Text() // which is not used
			start().name.SetText(t.w.t("demo.site"))
			start().passphrase.SetText(passphrase)
			start().again.SetText(passphrase)
		}},
		stop{name: "the first screen", show: t.w.escape, unseen: true},
		stop{name: "restore", press: func() *button { return start().restoreFrom }, reached: func() bool { return start().step == stepFile }},
		stop{name: "the first screen again", show: t.w.escape, unseen: true},
	)
}

// demo makes the demo campus.
func (t *tour) demo(ctx context.Context) error {
	return t.visit(ctx, stop{name: "board", press: func() *button { return t.w.start.demo }, reached: func() bool {
		return t.w.shell != nil && t.w.shell.board.loaded && t.w.shell.board.homes.Len() == t.w.demoHomes && t.w.bench.state.Attached
	}})
}

// search types into the search field and opens the first home that is found.
func (t *tour) search(ctx context.Context) error {
	typed := func(text string) func() {
		return func() {
			for _, r := range text {
				t.w.shell.board.search.TypedRune(r)
			}
		}
	}
	if err := t.do(ctx, t.w.shell.board.focusSearch); err != nil {
		return err
	}
	return t.visit(ctx,
		stop{name: "search", show: typed("12-20"), reached: func() bool {
			n := t.w.shell.board.homes.Len()
			return n > 1 && n < 20
		}},
		stop{name: tourHome, unseen: true, show: typed("4"), reached: func() bool {
			b := t.w.shell.board
			return b.homes.Len() == 1 && b.rows[0].Ref == tourHome
		}},
		stop{name: "home", reached: func() bool { return t.home() != nil }, show: func() {
			t.w.shell.board.search.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
		}},
	)
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
	shown := func() *tagPane { p, _ := t.w.shell.board.pane.(*tagPane); return p }
	return t.visit(ctx,
		stop{name: "the tag's pane", unseen: true, press: func() *button { return t.w.tray.cards[0].button }},
		stop{name: "inspect", press: func() *button {
			if shown() == nil {
				return nil
			}
			return shown().check
		}, reached: func() bool { return shown() != nil && len(shown().found.Objects) > 0 }},
		stop{name: "the empty reader", unseen: true, press: func() *button { return t.w.tray.take }},
	)
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
	return t.visit(ctx,
		stop{
			name: "the locks", unseen: true, press: func() *button { return t.w.shell.items[pageLocks] },
			reached: func() bool { return len(t.w.shell.locks.doors) > 0 },
		},
		stop{name: "locks", show: func() { t.w.shell.locks.writeTo(t.folder) }, reached: func() bool {
			l := t.w.shell.locks
			return !l.working && l.bundled != nil && strings.Contains(string(l.doors[0].State), "waiting")
		}},
	)
}
