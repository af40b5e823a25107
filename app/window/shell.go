package window

import (
	"runtime"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
)

// pageName names a page of the navigation.
type pageName string

const (
	pageBoard    pageName = "board"
	pageTags     pageName = "tags"
	pageLocks    pageName = "locks"
	pageKeys     pageName = "keys"
	pageEvidence pageName = "evidence"
	pageSettings pageName = "settings"
	// pageMoving is the moving day, which belongs to the board.
	pageMoving pageName = "moving"
)

// page is a screen that the navigation leads to.
type page interface {
	object() fyne.CanvasObject
	// shown is called each time the page comes to the front.
	shown()
}

// shell is the frame round every page: navigation, strip and tray.
type shell struct {
	w       *Window
	current pageName
	pages   map[pageName]page
	items   map[pageName]*button
	board   *board
	locks   *locks
	keys    *campaigns
	moving  *moving
	tags    *tagsPage

	evidence *evidencePage
	settings *settings
	strip    *strip
	outage   *outageBar
	menu     *button
	center   *fyne.Container
	figures  *word
	site     *word
	person   *button // who is signed in; nil on a demo campus
	root     fyne.CanvasObject
}

// navigation is the order of the pages.
var navigation = []struct {
	name pageName
	icon string
}{
	{pageBoard, "board"},
	{pageTags, "tag"},
	{pageLocks, "lock"},
	{pageKeys, "keys"},
	{pageEvidence, "shield"},
	{pageSettings, "settings"},
}

func newShell(w *Window) *shell {
	s := &shell{w: w, items: make(map[pageName]*button), center: container.NewStack()}
	s.board = newBoard(w)
	s.locks = newLocks(w)
	s.keys = newCampaigns(w)
	s.evidence = newEvidencePage(w)
	s.settings = newSettings(w)
	s.moving = newMoving(w)
	s.tags = newTagsPage(w)
	s.pages = map[pageName]page{
		pageBoard: s.board, pageMoving: s.moving, pageTags: s.tags, pageLocks: s.locks, pageKeys: s.keys, pageEvidence: s.evidence, pageSettings: s.settings,
	}
	s.strip = newStrip(w)
	bottom := container.New(tight{})
	if w.tray != nil {
		bottom.Add(w.tray.holder)
	}
	s.outage = newOutageBar(w)
	bottom.Add(s.outage.plane)
	bottom.Add(s.strip.plane)
	s.root = container.New(atLeft{}, s.navigation(), container.New(beneath{}, s.center, bottom))
	return s
}

func (s *shell) object() fyne.CanvasObject { return s.root }

// navigation is the left edge of the window.
func (s *shell) navigation() fyne.CanvasObject {
	list := column(4)
	for i, n := range navigation {
		b := s.w.newButton(navButton, n.icon, s.w.t("nav."+string(n.name)), func() { s.turnTo(n.name) }).
			keyed(s.w.t("key.ctrl") + string(rune('1'+i)))
		s.items[n.name] = b
		list.Add(b)
	}
	s.site = newWord(s.w.site.Name, theme.SizeNameText, colorNavText, true).shrinking()
	s.figures = newWord("", theme.SizeNameCaptionText, colorNavMuted, false).shrinking()
	s.refreshSite()
	foot := column(6, s.signedIn(), padded(0, 0, 6, 6, container.New(tight{}, s.site, s.figures)))
	if s.w.site.Practice {
		foot.Add(padded(0, 0, 6, 6, container.NewHBox(newBadge("practice", s.w.t("practice.badge"), toneBrass))))
	}
	s.menu = s.w.menuButton()
	name := container.NewBorder(nil, nil, line(10, s.w.appIcon(34), newWord(s.w.t("app.name"), theme.SizeNameSubHeadingText, colorNavText, true)), nil)
	if runtime.GOOS != "darwin" {
		name.Add(container.New(layout.NewCustomPaddedHBoxLayout(0), layout.NewSpacer(), container.New(middle{}, s.menu)))
	}
	all := container.NewBorder(padded(6, 22, 6, 0, name), padded(0, 4, 0, 0, foot), nil, nil, list)
	return newSurface(colorNav, "", 0, 0, padded(12, 12, 10, 10, container.New(atLeast{212}, all)))
}

// refreshSite shows the figures of the site.
func (s *shell) refreshSite() {
	s.site.set(s.w.site.Name)
	s.figures.set(s.w.count("site.homes", s.w.site.Homes) + " · " + s.w.count("site.tags", s.w.site.Tags))
}

// turnTo brings a page to the front.
func (s *shell) turnTo(name pageName) {
	p := s.pages[name]
	if s.current != name {
		s.current = name
		s.center.Objects = []fyne.CanvasObject{p.object()}
		s.center.Refresh()
		for n, b := range s.items {
			b.setActive(n == name || n == pageBoard && name == pageMoving)
		}
	}
	p.shown()
}
