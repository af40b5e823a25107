package window

import (
	"context"

	"sleutelbord/app/desk"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
)

// dueCard says what ought to be done so that no key and no record is lost. It
// is hidden while there is nothing.
type dueCard struct {
	w    *Window
	card *fyne.Container
	turn turn
}

func newDueCard(w *Window) *dueCard {
	c := &dueCard{w: w, card: container.NewStack()}
	c.card.Hide()
	return c
}

// load asks the desk what is due.
func (c *dueCard) load() {
	var due []desk.Duty
	turn := c.turn.next()
	c.turn.cancel = c.w.jobs.run(func(ctx context.Context) (err error) {
		due, err = c.w.desk.Reminders(ctx)
		return err
	}, func(err error) {
		if turn != c.turn.n {
			return
		}
		if err != nil {
			c.w.o.Log.WithError(err).Warn("what is due cannot be told")
			return
		}
		c.show(due)
	})
}

func (c *dueCard) show(due []desk.Duty) {
	list := column(10)
	for _, d := range due {
		key, day := "duty."+string(d.Code), c.w.words.Date(d.Day)
		list.Add(column(2, para(c.w.t(key, "Day", day), toneWarn, theme.SizeNameText), para(c.w.t(key+".do", "Day", day), tonePlain, theme.SizeNameText)))
	}
	c.card.Objects = []fyne.CanvasObject{c.w.section("warn", c.w.t("settings.due"), "", list)}
	c.card.Hidden = len(due) == 0
	c.card.Refresh()
}
