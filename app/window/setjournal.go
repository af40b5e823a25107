package window

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"sleutelbord/app/desk"
	"sleutelbord/assets"
	"sleutelbord/store"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
)

// journalStep is how many acts are shown at first, and how many more at a time.
const journalStep = 50

// journalPage is the sub-page of what was done to the keys, and by whom.
type journalPage struct {
	w    *Window
	root fyne.CanvasObject
	turn turn

	asked   int // how many acts are asked for
	entries []desk.JournalEntry
	list    *fyne.Container
	more    *button

	verify, export, prune *button
	verdict               *fyne.Container
	period                *prose
}

func newJournalPage(w *Window) *journalPage {
	p := &journalPage{w: w, asked: journalStep, list: column(0), verdict: container.NewStack()}
	p.more = w.newButton(plainButton, "", w.t("journal.more"), func() { p.asked += journalStep; p.load() })
	p.more.Hide()
	p.verify = w.newButton(primaryButton, "check", w.t("journal.verify"), p.check)
	p.export = w.newButton(plainButton, "file", w.t("journal.export"), func() { w.askFolder(w.t("locks.write.here"), p.exportTo) })
	p.prune = w.newButton(dangerButton, "cross", w.t("journal.prune"), p.askPrune)
	p.prune.enable(w.custodian())
	p.verdict.Hide()
	p.period = newProse("", theme.SizeNameText, colorMuted, fyne.TextStyle{}, fyne.TextAlignLeading)
	whole := w.section("shield", w.t("journal.whole"), "", column(8, para(w.t("journal.whole.do"), tonePlain, theme.SizeNameText),
		p.verdict, container.NewHBox(p.verify, p.export)))
	old := column(8, flush(p.period.RichText), container.NewHBox(p.prune))
	if note := w.custodianNote(); note != nil {
		old.Objects = slices.Insert(old.Objects, 0, note)
	}
	p.root = column(14, w.section("clock", w.t("journal.title"), "", column(10, para(w.t("journal.title.do"), tonePlain, theme.SizeNameText), p.list, container.NewHBox(p.more))),
		whole, w.section("cross", w.t("journal.old"), "", old))
	return p
}

func (p *journalPage) object() fyne.CanvasObject { return p.root }

// shown implements [subpage].
func (p *journalPage) shown() {
	p.w.win.Canvas().Focus(p.verify)
	p.load()
}

// load reads the newest acts, and how long they are kept.
func (p *journalPage) load() {
	var settings desk.Settings
	n := p.asked
	read(p.w, &p.turn, func(ctx context.Context) (entries []desk.JournalEntry, err error) {
		if entries, err = p.w.desk.Journal(ctx, n+1); err == nil { // one more: is there any?
			settings, err = p.w.desk.Settings(ctx)
		}
		return entries, err
	}, func(entries []desk.JournalEntry) {
		p.more.Hidden = len(entries) <= n
		p.entries = entries[:min(n, len(entries))]
		p.period.set(p.w.count("journal.old.do", settings.JournalDays))
		p.show()
	})
}

// show shows the acts, the newest first, below their days.
func (p *journalPage) show() {
	w, day := p.w, "-"
	p.list.RemoveAll()
	for _, e := range p.entries {
		if e.Day != day {
			day = e.Day
			title := w.words.Date(day)
			if e.Erased {
				title = w.t("journal.erased.day")
			}
			p.list.Add(padded(10, 2, 0, 0, newWord(title, theme.SizeNameCaptionText, colorMuted, true)))
		}
		p.list.Add(p.line(e))
	}
	p.root.Refresh()
}

// line is one act.
func (p *journalPage) line(e desk.JournalEntry) fyne.CanvasObject {
	w := p.w
	number := newWord(w.t("journal.number", "n", int(e.Seq)), theme.SizeNameCaptionText, colorMuted, false)
	what := newWord(w.actWords(e), theme.SizeNameText, theme.ColorNameForeground, false).shrinking()
	who := e.Operator
	if e.Desk > 0 {
		who = w.t("journal.who", "name", e.Operator, "desk", int(e.Desk))
	}
	if e.Erased {
		who = ""
	}
	right := newWord(who, theme.SizeNameCaptionText, colorMuted, false)
	return padded(2, 2, 0, 0, container.NewBorder(nil, nil, container.New(atLeast{54}, container.New(middle{}, number)), container.New(middle{}, right), container.New(middle{}, what)))
}

// actWords are an act in words, and what it was done to.
func (w *Window) actWords(e desk.JournalEntry) string {
	if e.Erased {
		return w.t("journal.erased")
	}
	act := e.Act
	if office := assets.Office(w.words.Lang()); office.Has("act." + act) {
		act = office.T("act."+act, nil)
	}
	return w.t("journal.act", "act", act, "subject", w.subjectWords(e.Subject))
}

// subjectWords is what an act was done to: how many of something, or somebody
// who got a role, in words; what else is kept are names.
func (w *Window) subjectWords(subject string) string {
	first, second, _ := strings.Cut(subject, " ")
	if n, err := strconv.Atoi(first); err == nil && w.words.Has("journal.subject."+second) {
		return w.count("journal.subject."+second, n)
	}
	if slices.Contains(roles, store.Role(first)) && second != "" {
		return second + ", " + w.t("people.role."+first)
	}
	return subject
}

// check makes sure that nothing in the journal was changed.
func (p *journalPage) check() {
	p.verify.enable(false)
	var r desk.JournalReport
	p.w.jobs.run(func(ctx context.Context) (err error) {
		r, err = p.w.desk.VerifyJournal(ctx)
		return err
	}, func(err error) {
		p.verify.enable(true)
		if err != nil {
			q := p.w.explain(err)
			p.judge(toneBad, "warn", q.what, q.do)
			return
		}
		p.judge(toneGood, "done", p.w.count("journal.good", int(r.Entries)), p.report(r))
	})
}

// report is what the journal says about itself, in words.
func (p *journalPage) report(r desk.JournalReport) string {
	return p.w.t("journal.report", "signed", int(r.Signed), "erased", int(r.Erased), "desks", len(r.Desks), "head", r.Head[:min(16, len(r.Head))])
}

// judge shows what the check has found.
func (p *journalPage) judge(t tone, icon, what, more string) {
	text := column(4, para(what, t, theme.SizeNameSubHeadingText), para(more, toneInfo, theme.SizeNameText))
	body := container.NewBorder(nil, nil, container.NewVBox(newGlyph(icon, t.fore(), 26)), nil, padded(0, 0, 10, 0, text))
	p.verdict.Objects = []fyne.CanvasObject{newSurface(t.soft(), "", 10, 12, body)}
	p.verdict.Show()
	p.root.Refresh()
}

// exportTo writes the journal into a folder.
func (p *journalPage) exportTo(dir string) {
	p.export.enable(false)
	var file string
	var r desk.JournalReport
	p.w.jobs.run(func(ctx context.Context) (err error) {
		file, r, err = p.w.desk.ExportJournalTo(ctx, dir)
		return err
	}, func(err error) {
		p.export.enable(true)
		if err != nil {
			p.w.complain(err)
			return
		}
		p.w.tell(toneGood, "done", p.w.t("journal.exported"), p.w.t("journal.exported.do", "file", file, "head", r.Head))
	})
}

// askPrune asks whether what is past its period shall be erased.
func (p *journalPage) askPrune() {
	w := p.w
	w.ask("cross", w.t("journal.prune.ask"), w.t("journal.prune.ask.do"), w.t("journal.prune.yes"), func() {
		var erased int64
		w.askConsent(w.t("journal.prune.ask"), func(ctx context.Context, a desk.Approval) (err error) {
			erased, err = w.desk.PruneJournal(ctx, a)
			return err
		}, func(ok bool) {
			if ok {
				p.load()
				w.tell(toneGood, "done", w.count("journal.pruned", int(erased)), w.t("journal.pruned.do"))
			}
		})
	})
}
