package window

import (
	"context"

	"sleutelbord/app/desk"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// statementPane says where a tag that is gone is dead, where it still opens,
// and what ends that.
type statementPane struct {
	w       *Window
	at      *stand
	home    string // that is opened afterwards, "" for none
	root    fyne.CanvasObject
	done    *button
	receipt *button
}

func newStatementPane(w *Window, at *stand, home string, s desk.Statement, replaced bool) *statementPane {
	p := &statementPane{w: w, at: at, home: home}
	title, text, tn, icon := w.t("statement.dead"), w.t("statement.dead.do"), toneGood, "done"
	if s.Opens() {
		title, text, tn, icon = w.t("statement.opens"), w.t("statement.opens.do"), toneWarn, "warn"
		if replaced {
			text = w.t("statement.opens.replaced")
		}
	}
	top := container.NewBorder(nil, nil, container.NewVBox(newSurface(tn.soft(), "", 26, 12, newGlyph(icon, tn.fore(), 28))), nil,
		padded(2, 0, 14, 0, column(6, para(title, toneInfo, theme.SizeNameSubHeadingText), para(text, tonePlain, theme.SizeNameText))))
	rows := column(2)
	for i, d := range s.Doors {
		if i > 0 {
			rows.Add(widget.NewSeparator())
		}
		rows.Add(w.doorStatement(d))
	}
	p.done = w.newButton(primaryButton, "check", w.t("button.done"), func() { p.back() }).grown()
	p.receipt = w.newButton(plainButton, "receipt", w.t("request.receipt"), func() {
		at.show(newReceiptPane(w, s.Tag, func() { at.show(p) }))
	}).grown()
	body := column(14, newCard(top), w.section("door", w.t("home.doors"), "", rows))
	p.root = w.paneFrame("tag-lost", w.t("statement.title"), w.tagTitle(s.Tag), withDone(body, p.done, p.receipt))
	return p
}

// doorStatement is one door: dead, or open until what.
func (w *Window) doorStatement(d desk.DoorStatement) fyne.CanvasObject {
	text, icon, tn := w.t("statement.door.dead"), "check", toneGood
	if !d.Dead {
		icon, tn = "clock", toneWarn
		switch {
		case d.EndsByUse && d.EndsBySync:
			text = w.t("statement.door.either")
		case d.EndsByUse:
			text = w.t("statement.door.use")
		default:
			text = w.t("statement.door.sync")
		}
	}
	words := container.New(tight{},
		newWord(d.Door.Zone, theme.SizeNameText, theme.ColorNameForeground, true).shrinking(),
		newWord(w.t("zone."+string(d.Door.Kind))+" · "+d.Door.Lock, theme.SizeNameCaptionText, colorMuted, false).shrinking())
	return padded(5, 5, 0, 0, container.NewBorder(nil, nil, container.New(middle{}, newGlyph(zoneIcon(d.Door.Kind), colorMuted, 26)),
		container.New(middle{}, newBadge(icon, text, tn)), padded(0, 0, 12, 8, container.New(middle{}, words))))
}

// withDone is a pane's content with the button below that leaves it, in sight
// however long the content is.
func withDone(body fyne.CanvasObject, done *button, more ...*button) fyne.CanvasObject {
	row := flowing(8, done)
	for _, b := range more {
		row.Add(b)
	}
	return container.NewBorder(nil, padded(8, 0, 0, 0, row), nil, nil, container.NewVScroll(padded(0, 8, 0, 10, body)))
}

func (p *statementPane) object() fyne.CanvasObject { return p.root }
func (p *statementPane) busy() bool                { return false }

// shown implements [pane].
func (p *statementPane) shown() { p.w.win.Canvas().Focus(p.done) }

// back implements [pane].
func (p *statementPane) back() bool {
	p.w.openBehind(p.home)
	p.at.leavePane()
	return true
}

// statementOf shows the statement of a tag that is gone.
func (w *Window) statementOf(home string, t desk.TagView) {
	var s desk.Statement
	w.jobs.run(func(ctx context.Context) (err error) {
		s, err = w.desk.Statement(ctx, t.ID)
		return err
	}, func(err error) {
		if err != nil {
			w.complain(err)
			return
		}
		w.shell.board.show(newStatementPane(w, &w.shell.board.stand, home, s, false))
	})
}
