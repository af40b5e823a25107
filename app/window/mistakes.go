package window

import (
	"context"
	"fmt"
	"strings"

	"sleutelbord/app/desk"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// mostMistakes is how many mistakes of a list are shown. Who has more has one
// mistake many times, or needs a file.
const mostMistakes = 50

// mistakes shows what is wrong with a list, row by row: the first of it here,
// all of it in a file.
type mistakes struct {
	w    *Window
	root fyne.CanvasObject
	rows []desk.RowError
	list *list
	save *button // nil where all of it is shown
}

// newMistakes makes a card of what is wrong. do says what to do about it, and
// choose is the button that does.
func newMistakes(w *Window, rows []desk.RowError, do string, choose *button) *mistakes {
	m := &mistakes{w: w, rows: rows}
	m.list = w.newList(
		func() int { return min(len(m.rows), mostMistakes) },
		func() fyne.CanvasObject { return newMistakeRow() },
		func(i int, o fyne.CanvasObject) {
			o.(*mistakeRow).show(w.t("import.row", "line", rows[i].Line, "column", rows[i].Column), w.rowWords(rows[i]))
		}, nil)
	buttons := []fyne.CanvasObject{choose}
	more := column(0)
	if n := len(rows) - mostMistakes; n > 0 {
		m.save = w.newButton(plainButton, "file", w.t("import.save"), func() {
			w.askNew(w.t("import.save.name")+".txt", m.saveTo)
		}).grown()
		buttons = append(buttons, m.save)
		more.Add(padded(8, 2, 12, 12, newWord(w.count("import.more", n), theme.SizeNameText, colorMuted, true)))
	}
	top := column(8, para(w.count("import.wrong", len(rows)), toneBad, theme.SizeNameSubHeadingText), para(do, tonePlain, theme.SizeNameText), flowing(8, buttons...))
	m.root = newCard(container.NewBorder(top, more, nil, nil, m.list))
	return m
}

// saveTo writes everything that is wrong into a file, a line for each.
func (m *mistakes) saveTo(file string) {
	w := m.w
	m.save.enable(false)
	w.jobs.run(func(ctx context.Context) error {
		var b strings.Builder
		for _, r := range m.rows {
			if err := ctx.Err(); err != nil {
				return err
			}
			fmt.Fprintf(&b, "%s: %s\n", w.t("import.row", "line", r.Line, "column", r.Column), w.rowWords(r))
		}
		return saveNew(file, []byte(b.String()))
	}, func(err error) {
		m.save.enable(true)
		if err != nil {
			w.complain(err)
			return
		}
		w.tell(toneGood, "done", w.t("paper.saved"), file)
	})
}

// mistakeRow is one mistake.
type mistakeRow struct {
	widget.BaseWidget
	where, what *word
}

func newMistakeRow() *mistakeRow {
	r := &mistakeRow{
		where: newWord("", theme.SizeNameText, theme.ColorNameForeground, true).shrinking(),
		what:  newWord("", theme.SizeNameText, colorMuted, false).shrinking(),
	}
	r.ExtendBaseWidget(r)
	return r
}

// CreateRenderer implements [fyne.Widget].
func (r *mistakeRow) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(padded(4, 4, 8, 8, container.NewBorder(nil, nil, container.New(middle{}, newGlyph("warn", theme.ColorNameError, 20)), nil,
		padded(0, 0, 10, 0, container.New(tight{}, r.where, r.what)))))
}

func (r *mistakeRow) show(where, what string) {
	r.where.set(where)
	r.what.set(what)
}

// rowWords is what is wrong with a row.
func (w *Window) rowWords(r desk.RowError) string { return w.words.T("row."+string(r.Code), r.Args) }
