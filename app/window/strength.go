package window

import (
	"sleutelbord/app/desk"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
)

// strengthBar shows the strength as four bars and a word.
type strengthBar struct {
	w    *Window
	bars [4]*canvas.Rectangle
	text *word
	root fyne.CanvasObject
}

func newStrengthBar(w *Window) *strengthBar {
	s := &strengthBar{w: w, text: newWord(w.t("strength.0"), theme.SizeNameCaptionText, colorMuted, true).shrinking()}
	row := container.New(beside{5})
	for i := range s.bars {
		s.bars[i] = canvas.NewRectangle(paint(colorEdge))
		s.bars[i].CornerRadius = sized(3)
		s.bars[i].SetMinSize(fyne.NewSize(sized(44), sized(6)))
		row.Add(s.bars[i])
	}
	s.root = container.NewBorder(nil, nil, row, nil, padded(0, 0, 9, 0, s.text))
	return s
}

func (s *strengthBar) object() fyne.CanvasObject { return s.root }

// show shows the strength of a passphrase; known are words that anybody here
// would try.
func (s *strengthBar) show(passphrase string, known ...string) {
	n := desk.MeasurePassphrase(passphrase, known...)
	t := [...]tone{tonePlain, toneBad, toneWarn, toneGood, toneGood}[n]
	for i, b := range s.bars {
		b.FillColor = paint(colorEdge)
		if i < int(n) {
			b.FillColor = paint(t.fore())
		}
		b.Refresh()
	}
	s.text.paint(s.w.t("strength."+string(rune('0'+n))), t.fore())
	s.root.Refresh()
}
