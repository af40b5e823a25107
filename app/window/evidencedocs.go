package window

import (
	"context"
	"os"

	"sleutelbord/app/evidence"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// officePapers are the papers for officers and councils, with the forms in which
// each can be had.
var officePapers = []struct {
	name    string
	icon    string
	endings []string
	make    func(ctx context.Context, w *Window, ending, lang string) ([]byte, error)
}{
	{"record", "file", []string{".pdf", ".ods", ".csv", ".json"}, makeRecord},
	{"annex", "file", []string{".pdf", ".ods", ".json"}, makeAnnex},
	{"evaluation", "both", []string{".pdf", ".json"}, makeEvaluation},
	{"journal", "keys", []string{".pdf", ".csv", ".json"}, makeJournal},
}

func makeRecord(ctx context.Context, w *Window, ending, lang string) ([]byte, error) {
	r, err := evidence.NewRecord(ctx, w.desk)
	switch {
	case err != nil:
		return nil, err
	case ending == ".ods":
		return r.ODS(lang)
	case ending == ".csv":
		return r.CSV()
	case ending == ".json":
		return r.JSON()
	}
	return r.PDF(lang)
}

func makeAnnex(ctx context.Context, w *Window, ending, lang string) ([]byte, error) {
	r, err := evidence.NewRecord(ctx, w.desk)
	switch {
	case err != nil:
		return nil, err
	case ending == ".ods":
		return r.AnnexODS(lang)
	case ending == ".json":
		return r.AnnexJSON(lang)
	}
	return r.AnnexPDF(lang)
}

func makeEvaluation(ctx context.Context, w *Window, ending, lang string) ([]byte, error) {
	e, err := evidence.NewEvaluation(ctx, w.desk)
	switch {
	case err != nil:
		return nil, err
	case ending == ".json":
		return e.JSON()
	}
	return e.PDF(lang)
}

func makeJournal(ctx context.Context, w *Window, ending, lang string) ([]byte, error) {
	j, err := evidence.NewJournal(ctx, w.desk)
	switch {
	case err != nil:
		return nil, err
	case ending == ".csv":
		return j.CSV()
	case ending == ".json":
		return j.JSON()
	}
	return j.PDF(lang)
}

// documentsPage offers the papers for officers and councils one by one, and what
// changed since an older record of processing.
type documentsPage struct {
	w    *Window
	root *fyne.Container
	lang *languageChoice
	bars map[string]*paperBar

	older, newer         *button
	oldRecord, newRecord *evidence.Record // nil newRecord is what is stored now
	oldNamed, newNamed   *word
	changes              *fyne.Container
	bar                  *paperBar // of the changes, nil while there are none
}

func newDocumentsPage(w *Window) *documentsPage {
	p := &documentsPage{w: w, bars: make(map[string]*paperBar), changes: container.NewStack()}
	p.lang = w.officeLanguage()
	p.root = column(14, w.labelled("paper.language", p.lang.choice))
	for _, x := range officePapers {
		bar := w.newPaperBar(x.name, p.lang.lang, func(ctx context.Context, ending, lang string) ([]byte, error) {
			return x.make(ctx, w, ending, lang)
		}, x.endings...)
		p.bars[x.name] = bar
		p.root.Add(w.section(x.icon, w.t("evidence.paper."+x.name), "", column(8, para(w.t("evidence.paper."+x.name+".do"), tonePlain, theme.SizeNameText), bar.object)))
	}
	p.root.Add(p.changesCard())
	return p
}

func (p *documentsPage) object() fyne.CanvasObject { return p.root }

// shown implements [subpage].
func (p *documentsPage) shown() { p.w.win.Canvas().Focus(p.lang) }

// changesCard compares two records of processing.
func (p *documentsPage) changesCard() fyne.CanvasObject {
	w := p.w
	p.older = w.newButton(plainButton, "file", w.t("changes.older"), func() {
		p.choose(func(r *evidence.Record) {
			p.oldRecord = r
			p.oldNamed.set(w.t("changes.of", "day", w.words.Date(r.Day)))
		})
	})
	p.newer = w.newButton(quietButton, "file", w.t("changes.newer"), func() {
		p.choose(func(r *evidence.Record) {
			p.newRecord = r
			p.newNamed.set(w.t("changes.of", "day", w.words.Date(r.Day)))
		})
	})
	p.oldNamed = newWord(w.t("changes.older.none"), theme.SizeNameText, colorMuted, false)
	p.newNamed = newWord(w.t("changes.now"), theme.SizeNameText, colorMuted, false)
	return w.section("sync", w.t("changes.title"), "", column(8, para(w.t("changes.do"), tonePlain, theme.SizeNameText),
		container.NewHBox(line(10, p.older, p.oldNamed)), container.NewHBox(line(10, p.newer, p.newNamed)), p.changes))
}

// choose asks for a record of processing that was written as JSON.
func (p *documentsPage) choose(take func(r *evidence.Record)) {
	p.w.askFile([]string{".json"}, func(path string) { p.read(path, take) })
}

// read reads a record of processing, and compares if there is an older one.
func (p *documentsPage) read(name string, take func(r *evidence.Record)) {
	var r evidence.Record
	p.w.jobs.run(func(context.Context) error {
		b, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		r, err = evidence.ParseRecord(b)
		return err
	}, func(err error) {
		if err != nil {
			p.w.complain(err)
			return
		}
		take(&r)
		p.compare()
	})
}

// compare shows what changed from the older record to the newer, or to now.
func (p *documentsPage) compare() {
	if p.oldRecord == nil {
		return
	}
	w, from, to := p.w, *p.oldRecord, p.newRecord
	var c evidence.Changes
	find := func(ctx context.Context) (evidence.Changes, error) {
		now := to
		if now == nil {
			r, err := evidence.NewRecord(ctx, w.desk)
			if err != nil {
				return evidence.Changes{}, err
			}
			now = &r
		}
		return evidence.Changed(from, *now), nil
	}
	w.jobs.run(func(ctx context.Context) (err error) {
		c, err = find(ctx)
		return err
	}, func(err error) {
		if err != nil {
			w.complain(err)
			return
		}
		p.bar = w.newPaperBar("changes", p.lang.lang, func(ctx context.Context, ending, lang string) ([]byte, error) {
			c, err := find(ctx)
			switch {
			case err != nil:
				return nil, err
			case ending == ".json":
				return c.JSON()
			}
			return c.PDF(lang)
		}, ".pdf", ".json")
		p.changes.Objects = []fyne.CanvasObject{p.differences(c)}
		p.root.Refresh()
	})
}

// settingWords are the words for settings by their names in a record.
var settingWords = map[string]string{
	"controller": "evidence.contact.controller", "controller_contact": "evidence.contact.controller-contact",
	"officer": "evidence.contact.officer", "officer_contact": "evidence.contact.officer-contact",
	"desk_contact": "evidence.contact.desk", "processors": "evidence.contact.processors",
	"retention_days": "evidence.period.retention", "journal_days": "evidence.period.journal", "small_count": "evidence.period.small",
}

// differences lists what changed.
func (p *documentsPage) differences(c evidence.Changes) fyne.CanvasObject {
	w := p.w
	rows := column(4, widget.NewSeparator(), para(w.t("changes.between", "from", w.words.Date(c.From), "to", w.words.Date(c.To)), toneInfo, theme.SizeNameText))
	n := 0
	add := func(kind, name string, fields []string) {
		if n++; n > maxListed {
			return
		}
		rows.Add(column(1, newWord(w.t("changes.kind."+kind)+" · "+name, theme.SizeNameText, theme.ColorNameForeground, true).shrinking()))
		for _, f := range fields {
			rows.Add(para(f, tonePlain, theme.SizeNameCaptionText))
		}
	}
	for _, list := range [][]evidence.Change{c.Settings, c.Rollouts, c.Columns} {
		for _, x := range list {
			name := x.Name()
			if x.Setting != "" {
				name = w.t(settingWords[x.Setting])
			}
			add(x.Kind, name, x.Fields)
		}
	}
	switch {
	case n == 0:
		rows.Add(para(w.t("changes.nothing"), toneGood, theme.SizeNameText))
	case n > maxListed:
		rows.Add(para(w.t("changes.more", "n", n-maxListed), tonePlain, theme.SizeNameText))
	}
	rows.Add(p.bar.object)
	return rows
}
