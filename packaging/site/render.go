package main

import (
	"bytes"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"net/url"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"unicode"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
)

// markdown is what our pages are written in. HTML in them is left out.
var markdown = goldmark.New(
	goldmark.WithExtensions(extension.GFM),
	goldmark.WithParserOptions(parser.WithAutoHeadingID()),
)

// render reads a Markdown file, and makes its links lead to pages of the site.
func (s *site) render(file string) (*page, error) {
	source, err := fs.ReadFile(s.from.FS(), file)
	if err != nil {
		return nil, err
	}
	p := &page{File: file}
	doc := markdown.Parser().Parse(text.NewReader(source), parser.WithContext(parser.NewContext(parser.WithIDs(&anchors{}))))
	var folders []ast.Node
	err = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Heading:
			p.note(n, source)
		case *ast.Link:
			if s.isFolder(p, string(n.Destination)) {
				folders = append(folders, n)
			}
			n.Destination = []byte(p.lead(string(n.Destination)))
		case *ast.Image:
			n.Destination = []byte(p.lead(string(n.Destination)))
		}
		return ast.WalkContinue, nil
	})
	if err != nil {
		return nil, err
	}
	for _, n := range folders {
		asText(n)
	}
	if p.Title == "" {
		return nil, errors.New("it has no title")
	}
	var b bytes.Buffer
	if err := markdown.Renderer().Render(&b, source, doc); err != nil {
		return nil, fmt.Errorf("rendering: %w", err)
	}
	p.Body = template.HTML(b.String()) // HTML in the source was left out
	return p, nil
}

// note remembers a heading.
func (p *page) note(n *ast.Heading, source []byte) {
	words := plain(n, source)
	id, _ := n.AttributeString("id")
	anchor, _ := id.([]byte)
	p.anchors = append(p.anchors, string(anchor))
	switch n.Level {
	case 1:
		p.Title = words
	case 2:
		p.Contents = append(p.Contents, heading{string(anchor), words})
	}
}

// plain is the text below a node.
func plain(n ast.Node, source []byte) string {
	var b strings.Builder
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		if t, ok := c.(*ast.Text); ok {
			b.Write(t.Segment.Value(source))
			continue
		}
		b.WriteString(plain(c, source))
	}
	return b.String()
}

// lead notes where a page leads, and gives the address of it in the site.
func (p *page) lead(to string) string {
	u, err := url.Parse(to)
	if err != nil || u.Scheme != "" {
		return to
	}
	p.links = append(p.links, to)
	if path.Ext(u.Path) == ".md" {
		target := path.Join(path.Dir(p.File), u.Path)
		u.Path = relative(p, address(target))
	}
	return u.String()
}

// isFolder tells whether a link leads to a folder, which a site cannot show.
func (s *site) isFolder(p *page, to string) bool {
	info, err := s.from.Stat(filepath.FromSlash(path.Join(path.Dir(p.File), to)))
	return err == nil && info.IsDir()
}

// asText puts the words of a link into its place.
func asText(n ast.Node) {
	parent := n.Parent()
	for c := n.FirstChild(); c != nil; {
		next := c.NextSibling()
		parent.InsertBefore(parent, n, c)
		c = next
	}
	parent.RemoveChild(parent, n)
}

// anchors names headings as code hosts do: lower case, hyphens for spaces, only
// letters, digits, hyphens and underscores.
type anchors struct{ given map[string]int }

// Generate implements parser.IDs.
func (a *anchors) Generate(value []byte, _ ast.NodeKind) []byte {
	var b strings.Builder
	for _, r := range strings.ToLower(string(value)) {
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r) || r == '-' || r == '_':
			b.WriteRune(r)
		case r == ' ':
			b.WriteByte('-')
		}
	}
	if a.given == nil {
		a.given = make(map[string]int)
	}
	name := b.String()
	n := a.given[name]
	a.given[name]++
	if n > 0 {
		name += "-" + strconv.Itoa(n)
	}
	return []byte(name)
}

// Put implements parser.IDs.
func (a *anchors) Put(value []byte) {
	if a.given == nil {
		a.given = make(map[string]int)
	}
	a.given[string(value)]++
}
