package window

import (
	"context"
	"slices"

	"sleutelbord/app/sound"
	"sleutelbord/assets"

	"fyne.io/fyne/v2"
)

// computerPage is the sub-page of what is chosen for this computer alone.
type computerPage struct {
	w        *Window
	root     fyne.CanvasObject
	language *choice
	variant  *choice
	size     *choice
	idle     *choice
	sounds   *choice
	reader   *choice
	readers  []string
	turn     turn
}

// textSizes are the sizes of text that can be chosen.
var textSizes = []float32{1, 1.15, 1.3, 1.6, 2}

func newComputerPage(w *Window) *computerPage {
	p := &computerPage{w: w}
	p.language = w.newChoice(languageNames(), slices.Index(assets.Languages(), w.words.Lang()), p.setLanguage)
	variants := []variant{variantSystem, variantLight, variantDark}
	p.variant = w.newChoice([]string{w.t("settings.look.system"), w.t("settings.look.light"), w.t("settings.look.dark")},
		slices.Index(variants, w.look.variant), func(i int) { p.setVariant(variants[i]) })
	p.size = w.newChoice([]string{w.t("settings.size.normal"), w.t("settings.size.large"), w.t("settings.size.larger"), w.t("settings.size.largest"), w.t("settings.size.double")},
		slices.Index(textSizes, w.look.scale), p.setSize)
	p.sounds = w.newChoice([]string{w.t("settings.sound.on"), w.t("settings.sound.off")}, slices.Index([]bool{true, false}, w.audible()), p.setSound)
	p.idle = w.newChoice(p.idleNames(), slices.Index(idleMinutes, w.idle.minutes()), p.setIdle)
	p.reader = w.newSelect(nil)
	p.reader.PlaceHolder = w.t("settings.reader.none")
	form := newSheetForm(w)
	form.choice("settings.language", p.language)
	form.choice("settings.look", p.variant)
	form.choice("settings.size", p.size)
	form.choice("settings.idle", p.idle)
	form.choice("settings.sound", p.sounds)
	if w.tray == nil {
		form.choice("settings.reader", p.reader)
	}
	p.root = column(14, w.section("settings", w.t("settings.window"), "", form.box))
	return p
}

func (p *computerPage) object() fyne.CanvasObject { return p.root }

// shown implements [subpage].
func (p *computerPage) shown() {
	p.w.win.Canvas().Focus(p.language)
	if p.w.tray == nil {
		p.loadReaders()
	}
}

// languageNames are the languages by their own names.
func languageNames() []string {
	var names []string
	for _, l := range assets.Languages() {
		names = append(names, assets.Words(l).T("language.name", nil))
	}
	return names
}

// idleNames are the times after which the desk locks itself.
func (p *computerPage) idleNames() []string {
	var names []string
	for _, n := range idleMinutes {
		name := p.w.t("settings.idle.never")
		if n > 0 {
			name = p.w.t("settings.idle.minutes", "Count", n)
		}
		names = append(names, name)
	}
	return names
}

func (p *computerPage) setIdle(i int) {
	p.w.o.App.Preferences().SetInt(prefIdle, idleMinutes[i])
	p.w.idle.watch()
}

// setSound switches the sounds on, and lets one be heard, or off.
func (p *computerPage) setSound(i int) {
	p.w.o.App.Preferences().SetBool(prefSound, i == 0)
	p.w.sound(sound.Ready)
}

func (p *computerPage) setLanguage(i int) {
	p.w.o.App.Preferences().SetString(prefLanguage, assets.Languages()[i])
	p.change(p.w.rebuild)
}

func (p *computerPage) setVariant(v variant) {
	p.w.o.App.Preferences().SetString(prefVariant, string(v))
	p.change(func() {
		p.w.look.variant = v
		p.w.rebuild()
	})
}

func (p *computerPage) setSize(i int) {
	p.change(func() { p.w.setScale(textSizes[i]) })
}

// change applies a choice by building the window anew, which must not happen
// to an act that is running.
func (p *computerPage) change(apply func()) {
	if !p.w.saidWriting() {
		apply()
	}
}

// loadReaders asks for the readers that are attached.
func (p *computerPage) loadReaders() {
	var names []string
	p.turn.run(p.w.jobs, func(context.Context) (err error) {
		names, err = p.w.o.ListReaders()
		return err
	}, func(err error) {
		if err != nil {
			p.w.o.Log.WithError(err).Info("listing the readers")
			names = nil
		}
		p.showReaders(names)
	})
}

func (p *computerPage) showReaders(names []string) {
	p.readers = names
	p.reader.OnChanged = nil
	p.reader.SetOptions(names)
	if p.w.bench.reader != nil && slices.Contains(names, p.w.bench.reader.Name()) {
		p.reader.SetSelected(p.w.bench.reader.Name())
	}
	p.reader.OnChanged = func(name string) {
		p.w.jobs.guard(func() {
			p.w.o.App.Preferences().SetString(prefReader, name)
			p.w.openReader(name)
		})
	}
}
