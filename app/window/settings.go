package window

import (
	"context"
	"slices"

	"sleutelbord/assets"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// settings is the page of what can be chosen.
type settings struct {
	w        *Window
	root     fyne.CanvasObject
	language *widget.Select
	variant  *widget.Select
	size     *widget.Select
	idle     *widget.Select
	reader   *widget.Select
	readers  []string
	turn     turn
	gateway  *gatewayForm
	care     *care
	raised   *fyne.Container
	due      *dueCard
	raise    *button
	scroll   *container.Scroll
}

// textSizes are the sizes of text that can be chosen.
var textSizes = []float32{1, 1.15, 1.3, 1.6}

func newSettings(w *Window) *settings {
	s := &settings{w: w, gateway: newGatewayForm(w), due: newDueCard(w), care: newCare(w)}
	s.language = s.choice(s.languageNames(), slices.Index(assets.Languages(), w.words.Lang()), s.setLanguage)
	variants := []variant{variantSystem, variantLight, variantDark}
	s.variant = s.choice([]string{w.t("settings.look.system"), w.t("settings.look.light"), w.t("settings.look.dark")},
		slices.Index(variants, w.look.variant), func(i int) { s.setVariant(variants[i]) })
	s.size = s.choice([]string{w.t("settings.size.normal"), w.t("settings.size.large"), w.t("settings.size.larger"), w.t("settings.size.largest")},
		slices.Index(textSizes, w.look.scale), s.setSize)
	s.reader = widget.NewSelect(nil, nil)
	s.reader.PlaceHolder = w.t("settings.reader.none")
	form := container.New(layout.NewFormLayout())
	add := func(key string, o fyne.CanvasObject) {
		form.Add(padded(8, 0, 0, 20, newWord(w.t(key), theme.SizeNameText, theme.ColorNameForeground, false)))
		form.Add(padded(2, 4, 0, 0, bordered(o)))
	}
	add("settings.language", s.language)
	add("settings.look", s.variant)
	add("settings.size", s.size)
	s.idle = s.choice(s.idleNames(), slices.Index(idleMinutes, w.idle.minutes()), s.setIdle)
	add("settings.idle", s.idle)
	if w.tray == nil {
		add("settings.reader", s.reader)
	}
	s.raised = container.NewStack(s.raiseCard())
	s.raised.Hidden = !w.site.RolledBack
	body := column(14,
		newWord(w.t("nav.settings"), theme.SizeNameHeadingText, theme.ColorNameForeground, true), s.raised, s.due.card,
		w.section("settings", w.t("settings.window"), "", form), s.siteCard(), s.care.card, s.care.passphrase, s.importCard(), s.gateway.card, s.aboutCard())
	s.scroll = container.NewVScroll(padded(14, 14, 16, 16, container.New(atMost{720}, body)))
	s.root = s.scroll
	return s
}

func (s *settings) object() fyne.CanvasObject { return s.root }

// shown implements [page].
func (s *settings) shown() {
	s.w.win.Canvas().Focus(s.language)
	s.gateway.load()
	s.due.load()
	s.raised.Hidden = !s.w.site.RolledBack
	if s.w.tray == nil {
		s.loadReaders()
	}
}

// showGateway goes to the settings of the gateway.
func (s *settings) showGateway() {
	at := s.gateway.card.Position()
	s.scroll.ScrollToOffset(fyne.NewPos(0, at.Y))
	s.w.win.Canvas().Focus(s.gateway.fields[gatewayFields[0]])
}

// choice is a choice among names.
func (s *settings) choice(names []string, chosen int, change func(i int)) *widget.Select {
	c := widget.NewSelect(names, nil)
	c.PlaceHolder = s.w.t("select.placeholder")
	if chosen >= 0 {
		c.SetSelectedIndex(chosen)
	}
	c.OnChanged = func(string) { s.w.jobs.guard(func() { change(c.SelectedIndex()) }) }
	return c
}

// languageNames are the languages by their own names.
func (s *settings) languageNames() []string {
	var names []string
	for _, l := range assets.Languages() {
		names = append(names, assets.Words(l).T("language.name", nil))
	}
	return names
}

// idleNames are the times after which the desk locks itself.
func (s *settings) idleNames() []string {
	var names []string
	for _, n := range idleMinutes {
		name := s.w.t("settings.idle.never")
		if n > 0 {
			name = s.w.t("settings.idle.minutes", "Count", n)
		}
		names = append(names, name)
	}
	return names
}

func (s *settings) setIdle(i int) {
	s.w.o.App.Preferences().SetInt(prefIdle, idleMinutes[i])
	s.w.idle.watch()
}

func (s *settings) setLanguage(i int) {
	s.w.o.App.Preferences().SetString(prefLanguage, assets.Languages()[i])
	s.change(func() {})
}

func (s *settings) setVariant(v variant) {
	s.w.o.App.Preferences().SetString(prefVariant, string(v))
	s.change(func() { s.w.look.variant = v })
}

func (s *settings) setSize(i int) {
	s.w.o.App.Preferences().SetFloat(prefScale, float64(textSizes[i]))
	s.change(func() { s.w.look.scale = textSizes[i] })
}

// change applies a choice by building the window anew, which must not happen
// to an act that is running.
func (s *settings) change(apply func()) {
	if s.w.bench.writing {
		s.w.tell(toneWarn, "warn", s.w.t("busy.writing"), s.w.t("busy.writing.do"))
		return
	}
	apply()
	s.w.rebuild()
}

// loadReaders asks for the readers that are attached.
func (s *settings) loadReaders() {
	var names []string
	mine := s.turn.next()
	s.turn.cancel = s.w.jobs.run(func(context.Context) (err error) {
		names, err = s.w.o.ListReaders()
		return err
	}, func(err error) {
		if mine != s.turn.n {
			return
		}
		s.turn.cancel = nil
		if err != nil {
			s.w.o.Log.WithError(err).Info("listing the readers")
			names = nil
		}
		s.showReaders(names)
	})
}

func (s *settings) showReaders(names []string) {
	s.readers = names
	s.reader.OnChanged = nil
	s.reader.SetOptions(names)
	if s.w.bench.reader != nil && slices.Contains(names, s.w.bench.reader.Name()) {
		s.reader.SetSelected(s.w.bench.reader.Name())
	}
	s.reader.OnChanged = func(name string) {
		s.w.jobs.guard(func() {
			s.w.o.App.Preferences().SetString(prefReader, name)
			s.w.openReader(name)
		})
	}
}

// siteCard is what there is to know of the site.
func (s *settings) siteCard() fyne.CanvasObject {
	w := s.w
	form := container.New(layout.NewFormLayout())
	add := func(key, value string) {
		form.Add(padded(3, 3, 0, 20, newWord(w.t(key), theme.SizeNameText, colorMuted, false)))
		form.Add(padded(3, 3, 0, 0, newWord(value, theme.SizeNameText, theme.ColorNameForeground, false).shrinking()))
	}
	add("settings.site.name", w.site.Name)
	add("settings.site.homes", w.count("site.homes", w.site.Homes))
	add("settings.site.locks", w.count("site.locks", w.site.Locks))
	add("settings.site.chips", w.t("policy."+string(w.site.Policy)))
	if w.throwaway == "" {
		add("settings.site.folder", w.o.Dir)
	} else {
		add("settings.site.folder", w.t("settings.site.folder.temporary"))
	}
	return w.section("building", w.t("settings.site"), "", form)
}

// raiseCard offers to deal with an older copy of the records that was put back,
// where there is one.
func (s *settings) raiseCard() fyne.CanvasObject {
	w := s.w
	s.raise = w.newButton(primaryButton, "check", w.t("rolledback.yes"), w.askRaise)
	return w.section("warn", w.t("rolledback"), "", column(8, para(w.t("rolledback.do"), toneWarn, theme.SizeNameText), container.NewHBox(s.raise)))
}

// importCard leads to importing a list.
func (s *settings) importCard() fyne.CanvasObject {
	w := s.w
	b := w.newButton(plainButton, "file", w.t("import.title"), func() {
		if w.mayBegin() {
			w.shell.board.show(newImporter(w))
		}
	})
	return w.section("file", w.t("settings.import"), "", column(8, para(w.t("settings.import.do"), tonePlain, theme.SizeNameText), container.NewHBox(b)))
}

// aboutCard says what this is.
func (s *settings) aboutCard() fyne.CanvasObject {
	w := s.w
	return w.section("info", w.t("settings.about"), "", column(6,
		para(w.t("settings.about.text", "version", w.o.Version), tonePlain, theme.SizeNameText),
		para(w.t("settings.about.font"), tonePlain, theme.SizeNameCaptionText)))
}
