package window

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// aboutPage is the sub-page that says what this is.
type aboutPage struct {
	w    *Window
	root fyne.CanvasObject
}

func newAboutPage(w *Window) *aboutPage {
	return &aboutPage{w: w, root: w.section("info", w.t("settings.about"), "", column(6,
		para(w.t("settings.about.text", "version", w.o.Version), tonePlain, theme.SizeNameText),
		para(w.t("settings.about.font"), tonePlain, theme.SizeNameCaptionText)))}
}

func (p *aboutPage) object() fyne.CanvasObject { return p.root }

// shown implements [subpage].
func (p *aboutPage) shown() { p.w.win.Canvas().Focus(p.w.shell.settings.items[subAbout]) }
