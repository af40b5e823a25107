package window

import (
	"sleutelbord/assets"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
)

// evidenceName names a sub-page of the evidence.
type evidenceName string

const (
	evidencePack      evidenceName = "pack"
	evidenceChoices   evidenceName = "choices"
	evidenceRollout   evidenceName = "rollout"
	evidenceRetention evidenceName = "retention"
	evidenceContacts  evidenceName = "contacts"
	evidenceDocuments evidenceName = "documents"
)

// evidenceEntry is a line in the list of sub-pages.
type evidenceEntry struct {
	name evidenceName
	icon string
	make func() subpage
}

// entries are the sub-pages in their order. The text is at evidence.sub.NAME.
func (e *evidencePage) entries() []evidenceEntry {
	w := e.w
	return []evidenceEntry{
		{evidencePack, "shield", func() subpage { return newPackPage(e) }},
		{evidenceChoices, "both", func() subpage { return newChoicesPage(e) }},
		{evidenceRollout, "building", func() subpage { return newRolloutPage(e) }},
		{evidenceRetention, "clock", func() subpage { return newRetentionPage(e) }},
		{evidenceContacts, "person", func() subpage { return newContactsPage(w) }},
		{evidenceDocuments, "file", func() subpage { return newDocumentsPage(w) }},
	}
}

// evidencePage is the page by which residents, their council and an officer can see
// what is kept: a list of sub-pages, and beside it the one that is open.
type evidencePage struct {
	w       *Window
	root    fyne.CanvasObject
	items   map[evidenceName]*button
	made    map[evidenceName]subpage
	current evidenceName
	scroll  *container.Scroll
}

func newEvidencePage(w *Window) *evidencePage {
	e := &evidencePage{w: w, items: make(map[evidenceName]*button), made: make(map[evidenceName]subpage)}
	list := column(2)
	entries := e.entries()
	for i, x := range entries {
		b := w.newButton(listButton, x.icon, w.t("evidence.sub."+string(x.name)), func() { e.open(x.name) }).aligned()
		b.step = func(by int) {
			next := entries[(i+by+len(entries))%len(entries)].name
			w.win.Canvas().Focus(e.items[next])
		}
		e.items[x.name] = b
		list.Add(b)
	}
	title := newWord(w.t("nav.evidence"), theme.SizeNameHeadingText, theme.ColorNameForeground, true)
	left := padded(14, 14, 16, 4, container.New(atLeast{200}, column(14, padded(0, 0, 12, 0, title), list)))
	e.scroll = container.NewVScroll(container.NewStack())
	e.root = container.New(atLeft{}, container.NewVScroll(left), e.scroll)
	e.put(evidencePack)
	return e
}

func (e *evidencePage) object() fyne.CanvasObject { return e.root }

// shown implements [page].
func (e *evidencePage) shown() { e.made[e.current].shown() }

// back is Escape.
func (e *evidencePage) back() bool {
	p, ok := e.made[e.current].(stepping)
	return ok && p.back()
}

// put has a sub-page stand beside the list.
func (e *evidencePage) put(name evidenceName) {
	if e.made[name] == nil {
		for _, x := range e.entries() {
			if x.name == name {
				e.made[name] = x.make()
			}
		}
	}
	e.current = name
	title := newWord(e.w.t("evidence.sub."+string(name)), theme.SizeNameHeadingText, theme.ColorNameForeground, true)
	e.scroll.Content = padded(14, 14, 16, 16, container.New(atMost{760}, column(14, title, e.made[name].object())))
	e.toTop()
	for n, b := range e.items {
		b.setActive(n == name)
	}
}

// toTop shows the beginning of the sub-page.
func (e *evidencePage) toTop() {
	e.scroll.Offset = fyne.Position{}
	e.scroll.Refresh()
}

// front tells whether a sub-page is what the window shows now. It does not after the
// desk has locked itself meanwhile.
func (e *evidencePage) front(name evidenceName) bool {
	s := e.w.shell
	return s != nil && s.evidence == e && s.current == pageEvidence && e.current == name
}

// open shows a sub-page.
func (e *evidencePage) open(name evidenceName) {
	e.put(name)
	e.made[name].shown()
}

// officeLanguage chooses the language of papers for officers and councils.
func (w *Window) officeLanguage() *languageChoice {
	return w.newLanguageChoice(assets.OfficeLanguages())
}
