package window

import (
	"bytes"
	"context"
	"errors"
	"strconv"

	"sleutelbord/app/desk"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
)

// maxMoving is how many tags a moving day may have, and mostEach how many a
// home gets of it.
const (
	maxMoving = 2000
	mostEach  = 4
)

// movingPlan chooses what a moving day hands out: the homes that the board
// shows, or a list.
type movingPlan struct {
	m       *moving
	root    *fyne.Container
	bare    *tick // only homes without a tag
	empty   *tick // only empty homes
	each    *choice
	sum     *word
	start   *button
	choose  *button
	wrong   *mistakes // of the list, nil if it was right
	wishes  []desk.BatchWish
	hooks   []desk.Hook // of the board
	query   string      // that shows them
	in      desk.Place  // where they are
	read    bool        // they are known
	turn    turn
	working bool
}

func newMovingPlan(m *moving) *movingPlan {
	w := m.w
	p := &movingPlan{m: m, root: container.NewStack(), query: w.shell.board.search.Text, in: w.shell.board.where.at}
	count := func(bool) { p.count() }
	p.bare = w.newTick(w.t("moving.only-bare"), count)
	p.empty = w.newTick(w.t("moving.only-empty"), count)
	var numbers []string
	for n := range mostEach {
		numbers = append(numbers, strconv.Itoa(n+1))
	}
	p.each = w.newChoice(numbers, 0, func(int) { p.count() })
	p.sum = newWord("", theme.SizeNameSubHeadingText, theme.ColorNameForeground, true).shrinking()
	p.start = w.newButton(primaryButton, "play", w.t("moving.start"), p.begin).grown()
	p.choose = w.newButton(plainButton, "file", w.t("moving.list"), p.chooseFile).grown()
	p.bare.Checked = true
	p.start.enable(false)
	p.build()
	p.load()
	return p
}

func (p *movingPlan) object() fyne.CanvasObject { return p.root }
func (p *movingPlan) busy() bool                { return p.working }

// shown implements [pane].
func (p *movingPlan) shown() {
	if p.start.Disabled() {
		p.m.w.win.Canvas().Focus(p.choose)
		return
	}
	p.m.w.win.Canvas().Focus(p.start)
}

// back implements [pane].
func (p *movingPlan) back() bool {
	if !p.working {
		p.m.w.shell.turnTo(pageBoard)
	}
	return true
}

// build lays the choice out.
func (p *movingPlan) build() {
	w := p.m.w
	scope := w.t("moving.from-all")
	if shown := p.shows(); shown != "" {
		scope = w.t("moving.from-search", "text", shown)
	}
	each := line(10, newWord(w.t("moving.each"), theme.SizeNameText, theme.ColorNameForeground, false), bordered(p.each))
	board := w.section("board", w.t("moving.from-board"), "", column(10,
		para(scope, tonePlain, theme.SizeNameText), p.bare, p.empty, container.NewHBox(each), gap(1, 2), p.sum, container.NewHBox(p.start)))
	list := w.section("file", w.t("moving.from-list"), "", column(10,
		para(w.t("moving.list.do"), tonePlain, theme.SizeNameText),
		newSurface(colorPlainSoft, "", 9, 10, flush(newProse("building,home,tags,label\nBoulevard 3,117,2,\nBoulevard 3,118,1,"+w.t("moving.list.label"), theme.SizeNameCaptionText, colorMuted, fyne.TextStyle{Monospace: true}, fyne.TextAlignLeading).RichText)),
		container.NewHBox(p.choose)))
	p.put(column(14, para(w.t("moving.intro"), toneInfo, theme.SizeNameText), board, list))
}

// shows is what the board shows, in words; "" is everything.
func (p *movingPlan) shows() string {
	place := p.m.w.shell.board.where.words()
	if place == "" || p.query == "" {
		return place + p.query
	}
	return place + " · " + p.query
}

func (p *movingPlan) put(body fyne.CanvasObject) {
	p.frame(container.NewVScroll(padded(0, 8, 0, 10, body)))
}

// frame shows what fills the pane.
func (p *movingPlan) frame(body fyne.CanvasObject) {
	w := p.m.w
	p.root.Objects = []fyne.CanvasObject{w.paneFrame("move-in", w.t("moving.title"), w.site.Name, body)}
	p.root.Refresh()
}

// load reads the homes that the board shows.
func (p *movingPlan) load() {
	var hooks []desk.Hook
	p.turn.run(p.m.w.jobs, func(ctx context.Context) error {
		l, err := p.m.w.desk.List(ctx, p.query, p.in)
		if err == nil {
			hooks, err = p.m.w.desk.Hooks(ctx, l, 0, l.Len())
		}
		return err
	}, func(err error) {
		if !p.m.current() {
			return
		}
		if err != nil {
			p.m.w.complain(err)
			return
		}
		p.hooks, p.read = hooks, true
		p.count()
		if p.m.pane == pane(p) {
			p.shown()
		}
	})
}

// count counts what the choice comes to.
func (p *movingPlan) count() {
	if !p.read {
		return
	}
	homes := 0
	p.wishes = []desk.BatchWish{}
	each := p.each.SelectedIndex() + 1
	for _, h := range p.hooks {
		if p.bare.Checked && h.Tags > 0 || p.empty.Checked && h.Occupied {
			continue
		}
		homes++
		for range each {
			p.wishes = append(p.wishes, desk.BatchWish{Home: h.Ref})
		}
	}
	p.say(homes)
}

// say shows how many tags that are, and whether it can begin.
func (p *movingPlan) say(homes int) {
	w := p.m.w
	n := len(p.wishes)
	p.start.enable(n > 0 && n <= maxMoving)
	if n > maxMoving {
		p.sum.paint(w.count("moving.too-many", maxMoving), theme.ColorNameError)
		return
	}
	p.sum.paint(w.t("moving.sum", "tags", n, "homes", w.count("site.homes", homes)), theme.ColorNameForeground)
}

// begin begins the moving day.
func (p *movingPlan) begin() {
	if p.working {
		return
	}
	p.working = true
	p.start.enable(false)
	wishes := p.wishes
	w := p.m.w
	w.askConsent(w.t("consent.unassessed"), func(ctx context.Context, a desk.Approval) error {
		if a.Operator != "" {
			if err := w.desk.AllowUnassessed(ctx, a, homesOf(wishes)...); err != nil {
				return err
			}
		}
		_, err := w.desk.BeginBatch(ctx, wishes)
		return err
	}, func(ok bool) {
		p.working = false
		p.start.enable(true)
		if ok && p.m.current() {
			p.m.resume()
		}
	})
}

// chooseFile asks for a list.
func (p *movingPlan) chooseFile() {
	if p.working {
		return
	}
	p.m.w.askFile(listEndings, p.take)
}

// take reads a list and shows what it asks for, or what is wrong with it.
func (p *movingPlan) take(path string) {
	w := p.m.w
	p.working = true
	p.turn.next() // the board is not asked any more
	var wishes []desk.BatchWish
	w.jobs.run(func(ctx context.Context) error {
		data, err := readList(path)
		if err == nil {
			wishes, err = w.desk.ReadBatchList(ctx, bytes.NewReader(data))
		}
		return err
	}, func(err error) {
		p.working = false
		var wrong *desk.ImportError
		switch {
		case !p.m.current():
		case errors.As(err, &wrong):
			p.showErrors(wrong.Rows)
		case err != nil:
			w.complain(err)
		default:
			p.wrong, p.wishes = nil, wishes
			p.choose.as(plainButton)
			p.showList()
		}
	})
}

// showList shows what a list asks for.
func (p *movingPlan) showList() {
	homes := make(map[string]bool)
	for _, x := range p.wishes {
		homes[x.Home] = true
	}
	p.say(len(homes))
	p.put(newCard(column(12, p.sum, para(p.m.w.t("moving.preview.do"), tonePlain, theme.SizeNameText), container.NewHBox(p.start, gap(4, 1), p.choose))))
	p.shown()
}

// showErrors shows what is wrong with a list.
func (p *movingPlan) showErrors(rows []desk.RowError) {
	w := p.m.w
	p.wrong = newMistakes(w, rows, w.t("moving.wrong.do"), p.choose.as(primaryButton))
	p.frame(p.wrong.root)
	w.win.Canvas().Focus(p.choose)
}
