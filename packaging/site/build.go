package main

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

//go:embed page.html style.css
var design embed.FS

// site is what is being made.
type site struct {
	from  *os.Root
	to    string
	pages map[string]*page // by Markdown file
	files []string         // that pages lead to, besides pages
	shape *template.Template
}

// page is one page, as it is read and written.
type page struct {
	File     string // such as docs/nl/eerste-dag.md
	Lang     string
	Title    string
	Body     template.HTML
	Contents []heading
	anchors  []string
	links    []string // where it leads within the site, as written there
	entry    entry
}

// heading is one of the second level.
type heading struct{ Anchor, Text string }

// build makes the site of a repository in a folder.
func build(repository, out string) error {
	from, err := os.OpenRoot(repository)
	if err != nil {
		return fmt.Errorf("opening the repository: %w", err)
	}
	defer func() { _ = from.Close() }()
	s := &site{from: from, to: out, pages: make(map[string]*page)}
	if s.shape, err = template.New("page.html").Funcs(template.FuncMap{"menu": s.menu, "rel": relative}).ParseFS(design, "page.html"); err != nil {
		return fmt.Errorf("reading the design: %w", err)
	}
	if err := s.read(); err != nil {
		return err
	}
	if err := s.check(); err != nil {
		return err
	}
	return s.write()
}

// read renders every page of the navigation.
func (s *site) read() error {
	for _, part := range navigation {
		for _, e := range part.pages {
			for lang, file := range e.files {
				p, err := s.render(file)
				if err != nil {
					return fmt.Errorf("page %s: %w", file, err)
				}
				p.Lang, p.entry = lang, e
				s.pages[file] = p
			}
		}
	}
	return nil
}

// check finds pages that nobody is led to, and links that lead nowhere.
func (s *site) check() error {
	var wrong []error
	err := fs.WalkDir(s.from.FS(), "docs", func(file string, e fs.DirEntry, err error) error {
		if err == nil && path.Ext(file) == ".md" && s.pages[file] == nil {
			wrong = append(wrong, fmt.Errorf("%s is not in the navigation", file))
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("looking for pages: %w", err)
	}
	for _, p := range s.pages {
		for _, link := range p.links {
			if why := s.follow(p, link); why != "" {
				wrong = append(wrong, fmt.Errorf("%s: link %s: %s", p.File, link, why))
			}
		}
	}
	slices.SortFunc(wrong, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errors.Join(wrong...)
}

// follow says why a link of a page leads nowhere, or "". Files it notes, to be
// brought along.
func (s *site) follow(p *page, link string) string {
	file, anchor, _ := strings.Cut(link, "#")
	target := p.File
	if file != "" {
		target = path.Join(path.Dir(p.File), file)
	}
	if to := s.pages[target]; to != nil {
		if anchor != "" && !slices.Contains(to.anchors, anchor) {
			return "the page has no such heading"
		}
		return ""
	}
	info, err := s.from.Stat(filepath.FromSlash(target))
	switch {
	case err != nil:
		return "there is no such file"
	case info.IsDir():
		return "" // written as text
	}
	s.files = append(s.files, target)
	return ""
}

// write writes the pages, and the files that they lead to.
func (s *site) write() error {
	for _, p := range s.pages {
		var b bytes.Buffer
		if err := s.shape.Execute(&b, p); err != nil {
			return fmt.Errorf("page %s: %w", p.File, err)
		}
		if err := s.put(address(p.File), b.Bytes()); err != nil {
			return err
		}
	}
	style, err := design.ReadFile("style.css")
	if err != nil {
		return fmt.Errorf("reading the design: %w", err)
	}
	if err := s.put("style.css", style); err != nil {
		return err
	}
	slices.Sort(s.files)
	for _, file := range append(slices.Compact(s.files), "assets/icon.svg") {
		b, err := fs.ReadFile(s.from.FS(), file)
		if err != nil {
			return fmt.Errorf("bringing along %s: %w", file, err)
		}
		if err := s.put(file, b); err != nil {
			return err
		}
	}
	return nil
}

func (s *site) put(file string, data []byte) error {
	to := filepath.Join(s.to, filepath.FromSlash(file))
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return fmt.Errorf("making a folder: %w", err)
	}
	if err := os.WriteFile(to, data, 0o644); err != nil {
		return fmt.Errorf("writing %s: %w", file, err)
	}
	return nil
}

// address is where the page of a Markdown file stands in the site.
func address(file string) string {
	if file == "README.md" {
		return "index.html"
	}
	return strings.TrimSuffix(file, ".md") + ".html"
}

// relative is the way from a page to an address of the site.
func relative(p *page, to string) string {
	return strings.Repeat("../", strings.Count(p.File, "/")) + to
}
