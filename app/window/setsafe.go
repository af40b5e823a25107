package window

import (
	"context"
	"strings"

	"sleutelbord/app/desk"
	"sleutelbord/store"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// safeAct is something that stands in the place of the overview until it is left.
type safeAct interface {
	object() fyne.CanvasObject
	// shown sets the focus.
	shown()
	// away is Escape: it leaves, after asking where something would be lost.
	away()
}

// safePage is the sub-page of what must not be lost: where the keys are, the
// sheets of paper that restore them, backups, and one's own passphrase.
type safePage struct {
	w    *Window
	root *fyne.Container
	care *care
	act  safeAct // nil at the overview

	keys, sheets                            *fyne.Container
	make, rehearse                          *button
	tokenIn, tokenOut, tokenPIN, tokenClear *button // of the keys' card; nil where not offered
	backups                                 *backupCard
	turn                                    turn
	view                                    desk.KeysView
	sets                                    []desk.ShareSet
	loaded                                  bool
	overview                                fyne.CanvasObject
}

func newSafePage(w *Window) *safePage {
	p := &safePage{w: w, root: container.NewStack(), care: newCare(w), keys: container.NewStack(), sheets: container.NewStack()}
	p.care.made = p.load
	p.backups = newBackupCard(w, p.care)
	p.make = w.newButton(plainButton, "keys", w.t("shares.make")+" …", p.makeSheets)
	p.rehearse = w.newButton(plainButton, "check", w.t("safe.rehearse")+" …", p.rehearseSheets)
	p.overview = column(14, p.sheets, p.backups.object(), p.keys, p.care.passphrase)
	p.root.Objects = []fyne.CanvasObject{p.overview}
	p.show()
	return p
}

func (p *safePage) object() fyne.CanvasObject { return p.root }

// shown implements [subpage].
func (p *safePage) shown() {
	if p.act != nil {
		p.act.shown()
		return
	}
	p.w.win.Canvas().Focus(p.make)
	p.load()
}

// back implements [stepping].
func (p *safePage) back() bool {
	if p.act == nil {
		return false
	}
	p.act.away()
	return true
}

// begin has an act stand in the place of the overview.
func (p *safePage) begin(icon, title string, a safeAct) {
	p.act = a
	p.root.Objects = []fyne.CanvasObject{p.w.section(icon, title, "", a.object())}
	p.root.Refresh()
	p.w.shell.settings.scroll.ScrollToTop()
	a.shown()
}

// finish goes back to the overview.
func (p *safePage) finish() {
	p.act = nil
	p.root.Objects = []fyne.CanvasObject{p.overview}
	p.root.Refresh()
	p.shown()
	p.w.shell.settings.load()
}

// load asks the desk how things are.
func (p *safePage) load() {
	var sets []desk.ShareSet
	var upkeep desk.Upkeep
	read(p.w, &p.turn, func(ctx context.Context) (keys desk.KeysView, err error) {
		if keys, err = p.w.desk.Keys(ctx); err != nil {
			return keys, err
		}
		if sets, err = p.w.desk.ShareSets(ctx); err != nil {
			return keys, err
		}
		upkeep, err = p.w.desk.Upkeep(ctx)
		return keys, err
	}, func(keys desk.KeysView) {
		p.view, p.sets, p.loaded = keys, sets, true
		p.backups.show(upkeep)
		p.show()
	})
}

// show shows what is known.
func (p *safePage) show() {
	p.keys.Objects = []fyne.CanvasObject{p.keysCard()}
	p.sheets.Objects = []fyne.CanvasObject{p.sheetsCard()}
	p.root.Refresh()
}

// sheetsCard says which sets of sheets there are, and what is due.
func (p *safePage) sheetsCard() fyne.CanvasObject {
	w := p.w
	body := column(10, para(w.t("safe.sheets.do"), tonePlain, theme.SizeNameText))
	for i := len(p.sets) - 1; i >= 0; i-- {
		body.Add(p.set(p.sets[i], i == len(p.sets)-1))
	}
	if p.loaded && len(p.sets) == 0 {
		body.Add(marked("warn", theme.ColorNameWarning, 22, newWord(w.t("safe.sheets.none"), theme.SizeNameText, theme.ColorNameWarning, true).shrinking()))
	}
	p.rehearse.enable(len(p.sets) > 0)
	body.Add(flowing(8, p.make, p.rehearse))
	return w.section("receipt", w.t("safe.sheets"), "", body)
}

// set is one set of sheets; the newest replaces the others.
func (p *safePage) set(s desk.ShareSet, newest bool) fyne.CanvasObject {
	w := p.w
	state, t, icon := w.t("safe.set.never"), toneWarn, "warn"
	if s.Rehearsed != "" {
		state, t, icon = w.t("safe.set.rehearsed", "date", w.words.Date(s.Rehearsed)), toneGood, "done"
	}
	if !newest {
		t = tonePlain
	}
	head := w.t("safe.set", "set", s.Set, "need", s.Threshold, "of", s.Of)
	if !newest {
		head = w.t("safe.set.older", "set", s.Set, "need", s.Threshold, "of", s.Of)
	}
	return container.NewBorder(nil, nil, container.New(middle{}, newGlyph(icon, t.fore(), 26)), nil, padded(0, 0, 10, 0, container.New(tight{},
		newWord(head, theme.SizeNameText, theme.ColorNameForeground, newest).shrinking(),
		newWord(w.t("safe.set.made", "date", w.words.Date(s.Made), "check", s.Check, "state", state), theme.SizeNameCaptionText, colorMuted, false).shrinking())))
}

// keysCard says where the keys are, and what they are recognised by.
func (p *safePage) keysCard() fyne.CanvasObject {
	w := p.w
	body := column(10)
	switch {
	case !p.loaded:
	case p.view.Kind == store.TokenCustodyKind:
		body.Add(para(w.t("safe.keys.token", "label", p.view.Token.Label, "serial", p.view.Token.Serial), toneInfo, theme.SizeNameText))
	default:
		body.Add(para(w.t("safe.keys.records"), toneInfo, theme.SizeNameText))
	}
	if p.view.Problem != "" {
		words := w.problemWords(p.view.Problem, nil)
		body.Add(para(words.what, toneBad, theme.SizeNameText))
		body.Add(para(words.do, tonePlain, theme.SizeNameText))
	}
	checks := column(4)
	for _, c := range p.view.Checks {
		checks.Add(container.NewBorder(nil, nil, nil, newWord(checkText(c.Check), theme.SizeNameText, theme.ColorNameForeground, true),
			newWord(w.t("safe.master."+c.Key), theme.SizeNameText, colorMuted, false).shrinking()))
	}
	body.Add(checks)
	body.Add(para(w.t("safe.checks.do"), tonePlain, theme.SizeNameCaptionText))
	p.addTokens(body)
	return w.section("lock", w.t("safe.keys"), "", body)
}

// checkText is a key check value as it stands on the sheets: 3F 9A 21.
func checkText(hex string) string {
	var parts []string
	for ; len(hex) >= 2; hex = hex[2:] {
		parts = append(parts, strings.ToUpper(hex[:2]))
	}
	return strings.Join(parts, " ")
}

// makeSheets begins to put the keys on paper.
func (p *safePage) makeSheets() {
	p.begin("keys", p.w.t("shares.make"), p.w.newSheetMaker(p.w.t("button.back"), p.finish))
}

// rehearseSheets begins a rehearsal.
func (p *safePage) rehearseSheets() {
	p.begin("check", p.w.t("safe.rehearse"), p.w.newRehearsal(p.finish))
}

// rehearsal has sheets entered, and says what they prove.
type rehearsal struct {
	w     *Window
	root  *fyne.Container
	leave func()
	entry *sharesEntry // nil when it is over
	done  *button
}

func (w *Window) newRehearsal(leave func()) *rehearsal {
	r := &rehearsal{w: w, leave: leave, root: container.NewStack()}
	var proven desk.Rehearsed
	r.entry = w.newSharesEntry("", func() {
		r.entry.run(func(ctx context.Context, e *desk.EnteredShares) (err error) {
			proven, err = w.desk.Rehearse(ctx, e)
			return err
		}, func(err error) {
			if err == nil {
				r.report(proven)
			}
		})
	})
	back := w.newButton(quietButton, "back", w.t("button.back"), r.away)
	r.root.Objects = []fyne.CanvasObject{column(12, para(w.t("safe.rehearse.do"), tonePlain, theme.SizeNameText),
		r.entry.object(), widget.NewSeparator(), container.NewHBox(back))}
	return r
}

func (r *rehearsal) object() fyne.CanvasObject { return r.root }

func (r *rehearsal) shown() {
	if r.entry == nil {
		r.w.win.Canvas().Focus(r.done)
		return
	}
	r.entry.shown()
}

// away implements [safeAct].
func (r *rehearsal) away() {
	if r.entry == nil {
		r.leave()
		return
	}
	r.entry.leave(r.leave)
}

// report says what was proven.
func (r *rehearsal) report(done desk.Rehearsed) {
	r.entry = nil
	r.done = r.w.newButton(primaryButton, "next", r.w.t("button.done"), r.leave).grown()
	r.root.Objects = []fyne.CanvasObject{column(12, r.w.rehearsedReport(done), container.NewHBox(r.done))}
	r.root.Refresh()
	r.shown()
}
