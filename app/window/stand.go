package window

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// pane is what stands beside the list of a page.
type pane interface {
	object() fyne.CanvasObject
	// shown is called when the pane has come to the front; it sets the focus.
	shown()
	// back is Escape: the pane goes one step back and returns true, or has
	// nowhere to go and returns false. A pane that must not be left now
	// returns true and stays.
	back() bool
	// busy tells whether the pane must not be left now.
	busy() bool
}

// stand is the place of a page where its panes stand, one at a time.
type stand struct {
	pane pane
	side *fyne.Container
	// around is what shares the page's width between list and pane, nil if that
	// does not depend on the pane.
	around *fyne.Container
	// turned, if not nil, is told which pane stands there now.
	turned func(p pane)
	// rest gives what stands there when nothing else does.
	rest func() pane
}

// newStand makes a place for panes; what rest gives is shown first.
func newStand(rest func() pane) stand {
	s := stand{side: container.NewStack(), rest: rest}
	s.pane = rest()
	s.side.Objects = []fyne.CanvasObject{s.pane.object()}
	return s
}

// show puts a pane there.
func (s *stand) show(p pane) {
	s.pane = p
	s.side.Objects = []fyne.CanvasObject{p.object()}
	s.side.Refresh()
	if s.around != nil {
		s.around.Refresh()
	}
	if s.turned != nil {
		s.turned(p)
	}
	p.shown()
}

// leavePane goes back to what stands there at rest.
func (s *stand) leavePane() { s.show(s.rest()) }

// standing is a page with a place for panes.
type standing interface{ place() *stand }

func (s *stand) place() *stand { return s }

// A field of that name in a page would hide the method, and no tag would be
// told to its panes.
var _ = []standing{(*board)(nil), (*locks)(nil), (*campaigns)(nil), (*moving)(nil), (*tagsPage)(nil)}

// front is the place for panes of the page that is shown, nil if it has none.
func (s *shell) front() *stand {
	if p, ok := s.pages[s.current].(standing); ok {
		return p.place()
	}
	return nil
}

// frontPane is the pane of the page that is shown, nil if it has none.
func (s *shell) frontPane() pane {
	if at := s.front(); at != nil {
		return at.pane
	}
	return nil
}

// acting is the act on a tag that is under way on any page, nil if none is.
func (s *shell) acting() *writePane {
	for _, page := range s.pages {
		if at, ok := page.(standing); ok {
			if p, ok := at.place().pane.(*writePane); ok && p.busy() {
				return p
			}
		}
	}
	return nil
}
