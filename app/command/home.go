package command

import (
	"io"

	"sleutelbord/app/desk"
	"sleutelbord/store"
)

type homeCmd struct {
	List    homeListCmd    `cmd:"" help:"List all homes."`
	Show    homeShowCmd    `cmd:"" help:"Show a home with its doors, tags and tenancy."`
	MoveOut homeMoveOutCmd `cmd:"" help:"End the tenancy of a home and all its tags."`
	MoveIn  homeMoveInCmd  `cmd:"" help:"Begin a tenancy."`
	Choice  homeChoiceCmd  `cmd:"" help:"Change what a tenant opens the door with."`
}

type homeListCmd struct{}

func (c *homeListCmd) Run(a *app) error {
	return a.withDesk(func(d *desk.Desk) error {
		hooks, err := d.Board(a.ctx)
		if err != nil {
			return err
		}
		doc := map[string][]desk.Hook{"homes": orEmpty(hooks)}
		return a.show(doc, func(w io.Writer) error { return writeHomes(w, hooks) })
	})
}

type homeShowCmd struct {
	Home string `arg:"" help:"The home, as BUILDING/HOME."`
}

func (c *homeShowCmd) Run(a *app) error {
	return a.withDesk(func(d *desk.Desk) error {
		h, err := d.Home(a.ctx, c.Home)
		if err != nil {
			return err
		}
		h.Doors, h.Tags = orEmpty(h.Doors), orEmpty(h.Tags)
		return a.show(h, func(w io.Writer) error { return writeHome(w, h) })
	})
}

type homeMoveOutCmd struct {
	Home string `arg:"" help:"The home, as BUILDING/HOME."`
}

func (c *homeMoveOutCmd) Run(a *app) error {
	return a.withDesk(func(d *desk.Desk) error {
		got, err := d.MoveOut(a.ctx, c.Home)
		if err != nil {
			return err
		}
		got.NotReturned = orEmpty(got.NotReturned)
		return a.show(got, func(w io.Writer) error { return writeMoved(w, got) })
	})
}

func writeMoved(w io.Writer, got desk.Moved) error {
	if err := say(w, "The tenancy of %s has ended. %s not returned.\n", got.Home, count(len(got.NotReturned), "tag was", "tags were")); err != nil {
		return err
	}
	for _, s := range got.NotReturned {
		if err := writeStatement(w, s); err != nil {
			return err
		}
	}
	return nil
}

type homeMoveInCmd struct {
	Home      string `arg:"" help:"The home, as BUILDING/HOME."`
	Reference string `help:"The landlord's reference of the tenancy; not a name." placeholder:"TEXT"`
	Choice    string `enum:"tag,app,both,own-lock,own lock" default:"tag" help:"What the tenant opens the door with: tag, app, both or own-lock."`
}

// choiceOf is a choice as it is typed.
func choiceOf(text string) store.Choice {
	if text == "own-lock" {
		return store.ChoiceOwnLock
	}
	return store.Choice(text)
}

type homeChoiceCmd struct {
	Home   string `arg:"" help:"The home, as BUILDING/HOME."`
	Choice string `arg:"" enum:"tag,app,both,own-lock,own lock" help:"What the tenant opens the door with: tag, app, both or own-lock."`
}

func (c *homeChoiceCmd) Run(a *app) error {
	choice := choiceOf(c.Choice)
	return a.withDesk(func(d *desk.Desk) error {
		if err := d.SetChoice(a.ctx, c.Home, choice); err != nil {
			return err
		}
		return a.show(map[string]string{"home": c.Home, "choice": string(choice)}, func(w io.Writer) error {
			return say(w, "The tenant of %s opens with: %s. No tag has changed.\n", c.Home, choiceWords(choice))
		})
	})
}

func (c *homeMoveInCmd) Run(a *app) error {
	return a.withDesk(func(d *desk.Desk) error {
		got, err := d.MoveIn(a.ctx, c.Home, c.Reference, choiceOf(c.Choice))
		if err != nil {
			return err
		}
		return a.show(got, func(w io.Writer) error {
			return say(w, "A tenancy of %s has begun. The tenant opens with: %s.\n", c.Home, choiceWords(got.Choice))
		})
	})
}
