package window

import (
	"context"
	"strconv"
	"strings"

	"sleutelbord/app/desk"
	"sleutelbord/store"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
)

// maxSheets is how many sheets a set has at most, and minSheets at least.
const minSheets, maxSheets = 2, 15

// sheetMaker leads through putting the site's keys on paper: how many sheets and
// for whom, printing or saving them, and entering them again. Only then it is
// done.
type sheetMaker struct {
	w *Window
	// leave is called at the end, or when the maker is left before.
	leave func()
	root  *fyne.Container

	of, need *choice
	names    *fyne.Container
	keepers  []*field
	explain  *prose
	make     *button
	later    *button // leaves
	working  bool

	made                            desk.SharesMade // none before they are
	kept                            bool            // on paper, or in a folder that somebody chose
	note                            *fyne.Container
	print, save, check, done, erase *button
	saved                           []string     // files that somebody chose to have
	entry                           *sharesEntry // while shares are entered
}

// newSheetMaker begins; away are the words of the button that leaves at once.
func (w *Window) newSheetMaker(away string, leave func()) *sheetMaker {
	m := &sheetMaker{w: w, leave: leave, root: container.NewStack(), names: container.New(&pairs{space: 6, least: 200})}
	numbers := func(from, to int) (all []string) {
		for n := from; n <= to; n++ {
			all = append(all, strconv.Itoa(n))
		}
		return all
	}
	m.of = w.newSelect(numbers(minSheets, maxSheets))
	m.need = w.newSelect(numbers(minSheets, maxSheets))
	m.explain = newProse("", theme.SizeNameText, theme.ColorNameForeground, fyne.TextStyle{}, fyne.TextAlignLeading)
	m.make = w.newButton(primaryButton, "keys", w.t("shares.make.yes"), m.begin).grown()
	m.later = w.newButton(quietButton, "back", away, m.away)
	m.of.SetSelected("3")
	m.need.SetSelected("2")
	m.counted()
	m.of.OnChanged = func(string) { w.jobs.guard(m.counted) }
	m.need.OnChanged = func(string) { w.jobs.guard(m.counted) }
	m.choose()
	return m
}

func (m *sheetMaker) object() fyne.CanvasObject { return m.root }

// shown sets the focus.
func (m *sheetMaker) shown() {
	switch {
	case m.done != nil:
		m.w.win.Canvas().Focus(m.done)
	case m.entry != nil:
		m.entry.shown()
	case m.print != nil && m.kept:
		m.w.win.Canvas().Focus(m.check)
	case m.print != nil:
		m.w.win.Canvas().Focus(m.print)
	default:
		m.w.win.Canvas().Focus(m.of)
	}
}

func (m *sheetMaker) put(objects ...fyne.CanvasObject) {
	m.root.Objects = []fyne.CanvasObject{column(12, objects...)}
	m.root.Refresh()
}

// choose asks how many sheets there shall be.
func (m *sheetMaker) choose() {
	w := m.w
	m.put(para(w.t("shares.make.do"), tonePlain, theme.SizeNameText),
		container.New(&pairs{space: 10, least: 200}, w.captioned("shares.make.of", bordered(m.of)), w.captioned("shares.make.need", bordered(m.need))),
		flush(m.explain.RichText),
		column(3, newWord(w.t("shares.make.who"), theme.SizeNameCaptionText, colorMuted, false), m.names,
			para(w.t("shares.make.who.do"), tonePlain, theme.SizeNameCaptionText)),
		flowing(8, m.make, m.later))
}

// numbers are what was chosen.
func (m *sheetMaker) numbers() (need, of int) {
	return m.need.SelectedIndex() + minSheets, m.of.SelectedIndex() + minSheets
}

// counted says what the numbers mean, and has as many names as sheets.
func (m *sheetMaker) counted() {
	need, of := m.numbers()
	for len(m.keepers) < of {
		f := m.w.newField(m.w.t("shares.make.keeper", "share", len(m.keepers)+1), nil)
		f.limit = desk.MaxKeeper
		m.keepers = append(m.keepers, f)
	}
	m.names.RemoveAll()
	for _, f := range m.keepers[:of] {
		m.names.Add(f)
	}
	text := m.w.t("shares.make.numbers", "need", need, "of", of, "Count", need-1)
	switch {
	case need > of:
		text = m.w.t("shares.make.too-many")
	case need == of:
		text = m.w.t("shares.make.all", "of", of)
	}
	m.explain.part.Style.ColorName = theme.ColorNameForeground
	if need >= of {
		m.explain.part.Style.ColorName = theme.ColorNameWarning
	}
	m.explain.set(text)
	m.make.enable(need <= of)
	m.root.Refresh()
}

// away implements [safeAct]: it leaves, after asking where something would be lost.
func (m *sheetMaker) away() {
	w, made := m.w, m.made.Set != ""
	switch {
	case m.working:
	case m.entry != nil && made: // back to the sheets
		m.entry.leave(func() {
			m.entry = nil
			m.showMade()
		})
	case m.entry != nil:
		m.entry.leave(m.end)
	case made && !m.kept:
		w.ask("keys", w.t("shares.leave"), w.t("shares.leave.do"), w.t("shares.leave.yes"), m.end)
	default:
		m.end()
	}
}

// end forgets what was only meant for paper.
func (m *sheetMaker) end() {
	m.w.eraseSheets()
	m.leave()
}

// begin makes the sheets. Where a token has the keys, it does not give them
// back: then shares of an earlier set are asked for first.
func (m *sheetMaker) begin() {
	if need, of := m.numbers(); m.working || need > of {
		return
	}
	m.hold(true)
	var keys desk.KeysView
	m.w.jobs.run(func(ctx context.Context) (err error) {
		keys, err = m.w.desk.Keys(ctx)
		return err
	}, func(err error) {
		m.hold(false)
		switch {
		case err != nil:
			m.w.complain(err)
		case keys.Kind == store.TokenCustodyKind:
			m.askEarlier()
		default:
			m.store()
		}
	})
}

// askEarlier takes shares of an earlier set.
func (m *sheetMaker) askEarlier() {
	w := m.w
	m.make = w.newButton(primaryButton, "keys", w.t("shares.make.yes"), m.store).grown()
	m.make.enable(false)
	m.entry = w.newSharesEntry("", func() {
		m.make.enable(true)
		w.win.Canvas().Focus(m.make)
	})
	m.put(para(w.t("shares.earlier"), toneInfo, theme.SizeNameText), m.entry.object(), flowing(8, m.make, m.later))
	m.entry.shown()
}

// spec is what was chosen.
func (m *sheetMaker) spec() desk.SharesSpec {
	need, of := m.numbers()
	s := desk.SharesSpec{Threshold: need, Of: of, Lang: m.w.words.Lang(), Dir: m.w.sheets}
	for _, f := range m.keepers[:of] {
		s.Keepers = append(s.Keepers, strings.TrimSpace(f.Text))
	}
	return s
}

// store makes the sheets.
func (m *sheetMaker) store() {
	w := m.w
	if m.working || m.entry != nil && !m.entry.complete() {
		return
	}
	if err := w.makeSheetFolder(); err != nil {
		w.complain(err)
		return
	}
	spec := m.spec()
	work := func(ctx context.Context, a desk.Approval, e *desk.EnteredShares) (err error) {
		spec.Approval, spec.From = a, e
		m.made, err = w.desk.MakeShares(ctx, spec)
		return err
	}
	done := func(ok bool) {
		m.hold(false)
		if !ok {
			w.eraseSheets()
			m.make.enable(m.entry == nil || m.entry.complete())
			return
		}
		m.entry = nil
		m.showMade()
	}
	m.hold(true)
	if m.entry != nil {
		m.entry.approve(w.t("shares.make"), work, done)
		return
	}
	w.askConsent(w.t("shares.make"), func(ctx context.Context, a desk.Approval) error { return work(ctx, a, nil) }, done)
}

func (m *sheetMaker) hold(on bool) {
	m.working = on
	m.make.enable(!on)
	m.later.enable(!on)
}
