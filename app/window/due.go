package window

import (
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
	open *button // where it can be done
}

func newDueCard(w *Window) *dueCard {
	c := &dueCard{w: w, card: container.NewStack()}
	c.open = w.newButton(primaryButton, "shield", w.t("settings.due.open"), func() { w.shell.settings.open(subSafe) })
	c.card.Hide()
	return c
}

func (c *dueCard) show(due []desk.Duty) {
	list := column(10)
	for _, d := range due {
		key, day := "duty."+string(d.Code), c.w.words.Date(d.Day)
		list.Add(column(2, para(c.w.t(key, "Day", day), toneWarn, theme.SizeNameText), para(c.w.t(key+".do", "Day", day), tonePlain, theme.SizeNameText)))
	}
	list.Add(container.NewHBox(c.open))
	c.card.Objects = []fyne.CanvasObject{c.w.section("warn", c.w.t("settings.due"), "", list)}
	c.card.Hidden = len(due) == 0
	c.card.Refresh()
}
