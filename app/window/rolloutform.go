package window

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"sleutelbord/app/desk"
	"sleutelbord/store"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// documentKinds in the order in which they are offered.
var documentKinds = []store.DocumentKind{
	store.DocumentAssessment, store.DocumentConsultation, store.DocumentDecision, store.DocumentEvaluation, store.DocumentOther,
}

// rolloutForm is the roll-out of one building: where it stands, what is due, a form
// for the next step, and its documents.
type rolloutForm struct {
	p    *rolloutPage
	view desk.RolloutView
	root fyne.CanvasObject

	stage                *choice
	day, version, review *field
	assessed             *fyne.Container // the fields of an assessment
	note                 *prose
	noted                fyne.CanvasObject
	save                 *button
	kind                 *choice
	add                  *button
}

func newRolloutForm(p *rolloutPage, v desk.RolloutView) *rolloutForm {
	f := &rolloutForm{p: p, view: v}
	w := p.e.w
	back := w.newButton(quietButton, "back", w.t("rollout.all"), w.escape)
	head := container.NewBorder(nil, nil, nil, back, newWord(v.Building, theme.SizeNameSubHeadingText, theme.ColorNameForeground, true).shrinking())
	body := column(14, head, f.state())
	if len(v.Reminders) > 0 {
		due := column(4)
		for _, r := range v.Reminders {
			due.Add(para(w.t("remind."+string(r)), toneWarn, theme.SizeNameText))
		}
		body.Add(w.section("warn", w.t("rollout.reminders"), "", due))
	}
	body.Add(f.step())
	body.Add(f.documents())
	f.root = body
	f.changed()
	return f
}

// state is a line for each stage, with its day.
func (f *rolloutForm) state() fyne.CanvasObject {
	w, v := f.p.e.w, f.view
	rows := column(2)
	for _, s := range desk.Stages() {
		icon, color, text := "dot", colorMuted, w.t("rollout.not-yet")
		if day := stageDays(v)[s]; day != "" {
			icon, color, text = "check", theme.ColorNameSuccess, w.words.Date(day)
		}
		rows.Add(padded(3, 3, 0, 0, container.NewBorder(nil, nil, container.New(middle{}, newGlyph(icon, color, 20)),
			newWord(text, theme.SizeNameText, colorMuted, false),
			padded(0, 0, 10, 8, newWord(w.t("stage."+string(s)), theme.SizeNameText, theme.ColorNameForeground, false).shrinking()))))
	}
	if v.Assessment != "" {
		rows.Add(padded(6, 0, 0, 0, para(w.t("rollout.version", "version", v.Assessment, "day", w.words.Date(v.Review)), tonePlain, theme.SizeNameText)))
	}
	if v.Unassessed > 0 {
		rows.Add(padded(6, 0, 0, 0, para(w.t("rollout.unassessed", "n", v.Unassessed), toneWarn, theme.SizeNameText)))
	}
	return w.section("building", w.t("rollout.state"), "", rows)
}

// step is the form for a step.
func (f *rolloutForm) step() fyne.CanvasObject {
	w := f.p.e.w
	var names []string
	next := 0
	for i, s := range desk.Stages() {
		names = append(names, w.t("stage."+string(s)))
		if stageDays(f.view)[s] != "" {
			next = min(i+1, len(desk.Stages())-1)
		}
	}
	f.stage = w.newChoice(names, next, func(int) { f.changed() })
	typed := func(string) { f.changed() }
	f.day, f.version, f.review = w.newField(w.t("rollout.day.hint"), typed), w.newField("1.0", typed), w.newField(w.t("rollout.review.hint"), typed)
	for _, x := range []*field{f.day, f.version, f.review} {
		x.enter = f.store
	}
	f.save = w.newButton(primaryButton, "check", w.t("rollout.note"), f.store)
	f.note = newProse("", theme.SizeNameText, theme.ColorNameError, fyne.TextStyle{}, fyne.TextAlignLeading)
	f.noted = flush(f.note.RichText)
	f.assessed = column(8, w.captioned("rollout.assessment", f.version), w.captioned("rollout.review", f.review))
	return w.section("plus", w.t("rollout.step"), "", column(8, w.captioned("rollout.stage", bordered(f.stage)), w.captioned("rollout.day", f.day), f.assessed,
		f.noted, container.NewHBox(f.save)))
}

// chosen is the step as it was typed, or a word of the lexicon for what is wrong.
func (f *rolloutForm) chosen() (s desk.RolloutStep, wrong string) {
	s.Stage = desk.Stages()[max(f.stage.SelectedIndex(), 0)]
	var err error
	if s.Day, err = parseDay(f.day.Text); err != nil {
		return s, "rollout.day.wrong"
	}
	if s.Stage != desk.StageAssessed {
		return s, ""
	}
	s.Assessment = strings.TrimSpace(f.version.Text)
	if s.Review, err = parseDay(f.review.Text); err != nil {
		return s, "rollout.day.wrong"
	}
	if s.Assessment == "" || s.Review.IsZero() {
		return s, "rollout.assessment.needed"
	}
	return s, ""
}

// changed says what is still missing.
func (f *rolloutForm) changed() {
	s, wrong := f.chosen()
	setShown(f.assessed, s.Stage == desk.StageAssessed)
	f.note.set("")
	if wrong == "rollout.day.wrong" {
		f.note.set(f.p.e.w.t(wrong))
	}
	setShown(f.noted, f.note.part.Text != "")
	f.save.enable(wrong == "")
	if f.root != nil {
		f.root.Refresh()
	}
}

// store notes the step.
func (f *rolloutForm) store() {
	s, wrong := f.chosen()
	if wrong != "" || f.save.Disabled() {
		return
	}
	f.save.enable(false)
	w := f.p.e.w
	w.jobs.run(func(ctx context.Context) error {
		_, err := w.desk.SetRollout(ctx, f.view.Building, s)
		return err
	}, func(err error) {
		if err != nil {
			f.save.enable(true)
			w.complain(err)
			return
		}
		f.p.load()
	})
}

// documents are the building's documents by their hashes.
func (f *rolloutForm) documents() fyne.CanvasObject {
	w := f.p.e.w
	rows := column(6, para(w.t("rollout.documents.do"), tonePlain, theme.SizeNameText))
	for _, d := range f.view.Documents {
		rows.Add(widget.NewSeparator())
		rows.Add(column(1,
			newWord(d.Name, theme.SizeNameText, theme.ColorNameForeground, true).shrinking(),
			newWord(w.t("document."+string(d.Kind))+" · "+w.words.Date(d.Added), theme.SizeNameCaptionText, colorMuted, false).shrinking(),
			para("SHA-256 "+spacedHash(d.SHA256), tonePlain, theme.SizeNameCaptionText)))
	}
	var names []string
	for _, k := range documentKinds {
		names = append(names, w.t("document."+string(k)))
	}
	f.kind = w.newChoice(names, 0, func(int) {})
	f.add = w.newButton(plainButton, "file", w.t("rollout.documents.add"), func() { w.askFile(nil, f.addDocument) })
	rows.Add(gap(1, 2))
	rows.Add(w.labelled("rollout.documents.kind", f.kind))
	rows.Add(container.NewHBox(f.add))
	return w.section("file", w.t("rollout.documents"), "", rows)
}

// spacedHash is a hash in groups, so that it can be read and can be broken over
// lines.
func spacedHash(hex string) string {
	var groups []string
	for len(hex) > 8 {
		groups = append(groups, hex[:8])
		hex = hex[8:]
	}
	return strings.Join(append(groups, hex), " ")
}

// addDocument notes a document by the hash of a file.
func (f *rolloutForm) addDocument(name string) {
	w, kind := f.p.e.w, documentKinds[max(f.kind.SelectedIndex(), 0)]
	f.add.enable(false)
	w.jobs.run(func(ctx context.Context) (err error) {
		file, err := os.Open(name)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, file.Close()) }()
		_, err = w.desk.AddDocument(ctx, f.view.Building, kind, filepath.Base(name), file)
		return err
	}, func(err error) {
		f.add.enable(true)
		if err != nil {
			w.complain(err)
			return
		}
		f.p.load()
	})
}

// dayForms are how people type a day: as the record has it, and as it is written in
// the Netherlands and in Germany.
var dayForms = []string{time.DateOnly, "2-1-2006", "2.1.2006"}

// parseDay reads a day; nothing typed is no day.
func parseDay(text string) (time.Time, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return time.Time{}, nil
	}
	for _, form := range dayForms {
		if t, err := time.Parse(form, text); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is not a day", text)
}
