package assets_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// What the guides of caretakers and custodians name in bold letters is what
// stands in the window, word for word. Bold questions and sentences are
// headings of the guides' own.
func TestGuideNamesWhatTheWindowSays(t *testing.T) {
	bold := regexp.MustCompile(`\*\*([^*]+)\*\*`)
	for guide, language := range map[string]string{
		"first-day.md": "en", "nl/eerste-dag.md": "nl", "custodian.md": "en", "nl/beheerder.md": "nl",
	} {
		words := make(map[string]bool)
		for _, text := range windowTexts(t, language) {
			words[text] = true
		}
		page, err := os.ReadFile(filepath.Join("..", "docs", filepath.FromSlash(guide)))
		if err != nil {
			t.Fatal(err)
		}
		named := bold.FindAllStringSubmatch(string(page), -1)
		if len(named) < 8 {
			t.Errorf("%s names only %d texts of the window", guide, len(named))
		}
		for _, m := range named {
			if text := strings.Join(strings.Fields(m[1]), " "); !words[text] && !strings.HasSuffix(text, "?") && !strings.HasSuffix(text, ".") {
				t.Errorf("%s names %q, which is not in the window", guide, text)
			}
		}
	}
}

// windowTexts are all texts of a language, every form of those that count.
func windowTexts(t *testing.T, language string) (all []string) {
	t.Helper()
	b, err := os.ReadFile(language + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var words map[string]any
	if err := json.Unmarshal(b, &words); err != nil {
		t.Fatal(err)
	}
	for _, w := range words {
		switch w := w.(type) {
		case string:
			all = append(all, w)
		case map[string]any:
			for _, form := range w {
				if s, ok := form.(string); ok {
					all = append(all, s)
				}
			}
		}
	}
	return all
}
