package window

import (
	"math/rand/v2"

	"sleutelbord/app/desk"
	"sleutelbord/nfc/softcard"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
)

// tray is the practice drawer: virtual tags to lay on a virtual reader and to
// take away. It stands above the strip on practice sites alone.
type tray struct {
	w      *Window
	reader *softcard.Reader
	cards  []*trayCard
	lying  *trayCard
	before uint64 // presentation of the reader before the tag was laid
	there  bool   // the reader has seen the tag that was laid
	torn   bool   // the tag on the reader was pulled away in the middle
	// after is after how many commands a tag is pulled away in the middle.
	after func() int

	holder *fyne.Container
	row    *fyne.Container
	shelf  *container.Scroll // the row, of which not all may be seen
	blank  *button
	take   *button
	tear   *tick
}

// trayCard is one virtual tag: a letter, and what was last seen on it.
type trayCard struct {
	letter string
	card   *softcard.Card
	seen   desk.Inspection // what was last seen on it
	button *button
}

// maxTray is how many virtual tags there can be.
const maxTray = 8

func newTray(w *Window) *tray {
	return &tray{w: w, reader: softcard.NewReader(w.t("tray.reader")), holder: container.NewStack(), after: func() int { return 12 + rand.IntN(20) }}
}

// build lays the tray out, in the present language and theme.
func (t *tray) build() {
	w := t.w
	t.blank = w.newButton(plainButton, "plus", w.t("tray.blank"), t.layBlank)
	t.take = w.newButton(plainButton, "lift", w.t("tray.take"), t.lift)
	t.tear = w.newTick(w.t("tray.tear"), nil)
	t.row = container.New(beside{8})
	for _, c := range t.cards {
		c.button = t.cardButton(c)
		t.row.Add(c.button)
	}
	t.shelf = container.NewHScroll(t.row)
	title := container.New(tight{}, newWord(w.t("tray.title"), theme.SizeNameText, theme.ColorNameForeground, true),
		newWord(w.t("tray.note"), theme.SizeNameCaptionText, colorMuted, false))
	left := line(10, newGlyph("practice", colorMuted, 26), title)
	right := line(8, t.tear, t.take, t.blank)
	t.holder.Objects = []fyne.CanvasObject{newSurface(colorPractice, "", 0, 0, padded(7, 7, 16, 16,
		container.NewBorder(nil, nil, left, right, padded(0, 0, 14, 10, t.shelf))))}
	t.holder.Refresh()
	t.mark()
}

// layBlank takes a new blank tag out of the box and lays it on the reader.
func (t *tray) layBlank() {
	if len(t.cards) == maxTray {
		t.drop()
	}
	card, err := softcard.New(softcard.Config{Chip: softcard.EV3, Memory: 4096})
	if err != nil {
		t.w.complain(err)
		return
	}
	t.lay(t.add(card, desk.Inspection{Kind: desk.KindBlank}))
}

// add puts a tag in the drawer.
func (t *tray) add(card *softcard.Card, seen desk.Inspection) *trayCard {
	c := &trayCard{letter: t.nextLetter(), card: card, seen: seen}
	c.button = t.cardButton(c)
	t.cards = append(t.cards, c)
	t.row.Add(c.button)
	return c
}

// drop forgets the oldest tag that does not lie on the reader.
func (t *tray) drop() {
	for i, c := range t.cards {
		if c != t.lying {
			t.cards = append(t.cards[:i:i], t.cards[i+1:]...)
			t.row.Remove(c.button)
			return
		}
	}
}

// nextLetter is the first letter that no tag has.
func (t *tray) nextLetter() string {
	for letter := 'A'; ; letter++ {
		used := false
		for _, c := range t.cards {
			used = used || c.letter == string(letter)
		}
		if !used {
			return string(letter)
		}
	}
}

func (t *tray) cardButton(c *trayCard) *button {
	return t.w.newButton(plainButton, "", "", func() { t.lay(c) })
}

// lay lays a tag on the reader; the one that lies there is taken away, and a
// tag that was pulled away is laid again.
func (t *tray) lay(c *trayCard) {
	if t.lying == c && !t.torn {
		t.lift()
		return
	}
	t.lying, t.there, t.torn = c, false, false
	t.before = t.w.bench.state.Presentation
	c.card.Disarm()
	c.card.Return()
	t.reader.Lay(c.card)
	t.mark()
	t.reveal()
}

// reveal has the tag on the reader be seen where there are more than fit.
func (t *tray) reveal() {
	b := t.lying.button
	left, right := b.Position().X, b.Position().X+b.MinSize().Width
	width := t.shelf.Size().Width
	if x := t.shelf.Offset.X; left >= x && right <= x+width {
		return
	}
	t.shelf.ScrollToOffset(fyne.NewPos(max(right-width, 0), 0))
}

// lift takes the tag away from the reader.
func (t *tray) lift() {
	t.reader.Take()
	t.lying, t.torn = nil, false
	t.mark()
}

// began is called when an act begins to write: the tag will leave in the
// middle, if that is ticked.
func (t *tray) began() {
	if t.lying != nil && t.tear.Checked {
		t.lying.card.Arm(softcard.LeaveAfter(t.after()))
	}
}

// learn takes what an act has made of the tag on the reader.
func (t *tray) learn(o outcome) {
	if t == nil || t.lying == nil {
		return
	}
	switch {
	case o.issued != nil:
		t.lying.seen = desk.Inspection{Kind: desk.KindOurs, Tag: &o.issued.Tag}
	case o.card != nil && len(o.card.OnCard) > 0:
		t.lying.seen = desk.Inspection{Kind: desk.KindUpdateCard}
	case o.card == nil && o.read == nil:
		t.lying.seen = desk.Inspection{Kind: desk.KindBlank}
	}
}

// show takes the state of the reader: what was seen on the tag, and whether it
// has left by itself.
func (t *tray) show(b *bench) {
	if t.row == nil {
		return
	}
	if t.lying != nil && b.known {
		t.lying.seen = b.seen
	}
	t.there = t.there || b.state.Present && b.state.Presentation > t.before
	if t.lying != nil && t.there && !b.state.Present && !b.writing {
		t.torn = true
		t.tear.SetChecked(false)
	}
	t.mark()
}

// mark shows which tag lies on the reader.
func (t *tray) mark() {
	for _, c := range t.cards {
		c.button.kind = plainButton
		if c == t.lying && !t.torn {
			c.button.kind = primaryButton
		}
		c.button.icon, c.button.text = t.w.stateOfThing(c.seen).icon, c.letter
		c.button.Refresh()
	}
	t.take.enable(t.lying != nil && !t.torn)
	t.row.Refresh()
	t.holder.Refresh()
}
