package window

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"sleutelbord/app/desk"
	"sleutelbord/store"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// tagGroup is some states of tags, as people look for them.
type tagGroup struct {
	name   string
	states []store.TagState
}

// tagGroups are in the order of the list: what wants a hand comes first.
var tagGroups = []tagGroup{
	{"half", []store.TagState{store.TagWriting, store.TagReserved}},
	{"lost", []store.TagState{store.TagLost}},
	{"out", []store.TagState{store.TagIssued}},
	{"back", []store.TagState{store.TagReturned}},
	{"over", []store.TagState{store.TagEnded, store.TagFailed}},
}

func groupOf(s store.TagState) int {
	return slices.IndexFunc(tagGroups, func(g tagGroup) bool { return slices.Contains(g.states, s) })
}

// tagsPage is the page of all tags, by state: search one, or lay it on the
// reader to find it.
type tagsPage struct {
	stand
	w       *Window
	root    fyne.CanvasObject
	search  *searchEntry
	which   *choice
	found   *word
	list    *list
	none    *fyne.Container
	tags    tagList
	visible []int // of the list
	turn    turn
	loaded  bool
	quiet   bool // a selection made by the program, not by a person
}

func newTagsPage(w *Window) *tagsPage {
	p := &tagsPage{w: w, tags: newTagList(nil)}
	p.search = newSearchEntry(w, func(string) { p.filter() })
	p.search.SetPlaceHolder(w.t("tags.search"))
	p.search.down = func() { w.win.Canvas().Focus(p.list) }
	p.search.enter = p.openFirst
	p.which = w.newChoice(p.groupNames(), 0, func(int) { p.filter() })
	p.found = newWord("", theme.SizeNameCaptionText, colorMuted, false)
	p.list = w.newList(
		func() int { return len(p.visible) },
		func() fyne.CanvasObject { return newTagRow(w) },
		func(i int, o fyne.CanvasObject) {
			if i < len(p.visible) {
				o.(*tagRow).show(p.tags.all[p.visible[i]])
			}
		},
		func(i int) { p.selected(i) },
	)
	p.list.HideSeparators = true
	p.none = container.NewCenter(newWord(w.t("tags.nothing"), theme.SizeNameSubHeadingText, colorMuted, true))
	p.none.Hide()
	top := column(6, p.search, bordered(p.which), padded(0, 2, 4, 4, p.found))
	left := container.NewBorder(top, nil, nil, nil, container.NewStack(p.list, p.none))
	p.stand = newStand(func() pane { return newTagsRest(p) })
	p.root = container.New(twoColumns{}, padded(14, 0, 14, 10, left), padded(14, 14, 4, 16, p.side))
	return p
}

func (p *tagsPage) object() fyne.CanvasObject { return p.root }

// tagList is all tags, what wants a hand first, and the newest of each state.
type tagList struct {
	all    []desk.TagView
	keys   []string // what is searched, of each
	groups []int    // of tagGroups, of each; -1 for none
	counts []int    // how many tags each of tagGroups has
}

// newTagList orders the tags, given as the desk does, oldest first. There can
// be a hundred thousand: it is not called on the main goroutine.
func newTagList(tags []desk.TagView) tagList {
	slices.Reverse(tags)
	slices.SortStableFunc(tags, func(a, b desk.TagView) int { return cmp.Compare(groupOf(a.State), groupOf(b.State)) })
	l := tagList{tags, make([]string, len(tags)), make([]int, len(tags)), make([]int, len(tagGroups))}
	for i, t := range tags {
		l.keys[i] = store.SearchFold(t.ID + " " + refName(t.Home) + " " + t.Home + " " + t.Label)
		l.groups[i] = groupOf(t.State)
		if g := l.groups[i]; g >= 0 {
			l.counts[g]++
		}
	}
	return l
}

// groupNames are the words of the choice of states, each with how many tags
// there are.
func (p *tagsPage) groupNames() []string {
	names := []string{p.w.t("tags.all") + " (" + strconv.Itoa(len(p.tags.all)) + ")"}
	for i, g := range tagGroups {
		names = append(names, p.w.t("tags."+g.name)+" ("+strconv.Itoa(p.tags.counts[i])+")")
	}
	return names
}

// shown implements [page].
func (p *tagsPage) shown() {
	p.load()
	p.pane.shown()
}

// load reads all tags.
func (p *tagsPage) load() {
	var tags tagList
	p.turn.run(p.w.jobs, func(ctx context.Context) error {
		all, err := p.w.desk.Tags(ctx)
		tags = newTagList(all)
		return err
	}, func(err error) {
		if p.w.shell.tags != p {
			return
		}
		if err != nil {
			p.w.complain(err)
			return
		}
		p.take(tags)
	})
}

// take shows the tags.
func (p *tagsPage) take(tags tagList) {
	p.tags, p.loaded = tags, true
	at := p.which.SelectedIndex()
	p.which.Options = p.groupNames()
	p.which.Selected = p.which.Options[max(at, 0)]
	p.which.Refresh()
	p.filter()
	if r, ok := p.pane.(*tagsRest); ok {
		r.build()
	}
}

// filter shows the tags of the states that are chosen which have every word
// that was typed.
func (p *tagsPage) filter() {
	terms := strings.Fields(store.SearchFold(p.search.Text))
	group := p.which.SelectedIndex() - 1
	p.visible = p.visible[:0]
	for i, key := range p.tags.keys {
		if (group < 0 || p.tags.groups[i] == group) && containsAll(key, terms) {
			p.visible = append(p.visible, i)
		}
	}
	p.found.set(p.w.count("tags.found", len(p.visible)))
	p.none.Hidden = len(p.visible) > 0 || !p.loaded
	p.quiet = true
	p.list.UnselectAll()
	p.quiet = false
	p.list.Refresh()
	p.none.Refresh()
}

// selected shows the tag of a row.
func (p *tagsPage) selected(row int) {
	if p.quiet || row >= len(p.visible) || p.pane.busy() {
		return
	}
	p.show(newTagDetail(p, p.tags.all[p.visible[row]], false))
}

// openFirst shows the first tag that was found.
func (p *tagsPage) openFirst() {
	if len(p.visible) > 0 {
		p.list.Select(0)
	}
}

// lay shows the tag that lies on the reader; another thing is not this page's.
func (p *tagsPage) lay(in desk.Inspection) bool {
	if in.Tag == nil || in.Kind != desk.KindOurs && in.Kind != desk.KindHalf {
		return false
	}
	p.quiet = true
	p.list.UnselectAll()
	for row, i := range p.visible {
		if p.tags.all[i].ID == in.Tag.ID {
			p.list.Select(row)
		}
	}
	p.quiet = false
	p.show(newTagDetail(p, *in.Tag, true))
	return true
}

// tagRow is one tag of the list.
type tagRow struct {
	widget.BaseWidget
	w       *Window
	icon    *glyph
	medal   *surface
	name    *word
	caption *word
	root    fyne.CanvasObject
}

func newTagRow(w *Window) *tagRow {
	r := &tagRow{w: w, icon: newGlyph("tag", colorMuted, 20)}
	r.medal = newSurface(colorPlainSoft, "", 10, 8, r.icon)
	r.name = newWord("", theme.SizeNameText, theme.ColorNameForeground, true).shrinking()
	r.caption = newWord("", theme.SizeNameCaptionText, colorMuted, false).shrinking()
	r.root = padded(6, 6, 8, 10, container.NewBorder(nil, nil, container.New(middle{}, r.medal), nil,
		padded(0, 0, 10, 8, container.New(middle{}, container.New(tight{}, r.name, r.caption)))))
	r.ExtendBaseWidget(r)
	return r
}

// CreateRenderer implements [fyne.Widget].
func (r *tagRow) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(r.root) }

// show fills the row.
func (r *tagRow) show(t desk.TagView) {
	icon, tn := tagLook(t.State)
	r.icon.set(icon, tn.fore())
	r.medal.paint(tn.soft(), "")
	name := t.ID + " · " + refName(t.Home)
	if t.Label != "" {
		name += " · " + t.Label
	}
	r.name.set(name)
	r.caption.set(r.w.t("tag.since."+string(t.State), "date", r.w.words.Date(t.Since)))
}
