package window

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"

	"sleutelbord/app/desk"
	"sleutelbord/nfc/softcard"
	"sleutelbord/store"
)

// toHome goes back to the home of the tour.
func (t *tour) toHome(ctx context.Context) error {
	return t.until(ctx, "the home again", func() bool {
		if t.home() == nil && !t.w.bench.state.Present {
			t.w.shell.board.open(tourHome)
		}
		return t.home() != nil
	})
}

// takeBack begins to take a tag back, and thinks better of it.
func (t *tour) takeBack(ctx context.Context) error {
	if err := t.toHome(ctx); err != nil {
		return err
	}
	if err := t.ofHome(ctx, "returned", func(p *homePane) *button { return p.returned }); err != nil {
		return err
	}
	if err := t.press(ctx, "virtual tag A", func() *button { return t.w.tray.cards[0].button }); err != nil {
		return err
	}
	if err := t.write(ctx, phaseConfirm); err != nil {
		return err
	}
	if err := t.picture(ctx, "returned"); err != nil {
		return err
	}
	return t.takeAway(ctx)
}

// takeAway takes the tag off the reader, and leaves what was begun with it.
func (t *tour) takeAway(ctx context.Context) error {
	if err := t.press(ctx, "take away", func() *button { return t.w.tray.take }); err != nil {
		return err
	}
	if err := t.until(ctx, "the empty reader", func() bool { return !t.w.bench.state.Present }); err != nil {
		return err
	}
	return t.do(ctx, t.w.escape)
}

// tear pulls a tag away while it is written, and lays it again.
func (t *tour) tear(ctx context.Context) error {
	if err := t.toHome(ctx); err != nil {
		return err
	}
	if err := t.ofHome(ctx, "hand out", func(p *homePane) *button { return p.handOut }); err != nil {
		return err
	}
	if err := t.write(ctx, phaseWaiting); err != nil {
		return err
	}
	if err := t.do(ctx, func() { t.w.tray.tear.SetChecked(true) }); err != nil {
		return err
	}
	if err := t.press(ctx, "new blank tag", func() *button { return t.w.tray.blank }); err != nil {
		return err
	}
	if err := t.until(ctx, "the tag that was pulled away", func() bool {
		p, ok := t.w.shell.board.pane.(*writePane)
		return ok && p.phase == phaseTorn && t.w.tray.torn
	}); err != nil {
		return err
	}
	if err := t.picture(ctx, "half-written"); err != nil {
		return err
	}
	if err := t.press(ctx, "the same tag", func() *button { return t.w.tray.lying.button }); err != nil {
		return err
	}
	if err := t.write(ctx, phaseReady); err != nil {
		return err
	}
	return t.leave(ctx)
}

// stranger lays a tag of another site.
func (t *tour) stranger(ctx context.Context) error {
	card, err := t.elsewhere(ctx)
	if err != nil {
		return fmt.Errorf("making a tag of another site: %w", err)
	}
	if err := t.visit(ctx, stop{name: "other-site", show: func() { t.w.tray.lay(t.w.tray.add(card, desk.Inspection{Kind: desk.KindOtherSite})) }, reached: func() bool {
		p, ok := t.w.shell.board.pane.(*tagPane)
		return ok && p.in.Kind == desk.KindOtherSite && t.w.bench.known
	}}); err != nil {
		return err
	}
	return t.takeAway(ctx)
}

// elsewhere is a tag that was handed out at another site.
func (t *tour) elsewhere(ctx context.Context) (card *softcard.Card, err error) {
	dir := filepath.Join(t.folder, "elsewhere")
	d, err := desk.Init(ctx, desk.InitOptions{
		Options: desk.Options{Dir: dir, Passphrase: []byte(tourHome), Log: t.w.o.Log, Store: t.w.o.Store},
		Site:    "Elsewhere", Policy: store.RequireGenuine, Practice: true,
	})
	if err != nil {
		return nil, err
	}
	defer func() {
		if cerr := d.Close(); err == nil {
			err = cerr
		}
	}()
	campus, err := desk.NewDemoCampus(1)
	if err != nil {
		return nil, err
	}
	if _, err := d.Import(ctx, bytes.NewReader(campus.CSV)); err != nil {
		return nil, err
	}
	hooks, err := d.Board(ctx)
	if err != nil {
		return nil, err
	}
	if card, err = softcard.New(softcard.Config{Chip: softcard.EV3, Memory: 4096}); err != nil {
		return nil, err
	}
	reader := softcard.NewReader("elsewhere")
	reader.Lay(card)
	_, err = d.Issue(ctx, reader, hooks[0].Ref, desk.IssueOptions{}, nil)
	reader.Take()
	if err != nil {
		return nil, err
	}
	return card, reader.Close()
}

// moveTenant shows what is kept about a tenancy, ends it, and begins another.
func (t *tour) moveTenant(ctx context.Context) error {
	if err := t.toHome(ctx); err != nil {
		return err
	}
	b := t.w.shell.board
	ofHome := func(which func(p *homePane) *button) func() *button {
		return func() *button {
			if p := t.home(); p != nil {
				return which(p)
			}
			return nil
		}
	}
	return t.visit(ctx,
		stop{name: "requests", press: ofHome(func(p *homePane) *button { return p.requests }), reached: func() bool {
			p, ok := b.pane.(*requestsPane)
			return ok && p.which != nil
		}},
		stop{name: "the home again", unseen: true, show: t.w.escape},
		stop{name: "move-out", press: ofHome(func(p *homePane) *button { return p.moveOut }), reached: func() bool { return t.w.asked != nil }},
		stop{name: "moved out", unseen: true, show: func() { t.w.onYes() }, reached: func() bool { _, ok := b.pane.(*movedPane); return ok }},
		stop{name: "the empty home", unseen: true, press: func() *button { return b.pane.(*movedPane).done }},
		stop{name: "move-in", press: ofHome(func(p *homePane) *button { return p.moveIn }), reached: func() bool { _, ok := b.pane.(*moveInPane); return ok }},
		stop{name: "the home again", unseen: true, show: t.w.escape},
	)
}

// mistakes shows a list that has some.
func (t *tour) mistakes(ctx context.Context) error {
	campus, err := desk.NewDemoCampus(40, t.w.demoWords().doors)
	if err != nil {
		return err
	}
	list := filepath.Join(t.folder, "list.csv")
	if err := os.WriteFile(list, bytes.Replace(campus.CSV, []byte(",shared,"), []byte(",shred,"), 3), 0o600); err != nil {
		return err
	}
	var i *importer
	return t.visit(ctx, stop{name: "import", show: func() {
		i = newImporter(t.w)
		t.w.shell.board.show(i)
		i.read(list)
	}, reached: func() bool { return i.wrong != nil }}, stop{name: "the board again", unseen: true, show: t.w.escape})
}
