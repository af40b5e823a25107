package window

import (
	"sleutelbord/app/desk"
	"sleutelbord/store"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// lockColumns are the widths of the columns as parts of the whole; the first
// begins after the icon.
var lockColumns = columns{[]float32{0.31, 0.25, 0.18, 0.26}}

// lockHeadings are the headings of the columns.
func (w *Window) lockHeadings() fyne.CanvasObject {
	var cells []fyne.CanvasObject
	for _, key := range []string{"lock", "opens", "bundle", "state"} {
		cells = append(cells, newWord(w.t("locks.column."+key), theme.SizeNameCaptionText, colorMuted, true).shrinking())
	}
	return padded(2, 0, 18, 18, container.New(lockColumns, cells...))
}

// twoLines is a text with a smaller one below.
type twoLines struct{ first, second *word }

func newTwoLines(bold bool) twoLines {
	return twoLines{
		newWord("", theme.SizeNameText, theme.ColorNameForeground, bold).shrinking(),
		newWord("", theme.SizeNameCaptionText, colorMuted, false).shrinking(),
	}
}

func (t twoLines) object() fyne.CanvasObject {
	return container.New(middle{}, container.New(tight{}, t.first, t.second))
}

func (t twoLines) set(first, second string) {
	t.first.set(first)
	t.second.set(second)
}

// lockRow is a line of the list of locks: a lock, or a building.
type lockRow struct {
	widget.BaseWidget
	w                   *Window
	icon, mark          *glyph
	lock, where, bundle twoLines
	state, since        *word
	plane               *surface
	row                 *fyne.Container

	building *word
	figures  *word
	head     *fyne.Container
}

func newLockRow(w *Window) *lockRow {
	r := &lockRow{w: w, icon: newGlyph("lock", colorMuted, 22), mark: newGlyph("check", theme.ColorNameSuccess, 16)}
	r.lock, r.where, r.bundle = newTwoLines(true), newTwoLines(false), newTwoLines(false)
	r.state = newWord("", theme.SizeNameCaptionText, theme.ColorNameSuccess, true)
	r.plane = newSurface(colorGoodSoft, "", 13, 0, padded(4, 4, 9, 11, container.New(beside{5}, r.mark, r.state)))
	first := container.NewBorder(nil, nil, container.New(middle{}, r.icon), nil, padded(0, 0, 10, 4, r.lock.object()))
	r.since = newWord("", theme.SizeNameCaptionText, colorMuted, false).shrinking()
	state := container.New(middle{}, container.New(tight{}, container.New(beside{}, r.plane), padded(1, 0, 4, 0, r.since)))
	r.row = container.New(lockColumns, first, r.where.object(), r.bundle.object(), state)
	r.building = newWord("", theme.SizeNameText, theme.ColorNamePrimary, true).shrinking()
	r.figures = newWord("", theme.SizeNameCaptionText, colorMuted, false)
	r.head = container.NewBorder(nil, nil, container.New(middle{}, newGlyph("building", theme.ColorNamePrimary, 20)), container.New(middle{}, r.figures),
		padded(0, 0, 10, 8, container.New(middle{}, r.building)))
	r.head.Hide()
	r.ExtendBaseWidget(r)
	return r
}

// CreateRenderer implements [fyne.Widget].
func (r *lockRow) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(padded(6, 6, 8, 8, container.NewStack(r.row, r.head)))
}

// show fills the row with a lock.
func (r *lockRow) show(d desk.DoorView) {
	w := r.w
	icon, t := doorLook(d.State)
	r.icon.set(zoneIcon(d.Kind), colorMuted)
	r.lock.set(d.Lock, w.t("zone."+string(d.Kind)))
	where, shares := d.Zone, ""
	if d.Home != "" {
		where, shares = refName(d.Home), d.Zone
	} else {
		shares = w.count("locks.shares", d.Shares)
	}
	r.where.set(where, shares)
	confirmed := w.t("locks.unconfirmed")
	switch {
	case d.Wanted == 0:
		confirmed = ""
	case d.Confirmed > 0:
		confirmed = w.t("locks.confirmed", "number", sequence(d.Confirmed))
	}
	r.bundle.set(sequence(d.Wanted), confirmed)
	r.mark.set(icon, t.fore())
	r.showSince(d)
	r.state.paint(w.t("door."+string(d.State)), t.fore())
	r.plane.paint(t.soft(), "")
	r.head.Hide()
	r.row.Show()
	r.row.Refresh()
}

// showSince fills the line under the state: what is most urgent of it. A lock that
// lacks nothing shows by which way it said so.
func (r *lockRow) showSince(d desk.DoorView) {
	w := r.w
	r.since.Hidden = false
	switch {
	case d.Far != desk.NotFar:
		r.since.paint(w.t("far."+string(d.Far)+".short"), theme.ColorNameWarning)
	case d.Since != "":
		r.since.paint(w.t("locks.since", "date", w.words.Date(d.Since)), colorMuted)
	case d.Carrier != store.CarrierUnknown:
		r.since.paint(w.t("locks.carrier."+string(d.Carrier)), colorMuted)
	default:
		r.since.Hidden = true
	}
}

// showBuilding fills the row with the heading of a building's locks.
func (r *lockRow) showBuilding(at lockLine) {
	r.building.set(at.building)
	text := r.w.count("site.locks", at.n)
	if at.open > 0 {
		text += " · " + r.w.count("locks.open", at.open)
	}
	r.figures.set(text)
	r.row.Hide()
	r.head.Show()
	r.head.Refresh()
}
