package window

import (
	"context"
	"strings"

	"sleutelbord/app/desk"
	"sleutelbord/nfc/keytag"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// inspectAct shows what lies on the reader, or asks for something to look at.
func (w *Window) inspectAct() {
	if !w.mayBegin() {
		return
	}
	if w.bench.known && w.bench.state.Present {
		w.showTag()
		return
	}
	w.shell.board.show(newLookPane(w))
}

// lookPane asks for a tag to look at.
type lookPane struct {
	emptyPane
}

func newLookPane(w *Window) *lookPane {
	medal := container.NewCenter(newSurface(colorInfoSoft, "", 56, 26, newGlyph("inspect", theme.ColorNamePrimary, 60)))
	body := column(8, medal, centred(w.t("inspect.lay"), theme.ColorNameForeground, sizeBig, true), centred(w.t("inspect.lay.do"), colorMuted, theme.SizeNameSubHeadingText, false))
	card := newCard(container.NewVBox(layout.NewSpacer(), body, layout.NewSpacer()))
	return &lookPane{emptyPane{w: w, root: w.paneFrame("inspect", w.t("act.inspect"), "", card)}}
}

// back implements [pane].
func (p *lookPane) back() bool {
	p.w.shell.board.leavePane()
	return true
}

// laid implements [onReader].
func (p *lookPane) laid(in desk.Inspection) bool {
	p.w.shell.board.show(newTagPane(p.w, in))
	return true
}

// lifted implements [onReader].
func (p *lookPane) lifted() {}

// tagPane shows what lies on the reader, and offers what can be done with it.
type tagPane struct {
	w      *Window
	in     desk.Inspection
	root   fyne.CanvasObject
	acts   []*button
	check  *button
	renew  *button // nil unless the tag should be written anew
	body   *fyne.Container
	found  *fyne.Container
	scroll *container.Scroll
}

func newTagPane(w *Window, in desk.Inspection) *tagPane {
	p := &tagPane{w: w, in: in, found: container.NewStack()}
	st := w.stateOfThing(in)
	medal := container.NewVBox(newSurface(st.tone.soft(), "", 32, 16, newGlyph(st.icon, st.tone.fore(), 32)))
	text := column(4, para(st.text, toneInfo, theme.SizeNameSubHeadingText), para(w.chipWords(in), tonePlain, theme.SizeNameText))
	if do := w.thingDo(in); do != "" {
		text.Add(para(do, tonePlain, theme.SizeNameText))
	}
	top := newCard(container.NewBorder(nil, nil, medal, nil, padded(2, 0, 14, 0, text)))
	p.body = column(14, top, p.offers())
	if in.Tag != nil {
		p.body.Add(w.tagFacts(*in.Tag))
	}
	p.body.Add(p.found)
	p.scroll = container.NewVScroll(padded(0, 8, 0, 10, p.body))
	p.root = w.paneFrame("reader", w.t("tagpane.title"), "", p.scroll)
	return p
}

func (p *tagPane) object() fyne.CanvasObject { return p.root }
func (p *tagPane) busy() bool                { return false }

// shown implements [pane].
func (p *tagPane) shown() {
	if len(p.acts) > 0 {
		p.w.win.Canvas().Focus(p.acts[0])
	}
}

// back implements [pane].
func (p *tagPane) back() bool {
	p.w.shell.board.leavePane()
	return true
}

// laid implements [onReader]: another thing replaces the one that is shown.
func (p *tagPane) laid(in desk.Inspection) bool {
	p.w.shell.board.show(newTagPane(p.w, in))
	return true
}

// lifted implements [onReader]: nothing lies there any more.
func (p *tagPane) lifted() { p.back() }

// offers are the acts for what lies there, the likeliest first.
func (p *tagPane) offers() fyne.CanvasObject {
	w, in := p.w, p.in
	add := func(kind buttonKind, icon, text string, do func()) {
		p.acts = append(p.acts, w.newButton(kind, icon, text, do).aligned())
	}
	home := ""
	if in.Tag != nil {
		home = in.Tag.Home
	}
	switch in.Kind {
	case desk.KindOurs:
		if in.Tag == nil {
			break
		}
		add(primaryButton, "home", w.t("tagpane.open-home", "home", refName(home)), func() { w.shell.board.open(home) })
		if len(in.Renew) > 0 {
			p.renew = w.newButton(plainButton, "sync", w.t("act.renew"), func() { w.renew(home) }).aligned()
			p.acts = append(p.acts, p.renew)
		}
		if in.Tag.State.Live() {
			add(plainButton, "tag-back", w.t("act.returned"), func() { w.returned(home) })
		} else {
			add(plainButton, "tag-blank", w.t("act.wipe"), func() { w.wipe(home) })
		}
	case desk.KindHalf:
		add(primaryButton, "tag-half", w.t("act.finish"), func() { w.finish(home, in.Tag) })
		add(plainButton, "tag-blank", w.t("act.wipe"), func() { w.wipe(home) })
	case desk.KindUnknownOurs:
		add(plainButton, "tag-blank", w.t("act.wipe"), func() { w.wipe("") })
	case desk.KindBlank:
		if open := w.shell.board.home; open != "" {
			add(primaryButton, "tag-add", w.t("strip.hand-out", "home", refName(open)), func() { w.handOut(open) })
		}
	}
	if in.Kind != desk.KindNotDESFire && in.Kind != desk.KindUnreadable {
		p.check = w.newButton(plainButton, "shield", w.t("act.check"), p.runCheck).aligned()
		p.acts = append(p.acts, p.check)
	}
	grid := container.New(layout.NewGridLayoutWithColumns(2))
	for _, b := range p.acts {
		grid.Add(b)
	}
	return grid
}

// tagFacts is what the records say about a tag.
func (w *Window) tagFacts(t desk.TagView) fyne.CanvasObject {
	icon, tn := tagLook(t.State)
	rows := container.New(layout.NewFormLayout())
	add := func(key string, value fyne.CanvasObject) {
		rows.Add(padded(4, 4, 0, 16, newWord(w.t(key), theme.SizeNameText, colorMuted, false)))
		rows.Add(padded(4, 4, 0, 0, value))
	}
	plain := func(s string) fyne.CanvasObject {
		return newWord(s, theme.SizeNameText, theme.ColorNameForeground, false).shrinking()
	}
	add("fact.state", container.NewHBox(newBadge(icon, w.t("tag.state."+string(t.State)), tn)))
	add("fact.home", plain(refName(t.Home)))
	if t.Label != "" {
		add("fact.label", plain(t.Label))
	}
	add("fact.since", plain(w.words.Date(t.Since)))
	add("fact.opens", plain(strings.Join(t.Zones, ", ")))
	if t.NotAfter != "" {
		add("fact.not-after", plain(w.words.Date(t.NotAfter)))
	}
	add("fact.number", plain(t.ID))
	return w.section("tag", w.t("tag.name", "ordinal", t.Ordinal), "", rows)
}

// runCheck looks at the tag as anybody can: without a key.
func (p *tagPane) runCheck() {
	p.check.enable(false)
	reader := p.w.bench.reader
	var report keytag.CheckReport
	p.w.jobs.run(func(ctx context.Context) (err error) {
		report, err = desk.Check(ctx, reader)
		return err
	}, func(err error) {
		p.check.enable(true)
		if err != nil {
			p.w.complain(err)
			return
		}
		p.found.Objects = []fyne.CanvasObject{p.w.checkResult(report)}
		p.body.Refresh()
	})
}

// checkResult is the result of a check without a key, in plain words.
func (w *Window) checkResult(r keytag.CheckReport) fyne.CanvasObject {
	rows := column(2)
	verdict, do, tn, icon := w.t("check.passed"), w.t("check.passed.do"), toneGood, "shield"
	switch {
	case !r.Ours:
		verdict, do, tn, icon = w.t("check.not-ours"), w.t("check.not-ours.do"), toneWarn, "info"
	case !r.Passed():
		verdict, do, tn, icon = w.t("check.failed"), w.t("check.failed.do"), toneBad, "stop"
	}
	rows.Add(padded(0, 8, 0, 0, container.NewBorder(nil, nil, container.NewVBox(newGlyph(icon, tn.fore(), 32)), nil,
		padded(0, 0, 12, 0, column(4, para(verdict, toneInfo, theme.SizeNameSubHeadingText), para(do, tonePlain, theme.SizeNameText))))))
	for _, f := range r.Findings {
		mark, color, words := "check", theme.ColorNameSuccess, w.t("finding."+f.ID)
		if !f.OK {
			mark, color, words = "cross", theme.ColorNameError, w.t("finding."+f.ID+".bad")
		}
		text := column(2, para(words, toneInfo, theme.SizeNameText))
		if !f.OK {
			text.Add(para(w.t("check.seen", "detail", f.Detail), tonePlain, theme.SizeNameCaptionText))
		}
		rows.Add(widget.NewSeparator())
		rows.Add(container.NewBorder(nil, nil, container.NewVBox(gap(1, 0), newGlyph(mark, color, 20)), nil,
			padded(4, 4, 10, 0, text)))
	}
	if len(r.Limits) > 0 {
		rows.Add(widget.NewSeparator())
		rows.Add(padded(8, 2, 0, 0, newWord(w.t("check.limits"), theme.SizeNameText, theme.ColorNameForeground, true)))
	}
	for _, l := range r.Limits {
		rows.Add(container.NewBorder(nil, nil, container.NewVBox(padded(2, 0, 0, 0, newGlyph("dot", colorMuted, 18))), nil,
			padded(2, 2, 8, 0, para(w.t("limit."+l), tonePlain, theme.SizeNameText))))
	}
	return w.section("shield", w.t("check.title"), "", rows)
}
