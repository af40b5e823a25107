package window

import (
	"context"
	"strings"

	"sleutelbord/app/desk"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
)

// board is the start page: hooks to the left, a pane beside them.
type board struct {
	stand
	w      *Window
	search *searchEntry
	where  *placeChoice
	found  *word
	moving *button // to the moving day
	list   *list
	none   *fyne.Container // shown when nothing is found
	left   *fyne.Container
	root   fyne.CanvasObject

	homes   desk.Listing      // that are shown, all of what was searched
	rows    map[int]desk.Hook // those that were read, by row
	asked   map[int]bool      // pages that are being read
	query   string            // of what is shown
	in      desk.Place        // of what is shown
	home    string            // reference of the home that is open, "" for none
	turn    turn              // of searches
	marking turn              // of looking for the row of the open home
	busy    bool              // a search is under way
	hasty   bool              // Enter was pressed before it ended
	loaded  bool              // the whole board is there
	quiet   bool              // a selection made by the program, not by a person
}

// pageHomes is how many hooks are read at a time, and maxHomes how many are
// kept.
const (
	pageHomes = 60
	maxHomes  = 50 * pageHomes
)

func newBoard(w *Window) *board {
	b := &board{w: w, rows: make(map[int]desk.Hook), asked: make(map[int]bool)}
	b.search = newSearchEntry(w, b.filter)
	b.search.SetPlaceHolder(w.t("board.search"))
	b.search.ActionItem = nil
	b.search.down = func() { w.win.Canvas().Focus(b.list) }
	b.search.enter = b.openFirst
	b.where = newPlaceChoice(b)
	b.found = newWord("", theme.SizeNameCaptionText, colorMuted, false)
	b.list = w.newList(
		func() int { return b.homes.Len() },
		func() fyne.CanvasObject { return newHookRow(w) },
		func(i int, o fyne.CanvasObject) {
			h, ok := b.rows[i]
			if !ok {
				b.read(i / pageHomes)
			}
			o.(*hookRow).show(h, ok)
		},
		func(i int) { b.selected(i) },
	)
	b.list.HideSeparators = true
	b.moving = w.newButton(plainButton, "move-in", w.t("moving.title"), w.openMoving)
	find := container.NewBorder(nil, nil, nil, padded(0, 0, 8, 0, b.moving), container.New(middle{}, b.search))
	top := column(6, find, b.where.row, padded(0, 2, 4, 4, b.found))
	b.none = container.NewCenter(column(4, container.NewCenter(newWord(w.t("board.nothing"), theme.SizeNameSubHeadingText, theme.ColorNameForeground, true)),
		container.NewCenter(newWord(w.t("board.nothing.do"), theme.SizeNameText, colorMuted, false))))
	b.none.Hide()
	b.left = container.NewBorder(top, nil, nil, nil, container.NewStack(b.list, b.none))
	b.stand = newStand(b.openOrEmpty)
	b.root = container.New(twoColumns{}, padded(14, 0, 14, 10, b.left), padded(14, 14, 4, 16, b.side))
	return b
}

func (b *board) object() fyne.CanvasObject { return b.root }

// current tells whether this is the board of the window, and not one of before
// it was locked or built anew.
func (b *board) current() bool { return b.w.shell != nil && b.w.shell.board == b }

// shown implements [page].
func (b *board) shown() {
	b.pane.shown()
}

// sayMoving shows on the button how many tags of a moving day are left.
func (b *board) sayMoving(left int) {
	text := b.w.t("moving.title")
	if left > 0 {
		text = b.w.count("moving.title.left", left)
	}
	b.moving.say("move-in", text)
}

// focusSearch puts the cursor into the search field.
func (b *board) focusSearch() {
	b.w.win.Canvas().Focus(b.search)
	b.search.TypedShortcut(&fyne.ShortcutSelectAll{})
}

// load reads the board: what it begins with at once, and then all of it, so
// that a large site opens as fast as a small one. then is called when the first
// can be seen.
func (b *board) load(then func()) {
	if then == nil {
		then = func() {}
	}
	b.where.load()
	if b.loaded {
		b.filter(b.search.Text)
		then()
		return
	}
	var first []desk.Hook
	var l desk.Listing
	mine := b.turn.next()
	b.turn.cancel = b.w.jobs.run(func(ctx context.Context) (err error) {
		if l, err = b.w.desk.FirstHomes(ctx, pageHomes); err == nil {
			first, err = b.w.desk.Hooks(ctx, l, 0, pageHomes)
		}
		return err
	}, func(err error) {
		if mine == b.turn.n && b.current() {
			b.turn.cancel = nil
			if err != nil {
				b.w.complain(err)
				return
			}
			b.begin(l, first)
			b.filter(b.search.Text)
		}
		then()
	})
}

// begin shows the beginning of the board.
func (b *board) begin(l desk.Listing, first []desk.Hook) {
	b.take(l, first, "", desk.Place{})
	b.found.set(b.w.count("board.homes", max(b.w.site.Homes, l.Len())))
}

// filter shows the homes in which every word of text stands. The desk searches
// in the background; what was shown before stays until it has found them.
func (b *board) filter(text string) {
	var l desk.Listing
	var first []desk.Hook
	row := -1
	open, in := b.home, b.where.at
	b.busy, b.hasty = true, false
	b.turn.run(b.w.jobs, func(ctx context.Context) (err error) {
		if l, err = b.w.desk.List(ctx, text, in); err == nil {
			first, err = b.w.desk.Hooks(ctx, l, 0, pageHomes)
		}
		if err == nil && open != "" {
			row, err = b.w.desk.PlaceOf(ctx, l, open)
		}
		return err
	}, func(err error) {
		if !b.current() {
			return
		}
		b.busy = false
		if err != nil {
			b.w.complain(err)
			return
		}
		b.loaded = true
		b.take(l, first, text, in)
		b.tell()
		if open == b.home {
			b.mark(row)
		} else {
			b.markOpen()
		}
		if b.hasty {
			b.openFirst()
		}
	})
}

// renew reads again what is shown, unless something is being looked for.
func (b *board) renew() {
	if b.loaded && !b.busy {
		b.filter(b.search.Text)
	}
	if p, ok := b.pane.(*homePane); ok {
		p.load()
	}
}

// take shows a listing whose first hooks are known.
func (b *board) take(l desk.Listing, first []desk.Hook, query string, in desk.Place) {
	moved := b.query != query || b.in != in
	b.homes, b.query, b.in = l, query, in
	clear(b.rows)
	clear(b.asked)
	for i, h := range first {
		b.rows[i] = h
	}
	b.list.Refresh()
	if moved {
		b.list.ScrollToTop()
	}
}

// tell says how many homes are shown.
func (b *board) tell() {
	searched := strings.TrimSpace(b.query) != ""
	if searched || b.in != (desk.Place{}) {
		b.found.set(b.w.t("board.found", "n", b.homes.Len(), "all", max(b.w.site.Homes, b.homes.Len())))
	} else {
		b.found.set(b.w.count("board.homes", b.homes.Len()))
	}
	b.none.Hidden = b.homes.Len() > 0 || !searched
	b.none.Refresh()
}

// read reads a page of hooks, as soon as one of its rows is to be seen.
func (b *board) read(page int) {
	if b.asked[page] {
		return
	}
	b.asked[page] = true
	var hooks []desk.Hook
	l, from := b.homes, page*pageHomes
	mine := b.turn.n
	b.w.jobs.run(func(ctx context.Context) (err error) {
		hooks, err = b.w.desk.Hooks(ctx, l, from, from+pageHomes)
		return err
	}, func(err error) {
		if mine != b.turn.n || !b.current() {
			return
		}
		delete(b.asked, page)
		if err != nil {
			b.asked[page] = true // not again and again
			b.w.complain(err)
			return
		}
		b.forget(page)
		for i, h := range hooks {
			b.rows[from+i] = h
		}
		b.list.Refresh()
	})
}

// forget drops the hooks that lie far from a page, when there are many.
func (b *board) forget(page int) {
	if len(b.rows) < maxHomes {
		return
	}
	for row := range b.rows {
		if at := row / pageHomes; at < page-1 || at > page+1 {
			delete(b.rows, row)
		}
	}
}

// markOpen selects the row of the home that is open, if it is in the list.
func (b *board) markOpen() {
	b.marking.next()
	for row, h := range b.rows {
		if h.Ref == b.home {
			b.mark(row)
			return
		}
	}
	b.mark(-1)
	if b.home == "" || !b.homes.Whole() {
		return
	}
	row, l, home, searched := -1, b.homes, b.home, b.turn.n
	b.marking.run(b.w.jobs, func(ctx context.Context) (err error) {
		row, err = b.w.desk.PlaceOf(ctx, l, home)
		return err
	}, func(err error) {
		if searched == b.turn.n && err == nil {
			b.mark(row)
		}
	})
}

// mark selects a row; -1 is none.
func (b *board) mark(row int) {
	b.quiet = true
	defer func() { b.quiet = false }()
	b.list.UnselectAll()
	if row >= 0 && row < b.homes.Len() {
		b.list.Select(row)
	}
}

// selected opens the home of a row.
func (b *board) selected(row int) {
	if h, ok := b.rows[row]; ok && !b.quiet {
		b.open(h.Ref)
	}
}

// openFirst opens the first home that was found, or that a search under way
// will have found.
func (b *board) openFirst() {
	if b.busy && (b.search.Text != b.query || b.where.at != b.in) {
		b.hasty = true
		return
	}
	b.hasty = false
	if h, ok := b.rows[0]; ok {
		b.open(h.Ref)
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

// refresh takes the new state of one home.
func (b *board) refresh(v desk.HomeView) {
	for row, h := range b.rows {
		if h.Ref == v.Ref {
			b.rows[row] = v.Hook
			b.list.RefreshItem(row)
			return
		}
	}
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
