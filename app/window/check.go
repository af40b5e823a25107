package window

import (
	"context"
	"time"

	"sleutelbord/app/desk"
	"sleutelbord/app/evidence"
	"sleutelbord/assets"
	"sleutelbord/nfc"
	"sleutelbord/nfc/keytag"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
)

// checkView checks one tag after another as anybody can: without records and
// without a key. It stands beside the board, and on the first screen.
type checkView struct {
	w    *Window
	root *fyne.Container
	lang *languageChoice
	turn turn

	looked uint64 // presentation that was checked last
	report *keytag.CheckReport
	bar    *paperBar // of the result, nil while there is none
	again  *button   // looks for a reader, nil while there is one
}

func newCheckView(w *Window) *checkView {
	v := &checkView{w: w, root: container.NewStack()}
	v.say("lay", toneInfo, w.t("check.lay"), w.t("check.lay.do"))
	return v
}

// say shows one thing to do, or that cannot be done.
func (v *checkView) say(icon string, t tone, what, do string, buttons ...fyne.CanvasObject) {
	medal := container.NewCenter(newSurface(t.soft(), "", 44, 20, newGlyph(icon, t.fore(), 46)))
	body := column(8, medal, centred(what, theme.ColorNameForeground, theme.SizeNameSubHeadingText, true), centred(do, colorMuted, theme.SizeNameText, false))
	for _, b := range buttons {
		body.Add(container.NewCenter(b))
	}
	v.root.Objects = []fyne.CanvasObject{newCard(body)}
	v.root.Refresh()
}

// told takes a new state of the reader.
func (v *checkView) told(b *bench) {
	w := v.w
	switch {
	case b.writing:
	case b.reader == nil || b.state.Err != nil || !b.state.Attached:
		v.noReader(b)
	case !b.state.Present:
		v.looked, v.again = 0, nil
		if v.report == nil {
			v.turn.next()
			v.say("lay", toneInfo, w.t("check.lay"), w.t("check.lay.do"))
		}
	case b.known || w.shell == nil: // before there is a board, nobody else looks
		if v.looked != b.state.Presentation {
			v.looked = b.state.Presentation
			v.look(b.reader)
		}
	}
}

// noReader says that there is no reader, or what is wrong with it.
func (v *checkView) noReader(b *bench) {
	p := v.w.problemWords("no-reader", nil)
	if b.state.Err != nil {
		p = v.w.problemWords(desk.Explain(b.state.Err).Code, nil)
	}
	v.looked = 0
	v.again = v.w.newButton(plainButton, "sync", v.w.t("strip.again"), v.w.chooseReader)
	v.say("reader-off", toneWarn, p.what, p.do, v.again)
}

// look checks what lies on the reader.
func (v *checkView) look(r nfc.Reader) {
	w := v.w
	v.report, v.bar, v.again = nil, nil, nil
	v.say("inspect", toneInfo, w.t("check.reading"), "")
	var report keytag.CheckReport
	v.turn.run(w.jobs, func(ctx context.Context) (err error) {
		report, err = desk.Check(ctx, r)
		return err
	}, func(err error) {
		if err != nil {
			v.failed(w.explain(err))
			return
		}
		v.show(report)
	})
}

// failed says why nothing can be said of what lies there.
func (v *checkView) failed(p problem) {
	switch p.code {
	case desk.CodeTagRemoved, desk.CodeNoTag, desk.CodeCancelled:
		v.looked = 0
		v.say("lay", toneWarn, p.what, v.w.t("check.lay"))
	default:
		v.say("tag-bad", toneWarn, p.what, p.do)
	}
}

// show shows a result, and offers it as a paper.
func (v *checkView) show(report keytag.CheckReport) {
	w := v.w
	v.report = &report
	v.lang = w.newLanguageChoice(assets.PaperLanguages())
	clock := time.Now
	if w.o.Clock != nil {
		clock = w.o.Clock
	}
	check := evidence.Check{Day: clock().Format(time.DateOnly), Passed: report.Passed(), Report: report}
	v.bar = w.newPaperBar("check", v.lang.lang, func(_ context.Context, ending, lang string) ([]byte, error) {
		if ending == ".json" {
			return check.JSON()
		}
		return check.PDF(lang)
	}, ".pdf", ".json")
	keep := w.section("file", w.t("check.keep"), "", column(8, para(w.t("check.keep.do"), tonePlain, theme.SizeNameText), w.labelled("paper.language", v.lang.choice), v.bar.object))
	chip := column(4, para(report.Chip+", "+w.t("genuine."+string(report.Genuine)), tonePlain, theme.SizeNameText), para(w.t("check.next"), tonePlain, theme.SizeNameCaptionText))
	v.root.Objects = []fyne.CanvasObject{column(14, newCard(chip), w.checkResult(report), keep)}
	v.root.Refresh()
}

// checkPane is a [checkView] beside the board.
type checkPane struct {
	w      *Window
	view   *checkView
	root   fyne.CanvasObject
	scroll *container.Scroll
}

// checkTag begins checking tags, with what lies on the reader if something does.
func (w *Window) checkTag() {
	if !w.mayBegin() {
		return
	}
	p := &checkPane{w: w, view: newCheckView(w)}
	p.scroll = container.NewVScroll(padded(0, 8, 0, 10, p.view.root))
	p.root = w.paneFrame("shield", w.t("check.tag"), "", p.scroll)
	w.shell.board.show(p)
	p.view.told(w.bench)
}

func (p *checkPane) object() fyne.CanvasObject { return p.root }
func (p *checkPane) busy() bool                { return false }

// shown implements [pane].
func (p *checkPane) shown() { p.w.win.Canvas().Focus(p.w.shell.strip.check) }

// back implements [pane].
func (p *checkPane) back() bool {
	p.view.turn.next()
	p.w.shell.board.leavePane()
	return true
}

// laid implements [onReader]: the view has been told.
func (p *checkPane) laid(desk.Inspection) bool { return true }

// lifted implements [onReader].
func (p *checkPane) lifted() {}

// checking is the view that checks tags, nil if none is on the window.
func (w *Window) checking() *checkView {
	if w.start != nil && w.start.step == stepCheck {
		return w.start.tagCheck
	}
	if w.shell != nil {
		if p, ok := w.shell.board.pane.(*checkPane); ok {
			return p.view
		}
	}
	return nil
}

// checkTag checks tags on the first screen: it needs neither records nor a
// passphrase, only a reader.
func (s *start) checkTag() {
	if s.working {
		return
	}
	w := s.w
	s.tagCheck = newCheckView(w)
	s.leave = w.newButton(plainButton, "back", w.t("button.back"), s.endCheck)
	s.put(stepCheck, w.t("check.tag"), "", s.leave, s.tagCheck.root, container.NewHBox(s.leave))
	if w.desk == nil {
		w.chooseReader()
		return
	}
	s.tagCheck.told(w.bench)
}

// endCheck goes back to where the check was begun, and lets go of the reader if
// nothing else needs it.
func (s *start) endCheck() {
	s.tagCheck.turn.next()
	s.tagCheck = nil
	if s.w.desk == nil {
		s.w.bench.use(nil)
	}
	s.begun()
}
