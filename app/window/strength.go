package window

import (
	"math"
	"strings"
	"unicode"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
)

// strength is how hard a passphrase is to guess.
type strength int

const (
	strengthNone strength = iota
	strengthWeak
	strengthFair
	strengthGood
	strengthStrong
)

// strengthOf estimates a passphrase from its length, its kinds of characters
// and its repetitions. It is a rough guide for people: it knows no list of
// words that are often chosen.
func strengthOf(s string) strength {
	switch bits := guessBits(s); {
	case s == "":
		return strengthNone
	case bits < 45:
		return strengthWeak
	case bits < 60:
		return strengthFair
	case bits < 80:
		return strengthGood
	}
	return strengthStrong
}

// guessBits is the estimate: in a phrase of words a letter counts for two
// bits, in a jumble of characters for more, and what repeats for little.
func guessBits(s string) float64 {
	runes := []rune(s)
	seen := make(map[rune]bool)
	pairs := make(map[[2]rune]bool)
	size, fresh := 0.0, 0.0
	var lower, upper, digit, other bool
	for i, r := range runes {
		seen[r] = true
		lower = lower || unicode.IsLower(r)
		upper = upper || unicode.IsUpper(r)
		digit = digit || unicode.IsDigit(r)
		other = other || !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != ' '
		if i == 0 {
			fresh++
			continue
		}
		pair := [2]rune{runes[i-1], r}
		if !pairs[pair] && r != runes[i-1] && r != runes[i-1]+1 && r != runes[i-1]-1 {
			fresh++
		}
		pairs[pair] = true
	}
	for kind, n := range map[*bool]float64{&lower: 26, &upper: 26, &digit: 10, &other: 32} {
		if *kind {
			size += n
		}
	}
	if size == 0 || len(seen) < 4 {
		return 0
	}
	per := math.Log2(size)
	if len(strings.Fields(s)) > 2 || lower && !upper && !digit && !other {
		per = 2.6
	}
	return fresh * per * 0.85
}

// strengthBar shows the strength as four bars and a word.
type strengthBar struct {
	w    *Window
	bars [4]*canvas.Rectangle
	text *word
	root fyne.CanvasObject
}

func newStrengthBar(w *Window) *strengthBar {
	s := &strengthBar{w: w, text: newWord(w.t("strength.0"), theme.SizeNameCaptionText, colorMuted, true)}
	row := container.New(beside{5})
	for i := range s.bars {
		s.bars[i] = canvas.NewRectangle(paint(colorEdge))
		s.bars[i].CornerRadius = sized(3)
		s.bars[i].SetMinSize(fyne.NewSize(sized(44), sized(6)))
		row.Add(s.bars[i])
	}
	row.Add(gap(4, 1))
	row.Add(s.text)
	s.root = row
	return s
}

func (s *strengthBar) object() fyne.CanvasObject { return s.root }

// show shows the strength of a passphrase.
func (s *strengthBar) show(passphrase string) {
	n := strengthOf(passphrase)
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
