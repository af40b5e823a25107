package window

import (
	"context"
	"strings"

	"sleutelbord/app/desk"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// board is the start page: hooks to the left, a pane beside them.
type board struct {
	stand
	w      *Window
	search *searchEntry
	found  *word
	list   *widget.List
	none   *fyne.Container // shown when nothing is found
	root   fyne.CanvasObject

	hooks   []desk.Hook
	keys    []string // lower-case text of each hook that is searched
	visible []int    // indexes into hooks, in order
	index   map[string]int
	home    string // reference of the home that is open, "" for none
	turn    turn
	quiet   bool // a selection made by the program, not by a person
}

func newBoard(w *Window) *board {
	b := &board{w: w}
	b.search = newSearchEntry(w, b.filter)
	b.search.SetPlaceHolder(w.t("board.search"))
	b.search.ActionItem = nil
	b.search.down = func() { w.win.Canvas().Focus(b.list) }
	b.search.enter = b.openFirst
	b.found = newWord("", theme.SizeNameCaptionText, colorMuted, false)
	b.list = widget.NewList(
		func() int { return len(b.visible) },
		func() fyne.CanvasObject { return newHookRow(w) },
		func(i widget.ListItemID, o fyne.CanvasObject) {
			if i < len(b.visible) {
				o.(*hookRow).show(b.hooks[b.visible[i]])
			}
		},
	)
	b.list.HideSeparators = true
	b.list.OnSelected = func(i widget.ListItemID) { w.jobs.guard(func() { b.selected(i) }) }
	top := column(6, b.search, padded(0, 2, 4, 4, b.found))
	b.none = container.NewCenter(column(4, container.NewCenter(newWord(w.t("board.nothing"), theme.SizeNameSubHeadingText, theme.ColorNameForeground, true)),
		container.NewCenter(newWord(w.t("board.nothing.do"), theme.SizeNameText, colorMuted, false))))
	b.none.Hide()
	left := container.NewBorder(top, nil, nil, nil, container.NewStack(b.list, b.none))
	b.stand = newStand(b.openOrEmpty)
	b.root = container.New(twoColumns{}, padded(14, 0, 14, 10, left), padded(14, 14, 4, 16, b.side))
	return b
}

func (b *board) object() fyne.CanvasObject { return b.root }

// shown implements [page].
func (b *board) shown() {
	b.pane.shown()
}

// focusSearch puts the cursor into the search field.
func (b *board) focusSearch() {
	b.w.win.Canvas().Focus(b.search)
	b.search.TypedShortcut(&fyne.ShortcutSelectAll{})
}

// load reads the whole board, and calls then when it is there.
func (b *board) load(then func()) {
	var hooks []desk.Hook
	var keys []string
	b.turn.next()
	mine := b.turn.n
	b.w.jobs.run(func(ctx context.Context) error {
		var err error
		if hooks, err = b.w.desk.Board(ctx); err != nil {
			return err
		}
		tags, err := b.w.desk.Tags(ctx)
		keys = searchKeys(hooks, tags)
		return err
	}, func(err error) {
		if err != nil {
			b.w.complain(err)
			return
		}
		if mine != b.turn.n {
			return
		}
		b.hooks, b.keys = hooks, keys
		b.index = make(map[string]int, len(hooks))
		for i, h := range hooks {
			b.index[h.Ref] = i
		}
		b.filter(b.search.Text)
		if then != nil {
			then()
		}
	})
}

// searchKeys are the lower-case texts that are searched: building, home, and
// the numbers and labels of the home's tags.
func searchKeys(hooks []desk.Hook, tags []desk.TagView) []string {
	ofHome := make(map[string]string, len(tags))
	for _, t := range tags {
		ofHome[t.Home] += "\n" + t.ID + "\n" + t.Label
	}
	keys := make([]string, len(hooks))
	for i, h := range hooks {
		keys[i] = strings.ToLower(homeName(h) + ofHome[h.Ref])
	}
	return keys
}

// filter shows the homes that have every word of text in them.
func (b *board) filter(text string) {
	terms := strings.Fields(strings.ToLower(strings.ReplaceAll(text, "/", " ")))
	b.visible = b.visible[:0]
	for i, key := range b.keys {
		if containsAll(key, terms) {
			b.visible = append(b.visible, i)
		}
	}
	if len(terms) == 0 {
		b.found.set(b.w.count("board.homes", len(b.visible)))
	} else {
		b.found.set(b.w.t("board.found", "n", len(b.visible), "all", len(b.hooks)))
	}
	b.none.Hidden = len(b.visible) > 0 || len(terms) == 0
	b.markOpen()
	b.list.Refresh()
	if len(terms) > 0 {
		b.list.ScrollToTop()
	}
}

func containsAll(key string, terms []string) bool {
	for _, t := range terms {
		if !strings.Contains(key, t) {
			return false
		}
	}
	return true
}

// markOpen selects the row of the home that is open, if it is in the list.
func (b *board) markOpen() {
	b.quiet = true
	defer func() { b.quiet = false }()
	b.list.UnselectAll()
	at, ok := b.index[b.home]
	if !ok || b.home == "" {
		return
	}
	for row, i := range b.visible {
		if i == at {
			b.list.Select(row)
			return
		}
	}
}

// selected opens the home of a row.
func (b *board) selected(row int) {
	if b.quiet || row >= len(b.visible) {
		return
	}
	b.open(b.hooks[b.visible[row]].Ref)
}

// openFirst opens the first home that was found.
func (b *board) openFirst() {
	if len(b.visible) > 0 {
		b.open(b.hooks[b.visible[0]].Ref)
	}
}

// open shows a home beside the board.
func (b *board) open(ref string) {
	if b.pane.busy() {
		b.markOpen()
		return
	}
	b.home = ref
	b.markOpen()
	b.show(newHomePane(b.w, ref))
	b.w.bench.tell()
}

// openOrEmpty is the home that is open, or nothing.
func (b *board) openOrEmpty() pane {
	if b.home != "" {
		return newHomePane(b.w, b.home)
	}
	return newEmptyPane(b.w)
}

// refresh takes the new state of one home, and makes tags searchable that are
// new on it.
func (b *board) refresh(v desk.HomeView) {
	i, ok := b.index[v.Ref]
	if !ok {
		return
	}
	b.hooks[i] = v.Hook
	b.keys[i] = searchKeys([]desk.Hook{v.Hook}, v.Tags)[0]
	b.list.Refresh()
}

// changed reads one home again after an act on it, and the site's figures.
func (b *board) changed(ref string) {
	b.w.reloadSite()
	if ref == "" {
		return
	}
	var v desk.HomeView
	b.w.jobs.run(func(ctx context.Context) (err error) {
		v, err = b.w.desk.Home(ctx, ref)
		return err
	}, func(err error) {
		if err == nil {
			b.refresh(v)
		}
	})
}
