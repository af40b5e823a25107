// Links checks every link of Markdown pages: the page or picture is there, and
// so is the heading. Addresses on the web are only looked at for their form:
// whether somebody else's page is still there is no property of ours.
//
//	links FILE|FOLDER...
package main

import (
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"unicode"
)

func main() {
	broken := 0
	for _, place := range os.Args[1:] {
		err := filepath.WalkDir(place, func(file string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() || filepath.Ext(file) != ".md" {
				return err
			}
			wrong, err := check(file)
			for _, w := range wrong {
				fmt.Printf("%s: %s\n", file, w)
			}
			broken += len(wrong)
			return err
		})
		if err != nil {
			fmt.Fprintf(os.Stderr, "links: %v\n", err)
			os.Exit(1)
		}
	}
	if broken > 0 {
		os.Exit(1)
	}
}

var (
	link    = regexp.MustCompile(`\]\(([^()\s]+)\)`)
	heading = regexp.MustCompile(`^#{1,6} +(.+?) *$`)
	code    = regexp.MustCompile("`[^`]*`")
)

// check gives what is wrong with the links of a page.
func check(file string) (wrong []string, err error) {
	lines, err := prose(file)
	if err != nil {
		return nil, err
	}
	for _, line := range lines {
		for _, m := range link.FindAllStringSubmatch(code.ReplaceAllString(line, ""), -1) {
			if why := follow(file, m[1]); why != "" {
				wrong = append(wrong, fmt.Sprintf("link %s: %s", m[1], why))
			}
		}
	}
	return wrong, nil
}

// prose are the lines of a page that are not in a block of code.
func prose(file string) ([]string, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var lines []string
	inCode := false
	for line := range strings.Lines(string(b)) {
		line = strings.TrimRight(line, "\n")
		if strings.HasPrefix(strings.TrimSpace(line), "```") {
			inCode = !inCode
			continue
		}
		if !inCode {
			lines = append(lines, line)
		}
	}
	return lines, nil
}

// follow says why a link leads nowhere, or "".
func follow(from, to string) string {
	u, err := url.Parse(to)
	if err != nil {
		return "not an address"
	}
	if u.Scheme != "" {
		if u.Scheme != "mailto" && (u.Scheme != "https" && u.Scheme != "http" || u.Host == "") {
			return "not an address"
		}
		return ""
	}
	file := from
	if u.Path != "" {
		file = filepath.Join(filepath.Dir(from), filepath.FromSlash(u.Path))
	}
	if _, err := os.Stat(file); err != nil {
		return "there is no such file"
	}
	if u.Fragment == "" {
		return ""
	}
	lines, err := prose(file)
	if err != nil {
		return "the page cannot be read"
	}
	for _, line := range lines {
		if m := heading.FindStringSubmatch(line); m != nil && anchor(m[1]) == u.Fragment {
			return ""
		}
	}
	return "the page has no such heading"
}

// anchor is the name that a heading gets: lower case, hyphens for spaces, only
// letters, digits, hyphens and underscores.
func anchor(s string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(strings.ReplaceAll(s, "`", "")) {
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r) || r == '-' || r == '_':
			b.WriteRune(r)
		case r == ' ':
			b.WriteByte('-')
		}
	}
	return b.String()
}
