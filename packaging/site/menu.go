package main

// part is a section of a page's menu.
type part struct {
	Title string
	Items []item
}

// item is a line of it.
type item struct {
	Title, Address string
	Here           bool
	Foreign        string // the language, if it is not that of the menu
}

// menu is the navigation of a page, in its language.
func (s *site) menu(p *page) (parts []part) {
	for _, n := range navigation {
		m := part{Title: n.title[p.Lang]}
		for _, e := range n.pages {
			i := item{Title: e.title[p.Lang], Here: e.files[p.Lang] == p.File || e.files["en"] == p.File}
			file, ok := e.files[p.Lang]
			if !ok {
				file, i.Foreign = e.files["en"], "en"
			}
			i.Address = relative(p, address(file))
			m.Items = append(m.Items, i)
		}
		parts = append(parts, m)
	}
	return parts
}

// other is a page in another language.
type other struct{ Lang, Name, Address string }

// Others are the same page in the other languages.
func (p *page) Others() (out []other) {
	names := map[string]string{"en": "English", "nl": "Nederlands"}
	for _, lang := range languages {
		if file, ok := p.entry.files[lang]; ok && lang != p.Lang {
			out = append(out, other{lang, names[lang], relative(p, address(file))})
		}
	}
	return out
}

// Says is a word of the frame round a page, in its language.
func (p *page) Says(word string) string {
	words := map[string]map[string]string{
		"contents": in("On this page", "Op deze pagina"),
		"pages":    in("All pages", "Alle pagina's"),
		"skip":     in("To the text", "Naar de tekst"),
	}
	return words[word][p.Lang]
}
