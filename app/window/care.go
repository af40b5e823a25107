package window

import (
	"context"

	"sleutelbord/app/desk"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
)

// care is the part of the settings about what must not be lost: a backup, and
// one's own passphrase.
type care struct {
	w      *Window
	backup *button
	made   func() // is told of a backup

	old, fresh, again *field
	strength          *strengthBar
	change            *button
	passphrase        fyne.CanvasObject
}

func newCare(w *Window) *care {
	c := &care{w: w}
	c.backup = w.newButton(plainButton, "usb", w.t("care.backup"), func() { w.askFolder(w.t("locks.write.here"), c.backupTo) })
	c.old = w.newSecretField("", func(string) { c.check() })
	c.fresh = w.newSecretField("", func(string) { c.check() })
	c.again = w.newSecretField("", func(string) { c.check() })
	c.strength = newStrengthBar(w)
	c.change = w.newButton(plainButton, "check", w.t("care.passphrase.yes"), c.store)
	c.change.enable(false)
	label := func(key string) fyne.CanvasObject {
		return newWord(w.t(key), theme.SizeNameCaptionText, colorMuted, false)
	}
	c.passphrase = w.section("lock", w.t("care.passphrase"), "", column(8,
		column(3, label("care.passphrase.old"), c.old), column(3, label("care.passphrase.new"), c.fresh), c.strength.object(),
		column(3, label("start.again"), c.again), container.NewHBox(c.change)))
	return c
}

// backupTo makes a backup in a folder.
func (c *care) backupTo(dir string) {
	c.backup.enable(false)
	var made desk.BackupMade
	c.w.jobs.run(func(ctx context.Context) (err error) {
		made, err = c.w.desk.BackupTo(ctx, dir)
		return err
	}, func(err error) {
		c.backup.enable(true)
		if err != nil {
			c.w.complain(err)
			return
		}
		c.w.tell(toneGood, "done", c.w.t("care.backup.done"), made.File)
		c.w.shell.settings.load()
		c.made()
	})
}

// complete tells whether a change of the passphrase can be tried.
func (c *care) complete() bool {
	strong := c.w.site.Practice || desk.MeasurePassphrase(c.fresh.Text, c.w.site.Name) >= desk.StrengthFair
	return c.old.Text != "" && c.fresh.Text != "" && c.fresh.Text == c.again.Text && strong
}

func (c *care) check() {
	c.strength.show(c.fresh.Text, c.w.site.Name)
	c.change.enable(c.complete())
}

// store changes the passphrase of who is signed in.
func (c *care) store() {
	if !c.complete() {
		return
	}
	old, fresh := []byte(c.old.Text), []byte(c.fresh.Text)
	c.change.enable(false)
	c.w.jobs.run(func(ctx context.Context) error {
		defer clear(old)
		defer clear(fresh)
		return c.w.desk.ChangePassphrase(ctx, old, fresh)
	}, func(err error) {
		c.old.SetText("")
		if err != nil {
			c.w.complain(err)
			return
		}
		c.fresh.SetText("")
		c.again.SetText("")
		c.w.tell(toneGood, "done", c.w.t("care.passphrase.done"), c.w.t("care.passphrase.done.do"))
	})
}
