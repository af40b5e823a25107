package window

import (
	"sleutelbord/app/desk"

	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
)

// strip says, always and at the bottom, what lies on the reader.
type strip struct {
	w     *Window
	plane *surface
	icon  *glyph
	medal *surface
	text  *word
	more  *word
	act   *button
	check *button
	busy  *busyView // of what is taking long
	do    func()
}

func newStrip(w *Window) *strip {
	s := &strip{w: w}
	s.icon = newGlyph("reader", colorMuted, 26)
	s.medal = newSurface(colorPlainSoft, "", 12, 9, s.icon)
	s.text = newWord("", theme.SizeNameSubHeadingText, theme.ColorNameForeground, true).shrinking()
	s.more = newWord("", theme.SizeNameCaptionText, colorMuted, false).shrinking()
	s.act = w.newButton(plainButton, "", "", func() { s.do() })
	s.act.Hide()
	s.check = w.newButton(quietButton, "shield", w.t("check.tag"), w.checkTag)
	s.busy = w.newBusyView(theme.SizeNameCaptionText)
	words := container.NewVBox(container.New(tight{}, s.text, s.more))
	s.plane = newSurface(colorCard, colorEdge, 0, 0, padded(9, 9, 16, 16,
		container.NewBorder(nil, nil, s.medal, container.New(beside{8}, s.busy.root, s.check, s.act), padded(0, 0, 12, 12, container.New(middle{}, words)))))
	s.busy.changed = s.plane.Refresh
	return s
}

// state is what the strip says.
type state struct {
	icon       string
	tone       tone
	text, more string
	act        string // text of the button, "" for none
	do         func()
}

// show says what the bench has.
func (s *strip) show(b *bench) {
	st := s.w.stateOf(b)
	s.icon.set(st.icon, st.tone.fore())
	s.medal.paint(st.tone.soft(), "")
	s.text.paint(st.text, theme.ColorNameForeground)
	s.more.set(st.more)
	s.do = st.do
	if st.act == "" {
		s.act.Hide()
	} else {
		s.act.say("", st.act)
		s.act.Show()
	}
	s.plane.Refresh()
}

// stateOf puts the bench into words.
func (w *Window) stateOf(b *bench) state {
	switch {
	case b.writing:
		return state{icon: "reader", tone: toneInfo, text: w.t("strip.writing"), more: w.t("strip.writing.more")}
	case b.state.Err != nil:
		p := w.problemWords(desk.Explain(b.state.Err).Code, nil)
		return state{icon: "reader-off", tone: toneWarn, text: p.what, more: p.do, act: w.t("strip.again"), do: w.chooseReader}
	case b.reader == nil || !b.state.Attached:
		p := w.problemWords("no-reader", nil)
		return state{icon: "reader-off", tone: toneWarn, text: p.what, more: p.do, act: w.t("strip.again"), do: w.chooseReader}
	case !b.state.Present:
		return state{icon: "reader", tone: tonePlain, text: w.t("kind.empty"), more: b.reader.Name()}
	case !b.known:
		return state{icon: "inspect", tone: toneInfo, text: w.t("strip.looking"), more: b.reader.Name()}
	}
	return w.stateOfThing(b.seen)
}

// stateOfThing puts a thing on the reader into words.
func (w *Window) stateOfThing(in desk.Inspection) state {
	st := state{icon: "tag", tone: toneWarn, more: w.chipWords(in), act: w.t("strip.show"), do: w.showTag}
	st.text = w.thingName(in)
	switch in.Kind {
	case desk.KindBlank:
		st.icon, st.act = "tag-blank", ""
		if in.Problem != "" {
			st.text = w.problemWords(in.Problem, nil).what
			break
		}
		st.tone = toneGood
		if w.shell == nil {
			break // the desk is locked; the tray shows what lies there
		}
		if home := w.shell.board.home; home != "" {
			st.act, st.do = w.t("strip.hand-out", "home", refName(home)), func() { w.handOut(home) }
		}
	case desk.KindOurs:
		st.tone = toneInfo
		if in.Tag != nil {
			st.text = w.tagTitle(*in.Tag)
			st.more = w.t("tag.state."+string(in.Tag.State)) + " · " + st.more
			if !in.Tag.State.Live() {
				st.tone = toneWarn
			}
		}
	case desk.KindUpdateCard:
		st.icon, st.tone = "card", toneInfo
		st.more = w.t("strip.card") + " · " + st.more
	case desk.KindHalf:
		st.icon = "tag-half"
	case desk.KindOtherSite, desk.KindForeign, desk.KindLocked, desk.KindUnknownOurs:
		st.icon = "tag-bad"
	case desk.KindNotDESFire, desk.KindUnreadable:
		st.icon, st.tone = "tag-bad", toneBad
	}
	return st
}

// chipWords are the chip and whether it is genuine.
func (w *Window) chipWords(in desk.Inspection) string {
	text := in.Chip
	if in.Genuine != "" {
		if text != "" {
			text += ", "
		}
		text += w.t("genuine." + in.Genuine)
	}
	return text
}
