package window

import (
	"context"
	"slices"

	"sleutelbord/app/desk"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// placeChoice chooses the part of the site that the board shows: everything, a
// building, or a floor of it.
type placeChoice struct {
	b        *board
	at       desk.Place
	building *choice
	floor    *choice
	floors   []string // of the building that is chosen
	turn     turn
	row      *fyne.Container // hidden where there is nothing to choose
}

func newPlaceChoice(b *board) *placeChoice {
	p, w := &placeChoice{b: b}, b.w
	p.building = w.newChoice([]string{w.t("board.buildings")}, 0, p.setBuilding)
	p.floor = w.newChoice([]string{w.t("board.floors")}, 0, p.setFloor)
	p.floor.Disable()
	p.row = container.NewGridWithColumns(2, bordered(p.building), bordered(p.floor))
	p.row.Hide()
	return p
}

// load reads the buildings that there are.
func (p *placeChoice) load() {
	var names []string
	p.read(func(ctx context.Context) (err error) {
		names, err = p.b.w.desk.Buildings(ctx)
		return err
	}, func() {
		offer(p.building, p.b.w.t("board.buildings"), names, p.at.Building)
		p.row.Hidden = len(names) == 0
		p.b.left.Refresh() // the row takes room from the list
	})
}

// read does work in the background, of which the newest counts.
func (p *placeChoice) read(work func(context.Context) error, done func()) {
	p.turn.run(p.b.w.jobs, work, func(err error) {
		if !p.b.current() {
			return
		}
		if err != nil {
			p.b.w.complain(err)
			return
		}
		done()
	})
}

// change shows the homes of the place.
func (p *placeChoice) change() { p.b.filter(p.b.search.Text) }

// offer offers names below the choice of all of them.
func offer(c *choice, all string, names []string, chosen string) {
	change := c.OnChanged
	c.OnChanged = nil
	c.SetOptions(append([]string{all}, names...))
	c.SetSelectedIndex(max(0, 1+slices.Index(names, chosen)))
	c.OnChanged = change
}

func (p *placeChoice) setBuilding(i int) {
	p.at, p.floors = desk.Place{}, nil
	if i > 0 {
		p.at.Building = p.building.Options[i]
	}
	p.offerFloors()
	p.change()
	if i <= 0 {
		p.turn.next()
		return
	}
	building := p.at.Building
	var floors []string
	p.read(func(ctx context.Context) (err error) {
		floors, err = p.b.w.desk.Floors(ctx, building)
		return err
	}, func() {
		p.floors = floors
		p.offerFloors()
	})
}

// offerFloors offers the floors of the building; where there is but one, there
// is nothing to choose.
func (p *placeChoice) offerFloors() {
	names := make([]string, len(p.floors))
	for i, f := range p.floors {
		names[i] = p.b.w.t("home.floor", "floor", f)
	}
	offer(p.floor, p.b.w.t("board.floors"), names, "")
	if len(names) > 1 {
		p.floor.Enable()
	} else {
		p.floor.Disable()
	}
}

func (p *placeChoice) setFloor(i int) {
	p.at.Floor = ""
	if i > 0 {
		p.at.Floor = p.floors[i-1]
	}
	p.change()
}

// words is the place in words, "" for the whole site.
func (p *placeChoice) words() string {
	if p.at.Floor == "" {
		return p.at.Building
	}
	return p.at.Building + ", " + p.b.w.t("home.floor", "floor", p.at.Floor)
}
