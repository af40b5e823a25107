package window

import (
	"cmp"
	"context"
	"errors"
	"path/filepath"
	"strconv"

	"sleutelbord/app/desk"
	"sleutelbord/store"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Steps of the first screen towards records that cannot be opened as usual.
const (
	stepFile     startStep = "file"     // which backup
	stepBackup   startStep = "backup"   // its passphrase
	stepShares   startStep = "shares"   // sheets and a new passphrase
	stepRestored startStep = "restored" // what the restored records know
)

// maxAgain is how often a backup can be said to have been restored before.
const maxAgain = 9

// rescue is how records come back: from a backup, or from sheets where the
// passphrase is lost.
type rescue struct {
	s      *start
	file   string // of the backup; "" opens the records that are here
	seen   desk.BackupSeen
	again  *choice // how often the backup was restored before
	entry  *sharesEntry
	choose *button
	sheets *button // instead of the passphrase
	yes    *button
	name   *field
}

// restore begins to bring records back from a backup.
func (s *start) restore() {
	w := s.w
	s.rescue = &rescue{s: s}
	r := s.rescue
	r.choose = w.newButton(primaryButton, "file", w.t("restore.choose"), func() { w.askFile([]string{".backup"}, r.look) }).grown()
	back := w.newButton(quietButton, "back", w.t("button.back"), s.back)
	objects := []fyne.CanvasObject{r.choose, container.NewHBox(back)}
	if store.Exists(w.o.Dir) {
		objects = append([]fyne.CanvasObject{para(w.t("restore.aside"), toneWarn, theme.SizeNameText)}, objects...)
	}
	s.put(stepFile, w.t("restore.title"), w.t("restore.do"), r.choose, objects...)
}

// emergency begins to open the records that are here with sheets.
func (s *start) emergency() {
	s.rescue = &rescue{s: s}
	s.rescue.askShares()
}

// look looks at the file that was chosen.
func (r *rescue) look(file string) {
	s := r.s
	if s.working {
		return
	}
	s.hold(true)
	s.note.Hide()
	s.w.jobs.run(func(context.Context) (err error) {
		r.seen, err = desk.LookAtBackup(file)
		return err
	}, func(err error) {
		s.hold(false)
		if err != nil {
			s.complain(err)
			return
		}
		r.file = file
		r.askPassphrase()
	})
}

// chosen says which backup it is.
func (r *rescue) chosen() fyne.CanvasObject {
	w := r.s.w
	words := container.New(tight{}, newWord(w.t("restore.of", "date", w.words.Date(r.seen.Day)), theme.SizeNameText, theme.ColorNameForeground, true),
		newWord(filepath.Base(r.file), theme.SizeNameCaptionText, colorMuted, false).shrinking())
	return newSurface(colorInfoSoft, "", 10, 10, container.NewBorder(nil, nil, container.New(middle{}, newGlyph("shield", theme.ColorNamePrimary, 26)), nil, padded(0, 0, 10, 0, words)))
}

// askPassphrase asks for a passphrase of the day of the backup.
func (r *rescue) askPassphrase() {
	s, w := r.s, r.s.w
	s.passphrase = w.newSecretField("", nil)
	s.passphrase.enter = r.withPassphrase
	r.yes = w.newButton(primaryButton, "check", w.t("restore.yes"), r.withPassphrase).grown()
	r.sheets = w.newButton(quietButton, "keys", w.t("restore.sheets"), r.askShares)
	r.sheets.enable(len(r.seen.Sets) > 0)
	back := w.newButton(quietButton, "back", w.t("button.back"), s.back)
	s.put(stepBackup, w.t("restore.title"), "", s.passphrase, r.chosen(),
		s.label("start.passphrase"), s.passphrase, para(w.t("restore.passphrase.do"), tonePlain, theme.SizeNameCaptionText),
		r.before(), r.yes, flowing(8, back, r.sheets))
}

// before asks how often the backup was restored before: what was handed out then
// must not be handed out again.
func (r *rescue) before() fyne.CanvasObject {
	w := r.s.w
	if r.again == nil {
		names := []string{w.t("restore.again.no")}
		for n := 1; n <= maxAgain; n++ {
			names = append(names, w.t("restore.again.times", "Count", n))
		}
		r.again = w.newChoice(names, 0, func(int) {})
	}
	return column(5, para(w.t("restore.again"), toneInfo, theme.SizeNameText), bordered(r.again), para(w.t("restore.again.do"), tonePlain, theme.SizeNameCaptionText))
}

// askShares has the sheets entered, and a new passphrase chosen.
func (r *rescue) askShares() {
	s, w := r.s, r.s.w
	changed := func(string) { r.check() }
	r.name = w.newField("", changed)
	r.name.Text = cmp.Or(w.o.Operator, store.FirstOperator)
	s.passphrase, s.again = w.newSecretField("", changed), w.newSecretField("", changed)
	s.again.enter = r.withShares
	s.strength = newStrengthBar(w)
	r.yes = w.newButton(primaryButton, "check", w.t("restore.yes"), r.withShares).grown()
	title, text := w.t("restore.title"), w.t("restore.shares.do")
	first := []fyne.CanvasObject{}
	if r.file == "" {
		title, text = w.t("emergency.title"), w.t("emergency.do")
		r.yes.say("check", w.t("emergency.yes"))
	} else {
		first = append(first, r.chosen())
	}
	r.yes.enable(false)
	r.entry = w.newSharesEntry("", func() {
		r.check()
		w.win.Canvas().Focus(s.passphrase)
	})
	back := w.newButton(quietButton, "back", w.t("button.back"), s.back)
	body := append(first, r.entry.object(), widget.NewSeparator(),
		s.label("restore.name"), r.name, s.label("restore.fresh"), s.passphrase, s.strength.object(), s.label("start.again"), s.again)
	if r.file != "" {
		body = append(body, r.before())
	}
	s.put(stepShares, title, text, r.entry.field, append(body, r.yes, container.NewHBox(back))...)
}

// check enables the button when everything is there.
func (r *rescue) check() {
	s := r.s
	s.strength.show(s.passphrase.Text, r.name.Text)
	r.yes.enable(r.ready())
	if s.again.Text != "" && s.again.Text != s.passphrase.Text && len(s.again.Text) >= len(s.passphrase.Text) {
		s.say(s.w.t("start.differ"))
	} else {
		s.note.Hide()
	}
}

func (r *rescue) ready() bool {
	s := r.s
	return r.entry.complete() && r.name.Text != "" && s.passphrase.Text == s.again.Text && desk.MeasurePassphrase(s.passphrase.Text, r.name.Text) >= desk.StrengthFair
}

// options are those of a restore.
func (r *rescue) options() desk.RestoreOptions {
	o := desk.RestoreOptions{Options: r.s.options(), Backup: r.file, PutAside: true}
	if r.again != nil {
		o.Again = uint16(max(0, r.again.SelectedIndex()))
	}
	return o
}

// withPassphrase restores the backup with a passphrase.
func (r *rescue) withPassphrase() {
	s := r.s
	if s.working || s.passphrase.Text == "" {
		return
	}
	o := r.options()
	o.Passphrase = []byte(s.passphrase.Text)
	s.passphrase.SetText("")
	var done desk.Restored
	s.openDesk(func(ctx context.Context) (d *desk.Desk, err error) {
		defer clear(o.Passphrase)
		d, done, err = desk.Restore(ctx, o)
		return d, err
	}, s.complain, func(d *desk.Desk, site desk.SiteView) { s.restored(d, site, done) })
}

// withShares opens the backup, or the records that are here, with the sheets.
func (r *rescue) withShares() {
	s, w := r.s, r.s.w
	if s.working || !r.ready() {
		return
	}
	o := r.options()
	o.Operator, o.Passphrase = r.name.Text, []byte(s.passphrase.Text)
	var d *desk.Desk
	var site desk.SiteView
	var done desk.Restored
	was, locked, closed := w.desk, w.idle.done, false
	s.hold(true)
	s.note.Hide()
	r.entry.run(func(ctx context.Context, e *desk.EnteredShares) (err error) {
		defer clear(o.Passphrase)
		if was != nil { // it has locked itself
			if locked != nil {
				<-locked
			}
			if err := was.CloseForShares(e); err != nil {
				return err
			}
			closed = true
		}
		if o.Backup == "" {
			d, err = desk.OpenWithShares(ctx, o.Options, e)
		} else {
			o.Shares = e
			d, done, err = desk.Restore(ctx, o)
		}
		if err == nil {
			site, err = siteOf(ctx, d)
		}
		return err
	}, func(err error) {
		s.hold(false)
		if closed {
			w.letGo()
			w.desk = nil
		}
		switch {
		case err != nil:
			r.check()
		case o.Backup != "":
			s.restored(d, site, done)
		default:
			name := d.Me().Name
			w.opened(d, site)
			w.tell(toneGood, "done", w.t("emergency.done"), w.t("emergency.done.do", "name", name))
		}
	})
}

// siteOf is the site of a desk that was just opened; where it cannot be read the
// desk is closed.
func siteOf(ctx context.Context, d *desk.Desk) (desk.SiteView, error) {
	site, err := d.Site(ctx)
	if err != nil {
		return site, errors.Join(err, d.Close())
	}
	return site, nil
}

// restored says what the records know, what they cannot know, and what is to be
// done now.
func (s *start) restored(d *desk.Desk, site desk.SiteView, done desk.Restored) {
	w := s.w
	w.desk = d // which Shutdown closes
	s.rescue = nil
	todo := []string{w.t("restored.do.lost"), w.t("restored.do.moved")}
	if len(done.Locks) > 0 {
		todo = append(todo, w.t("restored.do.locks", "Count", len(done.Locks)))
	}
	steps := column(8)
	for i, text := range todo {
		steps.Add(container.NewBorder(nil, nil, container.NewVBox(newBadge("next", strconv.Itoa(i+1), toneInfo)), nil, padded(2, 0, 8, 0, para(text, toneInfo, theme.SizeNameText))))
	}
	next := w.newButton(primaryButton, "next", w.t("restored.next"), func() { w.opened(d, site) }).grown()
	body := []fyne.CanvasObject{
		para(w.t("restored.site", "site", done.Site, "date", w.words.Date(done.Day)), toneInfo, theme.SizeNameText),
		para(w.t("restored.raised", "by", int(done.Raised.By)), toneInfo, theme.SizeNameText),
		para(w.t("restored.unknown", "Count", done.Issued), toneWarn, theme.SizeNameText),
	}
	if done.Aside != "" {
		body = append(body, para(w.t("restored.aside", "dir", done.Aside), toneInfo, theme.SizeNameText))
	}
	if done.Operator != "" {
		body = append(body, para(w.t("restored.operator", "name", done.Operator), toneInfo, theme.SizeNameText))
	}
	body = append(body, gap(1, 2), newWord(w.t("restored.do"), theme.SizeNameSubHeadingText, theme.ColorNameForeground, true), steps, gap(1, 2), next)
	s.put(stepRestored, w.t("restored.title"), "", next, body...)
}
