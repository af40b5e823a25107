package window

import (
	"context"
	"strconv"
	"strings"

	"sleutelbord/app/desk"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
)

// contactFields are what residents are told about a site, in their order, and where
// it is kept.
var contactFields = []struct {
	name  string
	of    func(s *desk.Settings) *string
	lines int
}{
	{"desk", func(s *desk.Settings) *string { return &s.DeskContact }, 2},
	{"controller", func(s *desk.Settings) *string { return &s.Controller }, 1},
	{"controller-contact", func(s *desk.Settings) *string { return &s.ControllerContact }, 2},
	{"officer", func(s *desk.Settings) *string { return &s.Officer }, 1},
	{"officer-contact", func(s *desk.Settings) *string { return &s.OfficerContact }, 2},
	{"processors", func(s *desk.Settings) *string { return &s.Processors }, 2},
}

// periodFields are the site's periods and threshold, with their bounds.
var periodFields = []struct {
	name      string
	of        func(s *desk.Settings) *int
	low, high int
}{
	{"retention", func(s *desk.Settings) *int { return &s.RetentionDays }, 1, 3650},
	{"journal", func(s *desk.Settings) *int { return &s.JournalDays }, 30, 7300},
	{"small", func(s *desk.Settings) *int { return &s.SmallCount }, 2, 100},
}

// contactsPage is where the site says whom residents can ask, and for how long it
// keeps what. It stands on every receipt and in the record of processing.
type contactsPage struct {
	w       *Window
	root    *fyne.Container
	texts   map[string]*textArea
	numbers map[string]*field
	note    *prose
	noted   fyne.CanvasObject
	save    *button
	turn    turn
}

// textArea is a field of several lines; Tab leaves it.
type textArea struct{ field }

func newContactsPage(w *Window) *contactsPage {
	p := &contactsPage{w: w, texts: make(map[string]*textArea), numbers: make(map[string]*field)}
	p.save = w.newButton(primaryButton, "check", w.t("button.save"), p.store)
	p.save.enable(false)
	whom := column(8, para(w.t("evidence.contacts.do"), tonePlain, theme.SizeNameText))
	for _, f := range contactFields {
		a := w.newTextArea(f.lines, func(string) { p.check() })
		p.texts[f.name] = a
		whom.Add(w.captioned("evidence.contact."+f.name, a))
	}
	periods := column(8)
	for _, f := range periodFields {
		p.numbers[f.name] = w.newField("", func(string) { p.check() })
		p.numbers[f.name].enter = p.store
		periods.Add(w.captioned("evidence.period."+f.name, container.New(atMost{120}, p.numbers[f.name])))
	}
	p.note = newProse("", theme.SizeNameText, theme.ColorNameError, fyne.TextStyle{}, fyne.TextAlignLeading)
	p.noted = flush(p.note.RichText)
	p.noted.Hide()
	p.root = column(14, w.section("person", w.t("evidence.contacts"), "", whom), w.section("clock", w.t("evidence.periods.title"), "", periods),
		p.noted, container.NewHBox(p.save))
	return p
}

// newTextArea makes a field of several lines.
func (w *Window) newTextArea(lines int, changed func(string)) *textArea {
	a := &textArea{}
	a.escape = w.stepBack
	a.MultiLine = true
	a.init(w, "", changed)
	a.Wrapping = fyne.TextWrapWord
	a.ExtendBaseWidget(a)
	a.SetMinRowsVisible(lines)
	return a
}

// AcceptsTab implements [fyne.Tabbable]: Tab goes on to the next field.
func (a *textArea) AcceptsTab() bool { return false }

func (p *contactsPage) object() fyne.CanvasObject { return p.root }

// shown implements [subpage].
func (p *contactsPage) shown() {
	p.w.win.Canvas().Focus(p.texts[contactFields[0].name])
	read(p.w, &p.turn, p.w.desk.Settings, p.fill)
}

func (p *contactsPage) fill(s desk.Settings) {
	for _, f := range contactFields {
		p.texts[f.name].SetText(*f.of(&s))
	}
	for _, f := range periodFields {
		p.numbers[f.name].SetText(strconv.Itoa(*f.of(&s)))
	}
	p.noted.Hide()
	p.save.enable(false)
}

// check enables saving when every number is one.
func (p *contactsPage) check() {
	wrong := ""
	for _, f := range periodFields {
		n, err := strconv.Atoi(strings.TrimSpace(p.numbers[f.name].Text))
		if err != nil || n < f.low || n > f.high {
			wrong = p.w.t("evidence.period.wrong", "what", p.w.t("evidence.period."+f.name), "low", strconv.Itoa(f.low), "high", strconv.Itoa(f.high))
			break
		}
	}
	p.note.set(wrong)
	setShown(p.noted, wrong != "")
	p.save.enable(wrong == "")
	p.root.Refresh()
}

// store keeps what was typed.
func (p *contactsPage) store() {
	if p.save.Disabled() {
		return
	}
	texts, numbers := make(map[string]string), make(map[string]int)
	for name, a := range p.texts {
		texts[name] = strings.TrimSpace(a.Text)
	}
	for name, f := range p.numbers {
		n, err := strconv.Atoi(strings.TrimSpace(f.Text))
		if err != nil {
			return // check has said so
		}
		numbers[name] = n
	}
	p.save.enable(false)
	p.w.jobs.run(func(ctx context.Context) error {
		_, err := p.w.desk.ChangeSettings(ctx, func(s *desk.Settings) {
			for _, f := range contactFields {
				*f.of(s) = texts[f.name]
			}
			for _, f := range periodFields {
				*f.of(s) = numbers[f.name]
			}
		})
		return err
	}, func(err error) {
		if err != nil {
			p.save.enable(true)
			p.w.complain(err)
			return
		}
		p.w.tell(toneGood, "done", p.w.t("evidence.contacts.saved"), p.w.t("evidence.contacts.saved.do"))
	})
}
