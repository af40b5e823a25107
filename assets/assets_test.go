package assets_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sleutelbord/assets"
)

// sameEverywhere are texts that are the same in every language on purpose: a
// text that equals its English original is otherwise taken for forgotten.
var sameEverywhere = []string{
	"app.name", "app.title", "key.ctrl", "choice.app", "fact.label", "settings.site.chips",
	"bundled.text", "tag.name", "fyne.OK", "hook.tags", "campaign.tags", "gateway.counts", "date", "journal.act", "journal.subject.tags", "evidence.due.tags", "tags.found",
}

func TestLanguagesAreComplete(t *testing.T) {
	source := assets.Words(assets.Source)
	if !slices.Equal(assets.Languages(), []string{"de", "en", "nl"}) {
		t.Fatalf("languages: %v", assets.Languages())
	}
	for _, lang := range assets.Languages() {
		words := assets.Words(lang)
		for _, key := range source.Keys() {
			if !words.Has(key) {
				t.Errorf("%s: no text for %s", lang, key)
			}
		}
		for _, key := range words.Keys() {
			if !source.Has(key) {
				t.Errorf("%s: %s is not in %s", lang, key, assets.Source)
			}
		}
	}
}

func TestTextsAreTranslated(t *testing.T) {
	source := assets.Words(assets.Source)
	for _, lang := range assets.Languages() {
		if lang == assets.Source {
			continue
		}
		words := assets.Words(lang)
		for _, key := range source.Keys() {
			same := words.T(key, nil) == source.T(key, nil)
			if same && strings.Contains(words.T(key, nil), " ") && !slices.Contains(sameEverywhere, key) {
				t.Errorf("%s: %s is still English: %q", lang, key, words.T(key, nil))
			}
		}
	}
}

var argument = regexp.MustCompile(`\{[A-Za-z]+\}`)

// arguments are the arguments of a text, in all its forms, sorted.
func arguments(texts ...string) []string {
	var all []string
	for _, text := range texts {
		all = append(all, argument.FindAllString(text, -1)...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func TestArgumentsAreTheSame(t *testing.T) {
	source := assets.Words(assets.Source)
	one := map[string]any{"n": 1}
	for _, lang := range assets.Languages() {
		words := assets.Words(lang)
		for _, key := range source.Keys() {
			want := arguments(source.T(key, nil), source.T(key, one))
			got := arguments(words.T(key, nil), words.T(key, one))
			if !slices.Equal(without(want), without(got)) {
				t.Errorf("%s: %s has the arguments %v, in %s %v", lang, key, got, assets.Source, want)
			}
		}
	}
}

// without leaves the number out, which a text may write as a word.
func without(args []string) []string {
	return slices.DeleteFunc(args, func(a string) bool { return a == "{n}" })
}

func TestTextsArePlain(t *testing.T) {
	jargon := regexp.MustCompile(`(?i)\b(AID|APDU|AES|PICC|UID|CMAC|MAC|slot key|epoch|seat|locator|authenticat\w*)\b`)
	for _, lang := range assets.Languages() {
		words := assets.Words(lang)
		for _, key := range words.Keys() {
			text := words.T(key, nil)
			switch {
			case text == "":
				t.Errorf("%s: %s is empty", lang, key)
			case strings.TrimSpace(text) != text || strings.Contains(text, "..."):
				t.Errorf("%s: %s has space round it or three dots: %q", lang, key, text)
			case jargon.MatchString(text):
				t.Errorf("%s: %s has a word of the protocol: %q", lang, key, text)
			}
		}
	}
}

// TestPapers makes sure that papers say the same in every language.
func TestPapers(t *testing.T) {
	if got := assets.PaperLanguages(); !slices.Equal(got, []string{"de", "en", "nl"}) {
		t.Errorf("languages: %v", got)
	}
	for _, lang := range assets.PaperLanguages() {
		sameTexts(t, assets.Papers(lang), assets.Papers(assets.Source))
	}
	if got := assets.OfficeLanguages(); !slices.Equal(got, []string{"de", "en", "nl"}) {
		t.Errorf("languages of the office: %v", got)
	}
	for _, lang := range assets.OfficeLanguages() {
		sameTexts(t, assets.Office(lang), assets.Office(assets.Source))
	}
}

func sameTexts(t *testing.T, words, source *assets.Lexicon) {
	t.Helper()
	lang := words.Lang()
	for _, key := range source.Keys() {
		if !words.Has(key) {
			t.Errorf("%s: no text for %s", lang, key)
		}
	}
	for _, key := range words.Keys() {
		text, original := words.T(key, nil), source.T(key, nil)
		one := map[string]any{"n": 1}
		want, got := arguments(original, source.T(key, one)), arguments(text, words.T(key, one))
		switch {
		case !source.Has(key):
			t.Errorf("%s: %s is not in the source", lang, key)
		case !slices.Equal(without(want), without(got)):
			t.Errorf("%s: %s has the arguments %v instead of %v", lang, key, got, want)
		case words != source && text == original && strings.Count(text, " ") > 1 && !strings.Contains(text, "{"):
			t.Errorf("%s: %s is still English: %q", lang, key, text)
		case text == "" || strings.TrimSpace(text) != text || strings.Contains(text, "...") || strings.Contains(text, "  "):
			t.Errorf("%s: %s is empty or badly spaced: %q", lang, key, text)
		}
	}
}

func TestNoKeyTwice(t *testing.T) {
	files := []string{"papers/de.json", "papers/en.json", "papers/nl.json", "office/de.json", "office/en.json", "office/nl.json"}
	for _, lang := range assets.Languages() {
		files = append(files, lang+".json")
	}
	for _, lang := range files {
		data, err := os.ReadFile(lang)
		if err != nil {
			t.Fatal(err)
		}
		seen := make(map[string]bool)
		d := json.NewDecoder(bytes.NewReader(data))
		for depth, key := 0, true; ; {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			switch token := token.(type) {
			case json.Delim:
				if token == '{' {
					depth++
				} else {
					depth--
				}
				key = true
				continue
			case string:
				if depth == 1 && key {
					if seen[token] {
						t.Errorf("%s: %s stands there twice", lang, token)
					}
					seen[token] = true
				}
			}
			key = !key || depth > 1
		}
	}
}

func TestText(t *testing.T) {
	for _, c := range []struct {
		lang, key string
		args      map[string]any
		want      string
	}{
		{"en", "tag.of", map[string]any{"ordinal": 2, "home": "Calslaan 12-204"}, "tag 2 of Calslaan 12-204"},
		{"nl", "tag.of", map[string]any{"ordinal": 2, "home": "Calslaan 12-204"}, "tag 2 van Calslaan 12-204"},
		{"nl", "site.homes", map[string]any{"n": 1}, "1 woning"},
		{"nl", "site.homes", map[string]any{"n": 0}, "0 woningen"},
		{"nl", "site.homes", map[string]any{"n": 100000}, "100.000 woningen"},
		{"en", "site.homes", map[string]any{"n": 2400}, "2,400 homes"},
		{"nl_BE.UTF-8", "nav.locks", nil, "Sloten"},
		{"de_AT.UTF-8", "nav.locks", nil, "Schlösser"},
		{"de", "site.homes", map[string]any{"n": 2400}, "2.400 Wohnungen"},
		{"xx", "nav.locks", nil, "Locks"},
		{"en", "no.such.key", nil, "no.such.key"},
		{"en", "tag.of", map[string]any{"ordinal": "{home}", "home": "{ordinal}"}, "tag {home} of {ordinal}"},
		{"en", "problem.import-rows", map[string]any{"Count": 1, "Line": 7}, "The list has 1 mistake, in line 7"},
	} {
		if got := assets.Words(c.lang).T(c.key, c.args); got != c.want {
			t.Errorf("%s %s: %q, not %q", c.lang, c.key, got, c.want)
		}
	}
}

func TestDate(t *testing.T) {
	for _, c := range []struct{ lang, day, want string }{
		{"nl", "2026-03-04", "4 mrt 2026"},
		{"de", "2026-03-04", "4. März 2026"},
		{"en", "2026-12-31", "31 Dec 2026"},
		{"en", "", ""},
		{"en", "soon", "soon"},
		{"en", "2026-13-01", "2026-13-01"},
	} {
		if got := assets.Words(c.lang).Date(c.day); got != c.want {
			t.Errorf("%s %s: %q, not %q", c.lang, c.day, got, c.want)
		}
	}
}

func TestSystemLanguage(t *testing.T) {
	for _, c := range []struct {
		env  map[string]string
		want string
	}{
		{map[string]string{"LANG": "nl_NL.UTF-8"}, "nl"},
		{map[string]string{"LANG": "nl_NL.UTF-8", "LC_ALL": "en_GB.UTF-8"}, "en"},
		{map[string]string{"LANG": "en_GB.UTF-8", "LANGUAGE": "xx:nl"}, "nl"},
		{map[string]string{"LANG": "C"}, ""},
		{nil, ""},
	} {
		if got := assets.SystemLanguage(func(name string) string { return c.env[name] }); got != c.want {
			t.Errorf("%v: %q, not %q", c.env, got, c.want)
		}
	}
}

func TestIconsAreDrawings(t *testing.T) {
	files, err := filepath.Glob("icons/*.svg")
	if err != nil || len(files) == 0 {
		t.Fatal("no icons", err)
	}
	for _, f := range files {
		svg := assets.Icon(strings.TrimSuffix(filepath.Base(f), ".svg"))
		var root struct {
			XMLName xml.Name
			ViewBox string `xml:"viewBox,attr"`
		}
		if err := xml.Unmarshal(svg, &root); err != nil || root.XMLName.Local != "svg" || root.ViewBox != "0 0 24 24" {
			t.Errorf("%s: %v %+v", f, err, root)
		}
		if !bytes.Contains(svg, []byte(`stroke="currentColor"`)) || !bytes.Contains(svg, []byte(`stroke-width="1.75"`)) {
			t.Errorf("%s takes no colour or width", f)
		}
	}
	_, icon := assets.AppIcon()
	if c, err := png.DecodeConfig(bytes.NewReader(icon)); err != nil || c.Width != 256 || c.Height != 256 {
		t.Errorf("the program's icon: %v %+v", err, c)
	}
	if !strings.Contains(assets.FontLicence(), "SIL OPEN FONT LICENSE") || len(assets.Font(true)) == 0 || len(assets.Font(false)) == 0 {
		t.Error("the font or its licence is missing")
	}
}
