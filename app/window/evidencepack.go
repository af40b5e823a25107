package window

import (
	"context"
	"os"
	"path/filepath"
	"strconv"

	"sleutelbord/app/evidence"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
)

// packPage makes the evidence pack: one button, one folder.
type packPage struct {
	e     *evidencePage
	root  *fyne.Container
	lang  *languageChoice
	make  *button
	rest  fyne.CanvasObject
	turn  turn
	bar   *progress
	doing *word

	cancel, open, again *button // of what is shown
	dir                 string  // of the pack that was made
	working             bool
}

func newPackPage(e *evidencePage) *packPage {
	p := &packPage{e: e}
	w := e.w
	p.lang = w.officeLanguage()
	p.make = w.newButton(primaryButton, "shield", w.t("pack.make"), func() { w.askFolder(w.t("pack.here"), p.makeIn) }).grown().aligned()
	p.rest = newCard(column(10, para(w.t("pack.what"), toneInfo, theme.SizeNameText), para(w.t("pack.what.do"), tonePlain, theme.SizeNameText),
		gap(1, 2), w.labelled("paper.language", p.lang.choice), p.make))
	p.root = container.NewStack(p.rest)
	return p
}

func (p *packPage) object() fyne.CanvasObject { return p.root }

// shown implements [subpage].
func (p *packPage) shown() {
	w := p.e.w
	switch {
	case p.working:
		w.win.Canvas().Focus(p.cancel)
	case p.open != nil:
		w.win.Canvas().Focus(p.open)
	default:
		w.win.Canvas().Focus(p.make)
	}
}

// back implements [stepping]: Escape cancels, or leaves what was made.
func (p *packPage) back() bool {
	switch {
	case p.working:
		p.stop()
	case p.open != nil:
		p.begin()
	default:
		return false
	}
	return true
}

// begin shows the button again.
func (p *packPage) begin() {
	p.cancel, p.open, p.again = nil, nil, nil
	p.put(p.rest)
}

func (p *packPage) put(o fyne.CanvasObject) {
	p.root.Objects = []fyne.CanvasObject{o}
	p.root.Refresh()
	if p.e.front(evidencePack) {
		p.shown()
	}
}

// freeFolder is a folder for a pack of a day that is not there yet.
func freeFolder(in, name string) string {
	for n := 1; ; n++ {
		dir := filepath.Join(in, name)
		if n > 1 {
			dir += "-" + strconv.Itoa(n)
		}
		if _, err := os.Lstat(dir); err != nil {
			return dir // what else is wrong with it, writing says
		}
	}
}

// makeIn makes the pack in a folder of its own in a folder.
func (p *packPage) makeIn(in string) {
	if p.working {
		return
	}
	p.working = true
	w, lang := p.e.w, p.lang.lang()
	p.bar, p.doing = newProgress(), newWord("", theme.SizeNameText, colorMuted, false).shrinking()
	p.cancel = w.newButton(plainButton, "cross", w.t("button.cancel"), p.stop)
	p.put(newCard(column(10, para(w.t("pack.making"), toneInfo, theme.SizeNameSubHeadingText), p.bar, p.doing, container.NewHBox(p.cancel))))
	bar, doing := p.bar, p.doing
	var made *evidence.Pack
	var dir string
	p.turn.run(w.jobs, func(ctx context.Context) (err error) {
		made, err = evidence.NewPack(ctx, w.desk, evidence.PackOptions{Lang: lang, Progress: func(done, all int, name string) {
			w.jobs.onMain(func() {
				bar.set(float64(done) / float64(all))
				doing.set(name)
			})
		}})
		if err != nil {
			return err
		}
		dir = freeFolder(in, "sleutelbord-evidence-"+made.Day)
		return made.Write(dir)
	}, func(err error) {
		p.working = false
		if err != nil {
			p.begin()
			w.complain(err)
			return
		}
		p.dir = dir
		p.showMade(made)
	})
}

// stop cancels the making; nothing is left of it.
func (p *packPage) stop() {
	p.cancel.enable(false)
	if p.turn.cancel != nil {
		p.turn.cancel()
	}
}

// showMade says where the pack is, and whose key signed it.
func (p *packPage) showMade(made *evidence.Pack) {
	w := p.e.w
	p.cancel = nil
	p.open = w.newButton(primaryButton, "file", w.t("pack.open"), p.openFolder).grown()
	p.again = w.newButton(plainButton, "check", w.t("button.done"), p.begin).grown()
	top := container.NewBorder(nil, nil, container.NewVBox(newSurface(toneGood.soft(), "", 26, 12, newGlyph("done", toneGood.fore(), 28))), nil,
		padded(2, 0, 14, 0, column(6, para(w.t("pack.made", "n", len(made.Files)), toneInfo, theme.SizeNameSubHeadingText),
			para(p.dir, tonePlain, theme.SizeNameText), para(w.t("pack.made.do"), tonePlain, theme.SizeNameText))))
	p.put(column(14, newCard(top),
		w.section("lock", w.t("pack.key"), "", column(6, para(made.Fingerprint, toneInfo, theme.SizeNameText), para(w.t("pack.key.do"), tonePlain, theme.SizeNameText))),
		container.NewHBox(line(8, p.open, p.again))))
}

// openFolder shows the folder with the system's own program, and the page that
// leads through it where there is none.
func (p *packPage) openFolder() {
	w := p.e.w
	if err := w.openFile(p.dir); err != nil {
		w.o.Log.WithError(err).Warn("showing a folder")
		w.tell(toneWarn, "file", w.t("pack.not-shown"), p.dir)
	}
}
