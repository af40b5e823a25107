package main

import (
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The site of this repository: every address in it leads somewhere within it,
// and nothing is fetched from anywhere else.
func TestSiteOfThisRepository(t *testing.T) {
	out := t.TempDir()
	if err := build(filepath.Join("..", ".."), out); err != nil {
		t.Fatal(err)
	}
	ids := make(map[string]map[string]bool)
	addresses := make(map[string][]string)
	id, address := regexp.MustCompile(` id="([^"]*)"`), regexp.MustCompile(` (?:href|src)="([^"]*)"`)
	err := filepath.WalkDir(out, func(file string, _ os.DirEntry, err error) error {
		if err != nil || path.Ext(file) != ".html" {
			return err
		}
		b, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(out, file)
		ids[name] = make(map[string]bool)
		for _, m := range id.FindAllStringSubmatch(string(b), -1) {
			if ids[name][m[1]] {
				t.Errorf("%s: two places are called %s", name, m[1])
			}
			ids[name][m[1]] = true
		}
		for _, m := range address.FindAllStringSubmatch(string(b), -1) {
			addresses[name] = append(addresses[name], m[1])
		}
		for _, banned := range []string{"<script", "javascript:", "@import", "<iframe"} {
			if strings.Contains(strings.ToLower(string(b)), banned) {
				t.Errorf("%s has %q", name, banned)
			}
		}
		return nil
	})
	if err != nil || len(ids) < 15 {
		t.Fatalf("%d pages, error %v", len(ids), err)
	}
	checked := 0
	for name, all := range addresses {
		for _, to := range all {
			if strings.HasPrefix(to, "https://") {
				continue // somebody follows it, or does not
			}
			file, anchor, _ := strings.Cut(to, "#")
			if anchor, err = url.PathUnescape(anchor); err != nil {
				t.Errorf("%s leads to %s: %v", name, to, err)
			}
			target := name
			if file != "" {
				target = path.Join(path.Dir(name), file)
			}
			if info, err := os.Stat(filepath.Join(out, target)); err != nil || info.IsDir() {
				t.Errorf("%s leads to %s, which is not there", name, to)
			}
			if anchor != "" && !ids[target][anchor] {
				t.Errorf("%s leads to %s, which has no such place", name, to)
			}
			checked++
		}
	}
	if checked < 300 {
		t.Errorf("only %d addresses", checked)
	}
	style, err := os.ReadFile(filepath.Join(out, "style.css"))
	if err != nil || strings.Contains(string(style), "url(") || strings.Contains(string(style), "@import") {
		t.Errorf("the style fetches something: %v", err)
	}
}

// What is wrong with the pages of a repository is said, and nothing is written.
func TestWhatIsWrongIsSaid(t *testing.T) {
	for name, c := range map[string]struct{ file, add, want string }{
		"a page that nobody is led to": {"docs/lonely.md", "# Lonely\n", "docs/lonely.md is not in the navigation"},
		"no such page":                 {"docs/tag.md", "\n[x](nothing.md)\n", "docs/tag.md: link nothing.md: there is no such file"},
		"no such heading":              {"docs/tag.md", "\n[x](lock.md#nowhere)\n", "docs/tag.md: link lock.md#nowhere: the page has no such heading"},
		"no such picture":              {"docs/nl/eerste-dag.md", "\n![x](../screens/99.png)\n", "docs/nl/eerste-dag.md: link ../screens/99.png: there is no such file"},
		"outside":                      {"docs/tag.md", "\n[x](../../secret.md)\n", "docs/tag.md: link ../../secret.md: there is no such file"},
	} {
		t.Run(name, func(t *testing.T) {
			from, out := copyOfPages(t), filepath.Join(t.TempDir(), "site")
			f, err := os.OpenFile(filepath.Join(from, filepath.FromSlash(c.file)), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := f.WriteString(c.add); err != nil {
				t.Fatal(err)
			}
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
			if err := build(from, out); err == nil || err.Error() != c.want {
				t.Errorf("error %v, want %s", err, c.want)
			}
			if _, err := os.Stat(out); err == nil {
				t.Error("something was written all the same")
			}
		})
	}
}

// copyOfPages is a folder with every page of the repository, which lead only to
// their own headings.
func copyOfPages(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, s := range navigation {
		for _, e := range s.pages {
			for _, file := range e.files {
				to := filepath.Join(dir, filepath.FromSlash(file))
				if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(to, []byte("# Page\n\n## One\n\n[here](#one)\n"), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	return dir
}

func TestAnchors(t *testing.T) {
	a := &anchors{}
	for _, c := range [][2]string{
		{"A desk is stolen", "a-desk-is-stolen"}, {"Één sleutel: `x y`", "één-sleutel-x-y"}, {"A desk is stolen", "a-desk-is-stolen-1"}, {"a_b-c", "a_b-c"},
	} {
		if got := string(a.Generate([]byte(c[0]), 0)); got != c[1] {
			t.Errorf("%q: %q, want %q", c[0], got, c[1])
		}
	}
}
