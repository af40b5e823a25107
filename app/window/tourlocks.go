package window

import (
	"context"

	"sleutelbord/store"

	"fyne.io/fyne/v2"
)

// tourLock is the lock that is stolen on the tour.
const tourLock = "E2"

// writeCard shows one lock, and writes an update card for those that wait.
func (t *tour) writeCard(ctx context.Context) error {
	l := t.w.shell.locks
	if err := t.do(ctx, func() { l.openFirst() }); err != nil {
		return err
	}
	if err := t.until(ctx, "the lock", func() bool { _, ok := l.pane.(*lockPane); return ok }); err != nil {
		return err
	}
	if err := t.picture(ctx, "lock"); err != nil {
		return err
	}
	if err := t.do(ctx, t.w.escape); err != nil {
		return err
	}
	if err := t.press(ctx, "update card", func() *button {
		if p, ok := l.pane.(*bringPane); ok {
			return p.card
		}
		return nil
	}); err != nil {
		return err
	}
	if err := t.press(ctx, "new blank tag", func() *button { return t.w.tray.blank }); err != nil {
		return err
	}
	if err := t.until(ctx, "the card", func() bool {
		p, ok := l.pane.(*writePane)
		return ok && p.phase == phaseReady && t.w.bench.known
	}); err != nil {
		return err
	}
	if err := t.picture(ctx, "update-card"); err != nil {
		return err
	}
	if err := t.press(ctx, "take away", func() *button { return t.w.tray.take }); err != nil {
		return err
	}
	if err := t.press(ctx, "done", func() *button {
		if p, ok := l.pane.(*writePane); ok && !t.w.bench.state.Present {
			return p.main
		}
		return nil
	}); err != nil {
		return err
	}
	return t.press(ctx, "board", func() *button { return t.w.shell.items[pageBoard] })
}

// replaceKeys reports a lock as stolen, and begins to replace what it knew.
func (t *tour) replaceKeys(ctx context.Context) error {
	c := t.w.shell.keys
	if err := t.press(ctx, "keys", func() *button { return t.w.shell.items[pageKeys] }); err != nil {
		return err
	}
	if err := t.press(ctx, "replace keys", func() *button { return c.begin }); err != nil {
		return err
	}
	if err := t.picture(ctx, "replace-keys"); err != nil {
		return err
	}
	if err := t.press(ctx, "a stolen lock", func() *button {
		if p, ok := c.pane.(*choosePane); ok {
			return p.kinds[store.CampaignLock]
		}
		return nil
	}); err != nil {
		return err
	}
	if err := t.steal(ctx); err != nil {
		return err
	}
	if err := t.picture(ctx, "cost"); err != nil {
		return err
	}
	if err := t.press(ctx, "begin", func() *button { return c.pane.(*planPane).start }); err != nil {
		return err
	}
	if err := t.do(ctx, func() { t.w.onYes() }); err != nil {
		return err
	}
	if err := t.until(ctx, "the campaign", func() bool { _, ok := c.pane.(*campaignPane); return ok && len(c.all) == 1 }); err != nil {
		return err
	}
	if err := t.picture(ctx, "replacing"); err != nil {
		return err
	}
	return t.press(ctx, "board", func() *button { return t.w.shell.items[pageBoard] })
}

// steal types the lock's name and chooses it.
func (t *tour) steal(ctx context.Context) error {
	c := t.w.shell.keys
	if err := t.until(ctx, "the locks to choose from", func() bool {
		p, ok := c.pane.(*pickPane)
		return ok && len(p.all) > 0
	}); err != nil {
		return err
	}
	if err := t.do(ctx, func() {
		p := c.pane.(*pickPane)
		for _, r := range tourLock {
			p.search.TypedRune(r)
		}
		p.search.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	}); err != nil {
		return err
	}
	return t.until(ctx, "what it costs", func() bool { _, ok := c.pane.(*planPane); return ok })
}
