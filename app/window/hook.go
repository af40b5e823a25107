package window

import (
	"strconv"
	"strings"

	"sleutelbord/app/desk"
	"sleutelbord/store"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// hookRow is one home on the board: what hangs on its hook, its name, and what
// needs attention. Each state has its own shape and words besides its colour.
type hookRow struct {
	widget.BaseWidget
	w       *Window
	tile    *surface
	icon    *glyph
	number  *word
	name    *word
	caption *word
	choice  *glyph
	flags   *fyne.Container
	half    *hookFlag
	lost    *hookFlag
	row     *fyne.Container
}

func newHookRow(w *Window) *hookRow {
	r := &hookRow{w: w}
	r.icon = newGlyph("hook", colorMuted, 22)
	r.number = newWord("", theme.SizeNameText, colorBrass, true)
	r.tile = newSurface(colorPlainSoft, "", 10, 0, container.New(atLeastSize{fyne.NewSize(54, 40)},
		container.NewCenter(container.New(beside{3}, r.icon, r.number))))
	r.name = newWord("", theme.SizeNameText, theme.ColorNameForeground, true).shrinking()
	r.caption = newWord("", theme.SizeNameCaptionText, colorMuted, false).shrinking()
	r.choice = newGlyph("app", colorMuted, 20)
	r.half = newFlag("tag-half", toneWarn)
	r.lost = newFlag("tag-lost", toneBad)
	r.flags = container.New(beside{6}, r.half, r.lost, r.choice)
	words := container.New(middle{}, container.New(tight{}, r.name, r.caption))
	r.row = container.NewBorder(nil, nil, container.New(middle{}, r.tile), container.New(middle{}, r.flags), padded(0, 0, 10, 8, words))
	r.ExtendBaseWidget(r)
	return r
}

// CreateRenderer implements [fyne.Widget].
func (r *hookRow) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(padded(6, 6, 8, 10, r.row))
}

// show fills the row with a home. One that is not known yet is an empty row.
func (r *hookRow) show(h desk.Hook, known bool) {
	r.name.set(homeName(h))
	r.caption.set("")
	if known {
		r.caption.set(r.captionOf(h))
	}
	switch {
	case h.Tags > 0:
		r.tile.paint(colorBrassSoft, "")
		r.icon.set("tag-solid", colorBrass)
		r.number.set(strconv.Itoa(h.Tags))
	case h.Occupied:
		r.tile.paint(colorPlainSoft, "")
		r.icon.set("hook", colorMuted)
		r.number.set("")
	default:
		r.tile.paint(colorClear, colorEdge)
		r.icon.set("hook", theme.ColorNameDisabled)
		r.number.set("")
	}
	r.half.show(h.Pending)
	r.lost.show(h.Lost)
	if icon := choiceIcon(h.Choice); icon != "" && h.Choice != store.ChoiceTag {
		r.choice.set(icon, colorMuted)
		r.choice.Show()
	} else {
		r.choice.Hide()
	}
	r.row.Refresh()
}

// captionOf is the second line of a home: floor, tags, choice.
func (r *hookRow) captionOf(h desk.Hook) string {
	var parts []string
	if h.Floor != "" {
		parts = append(parts, r.w.t("home.floor", "floor", h.Floor))
	}
	switch {
	case !h.Occupied:
		parts = append(parts, r.w.t("hook.empty"))
	case h.Tags == 0:
		parts = append(parts, r.w.t("hook.no-tags"))
	default:
		parts = append(parts, r.w.count("hook.tags", h.Tags))
	}
	if h.Occupied && h.Choice != "" && h.Choice != store.ChoiceTag {
		parts = append(parts, r.w.t("choice."+string(h.Choice)))
	}
	return strings.Join(parts, " · ")
}

// choiceIcon is the icon of a choice.
func choiceIcon(c store.Choice) string {
	switch c {
	case store.ChoiceTag:
		return "tag"
	case store.ChoiceApp:
		return "app"
	case store.ChoiceBoth:
		return "both"
	case store.ChoiceOwnLock:
		return "own-lock"
	}
	return ""
}

// hookFlag is a small mark with an icon and a number, hidden at none.
type hookFlag struct {
	widget.BaseWidget
	tone   tone
	icon   *glyph
	number *word
	plane  *surface
}

func newFlag(icon string, t tone) *hookFlag {
	f := &hookFlag{tone: t, icon: newGlyph(icon, t.fore(), 18), number: newWord("", theme.SizeNameCaptionText, t.fore(), true)}
	f.plane = newSurface(t.soft(), "", 9, 0, padded(4, 4, 6, 8, container.New(beside{3}, f.icon, f.number)))
	f.ExtendBaseWidget(f)
	f.Hide()
	return f
}

// CreateRenderer implements [fyne.Widget].
func (f *hookFlag) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(f.plane) }

// show shows n, or nothing for none.
func (f *hookFlag) show(n int) {
	if n == 0 {
		f.Hide()
		return
	}
	f.number.set(strconv.Itoa(n))
	f.Show()
}
