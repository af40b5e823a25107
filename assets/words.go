package assets

import (
	"embed"
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Source is the language that every other one is translated from, and the one
// that is spoken where nothing better is known.
const Source = "en"

// FynePrefix begins the keys of the words that the window's toolkit uses
// itself ("fyne.Cancel"); what follows is the toolkit's own key.
const FynePrefix = "fyne."

//go:embed de.json en.json nl.json
var wordFiles embed.FS

//go:embed papers/*.json
var paperFiles embed.FS

//go:embed office/*.json
var officeFiles embed.FS

// Lexicon is everything that the program says to people in one language.
//
// A text is a string, or an object with "one" and "other" of which the
// number chooses. Arguments stand in braces: "tag {n} of {home}".
type Lexicon struct {
	lang  string
	texts map[string]text
}

// text is one text with its form for one thing; both are the same where the
// number does not matter.
type text struct{ one, other string }

// UnmarshalJSON reads a string or an object with "one" and "other".
func (t *text) UnmarshalJSON(b []byte) error {
	var s string
	if json.Unmarshal(b, &s) == nil {
		*t = text{s, s}
		return nil
	}
	var forms struct{ One, Other string }
	if err := json.Unmarshal(b, &forms); err != nil {
		return fmt.Errorf("reading a text: %w", err)
	}
	if forms.One == "" || forms.Other == "" {
		return fmt.Errorf("reading a text: one form is missing in %s", b)
	}
	*t = text{forms.One, forms.Other}
	return nil
}

// Languages are the languages there are, sorted: "de", "en", "nl".
func Languages() []string { return words.languages() }

// Words is the lexicon of a language: "nl", or a locale as systems write it,
// such as "nl_NL.UTF-8". A language that is not there gives [Source].
func Words(lang string) *Lexicon { return words.in(lang) }

// PaperLanguages are the languages that papers for residents are written in,
// sorted: "de", "en", "nl".
func PaperLanguages() []string { return papers.languages() }

// Papers is the lexicon of papers in a language; see [Words].
func Papers(lang string) *Lexicon { return papers.in(lang) }

// OfficeLanguages are the languages that papers for officers and councils are
// written in, sorted: "de", "en", "nl".
func OfficeLanguages() []string { return office.languages() }

// Office is the lexicon of papers for officers and councils; see [Words].
func Office(lang string) *Lexicon { return office.in(lang) }

// SystemLanguage is the language that the environment asks for, as POSIX
// orders its variables; "" if it asks for none that is there.
func SystemLanguage(getenv func(string) string) string {
	asked := strings.Split(getenv("LANGUAGE"), ":")
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := getenv(name); v != "" {
			asked = append(asked, v)
			break
		}
	}
	for _, a := range asked {
		if words.has(base(a)) {
			return base(a)
		}
	}
	return ""
}

// base is the language of a locale: "nl" of "nl_BE.UTF-8".
func base(locale string) string {
	end := strings.IndexAny(locale, "_-.@")
	if end < 0 {
		end = len(locale)
	}
	return strings.ToLower(locale[:end])
}

// Lang is the lexicon's language.
func (l *Lexicon) Lang() string { return l.lang }

// Has tells whether there is a text for key.
func (l *Lexicon) Has(key string) bool {
	_, ok := l.texts[key]
	return ok
}

// Keys are all keys, sorted.
func (l *Lexicon) Keys() []string {
	return slices.Sorted(maps.Keys(l.texts))
}

// T is the text of key with args filled in. The argument n (or, in problems,
// Count), a whole number, chooses between the forms for one and for more. A key without a text gives
// the key itself, so that a mistake shows and nothing breaks.
func (l *Lexicon) T(key string, args map[string]any) string {
	t, ok := l.texts[key]
	if !ok {
		return key
	}
	form := t.other
	n, ok := args["n"]
	if !ok {
		n = args["Count"]
	}
	if fmt.Sprint(n) == "1" {
		form = t.one
	}
	if len(args) == 0 || !strings.Contains(form, "{") {
		return form
	}
	pairs := make([]string, 0, 2*len(args))
	for name, value := range args {
		pairs = append(pairs, "{"+name+"}", l.value(value))
	}
	return strings.NewReplacer(pairs...).Replace(form)
}

// value is an argument as people of this language write it: numbers from
// 1000 up are grouped by three.
func (l *Lexicon) value(v any) string {
	n, ok := v.(int)
	if !ok || n < 1000 {
		return fmt.Sprint(v)
	}
	digits := strconv.Itoa(n)
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteString(l.texts["number.group"].other)
		}
		b.WriteRune(d)
	}
	return b.String()
}

// Date is a day as people of this language write it: "14 nov 2026" for
// 2026-11-14. What is not a day comes back as it is.
func (l *Lexicon) Date(day string) string {
	parts := strings.Split(day, "-")
	if len(parts) != 3 {
		return day
	}
	d, errDay := strconv.Atoi(parts[2])
	m, errMonth := strconv.Atoi(parts[1])
	if errDay != nil || errMonth != nil || m < 1 || m > 12 {
		return day
	}
	month := l.T("month."+strconv.Itoa(m), nil)
	if l.Has("date") {
		return l.T("date", map[string]any{"d": d, "m": month, "y": parts[0]})
	}
	return fmt.Sprintf("%d %s %s", d, month, parts[0])
}

// Toolkit is the JSON file of the toolkit's own words in this language.
func (l *Lexicon) Toolkit() ([]byte, error) {
	words := make(map[string]string)
	for key, t := range l.texts {
		if name, ok := strings.CutPrefix(key, FynePrefix); ok {
			words[name] = t.other
		}
	}
	return json.Marshal(words)
}

// lexicons are the words of one kind in all languages. The words of a language
// are read when they are asked for first: reading those of all would keep the
// window waiting at its start.
type lexicons map[string]func() *Lexicon

var (
	words  = lexiconsOf(wordFiles, ".")
	papers = lexiconsOf(paperFiles, "papers")
	office = lexiconsOf(officeFiles, "office")
)

// lexiconsOf are the lexicons in a folder. Its files are part of the program,
// so one that cannot be read is a mistake of its makers.
func lexiconsOf(dir embed.FS, name string) lexicons {
	files, err := dir.ReadDir(name)
	if err != nil {
		panic(err)
	}
	all := make(lexicons, len(files))
	for _, f := range files {
		lang := strings.TrimSuffix(f.Name(), ".json")
		all[lang] = sync.OnceValue(func() *Lexicon { return load(dir, path.Join(name, f.Name()), lang) })
	}
	return all
}

func load(dir embed.FS, file, lang string) *Lexicon {
	data, err := dir.ReadFile(file)
	if err != nil {
		panic(err)
	}
	l := &Lexicon{lang: lang}
	if err := json.Unmarshal(data, &l.texts); err != nil {
		panic(fmt.Errorf("reading the words of %s: %w", lang, err))
	}
	return l
}

func (x lexicons) has(lang string) bool { return x[lang] != nil }

// languages are those there are, sorted.
func (x lexicons) languages() []string { return slices.Sorted(maps.Keys(x)) }

// in is the lexicon of a language, or a locale.
func (x lexicons) in(lang string) *Lexicon {
	if read := x[base(lang)]; read != nil {
		return read()
	}
	return x[Source]()
}
