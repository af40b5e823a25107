package assets_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"sleutelbord/assets"
)

// troubleshooting are the pages that explain every problem.
var troubleshooting = map[string]string{"en": "troubleshooting.md", "nl": "nl/problemen.md"}

// entry is a problem on such a page: the message as heading, then its short
// name and what to do. What follows up to the next heading is free.
var entry = regexp.MustCompile("(?m)^### (.*)\n\n`([a-z-]+)` · (.*)$")

// The pages say every problem in the program's own words, each once. With
// SLEUTELBORD_WRITE_TROUBLESHOOTING=1 the words are brought up to date, and what
// is new is added at the end.
func TestTroubleshootingIsComplete(t *testing.T) {
	for language, page := range troubleshooting {
		t.Run(language, func(t *testing.T) {
			file := filepath.Join("..", "docs", filepath.FromSlash(page))
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			want, missing := withWords(t, string(b), assets.Words(language))
			for _, code := range missing {
				want += "\n" + problemEntry(assets.Words(language), code) + "\n"
			}
			if want == string(b) {
				return
			}
			if os.Getenv("SLEUTELBORD_WRITE_TROUBLESHOOTING") == "" {
				t.Fatalf("%s does not say what the program says (missing: %v): run this test with SLEUTELBORD_WRITE_TROUBLESHOOTING=1 and look at the difference", page, missing)
			}
			if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// withWords is a page with the words of today, and the problems that it lacks.
func withWords(t *testing.T, page string, words *assets.Lexicon) (string, []string) {
	t.Helper()
	seen := make(map[string]bool)
	page = entry.ReplaceAllStringFunc(page, func(old string) string {
		code := entry.FindStringSubmatch(old)[2]
		switch {
		case seen[code]:
			t.Errorf("%s stands there twice", code)
		case !words.Has("problem." + code):
			t.Errorf("there is no problem %s any more: take it out", code)
			return old
		}
		seen[code] = true
		return problemEntry(words, code)
	})
	if headings := strings.Count(page, "\n### "); headings != len(seen) {
		t.Errorf("%d headings, %d problems", headings, len(seen))
	}
	var missing []string
	for _, key := range words.Keys() {
		code, ok := strings.CutPrefix(key, "problem.")
		if ok && !strings.HasSuffix(code, ".do") && !seen[code] {
			missing = append(missing, code)
		}
	}
	return page, missing
}

// problemEntry is how a problem stands on the page; dots stand for arguments.
func problemEntry(words *assets.Lexicon, code string) string {
	text := func(key string) string { return argument.ReplaceAllString(words.T(key, nil), "…") }
	return fmt.Sprintf("### %s\n\n`%s` · %s", text("problem."+code), code, text("problem."+code+".do"))
}
