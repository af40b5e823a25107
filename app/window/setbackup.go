package window

import (
	"context"
	"slices"

	"sleutelbord/app/desk"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Choices of the plan of upkeep. What a command has set besides is offered as well.
var (
	everyDays    = []int{0, 1, 2, 7, 14, 30}
	rehearseDays = []int{90, 180, 365, 730, 0}
	keepLast     = []int{3, 7, 14, 30}
	keepWeeks    = []int{0, 4, 12, 26, 52}
)

// backupCard is about backups: the last one, the next by itself, and one now.
type backupCard struct {
	w                          *Window
	care                       *care
	card                       *fyne.Container
	plan                       desk.Upkeep
	loaded                     bool
	folder                     *button
	every, last, weeks, remind *choice
}

func newBackupCard(w *Window, c *care) *backupCard {
	b := &backupCard{w: w, care: c, card: container.NewStack()}
	b.folder = w.newButton(plainButton, "file", "", func() { w.askFolder(w.t("locks.write.here"), b.toFolder) })
	b.draw()
	return b
}

func (b *backupCard) object() fyne.CanvasObject { return b.card }

// show shows the plan.
func (b *backupCard) show(u desk.Upkeep) {
	b.plan, b.loaded = u, true
	b.draw()
}

func (b *backupCard) draw() {
	w := b.w
	body := column(10, para(w.t("care.title.do"), tonePlain, theme.SizeNameText))
	if b.loaded {
		body.Add(b.state())
	}
	body.Add(container.NewHBox(b.care.backup))
	if b.loaded {
		body.Add(widget.NewSeparator())
		body.Add(b.schedule())
	}
	b.card.Objects = []fyne.CanvasObject{w.section("shield", w.t("care.title"), "", body)}
	b.card.Refresh()
}

// state says when the last one was made.
func (b *backupCard) state() fyne.CanvasObject {
	w := b.w
	if b.plan.LastBackup == "" {
		return marked("warn", theme.ColorNameWarning, 22, newWord(w.t("backup.none"), theme.SizeNameText, theme.ColorNameWarning, true).shrinking())
	}
	return marked("done", theme.ColorNameSuccess, 22,
		newWord(w.t("backup.last", "date", w.words.Date(b.plan.LastBackup)), theme.SizeNameText, theme.ColorNameForeground, true).shrinking())
}

// schedule is what is done by itself, and asked for.
func (b *backupCard) schedule() fyne.CanvasObject {
	w := b.w
	text := w.t("backup.folder.none")
	if b.plan.BackupFolder != "" {
		text = b.plan.BackupFolder
	}
	b.folder.say("file", w.t("backup.folder.choose"))
	b.every = b.number(everyDays, b.plan.BackupDays, "backup.every.days", "backup.every.never", func(u *desk.Upkeep, n int) { u.BackupDays = n })
	b.last = b.number(keepLast, b.plan.KeepLast, "backup.keep.last.n", "", func(u *desk.Upkeep, n int) { u.KeepLast = n })
	b.weeks = b.number(keepWeeks, b.plan.KeepWeeks, "backup.keep.weeks.n", "backup.keep.weeks.none", func(u *desk.Upkeep, n int) { u.KeepWeeks = n })
	b.remind = b.number(rehearseDays, b.plan.RehearseDays, "backup.every.days", "backup.remind.never", func(u *desk.Upkeep, n int) { u.RehearseDays = n })
	if b.plan.BackupFolder == "" {
		b.every.Disable()
	}
	return column(8, newWord(w.t("backup.self"), theme.SizeNameText, theme.ColorNameForeground, true),
		container.NewBorder(nil, nil, nil, b.folder, container.New(middle{}, container.New(tight{},
			newWord(w.t("backup.folder"), theme.SizeNameCaptionText, colorMuted, false), newWord(text, theme.SizeNameText, theme.ColorNameForeground, false).shrinking()))),
		container.New(&pairs{space: 10, least: 220}, w.captioned("backup.every", bordered(b.every)), w.captioned("backup.keep.last", bordered(b.last)),
			w.captioned("backup.keep.weeks", bordered(b.weeks)), w.captioned("backup.remind", bordered(b.remind))))
}

// number is a choice of a number of the plan; none is the text of 0.
func (b *backupCard) number(all []int, now int, key, none string, set func(*desk.Upkeep, int)) *choice {
	if !slices.Contains(all, now) {
		all = append(slices.Clone(all), now)
		slices.Sort(all)
	}
	var names []string
	for _, n := range all {
		if n == 0 && none != "" {
			names = append(names, b.w.t(none))
		} else {
			names = append(names, b.w.t(key, "Count", n))
		}
	}
	return b.w.newChoice(names, slices.Index(all, now), func(i int) {
		b.change(func(u *desk.Upkeep) { set(u, all[i]) })
	})
}

// toFolder has backups be made in a folder, every day unless something else was
// chosen.
func (b *backupCard) toFolder(dir string) {
	b.change(func(u *desk.Upkeep) {
		if u.BackupFolder == "" && u.BackupDays == 0 {
			u.BackupDays = 1
		}
		u.BackupFolder = dir
	})
}

// change changes the plan, and does what is due by it.
func (b *backupCard) change(change func(*desk.Upkeep)) {
	var plan desk.Upkeep
	var failed error
	b.w.jobs.run(func(ctx context.Context) (err error) {
		if _, err = b.w.desk.ChangeUpkeep(ctx, change); err == nil {
			_, failed = b.w.desk.KeepUp(ctx)
		}
		var reading error
		if plan, reading = b.w.desk.Upkeep(ctx); err == nil {
			err = reading
		}
		return err
	}, func(err error) {
		b.w.complain(err)
		if err == nil {
			b.w.complain(failed)
		}
		if plan != (desk.Upkeep{}) {
			b.show(plan)
		}
		b.w.shell.settings.load()
	})
}
